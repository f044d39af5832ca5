package shtrih

import (
	"context"
	"errors"
	"time"
)

// transport carries one command to the device and its answer back, over one
// open link. It is the seam between the message layer and a line discipline.
type transport interface {
	// exchange sends payload and returns the payload of its answer. timeout
	// bounds the device's own work. When once is set the command must not
	// be executed twice whatever happens; otherwise the transport may send
	// again what surely did not arrive.
	//
	// errSilent: nothing intelligible came within the time-outs. errNoise:
	// bytes came that follow no protocol. errLost: the device is there but
	// holds no answer; the command may have been executed. Any other error is
	// the link's own.
	exchange(ctx context.Context, payload []byte, timeout time.Duration, once bool) ([]byte, error)

	// probe asks once, harmlessly, whether a device that speaks this is there:
	// errSilent and errNoise say no, any other error is the link's own.
	probe(ctx context.Context) error

	// longest is the length of the longest payload that may be sent, in bytes.
	longest() int
}

var (
	errSilent = errors.New("shtrih: device is silent")
	errNoise  = errors.New("shtrih: bytes that follow no protocol")
	errLost   = errors.New("shtrih: answer lost")
)

// Timeouts bounds every wait of the driver.
type Timeouts struct {
	Connect time.Duration // opening the link
	Control time.Duration // ACK or NAK after ENQ or a frame; device gap included
	Byte    time.Duration // between two bytes of a frame
	Write   time.Duration // handing bytes to the link
	Command time.Duration // most commands
	Short   time.Duration // 10h, 11h
	XReport time.Duration // 40h
	ZReport time.Duration // 41h
	Shift   time.Duration // E0h: FFD 1.2 devices fetch marking keys meanwhile
	Marking time.Duration // FF61h, FF67h: the device asks the marking system meanwhile
	Probe   time.Duration // silence after which the device is asked by ENQ whether it still works
	Print   time.Duration // waiting for the paper, and for "still printing"
	Poll    time.Duration // between two looks at a printing device
}

// DefaultTimeouts suit a real device on a serial line or in a local network.
func DefaultTimeouts() Timeouts {
	return Timeouts{
		Connect: 5 * time.Second,
		Control: time.Second,
		Byte:    time.Second,
		Write:   5 * time.Second,
		Command: 30 * time.Second,
		Short:   3 * time.Second,
		XReport: 30 * time.Second,
		ZReport: 65 * time.Second,
		Shift:   120 * time.Second,
		Marking: 40 * time.Second,
		Probe:   3 * time.Second,
		Print:   60 * time.Second,
		Poll:    200 * time.Millisecond,
	}
}

// filled gives t with the defaults in place of zeros.
func (t Timeouts) filled() Timeouts {
	d := DefaultTimeouts()
	for _, f := range []struct{ v, def *time.Duration }{
		{&t.Connect, &d.Connect}, {&t.Control, &d.Control}, {&t.Byte, &d.Byte}, {&t.Write, &d.Write},
		{&t.Command, &d.Command}, {&t.Short, &d.Short}, {&t.XReport, &d.XReport}, {&t.ZReport, &d.ZReport},
		{&t.Shift, &d.Shift}, {&t.Marking, &d.Marking}, {&t.Probe, &d.Probe}, {&t.Print, &d.Print}, {&t.Poll, &d.Poll},
	} {
		if *f.v <= 0 {
			*f.v = *f.def
		}
	}
	return t
}
