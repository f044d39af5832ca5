package till

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// scan queues a code. Every scan counts: codes are looked up one after the
// other, in the order they came.
func (t *turn) scan(e Scan) {
	switch {
	case max(e.Length, len(e.Code)) > MaxCode:
		t.refuseScan(e, fault.New(fault.CodeTooLong, strconv.Itoa(max(e.Length, len(e.Code))), strconv.Itoa(MaxCode)))
	case e.Misread || strings.TrimSpace(e.Code) == "":
		t.refuseScan(e, fault.New(fault.CodeBad, printable(e.Code)))
	case badMultiplier(e.Code):
		t.refuseScan(e, fault.New(fault.QtyBad, printable(e.Code)))
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
	if v := admit[evWork][t.phase]; v.handle {
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

// badMultiplier finds a number before the star that is no quantity.
func badMultiplier(s string) bool {
	n, _, ok := strings.Cut(s, "*")
	_, err := qty.Parse(n)
	return ok && err != nil && n != "" && strings.Trim(n, "0123456789.,") == ""
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
	case t.systemOf(it) == tax.UTII:
		return fault.New(fault.ItemForbidden, it.Name, tax.UTII.Printed())
	case err != nil || !info.ValidOn(t.today()):
		return fault.New(fault.RateBad, string(it.Rate), it.Name)
	case it.ByWeight && times == 0 && itemCode(m):
		return fault.New(fault.ItemWeight, it.Name)
	}
	return t.systemFault(t.systemOf(it))
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
