package till

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Corrections. A settlement that was missed is one correction receipt. A wrong
// receipt is undone and made anew: by correction receipts of both signs from
// FFD 1.1 on, by an ordinary return and an ordinary receipt in 1.05, whose
// correction receipt knows no returns and names no goods; the two then carry
// the wrong one's fiscal sign. The device's registration decides which.

// oldFormat is the FFD in which only what was missed is a correction receipt.
const oldFormat = "1.05"

// correctable are the operations of ordinary receipts, by document type, and
// whether FFD 1.05 has a correction receipt for them (tag 1054 is 1 or 3).
var correctable = map[doc.Type]struct {
	kind kkt.OperationKind
	old  bool
}{
	doc.Sell:    {kkt.OpSale, true},
	doc.Payback: {kkt.OpSaleReturn, false},
	doc.Buy:     {kkt.OpBuy, true},
	doc.Buyback: {kkt.OpBuyReturn, false},
}

// of is what the correction should have been.
func (e Correct) of() doc.Type {
	switch {
	case e.Base != uuid.Nil:
		return doc.Payback
	case e.Of == "":
		return doc.Sell
	}
	return e.Of
}

// ordinary tells whether the correction is made of an ordinary receipt.
func (e Correct) ordinary(t *turn) bool {
	return t.device.Identity.FFD == oldFormat && (e.Base != uuid.Nil || e.Sign != "")
}

func (e Correct) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpCorrection, base: e.Base}
	of, known := correctable[e.of()]
	switch {
	case !known:
		return b, fault.New(fault.BadRequest, string(e.Of))
	case plain(e.Reason, MaxReason) == "":
		return b, fault.New(fault.CorrectionBad, "нет основания")
	case e.ByOrder && e.Number == "":
		return b, fault.New(fault.CorrectionBad, "нет номера предписания")
	case e.Base == uuid.Nil && (e.Date.IsZero() || e.Date.After(t.today())):
		return b, fault.New(fault.CorrectionBad, "дата расчёта")
	case t.device.Identity.FFD == oldFormat && !e.ordinary(t) && !of.old:
		return b, fault.New(fault.CorrectionBad, "ФФД 1.05: "+string(e.of()))
	}
	if e.ordinary(t) {
		b.kind = of.kind
	}
	if e.Base != uuid.Nil {
		return b, t.canSell()
	}
	if err := t.takeCart(&b, e.Seen); err != nil {
		return b, err
	}
	if e.of() == doc.Sell { // the goods are as they are sold: with age, hours and codes
		if err := t.lawful(); err != nil {
			return b, err
		}
	}
	parts := e.parts()
	for i, p := range parts {
		switch p.Type {
		case doc.PayCash, doc.PayElectron, doc.PayAdvance, doc.PayCredit, doc.PayCounter:
		default:
			return b, fault.New(fault.BadRequest, string(p.Type))
		}
		again := slices.ContainsFunc(parts[:i], func(was CorrectPart) bool { return was.Type == p.Type })
		if again || p.Sum < 0 || p.Sum > money.Max || len(parts) > MaxParts {
			return b, fault.New(fault.BadRequest, "parts")
		}
	}
	return b, nil
}

// parts are the ways the settlement was paid.
func (e Correct) parts() []CorrectPart {
	if len(e.Parts) > 0 && e.Payment == "" {
		return e.Parts
	}
	return append([]CorrectPart{{Type: e.Payment}}, e.Parts...)
}

// payments make the total of the parts, to the kopeck.
func (e Correct) payments(total money.Amount) ([]doc.Payment, *fault.Error) {
	var all []doc.Payment
	left, rest := total, -1
	for _, p := range e.parts() {
		switch {
		case p.Sum > left:
			return nil, fault.New(fault.PaidMore, p.Sum.String(), left.String())
		case p.Sum == 0 && rest >= 0:
			return nil, fault.New(fault.BadRequest, "parts")
		case p.Sum == 0:
			rest = len(all)
		}
		left -= p.Sum
		all = append(all, doc.Payment{Type: p.Type, Sum: p.Sum})
	}
	switch {
	case rest >= 0 && left > 0:
		all[rest].Sum = left
	case left > 0:
		return nil, fault.New(fault.PaidLess, (total - left).String(), total.String())
	case rest >= 0:
		all = slices.Delete(all, rest, rest+1)
	}
	return all, nil
}

func (e Correct) freeze(t *turn, b *bracket) *fault.Error {
	bodies, err := e.bodies(t, b)
	if err != nil {
		return err
	}
	ground := doc.Ground{Of: e.of(), ByOrder: e.ByOrder, Date: e.Date, Number: plain(e.Number, MaxName),
		Sign: plain(e.Sign, MaxName), Reason: plain(e.Reason, MaxReason)}
	if b.sale != nil {
		ground.Sign = signOf(b.sale)
		if ground.Date.IsZero() {
			ground.Date = b.sale.Time
		}
	}
	typ := doc.Correction
	for i := range bodies {
		if e.ordinary(t) {
			typ, bodies[i].Instead = e.of(), ground.Sign
		} else {
			g := ground
			bodies[i].Correction = &g
		}
		if outgoing(e.of()) {
			if err := t.drawerHolds(&bodies[i]); err != nil {
				return err
			}
		}
	}
	if err := t.receipts(b, typ, bodies); err != nil {
		return err
	}
	who := t.auditWho()
	who.Item = ground.Reason
	t.audit(auditCorrect, who, uuid.Nil)
	return nil
}

// outgoing tells whether receipts of a type give money out.
func outgoing(typ doc.Type) bool { return typ == doc.Payback || typ == doc.Buy }

// bodies are the receipts of the correction, without their ground.
func (e Correct) bodies(t *turn, b *bracket) ([]doc.Receipt, *fault.Error) {
	if e.Base != uuid.Nil {
		r, err := t.refund(b, nil, "")
		b.people = b.sale.People
		return []doc.Receipt{r}, err
	}
	if err := t.shiftFault(b.mark); err != nil {
		return nil, err
	}
	rules := b.rules
	if rules == nil {
		rules = t.rules
	}
	old := b.cheque
	old.Lines = ratesOn(old.Lines, e.Date)
	priced, err := rules.Price(&old, pricing.How{Now: e.Date, Country: t.country()})
	if err != nil {
		return nil, priceFault(err, "")
	}
	bodies, ferr := t.split(&b.cheque, &priced)
	if ferr != nil {
		return nil, ferr
	}
	if b.payments, ferr = e.payments(priced.Total); ferr != nil {
		return nil, ferr
	}
	for i := range bodies {
		if ferr := e.asItWas(&bodies[i]); ferr != nil {
			return nil, ferr
		}
	}
	return bodies, t.share(bodies, b.payments)
}

// asItWas makes of a receipt for goods one for what the settlement was: goods
// that came back, or money before the goods.
func (e Correct) asItWas(r *doc.Receipt) *fault.Error {
	was := r.Lines
	r.Lines, r.Gross, r.Discount, r.Total, r.VAT, r.Bonus = nil, 0, 0, 0, nil, nil
	for _, l := range was {
		if e.of() == doc.Payback || e.of() == doc.Buyback {
			comesBack(&l)
		}
		if e.Prepaid {
			l.PaidBefore()
			l.Method, l.Rate = methodPrepaid, calculatedRate(l.Rate)
			info, err := tax.Lookup(l.Rate)
			if err == nil {
				l.VAT, err = info.Included(l.Total)
			}
			if err != nil {
				return fault.New(fault.SumRange).With(err)
			}
		}
		addLine(r, l)
	}
	return nil
}

// ratesOn gives the lines the VAT rates of their day: 20 % before 2026.
func ratesOn(lines []cheque.Line, day time.Time) []cheque.Line {
	old := slices.Clone(lines)
	for i := range old {
		old[i].Item.Rate = tax.On(old[i].Item.Rate, day)
	}
	return old
}
