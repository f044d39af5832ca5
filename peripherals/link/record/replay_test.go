package record_test

import (
	"context"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/vfd"
	"github.com/kassa-pos/kassa/peripherals/display/vfd/vfdtest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/link/record"
	"github.com/kassa-pos/kassa/peripherals/scale"
	"github.com/kassa-pos/kassa/peripherals/scale/scaletest"
	"github.com/kassa-pos/kassa/peripherals/scanner"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr/ecrtest"
	"github.com/kassa-pos/kassa/pos/qty"
)

var update = flag.Bool("update", false, "record the sessions of testdata anew")

// class is a device's class: how to emulate one, and a session with it.
type class struct {
	name   string
	redact func() record.Redactor
	serve  func(ctx context.Context, t *testing.T, c link.Conn)
	talk   func(t *testing.T, open link.Opener) string // what the session came to
}

const (
	patience = time.Minute
	ean      = "4600000000015"
	tail     = "\x1d93abcd"
	marked   = "0104607015730012215=xk8E" + tail
)

var operation = uuid.MustParse("018f0000-0000-7000-8000-000000000077")

func classes() []class {
	return []class{
		{"kkt", shtrih.Redact, func(ctx context.Context, t *testing.T, c link.Conn) {
			d, err := shtrihtest.Open(shtrihtest.Options{Now: func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }})
			if err != nil {
				t.Error(err)
				return
			}
			_ = d.ServeConn(ctx, c) // ends with the link
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}, func(t *testing.T, open link.Opener) string {
			p := shtrih.New(open, shtrih.Options{Password: 30, Protocol: shtrih.V1})
			defer halt(t, p.Halt)
			id, err := p.Identify(limited(t))
			if err != nil {
				t.Fatal(err)
			}
			return id.Model + " " + id.FN
		}},
		{"display", record.All, func(_ context.Context, t *testing.T, c link.Conn) {
			e, err := vfdtest.New(20, 2)
			if err != nil {
				t.Error(err)
				return
			}
			_ = e.Serve(c) // ends with the link
		}, func(t *testing.T, open link.Opener) string {
			d, err := vfd.New(open, vfd.Options{Heartbeat: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			defer halt(t, d.Halt)
			for _, lines := range [][]string{{"Добро пожаловать", ""}, {"Молоко", "ИТОГ 99.90"}, {"Оплата по QR", "99.90"}} {
				if err := d.Show(limited(t), display.Frame{Lines: lines}); err != nil {
					t.Fatal(err)
				}
			}
			return ""
		}},
		{"scale", record.All, func(_ context.Context, _ *testing.T, c link.Conn) {
			s := scaletest.New()
			s.Lay(1234, true)
			_ = s.Serve(c) // ends with the link
		}, func(t *testing.T, open link.Opener) string {
			s, err := scale.New(open, scale.Options{Protocol: scale.MassaK})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(limited(t))
			defer stop()
			var weight qty.Milli
			_ = s.Run(ctx, func() {}, func(r scale.Reading) { weight = r.Weight; stop() }) // ended by stop
			return weight.String()
		}},
		{"scanner", scanner.Redact(scanner.CR), func(_ context.Context, t *testing.T, c link.Conn) {
			if _, err := c.Write([]byte(ean + "\r" + marked + "\r")); err != nil {
				t.Error(err)
			}
		}, func(t *testing.T, open link.Opener) string {
			s, err := scanner.New(open, scanner.Options{Name: "scanner", Suffix: scanner.CR, MaxBytes: 200})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(limited(t))
			defer stop()
			var got []string
			_ = s.Run(ctx, func(s scanner.Scan) { // ended by stop
				if got = append(got, string(s.Data[:min(len(s.Data), 16)])); len(got) == 2 {
					stop()
				}
			})
			return strings.Join(got, " ")
		}},
		{"terminal", ecr.Redact, func(ctx context.Context, t *testing.T, c link.Conn) {
			far := ecrtest.New(ecrtest.Options{TID: "00012345", MID: "123456789012345"})
			_ = far.Serve(ctx, c) // ends with the link
		}, func(t *testing.T, open link.Opener) string {
			d := ecr.New(ecr.Options{Opener: open})
			defer halt(t, d.Halt)
			if _, err := d.Status(limited(t)); err != nil {
				t.Fatal(err)
			}
			_, err := d.Reconcile(limited(t), operation)
			if err != nil {
				t.Fatal(err)
			}
			return ""
		}},
	}
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func halt(t *testing.T, f func() error) {
	t.Helper()
	if err := f(); err != nil {
		t.Error(err)
	}
}

// live serves a class's emulator on a socket.
func live(t *testing.T, c class) link.Opener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { c.serve(ctx, t, conn) })
		}
	})
	t.Cleanup(func() {
		cancel()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return link.TCP{Addr: l.Addr().String()}
}

// taped gives text with the lines of a session.
type taped struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *taped) line(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.WriteString(s + "\n")
}

func (p *taped) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// Every class: a session with the emulated device is recorded and played back
// to the driver, which comes to the same; so is the one kept in testdata.
func TestReplay(t *testing.T) {
	for _, c := range classes() {
		t.Run(c.name, func(t *testing.T) {
			var tape taped
			head := record.Header{Device: c.name, Driver: "test", Link: "recorded", Version: "test", Began: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
			for _, l := range head.Lines() {
				tape.line(l)
			}
			want := c.talk(t, record.New(live(t, c), record.Options{Header: head, Redactor: c.redact, Line: tape.line}))
			text := tape.String()
			path := filepath.Join("testdata", c.name+".rec.txt")
			if *update {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			kept, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{text, string(kept)} {
				rec, err := record.Read(strings.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				p := record.Play(rec)
				if c.name == "scanner" {
					if strings.Contains(text, "39 33 61 62") {
						t.Errorf("the tail of a marking code is written down:\n%s", text)
					}
				}
				if got := c.talk(t, p); got != want && c.name != "scanner" || c.name == "scanner" && got[:len(ean)+17] != want[:len(ean)+17] {
					t.Errorf("played back: %q, want %q", got, want)
				}
				if err := p.Err(); err != nil {
					t.Errorf("%v\n%s", err, text)
				}
			}
		})
	}
}

// A driver that does otherwise is told where.
func TestPlaybackDiffers(t *testing.T) {
	rec, err := record.Read(strings.NewReader("kassa-recording 1\ndevice: x\n\n0.000001 open\n0.000002 > 01 ??\n0.000003 < 06\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sent string
		fine bool
	}{{"\x01\x55", true}, {"\x02\x55", false}, {"\x01\x55\x01", false}} {
		p := record.Play(rec)
		conn, err := p.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetWriteDeadline(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, err = conn.Write([]byte(c.sent))
		if (err == nil) != c.fine {
			t.Errorf("%x: %v", c.sent, err)
		}
		if !c.fine && (!strings.Contains(err.Error(), "\n- ") || !strings.Contains(err.Error(), "\n+ > ")) {
			t.Errorf("%x: no diff: %v", c.sent, err)
		}
		if p.Err() == nil {
			t.Errorf("%x: the answer was not read and nobody says so", c.sent)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil && !c.fine {
			t.Error("a closed one reads on")
		}
	}
}

// What is read never panics, and what is written is read back.
func FuzzRead(f *testing.F) {
	f.Add("kassa-recording 1\ndevice: x\n\n0.000001 open\n0.000002 > 01 ??\n0.000003 < 06\n")
	f.Add("kassa-recording 1\nbegan: 2026-05-04T10:11:12Z\n\n# 3 lines lost\n1.000000 lost EOF\n")
	f.Fuzz(func(t *testing.T, text string) {
		rec, err := record.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		var b strings.Builder
		for _, l := range rec.Header.Lines() {
			b.WriteString(l + "\n")
		}
		for _, s := range rec.Steps {
			b.WriteString(s.String() + "\n")
		}
		again, err := record.Read(strings.NewReader(b.String()))
		if err != nil || len(again.Steps) != len(rec.Steps) {
			t.Fatalf("%v\n%s", err, b.String())
		}
	})
}

// Redactors take whatever comes, never more than there is, and write as much as they take.
func FuzzRedactors(f *testing.F) {
	f.Add([]byte("\x02\x05\x10\x1e\x00\x00\x00\x0b\x05\x06"))
	f.Add([]byte("\x8f\x00\x00\x0f\x1d\x9f"))
	f.Add([]byte(marked + "\r"))
	f.Add([]byte("\x02\x00\x02{}\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range classes() {
			for _, way := range []record.Way{record.Sent, record.Heard} {
				r := c.redact()
				for rest := b; len(rest) > 0; {
					n, shown := r(way, rest)
					if n < 0 || n > len(rest) || way == record.Sent && n > 0 && len(shown) != n {
						t.Fatalf("%s: took %d of %d, wrote %d", c.name, n, len(rest), len(shown))
					}
					if n == 0 {
						break
					}
					rest = rest[n:]
				}
			}
		}
	})
}
