package moysklad

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The documented limits, until an answer's headers say otherwise.
const (
	Requests    = 100
	Interval    = 5 * time.Second
	MaxParallel = 5
	MaxPause    = 2 * time.Minute // the longest pause a header can ask for
)

// share of the limit that is used: the rest is for clocks that disagree and
// answers that bunch up on the way. In percent.
const sharePercent = 97

// burstPercent of the limit may go at once. Share and burst together stay
// below 100, so no window of one interval ever holds more than the limit.
const burstPercent = 2

// Limiter keeps requests within what the service allows. One limiter serves
// all clients of an account. It may be used by several goroutines.
type Limiter struct {
	slots chan struct{}
	rate  *rate.Limiter

	mu       sync.Mutex
	requests int
	interval time.Duration
	until    time.Time // paused until then, as the service asked
}

// NewLimiter makes a limiter with the documented limits.
func NewLimiter() *Limiter {
	l := &Limiter{slots: make(chan struct{}, MaxParallel), rate: rate.NewLimiter(0, 1)}
	l.set(Requests, Interval)
	return l
}

func (l *Limiter) set(requests int, interval time.Duration) {
	if requests == l.requests && interval == l.interval {
		return
	}
	l.requests, l.interval = requests, interval
	l.rate.SetLimit(rate.Every(interval * 100 / time.Duration(requests*sharePercent)))
	l.rate.SetBurst(max(1, requests*burstPercent/100))
}

// acquire waits for a slot and for the rate; release must be called after.
func (l *Limiter) acquire(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := l.pause(ctx)
	if err == nil {
		err = l.rate.Wait(ctx)
	}
	if err != nil {
		<-l.slots
	}
	return err
}

func (l *Limiter) release() { <-l.slots }

func (l *Limiter) pause(ctx context.Context) error {
	l.mu.Lock()
	left := time.Until(l.until)
	l.mu.Unlock()
	if left <= 0 {
		return nil
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
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
	if okLimit && okInterval && limit > 0 && interval > 0 {
		l.set(limit, time.Duration(interval)*time.Millisecond)
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
