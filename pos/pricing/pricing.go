// Package pricing turns a cheque into priced lines: pure, exact, explained.
//
// # Order
//
// A price is made in this order, each step from what the one before left:
//
//  1. the base: the item's price of the store's price type, or the price a
//     cashier typed; tobacco by its MRC; VAT put on top where prices are net
//  2. promotions of a priority below 0, in order of priority and id
//  3. the cloud's discounts, all at once: added up or the best, by strategy
//  4. the other promotions that work on units, groups of units and sets
//  5. the cashier's change of a line
//  6. promotions on the cheque as a whole
//  7. the cashier's change of the cheque, then the customer's bonus points
//  8. dropping of kopecks
//
// Where a cloud has calculated the cheque (cheque.Recalc) its sums stand in the
// place of steps 2 to 4, 6 and of the points; the cashier's changes come after.
//
// Tobacco and items whose discounts are prohibited keep their base price
// through all of it. No rule makes an item dearer, only a person does.
//
// # Exactness
//
// What works on one unit rounds the unit's price half up to a kopeck; the
// line is that price times the quantity. What is given as a sum (a free unit
// in a set of three, five percent off the cheque) is spread by one allocator,
// largest remainder, in proportion to what the lines come to, and never takes
// more from a line than it has. The sum of the lines is the total, always.
//
// A document's line needs a price in whole kopecks. Three pieces for 100.00
// are two at 33.33 and one at 33.34: such a row of the cheque becomes two
// lines. Weighed goods get only sums some price reaches, the kopecks between
// go to other lines; where there are none a kilogram becomes a line of its
// own. Nothing after this package ever splits a line.
//
// VAT is contained in the price and computed line by line, as the fiscal
// device does.
package pricing

import (
	"errors"
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// percentWhole is 100 % in thousandths of a percent.
const percentWhole = 100_000

var (
	// ErrNoPrice: the item has no price of the store's price type.
	ErrNoPrice = errors.New("pricing: no price")
	// ErrRate: the item's VAT rate is not in force on the day of the sale.
	ErrRate = errors.New("pricing: VAT rate not in force")
	// ErrManual: the store allows no change by hand, or not so much.
	ErrManual = errors.New("pricing: change by hand not allowed")
	// ErrFreePrice: the store does not let the cashier type this item's price.
	ErrFreePrice = errors.New("pricing: price by hand not allowed")
	// ErrCloud: a cloud's prices do not fit the cheque, or may not be.
	ErrCloud = errors.New("pricing: the cloud's prices do not fit")
	// ErrTobacco: the price is not one the law or the store allows.
	ErrTobacco = errors.New("pricing: tobacco price not allowed")
)

// How says when and how a cheque is priced.
type How struct {
	Now time.Time // in the till's own zone: days and hours of promotions are local
	// Round brings the total down to a multiple of so many kopecks, at most
	// MaxRound; 0 leaves it. For cash only: the law lets a till drop kopecks,
	// and nothing else is rounded.
	Round   money.Amount
	Country tax.Country // whose rates are allowed
}

// MaxRound is the most a total may be rounded to: whole roubles.
const MaxRound = money.Rouble

// Priced is a cheque with its prices.
type Priced struct {
	Rows     []Row      // the cheque's lines, in their order: what screens show
	Lines    []doc.Line // what the document holds: a row is one of them, or two
	Gross    money.Amount
	Discount money.Amount // below zero when made dearer by hand
	Total    money.Amount
	VAT      []doc.VATSum
}

// Row is one line of the cheque, priced.
type Row struct {
	First, Count int // its document lines, in Lines
	Gross        money.Amount
	Discount     money.Amount
	Total        money.Amount
}

// Price prices a cheque. It fails as a whole: ErrNoPrice, ErrRate,
// ErrFreePrice, ErrTobacco (all name the item), ErrManual or money.ErrRange.
func (r *Rules) Price(c *cheque.Cheque, how How) (Priced, error) {
	p := pass{r: r, c: c, how: how}
	if err := p.run(); err != nil {
		return Priced{}, err
	}
	return p.result()
}

// Explain prices a cheque and tells of every line how its price came about,
// and why rules that cover it did not work.
func (r *Rules) Explain(c *cheque.Cheque, how How) (Priced, Trace, error) {
	p := pass{r: r, c: c, how: how, trace: &Trace{}}
	if err := p.run(); err != nil {
		return Priced{}, Trace{}, err
	}
	priced, err := p.result()
	trace := p.trace.finish(&p, &priced)
	trace.Recalc = c.Recalc
	return priced, trace, err
}

// pass is one pricing of one cheque.
type pass struct {
	r     *Rules
	c     *cheque.Cheque
	how   How
	rows  []row
	takes []take
	hits  []int // room
	trace *Trace
}

// row is a line of the cheque on its way.
type row struct {
	line     *cheque.Line
	info     tax.Info
	base     money.Amount // of one unit
	gross    money.Amount
	unit     money.Amount // of one unit that is in no group yet
	total    money.Amount
	even     bool  // total is unit times quantity
	fixed    bool  // takes no discount
	touched  bool  // something automatic has made it cheaper
	alone    bool  // a promotion that stands alone has
	consumed int64 // units in groups
}

// take is what one rule took off one row.
type take struct {
	row, rule int
	sum       money.Amount
}

// Rules that are no rules of the shop have these numbers in takes.
const (
	byHandLine = -1 - iota
	byHandCheque
	byBonus
	byRounding
	byCloud
)

// Ids and names of what a cheque's discount may be made of beside rules.
const (
	ManualID = "manual"
	BonusID  = "bonus"
	RoundID  = "round"
	CloudID  = "cloud"
)

var special = map[int]doc.Reason{
	byHandLine:   {RuleID: ManualID, Name: "Скидка кассира"},
	byHandCheque: {RuleID: ManualID, Name: "Скидка кассира на чек"},
	byBonus:      {RuleID: BonusID, Name: "Бонусы"},
	byRounding:   {RuleID: RoundID, Name: "Округление"},
	byCloud:      {RuleID: CloudID, Name: "Скидка облака"},
}

func (p *pass) run() error {
	if p.how.Round < 0 || p.how.Round > MaxRound {
		return fmt.Errorf("pricing: rounding to %s: %w", p.how.Round, money.ErrRange)
	}
	p.rows = make([]row, len(p.c.Lines))
	for i := range p.rows {
		if err := p.begin(&p.rows[i], &p.c.Lines[i]); err != nil {
			return fmt.Errorf("%s: %w", p.c.Lines[i].Item.Name, err)
		}
	}
	if r := p.c.Recalc; r != nil && r.Online {
		if err := p.cloud(r); err != nil {
			return err
		}
		if err := p.byHand(); err != nil {
			return err
		}
		return p.finish()
	}
	members := p.members()
	for _, step := range p.r.steps {
		var err error
		if step == theDiscounts {
			err = p.discounts()
		} else {
			err = p.promotion(step, members[step])
		}
		if err != nil {
			return err
		}
		if step == p.r.lastLine {
			if err := p.byHand(); err != nil {
				return err
			}
		}
	}
	return p.finish()
}

// finish is what comes off the cheque as a whole, by hand and by law.
func (p *pass) finish() error {
	if err := p.adjustCheque(); err != nil {
		return err
	}
	if r := p.c.Recalc; r == nil || !r.Online { // the cloud has taken its points off already
		if err := p.spread(p.c.Bonus, byBonus, p.anyFree()); err != nil {
			return err
		}
	}
	if p.how.Round == 0 {
		return nil
	}
	var total money.Amount
	for i := range p.rows {
		total += p.rows[i].total
	}
	free, odd := p.anyFree(), total%p.how.Round
	if p.sumOf(free) < odd {
		return nil // nothing that may be rounded has so much
	}
	return p.spread(odd, byRounding, free)
}

// anyFree lists the rows that may take a discount.
func (p *pass) anyFree() []int {
	rows := make([]int, 0, len(p.rows))
	for i := range p.rows {
		if !p.rows[i].fixed {
			rows = append(rows, i)
		}
	}
	return rows
}

// setUnit gives one unit of a row another price.
func (p *pass) setUnit(i int, net money.Amount, rule int) error {
	r := &p.rows[i]
	if net == r.unit {
		return nil
	}
	before := r.total
	var err error
	if r.even {
		r.total, err = r.line.Qty.Times(net)
	} else { // some units are in groups: all get cheaper alike
		r.total, err = r.total.MulDiv(int64(net), int64(r.unit))
	}
	r.unit = net
	p.took(i, rule, before-r.total)
	return err
}

// takeOff takes a sum off a row.
func (p *pass) takeOff(i int, sum money.Amount, rule int) {
	r := &p.rows[i]
	r.total -= sum
	if r.line.Qty == oneUnit {
		r.unit = r.total // still even
	} else {
		r.even = false
	}
	p.took(i, rule, sum)
}

func (p *pass) took(i, rule int, sum money.Amount) {
	if sum == 0 {
		return
	}
	p.takes = append(p.takes, take{i, rule, sum})
	if rule >= 0 {
		p.rows[i].touched = true
	}
}

// reason names a rule.
func (p *pass) reason(rule int, sum money.Amount) doc.Reason {
	if rule < 0 {
		s := special[rule]
		s.Sum = sum
		return s
	}
	id, name := p.r.name(rule)
	return doc.Reason{RuleID: id, Name: name, Sum: sum}
}

// FFD tag 1214 and the two kinds of tag 1212 that need no further requisites.
const (
	fullSettlement = 4
	kindGoods      = 1
	kindService    = 4
)

// Kinds of marked goods in FFD 1.2, tag 2003 of a piece that is sold and of
// goods that are measured out of what has the code, and a unit of tag 2108.
const (
	kindExcise         = 2
	kindExciseUnmarked = 30
	kindExciseMarked   = 31
	kindUnmarked       = 32
	kindMarked         = 33
	pieceSold          = 1
	measuredSold       = 2
	litre              = 41
)

// markedKind is tag 1212 of goods that are marked, or should be.
func markedKind(it *catalog.Item, code bool) int {
	excise := it.Tobacco || it.Alcohol || it.Kind == kindExcise
	switch {
	case excise && code:
		return kindExciseMarked
	case excise:
		return kindExciseUnmarked
	case code:
		return kindMarked
	}
	return kindUnmarked
}

func kind(it *catalog.Item) int {
	switch {
	case it.Kind != 0:
		return it.Kind
	case it.Type == catalog.Service:
		return kindService
	}
	return kindGoods
}
