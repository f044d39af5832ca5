package shtrihtest

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("MSK", 3*3600))

func open(t testing.TB, o Options) *Device {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	d, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// host is a bare line to a device.
type host struct {
	t    testing.TB
	conn net.Conn
}

func connect(t testing.TB, d *Device) *host {
	t.Helper()
	near, far := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := d.ServeConn(ctx, far); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		serving.Wait()
		if err := near.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := near.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &host{t: t, conn: near}
}

func unhex(t testing.TB, pieces ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(pieces, ""), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (h *host) send(b ...byte) {
	h.t.Helper()
	if _, err := h.conn.Write(b); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) read(n int) []byte {
	h.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(h.conn, b); err != nil {
		h.t.Fatal(err)
	}
	return b
}

// want reads one control byte.
func (h *host) want(b byte) {
	h.t.Helper()
	if got := h.read(1)[0]; got != b {
		h.t.Fatalf("got %02X, want %02X", got, b)
	}
}

// silent fails when the device says anything for a while.
func (h *host) silent(d time.Duration) {
	h.t.Helper()
	if err := h.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		h.t.Fatal(err)
	}
	b := make([]byte, 1)
	if n, _ := h.conn.Read(b); n > 0 {
		h.t.Fatalf("the device says %02X", b[0])
	}
	if err := h.conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		h.t.Fatal(err)
	}
}

func frame(payload []byte) []byte {
	x := byte(len(payload))
	for _, b := range payload {
		x ^= b
	}
	return append(append([]byte{stx, byte(len(payload))}, payload...), x)
}

// answer reads a frame and returns its payload, not confirming it.
func (h *host) answer() []byte {
	h.t.Helper()
	head := h.read(2)
	if head[0] != stx {
		h.t.Fatalf("got %02X instead of a frame", head[0])
	}
	body := h.read(int(head[1]) + 1)
	payload := body[:head[1]]
	if f := frame(payload); f[len(f)-1] != body[head[1]] {
		h.t.Fatal("damaged answer")
	}
	return payload
}

// ask runs one command, hexadecimal, and gives the answer's payload.
func (h *host) ask(pieces ...string) []byte {
	h.t.Helper()
	h.send(frame(unhex(h.t, pieces...))...)
	h.want(ack)
	a := h.answer()
	h.send(ack)
	return a
}

// code runs one command and gives the error code of the answer.
func (h *host) code(pieces ...string) byte {
	h.t.Helper()
	a := h.ask(pieces...)
	_, n := commandCode(a)
	return a[n]
}

// ok runs one command that must be accepted and gives the data.
func (h *host) ok(pieces ...string) []byte {
	h.t.Helper()
	a := h.ask(pieces...)
	_, n := commandCode(a)
	if a[n] != 0 {
		h.t.Fatalf("%s: refused with %02X", pieces, a[n])
	}
	return a[n+1:]
}

const pwd = "1E000000"

// Parts of commands.
const (
	openShiftHex  = "E0" + pwd
	zReportHex    = "41" + pwd
	openSale      = "8D" + pwd + "00"
	openReturn    = "8D" + pwd + "02"
	cancelHex     = "88" + pwd
	notGivenHex   = "FFFFFFFFFF"
	breadName     = "D5EBE5E1"
	bread         = "FF46" + pwd + "01" + "40420F000000" + "D007000000" + notGivenHex + notGivenHex + "CB" + "01" + "04" + "01" + breadName // 20.00
	closeTail     = "00" + "000000000000000000000000000000000000000000000000000000000000" + "01"
	noPayments    = "0000000000" + "0000000000" + "0000000000" + "0000000000" + "0000000000" + "0000000000" + "0000000000" + "0000000000"
	fourteenZeros = noPayments + "0000000000" + "0000000000" + "0000000000" + "0000000000" + "0000000000" + "0000000000"
)

// pay is FF45h with cash and electronic money, in kopecks, up to 255.
func pay(cash, electronic byte) string {
	return "FF45" + pwd + hex.EncodeToString([]byte{cash, byte(0), 0, 0, 0, electronic, 0, 0, 0, 0}) + fourteenZeros + closeTail
}

// payCash is FF45h with any cash.
func payCash(kopecks uint64) string {
	return "FF45" + pwd + hex.EncodeToString(le(nil, kopecks, 5)) + "0000000000" + fourteenZeros + closeTail
}
