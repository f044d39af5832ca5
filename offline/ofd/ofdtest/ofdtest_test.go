package ofdtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/pos/ofdwire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const fn = "9999078900054321"

func message(fd uint32, body string) []byte {
	return ofdwire.Message(ofdwire.OFD, "1.2", fn, ofdwire.Container{Form: 3, FN: fn, FD: fd, Body: []byte(body)}.Encode())
}

func open(t *testing.T, o Options) *OFD {
	t.Helper()
	f, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func serve(t *testing.T, f *OFD) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := f.Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); serving.Wait() })
	return ln.Addr().String()
}

// ask sends a message and reads whatever comes, for a moment.
func ask(t *testing.T, to string, message []byte) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", to)
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }()  // the operator may have done it
	_, _ = conn.Write(message)           // it may have gone by now
	_ = conn.(*net.TCPConn).CloseWrite() // likewise; the operator closes when it has nothing more to say
	if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(io.LimitReader(conn, 1<<20)) // a time-out is the end
	return answer
}

// TestOrder: documents of an FN come one after the other, each its own; a
// repetition gets the same ticket.
func TestOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ofd.jsonl")
	f := open(t, Options{StatePath: path})
	to := serve(t, f)
	first := ask(t, to, message(7, "seven")) // where a history begins is nobody's business
	again := ask(t, to, message(7, "seven"))
	if h, _, err := ofdwire.Parse(first); err != nil || h.FN != fn || !bytes.Equal(first, again) {
		t.Fatalf("%+v %v", h, err)
	}
	ask(t, to, message(8, "eight"))
	for name, m := range map[string][]byte{"a gap": message(10, "ten"), "another content": message(8, "not eight"), "noise": make([]byte, 300),
		"half": message(9, "nine")[:40]} {
		if got := ask(t, to, m); len(got) != 0 {
			t.Errorf("%s is answered with % X", name, got)
		}
	}
	if s := f.State(); s.Documents != 2 || s.Repeated != 1 || s.Refused < 3 {
		t.Errorf("%+v", s)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"fn":"9999`); err != nil { // torn
		t.Fatal(err)
	}
	if err := errors.Join(file.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	f = open(t, Options{StatePath: path})
	to = serve(t, f)
	ask(t, to, message(9, "nine"))
	docs := f.Documents()
	if len(docs) != 3 || docs[0].Times != 2 || docs[2].FD != 9 || string(docs[2].Body) != "nine" {
		t.Errorf("%+v", docs)
	}
}

// TestFaults: each fault is listed, strikes as often as told, and ends.
func TestFaults(t *testing.T) {
	good := func(b []byte) bool { _, _, err := ofdwire.Parse(b); return err == nil }
	for _, info := range new(OFD).Faults() {
		t.Run(info.Name, func(t *testing.T) {
			t.Parallel()
			f := open(t, Options{})
			to := serve(t, f)
			if err := f.Fault(info.Name); err != nil {
				t.Fatal(err)
			}
			got := ask(t, to, message(1, "one"))
			if good(got) && !strings.Contains("reject wrong-sign wrong-fn", info.Name) {
				t.Errorf("it did not strike: % X", got)
			}
			if on := f.State().Faults; info.Lasts != (len(on) == 1) {
				t.Errorf("still on: %v", on)
			}
			if err := f.Fault(FaultUp); err != nil {
				t.Fatal(err)
			}
			if !good(ask(t, to, message(1, "one"))) || len(f.State().Faults) != 0 {
				t.Errorf("it does not end: %+v", f.State())
			}
		})
	}
	f := open(t, Options{})
	for _, bad := range [][]string{{"no such"}, {"down", "1"}, {"reject", "x"}, {"reject", "1", "2"}, {"up", "1"}} {
		if err := f.Fault(bad[0], bad[1:]...); !errors.Is(err, ErrFault) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
