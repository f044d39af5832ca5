package catalogdb

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// sortMemory is what one sorter holds before it writes a sorted run to disk.
const sortMemory = 2 << 20

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

// record is where a key and its value lie in the arena.
type record struct{ off, key, value uint32 }

func newSorter(dir, name string, space func(int64) error) *sorter {
	return &sorter{path: filepath.Join(dir, "sort-"+name), space: space, limit: sortMemory}
}

// add takes a copy of key and value.
func (s *sorter) add(key, value []byte) error {
	if len(s.arena)+len(key)+len(value) > s.limit && len(s.records) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.records = append(s.records, record{uint32(len(s.arena)), uint32(len(key)), uint32(len(value))})
	s.arena = append(append(s.arena, key...), value...)
	return nil
}

func (s *sorter) key(r record) []byte   { return s.arena[r.off : r.off+r.key] }
func (s *sorter) value(r record) []byte { return s.arena[r.off+r.key : r.off+r.key+r.value] }

// sort is stable through the offsets; of records at one offset all but the
// last are empty.
func (s *sorter) sort() {
	slices.SortFunc(s.records, func(a, b record) int {
		return cmp.Or(bytes.Compare(s.key(a), s.key(b)), cmp.Compare(a.off, b.off), cmp.Compare(a.key+a.value, b.key+b.value))
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
	for _, r := range s.records {
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
	var sources sources
	for i, f := range s.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		sources = append(sources, &source{order: i, file: bufio.NewReaderSize(f, 1<<15)})
	}
	sources = append(sources, &source{order: len(s.runs), memory: s, rest: s.records})
	sources = slices.DeleteFunc(sources, func(src *source) bool { return !src.next() })
	heap.Init(&sources)
	for len(sources) > 0 {
		src := sources[0]
		if src.err != nil {
			return src.err
		}
		if err := fn(src.key, src.value); err != nil {
			return err
		}
		if src.next() {
			heap.Fix(&sources, 0)
		} else {
			heap.Pop(&sources)
		}
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
	err        error
}

// next moves to the next record; false at the end. A read error keeps the
// source, as the smallest, for each to report.
func (s *source) next() bool {
	if s.memory != nil {
		if len(s.rest) == 0 {
			return false
		}
		s.key, s.value = s.memory.key(s.rest[0]), s.memory.value(s.rest[0])
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
	}
	return true
}

type sources []*source

func (h sources) Len() int      { return len(h) }
func (h sources) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *sources) Push(x any)   { *h = append(*h, x.(*source)) }
func (h *sources) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (h sources) Less(i, j int) bool {
	if (h[i].err != nil) != (h[j].err != nil) {
		return h[i].err != nil
	}
	return cmp.Or(bytes.Compare(h[i].key, h[j].key), cmp.Compare(h[i].order, h[j].order)) < 0
}
