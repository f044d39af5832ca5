package consoletest

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/shift"
	"github.com/kassa-pos/kassa/pos/tax"
)

// What a shop like this one sells in a day.
const (
	historyFrom, historyTo = 9, 21 // hours
	receiptsADay           = 34
)

// History journals past days, a shift each, up to yesterday: what somebody sees
// who opens the reports. It is the same every time but for the dates.
func (t *Till) History(days int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	past := &past{till: t, rnd: rand.New(rand.NewPCG(1, 2)), number: 20480 - int64(days*(receiptsADay+2)), fd: t.mark.FD - uint32(days*(receiptsADay+2))}
	now := t.now()
	first := time.Date(now.Year(), now.Month(), now.Day()-days, historyFrom, 0, 0, 0, now.Location())
	for n := range days {
		past.day(int64(117-days+1+n), first.AddDate(0, 0, n))
	}
}

// past writes it.
type past struct {
	till   *Till
	rnd    *rand.Rand
	number int64
	fd     uint32
	shift  shift.Shift
}

func (p *past) day(number int64, open time.Time) {
	p.shift = shift.New(uuid.New(), number, open, 3000_00)
	p.write(&doc.Document{Type: doc.OpenSession, Shift: &doc.Shift{OpenedAt: open}}, open)
	at, last := open, doc.Document{}
	for range receiptsADay {
		at = at.Add(time.Duration(p.rnd.IntN(2*(historyTo-historyFrom)*60/receiptsADay-1)) * time.Minute)
		sale := p.sale()
		if last.Receipt != nil && p.rnd.IntN(17) == 0 {
			sale = doc.Document{Type: doc.Payback, Receipt: last.Receipt}
		}
		p.write(&sale, at)
		last = sale
	}
	totals := p.shift.Totals
	p.write(&doc.Document{Type: doc.ZReport, Shift: &totals}, time.Date(open.Year(), open.Month(), open.Day(), historyTo, 40, 0, 0, open.Location()))
}

func (p *past) sale() doc.Document {
	r := &doc.Receipt{ChequeID: uuid.New(), TaxSystem: tax.General, Catalog: 1}
	for range 1 + p.rnd.IntN(5) {
		it := Items()[p.rnd.IntN(len(shelves)-1)]
		l := doc.Line{ID: uuid.New(), ItemID: it.ID, Name: it.Name, Unit: it.Unit, Code: it.Code, Qty: qty.Milli(1+p.rnd.IntN(3)) * qty.One, Rate: it.Rate, Kind: 1, Method: 4}
		if it.ByWeight {
			l.Qty = qty.Milli(200 + p.rnd.IntN(1500))
		}
		l.BasePrice, l.Price = it.Prices[0].Value, it.Prices[0].Value
		l.Gross, _ = l.Qty.Times(l.BasePrice) // far from the largest sum
		l.Total = l.Gross
		r.Lines, r.Gross, r.Total = append(r.Lines, l), r.Gross+l.Gross, r.Total+l.Total
		r.VAT = doc.AddVAT(r.VAT, doc.VATSum{Rate: l.Rate, Total: l.Total})
	}
	pay := doc.Payment{ID: uuid.New(), Type: doc.PayElectron, Sum: r.Total}
	switch p.rnd.IntN(5) {
	case 0, 1:
		pay.Type, pay.Tendered = doc.PayCash, (r.Total+50_00)/50_00*50_00
		pay.Change = pay.Tendered - pay.Sum
	case 2:
		pay.QR = true
	}
	r.Payments = []doc.Payment{pay}
	return doc.Document{Type: doc.Sell, Receipt: r}
}

// write makes the document one of the shift and journals it.
func (p *past) write(d *doc.Document, at time.Time) {
	p.number++
	p.fd++
	who := Cashiers()[[]string{PIN, "4321"}[p.shift.Number%2]]
	d.ID, d.Number, d.Name, d.Time, d.Currency = uuid.New(), p.number, "01-"+strconv.FormatInt(p.number, 10), at, tax.RUB
	d.ShiftID, d.ShiftNumber, d.Cashier = p.shift.ID, p.shift.Number, doc.Cashier{ID: who.ID, Name: who.Name, Position: who.Position}
	var total money.Amount
	if d.Receipt != nil {
		total = d.Receipt.Total
	}
	d.Fiscal = &doc.Fiscal{FN: FN, FD: p.fd, Sign: uint32(uint64(p.fd) * unitSign), Shift: p.shift.Number, Time: at, Total: total, Serial: serial}
	p.shift = p.shift.Add(d)
	data, err := json.Marshal(d)
	if err != nil {
		panic(err) // a document is made of nothing that can not be written
	}
	p.till.journal = append(p.till.journal, record.Record{Seq: uint64(len(p.till.journal)) + 1, Time: at, Entry: record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Schema: 1, Shift: d.ShiftID, Data: data}})
}
