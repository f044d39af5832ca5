package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

func (r *rig) run(args ...string) string {
	r.t.Helper()
	out, errOut, code := r.kassa("", args...)
	if code != 0 {
		r.t.Fatalf("kassa %v: %d %s\n%s", args, code, errOut, r.log())
	}
	return out
}

// scanned scans codes from stdin, as marking codes must be.
func (r *rig) scanned(codes ...string) {
	r.t.Helper()
	if _, errOut, code := r.kassa(strings.Join(codes, "\n")+"\n", "scan", "-"); code != 0 {
		r.t.Fatalf("%d %s\n%s", code, errOut, r.log())
	}
}

// notScanned scans a code from stdin that is refused.
func (r *rig) notScanned(want fault.Code, code string) {
	r.t.Helper()
	if _, errOut, exit := r.kassa(code+"\n", "scan", "-"); exit == 0 || !strings.Contains(errOut, string(want)) {
		r.t.Errorf("%d %s, want %s", exit, errOut, want)
	}
}

func (r *rig) refused(want fault.Code, args ...string) {
	r.t.Helper()
	if _, errOut, code := r.kassa("", args...); code == 0 || !strings.Contains(errOut, string(want)) {
		r.t.Errorf("kassa %v: %d %s, want %s", args, code, errOut, want)
	}
}

// TestMoneyBesideSales: cash in and out, returns, corrections and a report on
// settlements, by the command line, on a real journal and an emulated device,
// over a restart.
func TestMoneyBesideSales(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("cash", "in", "1000", "--person", "Сидоров", "--reason", "размен")
	r.refused(fault.FiscalCash, "cash", "out", "1000.01")
	r.run("scan", "4600000000015", "4600000000015", "4600000000022")
	r.run("pay", "cash", "500")
	if out := r.run("return", "000004", "1=1"); !strings.Contains(out, "returned 49.90 (cash 49.90)") {
		t.Errorf("returned %s", out)
	}
	r.refused(fault.ReturnMore, "return", "4", "1=2")
	r.refused(fault.NotFound, "return", "77")
	r.kill()
	r.start("")
	r.run("return", "4") // the rest
	r.refused(fault.ReturnOf, "return", "4")
	r.run("scan", "4600000000022")
	r.run("correct", "--date", "2026-11-01", "--reason", "не пробили", "--payment", "card")
	r.run("shift", "state-report")
	r.run("cash", "out", "999", "--reason", "инкассация", "--category", "1")
	if out := r.run("cash", "count", "0.50"); !strings.Contains(out, "counted 0.50, should be 1.00: -0.50") {
		t.Error(out)
	}
	if out := r.run("status"); !strings.Contains(out, "till     idle") {
		t.Error(out)
	}
	r.run("shift", "close")
	r.stop()
	r.agree()
	sums := map[doc.Type]money.Amount{}
	var last *doc.Document
	for _, d := range r.documents() {
		switch {
		case d.Receipt != nil:
			sums[d.Type] += d.Receipt.Total
		case d.Cash != nil:
			sums[d.Type] += d.Cash.Sum
		}
		if d.Type == doc.StateReport && (d.Fiscal == nil || d.Fiscal.FD == 0) {
			t.Errorf("the report is not registered: %+v", d.Fiscal)
		}
		last = &d
	}
	want := map[doc.Type]money.Amount{doc.Sell: 22325, doc.Payback: 22325, doc.Correction: 12345, doc.CashIncome: 1000_00, doc.CashOutcome: 999_00}
	for typ, sum := range want {
		if sums[typ] != sum {
			t.Errorf("%s: %s, want %s", typ, sums[typ], sum)
		}
	}
	if last.Type != doc.CloseSession || last.Shift.Drawer != 1_00 || last.Shift.Corrections != (doc.Count{Count: 1, Sum: 12345}) {
		t.Errorf("the shift ended with %+v", last.Shift)
	}
}

// TestPurchaseOfTwoReceipts: goods of two tax systems are paid once and
// registered as two receipts, also when the till dies between them.
func TestPurchaseOfTwoReceipts(t *testing.T) {
	r := newRigWith(t, t.TempDir(), "", func(o *shtrihtest.Options) { o.TaxSystems = []tax.System{tax.General, tax.SimplifiedIncome} })
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.run("shift", "open")
	r.run("scan", "4600000000015", "4600000000039", "4600000000022")
	out := r.run("pay", "cash", "200")
	if !strings.Contains(out, "paid 181.12, change 18.88") {
		t.Error(out)
	}
	r.run("scan", "4600000000015", "4600000000039")
	receipts := r.receipts()
	child, exited := r.child, r.exited
	hook := func(stage shtrihtest.Stage, cmd uint16) {
		if cmd == 0x8D && r.receipts() == receipts+1 && stage == shtrihtest.Received { // the second receipt is opened
			if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Error(err)
			}
			err := <-exited
			exited <- err
		}
	}
	r.hook.Store(&hook)
	if err := r.call("POST", "/api/v1/pay", map[string]string{"type": "card"}, nil); err == nil {
		t.Error("the till lives")
	}
	r.hook.Store(nil)
	r.kill()
	r.start("")
	r.await("the rest is registered", func() bool { return r.receipts() == receipts+2 })
	r.await("the till is at rest", func() bool {
		s, err := r.status()
		return err == nil && s.Phase == "idle" && len(s.Cheque.Lines) == 0
	})
	r.run("shift", "close")
	r.stop()
	r.agree()
	groups := 0
	for _, d := range r.documents() {
		if d.Receipt != nil && d.Receipt.Groups == 2 {
			groups++
		}
	}
	if groups != 4 {
		t.Errorf("%d receipts of purchases in two", groups)
	}
}

// TestSplitPayment: a cheque paid in several ways, by the command line; what
// came in each way goes back the same way.
func TestSplitPayment(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("scan", "4600000000015", "4600000000015")
	r.refused(fault.PaidMore, "pay", "split", "card=100")
	r.refused(fault.PaidLess, "pay", "split", "card=50", "cash=49.79")
	r.refused(fault.PayMixed, "pay", "split", "qr=50", "cash")
	r.refused(fault.BadRequest, "pay", "split", "gold=50")
	if out := r.run("pay", "split", "card=50", "cash=100"); !strings.Contains(out, "paid 99.80, change 50.20") || !strings.Contains(out, "card 50.00, cash 49.80") {
		t.Error(out)
	}
	r.run("return", "3", "1=1")
	r.run("scan", "4600000000015")
	r.run("pay", "qr")
	r.run("scan", "4600000000015")
	r.run("pay", "credit")
	r.run("shift", "close")
	r.stop()
	r.agree()
	var backs []doc.Payment
	for _, d := range r.documents() {
		if d.Type == doc.Payback {
			backs = d.Receipt.Payments
		}
	}
	if len(backs) != 2 || backs[0].Sum != 25_00 || backs[1].Sum != 24_90 {
		t.Errorf("back %+v", backs)
	}
}

// TestChangedFN: another FN in the device stops the till until the owner has
// confirmed it.
func TestChangedFN(t *testing.T) {
	base := newRig(t, "")
	base.start("")
	base.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	base.run("shift", "open")
	base.run("shift", "close")
	base.stop()
	for _, old := range []string{filepath.Join(base.dir, "kkt"), filepath.Join(base.dir, "data", client.SocketName)} {
		if err := os.RemoveAll(old); err != nil {
			t.Fatal(err)
		}
	}
	const fn = shtrihtest.FNPrefix + "77777777"
	r := newRigWith(t, t.TempDir(), base.dir, func(o *shtrihtest.Options) { o.FN = fn })
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.refused(fault.FiscalChanged, "shift", "open")
	r.refused(fault.LoginSenior, "accept-fn", fn)
	if out, errOut, code := r.kassa(ownerPIN+"\n", "approve"); code != 0 || !strings.Contains(out, "Петров") {
		t.Fatalf("%d %s %s", code, out, errOut)
	}
	r.refused(fault.FiscalChanged, "accept-fn", "9999078900000000")
	r.run("accept-fn", fn) // the approval was left, and is used up now
	r.refused(fault.LoginSenior, "correct", "--reason", "x", "--date", "2026-11-01")
	if _, _, code := r.kassa("000000\n", "approve"); code != 1 {
		t.Error("a wrong PIN approves")
	}
	r.kill()
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.run("shift", "open")
	r.run("scan", "4600000000015")
	r.run("pay", "card")
	r.run("shift", "close")
	r.stop()
	r.agree()
}
