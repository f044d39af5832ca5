package shtrihtest

import "time"

// Protocol names a framing.
type Protocol string

// The protocols.
const (
	Auto Protocol = "auto" // the first byte after power-up or 14h decides: 02h, 05h are v1, 8Fh is v2
	V1   Protocol = "v1"
	V2   Protocol = "v2"
)

// port is one of the two ways into the device, the serial line or the network.
// All of it is lost with the power. Device.mu guards it.
type port struct {
	speaks Protocol // "": nothing has been heard yet
	kept   []byte   // the last answer; of v1 until it is confirmed
	last   uint16   // of v2: the number of the last answer
	work   *work    // nil: idle
}

// firstNumber is v2's number of a device that has executed nothing.
const firstNumber = 1

// Ports as 14h and 15h count them.
const (
	serialPort  = 0
	networkPort = 128
)

// Codes of 14h.
const (
	speed115200 = 6
	topSpeed    = 9
)

// networkPatience multiplies the byte time-out on TCP: real devices have none
// there.
const networkPatience = 10

// resetPorts is what power-up does to them. d.mu is held.
func (d *Device) resetPorts() {
	for _, p := range []*port{&d.serial, &d.network} {
		*p = port{last: firstNumber}
		d.await(p)
	}
}

// await makes a port settle anew by the next byte. d.mu is held.
func (d *Device) await(p *port) {
	p.speaks, p.kept = "", nil
	if d.o.Protocol != Auto {
		p.speaks = d.o.Protocol
	}
}

// settle gives the protocol of a port at which b begins something.
func (d *Device) settle(p *port, b byte) Protocol {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case p.speaks != "":
	case b == stx || b == enq:
		p.speaks = V1
	case b == start2:
		p.speaks = V2
	}
	return p.speaks
}

// patience is the byte time-out of a port.
func (d *Device) patience(p *port) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case p == &d.network:
		return networkPatience * d.o.ByteTimeout
	case d.s.ByteCode > 0:
		return byteTimeout(d.s.ByteCode)
	}
	return d.o.ByteTimeout
}

// byteTimeout decodes 14h's time-out.
func byteTimeout(code byte) time.Duration {
	switch {
	case code <= 150:
		return time.Duration(code) * time.Millisecond
	case code <= 249:
		return time.Duration(code-149) * 150 * time.Millisecond
	}
	return time.Duration(code-248) * 15 * time.Second
}

// lastAnswer is the answer a port keeps, nil for none, and v2's number.
func (d *Device) lastAnswer(p *port) (kept []byte, number uint16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return p.kept, p.last
}

// forget drops the kept answer of a port.
func (d *Device) forget(p *port) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.kept = nil
}

// confirm forgets an answer the host has.
func (d *Device) confirm(p *port, answer []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(p.kept) > 0 && len(answer) > 0 && &p.kept[0] == &answer[0] {
		p.kept = nil
	}
}

// setPort is 14h. The answer still goes out the old way; what the port speaks
// is settled anew by the byte after. A virtual line has any speed, and the
// network's port number stays what it is.
func (d *Device) setPort(in *call) ([]byte, byte) {
	number, speed, timeout := in.byte(), in.byte(), in.byte()
	switch {
	case number == networkPort:
		d.await(&d.network)
	case number == serialPort && speed <= topSpeed:
		d.s.Speed, d.s.ByteCode = speed, timeout
		d.await(&d.serial)
	default:
		return nil, errParams
	}
	return nil, 0
}

func (d *Device) getPort(in *call) ([]byte, byte) {
	switch in.byte() {
	case serialPort:
		return []byte{d.s.Speed, d.s.ByteCode}, 0
	case networkPort:
		return []byte{0, 0}, 0
	}
	return nil, errParams
}
