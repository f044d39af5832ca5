package tape

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
)

// Format is the version of the form that this program reads and writes. Every
// later one keeps a segment's header as a line in the first sector that begins
// with "kassa-tape " and its version and ends with its CRC, and begins frames
// with "kassa-frame " and their version: so that an older program knows what
// it can not read from what is damaged.
const Format = 1

const (
	anyTape  = "kassa-tape "
	anyFrame = "kassa-frame "
)

// NewerError: a newer program wrote here. Nothing was changed.
type NewerError struct {
	Segment      int // 0: not known
	Found, Known int
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("tape: segment %d has format %d, this program reads up to %d", e.Segment, e.Found, e.Known)
}

// versionOf reads the version behind a magic word; 0 when it is none.
func versionOf(b []byte, magic string) int {
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	digits, _, found := bytes.Cut(rest[:min(len(rest), 6)], []byte{' '})
	n, err := strconv.ParseUint(string(digits), 10, 16)
	if !ok || !found || err != nil {
		return 0
	}
	return int(n)
}

// newerSegment tells whether a first sector is a newer program's header.
func newerSegment(sector []byte) error {
	found := versionOf(sector, anyTape)
	line, _, ok := bytes.Cut(sector, []byte{'\n'})
	if found <= Format || !ok || len(line) < crcBytes {
		return nil
	}
	body := line[:len(line)-crcBytes+1]
	if want := fmt.Appendf(nil, crcFormat, crc32.Checksum(body, castagnoli)); string(want) != string(line[len(body):])+"\n" {
		return nil // damaged
	}
	return &NewerError{Found: found, Known: Format}
}

// newerFrame tells whether the sector at off begins a newer program's frame. A
// frame of this form whose version alone was damaged is none.
func newerFrame(f io.ReaderAt, off, size int64, sector []byte) error {
	found := versionOf(sector, anyFrame)
	if found <= Format {
		return nil
	}
	mended := bytes.Clone(sector)
	digits := bytes.IndexByte(mended[len(anyFrame):], ' ')
	if digits == 1 {
		mended[len(anyFrame)] = '0' + Format
		if h, err := parseHead(mended); err == nil && off+int64(h.size()) <= size {
			whole := make([]byte, h.size())
			if err := readFull(f, whole, off); err != nil {
				return err
			}
			whole[len(anyFrame)] = '0' + Format
			if _, err := frameBody(h, whole); err == nil {
				return nil
			}
		}
	}
	return &NewerError{Found: found, Known: Format}
}

// CheckVersion looks for segments and frames of a newer program and changes
// nothing. Frames are looked at in the newest segments: a program begins a
// segment of its own before it writes another form.
func CheckVersion(fsys FS, dir string) error {
	names, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	const newest = 3 // a commit may cross into the next one, the one behind it is prepared
	for i, name := range names {
		number, ok := segmentNumber(name)
		if !ok {
			continue
		}
		err := checkSegment(fsys, filepath.Join(dir, name), i >= len(names)-newest)
		var newer *NewerError
		if errors.As(err, &newer) {
			newer.Segment = number
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkSegment(fsys FS, name string, frames bool) (err error) {
	f, err := fsys.OpenFile(name, false)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return err
	}
	_, err = readSegment(f, size)
	if ends(err) {
		return nil // whether that is damage is for others to say
	}
	if err != nil || !frames {
		return err
	}
	w := &window{f: f, size: size}
	for off := int64(Sector); ; {
		sector, err := w.sector(off)
		if err != nil || sector == nil {
			return err
		}
		h, err := parseHead(sector)
		if err != nil {
			return newerFrame(f, off, size, sector)
		}
		off += int64(h.size())
	}
}

// window reads single sectors by large pieces.
type window struct {
	f    io.ReaderAt
	size int64
	at   int64
	buf  []byte
}

// sector gives the sector at off; nil where the file or what can be read of it
// ends. Offsets only grow.
func (w *window) sector(off int64) ([]byte, error) {
	const piece = 64 << 10
	if off+Sector > w.size {
		return nil, nil
	}
	if w.buf == nil || off+Sector > w.at+int64(len(w.buf)) {
		w.at, w.buf = off, room(w.buf, int(min(piece, w.size-off)))
		if err := readFull(w.f, w.buf, off); err != nil {
			if ends(err) {
				return nil, nil
			}
			return nil, err
		}
	}
	return w.buf[off-w.at:][:Sector], nil
}
