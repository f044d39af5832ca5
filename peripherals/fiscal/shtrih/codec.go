package shtrih

import (
	"strings"
	"time"
)

// packer builds the parameters of a command. Integers are little-endian.
type packer struct{ b []byte }

func pack() *packer { return &packer{} }

// u appends v in n bytes.
func (p *packer) u(v uint64, n int) *packer {
	for range n {
		p.b = append(p.b, byte(v))
		v >>= 8
	}
	return p
}

func (p *packer) bytes(b ...byte) *packer {
	p.b = append(p.b, b...)
	return p
}

// unpacker reads an answer. Answers may be shorter than documented: what is
// missing reads as zero, and short tells so.
type unpacker struct {
	b     []byte
	short bool
}

func (u *unpacker) bytes(n int) []byte {
	if len(u.b) < n {
		u.b, u.short = nil, true
		return make([]byte, n)
	}
	v := u.b[:n]
	u.b = u.b[n:]
	return v
}

func (u *unpacker) u(n int) uint64 {
	var v uint64
	for i, b := range u.bytes(n) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

func (u *unpacker) byte() byte { return u.bytes(1)[0] }

func (u *unpacker) ascii(n int) string {
	return strings.TrimRight(string(u.bytes(n)), " \x00")
}

// minute reads the FN's DATE_TIME: YY MM DD hh mm. Zero bytes, or what is no
// date, give the zero time.
func (u *unpacker) minute(zone *time.Location) time.Time {
	b := u.bytes(5)
	return date(b[0], b[1], b[2], b[3], b[4], 0, zone)
}

// date builds a time of year 2000+yy, or the zero time when it does not exist.
func date(yy, mm, dd, h, m, s byte, zone *time.Location) time.Time {
	t := time.Date(2000+int(yy), time.Month(mm), int(dd), int(h), int(m), int(s), 0, zone)
	if t.Month() != time.Month(mm) || t.Day() != int(dd) || t.Hour() != int(h) || t.Minute() != int(m) || t.Second() != int(s) {
		return time.Time{}
	}
	return t
}
