package shtrih

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// v1 is the standard line discipline: ENQ, STX, ACK, NAK.
type v1 struct {
	stream
	heard byte // the answer to probe's ENQ, which the next exchange begins with
	late  bool // something was not answered in time: its answer may still come
}

func newV1(conn link.Conn, t Timeouts) *v1 { return &v1{stream: stream{conn: conn, t: t}} }

// longest implements transport.
func (x *v1) longest() int { return maxPayload }

// probe implements transport: one ENQ, which every state of a device answers.
func (x *v1) probe(ctx context.Context) (err error) {
	x.have = nil
	if err := x.write(ctx, []byte{enq}); err != nil {
		return err
	}
	x.heard, err = x.control(ctx)
	if err == nil && x.heard == 0 {
		return errSilent
	}
	return err
}

// fate is what is known of the frame of an exchange.
type fate int

const (
	unsent    fate = iota
	rejected       // the device said it came damaged
	uncertain      // nothing was heard
)

// exchange implements transport.
//
//	ENQ -> NAK: idle, send the frame. -> ACK: an answer is coming: ours if the
//	frame is out, somebody's old one if not.
func (x *v1) exchange(ctx context.Context, payload []byte, timeout time.Duration, once bool) ([]byte, error) {
	frame := encodeFrame(payload)
	state := unsent
	for range maxAttempts {
		if x.late { // what comes late must not pass for the answer to something else
			x.drain(ctx)
			x.late = false
		}
		control, err := x.ask(ctx)
		if err != nil {
			return nil, err
		}
		switch control {
		case ack:
			answer, err := x.answer(ctx, timeout)
			if errors.Is(err, errLost) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if state != unsent && sameCommand(payload, answer) {
				return answer, nil
			}
			continue // the answer to something before us
		case nak:
			if state == uncertain && once {
				return nil, errLost
			}
		}
		if err := x.write(ctx, frame); err != nil {
			return nil, err
		}
		switch control, err := x.control(ctx); {
		case err != nil:
			return nil, err
		case control == nak:
			state, x.late = rejected, true // or an ENQ's, and the frame's is to come
			continue
		case control == 0:
			state, x.late = uncertain, true
			continue
		}
		answer, err := x.answer(ctx, timeout)
		if err != nil {
			return nil, err
		}
		if !sameCommand(payload, answer) {
			return nil, errNoise
		}
		return answer, nil
	}
	return nil, errNoise
}

// ask sends ENQ until the device answers it, and returns ACK or NAK.
func (x *v1) ask(ctx context.Context) (byte, error) {
	if heard := x.heard; heard != 0 {
		x.heard = 0
		return heard, nil
	}
	failure := errSilent
	for attempt := range maxAttempts {
		x.have = nil
		if failure == errNoise {
			x.drain(ctx)
		}
		if err := x.write(ctx, []byte{enq}); err != nil {
			return 0, err
		}
		control, err := x.control(ctx)
		switch {
		case errors.Is(err, errNoise):
			failure = errNoise
		case err != nil:
			return 0, err
		case control == nak && attempt > 0:
			x.drain(ctx) // late answers to the ENQs before must not pass for the frame's
			return nak, nil
		case control != 0:
			return control, nil
		}
		x.late = true
	}
	return 0, failure
}

// control waits for ACK or NAK; 0 is silence. A frame that begins instead of
// one is put back and reported as ACK: its ACK was lost.
func (x *v1) control(ctx context.Context) (byte, error) {
	deadline := time.Now().Add(x.t.Control)
	skipped := 0
	for {
		b, err := x.next(ctx, deadline)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if skipped > 0 {
				return 0, errNoise
			}
			return 0, nil
		case err != nil:
			return 0, err
		case b == ack || b == nak:
			return b, nil
		case b == stx:
			x.have = append([]byte{stx}, x.have...)
			return ack, nil
		case b == stray:
		default:
			if skipped++; skipped > maxNoise {
				return 0, errNoise
			}
		}
	}
}

// answer waits for a frame, confirms it, and has a damaged one repeated.
// errLost: the device says it is idle and holds nothing. errSilent: time-out.
func (x *v1) answer(ctx context.Context, timeout time.Duration) ([]byte, error) {
	deadline := time.Now().Add(timeout)
	for range maxAttempts {
		if err := x.awaitSTX(ctx, deadline); err != nil {
			return nil, err
		}
		payload, err := decodeFrame(x.inFrame(ctx))
		switch {
		case err == nil:
			return payload, x.write(ctx, []byte{ack})
		case !errors.Is(err, errFrame) && !errors.Is(err, os.ErrDeadlineExceeded):
			return nil, err
		}
		x.drain(ctx)
		if err := x.write(ctx, []byte{nak}); err != nil {
			return nil, err
		}
		switch control, err := x.ask(ctx); {
		case err != nil:
			return nil, err
		case control == nak:
			return nil, errLost
		}
	}
	return nil, errNoise
}

// awaitSTX waits until a frame begins. After a time of silence it asks by ENQ
// whether the device is still at work: ACK means it is, or that it sends the
// answer again; NAK means that there is no answer any more.
func (x *v1) awaitSTX(ctx context.Context, deadline time.Time) error {
	probed := false
	for skipped := 0; skipped <= maxNoise; {
		until := earlier(time.Now().Add(x.t.Probe), deadline)
		b, err := x.next(ctx, until)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if !time.Now().Before(deadline) {
				return errSilent
			}
			if err := x.write(ctx, []byte{enq}); err != nil {
				return err
			}
			probed, x.late = true, true
		case err != nil:
			return err
		case b == stx:
			return nil
		case b == nak && probed:
			return errLost
		case b == ack, b == nak, b == stray:
		default:
			skipped++
		}
	}
	return errNoise
}

// sameCommand tells whether answer begins with the command of request.
func sameCommand(request, answer []byte) bool {
	n := codeLen(request)
	return len(answer) > n && bytes.Equal(request[:n], answer[:n])
}

// codeLen is the length of the command code a payload begins with.
func codeLen(payload []byte) int {
	if len(payload) > 0 && (payload[0] == 0xFF || payload[0] == 0xFE) {
		return min(2, len(payload))
	}
	return 1
}
