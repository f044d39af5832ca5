package input

import (
	"os"
	"time"
)

// half is what both kinds have in common: nothing is written.
type half struct{ f *os.File }

func (h half) Write([]byte) (int, error)          { return 0, ErrReadOnly }
func (h half) Close() error                       { return h.f.Close() }
func (h half) SetReadDeadline(t time.Time) error  { return h.f.SetReadDeadline(t) }
func (h half) SetWriteDeadline(_ time.Time) error { return nil }

// keys is a keyboard's link.
type keys struct {
	half
	k    *keyboard
	raw  []byte // read, and no whole event yet
	out  []byte // decoded, and not taken yet
	over error  // after out
}

// readEvents is how many events are taken at once.
const readEvents = 64

func newKeys(f *os.File) *keys { return &keys{half: half{f}, k: newKeyboard()} }

func (c *keys) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		if c.over != nil {
			return 0, c.over
		}
		buf := make([]byte, len(c.raw), readEvents*eventSize)
		copy(buf, c.raw)
		n, err := c.f.Read(buf[len(buf):cap(buf)])
		if n == 0 && err != nil {
			return 0, err
		}
		c.out, c.raw, c.over = c.k.decode(nil, buf[:len(buf)+n])
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// codes is an HID scanner's link.
type codes struct {
	half
	s     *scans
	buf   []byte
	out   []byte
	pause bool // the code is over: a reader that waits for the next byte is told so
}

func newCodes(f *os.File, s *scans) *codes {
	return &codes{half: half{f}, s: s, buf: make([]byte, maxReport)}
}

func (c *codes) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		if c.pause {
			c.pause = false
			return 0, os.ErrDeadlineExceeded
		}
		n, err := c.f.Read(c.buf)
		if err != nil {
			return 0, err
		}
		if c.out, err = c.s.take(c.buf[:n]); err != nil {
			return 0, err
		}
		c.pause = len(c.out) > 0
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}
