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
		wait := s.o.Interval
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
		s.catalog, s.found = got, got.Items
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
	if err := s.o.Cloud.Folders(ctx, b.PutFolders); err != nil {
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
	if err := s.o.Cloud.Customers(ctx, b.PutCustomers); err != nil {
		return got, err
	}
	s.mu.Lock()
	before := s.found
	s.mu.Unlock()
	if got.Items == 0 && before > 0 {
		return got, fault.New(fault.CatalogRejected, fmt.Sprintf("0 < %d", before))
	}
	return got, ctx.Err()
}
