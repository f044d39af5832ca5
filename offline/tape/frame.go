package tape

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"
)

// Sector is the unit a disk writes as a whole.
const Sector = 512

// MaxFrame is the largest frame in bytes, header and padding included.
const MaxFrame = 8 << 20

// MaxLines is the most lines of one frame.
const MaxLines = 99999

// Hash is a link of the chain.
type Hash = [sha256.Size]byte

// Genesis is the hash before the first line of the journal id.
func Genesis(id uuid.UUID) Hash { return sha256.Sum256([]byte("kassa journal " + id.String())) }

// Line is one line of the tape.
type Line struct {
	Seq  uint64
	Data []byte // stored bytes, without the newline
	Hash Hash   // of the chain after this line
}

// castagnoli has hardware support on amd64 and arm64.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	frameMagic  = "kassa-frame 1 seq="
	frameFormat = frameMagic + "%020d count=%05d bytes=%08d durable=%020d chain=%x"
	crcFormat   = " crc=%08x\n"
	crcBytes    = len(" crc=01234567\n")
	frameHead   = len(frameMagic) + 20 + len(" count=") + 5 + len(" bytes=") + 8 + len(" durable=") + 20 + len(" chain=") + 64 + crcBytes
)

// head is a frame's header line.
type head struct {
	first   uint64
	count   int
	bytes   int // of the lines with their newlines
	durable uint64
	chain   Hash
}

func (h head) last() uint64 { return h.first + uint64(h.count) - 1 }

// size is the frame's room on the tape.
func (h head) size() int { return padded(frameHead + h.bytes) }

func padded(n int) int { return (n + Sector - 1) / Sector * Sector }

// appendFrame adds header, body and padding to buf, whose length is a
// multiple of Sector.
func appendFrame(buf []byte, h head, body []byte) []byte {
	start := len(buf)
	buf = fmt.Appendf(buf, frameFormat, h.first, h.count, h.bytes, h.durable, h.chain)
	crc := crc32.Update(crc32.Checksum(buf[start:], castagnoli), castagnoli, body)
	buf = fmt.Appendf(buf, crcFormat, crc)
	buf = append(buf, body...)
	return blank(buf, start+h.size()-len(buf))
}

// blank adds n newlines, which is what unused tape is made of.
func blank(buf []byte, n int) []byte {
	for range n {
		buf = append(buf, '\n')
	}
	return buf
}

var (
	errBlank = errors.New("blank")
	errFrame = errors.New("not a valid frame")
)

// readFrame reads the frame at off. buf is room to be reused. It returns
// errBlank for an unwritten sector and an error that wraps errFrame for
// anything that is no frame; other errors are the disk's. It checks the
// frame against itself, not the chain.
func readFrame(f io.ReaderAt, off, size int64, buf []byte) (head, []byte, []byte, error) {
	if off+Sector > size {
		return head{}, nil, buf, errBlank
	}
	buf = room(buf, Sector)
	if err := readFull(f, buf, off); err != nil {
		return head{}, nil, buf, err
	}
	if buf[0] == '\n' && isBlank(buf) {
		return head{}, nil, buf, errBlank
	}
	h, err := parseHead(buf)
	if err != nil {
		if err := newerFrame(f, off, size, buf); err != nil {
			return head{}, nil, buf, err
		}
		return head{}, nil, buf, err
	}
	if off+int64(h.size()) > size {
		return head{}, nil, buf, fmt.Errorf("%w: %d bytes beyond the segment", errFrame, h.bytes)
	}
	buf = room(buf, h.size())
	if err := readFull(f, buf[Sector:], off+Sector); err != nil {
		return head{}, nil, buf, err
	}
	body, err := frameBody(h, buf)
	return h, body, buf, err
}

func room(buf []byte, n int) []byte {
	if cap(buf) < n {
		buf = append(make([]byte, 0, n), buf...)
	}
	return buf[:n]
}

func readFull(f io.ReaderAt, p []byte, off int64) error {
	if len(p) == 0 {
		return nil
	}
	n, err := f.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if errors.Is(err, unix.EIO) { // a bad sector: damage, not an accident of this call
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	return fmt.Errorf("tape: read at %d: %w", off, err)
}

func isBlank(p []byte) bool {
	for _, c := range p {
		if c != '\n' {
			return false
		}
	}
	return true
}

// parseHead reads a header line in exactly the form appendFrame writes.
func parseHead(b []byte) (head, error) {
	if len(b) < frameHead || b[frameHead-1] != '\n' {
		return head{}, errFrame
	}
	c := cursor{rest: b[:frameHead-crcBytes]}
	var h head
	h.first = c.number(frameMagic, 20)
	h.count = int(c.number(" count=", 5))
	h.bytes = int(c.number(" bytes=", 8))
	h.durable = c.number(" durable=", 20)
	h.chain = c.hash(" chain=")
	if c.bad || len(c.rest) != 0 || h.first == 0 || h.count == 0 || h.durable >= h.first || h.last() < h.first ||
		h.bytes < 2*h.count || h.size() > MaxFrame {
		return head{}, errFrame
	}
	return h, nil
}

// frameBody checks the CRC and the padding of a whole frame and returns its
// lines, newlines included.
func frameBody(h head, b []byte) ([]byte, error) {
	body := b[frameHead : frameHead+h.bytes]
	crc := crc32.Update(crc32.Checksum(b[:frameHead-crcBytes], castagnoli), castagnoli, body)
	if string(fmt.Appendf(nil, crcFormat, crc)) != string(b[frameHead-crcBytes:frameHead]) {
		return nil, fmt.Errorf("%w: CRC differs", errFrame)
	}
	if !isBlank(b[frameHead+h.bytes : h.size()]) {
		return nil, fmt.Errorf("%w: padding is not blank", errFrame)
	}
	if bytes.Count(body, []byte{'\n'}) != h.count || body[len(body)-1] != '\n' {
		return nil, fmt.Errorf("%w: not %d lines", errFrame, h.count)
	}
	return body, nil
}

// cursor reads a header's fields; the first mismatch makes it bad.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) take(label string, n int) []byte {
	if c.bad || len(c.rest) < len(label)+n || string(c.rest[:len(label)]) != label {
		c.bad = true
		return nil
	}
	b := c.rest[len(label) : len(label)+n]
	c.rest = c.rest[len(label)+n:]
	return b
}

func (c *cursor) number(label string, n int) uint64 {
	b := c.take(label, n)
	for _, d := range b {
		if d < '0' || d > '9' {
			c.bad = true
		}
	}
	if c.bad {
		return 0
	}
	v, err := strconv.ParseUint(string(b), 10, 64)
	c.bad = err != nil
	return v
}

func (c *cursor) hash(label string) (h Hash) {
	b := c.take(label, 64)
	if c.bad || !lowerHex(b) {
		c.bad = true
		return h
	}
	_, err := hex.Decode(h[:], b)
	c.bad = err != nil
	return h
}

func lowerHex(b []byte) bool {
	for _, d := range b {
		if (d < '0' || d > '9') && (d < 'a' || d > 'f') {
			return false
		}
	}
	return true
}
