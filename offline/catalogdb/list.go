package catalogdb

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// List returns up to limit items (1 to MaxPage) of a folder, without its
// subfolders, by name; an empty folderID means all items of the catalogue.
// after is the id of the last item of the page before, or empty. A folder or
// item that is unknown gives an empty list.
func (db *DB) List(ctx context.Context, folderID, after string, limit int) ([]catalog.Item, error) {
	limit = min(max(limit, 1), MaxPage)
	var items []catalog.Item
	err := db.read(ctx, 0, func(g *generation, v *view) error {
		from, err := g.placeAfter(v, folderID, after)
		if err != nil {
			return err
		}
		return g.places(v, folderID, from, func(place uint32) (bool, error) {
			item, err := g.at(v, place)
			items = append(items, item)
			return len(items) < limit, err
		})
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return items, nil
}

// placeAfter gives the place from which a list of a folder goes on after an
// item of it.
func (g *generation) placeAfter(v *view, folderID, id string) (uint32, error) {
	if id == "" {
		return 0, nil
	}
	ordinal, err := g.ordinal(v, id)
	if err != nil {
		return 0, err
	}
	item, err := g.item(v, ordinal)
	if err != nil {
		return 0, err
	}
	if folderID != "" && item.FolderID != folderID {
		return 0, ErrNotFound
	}
	place, err := g.mapped(v, spaceOrdinal, ordinal)
	return place + 1, err
}

// places calls fn for the places of a folder, or of everything, from one on,
// until it returns false.
func (g *generation) places(v *view, folderID string, from uint32, fn func(uint32) (bool, error)) error {
	if folderID == "" {
		for place := from; place < uint32(g.info.Items); place++ {
			if more, err := fn(place); err != nil || !more {
				return err
			}
		}
		return nil
	}
	n := slices.Index(g.shared, folderID)
	if n < 0 {
		return nil
	}
	prefix := ordinalKey(spaceFolder, uint32(n))
	return scan(v, prefix, binary.BigEndian.AppendUint32(slices.Clone(prefix), from), func(_, steps []byte) (bool, error) {
		for place := uint64(0); len(steps) > 0; {
			step, size := binary.Uvarint(steps)
			if place += step; size <= 0 || place >= uint64(g.info.Items) {
				return false, fmt.Errorf("%w: list of a folder", ErrDamaged)
			}
			if steps = steps[size:]; place < uint64(from) {
				continue
			}
			if more, err := fn(uint32(place)); err != nil || !more {
				return false, err
			}
		}
		return true, nil
	})
}

// Favourites returns up to limit favourites (1 to MaxPage) by name.
func (db *DB) Favourites(ctx context.Context, limit int) (items []catalog.Item, err error) {
	limit = min(max(limit, 1), MaxPage)
	err = db.read(ctx, 0, func(g *generation, v *view) (err error) {
		best := g.newSet()
		defer g.freeSet(best)
		if err := g.stored(v, spaceBest, best); err != nil {
			return err
		}
		best.each(func(place uint32) bool {
			var it catalog.Item
			it, err = g.at(v, place)
			items = append(items, it)
			return err == nil && len(items) < limit
		})
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return items, nil
}

// newSet gives an empty set of places; freeSet takes it back.
func (g *generation) newSet() bitset {
	b := *g.sets.Get().(*bitset)
	clear(b)
	return b
}

func (g *generation) freeSet(b bitset) { g.sets.Put(&b) }

// stored reads a set that a space of its own has.
func (g *generation) stored(v *view, space byte, into bitset) error {
	return scan(v, []byte{space}, nil, func(key, value []byte) (bool, error) {
		if len(key) != 3 {
			return false, fmt.Errorf("%w: space %c", ErrDamaged, space)
		}
		return true, into.add(blockOf(key), value)
	})
}

// Each calls fn for every item of the generation with that number (0 or one
// that is gone: the current) in the catalogue's order, until it fails. What fn
// gets is its own.
func (db *DB) Each(ctx context.Context, number int64, fn func(catalog.Item) error) error {
	err := db.read(ctx, number, func(g *generation, v *view) error {
		n := 0
		return scan(v, []byte{spaceItem}, nil, func(key, value []byte) (bool, error) {
			if n++; n%spaceEvery == 0 && ctx.Err() != nil {
				return false, ctx.Err()
			}
			item, err := decodeItem(value, g.shared)
			if err != nil {
				return false, fmt.Errorf("%w: item: %v", ErrDamaged, err)
			}
			// Of an item that came twice only the later one is the item.
			if g.info.Repeated > 0 {
				place, err := g.mapped(v, spaceOrdinal, binary.BigEndian.Uint32(key[1:]))
				if err != nil || place == noPlace {
					return err == nil, err
				}
			}
			return true, fn(item)
		})
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Folders returns all folders, each before what is in it, siblings by name.
func (db *DB) Folders(ctx context.Context) ([]catalog.Folder, error) {
	var folders []catalog.Folder
	err := db.read(ctx, 0, func(_ *generation, v *view) error {
		return scan(v, []byte{spaceGroup}, nil, func(_, value []byte) (bool, error) {
			var f catalog.Folder
			if err := json.Unmarshal(value, &f); err != nil {
				return false, fmt.Errorf("%w: folder: %w", ErrDamaged, err)
			}
			folders = append(folders, f)
			return true, nil
		})
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return folders, err
}
