package shtrihtest

import (
	"bytes"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/peripherals/text"

	"github.com/kassa-pos/kassa/pos/qty"
)

// Limits of marking.
const (
	maxMarks    = 128  // checked codes, that is of one receipt
	maxNotices  = 1000 // in the queue for the marking system
	productCode = 1163
	// markTimeout is what FF61h answers in the place of the FN's code when the
	// marking system did not answer.
	markTimeout = 0xFF
	markRefused = 0x20
)

// What the marking server says: Marks.Server.
const (
	ServerOK      = "ok"
	ServerBad     = "bad"     // the planned status is wrong
	ServerSold    = "sold"    // D3h: gone from circulation, or never made
	ServerForged  = "forged"  // D4h
	ServerTimeout = "timeout" // no answer in time
	ServerBroken  = "broken"  // an answer the FN refuses
	ServerOffline = "offline" // the device has no link to it
)

// What the FN's own check says: Marks.Local.
const (
	LocalAuto = "auto" // by the code's tail: BAD.. is bad, any other of the right form is good
	LocalGood = "good"
	LocalBad  = "bad"
	LocalNone = "nokey" // no keys in the FN
)

// marks is the FN's knowledge of marking codes.
type marks struct {
	Server  string   `json:"server,omitempty"` // ServerOK
	Local   string   `json:"local,omitempty"`  // LocalAuto
	Strict  bool     `json:"strict,omitempty"` // FF67h refuses a code that was not checked
	Inside  bool     `json:"inside,omitempty"` // FF61h only works within a receipt
	Blocked bool     `json:"blocked,omitempty"`
	Pending *Mark    `json:"pending,omitempty"` // checked by FF61h, waits for FF69h
	Saved   []Mark   `json:"saved,omitempty"`   // accepted
	Notices []notice `json:"notices,omitempty"`
	Last    uint32   `json:"last_notice,omitempty"`
}

// Mark is one marking code as the FN checked it.
type Mark struct {
	Code   string `json:"code"`   // whole, as the host sent it
	Status byte   `json:"status"` // planned, tag 2003
	Local  byte   `json:"local"`  // 2004: bit 0 checked, bit 1 genuine
	Reason byte   `json:"reason"` // why the FN did not check
	Type   byte   `json:"type"`   // 2100
	Result byte   `json:"result"` // 2106
	Server []byte `json:"server"` // what came of asking the marking system, as FF61h gives it
}

// notice is a sold unit the marking system is to hear of.
type notice struct {
	Number uint32    `json:"number"`
	Time   time.Time `json:"time"`
	Body   []byte    `json:"body"`
}

// forget drops checked codes, as the end of a receipt does.
func (m *marks) forget() { m.Pending, m.Saved = nil, nil }

// Marking is what a person would see of it.
type Marking struct {
	Server  string `json:"server"`
	Local   string `json:"local"`
	Saved   []Mark `json:"saved"`
	Pending bool   `json:"pending"`
	Notices int    `json:"notices"`
}

// Marking reads it.
func (d *Device) Marking() Marking {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := &d.s.Marks
	return Marking{Server: or(m.Server, ServerOK), Local: or(m.Local, LocalAuto), Saved: append([]Mark(nil), m.Saved...), Pending: m.Pending != nil, Notices: len(m.Notices)}
}

func or(s, missing string) string {
	if s == "" {
		return missing
	}
	return s
}

var markCommands = map[uint16]handler{
	0xFF61: {min: 10, max: 255, system: true, run: (*Device).checkMark},
	0xFF67: {min: 7, max: 255, run: (*Device).bindMark},
	0xFF68: {min: 6, system: true, run: (*Device).noticeState},
	0xFF69: {min: 7, system: true, run: (*Device).acceptMark},
	0xFF70: {min: 6, system: true, run: (*Device).markState},
	0xFF71: {min: 6, system: true, run: (*Device).beginExport},
	0xFF72: {min: 6, system: true, run: (*Device).exportBlock},
	0xFF73: {min: 10, max: 14, system: true, run: (*Device).endExport},
}

// mayMark tells whether the FN works with marking codes.
func (d *Device) mayMark() byte {
	switch {
	case d.s.FFD != "1.2":
		return errUnsupported
	case !d.s.Registered.Marking:
		return errNoMarking
	case d.s.Marks.Blocked || len(d.s.Marks.Notices) >= maxNotices:
		return errMarkBlocked
	}
	return 0
}

// checkMark is FF61h.
func (d *Device) checkMark(in *call) ([]byte, byte) {
	if e := d.mayMark(); e != 0 {
		return nil, e
	}
	status, mode, codeLen, tlvLen := in.byte(), in.byte(), int(in.byte()), int(in.byte())
	if len(in.b) != codeLen+tlvLen || codeLen == 0 {
		return nil, errLength
	}
	code := string(in.bytes(codeLen))
	parts, ok := parseTLV(in.b)
	measured := status == 2 || status == 4
	switch {
	case !d.s.ShiftOpen:
		return nil, errMode
	case d.s.Marks.Inside && d.s.Receipt == nil:
		return nil, errMode
	case mode != 0 || (status < 1 || status > 4) && status != 255 || !ok:
		return nil, errParams
	case measured && !has(parts, 1023) && !has(parts, 1291): // measured goods need a quantity
		return nil, errParams
	case len(d.s.Marks.Saved) >= maxMarks:
		return nil, errMarksFull
	}
	m, e := d.judge(code, status)
	if e != 0 {
		d.s.Marks.Pending = nil
		return nil, e
	}
	d.s.Marks.Pending = &m
	return append([]byte{m.Local, m.Reason, m.Type, byte(len(m.Server))}, m.Server...), 0
}

func has(tags []tag, id uint16) bool {
	for _, t := range tags {
		if t.Tag == id {
			return true
		}
	}
	return false
}

// judge is the check itself: the FN's, then the marking system's.
func (d *Device) judge(code string, status byte) (Mark, byte) {
	m := Mark{Code: code, Status: status}
	m.Local, m.Reason, m.Type = localCheck(code, or(d.s.Marks.Local, LocalAuto))
	if m.Local&1 != 0 {
		m.Result = m.Local
	}
	const asked, right, offline = 1 << 2, 1 << 3, 1 << 4
	switch or(d.s.Marks.Server, ServerOK) {
	case ServerOK: // the marking system checks the signature as well
		if m.Result = 3 | asked | right; m.Local == 1 {
			m.Result = 1 | asked
		}
	case ServerBad:
		if m.Result = 1 | asked; m.Local == 3 {
			m.Result = 3 | asked
		}
	case ServerSold:
		return m, errMarkGone
	case ServerForged:
		return m, errMarkForged
	case ServerTimeout:
		m.Server = []byte{markTimeout}
		return m, 0
	case ServerBroken:
		const badSign = 1
		m.Server = []byte{markRefused, badSign}
		return m, 0
	case ServerOffline:
		m.Result |= offline
		return m, 0
	}
	m.Server = appendTLV([]byte{0, m.Result}, 2114, le(nil, wall(d.now()), 4))
	m.Server = appendTLV(m.Server, 2105, []byte{0})
	m.Server = appendTLV(m.Server, 2005, []byte{m.Result})
	return m, 0
}

// localCheck is a stand-in for the FN's: it looks at the code's form and, by
// rule, at its tail. It gives 2004, the reason, and 2100: 1 short, 2 and 4 with
// a signature of 88 and 44 characters, 5 with one of 4 the FN has no means to
// check.
func localCheck(code, rule string) (local, reason, kind byte) {
	const notSubject, noKey, noTail = 1, 2, 3
	_, tail, signed := strings.Cut(code, "\x1d92")
	switch {
	case signed && len(tail) >= 88:
		kind = 2
	case signed && len(tail) >= 44:
		kind = 4
	case strings.Contains(code, "\x1d93"):
		return 0, notSubject, 5
	case strings.Contains(code, "\x1d91"):
		return 0, noTail, 1
	default:
		return 0, notSubject, 1
	}
	switch {
	case rule == LocalNone:
		return 0, noKey, kind
	case rule == LocalBad, rule == LocalAuto && strings.HasPrefix(tail, "BAD"):
		return 1, 0, kind
	}
	return 3, 0, kind
}

// acceptMark is FF69h: 0 rejects the code checked last, 1 accepts it, 2 drops
// all that were accepted.
func (d *Device) acceptMark(in *call) ([]byte, byte) {
	if e := d.mayMark(); e != 0 {
		return nil, e
	}
	m := &d.s.Marks
	action := in.byte()
	switch {
	case action == 2:
		m.forget()
		return []byte{0}, 0
	case action > 2:
		return nil, errParams
	case m.Pending == nil:
		return nil, errMarkOrder
	}
	one := *m.Pending
	m.Pending = nil
	if action == 1 {
		m.Saved = append(m.Saved, one)
	}
	return []byte{one.Result}, 0
}

// bindMark is FF67h: it gives the last item its code. A code nobody checked is
// checked and accepted here.
func (d *Device) bindMark(in *call) ([]byte, byte) {
	n := int(in.byte())
	if rest := len(in.b) - n; n == 0 || rest < 0 || rest > 1 {
		return nil, errLength
	}
	code := string(in.bytes(n))
	if e := d.owned(in.operator); e != 0 {
		return nil, e
	}
	items := d.s.Receipt.Items
	if len(items) == 0 || items[len(items)-1].Mark != nil {
		return nil, errMarkOrder
	}
	it := &items[len(items)-1]
	if d.s.FFD != "1.2" {
		return d.bindOld(it, code)
	}
	if e := d.mayMark(); e != 0 {
		return nil, e
	}
	if it.Unit == 0 && it.Qty != qty.One { // FFD 1.2: of what is counted a code is one
		return nil, errParams
	}
	m, fresh, e := d.checked(code)
	if e != 0 {
		return nil, e
	}
	tags := []tag{{productCode, appendTLV(nil, 1305, text.CP866.EncodeMax(identifier(code), 38))}, {2102, []byte{0}}, {2106, []byte{m.Result}}}
	it.Tags, it.Mark = append(it.Tags, tags...), &m
	b := append([]byte("DM"), bindType(code))
	if fresh {
		b = append(append(b, m.Local, m.Reason, m.Type, byte(len(m.Server))), m.Server...)
	}
	return b, 0
}

// checked finds a code among the accepted ones that no item has yet, or checks
// it now.
func (d *Device) checked(code string) (m Mark, fresh bool, e byte) {
	for _, m := range d.s.Marks.Saved {
		if m.Code == code && !d.bound(code) {
			return m, false, 0
		}
	}
	switch {
	case d.bound(code):
		return m, false, errMarkOrder
	case d.s.Marks.Strict:
		return m, false, errNotChecked
	case len(d.s.Marks.Saved) >= maxMarks:
		return m, false, errMarksFull
	}
	status := byte(1)
	if k := d.s.Receipt.Kind; k == 2 || k == 1 {
		status = 3
	}
	if m, e = d.judge(code, status); e == 0 {
		d.s.Marks.Saved = append(d.s.Marks.Saved, m)
	}
	return m, true, e
}

func (d *Device) bound(code string) bool {
	for _, it := range d.s.Receipt.Items {
		if it.Mark != nil && it.Mark.Code == code {
			return true
		}
	}
	return false
}

// bindOld is FF67h of FFD 1.05: tag 1162, made of GTIN and serial number.
func (d *Device) bindOld(it *Item, code string) ([]byte, byte) {
	id := identifier(code)
	if !strings.HasPrefix(id, "01") || len(id) < 16 || !digits(id[2:16]) {
		return nil, errParams
	}
	value := []byte("DM")
	value = append(value, bigEndian48(decimal(id[2:16]))...)
	value = append(value, strings.TrimPrefix(id[16:], "21")...)
	it.Tags, it.Mark = append(it.Tags, tag{1162, value}), &Mark{Code: code}
	return append([]byte("DM"), bindType(code)), 0
}

func bigEndian48(v uint64) []byte {
	return append([]byte{byte(v >> 40), byte(v >> 32)}, bigEndian(uint32(v))...)
}

// identifier is a code without its tail: GTIN and serial number.
func identifier(code string) string {
	head, _, _ := strings.Cut(strings.TrimPrefix(code, "\x1d"), "\x1d")
	return head
}

// bindType is how FF67h counts: 0 a signature of 88 characters, 1 of 4, 2
// tobacco, 3 of 44, FFh none.
func bindType(code string) byte {
	_, tail, signed := strings.Cut(code, "\x1d92")
	switch {
	case signed && len(tail) >= 88:
		return 0
	case signed:
		return 3
	case strings.Contains(code, "\x1d93"):
		return 1
	case len(code) == 29 && !strings.HasPrefix(code, "01"):
		return 2
	}
	return 0xFF
}

// unbound tells whether an item that says it has a code has none.
func (d *Device) unbound(items []Item) bool {
	const exciseMarked, marked = 31, 33
	for i := range items {
		if it := &items[i]; d.s.FFD == "1.2" && it.Mark == nil && (it.Kind == exciseMarked || it.Kind == marked) {
			return true
		}
	}
	return false
}

// announce queues notices of what a registered receipt sold, and ends the
// checks. d.mu is held.
func (d *Device) announce(doc *Document) {
	for i := range doc.Items {
		m := doc.Items[i].Mark
		if m == nil || d.s.FFD != "1.2" {
			continue
		}
		body := appendTLV(nil, 2000, []byte(m.Code))
		body = appendTLV(body, 2003, []byte{m.Status})
		body = appendTLV(body, 2106, []byte{m.Result})
		d.s.Marks.Last++
		d.s.Marks.Notices = append(d.s.Marks.Notices, notice{d.s.Marks.Last, d.now().Truncate(time.Minute), bytes.Clone(body)})
	}
	d.s.Marks.forget()
}
