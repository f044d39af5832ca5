package till

import (
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Money before the goods, and after them. An advance or a certificate is sold
// as «Аванс» (1214 = 3, 1212 = 10) at the calculated rate. A prepayment names
// its goods (1214 = 1 whole, 2 in part), at the calculated rate; handing over
// is a second receipt of the same lines at ordinary rates (1214 = 4), the
// prepaid part of it in 1215: one for everything, or one for each part that is
// handed over. A prepayment of marked goods names no unit; their codes are
// asked for when they are handed over. What was sold on credit is paid off as
// 1214 = 7.

// Names of what is no goods, as receipts print them.
const (
	advanceName = "Аванс"
	repayName   = "Оплата кредита по чеку "
)

// kindPayment is the subject of settlement (tag 1212) of a payment that is not
// for goods yet, or any more.
const kindPayment = 10

// calculated are the rates of money paid before the goods.
var calculated = map[tax.Rate]tax.Rate{tax.VAT22: tax.VAT22of, tax.VAT20: tax.VAT20of, tax.VAT10: tax.VAT10of, tax.VAT7: tax.VAT7of, tax.VAT5: tax.VAT5of}

func calculatedRate(r tax.Rate) tax.Rate {
	if of, ok := calculated[r]; ok {
		return of
	}
	return r
}

// given refuses ways that money for a claim can not come in: it must be there.
func given(payments []doc.Payment) *fault.Error {
	for _, p := range payments {
		if p.Type != doc.PayCash && p.Type != doc.PayElectron {
			return fault.New(fault.BadRequest, string(p.Type))
		}
	}
	return nil
}

func (t *turn) canClaim() *fault.Error {
	if len(t.claims) >= MaxClaims {
		return fault.New(fault.ClaimsFull)
	}
	return t.canSell()
}

func (e SellClaim) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSale}
	number := strings.TrimSpace(e.Number)
	_, bad := time.Parse(time.DateOnly, e.Expires)
	switch {
	case e.Kind != doc.ClaimAdvance && e.Kind != doc.ClaimCertificate:
		return b, fault.New(fault.BadRequest, string(e.Kind))
	case e.Sum <= 0 || e.Sum > money.Max:
		return b, fault.New(fault.AmountBad, e.Sum.String())
	case len(number) > doc.MaxClaimNumber || number != printable(number) || (number == "") == (e.Kind == doc.ClaimCertificate):
		return b, fault.New(fault.BadRequest, "number")
	case number != "" && t.findClaim(number) != nil:
		return b, fault.New(fault.ClaimKnown, number)
	case e.Expires != "" && (bad != nil || e.Expires < t.today().Format(time.DateOnly)):
		return b, fault.New(fault.BadRequest, "expires")
	}
	if err := t.canClaim(); err != nil {
		return b, err
	}
	if _, err := e.rate(t); err != nil {
		return b, err
	}
	var err *fault.Error
	if b.payments, err = t.payments(e.Parts, e.Sum); err == nil {
		err = given(b.payments)
	}
	return b, err
}

// rate is the calculated rate of an advance: of what it will probably be for.
func (e SellClaim) rate(t *turn) (tax.Rate, *fault.Error) {
	r := e.Rate
	if r == "" {
		r = tax.None
		if t.store.TaxSystem == tax.General {
			r = t.country().Usual(tax.General)
		}
	}
	r = calculatedRate(r)
	info, err := tax.Lookup(r)
	if err != nil || !info.ValidIn(t.country(), t.today()) {
		return r, fault.New(fault.RateBad, string(e.Rate), advanceName)
	}
	return r, nil
}

func (e SellClaim) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	rate, err := e.rate(t)
	if err != nil {
		return err
	}
	r := doc.Receipt{ChequeID: b.id, TaxSystem: t.store.TaxSystem,
		Claim: &doc.Claim{Kind: e.Kind, Number: strings.TrimSpace(e.Number), Expires: e.Expires}}
	if err := t.addMoneyLine(&r, advanceName, e.Sum, rate, methodAdvance); err != nil {
		return err
	}
	bodies := []doc.Receipt{r}
	if err := t.share(bodies, b.payments); err != nil {
		return err
	}
	return t.receipts(b, doc.Sell, bodies)
}

// addMoneyLine adds a line that is money and no goods.
func (t *turn) addMoneyLine(r *doc.Receipt, name string, sum money.Amount, rate tax.Rate, method int) *fault.Error {
	l, err := lump(doc.Line{ID: t.env.NewID(), Name: name, Kind: kindPayment}, sum, rate, method)
	if err != nil {
		return fault.New(fault.SumRange).With(err)
	}
	addLine(r, l)
	return nil
}

// lump makes of a line one that is one unit of a sum.
func lump(l doc.Line, sum money.Amount, rate tax.Rate, method int) (doc.Line, error) {
	info, err := tax.Lookup(rate)
	if err != nil {
		return l, err
	}
	vat, err := info.Included(sum)
	l.Qty, l.UnitCode, l.BasePrice, l.Price, l.Gross, l.Total, l.Discount, l.Discounts = qty.One, 0, sum, sum, sum, sum, 0, nil
	l.Rate, l.VAT, l.Method, l.PackID = rate, vat, method, ""
	return l, err
}

func (e Prepay) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSale}
	if err := t.takeCart(&b, e.Seen); err != nil {
		return b, err
	}
	if err := t.canClaim(); err != nil {
		return b, err
	}
	if err := t.lawfulTo(false); err != nil {
		return b, err
	}
	if paid := paidSum(t.cart.Order.Prepaid(t.priced.Total)); paid > 0 { // the cloud keeps that, and the rest is paid with the goods
		return b, fault.New(fault.ClaimPaid, t.cart.Order.Name, paid.String())
	}
	sum := e.Sum
	if sum == 0 {
		sum = t.priced.Total
	}
	if sum < 0 || sum > t.priced.Total || t.priced.Total == 0 {
		return b, fault.New(fault.AmountBad, e.Sum.String())
	}
	var err *fault.Error
	if b.payments, err = t.payments(e.Parts, sum); err == nil {
		err = given(b.payments)
	}
	if err == nil {
		err = t.cashLimit(b.people, b.payments)
	}
	return b, err
}

func (e Prepay) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	priced, err := t.priceFor(b)
	if err != nil {
		return err
	}
	sum := paidSum(b.payments)
	if sum > priced.Total || (e.Sum == 0 && sum != priced.Total) {
		return fault.New(fault.ChequeStale)
	}
	bodies, err := t.split(&b.cheque, &priced)
	if err != nil {
		return err
	}
	var totals []money.Amount
	for i := range bodies {
		for _, l := range bodies[i].Lines {
			totals = append(totals, l.Total)
		}
	}
	parts, bad := money.Allocate(sum, totals)
	if bad != nil {
		return fault.New(fault.SumRange).With(bad)
	}
	for i := range bodies {
		n := len(bodies[i].Lines)
		if err := prepaid(&bodies[i], parts[:n]); err != nil {
			return err
		}
		parts = parts[n:]
	}
	if err := t.share(bodies, b.payments); err != nil {
		return err
	}
	return t.receipts(b, doc.Sell, bodies)
}

// prepaid makes of a receipt for goods one for their prepayment, line by line.
// A line that is prepaid in part is one unit of its part.
func prepaid(r *doc.Receipt, parts []money.Amount) *fault.Error {
	goods := slices.Clone(r.Lines)
	for i := range goods { // which unit it will be nobody knows yet
		goods[i].Mark, goods[i].MarkStatus, goods[i].Permit = "", 0, nil
	}
	r.Claim = &doc.Claim{Kind: doc.ClaimPrepayment, Lines: goods}
	r.Lines, r.Gross, r.Discount, r.Total, r.VAT = nil, 0, 0, 0, nil
	method := methodPrepaid
	for i, part := range parts {
		if part != goods[i].Total {
			method = methodPrepaidPart
		}
	}
	for i, l := range goods {
		rate := calculatedRate(l.Rate)
		l.PaidBefore()
		var err error
		switch {
		case parts[i] == 0:
			continue
		case method == methodPrepaidPart:
			l, err = lump(l, parts[i], rate, method)
		default:
			l.Method, l.Rate = method, rate
			var info tax.Info
			if info, err = tax.Lookup(rate); err == nil {
				l.VAT, err = info.Included(l.Total)
			}
		}
		if err != nil {
			return fault.New(fault.SumRange).With(err)
		}
		addLine(r, l)
	}
	return nil
}

func (e HandOver) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSale}
	c := t.findClaim(e.Claim)
	switch {
	case e.Claim == "" || c == nil || c.Kind != doc.ClaimPrepayment:
		return b, fault.New(fault.ClaimUnknown, plain(e.Claim, doc.MaxClaimNumber))
	case len(e.Parts) >= MaxParts:
		return b, fault.New(fault.BadRequest, "parts")
	case len(e.Lines) > 0 && !t.cart.Empty():
		return b, fault.New(fault.ChequeNotEmpty)
	}
	b.base = c.ID
	if t.cart.Empty() && len(t.held) == 0 && len(t.scans) == 0 {
		return b, t.canSell()
	}
	if err := t.takeCart(&b, e.Seen); err != nil {
		return b, err
	}
	return b, t.lawful()
}

// freeze hands over what was prepaid, as it was agreed then: nothing is priced
// again.
func (e HandOver) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	c, was := t.claim(b.base), b.sale.Receipt
	if c == nil || was == nil || was.Claim == nil {
		return fault.New(fault.ClaimUnknown, plain(e.Claim, doc.MaxClaimNumber))
	}
	if err := t.systemFault(was.TaxSystem); err != nil {
		return err
	}
	r := doc.Receipt{ChequeID: b.id, TaxSystem: was.TaxSystem, Catalog: was.Catalog, CustomerID: was.CustomerID, Order: was.Order, Hands: c.ClaimRef}
	if !b.cheque.Empty() {
		r.ChequeID, r.Electronic = b.cheque.ID, b.cheque.Electronic
	}
	paid, err := e.handed(t, b, c, &r)
	if err == nil {
		err = t.handable(&r)
	}
	if err != nil {
		return err
	}
	parts := e.Parts
	if paid > 0 {
		parts = append([]Part{{Type: doc.PayAdvance, Claim: c.ID.String(), Sum: paid, handed: true}}, parts...)
	}
	if b.payments, err = t.payments(parts, r.Total); err != nil {
		return err
	}
	if b.people.Empty() {
		b.people = b.sale.People
	}
	if err := t.cashLimit(b.people, b.payments); err != nil {
		return err
	}
	bodies := []doc.Receipt{r}
	if err := t.share(bodies, b.payments); err != nil {
		return err
	}
	return t.receipts(b, doc.Sell, bodies)
}

func (e Repay) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSale}
	c := t.findClaim(e.Claim)
	if e.Claim == "" || c == nil || c.Kind != doc.ClaimDebt {
		return b, fault.New(fault.ClaimUnknown, plain(e.Claim, doc.MaxClaimNumber))
	}
	sum := e.Sum
	if sum == 0 {
		sum = c.Left()
	}
	if sum < 0 || sum > c.Left() {
		return b, fault.New(fault.ClaimLess, c.Number, c.Left().String())
	}
	if err := t.canSell(); err != nil {
		return b, err
	}
	var err *fault.Error
	if b.payments, err = t.payments(e.Parts, sum); err == nil {
		err = given(b.payments)
	}
	b.base = c.ID
	return b, err
}

func (e Repay) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	c := t.claim(b.base)
	if c == nil || b.sale.Receipt == nil {
		return fault.New(fault.ClaimUnknown, plain(e.Claim, doc.MaxClaimNumber))
	}
	r := doc.Receipt{ChequeID: b.id, TaxSystem: b.sale.Receipt.TaxSystem, CustomerID: b.sale.Receipt.CustomerID, Repays: c.ClaimRef}
	if err := t.addMoneyLine(&r, repayName+c.Number, paidSum(b.payments), tax.None, methodRepaid); err != nil {
		return err
	}
	b.people = b.sale.People
	bodies := []doc.Receipt{r}
	if err := t.share(bodies, b.payments); err != nil {
		return err
	}
	return t.receipts(b, doc.Sell, bodies)
}
