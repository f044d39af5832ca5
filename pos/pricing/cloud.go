package pricing

import (
	"fmt"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
)

// cloud takes the sums a cloud has calculated. What is off a line is its share
// of the points that were spent, and else the cloud's discount. A cloud makes
// nothing dearer, and the law's price of tobacco stands above its.
func (p *pass) cloud(r *cheque.Recalc) error {
	if len(r.Totals) != len(p.rows) {
		return fmt.Errorf("%w: %d sums for %d lines", ErrCloud, len(r.Totals), len(p.rows))
	}
	offs := make([]money.Amount, len(p.rows))
	var all money.Amount
	for i := range p.rows {
		row := &p.rows[i]
		offs[i] = row.total - r.Totals[i]
		all += offs[i]
		if r.Totals[i] < 0 || offs[i] < 0 || (row.line.Item.Tobacco && offs[i] != 0) {
			return fmt.Errorf("%s: %w: %s instead of %s", row.line.Item.Name, ErrCloud, r.Totals[i], row.total)
		}
	}
	if r.Bonus < 0 || r.Bonus > all {
		return fmt.Errorf("%w: %s paid with points, %s off", ErrCloud, r.Bonus, all)
	}
	points := make([]money.Amount, len(offs))
	if r.Bonus > 0 {
		var err error
		if points, err = money.Allocate(r.Bonus, offs); err != nil {
			return err
		}
	}
	for i, off := range offs {
		if rest := off - points[i]; rest != 0 {
			p.takeOff(i, rest, byCloud)
		}
		if points[i] != 0 {
			p.takeOff(i, points[i], byBonus)
		}
	}
	return nil
}
