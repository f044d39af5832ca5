package config

import (
	"time"

	"github.com/kassa-pos/kassa/peripherals/signal"
)

// DefaultOffline is how long the cloud may be silent before the lamps say so.
const DefaultOffline = Duration(4 * time.Hour)

// Signals are the lamps' and the buzzer's words. A situation that is named in
// When is shown as it says there, all others as usual.
type Signals struct {
	OfflineAfter Duration         `toml:"offline_after"` // silence of the cloud that is told; "" is 4 h
	Patterns     map[string][]int `toml:"patterns"`      // beeps: milliseconds on, off, on..
	When         map[string]When  `toml:"when"`          // by situation (signal.Situations)
}

// When is how one situation looks and sounds. A lamp is "on", "off", "slow" or
// "fast"; "" leaves it to what else holds.
type When struct {
	Green      string   `toml:"green"`
	Yellow     string   `toml:"yellow"`
	Red        string   `toml:"red"`
	White      string   `toml:"white"`
	LEDPower   string   `toml:"led_power"`
	LEDNetwork string   `toml:"led_network"`
	LEDPrinter string   `toml:"led_printer"`
	LEDError   string   `toml:"led_error"`
	Beep       string   `toml:"beep"`  // a pattern's name; "" none
	Every      Duration `toml:"every"` // the beep again while it lasts; "" once
}

func (w When) show() signal.Show {
	s := signal.Show{Lamps: map[signal.Lamp]signal.Light{}, Beep: w.Beep, Every: time.Duration(w.Every)}
	for lamp, light := range map[signal.Lamp]string{signal.Green: w.Green, signal.Yellow: w.Yellow, signal.Red: w.Red, signal.White: w.White,
		signal.Power: w.LEDPower, signal.Network: w.LEDNetwork, signal.Printer: w.LEDPrinter, signal.Error: w.LEDError} {
		if light != "" {
			s.Lamps[lamp] = signal.Light(light)
		}
	}
	return s
}

// Plan is the usual one with what the file says otherwise.
func (s Signals) Plan() signal.Plan {
	p := signal.Usual()
	for _, name := range sortedKeys(s.Patterns) {
		pattern := signal.Pattern{Name: name}
		for i, ms := range s.Patterns[name] {
			d := time.Duration(max(-1, min(ms, maxTone))) * time.Millisecond
			if i%2 == 0 {
				pattern.Tones = append(pattern.Tones, signal.Tone{On: d})
			} else {
				pattern.Tones[i/2].Off = d
			}
		}
		p.Patterns = append(p.Patterns, pattern)
	}
	for situation, w := range s.When {
		p.Shows[signal.Situation(situation)] = w.show()
	}
	return p
}

// Offline is how long the cloud may be silent before the lamps say so.
func (s Signals) Offline() time.Duration {
	if s.OfflineAfter == 0 {
		return time.Duration(DefaultOffline)
	}
	return time.Duration(s.OfflineAfter)
}

// Limits of the file's values.
const (
	maxTone    = 10_000 // milliseconds that are read; what may sound is signal's
	minOffline = time.Minute
	maxOffline = 30 * 24 * time.Hour
)

func (s Signals) check(k *check) {
	if d := time.Duration(s.OfflineAfter); d != 0 && (d < minOffline || d > maxOffline) {
		k.bad("signals.offline_after", "%v, нужно от %v до %v", "%v, want %v to %v", d, minOffline, maxOffline)
	}
	if err := s.Plan().Check(); err != nil {
		k.bad("signals", "такого сигнала не бывает (%v)", "%v", err)
	}
}
