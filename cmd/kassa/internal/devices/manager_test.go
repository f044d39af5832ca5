package devices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/pos/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gadget is a device whose runs are scripted; the last script repeats.
type gadget struct {
	name    string
	scripts []func(ctx context.Context, ready func()) error

	mu   sync.Mutex
	runs []time.Time
	now  int // runs at this moment
	most int
}

func (g *gadget) Name() string { return g.name }
func (g *gadget) Kind() Kind   { return KindScanner }

func (g *gadget) Run(ctx context.Context, ready func()) error {
	g.mu.Lock()
	i := min(len(g.runs), len(g.scripts)-1)
	g.runs = append(g.runs, time.Now())
	g.now++
	g.most = max(g.most, g.now)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.now--
		g.mu.Unlock()
	}()
	return g.scripts[i](ctx, ready)
}

func (g *gadget) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.runs)
}

func works(ctx context.Context, ready func()) error {
	ready()
	<-ctx.Done()
	return ctx.Err()
}

func fails(err error) func(context.Context, func()) error {
	return func(context.Context, func()) error { return err }
}

// diary collects states.
type diary struct {
	mu   sync.Mutex
	seen []string
}

func (d *diary) note(s State) {
	d.mu.Lock()
	d.seen = append(d.seen, s.String())
	d.mu.Unlock()
}

func (d *diary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := d.seen
	d.seen = nil
	return seen
}

// run starts a manager of devices; stop ends it and gives Run's error.
func run(t *testing.T, o Options, all ...Device) (m *Manager, stop func() error) {
	t.Helper()
	m = New(o)
	for _, d := range all {
		if err := m.Add(d); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	return m, func() error { cancel(); return <-done }
}

func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replug := make(chan struct{})
		g := &gadget{name: "g", scripts: []func(context.Context, func()) error{
			fails(fmt.Errorf("open: %w", fs.ErrNotExist)),
			fails(errors.New("port in use")),
			func(ctx context.Context, ready func()) error {
				ready()
				ready()
				<-replug
				return errors.New("unplugged")
			},
			works,
		}}
		var d diary
		longest := func(bound time.Duration) time.Duration { return bound }
		m, stop := run(t, Options{Changed: d.note, Draw: longest}, g)
		start := time.Now()
		synctest.Wait()
		if got := d.take(); !cmp.Equal(got, []string{"g absent (open: file does not exist)"}) {
			t.Errorf("%q", got)
		}
		if w, ok := m.States()[0].Warning(); !ok || w.Code != fault.DeviceGone || !w.Since.Equal(start) {
			t.Errorf("%+v", w)
		}
		time.Sleep(DefaultFirstPause)
		synctest.Wait()
		if got := d.take(); !cmp.Equal(got, []string{"g failing (port in use)"}) {
			t.Errorf("%q", got)
		}
		if s := m.States()[0]; s.Tries != 2 || !s.Since.Equal(start) {
			t.Errorf("trouble began at the first failure: %+v", s)
		}
		time.Sleep(2 * DefaultFirstPause)
		synctest.Wait()
		if got := d.take(); !cmp.Equal(got, []string{"g ready"}) {
			t.Errorf("%q", got)
		}
		if s := m.States()[0]; s.Tries != 0 || s.Why != "" {
			t.Errorf("%+v", s)
		}
		close(replug)
		synctest.Wait()
		if w, ok := m.States()[0].Warning(); !ok || w.Code != fault.DeviceDown || !strings.Contains(w.Text("en"), "unplugged") {
			t.Errorf("%+v", w)
		}
		time.Sleep(DefaultLongest)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got := d.take(); !cmp.Equal(got, []string{"g failing (unplugged)", "g ready", "g stopped"}) {
			t.Errorf("%q", got)
		}
		if _, ok := m.States()[0].Warning(); ok {
			t.Error("a stopped device warns")
		}
	})
}

func TestPausesGrowToABoundAndVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gadget{name: "g", scripts: []func(context.Context, func()) error{fails(errors.New("no"))}}
		_, stop := run(t, Options{}, g)
		time.Sleep(10 * time.Minute)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		var late time.Duration
		different := map[time.Duration]bool{}
		for i := 1; i < len(g.runs); i++ {
			p := g.runs[i].Sub(g.runs[i-1])
			if bound := min(DefaultLongest, DefaultFirstPause<<min(i-1, 16)); p < minPause || p > bound {
				t.Errorf("pause %d is %v, want %v..%v", i, p, minPause, bound)
			}
			different[p] = true
			late = max(late, p)
		}
		if len(g.runs) < 120 || late < DefaultLongest/2 || len(different) < 50 {
			t.Errorf("%d runs, longest pause %v, %d different", len(g.runs), late, len(different))
		}
	})
}

func TestASteadyDeviceIsForgiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flaky := func(life time.Duration) func(context.Context, func()) error {
			return func(ctx context.Context, ready func()) error {
				ready()
				select {
				case <-time.After(life):
					return errors.New("gone")
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		steadyOne := &gadget{name: "steady", scripts: []func(context.Context, func()) error{flaky(steady)}}
		flapping := &gadget{name: "flapping", scripts: []func(context.Context, func()) error{flaky(time.Millisecond)}}
		_, stop := run(t, Options{}, steadyOne, flapping)
		time.Sleep(time.Hour)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(steadyOne.runs); i++ {
			if p := steadyOne.runs[i].Sub(steadyOne.runs[i-1]) - steady; p > 2*DefaultFirstPause {
				t.Fatalf("pause %v after a steady run", p)
			}
		}
		if n := flapping.count(); n > int(time.Hour/(DefaultLongest/4)) {
			t.Errorf("a flapping device was started %d times in an hour", n)
		}
	})
}

func TestTroubleStaysWithItsDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := make(chan struct{})
		hung := func(ready bool) func(context.Context, func()) error {
			return func(_ context.Context, r func()) error {
				if ready {
					r()
				}
				<-deaf
				return nil
			}
		}
		devices := []*gadget{
			{name: "good", scripts: []func(context.Context, func()) error{works}},
			{name: "panics", scripts: []func(context.Context, func()) error{func(context.Context, func()) error { panic("nil map") }}},
			{name: "deaf", scripts: []func(context.Context, func()) error{hung(true)}},
			{name: "mute", scripts: []func(context.Context, func()) error{hung(false)}},
			{name: "quits", scripts: []func(context.Context, func()) error{fails(nil)}},
			{name: "slow", scripts: []func(context.Context, func()) error{func(ctx context.Context, _ func()) error { <-ctx.Done(); return ctx.Err() }}},
		}
		var all []Device
		for _, d := range devices {
			all = append(all, d)
		}
		m, stop := run(t, Options{}, all...)
		time.Sleep(time.Minute)
		synctest.Wait()
		want := map[string]string{
			"good": "good ready", "panics": "panics failing (panic: nil map)", "deaf": "deaf ready",
			"mute": "mute failing (does not open in time)", "quits": "quits failing (ended by itself)",
			"slow": "slow failing (does not open in time)",
		}
		for _, s := range m.States() {
			if !strings.HasPrefix(s.String(), want[s.Name]) {
				t.Errorf("%q, want %q", s, want[s.Name])
			}
		}
		for _, d := range devices {
			if d.most != 1 {
				t.Errorf("%s ran %d times at once", d.name, d.most)
			}
		}
		if n := devices[3].count(); n != 1 {
			t.Errorf("a device that hangs was started %d times", n)
		}
		if n := devices[5].count(); n < 3 {
			t.Errorf("a device that is slow to open was started %d times", n)
		}
		start := time.Now()
		err := stop()
		if d := time.Since(start); d > DefaultStopTimeout {
			t.Errorf("stopping took %v", d)
		}
		if !errors.Is(err, ErrHung) || !strings.Contains(err.Error(), "deaf") || !strings.Contains(err.Error(), "mute") || strings.Contains(err.Error(), "good") {
			t.Errorf("%v", err)
		}
		for _, s := range m.States() {
			if s.Phase != Stopped || s.Hung != (s.Name == "deaf" || s.Name == "mute") {
				t.Errorf("%+v", s)
			}
		}
		close(deaf)
	})
}

func TestASlowListenerHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		g := &gadget{name: "g", scripts: []func(context.Context, func()) error{fails(errors.New("no"))}}
		_, stop := run(t, Options{Changed: func(State) { <-block }}, g)
		time.Sleep(time.Minute)
		if g.count() < 5 {
			t.Errorf("%d attempts", g.count())
		}
		start := time.Now()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d > DefaultStopTimeout {
			t.Errorf("stopping took %v", d)
		}
		close(block)
	})
}

func TestAddAndRunRules(t *testing.T) {
	m := New(Options{})
	if err := m.Add(&gadget{name: ""}); !errors.Is(err, ErrName) {
		t.Error(err)
	}
	for i := range MaxDevices {
		if err := m.Add(&gadget{name: fmt.Sprint(i), scripts: []func(context.Context, func()) error{works}}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := m.Add(&gadget{name: "0"}); !errors.Is(err, ErrName) {
				t.Error(err)
			}
		}
	}
	if err := m.Add(&gadget{name: "more"}); !errors.Is(err, ErrTooMany) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx); err != nil {
		t.Error(err)
	}
	if err := m.Run(ctx); !errors.Is(err, ErrRunning) {
		t.Error(err)
	}
	if err := m.Add(&gadget{name: "late"}); !errors.Is(err, ErrRunning) {
		t.Error(err)
	}
	raw, err := json.Marshal(m.States()[0])
	if err != nil || !strings.Contains(string(raw), `"phase":"stopped"`) || !strings.Contains(string(raw), `"kind":"scanner"`) {
		t.Errorf("%s %v", raw, err)
	}
}

// Every (phase, event) is decided here by name.
func TestDiagram(t *testing.T) {
	want := map[Phase]map[event]Phase{
		Opening: {opened: Ready, missing: Absent, failed: Failing, halted: Stopped},
		Absent:  {opened: Ready, missing: Absent, failed: Failing, halted: Stopped},
		Failing: {opened: Ready, missing: Absent, failed: Failing, halted: Stopped},
		Ready:   {missing: Absent, failed: Failing, halted: Stopped},
		Stopped: {},
	}
	for _, p := range Phases() {
		for _, e := range events() {
			got, ok := next(p, e)
			to, handled := want[p][e]
			if ok != handled || ok && got != to || !ok && got != p {
				t.Errorf("%s, %s: %s %v, want %s %v", p, e, got, ok, to, handled)
			}
		}
	}
	if _, ok := next("nowhere", opened); ok {
		t.Error("an unknown phase moves")
	}
}

func TestWhyIsBounded(t *testing.T) {
	if n := len(why(errors.New(strings.Repeat("x", 1<<20)))); n > maxWhy+3 {
		t.Errorf("%d bytes", n)
	}
}
