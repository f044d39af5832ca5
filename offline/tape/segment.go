package tape

import (
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

const (
	segmentSuffix = ".tape"
	freshSuffix   = ".new" // being filled; removed on open
	segmentDigits = 8
	segmentMagic  = "kassa-tape 1 segment="
	segmentFormat = segmentMagic + "%08d first=%020d id=%s chain=%x"
	segmentHead   = len(segmentMagic) + segmentDigits + len(" first=") + 20 + len(" id=") + 36 + len(" chain=") + 64 + crcBytes
)

// segment is what a segment's header says.
type segment struct {
	number int
	first  uint64 // sequence of its first line
	id     uuid.UUID
	chain  Hash // before its first line
}

func segmentName(number int) string {
	return fmt.Sprintf("%0*d%s", segmentDigits, number, segmentSuffix)
}

// segmentNumber reads a file's name; ok is false for other files.
func segmentNumber(name string) (number int, ok bool) {
	digits, found := strings.CutSuffix(name, segmentSuffix)
	if !found || len(digits) != segmentDigits {
		return 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		number = number*10 + int(d-'0')
	}
	return number, number > 0
}

func (s segment) path(dir string) string { return filepath.Join(dir, segmentName(s.number)) }

// appendSegment adds the header sector.
func appendSegment(buf []byte, s segment) []byte {
	start := len(buf)
	buf = fmt.Appendf(buf, segmentFormat, s.number, s.first, s.id, s.chain)
	buf = fmt.Appendf(buf, crcFormat, crc32.Checksum(buf[start:], castagnoli))
	return blank(buf, start+Sector-len(buf))
}

// readSegment reads the header: errBlank, errFrame or the disk's error.
func readSegment(f io.ReaderAt, size int64) (segment, error) {
	if size < Sector {
		return segment{}, errBlank
	}
	var b [Sector]byte
	if err := readFull(f, b[:], 0); err != nil {
		return segment{}, err
	}
	if isBlank(b[:]) {
		return segment{}, errBlank
	}
	if err := newerSegment(b[:]); err != nil {
		return segment{}, err
	}
	return parseSegment(b[:])
}

func parseSegment(b []byte) (segment, error) {
	if len(b) < segmentHead || b[segmentHead-1] != '\n' {
		return segment{}, errFrame
	}
	c := cursor{rest: b[:segmentHead-crcBytes]}
	var s segment
	s.number = int(c.number(segmentMagic, segmentDigits))
	s.first = c.number(" first=", 20)
	id, err := uuid.ParseBytes(c.take(" id=", 36))
	s.id = id
	s.chain = c.hash(" chain=")
	crc := fmt.Appendf(nil, crcFormat, crc32.Checksum(b[:segmentHead-crcBytes], castagnoli))
	if c.bad || err != nil || len(c.rest) != 0 || s.first == 0 || string(crc) != string(b[segmentHead-crcBytes:segmentHead]) {
		return segment{}, errFrame
	}
	return s, nil
}

// IsSegment tells whether a file of that name is a segment of a tape.
func IsSegment(name string) bool {
	_, ok := segmentNumber(name)
	return ok
}
