package catalogdb

import (
	"fmt"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/ristretto/v2/z"
)

// writeBuffer is how many bytes go to Badger at a time.
const writeBuffer = 256 << 10

// writer feeds Badger's stream writer, which makes tables straight from
// sorted keys. Each key space is a stream of its own, and within it keys must
// rise: Badger panics in a goroutine of its own when they do not, so put
// checks.
type writer struct {
	sw   *badger.StreamWriter
	buf  *z.Buffer
	last map[byte][]byte
}

func newWriter(db *badger.DB) (*writer, error) {
	w := &writer{sw: db.NewStreamWriter(), buf: z.NewBuffer(2*writeBuffer, "catalogdb"), last: map[byte][]byte{}}
	if err := w.sw.Prepare(); err != nil {
		w.cancel()
		return nil, fmt.Errorf("prepare generation: %w", err)
	}
	return w, nil
}

// put writes a key of a space; key and value are copied.
func (w *writer) put(space byte, key, value []byte) error {
	if last := w.last[space]; last != nil && string(last) >= string(key) {
		return fmt.Errorf("catalogdb: key %x of space %c does not follow %x", key, space, last)
	}
	if len(value) >= maxValue {
		return fmt.Errorf("catalogdb: value of %d bytes in space %c", len(value), space)
	}
	w.last[space] = append(w.last[space][:0], key...)
	badger.KVToBuffer(&pb.KV{Key: key, Value: value, Version: 1, StreamId: uint32(space)}, w.buf)
	if w.buf.LenNoPadding() < writeBuffer {
		return nil
	}
	return w.write()
}

func (w *writer) write() error {
	err := w.sw.Write(w.buf)
	w.buf.Reset()
	return err
}

// done ends a space, so that its buffers are free for the next.
func (w *writer) done(space byte) error {
	if w.last[space] == nil {
		return nil
	}
	if err := w.write(); err != nil { // what is buffered must come before the mark
		return err
	}
	badger.KVToBuffer(&pb.KV{StreamId: uint32(space), StreamDone: true}, w.buf)
	return w.write()
}

// flush ends everything; the tables are complete when it returns.
func (w *writer) flush() error {
	if err := w.write(); err != nil {
		return err
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
