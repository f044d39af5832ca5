package catalog

import "github.com/kassa-pos/kassa/pos/money"

// Customer is a known customer, as far as prices depend on him. Name and
// contact are not here: they are people's data and live elsewhere.
type Customer struct {
	ID       string             `json:"id"`
	Tags     []string           `json:"tags,omitempty"`
	Spent    money.Amount       `json:"spent,omitempty"`    // bought so far, for accumulation discounts
	Personal []PersonalDiscount `json:"personal,omitempty"` // what was agreed with him
}

// PersonalDiscount is a customer's own part in one of the discounts.
type PersonalDiscount struct {
	DiscountID string       `json:"discount_id"`
	Percent    int64        `json:"percent,omitempty"`    // of a personal discount, thousandths of a percent
	Correction money.Amount `json:"correction,omitempty"` // counts as bought, for an accumulation discount
}

// Tagged tells whether the customer has one of the tags.
func (c *Customer) Tagged(tags []string) bool {
	if c == nil {
		return false
	}
	for _, t := range tags {
		for _, have := range c.Tags {
			if t == have {
				return true
			}
		}
	}
	return false
}

// of finds the customer's own part in a discount.
func (c *Customer) of(discountID string) (PersonalDiscount, bool) {
	if c != nil {
		for _, p := range c.Personal {
			if p.DiscountID == discountID {
				return p, true
			}
		}
	}
	return PersonalDiscount{}, false
}

// PercentFor is what a discount gives this customer, in thousandths of a
// percent; 0: nothing. A nil customer is the one nobody knows.
func (d *Discount) PercentFor(c *Customer) int64 {
	switch d.Kind {
	case Personal:
		p, _ := c.of(d.ID)
		return p.Percent
	case Accumulation:
		if c == nil {
			return 0
		}
		own, _ := c.of(d.ID)
		spent := c.Spent + own.Correction
		var reached money.Amount
		var percent int64
		for _, l := range d.Levels {
			if l.Amount <= spent && l.Amount >= reached {
				reached, percent = l.Amount, l.Percent
			}
		}
		return percent
	}
	return d.Percent
}
