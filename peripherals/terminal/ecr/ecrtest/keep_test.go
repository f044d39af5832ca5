package ecrtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

func begin(t *Terminal, do ecr.Do, sum money.Amount, of uuid.UUID) uuid.UUID {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := uuid.New()
	t.begun(ecr.Request{Do: do, Op: id, Via: doc.SlipCard, Sum: sum, Of: of})
	return id
}

// TestBooksOutliveTheBank at every byte the file may be torn at: what was
// answered is known, no sum moves twice, and the day is the same.
func TestBooksOutliveTheBank(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	open := func(path string) *Terminal {
		t.Helper()
		b, err := Open(Options{TID: "T"}, path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := open(path)
	paid := begin(b, ecr.DoPay, 100_00, uuid.Nil)
	begin(b, ecr.DoRefund, 30_00, paid)
	undone := begin(b, ecr.DoPay, 50_00, uuid.Nil)
	begin(b, ecr.DoCancel, 50_00, undone)
	b.SetHands(Hands{Decline: terminal.Funds})
	begin(b, ecr.DoPay, 1_00, uuid.Nil)
	shift := uuid.New()
	sums := b.reconcile(shift)
	b.SetHands(Hands{Wait: true})
	waits := begin(b, ecr.DoPay, 7_00, uuid.Nil)
	before := b.State()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(path)
	after := again.State()
	if diff := cmp.Diff(before.Operations[1:], after.Operations[1:]); diff != "" || after.Moved != 70_00 || after.Waiting != nil {
		t.Errorf("moved %s, waits %v\n%s", after.Moved, after.Waiting, diff)
	}
	if o := after.Operations[0]; o.ID != waits || o.Is != ecr.IsDeclined {
		t.Errorf("what waited: %+v", o)
	}
	if got := again.reconcile(shift); got != sums {
		t.Errorf("the day's sums: %+v, were %+v", got, sums)
	}
	if id := begin(again, ecr.DoRefund, 71_00, paid); again.ops[id].reason != terminal.TooMuch {
		t.Errorf("more went back than was paid: %+v", again.ops[id])
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(t.TempDir(), "torn")
	for at := 0; at < len(whole); at += 11 {
		if err := os.WriteFile(torn, whole[:at], 0o600); err != nil {
			t.Fatal(err)
		}
		b := open(torn)
		if m := b.Moved(); m < 0 || m > 150_00 {
			t.Fatalf("torn at %d: %s moved", at, m)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(torn, []byte("{\"ops\":7}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{}, torn); err == nil {
		t.Error("books that make no sense were opened")
	}
}

// TestBooksThatCanNotBeWritten: the terminal is dead rather than forgetful.
func TestBooksThatCanNotBeWritten(t *testing.T) {
	b, err := Open(Options{}, filepath.Join(t.TempDir(), "bank"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.file.Close(); err != nil {
		t.Fatal(err)
	}
	begin(b, ecr.DoPay, 100, uuid.Nil)
	b.Mend()
	if s := b.State(); len(s.Faults) != 1 || s.Faults[0] != Unplugged {
		t.Errorf("faults: %v", s.Faults)
	}
}
