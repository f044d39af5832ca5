package shtrihtest

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/ofdwire"
)

// ticketFor is what a test operator answers to a message.
func ticketFor(t testing.TB, message []byte) []byte {
	t.Helper()
	h, body, err := ofdwire.Parse(message)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ofdwire.ParseContainer(body)
	if err != nil {
		t.Fatal(err)
	}
	sign := TestSign(body)
	tags := appendTLV(appendTLV(appendTLV(nil, 1012, le(nil, uint64(noon.Unix()), 4)), 1022, []byte{0}), 1078, sign[:])
	return ofdwire.Message(h.Kind, "1.2", h.FN, ofdwire.Container{Form: ofdwire.FormTicket, FN: c.FN, FD: c.FD, Body: tags}.Encode())
}

// readBuffer takes a message out by hand.
func (h *host) readBuffer() []byte {
	h.t.Helper()
	state := h.ok("FF30", pwd)
	size := int(state[0]) | int(state[1])<<8
	var all []byte
	for len(all) < size {
		n := min(int(state[2]), size-len(all))
		all = append(all, h.ok("FF31", pwd, hex.EncodeToString(le(le(nil, uint64(len(all)), 2), uint64(n), 1)))...)
	}
	return all
}

// writeBuffer puts an answer in and gives the code of the last block.
func (h *host) writeBuffer(answer []byte) (code byte) {
	h.t.Helper()
	block := int(h.ok("FF32", pwd, hex.EncodeToString(le(nil, uint64(len(answer)), 2)))[0])
	for at := 0; at < len(answer); at += block {
		piece := answer[at:min(at+block, len(answer))]
		code = h.code("FF33", pwd, hex.EncodeToString(append(le(le(nil, uint64(at), 2), uint64(len(piece)), 1), piece...)))
	}
	return code
}

// TestExchange: the whole way of two documents, and what the archive and the
// status say of it, over a restart as well.
func TestExchange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kkt")
	o := Options{StatePath: path, ByHost: true}
	d := open(t, o)
	h := connect(t, d)
	h.ok(openShiftHex)
	if s := h.ok("FF39", pwd); s[0] != 2 || s[1] != 0 || s[2] != 2 || s[4] != 1 {
		t.Errorf("before: % X", s)
	}
	if got := h.code("FF3C", pwd, "01000000"); got != errNoData {
		t.Errorf("ticket before it came: %02X", got)
	}
	first := h.readBuffer()
	if s := h.ok("FF39", pwd); s[0] != 7 {
		t.Errorf("waiting: % X", s)
	}
	if got := h.writeBuffer(ticketFor(t, first)); got != 0 {
		t.Fatalf("ticket refused: %02X", got)
	}
	ticket := h.ok("FF3C", pwd, "01000000")
	sign := TestSign(first[ofdwire.HeaderSize:])
	if len(ticket) != 27-3 && len(ticket) != 27 || string(ticket[5:23]) != string(sign[:]) || ticket[23] != 1 {
		t.Errorf("% X", ticket)
	}
	if got := h.writeBuffer(ticketFor(t, first)); got != errFNState {
		t.Errorf("the same ticket again: %02X", got)
	}

	d = open(t, o) // as after a power cut
	h = connect(t, d)
	if got := h.ok("FF3C", pwd, "01000000"); string(got) != string(ticket) {
		t.Errorf("after a restart % X, before % X", got, ticket)
	}
	second := h.readBuffer()
	if string(second) == string(first) || h.writeBuffer(ticketFor(t, second)) != 0 {
		t.Error("the second document does not go")
	}
	if s := h.ok("FF39", pwd); s[0] != 0 || s[2] != 0 {
		t.Errorf("after: % X", s)
	}
	if s := h.ok("FF30", pwd); s[0] != 0 || s[1] != 0 {
		t.Errorf("nothing waits: % X", s)
	}
	if len(d.Tickets()) != 2 || d.State().Unsent != 0 {
		t.Errorf("%+v", d.Tickets())
	}
}

// TestExchangeRules: what is out of order or out of bounds.
func TestExchangeRules(t *testing.T) {
	d := open(t, Options{ByHost: true})
	h := connect(t, d)
	for _, c := range []struct {
		send string
		want byte
	}{
		{"FF31" + pwd + "000001", errFNState}, // nothing asked for
		{"FF33" + pwd + "00000141", errFNState},
		{"FF32" + pwd + "0000", errTLVSize},
		{"FF32" + pwd + "FFFF", errTLVSize},
		{"FF30" + pwd, 0},
		{"FF31" + pwd + "000000", errParams},
		{"FF31" + pwd + "0000FF", errParams},
		{"FF31" + pwd + "FFFF01", errParams},
		{"FF31" + pwd + "000010", 0},
		{"FF32" + pwd + "0400", 0},
		{"FF33" + pwd + "01000141", errParams}, // not at the start
		{"FF33" + pwd + "00000241", errParams}, // another length
		{"FF33" + pwd + "0000054141414141", errParams},
		{"FF33" + pwd + "0000024141", 0},
		{"FF33" + pwd + "0000024141", errParams}, // twice
		{"FF33" + pwd + "0200024141", 0},         // no operator's message: it is held for FF64h
		{openShiftHex, 0},
		{openSale, 0},
		{"FF30" + pwd, errFNState}, // a document is open
		{"FF31" + pwd + "000001", errFNState},
		{cancelHex, 0},
		{"1E" + pwd + "13" + "0100" + "08" + "00", 0}, // its own network
		{"FF30" + pwd, errSetting},
	} {
		if got := h.code(c.send); got != c.want {
			t.Errorf("%s: %02X, want %02X", c.send, got, c.want)
		}
	}
}

// TestLongDocument: what is longer than an FN takes goes as its first tags and
// its sign.
func TestLongDocument(t *testing.T) {
	var body []byte
	for range 500 {
		body = appendTLV(body, 1059, make([]byte, 240))
	}
	cut := firstTags(body, containerMax)
	if tags, ok := parseTLV(cut); !ok || len(cut) > containerMax || len(tags) != containerMax/244 {
		t.Errorf("%d bytes, %d tags", len(cut), len(tags))
	}
}

// TestNetwork: a device with a network of its own sends by itself, comes back
// after failures and rests while the host carries.
func TestNetwork(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, Options{OFD: ln.Addr().String()})
	h := connect(t, d)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.Network(ctx, (&net.Dialer{}).DialContext) })
	running.Go(func() {
		for n := 0; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			head := make([]byte, ofdwire.HeaderSize)
			if _, err := io.ReadFull(conn, head); err == nil && n > 0 { // the first one is sent away
				header, err := ofdwire.ParseHeader(head)
				if err != nil {
					t.Error(err)
				}
				message := append(head, make([]byte, header.Body)...)
				if _, err := io.ReadFull(conn, message[ofdwire.HeaderSize:]); err != nil {
					t.Error(err)
				}
				if _, err := conn.Write(ticketFor(t, message)); err != nil {
					t.Error(err)
				}
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	await := func(unsent int) {
		t.Helper()
		deadline := time.After(20 * time.Second)
		for d.State().Unsent != unsent {
			select {
			case <-d.Changed():
			case <-time.After(10 * time.Millisecond):
			case <-deadline:
				t.Fatalf("%d unsent, want %d", d.State().Unsent, unsent)
			}
		}
	}
	await(0)
	h.ok(openShiftHex)
	await(0)
	h.ok("1E", pwd, "13", "0100", "08", "01")
	h.ok(zReportHex)
	if m := h.readBuffer(); len(m) == 0 || d.State().Unsent != 1 {
		t.Errorf("%d bytes, %d unsent", len(m), d.State().Unsent)
	}
}
