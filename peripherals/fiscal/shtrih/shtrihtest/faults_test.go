package shtrihtest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func (h *host) fault(d *Device, line string) {
	h.t.Helper()
	w := strings.Fields(line)
	if err := d.Fault(w[0], w[1:]...); err != nil {
		h.t.Fatal(err)
	}
}

// TestFaultsOnTheWire: what each fault of the line looks like to a host, in
// both framings.
func TestFaultsOnTheWire(t *testing.T) {
	const quiet = 60 * time.Millisecond
	for _, p := range []Protocol{V1, V2} {
		t.Run(string(p), func(t *testing.T) {
			d := open(t, Options{Protocol: p, ByteTimeout: 40 * time.Millisecond})
			h := connect(t, d)
			number := uint16(firstNumber)
			send := func(pieces ...string) {
				t.Helper()
				if payload := unhex(t, pieces...); p == V1 {
					h.send(frame(payload)...)
				} else {
					number++
					h.send(frameOf2(number, payload, 0)...)
				}
			}
			answer := func() []byte {
				t.Helper()
				if p == V1 {
					a := h.answer()
					h.send(ack)
					return a
				}
				_, a := h.answer2()
				return a
			}
			again := func() []byte { // the kept answer
				t.Helper()
				if p == V1 {
					h.send(enq)
					h.want(ack)
				} else {
					h.send(ping2...)
				}
				return answer()
			}
			accepted := func() {
				t.Helper()
				if p == V1 {
					h.want(ack)
				}
			}
			want := []byte{0xFC, 0}
			same := func(a []byte) {
				t.Helper()
				if !bytes.HasPrefix(a, want) {
					t.Errorf("% X", a)
				}
			}

			h.fault(d, "split 100")
			send("FC")
			accepted()
			began := time.Now()
			same(answer())
			if took := time.Since(began); took < 100*time.Millisecond {
				t.Errorf("whole after %s", took)
			}

			h.fault(d, "oversized")
			send("FC")
			accepted()
			if a := answer(); len(a) != map[Protocol]int{V1: maxPayload1, V2: maxPayload2}[p] || a[len(a)-1] != 0 {
				t.Errorf("%d bytes", len(a))
			} else {
				same(a)
			}

			h.fault(d, "disconnect 10") // on a serial line: the answer is lost
			send("FC")
			accepted()
			same(answer())
			send("10", pwd)
			accepted()
			h.silent(quiet)
			if a := again(); a[0] != 0x10 {
				t.Errorf("kept % X", a)
			}

			h.fault(d, "corrupt-answer")
			send("FC")
			accepted()
			if p == V1 {
				b := h.read(2)
				body := h.read(int(b[1]) + 1)
				if f := frame(body[:len(body)-1]); f[len(f)-1] == body[len(body)-1] {
					t.Error("the check byte is right")
				}
				h.send(nak)
			} else {
				h.read(1)
				sound := frameOf2(number, append(slices.Clone(want), deviceTypeTail()...), 0)
				if b := h.read(len(sound) - 1); bytes.Equal(b, sound[1:]) || !bytes.Equal(b[:len(b)-1], sound[1:len(sound)-1]) {
					t.Errorf("% X", b)
				}
			}
			same(again())

			h.fault(d, "cut-before E0")
			send(openShiftHex)
			accepted()
			h.silent(quiet)
			if n := len(d.Documents()); n != 1 {
				t.Errorf("%d documents: it was executed", n)
			}
			number = firstNumber
			h.fault(d, "cut-after E0")
			send(openShiftHex)
			accepted()
			h.silent(quiet)
			if n := len(d.Documents()); n != 2 {
				t.Errorf("%d documents: it was not executed", n)
			}
			if p == V1 {
				h.send(enq)
				h.want(nak)
			} else if n := h.at(); n != firstNumber {
				t.Errorf("at %d", n)
			}
			if left := d.State().Faults; len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// deviceTypeTail is what FCh answers after its error code.
func deviceTypeTail() []byte {
	a, _ := deviceType(nil, nil)
	return a
}

// TestBadFaults: what is refused is refused in words for a person.
func TestBadFaults(t *testing.T) {
	d := open(t, Options{})
	for line, want := range map[string]string{
		"explode": "no fault", "delay soon": `"soon" is not a number of 0..600000`, "unplug now": "takes no arguments", "delay 1 2": "takes one argument",
		"drop-answer XYZ": "not a command's code in hexadecimal", "drop-answer 12345": "not a command's code", "clock-drift late": "not a duration such as 10m",
		"garbage maybe": "neither on nor off",
	} {
		w := strings.Fields(line)
		err := d.Fault(w[0], w[1:]...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "strconv") || strings.Contains(err.Error(), "time:") || strings.Contains(err.Error(), "shtrihtest") {
			t.Errorf("%s: %v", line, err)
		}
	}
	if left := d.State().Faults; len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
