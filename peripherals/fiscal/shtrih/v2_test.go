package shtrih

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

func freshV2(conn link.Conn, t Timeouts) transport { return newV2(conn, t) }

// runningV2 is a line whose device has been used: its last number is 7.
func runningV2(conn link.Conn, t Timeouts) transport {
	x := newV2(conn, t)
	x.synced, x.last = true, 7
	return x
}

// numberOnly is a frame without a payload.
func numberOnly(number uint16) []byte {
	f := []byte{start2}
	body := []byte{2, 0, byte(number), byte(number >> 8)}
	crc := crc16(body)
	return append(append(f, body...), byte(crc), byte(crc>>8)) // none of the tests' has a byte to stuff
}

func TestV2(t *testing.T) {
	ask := []byte{0x10, 30, 0, 0, 0}
	right, other := []byte{0x10, 0, 1}, []byte{0x11, 0, 9}
	f := encodeFrame2
	damaged := f(8, right)
	damaged[len(damaged)-1] ^= 0x40
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	type steps = []turn
	for name, c := range map[string]struct {
		line   func(link.Conn, Timeouts) transport
		script []turn
		want   []byte
		err    error
	}{
		"plain":                       {runningV2, steps{{f(8, ask), f(8, right)}}, right, nil},
		"synchronised first":          {freshV2, steps{{ping, f(7, other)}, {f(8, ask), f(8, right)}}, right, nil},
		"device just switched on":     {freshV2, steps{{ping, numberOnly(1)}, {f(2, idle), f(2, []byte{0xFC, 0})}, {f(3, ask), f(3, right)}}, right, nil},
		"ping not heard":              {freshV2, steps{{ping, nil}, {ping, f(7, other)}, {f(8, ask), f(8, right)}}, right, nil},
		"numbers begin anew":          {freshV2, steps{{ping, f(0xFFFF, other)}, {f(0, ask), f(0, right)}}, right, nil},
		"stray bytes":                 {runningV2, steps{{f(8, ask), join([]byte{stray, 0x55, stray}, f(8, right), []byte{stray})}}, right, nil},
		"frame not heard":             {runningV2, steps{{f(8, ask), nil}, {f(8, ask), f(8, right)}}, right, nil},
		"answer asked for twice":      {runningV2, steps{{f(8, ask), join(f(7, other), f(7, other), f(8, right))}}, right, nil},
		"answer damaged":              {runningV2, steps{{f(8, ask), damaged}, {f(8, ask), f(8, right)}}, right, nil},
		"answer cut short":            {runningV2, steps{{f(8, ask), damaged[:5]}, {f(8, ask), f(8, right)}}, right, nil},
		"answer begun anew":           {runningV2, steps{{f(8, ask), join(damaged[:5], f(8, right))}}, right, nil},
		"device restarted":            {runningV2, steps{{f(8, ask), numberOnly(1)}}, nil, errLost},
		"somebody else's number":      {runningV2, steps{{f(8, ask), f(20, right)}}, nil, errLost},
		"number without an answer":    {runningV2, steps{{f(8, ask), numberOnly(8)}}, nil, errLost},
		"answer to something else":    {runningV2, steps{{f(8, ask), f(8, other)}}, nil, errNoise},
		"silence":                     {runningV2, nil, nil, errSilent},
		"silence from the beginning":  {freshV2, nil, nil, errSilent},
		"noise from the beginning":    {freshV2, steps{{ping, []byte{1, 2, 3}}}, nil, errNoise},
		"noise instead of the answer": {runningV2, steps{{f(8, ask), []byte{1, 2, 3}}}, nil, errNoise},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := converse(t, c.line, [][]byte{ping, f(8, ask)}, ask, 20*time.Second, true, c.script...)
			if !errors.Is(err, c.err) || !bytes.Equal(got, c.want) {
				t.Errorf("% X, %v, want % X, %v", got, err, c.want, c.err)
			}
		})
	}
}

// TestV2NeverNumberTwo: whatever is to be sent, the number that a device which
// was switched off in between would take again carries a question.
func TestV2NeverNumberTwo(t *testing.T) {
	for _, last := range []uint16{0xFFFE, 0xFFFF, 0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			seen := make(chan frame2, 8)
			go func() {
				defer close(seen)
				one := make([]byte, 1)
				read := func() (byte, error) {
					_, err := far.Read(one)
					return one[0], err
				}
				for {
					if _, err := read(); err != nil { // the start byte
						return
					}
					f, err := decodeFrame2(read)
					if err != nil {
						return
					}
					seen <- f
					if _, err := far.Write(encodeFrame2(f.number, []byte{f.payload[0], 0})); err != nil {
						return
					}
				}
			}()
			x := newV2(near, DefaultTimeouts())
			x.synced, x.last = true, last
			for range 4 {
				if _, err := x.exchange(context.Background(), []byte{0x41, 30, 0, 0, 0}, time.Second, true); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(near.Close(), far.Close()); err != nil {
				t.Error(err)
			}
			reports := 0
			for f := range seen {
				if harmless := bytes.Equal(f.payload, idle); harmless != (f.number == firstNumber+1) {
					t.Errorf("after %d: number %d carries % X", last, f.number, f.payload)
				}
				if f.payload[0] == 0x41 {
					reports++
				}
			}
			if reports != 4 {
				t.Errorf("%d of 4 sent", reports)
			}
		})
	}
}

// TestV2Waits: copies of a frame are sent ever more rarely.
func TestV2Waits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		copies := make(chan int)
		go func() {
			n, buf := 0, make([]byte, 512)
			for {
				if _, err := far.Read(buf); err != nil {
					copies <- n
					return
				}
				n++
			}
		}()
		x := runningV2(near, DefaultTimeouts())
		begun := time.Now()
		if _, err := x.exchange(context.Background(), []byte{0xE0, 30, 0, 0, 0}, 2*time.Minute, true); !errors.Is(err, errSilent) {
			t.Error(err)
		}
		if took := time.Since(begun); took != 2*time.Minute {
			t.Errorf("given up after %s", took)
		}
		if err := near.Close(); err != nil {
			t.Error(err)
		}
		if n := <-copies; n != 6 { // at 0, 3, 9, 21, 45 and 93 seconds
			t.Errorf("%d copies", n)
		}
		if err := far.Close(); err != nil {
			t.Error(err)
		}
	})
}
