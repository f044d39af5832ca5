package stock

import (
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Ledger is what the till's own documents have done since the catalogue last
// knew the stock: local stock is the catalogue's, moved by them. It is made of
// documents in their order and holds a line for every item they name. It is
// not safe for several goroutines.
type Ledger struct {
	since time.Time // the catalogue's stock as of then
	moved map[string]movement
	// whole: a complete inventory was taken, so that an item nobody has named
	// since is not there, whatever the catalogue says.
	whole bool
}

// movement is one item's.
type movement struct {
	counted bool      // a complete inventory did not find it: the catalogue's figure does not count any more
	moved   qty.Milli // since then, or since the catalogue's figure
	price   money.Amount
}

// NewLedger begins a ledger for a catalogue whose stock is as of then.
func NewLedger(since time.Time) *Ledger {
	return &Ledger{since: since, moved: map[string]movement{}}
}

// Since is the moment the catalogue's stock is as of.
func (l *Ledger) Since() time.Time { return l.since }

// Add enters a document. One that is not newer than the catalogue's figures is
// in them already and changes nothing.
func (l *Ledger) Add(d *doc.Document) {
	if !d.Time.After(l.since) {
		return
	}
	switch {
	case d.Receipt != nil:
		l.receipt(d)
	case d.Stock != nil:
		l.stock(d)
	}
}

// receipt: goods leave with a sale and come with a purchase. What was only
// paid for in advance, and services, move nothing.
func (l *Ledger) receipt(d *doc.Document) {
	sign := qty.Milli(0)
	switch d.Type {
	case doc.Sell, doc.Buyback:
		sign = -1
	case doc.Payback, doc.Buy:
		sign = 1
	default:
		return
	}
	for i := range d.Receipt.Lines {
		line := &d.Receipt.Lines[i]
		if line.ItemID != "" && moves(line) {
			l.move(line.ItemID, sign*line.Qty)
		}
	}
}

// Ways of settlement (FFD tag 1214) that hand nothing over, and kinds of what
// is settled (tag 1212) that lie on no shelf.
const (
	prepaidFull, prepaidPart, advance, creditPaid = 1, 2, 3, 7
	work, service, payment, claim                 = 3, 4, 10, 13
)

func moves(line *doc.Line) bool {
	switch line.Method {
	case prepaidFull, prepaidPart, advance, creditPaid:
		return false
	}
	switch line.Kind {
	case work, service, payment, claim:
		return false
	}
	return true
}

func (l *Ledger) stock(d *doc.Document) {
	if d.Type == doc.Inventory {
		l.inventory(d.Stock)
		return
	}
	for i := range d.Stock.Positions {
		p := &d.Stock.Positions[i]
		switch d.Type {
		case doc.Accept:
			l.move(p.ItemID, p.Qty)
		case doc.WriteOff, doc.Return:
			l.move(p.ItemID, -p.Qty)
		case doc.Revaluation:
			m := l.of(p.ItemID)
			m.price = p.Price
			l.moved[p.ItemID] = m
		}
	}
}

// inventory moves the stock by the difference that was found, not to what was
// counted: goods may be sold between the count and the end of the inventory.
func (l *Ledger) inventory(s *doc.Stock) {
	found := map[string]qty.Milli{}
	for i := range s.Positions {
		p := &s.Positions[i]
		if _, again := found[p.ItemID]; !again { // marked units are a position each
			found[p.ItemID] = -p.Before
		}
		found[p.ItemID] += p.Qty
	}
	for id, by := range found {
		l.move(id, by)
	}
	if !s.Complete {
		return
	}
	l.whole = true
	for id, m := range l.moved {
		if _, listed := found[id]; !listed {
			l.moved[id] = movement{counted: true, price: m.price}
		}
	}
}

func (l *Ledger) of(id string) movement {
	m, known := l.moved[id]
	if !known {
		m.counted = l.whole
	}
	return m
}

func (l *Ledger) move(id string, by qty.Milli) {
	m := l.of(id)
	m.moved += by
	l.moved[id] = m
}

// Stock is what there is of an item now, by the catalogue's figure.
func (l *Ledger) Stock(id string, was qty.Milli) qty.Milli {
	m := l.of(id)
	if m.counted {
		return m.moved
	}
	return was + m.moved
}

// Price is an item's price by the latest revaluation; false: there was none.
func (l *Ledger) Price(id string) (money.Amount, bool) {
	m := l.of(id)
	return m.price, m.price > 0
}
