package shtrih

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// firstNumber is the number of a device that has executed nothing since it
// was switched on.
const firstNumber = 1

// v2 is the line discipline with numbers. The device executes a frame only
// when its number follows the last one's; to any other it gives its last
// answer again. So a frame may be sent again without a second execution, and
// an answer with the frame's number proves that it was executed.
//
// The one hole in that is a device that is switched off and on in between: it
// forgets its answer and counts from firstNumber, so that it would take the
// frame that had come right after the first for a new one. Therefore the
// number after firstNumber only ever carries a question (idle).
type v2 struct {
	stream
	synced bool
	last   uint16 // number of the device's last answer
	limit  int    // bytes of a payload the device takes
}

func newV2(conn link.Conn, t Timeouts) *v2 {
	return &v2{stream: stream{conn: conn, t: t}, limit: maxPayload}
}

// idle is the command that fills a number: FCh, the device's type. It changes
// nothing and needs no password.
var idle = []byte{0xFC}

// longest implements transport.
func (x *v2) longest() int { return x.limit }

// allow sets what longest gives, as the device describes itself by F7h.
func (x *v2) allow(n int) { x.limit = min(max(n, maxPayload), maxAnswer2) }

// exchange implements transport. The numbers make every command one that is
// executed once, so once asks nothing more of it.
func (x *v2) exchange(ctx context.Context, payload []byte, timeout time.Duration, _ bool) ([]byte, error) {
	if !x.synced {
		if err := x.sync(ctx); err != nil {
			return nil, err
		}
	}
	if x.last == firstNumber {
		if _, err := x.turn(ctx, idle, x.t.Short); err != nil {
			return nil, err
		}
	}
	return x.turn(ctx, payload, timeout)
}

// probe implements transport: one ping.
func (x *v2) probe(ctx context.Context) error {
	if err := x.write(ctx, ping); err != nil {
		return err
	}
	f, err := x.frame(ctx, time.Now().Add(x.t.Control))
	if err != nil {
		return err
	}
	x.last, x.synced = f.number, true
	return nil
}

// sync learns the device's number.
func (x *v2) sync(ctx context.Context) error {
	var failure error
	for range maxAttempts {
		err := x.probe(ctx)
		if !errors.Is(err, errSilent) && !errors.Is(err, errNoise) {
			return err
		}
		if !errors.Is(failure, errNoise) {
			failure = err
		}
	}
	return failure
}

// turn sends one frame until it is answered. The waits between double, so
// that a device at long work does not find a pile of copies afterwards.
func (x *v2) turn(ctx context.Context, payload []byte, timeout time.Duration) ([]byte, error) {
	deadline := time.Now().Add(timeout)
	number := x.last + 1
	frame := encodeFrame2(number, payload)
	failure := errSilent
	wait := x.t.Probe
	for range maxAttempts {
		if err := x.write(ctx, frame); err != nil {
			return nil, err
		}
		answer, err := x.answer(ctx, number, earlier(time.Now().Add(wait), deadline))
		switch {
		case err == nil:
			x.last = number
			if !sameCommand(payload, answer) {
				return nil, errNoise
			}
			return answer, nil
		case errors.Is(err, errNoise):
			failure = errNoise // ask again at once
		case errors.Is(err, errSilent):
			wait *= 2
		default:
			x.synced = false
			return nil, err
		}
		if !time.Now().Before(deadline) {
			break
		}
	}
	x.synced = false
	return nil, failure
}

// answer waits for the answer with the frame's number. The one before may
// still come again, because it was asked for twice. errLost: the device
// counts otherwise, or the number is right and nothing is behind it.
func (x *v2) answer(ctx context.Context, number uint16, until time.Time) ([]byte, error) {
	for {
		switch f, err := x.frame(ctx, until); {
		case err != nil:
			return nil, err
		case f.number == number && len(f.payload) > 0:
			return f.payload, nil
		case f.number != number-1:
			return nil, errLost
		}
	}
}

// frame waits until a whole frame has come. errNoise: something else came.
func (x *v2) frame(ctx context.Context, until time.Time) (frame2, error) {
	for skipped := 0; skipped <= maxNoise; {
		b, err := x.next(ctx, until)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && skipped > 0:
			return frame2{}, errNoise
		case errors.Is(err, os.ErrDeadlineExceeded):
			return frame2{}, errSilent
		case err != nil:
			return frame2{}, err
		case b == start2:
			f, err := decodeFrame2(x.inFrame(ctx))
			if errors.Is(err, errFrame) || errors.Is(err, os.ErrDeadlineExceeded) {
				err = errNoise
			}
			return f, err
		case b != stray:
			skipped++
		}
	}
	return frame2{}, errNoise
}
