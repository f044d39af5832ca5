package catalogdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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
