package shtrihtest

import (
	"time"
)

// start executes a command in the background; the answer, or nil when the
// power went meanwhile, comes on the channel. False when the device is closed.
func (d *Device) start(payload []byte, answer chan<- []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.kept = nil
	d.work.Go(func() { answer <- d.run(payload) })
	return true
}

// run executes one command. The state is durable before the answer exists.
func (d *Device) run(payload []byte) []byte {
	d.exec.Lock()
	defer d.exec.Unlock()
	epoch := d.currentEpoch()
	d.hook(Received, payload)
	d.mu.Lock()
	if d.epoch != epoch {
		d.mu.Unlock()
		return nil
	}
	answer := d.execute(payload)
	d.kept = answer
	d.notify()
	delay := d.faults.delay
	d.mu.Unlock()
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
	return append(out, data...)
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

func (d *Device) keptAnswer() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept
}

// confirm forgets an answer the host has.
func (d *Device) confirm(answer []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.kept) > 0 && len(answer) > 0 && &d.kept[0] == &answer[0] {
		d.kept = nil
	}
}

// startPrinting begins sub-mode 5. d.mu is held.
func (d *Device) startPrinting() { d.printing = time.Now().Add(d.o.PrintDelay) }
