package pricing

import (
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Why says why a rule that covers a line did not work on it.
type Why string

// The reasons.
const (
	WhyTobacco     Why = "tobacco"      // the law allows no discount on it
	WhyProhibited  Why = "prohibited"   // the shop allows none on this item
	WhyCustomer    Why = "customer"     // it is for other customers
	WhyDay         Why = "day"          // not today
	WhyHour        Why = "hour"         // not now
	WhyCoupon      Why = "coupon"       // its coupon was not given
	WhyAmount      Why = "amount"       // what it covers does not come to enough
	WhyFew         Why = "few"          // too few units
	WhyNoPrice     Why = "no_price"     // the item has no price of its price type
	WhyDearer      Why = "dearer"       // it would not make it cheaper
	WhyBeaten      Why = "beaten"       // another takes more
	WhyAlone       Why = "alone"        // one that stands alone has worked already
	WhyTouched     Why = "touched"      // it stands alone and another has worked already
	WhyNothingLeft Why = "nothing_left" // the line comes to nothing already
)

// Whys lists all reasons.
func Whys() []Why {
	return []Why{WhyTobacco, WhyProhibited, WhyCustomer, WhyDay, WhyHour, WhyCoupon, WhyAmount, WhyFew, WhyNoPrice, WhyDearer,
		WhyBeaten, WhyAlone, WhyTouched, WhyNothingLeft}
}

// Trace explains a priced cheque.
type Trace struct {
	Lines []LineTrace `json:"lines"`
	// Recalc says whose prices these are where a cloud is asked for them.
	Recalc *cheque.Recalc `json:"recalc,omitempty"`
	notes  []note
}

// LineTrace explains one line of the cheque.
type LineTrace struct {
	Line     uuid.UUID    `json:"line"`
	Name     string       `json:"name"`
	Base     money.Amount `json:"base_price"`
	ByHand   bool         `json:"base_by_hand,omitempty"` // the cashier typed the price
	Gross    money.Amount `json:"gross"`
	Steps    []Step       `json:"steps"`
	Total    money.Amount `json:"total"`
	Rate     tax.Rate     `json:"rate"`
	VAT      money.Amount `json:"vat"`
	Parts    int          `json:"parts"` // document lines it becomes
	Discount money.Amount `json:"discount"`
}

// Step is one rule at one line: what it took, or why it did not work.
type Step struct {
	RuleID string       `json:"rule_id"`
	Name   string       `json:"name"`
	Took   money.Amount `json:"took,omitempty"`
	Why    Why          `json:"why,omitempty"`
}

type note struct {
	row, rule int
	why       Why
}

// note remembers that a rule did not work on a row. The first reason stands.
func (p *pass) note(i, rule int, why Why) {
	if p.trace == nil || why == "" {
		return
	}
	for _, n := range p.trace.notes {
		if n.row == i && n.rule == rule {
			return
		}
	}
	p.trace.notes = append(p.trace.notes, note{i, rule, why})
}

func (p *pass) noteAll(rows []int, rule int, why Why) {
	if p.trace == nil {
		return
	}
	for _, i := range rows {
		p.note(i, rule, why)
	}
}

func (p *pass) whyNotDiscounts(i int, why Why) {
	if p.trace == nil {
		return
	}
	for _, h := range p.hits {
		p.note(i, p.rule(h), why)
	}
}

// finish puts the explanation together.
func (t *Trace) finish(p *pass, priced *Priced) Trace {
	for i := range p.rows {
		r := &p.rows[i]
		l := LineTrace{Line: r.line.ID, Name: r.line.Item.Name, Base: r.base, ByHand: r.line.Price > 0, Gross: r.gross, Steps: []Step{},
			Total: r.total, Rate: r.line.Item.Rate, Discount: r.gross - r.total, Parts: priced.Rows[i].Count}
		for _, d := range priced.Lines[priced.Rows[i].First:][:l.Parts] {
			l.VAT += d.VAT
		}
		worked := map[int]bool{}
		for _, tk := range p.takes {
			if tk.row == i {
				reason := p.reason(tk.rule, tk.sum)
				worked[tk.rule] = true
				l.Steps = append(l.Steps, Step{RuleID: reason.RuleID, Name: reason.Name, Took: tk.sum})
			}
		}
		for _, n := range t.notes {
			if n.row == i && !worked[n.rule] {
				reason := p.reason(n.rule, 0)
				l.Steps = append(l.Steps, Step{RuleID: reason.RuleID, Name: reason.Name, Why: n.why})
			}
		}
		t.Lines = append(t.Lines, l)
	}
	return Trace{Lines: t.Lines}
}
