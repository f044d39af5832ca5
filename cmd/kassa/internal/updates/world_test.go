package updates

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/board/slots/slotstest"
	"github.com/kassa-pos/kassa/offline/update"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errPower  = errors.New("the power went")
	errReboot = errors.New("the machine restarts")
)

// system is what stands in a slot.
type system struct {
	version string
	starts  bool // a kernel and an init are there
	sells   bool // its gate says yes
}

// world is a machine with two slots that is switched on again and again.
type world struct {
	t      *testing.T
	disk   *slotstest.Disk
	slots  map[slots.Slot]system
	paths  Paths
	root   fstest.MapFS
	booted slots.Slot
	rescue bool
	boots  int
	left   int // changes until the power goes; negative: it stays
	took   int // changes so far
	key    ed25519.PrivateKey
	now    time.Time
}

func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	w := &world{
		t: t, disk: slotstest.New(), left: -1, root: fstest.MapFS{}, now: time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC),
		slots: map[slots.Slot]system{slots.A: {"1.4.0", true, true}},
		key:   ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize)),
	}
	w.paths = Paths{Store: filepath.Join(dir, "update"), Run: filepath.Join(dir, "run"), System: filepath.Join(dir, "slots"), cut: w.change}
	w.disk.Put(slotstest.FirstAt, map[string]string{"BOOT_ORDER": "A", "BOOT_A_LEFT": "9", "BOOT_B_LEFT": "0"})
	return w
}

// change is asked before everything that is written.
func (w *world) change() error {
	if w.left == 0 {
		return errPower
	}
	w.left--
	w.took++
	return nil
}

func (w *world) machine() Machine {
	return Machine{
		Root: w.root,
		Disk: func(do func(slots.Disk) error) error {
			if err := w.change(); err != nil {
				return err
			}
			return do(slots.On(w.disk))
		},
		Write: func(_ context.Context, bundle string, told func(int)) error {
			if err := w.change(); err != nil {
				return err
			}
			spare := w.booted.Other()
			w.disk.Mark(spare, false)
			w.slots[spare] = system{version: "half"}
			told(40)
			if err := w.change(); err != nil {
				return err
			}
			b, err := os.ReadFile(bundle)
			if err != nil {
				return err
			}
			var next system
			if _, err := fmt.Sscanf(string(b), "%s %t %t", &next.version, &next.starts, &next.sells); err != nil {
				return err
			}
			w.slots[spare] = next
			if err := w.change(); err != nil {
				return err
			}
			w.disk.Mark(spare, true)
			return nil
		},
		Reboot: func(context.Context) error { return errReboot },
		Now:    func() time.Time { return w.now },
	}
}

// on switches the machine on: the boot script, then, when the slot has
// something that starts, what ends the run. It repeats until a system stays
// up, or the power goes.
func (w *world) on(run func() error) error {
	w.t.Helper()
	for range 40 {
		w.boots++
		w.booted, w.rescue = w.disk.Boot()
		line := "rauc.slot=" + string(w.booted)
		if w.rescue {
			line += " till.rescue=1"
		}
		w.root["proc/cmdline"] = &fstest.MapFile{Data: []byte(line)}
		if err := os.RemoveAll(w.paths.Run); err != nil {
			w.t.Fatal(err)
		}
		if !w.slots[w.booted].starts {
			continue // the watchdog bites
		}
		err := w.gate()
		if errors.Is(err, errReboot) {
			continue
		}
		if errors.Is(err, errPower) {
			return err
		}
		if run == nil {
			return nil
		}
		if err = run(); errors.Is(err, errReboot) {
			run = nil
			continue
		}
		return err
	}
	w.t.Fatal("the machine never comes up")
	return nil
}

func (w *world) gate() error {
	s := w.slots[w.booted]
	g := Gate{
		Paths: w.paths, Machine: w.machine(), Version: s.version, Patience: 20 * time.Millisecond, Every: time.Millisecond,
		Ask: func(context.Context) (Verdict, error) {
			return Verdict{OK: s.sells, Version: s.version, Checks: []Check{{Name: "sale", OK: s.sells, Detail: "no price"}}}, nil
		},
	}
	_, err := g.Decide(w.t.Context())
	return err
}

// release puts a bundle into the store, and a request for it.
func (w *world) release(next system) error {
	w.t.Helper()
	body := fmt.Appendf(nil, "%s %t %t", next.version, next.starts, next.sells)
	sum := sha256.Sum256(body)
	m := update.Manifest{Version: next.version, Compatible: "kassa-arm64", Channel: "stable", Bundle: "k.raucb", Size: int64(len(body)),
		SHA256: hex.EncodeToString(sum[:]), Reads: map[string]int{"tape": 1}, Released: w.now}
	sealed, err := update.Sign(m, w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.MkdirAll(w.paths.Store, 0o700); err != nil {
		w.t.Fatal(err)
	}
	for name, b := range map[string][]byte{"k.raucb": body, "k.json": sealed} {
		if err := os.WriteFile(filepath.Join(w.paths.Store, name), b, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return w.paths.save(w.paths.Store, requestFile, Request{ID: uuid.UUID{1}, Action: Install, Bundle: "k.raucb", Envelope: "k.json", By: "Анна", At: w.now}, 0o600)
}

func (w *world) installer() Installer {
	return Installer{Paths: w.paths, Machine: w.machine(), Till: update.Till{Version: w.slots[w.booted].version, Compatible: "kassa-arm64", Holds: map[string]int{"tape": 1}},
		Keys: []ed25519.PublicKey{w.key.Public().(ed25519.PublicKey)}}
}

// update brings next, installs it and restarts.
func (w *world) update(next system) func() error {
	return func() error {
		if err := w.release(next); err != nil {
			return err
		}
		if err := w.installer().Handle(w.t.Context()); err != nil {
			return err
		}
		return errReboot
	}
}

func (w *world) outcome() (o Outcome, there bool) {
	w.t.Helper()
	there, err := load(w.paths.System, outcomeFile, &o)
	if err != nil {
		w.t.Fatal(err)
	}
	return o, there
}

// TestUpdates: what each kind of release ends in.
func TestUpdates(t *testing.T) {
	for name, c := range map[string]struct {
		next   system
		want   slots.Slot
		kept   bool
		reason string
	}{
		"good":           {system{"1.5.0", true, true}, slots.B, true, ""},
		"does not sell":  {system{"1.5.0", true, false}, slots.A, false, "sale: no price"},
		"does not start": {system{"1.5.0", false, false}, slots.A, false, NotStarted},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if err := w.on(w.update(c.next)); err != nil {
				t.Fatal(err)
			}
			o, there := w.outcome()
			if w.booted != c.want || w.rescue || !there || o.Kept != c.kept || o.Reason != c.reason || o.Version != "1.5.0" || o.FromVersion != "1.4.0" || o.By != "Анна" {
				t.Fatalf("slot %s (rescue %t), outcome %+v", w.booted, w.rescue, o)
			}
			if there, err := load(w.paths.System, trialFile, &Trial{}); err != nil || there {
				t.Errorf("the trial goes on (%v)", err)
			}
			// From now on it only starts, however often.
			for range 3 * slots.MaxAttempts {
				if err := w.on(nil); err != nil || w.booted != c.want || w.rescue {
					t.Fatalf("slot %s, rescue %t, %v", w.booted, w.rescue, err)
				}
			}
		})
	}
}

// TestCutAnywhere: the power goes before each change of an update, of every
// kind, and then a second time before each change of what comes after. Every
// time the machine ends in a system that sells, and tells the truth of the
// update.
func TestCutAnywhere(t *testing.T) {
	cuts := 0
	for _, next := range []system{{"1.5.0", true, true}, {"1.5.0", true, false}, {"1.5.0", false, false}} {
		for first := 0; ; first++ {
			w := newWorld(t)
			w.left = first
			err := w.on(w.update(next))
			if err == nil && w.left > 0 {
				break // the whole went through
			}
			cuts++
			for second := -1; second < 6; second++ {
				w.left = second
				_ = w.on(nil) // cut again, or not
				w.left = -1
				if err := w.on(nil); err != nil {
					t.Fatal(err)
				}
				cuts++
				w.mustSell(next, first)
			}
		}
	}
	t.Logf("%d cuts, every one ends in a till that sells", cuts)
}

func (w *world) mustSell(next system, cut int) {
	w.t.Helper()
	s := w.slots[w.booted]
	if !s.sells || w.rescue {
		w.t.Fatalf("cut before change %d: slot %s runs %+v, rescue %t", cut, w.booted, s, w.rescue)
	}
	st, _, err := slots.On(w.disk).Read()
	if err != nil || st.Left[w.booted] != slots.MaxAttempts {
		w.t.Fatalf("cut before change %d: %s is not confirmed: %v (%v)", cut, w.booted, st, err)
	}
	if there, err := load(w.paths.System, trialFile, &Trial{}); err != nil || there {
		w.t.Fatalf("cut before change %d: the trial goes on (%v)", cut, err)
	}
	o, there := w.outcome()
	if s.version == next.version && (!there || !o.Kept) || s.version != next.version && there && o.Kept {
		w.t.Fatalf("cut before change %d: %s runs, outcome %+v (%t)", cut, s.version, o, there)
	}
}

// TestHalfASlotIsNotStarted: the power went while RAUC wrote the slots' state,
// the torn copy is given up for the one from the last start, and that says of a
// slot that was being written that it is good.
func TestHalfASlotIsNotStarted(t *testing.T) {
	w := newWorld(t)
	w.slots[slots.B] = system{version: "half"}
	w.disk.Put(slotstest.FirstAt, map[string]string{"BOOT_ORDER": "A B", "BOOT_A_LEFT": "9", "BOOT_B_LEFT": "9"})
	if err := w.paths.save(w.paths.System, trialFile, Trial{Slot: slots.B, Version: "1.5.0"}, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.on(nil); err != nil {
		t.Fatal(err)
	}
	st, _, err := slots.On(w.disk).Read()
	if err != nil || st.Bootable(slots.B) || !st.Bootable(slots.A) {
		t.Errorf("%v, %v", st, err)
	}
	if o, there := w.outcome(); !there || o.Kept || o.Reason != CutOff {
		t.Errorf("%+v, %t", o, there)
	}
}

// TestNothingElseToStart: a system that can not sell is not sent away when
// there is nothing better, and not restarted for ever.
func TestNothingElseToStart(t *testing.T) {
	w := newWorld(t)
	w.slots[slots.A] = system{"1.4.0", true, false}
	for range 2 * slots.MaxAttempts {
		before := w.boots
		if err := w.on(nil); err == nil && w.boots != before+1 {
			t.Fatalf("%d boots", w.boots-before)
		}
		if w.booted != slots.A {
			t.Fatal(w.booted)
		}
	}
	if !w.rescue && w.boots <= slots.MaxAttempts {
		t.Error("no rescue")
	}
}

// TestRefusedByTheInstaller: what the till lets through by mistake, or somebody
// put there, is refused before a slot is touched.
func TestRefusedByTheInstaller(t *testing.T) {
	for name, spoil := range map[string]func(w *world){
		"tampered": func(w *world) {
			if err := os.WriteFile(filepath.Join(w.paths.Store, "k.raucb"), []byte("1.5.0 true fals"), 0o600); err != nil {
				w.t.Fatal(err)
			}
		},
		"a stranger's": func(w *world) { w.key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) },
		"older":        func(w *world) { w.slots[slots.A] = system{"2.0.0", true, true} },
		"a link": func(w *world) {
			path := filepath.Join(w.paths.Store, "k.json")
			if err := errors.Join(os.Rename(path, path+".x"), os.Symlink(path+".x", path)); err != nil {
				w.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			err := w.on(func() error {
				if err := w.release(system{"1.5.0", true, true}); err != nil {
					return err
				}
				spoil(w)
				return w.installer().Handle(t.Context())
			})
			if err == nil {
				t.Fatal("it is installed")
			}
			var p Progress
			if there, lerr := load(w.paths.Run, progressFile, &p); lerr != nil || !there || p.Phase != Failed || p.Code == "" {
				t.Errorf("told: %+v (%v)", p, lerr)
			}
			if _, touched := w.slots[slots.B]; touched {
				t.Error("the spare slot was touched")
			}
			st, _, serr := slots.On(w.disk).Read()
			if serr != nil || st.Order[0] != slots.A {
				t.Errorf("%v, %v", st, serr)
			}
		})
	}
}
