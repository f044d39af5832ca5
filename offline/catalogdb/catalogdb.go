// Package catalogdb keeps the shop's catalogue on disk: a million items found
// by barcode or by a few typed letters, on a board with little memory.
//
// # Generations
//
// A catalogue is never changed in place. A download builds a new generation
// in a directory of its own beside the one that sells; Commit makes it durable
// and renames the directory, and that rename is the switch. Power may go at
// any moment: before the rename the old generation sells on and the leftover
// is removed at the next Open, after it the new one sells. A generation stays
// readable as long as an open cheque keeps the one it began with
// (Options.InUse); the one before the current stays too, for whoever is just
// reading it. Older ones are removed in the background when the next comes.
//
// Each generation is a Badger database, written once in sorted order (no
// write-ahead log, no compaction) and from then on only read, by Badger's own
// table reader: there are no memtables, no caches and no background work, and
// the tables are mapped pages the kernel may take back. Rotating whole
// databases is also the only way to delete in Badger that surely gives the
// space back.
//
// # Damage
//
// All of it can be downloaded again, so damage is not repaired. A generation
// that refuses to open, that has not survived being opened twice, or whose
// pages can not be read, is set aside (never more than one is kept) and the
// one before it, or none, sells on. Problem tells the reason.
//
// # Files
//
//	lock          held by the one process that may use the directory
//	state.json    the last generation's number, attempts to open
//	gen-000042/   a generation
//	build-000043/ one being built; removed at Open
//	old-000040/   one being removed; removed at Open
//	damaged-..    the latest one that was set aside
//
// All methods of DB may be called concurrently. A Build belongs to one
// goroutine; there is one at a time.
package catalogdb

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// Limits of a catalogue.
const (
	MaxItems    = 5_000_000
	MaxFolders  = 100_000
	MaxID       = 128  // bytes of an item's or folder's id
	MaxName     = 1024 // bytes of a name
	MaxBarcodes = 256  // of one item
	MaxPacks    = 64   // of one item
	MaxPrices   = 64   // of one item
	MaxParts    = 64   // of one bundle
	MaxGroups   = 16   // of one item
	MaxSame     = 32   // items that one code stands for; further ones are not found by it
	MaxPage     = 1000 // items one call of Find or List returns
	MaxQuery    = 200  // bytes of a search text that are looked at

	// maxItem is the longest stored form of an item, in bytes.
	maxItem = 64 << 10
	// keep is how many generations stay readable without being in use.
	keep = 2
	// maxLive bounds them all: whoever uses more loses the oldest.
	maxLive = 6
	// minFree is the space a build leaves on the disk. Running out of space
	// under a mapped file kills the process, so the build stops before.
	minFree = 64 << 20
)

var (
	// ErrNotFound: no such code, item or folder, or no catalogue yet.
	ErrNotFound = errors.New("catalogdb: not found")
	// ErrClosed: the database or the build is closed.
	ErrClosed = errors.New("catalogdb: closed")
	// ErrBuilding: another build is under way.
	ErrBuilding = errors.New("catalogdb: another build is under way")
	// ErrSpace: too little space on the disk to build a generation.
	ErrSpace = errors.New("catalogdb: not enough disk space")
	// ErrLimit: the catalogue is larger than this program allows.
	ErrLimit = errors.New("catalogdb: catalogue too large")
	// ErrDamaged: the generation can not be read. It is set aside; the call
	// may be repeated and is answered from the one before it, if any.
	ErrDamaged = errors.New("catalogdb: generation damaged")
	// ErrLocked: another process uses the directory.
	ErrLocked = errors.New("catalogdb: directory in use by another process")
)

// Options say where the catalogue lives.
type Options struct {
	Dir string
	Log *slog.Logger     // nil: discard
	Now func() time.Time // nil: time.Now
	// InUse tells the generations that open cheques began with: they are not
	// removed. Asked when a new one has come; nil: none is in use.
	InUse func() []int64
}

// Info describes a generation. Generation 0 means there is none.
type Info struct {
	Generation int64              `json:"generation"`
	Items      int                `json:"items"`
	Folders    int                `json:"folders"`
	UpdatedAt  time.Time          `json:"updated_at"`
	Store      catalog.Store      `json:"store"`
	Discounts  []catalog.Discount `json:"discounts,omitempty"`

	Promotions []catalog.Promotion `json:"promotions,omitempty"`
	StockAt    time.Time           `json:"stock_at,omitzero"` // when the stock was as the items tell
	Favourites int                 `json:"favourites,omitempty"`
	Customers  int                 `json:"customers,omitempty"`
	Serials    int                 `json:"serials,omitempty"` // serial numbers

	Clashes  int `json:"clashes,omitempty"`  // barcodes that several items claim; a person is asked which
	Repeated int `json:"repeated,omitempty"` // items that came twice; the later one counts
	Rejected int `json:"rejected,omitempty"` // items without id or name, or beyond a limit; not in the catalogue
}

// DB is a catalogue.
type DB struct {
	dir  string
	log  *slog.Logger
	now  func() time.Time
	used func() []int64
	lock *os.File
	stop context.CancelFunc
	ctx  context.Context
	work sync.WaitGroup // background removals

	free func(dir string) (uint64, error) // space left on the disk, bytes
	step func(name string)                // tests crash between the steps of a build

	mu      sync.RWMutex
	live    map[int64]*generation
	current *generation // nil: none
	state   state
	problem error
	build   *Build
	subs    map[chan Info]struct{}
	closed  bool
}

// Open opens the catalogue in o.Dir, making the directory if needed, removes
// what an interrupted build left, and sets damaged generations aside. It
// fails only when the directory can not be used at all.
func Open(ctx context.Context, o Options) (*DB, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db := &DB{dir: o.Dir, log: o.Log, now: o.Now, used: o.InUse, live: map[int64]*generation{}, subs: map[chan Info]struct{}{}, free: freeSpace, step: func(string) {}}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if db.now == nil {
		db.now = time.Now
	}
	if db.used == nil {
		db.used = func() []int64 { return nil }
	}
	db.ctx, db.stop = context.WithCancel(context.Background())
	var err error
	if db.lock, err = lockDir(o.Dir); err != nil {
		return nil, err
	}
	if err := db.load(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Current describes the generation that sells; Generation 0 when there is none.
func (db *DB) Current() Info {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.currentInfo()
}

func (db *DB) currentInfo() Info {
	if db.current == nil {
		return Info{}
	}
	return db.current.info
}

// Problem tells why a generation was set aside since Open began, or nil.
func (db *DB) Problem() error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.problem
}

// Subscribe returns a channel that receives each new current generation. Only
// the latest is kept for a slow reader. cancel (or Close) closes the channel.
func (db *DB) Subscribe() (ch <-chan Info, cancel func()) {
	c := make(chan Info, 1)
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		close(c)
		return c, func() {}
	}
	db.subs[c] = struct{}{}
	return c, func() {
		db.mu.Lock()
		defer db.mu.Unlock()
		if _, ok := db.subs[c]; ok {
			delete(db.subs, c)
			close(c)
		}
	}
}

// publish tells subscribers of the current generation. db.mu is held, so
// there is one sender and a full channel can be emptied first.
func (db *DB) publish() {
	for c := range db.subs {
		select {
		case <-c:
		default:
		}
		c <- db.currentInfo()
	}
}

// Close aborts a build that is under way, waits for readers and closes
// everything. Later calls return ErrClosed.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	db.stop()
	b := db.build
	for c := range db.subs {
		delete(db.subs, c)
		close(c)
	}
	live := db.live
	db.live, db.current = map[int64]*generation{}, nil
	db.mu.Unlock()

	var errs []error
	if b != nil {
		errs = append(errs, b.Abort())
	}
	db.work.Wait()
	for _, g := range live {
		errs = append(errs, g.close())
	}
	return errors.Join(append(errs, db.lock.Close())...)
}
