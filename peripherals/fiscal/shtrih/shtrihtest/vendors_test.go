package shtrihtest

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// Hosts that are not ours: they talk the way published drivers of the family
// do, each with habits the device has to live with.

// foreign is a host of another make, over TCP.
type foreign struct {
	t       *testing.T
	address string
	conn    net.Conn
	wait    time.Duration // for a control byte or the next byte of a frame
}

// serve puts a device on the network.
func serve(t *testing.T, d *Device) string {
	t.Helper()
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
	t.Cleanup(func() { cancel(); serving.Wait() })
	return ln.Addr().String()
}

func (f *foreign) dial() {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.conn = conn
}

func (f *foreign) hangUp() {
	f.t.Helper()
	if err := f.conn.Close(); err != nil {
		f.t.Error(err)
	}
}

func (f *foreign) write(b ...byte) {
	f.t.Helper()
	if _, err := f.conn.Write(b); err != nil {
		f.t.Fatal(err)
	}
}

// byte reads one, if it comes in time.
func (f *foreign) byte() (byte, bool) {
	f.t.Helper()
	if err := f.conn.SetReadDeadline(time.Now().Add(f.wait)); err != nil {
		f.t.Fatal(err)
	}
	b := make([]byte, 1)
	switch _, err := io.ReadFull(f.conn, b); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return 0, false
	case err != nil:
		f.t.Fatal(err)
	}
	return b[0], true
}

// rest reads a frame behind its STX and confirms it.
func (f *foreign) rest() []byte {
	f.t.Helper()
	n, ok := f.byte()
	b := make([]byte, int(n)+1)
	for i := range b {
		if !ok {
			f.t.Fatal("half a frame")
		}
		b[i], ok = f.byte()
	}
	if !ok || frame(b[:n])[n+2] != b[n] {
		f.t.Fatal("a damaged frame")
	}
	f.write(ack)
	return b[:n]
}

// resender asks by ENQ, throws an answer of before away, and then sends its
// frame up to ten times without another ENQ until it is confirmed.
func (f *foreign) resender(payload []byte) []byte {
	f.t.Helper()
	f.write(enq)
	switch b, ok := f.byte(); {
	case ok && b == ack:
		if b, ok = f.byte(); !ok || b != stx {
			f.t.Fatalf("%02X instead of the kept answer", b)
		}
		f.rest()
		return f.resender(payload)
	case !ok || b != nak:
		f.t.Fatalf("%02X to ENQ", b)
	}
	for range 10 {
		f.write(frame(payload)...)
		b, ok := f.byte()
		if !ok || b == nak {
			continue
		}
		if b == ack {
			b, ok = f.byte()
		}
		if !ok || b != stx {
			f.t.Fatalf("%02X instead of an answer", b)
		}
		return f.rest()
	}
	f.t.Fatal("ten times without an answer")
	return nil
}

// zeros sends four zeros before each frame and no ENQ at all.
func (f *foreign) zeros(payload []byte) []byte {
	f.t.Helper()
	f.write(append([]byte{0, 0, 0, 0}, frame(payload)...)...)
	for _, want := range []byte{ack, stx} {
		if b, ok := f.byte(); !ok || b != want {
			f.t.Fatalf("%02X instead of %02X", b, want)
		}
	}
	return f.rest()
}

// must runs one command that has to be accepted and gives the data.
func (f *foreign) must(ask func([]byte) []byte, pieces ...string) []byte {
	f.t.Helper()
	payload := unhex(f.t, pieces...)
	answer := ask(payload)
	_, n := commandCode(payload)
	if len(answer) <= n || string(answer[:n]) != string(payload[:n]) || answer[n] != 0 {
		f.t.Fatalf("%s: % X", pieces, answer)
	}
	return answer[n+1:]
}

// day is a whole one, in the commands all of them know.
func (f *foreign) day(ask func([]byte) []byte) {
	f.t.Helper()
	f.must(ask, "FC")
	f.must(ask, "10", pwd)
	f.must(ask, "11", pwd)
	f.must(ask, "FF41", pwd)
	f.must(ask, "FF0C", pwd, "FD03", "0A00", "91AEA1AEABA5A220882E") // 1021
	f.must(ask, openShiftHex)
	f.must(ask, openSale)
	f.must(ask, bread)
	f.must(ask, bread)
	f.must(ask, "89", pwd)
	f.must(ask, payCash(5000))
	f.must(ask, "10", pwd)
	f.must(ask, "FF42", pwd)
	f.must(ask, zReportHex)
}

// TestOtherDrivers: a day's work by the two habits of published drivers, one
// of which connects anew for every command.
func TestOtherDrivers(t *testing.T) {
	for name, drive := range map[string]func(*foreign) func([]byte) []byte{
		"sends again without ENQ": func(f *foreign) func([]byte) []byte {
			f.dial()
			t.Cleanup(f.hangUp)
			return f.resender
		},
		"zeros, a connection a command": func(f *foreign) func([]byte) []byte {
			return func(payload []byte) []byte {
				f.dial()
				defer f.hangUp()
				return f.zeros(payload)
			}
		},
		"zeros, a connection": func(f *foreign) func([]byte) []byte {
			f.dial()
			t.Cleanup(f.hangUp)
			return f.zeros
		},
	} {
		for _, trouble := range []string{"", "nak-request"} {
			if trouble != "" && name != "sends again without ENQ" {
				continue // the others do not get over it with any device
			}
			t.Run(name+" "+trouble, func(t *testing.T) {
				d := open(t, Options{})
				f := &foreign{t: t, address: serve(t, d), wait: 5 * time.Second}
				if trouble != "" {
					if err := d.Fault(trouble); err != nil {
						t.Fatal(err)
					}
				}
				f.day(drive(f))
				docs := d.Documents()
				var kinds []string
				for _, x := range docs[1:] {
					kinds = append(kinds, x.Type)
				}
				if len(kinds) != 3 || kinds[0] != "open_shift" || kinds[1] != "receipt" || kinds[2] != "close_shift" {
					t.Fatalf("%v", kinds)
				}
				if r := docs[2]; r.Total != 4000 || r.Change != 1000 || len(r.Items) != 2 || docs[1].Cashier != "Соболев И." {
					t.Errorf("%+v", r)
				}
			})
		}
	}
}
