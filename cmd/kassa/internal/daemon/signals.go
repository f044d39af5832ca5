package daemon

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/peripherals/signal"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// lookAgain is how often lamps are compared with what nobody tells of: the
// cloud.
const lookAgain = time.Second

// lampRoles are the lamps' lines.
var lampRoles = map[signal.Lamp]pins.Role{
	signal.Green: pins.TowerGreen, signal.Yellow: pins.TowerYellow, signal.Red: pins.TowerRed, signal.White: pins.TowerWhite,
	signal.Power: pins.LEDPower, signal.Network: pins.LEDNetwork, signal.Printer: pins.LEDPrinter, signal.Error: pins.LEDError,
}

// moments are the till's signals as the plan knows them.
var moments = map[till.Signal]signal.Situation{till.SignalOK: signal.Taken, till.SignalError: signal.Refused, till.SignalPaid: signal.Paid}

// signals shows on the board's lamps how the till is, and sounds its buzzer.
type signals struct {
	h    *hardware
	wake chan struct{} // of one: a moment has begun

	mu       sync.Mutex
	director *signal.Director

	heard time.Time // when the cloud answered last, or the start; of run
}

func newSignals(h *hardware) *signals {
	return &signals{h: h, wake: make(chan struct{}, 1), director: signal.NewDirector(h.d.cfg.Signals.Plan())}
}

// Beep implements loop.Outputs.
func (h *hardware) Beep(s till.Signal) {
	if h.outputs == nil {
		return
	}
	h.signals.mu.Lock()
	p, sounds := h.signals.director.Happen(time.Now(), moments[s])
	h.signals.mu.Unlock()
	if sounds {
		h.outputs.Beep(p)
	}
	select {
	case h.signals.wake <- struct{}{}:
	default:
	}
}

// run follows the till, the moments and the cloud until ctx ends.
func (s *signals) run(ctx context.Context) {
	if s.h.outputs == nil {
		return
	}
	news := make(chan struct{}, 1)
	s.h.d.start(ctx, func(ctx context.Context) { s.follow(ctx, news) })
	s.heard = time.Now()
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-news:
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		next := s.show()
		if next == 0 || next > lookAgain {
			next = lookAgain
		}
		t.Reset(next)
	}
}

// follow tells of every change of the till.
func (s *signals) follow(ctx context.Context, news chan<- struct{}) {
	_, version := s.h.d.loop.View()
	for {
		var err error
		if version, err = s.h.d.loop.Wait(ctx, version); err != nil {
			return
		}
		select {
		case news <- struct{}{}:
		default:
		}
	}
}

// show sets lamps and buzzer to what holds now, and tells for how long.
func (s *signals) show() time.Duration {
	now := time.Now()
	view, _ := s.h.d.loop.View()
	known, online, queued := false, false, time.Time{}
	for _, dest := range s.h.d.cloud.now().Destinations {
		known, online = true, online || dest.Online
		if !dest.Oldest.IsZero() && (queued.IsZero() || dest.Oldest.Before(queued)) {
			queued = dest.Oldest
		}
	}
	if online {
		s.heard = now
	}
	silent := now.Sub(s.heard)
	if !online && !queued.IsZero() {
		silent = max(silent, s.h.d.now().Sub(queued)) // also before this start
	}
	all := situations(view)
	all[signal.Online] = online
	all[signal.Offline] = known && !online && silent >= s.h.d.cfg.Signals.Offline()
	s.mu.Lock()
	lights, beeps, next := s.director.Look(now, func(x signal.Situation) bool { return all[x] })
	s.mu.Unlock()
	for lamp, l := range lights {
		s.h.outputs.Light(lampRoles[lamp], l)
	}
	for _, p := range beeps {
		s.h.outputs.Beep(p)
	}
	return next
}

// situations are what a till is in, the cloud left out.
func situations(v till.View) map[signal.Situation]bool {
	warned := func(code fault.Code) bool {
		return slices.ContainsFunc(v.Warnings, func(w fault.Warning) bool { return w.Code == code })
	}
	stopped := func(w fault.Warning) bool {
		return w.Severity == fault.Stop && w.Code != fault.PowerFailing && w.Code != fault.FiscalPaper
	}
	paper := v.KKT.Code == fault.FiscalPaper || warned(fault.FiscalPaper)
	all := map[signal.Situation]bool{
		signal.Running:      true,
		signal.PowerFailing: warned(fault.PowerFailing),
		signal.NoPaper:      paper,
		signal.Blocked:      v.Phase == till.Blocked.String() || v.Phase == till.Halted.String() || slices.ContainsFunc(v.Warnings, stopped),
		signal.Help:         v.Help != nil,
		signal.Attention:    len(v.Questions) > 0,
		signal.ShiftLong:    warned(fault.ShiftLong) || warned(fault.ShiftExpired),
		signal.Paying:       v.Paying != nil,
		signal.Selling:      len(v.Cheque.Lines) > 0,
		signal.Fiscal:       v.KKT.Ready && v.KKT.Code == "",
	}
	all[signal.Ready] = v.Cashier != nil && v.Shift != nil && all[signal.Fiscal] && !all[signal.Blocked] && !all[signal.PowerFailing] && !paper
	return all
}
