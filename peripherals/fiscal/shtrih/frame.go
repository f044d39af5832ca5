package shtrih

import "errors"

// Control bytes of framing v1.
const (
	stx   = 0x02
	enq   = 0x05
	ack   = 0x06
	nak   = 0x15
	stray = 0xFF // sent by some devices without reason
)

// maxPayload is the longest payload of framing v1, in bytes.
const maxPayload = 255

var errFrame = errors.New("shtrih: broken frame")

// encodeFrame makes STX, length, payload and LRC. A payload of the wrong
// length is a mistake of this package.
func encodeFrame(payload []byte) []byte {
	if len(payload) == 0 || len(payload) > maxPayload {
		panic("shtrih: payload length out of range")
	}
	f := make([]byte, 0, len(payload)+3)
	f = append(f, stx, byte(len(payload)))
	f = append(f, payload...)
	return append(f, lrc(payload))
}

// lrc is the XOR of the length byte and the payload.
func lrc(payload []byte) byte {
	x := byte(len(payload))
	for _, b := range payload {
		x ^= b
	}
	return x
}

// decodeFrame reads one whole frame from next, which gives the bytes after
// STX. It returns errFrame for a bad length or LRC, or next's error.
func decodeFrame(next func() (byte, error)) ([]byte, error) {
	n, err := next()
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errFrame
	}
	payload := make([]byte, n)
	for i := range payload {
		if payload[i], err = next(); err != nil {
			return nil, err
		}
	}
	check, err := next()
	if err != nil {
		return nil, err
	}
	if check != lrc(payload) {
		return nil, errFrame
	}
	return payload, nil
}
