package moysklad

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// What a receipt becomes in the cloud: a sale, or a return with a reference to
// the sale it undoes. The sums of the positions, computed as the service does,
// are those of the payments to the kopeck; a part of a weighed line of thousands
// of roubles may be one off.

// operation is the body of a sale or a return.
type operation struct {
	Meta            outMeta     `json:"meta"`
	Shift           outRef      `json:"retailShift"`
	Name            string      `json:"name"`
	Moment          string      `json:"moment"`
	Demand          *outRef     `json:"demand,omitempty"`     // of a return: the sale
	Prepayment      *outRef     `json:"prepayment,omitempty"` // of a return of one
	Order           *outRef     `json:"customerOrder,omitempty"`
	Agent           *outRef     `json:"agent,omitempty"`
	Sum             int64       `json:"sum,omitzero"` // of a prepayment and its return
	Positions       []position  `json:"positions"`
	CashSum         int64       `json:"cashSum"`
	NoCashSum       int64       `json:"noCashSum"`
	QRSum           int64       `json:"qrSum,omitzero"`
	PrepaidCash     int64       `json:"prepaymentCash,omitzero"`
	PrepaidNoCash   int64       `json:"prepaymentNoCash,omitzero"`
	PrepaymentQRSum int64       `json:"prepaymentQrSum,omitzero"`
	VATEnabled      bool        `json:"vatEnabled"`
	VATIncluded     bool        `json:"vatIncluded"`
	Cheque          *saleCheque `json:"cheque,omitempty"`
	TaxSystem       string      `json:"taxSystem,omitempty"`
}

// effect is what a receipt does to goods and money: a correction does what
// should have been registered.
func effect(d *doc.Document) doc.Type {
	if d.Receipt != nil && d.Receipt.Correction != nil {
		return d.Receipt.Correction.Of
	}
	return d.Type
}

// kindOf is what a receipt becomes in the cloud. Money before the goods has a
// place there only for a customer's order.
func kindOf(r *doc.Receipt, typ doc.Type) (string, error) {
	prepaid := slices.ContainsFunc(r.Lines, func(l doc.Line) bool { return l.Method == 1 || l.Method == 2 })
	switch {
	case prepaid && (r.Order == nil || r.Order.Agent == ""):
		return "", fmt.Errorf("%w: a prepayment without a customer's order", ErrInexpressible)
	case typ == doc.Sell && prepaid:
		return kindPrepayment, nil
	case typ == doc.Sell:
		return kindDemand, nil
	case typ == doc.Payback && prepaid:
		return kindPrepaymentReturn, nil
	case typ == doc.Payback:
		return kindReturn, nil
	}
	return "", fmt.Errorf("%w: a receipt of %s", ErrInexpressible, typ)
}

// relate names what an operation belongs to.
func (e Encoder) relate(o *operation, r *doc.Receipt, kind string) {
	var base, order, agent *outRef
	if r.BaseID != uuid.Nil && (kind == kindReturn || kind == kindPrepaymentReturn) {
		was := map[string]string{kindReturn: kindDemand, kindPrepaymentReturn: kindPrepayment}[kind]
		ref := e.sync(was, r.BaseID)
		base = &ref
	}
	if r.Order != nil {
		ref := e.native("customerorder", r.Order.ID)
		order = &ref
		if r.Order.Agent != "" {
			ref := e.native("counterparty", r.Order.Agent)
			agent = &ref
		}
	}
	switch kind {
	case kindReturn:
		o.Demand = base
	case kindPrepaymentReturn:
		o.Prepayment, o.Agent, o.Sum = base, agent, int64(r.Total)
	case kindPrepayment:
		o.Order, o.Agent, o.Sum = order, agent, int64(r.Total)
	default:
		o.Order, o.Agent = order, agent
	}
}

// operation encodes a SELL, a PAYBACK or a correction that does the same.
func (e Encoder) operation(d *doc.Document) (path string, o operation, err error) {
	r := d.Receipt
	if r == nil || len(r.Lines) > MaxPositions {
		return "", o, fmt.Errorf("%w: no receipt, or more than %d lines", ErrInexpressible, MaxPositions)
	}
	typ := effect(d)
	kind, err := kindOf(r, typ)
	if err != nil {
		return "", o, err
	}
	o = operation{Meta: e.sync(kind, d.ID).Meta, Shift: e.sync("retailshift", d.ShiftID), Name: d.Name, Moment: e.at(d.Time), VATIncluded: true}
	path = "/entity/" + kind
	e.relate(&o, r, kind)
	if err := e.positions(&o, r, kind == kindReturn && o.Demand == nil); err != nil {
		return "", o, err
	}
	for _, p := range r.Payments {
		if err := o.pay(p, typ); err != nil {
			return "", o, err
		}
	}
	if r.TaxSystem != 0 {
		o.TaxSystem = r.TaxSystem.String()
	}
	if d.Fiscal != nil {
		o.Cheque = e.cheque(d.Fiscal, r.Total)
	}
	return path, o, nil
}

// positions encodes the lines. Kopecks dropped from the total come off the
// largest line: the service knows only sums of positions. It looks at no
// discount in a return without its sale, so those go as net prices.
func (e Encoder) positions(o *operation, r *doc.Receipt, net bool) error {
	largest := 0
	for i := range r.Lines {
		if r.Lines[i].Total > r.Lines[largest].Total {
			largest = i
		}
	}
	var sum money.Amount
	o.Positions = make([]position, len(r.Lines))
	for i := range r.Lines {
		l := r.Lines[i]
		if i == largest {
			l.Total -= r.Rounding
			l.Discount += r.Rounding
		}
		if net {
			l.BasePrice, l.Discount = l.Price, 0
		}
		p, err := e.position(&l)
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		o.Positions[i] = p
		o.VATEnabled = o.VATEnabled || p.VATEnabled
		sum += p.sum
	}
	if off := sum - r.Total; off <= -tolerance || off >= tolerance {
		return fmt.Errorf("%w: the service would make %s of %s", ErrInexpressible, sum, r.Total)
	}
	return nil
}

// tolerance is by how many kopecks payments and positions may not differ (error
// 18000). Only parts of dear weighed lines make use of it.
const tolerance = 10

// pay adds a payment. What is owed, or given in kind, has no place; nor has a
// return of what had been paid before the sale.
func (o *operation) pay(p doc.Payment, typ doc.Type) error {
	switch w := p.Way(); {
	case w.Type == doc.PayCash:
		o.CashSum += int64(p.Sum)
	case w.Type == doc.PayElectron && w.QR:
		o.QRSum += int64(p.Sum)
	case w.Type == doc.PayElectron:
		o.NoCashSum += int64(p.Sum)
	case w.Type != doc.PayAdvance || typ != doc.Sell:
		return fmt.Errorf("%w: payment %s of a %s", ErrInexpressible, p.Type, typ)
	case w.QR:
		o.PrepaymentQRSum += int64(p.Sum)
	case w.Via == doc.PayCash:
		o.PrepaidCash += int64(p.Sum)
	default:
		o.PrepaidNoCash += int64(p.Sum)
	}
	return nil
}

// cashMove is the body of a movement of cash. Who brought or took it stays
// with us.
type cashMove struct {
	Meta        outMeta `json:"meta"`
	Shift       outRef  `json:"retailShift"`
	Name        string  `json:"name"`
	Moment      string  `json:"moment"`
	Sum         int64   `json:"sum"`
	Description string  `json:"description,omitempty"`
}

func (e Encoder) cash(d *doc.Document, kind string) cashMove {
	return cashMove{Meta: e.sync(kind, d.ID).Meta, Shift: e.sync("retailshift", d.ShiftID), Name: d.Name, Moment: e.at(d.Time),
		Sum: int64(d.Cash.Sum), Description: d.Cash.Description}
}

// serverSum is a line's total as the service computes it from what is sent.
func serverSum(l *doc.Line, price money.Amount, percent *big.Int, digits int) money.Amount {
	priced := *l
	priced.BasePrice = price
	return money.Amount(serverTotal(&priced, percent, digits))
}
