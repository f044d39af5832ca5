// Package syncer keeps a till and its cloud together: documents go up through
// the outbox, the catalogue comes down, each in a goroutine of its own, so a
// slow download never holds a sale's document.
//
// Nothing here is on the way of a sale. When the cloud is down the syncer
// waits longer and longer (full jitter, at most a minute) and the till sells
// on. A download builds a new generation of the catalogue beside the one that
// sells; anything odd on the way aborts it and the old one stays.
//
// The journal of another till that was taken in (Adopt) is delivered through a
// queue of its own, after the own documents and without holding them up.
//
// A Syncer may be used by several goroutines. Run ends with its context and
// leaves nothing running; Sync does the same work in the caller's goroutine
// and may be called with or without Run.
package syncer

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Journal is what the syncer needs of the journal.
type Journal = outbox.Journal

// Cloud is a cloud that takes documents and gives a catalogue.
type Cloud interface {
	outbox.Destination
	Store(ctx context.Context) (catalog.Store, error)
	Folders(ctx context.Context, each func([]catalog.Folder) error) error
	Items(ctx context.Context, each func([]catalog.Item) error) (rounded int, err error)
	Discounts(ctx context.Context) ([]catalog.Discount, error)
	Customers(ctx context.Context, each func([]catalog.CustomerCard) error) error
	Serials(ctx context.Context, each func([]catalog.Serial) error) error
}

// CatalogSink is where a downloaded catalogue goes.
type CatalogSink interface {
	Begin(ctx context.Context) (Build, error)
	// Held tells how much the catalogue that sells has: what comes is measured
	// by it, so that an empty answer never replaces thousands.
	Held() Held
}

// Held is whose a catalogue is, and how much it has.
type Held struct {
	Store                              string // its id
	Items, Folders, Customers, Serials int
}

// Build is a generation of the catalogue being built. Until Commit nobody
// sees it; Abort throws it away.
type Build interface {
	PutItems([]catalog.Item) error
	PutFolders([]catalog.Folder) error
	SetDiscounts([]catalog.Discount) error
	PutCustomers([]catalog.CustomerCard) error
	PutSerials([]catalog.Serial) error
	SetStore(catalog.Store) error
	Commit() (generation int64, err error)
	Abort() error
}

// Limits.
const (
	DefaultInterval = 5 * time.Minute  // between catalogue downloads
	minDelay        = time.Second      // first bound of the back-off
	maxDelay        = time.Minute      // last bound of it
	maxWait         = 10 * time.Minute // the longest wait a cloud can ask for
	idleCheck       = 5 * time.Minute  // the queue looks at the journal though nobody woke it
)

// Options of a syncer.
type Options struct {
	Journal  Journal
	Cloud    Cloud       // nil: there is none; nothing is sent, nothing is lost
	Catalog  CatalogSink // nil: no downloads
	Log      *slog.Logger
	Now      func() time.Time
	Jitter   func(n int64) int64 // uniform in [0, n); default math/rand
	Interval time.Duration       // between catalogue downloads, default DefaultInterval
	OnStatus func(Status)        // hears of changes, one call at a time; must not call the syncer
	// NotFound tells Journal.Setting's "there is none" from a failure.
	NotFound func(error) bool
}

// Syncer does the work.
type Syncer struct {
	o     Options
	log   *slog.Logger
	queue *outbox.Queue // nil without a cloud
	wake  chan struct{}
	kick  chan struct{} // ends a back-off: a person asked
	fetch chan struct{} // held while a download runs

	telling sync.Mutex // serialises OnStatus

	mu      sync.Mutex // guards all below
	up      link
	catalog CatalogStatus
	lanes   []*lane // never changed in place
}

// link is how the last contact with the cloud went.
type link struct {
	online  bool
	failed  *Failure
	success time.Time
	next    time.Time // documents are tried again then; zero: nothing waits
	tries   int       // failures of documents in a row
}

// New makes a syncer; nothing runs yet.
func New(o Options) *Syncer {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = rand.Int64N
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.NotFound == nil {
		o.NotFound = func(error) bool { return false }
	}
	s := &Syncer{o: o, log: o.Log, wake: make(chan struct{}, 1), kick: make(chan struct{}, 1), fetch: make(chan struct{}, 1)}
	if o.Cloud != nil {
		s.queue = outbox.New(outbox.Options{Journal: o.Journal, Destination: o.Cloud, NotFound: o.NotFound, Log: o.Log, OnChange: s.tell})
	}
	return s
}

// Run works until ctx ends and then returns nil.
func (s *Syncer) Run(ctx context.Context) error {
	var all sync.WaitGroup
	if s.queue != nil {
		all.Go(func() { s.deliver(ctx) })
		if s.o.Catalog != nil {
			all.Go(func() { s.refresh(ctx) })
		}
	}
	<-ctx.Done()
	all.Wait()
	return nil
}

// Wake tells that there may be something new to send. It never waits.
func (s *Syncer) Wake() { signal(s.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is on already
	}
}

// RetryParked sends a parked document on its way again, and with the opening
// of a shift what was parked because of it.
func (s *Syncer) RetryParked(ctx context.Context, id uuid.UUID) error {
	return s.parked(id, func(q *outbox.Queue) error { return q.Retry(ctx, id) })
}

// ByHand ends a parked document that a person has seen to, see
// outbox.Queue.ByHand.
func (s *Syncer) ByHand(ctx context.Context, id uuid.UUID, why string, with ...record.Entry) error {
	return s.parked(id, func(q *outbox.Queue) error { return q.ByHand(ctx, id, why, with...) })
}

func (s *Syncer) parked(id uuid.UUID, do func(*outbox.Queue) error) error {
	if s.queue == nil {
		return fault.New(fault.CloudNone)
	}
	err := s.onParked(do)
	if errors.Is(err, outbox.ErrNotParked) {
		return fault.New(fault.NotFound, id.String()).With(err)
	}
	if err == nil {
		signal(s.kick)
	}
	return err
}

// RetryAll sends everything parked on its way again.
func (s *Syncer) RetryAll(ctx context.Context) error {
	if s.queue == nil {
		return fault.New(fault.CloudNone)
	}
	for _, q := range s.queues() {
		if err := q.RetryAll(ctx); err != nil && !errors.Is(err, outbox.ErrNotParked) {
			return err
		}
	}
	signal(s.kick)
	return nil
}

// Export shows a document that waits or is parked as it would be sent.
func (s *Syncer) Export(ctx context.Context, id uuid.UUID) (x outbox.Exported, err error) {
	if s.queue == nil {
		return x, fault.New(fault.CloudNone)
	}
	for _, q := range s.queues() {
		if x, err = q.Export(ctx, id); !errors.Is(err, outbox.ErrNotParked) {
			return x, err
		}
	}
	return x, fault.New(fault.NotFound, id.String()).With(err)
}

// queues are the own one and those of adopted journals.
func (s *Syncer) queues() []*outbox.Queue {
	all := []*outbox.Queue{s.queue}
	for _, l := range s.adopted() {
		all = append(all, l.queue)
	}
	return all
}

// Carry names the records that are still needed for what is not delivered, see
// outbox.Queue.Carry. A round that is under way is waited for.
func (s *Syncer) Carry(ctx context.Context) ([]uint64, error) {
	if s.queue == nil {
		return nil, nil
	}
	return s.queue.Carry(ctx)
}

// Sync downloads the catalogue and sends documents until none is left that
// can go, or ctx ends. The error is the download's, or ctx's.
func (s *Syncer) Sync(ctx context.Context) (Status, error) {
	if s.queue == nil {
		return s.Status(), fault.New(fault.CloudNone)
	}
	defer s.Wake() // a signal taken here and not dealt with goes to Run
	s.mu.Lock()
	s.up.tries = 0
	s.mu.Unlock()
	var failed error
	var wg sync.WaitGroup
	if s.o.Catalog != nil {
		wg.Go(func() { failed = s.download(ctx) })
	}
	err := s.drain(ctx)
	if err == nil {
		err = s.drainAdopted(ctx)
	}
	wg.Wait()
	return s.Status(), errors.Join(failed, err)
}

// patience is how many failures in a row the back-off tells apart.
const patience = 6

// remember goes on waiting where the last start was: the journal knows how
// often the oldest document has failed.
func (s *Syncer) remember(ctx context.Context) {
	if err := s.queue.Load(ctx); err != nil {
		return // drain meets it again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up.tries = max(s.up.tries, min(s.queue.Status().Attempts, patience))
}

// deliver sends documents as they come, the own ones first.
func (s *Syncer) deliver(ctx context.Context) {
	s.remember(ctx)
	for {
		if s.drain(ctx) != nil {
			return
		}
		more, next := s.turn(ctx)
		if more {
			continue
		}
		wait := idleCheck
		if !next.IsZero() {
			wait = min(wait, max(time.Millisecond, next.Sub(s.o.Now())))
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-s.wake:
		case <-s.kick:
		case <-t.C:
		}
		t.Stop()
	}
}

// drain sends until nothing is left that can go now. Only ctx ends it early.
func (s *Syncer) drain(ctx context.Context) error {
	for {
		r, err := s.queue.Round(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case errors.Is(err, outbox.ErrTooManyParked):
			s.uploaded(err, 0)
			return nil
		case err != nil:
			d := s.delay(err)
			s.uploaded(err, d)
			if err := s.pause(ctx, d, outbox.FailureOf(err).Class); err != nil {
				return err
			}
			continue
		}
		if r.Answered > 0 {
			s.uploaded(nil, 0)
		}
		if !r.More {
			return nil
		}
	}
}

// delay is how long to wait after a failure: full jitter below a bound that
// doubles, but no less than the cloud asked for.
func (s *Syncer) delay(err error) time.Duration {
	s.mu.Lock()
	n := s.up.tries
	s.mu.Unlock()
	return backoff(n, s.o.Jitter) + min(outbox.FailureOf(err).Wait, maxWait)
}

func backoff(tries int, jitter func(int64) int64) time.Duration {
	bound := maxDelay
	if tries < patience {
		bound = minDelay << tries
	}
	return time.Duration(jitter(int64(min(bound, maxDelay)))) + time.Millisecond
}

// pause waits out a back-off. A person's request ends it; new documents are
// only counted, except where the credentials were refused, for they may have
// been renewed.
func (s *Syncer) pause(ctx context.Context, d time.Duration, c outbox.Class) error {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			return nil
		case <-s.kick:
			return nil
		case <-s.wake:
			if c == outbox.Reattach {
				return nil
			}
			if err := s.queue.Load(ctx); err != nil {
				s.log.Warn("queue not read", "dev", s.o.Cloud.Name(), "err", err)
			}
			s.tell()
		}
	}
}

// uploaded notes how the last round went.
func (s *Syncer) uploaded(err error, d time.Duration) {
	s.mu.Lock()
	s.up.note(err, s.o.Now())
	if err == nil {
		s.up.next, s.up.tries = time.Time{}, 0
	} else {
		s.up.next = s.o.Now().Add(d)
		s.up.tries++
	}
	s.mu.Unlock()
	if err != nil {
		s.log.Warn("documents wait", "dev", s.o.Cloud.Name(), "err", err, "next", d)
	}
	s.tell()
}

// note takes in how a contact with the cloud went.
func (l *link) note(err error, now time.Time) {
	if err == nil {
		l.online, l.failed, l.success = true, nil, now
		return
	}
	l.failed = failureOf(err)
	var f *outbox.Failure
	if errors.As(err, &f) { // others, the journal's, say nothing of the cloud
		l.online = false
	}
}
