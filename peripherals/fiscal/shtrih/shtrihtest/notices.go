package shtrihtest

import (
	"fmt"
	"hash/crc32"
	"time"
)

// maxExport bounds one answer to FF72h, in bytes.
const maxExport = 128

func (d *Device) noticeFill() int { return len(d.s.Marks.Notices) * 100 / maxNotices }

// SendNotices hands the queue of notices to an imaginary marking system and
// tells how many there were.
func (d *Device) SendNotices() (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.s.Marks.Notices)
	d.s.Marks.Notices = nil
	d.notify()
	return n, d.save()
}

// noticeState is FF68h.
func (d *Device) noticeState(*call) ([]byte, byte) {
	if e := d.knowsMarks(); e != 0 {
		return nil, e
	}
	q := d.s.Marks.Notices
	if len(q) == 0 {
		return make([]byte, 13), 0
	}
	const hasNotices = 1
	b := le([]byte{hasNotices}, uint64(len(q)), 2)
	b = le(b, uint64(q[0].Number), 4)
	return append(minute(b, q[0].Time), byte(d.noticeFill())), 0
}

func (d *Device) knowsMarks() byte {
	if d.s.FFD != "1.2" {
		return errUnsupported
	}
	return 0
}

// markState is FF70h.
func (d *Device) markState(*call) ([]byte, byte) {
	if e := d.knowsMarks(); e != 0 {
		return nil, e
	}
	m := &d.s.Marks
	check, notices, allowed := byte(0), byte(0), byte(0x0F)
	if m.Pending != nil {
		check = 1
	}
	if len(m.Notices) > 0 {
		notices = 1
	}
	if d.mayMark() != 0 {
		allowed = 0
	}
	inNotice := 0
	if d.s.Receipt != nil {
		for i := range d.s.Receipt.Items {
			if d.s.Receipt.Items[i].Mark != nil {
				inNotice++
			}
		}
	}
	fill := byte(0)
	for i, percent := range []int{50, 80, 90, 100} {
		if d.noticeFill() >= percent {
			fill = byte(i + 1)
		}
	}
	return le([]byte{check, notices, allowed, byte(len(m.Saved)), byte(inNotice), fill}, uint64(len(m.Notices)), 2), 0
}

// beginExport is FF71h: how many notices there are, which one comes first and
// how long it is.
func (d *Device) beginExport(*call) ([]byte, byte) {
	if e := d.knowsMarks(); e != 0 {
		return nil, e
	}
	q := d.s.Marks.Notices
	if len(q) == 0 {
		return nil, errNoData
	}
	d.exported = 0
	b := le(nil, uint64(len(q)), 2)
	b = le(b, uint64(q[0].Number), 4)
	return le(b, uint64(len(q[0].Body)), 2), 0
}

// exportBlock is FF72h: the next bytes of the first notice.
func (d *Device) exportBlock(*call) ([]byte, byte) {
	if e := d.knowsMarks(); e != 0 {
		return nil, e
	}
	if len(d.s.Marks.Notices) == 0 || d.exported >= len(d.s.Marks.Notices[0].Body) {
		return nil, errNoData
	}
	n := d.s.Marks.Notices[0]
	block := n.Body[d.exported:min(len(n.Body), d.exported+maxExport)]
	b := le(nil, uint64(n.Number), 4)
	b = le(b, uint64(len(n.Body)), 2)
	b = le(b, uint64(d.exported), 2)
	b = le(b, uint64(len(block)), 2)
	d.exported += len(block)
	return append(b, block...), 0
}

// endExport is FF73h: the first notice was carried away. Its checksum comes in
// two bytes or in four; hosts disagree.
func (d *Device) endExport(in *call) ([]byte, byte) {
	if e := d.knowsMarks(); e != 0 {
		return nil, e
	}
	number := uint32(in.u(4))
	size := len(in.b)
	sum := uint32(in.u(size))
	q := d.s.Marks.Notices
	switch {
	case size != 2 && size != 4:
		return nil, errLength
	case len(q) == 0 || q[0].Number != number || sum != crc32.ChecksumIEEE(q[0].Body)&(1<<(8*size)-1):
		return nil, errParams
	}
	d.s.Marks.Notices, d.exported = q[1:], 0
	return nil, 0
}

// slow is how long the answer to a command takes beside its execution.
func (f *faults) slow(code uint16) time.Duration {
	switch code {
	case 0xE0:
		return f.delay + f.keysDelay
	case 0xFF61, 0xFF67:
		return f.delay + f.markDelay
	}
	return f.delay
}

var markFaults = []fault{
	{FaultInfo{"mark-server", "ok|bad|sold|forged|timeout|broken|offline", "what the marking system says of every code"},
		choice(func(d *Device) *string { return &d.s.Marks.Server }, ServerOK, ServerBad, ServerSold, ServerForged, ServerTimeout, ServerBroken, ServerOffline)},
	{FaultInfo{"mark-local", "auto|good|bad|nokey", "what the FN's own check says of a signature; auto: one that begins with BAD is bad"},
		choice(func(d *Device) *string { return &d.s.Marks.Local }, LocalAuto, LocalGood, LocalBad, LocalNone)},
	{FaultInfo{"mark-strict", "on|off", "a code that was not checked before is refused by FF67h"}, switchOf(func(d *Device) *bool { return &d.s.Marks.Strict })},
	{FaultInfo{"mark-inside", "on|off", "codes are checked within a receipt only"}, switchOf(func(d *Device) *bool { return &d.s.Marks.Inside })},
	{FaultInfo{"mark-blocked", "on|off", "the FN refuses everything marked"}, switchOf(func(d *Device) *bool { return &d.s.Marks.Blocked })},
	{FaultInfo{"mark-slow", "MS", "the marking system takes so long; 0 ends it"}, func(d *Device, arg string) error {
		n, err := number(arg, 0, 0, 600_000)
		d.faults.markDelay = time.Duration(n) * time.Millisecond
		return err
	}},
	{FaultInfo{"keys-slow", "MS", "opening a shift takes so long: the FN fetches marking keys; 0 ends it"}, func(d *Device, arg string) error {
		n, err := number(arg, 0, 0, 600_000)
		d.faults.keysDelay = time.Duration(n) * time.Millisecond
		return err
	}},
	{FaultInfo{"notices", "NUMBER", "so many notices wait for the marking system"}, func(d *Device, arg string) error {
		n, err := number(arg, maxNotices*8/10, 0, maxNotices)
		if err != nil {
			return err
		}
		d.s.Marks.Notices = nil
		for range n {
			d.s.Marks.Last++
			d.s.Marks.Notices = append(d.s.Marks.Notices, notice{d.s.Marks.Last, d.now().Truncate(time.Minute), appendTLV(nil, 2000, []byte("test"))})
		}
		return nil
	}},
}

// choice sets a knob to one of words, the first one when none is given.
func choice(field func(*Device) *string, words ...string) func(*Device, string) error {
	return func(d *Device, arg string) error {
		for _, w := range words {
			if w == arg || arg == "" {
				*field(d) = w
				return nil
			}
		}
		return fmt.Errorf("%.40q is none of %v", arg, words)
	}
}
