package shtrihtest

import (
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Limits of this device.
const (
	maxItems    = 1000
	maxSum      = 9_999_999_999
	sumNotGiven = 0xFFFFFFFFFF
)

// optypes translates 8Dh's kinds into tag 1054.
var optypes = [4]byte{1, 3, 2, 4}

// masks are the VAT codes of FF46h. Row numbers, which some firmware takes
// too, are refused: a driver that sends them is wrong elsewhere.
var masks = map[byte]tax.Rate{
	0x01: tax.VAT20, 0x02: tax.VAT10, 0x04: tax.VAT0, 0x08: tax.None, 0x10: tax.VAT20of, 0x20: tax.VAT10of,
	0x81: tax.VAT5, 0x82: tax.VAT7, 0x84: tax.VAT5of, 0x90: tax.VAT7of, 0xC0 + 11: tax.VAT22, 0xC0 + 12: tax.VAT22of,
}

func (d *Device) openReceiptCommand(in *call) ([]byte, byte) {
	kind := in.byte()
	correct := kind&correctionKind != 0 && d.s.FFD != "1.05"
	if correct {
		kind &^= correctionKind
	}
	if kind > 3 {
		return nil, errParams
	}
	return nil, d.openReceipt(kind, in.operator, correct)
}

func (d *Device) openReceipt(kind, operator byte, correct bool) byte {
	switch d.mode() {
	case modeOpen:
	case modeExpired:
		return errShiftOld
	default:
		return errMode
	}
	open := byte(receiptDoc)
	if correct {
		open = correctionDoc
	}
	if e := d.begin(open); e != 0 {
		return e
	}
	d.s.Receipt = &openReceipt{Kind: kind, Operator: operator, Correct: correct}
	return 0
}

// owned tells whether operator may go on with the open receipt.
func (d *Device) owned(operator byte) byte {
	switch {
	case d.s.Receipt == nil:
		return errMode
	case d.s.Receipt.Operator != operator && operator != system:
		return errOperator
	}
	return 0
}

func (d *Device) cancelReceipt(in *call) ([]byte, byte) {
	if e := d.owned(in.operator); e != 0 {
		return nil, e
	}
	if d.subMode() == subPrinting {
		return nil, errPrinting
	}
	d.s.Receipt, d.s.FNDoc, d.s.Tags = nil, 0, nil
	d.s.Marks.forget()
	d.s.DocNo++
	if d.mayPrint() == 0 {
		d.print(d.slip("ЧЕК АННУЛИРОВАН", nil, nil))
	}
	return nil, 0
}

func (d *Device) subtotal(in *call) ([]byte, byte) {
	if e := d.owned(in.operator); e != 0 {
		return nil, e
	}
	return le(nil, uint64(d.s.Receipt.total()), 5), 0
}

// item is FF46h.
func (d *Device) item(in *call) ([]byte, byte) {
	optype := in.byte()
	millionths, price := in.u(6), money.Amount(in.u(5))
	amount, vatSum := in.u(5), in.u(5)
	mask, department, method, kind := in.byte(), in.byte(), in.byte(), in.byte()
	it := Item{Name: text.CP1251.DecodeZ(in.b), Qty: qty.Milli(millionths / 1000), Price: price, Method: int(method), Kind: int(kind)}
	if e := it.check(millionths, amount, vatSum, department); e != 0 {
		return nil, e
	}
	if e := it.setVAT(mask, d.replacesVAT()); e != 0 {
		return nil, e
	}
	if d.hostVAT() && vatSum != sumNotGiven {
		it.VATSum = money.Amount(vatSum)
	}
	return nil, d.addItem(it, optype, in.operator)
}

// addItem puts an item into the receipt, opening one of its kind if need be.
func (d *Device) addItem(it Item, optype, operator byte) byte {
	kind := byte(0xFF)
	for k, o := range optypes {
		if o == optype {
			kind = byte(k)
		}
	}
	if kind == 0xFF {
		return errParams
	}
	if d.s.Receipt == nil {
		if e := d.openReceipt(kind, operator, false); e != 0 {
			return e
		}
	}
	if e := d.owned(operator); e != 0 {
		return e
	}
	r := d.s.Receipt
	switch {
	case r.Kind != kind:
		return errKind
	case len(r.Items) >= maxItems:
		return errTooMany
	case r.total()+it.Total > maxSum:
		return errTotal
	}
	r.Items = append(r.Items, it)
	return 0
}

// check looks at an item's numbers and works out its total.
func (i *Item) check(millionths, amount, vatSum uint64, department byte) byte {
	if millionths%1000 != 0 || !i.Qty.Valid() {
		return errQuantity
	}
	exact, err := i.Qty.Times(i.Price)
	if err != nil || exact > maxSum {
		return errTotal
	}
	i.Total = exact
	if amount != sumNotGiven {
		i.Total = money.Amount(amount)
		if amount > maxSum || i.Total < exact-1 || i.Total > exact+1 {
			return errParams
		}
	}
	switch {
	case vatSum != sumNotGiven && money.Amount(vatSum) > i.Total:
		return errParams
	case department > 16:
		return errDepartment
	case i.Method < 1 || i.Method > 7 || i.Kind < 1 || i.Kind > 33 || i.Name == "":
		return errParams
	}
	return 0
}

func (i *Item) setVAT(mask byte, replace bool) byte {
	rate, ok := masks[mask]
	if !ok {
		return errParams
	}
	if replace {
		switch rate {
		case tax.VAT20:
			rate = tax.VAT22
		case tax.VAT20of:
			rate = tax.VAT22of
		}
	}
	info, err := tax.Lookup(rate)
	if err != nil {
		return errParams
	}
	if i.VATSum, err = info.Included(i.Total); err != nil {
		return errParams
	}
	i.VAT = string(rate)
	return 0
}

// closeReceipt is FF45h.
func (d *Device) closeReceipt(in *call) ([]byte, byte) {
	if e := d.owned(in.operator); e != 0 {
		return nil, e
	}
	if d.expired() {
		return nil, errShiftOld
	}
	r := d.s.Receipt
	doc := Document{Form: formReceipt, Type: "receipt", OpType: int(optypes[r.Kind]), Items: r.Items, Total: r.total(), Receipt: d.s.Receipts + 1,
		Operator: int(in.operator)}
	if len(r.Items) == 0 {
		return nil, errOperation
	}
	if missing := d.missing(); missing != 0 {
		return le(nil, uint64(missing), 2), errMissing
	}
	if r.Correct {
		doc.Form, doc.Type = formCorrection, "correction"
		if missing := d.setGround(&doc); missing != 0 {
			return le(nil, uint64(missing), 2), errMissing
		}
	}
	if d.unbound(r.Items) {
		return le(nil, productCode, 2), errMissing
	}
	var paid [16]money.Amount
	for i := range paid {
		paid[i] = money.Amount(in.u(5))
	}
	if e := doc.round(money.Amount(in.byte())); e != 0 {
		return nil, e
	}
	if e := d.sumVAT(&doc, in); e != 0 {
		return nil, e
	}
	if e := d.setTaxSystem(&doc, in.byte()); e != 0 {
		return nil, e
	}
	if e := d.pay(&doc, paid); e != 0 {
		return nil, e
	}
	if e := d.mayRegister(); e != 0 {
		return nil, e
	}
	d.finish(&doc)
	b := le(nil, uint64(doc.Change), 5)
	b = le(b, uint64(doc.FD), 4)
	return le(b, uint64(doc.Sign), 4), 0
}

// missing is a tag the receipt can not do without.
func (d *Device) missing() uint16 {
	if d.s.Automatic && find(d.s.Tags, 1036) == nil {
		return 1036
	}
	return 0
}

// hostVAT tells whether VAT is worked out by the host.
func (d *Device) hostVAT() bool { return d.value(1, 1, 14)[0] == 1 }

// sumVAT sums the VAT of the items by rates; where the host works it out its
// sums are taken, and rates without a place are refused.
func (d *Device) sumVAT(doc *Document, in *call) byte {
	if d.hostVAT() {
		for _, it := range doc.Items {
			if vatTag(tax.Rate(it.VAT)) == 0 && d.slotRate(0) != tax.Rate(it.VAT) && d.slotRate(4) != tax.Rate(it.VAT) {
				return errSetting
			}
		}
		return d.setVATSums(doc, in)
	}
	in.bytes(6 * 5)
	for _, it := range doc.Items {
		sum := it.VATSum
		if it.VAT == string(tax.VAT0) || it.VAT == string(tax.None) {
			sum = it.Total
		}
		doc.addVAT(it.VAT, sum)
	}
	return 0
}

func (doc *Document) addVAT(rate string, sum money.Amount) {
	for i := range doc.VAT {
		if doc.VAT[i].Rate == rate {
			doc.VAT[i].Sum += sum
			return
		}
	}
	doc.VAT = append(doc.VAT, VATSum{rate, sum})
}

// finish registers a paid receipt and prints it.
func (d *Device) finish(doc *Document) {
	cash := money.Amount(0)
	for _, p := range doc.Payments {
		if p.Slot == 1 {
			cash = p.Sum
		}
	}
	switch doc.OpType {
	case 1, 4:
		d.s.Cash += cash
	default:
		d.s.Cash -= cash
	}
	switch doc.OpType {
	case 1:
		d.s.Sales += doc.Total
	case 2:
		d.s.Returns += doc.Total
	}
	d.s.Receipts++
	d.announce(doc)
	d.issue(title(doc), doc, d.receiptLines)
}

// round drops kopecks of the total, and nothing but kopecks.
func (doc *Document) round(kopecks money.Amount) byte {
	if kopecks > doc.Total%money.Rouble {
		return errParams
	}
	doc.Total, doc.Rounding = doc.Total-kopecks, kopecks
	return 0
}

func (d *Device) setTaxSystem(doc *Document, system byte) byte {
	if system == 0 {
		system = d.s.Systems // right only when it is one
	}
	if system == 0 || system&(system-1) != 0 || d.s.Systems&system == 0 {
		return errParams
	}
	doc.TaxSystem = int(system)
	return 0
}

// pay checks the payments of a receipt and works out the change.
func (d *Device) pay(doc *Document, paid [16]money.Amount) byte {
	var all, nonCash money.Amount
	for i, p := range paid {
		if p > maxSum {
			return errParams
		}
		all += p
		if i > 0 {
			nonCash += p
		}
	}
	switch {
	case doc.Total == 0 && d.value(1, 1, 23)[0] == 1:
		return errZero
	case nonCash > doc.Total:
		return errNonCash
	case all < doc.Total:
		return errPaidLess
	}
	doc.Change = all - doc.Total
	paid[0] -= doc.Change
	if doc.OpType == 2 || doc.OpType == 3 {
		if paid[0] > d.s.Cash {
			return errNoCash
		}
	}
	for i, p := range paid {
		if p > 0 {
			doc.Payments = append(doc.Payments, Payment{Slot: i + 1, Sum: p})
		}
	}
	return 0
}
