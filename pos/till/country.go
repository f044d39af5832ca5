package till

import (
	"regexp"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/restrict"
	"github.com/kassa-pos/kassa/pos/tax"
)

// A till works in one currency, and the currency says by whose law. In Belarus
// a receipt is registered by a register of its own kind (СККО), which has no
// FN, keeps its own shift, and lets a till sell and put cash in, and nothing
// else: returns, cash out, its shift and its reports are made on the register
// itself. What Russian law alone knows (tax systems in a receipt, the permit
// port, age groups of 54-FZ shops, limits of cash) is left out there.

// maxRegisterQty is the most the register takes of one line: code 416 of its
// programmer's guide. Its sums go beyond ours.
const maxRegisterQty = 9999*qty.One + 999

// country is whose law the till goes by.
func (s *State) country() tax.Country { return tax.Of(s.Settings.Currency) }

// unrestricted are the rules of a country whose restrictions nobody has told.
var unrestricted = &restrict.Rules{}

// isoCode tells a currency's code from a name that a cloud made up.
var isoCode = regexp.MustCompile(`^[A-Z]{3}$`)

// currencyFault tells why this till, in its currency, may register nothing
// with what it has before it; nil: it may.
func (s *State) currencyFault() *fault.Error {
	ours, id := s.Settings.Currency, &s.device.Identity
	switch {
	case s.device.Ready && id.SKKO != (s.country() == tax.Belarus):
		return fault.New(fault.FiscalCurrency, ours)
	case isoCode.MatchString(s.store.Currency) && s.store.Currency != ours:
		return fault.New(fault.StoreCurrency, s.store.Currency, ours)
	}
	return nil
}

// shiftCurrency tells why nothing may be added to the open shift: it is of
// another currency, and sums of two are never added up.
func (s *State) shiftCurrency() *fault.Error {
	if s.shift != nil && s.shift.Currency != s.Settings.Currency {
		return fault.New(fault.ShiftCurrency, s.shift.Currency, s.Settings.Currency)
	}
	return nil
}

// currency is that of a document which is made now: the shift's, as long as one
// is open. Only its end is made in a currency that is not the till's any more.
func (s *State) currency() string {
	if s.shift != nil && s.shift.Currency != "" {
		return s.shift.Currency
	}
	return s.Settings.Currency
}

// allowed refuses a document that must not be made in this currency, or by
// this country's device.
func (s *State) allowed(kind kkt.OperationKind) *fault.Error {
	if kind == kkt.OpCloseShift {
		return nil // whatever else is wrong
	}
	if err := s.shiftCurrency(); err != nil {
		return err
	}
	if kind == "" {
		return nil // no device has to do with it
	}
	if err := s.currencyFault(); err != nil {
		return err
	}
	return s.abroad(kind)
}

// abroad refuses what the register of this country does not let a till do.
func (s *State) abroad(kind kkt.OperationKind) *fault.Error {
	if s.country() != tax.Belarus {
		return nil
	}
	switch kind {
	case kkt.OpSale, kkt.OpCashIn, kkt.OpOpenShift:
		return nil
	}
	return fault.New(fault.RegisterOnly)
}

// termsAbroad refuses what lasts beyond one receipt: the register knows no
// advances, prepayments and debts.
func (s *State) termsAbroad(w work) *fault.Error {
	if s.country() == tax.Belarus {
		switch w.(type) {
		case SellClaim, Prepay, HandOver, Repay:
			return fault.New(fault.RegisterOnly)
		}
	}
	return nil
}

// takenAbroad refuses a receipt the register would not take, before anything
// is begun.
func (s *State) takenAbroad(docs []doc.Document) *fault.Error {
	if s.country() != tax.Belarus {
		return nil
	}
	for i := range docs {
		if r := docs[i].Receipt; r != nil {
			if err := registrable(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// fullSettlement is tag 1214 of goods that are paid for and handed over at once.
const fullSettlement = 4

func registrable(r *doc.Receipt) *fault.Error {
	for i := range r.Payments {
		if p := &r.Payments[i]; p.Type != doc.PayCash && p.Type != doc.PayElectron {
			return fault.New(fault.RegisterOnly)
		}
	}
	if r.Claim != nil || r.Repays != (doc.ClaimRef{}) || r.Hands != (doc.ClaimRef{}) {
		return fault.New(fault.RegisterOnly)
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		switch {
		case l.Method != fullSettlement || l.Agent != nil:
			return fault.New(fault.RegisterOnly)
		case l.Qty > maxRegisterQty:
			return fault.New(fault.QtyBad, l.Qty.String())
		}
	}
	return nil
}
