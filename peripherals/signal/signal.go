// Package signal is what the till says without words: beeps, lamps and the
// tower of lamps on a pole.
//
// All of it is data. A Pattern is a row of beeps, so that a person who can not
// see the screen learns them once and hears the same everywhere: one short beep
// is "taken", three are "unknown code", a long one is "look at the screen". An
// active buzzer is assumed, which makes its one tone while its line is on. A
// Plan says how each situation of the till looks and sounds; a Director turns
// what holds now into lights and beeps, and a Meter bounds how much of the time
// the buzzer sounds. Nothing in here drives a line.
//
// Patterns, lights and plans are values and may be shared.
package signal

import (
	"context"
	"fmt"
	"time"
)

// MaxLength is the longest a pattern may take: the next scan must be heard.
const MaxLength = time.Second

// Tone is a beep and the silence after it.
type Tone struct{ On, Off time.Duration }

// Pattern is a row of beeps.
type Pattern struct {
	Name  string
	Tones []Tone
}

const ms = time.Millisecond

// The patterns of the till.
var (
	TakenBeep = Pattern{"taken", []Tone{{60 * ms, 0}}}
	Unknown   = Pattern{"unknown", []Tone{{60 * ms, 60 * ms}, {60 * ms, 60 * ms}, {60 * ms, 0}}}
	Look      = Pattern{"look", []Tone{{400 * ms, 0}}}
	PaidBeep  = Pattern{"paid", []Tone{{60 * ms, 60 * ms}, {180 * ms, 0}}}
	Alarm     = Pattern{"alarm", []Tone{{200 * ms, 100 * ms}, {200 * ms, 100 * ms}, {200 * ms, 0}}}
	Call      = Pattern{"call", []Tone{{150 * ms, 80 * ms}, {300 * ms, 0}}}
)

// Patterns lists them all.
func Patterns() []Pattern { return []Pattern{TakenBeep, Unknown, Look, PaidBeep, Alarm, Call} }

// Buzzer is the line: pins.Output is one. Pulse returns when it is off again.
type Buzzer interface {
	Pulse(ctx context.Context, d time.Duration) error
}

// Length is how long the pattern takes.
func (p Pattern) Length() time.Duration {
	var sum time.Duration
	for _, t := range p.Tones {
		sum += t.On + t.Off
	}
	return sum
}

// Play makes the beeps and returns after the last. The buzzer is off when it
// returns, also when ctx ends it.
func (p Pattern) Play(ctx context.Context, b Buzzer) error {
	for _, t := range p.Tones {
		if err := b.Pulse(ctx, t.On); err != nil {
			return fmt.Errorf("beep %s: %w", p.Name, err)
		}
		if t.Off == 0 {
			continue
		}
		pause := time.NewTimer(t.Off)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
	return nil
}
