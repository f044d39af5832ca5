package till

import (
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/pricing"
)

// SellCheque sells and registers at once what a program has filled and been
// paid for, like any other sale: whoever is logged in at the till has made it,
// and its cash is in the till's drawer. The open cheque stays where it is. A
// sale that fails leaves nothing behind.
type SellCheque struct {
	Req
	Once
	Who    string // cashier's id whose word the prices are; "": the program's own
	Cheque TabletCheque
	Parts  []Part
}

func (SellCheque) kind() eventKind { return evWork }

func (e SellCheque) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSale}
	if t.deferred != nil || len(t.scans) > 0 {
		return b, fault.New(fault.TabletBusy) // the customer at the till comes first
	}
	if err := t.canSell(); err != nil {
		return b, err
	}
	c, priced, err := e.priced(t)
	if err != nil {
		return b, err
	}
	probe := *t
	probe.cart, probe.priced = c, priced
	if err := probe.lawful(); err != nil {
		return b, err
	}
	b.payments, err = t.payments(e.Parts, priced.Total)
	return b, err
}

func (e SellCheque) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	c, priced, err := e.priced(t)
	if err != nil {
		return err
	}
	if priced.Total != paidSum(b.payments) {
		return fault.New(fault.ChequeStale)
	}
	bodies, err := t.split(&c, &priced)
	if err != nil {
		return err
	}
	if err := t.share(bodies, b.payments); err != nil {
		return err
	}
	return t.receipts(b, doc.Sell, bodies)
}

// priced makes the cheque, which is nowhere but in the receipt.
func (e SellCheque) priced(t *turn) (cheque.Cheque, pricing.Priced, *fault.Error) {
	a := e.Cheque
	if len(a.Lines) == 0 {
		return cheque.Cheque{}, pricing.Priced{}, fault.New(fault.ChequeEmpty)
	}
	if err := t.tabletMay(&a, e.Who); err != nil {
		return cheque.Cheque{}, pricing.Priced{}, err
	}
	lines, err := t.tabletLines(&a)
	if err != nil {
		return cheque.Cheque{}, pricing.Priced{}, err
	}
	c, _, err := t.agree(cheque.Cheque{ID: e.ID, OpenedAt: t.env.Now}, &a, a.Name, lines)
	if err != nil {
		return c, pricing.Priced{}, err
	}
	p, perr := t.rules.Price(&c, pricing.How{Now: t.today(), Country: t.country()})
	if perr != nil {
		return c, p, priceFault(perr, "")
	}
	return c, p, nil
}
