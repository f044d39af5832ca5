package catalogdb

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// sortMemory is what one sorter holds before it writes a sorted run to disk.
const sortMemory = 4 << 20

// sorter brings any number of records into the order of their keys with
// little memory: full buffers are sorted and written as runs, each merges
// them. Records with equal keys keep the order in which they came.
type sorter struct {
	path    string            // of the run files, without their number
	space   func(int64) error // asked before so many bytes are written
	limit   int               // bytes held in memory
	arena   []byte
	records []record
	runs    []*os.File
	spilled int64
}

// record is where a key and its value lie in the arena. The beginning of the
// key, which nearly always decides, is at hand.
type record struct {
	head            uint64
	off, key, value uint32
}

// recordBytes is what a record takes beside its key and value.
const recordBytes = 24

func newSorter(dir, name string, space func(int64) error) *sorter {
	return &sorter{path: filepath.Join(dir, "sort-"+name), space: space, limit: sortMemory}
}

// add takes a copy of key and value.
func (s *sorter) add(key, value []byte) error {
	if s.held()+len(key)+len(value)+recordBytes > s.limit && len(s.records) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.records = append(s.records, record{head(key), uint32(len(s.arena)), uint32(len(key)), uint32(len(value))})
	s.arena = append(append(s.arena, key...), value...)
	return nil
}

// held is how much memory is in use.
func (s *sorter) held() int { return len(s.arena) + recordBytes*len(s.records) }

// head is the first bytes of a key as a number that orders like them.
func head(key []byte) (n uint64) {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	for i, b := range key {
		n |= uint64(b) << (56 - 8*i)
	}
	return n
}

func (s *sorter) key(r *record) []byte   { return s.arena[r.off : r.off+r.key] }
func (s *sorter) value(r *record) []byte { return s.arena[r.off+r.key : r.off+r.key+r.value] }

// sort is stable through the offsets; of records at one offset all but the
// last are empty.
func (s *sorter) sort() {
	slices.SortFunc(s.records, func(a, b record) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		if c := bytes.Compare(s.key(&a), s.key(&b)); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.key+a.value, b.key+b.value))
	})
}

// spill writes the buffer as a run.
func (s *sorter) spill() (err error) {
	size := int64(len(s.arena) + len(s.records)*2*binary.MaxVarintLen32)
	if err := s.space(size); err != nil {
		return err
	}
	f, err := os.OpenFile(fmt.Sprintf("%s-%d", s.path, len(s.runs)), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, f)
	s.sort()
	w := bufio.NewWriterSize(f, 1<<16)
	var head []byte
	for i := range s.records {
		r := &s.records[i]
		head = binary.AppendUvarint(binary.AppendUvarint(head[:0], uint64(r.key)), uint64(r.value))
		for _, part := range [][]byte{head, s.arena[r.off : r.off+r.key+r.value]} {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
	}
	s.spilled += size
	s.arena, s.records = s.arena[:0], s.records[:0]
	return w.Flush()
}

// each calls fn for all records in order. Key and value are valid during the
// call only.
func (s *sorter) each(fn func(key, value []byte) error) error {
	s.sort()
	var heap sources
	for i, f := range s.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		heap.add(&source{order: i, file: bufio.NewReaderSize(f, 1<<15)})
	}
	heap.add(&source{order: len(s.runs), memory: s, rest: s.records})
	for len(heap) > 0 {
		src := heap[0]
		if src.err != nil {
			return src.err
		}
		if err := fn(src.key, src.value); err != nil {
			return err
		}
		if !src.next() {
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		}
		heap.down(0)
	}
	return nil
}

// close removes the runs.
func (s *sorter) close() error {
	var errs []error
	for _, f := range s.runs {
		errs = append(errs, f.Close(), os.Remove(f.Name()))
	}
	s.runs, s.arena, s.records = nil, nil, nil
	return errors.Join(errs...)
}

// source is a sorted run: of a file, or what is still in memory.
type source struct {
	order      int
	file       *bufio.Reader
	memory     *sorter
	rest       []record
	key, value []byte
	head       uint64
	err        error
}

// next moves to the next record; false at the end. A read error keeps the
// source, as the smallest, for each to report.
func (s *source) next() bool {
	if s.memory != nil {
		if len(s.rest) == 0 {
			return false
		}
		r := &s.rest[0]
		s.key, s.value, s.head = s.memory.key(r), s.memory.value(r), r.head
		s.rest = s.rest[1:]
		return true
	}
	klen, err := binary.ReadUvarint(s.file)
	if err == io.EOF {
		return false
	}
	vlen, err2 := binary.ReadUvarint(s.file)
	if s.err = errors.Join(err, err2); s.err == nil && max(klen, vlen) > 2*sortMemory {
		s.err = fmt.Errorf("sorted run damaged: record of %d and %d bytes", klen, vlen)
	}
	if s.err == nil {
		s.key, s.value = slices.Grow(s.key[:0], int(klen))[:klen], slices.Grow(s.value[:0], int(vlen))[:vlen]
		_, err = io.ReadFull(s.file, s.key)
		_, err2 = io.ReadFull(s.file, s.value)
		s.err = errors.Join(err, err2)
		s.head = head(s.key)
	}
	return true
}

// sources are a heap, the source with the smallest record first.
type sources []*source

func (h *sources) add(s *source) {
	if !s.next() {
		return
	}
	*h = append(*h, s)
	for at := len(*h) - 1; at > 0 && h.less(at, (at-1)/2); at = (at - 1) / 2 {
		(*h)[at], (*h)[(at-1)/2] = (*h)[(at-1)/2], (*h)[at]
	}
}

// down lets a source sink to its place.
func (h sources) down(at int) {
	for {
		least := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(h); child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == at {
			return
		}
		h[at], h[least] = h[least], h[at]
		at = least
	}
}

func (h sources) less(i, j int) bool {
	a, b := h[i], h[j]
	if (a.err != nil) != (b.err != nil) {
		return a.err != nil
	}
	if a.head != b.head {
		return a.head < b.head
	}
	return cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(a.order, b.order)) < 0
}
