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
// lives as a group until nothing is left of it. A claim is used only at the
// till that began it.

// MaxClaims is how many claims may be live.
const MaxClaims = 10_000

// Claim is a claim as it is now.
type Claim struct {
	doc.ClaimRef
	Since time.Time  `json:"since"`
	Ways  []ClaimWay `json:"ways"` // what is left of it, by how it was paid; of a debt one of no kind
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
	case r.Claim != nil:
		own.Kind, own.Expires = r.Claim.Kind, r.Claim.Expires
		if r.Claim.Number != "" {
			own.Number = r.Claim.Number
		}
	case sign < 0 && r.BaseID != uuid.Nil:
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

// claimHolds refuses to give back more of a claim's beginning than is left of
// it: what was used up went for goods.
func (t *turn) claimHolds(sale *doc.Document, r *doc.Receipt) *fault.Error {
	owed := money.Amount(0)
	for _, p := range r.Payments {
		if p.Type == doc.PayCredit {
			owed += p.Sum
		}
	}
	want := r.Total
	if sale.Receipt.Claim == nil {
		want = owed
	}
	if want == 0 {
		return nil
	}
	c := t.claim(sale.ID)
	if c == nil {
		return fault.New(fault.ClaimLess, sale.Name, money.Amount(0).String())
	}
	for _, p := range r.Payments {
		via, qr := p.Type, p.QR
		if p.Type == doc.PayCredit {
			via, qr = "", false
		} else if sale.Receipt.Claim == nil {
			continue
		}
		for _, w := range c.Ways {
			if w.Via == via && w.QR == qr && w.Left < p.Sum {
				return fault.New(fault.ClaimLess, c.Number, c.Left().String())
			}
		}
	}
	return nil
}
