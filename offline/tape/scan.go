package tape

import (
	"bytes"
	"errors"
	"io"
)

// walk reads the frames of one segment in order.
type walk struct {
	f     io.ReaderAt
	size  int64
	off   int64  // of the next frame
	seq   uint64 // of the next line
	chain Hash   // before it
	buf   []byte
}

// next reads one frame and passes its lines to fn, which may be nil. At the
// end it returns errBlank, at something that is no frame of this chain an
// error that wraps errFrame; off then stays where the trouble is.
func (w *walk) next(fn func(Line) error) (head, error) {
	h, body, buf, err := readFrame(w.f, w.off, w.size, w.buf)
	w.buf = buf
	if err != nil {
		return h, err
	}
	if h.first != w.seq {
		return h, errFrame
	}
	if err := eachLine(h, body, w.chain, fn); err != nil {
		return h, err
	}
	w.off += int64(h.size())
	w.seq, w.chain = h.last()+1, h.chain
	return h, nil
}

// ends tells whether err is where valid frames end, and not the disk's.
func ends(err error) bool { return errors.Is(err, errBlank) || errors.Is(err, errFrame) }

// islands calls fn for every frame from off on that is valid in itself,
// whatever lies between them, and returns where the last byte that is not
// blank ends (off when all is blank). Unreadable sectors count as not blank.
func islands(f io.ReaderAt, off, size int64, fn func(off int64, h head, body []byte) error) (dirty int64, err error) {
	const chunk = 128 * Sector
	dirty = off
	var window, buf []byte
	for at := off; at < size; {
		window = room(window, int(min(chunk, size-at)))
		err := readFull(f, window, at)
		if errors.Is(err, errFrame) {
			window = window[:min(Sector, len(window))]
			if err = readFull(f, window, at); errors.Is(err, errFrame) {
				at += int64(len(window))
				dirty = at
				continue
			}
		}
		if err != nil {
			return dirty, err
		}
		skip, last := island(window)
		if last > 0 {
			dirty = at + int64(last)
		}
		if skip == len(window) {
			at += int64(skip)
			continue
		}
		at += int64(skip)
		h, body, grown, err := readFrame(f, at, size, buf)
		buf = grown
		switch {
		case ends(err):
			at += Sector
		case err != nil:
			return dirty, err
		default:
			if err := fn(at, h, body); err != nil {
				return dirty, err
			}
			at += int64(h.size())
			dirty = at
		}
	}
	return dirty, nil
}

// island finds the first sector in window that looks like a frame's first;
// len(window) when there is none. dirty is where the last sector up to and
// with it ends that is not blank, or 0.
func island(window []byte) (first, dirty int) {
	for i := 0; i < len(window); i += Sector {
		sector := window[i:min(i+Sector, len(window))]
		if isBlank(sector) {
			continue
		}
		dirty = i + len(sector)
		if bytes.HasPrefix(sector, []byte(frameMagic)) {
			return i, dirty
		}
	}
	return len(window), dirty
}
