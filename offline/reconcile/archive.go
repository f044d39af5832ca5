package reconcile

import (
	"cmp"
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
				of(&c.row(a.FN, number).InFN).add(a.OpType-1, money.Amount(a.Total), paid(a))
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

// paid is how the archive says a receipt was paid, nil when it does not.
func paid(a *kkt.FNDocument) *Ways {
	p := a.Paid
	if p == nil {
		return nil
	}
	return &Ways{money.Amount(p.Cash), money.Amount(p.Electron), money.Amount(p.Prepaid), money.Amount(p.Credit), money.Amount(p.Provision)}
}

// same holds a document against its place in the archive.
func (c *comparing) same(d *doc.Document, a *kkt.FNDocument) {
	diff := c.about(fault.ReconcileDiffers, SideFN, d)
	diff.Have = money.Amount(a.Total)
	what, want, have := unlike(d, a)
	if what == "" {
		return
	}
	diff.Args = []string{d.Name, fmt.Sprint(a.FD), what, want, have}
	c.tell(diff)
}

// unlike is the first thing in which a document and its place in the archive
// differ, with what each has; "" when they agree.
func unlike(d *doc.Document, a *kkt.FNDocument) (what, want, have string) {
	receipt := d.Receipt != nil
	switch {
	case a.Sign != d.Fiscal.Sign:
		return "sign", fmt.Sprint(d.Fiscal.Sign), fmt.Sprint(a.Sign)
	case receipt != a.Receipt() || !receipt && a.Form != forms[d.Type]:
		return "form", fmt.Sprint(forms[d.Type]), fmt.Sprint(a.Form)
	case !receipt:
		return "", "", ""
	case a.OpType != operation(d)+1:
		return "operation", opName(operation(d)), opName(a.OpType - 1)
	case money.Amount(a.Total) != d.Receipt.Total:
		return "total", d.Receipt.Total.String(), money.Amount(a.Total).String()
	}
	e, ok := ofd.EventOf(d)
	has := paid(a)
	if !ok || has == nil {
		return "", "", ""
	}
	for i, sum := range waysOf(&e) {
		if sum != has[i] {
			return ways[i], sum.String(), has[i].String()
		}
	}
	return "", "", ""
}

// opName is an operation by its place in Figures.
func opName(op int) string {
	if op < 0 || op >= len(ofd.Operations) {
		return fmt.Sprint(op + 1)
	}
	return ofd.Operations[op]
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
	diff.Args = []string{d.Name, fmt.Sprint(a.FD), cmp.Or(c.in.FN.Unsent, UnsentUnknown)}
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
