package till

import (
	"strconv"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/pricing"
)

// Buy buys goods from a person: a receipt of expense (BUY), paid out of the
// drawer or to the person's card. What they are bought for is said with each;
// the catalogue's prices and rules are those of selling. Return with a purchase
// as its Sale gives goods back to the person (BUYBACK).
type Buy struct {
	Req
	Once
	Goods   []BackLine
	Payment doc.PaymentType // CASH or ELECTRON
	Person  string          // who sells, for the books
}

func (Buy) kind() eventKind { return evWork }

func (e Buy) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpBuy}
	if name := plain(e.Person, doc.MaxPerson); name != "" {
		b.people = &doc.People{Person: name}
	}
	switch {
	case len(e.Goods) == 0:
		return b, fault.New(fault.ChequeEmpty)
	case len(e.Goods) > cheque.MaxLines:
		return b, fault.New(fault.ChequeFull, strconv.Itoa(cheque.MaxLines))
	case e.Payment != doc.PayCash && e.Payment != doc.PayElectron:
		return b, fault.New(fault.BadRequest, string(e.Payment))
	}
	for i := range e.Goods {
		l := &e.Goods[i]
		switch {
		case l.Price == 0:
			return b, fault.New(fault.BuyPrice, l.Item.Name)
		case l.Item.Marked() || l.Mark != "" || l.Item.Alcohol:
			return b, fault.New(fault.BuyForbidden, l.Item.Name)
		}
		if err := t.canComeBack(l); err != nil {
			return b, err
		}
	}
	return b, t.canSell()
}

func (e Buy) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	bodies, err := t.atPrices(cheque.Cheque{ID: b.id, Catalog: t.generation}, e.Goods, e.Payment)
	if err != nil {
		return err
	}
	for i := range bodies {
		if err := t.drawerHolds(&bodies[i]); err != nil {
			return err
		}
	}
	return t.receipts(b, doc.Buy, bodies)
}

// atPrices are the receipts of goods whose prices were said, or are the
// catalogue's, and that no rule makes cheaper.
func (t *turn) atPrices(c cheque.Cheque, goods []BackLine, by doc.PaymentType) ([]doc.Receipt, *fault.Error) {
	for _, l := range goods {
		l.Item.DiscountProhibited = true // what it is worth was said
		c.Lines = append(c.Lines, cheque.Line{ID: t.env.NewID(), Item: l.Item, PackID: l.PackID, Code: l.Code, Qty: l.Qty, Price: l.Price, Printed: l.Price > 0, Mark: l.Mark})
	}
	priced, err := t.rules.Price(&c, pricing.How{Now: t.today(), Country: t.country()})
	if err != nil {
		return nil, priceFault(err, "")
	}
	bodies, ferr := t.split(&c, &priced)
	if ferr == nil {
		ferr = t.share(bodies, []doc.Payment{{Type: by, Sum: priced.Total}})
	}
	return bodies, ferr
}
