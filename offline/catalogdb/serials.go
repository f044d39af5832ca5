package catalogdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Serial numbers are kept with the catalogue they came with: a key of the
// number and the item's id with the cloud's id of it, nothing in memory. They may come before or after
// their items; a number whose item is not in the catalogue finds nothing.

// MaxSerials is how many serial numbers a catalogue may have.
const MaxSerials = 5_000_000

// ValidSerial tells whether a serial number can be kept: one that a scanner
// delivers and that names an item.
func ValidSerial(s *catalog.Serial) bool {
	return s.Number != "" && s.Number[0] != endMark && len(s.Number) <= gs1.MaxCode && s.Item != "" && len(s.Item) <= MaxID && len(s.ID) <= MaxID && !strings.ContainsRune(s.Number+s.Item, 0)
}

// PutSerials adds serial numbers. One that comes twice counts once; one that
// can not be kept is left out and counted in Rejected.
func (b *Build) PutSerials(serials []catalog.Serial) error {
	return b.do(func() error {
		if err := b.space(0); err != nil {
			return err
		}
		for i := range serials {
			s := &serials[i]
			if !ValidSerial(s) {
				b.info.Rejected++
				b.warn("serial number left out", "item", s.Item)
				continue
			}
			if b.nextSerial == MaxSerials {
				return fmt.Errorf("%w: more than %d serial numbers", ErrLimit, MaxSerials)
			}
			b.nextSerial++
			if err := b.serials.add(serialKey(s.Number, s.Item), []byte(s.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

func serialKey(number, item string) []byte { return append(wordKey(spaceSerial, number), item...) }

// splitSerial is serialKey undone.
func splitSerial(key, id []byte) (s catalog.Serial, err error) {
	number, item, ok := bytes.Cut(key[1:], []byte{0})
	if !ok {
		return s, fmt.Errorf("%w: serial number", ErrDamaged)
	}
	return catalog.Serial{Number: string(number), Item: string(item), ID: string(id)}, nil
}

func (b *Build) writeSerials(bitset) error {
	var last []byte
	err := b.each(b.serials, func(key, id []byte) error {
		if bytes.Equal(key, last) {
			return nil // came twice
		}
		b.info.Serials++
		last = append(last[:0], key...)
		return b.out.put(spaceSerial, key, id)
	})
	if err != nil {
		return err
	}
	return b.out.done(spaceSerial)
}

// orSerial adds the items that have a unit with this serial number to what the
// code stands for otherwise (m, err). Where it is an item's own code too, the
// unit is meant: that says more.
func (g *generation) orSerial(v *view, code string, m catalog.Match, err error) (catalog.Match, error) {
	if g.info.Serials == 0 || err != nil && !errors.Is(err, ErrNotFound) {
		return m, err
	}
	found, serr := g.serials(v, code)
	if serr != nil || len(found) == 0 {
		return m, errors.Join(err, serr)
	}
	all := found
	if err == nil {
		for _, other := range append([]catalog.Match{m}, m.Others...) {
			known := func(s catalog.Match) bool { return s.Item.ID == other.Item.ID && other.PackID == "" }
			if !slices.ContainsFunc(found, known) {
				all = append(all, other)
			}
		}
	}
	for i := range all {
		all[i].Others = nil
	}
	m = all[0]
	m.Others = all[1:min(len(all), MaxSame)]
	return m, nil
}

// serials finds the items with a unit of that serial number, at most MaxSame.
func (g *generation) serials(v *view, number string) (found []catalog.Match, err error) {
	err = scan(v, wordKey(spaceSerial, number), nil, func(key, id []byte) (bool, error) {
		s, err := splitSerial(key, id)
		if err != nil {
			return false, err
		}
		at, err := g.ordinal(v, s.Item)
		if errors.Is(err, ErrNotFound) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		item, err := g.item(v, at)
		if err != nil {
			return false, err
		}
		m := catalog.Match{Generation: g.number, Item: item, Qty: qty.One, Serial: number, SerialID: s.ID}
		if m.Parts, err = g.parts(v, &item); err != nil {
			return false, err
		}
		found = append(found, m)
		return len(found) < MaxSame, nil
	})
	return found, err
}

// HasSerial tells whether the current generation has exactly this number of
// this item.
func (db *DB) HasSerial(ctx context.Context, s catalog.Serial) (bool, error) {
	if !ValidSerial(&s) {
		return false, ctx.Err()
	}
	err := db.read(ctx, 0, func(_ *generation, v *view) error {
		_, err := get(v, serialKey(s.Number, s.Item))
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// EachSerial calls fn for every serial number, in their order, until it fails.
func (db *DB) EachSerial(ctx context.Context, fn func(catalog.Serial) error) error {
	err := db.read(ctx, 0, func(g *generation, v *view) error {
		n := 0
		return scan(v, []byte{spaceSerial}, nil, func(key, id []byte) (bool, error) {
			if n++; n%spaceEvery == 0 && ctx.Err() != nil {
				return false, ctx.Err()
			}
			s, err := splitSerial(key, id)
			if err == nil {
				err = fn(s)
			}
			return err == nil, err
		})
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
