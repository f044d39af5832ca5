package shtrihtest

import (
	"errors"
	"io"
)

// Special bytes of framing v2.
const (
	start2    = 0x8F
	escape2   = 0x9F
	escStart  = 0x81
	escEscape = 0x83
)

// maxPayload2 is the longest command of framing v2, in bytes, as F7h tells.
const maxPayload2 = 1455

// errBroken: no frame; the device drops it and says nothing.
var errBroken = errors.New("broken frame")

// receive2 takes a frame of v2: a ping, a command with the number after the
// last one's, or any other, for which the last answer goes out again.
func (w *wire) receive2() error {
	epoch := w.d.currentEpoch()
	number, payload, err := w.frame2()
	if errors.Is(err, errBroken) {
		return nil
	}
	if err != nil {
		return err
	}
	if epoch != w.d.currentEpoch() {
		return nil
	}
	if payload == nil {
		if err := w.idle(); err != nil {
			return err
		}
		return w.deliver2()
	}
	if lost, damaged := w.d.takeRequestFault(); lost || damaged {
		return nil
	}
	if err := w.idle(); err != nil {
		return err
	}
	if _, last := w.d.lastAnswer(w.port); number != last+1 {
		return w.deliver2()
	}
	return w.busy2(number, payload)
}

// frame2 reads a frame behind its start byte. A ping has no payload. A start
// byte inside begins the frame anew.
func (w *wire) frame2() (number uint16, payload []byte, err error) {
	for {
		body, err := w.body2()
		switch {
		case errors.Is(err, errAnew):
			continue
		case err != nil:
			return 0, nil, err
		case len(body) == 0:
			return 0, nil, nil
		case len(body) < 3:
			return 0, nil, errBroken // a number and no command
		}
		return uint16(body[0]) | uint16(body[1])<<8, body[2:], nil
	}
}

// errAnew: a start byte inside a frame.
var errAnew = errors.New("frame begun anew")

// body2 reads length, that many bytes, and CRC.
func (w *wire) body2() ([]byte, error) {
	frame, err := w.plain(nil, 2)
	if err != nil {
		return nil, err
	}
	n := int(frame[0]) | int(frame[1])<<8
	if n > maxPayload2+2 {
		return nil, errBroken
	}
	if frame, err = w.plain(frame, n+2); err != nil {
		return nil, err
	}
	body, check := frame[:n+2], frame[n+2:]
	if ccitt(body) != uint16(check[0])|uint16(check[1])<<8 {
		return nil, errBroken
	}
	return body[2:], nil
}

// plain appends n bytes of the wire to b, unstuffed.
func (w *wire) plain(b []byte, n int) ([]byte, error) {
	for range n {
		c, err := w.unstuff()
		if err != nil {
			return nil, err
		}
		b = append(b, c)
	}
	return b, nil
}

func (w *wire) unstuff() (byte, error) {
	c, err := w.inFrame()
	escaped := err == nil && c == escape2
	if escaped {
		c, err = w.inFrame()
	}
	switch {
	case err != nil:
		return 0, err
	case c == start2:
		return 0, errAnew
	case !escaped:
		return c, nil
	case c == escStart:
		return start2, nil
	case c == escEscape:
		return escape2, nil
	}
	return 0, errBroken
}

// ccitt is CRC-16/CCITT bit by bit: polynomial 1021h, beginning with FFFFh.
func ccitt(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

// frameOf2 lays out a frame; a payload of nil is a number alone.
func frameOf2(number uint16, payload []byte, damage byte) []byte {
	body := le(nil, uint64(len(payload)+2), 2)
	body = le(body, uint64(number), 2)
	body = append(body, payload...)
	body = le(body, uint64(ccitt(body)), 2)
	body[len(body)-1] ^= damage
	f := []byte{start2}
	for _, b := range body {
		switch b {
		case start2:
			f = append(f, escape2, escStart)
		case escape2:
			f = append(f, escape2, escEscape)
		default:
			f = append(f, b)
		}
	}
	return f
}

// busy2 executes. What comes meanwhile is looked at afterwards.
func (w *wire) busy2(number uint16, payload []byte) error {
	k := w.d.start(w.port, payload, func(a []byte) { w.port.kept, w.port.last = a, number })
	if k == nil {
		return io.EOF
	}
	if err := w.wait(k); err != nil {
		return err
	}
	if k.answer == nil {
		return nil // the power went
	}
	return w.deliver2()
}

// idle waits until the port is not at work, perhaps for a stream that broke.
func (w *wire) idle() error {
	for k := w.d.working(w.port); k != nil; k = w.d.working(w.port) {
		if err := w.wait(k); err != nil {
			return err
		}
	}
	return nil
}

// wait buffers what comes until k is done. A power cut empties the buffer.
func (w *wire) wait(k *work) error {
	for {
		select {
		case <-k.done:
			if k.answer == nil {
				w.have = nil
			}
			return nil
		case b, ok := <-w.in:
			if !ok {
				return w.broken
			}
			w.buffer(b)
		}
	}
}

// deliver2 sends the last answer, which stays kept until the next one.
func (w *wire) deliver2() error {
	answer, number := w.d.lastAnswer(w.port)
	if answer == nil {
		return w.write(frameOf2(number, nil, 0)...)
	}
	how := w.d.takeAnswerFault(answer)
	if how.lost {
		return nil
	}
	if how.broken {
		return w.hangUp()
	}
	said, damage := append([]byte(nil), answer...), byte(0)
	if how.swollen {
		said = append(said, make([]byte, maxPayload2-len(said))...)
	}
	if how.damaged {
		damage = 0x55
	}
	if err := w.send(frameOf2(number, said, damage), how.pause); err != nil {
		return err
	}
	w.d.hook(Answered, answer)
	if how.stray {
		return w.write(stray)
	}
	return nil
}
