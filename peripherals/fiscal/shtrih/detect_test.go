package shtrih_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/kkt"
)

func TestProtocols(t *testing.T) {
	for _, c := range []struct {
		device shtrihtest.Protocol
		told   shtrih.Protocol
		want   string // "": not heard
	}{
		{shtrihtest.V1, shtrih.Auto, "v1"}, {shtrihtest.V2, shtrih.Auto, "v2"}, {shtrihtest.Auto, shtrih.Auto, "v1"}, {shtrihtest.Auto, "", "v1"},
		{shtrihtest.V1, shtrih.V1, "v1"}, {shtrihtest.V2, shtrih.V2, "v2"}, {shtrihtest.Auto, shtrih.V1, "v1"}, {shtrihtest.Auto, shtrih.V2, "v2"},
		{shtrihtest.V1, shtrih.V2, ""}, {shtrihtest.V2, shtrih.V1, ""},
	} {
		t.Run(string(c.device)+" "+string(c.told), func(t *testing.T) {
			t.Parallel()
			p := printer(t, servePair(t, device(t, shtrihtest.Options{Protocol: c.device})), shtrih.Options{Protocol: c.told})
			id, err := p.Identify(context.Background())
			if id.Protocol != c.want || errors.Is(err, fiscal.ErrNoAnswer) != (c.want == "") {
				t.Errorf("%q, %v", id.Protocol, err)
			}
		})
	}
}

// listener hears what a driver says to nobody.
type listener struct {
	mu    sync.Mutex
	heard []byte
}

func (l *listener) Open(context.Context) (link.Conn, error) {
	near, far := net.Pipe()
	go func() {
		buf := make([]byte, 64)
		for {
			n, err := far.Read(buf)
			l.mu.Lock()
			l.heard = append(l.heard, buf[:n]...)
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return near, nil
}

func (l *listener) String() string { return "nobody" }

func (l *listener) all() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.heard)
}

// TestQuestions: what is sent to a device of unknown protocol are the two
// questions and nothing else.
func TestQuestions(t *testing.T) {
	enquiry, ping := []byte{0x05}, []byte{0x8F, 0, 0, 0x0F, 0x1D}
	for told, want := range map[shtrih.Protocol][]byte{
		shtrih.Auto: bytes.Repeat(slices.Concat(enquiry, ping), 5), shtrih.V1: bytes.Repeat(enquiry, 10), shtrih.V2: bytes.Repeat(ping, 10),
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &listener{}
			p := shtrih.New(l, shtrih.Options{Protocol: told})
			begun := time.Now()
			if _, err := p.Mark(context.Background()); !errors.Is(err, fiscal.ErrNoAnswer) {
				t.Error(err)
			}
			if took := time.Since(begun); took != 10*time.Second {
				t.Errorf("%s: given up after %s", told, took)
			}
			if err := p.Halt(); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if got := l.all(); !bytes.Equal(got, want) {
				t.Errorf("%s: sent % X, want % X", told, got, want)
			}
		})
	}
}

// first notes the first byte sent over each connection.
type first struct {
	link.Opener
	mu    sync.Mutex
	bytes []byte
}

func (f *first) Open(ctx context.Context) (link.Conn, error) {
	conn, err := f.Opener.Open(ctx)
	return &firstConn{Conn: conn, f: f}, err
}

type firstConn struct {
	link.Conn
	f    *first
	once sync.Once
}

func (c *firstConn) Write(b []byte) (int, error) {
	c.once.Do(func() {
		c.f.mu.Lock()
		defer c.f.mu.Unlock()
		c.f.bytes = append(c.f.bytes, b[0])
	})
	return c.Conn.Write(b)
}

// TestProtocolChanges: what worked last is asked first; a device that has
// settled otherwise since is found again.
func TestProtocolChanges(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	f := &first{Opener: servePair(t, d)}
	p := printer(t, f, shtrih.Options{})
	other := func(b ...byte) { // somebody else talks to the device first
		conn, err := f.Opener.Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range []struct {
		said  []byte
		want  string
		first byte
	}{
		{[]byte{0x8F, 0, 0, 0x0F, 0x1D}, "v2", 0x05},
		{nil, "v2", 0x8F},
		{[]byte{0x05}, "v1", 0x8F},
		{nil, "v1", 0x05},
	} {
		if err := p.Halt(); err != nil {
			t.Fatal(err)
		}
		if c.said != nil {
			fault(t, d, "power-cycle")
			other(c.said...)
		}
		id, err := p.Identify(context.Background())
		if err != nil || id.Protocol != c.want || f.bytes[i] != c.first {
			t.Errorf("%d: %q, %v, began with %02X", i, id.Protocol, err, f.bytes)
		}
	}
	// Power cut and another protocol under an open link.
	fault(t, d, "power-cycle")
	other(0x8F, 0, 0, 0x0F, 0x1D)
	if id, err := p.Identify(context.Background()); err != nil || id.Protocol != "v2" {
		t.Errorf("%+v, %v", id, err)
	}
}

// serial is a port at whose other end a device listens at one speed; at any
// other it hears noise, or nothing.
type serial struct {
	link.Opener
	baud, right int
	noisy       bool
	opened      *[]int
}

func (s serial) Baud() int { return s.baud }

func (s serial) At(baud int) link.Opener {
	s.baud = baud
	return s
}

func (s serial) Open(ctx context.Context) (link.Conn, error) {
	*s.opened = append(*s.opened, s.baud)
	if s.baud == s.right {
		return s.Opener.Open(ctx)
	}
	near, far := net.Pipe()
	go func() {
		buf := make([]byte, 64)
		for {
			n, err := far.Read(buf)
			if err != nil {
				return
			}
			if s.noisy && n > 0 {
				if _, err := far.Write([]byte{0xF8, 0x00}); err != nil {
					return
				}
			}
		}
	}()
	return near, nil
}

func TestSpeeds(t *testing.T) {
	for name, c := range map[string]struct {
		own, right int
		search     bool
		noisy      bool
		want       []int // opened at, the first time
	}{
		"right":             {19200, 19200, true, false, []int{19200}},
		"wrong":             {19200, 9600, true, false, []int{19200, 115200, 4800, 57600, 38400, 9600}},
		"noise":             {19200, 4800, true, true, []int{19200, 115200, 4800}},
		"wrong, not told":   {19200, 9600, false, false, []int{19200}},
		"no speed is right": {19200, 300, true, false, []int{19200, 115200, 4800, 57600, 38400, 9600, 2400}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opened []int
			o := shtrih.Options{}
			if c.search {
				o.Speeds = shtrih.UsualSpeeds
			}
			p := printer(t, serial{servePair(t, device(t, shtrihtest.Options{})), c.own, c.right, c.noisy, &opened}, o)
			id, err := p.Identify(context.Background())
			found := slices.Contains(c.want, c.right)
			if (err == nil) != found || !slices.Equal(opened, c.want) {
				t.Fatalf("opened at %v: %v", opened, err)
			}
			if !found {
				return
			}
			if c.search && id.Baud != c.right {
				t.Errorf("tells %d baud", id.Baud)
			}
			if err := p.Halt(); err != nil {
				t.Fatal(err)
			}
			if _, err := p.Identify(context.Background()); err != nil || !slices.Equal(opened[len(c.want):], []int{c.right}) {
				t.Errorf("the second time at %v: %v", opened, err)
			}
		})
	}
}

// TestAnotherDeviceInTheBracket: what was begun on one device is finished on
// no other, whatever that one holds.
func TestAnotherDeviceInTheBracket(t *testing.T) {
	const fn = "9999078900000001"
	for name, c := range map[string]struct {
		fn   string
		want error
	}{"another FN": {"9999078900000002", fiscal.ErrFNChanged}, "the same FN": {fn, fiscal.ErrMoved}} {
		t.Run(name, func(t *testing.T) {
			a := device(t, shtrihtest.Options{Serial: "1", FN: fn})
			b := device(t, shtrihtest.Options{Serial: "2", FN: c.fn})
			do(t, printer(t, servePair(t, b), shtrih.Options{}), shiftOp(kkt.OpOpenShift))
			s := &swap{Opener: serveTCP(t, a)}
			p := printer(t, s, shtrih.Options{})
			mark, op := prepared(t, p)
			s.Opener = serveTCP(t, b)
			fault(t, a, "unplug")
			if _, err := p.Commit(context.Background(), mark, op); !errors.Is(err, c.want) {
				t.Errorf("commit: %v", err)
			}
			if c.want == fiscal.ErrFNChanged {
				if err := p.Prepare(context.Background(), mark, op); !errors.Is(err, c.want) {
					t.Errorf("prepare: %v", err)
				}
				if found, err := p.Find(context.Background(), mark, op); !errors.Is(err, c.want) {
					t.Errorf("find: %+v, %v", found, err)
				}
			} else if found, err := p.Find(context.Background(), mark, op); err != nil || found.Kind != kkt.NotRegistered {
				t.Errorf("find: %+v, %v", found, err) // an FN is where its documents are
			}
			if n := len(registered(b)); n != 1 {
				t.Errorf("%d documents on the other device", n)
			}
		})
	}
}
