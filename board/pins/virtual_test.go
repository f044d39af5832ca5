package pins_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/board/unixsock"
)

const soon = 10 * time.Second

func board(t *testing.T) (*boardtest.Board, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), strings.Repeat("d", 100), "gpio")
	return listen(t, path), path
}

func listen(t *testing.T, path string) *boardtest.Board {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	b, err := boardtest.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func connect(t *testing.T, path string, roles map[pins.Role]string) *pins.Set {
	t.Helper()
	s, err := pins.Open(t.Context(), pins.Options{Address: "unix://" + path, Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestVirtualPulse(t *testing.T) {
	b, path := board(t)
	s := connect(t, path, map[pins.Role]string{pins.Drawer: "GPIO17", pins.LEDError: "!GPIO4"})
	if got := b.Outputs(); len(got) != 2 || got["GPIO17"] || !got["GPIO4"] {
		t.Errorf("idle levels %v", got)
	}
	o, err := s.Output(pins.Drawer)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Pulse(t.Context(), 30*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	got, total := b.Pulses()
	if total != 1 || len(got) != 1 || got[0].Line != "GPIO17" || got[0].Width < 30*time.Millisecond || got[0].Width > soon {
		t.Errorf("pulses %v of %d", got, total)
	}
	if b.Level("GPIO17") {
		t.Error("still on")
	}
}

func TestVirtualKeyIsSeenByEveryClient(t *testing.T) {
	b, path := board(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events := make(chan bool, 16)
	ended := make(chan error, 2)
	for range 2 {
		s := connect(t, path, map[pins.Role]string{pins.KeyLock: "!GPIO5"})
		go func() { ended <- s.Watch(ctx, pins.KeyLock, func(on bool) { events <- on }) }()
	}
	expect := func(want bool) {
		t.Helper()
		for range 2 {
			select {
			case got := <-events:
				if got != want {
					t.Fatalf("got %v, want %v", got, want)
				}
			case <-time.After(soon):
				t.Fatal("no event")
			}
		}
	}
	expect(false) // pulled up, active low
	if err := b.Set("GPIO5", false); err != nil {
		t.Fatal(err)
	}
	expect(true)
	if err := b.Set("GPIO5", true); err != nil {
		t.Fatal(err)
	}
	expect(false)
	cancel()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestVirtualBoardLostAndBack(t *testing.T) {
	b, path := board(t)
	roles := map[pins.Role]string{pins.LEDPower: "L"}
	s := connect(t, path, roles)
	o, err := s.Output(pins.LEDPower)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Set(true); err != nil {
		t.Fatal(err)
	}
	b.Disconnect()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if err := s.Wait(ctx); !errors.Is(err, pins.ErrLost) {
		t.Fatal(err)
	}
	if err := o.Set(false); !errors.Is(err, pins.ErrLost) {
		t.Errorf("drive a lost board: %v", err)
	}
	if !b.Level("L") {
		t.Error("the line fell with its client; the kernel's keep their level")
	}
	connect(t, path, roles)
	if b.Level("L") {
		t.Error("opening again did not set the output idle")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = listen(t, path) // another process, same path
	connect(t, path, roles)
	if b.Clients() != 1 {
		t.Errorf("%d clients", b.Clients())
	}
}

// liar is a server that speaks as it is told to.
func liar(t *testing.T, speak func(c net.Conn)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := unixsock.Listen(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := l.Accept(); err == nil {
			speak(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return path
}

func TestVirtualBoardThatLies(t *testing.T) {
	hang := func(c net.Conn) { io.Copy(io.Discard, c) }
	for name, speak := range map[string]func(net.Conn){
		"silent":        hang,
		"gone":          func(net.Conn) {},
		"another":       func(c net.Conn) { c.Write([]byte("SSH-2.0\n")); hang(c) },
		"endless":       func(c net.Conn) { c.Write(make([]byte, 1<<16)); hang(c) },
		"no answer":     func(c net.Conn) { c.Write([]byte("board 1\n")); hang(c) },
		"nonsense":      func(c net.Conn) { c.Write([]byte("board 1\nlevel\n")); hang(c) },
		"answers early": func(c net.Conn) { c.Write([]byte("board 1\n" + strings.Repeat("ok\n", 9))); hang(c) },
		"refuses": func(c net.Conn) {
			c.Write([]byte("board 1\n"))
			bufio.NewReader(c).ReadString('\n')
			c.Write([]byte("err line in use\n"))
			hang(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := liar(t, speak)
			start := time.Now()
			s, err := pins.Open(t.Context(), pins.Options{Address: "unix://" + path, Roles: map[pins.Role]string{pins.Drawer: "A", pins.Buzzer: "B"}})
			if err == nil { // answers that fell together with requests: one too many tells
				ctx, cancel := context.WithTimeout(t.Context(), soon)
				if s.Wait(ctx) == nil || ctx.Err() != nil {
					t.Error("believed it")
				}
				cancel()
				s.Close()
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestVirtualBoardRefusesNonsense(t *testing.T) {
	_, path := board(t)
	c, err := unixsock.Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(c)
	in.Scan()
	for _, text := range []string{"", "out", "out A", "out A 2", "in A sideways", "out A 1 2", "reboot now please"} {
		if _, err := c.Write([]byte(text + "\n")); err != nil {
			t.Fatal(err)
		}
		if !in.Scan() || !strings.HasPrefix(in.Text(), "err ") {
			t.Errorf("%q: %q %v", text, in.Text(), in.Err())
		}
	}
}
