package shtrihtest

import (
	"time"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// builder lays out tags one after the other.
type builder struct{ b []byte }

func (e *builder) bytes(id uint16, v ...byte) { e.b = appendTLV(e.b, id, v) }
func (e *builder) int(id uint16, v uint64, size int) {
	e.bytes(id, le(nil, v, size)...)
}
func (e *builder) money(id uint16, v money.Amount) { e.bytes(id, vln(uint64(v))...) }
func (e *builder) text(id uint16, s string) {
	if s != "" {
		e.bytes(id, text.CP866.EncodeMax(s, tagRules[id].max)...)
	}
}

// wall is a time as the format counts it: seconds since 1970 of the clock on
// the shop's wall.
func wall(t time.Time) uint64 {
	y, m, d := t.Date()
	return uint64(time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, time.UTC).Unix())
}

// formats are tag 1209.
var formats = map[string]byte{"1.05": 2, "1.2": 4}

// encode lays a document out as FFD tags, its sign apart.
func (d *Device) encode(doc *Document) []byte {
	e := &builder{}
	e.bytes(1041, []byte(d.s.FN)...)
	e.bytes(1037, padded(nil, d.s.RNM, 20)...)
	e.bytes(1018, padded(nil, d.s.INN, 12)...)
	e.int(1040, uint64(doc.FD), 4)
	e.int(1012, wall(doc.Time), 4)
	if doc.Form != formRegistration {
		e.int(1038, uint64(doc.Shift), 4)
	}
	e.text(1048, d.setting(18, 1, 7))
	e.text(1009, d.setting(18, 1, 9))
	e.text(1187, d.setting(18, 1, 14))
	e.bytes(1209, formats[d.s.FFD])
	e.text(1021, doc.Cashier)
	switch doc.Form {
	case formRegistration:
		d.encodeRegistration(e)
	case formOpenShift:
		e.bytes(1189, formats[d.s.FFD])
		e.text(1188, "2.34865")
	case formCloseShift:
		e.int(1118, uint64(d.s.Receipts), 4)
		e.int(1111, uint64(d.documentsOfShift()+1), 4)
		d.encodeBacklog(e, doc)
	case formState:
		d.encodeBacklog(e, doc)
	case formReceipt, formCorrection:
		d.encodeReceipt(e, doc)
	}
	for _, t := range d.s.Tags {
		if t.Tag != 1021 {
			e.bytes(t.Tag, t.Value...)
		}
	}
	return e.b
}

func (d *Device) encodeRegistration(e *builder) {
	automatic := byte(0)
	if d.s.Automatic {
		automatic = 1
	}
	e.text(1013, d.s.Serial)
	e.bytes(1062, d.s.Systems)
	e.bytes(1001, automatic)
	e.bytes(1002, 0)
	if d.s.Automatic {
		e.text(1036, machineNumber)
	}
	if d.s.Registered.Marking {
		const marked = 1 << 8
		e.int(1290, marked, 4)
	}
	e.bytes(1189, formats[d.s.FFD])
	e.text(1046, d.setting(18, 1, 10))
	e.bytes(1017, padded(nil, d.setting(18, 1, 12), 12)...)
	e.text(1060, d.setting(18, 1, 13))
	e.text(1117, d.setting(18, 1, 15))
}

// encodeBacklog tells what the OFD has not got.
func (d *Device) encodeBacklog(e *builder, doc *Document) {
	e.int(1097, uint64(doc.Unsent), 4)
	if doc.Unsent > 0 {
		e.int(1116, uint64(d.s.SentFD+1), 4)
		e.int(1098, wall(doc.UnsentSince)/86400*86400, 4)
	}
}

// documentsOfShift counts the shift's documents so far.
func (d *Device) documentsOfShift() (n int) {
	for i := len(d.docs) - 1; i >= 0 && d.docs[i].Shift == d.s.Shift && d.docs[i].Form != formCloseShift; i-- {
		n++
	}
	return n
}

func (d *Device) encodeReceipt(e *builder, doc *Document) {
	e.int(1042, uint64(doc.Receipt), 4)
	e.bytes(1054, byte(doc.OpType))
	e.bytes(1055, byte(doc.TaxSystem))
	if doc.Correction != nil && d.s.FFD == "1.05" { // there it is no tag but a parameter of FF4Ah
		order := byte(0)
		if doc.Correction.ByOrder {
			order = 1
		}
		e.bytes(1173, order)
	}
	for i := range doc.Items {
		e.bytes(1059, doc.Items[i].encode()...)
	}
	e.money(1020, doc.Total)
	sums := map[uint16]money.Amount{}
	for _, p := range doc.Payments {
		sums[paymentTag(p.Slot)] += p.Sum
	}
	for _, t := range []uint16{1031, 1081, 1215, 1216, 1217} {
		e.money(t, sums[t])
	}
	var others builder
	for _, v := range doc.VAT {
		if id := vatTag(tax.Rate(v.Rate)); id != 0 {
			e.money(id, v.Sum)
			continue
		}
		one := &builder{}
		one.bytes(1199, byte(rateCode(v.Rate)))
		one.money(1200, v.Sum)
		others.bytes(1120, one.b...)
	}
	if len(others.b) > 0 {
		e.bytes(1119, others.b...)
	}
	e.text(1060, d.setting(18, 1, 13))
	if doc.Contact != "" && find(d.s.Tags, 1117) == nil {
		e.text(1117, d.setting(18, 1, 15))
	}
}

// vatTag is the tag of a rate's sum in a receipt; 0 for the rates of 2025 and
// later, which share 1119. UNVERIFIED: the tag follows what operators of
// fiscal data show of such receipts.
func vatTag(r tax.Rate) uint16 {
	return map[tax.Rate]uint16{tax.VAT20: 1102, tax.VAT10: 1103, tax.VAT0: 1104, tax.None: 1105, tax.VAT20of: 1106, tax.VAT10of: 1107}[r]
}

func rateCode(rate string) int {
	info, err := tax.Lookup(tax.Rate(rate))
	if err != nil {
		return 0 // never: rates come out of masks
	}
	return info.FFD
}

func paymentTag(slot int) uint16 {
	switch {
	case slot == 1:
		return 1031
	case slot <= 13:
		return 1081
	}
	return uint16(1215 + slot - 14)
}

func (i *Item) encode() []byte {
	e := &builder{}
	e.text(1030, i.Name)
	e.money(1079, i.Price)
	e.bytes(1023, fvln(uint64(i.Qty), 3)...)
	e.money(1043, i.Total)
	e.bytes(1199, byte(rateCode(i.VAT)))
	if i.VAT != string(tax.None) {
		e.money(1200, i.VATSum)
	}
	e.bytes(1214, byte(i.Method))
	e.bytes(1212, byte(i.Kind))
	for _, t := range i.Tags {
		e.bytes(t.Tag, t.Value...)
	}
	return e.b
}

// setting reads a text cell.
func (d *Device) setting(table byte, row, field int) string {
	return text.CP1251.DecodeZ(d.value(table, row, field))
}
