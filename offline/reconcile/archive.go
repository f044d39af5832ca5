package reconcile

import (
	"fmt"
	"slices"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// Forms of fiscal documents (FFD) by what the till calls them.
var forms = map[doc.Type]int{doc.PosOpenSession: 2, doc.ZReport: 5, doc.StateReport: 21, doc.Sell: 3, doc.Payback: 3, doc.Buy: 3, doc.Buyback: 3, doc.Correction: 31}

// archive compares with the FN, document by document.
func (c *comparing) archive() {
	known := map[uint32]*doc.Document{}
	for i := range c.in.Journal {
		d := &c.in.Journal[i]
		if f := d.Fiscal; f != nil && f.FN == c.in.FN.Number && f.FD > 0 && forms[d.Type] != 0 {
			known[f.FD] = d
		}
	}
	c.unsent = map[shift][]unsent{}
	stored := map[uint32]bool{}
	for i := range c.in.FN.Documents {
		a := &c.in.FN.Documents[i]
		stored[a.FD] = true
		d := known[a.FD]
		if a.Receipt() {
			number := a.Shift
			if d != nil {
				number = d.Fiscal.Shift // the archive's short form does not name it
			}
			if number > 0 {
				of(&c.row(a.FN, number).InFN).add(a.OpType-1, money.Amount(a.Total))
			}
		}
		switch {
		case d != nil:
			c.same(d, a)
			c.confirmed(d, a)
		case !a.Technical():
			c.foreign(a)
		}
	}
	for fd, d := range known {
		if fd >= c.in.FN.First && fd <= c.in.FN.Last && !stored[fd] {
			diff := c.about(fault.ReconcileNotInFN, SideFN, d)
			diff.Args = []string{d.Name, fmt.Sprint(fd)}
			c.tell(diff)
		}
	}
}

// about makes a difference about a document of the journal.
func (c *comparing) about(code fault.Code, side Side, d *doc.Document) Difference {
	diff := Difference{Code: code, Side: side, Document: d.ID, Number: d.Number, Type: d.Type}
	if f := d.Fiscal; f != nil {
		diff.FN, diff.FD, diff.Shift = f.FN, f.FD, f.Shift
	}
	if d.Receipt != nil {
		diff.Want = d.Receipt.Total
	}
	return diff
}

// same holds a document against its place in the archive.
func (c *comparing) same(d *doc.Document, a *kkt.FNDocument) {
	diff := c.about(fault.ReconcileDiffers, SideFN, d)
	diff.Have = money.Amount(a.Total)
	diff.Args = []string{d.Name, fmt.Sprint(a.FD)}
	receipt := d.Receipt != nil
	switch {
	case a.Sign != d.Fiscal.Sign:
		diff.Args = append(diff.Args, fmt.Sprintf("%d, %d", d.Fiscal.Sign, a.Sign))
	case receipt != a.Receipt() || !receipt && a.Form != forms[d.Type]:
		diff.Args = append(diff.Args, fmt.Sprintf("%s, %d", d.Type, a.Form))
	case receipt && a.OpType != operation(d)+1:
		diff.Args = append(diff.Args, fmt.Sprintf("%s, %d", d.Type, a.OpType))
	case receipt && money.Amount(a.Total) != d.Receipt.Total:
		diff.Args = append(diff.Args, fmt.Sprintf("%s, %s", d.Receipt.Total, money.Amount(a.Total)))
	default:
		return
	}
	c.tell(diff)
}

// foreign tells of a document the journal knows nothing of.
func (c *comparing) foreign(a *kkt.FNDocument) {
	code := fault.ReconcileForeign
	if a.Receipt() {
		code = fault.ReconcilePrinted
	}
	c.tell(Difference{Code: code, Side: SideJournal, FN: a.FN, FD: a.FD, Shift: a.Shift, Have: money.Amount(a.Total),
		Args: []string{fmt.Sprint(a.FD), a.Time.Format("02.01.2006 15:04"), money.Amount(a.Total).String()}})
}

// confirmed looks for the operator's ticket.
func (c *comparing) confirmed(d *doc.Document, a *kkt.FNDocument) {
	if a.Ticket != nil {
		return
	}
	diff := c.about(fault.ReconcileUnsent, SideOFD, d)
	diff.Pending = true
	diff.Args = []string{d.Name, fmt.Sprint(a.FD)}
	c.tell(diff)
	e, ok := ofd.EventOf(d)
	op := slices.Index(ofd.Operations, e.Operation)
	if !ok || op < 0 {
		return
	}
	var u unsent
	for i, sum := range []money.Amount{e.Cash, e.Ecash, e.Prepaid, e.Credit, e.Provision, e.Total} {
		u.way[op][i] = sum
		if sum != 0 || i == 5 {
			u.each[op][i] = 1
		}
	}
	k := shift{e.FN, e.Shift}
	c.unsent[k] = append(c.unsent[k], u)
}
