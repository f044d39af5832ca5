package shtrihtest

import (
	"time"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// correctionKind is added to 8Dh's kind for a correction with items (FFD 1.1
// and later). UNVERIFIED, see the driver.
const correctionKind = 0x80

// beginCorrection is FF35h: a correction without items, FFD 1.05 only.
func (d *Device) beginCorrection(*call) ([]byte, byte) {
	switch {
	case d.s.FFD != "1.05":
		return nil, errSetting
	case d.expired():
		return nil, errShiftOld
	case d.mode() != modeOpen:
		return nil, errMode
	}
	return nil, d.begin(correctionDoc)
}

// correction is FF4Ah.
func (d *Device) correction(in *call) ([]byte, byte) {
	switch {
	case d.s.FNDoc != correctionDoc || d.s.Receipt != nil:
		return nil, errFNState
	case d.expired():
		return nil, errShiftOld
	}
	byOrder, sign := in.byte(), in.byte()
	if byOrder > 1 || (sign != 1 && sign != 3) {
		return nil, errParams
	}
	doc := Document{Form: formCorrection, Type: "correction", OpType: int(sign), Total: money.Amount(in.u(5)), Receipt: d.s.Receipts + 1,
		Operator: int(in.operator)}
	if missing := d.setGround(&doc); missing != 0 {
		return le(nil, uint64(missing), 2), errMissing
	}
	doc.Correction.ByOrder = byOrder == 1
	var paid [16]money.Amount
	for _, slot := range []int{1, 2, 14, 15, 16} {
		paid[slot-1] = money.Amount(in.u(5))
	}
	if e := d.setVATSums(&doc, in); e != 0 {
		return nil, e
	}
	if e := d.setTaxSystem(&doc, in.byte()); e != 0 {
		return nil, e
	}
	if doc.Total == 0 {
		return nil, errZero
	}
	if e := d.pay(&doc, paid); e != 0 {
		return nil, e
	}
	if doc.Change != 0 {
		return nil, errParams
	}
	if e := d.mayRegister(); e != 0 {
		return nil, e
	}
	d.finish(&doc)
	b := le(nil, uint64(doc.Receipt), 2)
	b = le(b, uint64(doc.FD), 4)
	return le(b, uint64(doc.Sign), 4), 0
}

// setVATSums reads the six sums of FF4Ah, or of FF45h when the host works
// them out. Together they are no more than the total.
func (d *Device) setVATSums(doc *Document, in *call) byte {
	left := doc.Total
	for row := range 6 {
		sum := money.Amount(in.u(5))
		if left -= sum; sum > maxSum || left < 0 {
			return errParams
		}
		if sum > 0 {
			doc.addVAT(string(d.slotRate(row)), sum)
		}
	}
	return 0
}

// slotRate is what the sums stand for: rows 1 to 6 of the table of rates,
// whose 20 % may have become 22 %.
func (d *Device) slotRate(row int) tax.Rate {
	rate := [6]tax.Rate{tax.VAT20, tax.VAT10, tax.VAT0, tax.None, tax.VAT20of, tax.VAT10of}[row]
	if (&reader{d.value(6, row+1, 1)}).u(2) == 2200 {
		return map[tax.Rate]tax.Rate{tax.VAT20: tax.VAT22, tax.VAT20of: tax.VAT22of}[rate]
	}
	return rate
}

// setGround takes the ground of a correction from the tags sent; missing is
// the tag that is not there.
func (d *Device) setGround(doc *Document) (missing uint16) {
	c := &Correction{}
	kind, ground := find(d.s.Tags, 1173), find(d.s.Tags, 1174)
	if ground == nil {
		return 1174
	}
	inner, ok := parseTLV(ground.Value)
	if !ok {
		return 1174
	}
	date := find(inner, 1178)
	if date == nil || len(date.Value) != 4 {
		return 1178
	}
	c.Date = time.Unix(int64((&reader{date.Value}).u(4)), 0).UTC()
	if number := find(inner, 1179); number != nil {
		c.Number = text.CP866.Decode(number.Value)
	}
	if d.s.FFD == "1.05" {
		if find(inner, 1177) == nil {
			return 1177
		}
		c.Text = text.CP866.Decode(find(inner, 1177).Value)
	} else {
		if kind == nil || len(kind.Value) != 1 {
			return 1173
		}
		c.ByOrder = kind.Value[0] == 1
	}
	if c.Number == "" && (c.ByOrder || d.s.FFD == "1.05") {
		return 1179
	}
	doc.Correction = c
	return 0
}

func find(tags []tag, number uint16) *tag {
	for i := range tags {
		if tags[i].Tag == number {
			return &tags[i]
		}
	}
	return nil
}

// beginState is FF37h.
func (d *Device) beginState(*call) ([]byte, byte) {
	if d.s.Receipt != nil {
		return nil, errMode
	}
	return nil, d.begin(stateDoc)
}

// stateReport is FF38h.
func (d *Device) stateReport(in *call) ([]byte, byte) {
	if d.s.FNDoc != stateDoc {
		return nil, errFNState
	}
	if e := d.mayRegister(); e != 0 {
		return nil, e
	}
	doc := Document{Form: formState, Type: "state_report", Operator: int(in.operator)}
	d.countBacklog(&doc)
	d.issue("ОТЧЕТ О ТЕКУЩЕМ СОСТОЯНИИ РАСЧЕТОВ", &doc, func(*Document) []string { return d.totals() })
	b := le(nil, uint64(doc.FD), 4)
	b = le(b, uint64(doc.Sign), 4)
	b = le(b, uint64(doc.Unsent), 4)
	return append(b, minute(nil, doc.UnsentSince)[:3]...), 0
}
