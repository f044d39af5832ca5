package till

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// A cheque is paid in one way or in several. Only cash is handed over in
// excess and gives change; every other part is at most what is left to pay. A
// payment by QR stands alone: the cloud takes no mixture of it with cash or
// cards, paid now or in advance.

// MaxParts is how many ways one cheque may be paid in.
const MaxParts = 10

// Part is one of the ways a cheque is paid.
type Part struct {
	Type doc.PaymentType
	QR   bool         // of ELECTRON: by the customer's telephone
	Sum  money.Amount // of cash: handed over; 0: all that is left to pay
	// Claim is the certificate's number, or number or id of the advance or
	// prepayment, that an ADVANCE uses up.
	Claim string

	handed bool // it is the prepayment of the goods that are handed over
}

// parts are the ways the cheque is to be paid.
func (e Pay) parts() ([]Part, *fault.Error) {
	switch {
	case len(e.Parts) > MaxParts:
		return nil, fault.New(fault.BadRequest, "parts: 1.."+strconv.Itoa(MaxParts))
	case len(e.Parts) > 0 && (e.Type != "" || e.Tendered != 0):
		return nil, fault.New(fault.BadRequest, "type | parts")
	case len(e.Parts) > 0:
		return e.Parts, nil
	case e.Type != doc.PayCash && e.Type != doc.PayElectron:
		return nil, fault.New(fault.BadRequest, string(e.Type))
	case e.Tendered < 0 || (e.Type == doc.PayElectron && e.Tendered != 0):
		return nil, fault.New(fault.AmountBad, e.Tendered.String())
	}
	return []Part{{Type: e.Type, QR: e.QR, Sum: e.Tendered}}, nil
}

// payments makes of parts what pays a total to the kopeck. The payments have
// no ids yet: the receipts' shares of them get theirs.
func (t *turn) payments(parts []Part, total money.Amount) ([]doc.Payment, *fault.Error) {
	var all []doc.Payment
	var cash *Part
	left := total
	for i := range parts {
		p := &parts[i]
		switch {
		case p.Sum < 0 || p.Sum > money.Max || (p.QR && p.Type != doc.PayElectron):
			return nil, fault.New(fault.AmountBad, p.Sum.String())
		case p.Type == doc.PayCash && cash != nil:
			return nil, fault.New(fault.BadRequest, "cash, cash")
		case p.Type == doc.PayCash:
			cash = p
			continue
		}
		more, err := t.payment(p, left)
		if err != nil {
			return nil, err
		}
		for _, pay := range more {
			if pay.Claim.ID != uuid.Nil && slices.ContainsFunc(all, func(was doc.Payment) bool { return was.Way() == pay.Way() }) {
				return nil, fault.New(fault.BadRequest, pay.Claim.Number)
			}
			if left -= pay.Sum; pay.Sum > 0 || total == 0 {
				all = append(all, pay)
			}
		}
	}
	switch {
	case cash != nil && (left > 0 || total == 0):
		pay, err := inCash(cash.Sum, left)
		if err != nil {
			return nil, err
		}
		all = append(all, pay)
	case cash != nil:
		return nil, fault.New(fault.PaidMore, cash.Sum.String(), left.String())
	case left > 0:
		return nil, fault.New(fault.PaidLess, (total - left).String(), total.String())
	}
	return all, mixture(all)
}

// payment is a part that is not cash.
func (t *turn) payment(p *Part, left money.Amount) ([]doc.Payment, *fault.Error) {
	pay := doc.Payment{Type: p.Type, Sum: p.Sum, QR: p.QR}
	switch p.Type {
	case doc.PayElectron, doc.PayCredit:
	case doc.PayAdvance:
		return t.useClaim(p, left)
	default:
		return nil, fault.New(fault.BadRequest, string(p.Type))
	}
	if pay.Sum == 0 {
		pay.Sum = left
	}
	if pay.Sum > left {
		return nil, fault.New(fault.PaidMore, pay.Sum.String(), left.String())
	}
	if pay.Type == doc.PayElectron {
		pay.Slip = t.newSlip(pay.QR, pay.Sum)
	}
	return []doc.Payment{pay}, nil
}

// inCash takes cash for what is left to pay; 0 handed over is the exact sum.
func inCash(tendered, left money.Amount) (doc.Payment, *fault.Error) {
	pay := doc.Payment{Type: doc.PayCash, Sum: left, Tendered: tendered}
	switch {
	case tendered == 0:
		pay.Tendered = left
	case tendered < left:
		return pay, fault.New(fault.PaidLess, tendered.String(), left.String())
	case tendered-left > MaxChange:
		return pay, fault.New(fault.ChangeHuge, (tendered - left).String())
	default:
		pay.Change = tendered - left
	}
	return pay, nil
}

// mixture refuses ways that do not go together.
func mixture(all []doc.Payment) *fault.Error {
	qr, other := false, false
	for _, p := range all {
		qr = qr || p.QR
		other = other || (!p.QR && (p.Type == doc.PayCash || p.Type == doc.PayElectron || p.Type == doc.PayAdvance))
	}
	if qr && other {
		return fault.New(fault.PayMixed)
	}
	return nil
}

// share gives each receipt its part of every payment, in proportion, to the
// kopeck. The change goes with the last of the cash.
func (t *turn) share(receipts []doc.Receipt, payments []doc.Payment) *fault.Error {
	left := make([]money.Amount, len(payments))
	for i, p := range payments {
		left[i] = p.Sum
	}
	for i := range receipts {
		r := &receipts[i]
		parts, err := money.Allocate(r.Total, left)
		if err != nil {
			return fault.New(fault.SumRange).With(err)
		}
		for j, part := range parts {
			p := &payments[j]
			if part == 0 && (r.Total != 0 || j > 0) {
				continue
			}
			left[j] -= part
			one := p.Way().By(t.env.NewID(), part)
			one.Slip = p.Slip
			if p.Tendered != 0 {
				one.Tendered = part
				if left[j] == 0 {
					one.Change = p.Change
					one.Tendered += p.Change
				}
			}
			r.Payments = append(r.Payments, one)
		}
		onCredit(r)
	}
	return nil
}

// Methods of settlement, FFD tag 1214.
const (
	methodPrepaid     = 1 // all of it before the goods
	methodPrepaidPart = 2
	methodAdvance     = 3 // nobody knows yet what for
	methodFull        = 4
	methodCreditPart  = 5 // paid in part, the rest later
	methodCredit      = 6 // handed over, paid later
	methodRepaid      = 7 // what was bought on credit
)

// onCredit marks the lines of a receipt that is not paid now, or not whole.
func onCredit(r *doc.Receipt) {
	credit := false
	method := methodCredit
	for _, p := range r.Payments {
		if p.Type != doc.PayCredit {
			method = methodCreditPart
		}
		credit = credit || (p.Type == doc.PayCredit && p.Sum > 0)
	}
	if !credit {
		return
	}
	for i := range r.Lines {
		r.Lines[i].Method = method
	}
}

// addPaid adds payments to those of the same way.
func addPaid(all, more []doc.Payment) []doc.Payment {
	for _, p := range more {
		p.ID = uuid.Nil
		at := -1
		for i := range all {
			if all[i].Way() == p.Way() {
				at = i
			}
		}
		if at < 0 {
			all = append(all[:len(all):len(all)], p)
			continue
		}
		all = append([]doc.Payment(nil), all...)
		all[at].Sum, all[at].Tendered, all[at].Change = all[at].Sum+p.Sum, all[at].Tendered+p.Tendered, all[at].Change+p.Change
	}
	return all
}
