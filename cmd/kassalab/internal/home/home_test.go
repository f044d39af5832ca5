package home

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *Home {
	t.Helper()
	h, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return h
}

func TestOneBenchADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "bench")
	if running, err := Running(dir); running || err != nil {
		t.Fatalf("a directory that is not there: %v, %v", running, err)
	}
	h := open(t, dir)
	if _, err := Open(dir); !errors.Is(err, ErrHeld) {
		t.Fatalf("a second bench: %v", err)
	}
	if running, err := Running(dir); !running || err != nil {
		t.Fatalf("while held: %v, %v", running, err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if running, err := Running(dir); running || err != nil {
		t.Fatalf("after Close: %v, %v", running, err)
	}
	open(t, dir)
	fi, err := os.Stat(dir)
	if err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v: others could look in", fi.Mode(), err)
	}
}

func TestPortsHold(t *testing.T) {
	h := open(t, t.TempDir())
	first, err := h.Ports("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, addr := range []string{first.Bench, first.KKT, first.Cloud, first.Console} {
		host, port, err := net.SplitHostPort(addr)
		n, perr := strconv.Atoi(port)
		if err != nil || perr != nil || host != "127.0.0.1" || n < lowestPort || n >= highestPort {
			t.Errorf("address %q, want a loopback port of %d..%d", addr, lowestPort, highestPort)
		}
		if seen[addr] {
			t.Errorf("%s twice", addr)
		}
		seen[addr] = true
	}
	again, err := h.Ports("127.0.0.1:0")
	if err != nil || again != first {
		t.Errorf("second start: %+v, %v, want %+v", again, err, first)
	}
	wanted, err := h.Ports("127.0.0.1:31999")
	if err != nil || wanted.Bench != "127.0.0.1:31999" || wanted.KKT != first.KKT {
		t.Errorf("a port asked for: %+v, %v", wanted, err)
	}
	if kept, err := h.Ports("127.0.0.1:0"); err != nil || kept != wanted {
		t.Errorf("it was not kept: %+v, %v", kept, err)
	}
}

func TestPortTaken(t *testing.T) {
	h := open(t, t.TempDir())
	p, err := h.Ports("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	other, err := net.Listen("tcp", p.KKT)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = h.Listen("KKT", p.KKT)
	if err == nil || !strings.Contains(err.Error(), "KKT") || !strings.Contains(err.Error(), portsFile) {
		t.Errorf("%v: it should name the KKT and the way out", err)
	}
}

func TestPortsDamaged(t *testing.T) {
	for _, text := range []string{"", "{", `{"bench":"x"}`, `[]`} {
		h := open(t, t.TempDir())
		if err := os.WriteFile(h.Path(portsFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Ports("127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), portsFile) {
			t.Errorf("%q: %v, want an error that names the file", text, err)
		}
	}
	if _, err := open(t, t.TempDir()).Ports("no address"); err == nil {
		t.Error("a listen address that makes no sense was taken")
	}
}

func TestReady(t *testing.T) {
	h := open(t, t.TempDir())
	want := Ready{Config: "c", Bench: "b", KKT: Ways{TCP: "t", PTY: "p"}, Codes: []string{"1\x1d2"}}
	if err := h.WriteReady(want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadReady(h.Dir())
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("read %s, wrote %s", a, b)
	}
	if err := h.Forget(); err != nil {
		t.Fatal(err)
	}
	if err := h.Forget(); err != nil {
		t.Errorf("forgetting twice: %v", err)
	}
	if _, err := ReadReady(h.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Forget: %v", err)
	}
}

// A write replaces the file as a whole and leaves nothing beside it.
func TestWrite(t *testing.T) {
	h := open(t, t.TempDir())
	for _, text := range []string{"first and longer", "second"} {
		if err := h.Write("f", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(h.Path("f")); err != nil || string(got) != text {
			t.Errorf("%q, %v, want %q", got, err, text)
		}
	}
	entries, err := os.ReadDir(h.Dir())
	if err != nil || len(entries) != 2 { // f and lock
		t.Errorf("%v, %v", entries, err)
	}
	if err := h.Write(filepath.Join("no", "such"), nil); err == nil {
		t.Error("a write into nowhere succeeded")
	}
}
