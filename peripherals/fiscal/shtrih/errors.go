package shtrih

import (
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
)

// Codes the driver branches on.
const (
	codeFNUnknown   = 0x01
	codeBadTime     = 0x07
	codeNoData      = 0x08
	codeBadParams   = 0x33
	codeNoAnswer    = 0x34
	codeBadSetting  = 0x35
	codeBadModel    = 0x36
	codeUnsupported = 0x37
	codeShiftOpen   = 0x3C
	codeShiftClosed = 0x3D
	codeNoCash      = 0x46
	codeShiftOld    = 0x4E
	codePrinting    = 0x50
	codeWaitsB0     = 0x58
	codeNoTable     = 0x5D
	codeNoPaper     = 0x6B
	codeSubMode     = 0x72
	codeMode        = 0x73
	codeReadOnly    = 0x7A
	codeNoMarking   = 0xA0
	codeMarksFull   = 0xA3
	codeMissing     = 0xA4 // and the tag
	codeConfirm     = 0xC0
	codeLocked      = 0xC7
	codeMarkGone    = 0xD3
	codeMarkForged  = 0xD4
	codeMarkAlien   = 0xD5
)

type refusal struct {
	text  string
	class fiscal.Class
}

const (
	later  = fiscal.RetryLater
	user   = fiscal.UserAction
	closeZ = fiscal.CloseShift
	clock  = fiscal.FixClock
	ours   = fiscal.Programmer
	fnDead = fiscal.FNFatal
	noOFD  = fiscal.OFDSilent
)

// refusals are the codes of a device with an FN. A code that is not here is
// asked of the device by 6Bh.
var refusals = map[byte]refusal{
	0x01: {"ФН: неизвестная команда или неверный формат", ours},
	0x02: {"ФН: неверное состояние", ours},
	0x03: {"отказ ФН", fnDead},
	0x04: {"отказ криптографического сопроцессора ФН", fnDead},
	0x05: {"закончен срок жизни ФН", fnDead},
	0x06: {"архив ФН переполнен", fnDead},
	0x07: {"неверные дата или время", clock},
	0x08: {"ФН: нет запрошенных данных", ours},
	0x09: {"ФН: некорректное значение параметров команды", ours},
	0x10: {"ФН: превышение размеров TLV данных", ours},
	0x11: {"ФН: нет транспортного соединения", later},
	0x12: {"исчерпан ресурс ФН", fnDead},
	0x14: {"исчерпан ресурс хранения: документы не переданы в ОФД более 30 дней", noOFD},
	0x15: {"исчерпан ресурс ожидания передачи сообщения в ОФД", noOFD},
	0x16: {"смена длится более 24 часов", closeZ},
	0x17: {"часы ККТ отличаются от таймера ФН более чем на 5 минут", clock},
	0x20: {"ФН: сообщение ОФД не принято", later},
	0x23: {"отказ сервиса обновления ключей проверки кодов маркировки", later},
	0x24: {"неизвестный ответ сервиса обновления ключей проверки кодов маркировки", later},
	0x2F: {"таймаут обмена с ФН", fnDead},
	0x30: {"ФН не отвечает", fnDead},
	0x33: {"некорректные параметры в команде", ours},
	0x34: {"нет данных", ours},
	0x35: {"некорректный параметр при данных настройках", ours},
	0x36: {"некорректные параметры для данной модели ККТ", ours},
	0x37: {"команда не поддерживается", ours},
	0x38: {"ошибка в ПЗУ", user},
	0x39: {"внутренняя ошибка ПО ККТ", user},
	0x3A: {"переполнение накопления по надбавкам в смене", closeZ},
	0x3C: {"смена открыта, операция невозможна", ours},
	0x3D: {"смена не открыта, операция невозможна", ours},
	0x3E: {"переполнение накопления по секциям в смене", closeZ},
	0x3F: {"переполнение накопления по скидкам в смене", closeZ},
	0x40: {"переполнение диапазона скидок", ours},
	0x41: {"переполнение диапазона оплаты наличными", ours},
	0x42: {"переполнение диапазона оплаты типом 2", ours},
	0x43: {"переполнение диапазона оплаты типом 3", ours},
	0x44: {"переполнение диапазона оплаты типом 4", ours},
	0x45: {"сумма оплат меньше итога чека", ours},
	0x46: {"не хватает наличности в кассе", user},
	0x47: {"переполнение накопления по налогам", closeZ},
	0x48: {"переполнение итога чека", ours},
	0x49: {"операция невозможна в открытом чеке данного типа", ours},
	0x4A: {"открыт чек, операция невозможна", ours},
	0x4B: {"буфер чека переполнен", ours},
	0x4C: {"переполнение накопления по обороту налогов в смене", closeZ},
	0x4D: {"безналичная оплата больше суммы чека", ours},
	0x4E: {"смена превысила 24 часа", closeZ},
	0x4F: {"неверный пароль", ours},
	0x50: {"идёт печать предыдущей команды", later},
	0x51: {"переполнение накоплений наличными в смене", closeZ},
	0x52: {"переполнение накоплений по типу оплаты 2 в смене", closeZ},
	0x53: {"переполнение накоплений по типу оплаты 3 в смене", closeZ},
	0x54: {"переполнение накоплений по типу оплаты 4 в смене", closeZ},
	0x55: {"чек закрыт, операция невозможна", ours},
	0x56: {"нет документа для повтора", ours},
	0x58: {"ожидание команды продолжения печати", later},
	0x59: {"документ открыт другим оператором", user},
	0x5B: {"переполнение диапазона надбавок", ours},
	0x5C: {"понижено напряжение 24 В", user},
	0x5D: {"таблица не определена", ours},
	0x5E: {"неверная операция", ours},
	0x5F: {"отрицательный итог чека", ours},
	0x60: {"переполнение при умножении", ours},
	0x61: {"переполнение диапазона цены", ours},
	0x62: {"переполнение диапазона количества", ours},
	0x63: {"переполнение диапазона отдела", ours},
	0x65: {"не хватает денег в секции", ours},
	0x66: {"переполнение денег в секции", closeZ},
	0x68: {"не хватает денег по обороту налогов", ours},
	0x69: {"переполнение денег по обороту налогов", closeZ},
	0x6A: {"ошибка питания в момент ответа", user},
	0x6B: {"нет чековой ленты", user},
	0x6D: {"не хватает денег по налогу", ours},
	0x6E: {"переполнение денег по налогу", closeZ},
	0x6F: {"переполнение по выплате в смене", closeZ},
	0x71: {"ошибка отрезчика", user},
	0x72: {"команда не поддерживается в данном подрежиме", user},
	0x73: {"команда не поддерживается в данном режиме", ours},
	0x74: {"ошибка ОЗУ", user},
	0x75: {"ошибка питания", user},
	0x77: {"нет сигнала с датчиков принтера", user},
	0x78: {"заменено ПО", user},
	0x79: {"ошибка часов ККТ", clock},
	0x7A: {"поле не редактируется: оно только для чтения", user},
	0x7B: {"ошибка оборудования", user},
	0x7C: {"не совпадает дата", clock},
	0x7D: {"неверный формат даты", clock},
	0x7E: {"неверное значение в поле длины", ours},
	0x7F: {"переполнение диапазона итога чека", ours},
	0x84: {"переполнение наличности", closeZ},
	0x85: {"переполнение по продажам в смене", closeZ},
	0x86: {"переполнение по покупкам в смене", closeZ},
	0x87: {"переполнение по возвратам продаж в смене", closeZ},
	0x88: {"переполнение по возвратам покупок в смене", closeZ},
	0x89: {"переполнение по внесению в смене", closeZ},
	0x8A: {"переполнение по надбавкам в чеке", ours},
	0x8B: {"переполнение по скидкам в чеке", ours},
	0x8C: {"отрицательный итог надбавки в чеке", ours},
	0x8D: {"отрицательный итог скидки в чеке", ours},
	0x8E: {"нулевой итог чека", ours},
	0x90: {"поле превышает размер, заданный в настройках", ours},
	0x91: {"выход за границу поля печати", ours},
	0x92: {"наложение полей", ours},
	0x93: {"восстановление ОЗУ прошло успешно", later},
	0x94: {"исчерпан лимит операций в чеке", ours},
	0xA0: {"запрещена работа с маркированными товарами", ours},
	0xA1: {"нарушена последовательность команд маркировки", ours},
	0xA2: {"работа с маркированными товарами заблокирована", user},
	0xA3: {"переполнена таблица кодов маркировки", ours},
	0xA4: {"нет необходимых реквизитов документа", ours},
	0xA5: {"код маркировки не проверялся", ours},
	0xC0: {"подтвердите дату и время на ККТ", clock},
	0xC2: {"превышение напряжения в блоке питания", user},
	0xC4: {"несовпадение номеров смен", fnDead},
	0xC7: {"поле не редактируется в данном режиме: закройте смену", user},
	0xC8: {"нет связи с печатающим механизмом", user},
	0xC9: {"перегрев печатающей головки", user},
	0xCA: {"температура вне диапазона", later},
	0xD1: {"нет данных в журнале", ours},
	0xD2: {"нет документов в журнале", ours},
	0xD3: {"товар не произведён или выбыл из оборота", user},
	0xD4: {"код маркировки фальсифицирован", user},
	0xD5: {"ошибка аутентификации", user},
}

// aliases are codes that some firmware uses for others.
var aliases = map[byte]byte{0xAA: codeMissing, 0xAC: 0xA5}

// Bit 7 of a code that comes from the FN says "done, with a warning": status
// tells the warning. Firmware strips it, as a rule.
const fnWarning = 0x80

// known finds a code in the table. Codes of FN commands may carry the FN's
// warning bit.
func known(command string, code byte) (refusal, bool) {
	if other, ok := aliases[code]; ok {
		code = other
	}
	r, ok := refusals[code]
	if !ok && code > fnWarning && strings.HasPrefix(command, "FF") {
		r, ok = refusals[code&^fnWarning]
	}
	return r, ok
}

// deviceError describes a code in words. said is the device's own text: it
// stands alone where the table has none.
func deviceError(command string, code byte, said string) *fiscal.DeviceError {
	e := &fiscal.DeviceError{Command: command, Code: code, Said: said}
	if r, ok := known(command, code); ok {
		e.Text, e.Class = r.text, r.class
		if strings.EqualFold(said, r.text) {
			e.Said = ""
		}
		return e
	}
	e.Text, e.Said, e.Class = said, "", user
	if said == "" {
		e.Text = fmt.Sprintf("неизвестная ошибка %02Xh", code)
	}
	return e
}

// missing reads which tag a refused document lacks.
func missing(e *fiscal.DeviceError, data []byte) {
	if code, ok := aliases[e.Code]; e.Code != codeMissing && (!ok || code != codeMissing) {
		return
	}
	if u := (unpacker{b: data}); len(data) >= 2 {
		e.Tag = int(u.u(2))
		e.Text = fmt.Sprintf("%s: нет тега %d", e.Text, e.Tag)
	}
}

// codesUnsure are answers after which even a registering command may have had
// its effect: the FN fell silent in the middle, or its warning was not
// stripped off a success.
var codesUnsure = []byte{0x2F, 0x30, fnWarning, fnWarning | 0x2F, fnWarning | 0x30}

// refuse wraps a refusal for the caller: ErrRefused, plus ErrNoPaper where a
// person has to put paper in.
func refuse(e *fiscal.DeviceError) error {
	if e.Code == codeNoPaper {
		return fmt.Errorf("%w: %w: %w", fiscal.ErrRefused, fiscal.ErrNoPaper, e)
	}
	return fmt.Errorf("%w: %w", fiscal.ErrRefused, e)
}
