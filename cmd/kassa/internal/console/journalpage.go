package console

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Journal is the till's journal as its page needs it.
type Journal struct {
	Periods func() journal.Periods
	// Archived lists the closed periods that are here, the newest first.
	Archived func() []journal.Archived
	// Verify checks everything; it may take minutes.
	Verify func(ctx context.Context, progress func(done, total uint64)) (journal.Report, error)
	// Export copies all of it to the USB medium and tells where.
	Export func(ctx context.Context) (dir string, err error)
}

// chores is the one long thing at a time that was begun on a page. It goes on
// when the page is left.
type chores struct {
	work sync.WaitGroup

	mu  sync.Mutex // guards what follows
	now choreView
}

// choreView is how a chore goes, or went.
type choreView struct {
	Name        string // of the page's own; "" when there was none yet
	Running     bool
	Done, Total uint64
	At          time.Time // it began, or ended
	Report      *journal.Report
	Compared    *reconcile.Result
	Dir         string
	Err         *fault.Error
}

func (j *chores) view() choreView {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

// start begins a chore unless one is under way.
func (c *Console) start(j *chores, name string, do func(ctx context.Context, end *choreView) error) *fault.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if c.closed || j.now.Running {
		return fault.New(fault.Busy)
	}
	j.now = choreView{Name: name, Running: true, At: c.o.Now()}
	j.work.Go(func() {
		end := choreView{Name: name}
		end.Err = fault.Of(do(c.ctx, &end))
		end.At = c.o.Now()
		j.mu.Lock()
		j.now = end
		j.mu.Unlock()
	})
	return nil
}

// progress tells how far the chore under way has come.
func (j *chores) progress(done, total uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now.Done, j.now.Total = done, total
}

func (c *Console) journalRoutes(m *router) {
	m.HandleFunc("GET /journal", c.signedIn(func(w http.ResponseWriter, r *http.Request) { c.page(w, r, "journal", "journal.title", nil) }))
	m.HandleFunc("POST /do/journal-verify", c.allowed(c.journalChore("verify", func(ctx context.Context, end *choreView) error {
		report, err := c.o.Journal.Verify(ctx, c.chores.progress)
		if err == nil {
			end.Report = &report
		}
		return err
	})))
	m.HandleFunc("POST /do/journal-export", c.allowed(c.journalChore("export", func(ctx context.Context, end *choreView) (err error) {
		end.Dir, err = c.o.Journal.Export(ctx)
		return err
	})))
}

// journalChore is a chore on a journal that is there.
func (c *Console) journalChore(name string, do func(ctx context.Context, end *choreView) error) http.HandlerFunc {
	if c.o.Journal == nil {
		return func(w http.ResponseWriter, r *http.Request) {
			c.refuse(w, r, http.StatusUnprocessableEntity, fault.New(fault.Unavailable))
		}
	}
	return c.chore(&c.chores, name, do)
}

// chore answers when something long has begun.
func (c *Console) chore(on *chores, name string, do func(ctx context.Context, end *choreView) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := c.start(on, name, do); err != nil {
			c.refuse(w, r, http.StatusUnprocessableEntity, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// Periods tells of the journal's open period.
func (s *screen) Periods() journal.Periods {
	if s.journal == nil {
		return journal.Periods{}
	}
	return s.journal.Periods()
}

// shownArchives is how many closed periods the page lists.
const shownArchives = 60

// Archived are the newest closed periods.
func (s *screen) Archived() []journal.Archived {
	if s.journal == nil || s.journal.Archived == nil {
		return nil
	}
	all := s.journal.Archived()
	return all[:min(len(all), shownArchives)]
}

// After is the sequence behind a period's last: its documents stand before it.
func (s *screen) After(a journal.Archived) uint64 { return a.Last + 1 }

// ChoreFault says why a chore failed.
func (s *screen) ChoreFault() string { return s.loc.fault(s.Chore.Err) }

// Problems are the first of what a check has found.
func (s *screen) Problems() []journal.Problem {
	const shown = 20
	all := s.Chore.Report.Problems
	return all[:min(len(all), shown)]
}
