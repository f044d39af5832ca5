package till

import (
	"strings"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// setContact says where the open cheque's receipt goes.
func (t *turn) setContact(e SetContact) {
	p := t.people()
	p.Contact = ""
	var err error
	if e.Contact != "" {
		p.Contact, err = doc.ParseContact(e.Contact)
	}
	if err != nil || (e.Electronic && p.Contact == "") {
		t.reply(e.Req, fault.New(fault.ContactBad))
		return
	}
	t.setPeople(e.Req, e.Seen, p, e.Electronic)
}

// setBuyer names the organisation that buys.
func (t *turn) setBuyer(e SetBuyer) {
	p := t.people()
	p.Buyer = nil
	if e.Buyer != nil {
		b := doc.Buyer{Name: strings.TrimSpace(e.Buyer.Name), INN: strings.TrimSpace(e.Buyer.INN), Address: strings.TrimSpace(e.Buyer.Address)}
		if err := b.Validate(); err != nil {
			t.reply(e.Req, fault.New(fault.BuyerBad).With(err))
			return
		}
		p.Buyer = &b
	}
	t.setPeople(e.Req, e.Seen, p, t.cart.Electronic)
}

func (t *turn) people() doc.People {
	if t.cart.People == nil {
		return doc.People{}
	}
	return *t.cart.People
}

func (t *turn) setPeople(req Req, seen Seen, p doc.People, electronic bool) {
	switch {
	case t.stale(seen):
		t.reply(req, fault.New(fault.ChequeStale))
	case t.cart.Empty():
		t.reply(req, fault.New(fault.ChequeEmpty))
	default:
		t.reply(req, t.change(t.cart, t.cart.SetPeople(p, electronic, t.env.Now)))
	}
}

// withPeople gives a change read from the journal who it was about.
func withPeople(ch cheque.Change, p *doc.People) cheque.Change {
	if ch.Electronic != nil && p == nil {
		p = &doc.People{} // erased since, or nobody
	}
	ch.People = p
	return ch
}
