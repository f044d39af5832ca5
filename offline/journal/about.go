package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

const (
	aboutName   = "period.json" // in an archived period's directory
	aboutMagic  = "kassa-period "
	aboutFormat = 1 // version

	maxHolds = 8192 // indexes that About.Holds lists
	maxAbout = 1 << 20
)

// About describes a closed period, in a file beside its two copies, so that a
// search knows without opening them what can not be in there.
type About struct {
	Format   string    `json:"format"` // "kassa-period 1"
	ID       uuid.UUID `json:"id"`     // of the journal
	Number   int       `json:"number"` // 1, 2..
	First    uint64    `json:"first"`  // sequences
	Last     uint64    `json:"last"`
	Before   string    `json:"before"` // hash of the chain before First, hex
	Head     string    `json:"head"`   // and after Last
	Begun    time.Time `json:"begun"`  // by the till's clock
	Ended    time.Time `json:"ended"`
	Oldest   time.Time `json:"oldest"`            // of its own records, not of copies, to the millisecond
	Newest   time.Time `json:"newest"`            // rounded up
	Document time.Time `json:"document,omitzero"` // of its newest document
	// Holds are the indexes with anything in them, in order; none: not known.
	Holds []Hold `json:"holds,omitempty"`
	// CRC is the CRC-32C of the file as it is without it, hex: a changed time
	// would hide records.
	CRC string `json:"crc"`
}

// Hold is an index of a period (see keys.go) and the span of its records.
type Hold struct {
	Index []byte `json:"index"`
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// bytes gives the file's content, with its CRC.
func (a About) bytes() ([]byte, error) {
	a.CRC = ""
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	a.CRC = fmt.Sprintf("%08x", crc32.Checksum(b, castagnoli))
	if b, err = json.Marshal(a); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return append(b, '\n'), nil
}

// may tells whether the period may hold what a filter chooses.
func (a *About) may(f record.Filter) bool {
	if !f.Since.IsZero() && !a.Newest.IsZero() && a.Newest.Before(f.Since) ||
		!f.Until.IsZero() && !a.Oldest.IsZero() && !a.Oldest.Before(f.Until) {
		return false
	}
	list := indexes(f)
	if len(list) == 0 || len(a.Holds) == 0 {
		return true
	}
	return slices.ContainsFunc(list, func(prefix []byte) bool {
		i, found := slices.BinarySearchFunc(a.Holds, prefix, func(h Hold, p []byte) int { return bytes.Compare(h.Index, p) })
		return found && a.Holds[i].Last > f.After && (f.Before == 0 || a.Holds[i].First < f.Before)
	})
}

// about describes the period a store holds, which ended at a time.
func (s *store) about(ended time.Time) (a About, err error) {
	before, err := s.base()
	if err != nil {
		return a, err
	}
	m := s.meta
	a = About{Format: aboutMagic + strconv.Itoa(aboutFormat), ID: m.ID, Number: m.number(), First: m.Base + 1, Last: m.Seq, Before: hexHash(before), Head: m.Hash,
		Begun: m.Begun, Ended: ended, Document: m.Document}
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	err = safely(func() error {
		if err := a.span(txn); err != nil {
			return err
		}
		a.list(txn)
		return nil
	})
	return a, err
}

// span finds the times of all records.
func (a *About) span(txn *badger.Txn) error {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for n := blockOf(a.First); n <= blockOf(a.Last); n++ {
		var b block
		if err := b.load(txn, n<<blockShift); err != nil {
			return err
		}
		if b.used {
			low, high = min(low, b.from), max(high, b.to)
		}
	}
	if low <= high {
		a.Oldest, a.Newest = time.UnixMilli(low).UTC(), time.UnixMilli(high+1).UTC()
	}
	return nil
}

// list finds the indexes that hold anything, stepping from one to the next.
func (a *About) list(txn *badger.Txn) {
	it, back := txn.NewIterator(badger.IteratorOptions{}), txn.NewIterator(badger.IteratorOptions{Reverse: true})
	defer it.Close()
	defer back.Close()
	for _, letter := range []byte{keySealed, keyKind, keyShift, keyType} { // as they sort
		for it.Seek([]byte{letter}); it.ValidForPrefix([]byte{letter}); {
			key := it.Item().Key()
			h := Hold{Index: slices.Clone(key[:len(key)-seqBytes]), First: lastSeq(key)}
			end := withSeq(h.Index, math.MaxUint64)
			if back.Seek(end); back.Valid() {
				h.Last = lastSeq(back.Item().Key())
			}
			if a.Holds = append(a.Holds, h); len(a.Holds) > maxHolds {
				a.Holds = nil
				return
			}
			it.Seek(end)
		}
	}
}

// writeAbout writes the description into a period's directory.
func writeAbout(fsys tape.FS, dir string, a About) error {
	b, err := a.bytes()
	if err != nil {
		return err
	}
	return writeFile(fsys, filepath.Join(dir, aboutName), b)
}

var errAbout = errors.New("journal: an archived period's description is missing or damaged")

// readAbout reads the description in a period's directory.
func readAbout(fsys tape.FS, dir string) (a About, err error) {
	b, err := readWhole(fsys, filepath.Join(dir, aboutName), maxAbout)
	if errors.Is(err, fs.ErrNotExist) {
		return a, errAbout
	}
	if err != nil {
		return a, err
	}
	err = json.Unmarshal(b, &a)
	version, known := strings.CutPrefix(a.Format, aboutMagic)
	if v, bad := strconv.Atoi(version); err == nil && known && bad == nil && v > aboutFormat {
		return a, newer(v, aboutFormat, formPeriod)
	}
	if err != nil || !known || a.First == 0 || a.Last < a.First || a.Number < 1 {
		return a, fmt.Errorf("%w: %v", errAbout, err)
	}
	if same, err := a.bytes(); err != nil || !bytes.Equal(same, b) {
		return a, fmt.Errorf("%w: it has changed", errAbout)
	}
	return a, nil
}

// readWhole reads a file of up to limit bytes.
func readWhole(fsys tape.FS, name string, limit int64) (b []byte, err error) {
	f, err := fsys.OpenFile(name, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b = make([]byte, min(size, limit))
	n, err := f.ReadAt(b, 0)
	if n == len(b) {
		err = nil
	}
	return b, err
}

// periodDir names the directory of a closed period.
func periodDir(number int) string { return fmt.Sprintf("%06d", number) }

// periodNumber reads such a name.
func periodNumber(name string) (number int, ok bool) {
	if len(name) != len(periodDir(1)) || strings.Trim(name, "0123456789") != "" {
		return 0, false
	}
	for _, d := range name {
		number = number*10 + int(d-'0')
	}
	return number, number > 0
}
