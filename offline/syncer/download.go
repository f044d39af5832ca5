package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// refresh downloads the catalogue now and every interval; after a failure
// sooner, with back-off.
func (s *Syncer) refresh(ctx context.Context) {
	tries := 0
	for {
		err := s.download(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := s.o.Interval*9/10 + time.Duration(s.o.Jitter(int64(s.o.Interval/5)+1)) // tills that woke together drift apart
		if err != nil {
			wait = min(wait, backoff(tries, s.o.Jitter))
			tries++
		} else {
			tries = 0
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// download builds a new generation; on any error the old one stays.
func (s *Syncer) download(ctx context.Context) error {
	select {
	case s.fetch <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.fetch }()
	got, err := s.build(ctx)
	s.mu.Lock()
	if err == nil {
		got.UpdatedAt = s.o.Now()
		s.catalog = got
		s.up.note(nil, s.o.Now())
	} else if ctx.Err() == nil {
		s.catalog.LastError = failureOf(err)
		var f *outbox.Failure
		if errors.As(err, &f) {
			s.up.note(err, s.o.Now())
		}
	}
	s.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		s.log.Warn("catalogue not refreshed", "dev", s.o.Cloud.Name(), "err", err)
	}
	s.tell()
	return err
}

func (s *Syncer) build(ctx context.Context) (got CatalogStatus, err error) {
	// The store's settings come first: they are small and say at once whether
	// anybody is there, before a generation is begun on disk.
	store, err := s.o.Cloud.Store(ctx)
	if err != nil {
		return got, err
	}
	b, err := s.o.Catalog.Begin(ctx)
	if err != nil {
		return got, fmt.Errorf("syncer: begin catalogue: %w", err)
	}
	if got, err = s.fill(ctx, b, store); err != nil {
		return got, errors.Join(err, b.Abort())
	}
	if got.Generation, err = b.Commit(); err != nil {
		return got, fmt.Errorf("syncer: commit catalogue: %w", err)
	}
	return got, nil
}

func (s *Syncer) fill(ctx context.Context, b Build, store catalog.Store) (got CatalogStatus, err error) {
	if err := b.SetStore(store); err != nil {
		return got, err
	}
	came := Held{Folders: unasked, Customers: unasked, Serials: unasked}
	if err := s.o.Cloud.Folders(ctx, func(f []catalog.Folder) error { count(&came.Folders, len(f)); return b.PutFolders(f) }); err != nil {
		return got, err
	}
	discounts, err := s.o.Cloud.Discounts(ctx)
	if err != nil {
		return got, err
	}
	if err := b.SetDiscounts(discounts); err != nil {
		return got, err
	}
	got.Rounded, err = s.o.Cloud.Items(ctx, func(items []catalog.Item) error {
		got.Items += len(items)
		return b.PutItems(items)
	})
	if err != nil {
		return got, err
	}
	if err := s.o.Cloud.Customers(ctx, func(p []catalog.CustomerCard) error { count(&came.Customers, len(p)); return b.PutCustomers(p) }); err != nil {
		return got, err
	}
	if err := s.o.Cloud.Serials(ctx, func(n []catalog.Serial) error { count(&came.Serials, len(n)); return b.PutSerials(n) }); err != nil {
		return got, err
	}
	came.Store, came.Items = store.ID, got.Items
	return got, errors.Join(emptied(s.o.Catalog.Held(), came), ctx.Err())
}

// unasked: the cloud did not answer with a list, for want of a right to it.
const unasked = -1

func count(n *int, more int) { *n = max(*n, 0) + more }

// manyLost is from how many folders, customers or serial numbers an empty list
// is not believed. Goods are never all gone.
const manyLost = 50

// emptied refuses a catalogue of the same store of which a part is empty that
// had entries: a cloud that lost its index, a filter nobody meant.
func emptied(had, came Held) error {
	if had.Store != came.Store {
		return nil
	}
	for _, part := range []struct{ had, came, least int }{{had.Items, came.Items, 1}, {had.Folders, came.Folders, manyLost}, {had.Customers, came.Customers, manyLost}, {had.Serials, came.Serials, manyLost}} {
		if part.came == 0 && part.had >= part.least {
			return fault.New(fault.CatalogRejected, fmt.Sprintf("0 < %d", part.had))
		}
	}
	return nil
}
