package boardtest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/board/unixsock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const soon = 10 * time.Second

func start(t *testing.T) (*Board, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gpio")
	b, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, path
}

// talk is a client by hand.
type talk struct {
	t *testing.T
	net.Conn
	in *bufio.Scanner
}

func dial(t *testing.T, path string) talk {
	t.Helper()
	c, err := unixsock.Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	return talk{t, c, bufio.NewScanner(c)}
}

func (k talk) say(text string) {
	k.t.Helper()
	if _, err := k.Write([]byte(text + "\n")); err != nil {
		k.t.Fatal(err)
	}
}

func (k talk) hear(want string) {
	k.t.Helper()
	if !k.in.Scan() || k.in.Text() != want {
		k.t.Fatalf("heard %q %v, want %q", k.in.Text(), k.in.Err(), want)
	}
}

func TestConversation(t *testing.T) {
	b, path := start(t)
	k := dial(t, path)
	k.hear("board 1")
	k.say("out D 1")
	k.hear("ok")
	if !b.Level("D") || b.Level("unheard of") {
		t.Errorf("%v", b.Levels())
	}
	k.say("out D 0")
	k.hear("ok")
	k.say("in K up")
	k.hear("level K 1")
	k.hear("ok")
	if err := b.Press("K"); err != nil {
		t.Fatal(err)
	}
	k.hear("level K 0")
	k.hear("level K 1")
	if err := b.Set("D", true); err == nil {
		t.Error("a finger moved an output")
	}
	if p, n := b.Pulses(); n != 1 || len(p) != 1 || p[0].Line != "D" || p[0].Width <= 0 {
		t.Errorf("%v %d", p, n)
	}
	if d := cmp.Diff(map[string]bool{"D": false, "K": true}, b.Levels()); d != "" {
		t.Error(d)
	}
}

func TestRestore(t *testing.T) {
	b, _ := start(t)
	if err := b.Restore(map[string]bool{"D": true, "B": false}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]bool{"D": true, "B": false}, b.Snapshot()); d != "" {
		t.Error(d)
	}
	if _, n := b.Pulses(); n != 0 {
		t.Errorf("%d pulses", n)
	}
}

func TestLimits(t *testing.T) {
	b, path := start(t)
	for i := range MaxLines {
		if err := b.Set(fmt.Sprint(i), true); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Set("more", true); !errors.Is(err, ErrLimit) {
		t.Error(err)
	}
	k := dial(t, path)
	k.hear("board 1")
	k.say("out more 1")
	k.hear("err boardtest: too many lines")
	for i := range 2 * (MaxPulses + 10) {
		k.say(fmt.Sprintf("out 1 %d", i%2))
		k.hear("ok")
	}
	if p, n := b.Pulses(); len(p) != MaxPulses || n <= MaxPulses {
		t.Errorf("%d of %d pulses kept", len(p), n)
	}
	for range MaxClients - 1 {
		dial(t, path).hear("board 1")
	}
	if over := dial(t, path); over.in.Scan() {
		t.Errorf("client too many was greeted with %q", over.in.Text())
	}
}

func TestALongLineOrADeafClientIsThrownOut(t *testing.T) {
	b, path := start(t)
	shout := dial(t, path)
	shout.hear("board 1")
	if _, err := shout.Write([]byte(strings.Repeat("x", 10_000))); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Log(err) // thrown out while it still shouts
	}
	if shout.in.Scan() {
		t.Errorf("answered %q", shout.in.Text())
	}
	deaf := dial(t, path)
	deaf.hear("board 1")
	deaf.say("in K float")
	deaf.hear("level K 0")
	deaf.hear("ok")
	deadline := time.Now().Add(soon)
	for level := true; b.Clients() > 0; level = !level {
		if err := b.Set("K", level); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("a client that does not read is kept")
		}
	}
}

func TestLinkIsReplacedAndRemoved(t *testing.T) {
	name := filepath.Join(t.TempDir(), "port")
	var cables [2]*PTY
	for i := range cables {
		p, err := NewPTY()
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := p.Link(name); err != nil {
			t.Fatal(err)
		}
		if to, err := os.Readlink(name); err != nil || to != p.Path {
			t.Errorf("%s %v, want %s", to, err, p.Path)
		}
		cables[i] = p
	}
	if err := cables[0].Close(); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(name); err != nil || to != cables[1].Path {
		t.Errorf("closing the old cable took the new one's name: %s %v", to, err)
	}
	if err := cables[1].Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the name is left: %v", err)
	}
	if err := cables[1].Link(filepath.Join(name, "no", "dir")); err == nil {
		t.Error("linked into nowhere")
	}
}

// A board that hangs keeps its links, answers nobody and greets nobody; then
// it goes on with what was asked.
func TestHang(t *testing.T) {
	b, path := start(t)
	k := dial(t, path)
	k.hear("board 1")
	b.Hang(true)
	if !b.Hung() {
		t.Error("it does not hang")
	}
	k.say("out D 1")
	late := dial(t, path)
	if err := errors.Join(k.SetReadDeadline(time.Now().Add(50*time.Millisecond)), late.SetReadDeadline(time.Now().Add(50*time.Millisecond))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []talk{k, late} {
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a board that hangs answers: %v", err)
		}
	}
	if err := k.SetReadDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	b.Hang(false)
	k = talk{t, k.Conn, bufio.NewScanner(k)}
	k.hear("ok")
	if !b.Level("D") {
		t.Error("what was asked is forgotten")
	}
	b.Hang(true) // closed while it hangs
}
