package catalogdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// List returns up to limit items (1 to MaxPage) of a folder, without its
// subfolders, by name; an empty folderID means all items of the catalogue,
// folder by folder. after is the id of the last item of the page before, or
// empty. A folder or item that is unknown gives an empty list.
func (db *DB) List(ctx context.Context, folderID, after string, limit int) ([]catalog.Item, error) {
	limit = min(max(limit, 1), MaxPage)
	var items []catalog.Item
	err := db.read(ctx, 0, func(g *generation, txn *badger.Txn) error {
		prefix := []byte{spaceFolder}
		if folderID != "" {
			n := slices.Index(g.shared, folderID)
			if n < 0 {
				return nil
			}
			prefix = ordinalKey(spaceFolder, uint32(n))
		}
		from, err := g.listAfter(txn, after)
		if err != nil {
			return err
		}
		if from != nil && !bytes.HasPrefix(from, prefix) {
			return nil
		}
		return scan(txn, prefix, from, func(key, _ []byte) (bool, error) {
			item, err := g.item(txn, binary.BigEndian.Uint32(key[len(key)-4:]))
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

// listAfter gives the key from which a list goes on after an item.
func (g *generation) listAfter(txn *badger.Txn, id string) ([]byte, error) {
	if id == "" {
		return nil, nil
	}
	ordinal, err := g.ordinal(txn, id)
	if err != nil {
		return nil, err
	}
	item, err := g.item(txn, ordinal)
	if err != nil {
		return nil, err
	}
	n := slices.Index(g.shared, item.FolderID)
	if n < 0 {
		return nil, ErrDamaged
	}
	// The smallest key above the item's own.
	return append(append([]byte{spaceFolder}, listKey(uint32(n), item.Name, ordinal)...), 0), nil
}

// Favourites returns up to limit favourites (1 to MaxPage) by name.
func (db *DB) Favourites(ctx context.Context, limit int) (items []catalog.Item, err error) {
	limit = min(max(limit, 1), MaxPage)
	err = db.read(ctx, 0, func(g *generation, txn *badger.Txn) (err error) {
		best := *g.words.Get().(*bitset)
		defer g.words.Put(&best)
		clear(best)
		if err := g.favourites(txn, best); err != nil {
			return err
		}
		best.each(func(ordinal uint32) bool {
			var it catalog.Item
			it, err = g.item(txn, ordinal)
			items = append(items, it)
			return err == nil && len(items) < MaxPage
		})
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(items, func(a, b catalog.Item) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return items[:min(limit, len(items))], nil
}

// favourites adds the ordinals of all favourites to a set.
func (g *generation) favourites(txn *badger.Txn, into bitset) error {
	return scan(txn, []byte{spaceBest}, nil, func(key, value []byte) (bool, error) {
		if len(key) != 3 {
			return false, fmt.Errorf("%w: favourites", ErrDamaged)
		}
		return true, into.add(blockOf(key), value)
	})
}

// Each calls fn for every item of the generation with that number (0 or one
// that is gone: the current) in the catalogue's order, until it fails. What fn
// gets is its own.
func (db *DB) Each(ctx context.Context, number int64, fn func(catalog.Item) error) error {
	err := db.read(ctx, number, func(g *generation, txn *badger.Txn) error {
		n := 0
		return scan(txn, []byte{spaceItem}, nil, func(key, value []byte) (bool, error) {
			if n++; n%spaceEvery == 0 && ctx.Err() != nil {
				return false, ctx.Err()
			}
			item, err := decodeItem(value, g.shared)
			if err != nil {
				return false, fmt.Errorf("%w: item: %v", ErrDamaged, err)
			}
			// Of an item that came twice only the later one is the item.
			if at, err := g.ordinal(txn, item.ID); err != nil || at != binary.BigEndian.Uint32(key[1:]) {
				return err == nil, err
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
	err := db.read(ctx, 0, func(_ *generation, txn *badger.Txn) error {
		return scan(txn, []byte{spaceGroup}, nil, func(_, value []byte) (bool, error) {
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
