package ofd

import (
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// operations of the till's documents.
var operations = map[doc.Type]string{doc.Sell: "income", doc.Payback: "income_return", doc.Buy: "outcome", doc.Buyback: "outcome_return"}

var taxation = map[tax.System]string{tax.General: "osn", tax.SimplifiedIncome: "usn_income", tax.SimplifiedProfit: "usn_income_wo_expenditure",
	tax.Agricultural: "esn_agricultural", tax.Patent: "psn"}

// EventOf gives a document of the till as the report sees it; false when the
// FN has registered nothing of it.
func EventOf(d *doc.Document) (Event, bool) {
	f := d.Fiscal
	if f == nil || f.FD == 0 {
		return Event{}, false
	}
	e := Event{RN: f.RegNumber, FN: f.FN, Shift: f.Shift, Time: f.Time}
	switch d.Type {
	case doc.PosOpenSession:
		e.Type = "openShift"
	case doc.ZReport:
		e.Type = "closeShift"
	case doc.StateReport:
		e.Type = "currentStateReport"
	case doc.Sell, doc.Payback, doc.Buy, doc.Buyback, doc.Correction:
		r := d.Receipt
		if r == nil {
			return Event{}, false
		}
		e.Type, e.Operation = "receipt", operations[d.Type]
		if d.Type == doc.Correction && r.Correction != nil {
			e.Type, e.Operation = "receiptCorrection", operations[r.Correction.Of]
		}
		e.Taxation, e.Total = taxation[r.TaxSystem], r.Total
		for _, p := range r.Payments {
			*e.way(p.Type) += p.Sum
		}
	default:
		return Event{}, false
	}
	return e, true
}

func (e *Event) way(t doc.PaymentType) *money.Amount {
	switch t {
	case doc.PayElectron:
		return &e.Ecash
	case doc.PayAdvance:
		return &e.Prepaid
	case doc.PayCredit:
		return &e.Credit
	case doc.PayCounter:
		return &e.Provision
	}
	return &e.Cash
}
