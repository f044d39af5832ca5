package shtrih

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// turn is one side of a scripted conversation with a device: what the host
// must send, then what the device says.
type turn struct {
	heard []byte
	said  []byte
}

// converse runs one exchange of payload over line against a
// scripted device. The script must be used up; beyond it the host may only
// repeat one of idling, which nobody answers.
func converse(t *testing.T, line func(link.Conn, Timeouts) transport, idling [][]byte, payload []byte, timeout time.Duration, once bool, script ...turn) (answer []byte, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		done := make(chan error, 1)
		go func() {
			for i, tn := range script {
				heard := bytes.Clone(tn.heard)
				if _, err := io.ReadFull(far, heard); err != nil || !bytes.Equal(heard, tn.heard) {
					t.Errorf("turn %d: heard % X, %v, want % X", i, heard, err, tn.heard)
					break
				}
				if len(tn.said) == 0 {
					continue
				}
				if _, err := far.Write(tn.said); err != nil {
					t.Errorf("turn %d: %v", i, err)
				}
			}
			var rest bytes.Buffer
			_, err := io.Copy(&rest, far) // what comes beyond the script
			b := rest.Bytes()
			for _, allowed := range idling {
				b = bytes.ReplaceAll(b, allowed, nil)
			}
			if len(b) > 0 {
				t.Errorf("beyond the script: % X", b)
			}
			done <- err
		}()
		x := line(near, DefaultTimeouts())
		answer, err = x.exchange(context.Background(), payload, timeout, once)
		if e := errors.Join(near.Close(), <-done, far.Close()); e != nil {
			t.Error(e)
		}
	})
	return answer, err
}

func plainV1(conn link.Conn, t Timeouts) transport { return newV1(conn, t) }

func TestV1(t *testing.T) {
	ask := []byte{0x10, 30, 0, 0, 0}
	fresh, old, other := []byte{0x10, 0, 1}, []byte{0x10, 0, 9}, []byte{0x11, 0, 9}
	frame := encodeFrame
	damaged := frame(fresh)
	damaged[len(damaged)-1] ^= 0x40
	e, a, n := []byte{enq}, []byte{ack}, []byte{nak}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		once   bool
		script []turn
		want   []byte
		err    error
	}{
		"plain":                                  {false, []turn{{e, n}, {frame(ask), join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"stray FFh":                              {false, []turn{{e, []byte{stray, nak}}, {frame(ask), join([]byte{stray, ack, stray}, frame(fresh))}, {a, nil}}, fresh, nil},
		"an old answer of the same command":      {true, []turn{{e, join(a, frame(old))}, {a, nil}, {e, n}, {frame(ask), join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"confirmation lost":                      {true, []turn{{e, n}, {frame(ask), frame(fresh)}, {a, nil}}, fresh, nil},
		"confirmation lost, answer kept":         {true, []turn{{e, n}, {frame(ask), nil}, {e, join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"answer lost and kept":                   {true, []turn{{e, n}, {frame(ask), a}, {e, join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"busy, then the answer":                  {true, []turn{{e, n}, {frame(ask), a}, {e, a}, {e, a}, {e, join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"answer lost and forgotten":              {false, []turn{{e, n}, {frame(ask), a}, {e, n}}, nil, errLost},
		"answer damaged":                         {true, []turn{{e, n}, {frame(ask), join(a, damaged)}, {n, nil}, {e, join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"answer cut short":                       {true, []turn{{e, n}, {frame(ask), join(a, frame(fresh)[:4])}, {n, nil}, {e, join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"frame not heard, sent again":            {false, []turn{{e, n}, {frame(ask), nil}, {e, n}, {frame(ask), join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"frame not heard, not sent again":        {true, []turn{{e, n}, {frame(ask), nil}, {e, n}}, nil, errLost},
		"frame refused, sent again":              {true, []turn{{e, n}, {frame(ask), n}, {e, n}, {frame(ask), join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"a late NAK instead of the confirmation": {true, []turn{{e, n}, {frame(ask), join(n, a, frame(fresh))}, {e, join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"enquiries answered late":                {true, []turn{{e, nil}, {e, n}, {nil, n}, {frame(ask), join(a, frame(fresh))}, {a, nil}}, fresh, nil},
		"answer to something else":               {true, []turn{{e, n}, {frame(ask), join(a, frame(other))}, {a, nil}}, nil, errNoise},
		"silence":                                {false, nil, nil, errSilent},
		"silence after the confirmation":         {true, []turn{{e, n}, {frame(ask), a}}, nil, errSilent},
		"noise":                                  {false, []turn{{e, []byte{1, 3, 4}}}, nil, errNoise},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := converse(t, plainV1, [][]byte{{enq}}, ask, 20*time.Second, c.once, c.script...)
			if !errors.Is(err, c.err) || !bytes.Equal(got, c.want) {
				t.Errorf("% X, %v, want % X, %v", got, err, c.want, c.err)
			}
		})
	}
}
