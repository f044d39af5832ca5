package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Sync is the exchange with the world outside as its page needs it. Functions
// that are nil make their button disappear.
type Sync struct {
	// State must not wait: it is asked for every second.
	State func() SyncState
	// Now sends and downloads; it may take a minute.
	Now func(ctx context.Context) error
	// Retry sends a parked document on its way again.
	Retry func(ctx context.Context, document uuid.UUID) error
	// ByHand ends a parked document that a person has seen to; it asks whether
	// the cashier may.
	ByHand func(ctx context.Context, document uuid.UUID, why string) error
	// File writes parked documents to the USB medium and tells where.
	File func(ctx context.Context) (name string, err error)
	// Attach takes the cloud's store back from another device.
	Attach func(ctx context.Context) error
}

// SyncState is the exchange at a glance.
type SyncState struct {
	Places     []SyncPlace
	References []Reference
	Hours      []outbox.Flow // of the first place
}

// SyncPlace is a place that something goes to.
type SyncPlace struct {
	Name   string // a Place, or shown as it is
	From   string // another till whose documents these are
	Detail string // an address, for a technician

	Online  bool
	Queued  int64
	Oldest  time.Time // of what waits
	Hourly  int64     // sent lately, as a rate; below 0: not known
	Success time.Time // the last
	Next    time.Time // attempt, after a failure
	Failure *fault.Error
	Refused bool // the credentials were: a person has to renew them
	Parked  []outbox.Parked
}

// Reference is one kind of what comes down.
type Reference struct {
	Name    string // a Ref, or shown as it is
	Count   int64
	At      time.Time
	Failure *fault.Error
}

// Places with a name of their own.
const (
	PlaceMoySklad = "moysklad"
	PlaceOFD      = "ofd"
)

// Kinds of reference data.
const (
	RefGoods     = "goods"
	RefPeople    = "people"
	RefFolders   = "folders"
	RefDiscounts = "discounts"
	RefStore     = "store"
	RefOrders    = "orders"
)

// shownParked is how many parked documents a page lists.
const shownParked = 50

func (c *Console) syncRoutes(m *router) {
	m.HandleFunc("GET /sync", c.signedIn(func(w http.ResponseWriter, r *http.Request) { c.page(w, r, "sync", "sync.title", nil) }))
	m.HandleFunc("POST /do/sync-now", c.signedIn(c.chore(&c.syncing, "now", func(ctx context.Context, _ *choreView) error {
		if c.o.Sync == nil || c.o.Sync.Now == nil {
			return fault.New(fault.CloudNone)
		}
		return c.o.Sync.Now(ctx)
	})))
	m.HandleFunc("POST /do/sync-file", c.allowed(c.chore(&c.syncing, "file", func(ctx context.Context, end *choreView) (err error) {
		if c.o.Sync == nil || c.o.Sync.File == nil {
			return fault.New(fault.Unavailable)
		}
		end.Dir, err = c.o.Sync.File(ctx)
		return err
	})))
	m.HandleFunc("POST /do/sync-attach", c.allowed(c.chore(&c.syncing, "attach", func(ctx context.Context, _ *choreView) error {
		if c.o.Sync == nil || c.o.Sync.Attach == nil {
			return fault.New(fault.Unavailable)
		}
		return c.o.Sync.Attach(ctx)
	})))
	m.HandleFunc("POST /do/sync-retry", c.allowed(c.retryParked))
	m.HandleFunc("POST /do/sync-done", c.signedIn(c.parkedByHand))
}

// parkedByHand takes "id" of a parked document and "reason".
func (c *Console) parkedByHand(w http.ResponseWriter, r *http.Request) {
	ctx, stop := c.commandContext(r)
	defer stop()
	id, err := uuid.Parse(r.FormValue("id"))
	switch {
	case c.o.Sync == nil || c.o.Sync.ByHand == nil:
		err = fault.New(fault.Unavailable)
	case err != nil:
		err = fault.New(fault.BadRequest, "id")
	default:
		err = c.o.Sync.ByHand(ctx, id, r.FormValue("reason"))
	}
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// parkedDialog asks how the parked document the address names was seen to.
func parkedDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	id, err := uuid.Parse(query.Get("id"))
	if s.sync == nil || s.sync.ByHand == nil {
		return nil, fault.New(fault.Unavailable)
	}
	all := s.Sync().AllParked()
	i := slices.IndexFunc(all, func(p outbox.Parked) bool { return p.Document == id })
	if err != nil || i < 0 {
		return nil, fault.New(fault.NotFound, shortened(query.Get("id")))
	}
	return all[i], nil
}

// retryParked takes "id" of a parked document, or "all".
func (c *Console) retryParked(w http.ResponseWriter, r *http.Request) {
	ctx, stop := c.commandContext(r)
	defer stop()
	err := c.retryAll(ctx, r.FormValue("id"))
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *Console) retryAll(ctx context.Context, which string) error {
	if c.o.Sync == nil || c.o.Sync.Retry == nil {
		return fault.New(fault.Unavailable)
	}
	if which != "all" {
		id, err := uuid.Parse(which)
		if err != nil {
			return fault.New(fault.BadRequest, "id")
		}
		return c.o.Sync.Retry(ctx, id)
	}
	for _, place := range c.o.Sync.State().Places {
		for _, p := range place.Parked {
			err := c.o.Sync.Retry(ctx, p.Document)
			if f := fault.Of(err); err != nil && f.Code != fault.NotFound { // went along with another
				return err
			}
		}
	}
	return nil
}

// Exchanges tells whether there is a page of the exchange.
func (s *screen) Exchanges() bool { return s.sync != nil }

// Sync is the exchange now; nil: there is none. It is asked for once a
// rendering, so that the parts of a page agree.
func (s *screen) Sync() *SyncState {
	if s.synced == nil && s.sync != nil {
		state := s.sync.State()
		s.synced = &state
	}
	return s.synced
}

// Why is a failure in words; "" for none.
func (s *screen) Why(err *fault.Error) string {
	if err == nil {
		return ""
	}
	if text := s.loc.fault(err); err.Detail != "" {
		return text + " (" + err.Detail + ")"
	}
	return s.loc.fault(err)
}

// Can tells whether the page has a button.
func (s *screen) Can(what string) bool {
	switch {
	case s.sync == nil:
		return false
	case what == "now":
		return s.sync.Now != nil
	case what == "file":
		return s.sync.File != nil
	case what == "attach":
		return s.sync.Attach != nil
	case what == "done":
		return s.sync.ByHand != nil
	}
	return s.sync.Retry != nil
}

// SyncFault says why the last thing that was asked for failed.
func (s *screen) SyncFault() string { return s.loc.fault(s.Syncing.Err) }

// AllParked are the parked documents of all places, with what is left out.
func (s SyncState) AllParked() (list []outbox.Parked) {
	for _, p := range s.Places {
		list = append(list, p.Parked...)
	}
	return list
}

// Shown are the first of the parked documents.
func (s SyncState) Shown() []outbox.Parked {
	all := s.AllParked()
	return all[:min(len(all), shownParked)]
}

// More is how many parked documents are not shown.
func (s SyncState) More() int { return len(s.AllParked()) - len(s.Shown()) }

// Refused tells whether some place refuses this till.
func (s SyncState) Refused() bool {
	for _, p := range s.Places {
		if p.Refused {
			return true
		}
	}
	return false
}

// Waiting is what waits for any place, parked documents not counted.
func (s SyncState) Waiting() (n int64) {
	for _, p := range s.Places {
		n += p.Queued
	}
	return n
}

// Said are a place's words about a parked document, with its code.
func (s *screen) Said(p outbox.Parked) string {
	switch p.Code {
	case outbox.CodeDepends:
		return s.loc.must("sync.depends")
	case outbox.CodeEncode:
		return s.loc.must("sync.encode", p.Words)
	case "":
		return p.Words
	}
	return p.Words + " [" + p.Code + "]"
}

// Place and Kind name a place and a kind of reference data; what has no name
// of its own is shown as it is called inside.
func (s *screen) Place(name string) string { return s.named("sync.place.", name) }

// Kind names a kind of reference data.
func (s *screen) Kind(name string) string { return s.named("sync.reference.", name) }

func (s *screen) named(prefix, name string) string {
	if _, ok := messages[prefix+name]; ok {
		return s.loc.must(prefix + name)
	}
	return name
}

// DocName names a type of document.
func (s *screen) DocName(t doc.Type) string { return s.named("doc.", string(t)) }

// Int is a whole number as people write it.
func (s *screen) Int(n int64) string { return s.loc.integer(n) }

// Until says when something comes.
func (s *screen) Until(t time.Time) string {
	left := t.Sub(s.Now)
	if left < time.Minute {
		return s.loc.must("sync.soon")
	}
	return s.loc.must("sync.in", s.Duration(left))
}
