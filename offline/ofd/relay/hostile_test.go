package relay_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/ofdwire"
)

const fn = "9999078900054321"

// memory is a device that has one message and remembers what it was given.
type memory struct {
	message []byte
	given   []byte
	refuse  error
}

var errNotWanted = errors.New("not wanted")

func (m *memory) Outgoing(context.Context) ([]byte, bool, error) { return m.message, true, m.refuse }

func (m *memory) Incoming(_ context.Context, answer []byte) (bool, error) {
	m.given, m.message = answer, nil
	return true, nil
}

func (m *memory) Refused(err error) bool { return errors.Is(err, errNotWanted) }

// server answers every message with what answer writes.
func server(t *testing.T, answer func(conn net.Conn, message []byte)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = conn.Close() }() // the relay may have gone
				head := make([]byte, ofdwire.HeaderSize)
				if _, err := io.ReadFull(conn, head); err != nil {
					return
				}
				h, err := ofdwire.ParseHeader(head)
				if err != nil {
					return
				}
				message := append(head, make([]byte, h.Body)...)
				if _, err := io.ReadFull(conn, message[len(head):]); err == nil {
					answer(conn, message)
				}
			})
		}
	})
	t.Cleanup(func() {
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return ln.Addr().String()
}

// running starts a relay over a device with one message.
func running(t *testing.T, o relay.Options, route kkt.Route) *relay.Relay {
	t.Helper()
	r := relay.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { r.Run(ctx) })
	t.Cleanup(func() { cancel(); run.Wait() })
	r.Route(route)
	return r
}

// round steps until a message has been carried or has failed.
func round(t *testing.T, r *relay.Relay, m *memory) relay.Status {
	t.Helper()
	before := r.Status()
	for {
		rest := r.Step(t.Context(), m)
		st := r.Status()
		if st.Carried > before.Carried || st.Failures > before.Failures || rest > 0 && st.State != relay.Carrying {
			return st
		}
		if rest > 0 {
			select {
			case <-r.Due():
			case <-time.After(10 * time.Second):
				t.Fatalf("nothing comes back: %+v", st)
			}
		}
	}
}

// TestHostile: whatever stands at an address, it costs bounded time and
// memory, the device is not bothered with it, and the message stays.
func TestHostile(t *testing.T) {
	write := func(conn net.Conn, b []byte) { _, _ = conn.Write(b) } // the relay may have gone
	ticket := func(message []byte) []byte { return ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("ticket")) }
	for name, c := range map[string]struct {
		answer func(conn net.Conn, message []byte)
		why    string
	}{
		"hangs up":      {func(net.Conn, []byte) {}, "ends after 0 bytes"},
		"half a header": {func(c net.Conn, m []byte) { write(c, ticket(m)[:12]) }, "ends after 12 bytes"},
		"half a body":   {func(c net.Conn, m []byte) { write(c, ticket(m)[:33]) }, "ends after 33"},
		"no message":    {func(c net.Conn, _ []byte) { write(c, bytes.Repeat([]byte("HTTP/1.1 200 OK\r\n"), 50)) }, "not a message"},
		"the message":   {func(c net.Conn, m []byte) { m[35] ^= 1; write(c, m) }, "check"},
		"another FN": {func(c net.Conn, m []byte) {
			write(c, ofdwire.Message(ofdwire.OFD, "1.2", "9999078900000000", []byte("x")))
		}, "somebody else"},
		"another service": {func(c net.Conn, m []byte) { write(c, ofdwire.Message(ofdwire.Marks, "1.2", fn, []byte("x"))) }, "somebody else"},
		"flipped bit":     {func(c net.Conn, m []byte) { b := ticket(m); b[31] ^= 4; write(c, b) }, "check"},
		"endless": {func(c net.Conn, m []byte) {
			b := ofdwire.Message(ofdwire.OFD, "1.2", fn, make([]byte, relay.MaxAnswer))
			for range 100 {
				write(c, b)
			}
		}, "too long"},
		"silent": {func(c net.Conn, _ []byte) { _, _ = io.Copy(io.Discard, c) }, "timeout"},
		"drips": {func(c net.Conn, m []byte) {
			for _, b := range ticket(m) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				<-time.After(50 * time.Millisecond)
			}
		}, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &memory{message: ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("document"))}
			r := running(t, relay.Options{Answering: 300 * time.Millisecond}, kkt.Route{ByHost: true, Told: true, OFD: server(t, c.answer)})
			began := time.Now()
			st := round(t, r, m)
			if st.Code != relay.CodeNetwork || !strings.Contains(st.Why, c.why) || m.given != nil || m.message == nil {
				t.Errorf("%+v, the device was given % X", st, m.given)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestTwoAnswers: what follows an answer is not read.
func TestTwoAnswers(t *testing.T) {
	want := ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("first"))
	to := server(t, func(c net.Conn, _ []byte) {
		_, _ = c.Write(append(bytes.Clone(want), ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("second"))...)) // the relay may have gone
	})
	m := &memory{message: ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("document"))}
	r := running(t, relay.Options{Mode: relay.On, OFD: to}, kkt.Route{OFD: "127.0.0.1:1"})
	if st := round(t, r, m); st.Carried != 1 || !bytes.Equal(m.given, want) || st.To != to {
		t.Errorf("%+v, given %q", st, m.given)
	}
}

// TestWhere: each kind of message goes to its own address; without one a
// person is told.
func TestWhere(t *testing.T) {
	var mu sync.Mutex
	got := map[string]ofdwire.Kind{}
	at := func(name string) string {
		return server(t, func(c net.Conn, m []byte) {
			h, err := ofdwire.ParseHeader(m)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			got[name] = h.Kind
			mu.Unlock()
			_, _ = c.Write(m) // the relay may have gone
		})
	}
	route := kkt.Route{ByHost: true, Told: true, OFD: at("ofd"), Marks: at("marks"), Keys: at("keys")}
	foreign := ofdwire.Message(ofdwire.Marks, "1.2", fn, []byte("key?"))
	foreign[0], foreign[26], foreign[28], foreign[29] = 0x11, 0, 0, 0
	for _, message := range [][]byte{ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("a")), ofdwire.Message(ofdwire.Marks, "1.2", fn, []byte("b")), foreign} {
		m := &memory{message: message}
		if st := round(t, running(t, relay.Options{}, route), m); st.Carried != 1 || !bytes.Equal(m.given, message) {
			t.Errorf("%+v", st)
		}
	}
	if len(got) != 3 || got["ofd"] != ofdwire.OFD || got["marks"] != ofdwire.Marks || got["keys"] != ofdwire.Unknown {
		t.Errorf("%v", got)
	}

	now := time.Now()
	r := running(t, relay.Options{Now: func() time.Time { return now }}, kkt.Route{ByHost: true, Told: true})
	st := round(t, r, &memory{message: ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("a"))})
	if w := r.Warnings(); st.Code != relay.CodeAddress || len(w) != 1 || w[0].Code != fault.RelayNoAddress {
		t.Errorf("without an address: %+v, %v", st, w)
	}
}

// TestModes: who carries when.
func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode  relay.Mode
		route kkt.Route
		works bool
		warns bool
	}{
		{relay.Auto, kkt.Route{ByHost: true, Told: true}, true, false},
		{relay.Auto, kkt.Route{ByHost: false, Told: true}, false, false},
		{relay.Auto, kkt.Route{}, true, false}, // ask it
		{relay.On, kkt.Route{ByHost: false, Told: true}, true, false},
		{relay.Off, kkt.Route{ByHost: true, Told: true}, false, true},
		{relay.Off, kkt.Route{ByHost: false, Told: true}, false, false},
	} {
		c.route.OFD = server(t, func(conn net.Conn, m []byte) { _, _ = conn.Write(m) }) // the relay may have gone
		m := &memory{message: ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("a"))}
		r := running(t, relay.Options{Mode: c.mode}, c.route)
		if st := round(t, r, m); (st.Carried == 1) != c.works {
			t.Errorf("%s with %+v: %+v", c.mode, c.route, st)
		}
		if w := r.Warnings(); (len(w) == 1) != c.warns {
			t.Errorf("%s with %+v warns: %v", c.mode, c.route, w)
		}
	}
}

// TestUnsupported: a device that refuses is left alone until it is there anew.
func TestUnsupported(t *testing.T) {
	m := &memory{message: ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("a")), refuse: relay.ErrUnsupported}
	route := kkt.Route{OFD: server(t, func(conn net.Conn, m []byte) { _, _ = conn.Write(m) })} // the relay may have gone
	r := running(t, relay.Options{}, route)
	if st := round(t, r, m); st.State != relay.Refused || len(r.Warnings()) != 0 {
		t.Errorf("%+v", st)
	}
	m.refuse = nil
	if st := round(t, r, m); st.State != relay.Refused || st.Carried != 0 {
		t.Errorf("it was asked again: %+v", st)
	}
	r.Route(route)
	if st := round(t, r, m); st.Carried != 1 {
		t.Errorf("%+v", st)
	}
}

// TestReplaced: an answer that comes after the device was exchanged is not
// given to the new one.
func TestReplaced(t *testing.T) {
	asked, goOn := make(chan struct{}, 2), make(chan struct{})
	to := server(t, func(c net.Conn, m []byte) {
		asked <- struct{}{}
		<-goOn
		_, _ = c.Write(m) // the relay may have gone
	})
	old := &memory{message: ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("old"))}
	r := running(t, relay.Options{}, kkt.Route{ByHost: true, OFD: to})
	if rest := r.Step(t.Context(), old); rest == 0 || r.Status().State != relay.Carrying {
		t.Fatalf("%s, %+v", rest, r.Status())
	}
	<-asked
	r.Gone()
	r.Route(kkt.Route{ByHost: true, OFD: to})
	close(goOn)
	fresh := &memory{message: ofdwire.Message(ofdwire.OFD, "1.2", "9999078900011111", []byte("new"))}
	if st := round(t, r, fresh); st.Carried != 1 || !strings.Contains(string(fresh.given), "new") || old.given != nil {
		t.Errorf("%+v: %q and %q", st, fresh.given, old.given)
	}
}

// TestBackoff: pauses double up to their limit, a success ends them.
func TestBackoff(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	sound := false
	to := server(t, func(c net.Conn, m []byte) {
		mu.Lock()
		defer mu.Unlock()
		if sound {
			_, _ = c.Write(m) // the relay may have gone
		}
	})
	m := &memory{message: ofdwire.Message(ofdwire.OFD, "1.2", fn, []byte("a"))}
	r := running(t, relay.Options{Now: func() time.Time { return now }}, kkt.Route{ByHost: true, OFD: to})
	last := time.Duration(0)
	for n := range 12 {
		st := round(t, r, m)
		pause := st.NextTry.Sub(now)
		if st.Failures != n+1 || pause < last*3/4 || pause > 5*time.Minute*5/4 || n > 8 && pause < 5*time.Minute {
			t.Fatalf("failure %d: pause %s after %s", st.Failures, pause, last)
		}
		if rest := r.Step(t.Context(), m); rest <= 0 || r.Status().Failures != n+1 {
			t.Fatalf("tried again at once, rest %s", rest)
		}
		now, last = st.NextTry, pause
	}
	if w := r.Warnings(); len(w) != 1 || w[0].Code != fault.RelayUnreachable {
		t.Errorf("%v", w)
	}
	mu.Lock()
	sound = true
	mu.Unlock()
	if st := round(t, r, m); st.Carried != 1 || st.Failures != 0 || st.Why != "" || len(r.Warnings()) != 0 {
		t.Errorf("%+v", st)
	}
}
