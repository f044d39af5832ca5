package till

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
)

// Claims are what shop and customer owe each other beyond one receipt: an
// advance, a gift certificate, a prepayment for named goods; a debt for goods
// on credit. A receipt begins one, others use it up or give back what they
// used, and its state is journaled in the same batch as the receipt: a claim
// lives as a group until nothing is left of it.
//
// A claim is used only at the till that began it. The law would let another
// till of the same organisation take it, but that till does not know what is
// left, and without a network nobody could tell it: the same certificate would
// pay twice. It is refused with that reason. What the cloud keeps account of is
// honoured at every till: a customer's order tells what was paid for it, and
// becomes a cheque with that as an advance.

// MaxClaims is how many claims may be live.
const MaxClaims = 10_000

// Claim is a claim as it is now.
type Claim struct {
	doc.ClaimRef
	Since time.Time  `json:"since"`
	Ways  []ClaimWay `json:"ways"` // what is left of it, by how it was paid; of a debt one of no kind
	// Goods are, of a prepayment, what is still to be handed over.
	Goods []ClaimLine `json:"goods,omitempty"`
	Order string      `json:"order,omitempty"` // id of the customer's order it was for
}

// ClaimWay is a part of a claim that was paid in one way.
type ClaimWay struct {
	Via  doc.PaymentType `json:"via,omitempty"`
	QR   bool            `json:"qr,omitzero"`
	Left money.Amount    `json:"left"`
}

// Left is what is left of the claim.
func (c *Claim) Left() (sum money.Amount) {
	for _, w := range c.Ways {
		sum += w.Left
	}
	return sum
}

// expired tells whether a claim can not be used any more.
func (c *Claim) expired(now time.Time) bool {
	return c.Expires != "" && now.Format(time.DateOnly) > c.Expires
}

// move adds to what is left of one way.
func (c *Claim) move(via doc.PaymentType, qr bool, sum money.Amount) {
	c.Ways = slices.Clone(c.Ways)
	for i := range c.Ways {
		if w := &c.Ways[i]; w.Via == via && w.QR == qr {
			w.Left += sum
			return
		}
	}
	c.Ways = append(c.Ways, ClaimWay{Via: via, QR: qr, Left: sum})
}

// findClaim finds a live claim by its number or id.
func (s *State) findClaim(what string) *Claim {
	i := slices.IndexFunc(s.claims, func(c Claim) bool { return c.Number == what || c.ID.String() == what })
	if i < 0 {
		return nil
	}
	return &s.claims[i]
}

func (s *State) claim(id uuid.UUID) *Claim {
	i := slices.IndexFunc(s.claims, func(c Claim) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &s.claims[i]
}

// keepClaim puts a claim's new state in its place; nothing left ends it.
func (t *turn) keepClaim(c Claim) {
	i := slices.IndexFunc(t.claims, func(old Claim) bool { return old.ID == c.ID })
	all := slices.Clone(t.claims)
	switch {
	case c.Left() == 0 && i >= 0:
		all = slices.Delete(all, i, i+1)
	case c.Left() == 0:
	case i >= 0:
		all[i] = c
	default:
		all = append(all, c)
	}
	t.claims = all
}

// useClaim makes payments of what a claim pays of a sum, 0: as much as it can.
func (t *turn) useClaim(p *Part, left money.Amount) ([]doc.Payment, *fault.Error) {
	c := t.findClaim(p.Claim)
	switch {
	case p.Claim == "" || c == nil || c.Kind == doc.ClaimDebt:
		return nil, fault.New(fault.ClaimUnknown, plain(p.Claim, doc.MaxClaimNumber))
	case c.Kind == doc.ClaimPrepayment && !p.handed:
		return nil, fault.New(fault.ClaimFor, c.Number)
	case c.expired(t.today()):
		return nil, fault.New(fault.ClaimExpired, c.Number, c.Expires)
	}
	have, sum := c.Left(), p.Sum
	if sum == 0 {
		sum = min(have, left)
	}
	switch {
	case sum > have:
		return nil, fault.New(fault.ClaimLess, c.Number, have.String())
	case sum > left || left == 0:
		return nil, fault.New(fault.PaidMore, sum.String(), left.String())
	}
	lefts := make([]money.Amount, len(c.Ways))
	for i, w := range c.Ways {
		lefts[i] = w.Left
	}
	parts, err := money.Allocate(sum, lefts)
	if err != nil {
		return nil, fault.New(fault.SumRange).With(err)
	}
	var all []doc.Payment
	for i, part := range parts {
		if part > 0 {
			all = append(all, doc.Payment{Type: doc.PayAdvance, Sum: part, Via: c.Ways[i].Via, QR: c.Ways[i].QR, Claim: c.ClaimRef})
		}
	}
	return all, nil
}

// claimsAfter are the claims that a registered receipt changes.
func (t *turn) claimsAfter(d *doc.Document) []Claim {
	r := d.Receipt
	if r == nil {
		return nil
	}
	var changed []Claim
	at := func(ref doc.ClaimRef) *Claim {
		i := slices.IndexFunc(changed, func(c Claim) bool { return c.ID == ref.ID })
		if i >= 0 {
			return &changed[i]
		}
		c := Claim{ClaimRef: ref, Since: d.Time} // used up since: it lives again
		if now := t.claim(ref.ID); now != nil {
			c = *now
		}
		changed = append(changed, c)
		return &changed[len(changed)-1]
	}
	sign := money.Amount(1)
	if d.Type == doc.Payback || (r.Correction != nil && r.Correction.Of == doc.Payback) {
		sign = -1
	}
	own := doc.ClaimRef{ID: d.ID, Kind: doc.ClaimDebt, Number: d.Name}
	switch {
	case d.Type == doc.Buy || d.Type == doc.Buyback || (r.Correction != nil && r.Correction.Of != doc.Sell && r.BaseID == uuid.Nil):
		own = doc.ClaimRef{} // what the shop owes is not counted here
	case r.Claim != nil:
		own.Kind, own.Expires = r.Claim.Kind, r.Claim.Expires
		if r.Claim.Number != "" {
			own.Number = r.Claim.Number
		}
	case sign < 0:
		own = doc.ClaimRef{}
		if base := t.claim(r.BaseID); base != nil {
			own = base.ClaimRef
		}
	}
	for _, p := range r.Payments {
		switch {
		case p.Sum == 0:
		case p.Claim.ID != uuid.Nil:
			at(p.Claim).move(p.Via, p.QR, -sign*p.Sum)
		case p.Type == doc.PayCredit && own.Kind == doc.ClaimDebt:
			at(own).move("", false, sign*p.Sum)
		case own.Kind != "" && own.Kind != doc.ClaimDebt:
			at(own).move(p.Type, p.QR, sign*p.Sum)
		}
	}
	if r.Repays.ID != uuid.Nil {
		at(r.Repays).move("", false, -sign*r.Total)
	}
	if r.Hands.ID != uuid.Nil && sign > 0 {
		at(r.Hands)
	}
	for i := range changed {
		c := &changed[i]
		if c.Kind == doc.ClaimPrepayment {
			c.moveGoods(r, sign)
		}
		if r.Claim != nil && r.Order != nil {
			c.Order = r.Order.ID
		}
	}
	return changed
}

// claimEntry journals a claim as it is now.
func claimEntry(c *Claim, shift uuid.UUID) record.Entry {
	e := record.Entry{Kind: record.Claim, ID: c.ID, Type: string(c.Kind), Group: c.ID, Shift: shift, Schema: 1, Data: encode(c)}
	if c.Left() == 0 {
		e.Group, e.Ends = uuid.Nil, []uuid.UUID{c.ID}
	}
	return e
}
