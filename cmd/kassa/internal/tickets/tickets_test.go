package tickets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// paper is a station's printer: it keeps the marks of what it has printed.
type paper struct {
	mu      sync.Mutex
	printed []string // "1.1", with a mark behind it
	laid    string   // the slip that was laid out last
	answer  func(n int) error
	calls   int
	lost    func(n int) bool // the n-th is not on paper, in spite of what is answered
}

func (p *paper) layout(k kitchen.Ticket, m Mark) *escpos.Job {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.laid = fmt.Sprintf("%d.%d", k.Order, k.Part) + map[Mark]string{Repeat: " repeat", Copy: " copy"}[m]
	return escpos.NewJob(escpos.Page{})
}

func (p *paper) Print(ctx context.Context, _ *escpos.Job) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.calls++
	if p.lost == nil || !p.lost(p.calls) {
		p.printed = append(p.printed, p.laid)
	}
	if p.answer == nil {
		return nil
	}
	return p.answer(p.calls)
}

func (p *paper) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.printed)
}

// book is a journal in memory.
type book struct {
	mu      sync.Mutex
	entries []record.Entry
	before  func(e record.Entry) error // refuses
	after   func(e record.Entry)
}

func (b *book) Append(_ context.Context, entries ...record.Entry) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range entries {
		if b.before != nil {
			if err := b.before(e); err != nil {
				return 0, err
			}
		}
		b.entries = append(b.entries, e)
		if b.after != nil {
			b.after(e)
		}
	}
	return uint64(len(b.entries)), nil
}

func (b *book) live() (live []record.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, e := range b.entries {
		ended := slices.ContainsFunc(b.entries, func(o record.Entry) bool { return slices.Contains(o.Ends, e.Group) })
		if e.Group != uuid.Nil && !ended {
			live = append(live, record.Record{Seq: uint64(i + 1), Entry: e})
		}
	}
	return live
}

func (b *book) count(typ string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if e.Type == typ {
			n++
		}
	}
	return n
}

// order is a ticket as the till makes it, kept in the journal.
func (b *book) order(t *testing.T, n int, station string, at time.Time) kitchen.Ticket {
	t.Helper()
	k := kitchen.Ticket{ID: uuid.New(), Cheque: uuid.New(), Order: n, Part: 1, Station: station, At: at, Dishes: []cheque.Dish{{Item: "soup", Name: "Суп", Qty: 1000, Station: station}}}
	data, err := json.Marshal(k)
	if err == nil {
		_, err = b.Append(t.Context(), record.Entry{Kind: record.Kitchen, ID: k.ID, Type: kitchen.TypeTicket, Group: k.ID, Schema: 1, Data: data})
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func start(t *testing.T, b *book, papers map[string]*paper) (s *Service, stop func()) {
	t.Helper()
	o := Options{Journal: b, Now: time.Now, NewID: uuid.New, Log: slog.New(slog.DiscardHandler)}
	for _, name := range []string{"bar", "kitchen"} {
		if p := papers[name]; p != nil {
			o.Stations = append(o.Stations, Station{Name: name, Printer: p, Layout: p.layout})
		}
	}
	s = New(o, b.live())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	return s, func() {
		cancel()
		<-done
	}
}

var (
	errOut   = fault.New(fault.PrinterPaper).With(&escpos.Error{Trouble: escpos.PaperOut})
	errMaybe = fault.New(fault.PrinterPartly, "3", "9").With(&escpos.Error{Lines: 3, Of: 9, Maybe: true})
)

// TestOneStationHoldsUpNobody: a printer without paper keeps its orders, the
// other prints; what waits is told, and comes by itself in order.
func TestOneStationHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, bar, kit := &book{}, &paper{}, &paper{}
		out := true
		kit.answer = func(int) error {
			if out {
				return errOut
			}
			return nil
		}
		kit.lost = func(int) bool { return out }
		s, stop := start(t, b, map[string]*paper{"bar": bar, "kitchen": kit})
		defer stop()
		for n := 1; n <= 3; n++ {
			s.Add([]kitchen.Ticket{b.order(t, n, "kitchen", time.Now()), b.order(t, n, "bar", time.Now())})
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{"1.1", "2.1", "3.1"}, bar.all()); diff != "" {
			t.Error(diff)
		}
		st := s.States()
		if len(st) != 2 || len(st[0].Waiting) != 0 || len(st[1].Waiting) != 3 || st[1].Code != fault.PrinterPaper {
			t.Fatalf("states: %+v", st)
		}
		w := s.Warnings()
		if len(w) != 1 || w[0].Code != fault.KitchenWaits || w[0].Args[0] != "kitchen" || w[0].Args[1] != "3" {
			t.Fatalf("warnings: %+v", w)
		}
		kit.mu.Lock()
		out = false
		kit.mu.Unlock()
		time.Sleep(longest) // the bubble's clock
		synctest.Wait()
		if diff := cmp.Diff([]string{"1.1", "2.1", "3.1"}, kit.all()); diff != "" {
			t.Errorf("nothing was on paper, so nothing is a repeat: %s", diff)
		}
		if len(s.Warnings()) != 0 || len(b.live()) != 0 {
			t.Errorf("left: %v, %d live", s.Warnings(), len(b.live()))
		}
	})
}

// TestMaybeIsARepeat: what broke off in the middle is printed again and says so.
func TestMaybeIsARepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, kit := &book{}, &paper{}
		kit.answer = func(n int) error {
			switch n {
			case 1:
				return errMaybe
			case 2:
				return errOut
			case 3:
				return errors.New("who knows")
			}
			return nil
		}
		kit.lost = func(n int) bool { return n == 2 }
		s, stop := start(t, b, map[string]*paper{"kitchen": kit})
		defer stop()
		s.Add([]kitchen.Ticket{b.order(t, 7, "kitchen", time.Now())})
		time.Sleep(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"7.1", "7.1 repeat", "7.1 repeat"}, kit.all()); diff != "" {
			t.Error(diff)
		}
		if n := b.count(kitchen.TypePrinting); n != 1 {
			t.Errorf("%d records that it may be on paper", n)
		}
	})
}

// TestPowerGoesAtEveryStep kills the service before and after each of its
// writes and prints: after the next start every order is on paper, none twice
// without saying so.
func TestPowerGoesAtEveryStep(t *testing.T) {
	for step := 1; step <= 6; step++ {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, kit := &book{}, &paper{}
				var stop func()
				at := 0
				ends := func() bool { // once
					at++
					return at == step
				}
				dead := make(chan struct{})
				off := false
				die := func() { off = true; close(dead) }
				first := b.order(t, 1, "kitchen", time.Now())
				b.before = func(record.Entry) error {
					if off {
						return errors.New("no power")
					}
					if ends() {
						die()
						return errors.New("no power")
					}
					return nil
				}
				b.after = func(record.Entry) {
					if ends() {
						die()
					}
				}
				kit.lost = func(int) bool {
					if off {
						return true
					}
					if ends() {
						die()
						return true
					}
					return false
				}
				kit.answer = func(int) error {
					if off || ends() {
						if !off {
							die()
						}
						return errMaybe
					}
					return nil
				}
				_, stop = start(t, b, map[string]*paper{"kitchen": kit})
				select {
				case <-dead:
				case <-time.After(time.Hour):
					t.Fatalf("no step %d", step)
				}
				stop()
				b.before, b.after, kit.lost, kit.answer = nil, nil, nil, nil
				before := kit.all()
				_, stop = start(t, b, map[string]*paper{"kitchen": kit})
				defer stop()
				time.Sleep(time.Minute)
				synctest.Wait()
				all := kit.all()
				if len(all) == 0 {
					t.Fatal("the order is lost")
				}
				fresh := 0
				for _, p := range all {
					if p == "1.1" {
						fresh++
					}
				}
				if fresh > 1 || len(all)-len(before) > 1 || len(all) > 2 {
					t.Errorf("on paper: %q, before the power went %q", all, before)
				}
				if len(b.live()) != 0 {
					t.Errorf("%d records are live", len(b.live()))
				}
				t.Logf("order %d: %q", first.Order, all)
			})
		})
	}
}

// TestNobodyWantsIt: what is too old, of no station, too much or called off is
// dropped, and the journal says why.
func TestNobodyWantsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, kit := &book{}, &paper{}
		why := map[string]int{}
		b.after = func(e record.Entry) {
			if e.Type == kitchen.TypeDropped {
				var d kitchen.Dropped
				if err := json.Unmarshal(e.Data, &d); err != nil {
					t.Error(err)
				}
				why[d.Why]++
			}
		}
		kit.answer = func(int) error { return errOut }
		kit.lost = func(int) bool { return true }
		b.order(t, 1, "kitchen", time.Now().Add(-DefaultKeep-time.Minute))
		b.order(t, 2, "cellar", time.Now())
		s, stop := start(t, b, map[string]*paper{"kitchen": kit})
		defer stop()
		synctest.Wait()
		var last kitchen.Ticket
		for n := range MaxWaiting + 3 {
			last = b.order(t, 3+n, "kitchen", time.Now())
			s.Add([]kitchen.Ticket{last})
		}
		time.Sleep(longest)
		synctest.Wait()
		if err := s.Drop(t.Context(), last.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Drop(t.Context(), last.ID); !errors.Is(err, fault.New(fault.KitchenNone)) {
			t.Errorf("twice: %v", err)
		}
		b.mu.Lock()
		if diff := cmp.Diff(map[string]int{"late": 1, "station": 1, "full": 3, "person": 1}, why); diff != "" {
			t.Error(diff)
		}
		b.mu.Unlock()
		if n := len(s.States()[0].Waiting); n != MaxWaiting-1 {
			t.Errorf("%d wait", n)
		}
		if err := s.Again(t.Context(), kitchen.Ticket{Station: "cellar"}); !errors.Is(err, fault.New(fault.KitchenNone)) {
			t.Errorf("a copy for nobody: %v", err)
		}
	})
}

// TestACopySaysSo prints one that was printed once more.
func TestACopySaysSo(t *testing.T) {
	b, kit := &book{}, &paper{}
	s, stop := start(t, b, map[string]*paper{"kitchen": kit})
	defer stop()
	if err := s.Again(t.Context(), kitchen.Ticket{Order: 4, Part: 2, Station: "kitchen"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"4.2 copy"}, kit.all()); diff != "" {
		t.Error(diff)
	}
}

// TestADamagedTicket in the journal holds up nobody.
func TestADamagedTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, kit := &book{}, &paper{}
		id := uuid.New()
		if _, err := b.Append(t.Context(), record.Entry{Kind: record.Kitchen, ID: id, Type: kitchen.TypeTicket, Group: id, Schema: 1, Data: []byte(`{"order":"x"}`)}); err != nil {
			t.Fatal(err)
		}
		b.order(t, 1, "kitchen", time.Now())
		_, stop := start(t, b, map[string]*paper{"kitchen": kit})
		defer stop()
		synctest.Wait()
		if diff := cmp.Diff([]string{"1.1"}, kit.all()); diff != "" || len(b.live()) != 0 {
			t.Errorf("%s, %d live", diff, len(b.live()))
		}
	})
}
