package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/permit"
	"github.com/kassa-pos/kassa/pos/fault"
)

// How often the permit services are asked how they are, and how long they must
// have been away before that is a warning: a lost request is none.
const (
	permitEvery = 5 * time.Minute
	permitRetry = 30 * time.Second // while something is wrong
	permitAway  = time.Minute
)

// permitWatch knows which of the permit services answer: from every check of a
// code, and from asking now and then, so that a till that sells no marked goods
// for hours knows before the next customer does.
type permitWatch struct {
	client *permit.Client // nil: none is configured
	online bool           // there are addresses outside
	local  bool           // ..and a local module
	now    func() time.Time

	mu    sync.Mutex
	quiet time.Time // nobody outside has answered since; zero: they do
	dead  time.Time // ..nor the local module
}

// heard notes who answered a check.
func (w *permitWatch) heard(local bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	since := func(at *time.Time, away bool) {
		switch {
		case !away:
			*at = time.Time{}
		case at.IsZero():
			*at = now
		}
	}
	since(&w.quiet, w.online && (local || err != nil))
	since(&w.dead, err != nil)
}

// run asks until ctx ends.
func (w *permitWatch) run(ctx context.Context) {
	if w.client == nil {
		return
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
		if w.look(ctx); len(w.warnings()) > 0 || w.troubled() {
			next.Reset(permitRetry)
		} else {
			next.Reset(permitEvery)
		}
	}
}

// look asks both services how they are.
func (w *permitWatch) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	err := w.client.Online(ctx)
	if err == nil {
		w.heard(false, nil)
		return
	}
	if w.local {
		var st permit.Status
		if st, err = w.client.Status(ctx); err == nil && !st.Fresh(w.now()) {
			err = fault.New(fault.PermitStale)
		}
	}
	if ctx.Err() == nil || err == nil {
		w.heard(true, err)
	}
}

func (w *permitWatch) troubled() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.quiet.IsZero() || !w.dead.IsZero()
}

// warnings tell that marked goods can not be sold, or only by the local module's
// word.
func (w *permitWatch) warnings() []fault.Warning {
	w.mu.Lock()
	defer w.mu.Unlock()
	away := func(at time.Time) bool { return !at.IsZero() && w.now().Sub(at) >= permitAway }
	switch {
	case away(w.dead):
		return []fault.Warning{{Code: fault.PermitDead, Severity: fault.Warn, Args: []string{w.dead.Format("15:04 02.01")}, Since: w.dead}}
	case away(w.quiet) && w.local:
		return []fault.Warning{{Code: fault.PermitLocal, Severity: fault.Warn, Args: []string{w.quiet.Format("15:04 02.01")}, Since: w.quiet}}
	}
	return nil
}

// state is what metrics tell: 0 the marking system answers, 1 only the local
// module, 2 nobody; -1 without any.
func (w *permitWatch) state() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.client == nil:
		return -1
	case !w.dead.IsZero():
		return 2
	case !w.quiet.IsZero():
		return 1
	}
	return 0
}
