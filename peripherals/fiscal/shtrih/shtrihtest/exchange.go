package shtrihtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/ofdwire"
)

// Ticket is the operator's confirmation of one document.
type Ticket struct {
	FD   uint32    `json:"fd"`
	Time time.Time `json:"time"`
	Sign string    `json:"sign"` // 18 bytes, hexadecimal
}

// Limits of the exchange.
const (
	exchangeBlock = 128
	exchangeMax   = 8 << 10  // bytes of an answer
	containerMax  = 32 << 10 // bytes of a document; a real FN takes no longer ones
	signSize      = 18
)

// exchange is the talk with the operator, or with the marking system, as far
// as it got. It is gone with
// the power: then the FN begins again with its first unconfirmed document.
type exchange struct {
	out     []byte // the message in the buffer; nil: none was asked for
	notice  uint32 // the notice it holds; 0: a document
	taken   int    // bytes of it that were read in a row from the start
	waiting bool   // it was read to its end, a ticket may come
	in      []byte // the answer so far
	size    int    // of the answer, 0: none announced
	held    []byte // what was written and is no operator's message: tags for FF64h
}

// first is the document that is next to be confirmed. d.mu is held.
func (d *Device) first() *Document { return d.document(uint64(d.s.SentFD) + 1) }

// formNotice is what the container of a notice to the marking system calls
// itself. UNVERIFIED: nobody has published what a real FN writes there.
const formNotice = 0x83

// next begins the exchange of what waits: the first unconfirmed document, and
// when there is none the first notice of sold marked goods, where a device
// knows the marking system's address. It is the same until a ticket was taken.
// d.mu is held.
func (d *Device) next() exchange {
	if out := d.message(); out != nil {
		return exchange{out: out}
	}
	if q := d.s.Marks.Notices; len(q) > 0 && d.marksAddress() != "" {
		c := ofdwire.Container{Form: formNotice, FN: d.s.FN, FD: q[0].Number, Body: q[0].Body}
		return exchange{out: ofdwire.Message(ofdwire.Marks, d.s.FFD, d.s.FN, c.Encode()), notice: q[0].Number}
	}
	return exchange{}
}

func (d *Device) marksAddress() string { return d.address(marksHostField, marksPortField) }

// address reads a host and its port from the table of the exchange, "" when
// one is missing. d.mu is held.
func (d *Device) address(host, port int) string {
	name := strings.TrimSpace(text.CP1251.DecodeZ(d.value(exchangeTable, 1, host)))
	number := (&reader{d.value(exchangeTable, 1, port)}).u(2)
	if name == "" || number == 0 {
		return ""
	}
	return net.JoinHostPort(name, strconv.FormatUint(number, 10))
}

// message is the first unconfirmed document for its operator, nil when there
// is none. d.mu is held.
func (d *Device) message() []byte {
	doc := d.first()
	if doc == nil {
		return nil
	}
	body := doc.TLV
	if len(body) > containerMax {
		body = append(firstTags(body, containerMax), appendTLV(nil, 1077, append([]byte{0x31, 0x04}, bigEndian(doc.Sign)...))...)
	}
	c := ofdwire.Container{Form: byte(doc.Form), FN: d.s.FN, FD: doc.FD, Body: body}
	return ofdwire.Message(ofdwire.OFD, d.s.FFD, d.s.FN, c.Encode())
}

// firstTags is as many whole tags as fit.
func firstTags(b []byte, most int) []byte {
	n := 0
	for n+4 <= len(b) {
		next := n + 4 + int(b[n+2]) + int(b[n+3])<<8
		if next > most {
			break
		}
		n = next
	}
	return bytes.Clone(b[:n])
}

// TestSign is what a test operator signs a container with and this device's
// FN expects. A real one is a message authentication code.
func TestSign(container []byte) [signSize]byte {
	sum := sha256.Sum256(container)
	return [signSize]byte(sum[:signSize])
}

// take lets the FN look at an operator's answer and gives the code it refuses
// it with. The document is confirmed durably before anybody hears of it.
// d.mu is held.
func (x *exchange) ticket(d *Device, answer []byte) byte {
	if !x.waiting {
		return errFNState
	}
	kind, number := ofdwire.OFD, d.s.SentFD+1
	if x.notice != 0 {
		kind, number = ofdwire.Marks, x.notice
	}
	h, body, err := ofdwire.Parse(answer)
	if err != nil || h.Kind != kind || h.FN != d.s.FN {
		return errNotTaken
	}
	c, err := ofdwire.ParseContainer(body)
	if err != nil || c.Form != ofdwire.FormTicket || c.FN != d.s.FN || c.FD != number {
		return errNotTaken
	}
	tags, ok := parseTLV(c.Body)
	if !ok {
		return errNotTaken
	}
	t := Ticket{FD: c.FD, Time: d.now()}
	accepted, signed := false, false
	for _, v := range tags {
		switch v.Tag {
		case 1012:
			t.Time = time.Unix(int64((&reader{v.Value}).u(4)), 0).In(t.Time.Location())
		case 1022:
			accepted = len(v.Value) == 1 && v.Value[0] == 0
		case 1078:
			want := TestSign(x.out[ofdwire.HeaderSize:])
			signed = bytes.Equal(v.Value, want[:])
			t.Sign = hex.EncodeToString(v.Value)
		}
	}
	if !accepted || !signed {
		return errNotTaken
	}
	if x.notice == 0 {
		d.confirmTo(t)
	} else if q := d.s.Marks.Notices; len(q) > 0 && q[0].Number == x.notice {
		d.s.Marks.Notices = q[1:]
	}
	d.x = exchange{}
	return 0
}

// confirmTo notes a ticket for the first unconfirmed document. d.mu is held.
func (d *Device) confirmTo(t Ticket) {
	d.tickets = append(d.tickets, t)
	d.s.SentFD = t.FD
}

// byHost tells whether the host carries the messages. d.mu is held.
func (d *Device) byHost() bool { return d.value(exchangeTable, 1, byHostField)[0] == 1 }

// bufferState is FF30h. While a document is open the FN talks to nobody.
func (d *Device) bufferState(*call) ([]byte, byte) {
	if !d.byHost() {
		return nil, errSetting
	}
	if d.s.FNDoc != 0 {
		return nil, errFNState
	}
	if d.x.out == nil || !d.x.waiting {
		d.x = d.next()
	}
	return append(le(nil, uint64(len(d.x.out)), 2), exchangeBlock), 0
}

// bufferRead is FF31h.
func (d *Device) bufferRead(in *call) ([]byte, byte) {
	from, n := int(in.u(2)), int(in.byte())
	switch {
	case d.x.out == nil, d.s.FNDoc != 0:
		return nil, errFNState
	case n == 0 || n > exchangeBlock || from+n > len(d.x.out):
		return nil, errParams
	}
	if from <= d.x.taken {
		d.x.taken = max(d.x.taken, from+n)
	}
	d.x.waiting = d.x.taken == len(d.x.out)
	return bytes.Clone(d.x.out[from : from+n]), 0
}

// bufferBegin is FF32h.
func (d *Device) bufferBegin(in *call) ([]byte, byte) {
	n := int(in.u(2))
	if n == 0 || n > exchangeMax {
		return nil, errTLVSize
	}
	d.x.in, d.x.size, d.x.held = nil, n, nil
	return []byte{exchangeBlock}, 0
}

// bufferWrite is FF33h. With the last byte of an operator's answer the FN
// takes it or not; anything else stays for who asked for the buffer.
func (d *Device) bufferWrite(in *call) ([]byte, byte) {
	at, n := int(in.u(2)), int(in.byte())
	switch {
	case d.x.size == 0:
		return nil, errFNState
	case n == 0 || n != len(in.b) || n > exchangeBlock || at != len(d.x.in) || at+n > d.x.size:
		return nil, errParams
	}
	d.x.in = append(d.x.in, in.b...)
	if len(d.x.in) < d.x.size {
		return nil, 0
	}
	answer := d.x.in
	d.x.in, d.x.size, d.x.held = nil, 0, nil
	if h, err := ofdwire.ParseHeader(answer); err != nil || h.Kind == ofdwire.Unknown {
		d.x.held = answer
		return nil, 0
	}
	if !d.byHost() {
		return nil, errSetting
	}
	return nil, d.x.ticket(d, answer)
}

func (d *Device) ticket(in *call) ([]byte, byte) {
	doc := d.document(in.u(4))
	if doc == nil || doc.FD > d.s.SentFD {
		return nil, errNoData
	}
	t := Ticket{FD: doc.FD, Time: doc.Time} // of a device older than its tickets
	for i := len(d.tickets) - 1; i >= 0; i-- {
		if d.tickets[i].FD == doc.FD {
			t = d.tickets[i]
			break
		}
	}
	sign, err := hex.DecodeString(t.Sign)
	if err != nil || len(sign) != signSize {
		sign = make([]byte, signSize)
	}
	return le(append(minute(nil, t.Time), sign...), uint64(doc.FD), 4), 0
}

// Exchange states of FF39h.
const (
	stateConnected = 1 << 0
	stateMessages  = 1 << 1
	stateWaits     = 1 << 2
)

func (d *Device) exchangeStatus(*call) ([]byte, byte) {
	b := []byte{0, 0}
	if d.unsent() == 0 {
		return append(b, make([]byte, 2+4+5)...), 0
	}
	first := d.first()
	b[0] = stateMessages
	if d.x.waiting {
		b[0] |= stateConnected | stateWaits
	}
	if d.x.taken > 0 && !d.x.waiting {
		b[1] = 1
	}
	b = le(b, uint64(d.unsent()), 2)
	b = le(b, uint64(first.FD), 4)
	return minute(b, first.Time), 0
}

// Tickets lists the operator's confirmations, oldest first.
func (d *Device) Tickets() []Ticket {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Ticket(nil), d.tickets...)
}

// SendToOFD confirms every waiting document without an operator, and tells
// how many there were.
func (d *Device) SendToOFD() (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.unsent()
	for d.unsent() > 0 {
		d.confirmTo(Ticket{FD: d.s.SentFD + 1, Time: d.now(), Sign: hex.EncodeToString(make([]byte, signSize))})
	}
	d.x = exchange{}
	d.notify()
	return n, d.save()
}
