package moyskladtest

import (
	"strconv"
	"sync"
	"time"
)

// The documented limits.
const (
	defaultRequests = 100
	defaultInterval = 5 * time.Second
	defaultParallel = 5
)

// gate counts requests in a sliding window and those under way.
type gate struct {
	limit RateLimit
	now   func() time.Time

	mu     sync.Mutex
	times  []time.Time // of the requests in the window, oldest first
	inside int
	most   int // requests that any window has held
}

func (g *gate) init(l RateLimit, now func() time.Time) {
	if l.Requests <= 0 {
		l.Requests = defaultRequests
	}
	if l.Interval <= 0 {
		l.Interval = defaultInterval
	}
	if l.Parallel <= 0 {
		l.Parallel = defaultParallel
	}
	g.limit, g.now = l, now
}

// enter lets a request in or refuses it; leave must be called in both cases.
func (g *gate) enter() (leave func(), headers map[string]string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	for len(g.times) > 0 && now.Sub(g.times[0]) >= g.limit.Interval {
		g.times = g.times[1:]
	}
	g.inside++
	switch {
	case g.inside > g.limit.Parallel:
		err = refuse(1073, "")
	case len(g.times) >= g.limit.Requests:
		err = refuse(1049, "")
	default:
		g.times = append(g.times, now)
		g.most = max(g.most, len(g.times))
	}
	return g.leave, g.headers(now), err
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
}

// headers tells where the limit stands; it does not show the parallel limit.
func (g *gate) headers(now time.Time) map[string]string {
	left := g.limit.Requests - len(g.times)
	reset := time.Duration(0)
	if left == 0 {
		reset = g.times[0].Add(g.limit.Interval).Sub(now)
	}
	h := map[string]string{
		"X-RateLimit-Limit":           strconv.Itoa(g.limit.Requests),
		"X-Lognex-Retry-TimeInterval": ms(g.limit.Interval),
		"X-RateLimit-Remaining":       strconv.Itoa(left),
		"X-Lognex-Reset":              ms(reset),
	}
	if left == 0 {
		h["X-Lognex-Retry-After"] = ms(reset)
	}
	return h
}

// ms rounds up: a wait of what it says is long enough.
func ms(d time.Duration) string {
	return strconv.FormatInt((d + time.Millisecond - 1).Milliseconds(), 10)
}
