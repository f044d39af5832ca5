package updates

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/offline/update"
	"github.com/kassa-pos/kassa/pos/fault"
)

// bed is a Manager with a channel, and an installer that does as it is told.
type bed struct {
	t     *testing.T
	m     *Manager
	o     Options
	mu    sync.Mutex
	busy  error
	told  []string
	broke int  // downloads that break off
	mute  bool // the installer does not answer
	fails *fault.Error
	done  []Request
}

// shop is the channel.
type shop struct {
	b        *bed
	release  update.Manifest
	sealed   []byte
	body     []byte
	asked    int
	blocking chan struct{}
}

func (s *shop) Newest(context.Context, []ed25519.PublicKey) (update.Manifest, []byte, error) {
	s.asked++
	if s.sealed == nil {
		return update.Manifest{}, nil, update.ErrNoUpdate
	}
	return s.release, s.sealed, nil
}

func (s *shop) Bundle(ctx context.Context, _ update.Manifest, from int64) (io.ReadCloser, int64, error) {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	if s.blocking != nil {
		return io.NopCloser(waiting{ctx}), from, nil
	}
	end := len(s.body)
	if s.b.broke > 0 {
		s.b.broke--
		end = min(end, int(from)+3)
	}
	return io.NopCloser(bytes.NewReader(s.body[from:end])), from, nil
}

type waiting struct{ ctx context.Context }

func (w waiting) Read([]byte) (int, error) { <-w.ctx.Done(); return 0, w.ctx.Err() }

func newBed(t *testing.T, version string) (*bed, *shop) {
	t.Helper()
	dir := t.TempDir()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, ed25519.SeedSize))
	body := []byte("a bundle of " + version)
	sum := sha256.Sum256(body)
	b := &bed{t: t}
	s := &shop{b: b, body: body, release: update.Manifest{Version: version, Compatible: "kassa-arm64", Channel: "stable", Bundle: "k.raucb", Size: int64(len(body)),
		SHA256: hex.EncodeToString(sum[:]), Reads: map[string]int{"tape": 1}}}
	var err error
	if s.sealed, err = update.Sign(s.release, key); err != nil {
		t.Fatal(err)
	}
	b.o = Options{
		Paths: Paths{Store: filepath.Join(dir, "update"), Run: filepath.Join(dir, "run"), System: filepath.Join(dir, "slots")},
		Keys:  []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}, Version: "1.4.0", Channel: s,
		Till: func() (update.Till, error) { return update.Till{Version: "1.4.0", Compatible: "kassa-arm64"}, nil },
		Busy: func() error { b.mu.Lock(); defer b.mu.Unlock(); return b.busy },
		Report: func() (slots.Report, error) {
			return slots.Report{Booted: slots.A, Slots: map[slots.Slot]slots.Info{slots.A: {Left: 9, Bootable: true}, slots.B: {Left: 9, Bootable: true}}}, nil
		},
		Folder: func(name string) (Source, error) { return update.Folder{Dir: name}, nil },
		Told: func(_ context.Context, _ uuid.UUID, what string, _ Outcome) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.told = append(b.told, what)
			return nil
		},
		Now: time.Now, NewID: uuid.New, Log: slog.New(slog.DiscardHandler), Pause: time.Millisecond, Look: time.Millisecond, Wait: 200 * time.Millisecond,
	}
	return b, s
}

// start runs Manager and installer until the test ends.
func (b *bed) start() {
	b.m = New(b.o)
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { b.m.Run(ctx) })
	work.Go(func() { b.installer(ctx) })
	b.t.Cleanup(func() { cancel(); work.Wait() })
}

func (b *bed) installer(ctx context.Context) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		b.mu.Lock()
		mute, fails := b.mute, b.fails
		b.mu.Unlock()
		var r Request
		there, err := load(b.o.Store, requestFile, &r)
		if mute || err != nil || !there {
			continue
		}
		p := Progress{ID: r.ID, Phase: Installed, Percent: 100}
		if r.Action != Install {
			p.Phase = Restarting
		}
		if fails != nil {
			p.Phase, p.Code, p.Detail = Failed, fails.Code, fails.Detail
		}
		b.mu.Lock()
		b.done = append(b.done, r)
		b.mu.Unlock()
		err = errors.Join(b.o.remove(b.o.Store, requestFile), b.o.save(b.o.Run, progressFile, p, 0o644))
		if err != nil {
			b.t.Error(err)
		}
	}
}

// until waits for a phase.
func (b *bed) until(want ...Phase) Status {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	for {
		s, changed := b.m.Status()
		if slices.Contains(want, s.Phase) {
			return s
		}
		select {
		case <-changed:
		case <-ctx.Done():
			b.t.Fatalf("%s (%v), want %v", s.Phase, s.Failure, want)
		}
	}
}

func code(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

// TestRestartWhenFree: the restart waits while somebody sells, can be given up,
// and is done as soon as nobody does.
func TestRestartWhenFree(t *testing.T) {
	b, _ := newBed(t, "1.5.0")
	b.start()
	if got := code(b.m.RestartWhenFree("Анна")); got != fault.UpdateNone {
		t.Errorf("nothing is installed: %s", got)
	}
	if err := b.m.Install(t.Context(), Wish{By: "Анна"}); err != nil {
		t.Fatal(err)
	}
	b.until(Installed)
	busy := func(err error) { b.mu.Lock(); b.busy = err; b.mu.Unlock() }
	asked := func() (n int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, r := range b.done {
			if r.Action == Restart {
				n++
			}
		}
		return n
	}
	busy(fault.New(fault.UpdateShift))
	for range 2 { // promised, given up, promised again
		if err := b.m.RestartWhenFree("Анна"); err != nil {
			t.Fatal(err)
		}
		if s, _ := b.m.Status(); !s.Waits {
			t.Error("the restart does not wait")
		}
		if asked() != 0 {
			t.Error("restarted in the middle of a shift")
		}
		if err := b.m.Cancel(); err != nil {
			t.Fatal(err)
		}
	}
	if got := code(b.m.Cancel()); got != fault.UpdateNothing {
		t.Errorf("given up twice: %s", got)
	}
	if err := b.m.RestartWhenFree("Анна"); err != nil {
		t.Fatal(err)
	}
	busy(nil)
	if s := b.until(Restarting); s.Waits || asked() != 1 {
		t.Errorf("waits %v, restarted %d times", s.Waits, asked())
	}
}

func TestInstallAndRestart(t *testing.T) {
	b, _ := newBed(t, "1.5.0")
	b.broke = 4
	b.start()
	if err := b.m.Install(t.Context(), Wish{Restart: true, By: "Анна"}); err != nil {
		t.Fatal(err)
	}
	if s := b.until(Restarting, Failed); s.Phase != Restarting || s.Release.Version != "1.5.0" || s.Failure != nil {
		t.Fatalf("%+v", s)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.told, []string{"install", "restart"}) || len(b.done) != 2 || b.done[0].By != "Анна" || b.broke != 0 {
		t.Errorf("%v, %+v", b.told, b.done)
	}
	if left, err := os.ReadDir(b.o.Store); err != nil || len(left) != 0 {
		t.Errorf("left in the store: %v (%v)", left, err)
	}
}

// TestRestartEndsTheTill: the machine goes down before the till has looked what
// the installer says. The restart was done, and whoever asked is told so.
func TestRestartEndsTheTill(t *testing.T) {
	b, _ := newBed(t, "1.5.0")
	b.o.Look = time.Hour // it does not look by itself
	b.start()
	ctx, down := context.WithCancel(t.Context())
	defer down()
	answer := make(chan error, 1)
	go func() { answer <- b.m.Restart(ctx, "Анна", false) }()
	limit, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	for tick := time.NewTicker(time.Millisecond); ; {
		var p Progress
		if there, err := load(b.o.Run, progressFile, &p); err != nil {
			t.Fatal(err)
		} else if there {
			tick.Stop()
			break
		}
		select {
		case <-tick.C:
		case <-limit.Done():
			t.Fatal("the installer does nothing")
		}
	}
	down()
	if err := <-answer; err != nil {
		t.Fatal(err)
	}
	if s := b.until(Restarting); s.Failure != nil {
		t.Error(s.Failure)
	}

	// One that the installer never took up was not done.
	b.mu.Lock()
	b.mute = true
	b.mu.Unlock()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.m.Restart(gone, "Анна", false); !errors.Is(err, context.Canceled) {
		t.Errorf("a restart that nobody did: %v", err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	shift := fault.New(fault.UpdateShift)
	for name, c := range map[string]struct {
		version string
		change  func(*bed, *shop)
		wish    Wish
		atOnce  fault.Code
		later   fault.Code
	}{
		"during a shift":     {"1.5.0", func(b *bed, _ *shop) { b.busy = shift }, Wish{}, fault.UpdateShift, ""},
		"older":              {"1.3.0", nil, Wish{}, "", fault.UpdateOlder},
		"nothing there":      {"1.5.0", func(_ *bed, s *shop) { s.sealed = nil }, Wish{}, "", fault.UpdateNone},
		"changed on the way": {"1.5.0", func(_ *bed, s *shop) { s.body[3]++ }, Wish{}, "", fault.UpdateTampered},
		"no channel":         {"1.5.0", func(b *bed, _ *shop) { b.o.Channel = nil }, Wish{}, fault.UpdateNoChannel, ""},
		"no slots": {"1.5.0", func(b *bed, _ *shop) {
			b.o.Report = func() (slots.Report, error) { return slots.Report{}, slots.ErrNoSlots }
		}, Wish{}, fault.UpdateNoSlots, ""},
		"no room":                {"1.5.0", func(b *bed, _ *shop) { b.o.Free = func(string) (int64, error) { return 5, nil } }, Wish{}, "", fault.UpdateSpace},
		"installer is not there": {"1.5.0", func(b *bed, _ *shop) { b.mute = true }, Wish{}, "", fault.UpdateSilent},
		"installer refuses":      {"1.5.0", func(b *bed, _ *shop) { b.fails = fault.New(fault.UpdateUnsigned) }, Wish{}, "", fault.UpdateUnsigned},
		"an empty stick":         {"1.5.0", nil, Wish{From: t.TempDir()}, "", fault.UpdateNone},
	} {
		t.Run(name, func(t *testing.T) {
			b, s := newBed(t, c.version)
			if c.change != nil {
				c.change(b, s)
			}
			b.start()
			if got := code(b.m.Install(t.Context(), c.wish)); got != c.atOnce {
				t.Fatalf("refused with %q", got)
			}
			if c.atOnce != "" {
				return
			}
			st := b.until(Failed, Installed)
			if code(st.Failure) != c.later {
				t.Fatalf("%s: %v", st.Phase, st.Failure)
			}
			if there, err := load(b.o.Store, requestFile, &Request{}); err != nil || there {
				t.Errorf("a request is left (%v)", err)
			}
		})
	}
}

// TestShiftOpenedMeanwhile: what was brought stays, and is installed when the
// shift is closed, without being brought again; a technician may insist.
func TestShiftOpenedMeanwhile(t *testing.T) {
	b, s := newBed(t, "1.5.0")
	calls := 0
	b.o.Busy = func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if calls++; calls == 2 {
			return fault.New(fault.UpdateShift)
		}
		return nil
	}
	b.start()
	if err := b.m.Install(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	if st := b.until(Failed); code(st.Failure) != fault.UpdateShift {
		t.Fatal(st.Failure)
	}
	s.body = nil // nothing more is to be had
	if err := b.m.Install(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	b.until(Installed)
	b.mu.Lock()
	b.busy = fault.New(fault.UpdateShift)
	b.mu.Unlock()
	b.o.Busy = nil
	if err := b.m.Rollback(t.Context(), "техник", true); err != nil {
		t.Fatal(err)
	}
	b.until(Restarting)
}

func TestCancelledDownload(t *testing.T) {
	b, s := newBed(t, "1.5.0")
	s.blocking = make(chan struct{})
	b.start()
	if got := code(b.m.Cancel()); got != fault.UpdateNothing {
		t.Fatalf("nothing runs: %s", got)
	}
	if err := b.m.Install(t.Context(), Wish{}); err != nil {
		t.Fatal(err)
	}
	b.until(Downloading)
	if got := code(b.m.Install(t.Context(), Wish{})); got != fault.UpdateRuns && got != "" {
		t.Errorf("a second one: %s", got)
	}
	if err := b.m.Cancel(); err != nil {
		t.Fatal(err)
	}
	if st := b.until(Failed); code(st.Failure) != fault.UpdateCancelled {
		t.Fatal(st.Failure)
	}
}

func TestOfferAndOutcome(t *testing.T) {
	b, _ := newBed(t, "1.5.0")
	o := Outcome{Trial: Trial{ID: uuid.New(), Slot: slots.B, Version: "1.5.0"}, Reason: "sale: no price", Ended: time.Now().UTC()}
	if err := b.o.save(b.o.System, outcomeFile, o, 0o644); err != nil {
		t.Fatal(err)
	}
	b.start()
	if err := b.m.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(20 * time.Second)
	for {
		s, changed := b.m.Status()
		if s.Available != nil && s.Last != nil {
			if s.Available.Version != "1.5.0" || s.Last.Reason != "sale: no price" || s.Phase != Idle {
				t.Fatalf("%+v", s)
			}
			break
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%+v", s)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if fmt.Sprint(b.told) != "[rolled_back]" {
		t.Error(b.told)
	}
}
