package ikassa

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Check tells whether a cheque can be stored, with the code of what is wrong
// with it: its limits, and that its arithmetic works out.
func (c *ChequeRequest) Check() error {
	if id := c.Info.UUID; id == "" || len(id) > MaxUUID || !utf8.ValidString(id) {
		return bad("a uuid of %d bytes, it takes 1 to %d", len(id), MaxUUID)
	}
	if c.Info.Type != Postponed && c.Info.Type != Order {
		return bad("chequeType is neither Postponed nor Order")
	}
	if c.Info.Type == Postponed && (c.Info.Table != nil || c.Info.Place != nil) {
		return bad("only an order has a table and a place")
	}
	if negative(c.Info.Table) || negative(c.Info.Place) {
		return bad("table and place are not below zero")
	}
	if !fits(c.Info.Name) || !fits(c.Info.Note) || !fits(string(c.Info.Number)) || !fits(string(c.TaxNumber)) || len(c.Currency) > 3 {
		return bad("a text of more than %d characters", MaxText)
	}
	if len(c.Items) == 0 || len(c.Items) > MaxItems {
		return bad("%d items, it takes 1 to %d", len(c.Items), MaxItems)
	}
	if err := checkTail(c.Prefix, c.Suffix); err != nil {
		return err
	}
	for i := range c.Items {
		if err := c.Items[i].check(); err != nil {
			return err
		}
	}
	_, err := c.Compute()
	return err
}

func (i *ItemRequest) check() error {
	if !fits(i.Name) {
		return bad("a name of more than %d characters", MaxText)
	}
	if err := i.Code.check(); err != nil {
		return err
	}
	if _, err := Rate(i.TaxRate); err != nil {
		return err
	}
	return checkGoods(i.Price, i.Quantity, i.Section, i.Markings)
}

func checkGoods(price Sum, q Quantity, s *Section, markings []Marking) error {
	switch {
	case price < 0 || price > MaxSum:
		return BadPrice
	case q < MinQuantity:
		return QtyTooSmall
	case q > MaxQuantity:
		return QtyTooLarge
	case s != nil && !fits(s.Name):
		return bad("a section's name of more than %d characters", MaxText)
	case len(markings) > MaxMarkings:
		return bad("more than %d markings", MaxMarkings)
	}
	for _, m := range markings {
		if m.SI == "" && m.UKZ == "" || len(m.SI) > MaxMarking || len(m.UKZ) > MaxMarking {
			return bad("a marking of no code, or of more than %d bytes", MaxMarking)
		}
	}
	return nil
}

// Check tells whether a sale can be tried, with the code of what is wrong with
// it. Whether its payments suffice is not asked here: see Pay.
func (s *Sale) Check() error {
	if s.Cashier == "" || !fits(s.Cashier) {
		return bad("no cashier's name, or a long one")
	}
	if len(s.Items) == 0 || len(s.Items) > MaxItems {
		return bad("%d items, it takes 1 to %d", len(s.Items), MaxItems)
	}
	if !fits(string(s.TaxNumber)) || !fits(string(s.Operation)) {
		return bad("a text of more than %d characters", MaxText)
	}
	if err := checkTail(s.Prefix, s.Suffix); err != nil {
		return err
	}
	for i := range s.Items {
		it := &s.Items[i]
		if !fits(it.Name) {
			return bad("a name of more than %d characters", MaxText)
		}
		if _, err := it.code(); err != nil {
			return err
		}
		if err := checkGoods(it.Price, it.Quantity, it.Section, it.Markings); err != nil {
			return err
		}
	}
	for _, way := range []*Sum{s.Cash, s.Cashless, s.Certificate, s.Oplati} {
		if way != nil && *way < 0 {
			return SumTooSmall
		}
		if way != nil && *way > MaxSum {
			return SumTooLarge
		}
	}
	_, err := s.Compute()
	return err
}

// Check tells whether a deposit can be tried.
func (d *Deposit) Check() error {
	switch {
	case d.Cashier == "" || !fits(d.Cashier) || !fits(string(d.Operation)):
		return bad("no cashier's name, or a long text")
	case d.Sum < MinSum:
		return SumTooSmall
	case d.Sum > MaxSum:
		return SumTooLarge
	}
	return checkTail(d.Prefix, d.Suffix)
}

func checkTail(tails ...[]Print) error {
	for _, tail := range tails {
		if len(tail) > MaxTail {
			return bad("more than %d lines of prefix or suffix", MaxTail)
		}
		for _, p := range tail {
			if p.Text != nil && len(p.Text.Text) > MaxLine || p.QRCode != nil && len(p.QRCode.QRCode) > MaxLine {
				return bad("a line of more than %d bytes", MaxLine)
			}
		}
	}
	return nil
}

// maxRate is the largest percent of a tax.
const maxRate = 99

// Rate is the percent of a request's taxRate: 10 for "tax10", 0 without VAT.
func Rate(name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(strings.ToLower(name), "tax")
	n, err := strconv.ParseUint(digits, 10, 8)
	if !ok || err != nil || n > maxRate {
		return 0, bad("an unknown taxRate")
	}
	return int64(n), nil
}

// RateName is the taxRate of a percent; empty for none.
func RateName(percent int64) string {
	if percent <= 0 {
		return ""
	}
	return "tax" + strconv.FormatInt(percent, 10)
}

func fits(s string) bool { return utf8.RuneCountInString(s) <= MaxText }

func negative(n *Int) bool { return n != nil && *n < 0 }
