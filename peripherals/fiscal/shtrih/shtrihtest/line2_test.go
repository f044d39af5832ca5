package shtrihtest

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

var ping2 = []byte{start2, 0, 0, 0x0F, 0x1D}

// answer2 reads a frame of v2; payload is nil for a number alone.
func (h *host) answer2() (number uint16, payload []byte) {
	h.t.Helper()
	var body []byte
	plain := func(n int) {
		for range n {
			b := h.read(1)[0]
			if b == escape2 {
				b = map[byte]byte{escStart: start2, escEscape: escape2}[h.read(1)[0]]
			}
			body = append(body, b)
		}
	}
	if b := h.read(1)[0]; b != start2 {
		h.t.Fatalf("got %02X instead of a frame", b)
	}
	plain(2)
	n := int(body[0]) | int(body[1])<<8
	plain(n + 2)
	if got := ccitt(body[:n+2]); got != uint16(body[n+2])|uint16(body[n+3])<<8 {
		h.t.Fatalf("damaged answer % X", body)
	}
	number = uint16(body[2]) | uint16(body[3])<<8
	if n > 2 {
		payload = body[4 : n+2]
	}
	return number, payload
}

// ask2 runs one command by number and gives the answer's payload.
func (h *host) ask2(number uint16, pieces ...string) []byte {
	h.t.Helper()
	h.send(frameOf2(number, unhex(h.t, pieces...), 0)...)
	got, payload := h.answer2()
	if got != number || payload == nil {
		h.t.Fatalf("number %d answered with %d, % X", number, got, payload)
	}
	return payload
}

// at tells which number the device answers to a ping.
func (h *host) at() uint16 {
	h.t.Helper()
	h.send(ping2...)
	number, _ := h.answer2()
	return number
}

// TestLine2: the states and numbers of framing v2.
func TestLine2(t *testing.T) {
	d := open(t, Options{ByteTimeout: 40 * time.Millisecond})
	h := connect(t, d)
	h.send(ping2...)
	if got := h.read(7); !bytes.Equal(got, unhex(t, "8F 0200 0100 995A")) {
		t.Fatalf("a fresh device answers % X", got)
	}
	status := unhex(t, "10"+pwd)
	first := h.ask2(2, "10"+pwd)
	h.send(ping2...)
	if n, again := h.answer2(); n != 2 || !bytes.Equal(again, first) {
		t.Errorf("ping: %d, % X", n, again)
	}
	h.ask2(3, openShiftHex)
	for _, number := range []uint16{3, 2, 1, 5, 0, 0xFFFF} { // executed is none of them, were it the same command or another
		h.send(frameOf2(number, unhex(t, zReportHex), 0)...)
		if n, again := h.answer2(); n != 3 || again[0] != 0xE0 {
			t.Errorf("number %d: %d, % X", number, n, again)
		}
	}
	if n := len(d.Documents()); n != 2 {
		t.Fatalf("%d documents, want registration and opening", n)
	}

	broken := frameOf2(4, status, 0)
	for _, bytes := range [][]byte{
		frameOf2(4, status, 1),                                    // CRC
		{start2, 2, 0, 4, 0, 0x66, 0x5B}, {start2, 1, 0, 4, 0, 0}, // no command
		{start2, 0xFF, 0x7F, 4, 0}, // too long
		{start2, 7, 0, escape2, 0}, // escaped that need not be
		broken[:6],                 // byte time-out
		{0, 0, enq, stx, 1, 0xFC, 0xFD},
	} {
		h.send(bytes...)
		h.silent(80 * time.Millisecond)
	}
	if n := h.at(); n != 3 {
		t.Errorf("at number %d after broken frames", n)
	}
	h.send(append(broken[:5:5], broken...)...) // begun anew
	if n, _ := h.answer2(); n != 4 {
		t.Errorf("answered with %d", n)
	}
	h.ask2(5, "2F"+pwd+"0205", "8F9F8183FF") // stuffed both ways
	if !strings.Contains(d.Paper(), "ЏџЃѓя") {
		t.Errorf("paper %q", d.Paper())
	}
	if err := d.Fault("power-cycle"); err != nil {
		t.Fatal(err)
	}
	if n := h.at(); n != firstNumber {
		t.Errorf("at number %d after power-up", n)
	}
}

// TestNumbersWrap: after 65535 comes 0.
func TestNumbersWrap(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	h.at()
	d.mu.Lock()
	d.serial.last = 0xFFFE
	d.mu.Unlock()
	for _, n := range []uint16{0xFFFF, 0, 1, 2} {
		h.ask2(n, "FC")
	}
}

// TestBusy2: what comes while the device works is answered afterwards, and a
// frame sent again meanwhile is not executed again.
func TestBusy2(t *testing.T) {
	busy, release := make(chan struct{}), make(chan struct{})
	d := open(t, Options{Hook: func(s Stage, cmd uint16) {
		if s == Received && cmd == 0xE0 {
			close(busy)
			<-release
		}
	}})
	h := connect(t, d)
	h.at()
	frame := frameOf2(2, unhex(t, openShiftHex), 0)
	h.send(frame...)
	<-busy
	for range 3 {
		h.send(frame...)
	}
	close(release)
	for range 4 {
		if n, answer := h.answer2(); n != 2 || answer[1] != 0 {
			t.Errorf("%d, % X", n, answer)
		}
	}
	if n := len(d.Documents()); n != 2 {
		t.Errorf("%d documents", n)
	}
}

// TestSettling: the first byte after power-up or 14h decides the framing, each
// port for itself.
func TestSettling(t *testing.T) {
	d := open(t, Options{ByteTimeout: 40 * time.Millisecond})
	h, quiet := connect(t, d), 60*time.Millisecond
	h.send(0, stray, 0x41) // decides nothing
	h.send(enq)
	h.want(nak)
	h.send(ping2...)
	h.silent(quiet)
	h.ok("14", pwd, "00", "06", "96") // 150 ms between bytes
	if got := d.patience(&d.serial); got != 150*time.Millisecond {
		t.Errorf("byte time-out %s", got)
	}
	if n := h.at(); n != firstNumber {
		t.Errorf("at %d", n)
	}
	h.send(enq)
	h.silent(quiet)
	if a := h.ask2(2, "15", pwd, "00"); !bytes.Equal(a, []byte{0x15, 0, 6, 0x96}) {
		t.Errorf("15h: % X", a)
	}
	if err := d.Fault("power-cycle"); err != nil {
		t.Fatal(err)
	}
	h.send(stx, 1, 0xFC, 0xFD)
	h.want(ack)
	h.answer()
	h.send(ack)
	h.send(ping2...)
	h.silent(quiet)

	fixed := open(t, Options{Protocol: V2})
	h = connect(t, fixed)
	h.send(enq)
	h.silent(quiet)
	h.at()
	h = connect(t, open(t, Options{Protocol: V1}))
	h.send(ping2...)
	h.silent(quiet)
	h.send(enq)
	h.want(nak)

	for _, bad := range []string{"050696", "000A96"} { // no such port, no such speed
		if got := h.code("14", pwd, bad); got != errParams {
			t.Errorf("14h %s: %02X", bad, got)
		}
	}
	if _, err := Open(Options{Protocol: "v3"}); err == nil {
		t.Error("a device of an unknown protocol")
	}
}

// TestBothPorts: the serial line and the network settle and count apart, and
// are one device.
func TestBothPorts(t *testing.T) {
	d := open(t, Options{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := d.ListenAndServe(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	defer serving.Wait()
	defer cancel()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	network, serial := &host{t: t, conn: conn}, connect(t, d)
	network.at()
	serial.ok(openShiftHex)
	network.ask2(2, "10", pwd)
	serial.ok(openSale)
	if a := network.ask2(3, "11", pwd); a[2] != system || a[15]&0x0F != modeDocument {
		t.Errorf("% X", a)
	}
	serial.ok(cancelHex)
	network.ask2(4, zReportHex)
}

func TestByteTimeoutCodes(t *testing.T) {
	for code, want := range map[byte]time.Duration{0: 0, 150: 150 * time.Millisecond, 151: 300 * time.Millisecond, 249: 15 * time.Second,
		250: 30 * time.Second, 255: 105 * time.Second} {
		if got := byteTimeout(code); got != want {
			t.Errorf("%d: %s, want %s", code, got, want)
		}
	}
}

// TestVectors2 plays the captured requests of v2 to a device that is brought
// to the captured number.
func TestVectors2(t *testing.T) {
	raw, err := os.ReadFile("../testdata/v2.txt")
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, Options{Serial: "3588", FFD: "1.05"})
	h := connect(t, d)
	h.at()
	played := 0
	for _, block := range strings.Split(string(raw), "\n\n")[1:] {
		field := map[string]string{}
		for l := range strings.Lines(block) {
			k, v, _ := strings.Cut(strings.TrimSpace(l), ": ")
			field[k] = v
		}
		request, answer := unhex(t, field["request"]), unhex(t, field["answer"])
		if len(request) <= len(ping2) {
			continue
		}
		played++
		d.mu.Lock()
		d.serial.last = uint16(request[3]) + uint16(request[4])<<8 - 1
		d.mu.Unlock()
		h.send(request...)
		number, got := h.answer2()
		want := answer[5 : len(answer)-2]
		switch {
		case number != uint16(answer[3])+uint16(answer[4])<<8:
			t.Errorf("%s: number %d", field["name"], number)
		case got[0] == 0x11: // what is the captured device's own, zeroed
			for _, b := range [][]byte{got, want} {
				for _, own := range [][2]int{{2, 1}, {10, 6}, {24, 7}, {36, 14}} { // operator; hall, documents, flags, mode; clock; shift and INN
					clear(b[own[0]:][:own[1]])
				}
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: % X, captured % X", field["name"], got, want)
			}
		case len(got) == 3 && got[2] == errUnsupported: // captured devices know these, or not, by model
		case len(got) != len(want) && !(got[0] == 0x10 && len(got)+1 == len(want)):
			t.Errorf("%s: % X, captured % X", field["name"], got, want)
		}
	}
	if played != 4 {
		t.Errorf("%d requests played", played)
	}
}

// FuzzWire2: whatever bytes come, the device still answers a ping afterwards.
func FuzzWire2(f *testing.F) {
	f.Add(ping2)
	f.Add(frameOf2(2, []byte{0xFC}, 0))
	f.Add(frameOf2(2, []byte{0xFC}, 1))
	f.Add([]byte{start2, 0xFF, 0xFF, start2, 3, 0, escape2})
	f.Add([]byte{start2, 9, 0, 2, 0, escape2, start2, 0, 0, 0x0F, 0x1D})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := open(t, Options{ByteTimeout: 2 * time.Millisecond, Protocol: V2})
		near, far := net.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() {
			if err := d.ServeConn(ctx, far); err != nil {
				t.Error(err)
			}
		})
		heard := make(chan struct{}, 1)
		running.Go(func() { // always reads: what the device says must not block it
			buf := make([]byte, 4096)
			for {
				n, err := near.Read(buf)
				if err != nil {
					return
				}
				if buf[0] == start2 && n >= 7 {
					select {
					case heard <- struct{}{}:
					default:
					}
				}
			}
		})
		if _, err := near.Write(b); err != nil {
			t.Error(err)
		}
		for range 2 { // the first answer may belong to b
			for asked := false; !asked; {
				if _, err := near.Write(ping2); err != nil {
					t.Error(err)
					break
				}
				tick := time.NewTimer(10 * time.Millisecond)
				select {
				case <-heard:
					asked = true
				case <-tick.C:
				}
				tick.Stop()
			}
		}
		cancel()
		running.Wait()
		if err := near.Close(); err != nil {
			t.Error(err)
		}
	})
}
