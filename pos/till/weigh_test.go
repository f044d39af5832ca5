package till

import (
	"testing"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
)

const cheese = "00042"

func withScale(t testing.TB) *world {
	w := newWorldWith(t, func(w *world) { w.settings.Scale = true })
	w.ready(t)
	return w
}

// scans gives a scan that is not answered yet.
func (w *world) scans(t testing.TB, code string) Req {
	t.Helper()
	w.req++
	w.events = append(w.events, WithReq(Scan{Code: code}, w.req))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	return w.req
}

// shows answers the oldest weighing.
func (w *world) shows(t testing.TB, weight qty.Milli, err *fault.Error) {
	t.Helper()
	if len(w.weighings) == 0 {
		t.Fatal("nobody asks the scale")
	}
	op := w.weighings[0].Op
	w.weighings = w.weighings[1:]
	w.events = append(w.events, Weighed{Op: op, Weight: weight, Err: err})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
}

// What is weighed stands beside the cheque; scanning goes on, and a payment
// waits for the weight.
func TestWeighedOnTheScale(t *testing.T) {
	w := withScale(t)
	req := w.scans(t, cheese)
	w.fill(t, bread)
	w.events = append(w.events, WithReq(Pay{Type: doc.PayCash}, 900))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if _, answered := w.replies[req]; answered || w.count("") != 0 && len(w.fn) > 1 {
		t.Error("sold without a weight")
	}
	w.shows(t, 535, nil)
	if err, answered := w.replies[req]; !answered || err != nil {
		t.Errorf("the scan: %v", err)
	}
	if err, answered := w.replies[900]; !answered || err != nil {
		t.Errorf("the payment: %v", err)
	}
	sold := w.lastSale()
	if len(sold.Receipt.Lines) != 2 || sold.Receipt.Lines[1].Qty != 535 {
		t.Errorf("%+v", sold.Receipt.Lines)
	}
	w.check()
}

func TestNoWeight(t *testing.T) {
	for name, c := range map[string]struct {
		weight qty.Milli
		err    *fault.Error
		code   fault.Code
	}{
		"nothing lies there": {0, nil, fault.ScaleEmpty},
		"less than nothing":  {-5, nil, fault.ScaleEmpty},
		"it swings":          {0, fault.New(fault.ScaleMoves), fault.ScaleMoves},
		"it is silent":       {0, fault.New(fault.ScaleDown), fault.ScaleDown},
	} {
		w := withScale(t)
		req := w.scans(t, cheese)
		w.shows(t, c.weight, c.err)
		if err := w.replies[req]; err == nil || err.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
		w.rest(t, Idle, 0, 0)
	}
}

// A weight that was typed, a label that says its weight, and goods that are
// counted never reach the scale.
func TestNotWeighed(t *testing.T) {
	w := withScale(t)
	w.fill(t, "0.350*"+cheese, bread, "2*"+bread)
	if len(w.weighings) != 0 || len(w.state.cart.Lines) == 0 {
		t.Errorf("%d weighings, %d lines", len(w.weighings), len(w.state.cart.Lines))
	}
	w = newWorld(t) // without a scale
	w.ready(t)
	w.refused(t, Scan{Code: cheese}, fault.ItemWeight)
}

// The cheque leaves, the till dies: what was on the scale is not sold later.
func TestWeighedTooLate(t *testing.T) {
	w := withScale(t)
	w.fill(t, bread)
	w.scans(t, cheese)
	w.mustDo(t, VoidCheque{})
	w.shows(t, 535, nil)
	w.rest(t, Idle, 0, 0)

	w = withScale(t)
	w.fill(t, bread)
	w.scans(t, cheese)
	w.restart()
	w.shows(t, 535, nil)
	w.rest(t, Idle, 1, 0)
}

// A stock count weighs too.
func TestCountedOnTheScale(t *testing.T) {
	w := withScale(t)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, BeginStock{Type: doc.Inventory})
	w.scans(t, cheese)
	w.shows(t, 1250, nil)
	if l := w.state.sheet.Lines; len(l) != 1 || l[0].Qty != 1250 {
		t.Errorf("%+v", l)
	}
}
