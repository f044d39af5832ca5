package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Read calls fn for every record of a journal that is not running, in order
// over all its periods, and changes nothing. The tapes alone hold everything,
// so Badger is not opened. On damage it returns what it read up to there and
// the reason. In a copy without keys every private part reads as erased.
func Read(ctx context.Context, dir string, fn func(record.Record) error) (err error) {
	if err := checkCopy(dir); err != nil {
		return err
	}
	keys, id, closeKeys, err := lookIntoVault(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeKeys()) }()
	dirs, err := archivedDirs(tape.OS{}, dir)
	if err != nil {
		return err
	}
	for _, d := range append(dirs, dir) {
		err := readPeriodOf(ctx, d, func(s stored) error {
			r, err := unseal(keys, id, s)
			if err != nil {
				r.Erased = true // as far as this reader can tell
			}
			return fn(r)
		})
		if err != nil && (d == dir || !errors.Is(err, tape.ErrEmpty)) {
			return err
		}
	}
	return nil
}

// IDOf reads whose journal is in a directory, or in an exported copy.
func IDOf(dir string) (uuid.UUID, error) {
	id, err := tape.IDOf(tape.OS{}, tapeDir(dir))
	if err != nil {
		return id, fmt.Errorf("journal: %w", err)
	}
	return id, nil
}

// readPeriodOf reads the records of one directory that are no copies.
func readPeriodOf(ctx context.Context, dir string, fn func(stored) error) error {
	_, err := tape.Inspect(ctx, tape.OS{}, tapeDir(dir), func(l tape.Line) error {
		s, err := decode(l.Data)
		if err != nil {
			return fmt.Errorf("record %d: %w", l.Seq, err)
		}
		if err := newerRecord(&s.Record); err != nil || s.Carried > 0 {
			return err
		}
		return fn(s)
	})
	return err
}

// lookIntoVault opens the keys of a journal that is not running, changing
// nothing; nil when there are none. It tells the journal's identity, which the
// private parts are bound to.
func lookIntoVault(dir string) (v *vault.Vault, id uuid.UUID, end func() error, err error) {
	end = func() error { return nil }
	keys := filepath.Join(dir, vaultName)
	if _, err := os.Stat(keys); errors.Is(err, fs.ErrNotExist) {
		return nil, id, end, nil
	}
	if id, err = tape.IDOf(tape.OS{}, tapeDir(dir)); err != nil {
		return nil, id, end, nil // no tape to read either: whoever reads it tells
	}
	if v, _, err = vault.Open(vault.Options{Dir: keys, ReadOnly: true}); err != nil {
		return nil, id, end, newerVault(err)
	}
	return v, id, v.Close, nil
}
