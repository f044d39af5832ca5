package ikassa

import (
	"math/bits"
	"strconv"
)

// The register's arithmetic, over whole hundredths. Every step is rounded half
// up to a hundredth: 5 % of 60.5 are 3.03. Discount and increase of an item are
// both taken of price times quantity, those of a cheque both of its subtotal.

// Lot is what an item's numbers come to.
type Lot struct {
	Sum      Sum // price times quantity
	Discount Sum // above zero
	Increase Sum
	Total    Sum
	Tax      Sum // inside Total
}

// LineSum is price times quantity.
func LineSum(price Sum, q Quantity) (Sum, error) { return mulDiv(price, int64(q), 1000) }

// Of is what the discount or increase comes to on a sum; nil is nothing.
func (c *Change) Of(base Sum) (Sum, error) {
	switch {
	case c == nil:
		return 0, nil
	case c.Value < 0 || c.Percent && c.Value > MaxPercent:
		return 0, bad("a discount or an increase out of range")
	case c.Value > MaxSum:
		return 0, SumTooLarge
	case c.Percent:
		return mulDiv(base, int64(c.Value), 100_00)
	}
	return c.Value, nil
}

// Included is the VAT of a percent inside a total.
func Included(total Sum, percent int64) (Sum, error) {
	if percent <= 0 {
		return 0, nil
	}
	return mulDiv(total, percent, 100+percent)
}

// Compute works out an item. A total below zero is BadPrice, or NegativeTotal
// where the discount is at fault.
func Compute(price Sum, q Quantity, discount, increase *Change, percent int64) (l Lot, err error) {
	if l.Sum, err = LineSum(price, q); err != nil {
		return l, err
	}
	if l.Discount, err = discount.Of(l.Sum); err != nil {
		return l, err
	}
	if l.Increase, err = increase.Of(l.Sum); err != nil {
		return l, err
	}
	if l.Total, err = bounded(l.Sum - l.Discount + l.Increase); err != nil {
		return l, err
	}
	l.Tax, err = Included(l.Total, percent)
	return l, err
}

// Compute works out a request: the cheque as GET_CHEQUES gives it.
func (c *ChequeRequest) Compute() (Cheque, error) {
	out := Cheque{Info: c.Info, Currency: c.Currency, Items: make([]Item, 0, len(c.Items)), Payments: []Payment{}}
	for i := range c.Items {
		it := &c.Items[i]
		percent, err := Rate(it.TaxRate)
		if err != nil {
			return Cheque{}, err
		}
		lot, err := Compute(it.Price, it.Quantity, it.Discount, it.Increase, percent)
		if err != nil {
			return Cheque{}, err
		}
		item := Item{
			Name: it.Name, Code: it.Code, Price: it.Price, Quantity: it.Quantity, Section: it.Section, Markings: it.Markings,
			Discount: it.Discount.Came(lot.Discount), Increase: it.Increase.Came(lot.Increase), Sum: lot.Sum, Total: lot.Total,
		}
		if percent > 0 {
			item.Tax = &Tax{Text(strconv.FormatInt(percent, 10)), lot.Tax}
		}
		out.Items = append(out.Items, item)
	}
	return out, out.Settle(c.Discount, c.Increase)
}

// Settle works out a cheque's subtotal and total of its items' totals.
func (c *Cheque) Settle(discount, increase *Change) error {
	c.SubTotal = 0
	for i := range c.Items {
		var err error
		if c.SubTotal, err = bounded(c.SubTotal + c.Items[i].Total); err != nil {
			return err
		}
	}
	less, err := discount.Of(c.SubTotal)
	if err != nil {
		return err
	}
	more, err := increase.Of(c.SubTotal)
	if err != nil {
		return err
	}
	c.Discount, c.Increase = discount.Came(less), increase.Came(more)
	c.Total, err = bounded(c.SubTotal - less + more)
	return err
}

// Came is the change with what it came to; nil stays nil.
func (c *Change) Came(to Sum) *Change {
	if c == nil {
		return nil
	}
	return &Change{c.Percent, c.Value, &to}
}

// Compute works out a sale as the cheque it makes.
func (s *Sale) Compute() (Cheque, error) {
	c, err := s.AsCheque()
	if err != nil {
		return Cheque{}, err
	}
	return c.Compute()
}

// AsCheque is a sale in the words of a cheque to store.
func (s *Sale) AsCheque() (ChequeRequest, error) {
	c := ChequeRequest{Discount: change(s.PercentDiscount, s.Discount), Increase: change(s.PercentIncrease, s.Increase)}
	for i := range s.Items {
		it := &s.Items[i]
		code, err := it.code()
		if err != nil {
			return c, err
		}
		c.Items = append(c.Items, ItemRequest{
			Price: it.Price, Name: it.Name, Quantity: it.Quantity, Code: code, Section: it.Section, Markings: it.Markings,
			Discount: change(it.PercentDiscount, it.Discount), Increase: change(it.PercentIncrease, it.Increase),
		})
	}
	return c, nil
}

func change(percent bool, value *Sum) *Change {
	if value == nil || *value == 0 {
		return nil
	}
	return &Change{Percent: percent, Value: *value}
}

// code is the item's code; nil without one. Without a type it is an own code.
func (i *SaleItem) code() (*Code, error) {
	if i.Code == "" {
		return nil, nil
	}
	c := Code{CodeOwn, string(i.Code)}
	if i.CodeType != "" {
		n, err := strconv.ParseUint(string(i.CodeType), 10, 31)
		if err != nil {
			return nil, bad("an unknown typeCode")
		}
		c.Type = int(n)
	}
	return &c, c.check()
}

// Pay checks what was given against a sale's total and is the change that is
// given back, of cash alone: other ways never come to more than the total.
func (s *Sale) Pay(total Sum) (back Sum, err error) {
	cash, other := worth(s.Cash), worth(s.Cashless)+worth(s.Certificate)+worth(s.Oplati)
	switch {
	case other > total, cash+other < total, other == total && cash != 0:
		return 0, bad("the payments do not fit the total")
	}
	return cash + other - total, nil
}

func worth(s *Sum) Sum {
	if s == nil {
		return 0
	}
	return *s
}

// bounded refuses what no register takes. It is asked after every step, so
// that nothing ever overflows.
func bounded(s Sum) (Sum, error) {
	switch {
	case s < 0:
		return 0, NegativeTotal
	case s > MaxSum:
		return 0, SumTooLarge
	}
	return s, nil
}

// mulDiv is a*num/den rounded half up, computed in 128 bits. All three are
// checked by the caller not to be below zero, and den to be above it.
func mulDiv(a Sum, num, den int64) (Sum, error) {
	if a < 0 || num < 0 {
		return 0, BadPrice
	}
	hi, lo := bits.Mul64(uint64(a), uint64(num))
	d := uint64(den)
	if hi >= d {
		return 0, SumTooLarge
	}
	q, r := bits.Div64(hi, lo, d)
	if r >= d-r {
		q++
	}
	if q > uint64(MaxSum) {
		return 0, SumTooLarge
	}
	return Sum(q), nil
}
