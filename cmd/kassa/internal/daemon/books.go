package daemon

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// When the last closed shift is reconciled.
const (
	booksEvery = 2 * time.Second  // a look whether a shift was closed, or the network came back
	booksAgain = 10 * time.Minute // while something is late or somebody silent; each time twice as long..
	booksMost  = 6 * time.Hour    // ..up to this
	booksTries = 40               // a good week
)

// compared is what came of the last reconciliation the till made by itself.
type compared struct {
	mu     sync.Mutex
	shift  int64 // the till's number; 0: none yet
	result reconcile.Result
	since  time.Time // of the first contradiction
}

func (c *compared) set(shift int64, r reconcile.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.OK {
		c.since = time.Time{}
	} else if c.since.IsZero() || c.shift != shift {
		c.since = r.Made
	}
	c.shift, c.result = shift, r
}

func (c *compared) contradictions() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.result.Differences) + c.result.More - c.result.Pending
}

func (c *compared) pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.result.Pending
}

// warning tells a person to look; nil when all is well.
func (c *compared) warning() *fault.Warning {
	n := c.contradictions()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shift == 0 || n == 0 {
		return nil
	}
	e := fault.New(fault.ReconcileWarning, strconv.FormatInt(c.shift, 10), strconv.Itoa(n))
	return &fault.Warning{Code: e.Code, Severity: fault.Warn, Args: e.Args, Since: c.since}
}

// reached are the ways out that work: the cloud, and the operator where the till
// carries to it.
type reached struct{ cloud, operator bool }

// more tells whether something works now that did not before.
func (r reached) more(before reached) bool {
	return r.cloud && !before.cloud || r.operator && !before.operator
}

// reaches tells how the last attempts went.
func (d *daemon) reaches() (r reached) {
	for _, dest := range d.cloud.now().Destinations {
		r.cloud = r.cloud || dest.Online
	}
	if d.devices.relay != nil {
		s := d.devices.relay.Status()
		r.operator = s.Carried > 0 && s.Failures == 0
	}
	return r
}

// watchBooks reconciles a shift when it is closed, and again until everybody
// has spoken and nothing is late: at once when the network returns, else after
// ever longer pauses.
func (d *daemon) watchBooks(ctx context.Context) {
	tick := time.NewTicker(booksEvery)
	defer tick.Stop()
	var shift int64
	var next time.Time
	var before reached
	tries := 0
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		closed, err := latest(ctx, d.journal, doc.CloseSession)
		if err != nil || closed == nil {
			continue
		}
		now := d.reaches()
		if closed.ShiftNumber != shift {
			shift, next, tries = closed.ShiftNumber, time.Time{}, 0
		} else if now.more(before) {
			next = time.Time{}
		}
		before = now
		if tries >= booksTries || d.now().Before(next) {
			continue
		}
		r, err := d.reconcile(ctx, api.Period{Shift: shift})
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			d.log.Warn("the books could not be compared", "shift", shift, "err", err)
		default:
			d.compared.set(shift, r)
		}
		next = d.now().Add(min(booksAgain<<min(tries, 10), booksMost))
		tries++
		if err == nil && r.OK && r.Pending == 0 && len(r.Silent) == 0 {
			tries = booksTries
		}
	}
}
