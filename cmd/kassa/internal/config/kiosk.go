package config

import "time"

// Kiosk makes the till one where customers serve themselves, at /kiosk of the
// console, with an attendant near by who is the cashier.
type Kiosk struct {
	Idle      Duration `toml:"idle"`      // of a basket nobody touches, until the screen asks; "" is 45 s
	Countdown Duration `toml:"countdown"` // ..and then until it goes; "" is 15 s
	Attendant Duration `toml:"attendant"` // an attendant's pages stay open untouched; "" is a minute
}

// The usual times.
const (
	DefaultKioskIdle = Duration(45 * time.Second)
	DefaultCountdown = Duration(15 * time.Second)
	DefaultAttendant = Duration(time.Minute)
)

// Limits of the times of a kiosk: who reads slowly is not sent away, and a
// basket that was left does not keep the next one waiting.
const (
	minKiosk, maxKiosk         = 10 * time.Second, 10 * time.Minute
	minCountdown, maxCountdown = 5 * time.Second, 2 * time.Minute
	minAttendant, maxAttendant = 15 * time.Second, 30 * time.Minute
)

func (s *Kiosk) check(k *check) {
	k.lasts("kiosk.idle", s.Idle, minKiosk, maxKiosk)
	k.lasts("kiosk.countdown", s.Countdown, minCountdown, maxCountdown)
	k.lasts("kiosk.attendant", s.Attendant, minAttendant, maxAttendant)
}

// lasts demands a length of time, or none.
func (k *check) lasts(key string, d Duration, low, high time.Duration) {
	if d != 0 && (time.Duration(d) < low || time.Duration(d) > high) {
		k.bad(key, "%v, нужно от %v до %v", "%v, want %v to %v", d, low, high)
	}
}
