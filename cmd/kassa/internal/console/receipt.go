package console

import (
	"net/url"
	"strings"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// contactView asks where the receipt goes: ways are a telephone number or an
// e-mail address.
type contactView struct {
	Way     string // "phone" or "email"
	Contact string // as it is set; only the till's own console shows it
}

func contactDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.ChequeEmpty)
	}
	v := contactView{Way: query.Get("way")}
	if p := s.V.Cheque.People; p != nil {
		v.Contact = p.Contact
	}
	if v.Way != "phone" && v.Way != "email" {
		v.Way = "phone"
		if strings.Contains(v.Contact, "@") {
			v.Way = "email"
		}
	}
	if strings.Contains(v.Contact, "@") != (v.Way == "email") {
		v.Contact = ""
	}
	return v, nil
}

// setContact takes "contact", and "electronic" when there shall be no paper.
// An empty contact means paper only.
func setContact(form url.Values, v *till.View) (till.Event, *fault.Error) {
	contact := strings.TrimSpace(form.Get("contact"))
	return till.SetContact{Contact: contact, Electronic: contact != "" && form.Get("electronic") != "", Seen: seenNow(v)}, nil
}

// seenNow is the cheque as the till shows it: atCheque has compared it with
// what the person saw.
func seenNow(v *till.View) till.Seen {
	return till.Seen{Cheque: v.Cheque.ID, Revision: v.Cheque.Revision}
}

func buyerDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.ChequeEmpty)
	}
	if p := s.V.Cheque.People; p != nil && p.Buyer != nil {
		return *p.Buyer, nil
	}
	return doc.Buyer{}, nil
}

// setBuyer takes "name" and "inn"; both empty: nobody in particular.
func setBuyer(form url.Values, v *till.View) (till.Event, *fault.Error) {
	cmd := till.SetBuyer{Seen: seenNow(v)}
	name, inn := strings.TrimSpace(form.Get("name")), strings.TrimSpace(form.Get("inn"))
	if name != "" || inn != "" {
		cmd.Buyer = &doc.Buyer{Name: name, INN: inn}
	}
	return cmd, nil
}
