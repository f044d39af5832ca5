package vfd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/vfd"
	"github.com/kassa-pos/kassa/peripherals/display/vfd/vfdtest"
	"github.com/kassa-pos/kassa/peripherals/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func frame(lines ...string) display.Frame { return display.Frame{Lines: lines} }

// rig is a driver, the bytes it sent and the glass.
type rig struct {
	t     *testing.T
	pair  *link.Pair
	vfd   *vfd.VFD
	glass *vfdtest.Emulator
	sent  bytes.Buffer // read it only after synctest.Wait
	far   link.Conn
}

func newRig(t *testing.T, o vfd.Options) *rig {
	t.Helper()
	r := &rig{t: t, pair: link.NewPair()}
	var err error
	if r.vfd, err = vfd.New(r.pair, o); err != nil {
		t.Fatal(err)
	}
	if r.glass, err = vfdtest.New(20, 2); err != nil {
		t.Fatal(err)
	}
	return r
}

// plug serves the next open.
func (r *rig) plug() {
	go func() {
		far, err := r.pair.Accept(r.t.Context())
		if err != nil {
			return
		}
		r.far = far
		if err := r.glass.Serve(io.TeeReader(far, &r.sent)); err != nil {
			r.t.Error(err)
		}
	}()
}

func (r *rig) show(lines ...string) []byte {
	r.t.Helper()
	if err := r.vfd.Show(r.t.Context(), frame(lines...)); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	p := bytes.Clone(r.sent.Bytes())
	r.sent.Reset()
	return p
}

func (r *rig) sees(lines ...string) {
	r.t.Helper()
	if d := cmp.Diff(frame(lines...).Fit(20, 2), r.glass.Picture()); d != "" {
		r.t.Error(d)
	}
	if n := r.glass.Unknown(); n > 0 {
		r.t.Errorf("%d unknown commands", n)
	}
}

// The golden streams: what a display of each dialect is sent.
func TestStreams(t *testing.T) {
	blank := strings.Repeat(" ", 20)
	for _, c := range []struct {
		dialect vfd.Dialect
		page    string
		first   string // a picture on a fresh link
		next    string // its lower row changed
		whole   string // at the heartbeat
	}{
		{vfd.Epson, "cp866",
			"\x1b@\x1bt\x11\x1f\x01\x1fC\x00\x1f$\x01\x01\x95\xab\xa5\xa1" + blank[4:] + "\x1f$\x01\x02" + blank[5:] + "45.00",
			"\x1f$\x01\x02" + blank[5:] + "90.00",
			"\x1bt\x11\x1f\x01\x1fC\x00\x1f$\x01\x01\x95\xab\xa5\xa1" + blank[4:] + "\x1f$\x01\x02" + blank[5:] + "90.00"},
		{vfd.CD5220, "cp1251",
			"\x1b@\x1bt\x2e\x1b_\x00\x1bQA\xd5\xeb\xe5\xe1" + blank[4:] + "\r\x1bQB" + blank[5:] + "45.00\r",
			"\x1bQB" + blank[5:] + "90.00\r",
			"\x1bt\x2e\x1b_\x00\x1bQA\xd5\xeb\xe5\xe1" + blank[4:] + "\r\x1bQB" + blank[5:] + "90.00\r"},
	} {
		t.Run(string(c.dialect), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, vfd.Options{Dialect: c.dialect, CodePage: c.page})
				r.plug()
				is := func(what string, got []byte, want string) {
					t.Helper()
					if string(got) != want {
						t.Errorf("%s:\n got %q\nwant %q", what, got, want)
					}
				}
				is("first", r.show("Хлеб", blank[5:]+"45.00"), c.first)
				is("same", r.show("Хлеб", blank[5:]+"45.00"), "")
				is("next", r.show("Хлеб", blank[5:]+"90.00"), c.next)
				r.sees("Хлеб", blank[5:]+"90.00")
				if r.glass.CursorShown() {
					t.Error("the cursor is shown")
				}
				time.Sleep(vfd.DefaultHeartbeat)
				is("heartbeat", r.show("Хлеб", blank[5:]+"90.00"), c.whole)
				if err := r.vfd.Halt(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestAPowerCutIsMendedByTheHeartbeat(t *testing.T) {
	for _, dialect := range []vfd.Dialect{vfd.Epson, vfd.CD5220} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, vfd.Options{Dialect: dialect})
			r.plug()
			r.show("Гродзенскі сыр", "«Дом» 12.50")
			r.sees("Гродзенскi сыр", "\"Дом\" 12.50")
			r.glass.PowerCycle()
			time.Sleep(vfd.DefaultHeartbeat)
			r.show("Гродзенскі сыр", "«Дом» 12.50")
			r.sees("Гродзенскi сыр", "\"Дом\" 12.50")
			if err := r.vfd.Halt(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestReplugRedrawsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, vfd.Options{})
		r.plug()
		r.show("one", "two")
		if err := r.far.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := r.vfd.Show(t.Context(), frame("one", "three")); err == nil {
			t.Fatal("wrote into the air")
		}
		r.glass.PowerCycle()
		r.plug()
		if p := r.show("one", "three"); !bytes.HasPrefix(p, []byte("\x1b@")) {
			t.Errorf("sent %q", p)
		}
		r.sees("one", "three")
		if err := r.vfd.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestADisplayThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, vfd.Options{})
		start := time.Now()
		if err := r.vfd.Show(t.Context(), frame("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if d := time.Since(start); d != vfd.DefaultWriteTimeout {
			t.Errorf("held its caller for %v", d)
		}
	})
}

func TestHaltAndContextWakeAShow(t *testing.T) {
	for name, end := range map[string]func(*vfd.VFD, context.CancelFunc) error{
		"halt":    func(d *vfd.VFD, _ context.CancelFunc) error { return d.Halt() },
		"context": func(_ *vfd.VFD, cancel context.CancelFunc) error { cancel(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, vfd.Options{WriteTimeout: time.Hour})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- r.vfd.Show(ctx, frame("x")) }()
				synctest.Wait() // it hangs in the write
				start := time.Now()
				if err := end(r.vfd, cancel); err != nil {
					t.Fatal(err)
				}
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				if time.Since(start) != 0 {
					t.Error("it waited")
				}
				if _, err := r.pair.Accept(t.Context()); err != nil { // the first end, dead now
					t.Fatal(err)
				}
				r.plug()
				r.show("again")
				r.sees("again")
				if err := r.vfd.Halt(); err != nil {
					t.Fatal(err)
				}
				if err := r.vfd.Halt(); err != nil {
					t.Errorf("second Halt: %v", err)
				}
			})
		})
	}
}

func TestHostileTextSteersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, vfd.Options{})
		r.plug()
		r.show("\x1b@\x0cA\x1f$\x05\x02B", "\x1bQA\rевро\x00€", "third", "\xff")
		r.sees(" @ A $  B", " QA евро EUR")
		if err := r.vfd.Halt(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBadOptions(t *testing.T) {
	for _, o := range []vfd.Options{
		{Dialect: "ruby"}, {CodePage: "koi8-r"}, {Columns: 3}, {Columns: 1000}, {Rows: 9}, {Rows: -1},
		{Dialect: vfd.CD5220, Columns: 16}, {Table: 256}, {Heartbeat: -1},
	} {
		if _, err := vfd.New(link.NewPair(), o); err == nil {
			t.Errorf("%+v accepted", o)
		}
	}
}
