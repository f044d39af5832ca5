package cheque

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of what a cheque's prices depend on beside its lines.
const (
	MaxCoupons = 20
	MaxCoupon  = 64 // characters of one
)

var (
	// ErrCoupon: empty, too long, or there are MaxCoupons already.
	ErrCoupon = errors.New("cheque: coupon")
	// ErrNoCoupon: the cheque has no such coupon.
	ErrNoCoupon = errors.New("cheque: no such coupon")
	// ErrAdjust: a percent and a sum at once, or out of range.
	ErrAdjust = errors.New("cheque: change of a price")
	// ErrPrice: below zero or too much.
	ErrPrice = errors.New("cheque: price")
)

// Adjust is a price change by hand, on a line or on the whole cheque: a
// percent or a sum, never both.
type Adjust struct {
	Percent int64        `json:"percent,omitempty"` // thousandths of a percent; above zero cheaper, below dearer
	Sum     money.Amount `json:"sum,omitempty"`     // kopecks off the line or cheque; below zero dearer
	Who     string       `json:"who,omitempty"`     // cashier's id, when somebody else allowed it
}

// None tells whether it changes nothing.
func (a *Adjust) None() bool { return a == nil || (a.Percent == 0 && a.Sum == 0) }

// percentWhole is 100 % in thousandths of a percent.
const percentWhole = 100_000

// check refuses what can not be meant. A percent takes at most everything and
// adds at most as much again.
func (a *Adjust) check() error {
	if a == nil {
		return nil
	}
	if (a.Percent != 0 && a.Sum != 0) || max(a.Percent, -a.Percent) > percentWhole || max(a.Sum, -a.Sum) > money.Max {
		return ErrAdjust
	}
	return nil
}

// AdjustLine plans a change of one line's price by hand; nil takes it back.
func (c Cheque) AdjustLine(id uuid.UUID, a *Adjust, at time.Time) (Change, error) {
	if err := a.check(); err != nil {
		return Change{}, err
	}
	i := c.Find(id)
	if i < 0 {
		return Change{}, ErrNoLine
	}
	if a.None() {
		a = nil
	}
	l := c.Lines[i]
	l.Adjust = a
	ch := c.change(at)
	ch.Line = &l
	return ch, nil
}

// SetPrice plans a price typed by hand; 0 goes back to the catalogue's.
func (c Cheque) SetPrice(id uuid.UUID, price money.Amount, at time.Time) (Change, error) {
	if price < 0 || price > money.Max {
		return Change{}, ErrPrice
	}
	i := c.Find(id)
	if i < 0 {
		return Change{}, ErrNoLine
	}
	l := c.Lines[i]
	l.Price = price
	ch := c.change(at)
	ch.Line = &l
	return ch, nil
}

// AdjustAll plans a change of the whole cheque's price by hand; nil takes it
// back.
func (c Cheque) AdjustAll(a *Adjust, at time.Time) (Change, error) {
	if err := a.check(); err != nil {
		return Change{}, err
	}
	ch := c.change(at)
	ch.Adjust = &Adjust{}
	if !a.None() {
		ch.Adjust = a
	}
	return ch, nil
}

// SetCustomer plans who the customer is; nil: nobody known. Points of another
// customer are not spent any more.
func (c Cheque) SetCustomer(who *catalog.Customer, at time.Time) Change {
	ch := c.change(at)
	ch.Customer = &catalog.Customer{}
	if who != nil {
		ch.Customer = who
	}
	if c.Bonus != 0 && (c.Customer == nil || c.Customer.ID != ch.Customer.ID) {
		ch.Bonus = new(money.Amount)
	}
	return ch
}

// AddCoupon plans that a coupon was given. One that was given already changes
// nothing.
func (c Cheque) AddCoupon(code string, at time.Time) (Change, error) {
	code = strings.TrimSpace(code)
	have := slices.Contains(c.Coupons, code)
	if code == "" || utf8.RuneCountInString(code) > MaxCoupon || !utf8.ValidString(code) || (!have && len(c.Coupons) >= MaxCoupons) {
		return Change{}, ErrCoupon
	}
	all := slices.Clone(c.Coupons)
	if !have {
		all = append(all, code)
	}
	ch := c.change(at)
	ch.Coupons = &all
	return ch, nil
}

// RemoveCoupon plans that a coupon was taken back.
func (c Cheque) RemoveCoupon(code string, at time.Time) (Change, error) {
	i := slices.Index(c.Coupons, code)
	if i < 0 {
		return Change{}, ErrNoCoupon
	}
	all := slices.Delete(slices.Clone(c.Coupons), i, i+1)
	ch := c.change(at)
	ch.Coupons = &all
	return ch, nil
}

// SpendBonus plans how much of the customer's points, as money, is spent.
func (c Cheque) SpendBonus(sum money.Amount, at time.Time) (Change, error) {
	if sum < 0 || sum > money.Max {
		return Change{}, ErrPrice
	}
	ch := c.change(at)
	ch.Bonus = &sum
	return ch, nil
}

// applyTerms takes over what a change says of prices beside lines.
func (c *Cheque) applyTerms(ch Change) {
	if ch.Customer != nil {
		if c.Customer = ch.Customer; ch.Customer.ID == "" {
			c.Customer = nil
		}
	}
	if ch.Coupons != nil {
		c.Coupons = *ch.Coupons
	}
	if ch.Adjust != nil {
		if c.Adjust = ch.Adjust; ch.Adjust.None() {
			c.Adjust = nil
		}
	}
	if ch.Bonus != nil {
		c.Bonus = *ch.Bonus
	}
	if ch.Rules != "" {
		c.Rules = ch.Rules
	}
}
