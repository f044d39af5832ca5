package till

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
)

// The prices of an open cheque stand. The cheque is priced with the rules it
// began with while the catalogue changes around it, also over a restart: rules
// that are no longer the till's are journaled with the cheques that keep them.
// Only a cheque that was parked is made new when it is called back: its items
// are read again, it is priced by the rules of the day, and what that has
// changed is told line by line.

// rulesType marks the cart record that holds the rules a cheque keeps.
const rulesType = "rules"

// compile makes the rules of what is known now; first: nothing was before, so
// what is kept of older ones came from the journal.
func (t *turn) compile(first bool) {
	rules, problems := pricing.Compile(pricing.StoreConfig(&t.store, t.discounts, t.allPromotions()))
	for _, p := range problems {
		t.notice(fault.New(fault.PromotionBad, p.Name, p.Why), p.ID)
	}
	if t.rules != nil && rules.Digest() == t.rules.Digest() {
		t.reprice()
		return
	}
	t.rules = rules
	if t.pinned != nil && !t.cart.Empty() && !first {
		t.keepRules(t.cart.ID, t.pinned)
	}
	if t.pinned == nil && !t.cart.Empty() && t.cart.Rules != "" && t.cart.Rules != rules.Digest() {
		// It was begun by rules that went while the till was off.
		t.notice(fault.New(fault.PriceChanged, firstRunes(t.cart.Lines[0].Item.Name, MaxReason)), "")
	}
	if b := t.job; b != nil && b.rules != nil && !b.cheque.Empty() && !first {
		t.keepRules(b.cheque.ID, b.rules)
	}
	t.reprice()
}

// keepRules journals the rules of a cheque that are not the till's any more.
func (t *turn) keepRules(id uuid.UUID, rules *pricing.Rules) {
	data := encode(rules.Config())
	if rules.Digest() == t.rules.Digest() || len(data) > record.MaxData {
		return
	}
	t.do(Post{[]record.Entry{{Kind: record.Cart, Type: rulesType, ID: id, Group: id, Shift: t.shiftID(), Schema: 1, Data: data}}})
}

// PriceChange is a line of a cheque whose price changed while it was parked.
type PriceChange struct {
	Line     uuid.UUID    `json:"line"`
	Name     string       `json:"name"`
	OldPrice money.Amount `json:"old_price"`
	Price    money.Amount `json:"price"`
	OldTotal money.Amount `json:"old_total"`
	Total    money.Amount `json:"total"`
}

// renewing is a cheque whose items are being read again.
type renewing struct {
	op     Op
	req    Req
	cheque uuid.UUID
}

// linePrices is what the cart's lines come to now.
func (t *turn) linePrices() []cheque.LinePrice {
	if len(t.priced.Rows) != len(t.cart.Lines) {
		return nil
	}
	was := make([]cheque.LinePrice, len(t.cart.Lines))
	for i := range was {
		l := t.priced.Shown(i)
		was[i] = cheque.LinePrice{Line: t.cart.Lines[i].ID, Price: l.Price, Total: l.Total}
	}
	return was
}

// renew has the items of the cart read again.
func (t *turn) renew(req Req) {
	var ids []string
	for i := range t.cart.Lines {
		if id := t.cart.Lines[i].Item.ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	t.renewing = renewing{op: t.nextOp(), req: req, cheque: t.cart.ID}
	t.do(FindItems{Op: t.renewing.op, IDs: ids})
}

// itemsFound puts the items of today into a cheque that was called back.
// Without an answer they stay as they were scanned.
func (t *turn) itemsFound(e ItemsFound) {
	r := t.renewing
	if e.Op != r.op {
		return
	}
	t.renewing = renewing{}
	if t.cart.ID == r.cheque {
		if e.Err == nil {
			t.takeItems(e)
		}
		t.tellChanges()
	}
	t.reply(r.req, nil)
}

// takeItems replaces the items that have changed.
func (t *turn) takeItems(e ItemsFound) {
	byID := map[string]*catalog.Item{}
	for i := range e.Items {
		byID[e.Items[i].ID] = &e.Items[i]
	}
	next := t.cart
	var entries []record.Entry
	for _, l := range t.cart.Lines {
		now := byID[l.Item.ID]
		if now == nil || string(encode(now)) == string(encode(l.Item)) {
			continue
		}
		l.Item = *now
		ch := next.Replace(l, t.env.Now)
		ch.Catalog, ch.Rules = e.Generation, t.rules.Digest()
		if _, err := t.rules.Price(ptr(next.Apply(ch)), pricing.How{Now: t.today(), Country: t.country()}); err != nil {
			continue // it can not be sold as it is now; as it was scanned it could
		}
		next = next.Apply(ch)
		entries = append(entries, record.Entry{Kind: record.Cart, ID: l.ID, Group: next.ID, Shift: t.shiftID(), Schema: 1, Data: encode(ch)})
	}
	t.cart = next
	for part := range slices.Chunk(entries, record.MaxBatch) {
		t.do(Post{part})
	}
	t.reprice()
}

func ptr[T any](v T) *T { return &v }

// tellChanges compares the cart with what it came to when it was parked.
func (t *turn) tellChanges() {
	var changed []PriceChange
	var names []string
	if len(t.priced.Rows) == len(t.cart.Lines) {
		for _, was := range t.cart.Was {
			i := t.cart.Find(was.Line)
			if i < 0 {
				continue
			}
			l := t.priced.Shown(i)
			if l.Price == was.Price && l.Total == was.Total {
				continue
			}
			changed = append(changed, PriceChange{Line: was.Line, Name: l.Name, OldPrice: was.Price, Price: l.Price, OldTotal: was.Total, Total: l.Total})
			names = append(names, l.Name)
		}
	}
	t.cart.Was = nil
	if t.repriced = changed; len(changed) > 0 {
		t.notice(fault.New(fault.PriceChanged, firstRunes(strings.Join(names, ", "), MaxReason)), "")
	}
}
