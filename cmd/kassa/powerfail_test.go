package main

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/vfd/vfdtest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr/ecrtest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// glass is a customer display on the till of a rig.
func (r *rig) glass(driver string) *vfdtest.Emulator {
	r.t.Helper()
	glass, err := vfdtest.New(20, 2)
	if err != nil {
		r.t.Fatal(err)
	}
	at := plug(r.t.(*testing.T), func(c net.Conn) {
		_ = glass.Serve(c) // until the till hangs up
	})
	r.configure("[display]\ndriver = \"" + driver + "\"\naddress = \"" + at + "\"\n")
	return glass
}

// The supply fails while nothing happens, in the middle of a cheque, while the
// KKT registers and while the customer pays by card, seen by the pin of a UPS.
// What was begun comes to its end or can be asked about, nothing new is begun,
// the customer reads a goodbye; and when the battery is empty too, the cheque
// and the payment are there after the restart, each once.
func TestPowerFails(t *testing.T) {
	plainOnly(t)
	r, far := bankRig(t)
	glass := r.glass("vfd")
	board := r.board("power_fail = \"power_fail\"\n")
	layout := display.Layout{Columns: 20, Rows: 2, Language: "en"}
	sees := func(f display.Frame) {
		t.Helper()
		r.await("the customer reads "+strings.Join(f.Lines, "|"), func() bool { return slices.Equal(glass.Picture(), f.Lines) })
	}
	power := func(failed bool) {
		t.Helper()
		if err := board.Set("power_fail", failed); err != nil {
			t.Fatal(err)
		}
	}
	login := func() { t.Helper(); r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN}) }
	r.start("")
	login()
	r.run("shift", "open")

	// Idle: goodbye, and the shop's words when the supply is back.
	sees(layout.Idle(""))
	power(true)
	sees(layout.Dark())
	power(false)
	sees(layout.Idle(""))

	// In the middle of a cheque, and the battery is empty soon after.
	r.run("scan", "4600000000015")
	power(true)
	sees(layout.Dark())
	r.refused(fault.PowerFailing, "pay", "cash", "100")
	r.kill()
	power(false)
	r.start("")
	login()
	r.await("the cheque is there", func() bool { s, err := r.status(); return err == nil && len(s.Cheque.Lines) == 1 })
	if out := r.run("journal", "show", "--type", "power_lost"); strings.Count(out, "power_lost") != 2 {
		t.Errorf("the journal of two failures:\n%s", out)
	}

	// While the KKT registers: the receipt comes to its end, the customer has a
	// moment for the change.
	failing := func(s shtrihtest.Stage, cmd uint16) {
		if cmd == 0xFF45 {
			if err := board.Set("power_fail", true); err != nil {
				t.Error(err)
			}
		}
	}
	r.hook.Store(&failing)
	r.run("pay", "cash", "100")
	r.hook.Store(nil)
	sees(layout.Change(49_90, 100_00, 50_10))
	sees(layout.Dark())
	if n := r.receipts(); n != 1 {
		t.Errorf("%d receipts, want 1", n)
	}
	power(false)
	r.warns(fault.PowerFailing, false)

	// While the customer pays by card: what the bank says is registered.
	far.SetHands(ecrtest.Hands{Wait: true})
	r.run("scan", "4600000000022")
	paying := r.begin("pay", "card")
	r.await("the terminal waits", func() bool { return far.State().Waiting != nil })
	power(true)
	r.warns(fault.PowerFailing, true)
	sees(layout.Total(123_45, 0))
	if err := far.Approve(); err != nil {
		t.Fatal(err)
	}
	if _, errOut := paying(); errOut != "" {
		t.Errorf("paid, and told %s", errOut)
	}
	sees(layout.Dark())
	if n := r.receipts(); n != 2 || far.Moved() != 123_45 {
		t.Errorf("%d receipts, %s moved", n, far.Moved())
	}
	power(false)
	r.warns(fault.PowerFailing, false)

	// ..and with an empty battery: the bank is asked after the restart.
	r.run("scan", "4600000000015")
	paying = r.begin("pay", "card")
	r.await("the terminal waits", func() bool { return far.State().Waiting != nil })
	power(true)
	r.warns(fault.PowerFailing, true)
	r.kill()
	paying()
	if err := far.Approve(); err != nil {
		t.Fatal(err)
	}
	power(false)
	r.start("")
	r.await("it is sold", func() bool { s, err := r.status(); return err == nil && s.Phase == "idle" && len(s.Cheque.Lines) == 0 })
	if n := r.receipts(); n != 3 || far.Moved() != 123_45+49_90 {
		t.Errorf("%d receipts, %s moved", n, far.Moved())
	}
	r.stop()
	r.await("the last picture", func() bool { return slices.Equal(glass.Picture(), layout.Idle("").Lines) })
	if n := glass.Unknown(); n > 0 {
		t.Errorf("%d unknown commands", n)
	}
	r.agree()
}
