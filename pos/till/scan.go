package till

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
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

// refuseScan says why a code is not in the cheque, beside the cheque and to
// whoever sent it.
func (t *turn) refuseScan(e Scan, err *fault.Error) {
	t.notice(err, t.shownScan(e.Code))
	t.reply(e.Req, err)
}

// shownScan is a scanned code as it may be shown and kept: without the key of a
// marking code, without a badge, of a card the last digits.
func (t *turn) shownScan(code string) string {
	_, raw := multiplier(code)
	c, err := gs1.Classify(raw, t.shop())
	switch {
	case err != nil:
		return printable(code)
	case c.Kind == gs1.Badge:
		return "•••"
	case c.Kind == gs1.Card:
		return "•••" + printable(raw[max(0, len(raw)-4):])
	case c.Marking != nil || c.Kind == gs1.Misread:
		return shownCode(&c)
	}
	return printable(code)
}

func (t *turn) lookNext() {
	if t.deferred != nil && t.before == 0 && !t.checking() && (t.job == nil || !t.job.remote()) {
		t.payDeferred()
	}
	if t.lookup != 0 && len(t.scans) > 0 {
		return // under way
	}
	if len(t.scans) == 0 || t.recalc.op != 0 || t.deferred != nil && t.before == 0 {
		t.lookup = 0 // none, or those after a payment that waits for a permit or for the cloud's prices
		return
	}
	gen := t.generation
	if !t.cart.Empty() {
		gen = t.cart.Catalog
	}
	_, code := multiplier(t.scans[0].Code)
	look := Lookup{Generation: gen, Code: code}
	if c, err := gs1.Classify(code, t.shop()); err == nil {
		look.Goods = c.Goods
	}
	t.lookup = t.nextOp()
	look.Op = t.lookup
	t.do(look)
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
	t.before, t.lookup = max(t.before-1, 0), 0
	t.resolve(sc, e)
	t.lookNext()
}

// shop is how codes look in this shop.
func (s *State) shop() *gs1.Shop {
	c := s.Settings.Codes
	c.WeightPrefix = s.store.WeightPrefix
	return &c
}

// resolve tells what a code is, and does what that means.
func (t *turn) resolve(sc Scan, e Looked) {
	times, raw := multiplier(sc.Code)
	code, cerr := gs1.Classify(raw, t.shop())
	if e.Err == nil && cerr != nil {
		e.Err = fault.New(fault.CodeBad, t.shownScan(sc.Code))
	}
	if e.Err != nil {
		t.refuseScan(sc, e.Err)
		return
	}
	h := held{id: t.env.NewID(), at: t.env.Now, scan: sc, times: times, code: code}
	if t.sheet.Takes() {
		h.sheet = t.sheet.ID
	}
	all := t.meant(&h, e)
	_, personal := personalKinds[code.Kind]
	switch {
	case code.Kind == gs1.Stamp && h.sheet == uuid.Nil:
		t.refuseScan(sc, fault.New(fault.ScanAlcohol))
		return
	case len(all) == 0 && personal:
		t.personal(sc, &code)
		return
	case len(all) == 0 && code.Kind == gs1.Misread:
		t.refuseScan(sc, fault.New(fault.CodeBad, t.shownScan(sc.Code)))
		return
	case len(all) == 0:
		t.refuseScan(sc, fault.New(fault.CodeUnknown, t.shownScan(sc.Code)))
		return
	case len(all) > 1 || personal:
		h.choices = all
	default:
		h.match = all[0]
		h.label()
	}
	t.settle(h)
}

// meant are the items a code may stand for: those that have it, and those an
// in-store label names.
func (t *turn) meant(h *held, e Looked) (all []catalog.Match) {
	label := h.code.Kind == gs1.WeightEAN || h.code.Kind == gs1.PriceEAN
	add := func(m catalog.Match, ok bool) {
		if m.Generation == 0 {
			m.Generation = t.generation
		}
		same := slices.ContainsFunc(all, func(o catalog.Match) bool { return o.Item.ID == m.Item.ID && o.PackID == m.PackID })
		if ok && !same {
			m.Others = nil
			all = append(all, m)
		}
	}
	if m := e.Match; m != nil {
		for _, m := range append([]catalog.Match{*m}, m.Others...) {
			add(m, !label || m.PackID != "" || itemCode(&m))
		}
	}
	if m := e.Label; m != nil && label {
		for _, m := range append([]catalog.Match{*m}, m.Others...) {
			m.Code = h.code.Raw
			add(m, m.PackID == "" && (h.code.Kind == gs1.PriceEAN || m.Item.ByWeight != h.code.Pieces))
		}
	}
	return all
}

// label takes in what a label of the shop says of the item it names.
func (h *held) label() {
	if itemCode(&h.match) || h.match.PackID != "" {
		return
	}
	switch h.code.Kind {
	case gs1.WeightEAN:
		h.match.Qty = h.code.Weight
	case gs1.PriceEAN:
		h.line.Price, h.line.Printed = h.code.Price, true
	}
}

// sellable refuses what may not be put into this cheque, with the reason.
func (t *turn) sellable(h *held) *fault.Error {
	m, it := &h.match, &h.match.Item
	info, err := tax.Lookup(it.Rate)
	switch {
	case it.Alcohol && t.country() == tax.Russia:
		return fault.New(fault.ItemForbidden, it.Name, fault.Named(fault.ForbidEGAIS))
	case t.systemOf(it) == tax.UTII && t.country() == tax.Russia:
		return fault.New(fault.ItemForbidden, it.Name, tax.UTII.Printed())
	case err != nil || !info.ValidIn(t.country(), t.today()):
		return fault.New(fault.RateBad, string(it.Rate), it.Name)
	case it.Measured() && h.times == 0 && h.code.Marking == nil && itemCode(m):
		return fault.New(fault.ItemWeight, it.Name)
	}
	if err := t.systemFault(t.systemOf(it)); err != nil {
		return err
	}
	if h.line.Printed && it.ByWeight && !h.weighed {
		if err := t.weighByPrice(h); err != nil {
			return err
		}
	}
	return t.restricted(it)
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
