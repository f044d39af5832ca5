package till

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
)

func (t *turn) catalogChanged(e CatalogChanged) {
	first := t.generation == 0
	t.generation, t.store, t.discounts, t.promotions, t.stations = e.Generation, e.Store, e.Discounts, e.Promotions, e.Stations
	t.compile(first)
}

// encode marshals our own types, which can not fail; if one does, it is our
// mistake and no document may be made of it.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("till: own type does not marshal: " + err.Error())
	}
	return b
}

// change applies a change to the cart and journals it, unless the cheque
// could not be priced with it.
func (t *turn) change(c cheque.Cheque, ch cheque.Change) *fault.Error {
	rules := t.pinned
	if rules == nil || c.Empty() {
		rules = t.rules
	}
	ch.Rules = rules.Digest()
	next := c.Apply(ch)
	priced, cash, err := t.price(rules, &next)
	if err != nil && ch.Line != nil {
		return priceFault(err, ch.Line.Item.Name)
	}
	if err != nil && !ch.Adjust.None() {
		return priceFault(err, "")
	}
	t.cart, t.priced, t.cashTotal, t.problem = next, priced, cash, nil
	if t.generation != 0 {
		t.pinned = rules
	}
	if err != nil {
		t.problem = priceFault(err, "")
	}
	t.touched, t.last = uuid.Nil, nil
	id := ch.Removed
	if ch.Line != nil {
		id, t.touched = ch.Line.ID, ch.Line.ID
	}
	if id == uuid.Nil {
		id = next.ID
	}
	t.do(Post{[]record.Entry{{Kind: record.Cart, ID: id, Group: next.ID, Shift: t.shiftID(), Schema: 1, Data: encode(ch), Private: private(ch.People)}}})
	return nil
}

// price prices a cheque, and tells what it comes to in cash alone.
func (t *turn) price(rules *pricing.Rules, c *cheque.Cheque) (pricing.Priced, money.Amount, error) {
	priced, err := rules.Price(c, pricing.How{Now: t.today(), Country: t.country()})
	if err != nil || !t.store.DropKopecks || priced.Total%money.Rouble == 0 {
		return priced, priced.Total, err
	}
	round, err := rules.Price(c, pricing.How{Now: t.today(), Country: t.country(), Round: money.Rouble})
	return priced, round.Total, err
}

// roundOf is what the total of a payment is brought down to a multiple of: the
// kopecks of cash alone may be dropped, those of a card never. They come off
// the lines, so that the document adds up everywhere it is sent.
func (t *turn) roundOf(parts []Part) money.Amount {
	if !t.store.DropKopecks || len(parts) == 0 {
		return 0
	}
	for i := range parts {
		if parts[i].Type != doc.PayCash {
			return 0
		}
	}
	return money.Rouble
}

func priceFault(err error, name string) *fault.Error {
	if i := strings.LastIndex(err.Error(), ": pricing"); name == "" && i > 0 {
		name = err.Error()[:i]
	}
	switch {
	case errors.Is(err, pricing.ErrCloud):
		return fault.New(fault.CloudGarbage).With(err)
	case errors.Is(err, pricing.ErrNoPrice):
		return fault.New(fault.ItemNoPrice, name).With(err)
	case errors.Is(err, pricing.ErrRate):
		return fault.New(fault.RateBad, "", name).With(err)
	case errors.Is(err, pricing.ErrManual):
		return fault.New(fault.PriceManual).With(err)
	case errors.Is(err, pricing.ErrFreePrice):
		return fault.New(fault.PriceFree, name).With(err)
	case errors.Is(err, pricing.ErrTobacco):
		return fault.New(fault.PriceTobacco, name).With(err)
	}
	return fault.New(fault.SumRange).With(err)
}

// reprice prices the cart again with the rules it began with. A cart that a
// restart brought back before any catalogue was there takes the first that
// comes.
func (t *turn) reprice() {
	if t.pinned == nil || t.cart.Empty() {
		t.pinned = nil
		if t.generation != 0 {
			t.pinned = t.rules
		}
	}
	rules := t.pinned
	if rules == nil {
		rules = t.rules
	}
	priced, cash, err := t.price(rules, &t.cart)
	if t.generation != 0 {
		t.cart.Rules = rules.Digest()
	}
	t.priced, t.cashTotal, t.problem = priced, cash, nil
	if err != nil {
		t.problem = priceFault(err, "")
	}
}

func (t *turn) stale(s Seen) bool {
	return (s.Cheque != uuid.Nil && s.Cheque != t.cart.ID) || (s.Revision != 0 && s.Revision != t.cart.Revision)
}

func (t *turn) setQty(e SetQty) {
	if t.stale(e.Seen) {
		t.reply(e.Req, fault.New(fault.ChequeStale))
		return
	}
	ch, err := t.cart.SetQty(e.Line, e.Qty, t.env.Now)
	if err != nil {
		t.reply(e.Req, chequeFault(err, e.Qty))
		return
	}
	was := t.line(e.Line)
	if !was.Item.Measured() && !e.Qty.Whole() && !(was.Item.Divisible && was.Mark != "" && e.Qty < qty.One) {
		t.reply(e.Req, fault.New(fault.QtyBad, e.Qty.String()))
		return
	}
	ferr := t.change(t.cart, ch)
	if ferr == nil && e.Qty < was.Qty {
		d := t.auditWho()
		d.Cheque, d.Item = t.cart.ID.String(), was.Item.Name
		t.audit(auditLess, d, uuid.Nil)
	}
	t.reply(e.Req, ferr)
}

func (t *turn) voidLine(e VoidLine) {
	if t.stale(e.Seen) {
		t.reply(e.Req, fault.New(fault.ChequeStale))
		return
	}
	ch, err := t.cart.Remove(e.Line, t.env.Now)
	if err != nil {
		t.reply(e.Req, chequeFault(err, 0))
		return
	}
	gone := t.line(e.Line)
	ferr := t.voidBundle(gone.Bundle)
	if gone.Bundle == nil {
		ferr = t.change(t.cart, ch)
	}
	d := t.auditWho()
	d.Cheque, d.Item = t.cart.ID.String(), gone.Item.Name
	t.audit(auditVoidLine, d, uuid.Nil)
	t.reply(e.Req, ferr)
}

// line finds a line that is known to be in the cart.
func (t *turn) line(id uuid.UUID) cheque.Line {
	return t.cart.Lines[slices.IndexFunc(t.cart.Lines, func(l cheque.Line) bool { return l.ID == id })]
}

func (t *turn) auditWho() auditData {
	c := t.docCashier()
	d := auditData{CashierID: c.ID, Cashier: c.Name}
	if t.by != nil {
		d.ApproverID, d.Approver = t.by.ID, t.by.Name
	}
	return d
}

func (t *turn) voidCheque(e VoidCheque) {
	switch {
	case t.cart.Revision == 0:
		t.reply(e.Req, fault.New(fault.ChequeEmpty))
		return
	case t.stale(e.Seen):
		t.reply(e.Req, fault.New(fault.ChequeStale))
		return
	}
	d := t.auditWho()
	d.Cheque, d.Sum = t.cart.ID.String(), int64(t.priced.Total)
	entry := t.auditEntry(auditVoidCheque, d)
	entry.Ends = []uuid.UUID{t.cart.ID}
	t.throwAway(&t.cart, entry)
	t.goes(tabletOf(&t.cart), t.env.Now)
	t.emptyCart()
	t.forgetNotices()
	t.reply(e.Req, nil)
}

func (t *turn) emptyCart() {
	t.dropHeld()
	t.cart, t.priced, t.problem, t.touched, t.pinned = cheque.Cheque{}, pricing.Priced{}, nil, uuid.Nil, nil
	t.repriced = nil
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0x7f {
			return '·'
		}
		return r
	}, firstRunes(s, MaxCode))
}

// plain is what a person typed, as it may be kept and printed: at most n runes.
func plain(s string, n int) string { return firstRunes(printable(strings.TrimSpace(s)), n) }

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
