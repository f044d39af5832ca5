// Package lockout slows down whoever guesses PINs: after a few wrong ones
// nobody may try for a while, and each further one doubles the while.
//
// It is a value with a clock handed in. The clock of a till may be set, and a
// board without a battery wakes up in the past, so a lock never lasts longer
// than Most however wrong the clock was, and a restart ends none (Restore).
package lockout

import "time"

// The limits.
const (
	Tries  = 5                // wrong PINs before the first lock
	First  = 30 * time.Second // the first lock; the next are twice as long..
	Most   = 15 * time.Minute // ..up to this
	Forgot = 10 * time.Minute // a quiet spell this long after the last wrong one, and after its lock, forgets them
	Kept   = 64               // wrong PINs that Restore looks at; more add nothing
)

// Lock counts wrong PINs. The zero value has counted none.
type Lock struct {
	wrong int           // since the last quiet spell
	at    time.Time     // of the last wrong one
	until time.Time     // locked
	next  time.Duration // how long the next lock is
}

// Wait is how long nobody may try; 0: now.
func (l *Lock) Wait(now time.Time) time.Duration {
	if l.until.Sub(now) > Most { // the clock was set back
		l.until = now.Add(Most)
	}
	return max(0, l.until.Sub(now))
}

// Missed counts a wrong PIN.
func (l *Lock) Missed(now time.Time) {
	if now.Sub(l.at) > Forgot && now.Sub(l.until) > Forgot {
		l.wrong, l.next = 0, First
	}
	l.at = now
	if l.wrong++; l.wrong >= Tries {
		l.until = now.Add(l.next)
		l.next = min(2*l.next, Most)
	}
}

// Restore is the lock after a restart: refused are the moments of the newest
// wrong PINs, oldest first, by the clock of then. When the clock of now is
// behind them, the last one was just now.
func Restore(refused []time.Time, now time.Time) (l Lock) {
	refused = refused[max(0, len(refused)-Kept):]
	for i, at := range refused {
		if i > 0 && at.Before(l.at) {
			at = l.at // the clock was set back between them
		}
		l.Missed(at)
	}
	if late := l.at.Sub(now); late > 0 {
		l.at, l.until = now, l.until.Add(-late)
	}
	return l
}
