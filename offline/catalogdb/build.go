package catalogdb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/gs1"
)

const (
	// spaceEvery is how many items are put between two looks at the disk.
	spaceEvery = 1000
	// maxWarnings is how many lines of one build are logged about bad data.
	maxWarnings = 20
)

// Build is a generation being written. Its first error stays: after it the
// build can only be aborted.
type Build struct {
	db  *DB
	ctx context.Context

	mu   sync.Mutex // Close aborts from another goroutine
	err  error      // why nothing more can be done; ErrClosed once it is over
	stop func()

	batch   []catalog.Item // being written
	writing chan error     // tells when it is; nil: nothing is

	number  int64
	dir     string
	bdb     *badger.DB
	out     *writer
	shared  *sharer
	folders map[string]catalog.Folder
	info    Info
	next    uint32 // ordinal of the next item

	buf, key, value, folded []byte // used again by each item

	warnings int

	counts map[uint32]int // items directly in a folder, by its shared number
	places []uint32       // of the items in the order of names, by ordinal; known while it commits

	nextPerson uint32

	nextSerial int

	ids, codes, names, words, people, serials *sorter
	collector                                 *wordCollector
}

// Begin starts a generation. It does not disturb the one that sells. The
// build dies with ctx; the caller ends it with Commit or Abort.
func (db *DB) Begin(ctx context.Context) (*Build, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	switch {
	case db.closed:
		return nil, ErrClosed
	case db.build != nil:
		return nil, ErrBuilding
	}
	// The number is durable before it is used: it is never used twice.
	db.state.Last++
	if err := db.saveState(); err != nil {
		return nil, err
	}
	b := &Build{db: db, number: db.state.Last, shared: &sharer{numbers: map[string]uint32{}}, folders: map[string]catalog.Folder{}, counts: map[uint32]int{}}
	b.dir = filepath.Join(db.dir, dirName(buildPrefix, b.number))
	var cancel context.CancelFunc
	b.ctx, cancel = context.WithCancel(ctx)
	forget := context.AfterFunc(db.ctx, cancel)
	b.stop = func() { forget(); cancel() }
	if err := b.open(); err != nil {
		return nil, errors.Join(err, b.discard())
	}
	db.build = b
	return b, nil
}

func (b *Build) open() error {
	b.ids, b.codes = newSorter(b.dir, "ids", b.space), newSorter(b.dir, "codes", b.space)
	b.names, b.words = newSorter(b.dir, "names", b.space), newSorter(b.dir, "words", b.space)
	b.people, b.serials = newSorter(b.dir, "people", b.space), newSorter(b.dir, "serials", b.space)
	b.collector = newWordCollector(b.words)
	if err := b.space(0); err != nil {
		return err
	}
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		return fmt.Errorf("begin generation: %w", err)
	}
	b.db.step("directory made")
	var err error
	if b.bdb, err = badger.Open(badgerOptions(b.dir, b.db.log)); err != nil {
		return fmt.Errorf("begin generation: %w", err)
	}
	b.out, err = newWriter(b.bdb)
	b.db.step("database opened")
	return err
}

// space refuses to go on when writing n more bytes would leave too little.
func (b *Build) space(n int64) error {
	free, err := b.db.free(b.db.dir)
	if err != nil {
		return err
	}
	if free < uint64(n)+minFree {
		return fmt.Errorf("%w: %d MB left, %d MB needed", ErrSpace, free>>20, (uint64(n)+minFree)>>20)
	}
	return nil
}

// do runs one step of the build under its lock.
func (b *Build) do(fn func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.settle(); b.err == nil {
		b.err = err
	}
	if b.err == nil {
		b.err = b.ctx.Err()
	}
	if b.err == nil {
		b.err = fn()
	}
	return b.err
}

// PutItems adds items. The catalogue's order is theirs: where two items claim
// a barcode, the first has it. Items that can not be sold (no id, no name) or
// are beyond a limit are left out and counted. The slice may be used again at
// once, what its items point at not: they are written while the caller makes
// the next ones, and what goes wrong with them is told by the next call.
func (b *Build) PutItems(items []catalog.Item) error {
	return b.do(func() error {
		if err := b.space(0); err != nil {
			return err
		}
		b.batch = append(b.batch[:0], items...)
		done := make(chan error, 1)
		b.writing = done
		go func() { done <- b.putItems(b.batch) }()
		return nil
	})
}

// settle waits for the items that are being written.
func (b *Build) settle() error {
	if b.writing == nil {
		return nil
	}
	err := <-b.writing
	b.writing = nil
	clear(b.batch)
	b.db.step("items put")
	return err
}

func (b *Build) putItems(items []catalog.Item) error {
	for i := range items {
		if i%spaceEvery == spaceEvery-1 {
			if err := errors.Join(b.space(0), b.ctx.Err()); err != nil {
				return err
			}
		}
		if reason := Refused(&items[i]); reason != "" {
			b.info.Rejected++
			b.warn("catalogue item left out", "id", items[i].ID, "reason", reason)
			continue
		}
		if err := b.putItem(&items[i]); err != nil {
			return err
		}
	}
	return nil
}

// warn logs what is wrong with the cloud's data. A catalogue that is wrong
// throughout must not drown the log: the counts are in Info.
func (b *Build) warn(msg string, args ...any) {
	if b.warnings++; b.warnings <= maxWarnings {
		b.db.log.Warn(msg, args...)
	}
}

// Refused tells which field keeps an item out of the catalogue; "" when
// nothing does.
func Refused(i *catalog.Item) string {
	switch {
	case i.ID == "" || i.ID[0] == endMark || len(i.ID) > MaxID || len(i.ParentID) > MaxID || len(i.FolderID) > MaxID:
		return "id"
	case i.Name == "" || len(i.Name) > MaxName:
		return "name"
	case len(i.Code) > MaxName || len(i.Article) > MaxName:
		return "code"
	case len(i.Barcodes) > MaxBarcodes || len(i.Packs) > MaxPacks || len(i.Prices) > MaxPrices || len(i.Parts) > MaxParts || len(i.Groups) > MaxGroups:
		return "too many barcodes, packs, prices, parts or groups"
	}
	tooLong := func(s string) bool { return len(s) > MaxName }
	if slices.ContainsFunc(i.Barcodes, tooLong) || tooLong(i.Unit) || tooLong(i.Tracking) || len(i.TNVED) > MaxID || slices.ContainsFunc(i.Groups, func(g string) bool { return len(g) > MaxID }) || tooLong(i.Picture) || len(i.FolderPath) > 16*MaxName {
		return "field too long"
	}
	for _, p := range i.Packs {
		if len(p.ID) > MaxID || tooLong(p.Name) || tooLong(p.Barcode) || !p.Quantity.Valid() {
			return "pack"
		}
	}
	for _, p := range i.Parts {
		if len(p.ItemID) > MaxID || !p.Quantity.Valid() {
			return "part"
		}
	}
	for _, p := range i.Prices {
		if tooLong(p.Type) {
			return "price type"
		}
	}
	return ""
}

// putItem writes the item and what the indices will be made of.
func (b *Build) putItem(i *catalog.Item) error {
	if b.next == MaxItems {
		return fmt.Errorf("%w: more than %d items", ErrLimit, MaxItems)
	}
	var err error
	if b.buf, err = encodeItem(b.buf[:0], i, b.shared); err != nil {
		return err
	}
	if len(b.buf) > maxItem {
		b.info.Rejected++
		b.warn("catalogue item left out", "id", i.ID, "reason", "too large", "bytes", len(b.buf))
		return nil
	}
	n := b.next
	b.next++
	if err := b.out.put(spaceItem, ordinalKey(spaceItem, n), b.buf); err != nil {
		return err
	}
	b.key, b.value = append(b.key[:0], i.ID...), binary.BigEndian.AppendUint32(b.value[:0], n)
	if err := b.ids.add(b.key, b.value); err != nil {
		return err
	}
	if err := b.putName(i, n); err != nil {
		return err
	}
	return b.putCodes(i, n)
}

// putName notes where the item stands by its name, and the words of it.
func (b *Build) putName(i *catalog.Item, n uint32) error {
	folder, err := b.shared.number(i.FolderID)
	if err != nil {
		return err
	}
	flags := byte(0)
	if i.Favourite {
		flags |= flagFavourite
	}
	if atHand(i) {
		flags |= flagAtHand
	}
	b.folded = foldTo(b.folded[:0], i.Name)
	b.key = nameKey(b.key[:0], b.folded, n)
	b.value = append(binary.BigEndian.AppendUint32(b.value[:0], folder), flags)
	if err := b.names.add(b.key, b.value); err != nil {
		return err
	}
	return eachWord(b.folded, maxWords, func(word []byte) error { return b.collector.add(word, n) })
}

// putCodes notes everything an item can be called by. Codes that no scanner
// delivers are not worth an error here.
func (b *Build) putCodes(i *catalog.Item, n uint32) error {
	add := func(code string, ref codeRef) error {
		if code == "" || len(code) > gs1.MaxCode || code[0] == endMark {
			return nil
		}
		b.key, b.value = append(b.key[:0], code...), ref.encode(b.value[:0])
		return b.codes.add(b.key, b.value)
	}
	for _, code := range i.Barcodes {
		if err := add(code, codeRef{kind: byBarcode, ordinal: n}); err != nil {
			return err
		}
	}
	for at, p := range i.Packs {
		if err := add(p.Barcode, codeRef{kind: byPack, ordinal: n, pack: at}); err != nil {
			return err
		}
	}
	return errors.Join(add(i.Code, codeRef{kind: byCode, ordinal: n}), add(i.Article, codeRef{kind: byArticle, ordinal: n}))
}

// ValidFolder tells whether a folder can be kept.
func ValidFolder(f *catalog.Folder) bool {
	return f.ID != "" && len(f.ID) <= MaxID && len(f.ParentID) <= MaxID && len(f.Name) <= MaxName && len(f.Path) <= 16*MaxName
}

// PutFolders adds folders; a folder that comes twice counts as it came last.
func (b *Build) PutFolders(folders []catalog.Folder) error {
	return b.do(func() error {
		for _, f := range folders {
			if !ValidFolder(&f) {
				b.info.Rejected++
				b.warn("catalogue folder left out", "id", f.ID)
				continue
			}
			b.folders[f.ID] = f
		}
		if len(b.folders) > MaxFolders {
			return fmt.Errorf("%w: more than %d folders", ErrLimit, MaxFolders)
		}
		return nil
	})
}

// SetDiscounts sets the rules that hold for this generation.
func (b *Build) SetDiscounts(discounts []catalog.Discount) error {
	return b.do(func() error { b.info.Discounts = slices.Clone(discounts); return nil })
}

// SetPromotions sets the shop's own rules of this generation.
func (b *Build) SetPromotions(promotions []catalog.Promotion) error {
	return b.do(func() error { b.info.Promotions = slices.Clone(promotions); return nil })
}

// SetStockAt tells when the stock was as the items have it; else it counts as
// that of the store's settings, or of the commit.
func (b *Build) SetStockAt(at time.Time) error {
	return b.do(func() error { b.info.StockAt = at; return nil })
}

// SetStore sets the store's settings of this generation.
func (b *Build) SetStore(store catalog.Store) error {
	return b.do(func() error { b.info.Store = store; return nil })
}

// Abort throws the build away. It may be called at any time and again.
func (b *Build) Abort() error {
	b.stop() // a Commit under way notices
	b.mu.Lock()
	defer b.mu.Unlock()
	if errors.Is(b.err, ErrClosed) {
		return nil
	}
	b.err = ErrClosed
	if err := b.settle(); err != nil {
		b.db.log.Debug("catalogue build given up", "err", err)
	}
	return errors.Join(b.discard(), b.end())
}

// discard closes what is open and removes the files.
func (b *Build) discard() error {
	b.stop()
	var errs []error
	if b.out != nil {
		b.out.cancel()
	}
	if b.bdb != nil {
		errs = append(errs, b.bdb.Close())
	}
	b.out, b.bdb = nil, nil
	errs = append(errs, b.closeSorters())
	return errors.Join(append(errs, os.RemoveAll(b.dir))...)
}

func (b *Build) closeSorters() error {
	return errors.Join(b.ids.close(), b.codes.close(), b.names.close(), b.words.close(), b.people.close(), b.serials.close())
}

// end lets the next build begin.
func (b *Build) end() error {
	b.stop()
	b.db.mu.Lock()
	defer b.db.mu.Unlock()
	if b.db.build == b {
		b.db.build = nil
	}
	return nil
}

// sortFolders brings folders into tree order: a folder before what is in it,
// siblings by name. Folders whose parent is unknown stand at the top; a ring
// of folders comes last.
func sortFolders(all map[string]catalog.Folder) []catalog.Folder {
	children := map[string][]catalog.Folder{}
	for _, f := range all {
		parent := f.ParentID
		if _, known := all[parent]; !known {
			parent = ""
		}
		children[parent] = append(children[parent], f)
	}
	for _, list := range children {
		slices.SortFunc(list, func(a, b catalog.Folder) int {
			return strings.Compare(fold(a.Name)+"\x00"+a.ID, fold(b.Name)+"\x00"+b.ID)
		})
	}
	sorted := make([]catalog.Folder, 0, len(all))
	// Depth first with a stack of our own: hostile nesting costs no stack.
	stack := slices.Clone(children[""])
	slices.Reverse(stack)
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		sorted = append(sorted, f)
		for _, c := range slices.Backward(children[f.ID]) {
			stack = append(stack, c)
		}
	}
	if len(sorted) < len(all) {
		seen := map[string]bool{}
		for _, f := range sorted {
			seen[f.ID] = true
		}
		var ring []catalog.Folder
		for id, f := range all {
			if !seen[id] {
				ring = append(ring, f)
			}
		}
		slices.SortFunc(ring, func(a, b catalog.Folder) int { return strings.Compare(a.ID, b.ID) })
		sorted = append(sorted, ring...)
	}
	return sorted
}
