package stock

import (
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Total is what a sheet comes to, for a person to look at before it is
// finished.
type Total struct {
	Goods int          // kinds of goods
	Units qty.Milli    // all quantities together
	Sum   money.Amount // at cost for ACCEPT and RETURN, else at the price; of REVALUATION none
	// Missing is the name of the first line that the document can not do
	// without something of: REVALUATION its new price.
	Missing string
	NoCost  int // lines of ACCEPT and RETURN that say no cost

	// Of INVENTORY: what is there against what should be.
	Short, Over Gap
	Differences []Difference // in the order the goods were first scanned
}

// Gap is goods that are missing, or that nobody expected.
type Gap struct {
	Goods int
	Sum   money.Amount // at the price
}

// Difference is one kind of goods of which there is not what there should be.
type Difference struct {
	Name, Unit  string
	Before, Qty qty.Milli
}

// Total works it out. money.ErrRange when a sum is beyond what a document holds.
func (s *Sheet) Total() (Total, error) {
	body, err := s.Body()
	if err != nil {
		return Total{}, err
	}
	t := Total{Sum: body.Sum}
	found := map[string]int{} // item -> place in all
	all := []Difference{}
	prices := []money.Amount{}
	for i := range s.Lines {
		l := &s.Lines[i]
		t.Units += l.Qty
		if s.Type == doc.Revaluation && l.Price == 0 && t.Missing == "" {
			t.Missing = l.Item.Name
		}
		if (s.Type == doc.Accept || s.Type == doc.Return) && l.Cost == 0 {
			t.NoCost++
		}
		at, again := found[l.Item.ID] // marked units are a line each
		if !again {
			at = len(all)
			found[l.Item.ID] = at
			all, prices = append(all, Difference{Name: l.Item.Name, Unit: l.Item.Unit, Before: l.Item.Stock}), append(prices, l.Price)
		}
		all[at].Qty += l.Qty
	}
	t.Goods = len(all)
	if s.Type != doc.Inventory {
		return t, nil
	}
	return t, t.compare(all, prices)
}

// compare fills in what an inventory found.
func (t *Total) compare(all []Difference, prices []money.Amount) error {
	for i, d := range all {
		gap, by := &t.Over, d.Qty-d.Before
		switch {
		case by == 0:
			continue
		case by < 0:
			gap, by = &t.Short, -by
		}
		worth, err := by.Times(prices[i])
		if err != nil {
			return err
		}
		if gap.Sum += worth; gap.Sum > money.Max {
			return money.ErrRange
		}
		gap.Goods++
		t.Differences = append(t.Differences, d)
	}
	return nil
}
