package signal

import "time"

// Light is how a lamp shines.
type Light string

// The lights. Slow: something goes on. Fast: somebody must come.
const (
	Off  Light = "off"
	On   Light = "on"
	Slow Light = "slow" // 1 s on, 1 s off
	Fast Light = "fast" // 125 ms on, 125 ms off
)

// Tick is the shortest time between two changes of any light.
const Tick = 125 * time.Millisecond

// half is the time a light keeps one state, 0 for ever.
func (l Light) half() time.Duration {
	switch l {
	case Slow:
		return time.Second
	case Fast:
		return Tick
	}
	return 0
}

// Blinks tells whether the light changes by itself.
func (l Light) Blinks() bool { return l.half() > 0 }

// Valid tells whether there is such a light.
func (l Light) Valid() bool { return l == Off || l == On || l.Blinks() }

// Lit tells whether the lamp is on at a moment, counted from any common start,
// so that lamps that blink alike blink together. An unknown light is off.
func (l Light) Lit(since time.Duration) bool {
	if h := l.half(); h > 0 {
		return since/h%2 == 0
	}
	return l == On
}
