package shtrihtest

import (
	"fmt"
	"maps"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// Codes this device refuses with.
const (
	errFNState     = 0x02
	errTime        = 0x07
	errNoData      = 0x08
	errTLVSize     = 0x10
	errNotSent     = 0x14
	errNotTaken    = 0x20
	errTimer       = 0x17
	errParams      = 0x33
	errSetting     = 0x35
	errModel       = 0x36
	errUnsupported = 0x37
	errPaidLess    = 0x45
	errNoCash      = 0x46
	errTotal       = 0x48
	errKind        = 0x49
	errNonCash     = 0x4D
	errShiftOld    = 0x4E
	errPassword    = 0x4F
	errPrinting    = 0x50
	errWaitsB0     = 0x58
	errOperator    = 0x59
	errNothing     = 0x56
	errNoTable     = 0x5D
	errOperation   = 0x5E
	errQuantity    = 0x62
	errDepartment  = 0x63
	errNoPaper     = 0x6B
	errCutter      = 0x71
	errSubMode     = 0x72
	errMode        = 0x73
	errReadOnly    = 0x7A
	errHardware    = 0x7B
	errDateDiffers = 0x7C
	errDate        = 0x7D
	errLength      = 0x7E
	errZero        = 0x8E
	errTooMany     = 0x94
	errNoMarking   = 0xA0
	errMarkOrder   = 0xA1
	errMarkBlocked = 0xA2
	errMarksFull   = 0xA3
	errMissing     = 0xA4 // and the tag
	errNotChecked  = 0xA5
	errConfirm     = 0xC0
	errLocked      = 0xC7
	errMarkGone    = 0xD3
	errMarkForged  = 0xD4
)

// administrator and system are rows of the table of passwords.
const (
	administrator = 29
	system        = 30
)

// call is a request being executed.
type call struct {
	reader
	operator byte
}

// handler describes a command. Lengths are of the whole payload.
type handler struct {
	min, max int  // max 0: exactly min
	open     bool // no password
	system   bool // administrators only
	operator bool // the answer names the operator
	prints   bool
	run      func(*Device, *call) ([]byte, byte)
}

var commands map[uint16]handler

func init() { // refers to handlers that refer to it
	commands = map[uint16]handler{
		0x10: {min: 5, operator: true, run: (*Device).shortStatus},
		0x11: {min: 5, operator: true, run: (*Device).fullStatus},
		0x13: {min: 5, operator: true, run: nothing},
		0x14: {min: 8, system: true, run: (*Device).setPort},
		0x15: {min: 6, system: true, run: (*Device).getPort},
		0x1A: {min: 6, max: 7, operator: true, run: (*Device).moneyRegister},
		0x1E: {min: 9, max: 255, system: true, run: (*Device).writeTable},
		0x1F: {min: 9, system: true, run: (*Device).readTable},
		0x24: {min: 5, system: true, run: (*Device).resetTables},
		0x28: {min: 6, operator: true, run: (*Device).drawer},
		0x2D: {min: 6, system: true, run: (*Device).tableInfo},
		0x2E: {min: 7, system: true, run: (*Device).fieldInfo},
		0x40: {min: 5, operator: true, prints: true, run: (*Device).xReport},
		0x41: {min: 5, operator: true, prints: true, run: (*Device).zReport},
		0x50: {min: 10, operator: true, prints: true, run: (*Device).cashIn},
		0x51: {min: 10, operator: true, prints: true, run: (*Device).cashOut},
		0x6B: {min: 2, open: true, run: errorText},
		0x88: {min: 5, operator: true, run: (*Device).cancelReceipt},
		0x89: {min: 5, operator: true, run: (*Device).subtotal},
		0x8D: {min: 6, operator: true, prints: true, run: (*Device).openReceiptCommand},
		0xB0: {min: 5, operator: true, run: (*Device).b0},
		0xE0: {min: 5, operator: true, prints: true, run: (*Device).openShift},
		0xF7: {min: 2, max: 255, open: true, run: extended},
		0xFC: {min: 1, open: true, run: deviceType},

		0xFF01: {min: 6, system: true, run: (*Device).fnStatus},
		0xFF02: {min: 6, system: true, run: (*Device).fnNumber},
		0xFF08: {min: 6, system: true, run: (*Device).fnCancel},
		0xFF0A: {min: 10, system: true, run: (*Device).findDocument},
		0xFF0C: {min: 6, max: 256, system: true, run: (*Device).sendTag},
		0xFF35: {min: 6, system: true, run: (*Device).beginCorrection},
		0xFF37: {min: 6, system: true, run: (*Device).beginState},
		0xFF38: {min: 6, system: true, prints: true, run: (*Device).stateReport},
		0xFF30: {min: 6, system: true, run: (*Device).bufferState},
		0xFF31: {min: 9, system: true, run: (*Device).bufferRead},
		0xFF32: {min: 8, system: true, run: (*Device).bufferBegin},
		0xFF33: {min: 10, max: 255, system: true, run: (*Device).bufferWrite},
		0xFF39: {min: 6, system: true, run: (*Device).exchangeStatus},
		0xFF3A: {min: 10, system: true, run: (*Device).documentTLV},
		0xFF3B: {min: 6, system: true, run: (*Device).nextTLV},
		0xFF3C: {min: 10, system: true, run: (*Device).ticket},
		0xFF3F: {min: 6, system: true, run: (*Device).unconfirmed},
		0xFF40: {min: 6, system: true, run: (*Device).shiftParameters},
		0xFF41: {min: 6, system: true, run: (*Device).beginOpen},
		0xFF42: {min: 6, system: true, run: (*Device).beginClose},
		0xFF45: {min: 118, max: 182, prints: true, run: (*Device).closeReceipt},
		0xFF46: {min: 32, max: 160, prints: true, run: (*Device).item},
		0xFF4A: {min: 69, system: true, prints: true, run: (*Device).correction},
		0xFF60: {min: 9, system: true, run: (*Device).parameter},
		0xFF64: {min: 6, system: true, run: (*Device).bufferTag},
		0xFF4D: {min: 6, max: 256, run: (*Device).itemTag},
	}
	maps.Copy(commands, clockCommands)
	maps.Copy(commands, factCommands)
	maps.Copy(commands, paperCommands)
	maps.Copy(commands, markCommands)
}

func nothing(*Device, *call) ([]byte, byte) { return nil, 0 }

// model is what FCh names.
const model = "ТЕСТ-ШТРИХ-ЭМУЛЯТОР"

func deviceType(*Device, *call) ([]byte, byte) {
	return append([]byte{0, 0, 2, 0, 250, 0}, text.CP1251.Encode(model)...), 0
}

// extended is F7h; only type 1 is known. The bit for the last print result in
// 10h is not claimed.
func extended(d *Device, in *call) ([]byte, byte) {
	if in.byte() != 1 {
		return nil, errUnsupported
	}
	const lidSensor, cutter, drawerSensor, framing2, knowsErrorText = 1 << 4, 1 << 13, 1 << 15, 1 << 28, 1 << 36
	bits, longest := uint64(lidSensor|cutter|drawerSensor|knowsErrorText), uint64(maxPayload1)
	if d.o.Protocol != V1 {
		bits, longest = bits|framing2, maxPayload2
	}
	b := le(nil, bits, 8)
	b = append(b, 12, 12, 1, 12, 14, 14, 14)
	b = le(b, 0, 4)
	b = le(b, 30, 4)
	b = append(b, 0, 0)
	return le(b, longest, 2), 0
}

// words are what 6Bh says of codes that are met most.
var words = map[byte]string{
	errTime: "Неверные дата/время", errNotSent: "Исчерпан ресурс хранения", errParams: "Некорректные параметры", errSetting: "Некорректный параметр при данных настройках",
	errPaidLess: "Сумма всех типов оплаты меньше итога чека", errNoCash: "Не хватает наличности в кассе", errKind: "Операция невозможна в открытом чеке данного типа",
	errNonCash: "Вносимая безналичной оплатой сумма больше суммы чека", errShiftOld: "Смена превысила 24 часа", errOperator: "Документ открыт другим оператором",
	errNoPaper: "Нет чековой ленты", errSubMode: "Команда не поддерживается в подрежиме", errMode: "Команда не поддерживается в режиме", errZero: "Нулевой итог чека",
	errTooMany: "Исчерпан лимит операций в чеке", errMissing: "Отсутствуют необходимые реквизиты",
}

func errorText(_ *Device, in *call) ([]byte, byte) {
	code := in.byte()
	said, ok := words[code]
	if !ok {
		said = fmt.Sprintf("Ошибка %02Xh", code)
	}
	return text.CP1251.Encode(said), 0
}

// operator finds the row of a password, 0 when there is none. d.mu is held.
func (d *Device) operator(password uint32) byte {
	for row := 1; row <= system; row++ {
		if p := (&reader{d.value(2, row, 1)}).u(4); uint32(p) == password {
			return byte(row)
		}
	}
	return 0
}

func (d *Device) shortStatus(*call) ([]byte, byte) {
	items := 0
	if d.s.Receipt != nil {
		items = len(d.s.Receipt.Items)
	}
	battery := byte(goodBattery)
	if d.s.Health.Battery != 0 {
		battery = d.s.Health.Battery
	}
	b := le(nil, uint64(d.flags()), 2)
	return append(b, d.mode(), d.subMode(), byte(items), battery, goodSupply, 0xD3, 0x01, byte(items>>8), 0, 0, 0), 0
}

func (d *Device) fullStatus(*call) ([]byte, byte) {
	serial := (&reader{vln(decimal(d.s.Serial))}).u(8)
	t := d.now()
	b := []byte{'C', '2'}
	b = le(b, 34865, 2)
	b = append(b, 13, 6, 19, 1)
	b = le(b, uint64(d.number()), 2)
	b = le(b, uint64(d.flags()), 2)
	b = append(b, d.mode(), d.subMode(), 128, 'N', 'A', 0, 0, 1, 1, 16)
	b = append(b, byte(t.Day()), byte(t.Month()), byte(t.Year()-2000), byte(t.Hour()), byte(t.Minute()), byte(t.Second()), 0)
	b = le(b, serial, 4)
	closedShift := d.s.Shift
	if d.s.ShiftOpen {
		closedShift--
	}
	b = le(b, uint64(closedShift), 2)
	b = append(b, 0, 0, 1, 11)
	b = le(b, decimal(d.s.INN), 6)
	return le(b, serial>>32, 2), 0
}

func decimal(s string) (v uint64) {
	for i := range len(s) {
		v = v*10 + uint64(s[i]-'0')
	}
	return v
}

func (d *Device) drawer(in *call) ([]byte, byte) {
	if in.byte() > 1 {
		return nil, errParams
	}
	d.s.Drawer, d.s.Pulses = true, d.s.Pulses+1
	return nil, 0
}

func (d *Device) b0(*call) ([]byte, byte) {
	if d.s.Sub == subTorn || d.s.Sub == subNoPaper {
		return nil, errNoPaper
	}
	d.continuePrint()
	return nil, 0
}
