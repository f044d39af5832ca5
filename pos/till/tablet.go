package till

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Programs beside the till, a waiter's tablet for one, put cheques aside for
// it: they stand among the parked ones, are called back and paid like those.
// Their prices were agreed with the customer, so no rule of the shop changes
// them; but what a cashier may not do by hand such a program can not do either,
// and a total that the till would not come to itself is refused.
//
// A program may lose the answer and ask again. An id is taken while its cheque
// is parked, open or being paid, and tabletKept longer.

// tabletKept is how long the id of a cheque that is paid or thrown away is
// remembered, and maxGone of how many.
const (
	tabletKept = 10 * time.Minute
	maxGone    = 500
)

// What is put aside at once is one batch of the journal, and no more than is
// priced while nobody at the till notices.
const (
	MaxPut      = record.MaxBatch / 2
	MaxPutLines = 2 * cheque.MaxLines
	maxBytes    = 4 << 20
)

type (
	// PutCheques puts cheques aside, all of them or none.
	PutCheques struct {
		Req
		Who     string // cashier's id whose word it is; "": the program's own
		Cheques []TabletCheque
	}
	// TabletCheque is a cheque to put aside.
	TabletCheque struct {
		Tablet     cheque.Tablet
		Name       string
		Edit       bool  // it replaces a parked one
		Generation int64 // of the catalogue the items are from
		Lines      []TabletLine
		Total      money.Amount // what the program makes of it
	}
	// TabletLine is a line of it.
	TabletLine struct {
		Item   catalog.Item
		Known  bool // it is in the catalogue
		Agreed cheque.Agreed
		Qty    qty.Milli
		Price  money.Amount // of one unit
		Total  money.Amount // what the program makes of it
	}
)

func (PutCheques) kind() eventKind { return evPark }

// goneID is the id of a cheque that is not there any more.
type goneID struct {
	id string
	at time.Time
}

func (t *turn) putCheques(e PutCheques) {
	var entries []record.Entry
	bytes, lines := 0, 0
	for i := range e.Cheques {
		lines += len(e.Cheques[i].Lines)
	}
	if len(e.Cheques) > MaxPut || lines > MaxPutLines {
		t.reply(e.Req, fault.New(fault.TooLarge, strconv.Itoa(len(e.Cheques))+" / "+strconv.Itoa(lines)))
		return
	}
	parked, taken := slices.Clone(t.parked), map[string]bool{}
	for i := range e.Cheques {
		a := &e.Cheques[i]
		next, ch, err := t.tablet(a, e.Who, parked)
		if err == nil && taken[a.Tablet.ID] {
			err = fault.New(fault.TabletTwice, a.Tablet.ID)
		}
		if err != nil {
			t.reply(e.Req, err)
			return
		}
		taken[a.Tablet.ID] = true
		if at := parkedAt(parked, next.ID); at >= 0 {
			parked[at] = next
		} else {
			parked = append(parked, next)
		}
		if len(parked) > MaxParked {
			t.reply(e.Req, fault.New(fault.ParkedFull, strconv.Itoa(MaxParked)))
			return
		}
		entries = append(entries,
			record.Entry{Kind: record.Cart, ID: next.ID, Group: next.ID, Shift: t.shiftID(), Schema: 1, Data: encode(ch)},
			record.Entry{Kind: record.Park, ID: next.ID, Group: next.ID, Shift: t.shiftID(), Schema: 1, Data: encode(parkData{Parked: true, Name: next.Name, Was: next.Was})})
		if bytes += len(entries[len(entries)-2].Data); bytes > maxBytes {
			t.reply(e.Req, fault.New(fault.TooLarge, strconv.Itoa(bytes)))
			return
		}
	}
	if len(entries) > 0 {
		t.do(Post{entries}) // one batch: a crash leaves all of them or none
	}
	t.parked = parked
	for i := range t.parked {
		if t.Settings.Kitchen.OnPark && taken[TabletID(&t.parked[i])] {
			t.tellOf(i)
		}
	}
	t.reply(e.Req, nil)
}

func parkedAt(all []cheque.Cheque, id uuid.UUID) int {
	return slices.IndexFunc(all, func(c cheque.Cheque) bool { return c.ID == id })
}

// TabletID is the id by which programs know a cheque.
func TabletID(c *cheque.Cheque) string {
	if c.Tablet != nil {
		return c.Tablet.ID
	}
	return c.ID.String()
}

// tablet makes the cheque, priced and checked.
func (t *turn) tablet(a *TabletCheque, who string, parked []cheque.Cheque) (cheque.Cheque, cheque.Change, *fault.Error) {
	c, err := t.tabletCheque(a, parked)
	if err == nil {
		err = t.tabletMay(a, who)
	}
	var lines []cheque.Line
	if err == nil {
		lines, err = t.tabletLines(a)
	}
	if err != nil {
		return c, cheque.Change{}, err
	}
	name := plain(a.Name, MaxName)
	if name == "" {
		name = t.env.Now.Format("15:04")
	}
	return t.agree(c, a, name, lines)
}

// tabletCheque finds the cheque that is replaced, or a new one.
func (t *turn) tabletCheque(a *TabletCheque, parked []cheque.Cheque) (cheque.Cheque, *fault.Error) {
	id := a.Tablet.ID
	same := func(c cheque.Cheque) bool { return TabletID(&c) == id }
	i := slices.IndexFunc(parked, same)
	open := !t.cart.Empty() && same(t.cart) || t.job != nil && t.job.cheque.ID != uuid.Nil && same(t.job.cheque)
	gone := slices.ContainsFunc(t.gone, func(g goneID) bool { return g.id == id && t.env.Now.Sub(g.at) < tabletKept })
	switch {
	case id == "" || len(id) > cheque.MaxTabletID || len(a.Lines) == 0:
		return cheque.Cheque{}, fault.New(fault.ChequeEmpty)
	case a.Edit && open:
		return cheque.Cheque{}, fault.New(fault.TabletOpen, id)
	case a.Edit && i < 0:
		return cheque.Cheque{}, fault.New(fault.ParkedNone)
	case a.Edit && parked[i].Tablet == nil:
		return cheque.Cheque{}, fault.New(fault.TabletForeign, id)
	case a.Edit:
		return parked[i], nil
	case i >= 0 || open || gone:
		return cheque.Cheque{}, fault.New(fault.TabletTwice, id)
	}
	return cheque.Cheque{ID: t.env.NewID(), OpenedAt: t.env.Now}, nil
}

// tabletMay refuses what the cashier in whose name the program speaks may not
// do at the till.
func (t *turn) tabletMay(a *TabletCheque, who string) *fault.Error {
	if who == "" {
		return nil
	}
	i := slices.IndexFunc(t.store.Cashiers, func(c catalog.Cashier) bool { return c.ID == who })
	if i < 0 {
		return fault.New(fault.LoginRefused)
	}
	role := t.store.Cashiers[i].Role
	needs := func(p catalog.Permission, wanted bool) *fault.Error {
		if wanted && !t.store.May(role, p) {
			return fault.New(fault.LoginSenior, fault.Named(permissionName(p)))
		}
		return nil
	}
	cheaper := a.Tablet.Discount != nil || a.Tablet.Increase != nil
	typed := false
	for i := range a.Lines {
		l := &a.Lines[i]
		usual, ok := l.Item.PriceOf(t.store.PriceType)
		cheaper = cheaper || l.Agreed.Discount != nil || l.Agreed.Increase != nil
		typed = typed || !ok || usual != l.Price
	}
	if err := needs(catalog.MayDiscount, cheaper); err != nil {
		return err
	}
	return needs(catalog.MayPrice, typed)
}

// tabletLines makes the lines. Marked goods and such with serial numbers are a
// line for each unit, whose code is scanned before it is paid for.
func (t *turn) tabletLines(a *TabletCheque) ([]cheque.Line, *fault.Error) {
	var lines []cheque.Line
	for i := range a.Lines {
		l := &a.Lines[i]
		if !l.Known && !t.store.FreePrice {
			return nil, fault.New(fault.TabletUnknown, l.Item.Name)
		}
		if err := t.orderable(&OrderLine{Item: l.Item, Qty: l.Qty, Price: l.Price}); err != nil {
			return nil, err
		}
		agreed := l.Agreed
		line := cheque.Line{Item: l.Item, Code: l.Item.Code, Qty: l.Qty, Price: l.Price, Printed: true, Agreed: &agreed}
		units := 1
		if line.Wants() && !l.Item.Measured() {
			if l.Qty != qty.One && (agreed.Discount != nil || agreed.Increase != nil) {
				return nil, fault.New(fault.TabletUnits, l.Item.Name)
			}
			line.Qty, units = qty.One, int(l.Qty/qty.One)
		}
		for u := range units {
			line.ID = t.env.NewID()
			lines = append(lines, t.unitOf(line, u, units))
		}
		if len(lines) > cheque.MaxLines {
			return nil, fault.New(fault.ChequeFull, strconv.Itoa(cheque.MaxLines))
		}
	}
	return lines, nil
}

// unitOf is one unit of a line that a program has named codes for. A Belarusian
// till sells it by that code; elsewhere units are scanned, because a code has
// to be asked about.
func (t *turn) unitOf(line cheque.Line, unit, units int) cheque.Line {
	a := *line.Agreed
	if line.Agreed = &a; units > 1 {
		a.Marks = a.Marks[min(unit, len(a.Marks)):min(unit+1, len(a.Marks))]
	}
	if len(a.Marks) == 1 && line.Qty == qty.One && t.country() == tax.Belarus {
		line.Mark = a.Marks[0].Code()
	}
	return line
}

// agree brings the till's own prices to what the program says, by changes such
// as a cashier makes by hand: by the same percents, and where a rounding is
// another, by the sums.
func (t *turn) agree(c cheque.Cheque, a *TabletCheque, name string, lines []cheque.Line) (cheque.Cheque, cheque.Change, *fault.Error) {
	totals := tabletTotals(a, lines)
	for i := range lines {
		f := lines[i].Agreed
		lines[i].Adjust = cheque.By(f.Discount, f.Increase, lineSum(&lines[i])-totals[i])
	}
	next, ch, priced, err := t.tabletPrice(c, a, name, lines, nil)
	if err != nil {
		return c, ch, err
	}
	var items money.Amount
	for i := range lines {
		items += totals[i]
		if priced.Rows[i].Total != totals[i] {
			lines[i].Adjust = &cheque.Adjust{Sum: priced.Rows[i].Gross - totals[i]}
		}
	}
	var by *cheque.Adjust
	if a.Tablet.Discount != nil || a.Tablet.Increase != nil {
		by = cheque.By(a.Tablet.Discount, a.Tablet.Increase, items-a.Total)
	}
	if next, ch, priced, err = t.tabletPrice(c, a, name, lines, by); err != nil {
		return c, ch, err
	}
	if first := priced.Total; first != a.Total {
		next, ch, priced, err = t.tabletPrice(c, a, name, lines, &cheque.Adjust{Sum: items - a.Total})
		if by == nil || err != nil || priced.Total != a.Total {
			return c, ch, fault.New(fault.TabletSum, a.Total.String(), first.String())
		}
	}
	next.Was = make([]cheque.LinePrice, len(lines))
	for i := range next.Was {
		l := priced.Shown(i)
		next.Was[i] = cheque.LinePrice{Line: lines[i].ID, Price: l.Price, Total: l.Total}
	}
	return next, ch, nil
}

func (t *turn) tabletPrice(c cheque.Cheque, a *TabletCheque, name string, lines []cheque.Line, by *cheque.Adjust) (cheque.Cheque, cheque.Change, pricing.Priced, *fault.Error) {
	ch, err := c.PutTablet(a.Tablet, name, slices.Clone(lines), by, a.Generation, t.env.Now)
	if err != nil {
		return c, ch, pricing.Priced{}, chequeFault(err, 0)
	}
	ch.Rules = t.rules.Digest()
	next := c.Apply(ch)
	priced, err := t.rules.Price(&next, pricing.How{Now: t.today(), Country: t.country()})
	if err != nil {
		return next, ch, priced, priceFault(err, "")
	}
	return next, ch, priced, nil
}

// agreedTotal is what a program's cheque comes to: its prices do not change, so
// that it was worked out when it was put aside. A list of a hundred cheques of
// five hundred lines is shown after every scan.
func agreedTotal(c *cheque.Cheque) (total money.Amount, known bool) {
	if c.Tablet == nil || len(c.Was) != len(c.Lines) {
		return 0, false
	}
	for i := range c.Was {
		total += c.Was[i].Total
	}
	return total, true
}

func lineSum(l *cheque.Line) money.Amount {
	sum, err := l.Qty.Times(l.Price)
	if err != nil {
		return 0 // pricing refuses it
	}
	return sum
}

// tabletTotals is what each line comes to in the program's words. Units of one
// of its lines, which have no discounts, come to their price.
func tabletTotals(a *TabletCheque, lines []cheque.Line) []money.Amount {
	totals := make([]money.Amount, 0, len(lines))
	for i := range a.Lines {
		l := &a.Lines[i]
		at := len(totals)
		if lines[at].Qty == l.Qty {
			totals = append(totals, l.Total)
			continue
		}
		for range int(l.Qty / qty.One) {
			totals = append(totals, l.Price)
		}
	}
	return totals
}

// goes remembers the id of a program's cheque that is not there any more.
func (t *turn) goes(id string, at time.Time) {
	if id == "" {
		return
	}
	kept := make([]goneID, 0, len(t.gone)+1)
	for _, g := range t.gone {
		if t.env.Now.Sub(g.at) < tabletKept {
			kept = append(kept, g)
		}
	}
	t.gone = append(kept[max(0, len(kept)-maxGone+1):], goneID{id, at})
}

// tabletOf is what a receipt keeps of it.
func tabletOf(c *cheque.Cheque) string {
	if c.Tablet == nil {
		return ""
	}
	return c.Tablet.ID
}

// Waiting are the cheques that programs see: all parked ones, and those of
// programs that are open at the till or being paid. Oldest first.
type Waiting struct {
	Cheque cheque.Cheque
	Items  pricing.Priced // its lines, without what comes off the whole
	Total  money.Amount
}

// Waiting prices the cheques that programs see; it is worked out when it is
// asked for. A cheque that can not be priced today is left out.
func (v *View) Waiting() []Waiting {
	if v.waiting == nil {
		return nil
	}
	return v.waiting()
}

func (s State) waiting(now time.Time) func() []Waiting {
	return func() []Waiting {
		t := turn{State: s, env: Env{Now: now}}
		how := pricing.How{Now: t.today(), Country: s.country()}
		all := slices.Clone(s.parked)
		if s.cart.Tablet != nil && !s.cart.Empty() {
			all = append(all, s.cart)
		}
		if s.job != nil && s.job.cheque.Tablet != nil {
			all = append(all, s.job.cheque)
		}
		list := make([]Waiting, 0, len(all))
		for _, c := range all {
			bare := c
			bare.Adjust, bare.Bonus = nil, 0
			items, err := s.rules.Price(&bare, how)
			if err != nil {
				continue
			}
			whole, err := s.rules.Price(&c, how)
			if err != nil {
				continue
			}
			list = append(list, Waiting{c, items, whole.Total})
		}
		slices.SortStableFunc(list, func(a, b Waiting) int { return a.Cheque.OpenedAt.Compare(b.Cheque.OpenedAt) })
		return list
	}
}

// goneOf remembers the ids of programs whose cheques a document has paid.
func (t *turn) goneOf(d *doc.Document) {
	if d.Receipt != nil && d.Receipt.Tablet != "" && t.env.Now.Sub(d.Time) < tabletKept {
		t.goes(d.Receipt.Tablet, d.Time)
	}
}
