package shtrihtest

import (
	"fmt"
	"strconv"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/tax"
)

var settlements = [4]string{"ПРИХОД", "ВОЗВРАТ ПРИХОДА", "РАСХОД", "ВОЗВРАТ РАСХОДА"}

// methods and subjects are tags 1214 and 1212 in words.
var (
	methods = [8]string{1: "ПРЕДОПЛАТА 100%", "ПРЕДОПЛАТА", "АВАНС", "ПОЛНЫЙ РАСЧЕТ", "ЧАСТИЧНЫЙ РАСЧЕТ И КРЕДИТ", "ПЕРЕДАЧА В КРЕДИТ", "ОПЛАТА КРЕДИТА"}

	subjects = map[int]string{1: "ТОВАР", 2: "ПОДАКЦИЗНЫЙ ТОВАР", 3: "РАБОТА", 4: "УСЛУГА", 10: "ПЛАТЕЖ", 11: "АГЕНТСКОЕ ВОЗНАГРАЖДЕНИЕ",
		30: "АТНМ", 31: "АТМ", 32: "ТНМ", 33: "ТМ"}

	units = map[int]string{0: "шт", 10: "г", 11: "кг", 12: "т", 20: "см", 21: "дм", 22: "м", 30: "см2", 31: "дм2", 32: "м2", 40: "мл", 41: "л", 42: "м3",
		50: "кВт.ч", 51: "Гкал", 70: "сут", 71: "ч", 72: "мин", 73: "с", 80: "КБ", 81: "МБ", 82: "ГБ", 83: "ТБ"}

	agents = map[uint64]string{1: "БАНК. ПЛ. АГЕНТ", 2: "БАНК. ПЛ. СУБАГЕНТ", 4: "ПЛ. АГЕНТ", 8: "ПЛ. СУБАГЕНТ", 16: "ПОВЕРЕННЫЙ", 32: "КОМИССИОНЕР", 64: "АГЕНТ"}
)

func title(doc *Document) string {
	if doc.Form == formCorrection {
		return "КАССОВЫЙ ЧЕК КОРРЕКЦИИ / " + settlements[doc.OpType-1]
	}
	return "КАССОВЫЙ ЧЕК / " + settlements[doc.OpType-1]
}

// receiptLines is the body of the slip.
func (d *Device) receiptLines(doc *Document) []string {
	w := d.o.Columns
	row := func(name, value string) []string { return pair(name, value, w) }
	lines := row("ЧЕК "+strconv.Itoa(doc.Receipt), "СНО "+tax.System(doc.TaxSystem).Printed())
	for i := range doc.Items {
		lines = append(lines, doc.Items[i].lines(w)...)
	}
	lines = append(lines, rule(w))
	if doc.Rounding > 0 {
		lines = append(lines, row("ОКРУГЛЕНИЕ", roubles(doc.Rounding))...)
	}
	lines = append(lines, total("ИТОГ", roubles(doc.Total), w)...)
	for _, p := range doc.Payments {
		lines = append(lines, row(d.paymentName(p.Slot), roubles(p.Sum))...)
	}
	if doc.Change > 0 {
		lines = append(lines, row("СДАЧА", roubles(doc.Change))...)
	}
	for _, v := range doc.VAT {
		lines = append(lines, row(vatName(v.Rate), roubles(v.Sum))...)
	}
	if c := doc.Correction; c != nil {
		why := map[bool]string{false: "САМОСТОЯТЕЛЬНО", true: "ПО ПРЕДПИСАНИЮ"}[c.ByOrder]
		lines = append(lines, row("КОРРЕКЦИЯ", why)...)
	}
	lines = append(lines, tagLines(doc.Tags, w)...)
	if sender := d.setting(18, 1, 15); doc.Contact != "" && sender != "" {
		lines = append(lines, row(tagRules[1117].name, sender)...)
	}
	return lines
}

// lines print an item.
func (i *Item) lines(w int) []string {
	lines := text.Wrap(i.Name+i.checked(), w)
	lines = append(lines, pair(fmt.Sprintf(" %s %s x %s", i.Qty, i.unit(), i.Price), roubles(i.Total), w)...)
	subject, known := subjects[i.Kind]
	if !known {
		subject = "ПРЕДМЕТ " + strconv.Itoa(i.Kind)
	}
	lines = append(lines, pair(" "+subject+" / "+methods[i.Method], vatShort(i.VAT), w)...)
	return append(lines, tagLines(i.Tags, w)...)
}

// checked is how a receipt says what became of a marking code's check.
func (i *Item) checked() string {
	t := find(i.Tags, 2106)
	switch {
	case t == nil:
		return ""
	case t.Value[0] == 15:
		return " [M+]"
	case t.Value[0]&3 == 1, t.Value[0]&12 == 4:
		return " [M-]"
	}
	return " [M]"
}

func (i *Item) unit() string {
	if t := find(i.Tags, 1197); t != nil {
		return t.words()
	}
	return units[i.Unit]
}

// tagLines print what stands in no other line.
func tagLines(tags []tag, w int) (lines []string) {
	for _, t := range tags {
		r := tagRules[t.Tag]
		switch {
		case r.name == "" || t.Tag == 1021 || t.Tag == 1197 || t.Tag == 1173 || t.Tag >= 2000 || t.Tag == productCode:
		case r.kind == nested:
			inner, _ := parseTLV(t.Value) // looked at when it came
			lines = append(lines, tagLines(inner, w)...)
		case t.Tag == 1057 || t.Tag == 1222:
			lines = append(lines, pair(r.name, agents[(&reader{t.Value}).u(len(t.Value))], w)...)
		default:
			lines = append(lines, pair(r.name, t.words(), w)...)
		}
	}
	return lines
}

// pair prints a name and a value, on lines of their own where one is too short.
func pair(name, value string, w int) []string {
	if text.Width(name)+1+text.Width(value) <= w {
		return []string{text.Row(name, value, w)}
	}
	lines := text.Wrap(name, w)
	for _, l := range text.Wrap(value, w) {
		lines = append(lines, text.Row("", l, w))
	}
	return lines
}

func (d *Device) paymentName(slot int) string {
	switch paymentTag(slot) {
	case 1031:
		return "НАЛИЧНЫМИ"
	case 1081:
		return d.setting(5, slot, 1)
	case 1215:
		return "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА"
	case 1216:
		return "ПОСЛЕДУЮЩАЯ ОПЛАТА"
	}
	return "ВСТРЕЧНОЕ ПРЕДОСТАВЛЕНИЕ"
}

func vatName(rate string) string {
	if rate == string(tax.None) {
		return "СУММА БЕЗ НДС"
	}
	return "СУММА НДС " + rate + "%"
}

func vatShort(rate string) string {
	if rate == string(tax.None) {
		return "БЕЗ НДС"
	}
	return "НДС " + rate + "%"
}
