package feed

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/kassa-pos/kassa/offline/evotor"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// errCursor: not a cursor this program has given out.
var errCursor = errors.New("feed: bad cursor")

const cursorVersion = 1

// cursor is where a reading stands.
type cursor struct {
	after  uint64 // the last record that was given out
	before uint64 // what comes from here on belongs to another reading
	since  int64  // Unix milliseconds; 0: none
	until  int64
	types  uint64 // bits in the order of evotor.Types, which never changes; 0: all
}

// String makes it opaque. The sum tells a cut or mistyped cursor from a good
// one; whoever forges one reads no more than he may.
func (c cursor) String() string {
	b := []byte{cursorVersion}
	for _, n := range []uint64{c.after, c.before, uint64(c.since), uint64(c.until), c.types} {
		b = binary.AppendUvarint(b, n)
	}
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (c cursor, err error) {
	const sum = 4
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) < 1+sum || b[0] != cursorVersion {
		return c, errCursor
	}
	body := b[:len(b)-sum]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(b[len(body):]) {
		return c, errCursor
	}
	body = body[1:]
	var n [5]uint64
	for i := range n {
		v, size := binary.Uvarint(body)
		if size <= 0 {
			return c, errCursor
		}
		n[i], body = v, body[size:]
	}
	c = cursor{after: n[0], before: n[1], since: int64(n[2]), until: int64(n[3]), types: n[4]}
	if len(body) > 0 || c.before == 0 || c.after >= c.before || c.since < 0 || c.until < 0 || c.types >= 1<<len(evotor.Types()) {
		return c, errCursor
	}
	return c, nil
}

// filter is what is left to be read.
func (c cursor) filter() record.Filter {
	f := record.Filter{After: c.after, Before: c.before, Kinds: []record.Kind{record.Document}}
	if c.since > 0 {
		f.Since = time.UnixMilli(c.since)
	}
	if c.until > 0 {
		f.Until = time.UnixMilli(c.until)
	}
	for i, t := range evotor.Types() {
		if c.types == 0 || c.types&(1<<i) != 0 {
			f.Types = append(f.Types, string(t))
		}
	}
	return f
}

// bit is a type's place in a cursor; false for one the format has not.
func bit(t doc.Type) (uint64, bool) {
	for i, known := range evotor.Types() {
		if t == known {
			return 1 << i, true
		}
	}
	return 0, false
}
