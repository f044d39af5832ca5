package signal

import "time"

// Director turns what holds into lights and beeps as time goes by. It is told
// the time and starts nothing; one goroutine at a time may use it.
type Director struct {
	plan    Plan
	beeped  map[Situation]time.Time // of what lasts: its last beep, or its beginning
	moments map[Situation]time.Time // when they are over
}

// NewDirector makes a director of a plan that was checked.
func NewDirector(p Plan) *Director {
	return &Director{plan: p, beeped: map[Situation]time.Time{}, moments: map[Situation]time.Time{}}
}

// Happen begins a moment and gives its beep, each time anew: twenty scans are
// twenty beeps. What is no moment is nothing.
func (d *Director) Happen(now time.Time, s Situation) (Pattern, bool) {
	if s.Holds() == 0 {
		return Pattern{}, false
	}
	d.moments[s] = now.Add(s.Holds())
	return d.plan.pattern(d.plan.Shows[s].Beep)
}

// Look gives the lights of now, the beeps that are due, the most important
// first, and how long nothing changes by itself (0: until something happens).
func (d *Director) Look(now time.Time, lasts func(Situation) bool) (lights map[Lamp]Light, beeps []Pattern, next time.Duration) {
	sooner := func(at time.Time) {
		if left := max(at.Sub(now), time.Millisecond); next == 0 || left < next {
			next = left
		}
	}
	for s, end := range d.moments {
		if now.Before(end) {
			sooner(end)
		} else {
			delete(d.moments, s)
		}
	}
	holds := func(s Situation) bool {
		if s.Holds() > 0 {
			_, is := d.moments[s]
			return is
		}
		return lasts(s)
	}
	for _, s := range Situations() {
		show := d.plan.Shows[s]
		if s.Holds() > 0 || !lasts(s) {
			delete(d.beeped, s)
			continue
		}
		last, began := d.beeped[s]
		if due := last.Add(show.Every); !began || show.Every > 0 && !now.Before(due) {
			d.beeped[s], last = now, now
			if p, ok := d.plan.pattern(show.Beep); ok {
				beeps = append(beeps, p)
			}
		}
		if show.Every > 0 {
			sooner(last.Add(show.Every))
		}
	}
	return d.plan.Lights(holds), beeps, next
}
