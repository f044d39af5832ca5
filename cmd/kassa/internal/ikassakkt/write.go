package ikassakkt

import (
	"errors"
	"fmt"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// write puts an operation into the register's words, or says why it has none.
func write(op kkt.Operation) (*request, error) {
	r := &request{id: op.ID}
	var err error
	switch {
	case op.Kind == kkt.OpSale && op.Receipt != nil:
		r.sale, err = writeSale(op)
	case op.Kind == kkt.OpCashIn:
		r.deposit = &ikassa.Deposit{Cashier: cashier(op), Sum: ikassa.Sum(op.Cash), Prefix: heading(op), Operation: ikassa.Text(op.ID.String())}
		err = refusal(r.deposit.Check())
	default:
		err = fault.New(fault.RegisterOnly)
	}
	return r, err
}

// refusal is what the register would say, said before it is asked.
func refusal(err error) error {
	var code ikassa.Result
	if errors.As(err, &code) {
		return errors.Join(fault.New(fault.FiscalRefused, code.Text("ru")).With(err), fiscal.ErrRefused)
	}
	return err
}

// writeSale writes a sale. Discounts go as sums of their lines: the register
// adds them up to the kopeck the till has.
func writeSale(op kkt.Operation) (*ikassa.Sale, error) {
	r, print := op.Receipt, !op.Receipt.Electronic
	s := &ikassa.Sale{Cashier: cashier(op), Discount: some(r.Rounding), Print: &print, Prefix: heading(op), Operation: ikassa.Text(op.ID.String())}
	for i := range r.Lines {
		s.Items = append(s.Items, writeItem(&r.Lines[i]))
	}
	var cash, cashless, kept money.Amount
	for i := range r.Payments {
		switch p := &r.Payments[i]; p.Type {
		case doc.PayCash:
			cash, kept = cash+max(p.Tendered, p.Sum), kept+p.Sum
		case doc.PayElectron:
			cashless, kept = cashless+p.Sum, kept+p.Sum
		default:
			return nil, fault.New(fault.RegisterOnly)
		}
	}
	s.Cash, s.Cashless = some(cash), some(cashless)
	if err := refusal(s.Check()); err != nil {
		return nil, err
	}
	c, err := s.Compute()
	if err != nil {
		return nil, refusal(err)
	}
	back, err := s.Pay(c.Total)
	if err != nil || c.Total != ikassa.Sum(r.Total) || kept != r.Total || back != ikassa.Sum(cash+cashless-r.Total) {
		return nil, fmt.Errorf("%w: the register comes to %s with %s back, the till to %s of which %s are paid", fiscal.ErrDiffers, c.Total, back, r.Total, kept)
	}
	return s, nil
}

// writeItem writes a line.
func writeItem(l *doc.Line) ikassa.SaleItem {
	it := ikassa.SaleItem{Name: short(l.Name), Price: ikassa.Sum(l.BasePrice), Quantity: ikassa.Quantity(l.Qty)}
	if l.Discount >= 0 {
		it.Discount = some(l.Discount)
	} else {
		it.Increase = some(-l.Discount)
	}
	it.CodeType, it.Code = codeOf(l)
	if l.Mark != "" {
		it.Markings = []ikassa.Marking{{SI: l.Mark}}
		if _, err := gs1.ParseMarking(l.Mark); err != nil { // no marking code: the number of a control sign
			it.Markings = []ikassa.Marking{{UKZ: l.Mark}}
		}
	}
	return it
}

// codeOf is a line's code: the goods' GTIN where it has one, else the shop's own.
func codeOf(l *doc.Line) (typ, code ikassa.Text) {
	const own, gtin = "0", "1"
	if m, err := gs1.ParseMarking(l.Mark); err == nil {
		return gtin, ikassa.Text(m.GTIN)
	}
	switch {
	case gs1.Valid(l.Barcode):
		return gtin, ikassa.Text(l.Barcode)
	case l.Code != "" && len(l.Code) <= ikassa.MaxCode:
		return own, ikassa.Text(l.Code)
	}
	return "", ""
}

// cashier is who sells; the register wants a name.
func cashier(op kkt.Operation) string {
	if title := op.Cashier.Title(); title != "" {
		return short(title)
	}
	return "Кассир"
}

// heading is the till's name of the document, for who looks for it on paper.
func heading(op kkt.Operation) []ikassa.Print {
	if op.Document == nil || op.Document.Name == "" {
		return nil
	}
	return []ikassa.Print{{Text: &ikassa.PrintText{Text: op.Document.Name}}}
}

// some is a sum that is left out when it is none.
func some(a money.Amount) *ikassa.Sum {
	if a == 0 {
		return nil
	}
	s := ikassa.Sum(a)
	return &s
}

// short keeps a text to what the register takes.
func short(s string) string {
	if r := []rune(s); len(r) > ikassa.MaxText {
		return string(r[:ikassa.MaxText])
	}
	return s
}
