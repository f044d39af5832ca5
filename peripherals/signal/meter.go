package signal

import "time"

// Limits of a buzzer's duty: it is no siren, and a small one gets hot.
const (
	Gap      = 60 * ms         // silence after a pattern, or two would sound as one
	maxStore = 3 * time.Second // of sound that may come at once..
	share    = 2               // ..and again: one part of so many of the time
)

// Meter bounds how much of the time a buzzer sounds. Its zero value is ready;
// one goroutine at a time.
type Meter struct {
	left time.Duration
	at   time.Time
}

// Allow tells whether a pattern may sound now, and counts it. One that may not
// is dropped: later it would mean something else.
func (m *Meter) Allow(now time.Time, p Pattern) bool {
	if m.at.IsZero() {
		m.left = maxStore
	} else if gone := now.Sub(m.at); gone > 0 {
		m.left = min(maxStore, m.left+gone/share)
	}
	m.at = now
	var sound time.Duration
	for _, t := range p.Tones {
		sound += t.On
	}
	if sound > m.left {
		return false
	}
	m.left -= sound
	return true
}
