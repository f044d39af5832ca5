package catalogdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Records of a generation are small and many, and for each key Badger spends
// what ten of them need, in time and in space. So sorted records are packed
// into pages, and a page is one value of Badger's under the key of its last
// record: the first page at or after a key is the only one that can have it.
// The last page of a space stands under a key that no record reaches, so a
// look-up that finds no page at all has found damage, not an answer.
//
// A record in a page: how many bytes of the key it shares with the record
// before, the rest of its key, its value; lengths are varints.

const (
	// pageBytes is what a page holds before the next begins; about Badger's block.
	pageBytes = 4 << 10
	// endMark, repeated endMarks times after the space, is the key of a space's
	// last page.
	endMark, endMarks = 0xff, 40
)

// endKey is the key of a space's last page.
func endKey(space byte) []byte {
	return append([]byte{space}, bytes.Repeat([]byte{endMark}, endMarks)...)
}

// page is one being filled.
type page struct {
	buf  []byte
	last []byte // key of the last record
	any  bool   // a record has come, in this page or one before
}

// add puts a record behind the others.
func (p *page) add(key, value []byte) {
	shared := 0
	if len(p.buf) > 0 {
		for shared < len(key) && shared < len(p.last) && key[shared] == p.last[shared] {
			shared++
		}
	}
	p.buf = binary.AppendUvarint(p.buf, uint64(shared))
	p.buf = binary.AppendUvarint(p.buf, uint64(len(key)-shared))
	p.buf = append(p.buf, key[shared:]...)
	p.buf = binary.AppendUvarint(p.buf, uint64(len(value)))
	p.buf = append(p.buf, value...)
	p.last, p.any = append(p.last[:0], key...), true
}

var errPage = errors.New("catalogdb: stored page unreadable")

// records walks a page. The key is valid during the call, the value as long
// as the page.
func records(stored, keyBuf []byte, fn func(key, value []byte) (bool, error)) (more bool, key []byte, err error) {
	key = keyBuf[:0]
	for len(stored) > 0 {
		shared, a := binary.Uvarint(stored)
		if a <= 0 || shared > uint64(len(key)) {
			return false, key, errPage
		}
		rest, b := binary.Uvarint(stored[a:])
		if b <= 0 || rest > uint64(len(stored)-a-b) {
			return false, key, errPage
		}
		stored = stored[a+b:]
		key = append(key[:shared], stored[:rest]...)
		stored = stored[rest:]
		size, c := binary.Uvarint(stored)
		if c <= 0 || size > uint64(len(stored)-c) {
			return false, key, errPage
		}
		value := stored[c : uint64(c)+size : uint64(c)+size]
		stored = stored[uint64(c)+size:]
		if more, err := fn(key, value); err != nil || !more {
			return false, key, err
		}
	}
	return true, key, nil
}

// view is one reading of a generation. It belongs to one goroutine.
type view struct {
	g   *generation
	one cursor // of single look-ups: making one costs as much as a look-up
	key []byte
}

func (v *view) close() error { return v.one.close() }

// pages calls fn for the pages from the one that may hold key on, within its
// space.
func (v *view) pages(c *cursor, key []byte, fn func(stored []byte) (bool, error)) error {
	if v.g.spaces != "" && strings.IndexByte(v.g.spaces, key[0]) < 0 {
		return nil // there is nothing in it
	}
	last := endKey(key[0])
	err := c.seek(key)
	for ; err == nil; err = c.next() {
		if c.key()[0] != key[0] {
			break
		}
		more, err := fn(c.value())
		if errors.Is(err, errPage) {
			err = fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if err != nil || !more || bytes.Equal(c.key(), last) {
			return err
		}
	}
	return fmt.Errorf("%w: a page of space %c is missing: %v", ErrDamaged, key[0], err)
}

// get reads one record; ErrNotFound when it is absent. The value is valid as
// long as the view.
func get(v *view, key []byte) (value []byte, err error) {
	found := false
	err = v.pages(&v.one, key, func(stored []byte) (_ bool, err error) {
		_, v.key, err = records(stored, v.key, func(k, val []byte) (bool, error) {
			c := bytes.Compare(k, key)
			if c == 0 {
				value, found = val, true
			}
			return c < 0, nil
		})
		return false, err
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	return value, err
}

// scan calls fn for the records whose keys begin with prefix, from the key
// from (or the first) on, until fn returns false. fn may use the view; the key
// is valid during the call.
func scan(v *view, prefix, from []byte, fn func(key, value []byte) (bool, error)) (err error) {
	if from == nil {
		from = prefix
	}
	c := &cursor{all: v.g.tables}
	defer func() { err = errors.Join(err, c.close()) }()
	var buf []byte
	return v.pages(c, from, func(stored []byte) (more bool, err error) {
		over := false
		more, buf, err = records(stored, buf, func(key, value []byte) (bool, error) {
			switch {
			case bytes.Compare(key, from) < 0:
				return true, nil
			case !bytes.HasPrefix(key, prefix):
				over = true
				return false, nil
			}
			return fn(key, value)
		})
		return more && !over, err
	})
}
