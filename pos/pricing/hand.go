package pricing

import (
	"fmt"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
)

// byHand applies the cashier's changes of single lines.
func (p *pass) byHand() error {
	for i := range p.rows {
		r := &p.rows[i]
		a := r.line.Adjust
		if a.None() {
			continue
		}
		if err := p.mayAdjust(a, r.total, r.fixed); err != nil {
			return fmt.Errorf("%s: %w", r.line.Item.Name, err)
		}
		if a.Percent != 0 && r.even {
			net, err := r.unit.MulDiv(percentWhole-a.Percent, percentWhole)
			if err == nil {
				err = p.setUnit(i, net, byHandLine)
			}
			if err != nil {
				return err
			}
			continue
		}
		sum, err := adjusted(a, r.total)
		if err != nil {
			return err
		}
		p.takeOff(i, sum, byHandLine)
	}
	return nil
}

// mayAdjust checks a change by hand against what the store allows and what
// there is to be changed.
func (p *pass) mayAdjust(a *cheque.Adjust, total money.Amount, fixed bool) error {
	sum, err := adjusted(a, total)
	switch {
	case err != nil:
		return err
	case !p.r.c.Manual || fixed || (a.Percent != 0 && a.Sum != 0) || sum > total:
		return ErrManual
	case a.Percent != 0 && abs(a.Percent) > p.r.c.MaxManual:
		return ErrManual
	case a.Sum != 0:
		most, err := total.MulDiv(p.r.c.MaxManual, percentWhole)
		if err != nil || abs(int64(a.Sum)) > int64(most) {
			return ErrManual
		}
	}
	return nil
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// adjusted is what a change takes off a sum.
func adjusted(a *cheque.Adjust, total money.Amount) (money.Amount, error) {
	if a.Percent != 0 {
		return total.MulDiv(a.Percent, percentWhole)
	}
	return a.Sum, nil
}

// adjustCheque applies the cashier's change of the whole cheque to what may be
// changed of it.
func (p *pass) adjustCheque() error {
	a := p.c.Adjust
	if a.None() {
		return nil
	}
	rows := p.anyFree()
	total := p.sumOf(rows)
	if err := p.mayAdjust(a, total, false); err != nil {
		return err
	}
	for i := range p.rows {
		if p.rows[i].fixed {
			p.note(i, byHandCheque, p.rows[i].refuses())
		}
	}
	sum, err := adjusted(a, total)
	if err != nil {
		return err
	}
	return p.spread(sum, byHandCheque, rows)
}
