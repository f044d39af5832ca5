package tape

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

const (
	seqLabel  = `{"seq":`
	prevLabel = `,"prev":"`
	lineTail  = len(prevLabel) + 2*sha256.Size + len(`"}`)
)

// ErrLine is wrapped by everything CheckLine returns.
var ErrLine = errors.New("tape: line does not continue the chain")

// link makes the line seq of the members of a JSON object.
func link(buf []byte, seq uint64, members []byte, prev Hash) []byte {
	buf = append(buf, seqLabel...)
	buf = strconv.AppendUint(buf, seq, 10)
	buf = append(buf, ',')
	buf = append(buf, members...)
	buf = append(buf, prevLabel...)
	buf = hex.AppendEncode(buf, prev[:])
	return append(buf, `"}`...)
}

// CheckLine checks that line is the line seq behind prev, and returns the
// chain's hash after it.
func CheckLine(line []byte, seq uint64, prev Hash) (Hash, error) {
	want := strconv.AppendUint([]byte(seqLabel), seq, 10)
	if !bytes.HasPrefix(line, append(want, ',')) {
		return Hash{}, fmt.Errorf("%w: it is not number %d", ErrLine, seq)
	}
	before, err := Prev(line)
	if err != nil {
		return Hash{}, err
	}
	if before != prev {
		return Hash{}, fmt.Errorf("%w: %d follows %x, not %x", ErrLine, seq, before, prev)
	}
	return next(prev, line), nil
}

// Prev reads the hash of the chain before line.
func Prev(line []byte) (prev Hash, err error) {
	if len(line) < lineTail || !bytes.HasSuffix(line, []byte(`"}`)) {
		return prev, fmt.Errorf("%w: it has no prev", ErrLine)
	}
	tail := line[len(line)-lineTail:]
	digits := tail[len(prevLabel) : len(tail)-2]
	if !bytes.HasPrefix(tail, []byte(prevLabel)) || !lowerHex(digits) {
		return prev, fmt.Errorf("%w: it has no prev", ErrLine)
	}
	_, err = hex.Decode(prev[:], digits)
	return prev, err
}

// next is the chain's hash after line.
func next(prev Hash, line []byte) (h Hash) {
	sum := sha256.New()
	sum.Write(prev[:])
	sum.Write(line)
	sum.Sum(h[:0])
	return h
}

// eachLine calls fn for the lines of a frame's body, checking the chain from
// prev to the header's.
func eachLine(h head, body []byte, prev Hash, fn func(Line) error) error {
	for seq := h.first; seq <= h.last(); seq++ {
		end := bytes.IndexByte(body, '\n')
		line := body[:end]
		body = body[end+1:]
		hash, err := CheckLine(line, seq, prev)
		if err != nil {
			return fmt.Errorf("%w: %w", errFrame, err)
		}
		if seq == h.last() && hash != h.chain {
			return fmt.Errorf("%w: the chain's hash after it differs", errFrame)
		}
		if fn != nil {
			if err := fn(Line{Seq: seq, Data: line, Hash: hash}); err != nil {
				return err
			}
		}
		prev = hash
	}
	return nil
}
