package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Limits of the streams of events.
const (
	MaxStreams   = 64                     // at a time
	streamStall  = 10 * time.Second       // a reader that takes nothing for so long is cut off
	recordsEvery = 500 * time.Millisecond // records are looked for: each look may flush the journal's second copy
	heartbeat    = 15 * time.Second       // of comments, so that a dead connection is noticed
	reconnect    = 2 * time.Second        // what a reader is asked to wait before it comes again
)

// kindView is the event of the till as it is.
const kindView = "view"

// stream is one reader of events. It has no queue: records are read from the
// journal when the reader has taken those before, and of the till it gets the
// newest view. So a slow one loses nothing and holds up nobody; one that takes
// nothing at all is cut off, and goes on with the id of the last event it had.
type stream struct {
	a          *API
	w          http.ResponseWriter
	rc         *http.ResponseController
	at         place
	views      bool
	operations bool
	filter     record.Filter // its kinds; none: no records
	beat       time.Time     // of the last thing sent
}

// Reset is told to a reader who can not be given what he missed.
type Reset struct {
	// Reason: "journal", the cursor is of another journal; "ahead", this one does
	// not reach so far; "removed", old periods were put away; "unreadable".
	Reason string `json:"reason"`
	// From and To are the records that are not told; 0: unknown.
	From uint64 `json:"from,omitempty"`
	To   uint64 `json:"to,omitempty"`
}

// events streams what happens: views of the till, and the journal's records
// from a cursor on.
func (a *API) events(w http.ResponseWriter, r *http.Request) {
	s := &stream{a: a, w: w, rc: http.NewResponseController(w)}
	from, err := s.asked(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	select {
	case a.streams <- struct{}{}:
		defer func() { <-a.streams }()
	default:
		a.fail(w, r, fault.New(fault.TooMany, fmt.Sprintf("%d", MaxStreams)))
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	changed, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		a.watch(ctx, changed)
	}()
	defer func() { cancel(); <-ended }()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if err := s.run(ctx, from, changed); err != nil && ctx.Err() == nil {
		a.o.Log.Debug("a reader of events is gone", "err", err)
	}
}

// watch tells of the till's newest version.
func (a *API) watch(ctx context.Context, changed chan<- struct{}) {
	_, version := a.o.Till.View()
	for {
		var err error
		if version, err = a.o.Till.Wait(ctx, version); err != nil {
			return
		}
		select {
		case changed <- struct{}{}:
		default: // it has not taken the last: it will look at the newest
		}
	}
}

// asked reads what a reader wants, and from where.
func (s *stream) asked(r *http.Request) (from string, err error) {
	p := r.URL.Query()
	kinds := splitList(p["kind"])
	if len(kinds) == 0 {
		kinds = []string{kindView}
	}
	for _, name := range kinds {
		k := record.Kind(strings.ToLower(name))
		switch {
		case k == kindView:
			s.views = true
		case k == kindOperation:
			s.operations = true
		case !slices.Contains(record.Kinds(), k):
			return "", fault.New(fault.BadRequest, "kind")
		case !slices.Contains(s.filter.Kinds, k):
			s.filter.Kinds = append(s.filter.Kinds, k)
		}
	}
	for _, name := range splitList(p["type"]) {
		t, err := doc.ParseType(name)
		if err != nil {
			return "", fault.New(fault.BadRequest, "type").With(err)
		}
		if !slices.Contains(s.filter.Types, string(t)) {
			s.filter.Types = append(s.filter.Types, string(t))
		}
	}
	if from = r.Header.Get("Last-Event-ID"); from == "" {
		from = p.Get("after")
	}
	if from != "" {
		var ok bool
		if s.at, ok = parsePlace(from); !ok {
			return "", fault.New(fault.BadRequest, "after")
		}
	}
	return from, nil
}

// begin puts the reader where it wants to be, or says why it can not.
func (s *stream) begin(from string) error {
	oldest, newest := s.a.reach()
	want := s.at
	s.at = placeIn(s.a.o.Journal, newest)
	if err := s.put(fmt.Sprintf("retry: %d\n\n", reconnect.Milliseconds())); err != nil || from == "" {
		return err
	}
	switch {
	case want.journal != s.at.journal:
		return s.send("reset", Reset{Reason: "journal"})
	case want.seq > newest:
		return s.send("reset", Reset{Reason: "ahead"})
	case want.seq+1 < oldest && len(s.filter.Kinds) > 0:
		s.at.seq = oldest - 1
		return s.send("reset", Reset{Reason: "removed", From: want.seq + 1, To: oldest - 1})
	}
	s.at = want
	return nil
}

// reach is what of the journal can be read now.
func (a *API) reach() (oldest, newest uint64) {
	if a.o.Head == nil {
		return 0, 0
	}
	return a.o.Head()
}

// run sends events until the reader goes away.
func (s *stream) run(ctx context.Context, from string, changed <-chan struct{}) error {
	if err := s.begin(from); err != nil {
		return err
	}
	look := time.NewTicker(recordsEvery)
	defer look.Stop()
	_, told, ended := s.a.ended(math.MaxUint64)
	for view := s.views; ; {
		if view {
			if err := s.send(kindView, s.a.whole()); err != nil {
				return err
			}
		}
		view = false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
			view = s.views
		case <-ended:
			var all []Operation
			all, told, ended = s.a.ended(told)
			for i := 0; s.operations && i < len(all); i++ {
				if err := s.send(kindOperation, all[i]); err != nil {
					return err
				}
			}
		case <-look.C:
			if err := s.records(ctx); err != nil {
				return err
			}
			if time.Since(s.beat) > heartbeat {
				if err := s.put(":\n\n"); err != nil {
					return err
				}
			}
		}
	}
}

// records sends those that were journaled since.
func (s *stream) records(ctx context.Context) error {
	_, newest := s.a.reach()
	if len(s.filter.Kinds) == 0 || newest <= s.at.seq {
		s.at.seq = max(s.at.seq, newest)
		return nil
	}
	f := s.filter
	f.After, f.Before = s.at.seq, newest+1
	for rec, err := range s.a.o.Records(ctx, f) {
		if err != nil {
			if ctx.Err() == nil {
				s.a.o.Log.Error("the journal for a reader of events", "err", err)
			}
			return errors.Join(err, s.send("reset", Reset{Reason: "unreadable", From: s.at.seq + 1, To: newest}))
		}
		s.at.seq = rec.Seq
		if err := s.send(string(rec.Kind), Public(rec)); err != nil {
			return err
		}
	}
	s.at.seq = newest
	return nil
}

// send sends one event. Its id is the place behind it.
func (s *stream) send(event string, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("event %s: %w", event, err)
	}
	return s.put(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", s.at, event, b))
}

func (s *stream) put(text string) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(s.a.stall)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	s.beat = time.Now()
	return s.rc.Flush()
}
