package syncer

import (
	"context"
	"errors"
	"time"

	"github.com/kassa-pos/kassa/offline/outbox"
)

// Adopted is the journal of another till that is delivered beside the own one
// (offline/adopt).
type Adopted struct {
	From    string // whose it is, for people; one of a name at a time
	Journal Journal
	// Finish hears that everything is delivered, once for every time the queue
	// gets empty. May be nil.
	Finish func(ctx context.Context) error
}

// lane is the queue of an adopted journal. It gives way to the own documents:
// a round of it is done only when none of those can go, and after a failure it
// waits by itself.
type lane struct {
	of    Adopted
	queue *outbox.Queue
	gate  chan struct{} // held during a round; of all queues of one name

	// Guarded by Syncer.mu.
	up   link
	done bool // told to Finish
}

// Adopt begins to deliver another till's journal; a newer one of the same name
// takes the older one's place. It returns when it knows what there is to
// deliver. Without a cloud it does nothing.
func (s *Syncer) Adopt(ctx context.Context, a Adopted) (queued int64, err error) {
	if s.queue == nil {
		return 0, nil
	}
	l := &lane{of: a, gate: make(chan struct{}, 1),
		queue: outbox.New(outbox.Options{Journal: a.Journal, Destination: s.o.Cloud, NotFound: s.o.NotFound, Log: s.log.With("from", a.From), OnChange: s.tell})}
	if err := l.queue.Load(ctx); err != nil {
		return 0, err
	}
	queued = l.queue.Status().Queued
	s.mu.Lock()
	lanes := make([]*lane, 0, len(s.lanes)+1)
	for _, old := range s.lanes {
		if old.of.From == a.From {
			l.gate = old.gate // a round of the old one may be under way
			continue
		}
		lanes = append(lanes, old)
	}
	s.lanes = append(lanes, l)
	s.mu.Unlock()
	s.Wake()
	s.tell()
	return queued, nil
}

func (s *Syncer) adopted() []*lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lanes
}

// turn does a round of every adopted queue that may. It tells whether some
// have more that can go now, and else when the first wants another try; zero:
// none does.
func (s *Syncer) turn(ctx context.Context) (more bool, next time.Time) {
	for _, l := range s.adopted() {
		if ctx.Err() != nil {
			return false, next
		}
		s.mu.Lock()
		at := l.up.next
		s.mu.Unlock()
		if !at.After(s.o.Now()) {
			again, err := l.round(ctx, s)
			if more = more || again; err == nil {
				continue
			}
			s.mu.Lock()
			at = l.up.next
			s.mu.Unlock()
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return more, next
}

// drainAdopted does rounds of the adopted queues, and of the own one in between,
// until nothing is left that can go. Only ctx ends it early.
func (s *Syncer) drainAdopted(ctx context.Context) error {
	s.mu.Lock()
	for _, l := range s.lanes {
		l.up.next, l.up.tries = time.Time{}, 0
	}
	s.mu.Unlock()
	for {
		more, next := s.turn(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !more && next.IsZero():
			return nil
		case !more:
			if err := wait(ctx, next.Sub(s.o.Now())); err != nil {
				return err
			}
		}
		if err := s.drain(ctx); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// round does one and notes how it went.
func (l *lane) round(ctx context.Context, s *Syncer) (more bool, err error) {
	select {
	case l.gate <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	r, err := l.queue.Round(ctx)
	<-l.gate
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	s.mu.Lock()
	switch {
	case err != nil:
		l.up.note(err, s.o.Now())
		l.up.tries++
		l.up.next = s.o.Now().Add(backoff(l.up.tries-1, s.o.Jitter) + min(outbox.FailureOf(err).Wait, maxWait))
		if errors.Is(err, outbox.ErrTooManyParked) {
			l.up.next = time.Time{} // nobody waits for a person
		}
	case r.Answered > 0:
		l.up.note(nil, s.o.Now())
		fallthrough
	default:
		l.up.next, l.up.tries = time.Time{}, 0
	}
	st := l.queue.Status()
	finished := err == nil && !r.More && st.Queued == 0 && len(st.Parked) == 0
	tell := finished && !l.done
	l.done = finished
	s.mu.Unlock()
	if err != nil {
		s.log.Warn("another till's documents wait", "dev", s.o.Cloud.Name(), "from", l.of.From, "err", err)
	}
	if tell && l.of.Finish != nil {
		if err := l.of.Finish(ctx); err != nil {
			s.log.Warn("another till's documents are delivered; that could not be recorded", "from", l.of.From, "err", err)
		}
	}
	if err != nil || tell || r.Answered > 0 {
		s.tell()
	}
	return r.More, err
}

// onParked does something to a parked document in whichever queue has it.
func (s *Syncer) onParked(do func(*outbox.Queue) error) error {
	err := do(s.queue)
	for _, l := range s.adopted() {
		if !errors.Is(err, outbox.ErrNotParked) {
			return err
		}
		if err = do(l.queue); err == nil {
			s.mu.Lock()
			l.up.next = time.Time{}
			s.mu.Unlock()
		}
	}
	return err
}

// status gives an adopted queue at a glance. s.mu is not held.
func (l *lane) status(s *Syncer) DestinationStatus {
	q := l.queue.Status()
	s.mu.Lock()
	defer s.mu.Unlock()
	return DestinationStatus{Name: s.o.Cloud.Name(), From: l.of.From, Online: l.up.online, Queued: q.Queued, Oldest: q.Oldest, Parked: q.Parked,
		Delivered: q.Delivered, LastError: l.up.failed, LastSuccess: l.up.success, NextAttempt: l.up.next}
}
