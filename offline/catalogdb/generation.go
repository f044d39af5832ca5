package catalogdb

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// schema is the version of the stored form. Earlier ones are read; a
// generation of a later one is set aside like a damaged one.
//
//	4  records in pages, items by the order of their names
const (
	schema    = 4
	oldSchema = 4 // the earliest that is read
)

// Key spaces. Each begins with its byte; numbers are big endian, so that
// order of keys is order of numbers. An item's ordinal is its place in
// the build, its place is that among all names.
const (
	spaceItem    = 'i' // ordinal -> item
	spaceID      = 'd' // item id -> ordinal
	spaceCode    = 'c' // barcode, pack's barcode, code, article -> codeRefs
	spacePlace   = 'l' // place/512 -> ordinals
	spaceOrdinal = 'q' // ordinal/512 -> places
	spaceSample  = 'b' // folded name, 0, ordinal -> place, of every 64th
	spaceFolder  = 'f' // folder's shared number, last place -> places
	spaceBest    = 'v' // block -> places of favourites
	spaceAtHand  = 'h' // block -> places of what there is
	spaceWord    = 'w' // word, 0, block -> places
	// '1', '2', '3': first letters of words, 0, block -> places
	spaceGroup  = 'g' // place in the tree -> folder as JSON
	spaceShared = 's' // number -> shared string
	spacePerson = 'p' // number -> customer as JSON
	spaceOwner  = 'o' // customer's id -> number
	spaceNumber = 'k' // phone or card, 0, customer's number
	spaceName   = 'n' // word of a customer's name, 0, customer's number
	spaceSerial = 'x' // serial number, 0, item's id
	spaceMeta   = 'm' // part -> piece of the meta JSON
)

// meta is stored in every generation.
type meta struct {
	Schema   int    `json:"schema"`
	Ordinals uint32 `json:"ordinals"` // items written, repeated ones included
	Spaces   string `json:"spaces"`   // that have anything in them, this one aside
	Info     Info   `json:"info"`
}

// generation is one immutable catalogue, open for reading.
type generation struct {
	number   int64
	dir      string
	tables   tables
	info     Info
	ordinals uint32
	shared   []string
	spaces   string // that have anything in them; "": not known yet
	readers  sync.WaitGroup
	sets     sync.Pool // of *bitset, as large as there are places
}

const (
	// maxValue is the longest value stored; Badger wants it below 15 % of a
	// memtable. A longer one would go to the value log, which a generation has not.
	maxValue = 300 << 10
	// maxRecord leaves room for a page around it.
	maxRecord = maxValue - 2*pageBytes
	// blockBytesOnDisk is what one checksum covers.
	blockBytesOnDisk = 4 << 10
)

// badgerOptions are those of building.
func badgerOptions(dir string, log *slog.Logger) badger.Options {
	o := badger.DefaultOptions(dir)
	o.Logger = badgerLog{log}
	o.SyncWrites = false         // a generation is synced as a whole before it counts
	o.NumVersionsToKeep = 1      // written once
	o.MemTableSize = 2 << 20     // only a build has one, and leaves it empty
	o.NumMemtables = 1           //
	o.BaseTableSize = 2 << 20    // a build holds twice this per sorted stream; smaller means more open files
	o.TableSizeMultiplier = 1    // the same on the level a stream is written to
	o.ValueThreshold = maxValue  // everything stays in the tables: there is no value log
	o.ValueLogFileSize = 1 << 20 // the minimum
	o.BlockSize = blockBytesOnDisk
	o.BloomFalsePositive = 0     // one level: where a key would be is known
	o.Compression = options.None // pages are read where they are mapped
	o.BlockCacheSize = 0         // the kernel's page cache is the cache
	o.IndexCacheSize = 0         // indices are mapped too
	o.DetectConflicts = false    // nothing conflicts
	o.MetricsEnabled = false     //
	o.NumGoroutines = 1          //
	o.NumCompactors = 2          // 1 is refused; there is nothing to compact
	o.ChecksumVerificationMode = options.OnBlockRead
	o.VerifyValueChecksum = true
	return o
}

// openGeneration opens a generation for reading and reads what is kept in
// memory: the meta data and the shared strings.
func openGeneration(dir string, number int64) (*generation, error) {
	all, err := openTables(dir)
	if err != nil {
		return nil, err
	}
	g := &generation{number: number, dir: dir, tables: all}
	if err := g.load(); err != nil {
		return nil, errors.Join(err, all.close())
	}
	return g, nil
}

func (g *generation) load() error {
	return g.view(func(v *view) error {
		var text []byte
		err := scan(v, []byte{spaceMeta}, nil, func(_, value []byte) (bool, error) {
			text = append(text, value...)
			return true, nil
		})
		if err != nil {
			return err
		}
		var m meta
		if err := json.Unmarshal(text, &m); err != nil {
			return fmt.Errorf("meta data: %w", err)
		}
		if m.Schema < oldSchema || m.Schema > schema || m.Info.Generation != g.number {
			return fmt.Errorf("schema %d of generation %d, want %d of %d", m.Schema, m.Info.Generation, schema, g.number)
		}
		g.info, g.ordinals, g.spaces = m.Info, m.Ordinals, m.Spaces+string(spaceMeta)
		g.sets.New = func() any { b := newBitset(uint32(m.Info.Items)); return &b }
		return scan(v, []byte{spaceShared}, nil, func(_, value []byte) (bool, error) {
			g.shared = append(g.shared, string(value))
			return true, nil
		})
	})
}

// view runs a read. A page that can not be read (a failing card, a truncated
// file) arrives as a memory fault; it becomes ErrDamaged instead of the end
// of the process.
func (g *generation) view(fn func(v *view) error) (err error) {
	v := &view{g: g, one: cursor{all: g.tables}}
	defer func() { err = errors.Join(err, v.close()) }()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: generation %d: %v", ErrDamaged, g.number, p)
		}
	}()
	return fn(v)
}

// close waits for readers.
func (g *generation) close() error {
	g.readers.Wait()
	return g.tables.close()
}

// read runs fn on the generation with that number, or on the current one. A
// generation that turns out damaged is set aside.
func (db *DB) read(ctx context.Context, number int64, fn func(g *generation, v *view) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	db.mu.RLock()
	g := db.live[number]
	if g == nil {
		g = db.current
	}
	if g != nil {
		g.readers.Add(1)
	}
	closed := db.closed
	db.mu.RUnlock()
	switch {
	case closed:
		return ErrClosed
	case g == nil:
		return fmt.Errorf("%w: no catalogue", ErrNotFound)
	}
	err := g.view(func(v *view) error { return fn(g, v) })
	g.readers.Done()
	if errors.Is(err, ErrDamaged) {
		db.condemn(g, err)
	}
	return err
}

// condemn takes a damaged generation out of service; the one before it, if
// any, becomes current. Its files are set aside once its readers are done.
func (db *DB) condemn(g *generation, reason error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.live[g.number] != g {
		return
	}
	delete(db.live, g.number)
	if db.current == g {
		db.current = nil
		for _, other := range db.live {
			if db.current == nil || db.current.number < other.number {
				db.current = other
			}
		}
		db.publish()
	}
	if err := db.setAside(g.number, reason); err != nil {
		db.log.Error("damaged catalogue not set aside", "generation", g.number, "err", err)
	}
	db.work.Go(func() {
		if err := g.close(); err != nil {
			db.log.Warn("damaged catalogue closed", "generation", g.number, "err", err)
		}
	})
}

func ordinalKey(space byte, ordinal uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{space}, ordinal)
}

// badgerLog passes Badger's words on: its warnings as warnings, its chatter
// as debug lines.
type badgerLog struct{ log *slog.Logger }

func (b badgerLog) Errorf(f string, a ...any)   { b.log.Error("badger: " + line(f, a)) }
func (b badgerLog) Warningf(f string, a ...any) { b.log.Warn("badger: " + line(f, a)) }
func (b badgerLog) Infof(f string, a ...any)    { b.log.Debug("badger: " + line(f, a)) }
func (b badgerLog) Debugf(string, ...any)       {}

func line(f string, a []any) string { return strings.TrimSpace(fmt.Sprintf(f, a...)) }
