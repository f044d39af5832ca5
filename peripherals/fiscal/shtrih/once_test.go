package shtrih_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// mishap is what happens at one command of an operation.
type mishap struct {
	name  string
	stage shtrihtest.Stage // at which moment of the command; Answered hits the next command's request
	fault string           // of the device, or several with ";" between; "": nothing happens to it
	mend  string           // what happens to it after lasts: mostly the end of the fault
	lasts time.Duration
	kill  bool // the till is killed at the same moment
}

// mishaps are all that can happen to a command. The time-outs they outlast, or
// not, are those of the field.
var mishaps = []mishap{
	{name: "request lost", stage: shtrihtest.Answered, fault: "drop-request"},
	{name: "request damaged", stage: shtrihtest.Answered, fault: "nak-request"},
	{name: "confirmation lost", stage: shtrihtest.Answered, fault: "drop-ack"},
	{name: "answer lost", stage: shtrihtest.Received, fault: "drop-answer"},
	{name: "answer damaged", stage: shtrihtest.Received, fault: "corrupt-answer"},
	{name: "answer damaged for long", stage: shtrihtest.Received, fault: "corrupt-answer 12"},
	{name: "answer in pieces", stage: shtrihtest.Received, fault: "split 1500"},
	{name: "answer with a tail", stage: shtrihtest.Received, fault: "oversized"},
	{name: "answer late", stage: shtrihtest.Received, fault: "delay 5000", mend: "delay 0", lasts: time.Second},
	{name: "answer too late", stage: shtrihtest.Received, fault: "delay 150000", mend: "delay 0", lasts: time.Second},
	{name: "line slow", stage: shtrihtest.Answered, fault: "lag 1500", mend: "lag 0", lasts: 10 * time.Second},
	{name: "line very slow", stage: shtrihtest.Answered, fault: "lag 3500", mend: "lag 0", lasts: 20 * time.Second},
	{name: "line slow for long", stage: shtrihtest.Received, fault: "lag 1200", mend: "lag 0", lasts: 5 * time.Minute},
	{name: "stray bytes", stage: shtrihtest.Received, fault: "stray-ff on"},
	{name: "babble", stage: shtrihtest.Executed, fault: "garbage on", mend: "garbage off", lasts: 20 * time.Second},
	{name: "link broken", stage: shtrihtest.Received, fault: "disconnect"},
	{name: "cable pulled before", stage: shtrihtest.Received, fault: "unplug", mend: "replug", lasts: 20 * time.Second},
	{name: "cable pulled after", stage: shtrihtest.Executed, fault: "unplug", mend: "replug", lasts: 20 * time.Second},
	{name: "hung", stage: shtrihtest.Received, fault: "hang", mend: "unhang", lasts: 90 * time.Second},
	{name: "power cut before", stage: shtrihtest.Received, fault: "power-cycle"},
	{name: "power cut after", stage: shtrihtest.Executed, fault: "power-cycle"},
	{name: "power cut at the end", stage: shtrihtest.Answered, fault: "power-cycle"},
	{name: "paper out", stage: shtrihtest.Received, fault: "paper-out", mend: "paper-in", lasts: 30 * time.Second},
	{name: "paper torn", stage: shtrihtest.Received, fault: "paper-out 2", mend: "paper-in", lasts: 30 * time.Second},
	{name: "confirmation lost, power cut after", stage: shtrihtest.Answered, fault: "drop-ack; cut-after"},
	{name: "request damaged, power cut after", stage: shtrihtest.Answered, fault: "nak-request; cut-after"},
	{name: "answer lost, power cut", stage: shtrihtest.Received, fault: "drop-answer", mend: "power-cycle", lasts: time.Second},
	{name: "late, power cut", stage: shtrihtest.Received, fault: "delay 20000", mend: "delay 0; power-cycle", lasts: 5 * time.Second},
	{name: "till killed before", stage: shtrihtest.Received, kill: true},
	{name: "till killed after", stage: shtrihtest.Executed, kill: true},
	{name: "both without power before", stage: shtrihtest.Received, fault: "power-cycle", kill: true},
	{name: "both without power after", stage: shtrihtest.Executed, fault: "power-cycle", kill: true},
}

// onceOps are an operation of each kind, newly made, in an order a device
// takes them.
func onceOps(t *testing.T) []kkt.Operation {
	card := receipt(t, kkt.OpSale, 0, line(t, "Сыр", 100_00, 1000, tax.VAT10))
	card.Receipt.Payments[0].Type = doc.PayElectron
	correction := receipt(t, kkt.OpCorrection, 0, line(t, "Соль", 7_50, 1000, tax.VAT10))
	correction.Receipt.Correction = &doc.Ground{Of: doc.Sell, Date: noon.AddDate(0, 0, -1), Number: "15", Reason: "касса не работала"}
	move := func(kind kkt.OperationKind, sum money.Amount) kkt.Operation {
		op := shiftOp(kind)
		op.Cash = sum
		return op
	}
	return []kkt.Operation{
		shiftOp(kkt.OpOpenShift),
		move(kkt.OpCashIn, 500_00),
		receipt(t, kkt.OpSale, 50_00, line(t, "Хлеб", 20_00, 1000, tax.VAT10), line(t, "Соль", 7_50, 2000, tax.VAT22)),
		card,
		receipt(t, kkt.OpSaleReturn, 0, line(t, "Хлеб", 20_00, 1000, tax.VAT10)),
		correction,
		move(kkt.OpCashOut, 100_00),
		shiftOp(kkt.OpStateReport),
		shiftOp(kkt.OpCloseShift),
	}
}

// effect is what operations have done to a device: one of them adds a document
// or moves cash.
type effect struct {
	documents int
	cash      money.Amount
}

func effectOf(d *shtrihtest.Device) effect { return effect{len(registered(d)), d.State().Cash} }

// of gives what op adds.
func (e effect) and(op kkt.Operation) effect {
	switch op.Kind {
	case kkt.OpCashIn:
		e.cash += op.Cash
		return e
	case kkt.OpCashOut:
		e.cash -= op.Cash
		return e
	}
	e.documents++
	if op.Receipt == nil || op.Receipt.Payments[0].Type != doc.PayCash {
		return e
	}
	if op.Kind == kkt.OpSaleReturn {
		e.cash -= op.Total()
	} else {
		e.cash += op.Total()
	}
	return e
}

// trap is a mishap at the at-th command from now.
type trap struct {
	*mishap
	at int
}

// till is what a test has of one: a printer that is lost with it, and what it
// has stored.
type till struct {
	t     *testing.T
	d     *shtrihtest.Device
	open  link.Opener
	o     shtrih.Options
	pause time.Duration // between two tries

	mu    sync.Mutex
	p     *shtrih.Printer
	dead  bool
	seen  []uint16 // commands since the trap was set
	traps []trap
	bad   error // of setting them off
}

// newTill makes a device and a till on it.
func newTill(t *testing.T, w way, o shtrih.Options, pause time.Duration) *till {
	c := &till{t: t, o: o, pause: pause}
	c.d = device(t, shtrihtest.Options{Hook: c.hook, Protocol: w.protocol, FFD: w.ffd})
	c.open = w.serve(t, c.d)
	c.p = printer(t, c.open, o)
	return c
}

// set lays traps; the commands are counted from now.
func (c *till) set(traps ...trap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.traps, c.seen = traps, nil
}

// hook notes the commands and lets the mishaps happen.
func (c *till) hook(stage shtrihtest.Stage, cmd uint16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stage == shtrihtest.Received {
		c.seen = append(c.seen, cmd)
	}
	c.traps = slices.DeleteFunc(c.traps, func(tr trap) bool {
		if stage != tr.stage || len(c.seen) != tr.at+1 {
			return false
		}
		c.bad = errors.Join(c.bad, faults(c.d, tr.fault))
		if tr.mend != "" {
			time.AfterFunc(tr.lasts, func() {
				if err := faults(c.d, tr.mend); err != nil {
					c.t.Error(err)
				}
			})
		}
		if tr.kill {
			c.dead = true
			c.bad = errors.Join(c.bad, c.p.Halt())
		}
		return true
	})
}

// faults sets off those of a list, in the words of the bench.
func faults(d *shtrihtest.Device, list string) error {
	for one := range strings.SplitSeq(list, ";") {
		if w := strings.Fields(one); len(w) > 0 {
			if err := d.Fault(w[0], w[1:]...); err != nil {
				return err
			}
		}
	}
	return nil
}

// printer is the till's, a new one after it was killed.
func (c *till) printer() *shtrih.Printer {
	c.mu.Lock()
	dead := c.dead
	c.dead = false
	c.mu.Unlock()
	if dead {
		p := printer(c.t, c.open, c.o)
		c.mu.Lock()
		c.p = p
		c.mu.Unlock()
	}
	return c.p
}

// register does what a till does: the mark is stored, then the operation is
// tried, and every doubt is put to Find. On the way the driver's word is held
// against what the device has.
func (c *till) register(ctx context.Context, op kkt.Operation) error {
	before := effectOf(c.d)
	after := before.and(op)
	check := func(what string, want effect) error {
		if got := effectOf(c.d); got != want {
			return fmt.Errorf("%s: the device has %+v, want %+v", what, got, want)
		}
		return nil
	}
	var last error
	for ; ctx.Err() == nil; c.wait() {
		mark, err := c.printer().Mark(ctx)
		if last = err; err != nil {
			continue
		}
		if err = c.printer().Prepare(ctx, mark, op); err == nil {
			var f doc.Fiscal
			if f, err = c.printer().Commit(ctx, mark, op); err == nil {
				return errors.Join(check("commit succeeds", after), right(mark, op, f))
			}
			if errors.Is(err, fiscal.ErrRefused) {
				if err := check(fmt.Sprintf("commit is refused (%v)", err), before); err != nil {
					return err
				}
			}
		} else if err := check(fmt.Sprintf("prepare fails (%v)", err), before); err != nil {
			return err
		}
		last = err
		switch found, err := c.find(ctx, mark, op); {
		case err != nil:
			return err
		case found.Kind == kkt.Registered:
			return errors.Join(check("found", after), right(mark, op, found.Fiscal))
		case found.Kind == kkt.Foreign:
			return fmt.Errorf("foreign: %s", found.Why)
		}
		if err := check("not found", before); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w; in the end: %w", context.Cause(ctx), last)
}

// right checks an outcome as far as it goes for every kind.
func right(mark kkt.Mark, op kkt.Operation, f doc.Fiscal) error {
	if f.FN != mark.FN || f.Time.IsZero() || f.Total != op.Total() || !op.Kind.Cash() && (f.FD != mark.FD+1 || f.Sign == 0) {
		return fmt.Errorf("registered as %+v", f)
	}
	return nil
}

func (c *till) find(ctx context.Context, mark kkt.Mark, op kkt.Operation) (kkt.Found, error) {
	for {
		found, err := c.printer().Find(ctx, mark, op)
		if err == nil || ctx.Err() != nil {
			return found, err
		}
		c.wait()
	}
}

func (c *till) wait() { <-time.After(c.pause) }

// upTo runs the operations before one, and that one with traps laid. What is
// left must be exactly their effects.
func (c *till) upTo(ctx context.Context, which int, traps ...trap) error {
	ops := onceOps(c.t)[:which+1]
	want := effect{}
	for i, op := range ops {
		if i == which {
			c.set(traps...)
		}
		if err := c.register(ctx, op); err != nil {
			return err
		}
		want = want.and(op)
	}
	c.mu.Lock()
	bad := c.bad
	c.mu.Unlock()
	if diff := cmp.Diff(want, effectOf(c.d), cmp.AllowUnexported(effect{})); diff != "" {
		bad = errors.Join(bad, errors.New(diff))
	}
	if c.d.State().DocumentOpen {
		bad = errors.Join(bad, errors.New("a document is left open"))
	}
	return errors.Join(bad, sameReceipts(ops, c.d.Documents()))
}

// sprung tells whether all that was laid has happened.
func (c *till) sprung() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.traps) == 0
}

// sameReceipts compares what the FN holds with what was to be registered.
func sameReceipts(ops []kkt.Operation, docs []shtrihtest.Document) error {
	docs = docs[1:] // registration
	for _, op := range ops {
		if op.Kind.Cash() {
			continue
		}
		d := docs[0]
		docs = docs[1:]
		if op.Receipt == nil {
			continue
		}
		if d.Total != op.Total() || op.Kind != kkt.OpCorrection && d.Requisite != shtrih.Digest(op.ID) {
			return fmt.Errorf("FD %d of %s, requisite %s, want %s, %s", d.FD, d.Total, d.Requisite, op.Total(), shtrih.Digest(op.ID))
		}
		for i, l := range op.Receipt.Lines {
			if len(d.Items) > 0 && (d.Items[i].Name != l.Name || d.Items[i].Total != l.Total || d.Items[i].Qty != l.Qty || len(d.Items) != len(op.Receipt.Lines)) {
				return fmt.Errorf("FD %d has items %+v", d.FD, d.Items)
			}
		}
	}
	return nil
}
