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
	Owner           *outRef     `json:"owner,omitempty"` // the cashier
	Sum             int64       `json:"sum,omitzero"`    // of a prepayment and its return
	Positions       []position  `json:"positions"`
	CashSum         int64       `json:"cashSum"`
	NoCashSum       int64       `json:"noCashSum"`
	QRSum           int64       `json:"qrSum,omitzero"`
	PrepaidCash     int64       `json:"prepaymentCash,omitzero"`
	PrepaidNoCash   int64       `json:"prepaymentNoCash,omitzero"`
	PrepaymentQRSum int64       `json:"prepaymentQrSum,omitzero"`
	VATEnabled      bool        `json:"vatEnabled"`
	VATIncluded     bool        `json:"vatIncluded"`
	Program         *outRef     `json:"bonusProgram,omitempty"`
	BonusToEarn     int64       `json:"bonusValueToEarn,omitzero"`
	BonusToSpend    int64       `json:"bonusValueToSpend,omitzero"`
	Cheque          *saleCheque `json:"cheque,omitempty"`
	TaxSystem       string      `json:"taxSystem,omitempty"`

	Card *cardTransaction `json:"cardTransaction,omitempty"`
	QR   *qrTransaction   `json:"qrTransaction,omitempty"`

	Environment *outEnvironment `json:"environment,omitempty"`
}

// effect is what a receipt does to goods and money: a correction does what
// should have been registered.
func effect(d *doc.Document) doc.Type {
	if d.Receipt != nil && d.Receipt.Correction != nil {
		return d.Receipt.Correction.Of
	}
	return d.Type
}

// kindOf is what a receipt becomes in the cloud.
func kindOf(r *doc.Receipt, typ doc.Type) (string, error) {
	before := slices.ContainsFunc(r.Lines, func(l doc.Line) bool { return prepaid(&l) })
	switch {
	case typ == doc.Sell && before:
		return kindPrepayment, placeless(r, typ)
	case typ == doc.Sell:
		return kindDemand, placeless(r, typ)
	case typ == doc.Payback && before:
		return kindPrepaymentReturn, placeless(r, typ)
	}
	return kindReturn, placeless(r, typ)
}

// relate names what an operation belongs to.
func (e Encoder) relate(o *operation, r *doc.Receipt, kind string) {
	var base, order, agent *outRef
	if r.BaseID != uuid.Nil && (kind == kindReturn || kind == kindPrepaymentReturn) {
		was := map[string]string{kindReturn: kindDemand, kindPrepaymentReturn: kindPrepayment}[kind]
		ref := e.sync(was, r.BaseID)
		base = &ref
	}
	who := r.CustomerID
	if r.Order != nil {
		ref := e.native("customerorder", r.Order.ID)
		order = &ref
		if r.Order.Agent != "" {
			who = r.Order.Agent
		}
	}
	if who != "" {
		ref := e.native("counterparty", who)
		agent = &ref
	}
	switch kind {
	case kindReturn:
		o.Demand, o.Agent = base, agent
	case kindPrepaymentReturn:
		o.Prepayment, o.Agent, o.Sum = base, agent, int64(r.Total)
	case kindPrepayment:
		o.Order, o.Agent, o.Sum = order, agent, int64(r.Total)
	default:
		o.Order, o.Agent = order, agent
		if b := r.Bonus; b != nil {
			ref := e.native("bonusprogram", b.Program)
			o.Program, o.BonusToEarn, o.BonusToSpend = &ref, b.Earned, b.Spent
		}
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
	o.Owner = e.owner(d.Cashier.ID)
	if e.Environment != nil {
		o.Environment = e.environment(e.Environment())
	}
	if err := e.positions(&o, r, kind == kindReturn && o.Demand == nil); err != nil {
		return "", o, err
	}
	for _, p := range r.Payments {
		if err := o.pay(p, typ); err != nil {
			return "", o, err
		}
	}
	o.Card, o.QR = slips(r)
	if r.TaxSystem != 0 {
		o.TaxSystem = r.TaxSystem.String()
	}
	if d.Fiscal != nil && !d.Fiscal.SKKO { // a cheque there is one of an FN
		o.Cheque = e.cheque(d.Fiscal, r)
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
	m := e.cashOf(d, kind, d.Cash.Sum)
	m.Description = d.Cash.Description
	return m
}

func (e Encoder) cashOf(d *doc.Document, kind string, sum money.Amount) cashMove {
	return cashMove{Meta: e.sync(kind, d.ID).Meta, Shift: e.sync("retailshift", d.ShiftID), Name: d.Name, Moment: e.at(d.Time), Sum: int64(sum)}
}

// serverSum is a line's total as the service computes it from what is sent.
func serverSum(l *doc.Line, price money.Amount, percent *big.Int, digits int) money.Amount {
	priced := *l
	priced.BasePrice = price
	return money.Amount(serverTotal(&priced, percent, digits))
}
