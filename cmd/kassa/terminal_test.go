package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/terminal/ecr/ecrtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// bankRig is a till with an emulated payment terminal that outlives it.
func bankRig(t *testing.T) (*rig, *ecrtest.Terminal) {
	t.Helper()
	return bankRigAt(t, nil)
}

// bankRigAt is bankRig with a clock for the bank; nil: time.Now.
func bankRigAt(t *testing.T, now func() time.Time) (*rig, *ecrtest.Terminal) {
	t.Helper()
	r := newRig(t, "")
	far := ecrtest.New(ecrtest.Options{TID: "00012345", MID: "123456789012345", Now: now})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { _ = far.Serve(ctx, conn) })
		}
	})
	t.Cleanup(func() {
		cancel()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	r.configure(fmt.Sprintf("[terminal]\ndriver = \"emulator\"\naddress = \"tcp://%s\"\nqr = true\n", l.Addr()))
	return r, far
}

// configure adds lines to the till's configuration.
func (r *rig) configure(lines string) {
	r.t.Helper()
	text, err := os.ReadFile(r.config())
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.config(), append(text, []byte(lines)...), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// sells are the payments of the journal's sales and returns, in order.
func (r *rig) sells() (all []doc.Document) {
	r.t.Helper()
	for _, d := range r.documents() {
		if d.Receipt != nil {
			all = append(all, d)
		}
	}
	return all
}

// A till with a terminal: paid, declined, called off, by QR, given back, in
// doubt, killed while the customer pays, and counted at the end.
func TestTerminal(t *testing.T) {
	r, far := bankRig(t)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	if out := r.run("terminal", "status"); !strings.Contains(out, "00012345") {
		t.Errorf("%s", out)
	}
	r.run("scan", "4600000000015")
	r.run("pay", "card")
	shown := r.run("journal", "show", "3")
	if !strings.Contains(shown, "220070******0001") {
		t.Errorf("no slip in\n%s", shown)
	}

	far.SetHands(ecrtest.Hands{Decline: "funds"})
	r.run("scan", "4600000000015")
	r.refused(fault.TerminalFunds, "pay", "card")
	far.SetHands(ecrtest.Hands{})
	r.run("pay", "qr")

	far.SetHands(ecrtest.Hands{Wait: true}) // the customer does nothing
	r.run("scan", "4600000000022")
	paying := r.begin("pay", "card")
	r.await("the terminal waits", func() bool { return far.State().Waiting != nil })
	r.refused(fault.ChequePaying, "shift", "close")
	r.run("terminal", "cancel")
	if _, errOut := paying(); !strings.Contains(errOut, string(fault.TerminalCancelled)) && !strings.Contains(errOut, "called off") {
		t.Errorf("called off: %s", errOut)
	}

	// The till dies while the customer pays: asked by the id, registered once.
	paying = r.begin("pay", "card")
	r.await("the terminal waits", func() bool { return far.State().Waiting != nil })
	r.kill()
	paying()
	if err := far.Approve(); err != nil {
		t.Fatal(err)
	}
	far.SetHands(ecrtest.Hands{})
	r.start("")
	if far.Moved() != 2*49_90+123_45 {
		t.Errorf("%s moved", far.Moved())
	}

	// The answer is lost: the till asks, and knows.
	if err := far.Break(ecrtest.LoseAnswer); err != nil {
		t.Fatal(err)
	}
	r.run("scan", "4600000000015")
	r.begin("pay", "card")()
	r.await("it is sold", func() bool {
		s, err := r.status()
		return err == nil && s.Phase == "idle" && far.Moved() == 3*49_90+123_45
	})

	last := r.sells()
	r.run("return", last[len(last)-1].Name)
	if far.Moved() != 2*49_90+123_45 {
		t.Errorf("%s moved after a return", far.Moved())
	}
	r.run("terminal", "reconcile")
	r.run("shift", "close")
	docs := r.documents()
	var net money.Amount
	slips := 0
	for _, d := range docs {
		if d.Type == doc.CloseSession && (d.Shift.Acquiring == nil || d.Shift.Acquiring.Difference != 0 || d.Shift.Acquired != far.Moved()) {
			t.Errorf("acquired %s: %+v", d.Shift.Acquired, d.Shift.Acquiring)
		}
		if d.Receipt == nil {
			continue
		}
		for _, p := range d.Receipt.Payments {
			if p.Slip == nil || p.Slip.RRN == "" {
				t.Errorf("%s has no slip: %+v", d.Name, p)
				continue
			}
			slips++
			if d.Type == doc.Payback {
				net -= p.Sum
			} else {
				net += p.Sum
			}
		}
	}
	if net != far.Moved() || slips != 5 {
		t.Errorf("%d slips for %s, the bank moved %s", slips, net, far.Moved())
	}
	r.stop()
}

// begin runs a command that does not end yet; the function waits for its end.
func (r *rig) begin(args ...string) func() (out, errOut string) {
	type result struct{ out, errOut string }
	done := make(chan result, 1)
	go func() {
		out, errOut, _ := r.kassa("", args...)
		done <- result{out, errOut}
	}()
	return func() (string, string) {
		got := <-done
		return got.out, got.errOut
	}
}

// The manual terminal asks the cashier, and goes on asking after a restart.
func TestManualTerminal(t *testing.T) {
	r := newRig(t, "")
	r.configure("[terminal]\ndriver = \"manual\"\n")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	asked := func() bool { out, _, _ := r.kassa("", "terminal", "status"); return strings.Contains(out, "asks") }
	r.run("scan", "4600000000015")
	paying := r.begin("pay", "card")
	r.await("a person is asked", asked)
	r.run("terminal", "declined")
	if _, errOut := paying(); errOut == "" {
		t.Error("declined, and paid")
	}
	r.refused(fault.TerminalNone, "terminal", "approved")
	paying = r.begin("pay", "card")
	r.await("a person is asked", asked)
	r.kill()
	paying()
	r.launch("")
	r.await("a person is asked again", asked)
	r.run("terminal", "approved", "--rrn", "612345678901")
	r.await("it is sold", func() bool { s, err := r.status(); return err == nil && s.Phase == "idle" })
	all := r.sells()
	if len(all) != 1 || all[0].Receipt.Payments[0].Slip == nil || all[0].Receipt.Payments[0].Slip.RRN != "612345678901" || !all[0].Receipt.Payments[0].Slip.ByHand {
		t.Errorf("%+v", all)
	}
	r.stop()
}
