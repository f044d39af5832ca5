package catalog

import (
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
)

// Customer is a known customer, as far as prices depend on him. Name and
// contact are not here: they are people's data and live elsewhere.
type Customer struct {
	ID       string             `json:"id"`
	Tags     []string           `json:"tags,omitempty"`
	Spent    money.Amount       `json:"spent,omitempty"`    // bought so far, for accumulation discounts
	Personal []PersonalDiscount `json:"personal,omitempty"` // what was agreed with him
	// Bonus is how much the points are worth that may be spent, as the cloud has
	// said a moment ago; nil: it was not asked or did not answer, so none can be
	// spent.
	Bonus *money.Amount `json:"bonus,omitempty"`
	// BonusProgram is the cloud's id of the programme the points belong to, and
	// Point what one of them is worth; 0: a rouble.
	BonusProgram string       `json:"bonus_program,omitempty"`
	Point        money.Amount `json:"point,omitempty"`
}

// Points is how many points pay a sum: a part of one counts as a whole one.
func (c *Customer) Points(sum money.Amount) int64 {
	point := c.Point
	if point <= 0 {
		point = money.Rouble
	}
	return int64((sum + point - 1) / point)
}

// CustomerCard is a known customer as a till shows him: with what identifies
// people.
type CustomerCard struct {
	Customer
	Name  string `json:"name"`
	Card  string `json:"card,omitempty"`  // number of the discount card, as CardDigits gives it
	Phone string `json:"phone,omitempty"` // as PhoneDigits gives it
	Email string `json:"email,omitempty"`
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

// phoneDigits of a Russian number, with its country code.
const phoneDigits = 11

// PhoneDigits makes one number of its spellings: "+7 (916) 123-45-67",
// "8 916 1234567" and "9161234567" are 79161234567. Numbers of other lengths
// keep their digits. It is "" when there are none.
func PhoneDigits(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	switch s := b.String(); {
	case len(s) == phoneDigits && s[0] == '8' && !strings.HasPrefix(strings.TrimSpace(text), "+"):
		return "7" + s[1:]
	case len(s) == phoneDigits-1 && s[0] == '9':
		return "7" + s
	default:
		return s
	}
}

// CardDigits makes one number of a card's spellings: without spaces and
// hyphens, letters as capitals.
func CardDigits(text string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r <= ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, text))
}
