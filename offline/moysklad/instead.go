package moysklad

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// errNoPlace: the service has no kind of document for it, and never will have
// for anybody's mending. It counts as ErrInexpressible.
var errNoPlace = fmt.Errorf("%w: no such document there", ErrInexpressible)

// CodeNoPlace is the code of documents that are kept.
const CodeNoPlace = "no_place"

// noPlace names why.
func noPlace(why string) error { return fmt.Errorf("%w: %s", errNoPlace, why) }

// placeless tells what keeps a receipt from being a sale, a return or a
// prepayment.
func placeless(r *doc.Receipt, typ doc.Type) error {
	if typ != doc.Sell && typ != doc.Payback {
		return noPlace("the shop buys")
	}
	for i := range r.Lines {
		switch l := &r.Lines[i]; {
		case l.ItemID == "" || l.ItemType == "":
			return noPlace(fmt.Sprintf("%.60q is not from the catalogue", l.Name))
		case prepaid(l) && (r.Order == nil || r.Order.Agent == ""):
			return noPlace("a prepayment without a customer's order")
		}
	}
	for _, p := range r.Payments {
		switch {
		case p.Type == doc.PayCredit || p.Type == doc.PayCounter:
			return noPlace("paid later, or in kind")
		case p.Type == doc.PayAdvance && typ == doc.Payback:
			return noPlace("an advance lives again")
		}
	}
	return nil
}

// prepaid tells whether a line's goods are paid for and not handed over (tag
// 1214).
func prepaid(l *doc.Line) bool { return l.Method == 1 || l.Method == 2 }

// drawer is what a receipt without a place did to the drawer: the kind of the
// movement and its sum; 0: it moved no cash.
func drawer(d *doc.Document) (kind string, cash money.Amount) {
	for _, p := range d.Receipt.Payments {
		if p.Type == doc.PayCash {
			cash += p.Sum
		}
	}
	if typ := effect(d); typ == doc.Payback || typ == doc.Buy {
		return kindCashOut, cash
	}
	return kindCashIn, cash
}

// instead sends what a receipt without a place did to the drawer, so that the
// cash there is the cash here; what moved no cash is kept by us.
func (e Encoder) instead(d *doc.Document, why error) (outbox.Request, error) {
	kind, cash := drawer(d)
	if cash == 0 {
		return outbox.Request{}, &outbox.Failure{Class: outbox.Keep, Code: CodeNoPlace, Words: why.Error(), Err: why}
	}
	path := map[string]string{kindCashIn: pathCashIn, kindCashOut: pathCashOut}[kind]
	m := e.cashOf(d, kind, cash)
	m.Description = subject(d)
	if cash != d.Receipt.Total {
		m.Description += fmt.Sprintf(", наличными %s из %s", cash, d.Receipt.Total)
	}
	return request(http.MethodPost, path, m)
}

// subject says in the cloud's language what a receipt is about.
func subject(d *doc.Document) string {
	r := d.Receipt
	what := "Чек"
	switch {
	case r.Correction != nil:
		what = "Чек коррекции"
	case r.Claim != nil && r.Claim.Kind == doc.ClaimCertificate:
		what = "Подарочный сертификат"
	case r.Claim != nil && r.Claim.Kind == doc.ClaimAdvance:
		what = "Аванс"
	case r.Claim != nil && r.Claim.Kind == doc.ClaimPrepayment, slices.ContainsFunc(r.Lines, func(l doc.Line) bool { return prepaid(&l) }):
		what = "Предоплата"
	case r.Repays.Number != "":
		what = "Оплата долга по " + r.Repays.Number
	case slices.ContainsFunc(r.Payments, func(p doc.Payment) bool { return p.Type == doc.PayCredit }):
		what = "Продажа в кредит"
	}
	switch d.Type {
	case doc.Payback:
		what = "Возврат: " + what
	case doc.Buy:
		what = "Покупка у клиента"
	case doc.Buyback:
		what = "Возврат покупки у клиента"
	}
	return what + ", чек " + d.Name
}

// isNoPlace tells errNoPlace from what a person has to see.
func isNoPlace(err error) bool { return errors.Is(err, errNoPlace) }
