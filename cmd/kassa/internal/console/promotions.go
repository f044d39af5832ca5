package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

// promotionsPath takes a whole file in a form.
const promotionsPath = "/do/promotions"

// maxForm is the most bytes a form with a file may have: each byte may be
// written as three.
const maxForm = 3*pricing.MaxFile + MaxBody

// promotionView is a rule in words.
type promotionView struct {
	Name, Gives, When string
	Own               bool // from a file, not with the catalogue
}

// promotionsDialog lists the rules that make items cheaper.
func promotionsDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	all := []promotionView{}
	for _, p := range s.V.Promotions() {
		all = append(all, promotionView{p.Name, s.gives(&p.Give), s.when(&p.Promotion), p.Own})
	}
	return all, nil
}

// setPromotions takes "file", the text of a file of promotions, or "empty" for none.
// Nothing of a file with a fault is taken.
func setPromotions(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	if form.Get("empty") != "" {
		return till.SetPromotions{}, nil
	}
	all, faults := pricing.ReadFile([]byte(form.Get("file")))
	if len(faults) > 0 {
		return nil, fault.New(fault.BadRequest, faults[0].String())
	}
	return till.SetPromotions{Promotions: all}, nil
}

// percent is a thousandth of a percent as a person writes it.
func (s *screen) percent(p int64) string { return s.loc.qty(qty.Milli(p)) }

// gives says in words what a promotion gives.
func (s *screen) gives(e *catalog.Effect) string {
	sum := s.Money(e.Sum)
	switch e.Kind {
	case catalog.GivePercent:
		return s.loc.must("give.percent", s.percent(e.Percent))
	case catalog.GiveMoney:
		return s.loc.must("give.money", sum)
	case catalog.GivePrice:
		return s.loc.must("give.price", sum)
	case catalog.GivePriceType:
		return s.loc.must("give.price_type", e.PriceType)
	case catalog.GiveStages:
		var steps []string
		for _, st := range e.Stages {
			steps = append(steps, s.loc.must("give.stage", s.loc.qty(st.From), s.percent(st.Percent)))
		}
		return strings.Join(steps, ", ")
	case catalog.GiveNForM:
		return s.loc.must("give.n_for_m", e.N, e.M)
	case catalog.GiveNth:
		return s.loc.must("give.nth", e.N, s.percent(e.Percent))
	case catalog.GiveSet:
		var units int64
		for _, p := range e.Parts {
			units += p.Units
		}
		return s.loc.must("give.set", units, sum)
	case catalog.GiveChequePercent:
		return s.loc.must("give.cheque_percent", s.percent(e.Percent))
	case catalog.GiveChequeMoney:
		return s.loc.must("give.cheque_money", sum)
	}
	return string(e.Kind)
}

// when says in words on what and under which conditions a promotion works.
func (s *screen) when(p *catalog.Promotion) string {
	w := &p.When
	var all []string
	add := func(is bool, key string, args ...any) {
		if is {
			all = append(all, s.loc.must(key, args...))
		}
	}
	add(p.On.All, "when.all")
	add(len(p.On.Items) > 0, "when.items", len(p.On.Items))
	add(len(p.On.Folders) > 0, "when.folders", len(p.On.Folders))
	add(w.From != "", "when.from", w.From)
	add(w.Until != "", "when.until", w.Until)
	if len(w.Weekdays) > 0 {
		var days []string
		for _, d := range slices.Sorted(slices.Values(w.Weekdays)) {
			days = append(days, s.loc.must("day."+strconv.Itoa(d%7)))
		}
		all = append(all, strings.Join(days, ", "))
	}
	for _, h := range w.Hours {
		all = append(all, h.From+"–"+h.Until)
	}
	add(len(w.Tags) > 0, "when.tags", strings.Join(w.Tags, ", "))
	add(w.Known, "when.known")
	add(w.Coupon != "", "when.coupon", w.Coupon)
	add(w.Amount > money.Amount(0), "when.amount", s.Money(w.Amount))
	return strings.Join(all, " · ")
}
