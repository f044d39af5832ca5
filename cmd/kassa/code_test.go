package main

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr/ecrtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// A payment by a code that the customer scans, and what goes wrong with it: the
// service is away while the code is shown, its answer is lost, the code is over,
// called off, paid after all; the money goes back by the payment's id, once.
func TestPayByCode(t *testing.T) {
	plainOnly(t)
	var ahead atomic.Int64 // of the bank's clock
	r, far := bankRigAt(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	glass := r.glass("cd5220")
	layout := display.Layout{Columns: 20, Rows: 2, Language: "en"}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	moved := func(what string, want money.Amount) {
		t.Helper()
		r.await(what, func() bool { return far.Moved() == want })
	}
	idle := func(lines int) {
		t.Helper()
		r.await("the till is idle", func() bool {
			s, err := r.status()
			return err == nil && s.Phase == "idle" && len(s.Cheque.Lines) == lines
		})
	}
	shown := func() (ended func() (string, string)) {
		t.Helper()
		ended = r.begin("pay", "qr")
		var st struct {
			Payment *struct {
				Charge *struct {
					QR  string       `json:"qr"`
					Sum money.Amount `json:"sum"`
				} `json:"charge"`
			} `json:"payment"`
		}
		r.await("the code is shown", func() bool {
			return r.call("GET", "/api/v1/status", nil, &st) == nil && st.Payment != nil && st.Payment.Charge != nil && strings.HasPrefix(st.Payment.Charge.QR, "https://")
		})
		sum := st.Payment.Charge.Sum
		r.await("the customer is asked to scan it", func() bool { return slices.Equal(glass.Picture(), layout.Scan(sum).Lines) })
		return ended
	}
	told := func(ended func() (string, string), code fault.Code) {
		t.Helper()
		if _, errOut := ended(); !strings.Contains(errOut, string(code)) {
			t.Errorf("told %q, want %s", errOut, code)
		}
	}
	expire := func() { ahead.Add(int64(time.Hour)) }
	far.SetHands(ecrtest.Hands{Wait: true})

	// Created and asked about: the service is away for a while and talks nonsense,
	// the customer pays meanwhile, the first answer about it is lost.
	r.run("scan", "4600000000015")
	ended := shown()
	for _, f := range []ecrtest.Fault{ecrtest.Unplugged, ecrtest.Garbage} {
		if err := far.Break(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := far.Approve(); err != nil {
		t.Fatal(err)
	}
	far.Mend()
	if err := far.Break(ecrtest.LoseAnswer); err != nil {
		t.Fatal(err)
	}
	ended()
	idle(0)
	moved("it is paid once", 49_90)

	// Over, and paid after all: the till, which dies meanwhile, asks about what
	// it gave up, gives the money back and says so; the cheque is there.
	r.run("scan", "4600000000022")
	ended = shown()
	if err := far.Break(ecrtest.LatePaid); err != nil {
		t.Fatal(err)
	}
	expire()
	told(ended, fault.TerminalExpired)
	idle(1)
	r.kill()
	r.start("")
	r.await("it is told of", func() bool { return strings.Contains(r.run("status", "--json"), string(fault.TerminalLate)) })
	moved("it has gone back", 49_90)
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})

	// Called off by the cashier, refused by the bank, over: the cheque is back, and
	// paid in cash.
	ended = shown()
	r.run("terminal", "cancel")
	told(ended, fault.TerminalCancelled)
	idle(1)
	ended = shown()
	if err := far.Decline("funds"); err != nil {
		t.Fatal(err)
	}
	told(ended, fault.TerminalFunds)
	idle(1)
	ended = shown()
	expire()
	told(ended, fault.TerminalExpired)
	idle(1)
	moved("nothing is paid", 49_90)
	r.run("pay", "cash", "200")
	if far.Moved() != 49_90 {
		t.Errorf("%s moved", far.Moved())
	}

	// Given back by its id: the service is away, then its answer is lost.
	sold := r.last(doc.PayElectron)
	if err := far.Break(ecrtest.Unplugged); err != nil {
		t.Fatal(err)
	}
	if _, errOut, code := r.kassa("", "return", sold); code == 0 || far.Moved() != 49_90 {
		t.Errorf("given back without a service: %s, %s moved", errOut, far.Moved())
	}
	far.Mend()
	idle(0)
	if err := far.Break(ecrtest.LoseAnswer); err != nil {
		t.Fatal(err)
	}
	r.begin("return", sold)()
	idle(0)
	moved("it has gone back", 0)
	r.stop()
	r.agree()
	all := r.sells()
	if len(all) != 3 {
		t.Fatalf("%d receipts", len(all))
	}
	paid, back := all[0].Receipt.Payments[0], all[2].Receipt.Payments[0]
	if !paid.QR || paid.Slip == nil || paid.Slip.Kind != doc.SlipQR || paid.Slip.QRID == "" || back.Slip == nil || back.Slip.Of != paid.Slip.Operation || back.Slip.Sum != 49_90 {
		t.Errorf("paid by %+v, given back by %+v", paid.Slip, back.Slip)
	}
}

// last is the name of the running till's newest sale that was paid so.
func (r *rig) last(by doc.PaymentType) (name string) {
	r.t.Helper()
	for _, d := range r.sells() {
		if d.Receipt.Payments[0].Type == by {
			name = d.Name
		}
	}
	return name
}
