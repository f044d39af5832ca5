package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/kassa-pos/kassa/offline/catalogfile"
	"github.com/kassa-pos/kassa/pos/catalog"
)

func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// importingFile measures kassa catalog import between two measurements of
// decoding the same items and nothing else.
func (r *result) importingFile(ctx context.Context, dir string) (err error) {
	decode := func() error { return decodeFile(itemsFile(dir)) }
	if err := r.Decode.timed(decode); err != nil {
		return err
	}
	db, err := openCatalog(ctx, dir)
	if err != nil {
		return err
	}
	err = r.Import.timed(func() (err error) {
		file, err := os.Open(itemsFile(dir))
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // opened for reading
		var anon error
		o := catalogfile.Options{Progress: func(int) { anon = errors.Join(anon, r.anon()) }}
		_, err = catalogfile.Import{Options: o}.Into(ctx, db, file)
		return errors.Join(err, anon, r.anon())
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return r.Decode.timed(decode)
}

// decodeFile reads a file's items as the values they are.
func decodeFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // opened for reading
	from := json.NewDecoder(bufio.NewReaderSize(file, 1<<20))
	for key := any(nil); key != "items"; {
		if key, err = from.Token(); err != nil {
			return err
		}
	}
	if _, err := from.Token(); err != nil {
		return err
	}
	for from.More() {
		var it catalog.Item
		if err := from.Decode(&it); err != nil {
			return err
		}
	}
	return nil
}

// shelf measures opening a catalogue that is not in memory, then look-ups and
// searches.
func (r *result) shelf(ctx context.Context, dir string, args []string) (err error) {
	var items, lookups, searches int
	if err := numbers(args, &items, &lookups, &searches); err != nil {
		return err
	}
	if err := forget(dir); err != nil {
		return err
	}
	start := time.Now()
	db, err := openCatalog(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return r.looking(ctx, db, start, items, lookups, searches)
}
