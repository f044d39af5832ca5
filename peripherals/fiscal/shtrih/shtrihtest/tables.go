package shtrihtest

import (
	"fmt"
	"net"
	"strconv"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
)

// fieldDef is a column of a settings table.
type fieldDef struct {
	name    string
	chars   bool
	size    int
	low     uint64
	high    uint64
	fixed   bool // read-only
	initial func(d *Device, row int) []byte
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

// Fields the device itself obeys.
const (
	noPrintField    = 7
	vatReplaceField = 71
	vatReplaceOff   = 2

	exchangeTable = 19
	ofdHostField  = 1
	ofdPortField  = 2
	byHostField   = 8
)

var tableDefs = map[byte]tableDef{
	1: {name: "ТИП И РЕЖИМ КАССЫ", rows: 1, last: 45, fields: map[int]fieldDef{
		1: num("НОМЕР ККТ В МАГАЗИНЕ", 1, 99, 1), 2: num("АВТОМАТИЧЕСКОЕ ОБНУЛЕНИЕ ДЕНЕЖНОЙ НАЛИЧНОСТИ", 1, 1, 0),
		6: num("ОТКРЫВАНИЕ ДЕНЕЖНОГО ЯЩИКА", 1, 1, 0), 7: num("ОТРЕЗКА ЧЕКА", 1, 2, 2), 14: num("НАЧИСЛЕНИЕ НАЛОГОВ", 1, 1, 0),
		16: num("ПЕЧАТЬ НАЛОГОВ", 1, 2, 2), 20: num("ПЕЧАТЬ ЧЕКА ПО ЗАКРЫТИЮ", 1, 1, 1), 23: num("ЗАПРЕТ НУЛЕВОГО ЧЕКА", 1, 1, 0),
	}},
	2: {name: "ПАРОЛИ КАССИРОВ И АДМИНИСТРАТОРОВ", rows: system, last: 2, fields: map[int]fieldDef{
		1: {name: "ПАРОЛЬ", size: 4, high: 99_999_999, initial: func(_ *Device, row int) []byte { return le(nil, uint64(row), 4) }},
		2: str("ИМЯ ОПЕРАТОРА", 64, func(_ *Device, row int) string { return operatorName(row) }),
	}},
	4: {name: "ТЕКСТ В ЧЕКЕ", rows: 14, last: 1, fields: map[int]fieldDef{1: str("ТЕКСТ РЕКЛАМЫ И КЛИШЕ", 57, constant(""))}},
	5: {name: "НАИМЕНОВАНИЯ ТИПОВ ОПЛАТЫ", rows: 16, last: 1, fields: map[int]fieldDef{
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
	16: {name: "СЕТЕВОЙ АДРЕС", rows: 1, last: 18, fields: map[int]fieldDef{1: num("STATIC IP", 1, 1, 0)}},
	17: {name: "РЕГИОНАЛЬНЫЕ НАСТРОЙКИ", rows: 1, last: vatReplaceField, fields: map[int]fieldDef{
		3: num("РЕЖИМ ИСЧИСЛЕНИЯ СКИДОК", 1, 2, 2), noPrintField: num("НЕ ПЕЧАТАТЬ ДОКУМЕНТ", 1, 2, 0), 8: num("ОГРАНИЧЕНИЕ СМЕНЫ, МИН", 1, 255, 1),
		17:              readOnly(fieldDef{name: "ФОРМАТ ФД", size: 1, high: 4, initial: func(d *Device, _ int) []byte { return []byte{formatCode(d.s.FFD)} }}),
		vatReplaceField: num("АВТОЗАМЕНА НДС 20% НА 22%", 1, vatReplaceOff, 1),
	}},
	18: {name: "FISCAL STORAGE", rows: 1, last: 15, fields: map[int]fieldDef{
		1: readOnly(str("ЗАВОДСКОЙ НОМЕР", 16, func(d *Device, _ int) string { return d.s.Serial })),
		2: readOnly(str("ИНН", 12, func(d *Device, _ int) string { return d.s.INN })),
		3: readOnly(str("РЕГ. НОМЕР ККТ", 16, func(d *Device, _ int) string { return d.s.RNM })),
		4: readOnly(str("НОМЕР ФН", 16, func(d *Device, _ int) string { return d.s.FN })),
		7: str("ПОЛЬЗОВАТЕЛЬ", 64, constant("ООО «ПРИМЕР»")), 8: str("ОПЕРАТОР", 64, constant("")),
		9: str("АДРЕС РАСЧЕТОВ", 64, constant("г. Москва, ул. Примерная, 1")), 10: str("НАИМЕНОВАНИЕ ОФД", 64, constant("ТЕСТОВЫЙ ОФД")),
		11: str("URL ОФД", 64, constant("ofd.example")), 12: str("ИНН ОФД", 12, constant("7704358518")),
		13: str("САЙТ ФНС", 64, constant("www.nalog.gov.ru")), 14: str("МЕСТО РАСЧЕТОВ", 64, constant("Магазин «Пример»")),
		15: str("E-MAIL ОТПРАВИТЕЛЯ ЧЕКА", 64, constant("")),
	}},
	exchangeTable: {name: "ПАРАМЕТРЫ ОФД", rows: 1, last: byHostField, fields: map[int]fieldDef{
		ofdHostField: str("СЕРВЕР", 64, func(d *Device, _ int) string { host, _ := d.operatorAddress(); return host }),
		ofdPortField: {name: "ПОРТ", size: 2, high: 65535, initial: func(d *Device, _ int) []byte {
			_, port := d.operatorAddress()
			return le(nil, port, 2)
		}},
		3: num("ТАЙМАУТ ЧТЕНИЯ ОТВЕТА", 2, 65535, 60),
		4: str("СЕРВЕР КМ", 64, constant("")), 5: num("ПОРТ СЕРВЕРА КМ", 2, 65535, 0),
		6: str("СЕРВЕР ОКП", 64, constant("")), 7: num("ПОРТ СЕРВЕРА ОКП", 2, 65535, 0),
		byHostField: {name: "ОБМЕН ЧЕРЕЗ ХОСТ", size: 1, high: 1, initial: func(d *Device, _ int) []byte {
			if d.o.ByHost {
				return []byte{1}
			}
			return []byte{0}
		}},
	}},
	20: {name: "СТАТУС ОБМЕНА ФН", rows: 1, last: 5, fields: map[int]fieldDef{
		1: readOnly(num("СОСТОЯНИЕ ОБМЕНА", 1, 255, 0)), 2: readOnly(num("СОСТОЯНИЕ ЧТЕНИЯ", 1, 255, 0)),
		3: readOnly(fieldDef{name: "КОЛИЧЕСТВО СООБЩЕНИЙ ДЛЯ ОФД", size: 2, high: 65535, initial: func(d *Device, _ int) []byte { return le(nil, uint64(d.unsent()), 2) }}),
		4: readOnly(fieldDef{name: "НОМЕР ПЕРВОГО ДОКУМЕНТА", size: 4, high: 1<<32 - 1, initial: func(d *Device, _ int) []byte { return le(nil, uint64(d.s.SentFD+1), 4) }}),
		5: readOnly(str("ДАТА ПЕРВОГО ДОКУМЕНТА", 24, constant(""))),
	}},
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

// lookup finds a field. Numbers a table skips are reserved bytes.
func lookup(table byte, row, field int) (tableDef, fieldDef, byte) {
	t, ok := tableDefs[table]
	if !ok {
		return t, fieldDef{}, errNoTable
	}
	if row < 1 || row > t.rows || field < 1 || field > t.last {
		return t, fieldDef{}, errParams
	}
	f, ok := t.fields[field]
	if !ok {
		f = readOnly(num("РЕЗЕРВ", 1, 255, 0))
	}
	return t, f, 0
}

func cell(table byte, row, field int) string { return fmt.Sprintf("%d.%d.%d", table, row, field) }

// value reads a cell that exists. d.mu is held.
func (d *Device) value(table byte, row, field int) []byte {
	if v, ok := d.s.Tables[cell(table, row, field)]; ok {
		return v
	}
	_, f, _ := lookup(table, row, field)
	return f.initial(d, row)
}

func (d *Device) tableInfo(in *call) ([]byte, byte) {
	t, ok := tableDefs[in.byte()]
	if !ok {
		return nil, errNoTable
	}
	b := fill(text.CP1251.EncodeMax(t.name, 40), 40)
	return append(le(b, uint64(t.rows), 2), byte(t.last)), 0
}

func (d *Device) fieldInfo(in *call) ([]byte, byte) {
	_, f, e := lookup(in.byte(), 1, int(in.byte()))
	if e != 0 {
		return nil, e
	}
	b := fill(text.CP1251.EncodeMax(f.name, 40), 40)
	if f.chars {
		return append(b, 1, byte(f.size)), 0
	}
	b = append(b, 0, byte(f.size))
	return le(le(b, f.low, f.size), f.high, f.size), 0
}

func (d *Device) readTable(in *call) ([]byte, byte) {
	table, row, field := in.byte(), int(in.u(2)), int(in.byte())
	if _, _, e := lookup(table, row, field); e != 0 {
		return nil, e
	}
	return d.value(table, row, field), 0
}

func (d *Device) writeTable(in *call) ([]byte, byte) {
	table, row, field := in.byte(), int(in.u(2)), int(in.byte())
	t, f, e := lookup(table, row, field)
	value := append([]byte(nil), in.b...)
	switch {
	case e != 0:
		return nil, e
	case f.fixed:
		return nil, errReadOnly
	case t.locked && d.s.ShiftOpen:
		return nil, errLocked
	case len(value) > f.size:
		return nil, errLength
	}
	value = fill(value, f.size)
	if v := (&reader{value}).u(min(f.size, 8)); !f.chars && (v < f.low || v > f.high) {
		return nil, errParams
	}
	d.s.Tables[cell(table, row, field)] = value
	return nil, 0
}

// replacesVAT tells whether the firmware turns 20 % into 22 %. d.mu is held.
func (d *Device) replacesVAT() bool {
	return d.value(17, 1, vatReplaceField)[0] == 1 && d.now().Year() >= 2026
}

// roubles prints a sum the way slips do.
func roubles(a money.Amount) string { return "=" + a.String() }

// operatorAddress is where a new device's settings point.
func (d *Device) operatorAddress() (host string, port uint64) {
	host, number, err := net.SplitHostPort(d.o.OFD)
	if err == nil {
		port, err = strconv.ParseUint(number, 10, 16)
	}
	if err != nil {
		return "ofd.example", 7777
	}
	return host, port
}
