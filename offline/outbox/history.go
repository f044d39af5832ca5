package outbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// Limits of a history.
const (
	HistoryStep = 10 * time.Minute   // the finest span it tells apart
	HistorySpan = 7 * 24 * time.Hour // how far back it reaches
	maxHistory  = 100_000            // records read at first; what is older is not shown

	steps = int64(HistorySpan / HistoryStep)
)

// Flow is what happened to a queue in a span of time.
type Flow struct {
	Begin  time.Time `json:"begin"`
	Came   int64     `json:"came"`   // documents that were made, or sent on their way again
	Sent   int64     `json:"sent"`   // delivered
	Parked int64     `json:"parked"` // set aside for a person
	Queued int64     `json:"queued"` // still waiting at the end of the span
}

// History tells how a queue went in the last days. It is read off the journal,
// so it survives restarts and rebuilt stores, and kept as counts: its size does
// not depend on what was sold. It may be used by several goroutines.
type History struct {
	o    HistoryOptions
	read sync.Mutex // one Read at a time; guards the three below

	after  uint64
	begun  bool
	closed uuid.UUID // the shift that the last closing document was of: two close it, one is sent

	mu    sync.Mutex
	steps [steps]step
}

// HistoryOptions are what a history is read from.
type HistoryOptions struct {
	Journal     Journal
	Destination string     // its name
	Types       []doc.Type // it takes
	Now         func() time.Time
}

// step is HistoryStep's worth; number says which, so that a place that is used
// again begins at nothing.
type step struct {
	number             int64
	came, sent, parked int64
}

// NewHistory makes one; nothing is read yet.
func NewHistory(o HistoryOptions) *History { return &History{o: o} }

// Read takes in what the journal has that is not counted yet.
func (h *History) Read(ctx context.Context) error {
	h.read.Lock()
	defer h.read.Unlock()
	f := record.Filter{Kinds: []record.Kind{record.Document, record.Delivery}, Types: []string{h.o.Destination}, After: h.after}
	for _, t := range h.o.Types {
		f.Types = append(f.Types, string(t))
	}
	now := h.o.Now()
	if !h.begun {
		f.Since, f.Reverse, f.Limit = now.Add(-HistorySpan), true, maxHistory
	}
	var fresh []step
	after, closed := h.after, h.closed
	for r, err := range h.o.Journal.Scan(ctx, f) {
		if err != nil {
			return fmt.Errorf("outbox: history: %w", err)
		}
		after = max(after, r.Seq)
		s, err := countRecord(r, &closed)
		if err != nil {
			return err
		}
		s.number = min(stepOf(r.Time), stepOf(now)) // a clock that was ahead
		if n := len(fresh); n > 0 && fresh[n-1].number == s.number {
			fresh[n-1].add(s)
		} else {
			fresh = append(fresh, s)
		}
	}
	h.after, h.closed, h.begun = after, closed, true
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range fresh {
		h.add(s, stepOf(now))
	}
	return nil
}

func stepOf(t time.Time) int64 { return t.Unix() / int64(HistoryStep/time.Second) }

// countRecord says what a record means for the queue.
func countRecord(r record.Record, closed *uuid.UUID) (s step, err error) {
	if r.Kind == record.Document {
		if closes(doc.Type(r.Type)) {
			if second := r.Shift != uuid.Nil && r.Shift == *closed; second {
				return s, nil
			}
			*closed = r.Shift
		}
		s.came = 1
		return s, nil
	}
	d, err := readDelivery(r)
	switch {
	case err != nil:
		return s, err
	case d.State == delivered:
		s.sent = 1
	case d.State == parked:
		s.parked = 1
	case d.State == retry:
		s.came = 1
	}
	return s, nil
}

func (s *step) add(more step) {
	s.came += more.came
	s.sent += more.sent
	s.parked += more.parked
}

// add counts a step that is within the span. h.mu is held.
func (h *History) add(s step, now int64) {
	if s.number <= now-steps {
		return
	}
	at := &h.steps[s.number%steps]
	if at.number != s.number {
		*at = step{number: s.number}
	}
	at.add(s)
}

// Flows cuts the last days into spans, oldest first; the last one is not over
// yet. A span is a multiple of HistoryStep. queued is how many documents wait
// now: from there the queue is followed back.
func (h *History) Flows(span time.Duration, queued int64) []Flow {
	per := max(1, int64(span/HistoryStep))
	now := h.o.Now()
	last := alignedStep(now, per)
	h.mu.Lock()
	defer h.mu.Unlock()
	flows := make([]Flow, 0, steps/per)
	for first := last; first > stepOf(now)-steps; first -= per {
		f := Flow{Begin: time.Unix(first*int64(HistoryStep/time.Second), 0).In(now.Location()), Queued: max(0, queued)}
		for n := first; n < first+per; n++ {
			if s := h.steps[n%steps]; s.number == n {
				f.Came, f.Sent, f.Parked = f.Came+s.came, f.Sent+s.sent, f.Parked+s.parked
			}
		}
		queued += f.Sent + f.Parked - f.Came
		flows = append(flows, f)
	}
	slices.Reverse(flows)
	return flows
}

// alignedStep is the first step of the span that t is in: spans begin at full
// hours and days of the till's clock.
func alignedStep(t time.Time, per int64) int64 {
	_, offset := t.Zone()
	local := stepOf(t.Add(time.Duration(offset) * time.Second))
	return stepOf(t) - local%per
}

// Lately is how many documents were delivered since the step before this one
// began, and how long ago that is.
func (h *History) Lately() (sent int64, span time.Duration) {
	now := h.o.Now()
	n := stepOf(now)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, at := range []int64{n - 1, n} {
		if s := h.steps[at%steps]; s.number == at {
			sent += s.sent
		}
	}
	return sent, now.Sub(time.Unix((n-1)*int64(HistoryStep/time.Second), 0))
}
