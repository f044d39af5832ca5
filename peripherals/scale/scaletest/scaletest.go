// Package scaletest is an emulated scale: it answers in both protocols at once
// and does what a test or a person at the bench lays on it.
package scaletest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/kassa-pos/kassa/peripherals/scale"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Fault is what an emulated scale does wrong.
type Fault string

// The faults.
const (
	None    Fault = ""
	Silent  Fault = "silent"  // it does not answer
	Garbage Fault = "garbage" // it answers nonsense
	Damaged Fault = "damaged" // a bit of each answer is wrong
)

// Scale is an emulated scale.
type Scale struct {
	mu      sync.Mutex
	weight  qty.Milli
	stable  bool
	trouble scale.Trouble
	fault   Fault
	asked   int
}

// New is an empty scale at rest.
func New() *Scale { return &Scale{stable: true} }

// Lay puts so much on the scale; it swings until Settle when it is not stable.
func (s *Scale) Lay(weight qty.Milli, stable bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.weight, s.stable, s.trouble = weight, stable, scale.Fine
	if weight < 0 {
		s.trouble = scale.Below
	}
}

// Settle ends the swinging.
func (s *Scale) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stable = true
}

// Suffer makes it overloaded or faulty.
func (s *Scale) Suffer(t scale.Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = t
}

// Break sets a fault.
func (s *Scale) Break(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// State tells what lies on the scale and how often it was asked.
func (s *Scale) State() (weight qty.Milli, stable bool, trouble scale.Trouble, fault Fault, asked int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.weight, s.stable, s.trouble, s.fault, s.asked
}

// Serve answers on a link until it ends.
func (s *Scale) Serve(conn io.ReadWriter) error {
	head := make([]byte, 1)
	for {
		if _, err := io.ReadFull(conn, head); err != nil {
			return err
		}
		var answer []byte
		switch head[0] {
		case 0x05:
			answer = []byte{0x06}
		case 0x11:
			answer = s.casFrame()
		case 0xF8:
			rest := make([]byte, 7)
			if _, err := io.ReadFull(conn, rest); err != nil {
				return err
			}
			answer = s.massaFrame()
		default:
			continue
		}
		if answer = s.spoilt(answer); len(answer) == 0 {
			continue
		}
		if _, err := conn.Write(answer); err != nil {
			return err
		}
	}
}

// ListenAndServe serves one connection after another until ctx ends.
func (s *Scale) ListenAndServe(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() }) // Accept tells
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		end := context.AfterFunc(ctx, func() { _ = conn.Close() }) // Serve tells
		_ = s.Serve(conn)                                          // ends when the till goes; the next one is awaited
		if end() {
			_ = conn.Close() // it has ended already
		}
	}
}

func (s *Scale) spoilt(b []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	switch s.fault {
	case Silent:
		return nil
	case Garbage:
		return []byte("\xFF\x00garbage from a scale")
	case Damaged:
		b[len(b)/2] ^= 0x04
	}
	return b
}

func (s *Scale) massaFrame() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.trouble {
	case scale.Overload:
		return scale.MassaFrame(0x28, 0x08)
	case scale.Faulty:
		return scale.MassaFrame(0x28, 0x19)
	}
	body := binary.LittleEndian.AppendUint32([]byte{0x24}, uint32(int32(s.weight)))
	stable := byte(0)
	if s.stable {
		stable = 1
	}
	zero := byte(0)
	if s.weight == 0 {
		zero = 1
	}
	return scale.MassaFrame(append(body, 1, stable, 0, zero, 0, 0, 0, 0)...)
}

func (s *Scale) casFrame() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, sign, w := "U", " ", s.weight
	if s.stable {
		state = "S"
	}
	if w < 0 {
		sign, w = "-", -w
	}
	if s.trouble == scale.Overload {
		sign = "F"
	}
	body := state + sign + fmt.Sprintf("%02d.%03d", w/qty.One, w%qty.One) + "kg"
	check := byte(0)
	for i := range len(body) {
		check ^= body[i]
	}
	return append(append([]byte{0x01, 0x02}, body...), check, 0x03, 0x04)
}
