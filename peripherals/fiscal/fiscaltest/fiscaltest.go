// Package fiscaltest is the conformance suite of fiscal.Printer: what the till
// relies on, as tests that every driver passes against its emulated device.
//
// A driver's test calls Run with a function that makes a fresh device with its
// shift closed and nothing but a registration in its FN, a printer connected
// to it, and a Rig that breaks the device. Each check gets its own.
package fiscaltest

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Registered is one document of the device's FN after its registration.
type Registered struct {
	FD    uint32
	Kind  kkt.OperationKind
	Total money.Amount
	// VAT is what the document holds of it by rates, nothing of 0.00; of 0 % and
	// of none the turnover. Nil of what is no receipt.
	VAT map[tax.Rate]money.Amount
}

// Rig is the hand on the emulated device. Its methods fail the test
// themselves.
type Rig interface {
	// Registered lists the documents, oldest first.
	Registered() []Registered

	// Drawer is the cash the device counts in its drawer.
	Drawer() money.Amount

	// LoseRequest makes the device lose its power when the next command that
	// registers a document or moves cash has arrived and nothing of it has been done.
	LoseRequest()
	// LoseAnswer makes it lose its power when the next such command is done and not answered.
	LoseAnswer()
	// Intrude registers op on the device past the printer under test.
	Intrude(op kkt.Operation)

	Unplug()
	Replug()
	// Silence makes the device hear and say nothing, and ends that.
	Silence(on bool)
	PaperOut()
	// TearPaper ends the paper in the middle of the next slip.
	TearPaper()
	PaperIn()
	Lid(open bool)
	// ExpireShift makes the open shift older than 24 hours.
	ExpireShift()
}

// patience bounds every call of the suite.
const patience = 20 * time.Second

// Where is what a check runs in: Here, or synctest.Test for a device in memory,
// whose time-outs then take no time.
type Where func(t *testing.T, check func(*testing.T))

// Here runs a check in the time of the world.
func Here(t *testing.T, check func(*testing.T)) { check(t) }

// Run checks the printers that open makes.
func Run(t *testing.T, where Where, open func(t *testing.T) (fiscal.Printer, Rig)) {
	for _, c := range []struct {
		name string
		run  func(*bench)
	}{
		{"identity", identity},
		{"day", day},
		{"payments", payments},
		{"rates", rates},
		{"methods", methods},
		{"requisites", requisites},
		{"differs", differs},
		{"corrections", corrections},
		{"every correction", everyCorrection},
		{"state report", stateReport},
		{"cash", cash},
		{"stale mark", staleMark},
		{"shift closed", shiftClosed},
		{"shift open", shiftOpen},
		{"shift expired", shiftExpired},
		{"no paper", noPaper},
		{"torn paper", tornPaper},
		{"leftovers", leftovers},
		{"commit unprepared", unprepared},
		{"lost answer", lostAnswer},
		{"lost request", lostRequest},
		{"foreign", foreign},
		{"foreign documents", foreignDocuments},
		{"ours and more", oursAndMore},
		{"another FN", anotherFN},
		{"unplugged", unplugged},
		{"halt", halt},
		{"context", cancelled},
		{"no documents", noDocuments},
	} {
		t.Run(c.name, func(t *testing.T) {
			where(t, func(t *testing.T) {
				p, rig := open(t)
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				c.run(&bench{T: t, ctx: ctx, p: p, rig: rig})
			})
		})
	}
}

// bench is one device with its printer.
type bench struct {
	*testing.T
	ctx context.Context
	p   fiscal.Printer
	rig Rig
}

var cashier = doc.Cashier{ID: "c1", Name: "Иванова А.", Position: "Кассир"}

// sale makes a receipt of one piece, paid exactly.
func sale(kind kkt.OperationKind, total money.Amount, pay doc.PaymentType) kkt.Operation {
	return receipt(kind, pay, line("Хлеб", qty.One, total, tax.VAT10))
}

func shift(kind kkt.OperationKind) kkt.Operation {
	return kkt.Operation{Kind: kind, ID: uuid.Must(uuid.NewV7()), Cashier: cashier}
}

// move makes a movement of cash.
func move(kind kkt.OperationKind, sum money.Amount) kkt.Operation {
	op := shift(kind)
	op.Cash = sum
	return op
}

// correction makes a correction of what should have been registered yesterday.
func correction(of doc.Type, total money.Amount) kkt.Operation {
	op := sale(kkt.OpCorrection, total, doc.PayCash)
	op.Receipt.Correction = &doc.Ground{Of: of, Date: time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC), Number: "15", Reason: "касса не работала"}
	return op
}

func (b *bench) mark() kkt.Mark {
	b.Helper()
	m, err := b.p.Mark(b.ctx)
	if err != nil {
		b.Fatal("mark: ", err)
	}
	return m
}

func (b *bench) prepare(m kkt.Mark, op kkt.Operation) {
	b.Helper()
	if err := b.p.Prepare(b.ctx, m, op); err != nil {
		b.Fatalf("prepare %s: %v", op.Kind, err)
	}
}

// do registers op, which must work, and checks what the printer tells of it.
func (b *bench) do(op kkt.Operation) doc.Fiscal {
	b.Helper()
	m := b.mark()
	b.prepare(m, op)
	f, err := b.p.Commit(b.ctx, m, op)
	if err != nil {
		b.Fatalf("commit %s: %v", op.Kind, err)
	}
	b.check(m, op, f)
	if err := b.p.Settle(b.ctx); err != nil {
		b.Fatal("settle: ", err)
	}
	return f
}

// check compares f with what the device's FN holds at mark+1. What moves cash
// leaves nothing there.
func (b *bench) check(m kkt.Mark, op kkt.Operation, f doc.Fiscal) {
	b.Helper()
	if f.FN != m.FN || f.Time.IsZero() || f.Total != op.Total() || f.Serial == "" || (f.Shift == 0 && op.Kind != kkt.OpStateReport) || op.Kind.Receipt() != (f.Receipt != 0) {
		b.Errorf("%s at FD %d: %+v", op.Kind, m.FD, f)
	}
	if op.Kind.Cash() {
		if f.FD != 0 || f.Sign != 0 {
			b.Errorf("%s has a fiscal document: %+v", op.Kind, f)
		}
		return
	}
	if f.FD != m.FD+1 || f.Sign == 0 {
		b.Errorf("%s at FD %d: %+v", op.Kind, m.FD, f)
	}
	for _, r := range b.rig.Registered() {
		if r.FD == f.FD {
			if r.Kind != op.Kind || r.Total != op.Total() || !maps.Equal(r.VAT, vatWanted(op)) {
				b.Errorf("the FN holds %+v, sent %s %s with VAT %v", r, op.Kind, op.Total(), vatWanted(op))
			}
			return
		}
	}
	b.Errorf("FD %d is not in the FN", f.FD)
}

// refused asks for a Prepare that fails with want and registers nothing.
func (b *bench) refused(m kkt.Mark, op kkt.Operation, want error) error {
	b.Helper()
	before := len(b.rig.Registered())
	err := b.p.Prepare(b.ctx, m, op)
	if !errors.Is(err, want) {
		b.Fatalf("prepare %s: %v, want %v", op.Kind, err, want)
	}
	if n := len(b.rig.Registered()); n != before {
		b.Errorf("%d documents registered by a refused Prepare", n-before)
	}
	return err
}

// nothingOpen fails when a document is left open on the device.
func (b *bench) nothingOpen() {
	b.Helper()
	st, err := b.p.Status(b.ctx)
	if err != nil {
		b.Fatal("status: ", err)
	}
	if st.DocumentOpen {
		b.Error("a document is left open")
	}
}

// find asks until the device answers, as the till does.
func (b *bench) find(m kkt.Mark, op kkt.Operation) kkt.Found {
	b.Helper()
	for {
		found, err := b.p.Find(b.ctx, m, op)
		switch {
		case err == nil:
			return found
		case !errors.Is(err, fiscal.ErrNoAnswer):
			b.Fatalf("find %s: %v", op.Kind, err)
		case b.ctx.Err() != nil:
			b.Fatalf("find %s: no answer for %s", op.Kind, patience)
		}
	}
}
