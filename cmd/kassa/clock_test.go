package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/board/clock"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// clockAt sets the clock that the till will have at its next start.
func (r *rig) clockAt(offset time.Duration, trust clock.Trust, age time.Duration) {
	r.t.Helper()
	if err := os.WriteFile(r.config()+clockSuffix, fmt.Appendf(nil, "%s %s %s", offset, trust, age), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// warns waits until a warning is there, or is not.
func (r *rig) warns(code fault.Code, want bool) {
	r.t.Helper()
	r.await(fmt.Sprintf("the warning %s is %v", code, want), func() bool {
		s, err := r.status()
		if err != nil {
			return false
		}
		for _, w := range s.Warnings {
			if w.Code == string(code) {
				return want
			}
		}
		return !want
	})
}

// No clock is earlier than the program, the last document or the FN's last:
// below each of the three the operator is warned, the till sells all the same
// and its documents say so. A time server's word stands above what a clock that
// ran ahead has written. A KKT whose clock is off is told of.
func TestNoClockIsEarlierThanWhatWasDone(t *testing.T) {
	plainOnly(t)
	const day = 24 * time.Hour
	ahead := 2 * day // of everything that happens at first
	r := newRigWith(t, t.TempDir(), "", func(o *shtrihtest.Options) { o.Now = func() time.Time { return moscow().Add(ahead) } })
	sells := func(flagged bool) {
		t.Helper()
		r.run("scan", "4600000000015")
		r.run("pay", "cash", "100")
		r.stop()
		all := r.sells()
		if all[len(all)-1].ClockBad != flagged {
			t.Errorf("flagged %v, want %v", !flagged, flagged)
		}
		if _, zone := all[len(all)-1].Time.Zone(); zone != 3*60*60 {
			t.Errorf("the document's zone is %d s off, Moscow's is 10800", zone)
		}
	}
	login := func() { t.Helper(); r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN}) }

	// The program: its sources are of tomorrow, nothing else is known yet. The
	// KKT's clock is right but for three minutes.
	if err := r.dev.Fault("clock-drift", "3m"); err != nil {
		t.Fatal(err)
	}
	r.clockAt(ahead, clock.Nobodys, -3*day)
	r.start("")
	r.warns(fault.ClockBehind, true)
	r.warns(fault.FiscalDrift, true)
	r.stop()
	if err := r.dev.Fault("clock-drift", "0s"); err != nil {
		t.Fatal(err)
	}

	// The clock is right, and the KKT's too.
	r.clockAt(ahead, clock.Battery, day)
	r.start("")
	login()
	r.run("shift", "open")
	r.warns(fault.ClockBehind, false)
	r.warns(fault.FiscalDrift, false)
	sells(false)

	// The last document: the KKT is not there, the clock has fallen back.
	if err := r.dev.Fault("unplug"); err != nil {
		t.Fatal(err)
	}
	r.clockAt(ahead-time.Hour, clock.Battery, day)
	r.launch("")
	r.warns(fault.ClockBehind, true)
	if err := r.dev.Fault("replug"); err != nil {
		t.Fatal(err)
	}
	r.await("the KKT is back", func() bool { s, err := r.status(); return err == nil && s.KKT.Ready && s.Phase == "idle" })
	login()
	sells(true)

	// A time server says that it is right now: what was before is no floor.
	r.clockAt(0, clock.Synced, day)
	r.start("")
	r.warns(fault.ClockBehind, false)
	login()
	sells(false)

	// The FN: a new journal beside a KKT that has sold two days from now.
	if err := os.RemoveAll(filepath.Join(r.dir, "data", "journal")); err != nil {
		t.Fatal(err)
	}
	r.clockAt(0, clock.Battery, day)
	r.start("")
	r.warns(fault.ClockBehind, true)
	r.stop()
}
