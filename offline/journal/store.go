package journal

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
)

// schema is the version of the layout in keys.go.
const schema = 1

const (
	memTable  = 2 << 20
	tableSize = 2 << 20
	maxPart   = 256 << 10 // a line above is stored in parts: values stay below the value threshold
	txnBytes  = 200 << 10 // Badger refuses 15 % of memTable
	txnCount  = 2000      // and about 3200 entries
	entryCost = 40        // bytes of a key and Badger's own fields
)

// errStore marks what is wrong with Badger's data and not with the call.
var errStore = errors.New("journal: the indexed copy is damaged")

// meta is what Badger knows of itself.
type meta struct {
	Schema     int       `json:"schema"`
	ID         uuid.UUID `json:"id"`
	Seq        uint64    `json:"seq"`  // the last record applied
	Hash       string    `json:"hash"` // of the chain after it
	LastNumber int64     `json:"last_number"`
	Slot       uint64    `json:"slot,omitempty"` // the highest slot of a key
	// Forms has the highest schema of each kind of record in here.
	Forms map[string]int `json:"forms,omitempty"`

	Period   int       `json:"period,omitempty"`    // its number; 0: the first
	Base     uint64    `json:"base,omitempty"`      // the period's records follow this one
	BaseHash string    `json:"base_hash,omitempty"` // of the chain after Base; "" when that is 0
	Living   uint64    `json:"living,omitempty"`    // copies up to this one are live
	Opening  uint64    `json:"opening,omitempty"`   // the last record of the batch the period began with
	Begun    time.Time `json:"begun,omitzero"`      // the period, by the till's clock
	Latest   time.Time `json:"latest,omitzero"`     // time of the last record that is no copy
	Document time.Time `json:"document,omitzero"`   // the newest time of a document that is no copy
}

// number is the period's.
func (m *meta) number() int { return max(m.Period, 1) }

// begin makes the meta of an empty store that follows a tape.
func (m *meta) begin(id uuid.UUID, base uint64, hash tape.Hash) {
	*m = meta{Schema: schema, ID: id}
	if base > 0 {
		m.Base, m.BaseHash = base, hexHash(hash)
		m.Seq, m.Hash = base, m.BaseHash
	}
}

// store is the Badger copy. One goroutine writes; reads go anywhere.
type store struct {
	db   *badger.DB
	meta meta // as written last; the writer's

	live  map[uuid.UUID][]uint64 // sequences by group
	block block                  // that the last record is in

	txn   *badger.Txn // of the batch being made
	bytes int
	count int
}

// badgerOptions: every option that matters, and why. Badger builds up to eight
// tables at a time, each in a buffer of twice its size and three megabytes for
// the index, and keeps the buffers: small tables are what keeps a till that
// writes a million records under 64 MB.
func badgerOptions(dir string, log badgerLog) badger.Options {
	o := badger.DefaultOptions(dir).
		WithLogger(log).
		WithSyncWrites(true). // the default loses the last commits in a power cut
		WithNumVersionsToKeep(1).
		WithMemTableSize(memTable). // defaults want 5 x 64 MB of memory; a full one fits into a table's buffer
		WithNumMemtables(1).        // waiting; one more is being written to a table
		WithBaseTableSize(tableSize).
		WithBaseLevelSize(4 << 20). // what every merge of new tables rewrites
		WithBlockSize(16 << 10).    // smaller ones hold a document each, and a buffer twice as large
		WithNumLevelZeroTables(2).
		WithNumLevelZeroTablesStall(3). // what is merged at a time is built at a time
		WithNumCompactors(2).           // 1 is refused
		WithValueThreshold(300 << 10).  // above it values go to a log whose flush errors are swallowed; maxPart stays below
		WithValueLogFileSize(1 << 20).  // the least
		WithCompression(options.None).
		WithBlockCacheSize(0). // without compression the page cache is enough
		WithIndexCacheSize(0).
		WithDetectConflicts(false). // there is one writer
		WithMetricsEnabled(false).
		WithNumGoroutines(1).
		WithChecksumVerificationMode(options.OnBlockRead).
		WithVerifyValueChecksum(true)
	o.TableSizeMultiplier = 1 // or deep levels have tables of 8 MB and more
	return o
}

// openBadger opens a directory and reads its meta. A panic of Badger in this
// goroutine becomes an error; one in its own goroutines ends the process,
// which the attempt counter remembers.
func openBadger(dir string, log *slog.Logger) (s *store, err error) {
	return openWatched(dir, badgerLog{log: log})
}

func openWatched(dir string, log badgerLog) (s *store, err error) {
	var db *badger.DB
	err = safely(func() (err error) {
		db, err = badger.Open(badgerOptions(dir, log))
		return err
	})
	if err != nil {
		return nil, err
	}
	s = &store{db: db, live: map[uuid.UUID][]uint64{}}
	if err := safely(s.load); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// safely turns a panic, which is what Badger does with damaged tables, into
// an error that wraps errStore.
func safely(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // mapped files shorter than promised
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %.200s", errStore, fmt.Sprint(p))
		}
	}()
	return fn()
}

func (s *store) load() error {
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	_, err := value(txn, keyMeta)
	if errors.Is(err, ErrNotFound) {
		return s.mustBeEmpty(txn)
	}
	if s.meta, err = readMeta(txn); err != nil {
		return err
	}
	if s.meta.Schema > schema {
		return newer(s.meta.Schema, schema, formLayout)
	}
	for name, v := range s.meta.Forms {
		if v > known[name] {
			return newer(v, known[name], name)
		}
	}
	if _, err := s.head(); err != nil {
		return err
	}
	if err := s.block.load(txn, s.meta.Seq); err != nil {
		return err
	}
	if s.meta.Seq < s.meta.Base {
		return fmt.Errorf("%w: it ends at %d and begins behind %d", errStore, s.meta.Seq, s.meta.Base)
	}
	return eachLive(txn, func(seq uint64, group uuid.UUID) error {
		if seq <= s.meta.Seq { // the rest is of a record that was not finished and comes again
			s.live[group] = append(s.live[group], seq)
		}
		return nil
	})
}

// readMeta reads what Badger knows of itself; nothing when it is empty.
func readMeta(txn *badger.Txn) (m meta, err error) {
	b, err := value(txn, keyMeta)
	if errors.Is(err, ErrNotFound) {
		return m, nil
	}
	if err == nil {
		if err = json.Unmarshal(b, &m); err != nil {
			err = fmt.Errorf("%w: meta: %w", errStore, err)
		}
	}
	return m, err
}

func (s *store) mustBeEmpty(txn *badger.Txn) error {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{keyRecord}})
	defer it.Close()
	if it.Rewind(); it.Valid() {
		return fmt.Errorf("%w: records without meta", errStore)
	}
	return nil
}

// head is the chain's hash after the last record applied.
func (s *store) head() (h tape.Hash, err error) {
	return s.hash(s.meta.Seq, s.meta.Hash)
}

// base is the chain's hash that the store begins behind.
func (s *store) base() (h tape.Hash, err error) {
	return s.hash(s.meta.Base, s.meta.BaseHash)
}

func (s *store) hash(seq uint64, text string) (h tape.Hash, err error) {
	if seq == 0 {
		return tape.Genesis(s.meta.ID), nil
	}
	if len(text) != hex.EncodedLen(len(h)) {
		return h, fmt.Errorf("%w: hash %.80q", errStore, text)
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil {
		return h, fmt.Errorf("%w: hash %.80q", errStore, text)
	}
	return h, nil
}

func (s *store) close() error {
	if s.txn != nil {
		s.txn.Discard()
		s.txn = nil
	}
	return safely(s.db.Close)
}

// value reads one value; ErrNotFound when there is none.
func value(txn *badger.Txn, key []byte) ([]byte, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStore, err)
	}
	b, err := item.ValueCopy(nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStore, err)
	}
	return b, nil
}

// seqValue reads an index entry that holds a sequence.
func seqValue(txn *badger.Txn, key []byte) (uint64, error) {
	b, err := value(txn, key)
	if err != nil {
		return 0, err
	}
	if len(b) != seqBytes {
		return 0, fmt.Errorf("%w: index %q holds %d bytes", errStore, key[:1], len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	wholeLine  = 'L'
	partedLine = 'P'
	lineHead   = 5 // the letter and the CRC-32C of the line
)

// line reads a stored line and checks its CRC: Badger may return less than it
// was given, without an error.
func line(txn *badger.Txn, seq uint64) ([]byte, error) {
	b, err := value(txn, seqKey(keyRecord, seq))
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("%w: record %d is missing", errStore, seq)
	}
	if err != nil {
		return nil, err
	}
	if len(b) < lineHead {
		return nil, fmt.Errorf("%w: record %d is cut off", errStore, seq)
	}
	crc, body := binary.BigEndian.Uint32(b[1:]), b[lineHead:]
	if b[0] == partedLine {
		if body, err = joinParts(txn, seq, body); err != nil {
			return nil, err
		}
	}
	if crc32.Checksum(body, castagnoli) != crc {
		return nil, fmt.Errorf("%w: record %d has changed", errStore, seq)
	}
	return body, nil
}

func joinParts(txn *badger.Txn, seq uint64, count []byte) ([]byte, error) {
	if len(count) != 4 || binary.BigEndian.Uint32(count) > tape.MaxFrame/maxPart+1 {
		return nil, fmt.Errorf("%w: parts of record %d", errStore, seq)
	}
	var body []byte
	for i := range binary.BigEndian.Uint32(count) {
		b, err := value(txn, partKey(seq, i))
		if err != nil {
			return nil, fmt.Errorf("%w: part %d of record %d: %w", errStore, i, seq, err)
		}
		body = append(body, b...)
	}
	return body, nil
}

// eachSetting walks the latest settings.
func eachSetting(txn *badger.Txn, fn func(seq uint64)) error {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{keySetting}, PrefetchValues: true, PrefetchSize: 100})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		b, err := it.Item().ValueCopy(nil)
		if err != nil || len(b) != seqBytes {
			return fmt.Errorf("%w: index of settings: %v", errStore, err)
		}
		fn(binary.BigEndian.Uint64(b))
	}
	return nil
}

// eachLive walks the live index in order.
func eachLive(txn *badger.Txn, fn func(seq uint64, group uuid.UUID) error) error {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{keyLive}, PrefetchValues: true, PrefetchSize: 100})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		b, err := it.Item().ValueCopy(nil)
		if err != nil || len(b) != len(uuid.UUID{}) {
			return fmt.Errorf("%w: live index: %v", errStore, err)
		}
		if err := fn(lastSeq(it.Item().Key()), uuid.UUID(b)); err != nil {
			return err
		}
	}
	return nil
}
