// Package terminaltest is the suite every terminal driver passes: what the
// port promises, tried at a terminal and a bank the test has in its hand.
package terminaltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Bank is the far end in the test's hand.
type Bank interface {
	// Next says what becomes of the operations that come: nil, they are approved;
	// else the error the driver shall report.
	Next(err error)
	// Moved is what was moved: above zero towards the shop.
	Moved() money.Amount
}

// Rig is a driver with its bank.
type Rig struct {
	terminal.Terminal
	Bank Bank
	Via  doc.SlipKind
	// NoDay: the terminal counts nothing and has no day.
	NoDay bool
}

// Limit is how long a test waits for what must come.
const Limit = 20 * time.Second

// Run checks what the port promises; make makes a rig of its own for each part.
func Run(t *testing.T, make func(t *testing.T) Rig) {
	t.Helper()
	for _, part := range []struct {
		name  string
		check func(*testing.T, Rig)
	}{
		{"approved once", approvedOnce}, {"declined", declined}, {"called off", calledOff}, {"refunded in parts", refunded}, {"cancelled", cancelled},
		{"never heard of", neverHeard}, {"busy", busy}, {"halted", halted}, {"reconciled", reconciled},
	} {
		t.Run(part.name, func(t *testing.T) { part.check(t, make(t)) })
	}
}

// Op is an operation nobody has tried.
func (r Rig) Op(kind charge.Kind, sum money.Amount, of *doc.Slip) charge.Operation {
	return charge.Operation{ID: uuid.Must(uuid.NewV7()), Kind: kind, Via: r.Via, Sum: sum, Currency: "RUB", Of: of}
}

// Do carries an operation out.
func (r Rig) Do(t *testing.T, op charge.Operation) (doc.Slip, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	defer cancel()
	switch op.Kind {
	case charge.Refund:
		return r.Refund(ctx, op, func(charge.Progress) {})
	case charge.Cancel:
		return r.Cancel(ctx, op)
	}
	return r.Authorise(ctx, op, func(charge.Progress) {})
}

// Must carries out what has to be approved.
func (r Rig) Must(t *testing.T, op charge.Operation) doc.Slip {
	t.Helper()
	slip, err := r.Do(t, op)
	if err != nil {
		t.Fatalf("%s of %s: %v", op.Kind, op.Sum, err)
	}
	if slip.Operation != op.ID || slip.Sum != op.Sum || slip.Kind != op.Via || slip.Of != op.Of.Origin() {
		t.Errorf("%s of %s: slip %+v", op.Kind, op.Sum, slip)
	}
	if err := terminal.CheckSlip(slip); err != nil {
		t.Error(err)
	}
	return slip
}

func (r Rig) moved(t *testing.T, want money.Amount) {
	t.Helper()
	if got := r.Bank.Moved(); got != want {
		t.Errorf("%s moved, want %s", got, want)
	}
}

// Find asks until somebody knows.
func (r Rig) Find(t *testing.T, op charge.Operation) (doc.Slip, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	defer cancel()
	return r.Terminal.Find(ctx, op)
}

func approvedOnce(t *testing.T, r Rig) {
	op := r.Op(charge.Pay, 123_45, nil)
	slip := r.Must(t, op)
	r.moved(t, 123_45)
	for range 2 {
		if found, err := r.Find(t, op); err != nil || cmp.Diff(slip, found) != "" {
			t.Errorf("found %v: %s", err, cmp.Diff(slip, found))
		}
		if again, err := r.Do(t, op); err != nil || cmp.Diff(slip, again) != "" {
			t.Errorf("the same id again: %v %s", err, cmp.Diff(slip, again))
		}
	}
	r.moved(t, 123_45)
	r.Must(t, r.Op(charge.Pay, 10, nil))
	r.moved(t, 123_55)
}

func declined(t *testing.T, r Rig) {
	r.Bank.Next(&terminal.Declined{Reason: terminal.Refused})
	op := r.Op(charge.Pay, 500, nil)
	for range 2 {
		_, err := r.Do(t, op)
		var d *terminal.Declined
		if !errors.As(err, &d) || !terminal.Certain(err) {
			t.Fatalf("declined: %v", err)
		}
		if _, err := r.Find(t, op); !terminal.Certain(err) {
			t.Errorf("found: %v", err)
		}
	}
	r.moved(t, 0)
	r.Bank.Next(nil)
	if _, err := r.Do(t, op); !terminal.Certain(err) {
		t.Errorf("the same id is tried again: %v", err)
	}
	r.moved(t, 0)
	r.Must(t, r.Op(charge.Pay, 500, nil))
}

// waiting carries an operation out that waits for a customer, and calls then
// once it does.
func (r Rig) waiting(t *testing.T, op charge.Operation, then func()) (doc.Slip, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	defer cancel()
	r.Bank.Next(ErrWait)
	shown := make(chan struct{}, 16)
	type result struct {
		slip doc.Slip
		err  error
	}
	done := make(chan result, 1)
	go func() {
		slip, err := r.Authorise(ctx, op, func(charge.Progress) {
			select {
			case shown <- struct{}{}:
			default:
			}
		})
		done <- result{slip, err}
	}()
	select {
	case <-shown:
	case got := <-done:
		return got.slip, got.err
	case <-ctx.Done():
		t.Fatal("nobody is told that it waits")
	}
	then()
	select {
	case got := <-done:
		return got.slip, got.err
	case <-ctx.Done():
		t.Fatal("it does not end")
	}
	return doc.Slip{}, nil
}

// ErrWait is what Next is told when the customer does nothing.
var ErrWait = errors.New("terminaltest: the customer does nothing")

func calledOff(t *testing.T, r Rig) {
	op := r.Op(charge.Pay, 700, nil)
	_, err := r.waiting(t, op, r.Abort)
	if !errors.Is(err, terminal.ErrCancelled) || !terminal.Certain(err) {
		t.Errorf("called off: %v", err)
	}
	if _, err := r.Find(t, op); !terminal.Certain(err) {
		t.Errorf("found: %v", err)
	}
	r.moved(t, 0)
	r.Abort() // nothing is under way
	r.Bank.Next(nil)
	r.Must(t, r.Op(charge.Pay, 700, nil))
}

func refunded(t *testing.T, r Rig) {
	paid := r.Must(t, r.Op(charge.Pay, 1000, nil))
	back := r.Op(charge.Refund, 300, &paid)
	slip := r.Must(t, back)
	r.moved(t, 700)
	if found, err := r.Find(t, back); err != nil || cmp.Diff(slip, found) != "" {
		t.Errorf("found %v: %s", err, cmp.Diff(slip, found))
	}
	r.Must(t, r.Op(charge.Refund, 700, &paid))
	r.moved(t, 0)
	if r.NoDay {
		return
	}
	if _, err := r.Do(t, r.Op(charge.Refund, 1, &paid)); !terminal.Certain(err) {
		t.Errorf("more than was paid goes back: %v", err)
	}
	r.moved(t, 0)
}

func cancelled(t *testing.T, r Rig) {
	paid := r.Must(t, r.Op(charge.Pay, 1000, nil))
	undo := r.Op(charge.Cancel, 1000, &paid)
	slip := r.Must(t, undo)
	r.moved(t, 0)
	if found, err := r.Find(t, undo); err != nil || cmp.Diff(slip, found) != "" {
		t.Errorf("found %v: %s", err, cmp.Diff(slip, found))
	}
	if r.NoDay {
		return
	}
	if _, err := r.Do(t, r.Op(charge.Cancel, 1000, &paid)); !terminal.Certain(err) {
		t.Errorf("cancelled twice: %v", err)
	}
	r.moved(t, 0)
	paid = r.Must(t, r.Op(charge.Pay, 1000, nil))
	if _, err := r.Reconcile(t.Context(), uuid.New()); err != nil {
		t.Fatal(err)
	}
	var d *terminal.Declined
	if _, err := r.Do(t, r.Op(charge.Cancel, 1000, &paid)); !errors.As(err, &d) || d.Reason != terminal.DayOver {
		t.Errorf("cancelled on another day: %v", err)
	}
	r.Must(t, r.Op(charge.Refund, 1000, &paid))
	r.moved(t, 0)
}

func neverHeard(t *testing.T, r Rig) {
	if r.NoDay {
		return // a person is asked, who always has heard
	}
	op := r.Op(charge.Pay, 100, nil)
	if _, err := r.Find(t, op); !terminal.Certain(err) {
		t.Errorf("found: %v", err)
	}
	if _, err := r.Do(t, op); !terminal.Certain(err) {
		t.Errorf("what was said never to happen happened: %v", err)
	}
	r.moved(t, 0)
}

func busy(t *testing.T, r Rig) {
	_, err := r.waiting(t, r.Op(charge.Pay, 700, nil), func() {
		if _, err := r.Do(t, r.Op(charge.Pay, 100, nil)); !errors.Is(err, terminal.ErrBusy) {
			t.Errorf("a second operation: %v", err)
		}
		r.Abort()
	})
	if !terminal.Certain(err) {
		t.Error(err)
	}
	r.moved(t, 0)
}

func halted(t *testing.T, r Rig) {
	op := r.Op(charge.Pay, 700, nil)
	_, err := r.waiting(t, op, func() {
		if err := r.Halt(); err != nil {
			t.Error(err)
		}
	})
	if err == nil || terminal.Certain(err) {
		t.Errorf("halted while the customer may pay: %v", err)
	}
	r.Bank.Next(nil)
	if r.NoDay {
		return
	}
	r.ended(t, op)
	r.Must(t, r.Op(charge.Pay, 100, nil)) // it may be used again
}

// ended calls off what a customer is still asked for, until that is certain.
func (r Rig) ended(t *testing.T, op charge.Operation) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(Limit); time.Now().Before(until); <-tick.C {
		if _, err := r.Find(t, op); err == nil || terminal.Certain(err) {
			return
		}
		r.Abort()
	}
	t.Errorf("what nobody waits for any more can not be called off")
}

func reconciled(t *testing.T, r Rig) {
	first, second := uuid.New(), uuid.New()
	if r.NoDay {
		if _, err := r.Reconcile(t.Context(), first); !errors.Is(err, terminal.ErrUnsupported) {
			t.Errorf("reconciled: %v", err)
		}
		return
	}
	sums := func(id uuid.UUID, want charge.Totals) {
		t.Helper()
		got, err := r.Reconcile(t.Context(), id)
		if err != nil || got != want {
			t.Errorf("%+v %v, want %+v", got, err, want)
		}
	}
	paid := r.Must(t, r.Op(charge.Pay, 1000, nil))
	r.Must(t, r.Op(charge.Pay, 500, nil))
	r.Must(t, r.Op(charge.Refund, 200, &paid))
	undone := r.Must(t, r.Op(charge.Pay, 90, nil))
	r.Must(t, r.Op(charge.Cancel, 90, &undone))
	r.Bank.Next(&terminal.Declined{Reason: terminal.Refused})
	if _, err := r.Do(t, r.Op(charge.Pay, 5, nil)); err == nil {
		t.Error("not declined")
	}
	r.Bank.Next(nil)
	want := charge.Totals{Paid: doc.Count{Count: 2, Sum: 1500}, Refunded: doc.Count{Count: 1, Sum: 200}}
	sums(first, want)
	sums(first, want) // its answer got lost
	r.Must(t, r.Op(charge.Pay, 7, nil))
	want.Paid.Count, want.Paid.Sum = 3, 1507
	sums(first, want)
	r.Must(t, r.Op(charge.Pay, 8, nil))
	sums(second, charge.Totals{Paid: doc.Count{Count: 1, Sum: 8}})
}
