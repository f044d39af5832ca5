package shtrihtest

import (
	"fmt"
	"strconv"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

var settlements = [4]string{"ПРИХОД", "ВОЗВРАТ ПРИХОДА", "РАСХОД", "ВОЗВРАТ РАСХОДА"}

func title(doc *Document) string {
	if doc.Form == formCorrection {
		return "КАССОВЫЙ ЧЕК КОРРЕКЦИИ / " + settlements[doc.OpType-1]
	}
	return "КАССОВЫЙ ЧЕК / " + settlements[doc.OpType-1]
}

// receiptLines is the body of the slip.
func (d *Device) receiptLines(doc *Document) []string {
	w := d.o.Columns
	lines := []string{text.Row("ЧЕК "+strconv.Itoa(doc.Receipt), "СНО "+tax.System(doc.TaxSystem).Printed(), w)}
	vat := map[string]money.Amount{}
	var order []string
	for i := range doc.Items {
		it := &doc.Items[i]
		lines = append(lines, text.Wrap(it.Name, w)...)
		lines = append(lines, text.Row(fmt.Sprintf(" %s x %s", it.Qty, it.Price), roubles(it.Total), w))
		if _, seen := vat[it.VAT]; !seen {
			order = append(order, it.VAT)
		}
		vat[it.VAT] += it.VATSum
	}
	lines = append(lines, rule(w), text.Row("ИТОГ", roubles(doc.Total), w))
	for _, p := range doc.Payments {
		lines = append(lines, text.Row(paymentName(p.Slot), roubles(p.Sum), w))
	}
	if doc.Change > 0 {
		lines = append(lines, text.Row("СДАЧА", roubles(doc.Change), w))
	}
	for _, v := range doc.VAT {
		lines = append(lines, text.Row(vatName(v.Rate), roubles(v.Sum), w))
	}
	for _, rate := range order {
		lines = append(lines, text.Row(vatName(rate), roubles(vat[rate]), w))
	}
	if c := doc.Correction; c != nil {
		why := map[bool]string{false: "САМОСТОЯТЕЛЬНО", true: "ПО ПРЕДПИСАНИЮ"}[c.ByOrder]
		lines = append(lines, text.Row("КОРРЕКЦИЯ", why, w), text.Row("ОТ "+c.Date.Format("02.01.2006"), c.Number, w))
		if c.Text != "" {
			lines = append(lines, text.Wrap(c.Text, w)...)
		}
	}
	if doc.Requisite != "" {
		lines = append(lines, text.Row("ДОП. РЕКВИЗИТ", doc.Requisite, w))
	}
	return lines
}

func paymentName(slot int) string {
	switch paymentTag(slot) {
	case 1031:
		return "НАЛИЧНЫМИ"
	case 1081:
		return "БЕЗНАЛИЧНЫМИ"
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
