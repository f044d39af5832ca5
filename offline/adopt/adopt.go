// Package adopt delivers what another till had not sent when it died: an
// exported copy of its journal becomes a journal that an outbox.Queue works
// on, beside the queue of the till that took the copy in.
//
// # Two journals as one
//
// The documents, the requests that were frozen and what became of them are
// read from the copy (offline/journal), which nobody ever writes to. What
// happens from now on is journaled in the own journal, as delivery records
// whose type is
//
//	import/<journal>/<destination>
//
// and the progress as a setting import/<journal>/outbox/<destination>. A queue
// sees both as one row of records: the copy's under their own sequences, the
// own ones behind them, from OwnBase on. So a document that the dead till had
// sent without learning the answer is asked for with the very request it had
// frozen, one it had never tried is sent under its own id, number and name,
// and a newer copy of the same till goes on where the older one ended.
//
// # What is left behind
//
// A shift that was open when the till died stays open in the cloud: nobody
// may close it but the till's fiscal device. Contacts of customers can not be
// read here, their keys were not copied; destinations never get them.
//
// A Journal may be used by several goroutines.
package adopt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// OwnBase is added to the sequences of the own journal's records: no copy is
// so long.
const OwnBase = 1 << 40

// Prefix begins the types and settings of what is delivered for another till.
const Prefix = "import/"

// Journal is a copy and the own journal as one.
type Journal struct {
	copy   *journal.Copy
	own    outbox.Journal
	prefix string
	bounds []bound // of the copy, in order
	latest map[string]record.Record
}

// bound is a document that opens or closes a shift.
type bound struct {
	shift uuid.UUID
	seq   uint64
}

var (
	errLong    = errors.New("adopt: the copy has too many records")
	errReverse = errors.New("adopt: not read backwards")
	errStop    = errors.New("stop")
)

// prefixOf is what names of a journal's deliveries begin with.
func prefixOf(id uuid.UUID) string { return Prefix + id.String() + "/" }

// Open reads through a copy once.
func Open(ctx context.Context, c *journal.Copy, own outbox.Journal) (*Journal, error) {
	if c.Manifest.Last >= OwnBase {
		return nil, errLong
	}
	j := &Journal{copy: c, own: own, prefix: prefixOf(c.ID()), latest: map[string]record.Record{}}
	err := c.Each(ctx, 0, func(r record.Record) error {
		switch r.Kind {
		case record.Setting:
			if strings.HasPrefix(r.Type, outbox.SettingName("")) {
				j.latest[r.Type] = r
			}
		case record.Document:
			if r.Type == string(doc.OpenSession) || r.Type == string(doc.CloseSession) || r.Type == string(doc.ZReport) {
				j.bounds = append(j.bounds, bound{r.Shift, r.Seq})
			}
		}
		return nil
	})
	return j, err
}

// ID is the identity of the other till's journal.
func (j *Journal) ID() uuid.UUID { return j.copy.ID() }

// progress is what of a progress record is looked at here.
type progress struct {
	Seq    uint64            `json:"seq"`
	Parked []json.RawMessage `json:"parked"`
	Back   []json.RawMessage `json:"back"`
}

// Finished tells whether all of a copy that ends with record last is settled
// at a destination, without reading the copy.
func Finished(ctx context.Context, own outbox.Journal, notFound func(error) bool, id uuid.UUID, last uint64, dest string) (bool, error) {
	r, err := own.Setting(ctx, prefixOf(id)+outbox.SettingName(dest))
	if err != nil {
		if notFound(err) {
			return false, nil
		}
		return false, fmt.Errorf("adopt: %w", err)
	}
	var p progress
	if err := json.Unmarshal(r.Data, &p); err != nil {
		return false, fmt.Errorf("adopt: progress record %d: %w", r.Seq, err)
	}
	return p.Seq >= last && len(p.Parked)+len(p.Back) == 0, nil
}

// Finish records that all of the copy is settled at a destination: its queue
// is empty and nothing is parked. Recording it again is nothing.
func (j *Journal) Finish(ctx context.Context, dest string) error {
	name := outbox.SettingName(dest)
	if r, err := j.Setting(ctx, name); err == nil && r.Seq > OwnBase {
		var p progress
		if err := json.Unmarshal(r.Data, &p); err == nil && p.Seq >= j.copy.Manifest.Last && len(p.Parked)+len(p.Back) == 0 {
			return nil
		}
	}
	data, err := json.Marshal(struct {
		Seq uint64 `json:"seq"`
	}{j.copy.Manifest.Last})
	if err != nil {
		return fmt.Errorf("adopt: progress: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("adopt: progress: %w", err)
	}
	_, err = j.Append(ctx, record.Entry{Kind: record.Setting, ID: id, Type: name, Schema: outbox.Schema, Data: data})
	return err
}

// Setting implements outbox.Journal: the own progress, or else that of the
// copy.
func (j *Journal) Setting(ctx context.Context, name string) (record.Record, error) {
	r, err := j.own.Setting(ctx, j.prefix+name)
	if err == nil {
		r.Type, r.Seq = name, r.Seq+OwnBase
		return r, nil
	}
	if r, ok := j.latest[name]; ok {
		return r, nil
	}
	return record.Record{}, err
}

// Append implements outbox.Journal.
func (j *Journal) Append(ctx context.Context, entries ...record.Entry) (uint64, error) {
	mine := slices.Clone(entries)
	for i := range mine {
		e := &mine[i]
		switch e.Kind {
		case record.Delivery:
		case record.Setting:
			data, err := j.within(e.Data)
			if err != nil {
				return 0, err
			}
			e.Data = data
		default:
			return 0, fmt.Errorf("adopt: a %s in another till's name", e.Kind)
		}
		e.Type = j.prefix + e.Type
	}
	first, err := j.own.Append(ctx, mine...)
	if err != nil {
		return 0, err
	}
	return first + OwnBase, nil
}

// within makes of a progress beyond the copy's end one that ends with it: a
// newer copy has more.
func (j *Journal) within(data json.RawMessage) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	var p progress
	if err := errors.Join(json.Unmarshal(data, &members), json.Unmarshal(data, &p)); err != nil {
		return nil, fmt.Errorf("adopt: progress: %w", err)
	}
	if p.Seq <= j.copy.Manifest.Last {
		return data, nil
	}
	members["seq"] = fmt.Append(nil, j.copy.Manifest.Last)
	b, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("adopt: progress: %w", err)
	}
	return b, nil
}

// Scan implements outbox.Journal.
func (j *Journal) Scan(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		n := 0
		err := j.scan(ctx, f, func(r record.Record) error {
			if n++; !yield(r, nil) || n == f.Limit {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(record.Record{}, err)
		}
	}
}

func (j *Journal) scan(ctx context.Context, f record.Filter, fn func(record.Record) error) error {
	if f.Reverse {
		return errReverse
	}
	chosen := func(r record.Record) error {
		switch {
		case f.Before > 0 && r.Seq >= f.Before:
			return errStop
		case r.Seq <= f.After || !matches(f, &r):
			return nil
		}
		return fn(r)
	}
	if err := j.scanCopy(ctx, f, chosen); err != nil {
		return err
	}
	if f.Before > 0 && f.Before <= OwnBase || f.Shift != uuid.Nil {
		return nil
	}
	return j.scanOwn(ctx, f, chosen)
}

func matches(f record.Filter, r *record.Record) bool {
	return (len(f.Kinds) == 0 || slices.Contains(f.Kinds, r.Kind)) &&
		(len(f.Types) == 0 || slices.Contains(f.Types, r.Type)) &&
		(f.Shift == uuid.Nil || f.Shift == r.Shift) &&
		(f.Since.IsZero() || !r.Time.Before(f.Since)) &&
		(f.Until.IsZero() || r.Time.Before(f.Until))
}

// scanCopy reads the copy: one record, the bounds of a shift, or in order.
func (j *Journal) scanCopy(ctx context.Context, f record.Filter, fn func(record.Record) error) error {
	last := j.copy.Manifest.Last
	switch {
	case f.After >= last:
		return nil
	case f.Before == f.After+2:
		r, err := j.copy.Get(ctx, f.After+1)
		if errors.Is(err, journal.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return fn(r)
	case f.Shift != uuid.Nil:
		return j.scanBounds(ctx, f.Shift, fn)
	}
	return j.copy.Each(ctx, f.After, fn)
}

// scanBounds reads what opened and closed a shift: nobody asks for more of it.
func (j *Journal) scanBounds(ctx context.Context, shift uuid.UUID, fn func(record.Record) error) error {
	for _, b := range j.bounds {
		if b.shift != shift {
			continue
		}
		r, err := j.copy.Get(ctx, b.seq)
		if err != nil {
			return err
		}
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

// scanOwn reads what was journaled for the other till.
func (j *Journal) scanOwn(ctx context.Context, f record.Filter, fn func(record.Record) error) error {
	own := record.Filter{Kinds: []record.Kind{record.Delivery}, After: f.After - min(f.After, OwnBase)}
	for _, t := range f.Types {
		own.Types = append(own.Types, j.prefix+t)
	}
	if f.Before > OwnBase {
		own.Before = f.Before - OwnBase
	}
	for r, err := range j.own.Scan(ctx, own) {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(r.Type, j.prefix) {
			continue
		}
		r.Seq, r.Type = r.Seq+OwnBase, strings.TrimPrefix(r.Type, j.prefix)
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}
