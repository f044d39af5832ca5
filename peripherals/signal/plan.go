package signal

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Lamp is a lamp of the till: one of a light tower's, or a status LED.
type Lamp string

// The lamps. A tower's are read from afar: green, come; white, busy; yellow,
// somebody is wanted; red, nothing can be sold.
const (
	Green   Lamp = "green"
	Yellow  Lamp = "yellow"
	Red     Lamp = "red"
	White   Lamp = "white"
	Power   Lamp = "led_power"
	Network Lamp = "led_network"
	Printer Lamp = "led_printer"
	Error   Lamp = "led_error"
)

// Lamps lists them, the tower's first.
func Lamps() []Lamp { return []Lamp{Green, Yellow, Red, White, Power, Network, Printer, Error} }

// Situation is what a till may have to say. Several hold at a time.
type Situation string

// The situations, the most important first. Taken, Refused and Paid are
// moments: they are over by themselves (see Holds).
const (
	PowerFailing Situation = "power_failing" // a battery holds the till for moments
	Blocked      Situation = "blocked"       // nothing can be paid, for another reason
	NoPaper      Situation = "no_paper"      // in the fiscal device
	Help         Situation = "help"          // the attendant was called
	Attention    Situation = "attention"     // the screen asks something
	ShiftLong    Situation = "shift_long"    // it is open for 23 hours
	Offline      Situation = "offline"       // the cloud has been silent for long
	Refused      Situation = "refused"       // a moment: look at the screen
	Paid         Situation = "paid"          // a moment: thank you
	Taken        Situation = "taken"         // a moment: an item went into the cheque
	Paying       Situation = "paying"        // a receipt is being registered
	Selling      Situation = "selling"       // a cheque is open
	Ready        Situation = "ready"         // the next customer may come
	Fiscal       Situation = "fiscal"        // the fiscal device is ready
	Online       Situation = "online"        // the cloud answers
	Running      Situation = "running"       // always
)

// Situations lists them, the most important first.
func Situations() []Situation {
	return []Situation{PowerFailing, Blocked, NoPaper, Help, Attention, ShiftLong, Offline, Refused, Paid, Taken, Paying, Selling, Ready, Fiscal, Online, Running}
}

// holds is how long a moment is shown.
var holds = map[Situation]time.Duration{Refused: time.Second, Paid: 3 * time.Second, Taken: 300 * ms}

// Holds is how long a moment is shown, 0 for what lasts.
func (s Situation) Holds() time.Duration { return holds[s] }

// Show is how a situation looks and sounds.
type Show struct {
	Lamps map[Lamp]Light // those it says something about; Off is a word too
	Beep  string         // a pattern's name, played when it begins; "" none
	Every time.Duration  // the beep again while it lasts; 0 never
}

// Limits of what is shown.
const (
	MinEvery    = 10 * time.Second // a beep that comes oftener is heard no more
	MaxEvery    = time.Hour
	MaxTones    = 8
	MinTone     = 10 * ms
	MaxPatterns = 16 // of a shop's own
)

// Plan is how every situation is shown. What it does not name is not shown.
type Plan struct {
	Shows    map[Situation]Show
	Patterns []Pattern // beside the usual ones
}

// ErrPlan: a plan names what is not there, or exceeds a limit.
var ErrPlan = errors.New("signal: bad plan")

// Usual is the plan of a till that was told nothing else.
func Usual() Plan {
	light := func(pairs ...any) map[Lamp]Light {
		all := map[Lamp]Light{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i].(Lamp)] = pairs[i+1].(Light)
		}
		return all
	}
	return Plan{Shows: map[Situation]Show{
		PowerFailing: {Lamps: light(Red, Fast, Error, On), Beep: Alarm.Name},
		Blocked:      {Lamps: light(Red, On, Error, On)},
		NoPaper:      {Lamps: light(Red, Slow, Printer, Slow, Error, On), Beep: Alarm.Name, Every: time.Minute},
		Help:         {Lamps: light(Yellow, Fast), Beep: Call.Name, Every: 30 * time.Second},
		Attention:    {Lamps: light(Yellow, On)},
		ShiftLong:    {Lamps: light(Yellow, Slow)},
		Offline:      {Lamps: light(Network, Slow)},
		Refused:      {Beep: Unknown.Name},
		Paid:         {Lamps: light(Green, Fast), Beep: PaidBeep.Name},
		Taken:        {Beep: TakenBeep.Name},
		Paying:       {Lamps: light(White, Slow)},
		Selling:      {Lamps: light(White, On)},
		Ready:        {Lamps: light(Green, On)},
		Fiscal:       {Lamps: light(Printer, On)},
		Online:       {Lamps: light(Network, On)},
		Running:      {Lamps: light(Power, On)},
	}}
}

// Check tells what of a plan can not be shown: ErrPlan.
func (p Plan) Check() error {
	if len(p.Patterns) > MaxPatterns {
		return fmt.Errorf("%w: %d patterns, at most %d", ErrPlan, len(p.Patterns), MaxPatterns)
	}
	names := map[string]bool{}
	for _, pattern := range append(Patterns(), p.Patterns...) {
		if err := pattern.check(); err != nil {
			return err
		}
		if names[pattern.Name] {
			return fmt.Errorf("%w: there is a pattern %.40q already", ErrPlan, pattern.Name)
		}
		names[pattern.Name] = true
	}
	for s, show := range p.Shows {
		if !slices.Contains(Situations(), s) {
			return fmt.Errorf("%w: no situation is called %.40q", ErrPlan, string(s))
		}
		if show.Beep != "" && !names[show.Beep] {
			return fmt.Errorf("%w: %s: no pattern is called %.40q", ErrPlan, s, show.Beep)
		}
		if show.Every != 0 && (show.Beep == "" || s.Holds() > 0 || show.Every < MinEvery || show.Every > MaxEvery) {
			return fmt.Errorf("%w: %s: a beep every %v, want %v to %v of what lasts and beeps", ErrPlan, s, show.Every, MinEvery, MaxEvery)
		}
		for lamp, l := range show.Lamps {
			if !slices.Contains(Lamps(), lamp) || !l.Valid() {
				return fmt.Errorf("%w: %s: no lamp %.40q that is %.40q", ErrPlan, s, string(lamp), string(l))
			}
		}
	}
	return nil
}

func (p Pattern) check() error {
	if p.Name == "" || len(p.Tones) == 0 || len(p.Tones) > MaxTones || p.Length() > MaxLength {
		return fmt.Errorf("%w: pattern %.40q: want a name, 1 to %d tones and at most %v in all", ErrPlan, p.Name, MaxTones, MaxLength)
	}
	for _, t := range p.Tones {
		if t.On < MinTone || t.On > MaxLength || t.Off < 0 || t.Off > MaxLength {
			return fmt.Errorf("%w: pattern %.40q: a tone of %v", ErrPlan, p.Name, t.On)
		}
	}
	return nil
}

// pattern finds a pattern of a plan that was checked.
func (p Plan) pattern(name string) (Pattern, bool) {
	all := append(Patterns(), p.Patterns...)
	i := slices.IndexFunc(all, func(q Pattern) bool { return q.Name == name })
	if i < 0 || name == "" {
		return Pattern{}, false
	}
	return all[i], true
}

// Lights is how every lamp shines while the given situations hold: of several
// that speak of a lamp the most important is shown.
func (p Plan) Lights(holds func(Situation) bool) map[Lamp]Light {
	all := map[Lamp]Light{}
	for _, s := range Situations() {
		if !holds(s) {
			continue
		}
		for lamp, l := range p.Shows[s].Lamps {
			if _, said := all[lamp]; !said {
				all[lamp] = l
			}
		}
	}
	for _, lamp := range Lamps() {
		if _, said := all[lamp]; !said {
			all[lamp] = Off
		}
	}
	return all
}
