package devices

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/pos/qty"
)

// glass is a display that remembers what it was shown.
type glass struct {
	mu    sync.Mutex
	frame display.Frame
	shown int
}

func (g *glass) String() string { return "glass" }
func (g *glass) Halt() error    { return nil }

func (g *glass) Show(_ context.Context, f display.Frame) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.frame, g.shown = f, g.shown+1
	return nil
}

func (g *glass) sees(t *testing.T, what string, want display.Frame) {
	t.Helper()
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.frame.Equal(want) {
		t.Errorf("%s: %q, want %q", what, g.frame.Lines, want.Lines)
	}
}

// What was shown is followed by what comes after it, in its time; the same
// beginning again does not begin again.
func TestADisplayPlays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := display.Layout{Columns: 20, Rows: 2, Language: "ru"}
		g := &glass{}
		idle := l.Idle("Лавка")
		dev := NewDisplay(g, DisplayOptions{Name: "d", First: idle, Last: idle})
		_, stop := run(t, Options{}, dev)
		g.sees(t, "at first", idle)

		paid := l.Paid(45050, 50000, 4950, display.Still(idle))
		dev.Play(paid)
		g.sees(t, "the change", l.Change(45050, 50000, 4950))
		time.Sleep(15 * time.Second)
		dev.Play(l.Paid(45050, 50000, 4950, display.Still(l.Total(100, 0)))) // the next cheque has begun meanwhile
		g.sees(t, "the change still", l.Change(45050, 50000, 4950))
		time.Sleep(5 * time.Second)
		g.sees(t, "thanks", l.ThankYou())
		time.Sleep(10 * time.Second)
		g.sees(t, "the next cheque", l.Total(100, 0))
		dev.Play(l.PaidInTheDark(45050, 50000, 4950))
		g.sees(t, "its change is long over", l.Dark())
		dev.Show(idle)
		dev.Play(l.PaidInTheDark(45050, 50000, 4950))
		g.sees(t, "a moment for the change", l.Change(45050, 50000, 4950))
		time.Sleep(3 * time.Second)
		g.sees(t, "goodbye", l.Dark())

		name := l.Moving(display.Item{Name: "Молоко ультрапастеризованное", Qty: qty.One, Price: 8990, Net: 8990}, 8990)
		dev.Play(name)
		for i, s := range name {
			g.sees(t, "the name moves", s.Frame)
			if i < len(name)-1 {
				time.Sleep(s.For)
			}
		}
		before := g.shown
		for range 100 {
			dev.Play(name) // the till says the same again
		}
		synctest.Wait()
		if g.shown != before {
			t.Errorf("shown %d times more", g.shown-before)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		g.sees(t, "at the end", idle)
	})
}

// A till that is silent has nothing true to show: its last sum goes from the
// glass, and is there again when it speaks.
func TestASilentTillIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := display.Layout{Columns: 20, Rows: 2, Language: "ru"}
		g := &glass{}
		turned := time.Now()
		var mu sync.Mutex
		turn := func() {
			mu.Lock()
			defer mu.Unlock()
			turned = time.Now()
		}
		dev := NewDisplay(g, DisplayOptions{Name: "d", First: l.Idle(""), Last: l.Idle(""), Silent: l.Silent(), Alive: func() bool {
			mu.Lock()
			defer mu.Unlock()
			return time.Since(turned) < 30*time.Second
		}})
		_, stop := run(t, Options{}, dev)
		dev.Show(l.Total(12345, 0))
		for range 4 {
			g.sees(t, "while it turns", l.Total(12345, 0))
			time.Sleep(20 * time.Second)
			turn()
		}
		time.Sleep(29 * time.Second)
		g.sees(t, "just before", l.Total(12345, 0))
		time.Sleep(2 * time.Second)
		g.sees(t, "silent", l.Silent())
		time.Sleep(time.Hour)
		g.sees(t, "for long", l.Silent())
		turn()
		time.Sleep(time.Second)
		g.sees(t, "it turns again", l.Total(12345, 0))
		if err := stop(); err != nil {
			t.Error(err)
		}
		g.sees(t, "at the end", l.Idle(""))
	})
}
