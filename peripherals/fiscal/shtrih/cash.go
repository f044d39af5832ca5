package shtrih

import (
	"context"
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// registerDrawer is the money register (1Ah) that holds the cash in the
// drawer. It is the only register whose number is the same everywhere.
const registerDrawer = 241

// documentNumbers is where the running number of printed documents starts
// again: it has two bytes.
const documentNumbers = 1 << 16

// witness is what a device tells of cash besides its FN: cash in and cash out
// leave no fiscal document, so after a lost answer only this can tell.
type witness struct {
	document int64 // running number of printed documents; some models always say 0
	drawer   money.Amount
	drawers  bool // the device has the register
	clock    time.Time
}

func (w witness) onto(m kkt.Mark) kkt.Mark {
	m.Doc, m.Drawer = w.document, w.drawer
	return m
}

// witness reads the counters.
func (p *Printer) witness(ctx context.Context) (witness, error) {
	st, err := p.fullStatus(ctx)
	if err != nil {
		return witness{}, err
	}
	w := witness{document: st.document, clock: st.clock}
	w.drawer, w.drawers, err = p.drawer(ctx)
	return w, err
}

// drawer reads the cash the device counts in its drawer; ok is false when it
// does not tell.
func (p *Printer) drawer(ctx context.Context) (cash money.Amount, ok bool, err error) {
	code, data, err := p.send(ctx, cmdMoney, []byte{registerDrawer})
	if err != nil || code != 0 {
		return 0, false, err
	}
	u := unpacker{b: data}
	v := u.u(6)
	if u.short || v > uint64(money.Max) {
		return 0, false, nil
	}
	return money.Amount(v), true, nil
}

// watch reads the counters of a device that still stands at mark.
func (p *Printer) watch(ctx context.Context, mark kkt.Mark) (witness, error) {
	w, err := p.witness(ctx)
	if err == nil && (w.document != mark.Doc || w.drawer != mark.Drawer) {
		err = fmt.Errorf("%w: at document %d with %s in the drawer instead of document %d with %s",
			fiscal.ErrMoved, w.document, w.drawer, mark.Doc, mark.Drawer)
	}
	return w, err
}

// moved is what a movement adds to the drawer.
func moved(op kkt.Operation) money.Amount {
	if op.Kind == kkt.OpCashOut {
		return -op.Cash
	}
	return op.Cash
}

// checkPayout refuses a receipt that pays out more cash than the drawer has,
// before its items are sent.
func (p *Printer) checkPayout(ctx context.Context, op kkt.Operation) error {
	out := money.Amount(0)
	if kind := direction(op); kind == kkt.OpSaleReturn || kind == kkt.OpBuy {
		for _, pay := range op.Receipt.Payments {
			if pay.Type == doc.PayCash {
				out += pay.Sum
			}
		}
	}
	if out == 0 {
		return nil
	}
	cash, told, err := p.drawer(ctx)
	if err != nil {
		return err
	}
	return checkDrawer(witness{drawer: cash, drawers: told}, out)
}

// checkDrawer refuses to pay out more cash than there is, before anything is
// asked of the device. One that does not count leaves it to the device.
func checkDrawer(w witness, out money.Amount) error {
	if !w.drawers || out <= w.drawer {
		return nil
	}
	e := deviceError(cmdMoney.String(), codeNoCash, "")
	e.Text = fmt.Sprintf("%s: в денежном ящике по счёту ККТ %s, нужно %s", e.Text, w.drawer, out)
	return refuse(e)
}

// prepareCash makes sure that the movement can be told from any other.
func (p *Printer) prepareCash(ctx context.Context, mark kkt.Mark, op kkt.Operation) error {
	w, err := p.watch(ctx, mark)
	if err != nil {
		return err
	}
	return checkDrawer(w, -moved(op))
}

// commitCash moves cash. The answer's number is not looked at: some models
// leave it 0.
func (p *Printer) commitCash(ctx context.Context, mark kkt.Mark, op kkt.Operation) (doc.Fiscal, error) {
	w, err := p.watch(ctx, mark)
	if err != nil {
		return doc.Fiscal{}, err
	}
	cmd := cmdCashIn
	if op.Kind == kkt.OpCashOut {
		cmd = cmdCashOut
	}
	if _, err := p.register(ctx, cmd, pack().u(uint64(op.Cash), 5).b); err != nil {
		return doc.Fiscal{}, err
	}
	f := cashSlip(mark, op, w.clock)
	p.sign(ctx, &f)
	return f, nil
}

// cashSlip is what there is to say of a movement: no FD and no sign.
func cashSlip(mark kkt.Mark, op kkt.Operation, clock time.Time) doc.Fiscal {
	return doc.Fiscal{FN: mark.FN, Shift: mark.Shift, Time: clock.Truncate(time.Minute), Total: op.Cash}
}

// findCash tells what became of a movement by the two counters. It says
// Foreign wherever they do not settle it: a movement is never guessed.
func (p *Printer) findCash(ctx context.Context, mark kkt.Mark, op kkt.Operation, now kkt.Mark) (kkt.Found, error) {
	w, err := p.witness(ctx)
	if err != nil {
		return kkt.Found{}, err
	}
	now = w.onto(now)
	if !now.Same(mark) {
		return kkt.Found{Kind: kkt.Foreign, Now: now,
			Why: fmt.Sprintf("после ФД %d зарегистрированы другие документы (последний ФД %d): по счётчикам ККТ движение наличных не определить", mark.FD, now.FD)}, nil
	}
	kind, why := judgeCash(mark, op, w)
	found := kkt.Found{Kind: kind, Now: now, Why: why}
	if kind == kkt.Registered {
		found.Fiscal = cashSlip(mark, op, w.clock)
		found.Fiscal.Recovered = true
		if _, err := p.identify(ctx); err != nil {
			return kkt.Found{}, err
		}
		p.sign(ctx, &found.Fiscal)
	}
	return found, nil
}

// judgeCash compares the counters with those of mark.
func judgeCash(mark kkt.Mark, op kkt.Operation, w witness) (kkt.FoundKind, string) {
	slips := (w.document - mark.Doc + documentNumbers) % documentNumbers
	counts := w.document != 0 || mark.Doc != 0 // some models always say 0
	change := w.drawer - mark.Drawer
	unsure := fmt.Sprintf("ККТ напечатала документов: %d, наличных было %s, стало %s, операция на %s: сверьте ленту и деньги в ящике",
		slips, mark.Drawer, w.drawer, moved(op))
	switch {
	case !w.drawers && counts && slips == 0:
		return kkt.NotRegistered, ""
	case !w.drawers:
		return kkt.Foreign, "ККТ не сообщает сумму наличных: сверьте ленту и деньги в ящике"
	case !counts && w.drawer == 0 && mark.Drawer == 0: // perhaps it counts nothing at all
		return kkt.Foreign, unsure
	case change == 0:
		return kkt.NotRegistered, ""
	case change == moved(op) && (slips > 0 || !counts):
		return kkt.Registered, ""
	}
	return kkt.Foreign, unsure
}
