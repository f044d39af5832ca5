package journal

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/shift"
	"github.com/kassa-pos/kassa/pos/tax"
)

// trade makes the records of any number of sales, as a till writes them: of
// each sale three scanned lines, the intent, the outcome with the document of
// 2 KB, and its delivery. After so many sales the shift closes and another
// one opens.
type trade struct {
	sales  int
	number int64
	shift  uuid.UUID
	totals shift.Shift
	fd     uint32
	made   uint64
}

const (
	tradeShift = 500 // sales of a shift
	tradeLines = 3
)

// tradeID names things so that they can be asked for later: like a till's
// UUIDv7, with a time in front.
func tradeID(kind string, n int64) uuid.UUID {
	id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "trade %s %d", kind, n))
	at := uint64(start.UnixMilli() + n*1000)
	binary.BigEndian.PutUint32(id[:], uint32(at>>16))
	binary.BigEndian.PutUint16(id[4:], uint16(at))
	id[6] = id[6]&0x0f | 0x70
	return id
}

func (t *trade) now() time.Time { return start.Add(time.Duration(t.number) * time.Minute) }

// next is one batch: a sale, and before it the opening and behind it the
// closing of a shift where they are due.
func (t *trade) next() (list []record.Entry) {
	if t.sales%tradeShift == 0 {
		t.shift = tradeID("shift", int64(t.sales/tradeShift))
		list = append(list, t.session(doc.OpenSession)...)
	}
	list = append(list, t.sale()...)
	if t.sales++; t.sales%tradeShift == 0 {
		list = append(list, t.session(doc.CloseSession)...)
	}
	t.made += uint64(len(list))
	return list
}

func (t *trade) session(typ doc.Type) []record.Entry {
	d := t.document(typ)
	if typ == doc.OpenSession {
		drawer := t.totals.Totals.Drawer
		t.totals = shift.New(t.shift, d.ShiftNumber, d.Time, drawer)
		d.Shift = &doc.Shift{OpenedAt: d.Time, Drawer: drawer}
	} else {
		d.Shift = &t.totals.Totals
	}
	return t.bracket(d)
}

func (t *trade) document(typ doc.Type) doc.Document {
	t.number++
	t.fd++
	return doc.Document{ID: tradeID("document", t.number), Type: typ, Number: t.number, Name: fmt.Sprintf("K1-%05d", t.number), Time: t.now(),
		ShiftID: t.shift, ShiftNumber: int64(t.sales/tradeShift) + 1, Cashier: doc.Cashier{ID: "1", Name: "Иванова А. А.", Position: "Кассир"},
		Currency: "RUB", Fiscal: &doc.Fiscal{FN: "9999078900001234", FD: t.fd, Sign: 1_000_000_000 + t.fd, Shift: int64(t.sales/tradeShift) + 1,
			Receipt: int64(t.sales%tradeShift) + 1, Time: t.now(), Serial: "0478760000012345", RegNumber: "0000000001012345"}}
}

// bracket is the intent, the outcome and the document.
func (t *trade) bracket(d doc.Document, ends ...uuid.UUID) []record.Entry {
	t.totals = t.totals.Add(&d)
	op := tradeID("operation", d.Number)
	b, err := json.Marshal(&d)
	if err != nil {
		panic(err)
	}
	return []record.Entry{
		{Kind: record.Intent, ID: op, Group: op, Type: string(d.Type), Shift: t.shift, Schema: 1, Numbers: []int64{d.Number},
			Data: json.RawMessage(fmt.Sprintf(`{"document":%q,"fn":"9999078900001234","fd":%d,"sum":12345,"digest":"a1b2c3d4e5f60718"}`, d.ID, d.Fiscal.FD))},
		{Kind: record.Outcome, ID: op, Type: string(d.Type), Shift: t.shift, Schema: 1, Ends: []uuid.UUID{op},
			Data: json.RawMessage(fmt.Sprintf(`{"fn":"9999078900001234","fd":%d,"sign":%d,"registered":true}`, d.Fiscal.FD, d.Fiscal.Sign))},
		{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: t.shift, Schema: doc.Schema, Ends: ends, Numbers: []int64{d.Number}, Data: b},
	}
}

func (t *trade) sale() (list []record.Entry) {
	cheque := tradeID("cheque", int64(t.sales))
	d := t.document(doc.Sell)
	r := doc.Receipt{ChequeID: cheque, TaxSystem: 1, Catalog: 1}
	vat, err := tax.Lookup(tax.VAT22)
	if err != nil {
		panic(err)
	}
	for i := range int64(tradeLines) {
		price := money.Amount(1000 + (d.Number*7+i*13)%90_000)
		in, err := vat.Included(price)
		if err != nil {
			panic(err)
		}
		l := doc.Line{ID: tradeID("line", d.Number*10+i), ItemID: tradeID("item", i).String(), ItemType: "product", Code: fmt.Sprintf("%07d", d.Number%1000),
			Barcode: fmt.Sprintf("46%011d", d.Number%1000), Name: fmt.Sprintf("Сыр деревенский Полянка %d г", 50+d.Number%900), Unit: "шт", Qty: 1000,
			BasePrice: price, Price: price, Gross: price, Total: price, Rate: tax.VAT22, VAT: in, Kind: 1, Method: 4}
		r.Lines = append(r.Lines, l)
		r.VAT = doc.AddVAT(r.VAT, doc.VATSum{Rate: l.Rate, Total: price, VAT: in})
		r.Gross, r.Total = r.Gross+price, r.Total+price
		list = append(list, record.Entry{Kind: record.Cart, ID: l.ID, Type: "add", Group: cheque, Shift: t.shift, Schema: 1,
			Data: json.RawMessage(fmt.Sprintf(`{"line":%q,"item":%q,"code":%q,"qty":1000,"price":%d}`, l.ID, l.ItemID, l.Barcode, price))})
	}
	r.Payments = []doc.Payment{{ID: tradeID("payment", d.Number), Type: doc.PayCash, Sum: r.Total, Tendered: r.Total}}
	d.Receipt, d.Fiscal.Total = &r, r.Total
	list = append(list, t.bracket(d, cheque)...)
	return append(list, record.Entry{Kind: record.Delivery, ID: d.ID, Type: "moysklad", Shift: t.shift, Schema: 1,
		Data: json.RawMessage(fmt.Sprintf(`{"document":%q,"status":201,"answer":{"id":%q,"syncid":%q}}`, d.ID, tradeID("cloud", d.Number), d.ID))})
}
