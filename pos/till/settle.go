package till

import (
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// newSlip is the slip of a payment that is still to be made: its operation is
// known, and what the terminal says of it not yet.
func (t *turn) newSlip(qr bool, sum money.Amount) *doc.Slip {
	if !t.settles(qr) || sum <= 0 {
		return nil
	}
	return &doc.Slip{Kind: slipKind(qr), Operation: t.env.NewID(), Sum: sum}
}

func slipKind(qr bool) doc.SlipKind {
	if qr {
		return doc.SlipQR
	}
	return doc.SlipCard
}

// wayBack is electronic money that goes back one way.
type wayBack struct {
	origin uuid.UUID // Nil: nobody knows, it goes to the card that is shown
	qr     bool
	back   money.Amount // that receipts give back
	kept   money.Amount // ..and others take for the new goods at once
}

// plan says what money is to be moved for the frozen documents: what the
// customer pays, and of what comes back what is not paid with again.
func (t *turn) plan(b *bracket) {
	if !movesMoney(b) {
		return
	}
	var ways []wayBack
	at := func(p *doc.Payment, origin uuid.UUID) *wayBack {
		i := slices.IndexFunc(ways, func(w wayBack) bool { return w.origin == origin && w.qr == p.QR })
		if i < 0 {
			i = len(ways)
			ways = append(ways, wayBack{origin: origin, qr: p.QR})
		}
		return &ways[i]
	}
	var paid []charged
	b.electronic(func(d *doc.Document, p *doc.Payment) {
		var origin uuid.UUID
		if p.Slip != nil {
			origin = p.Slip.Of
		}
		switch s := p.Slip; {
		case d.Type == doc.Payback:
			at(p, t.originOf(b, p, origin)).back += p.Sum
		case s == nil:
			at(p, t.originOf(b, p, uuid.Nil)).kept += p.Sum
		case s.Of != uuid.Nil:
			at(p, s.Of).kept += p.Sum
		case !slices.ContainsFunc(paid, func(c charged) bool { return c.ID == s.Operation }):
			paid = append(paid, charged{Operation: charge.Operation{ID: s.Operation, Kind: charge.Pay, Via: s.Kind, Sum: s.Sum, Currency: t.currency()}})
		}
	})
	slips := map[wayBack]*doc.Slip{} // by origin and kind
	for _, w := range ways {
		slip, c := t.giveBack(b, w)
		slips[wayBack{origin: w.origin, qr: w.qr}] = slip
		if c != nil {
			b.charges = append(b.charges, *c)
		}
	}
	b.electronic(func(d *doc.Document, p *doc.Payment) {
		if d.Type != doc.Payback && p.Slip != nil && p.Slip.Of == uuid.Nil {
			return
		}
		origin := uuid.Nil
		if p.Slip != nil {
			origin = p.Slip.Of
		}
		key := wayBack{origin: t.originOf(b, p, origin), qr: p.QR}
		if d.Type == doc.Payback {
			p.Slip = slips[key]
		} else {
			p.Slip = b.slipOf(key.origin)
		}
	})
	b.charges = append(b.charges, paid...)
}

// movesMoney: sales and returns here and now. A correction tells of money that
// was moved before, and another till's receipt of money that is there.
func movesMoney(b *bracket) bool {
	ours := b.kind == kkt.OpSale || b.kind == kkt.OpSaleReturn
	return ours && !b.remote() && !slices.ContainsFunc(b.docs, func(d doc.Document) bool { return d.Receipt == nil || d.Receipt.Instead != "" })
}

// electronic visits every electronic payment of the plan.
func (b *bracket) electronic(visit func(*doc.Document, *doc.Payment)) {
	for _, docs := range [][]doc.Document{b.docs, b.later} {
		for i := range docs {
			for k := range docs[i].Receipt.Payments {
				if p := &docs[i].Receipt.Payments[k]; p.Type == doc.PayElectron && p.Sum > 0 {
					visit(&docs[i], p)
				}
			}
		}
	}
}

// originOf is the operation that brought what a payment gives back. Of an
// advance only how it was paid is known: when its receipt has one slip of that
// kind, that is it.
func (t *turn) originOf(b *bracket, p *doc.Payment, origin uuid.UUID) uuid.UUID {
	if origin != uuid.Nil || b.sale == nil || b.sale.Receipt == nil || b.sale.Receipt.Claim == nil {
		return origin
	}
	for _, was := range b.sale.Receipt.Payments {
		if was.Slip != nil && was.QR == p.QR {
			if origin != uuid.Nil && origin != was.Slip.Origin() {
				return uuid.Nil
			}
			origin = was.Slip.Origin()
		}
	}
	return origin
}

// slipOf is the slip of the operation that brought the money; nil: none is kept.
func (b *bracket) slipOf(origin uuid.UUID) *doc.Slip {
	if b.sale == nil || b.sale.Receipt == nil || origin == uuid.Nil {
		return nil
	}
	for _, p := range b.sale.Receipt.Payments {
		if p.Slip.Origin() == origin {
			return p.Slip
		}
	}
	return nil
}

// giveBack is the slip of what goes back one way, and the movement it takes;
// nil: none.
func (t *turn) giveBack(b *bracket, w wayBack) (*doc.Slip, *charged) {
	from, sum := b.slipOf(w.origin), w.back-w.kept
	switch {
	case sum <= 0:
		return from, nil // all of it pays for the new goods
	case t.settles(w.qr) && (from != nil || !w.qr):
		c := charged{Operation: charge.Operation{ID: t.env.NewID(), Kind: charge.Refund, Via: slipKind(w.qr), Sum: sum, Currency: t.currency(), Of: from}}
		return &doc.Slip{Kind: c.Via, Operation: c.ID, Of: w.origin, Sum: sum}, &c
	case w.origin != uuid.Nil: // no terminal now: a person gives it back at one
		return &doc.Slip{Kind: slipKind(w.qr), Operation: t.env.NewID(), Of: w.origin, Sum: sum, Time: t.env.Now, ByHand: true}, nil
	}
	return nil, nil
}
