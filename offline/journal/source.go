package journal

import "github.com/dgraph-io/badger/v4"

// source gives sequences in order.
type source interface {
	// seek gives the first sequence at or behind seq in the direction of the
	// scan. Calls only move on.
	seek(seq uint64) (uint64, bool)
	close()
}

// everything is all records: there are no gaps.
type everything struct{}

func (everything) seek(seq uint64) (uint64, bool) { return seq, true }
func (everything) close()                         {}

// index walks the keys of one prefix.
type index struct {
	it      *badger.Iterator
	prefix  []byte
	reverse bool
	begun   bool
}

func newIndex(txn *badger.Txn, prefix []byte, reverse bool) *index {
	return &index{it: txn.NewIterator(badger.IteratorOptions{Prefix: prefix, Reverse: reverse}), prefix: prefix, reverse: reverse}
}

func (x *index) seek(seq uint64) (uint64, bool) {
	const near = 4 // steps that are cheaper than a search
	if x.begun {
		for range near {
			at, ok := x.at()
			if !ok || at == seq || (at < seq) == x.reverse {
				return at, ok
			}
			x.it.Next()
		}
	}
	x.begun = true
	x.it.Seek(withSeq(x.prefix, seq))
	return x.at()
}

func (x *index) at() (uint64, bool) {
	if !x.it.ValidForPrefix(x.prefix) || len(x.it.Item().Key()) != len(x.prefix)+seqBytes {
		return 0, false
	}
	return lastSeq(x.it.Item().Key()), true
}

func (x *index) close() { x.it.Close() }

// merged gives the sequences of several indexes in one order, each once.
type merged struct {
	of      []*index
	reverse bool
}

func (m *merged) seek(seq uint64) (best uint64, ok bool) {
	for _, x := range m.of {
		at, found := x.seek(seq)
		if found && (!ok || (at < best) != m.reverse) {
			best, ok = at, true
		}
	}
	return best, ok
}

func (m *merged) close() {
	for _, x := range m.of {
		x.close()
	}
}
