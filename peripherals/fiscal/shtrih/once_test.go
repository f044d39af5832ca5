package shtrih_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/fiscal/fiscaltest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// mishap is what happens at one command.
type mishap struct {
	name  string
	stage shtrihtest.Stage
	fault []string
}

var mishaps = []mishap{
	{"request lost", shtrihtest.Answered, []string{"drop-request"}}, // armed after the command before
	{"confirmation lost", shtrihtest.Answered, []string{"drop-ack"}},
	{"answer lost", shtrihtest.Received, []string{"drop-answer"}},
	{"answer damaged", shtrihtest.Received, []string{"corrupt-answer", "3"}},
	{"power cut before", shtrihtest.Received, []string{"power-cycle"}},
	{"power cut after", shtrihtest.Executed, []string{"power-cycle"}},
	{"power cut at the end", shtrihtest.Answered, []string{"power-cycle"}},
}

// bed is where the mishaps happen: a line to a device of a format.
type bed struct {
	name, ffd string
	serve     func(*testing.T, *shtrihtest.Device) link.Opener
}

// TestExactlyOnce lets each mishap happen at each command of a day's
// operations. A till that asks Find after every error must end with exactly
// one document or movement of cash of each, whatever happened.
func TestExactlyOnce(t *testing.T) {
	for _, b := range []bed{{"tcp", "1.2", serveTCP}, {"memory", "1.05", servePair}} {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			notes := noteCommands(t, b)
			var running sync.WaitGroup
			slots := make(chan struct{}, 24)
			for which, codes := range notes {
				step := sample(which)
				for i, m := range mishaps {
					for at, code := range codes {
						if (at-i)%step != 0 && !registering(code) {
							continue
						}
						slots <- struct{}{}
						running.Go(func() {
							defer func() { <-slots }()
							onceCase(t, b, which, m, at)
						})
					}
				}
			}
			running.Wait()
		})
	}
}

// sample is how far apart the commands of an operation are that get a mishap,
// registering ones apart, which get all: the whole matrix is for KASSA_LONG.
// What is built like a sale or a shift is looked at more thinly.
func sample(which int) int {
	switch {
	case os.Getenv("KASSA_LONG") != "":
		return 1
	case which == onceSale:
		return 4
	}
	return 11
}

// onceSale is the place of the sale among the operations.
const onceSale = 1

// onceOps are the operations, newly made.
func onceOps(t *testing.T) []kkt.Operation {
	in := shiftOp(kkt.OpCashIn)
	in.Cash = 100_00
	return []kkt.Operation{
		shiftOp(kkt.OpOpenShift),
		receipt(t, kkt.OpSale, 50_00, line(t, "Хлеб", 20_00, 1000, tax.VAT10), line(t, "Соль", 7_50, 2000, tax.VAT10)),
		in,
		corrected(receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 11_00, 1000, tax.VAT10)), doc.Ground{Of: doc.Sell, Date: yesterday, Reason: "ошибка"}),
		shiftOp(kkt.OpStateReport),
		shiftOp(kkt.OpCloseShift),
	}
}

// onceDone is what they leave in the FN and in the drawer, one after the
// other.
var (
	onceDone = []fiscaltest.Registered{{FD: 2, Kind: kkt.OpOpenShift}, {FD: 3, Kind: kkt.OpSale, Total: 35_00}, {},
		{FD: 4, Kind: kkt.OpCorrection, Total: 11_00}, {FD: 5, Kind: kkt.OpStateReport}, {FD: 6, Kind: kkt.OpCloseShift}}
	onceCash = []money.Amount{0, 35_00, 135_00, 146_00, 146_00, 146_00}
)

// trap notes the commands of one operation and springs a mishap at one.
type trap struct {
	mu     sync.Mutex
	d      *shtrihtest.Device
	on     bool
	seen   []uint16
	at     int
	what   mishap
	failed error
}

func (tr *trap) hook(stage shtrihtest.Stage, cmd uint16) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if !tr.on {
		return
	}
	if stage == shtrihtest.Received {
		tr.seen = append(tr.seen, cmd)
	}
	if tr.what.name != "" && stage == tr.what.stage && len(tr.seen) == tr.at+1 {
		tr.on = false
		tr.failed = tr.d.Fault(tr.what.fault[0], tr.what.fault[1:]...)
	}
}

func (tr *trap) set(at int, m mishap) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.on, tr.seen, tr.at, tr.what = true, nil, at, m
}

// stop ends the noting.
func (tr *trap) stop() []uint16 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.on = false
	return tr.seen
}

// noteCommands tells which commands each operation takes when all is well.
func noteCommands(t *testing.T, b bed) [][]uint16 {
	tr := &trap{}
	tr.d = device(t, shtrihtest.Options{Hook: tr.hook, FFD: b.ffd})
	p := printer(t, b.serve(t, tr.d), shtrih.Options{})
	if _, err := p.Identify(context.Background()); err != nil {
		t.Fatal(err)
	}
	var notes [][]uint16
	for _, op := range onceOps(t) {
		tr.set(0, mishap{})
		do(t, p, op)
		notes = append(notes, tr.stop())
	}
	return notes
}

// onceCase runs the operations up to one that has a mishap at a command.
func onceCase(t *testing.T, b bed, which int, m mishap, at int) {
	name := fmt.Sprintf("operation %d, command %d, %s", which, at, m.name)
	tr := &trap{}
	tr.d = device(t, shtrihtest.Options{Hook: tr.hook, FFD: b.ffd})
	p := printer(t, b.serve(t, tr.d), shtrih.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := p.Identify(ctx); err != nil {
		t.Error(name, ": ", err)
		return
	}
	ops := onceOps(t)[:which+1]
	for i, op := range ops {
		if i == which {
			tr.set(at, m)
		}
		if err := register(ctx, p, op); err != nil {
			t.Error(name, ": ", err)
			return
		}
		tr.stop()
	}
	if tr.failed != nil {
		t.Error(name, ": ", tr.failed)
	}
	want := slices.DeleteFunc(slices.Clone(onceDone[:which+1]), func(r fiscaltest.Registered) bool { return r.Kind == "" })
	if diff := cmp.Diff(want, registered(tr.d)); diff != "" {
		t.Error(name, ": ", diff)
	}
	if cash := tr.d.State().Cash; cash != onceCash[which] {
		t.Error(name, ": ", cash, " in the drawer")
	}
	if docs := tr.d.Documents(); len(docs) > 2 && docs[2].Requisite != shtrih.Digest(ops[onceSale].ID) {
		t.Error(name, ": requisite ", docs[2].Requisite)
	}
	if tr.d.State().DocumentOpen {
		t.Error(name, ": a document is left open")
	}
}

// register does what the till does: the mark is stored, then the operation is
// tried, and every doubt is put to Find.
func register(ctx context.Context, p *shtrih.Printer, op kkt.Operation) error {
	for {
		mark, err := p.Mark(ctx)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			continue
		}
		if err = p.Prepare(ctx, mark, op); err == nil {
			var f doc.Fiscal
			if f, err = p.Commit(ctx, mark, op); err == nil {
				if f.Time.IsZero() || (!op.Kind.Cash() && (f.FD != mark.FD+1 || f.Sign == 0)) {
					return fmt.Errorf("registered as %+v", f)
				}
				return nil
			}
		}
		found, err := find(ctx, p, mark, op)
		if err != nil {
			return err
		}
		switch found.Kind {
		case kkt.Registered:
			return nil
		case kkt.Foreign:
			return fmt.Errorf("foreign: %s", found.Why)
		}
	}
}

func find(ctx context.Context, p *shtrih.Printer, mark kkt.Mark, op kkt.Operation) (kkt.Found, error) {
	for {
		found, err := p.Find(ctx, mark, op)
		if err == nil || ctx.Err() != nil {
			return found, err
		}
	}
}
