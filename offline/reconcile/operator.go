package reconcile

import (
	"fmt"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/fault"
)

// ways of paying, in the order of a block.
var ways = [6]string{"cash", "electronic", "prepaid", "credit", "provision", "total"}

func figures(b *ofd.Block) [6]ofd.Figure {
	return [6]ofd.Figure{b.Cash, b.Ecash, b.Prepaid, b.Credit, b.Provision, b.Total}
}

// operator compares with the operator, shift by shift.
func (c *comparing) operator() {
	theirs := map[shift]*ofd.Shift{}
	for i := range c.in.OFD.Shifts {
		s := &c.in.OFD.Shifts[i]
		theirs[shift{s.FN, s.Shift}] = s
	}
	report, err := c.book.Report(ofd.Query{From: "0001-01-01", To: "9999-12-31"})
	if err != nil {
		panic(err) // a constant request
	}
	for i := range report.Data {
		ours := &report.Data[i]
		their := theirs[shift{ours.FN, ours.Shift}]
		if their == nil {
			c.noShift(ours)
			continue
		}
		row := c.row(ours.FN, ours.Shift)
		mine, other := ours.Blocks(), their.Blocks()
		for op := range mine {
			if *other[op] == nil {
				continue
			}
			total := (**other[op]).Total
			if total.Sum != nil {
				of(&row.OFD).Sums[op] = *total.Sum
			}
			if total.Count != nil {
				of(&row.OFD).Counts[op] = *total.Count
			}
			for w, f := range figures(*other[op]) {
				switch {
				case w == len(Ways{}): // in all
				case f.Sum != nil:
					of(&row.OFD).Ways[op][w] = *f.Sum
				default:
					of(&row.OFD).Partly = true
				}
			}
			c.block(ours, op, figures(*mine[op]), figures(*other[op]))
		}
	}
}

// noShift tells of a shift the operator knows nothing of: it may be on its
// way as a whole.
func (c *comparing) noShift(s *ofd.Shift) {
	late := c.late(s)
	var receipts, waiting int64
	for op, b := range s.Blocks() {
		receipts += *(*b).Total.Count
		waiting += late.each[op][5]
	}
	c.tell(Difference{Code: fault.ReconcileNoShift, Side: SideOFD, FN: s.FN, Shift: s.Shift, Pending: c.in.FN.Why == "" && waiting == receipts && waiting > 0,
		Args: []string{fmt.Sprint(s.Shift), s.FN}})
}

// late is what is on its way of a shift.
func (c *comparing) late(s *ofd.Shift) (all unsent) {
	for _, u := range c.unsent[shift{s.FN, s.Shift}] {
		for op := range u.way {
			for w := range u.way[op] {
				all.way[op][w] += u.way[op][w]
				all.each[op][w] += u.each[op][w]
			}
		}
	}
	return all
}

// block compares an operation of a shift. What is not told is not compared.
func (c *comparing) block(s *ofd.Shift, op int, mine, other [6]ofd.Figure) {
	late := c.late(s)
	for w := range mine {
		want, wants := *mine[w].Sum, *mine[w].Count
		have, has := want, wants
		if other[w].Sum != nil {
			have = *other[w].Sum
		}
		if other[w].Count != nil {
			has = *other[w].Count
		}
		if have == want && has == wants {
			continue
		}
		onTheWay := (other[w].Sum == nil || want-have == late.way[op][w]) && (other[w].Count == nil || wants-has == late.each[op][w])
		code := fault.ReconcileOFDSum
		if onTheWay {
			code = fault.ReconcileOFDLate
		}
		c.tell(Difference{Code: code, Side: SideOFD, FN: s.FN, Shift: s.Shift, Pending: onTheWay, Want: want, Have: have,
			Args: []string{fmt.Sprint(s.Shift), ofd.Operations[op], ways[w], fmt.Sprintf("%s (%d)", want, wants), fmt.Sprintf("%s (%d)", have, has)}})
	}
}
