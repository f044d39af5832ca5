package shtrih

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// maxAttempts bounds repeated questions, frames and damaged answers, as the
// protocol says.
const maxAttempts = 10

// maxFrameBytes bounds a whole frame, in byte time-outs: a device that sends
// each byte just in time would otherwise hold the till for minutes.
const maxFrameBytes = 10

// maxNoise bounds the bytes skipped while something sensible is awaited.
const maxNoise = 1024

// stream is an open link, byte by byte. It is used by one goroutine; closing
// the connection wakes it.
type stream struct {
	conn link.Conn
	t    Timeouts
	buf  [512]byte
	have []byte // received, not looked at
}

// next gives one byte, or os.ErrDeadlineExceeded.
func (x *stream) next(ctx context.Context, deadline time.Time) (byte, error) {
	for len(x.have) == 0 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if !time.Now().Before(deadline) {
			return 0, os.ErrDeadlineExceeded
		}
		if err := x.conn.SetReadDeadline(deadline); err != nil {
			return 0, err
		}
		n, err := x.conn.Read(x.buf[:])
		if n == 0 && err != nil {
			return 0, err
		}
		x.have = x.buf[:n]
	}
	b := x.have[0]
	x.have = x.have[1:]
	return b, nil
}

// inFrame gives the bytes of a frame that has begun: each under the byte
// time-out, all of them within maxFrameBytes of it.
func (x *stream) inFrame(ctx context.Context) func() (byte, error) {
	limit := time.Now().Add(maxFrameBytes * x.t.Byte)
	return func() (byte, error) { return x.next(ctx, earlier(time.Now().Add(x.t.Byte), limit)) }
}

func (x *stream) write(ctx context.Context, b []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := x.conn.SetWriteDeadline(time.Now().Add(x.t.Write)); err != nil {
		return err
	}
	_, err := x.conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSilent
	}
	return err
}

// drain throws away what has come and what still comes until the line has
// been quiet for a byte time-out, within bounds.
func (x *stream) drain(ctx context.Context) {
	limit := time.Now().Add(x.t.Control + x.t.Byte)
	for {
		x.have = nil
		if _, err := x.next(ctx, earlier(time.Now().Add(x.t.Byte), limit)); err != nil {
			return // quiet, or a broken link that the next write reports
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
