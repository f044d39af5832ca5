package reconcile

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
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

func closes(d *doc.Document) bool { return d.Type == doc.ZReport || d.Type == doc.CloseSession }

// closing chooses, of the two documents that close a shift, the one that
// speaks for both: a queue sends one of them.
func (c *comparing) closing() map[uuid.UUID]*doc.Document {
	rank := map[Sent]int{Parked: 1, Kept: 2, Delivered: 3}
	best := map[uuid.UUID]*doc.Document{}
	for i := range c.in.Journal {
		d := &c.in.Journal[i]
		if !closes(d) {
			continue
		}
		if b := best[d.ShiftID]; b == nil || rank[c.in.Cloud.Sent[d.ID]] > rank[c.in.Cloud.Sent[b.ID]] {
			best[d.ShiftID] = d
		}
	}
	return best
}

// cloud compares with the cloud, document by document.
func (c *comparing) cloud() {
	wanted := map[doc.Type]bool{}
	for _, t := range c.in.Cloud.Wants {
		wanted[t] = true
	}
	closing := c.closing()
	for i := range c.in.Journal {
		d := &c.in.Journal[i]
		if !wanted[d.Type] || closes(d) && closing[d.ShiftID] != d {
			continue
		}
		way := c.in.Cloud.Sent[d.ID]
		look, looked := c.in.Cloud.Looks[d.ID]
		sum := money.Amount(0)
		switch {
		case d.Receipt != nil:
			sum = d.Receipt.Total
		case d.Cash != nil:
			sum = d.Cash.Sum
		}
		diff := c.about("", SideCloud, d)
		diff.Want, diff.Args = sum, []string{d.Name}
		switch {
		case way == Kept:
			c.result.Kept++
		case way == Parked:
			diff.Code = fault.ReconcileParked
		case way != Delivered:
			diff.Code, diff.Pending = fault.ReconcileQueued, true
		case looked && !look.There:
			diff.Code = fault.ReconcileLost
		case looked && look.Told && look.Sum != sum:
			diff.Code, diff.Have = fault.ReconcileCloudSum, look.Sum
			diff.Args = append(diff.Args, sum.String(), look.Sum.String())
		}
		if diff.Code != "" {
			c.tell(diff)
		}
		if f := d.Fiscal; way == Delivered && f != nil && d.Receipt != nil && !(looked && !look.There) {
			there := sum
			if looked && look.Told {
				there = look.Sum
			}
			of(&c.row(f.FN, f.Shift).Cloud).add(operation(d), there)
		}
	}
}
