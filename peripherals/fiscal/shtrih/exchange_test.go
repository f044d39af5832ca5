package shtrih_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/ofdwire"
)

// fetch reads a whole message and tells in how many steps.
func fetch(t *testing.T, p *shtrih.Printer) (message []byte, steps int) {
	t.Helper()
	for done := false; !done; steps++ {
		var err error
		if message, done, err = p.Outgoing(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return message, steps
}

func TestExchangeMessage(t *testing.T) {
	d := device(t, shtrihtest.Options{ByHost: true})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	first, steps := fetch(t, p)
	h, body, err := ofdwire.Parse(first)
	if err != nil || h.Kind != ofdwire.OFD || h.FN != "9999078900054321" {
		t.Fatalf("%+v %v", h, err)
	}
	c, err := ofdwire.ParseContainer(body)
	if err != nil || c.FD != 1 || c.Form != 1 || !bytes.Equal(c.Body, d.Documents()[0].TLV) {
		t.Errorf("%+v %v", c, err)
	}
	if want := 1 + (len(first)+127)/128; steps != want {
		t.Errorf("%d bytes in %d steps, want %d", len(first), steps, want)
	}
	again, _ := fetch(t, p)
	if !bytes.Equal(first, again) {
		t.Error("the second reading differs")
	}
	for n := range steps - 1 { // a sale's command after each step
		if m, done, err := p.Outgoing(context.Background()); m != nil || done || err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		if _, err := p.Status(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if m, _ := fetch(t, p); !bytes.Equal(first, m) {
		t.Error("the interrupted reading differs")
	}
	st, err := p.Status(context.Background())
	if err != nil || st.Unsent != 1 {
		t.Errorf("reading alone confirms nothing: %+v %v", st, err)
	}
}

// TestExchangeRefused: what an FN does not want, and that it keeps the message.
func TestExchangeRefused(t *testing.T) {
	d := device(t, shtrihtest.Options{ByHost: true})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	give := func(answer []byte) (err error) {
		for done := false; !done && err == nil; {
			done, err = p.Incoming(context.Background(), answer)
		}
		return err
	}
	good := func(message []byte) []byte {
		sign := shtrihtest.TestSign(message[ofdwire.HeaderSize:])
		tags := append([]byte{0xFE, 0x03, 1, 0, 0}, append([]byte{0x36, 0x04, byte(len(sign)), 0}, sign[:]...)...)
		return ofdwire.Message(ofdwire.OFD, "1.2", "9999078900054321", ofdwire.Container{Form: ofdwire.FormTicket, FN: "9999078900054321", FD: 1, Body: tags}.Encode())
	}
	message, _ := fetch(t, p)
	for name, answer := range map[string][]byte{
		"the message itself": message,
		"a flipped bit":      append(bytes.Clone(message[:len(message)-1]), message[len(message)-1]^1),
		"another FN":         ofdwire.Message(ofdwire.OFD, "1.2", "9999078900054322", good(message)[ofdwire.HeaderSize:]),
		"not signed":         ofdwire.Message(ofdwire.OFD, "1.2", "9999078900054321", ofdwire.Container{Form: ofdwire.FormTicket, FN: "9999078900054321", FD: 1, Body: []byte{0xFE, 0x03, 1, 0, 0}}.Encode()),
		"nothing":            nil,
		"endless":            make([]byte, 1<<16),
	} {
		if err := give(answer); !errors.Is(err, fiscal.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.Fault("power-cycle"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Status(context.Background()); err != nil { // connects again
		t.Fatal(err)
	}
	if err := give(good(message)); !errors.Is(err, fiscal.ErrRefused) {
		t.Errorf("a ticket the FN does not wait for any more: %v", err)
	}
	message, _ = fetch(t, p)
	if err := give(good(message)); err != nil {
		t.Fatal(err)
	}
	if err := give(good(message)); !errors.Is(err, fiscal.ErrRefused) {
		t.Errorf("the same ticket again: %v", err)
	}
	if m, _ := fetch(t, p); m != nil || len(d.Tickets()) != 1 {
		t.Errorf("%d bytes more, %d tickets", len(m), len(d.Tickets()))
	}
}

func TestRoute(t *testing.T) {
	d := device(t, shtrihtest.Options{ByHost: true, OFD: "10.1.2.3:4567"})
	open := serveTCP(t, d)
	p := printer(t, open, shtrih.Options{})
	check := func(want kkt.Route) {
		t.Helper()
		got, err := p.Route(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	check(kkt.Route{ByHost: true, Told: true, OFD: "10.1.2.3:4567"})
	raw := dial(t, open)
	raw.ok("1E", "1E000000", "13", "0100", "04", hex.EncodeToString([]byte("km.example")))
	raw.ok("1E", "1E000000", "13", "0100", "05", "BB01")
	raw.ok("1E", "1E000000", "13", "0100", "06", hex.EncodeToString([]byte("keys.example")))
	raw.ok("1E", "1E000000", "13", "0100", "08", "00")
	check(kkt.Route{Told: true, OFD: "10.1.2.3:4567", Marks: "km.example:443"}) // keys have no port
	if _, _, err := p.Outgoing(context.Background()); !errors.Is(err, fiscal.ErrUnsupported) {
		t.Errorf("a device with its own network: %v", err)
	}
}

// scripted answers every command of a host by a function of its payload.
func scripted(t *testing.T, answer func(payload []byte) []byte) link.Opener {
	t.Helper()
	pair := link.NewPair()
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		conn, err := pair.Accept(ctx)
		if err != nil {
			return
		}
		unwatch := context.AfterFunc(ctx, func() { _ = conn.Close() }) // or the host has
		defer unwatch()
		b := make([]byte, 1)
		next := func() byte {
			if _, err := conn.Read(b); err != nil {
				return 0
			}
			return b[0]
		}
		for ctx.Err() == nil {
			switch next() {
			case 0x05:
				_, _ = conn.Write([]byte{0x15}) // the host will notice
			case 0x02:
				payload := make([]byte, next())
				for i := range payload {
					payload[i] = next()
				}
				next() // the check
				a := answer(payload)
				x := byte(len(a))
				for _, c := range a {
					x ^= c
				}
				_, _ = conn.Write(append(append([]byte{0x06, 0x02, byte(len(a))}, a...), x)) // the host will notice
				next()
			default:
				return
			}
		}
	})
	t.Cleanup(func() { cancel(); serving.Wait() })
	return pair
}

// fullStatus is the answer to 11h of a device on a real line.
const fullStatusHex = "11001E433231880D061301180090000200804E410000010110020813" + "0F3007" + "00040E0000240000000000A9EAF2CEB3000000"

// TestExchangeQuirks: block sizes that can not be, answers shorter than asked
// for and longer, sizes that change under the reader's hands.
func TestExchangeQuirks(t *testing.T) {
	const size = 500
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i)
	}
	for name, c := range map[string]struct {
		block byte
		give  func(want []byte) []byte
		most  int // bytes a host may ask for
		err   error
	}{
		"no block size":    {0, nil, 64, nil},
		"an impossible":    {255, nil, 64, nil},
		"a small one":      {1, nil, 1, nil},
		"short answers":    {100, func(b []byte) []byte { return b[:(len(b)+1)/2] }, 100, nil},
		"empty answers":    {100, func([]byte) []byte { return nil }, 100, fiscal.ErrGarbage},
		"too much":         {100, func(b []byte) []byte { return append(bytes.Clone(b), 1) }, 100, fiscal.ErrGarbage},
		"largest possible": {240, nil, 240, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, err := hex.DecodeString(fullStatusHex)
			if err != nil {
				t.Fatal(err)
			}
			open := scripted(t, func(p []byte) []byte {
				switch {
				case p[0] == 0x11:
					return status
				case p[1] == 0x30:
					return []byte{0xFF, 0x30, 0, size & 0xFF, size >> 8, c.block}
				}
				at, n := int(p[6])|int(p[7])<<8, int(p[8])
				if n > c.most || at+n > size {
					return []byte{0xFF, 0x31, 0x33}
				}
				piece := data[at : at+n]
				if c.give != nil {
					piece = c.give(piece)
				}
				return append([]byte{0xFF, 0x31, 0}, piece...)
			})
			p := printer(t, open, shtrih.Options{})
			var got []byte
			done := false
			for n := 0; !done && err == nil && n < 2*size; n++ {
				got, done, err = p.Outgoing(context.Background())
			}
			if !errors.Is(err, c.err) || c.err == nil && !bytes.Equal(got, data) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

// TestExchangeNeverWaits: a device that prints does not hold a step up.
func TestExchangeNeverWaits(t *testing.T) {
	d := device(t, shtrihtest.Options{ByHost: true, PrintDelay: time.Minute})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift)) // prints for a minute
	began := time.Now()
	m, _ := fetch(t, p)
	if took := time.Since(began); took > 5*time.Second || !strings.Contains(string(m), "9999078900054321") {
		t.Errorf("%d bytes after %s", len(m), took)
	}
}

// changing opens a link to whatever device stands there now.
type changing struct {
	mu  sync.Mutex
	now link.Opener
}

func (c *changing) Open(ctx context.Context) (link.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.Open(ctx)
}

func (c *changing) String() string { return "changing" }

// TestDeviceSwapped: another device answers in the middle of reading settings;
// nothing of the two is mixed, and the next reading is the new one's.
func TestDeviceSwapped(t *testing.T) {
	there := &changing{}
	fresh := serveTCP(t, device(t, shtrihtest.Options{Serial: "0000000000077777", ByHost: true, OFD: "new.example:2"}))
	var old *shtrihtest.Device
	var once sync.Once
	old = device(t, shtrihtest.Options{OFD: "old.example:1", Hook: func(s shtrihtest.Stage, cmd uint16) {
		if s == shtrihtest.Executed && cmd == 0x2E {
			once.Do(func() {
				there.mu.Lock()
				there.now = fresh
				there.mu.Unlock()
				if err := old.Fault("unplug"); err != nil {
					t.Error(err)
				}
			})
		}
	}})
	there.now = serveTCP(t, old)
	p := printer(t, there, shtrih.Options{})
	if r, err := p.Route(context.Background()); !errors.Is(err, fiscal.ErrMoved) {
		t.Errorf("%+v %v", r, err)
	}
	r, err := p.Route(context.Background())
	if want := (kkt.Route{ByHost: true, Told: true, OFD: "new.example:2"}); err != nil || r != want {
		t.Errorf("%+v %v", r, err)
	}
}
