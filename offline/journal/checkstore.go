package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math"

	"github.com/dgraph-io/badger/v4"

	"github.com/kassa-pos/kassa/offline/tape"
)

// Badger is compared with the tape in passes: its records side by side with
// the lines, then every index from one end to the other. To look each record
// up in each index would take five times as long. Only when a record differs,
// all that follow are looked up one by one.

// comparison is Badger's side of a check.
type comparison struct {
	txn    *badger.Txn
	stored *meta // Badger's, when it may be behind the tape or ahead of it
	bad    bool

	lines *lines
	base  uint64
	last  uint64 // compared

	seed maphash.Seed
	sums map[byte][]uint64 // by letter of an index and block of records: of the hashes of their entries, those that are there taken away
	part bool              // a line could not be read, so nobody knows its entries
	key  []byte
}

func newComparison(txn *badger.Txn, stored *meta, base uint64) *comparison {
	return &comparison{txn: txn, stored: stored, lines: linesFrom(txn, base+1), base: base, last: base, seed: maphash.MakeSeed(), sums: map[byte][]uint64{}}
}

// close must come before the transaction's end.
func (c *comparison) close() { c.lines.close() }

// holds tells whether Badger says to have a record.
func (c *comparison) holds(seq uint64) bool { return c.stored == nil || seq <= c.stored.Seq }

// record compares a record.
func (c *comparison) record(l tape.Line, r *stored) error {
	c.last = l.Seq
	c.expect(r)
	err := safely(func() error {
		stored, err := c.lines.line(l.Seq)
		if err != nil {
			return err
		}
		if !bytes.Equal(stored, l.Data) {
			c.close() // from here on one by one
			return differs(l.Seq)
		}
		if !c.lines.inStep() {
			if err := c.lookUp(r); err != nil {
				return err
			}
		}
		return c.latest(r)
	})
	if err != nil {
		c.bad = true
	}
	return err
}

// differs is the error for a record that is not the tape's.
func differs(seq uint64) error {
	return fmt.Errorf("%w: record %d differs from the tape's", errStore, seq)
}

// indexLetters are the indexes that list records by number.
var indexLetters = []byte{keyKind, keyType, keyShift, keySealed, keyCarried}

// expect adds the entries a record should have to the sums.
func (c *comparison) expect(r *stored) {
	if r.Carried > 0 {
		c.key = binary.BigEndian.AppendUint64(append(c.key[:0], seqKey(keyCarried, r.Carried)...), r.Seq)
		c.count(r.Seq, c.key, 1)
		return
	}
	for _, prefix := range prefixes(r) {
		c.key = binary.BigEndian.AppendUint64(append(c.key[:0], prefix...), r.Seq)
		c.count(r.Seq, c.key, 1)
	}
}

// count adds an entry of a record to the sums, or takes it away.
func (c *comparison) count(seq uint64, entry []byte, times uint64) {
	letter, block := entry[0], blockOf(seq)-blockOf(c.base)
	for uint64(len(c.sums[letter])) <= block {
		c.sums[letter] = append(c.sums[letter], 0)
	}
	c.sums[letter][block] += times * maphash.Bytes(c.seed, entry)
}

// indexes reads all entries of the indexes and takes them from the sums:
// nothing must be left.
func (c *comparison) indexes(rep *Report, alive func() error) error {
	c.close()
	if c.bad || c.part {
		return nil
	}
	for _, letter := range indexLetters {
		var stop error
		err := safely(func() error { stop = c.index(letter, alive); return nil })
		if stop != nil {
			return stop
		}
		if err != nil {
			c.bad = true
			rep.add("badger.index", 0, "index %q: %v", letter, err)
			continue
		}
		for block, sum := range c.sums[letter] {
			if sum != 0 {
				c.bad = true
				first := max(c.base+1, (blockOf(c.base)+uint64(block))<<blockShift)
				rep.add("badger.index", first, "index %q does not list what it should of the %d records from here", letter, 1<<blockShift)
				break
			}
		}
	}
	return nil
}

func (c *comparison) index(letter byte, alive func() error) error {
	it := c.txn.NewIterator(badger.IteratorOptions{Prefix: []byte{letter}})
	defer it.Close()
	n := 0
	for it.Rewind(); it.Valid(); it.Next() {
		if n++; n%(1<<12) == 0 {
			if err := alive(); err != nil {
				return err
			}
		}
		c.key = append(c.key[:0], it.Item().Key()...)
		if letter == keyCarried {
			b, err := it.Item().ValueCopy(nil)
			if err != nil {
				b = nil
			}
			c.key = append(c.key, b...)
		}
		if len(c.key) <= seqBytes {
			c.key = binary.BigEndian.AppendUint64(c.key, c.base+1) // nobody wrote that
		}
		if seq := lastSeq(c.key); seq > c.base && seq <= c.last {
			c.count(seq, c.key, math.MaxUint64)
		}
	}
	return nil
}

// lookUp finds a record in every index.
func (c *comparison) lookUp(r *stored) error {
	if r.Carried > 0 {
		key := seqKey(keyCarried, r.Carried)
		at, err := seqValue(c.txn, key)
		if err == nil && at != r.Seq {
			err = ErrNotFound
		}
		return unindexed(key, err)
	}
	for _, prefix := range prefixes(r) {
		key := withSeq(prefix, r.Seq)
		if _, err := value(c.txn, key); err != nil {
			return unindexed(key, err)
		}
	}
	return nil
}

// latest finds a record, or a later one, by its name.
func (c *comparison) latest(r *stored) error {
	key := latestKey(&r.Record)
	if key == nil {
		return nil
	}
	at, err := seqValue(c.txn, key)
	if err == nil && at < r.Seq {
		err = ErrNotFound
	}
	return unindexed(key, err)
}

// errIndex: a record that is not found where it should be.
var errIndex = errors.New("not found under index")

func unindexed(key []byte, err error) error {
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%w %q", errIndex, key[:1])
	}
	return err
}
