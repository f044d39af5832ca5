package till

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// held is a scanned unit on its way into the cheque. It goes on as far as it
// can and then waits beside the cheque, for an answer of the permit port or of
// a person; what it waits for holds up nothing else. It does not survive a
// restart: what was not in the cheque is scanned again.
type held struct {
	id      uuid.UUID // of the row beside the cheque, and of its question
	at      time.Time
	scan    Scan
	times   qty.Milli // "n*code"; 0: not said
	code    gs1.Code
	choices []catalog.Match // of which a person has to choose
	match   catalog.Match
	line    cheque.Line // as far as it is known

	sheet    uuid.UUID    // it is counted on this sheet and not sold
	op       Op           // of the permit port's answer
	asks     QuestionKind // of a person
	group    string       // of goods, AskAge
	need     int          // AskMark: so many codes more
	weighed  bool         // the weight was found by the printed price
	unmarked bool         // somebody allowed to sell it without a code
	later    bool         // it is prepaid, its code comes with the goods
	portion  qty.Milli    // AskMark: of goods that are measured, so much
	set      *set         // a bundle whose parts have codes
}

// waiting tells whether an answer comes by itself.
func (h *held) waiting() bool { return h.op != 0 }

func (t *turn) wait(h held) { t.held = append(slices.Clip(t.held), h) }

// release takes the first held unit out that is meant.
func (t *turn) release(which func(*held) bool) (held, bool) {
	for i := range t.held {
		if which(&t.held[i]) {
			h := t.held[i]
			t.held = slices.Delete(slices.Clone(t.held), i, i+1)
			return h, true
		}
	}
	return held{}, false
}

// checking tells whether a unit waits for the permit port: a payment waits for
// it too, for it was scanned before.
func (s *State) checking() bool {
	return slices.ContainsFunc(s.held, func(h held) bool { return h.waiting() })
}

// pendingFault tells why the cheque can not leave its place yet; nil: it can.
func (s *State) pendingFault() *fault.Error {
	switch {
	case len(s.held) == 0:
		return nil
	case s.checking():
		return fault.New(fault.ScanPending)
	}
	return fault.New(fault.QuestionOpen)
}

// dropHeld gives up what waits beside a cheque that leaves the screen.
func (t *turn) dropHeld() {
	gone := t.held
	t.held = nil
	for i := range gone {
		t.refuseScan(gone[i].scan, fault.New(fault.ScanDropped, gone[i].match.Item.Name))
	}
}

// settle takes a unit as far as it goes and says what became of it.
func (t *turn) settle(h held) {
	waits, err := t.advance(&h)
	switch {
	case err != nil:
		t.refuseScan(h.scan, err)
	case !waits:
		t.do(Beep{SignalOK})
		t.reply(h.scan.Req, nil)
	}
}

// advance is the way of a unit into the cheque: which item it is, whether it
// may be sold, whether its buyer is old enough, whether its code is good.
func (t *turn) advance(h *held) (waits bool, err *fault.Error) {
	if len(t.held) >= MaxHeld {
		return false, fault.New(fault.QueueFull, shownCode(&h.code))
	}
	if len(h.choices) > 0 {
		err := t.askPerson(h, AskItem)
		return err == nil, err
	}
	if h.sheet != uuid.Nil && t.sheet.Type == doc.Revaluation {
		return false, t.countGoods(h)
	}
	if t.weigh(h) {
		return true, nil
	}
	if h.sheet != uuid.Nil {
		return false, t.countGoods(h)
	}
	if err := t.sellable(h); err != nil {
		return false, err
	}
	if group := t.ageMissing(h.items()...); group != "" {
		h.group = group
		err := t.askPerson(h, AskAge)
		return err == nil, err
	}
	if waits, err := t.bundled(h); waits || err != nil {
		return waits, err
	}
	if waits, err := t.numbered(h); waits || err != nil {
		return waits, err
	}
	if waits, err := t.marking(h); waits || err != nil {
		return waits, err
	}
	return false, t.put(h)
}

// put puts a unit into the cheque.
func (t *turn) put(h *held) *fault.Error {
	if h.set != nil {
		return t.putSet(h.set, h.match.Generation)
	}
	q, err := h.quantity()
	if err != nil {
		return err
	}
	if h.later && h.portion == 0 {
		return t.putUnits(cheque.Line{Item: h.match.Item, PackID: h.match.PackID, Code: h.match.Code}, h.match.Generation, h.need)
	}
	c := t.cart
	if c.Empty() && c.Revision == 0 {
		c.ID = t.env.NewID()
	}
	l := h.line
	l.ID, l.Item, l.PackID, l.Code, l.Qty, l.Unmarked = t.env.NewID(), h.match.Item, h.match.PackID, h.match.Code, q, h.unmarked
	if l.Mark != "" {
		l.Code = h.code.GTIN // the code itself is Mark
	}
	ch, cerr := c.Put(l, h.match.Generation, t.env.Now)
	if i := t.sameSource(&l); i >= 0 { // a code stands on one line of a receipt
		ch, cerr = c.SetQty(c.Lines[i].ID, c.Lines[i].Qty+q, t.env.Now)
	}
	if cerr != nil {
		return chequeFault(cerr, q)
	}
	return t.change(c, ch)
}

// sameSource finds the line of the keg or package that a portion comes from.
func (t *turn) sameSource(l *cheque.Line) int {
	if l.Mark == "" || l.Qty == qty.One && !l.Item.Measured() {
		return -1
	}
	return slices.IndexFunc(t.cart.Lines, func(was cheque.Line) bool {
		return was.Item.ID == l.Item.ID && UnitOf(was.Mark) == UnitOf(l.Mark)
	})
}

// putUnits puts marked units into the cheque whose codes come later, each on a
// line of its own.
func (t *turn) putUnits(l cheque.Line, generation int64, n int) *fault.Error {
	for range n {
		c := t.cart
		if c.Empty() && c.Revision == 0 {
			c.ID = t.env.NewID()
		}
		l.ID, l.Qty = t.env.NewID(), qty.One
		ch, err := c.Put(l, generation, t.env.Now)
		if err != nil {
			return chequeFault(err, qty.One)
		}
		if err := t.change(c, ch); err != nil {
			return err
		}
	}
	return nil
}

// quantity is what "n*code" makes of what the code stands for: a weight where
// the code names goods that are measured, else so many of them. Of a label or a
// pack that says how much it holds there are n whole ones: whether "0.5*label"
// is a new weight or a half is not guessed.
func (h *held) quantity() (qty.Milli, *fault.Error) {
	q := h.match.Qty
	switch {
	case h.times != 0 && h.match.Item.Measured() && h.filled() && !h.times.Whole():
		return 0, fault.New(fault.QtyBad, h.times.String())
	case h.times != 0 && h.match.Item.Measured() && !h.filled():
		q = h.times
	case h.times != 0:
		total, err := money.Amount(h.match.Qty).MulDiv(int64(h.times), int64(qty.One))
		if q = qty.Milli(total); err != nil {
			return 0, fault.New(fault.QtyBad, h.times.String())
		}
	}
	if !h.match.Item.Measured() && !q.Whole() && !(h.measured() && q < qty.One) {
		return 0, fault.New(fault.QtyBad, q.String())
	}
	return q, nil
}

// filled tells whether the code itself says how much it stands for: a pack's,
// or a label of the shop.
func (h *held) filled() bool {
	label := h.code.Kind == gs1.WeightEAN || h.code.Kind == gs1.PriceEAN
	return h.match.PackID != "" || label && !itemCode(&h.match)
}

// shownCode is a code as it may be shown, journaled and logged: of a marking
// code only what names the unit, never the key behind it.
func shownCode(c *gs1.Code) string {
	if c.Marking != nil {
		return printable(c.Marking.GTIN + " " + c.Marking.Serial)
	}
	if strings.HasPrefix(c.Raw, "01") && len(c.Raw) > 16 && c.Kind == gs1.Misread {
		return printable(c.Raw[:16]) + "…" // a marking code that is not whole
	}
	return printable(c.Raw)
}
