package shtrihtest

import (
	"time"
)

// work is one command of a port being executed.
type work struct {
	done   chan struct{} // closed at the end
	answer []byte        // then; nil: the power went meanwhile
}

// start executes a command that came in at p in the background. keep stores
// the answer the moment it is ready; d.mu is held then. Nil when the device is
// closed. It goes on when the stream breaks: the device does not know who asked.
func (d *Device) start(p *port, payload []byte, keep func([]byte)) *work {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	k := &work{done: make(chan struct{})}
	p.work = k
	d.work.Go(func() {
		defer close(k.done)
		answer := d.run(payload)
		d.mu.Lock()
		defer d.mu.Unlock()
		if p.work != k { // switched off and on
			return
		}
		p.work = nil
		if answer != nil {
			keep(answer)
			k.answer = answer
		}
	})
	return k
}

// working is the command a port is at, nil for none.
func (d *Device) working(p *port) *work {
	d.mu.Lock()
	defer d.mu.Unlock()
	return p.work
}

// run executes one command. The state is durable before the answer exists.
func (d *Device) run(payload []byte) []byte {
	d.exec <- struct{}{}
	defer func() { <-d.exec }()
	epoch := d.currentEpoch()
	d.hook(Received, payload)
	answer, delay := d.perform(payload, epoch)
	if answer == nil {
		return nil
	}
	d.hook(Executed, payload)
	if delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-d.closing:
		}
	}
	if d.currentEpoch() != epoch {
		return nil
	}
	return answer
}

// perform executes a command unless the power has gone since epoch, or goes
// now; then there is no answer.
func (d *Device) perform(payload []byte, epoch int) (answer []byte, delay time.Duration) {
	code, _ := commandCode(payload)
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.notify()
	if d.faults.cutBefore.take(code) {
		d.cutPower()
	}
	if d.epoch != epoch {
		return nil, 0
	}
	answer = d.execute(payload)
	if d.faults.cutAfter.take(code) {
		d.cutPower()
		return nil, 0
	}
	return answer, d.faults.slow(code)
}

// execute runs the handler of a command and saves. d.mu is held.
func (d *Device) execute(payload []byte) []byte {
	code, n := commandCode(payload)
	head := payload[:n]
	fail := func(e byte) []byte { return append(append([]byte(nil), head...), e) }
	c, ok := commands[code]
	if !ok {
		return fail(errUnsupported)
	}
	if len(payload) < c.min || len(payload) > max(c.min, c.max) {
		return fail(errLength)
	}
	if d.s.Clock.waits() && !unconfirmed[code] {
		return fail(errConfirm)
	}
	in := &call{reader: reader{payload[n:]}}
	if !c.open {
		if in.operator = d.operator(uint32(in.u(4))); in.operator == 0 || (c.system && in.operator < administrator) {
			return fail(errPassword)
		}
	}
	if c.prints {
		if e := d.mayPrint(); e != 0 {
			return fail(e)
		}
	}
	data, e := c.run(d, in)
	if e != 0 {
		return append(fail(e), data...) // A4h names the missing tag
	}
	if err := d.save(); err != nil {
		return fail(errHardware)
	}
	out := append(append([]byte(nil), head...), 0)
	if c.operator {
		out = append(out, in.operator)
	}
	out = append(out, data...)
	if d.s.Health.Chatty && trailing[code] {
		out = append(out, 0xEE, 0xEE, 0xEE)
	}
	return out
}

// commandCode gives a command's code and its length in bytes; FFxx commands
// have two.
func commandCode(payload []byte) (uint16, int) {
	if len(payload) >= 2 && (payload[0] == 0xFF || payload[0] == 0xFE) {
		return uint16(payload[0])<<8 | uint16(payload[1]), 2
	}
	return uint16(payload[0]), 1
}

func (d *Device) hook(stage Stage, payload []byte) {
	if d.o.Hook != nil {
		code, _ := commandCode(payload)
		d.o.Hook(stage, code)
	}
}

func (d *Device) currentEpoch() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.epoch
}

// startPrinting begins sub-mode 5. d.mu is held.
func (d *Device) startPrinting() { d.printing = time.Now().Add(d.o.PrintDelay) }
