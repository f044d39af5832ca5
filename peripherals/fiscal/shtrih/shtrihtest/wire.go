package shtrihtest

import "time"

// reader takes a request apart. Lengths are checked before a handler runs.
type reader struct{ b []byte }

func (r *reader) bytes(n int) []byte {
	n = min(n, len(r.b))
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u(n int) uint64 {
	var v uint64
	for i, b := range r.bytes(n) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

func (r *reader) byte() byte { return byte(r.u(1)) }

// le appends v in n bytes, lowest first.
func le(b []byte, v uint64, n int) []byte {
	for range n {
		b = append(b, byte(v))
		v >>= 8
	}
	return b
}

// minute is the FN's DATE_TIME: YY MM DD hh mm, zero bytes for none.
func minute(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0, 0, 0, 0, 0)
	}
	return append(b, byte(t.Year()-2000), byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()))
}

// padded is s in n bytes with spaces after it.
func padded(b []byte, s string, n int) []byte {
	for i := range n {
		if i < len(s) {
			b = append(b, s[i])
		} else {
			b = append(b, ' ')
		}
	}
	return b
}

// appendTLV appends one tag.
func appendTLV(b []byte, tag uint16, value []byte) []byte {
	b = le(b, uint64(tag), 2)
	b = le(b, uint64(len(value)), 2)
	return append(b, value...)
}

// vln is an integer without trailing zero bytes.
func vln(v uint64) []byte {
	var b []byte
	for ; v > 0; v >>= 8 {
		b = append(b, byte(v))
	}
	return b
}

// fvln is a decimal number: how many digits stand after the point, then the
// integer.
func fvln(v uint64, decimals byte) []byte { return append([]byte{decimals}, vln(v)...) }

// parseTLV reads a run of tags; ok is false when it is broken.
func parseTLV(b []byte) (tags []tag, ok bool) {
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, false
		}
		n := int(b[2]) | int(b[3])<<8
		if len(b) < 4+n {
			return nil, false
		}
		tags = append(tags, tag{Tag: uint16(b[0]) | uint16(b[1])<<8, Value: append([]byte(nil), b[4:4+n]...)})
		b = b[4+n:]
	}
	return tags, true
}

// tag is one FFD tag with its raw value.
type tag struct {
	Tag   uint16 `json:"tag"`
	Value []byte `json:"value"`
}
