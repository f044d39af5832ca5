package catalogdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// The word index keeps, for a word, the places of the items that have it,
// in blocks of 65536: a block with few of them lists their low halves, one
// with many is a bitmap. Words of one, two or three letters are asked for as
// beginnings of so many other words that their unions are kept ready.

const (
	blockBits  = 16
	blockBytes = 1 << blockBits / 8
	// maxPrefix is the number of letters up to which unions are kept.
	maxPrefix = 3
	// wordMemory is what the word index of a build holds before it goes to
	// the sorter.
	wordMemory = 2 << 20
)

var errPostings = errors.New("catalogdb: stored word index unreadable")

// bitset is a set of places or ordinals.
type bitset []uint64

// newBitset holds ordinals below n, rounded up to whole blocks.
func newBitset(n uint32) bitset {
	blocks := (uint64(n) + 1<<blockBits - 1) >> blockBits
	return make(bitset, max(1, blocks)*(blockBytes/8))
}

func (b bitset) set(n uint32)      { b[n/64] |= 1 << (n % 64) }
func (b bitset) has(n uint32) bool { return b[n/64]&(1<<(n%64)) != 0 }

func (b bitset) intersect(other bitset) (empty bool) {
	var any uint64
	for i := range b {
		b[i] &= other[i]
		any |= b[i]
	}
	return any == 0
}

// each calls fn for every ordinal, rising, until it returns false.
func (b bitset) each(fn func(n uint32) bool) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			if !fn(uint32(i*64 + bits.TrailingZeros64(w))) {
				return
			}
		}
	}
}

// add puts a stored block into the set.
func (b bitset) add(block uint16, stored []byte) error {
	at := int(block) * (blockBytes / 8)
	if at+blockBytes/8 > len(b) || len(stored)%2 != 0 || len(stored) > blockBytes {
		return errPostings
	}
	part := b[at : at+blockBytes/8]
	if len(stored) == blockBytes {
		for i := range part {
			part[i] |= binary.LittleEndian.Uint64(stored[i*8:])
		}
		return nil
	}
	for ; len(stored) > 0; stored = stored[2:] {
		low := binary.LittleEndian.Uint16(stored)
		part[low/64] |= 1 << (low % 64)
	}
	return nil
}

// stored gives the blocks of the set that are not empty.
func (b bitset) stored(fn func(block uint16, value []byte) error) error {
	value := make([]byte, 0, blockBytes)
	for at := 0; at < len(b); at += blockBytes / 8 {
		part, n := b[at:at+blockBytes/8], 0
		for _, w := range part {
			n += bits.OnesCount64(w)
		}
		if n == 0 {
			continue
		}
		value = value[:0]
		if 2*n >= blockBytes {
			for _, w := range part {
				value = binary.LittleEndian.AppendUint64(value, w)
			}
		} else {
			part.each(func(low uint32) bool {
				value = binary.LittleEndian.AppendUint16(value, uint16(low))
				return true
			})
		}
		if err := fn(uint16(at/(blockBytes/8)), value); err != nil {
			return err
		}
	}
	return nil
}

// wordKey is a word's key without the block: space, word, 0.
func wordKey(space byte, word string) []byte {
	return append(append([]byte{space}, word...), 0)
}

// blockOf reads the block from the end of a word's key.
func blockOf(key []byte) uint16 { return binary.BigEndian.Uint16(key[len(key)-2:]) }

// prefixSpace is the key space of the unions of words that begin with so many letters.
func prefixSpace(letters int) byte { return byte('0' + letters) }

// wordCollector gathers the ordinals of each word of a build and hands them
// to a sorter by the buffer: a word that stands in half of the names is not
// half a million records.
type wordCollector struct {
	lists map[string]*wordList
	size  int
	out   *sorter
}

// wordList are rising ordinals: each is the distance from the one before.
type wordList struct {
	first, last uint32
	steps       []byte
}

func newWordCollector(out *sorter) *wordCollector {
	return &wordCollector{lists: map[string]*wordList{}, out: out}
}

// add takes ordinals in rising order.
func (c *wordCollector) add(word []byte, ordinal uint32) error {
	list := c.lists[string(word)]
	if list == nil {
		c.size += len(word) + 160 // the map's and the list's share, roughly
		list = &wordList{first: ordinal, steps: make([]byte, 0, 8)}
		c.lists[string(word)] = list
	}
	was := cap(list.steps)
	list.steps = binary.AppendUvarint(list.steps, uint64(ordinal-list.last))
	list.last = ordinal
	if c.size += cap(list.steps) - was; c.size > wordMemory {
		return c.flush()
	}
	return nil
}

// flush sorts what was gathered in after what came before: the first ordinal
// of a list ends its key, and ordinals only rise.
func (c *wordCollector) flush() error {
	var key []byte
	for word, list := range c.lists {
		key = append(append(key[:0], word...), 0)
		if err := c.out.add(binary.BigEndian.AppendUint32(key, list.first), list.steps); err != nil {
			return err
		}
	}
	clear(c.lists)
	c.size = 0
	return nil
}

// splitWord takes the word from a collector's key.
func splitWord(key []byte) (word []byte) { return key[:bytes.IndexByte(key, 0)] }

// eachStep walks a collector's list of ordinals below limit.
func eachStep(steps []byte, limit uint32, fn func(ordinal uint32)) error {
	for at := uint64(0); len(steps) > 0; {
		step, size := binary.Uvarint(steps)
		if size <= 0 || step >= uint64(limit) || at+step >= uint64(limit) {
			return errPostings
		}
		at += step
		fn(uint32(at))
		steps = steps[size:]
	}
	return nil
}

// wordSet is a word, or a beginning of words, whose places are gathered: few
// of them as a list, for most words are rare, many as a set.
type wordSet struct {
	space byte
	text  []byte
	few   []uint32
	many  bitset
	full  bool // they are in many
}

// maxFew is how many places of a word are worth a set.
const maxFew = 1 << 12

func (s *wordSet) add(place uint32) {
	if s.full {
		s.many.set(place)
		return
	}
	if s.few = append(s.few, place); len(s.few) < maxFew {
		return
	}
	for _, p := range s.few {
		s.many.set(p)
	}
	s.few, s.full = s.few[:0], true
}

// stored gives the blocks that are not empty, and empties the set.
func (s *wordSet) stored(fn func(block uint16, value []byte) error) error {
	if s.full {
		err := s.many.stored(fn)
		clear(s.many)
		s.full = false
		return err
	}
	slices.Sort(s.few)
	s.few = slices.Compact(s.few)
	var value []byte
	for at := 0; at < len(s.few); {
		block := s.few[at] >> blockBits
		value = value[:0]
		for ; at < len(s.few) && s.few[at]>>blockBits == block; at++ {
			value = binary.LittleEndian.AppendUint16(value, uint16(s.few[at]))
		}
		if err := fn(uint16(block), value); err != nil {
			return err
		}
	}
	s.few = s.few[:0]
	return nil
}
