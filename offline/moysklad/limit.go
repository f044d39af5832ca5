package moysklad

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// The documented limits, until an answer's headers say otherwise.
const (
	Requests    = 100
	Interval    = 5 * time.Second
	MaxParallel = 5
	MaxPause    = 2 * time.Minute // the longest pause a header can ask for
	maxLimit    = 10_000          // the largest limit a header can tell
)

// spare of the limit is left alone, in one of so many: for requests of the
// account that this limiter does not know of.
const spare = 100

// Limiter keeps requests within what the service allows. One limiter serves
// all clients of an account. It may be used by several goroutines.
//
// The service counts the requests of the last interval. When it counts one lies
// between the moment it was sent and the moment its answer came; so one that
// is under way counts, and one that was answered counts for an interval from
// then on. As long as those are fewer than the limit the service can never
// count more, whatever the way there does to them, and what was not used while
// something else was written to a disk is used afterwards.
type Limiter struct {
	slots chan struct{} // requests under way
	turn  chan struct{} // held by the one that waits for its place in the interval
	ended chan struct{} // tells it that a request has ended

	mu       sync.Mutex
	requests int
	interval time.Duration
	open     int         // requests under way
	answered []time.Time // when the others of the last interval were answered, oldest first
	until    time.Time   // paused until then, as the service asked
}

// NewLimiter makes a limiter with the documented limits.
func NewLimiter() *Limiter {
	return &Limiter{slots: make(chan struct{}, MaxParallel), turn: make(chan struct{}, 1), ended: make(chan struct{}, 1), requests: Requests, interval: Interval}
}

// acquire waits for a slot and for a place in the interval; release must be
// called when the answer is there.
func (l *Limiter) acquire(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := l.enter(ctx)
	if err != nil {
		<-l.slots
	}
	return err
}

func (l *Limiter) enter(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.turn }()
	for {
		wait := l.take(time.Now())
		if wait == 0 {
			return ctx.Err()
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-l.ended:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
		t.Stop()
	}
}

// take takes a place if there is one now, else it says how long to wait for
// one; a request that ends may make it sooner.
func (l *Limiter) take(now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	gone := 0
	for gone < len(l.answered) && now.Sub(l.answered[gone]) >= l.interval {
		gone++
	}
	l.answered = append(l.answered[:0], l.answered[gone:]...)
	switch left := l.until.Sub(now); {
	case left > 0:
		return left
	case l.open+len(l.answered) < max(1, l.requests-l.requests/spare):
		l.open++
		return 0
	case len(l.answered) == 0:
		return l.interval
	}
	return l.answered[0].Add(l.interval).Sub(now)
}

func (l *Limiter) release() {
	l.mu.Lock()
	l.open--
	l.answered = append(l.answered, time.Now())
	l.mu.Unlock()
	select {
	case l.ended <- struct{}{}:
	default:
	}
	<-l.slots
}

// others counts what the service has counted beyond our own: another till of
// the account uses the limit too. l.mu is held.
func (l *Limiter) others(counted int) {
	now := time.Now()
	for range counted - l.open - len(l.answered) {
		l.answered = append(l.answered, now)
	}
}

// observe learns from an answer's headers and returns how long the service
// asks to wait.
func (l *Limiter) observe(h http.Header, refused bool) time.Duration {
	limit, okLimit := headerInt(h, "X-RateLimit-Limit")
	interval, okInterval := headerInt(h, "X-Lognex-Retry-TimeInterval")
	left, okLeft := headerInt(h, "X-RateLimit-Remaining")
	reset, _ := headerInt(h, "X-Lognex-Reset")
	after, _ := headerInt(h, "X-Lognex-Retry-After")
	wait := time.Duration(0)
	if refused || (okLeft && left <= 0) {
		wait = min(time.Duration(max(reset, after))*time.Millisecond, MaxPause)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if okLimit && okLeft {
		l.others(min(limit, maxLimit) - left)
	}
	if okLimit && okInterval && limit > 0 && interval > 0 {
		l.requests, l.interval = min(limit, maxLimit), time.Duration(interval)*time.Millisecond
	}
	if wait > 0 {
		if until := time.Now().Add(wait); until.After(l.until) {
			l.until = until
		}
	}
	return wait
}

// headerInt reads a whole number; anything odd counts as absent.
func headerInt(h http.Header, name string) (int, bool) {
	v, err := strconv.Atoi(h.Get(name))
	if err != nil || v < 0 || v > 1<<30 {
		return 0, false
	}
	return v, true
}
