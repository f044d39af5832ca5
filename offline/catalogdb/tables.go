package catalogdb

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"sync"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/dgraph-io/ristretto/v2/z"
)

// tables are the tables of a finished generation, in the order of their keys.
// They are read as Badger reads them, by its own table reader, but without a
// Badger around them: a generation has one level whose tables do not overlap,
// no log and nothing that changes, so a DB would add goroutines that can panic
// beyond recover, and would open every table a second time.
type tables []*table.Table

// openTables opens all tables that the manifest of a generation names. Only
// the index and the last block of each are read; one that is damaged there is
// an error.
func openTables(dir string) (tables, error) {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if err != nil {
		return nil, err
	}
	manifest, _, err := badger.ReplayManifestFile(f, 0, badger.DefaultOptions(dir))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	// A manifest that lost its end would hide tables, and with them items.
	files, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(files) != len(manifest.Tables) {
		return nil, errors.Join(err, fmt.Errorf("%d tables in the manifest, %d in the directory", len(manifest.Tables), len(files)))
	}
	ids := make(chan uint64, len(manifest.Tables))
	for id := range manifest.Tables {
		ids <- id
	}
	close(ids)
	var (
		readers sync.WaitGroup
		mu      sync.Mutex
		all     tables
		errs    []error
	)
	for range 2 * runtime.NumCPU() { // cold tables: let the disk have several requests
		readers.Go(func() {
			for id := range ids {
				t, err := openTable(table.NewFilename(id, dir))
				mu.Lock()
				if err != nil {
					errs = append(errs, err)
				} else {
					all = append(all, t)
				}
				mu.Unlock()
			}
		})
	}
	readers.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, all.close())
	}
	slices.SortFunc(all, func(a, b *table.Table) int { return bytes.Compare(a.Smallest(), b.Smallest()) })
	return all, nil
}

// openTable opens one. A page that can not be read and an index that makes no
// sense arrive as panics.
func openTable(path string) (t *table.Table, err error) {
	f, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, errors.Join(fmt.Errorf("%v", p), f.Close(-1))
		}
		if err != nil {
			err = fmt.Errorf("table %s: %w", filepath.Base(path), err)
		}
	}()
	return table.OpenTable(f, table.Options{ReadOnly: true, BlockSize: blockBytesOnDisk, ChkMode: options.OnBlockRead})
}

// close unmaps all of them. Nobody reads any more.
func (all tables) close() error {
	var errs []error
	for _, t := range all {
		errs = append(errs, t.Close(-1))
	}
	return errors.Join(errs...)
}

// cursor walks the keys of all tables. It belongs to one goroutine.
type cursor struct {
	all tables
	at  int // the table it is in
	it  *table.Iterator
}

// errNoKey: there is no such key, nor one after it; or its block is damaged.
var errNoKey = errors.New("no block has the key")

// seek goes to the first key that is not below this one.
func (c *cursor) seek(key []byte) error {
	first := y.KeyWithTs(key, math.MaxUint64) // of all versions; there is one
	at := sort.Search(len(c.all), func(i int) bool { return y.CompareKeys(c.all[i].Biggest(), first) >= 0 })
	if err := c.enter(at); err != nil {
		return err
	}
	c.it.Seek(first)
	return c.valid()
}

// next goes to the next key.
func (c *cursor) next() error {
	if c.it.Next(); c.it.Valid() {
		return nil
	}
	if !bytes.Equal(c.it.Key(), c.all[c.at].Biggest()) {
		return errNoKey
	}
	if err := c.enter(c.at + 1); err != nil {
		return err
	}
	c.it.Rewind()
	return c.valid()
}

func (c *cursor) valid() error {
	if !c.it.Valid() {
		return errNoKey
	}
	return nil
}

// enter makes an iterator of a table, unless it is the one at hand.
func (c *cursor) enter(at int) error {
	if at >= len(c.all) {
		return errNoKey
	}
	if c.it != nil && c.at == at {
		return nil
	}
	err := c.close()
	c.at, c.it = at, c.all[at].NewIterator(table.NOCACHE)
	return err
}

func (c *cursor) key() []byte   { return y.ParseKey(c.it.Key()) }
func (c *cursor) value() []byte { return c.it.Value().Value }

func (c *cursor) close() error {
	if c.it == nil {
		return nil
	}
	it := c.it
	c.it = nil
	return it.Close()
}
