package reconcile

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

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
	unasked := 0
	for i := range c.in.Journal {
		d := &c.in.Journal[i]
		if !wanted[d.Type] || closes(d) && closing[d.ShiftID] != d {
			continue
		}
		way := c.in.Cloud.Sent[d.ID]
		if way == Kept {
			c.result.Kept++
			continue
		}
		look, looked := c.in.Cloud.Looks[d.ID]
		if _, can := c.in.Cloud.Places[d.ID]; can && !looked {
			unasked++
		}
		c.arrival(d, way, looked, look.There)
		if looked && look.There {
			c.altered(d, look)
		}
		c.inCloud(d, way, looked, look)
	}
	if unasked > 0 {
		c.tell(Difference{Code: fault.ReconcileUnasked, Side: SideCloud, Pending: true, Args: []string{fmt.Sprint(unasked), c.in.Cloud.Unasked}})
	}
}

// arrival tells whether a document is where the journal thinks it is.
func (c *comparing) arrival(d *doc.Document, way Sent, looked, there bool) {
	diff := c.about("", SideCloud, d)
	diff.Want, diff.Args = sumOf(d), []string{d.Name}
	switch {
	case way == Parked && there:
		diff.Code = fault.ReconcileParkedThere
	case way == Parked:
		diff.Code = fault.ReconcileParked
	case way != Delivered && there:
		diff.Code, diff.Pending = fault.ReconcileArrived, true
	case way != Delivered:
		diff.Code, diff.Pending = fault.ReconcileQueued, true
	case looked && !there:
		diff.Code = fault.ReconcileLost
	default:
		return
	}
	c.tell(diff)
}

// altered tells what of a document is not in the cloud as it should be there.
func (c *comparing) altered(d *doc.Document, look Looked) {
	place := c.in.Cloud.Places[d.ID]
	tell := func(code fault.Code, args ...string) {
		diff := c.about(code, SideCloud, d)
		diff.Want, diff.Have, diff.Args = place.Sum, look.Sum, append([]string{d.Name}, args...)
		c.tell(diff)
	}
	if place.Sum != look.Sum {
		tell(fault.ReconcileCloudSum, place.Sum.String(), look.Sum.String())
	} else if place.Ways != nil && look.Ways != nil {
		for i, sum := range place.Ways {
			if sum != look.Ways[i] {
				tell(fault.ReconcileCloudWay, ways[i], sum.String(), look.Ways[i].String())
			}
		}
	}
	if place.Day != look.Day && place.Day != "" && look.Day != "" {
		tell(fault.ReconcileCloudDay, place.Day, look.Day)
	}
}

// inCloud adds a receipt to what the cloud has: what it was seen to have, or
// what it has accepted.
func (c *comparing) inCloud(d *doc.Document, way Sent, looked bool, look Looked) {
	f := d.Fiscal
	if f == nil || d.Receipt == nil || looked && !look.There || !looked && way != Delivered {
		return
	}
	sum, paid := d.Receipt.Total, c.waysOf(d)
	place := c.in.Cloud.Places[d.ID]
	switch {
	case !looked:
	case place.Ways == nil: // a movement of cash stands for it there
		sum += look.Sum - place.Sum
		if look.Sum != place.Sum {
			paid = nil
		}
	default:
		sum, paid = look.Sum, look.Ways
	}
	of(&c.row(f.FN, f.Shift).Cloud).add(operation(d), sum, paid)
}

// sumOf is what a document is about.
func sumOf(d *doc.Document) money.Amount {
	switch {
	case d.Receipt != nil:
		return d.Receipt.Total
	case d.Cash != nil:
		return d.Cash.Sum
	}
	return 0
}
