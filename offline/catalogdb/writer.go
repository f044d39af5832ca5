package catalogdb

import (
	"fmt"
	"sync"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/ristretto/v2/z"
)

// writeBuffer is how many bytes go to Badger at a time.
const writeBuffer = 256 << 10

// writer feeds Badger's stream writer, which makes tables straight from
// sorted keys. Each key space is a stream of its own, and within it keys must
// rise: Badger panics in a goroutine of its own when they do not, so put
// checks. A space belongs to one goroutine at a time; different spaces may be
// written concurrently.
type writer struct {
	sw *badger.StreamWriter

	mu    sync.Mutex // of buf and the map
	buf   *z.Buffer
	open  map[byte]*page
	ended []byte // spaces that are written
}

func newWriter(db *badger.DB) (*writer, error) {
	w := &writer{sw: db.NewStreamWriter(), buf: z.NewBuffer(2*writeBuffer, "catalogdb"), open: map[byte]*page{}}
	if err := w.sw.Prepare(); err != nil {
		w.cancel()
		return nil, fmt.Errorf("prepare generation: %w", err)
	}
	return w, nil
}

// page gives the page of a space that is being filled.
func (w *writer) page(space byte) *page {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.open[space]
	if p == nil {
		p = &page{buf: make([]byte, 0, 2*pageBytes)}
		w.open[space] = p
	}
	return p
}

// put writes a record of a space; key and value are copied.
func (w *writer) put(space byte, key, value []byte) error {
	p := w.page(space)
	if p.any && string(p.last) >= string(key) {
		return fmt.Errorf("catalogdb: key %x of space %c does not follow %x", key, space, p.last)
	}
	if len(value) >= maxRecord {
		return fmt.Errorf("catalogdb: value of %d bytes in space %c", len(value), space)
	}
	if len(p.buf) > 0 && len(p.buf)+len(value) > pageBytes {
		if err := w.write(space, p.last, p.buf); err != nil {
			return err
		}
		p.buf = p.buf[:0]
	}
	p.add(key, value)
	return nil
}

// write hands a page to Badger.
func (w *writer) write(space byte, key, stored []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	badger.KVToBuffer(&pb.KV{Key: key, Value: stored, Version: 1, StreamId: uint32(space)}, w.buf)
	if w.buf.LenNoPadding() < writeBuffer {
		return nil
	}
	return w.drain()
}

// drain empties the buffer. w.mu is held.
func (w *writer) drain() error {
	err := w.sw.Write(w.buf)
	w.buf.Reset()
	return err
}

// done ends a space with its last page, so that its buffers are free for the
// next. It may be called again.
func (w *writer) done(space byte) error {
	w.mu.Lock()
	p := w.open[space]
	w.mu.Unlock()
	if p == nil {
		return nil // there is nothing in it, or it was ended before
	}
	if err := w.write(space, endKey(space), p.buf); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = append(w.ended, space)
	delete(w.open, space)
	if err := w.drain(); err != nil { // what is buffered must come before the mark
		return err
	}
	badger.KVToBuffer(&pb.KV{StreamId: uint32(space), StreamDone: true}, w.buf)
	return w.drain()
}

// flush ends everything; the tables are complete when it returns.
func (w *writer) flush() error {
	if len(w.open) > 0 {
		return fmt.Errorf("catalogdb: %d spaces without an end", len(w.open))
	}
	err := w.sw.Flush()
	w.sw = nil
	return err
}

// cancel ends the stream writer if flush has not, and frees the buffer.
func (w *writer) cancel() {
	if w.sw != nil {
		w.sw.Cancel()
		w.sw = nil
	}
	if w.buf != nil {
		// Release of calloc'ed memory has nothing to report.
		_ = w.buf.Release()
		w.buf = nil
	}
}
