package shtrihtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPowerCut: whatever was answered is there when a new process opens the
// same files; the old one is not asked to close them.
func TestPowerCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kkt")
	var d *Device
	step := func(pieces ...string) {
		t.Helper()
		connect(t, d).ok(pieces...)
		before, docs, paper := d.State(), d.Documents(), d.Paper()
		d = open(t, Options{StatePath: path})
		if diff := cmp.Diff(before, d.State()); diff != "" {
			t.Fatalf("after %s: %s", pieces, diff)
		}
		if diff := cmp.Diff(docs, d.Documents()); diff != "" {
			t.Fatalf("after %s: %s", pieces, diff)
		}
		if d.Paper() != paper {
			t.Fatalf("after %s: the paper changed", pieces)
		}
	}
	d = open(t, Options{StatePath: path, Serial: "777", FN: FNPrefix + "12345678"})
	step("FF41", pwd)
	step(openShiftHex)
	step(openSale)
	step("FF0C", pwd, "FD03010041")
	step(bread)
	step("FF4D", pwd, "3C0801000B")
	step(payCash(5000))
	step("28", pwd, "00")
	step("1E", pwd, "11", "0100", "47", "02")
	step(zReportHex)
	if st := d.State(); st.FN != FNPrefix+"12345678" || st.LastFD != 4 || st.Cash != 20_00 || st.DrawerPulses != 1 {
		t.Errorf("%+v", st)
	}
}

// TestTornArchive: a document that was written and not yet counted was not
// registered.
func TestTornArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kkt")
	d := open(t, Options{StatePath: path})
	connect(t, d).ok(openShiftHex)
	for _, tail := range []string{`{"fd":3,"form":5}` + "\n", `{"fd":3,"fo`} {
		f, err := os.OpenFile(path+".fn", os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(tail); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, Options{StatePath: path})
		if n := len(again.Documents()); n != 2 {
			t.Errorf("%d documents, want 2", n)
		}
		h := connect(t, again)
		h.ok("10", pwd)
	}
	again := open(t, Options{StatePath: path})
	connect(t, again).ok(zReportHex)
	if n := len(open(t, Options{StatePath: path}).Documents()); n != 3 {
		t.Errorf("%d documents, want 3", n)
	}
}

func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kkt")
	open(t, Options{StatePath: path})
	if err := os.Truncate(path+".fn", 3); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{StatePath: path}); err == nil {
		t.Error("opened without its archive")
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{StatePath: path}); err == nil || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{FN: "1234567800000001"}, {FN: FNPrefix + "1"}, {Serial: "abc"}, {FFD: "2.0"}} {
		o.Now = func() time.Time { return noon }
		if _, err := Open(o); err == nil {
			t.Errorf("opened with %+v", o)
		}
	}
}

// TestFailedDisk: a device that can not store does not say it has.
func TestFailedDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "kkt")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	d := open(t, Options{StatePath: path})
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	h := connect(t, d)
	if got := h.code(openShiftHex); got != errHardware {
		t.Errorf("answered %02X", got)
	}
	if got := h.code("10", pwd); got != errHardware {
		t.Errorf("then %02X", got)
	}
}
