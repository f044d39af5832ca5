package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// Copy is an exported copy of a journal, to be read. What a copy that begins
// with a later period has of the earlier ones is there under its own sequence.
// Private parts are not: their keys stay with the till. A Copy may be used by
// several goroutines.
type Copy struct {
	Manifest Manifest
	parts    []copyPart
	carried  map[uint64]record.Record // originals before Manifest.First
}

type copyPart struct {
	first, last uint64
	tape        *tape.Tape
}

// OpenCopy opens a copy that was verified when it was made or taken in.
func OpenCopy(ctx context.Context, dir string) (*Copy, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	dirs, err := archivedDirs(tape.OS{}, dir)
	if err != nil {
		return nil, err
	}
	c := &Copy{Manifest: m, carried: map[uint64]record.Record{}}
	for _, d := range append(dirs, dir) {
		t, found, err := tape.Open(tape.Options{Dir: tapeDir(d), Frozen: true})
		if err != nil {
			return nil, wordsFor(err)
		}
		base, _ := t.Base()
		c.parts = append(c.parts, copyPart{base + 1, found.Last, t})
	}
	return c, c.findCarried(ctx)
}

// findCarried reads the copies of older records that the first period begins
// with.
func (c *Copy) findCarried(ctx context.Context) error {
	if c.Manifest.First == 1 {
		return nil
	}
	err := c.parts[0].each(ctx, c.parts[0].first, func(r record.Record) error {
		switch {
		case r.Carried > 0:
			r = original(r)
			c.carried[r.Seq] = r
		case r.Kind != record.Period:
			return errEnd
		}
		return nil
	})
	if errors.Is(err, errEnd) {
		err = nil
	}
	return err
}

// each reads the records of a part from one on.
func (p copyPart) each(ctx context.Context, from uint64, fn func(record.Record) error) (err error) {
	r, err := p.tape.Reader(from)
	if err != nil {
		return wordsFor(err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return wordsFor(err)
		}
		s, err := decode(l.Data)
		if err != nil {
			return err
		}
		if err := fn(s.Record); err != nil {
			return err
		}
	}
}

// ID is the identity of the journal.
func (c *Copy) ID() uuid.UUID { return c.Manifest.ID }

// Each calls fn for every record behind a sequence, in order, each once.
func (c *Copy) Each(ctx context.Context, after uint64, fn func(record.Record) error) error {
	for _, seq := range slices.Sorted(maps.Keys(c.carried)) {
		if seq > after && seq < c.Manifest.First {
			if err := fn(c.carried[seq]); err != nil {
				return err
			}
		}
	}
	for _, p := range c.parts {
		if p.last <= after {
			continue
		}
		err := p.each(ctx, max(p.first, after+1), func(r record.Record) error {
			if r.Carried > 0 {
				return nil // it stands in its own place as well
			}
			return fn(r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Get reads one record, or ErrNotFound.
func (c *Copy) Get(ctx context.Context, seq uint64) (r record.Record, err error) {
	if r, ok := c.carried[seq]; ok && seq < c.Manifest.First {
		return r, nil
	}
	for _, p := range c.parts {
		if seq < p.first || seq > p.last {
			continue
		}
		err := p.each(ctx, seq, func(found record.Record) error { r = found; return errEnd })
		if !errors.Is(err, errEnd) {
			return r, errors.Join(err, fmt.Errorf("record %d: %w", seq, ErrNotFound))
		}
		return r, nil
	}
	return r, fmt.Errorf("record %d: %w", seq, ErrNotFound)
}

// hashAt finds the hash of the chain behind a record of a copy.
func hashAt(ctx context.Context, dir string, seq uint64) (hash string, err error) {
	dirs, err := archivedDirs(tape.OS{}, dir)
	if err != nil {
		return "", err
	}
	for _, d := range append(dirs, dir) {
		_, err := tape.Inspect(ctx, tape.OS{}, tapeDir(d), func(l tape.Line) error {
			switch {
			case l.Seq == seq+1:
				before, err := tape.Prev(l.Data)
				if err == nil {
					hash, err = hexHash(before), errEnd
				}
				return err
			case l.Seq == seq:
				hash = hexHash(l.Hash)
				return errEnd
			}
			return nil
		})
		if errors.Is(err, errEnd) {
			return hash, nil
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", filepath.Base(d), wordsFor(err))
		}
	}
	return "", fmt.Errorf("record %d: %w", seq, ErrNotFound)
}
