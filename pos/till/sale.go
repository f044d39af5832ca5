package till

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// parkData is the Data of a park entry.
type parkData struct {
	Parked bool   `json:"parked"`
	Name   string `json:"name,omitempty"`
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

func (t *turn) catalogChanged(e CatalogChanged) {
	t.generation, t.store = e.Generation, e.Store
	t.rules = pricing.Compile(e.Store.PriceType, e.Store.DiscountStrategy, e.Discounts)
	t.reprice()
}

// scan queues a code. Every scan counts: codes are looked up one after the
// other, in the order they came.
func (t *turn) scan(e Scan) {
	switch {
	case max(e.Length, len(e.Code)) > MaxCode:
		t.refuseScan(e, fault.New(fault.CodeTooLong, strconv.Itoa(max(e.Length, len(e.Code))), strconv.Itoa(MaxCode)))
	case e.Misread || strings.TrimSpace(e.Code) == "":
		t.refuseScan(e, fault.New(fault.CodeBad, printable(e.Code)))
	case len(t.scans) >= MaxScans:
		t.refuseScan(e, fault.New(fault.QueueFull, printable(e.Code)))
	default:
		t.scans = append(slices.Clone(t.scans), e)
		if len(t.scans) == 1 {
			t.lookNext()
		}
	}
}

func (t *turn) refuseScan(e Scan, err *fault.Error) {
	t.notice(err, e.Code)
	t.reply(e.Req, err)
}

func (t *turn) lookNext() {
	if t.deferred != nil && t.before == 0 {
		t.payDeferred()
	}
	if len(t.scans) == 0 {
		t.lookup = 0
		return
	}
	gen := t.generation
	if !t.cart.Empty() {
		gen = t.cart.Catalog
	}
	_, code := multiplier(t.scans[0].Code)
	t.lookup = t.nextOp()
	t.do(Lookup{Op: t.lookup, Generation: gen, Code: code})
}

// payDeferred pays once the scans before the payment are in the cheque.
func (t *turn) payDeferred() {
	p := t.deferred
	if p == nil {
		return
	}
	t.deferred = nil
	if v := admit[evPay][t.phase]; v.handle {
		t.payNow(*p)
	} else {
		t.reply(p.Req, fault.New(v.refuse))
	}
}

// multiplier splits "5*code" and "0.350*code". A code that merely contains a
// star stays whole.
func multiplier(s string) (qty.Milli, string) {
	n, code, ok := strings.Cut(s, "*")
	if q, err := qty.Parse(strings.TrimSpace(n)); ok && err == nil && code != "" {
		return q, strings.TrimSpace(code)
	}
	return 0, s
}

func (t *turn) looked(e Looked) {
	if e.Op != t.lookup || len(t.scans) == 0 {
		return
	}
	sc := t.scans[0]
	t.scans = slices.Clone(t.scans[1:])
	t.before = max(t.before-1, 0)
	if err := t.add(sc, e); err != nil {
		t.refuseScan(sc, err)
	} else {
		t.do(Beep{SignalOK})
		t.reply(sc.Req, nil)
	}
	t.lookNext()
}

func (t *turn) add(sc Scan, e Looked) *fault.Error {
	if e.Err != nil {
		return e.Err
	}
	if e.Match == nil {
		return fault.New(fault.CodeUnknown, printable(sc.Code))
	}
	m := *e.Match
	if m.Generation == 0 {
		m.Generation = t.generation
	}
	times, _ := multiplier(sc.Code)
	if err := t.sellable(&m, times); err != nil {
		return err
	}
	q := m.Qty
	switch {
	case times != 0 && m.Item.ByWeight:
		q = times
	case times != 0:
		total, err := money.Amount(m.Qty).MulDiv(int64(times), int64(qty.One))
		if q = qty.Milli(total); err != nil {
			return fault.New(fault.QtyBad, times.String())
		}
	}
	if !m.Item.ByWeight && !q.Whole() {
		return fault.New(fault.QtyBad, q.String())
	}
	id, c := t.env.NewID(), t.cart
	if c.Empty() && c.Revision == 0 {
		c.ID = t.env.NewID()
	}
	ch, err := c.Add(m, q, id, t.env.Now)
	if err != nil {
		return chequeFault(err, q)
	}
	return t.change(c, ch)
}

// sellable refuses what may not be put into this cheque, with the reason.
func (t *turn) sellable(m *catalog.Match, times qty.Milli) *fault.Error {
	it := &m.Item
	info, err := tax.Lookup(it.Rate)
	switch {
	case it.Alcohol:
		return fault.New(fault.ItemForbidden, it.Name, "ЕГАИС")
	case it.Marked():
		return fault.New(fault.ItemMarked, it.Name)
	case it.TaxSystem != 0 && t.store.TaxSystem != 0 && it.TaxSystem != t.store.TaxSystem:
		return fault.New(fault.TaxSystemMix, it.Name)
	case err != nil || !info.ValidOn(t.today()):
		return fault.New(fault.RateBad, string(it.Rate), it.Name)
	case it.ByWeight && times == 0 && itemCode(m):
		return fault.New(fault.ItemWeight, it.Name)
	}
	return nil
}

// itemCode tells whether the item itself was named, so that no weight came
// with the code.
func itemCode(m *catalog.Match) bool {
	return m.Code == m.Item.Code || m.Code == m.Item.Article || slices.Contains(m.Item.Barcodes, m.Code)
}

func chequeFault(err error, q qty.Milli) *fault.Error {
	switch {
	case errors.Is(err, cheque.ErrFull):
		return fault.New(fault.ChequeFull, strconv.Itoa(cheque.MaxLines))
	case errors.Is(err, cheque.ErrNoLine):
		return fault.New(fault.ChequeNoLine)
	}
	return fault.New(fault.QtyBad, q.String())
}

// change applies a change to the cart and journals it, unless the cheque
// could not be priced with it.
func (t *turn) change(c cheque.Cheque, ch cheque.Change) *fault.Error {
	next := c.Apply(ch)
	rules := t.pinned
	if rules == nil || c.Empty() {
		rules = t.rules
	}
	priced, err := rules.Price(next.Lines, t.today())
	if err != nil && ch.Line != nil {
		return priceFault(err, ch.Line.Item.Name)
	}
	t.cart, t.priced, t.problem = next, priced, nil
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
	t.do(Post{[]record.Entry{{Kind: record.Cart, ID: id, Group: next.ID, Shift: t.shiftID(), Schema: 1, Data: encode(ch)}}})
	return nil
}

func priceFault(err error, name string) *fault.Error {
	if i := strings.LastIndex(err.Error(), ": pricing"); name == "" && i > 0 {
		name = err.Error()[:i]
	}
	switch {
	case errors.Is(err, pricing.ErrNoPrice):
		return fault.New(fault.ItemNoPrice, name).With(err)
	case errors.Is(err, pricing.ErrRate):
		return fault.New(fault.RateBad, "", name).With(err)
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
	priced, err := rules.Price(t.cart.Lines, t.today())
	t.priced, t.problem = priced, nil
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
	if !was.Item.ByWeight && !e.Qty.Whole() {
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
	ferr := t.change(t.cart, ch)
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
	return auditData{CashierID: c.ID, Cashier: c.Name}
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
	t.do(Post{[]record.Entry{entry}})
	t.emptyCart()
	t.notices = nil
	t.reply(e.Req, nil)
}

func (t *turn) emptyCart() {
	t.cart, t.priced, t.problem, t.touched, t.pinned = cheque.Cheque{}, pricing.Priced{}, nil, uuid.Nil, nil
}

// dropCart forgets a cart whose lines were all taken out, in the journal too.
func (t *turn) dropCart() {
	if id := t.cart.ID; id != uuid.Nil && t.cart.Empty() {
		t.do(Post{[]record.Entry{{Kind: record.Cart, ID: id, Ends: []uuid.UUID{id}, Shift: t.shiftID(), Schema: 1}}})
	}
	t.emptyCart()
}

func (t *turn) park(e Park) {
	switch {
	case t.cart.Empty():
		t.reply(e.Req, fault.New(fault.ChequeEmpty))
	case len(t.parked) >= MaxParked:
		t.reply(e.Req, fault.New(fault.ParkedFull, strconv.Itoa(MaxParked)))
	default:
		t.parkCart(e.Name)
		t.reply(e.Req, nil)
	}
}

func (t *turn) parkCart(name string) {
	t.cart.Name = firstRunes(printable(strings.TrimSpace(name)), MaxName)
	if t.cart.Name == "" {
		t.cart.Name = t.env.Now.Format("15:04")
	}
	t.postPark(t.cart.ID, parkData{Parked: true, Name: t.cart.Name})
	t.parked = append(slices.Clone(t.parked), t.cart)
	t.emptyCart()
}

func (t *turn) postPark(id uuid.UUID, d parkData) {
	t.do(Post{[]record.Entry{{Kind: record.Park, ID: id, Group: id, Shift: t.shiftID(), Schema: 1, Data: encode(d)}}})
}

func (t *turn) recall(e Recall) {
	i := slices.IndexFunc(t.parked, func(c cheque.Cheque) bool { return c.ID == e.ID })
	switch {
	case i < 0:
		t.reply(e.Req, fault.New(fault.ParkedNone))
	case !t.cart.Empty():
		t.reply(e.Req, fault.New(fault.ChequeNotEmpty))
	default:
		t.dropCart()
		t.cart = t.parked[i]
		t.parked = slices.Delete(slices.Clone(t.parked), i, i+1)
		t.postPark(t.cart.ID, parkData{})
		t.pinned = nil // a recalled cheque is repriced
		t.last = nil
		t.reprice()
		t.reply(e.Req, nil)
	}
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0x7f {
			return '·'
		}
		return r
	}, firstRunes(s, MaxCode))
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
