package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// block is the span of time of 256 records that follow each other. Records
// keep their order when the clock goes back, so a span may overlap others.
type block struct {
	number   uint64 // seq >> blockShift
	from, to int64  // unix milliseconds, rounded down; from > to: empty
	used     bool
}

func blockOf(seq uint64) uint64 { return seq >> blockShift }

// with gives the block after the record (seq, at).
func (b block) with(seq uint64, at time.Time) block {
	ms := at.UnixMilli()
	if !b.used || b.number != blockOf(seq) {
		return block{number: blockOf(seq), from: ms, to: ms, used: true}
	}
	b.from, b.to = min(b.from, ms), max(b.to, ms)
	return b
}

func (b block) bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(b.from)), uint64(b.to))
}

// load reads the block of seq; an absent one stays unused.
func (b *block) load(txn *badger.Txn, seq uint64) error {
	*b = block{number: blockOf(seq)}
	v, err := value(txn, seqKey(keyBlock, b.number))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(v) != 16 {
		return fmt.Errorf("%w: block of %d bytes", errStore, len(v))
	}
	b.from, b.to, b.used = int64(binary.BigEndian.Uint64(v)), int64(binary.BigEndian.Uint64(v[8:])), true
	return nil
}

// meets tells whether records between since and until may be in the block.
// Zero times do not restrict; an unused block is not trusted.
func (b block) meets(since, until time.Time) bool {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if !since.IsZero() {
		low = since.UnixMilli()
	}
	if !until.IsZero() {
		high = until.UnixMilli()
	}
	return !b.used || (b.to >= low && b.from <= high)
}
