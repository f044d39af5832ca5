package escpostest

import "time"

// Control characters.
const (
	dle = 0x10
	esc = 0x1B
	fs  = 0x1C
	gs  = 0x1D
)

// take sorts real-time commands from what goes into the buffer.
func (p *Printer) take(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.touch()
	if p.faults[Hang] {
		return
	}
	for _, c := range b {
		p.part = append(p.part, c)
		switch n := realtimeLength(p.part); {
		case n == 0: // no such command: its bytes are data
			p.store(p.part...)
			p.part = p.part[:0]
			if c == dle { // it may begin the next
				p.buf, p.part = p.buf[:max(len(p.buf)-1, 0)], append(p.part, c)
			}
		case n == len(p.part):
			p.obey(p.part)
			p.part = p.part[:0]
		}
	}
	p.work()
}

// realtimeLength is how long a real-time command that begins so will be; 0: it
// is none.
func realtimeLength(b []byte) int {
	switch {
	case b[0] != dle:
		return 0
	case len(b) == 1:
		return 3
	case b[1] == 0x04 && (len(b) == 2 || b[2] >= 1 && b[2] <= 4):
		return 3
	case b[1] == 0x05 && (len(b) == 2 || b[2] <= 2):
		return 3
	case b[1] == 0x14 && len(b) == 2:
		return 5
	case b[1] == 0x14 && b[2] == 8:
		return 10
	case b[1] == 0x14 && b[2] >= 1 && b[2] <= 3:
		return 5
	}
	return 0
}

func (p *Printer) store(b ...byte) {
	if room := Buffer - len(p.buf); len(b) > room {
		p.lost += len(b) - room
		b = b[:room]
	}
	p.buf = append(p.buf, b...)
}

func (p *Printer) obey(b []byte) {
	switch b[1] {
	case 0x04:
		p.answer(p.realtime(b[2]))
	case 0x05:
		if b[2] == 2 {
			p.buf, p.faults[Cutter] = nil, false
		}
	case 0x14:
		switch b[2] {
		case 1:
			p.kicks++
		case 8:
			p.buf = nil
		}
	}
}

// realtime is the answer to DLE EOT n.
func (p *Printer) realtime(n byte) byte {
	v := byte(0x12)
	bit := func(on bool, mask byte) {
		if on {
			v |= mask
		}
	}
	switch n {
	case 1:
		bit(p.stopped(), 0x08)
	case 2:
		bit(p.faults[Cover], 0x04)
		bit(p.faults[Offline], 0x08)
		bit(p.paperOut(), 0x20)
		bit(p.faults[Cutter] || p.faults[Hot], 0x40)
	case 3:
		bit(p.faults[Cutter], 0x08)
		bit(p.faults[Hot], 0x40)
	case 4:
		bit(p.paperLow(), 0x0C)
		bit(p.paperOut(), 0x60)
	}
	return v
}

// tell sends automatic status, when it is on.
func (p *Printer) tell() {
	if p.auto == 0 {
		return
	}
	a := [4]byte{0x10, 0, 0, 0}
	bit := func(i int, on bool, mask byte) {
		if on {
			a[i] |= mask
		}
	}
	bit(0, p.stopped(), 0x08)
	bit(0, p.faults[Cover], 0x20)
	bit(1, p.faults[Cutter], 0x08)
	bit(1, p.faults[Hot], 0x40)
	bit(2, p.paperLow(), 0x03)
	bit(2, p.paperOut(), 0x0C)
	p.answer(a[:]...)
}

func (p *Printer) answer(b ...byte) {
	switch {
	case p.out == nil, p.faults[Hang], p.faults[Mute]:
		return
	case p.faults[Garbage]:
		b = []byte("\xFF\x80garbage\x9F")
	}
	select {
	case p.out <- append([]byte(nil), b...):
	default: // nobody reads
	}
}

func (p *Printer) paperOut() bool { return p.faults[PaperOut] || p.left == 0 }
func (p *Printer) paperLow() bool {
	return p.faults[PaperLow] || p.paperOut() || p.left > 0 && p.left < lowRows
}

func (p *Printer) stopped() bool {
	return p.paperOut() || p.faults[Cover] || p.faults[Cutter] || p.faults[Hot] || p.faults[Offline] || p.faults[Hang]
}

// work obeys what is in the buffer, as far as it can; mu is held.
func (p *Printer) work() {
	for len(p.buf) > 0 && !p.stopped() && !p.slowed {
		before := len(p.rows) + p.torn
		n := p.command(p.buf)
		if n == 0 {
			return // the rest has not come yet
		}
		p.buf = p.buf[n:]
		if p.stopped() {
			p.tell()
		}
		if p.faults[Slow] && len(p.rows)+p.torn > before {
			p.slowed = true
			time.AfterFunc(SlowLine, func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.slowed = false
				p.work()
				p.touch()
			})
		}
	}
}
