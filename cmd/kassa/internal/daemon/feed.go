package daemon

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/feed"
	"github.com/kassa-pos/kassa/offline/evotor"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/record"
)

// documents is the face for programs that read Evotor's format.
func (d *daemon) documents() *feed.Feed {
	return feed.New(feed.Options{
		Records: d.journal.Scan, Allows: d.tokens.Allows, Identity: d.identity, Version: d.o.Version, Now: d.now, Log: d.log,
		Selling: (&activity{d: d}).now,
		Head:    func() uint64 { seq, _ := d.journal.Head(); return seq },
		Store:   func() catalog.Store { return d.catalog.Current().Store },
		Device:  cmp.Or(d.cfg.Prefix, "Kassa"), Since: begunAt(d.journal.ID()),
		Document: func(ctx context.Context, id uuid.UUID) (record.Record, bool, error) {
			rec, err := d.journal.Document(ctx, id)
			if errors.Is(err, journal.ErrNotFound) {
				return rec, false, nil
			}
			return rec, err == nil, err
		},
	})
}

// sellingFor is how long after the last thing that happened at the till
// somebody is still taken to be at it.
const sellingFor = 3 * time.Second

// activity knows whether somebody is at the till.
type activity struct {
	d *daemon

	mu   sync.Mutex
	seen uint64 // the view's version
	at   time.Time
}

func (a *activity) now() bool {
	_, version := a.d.loop.View()
	a.mu.Lock()
	defer a.mu.Unlock()
	if version != a.seen {
		a.seen, a.at = version, time.Now()
	}
	return time.Since(a.at) < sellingFor
}

// identity is what the till is called there.
func (d *daemon) identity() evotor.Identity {
	id := evotor.IdentityOf(d.journal.ID(), d.catalog.Current().Store.ID)
	set := d.cfg.Evotor
	return evotor.Identity{Store: cmp.Or(set.Store, id.Store), Device: cmp.Or(set.Device, id.Device), User: cmp.Or(set.User, id.User)}
}

// begunAt is when a journal was begun: its id is ordered by time.
func begunAt(id uuid.UUID) time.Time {
	if id.Version() != 7 {
		return time.Time{}
	}
	return time.Unix(id.Time().UnixTime())
}
