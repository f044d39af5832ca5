package till

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/lockout"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
)

// restore puts the till where it was: the open shift, the open and parked
// cheques, the cashier, and an intent whose outcome is not known, which is
// resolved before anything else by asking the device.
func (t *turn) restore(e Restored) {
	t.lastNumber, t.lastShift, t.floor, t.fn = e.LastNumber, e.LastShift, e.Floor, e.FN
	t.active, t.own, t.lastOrder = t.env.Now, e.Promotions, e.LastOrder
	if e.LastClose != nil && e.LastClose.Shift != nil {
		t.count(e.LastClose)
	}
	for i := range e.ShiftDocs {
		t.count(&e.ShiftDocs[i])
	}
	t.login.lock = lockout.Restore(e.Refused, t.env.Now)
	carts := newCarts()
	var logins []uuid.UUID
	for _, r := range e.Live {
		if r.Kind == record.Audit && r.Type == auditLogin {
			logins = append(logins, r.Group)
		}
		if err := t.restoreRecord(&r, carts); err != nil {
			// A record we wrote and can not read is damage: say so and go on with
			// the rest, which is intact.
			t.notice(fault.New(fault.JournalDamaged, r.ID.String()).With(err), r.Type)
		}
	}
	t.restoreCarts(carts)
	t.restoreLogin(logins)
	t.phase = Idle
	switch {
	case t.job == nil:
		t.askLate()
	case len(t.job.docs) == 0 && len(t.job.charges) == 0:
		t.phase = Blocked
	case t.restoreCharges():
	default:
		t.ask()
	}
}

// restoreLogin keeps the last login, and only while a shift is open; all others
// end here, so that none of them comes back another day.
func (t *turn) restoreLogin(groups []uuid.UUID) {
	if t.cashier != nil && t.shift == nil {
		t.cashier, t.session = nil, uuid.Nil
	}
	ended := slices.DeleteFunc(groups, func(g uuid.UUID) bool { return g == t.session })
	for part := range slices.Chunk(ended, maxEnds) {
		e := t.auditEntry(auditLogout, auditData{})
		e.Ends = part
		t.do(Post{[]record.Entry{e}})
	}
}

// maxEnds is how many groups one entry ends at most.
const maxEnds = 1000

func (t *turn) restoreRecord(r *record.Record, carts *carts) error {
	switch r.Kind {
	case record.Cart:
		if r.Type == stockType {
			return t.restoreSheet(r)
		}
		if r.Type == rulesType {
			var c pricing.Config
			if err := json.Unmarshal(r.Data, &c); err != nil {
				return err
			}
			carts.rules[r.Group], _ = pricing.Compile(c)
			return nil
		}
		var ch cheque.Change
		if err := json.Unmarshal(r.Data, &ch); err != nil {
			return err
		}
		p, err := peopleIn(r)
		if err != nil {
			return err
		}
		carts.apply(withPeople(ch, p))
	case record.Park:
		var p parkData
		if err := json.Unmarshal(r.Data, &p); err != nil {
			return err
		}
		carts.park(r.ID, p)
	case record.Claim:
		var c Claim
		if err := json.Unmarshal(r.Data, &c); err != nil {
			return err
		}
		// There may be thousands; nobody else has the list yet.
		if i, known := carts.claims[c.ID]; known {
			t.claims[i] = c
		} else {
			carts.claims[c.ID] = len(t.claims)
			t.claims = append(t.claims, c)
		}
	case record.Audit:
		if r.Type != auditLogin {
			return nil
		}
		var d auditData
		if err := json.Unmarshal(r.Data, &d); err != nil {
			return err
		}
		t.cashier, t.session = restoredCashier(d), r.Group
	case record.Intent:
		if r.Type == lateType {
			return t.restoreLate(r)
		}
		numbers := r.Numbers
		if t.job != nil && t.job.id == r.ID { // it has come further since
			numbers = t.job.allNumbers()
		}
		// Whatever it is, it is in doubt: until it is read or abandoned the
		// till may not go on as if nothing had been begun.
		t.job = &bracket{id: r.ID, numbers: numbers, booted: true, doubt: fault.New(fault.JournalDamaged, r.ID.String())}
		var d intentData
		if err := json.Unmarshal(r.Data, &d); err != nil {
			return err
		}
		if !restoredKind(d.Operation, d.Documents) {
			return fmt.Errorf("intent of kind %.20q with %d documents", d.Operation, len(d.Documents))
		}
		people, err := peopleIn(r)
		if err != nil {
			return err
		}
		if d.Aside != nil {
			t.restoreAside(&bracket{id: r.ID, kind: d.Operation, mark: d.Mark, docs: d.Documents, people: people, charges: d.Charges}, d.Aside)
			return nil
		}
		if len(d.Tickets) > 0 && d.Tickets[0].Part == 1 {
			t.lastOrder = d.Tickets[0].Order
		}
		t.job = &bracket{id: r.ID, booted: true, minted: true, kind: d.Operation, mark: d.Mark, docs: d.Documents, later: d.Later, done: d.Done,
			tickets: d.Tickets, knows: d.Knows, charges: d.Charges, undoing: d.Undoing, undoingArgs: d.UndoingArgs, people: people, cheque: cheque.Cheque{ID: d.Cheque}, doubt: fault.New(fault.FiscalUnsure)}
	}
	return nil
}

// carts gathers cheques from their journaled changes, in order of first
// appearance, and knows where the claims are.
type carts struct {
	order  []uuid.UUID
	open   map[uuid.UUID]cheque.Cheque
	parked map[uuid.UUID]bool
	rules  map[uuid.UUID]*pricing.Rules // kept, though the till's are others by now
	claims map[uuid.UUID]int            // where each stands in the till's list
}

func newCarts() *carts {
	return &carts{open: map[uuid.UUID]cheque.Cheque{}, parked: map[uuid.UUID]bool{}, rules: map[uuid.UUID]*pricing.Rules{}, claims: map[uuid.UUID]int{}}
}

func (c *carts) apply(ch cheque.Change) {
	if _, known := c.open[ch.Cheque]; !known {
		c.order = append(c.order, ch.Cheque)
	}
	c.open[ch.Cheque] = c.open[ch.Cheque].Apply(ch)
}

func (c *carts) park(id uuid.UUID, p parkData) {
	if c.parked[id] = p.Parked; !p.Parked {
		delete(c.rules, id) // called back by the rules of that moment
	}
	if ch, known := c.open[id]; known {
		ch.Name, ch.Was = p.Name, p.Was
		c.open[id] = ch
	}
}

// restoreCarts hands the cheque under payment to its bracket, makes the last
// open one the cart and parks what else there is.
func (t *turn) restoreCarts(c *carts) {
	if t.job != nil {
		if ch, ok := c.open[t.job.cheque.ID]; ok {
			t.job.cheque, t.job.rules = ch, c.rules[ch.ID]
			c.order = slices.DeleteFunc(c.order, func(id uuid.UUID) bool { return id == ch.ID })
		}
	}
	for _, id := range c.order {
		ch := c.open[id]
		if c.parked[id] {
			t.parked = append(slices.Clip(t.parked), ch)
			continue
		}
		if !t.cart.Empty() {
			t.parkCart("")
		}
		t.cart, t.pinned = ch, c.rules[ch.ID]
	}
	t.reprice()
}

// restoredKind guards against an intent of a kind this program does not know.
func restoredKind(k kkt.OperationKind, docs []doc.Document) bool {
	if k == opLate {
		return len(docs) == 0
	}
	known := k.Receipt() || k.Cash() || k == kkt.OpOpenShift || k == kkt.OpCloseShift || k == kkt.OpStateReport
	whole := len(docs) > 0 && k.Receipt() == (docs[0].Receipt != nil) && k.Cash() == (docs[0].Cash != nil)
	return known && whole
}

// peopleIn reads whom a record is about; nil when nobody, or erased.
func peopleIn(r *record.Record) (*doc.People, error) {
	if len(r.Private) == 0 {
		return nil, nil
	}
	var p doc.People
	err := json.Unmarshal(r.Private, &p)
	return &p, err
}
