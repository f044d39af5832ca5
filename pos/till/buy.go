package till

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
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
	Cart    []Bought        // instead of Goods: what the lines of the open cheque are bought for; all of them
	Seen    Seen            // with Cart
	Payment doc.PaymentType // CASH or ELECTRON
	Person  string          // who sells, for the books
}

// Bought is what one unit of a line of the open cheque is bought for.
type Bought struct {
	Line  uuid.UUID
	Price money.Amount
}

// goods are what is bought: those that are named, or those in the cheque.
func (e Buy) goods(c *cheque.Cheque) ([]BackLine, *fault.Error) {
	if len(e.Cart) == 0 {
		return e.Goods, nil
	}
	for i := range e.Cart {
		if c.Find(e.Cart[i].Line) < 0 {
			return nil, fault.New(fault.ChequeNoLine)
		}
	}
	all := make([]BackLine, len(c.Lines))
	for i := range c.Lines {
		l := &c.Lines[i]
		all[i] = BackLine{ID: l.ID, Item: l.Item, PackID: l.PackID, Code: l.Code, Qty: l.Qty, Mark: l.Mark}
		if at := slices.IndexFunc(e.Cart, func(b Bought) bool { return b.Line == l.ID }); at >= 0 {
			all[i].Price = e.Cart[at].Price
		}
	}
	return all, nil
}

func (Buy) kind() eventKind { return evWork }

func (e Buy) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpBuy}
	if name := plain(e.Person, doc.MaxPerson); name != "" {
		b.people = &doc.People{Person: name}
	}
	if len(e.Cart) > 0 && t.stale(e.Seen) {
		return b, fault.New(fault.ChequeStale)
	}
	goods, err := e.goods(&t.cart)
	switch {
	case err != nil:
		return b, err
	case len(goods) == 0:
		return b, fault.New(fault.ChequeEmpty)
	case len(goods) > cheque.MaxLines:
		return b, fault.New(fault.ChequeFull, strconv.Itoa(cheque.MaxLines))
	case e.Payment != doc.PayCash && e.Payment != doc.PayElectron:
		return b, fault.New(fault.BadRequest, string(e.Payment))
	}
	for i := range goods {
		l := &goods[i]
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
	if len(e.Cart) > 0 {
		people := b.people
		err := t.takeCart(&b, e.Seen)
		b.people = people // the cheque's would be a customer's
		return b, err
	}
	return b, t.canSell()
}

func (e Buy) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	goods, err := e.goods(&b.cheque)
	if err != nil {
		return err
	}
	bodies, err := t.atPrices(cheque.Cheque{ID: b.id, Catalog: t.generation}, goods, e.Payment)
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
		if l.ID == uuid.Nil {
			l.ID = t.env.NewID()
		}
		c.Lines = append(c.Lines, cheque.Line{ID: l.ID, Item: l.Item, PackID: l.PackID, Code: l.Code, Qty: l.Qty, Price: l.Price, Printed: l.Price > 0, Mark: l.Mark})
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
