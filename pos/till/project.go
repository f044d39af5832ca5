package till

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/pricing"
)

// View projects the state for screens and programs.
func (s State) View(now time.Time) View {
	v := View{
		Phase: s.phase.String(), Store: s.store.Name, Organization: s.store.Organization, Currency: s.Settings.Currency,
		Cheque: viewCheque(s.cart, s.priced, s.touched, s.problem), Parked: []ParkedView{}, Notices: []Notice{},
		Permissions: s.permissions(), Approval: s.viewApproval(now), Last: s.last, Receipt: s.receipt, Warnings: []fault.Warning{}, Scans: len(s.scans), Catalog: s.generation, LastNumber: s.lastNumber, LastShift: s.lastShift, Claims: s.claims,
	}
	v.Questions, v.Checks = s.viewHeld()
	v.Terminal = TerminalView{Card: s.Settings.Card, QR: s.Settings.QR}
	v.Scale = s.Settings.Scale
	if !s.help.IsZero() {
		v.Help = &s.help
	}
	v.Stock, v.sheet = s.viewStock()
	v.Kitchen = s.viewKitchen()
	v.Notices = append(v.Notices, s.notices...)
	v.Warnings = append(v.Warnings, s.warnings...)
	v.promotions, v.own = s.rules.Config().Promotions, s.own
	v.Cheque.Repriced, v.Cheque.Recalculating = s.repriced, s.recalc.op != 0
	if !s.cart.Empty() && s.cashTotal != s.priced.Total {
		v.Cheque.CashTotal = s.cashTotal
	}
	v.waiting = s.waiting(now)
	if !s.cart.Empty() {
		v.explain = s.explain(now)
	}
	if s.cashier != nil {
		c := (&turn{State: s}).docCashier()
		v.Cashier, v.Role = &c, s.cashier.Role
	}
	if s.shift != nil {
		v.Shift = &ShiftView{ID: s.shift.ID, Number: s.shift.Number, OpenedAt: s.shift.OpenedAt, Expired: s.shift.Expired(now), Due: now.Sub(s.shift.OpenedAt) >= offerAge, Totals: s.shift.Totals}
	}
	if b := s.job; b != nil && !b.remote() {
		v.Payment = viewPayment(b, s.phase)
		if b.kind.Receipt() {
			p, problem := (&turn{State: s, env: Env{Now: now}}).priceFor(b)
			if len(b.docs) > 0 && b.docs[0].Receipt != nil {
				r := b.docs[0].Receipt
				p, problem = pricing.Priced{Lines: r.Lines, Gross: r.Gross, Discount: r.Discount, Total: r.Total, VAT: r.VAT}, nil
			}
			c := viewCheque(b.cheque, p, uuid.Nil, problem)
			v.Paying = &c
		} else {
			v.Payment = nil
		}
	}
	if v.Doubt = viewDoubt(s.job, s.phase); v.Doubt != nil {
		v.Doubt.Queued = s.queued(s.job)
	}
	v.Resumed = s.job != nil && s.job.booted
	v.Aside = make([]AsideView, len(s.aside))
	for i := range s.aside {
		v.Aside[i] = s.aside[i].view()
	}
	for _, c := range s.parked {
		p := ParkedView{ID: c.ID, Name: c.Name, Lines: len(c.Lines), Since: c.OpenedAt, Tablet: viewTablet(c.Tablet)}
		if total, known := agreedTotal(&c); known {
			p.Total = total
		} else if priced, err := s.rules.Price(&c, pricing.How{Now: now, Country: s.country()}); err == nil {
			p.Total = priced.Total
		}
		v.Parked = append(v.Parked, p)
	}
	v.KKT = KKTView{Device: s.device, FN: s.fn, Steps: s.steps()}
	if err := s.deviceFault(); err != nil {
		v.KKT.Code = err.Code
	}
	return v
}

// viewDoubt is what a person has to decide about, nil when there is nothing.
func viewDoubt(b *bracket, phase Phase) *DoubtView {
	if b == nil || (phase != Blocked && phase != Resolving && phase != Checking) {
		return nil
	}
	v := &DoubtView{Kind: b.kind, Asking: phase == Resolving, Part: b.partial(), Retry: phase == Blocked && len(b.docs) > 0 && !b.untold, Done: (b.kind.Cash() || b.untold) && len(b.docs) > 0}
	if b.untold && !b.kind.Cash() {
		v.Paper, v.Register = true, b.mark.FN
	}
	op := b.operation()
	v.Sum = op.Total()
	viewHeldMoney(b, phase, v)
	if len(b.docs) > 0 {
		v.Number, v.Since = b.docs[0].Number, b.docs[0].Time
	}
	why := fault.New(fault.FiscalUnsure)
	switch {
	case phase == Checking:
		why = b.unsure()
	case b.stuck && b.movedSum() > 0 && b.doubt != nil:
		why = b.doubt
	case b.stuck && b.reason != nil:
		why = b.reason
	case b.doubt != nil:
		why = b.doubt
	}
	v.Code, v.Args, v.Detail, v.Fault = why.Code, why.Args, why.Detail, why
	return v
}

// explain is the open cheque's explanation, worked out later.
func (s State) explain(now time.Time) func() (pricing.Trace, error) {
	t := turn{State: s, env: Env{Now: now}}
	rules, c, how := s.pinned, s.cart, pricing.How{Now: t.today(), Country: s.country()}
	if rules == nil {
		rules = s.rules
	}
	return func() (pricing.Trace, error) {
		_, trace, err := rules.Explain(&c, how)
		if err != nil {
			return pricing.Trace{}, priceFault(err, "")
		}
		return trace, nil
	}
}

// viewPayment is the payment of what is being registered.
func viewPayment(b *bracket, phase Phase) *PaymentView {
	v := &PaymentView{Kind: b.kind, Step: phase.String()}
	paid := b.payments
	if len(b.docs) > 0 && b.docs[0].Receipt != nil {
		r := b.docs[0].Receipt
		paid, v.Group, v.Groups = r.Payments, r.Group, r.Groups
	}
	v.Paid = addPaid([]doc.Payment{}, paid)
	v.Charge = viewCharge(b, phase)
	for _, p := range paid {
		v.Type, v.Tendered, v.Change = p.Type, v.Tendered+p.Tendered, v.Change+p.Change
	}
	return v
}

func viewCheque(c cheque.Cheque, p pricing.Priced, touched uuid.UUID, problem *fault.Error) ChequeView {
	v := ChequeView{ID: c.ID, Revision: c.Revision, Catalog: c.Catalog, Lines: p.Lines, Gross: p.Gross, Discount: p.Discount,
		Total: p.Total, VAT: p.VAT, Touched: touched, Problem: problem, People: c.People, Contact: c.People.Masked(), Electronic: c.Electronic}
	v.Recalc, v.Notes = c.Recalc, notes(&c)
	v.Coupons, v.Adjust, v.Bonus, v.Reasons = c.Coupons, c.Adjust, c.Bonus, reasons(p.Lines)
	if c.Customer != nil {
		v.Customer = &CustomerView{ID: c.Customer.ID, Tags: c.Customer.Tags, Bonus: c.Customer.Bonus}
		if c.People != nil {
			v.Customer.Name = c.People.Customer
		}
	}
	if problem != nil {
		v.Code = problem.Code
	}
	switch {
	case len(p.Rows) == len(c.Lines) && len(c.Lines) > 0:
		v.Lines = make([]doc.Line, len(c.Lines))
		for i := range c.Lines {
			v.Lines[i] = p.Shown(i)
		}
	case len(p.Lines) == 0: // no prices are no reason to hide what was scanned
		v.Lines = make([]doc.Line, len(c.Lines))
		for i, l := range c.Lines {
			v.Lines[i] = doc.Line{ID: l.ID, ItemID: l.Item.ID, Code: l.Item.Code, Barcode: l.Code, Name: l.Item.Name, Unit: l.Item.Unit, Qty: l.Qty, Rate: l.Item.Rate}
		}
	}
	if v.VAT == nil {
		v.VAT = []doc.VATSum{}
	}
	if v.Lines == nil {
		v.Lines = []doc.Line{}
	}
	v.Lines = maskedMarks(v.Lines)
	return v
}

// reasons sums why lines are cheaper, rule by rule in order of first
// appearance.
func reasons(lines []doc.Line) (all []doc.Reason) {
	for i := range lines {
		for _, r := range lines[i].Discounts {
			n := slices.IndexFunc(all, func(have doc.Reason) bool { return have.RuleID == r.RuleID && have.Name == r.Name })
			if n < 0 {
				all = append(all, doc.Reason{RuleID: r.RuleID, Name: r.Name})
				n = len(all) - 1
			}
			all[n].Sum += r.Sum
		}
	}
	return all
}

// refreshWarnings derives the lasting states; one that was there already keeps
// its beginning.
func (t *turn) refreshWarnings() {
	var now []fault.Warning
	add := func(sev fault.Severity, err *fault.Error) {
		w := fault.Warning{Code: err.Code, Severity: sev, Args: err.Args, Detail: err.Detail, Since: t.env.Now}
		for _, old := range t.warnings {
			if old.Code == w.Code {
				w.Since = old.Since
			}
		}
		now = append(now, w)
	}
	switch {
	case t.phase == Halted:
		add(fault.Stop, fault.New(fault.JournalWrite))
	case t.phase == Blocked && t.job != nil:
		add(fault.Stop, t.job.doubt)
		if t.job.stuck {
			add(fault.Stop, t.job.reason)
		}
	case t.phase == Checking && t.job != nil:
		add(fault.Stop, t.job.unsure())
	case t.phase == Resolving && t.job != nil:
		w := fault.New(fault.FiscalUnsure)
		if t.job.doubt != nil {
			w = w.With(t.job.doubt)
		}
		add(fault.Stop, w)
	}
	if err := t.differs(); err != nil {
		add(fault.Warn, err)
	}
	if err := t.asideWarning(); err != nil {
		add(fault.Warn, err)
	}
	if t.phase != Starting {
		if err := t.deviceFault(); err != nil {
			add(fault.Stop, err)
		}
		if err := t.currencyFault(); err != nil {
			add(fault.Stop, err)
		}
		if err := t.shiftCurrency(); err != nil {
			add(fault.Stop, err)
		}
		if t.device.Unprinted {
			add(fault.Warn, fault.New(fault.FiscalUnprinted))
		}
		if t.generation == 0 {
			add(fault.Warn, fault.New(fault.CatalogMissing))
		}
	}
	if t.shift != nil {
		if sev, err := shiftWarning(t.shift, t.env.Now); err != nil {
			add(sev, err)
		}
	}
	if sev, err := unsentWarning(&t.device.Status, t.env.Now); err != nil {
		add(sev, err)
	}
	if off := t.device.Drift; off >= kkt.MaxDrift {
		add(fault.Warn, fault.New(fault.FiscalDrift, strconv.Itoa(int(off/time.Minute))))
	}
	if t.env.Now.Before(t.floor) {
		add(fault.Warn, fault.New(fault.ClockBehind, t.env.Now.Format("02.01.2006 15:04")))
	}
	if t.spaceLow {
		add(fault.Stop, fault.New(fault.JournalSpace))
	}
	t.feltWarnings(add)
	t.helpWarning(add)
	if t.postErr != nil {
		add(fault.Warn, t.postErr)
	}
	t.warnings = now
}
