package shtrihtest

import (
	"fmt"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// fieldDef is a column of a settings table.
type fieldDef struct {
	name    string
	chars   bool
	size    int
	low     uint64
	high    uint64
	fixed   bool // read-only
	locked  bool // not while a shift is open
	initial func(d *Device, row int) []byte
	live    func(d *Device) []byte // computed, whatever was written
}

type tableDef struct {
	name   string
	rows   int
	fields map[int]fieldDef
	last   int  // highest field
	locked bool // not while a shift is open
}

func num(name string, size int, high, initial uint64) fieldDef {
	return fieldDef{name: name, size: size, high: high, initial: func(*Device, int) []byte { return le(nil, initial, size) }}
}

func str(name string, size int, initial func(d *Device, row int) string) fieldDef {
	return fieldDef{name: name, chars: true, size: size, initial: func(d *Device, row int) []byte {
		return fill(text.CP1251.EncodeMax(initial(d, row), size), size)
	}}
}

func readOnly(f fieldDef) fieldDef {
	f.fixed = true
	return f
}

func shiftLocked(f fieldDef) fieldDef {
	f.locked = true
	return f
}

// live is a read-only number the device works out.
func live(name string, size int, v func(d *Device) uint64) fieldDef {
	return readOnly(fieldDef{name: name, size: size, high: 1<<(8*size) - 1, live: func(d *Device) []byte { return le(nil, v(d), size) }})
}

func liveText(name string, size int, v func(d *Device) string) fieldDef {
	return readOnly(fieldDef{name: name, chars: true, size: size, live: func(d *Device) []byte {
		return fill(text.CP1251.EncodeMax(v(d), size), size)
	}})
}

func fill(b []byte, size int) []byte { return append(b, make([]byte, size-len(b))...) }

func constant(s string) func(*Device, int) string { return func(*Device, int) string { return s } }

// vatRow is one row of the table of rates: name, rate in 1/100 %.
type vatRow struct {
	name string
	rate uint64
}

var vatRows = []vatRow{{"НДС 20%", 2000}, {"НДС 10%", 1000}, {"НДС 0%", 0}, {"БЕЗ НДС", 0}, {"НДС 20/120", 2000}, {"НДС 10/110", 1000},
	{"НДС 5%", 500}, {"НДС 7%", 700}, {"НДС 5/105", 500}, {"НДС 7/107", 700}, {"НДС 22%", 2200}, {"НДС 22/122", 2200}}

var payNames = []string{"НАЛИЧНЫМИ", "БЕЗНАЛИЧНЫМИ", "ТИП ОПЛАТЫ 3", "ТИП ОПЛАТЫ 4"}

// Tables and fields the device itself obeys, by their numbers on a desktop.
const (
	modeTable     = 1
	electronicRow = 48 // receipts only to the customer; Android devices
	cashierTable  = 2
	serviceTable  = 10
	formatField   = 29 // FFD version, on Android devices
	regionTable   = 17
	exchangeTable = 19

	cutterField     = 7
	noPrintField    = 7
	shiftLimitField = 8
	vatReplaceField = 71
	vatReplaceOff   = 2

	ofdHostField   = 1
	ofdPortField   = 2
	marksHostField = 4
	marksPortField = 5
	byHostField    = 8
)

var tableDefs = map[byte]tableDef{
	modeTable: {name: "ТИП И РЕЖИМ КАССЫ", rows: 1, last: 48, fields: map[int]fieldDef{
		1: num("НОМЕР ККТ В МАГАЗИНЕ", 1, 99, 1), 2: num("АВТОМАТИЧЕСКОЕ ОБНУЛЕНИЕ ДЕНЕЖНОЙ НАЛИЧНОСТИ", 1, 1, 0),
		6: num("ОТКРЫВАНИЕ ДЕНЕЖНОГО ЯЩИКА", 1, 1, 0), cutterField: num("ОТРЕЗКА ЧЕКА", 1, 2, 2), 14: shiftLocked(num("НАЧИСЛЕНИЕ НАЛОГОВ", 1, 1, 0)),
		16: num("ПЕЧАТЬ НАЛОГОВ", 1, 2, 2), 20: num("ПЕЧАТЬ ЧЕКА ПО ЗАКРЫТИЮ", 1, 1, 1), 23: num("ЗАПРЕТ НУЛЕВОГО ЧЕКА", 1, 1, 0),
		28: num("ЗВУК ПРИ ОШИБКАХ", 1, 1, 0), 35: num("ПЕЧАТЬ ТИПОВ ОПЛАТЫ", 1, 1, 1), 39: num("КЛИШЕ ПОСЛЕ ДОКУМЕНТА", 1, 1, 0),
		41: num("ПЕЧАТЬ QR КОДА", 1, 1, 1), 45: num("РЕЖИМ ПОНИЖЕННОГО ПОТРЕБЛЕНИЯ", 1, 1, 0),
		electronicRow: num("ТОЛЬКО ЭЛЕКТРОННЫЕ ЧЕКИ", 1, 1, 0),
	}},
	cashierTable: {name: "ПАРОЛИ КАССИРОВ И АДМИНИСТРАТОРОВ", rows: system, last: 2, fields: map[int]fieldDef{
		1: {name: "ПАРОЛЬ", size: 4, high: 99_999_999, initial: func(_ *Device, row int) []byte { return le(nil, uint64(row), 4) }},
		2: str("ИМЯ ОПЕРАТОРА", 64, func(_ *Device, row int) string { return operatorName(row) }),
	}},
	4: {name: "ТЕКСТ В ЧЕКЕ", rows: 14, last: 1, fields: map[int]fieldDef{1: str("ТЕКСТ РЕКЛАМЫ И КЛИШЕ", 57, constant(""))}},
	5: {name: "НАИМЕНОВАНИЯ ТИПОВ ОПЛАТЫ", rows: 16, last: 1, locked: true, fields: map[int]fieldDef{
		1: str("НАИМЕНОВАНИЕ ТИПА ОПЛАТЫ", 57, func(_ *Device, row int) string {
			if row <= len(payNames) {
				return payNames[row-1]
			}
			return fmt.Sprintf("ТИП ОПЛАТЫ %d", row)
		})}},
	6: {name: "НАЛОГОВЫЕ СТАВКИ", rows: len(vatRows), last: 2, locked: true, fields: map[int]fieldDef{
		1: {name: "ВЕЛИЧИНА НАЛОГА", size: 2, high: 9999, initial: func(_ *Device, row int) []byte { return le(nil, vatRows[row-1].rate, 2) }},
		2: str("НАЗВАНИЕ НАЛОГА", 57, func(_ *Device, row int) string { return vatRows[row-1].name }),
	}},
	7: {name: "НАИМЕНОВАНИЕ ОТДЕЛОВ", rows: 16, last: 1, fields: map[int]fieldDef{
		1: str("НАИМЕНОВАНИЕ ОТДЕЛА", 57, func(_ *Device, row int) string { return fmt.Sprintf("ОТДЕЛ %d", row) })}},
	8: {name: "НАСТРОЙКА ШРИФТОВ", rows: 8, last: 1, fields: map[int]fieldDef{
		1: {name: "НОМЕР ШРИФТА", size: 1, low: 1, high: fonts, initial: func(*Device, int) []byte { return []byte{1} }}}},
	9: {name: "ТАБЛИЦА ФОРМАТА ЧЕКА", rows: 1, last: 3, fields: map[int]fieldDef{
		1: num("КОЛИЧЕСТВО СТРОК В ОПЕРАЦИИ", 1, 9, 2), 2: num("СТРОКА ТЕКСТА", 1, 9, 1), 3: num("СТРОКА СУММЫ", 1, 9, 2)}},
	serviceTable: {name: "СЛУЖЕБНАЯ", rows: 1, last: 50, fields: map[int]fieldDef{
		1:           num("ЯРКОСТЬ ПЕЧАТИ", 1, 15, 8),
		formatField: shiftLocked(fieldDef{name: "ВЕРСИЯ ФФД", size: 1, high: 4, initial: func(d *Device, _ int) []byte { return []byte{formatCode(d.s.FFD)} }}),
		50:          num("ПРОЧЕЕ", 1, 255, 0),
	}},
	16: {name: "СЕТЕВОЙ АДРЕС", rows: 1, last: 18, fields: addressFields()},
	regionTable: {name: "РЕГИОНАЛЬНЫЕ НАСТРОЙКИ", rows: 1, last: vatReplaceField, fields: map[int]fieldDef{
		3: num("РЕЖИМ ИСЧИСЛЕНИЯ СКИДОК", 1, 2, 2), noPrintField: num("НЕ ПЕЧАТАТЬ ДОКУМЕНТ", 1, 2, 0),
		shiftLimitField: {name: "ОГРАНИЧЕНИЕ СМЕНЫ, МИН", size: 1, low: 1, high: 255, initial: func(*Device, int) []byte { return []byte{1} }},
		9:               num("СКВОЗНАЯ НУМЕРАЦИЯ", 1, 1, 1), 12: num("ПЕЧАТЬ РЕКВИЗИТОВ", 1, 255, 255), 15: num("ПЕЧАТЬ АННУЛИРОВАННЫХ ДОКУМЕНТОВ", 1, 1, 1),
		17:              readOnly(fieldDef{name: "ФОРМАТ ФД", size: 1, high: 4, initial: func(d *Device, _ int) []byte { return []byte{formatCode(d.s.FFD)} }}),
		vatReplaceField: num("АВТОЗАМЕНА НДС 20% НА 22%", 1, vatReplaceOff, 1),
	}},
	18: {name: "FISCAL STORAGE", rows: 1, last: 15, fields: map[int]fieldDef{
		1: liveText("ЗАВОДСКОЙ НОМЕР", 16, func(d *Device) string { return d.s.Serial }),
		2: liveText("ИНН", 12, func(d *Device) string { return d.s.INN }),
		3: liveText("РЕГ. НОМЕР ККТ", 16, func(d *Device) string { return d.s.RNM }),
		4: liveText("НОМЕР ФН", 16, func(d *Device) string { return d.s.FN }),
		5: live("СИСТЕМЫ НАЛОГООБЛОЖЕНИЯ", 1, func(d *Device) uint64 { return uint64(d.s.Systems) }),
		6: live("РЕЖИМ РАБОТЫ", 1, func(d *Device) uint64 { return uint64(d.workMode()) }),
		7: str("ПОЛЬЗОВАТЕЛЬ", 128, func(d *Device, _ int) string { return d.o.Owner.Name }), 8: str("ОПЕРАТОР", 64, constant("")),
		9: str("АДРЕС РАСЧЕТОВ", 128, func(d *Device, _ int) string { return d.o.Owner.Address }), 10: str("НАИМЕНОВАНИЕ ОФД", 64, constant(ofdName)),
		11: str("URL ОФД", 64, constant("ofd.example")), 12: str("ИНН ОФД", 12, constant(ofdINN)),
		13: str("САЙТ ФНС", 64, constant("www.nalog.gov.ru")), 14: str("МЕСТО РАСЧЕТОВ", 128, func(d *Device, _ int) string { return d.o.Owner.Place }),
		15: str("E-MAIL ОТПРАВИТЕЛЯ ЧЕКА", 64, constant("")),
	}},
	exchangeTable: {name: "ПАРАМЕТРЫ ОФД", rows: 1, last: byHostField, fields: map[int]fieldDef{
		ofdHostField: str("СЕРВЕР", 64, func(d *Device, _ int) string { host, _ := hostPort(d.o.OFD); return host }),
		ofdPortField: {name: "ПОРТ", size: 2, high: 65535, initial: func(d *Device, _ int) []byte {
			_, port := hostPort(d.o.OFD)
			return le(nil, port, 2)
		}},
		3:              num("ТАЙМАУТ ЧТЕНИЯ ОТВЕТА", 2, 65535, 60),
		marksHostField: str("СЕРВЕР КМ", 64, func(d *Device, _ int) string { host, _ := hostPort(d.o.Marks); return host }),
		marksPortField: {name: "ПОРТ СЕРВЕРА КМ", size: 2, high: 65535, initial: func(d *Device, _ int) []byte {
			_, port := hostPort(d.o.Marks)
			return le(nil, port, 2)
		}},
		6: str("СЕРВЕР ОКП", 64, constant("")), 7: num("ПОРТ СЕРВЕРА ОКП", 2, 65535, 0),
		byHostField: {name: "ОБМЕН ЧЕРЕЗ ХОСТ", size: 1, high: 1, initial: func(d *Device, _ int) []byte {
			if d.o.ByHost {
				return []byte{1}
			}
			return []byte{0}
		}},
	}},
	20: {name: "СТАТУС ОБМЕНА ФН", rows: 1, last: 17, fields: map[int]fieldDef{
		1: live("СОСТОЯНИЕ ОБМЕНА", 1, func(d *Device) uint64 {
			if d.unsent() > 0 {
				return 1 << 1
			}
			return 0
		}),
		2: readOnly(num("СОСТОЯНИЕ ЧТЕНИЯ", 1, 255, 0)),
		3: live("КОЛИЧЕСТВО СООБЩЕНИЙ ДЛЯ ОФД", 2, func(d *Device) uint64 { return uint64(d.unsent()) }),
		4: live("НОМЕР ПЕРВОГО ДОКУМЕНТА", 4, func(d *Device) uint64 { return uint64(d.s.SentFD + 1) }),
		5: liveText("ДАТА ПЕРВОГО ДОКУМЕНТА", 24, func(d *Device) string {
			if d.unsent() == 0 {
				return ""
			}
			return d.first().Time.Format("02.01.2006 15:04")
		}),
		8: readOnly(str("ЖУРНАЛ", 64, constant(""))),
	}},
	21: {name: "СЕТЕВЫЕ ИНТЕРФЕЙСЫ", rows: 1, last: 4, fields: map[int]fieldDef{
		1: num("RNDIS", 1, 1, 1), 2: num("ETHERNET", 1, 1, 1), 3: num("WI-FI", 1, 1, 0), 4: str("ПАРОЛЬ WI-FI", 32, constant("")),
	}},
}

// addressFields are four addresses, a byte a field, after the switch.
func addressFields() map[int]fieldDef {
	fields := map[int]fieldDef{1: num("STATIC IP", 1, 1, 0)}
	for i, name := range []string{"IP", "GATEWAY", "MASK", "DNS"} {
		for octet := range 4 {
			fields[3+4*i+octet] = num(fmt.Sprintf("%s ADDRESS %d", name, octet+1), 1, 255, 0)
		}
	}
	return fields
}

func operatorName(row int) string {
	switch row {
	case system:
		return "СИСТЕМНЫЙ АДМИНИСТРАТОР"
	case administrator:
		return "АДМИНИСТРАТОР"
	}
	return fmt.Sprintf("ОПЕРАТОР %d", row)
}

func formatCode(ffd string) byte {
	if ffd == "1.2" {
		return 4
	}
	return 2
}
