package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// manager is a service manager that listens to the till.
type manager struct {
	r    *rig
	conn *net.UnixConn
}

func (r *rig) watched() *manager {
	r.t.Helper()
	dir, err := os.MkdirTemp("", "kassa") // a socket's path is short
	if err != nil {
		r.t.Fatal(err)
	}
	path := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := errors.Join(conn.Close(), os.RemoveAll(dir)); err != nil {
			r.t.Error(err)
		}
	})
	for name, value := range map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "6000000", "WATCHDOG_PID": ""} {
		if t, ok := r.t.(*testing.T); ok {
			t.Setenv(name, value)
		}
	}
	return &manager{r, conn}
}

// hears waits for a word, whatever is said before it.
func (m *manager) hears(word string) {
	m.r.t.Helper()
	if err := m.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		m.r.t.Fatal(err)
	}
	b := make([]byte, 4096)
	for {
		n, err := m.conn.Read(b)
		if err != nil {
			m.r.t.Fatalf("waiting for %s: %v\n%s", word, err, m.r.log())
		}
		for line := range strings.Lines(string(b[:n])) {
			if strings.TrimSpace(line) == word {
				return
			}
		}
	}
}

// drained forgets what has been said.
func (m *manager) drained() {
	m.r.t.Helper()
	b := make([]byte, 4096)
	for {
		if err := m.conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			m.r.t.Fatal(err)
		}
		if _, err := m.conn.Read(b); errors.Is(err, os.ErrDeadlineExceeded) {
			return
		} else if err != nil {
			m.r.t.Fatal(err)
		}
	}
}

// board is a virtual board with these lines on the till of a rig.
func (r *rig) board(lines string) *boardtest.Board {
	r.t.Helper()
	dir, err := os.MkdirTemp("", "kassa") // a socket's path is short
	if err != nil {
		r.t.Fatal(err)
	}
	board, err := boardtest.Listen(filepath.Join(dir, "board"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := errors.Join(board.Close(), os.RemoveAll(dir)); err != nil {
			r.t.Error(err)
		}
	})
	r.configure("[gpio]\naddress = \"unix://" + filepath.Join(dir, "board") + "\"\n" + lines)
	return board
}

// A till on its board: the service manager is told when it sells and hears of
// it as long as it turns, a full disk included; the supply's line stops new
// receipts and lets them go on; case, drawer and keys are felt.
func TestBoard(t *testing.T) {
	r := newRig(t, "")
	board := r.board("drawer_sensor = \"drawer_sensor\"\ncase_open = \"case_open\"\npower_fail = \"power_fail\"\nkey_lock = \"key_lock\"\nkey_help = \"key_help\"\ntower_green = \"tower_green\"\ntower_yellow = \"tower_yellow\"\ntower_red = \"tower_red\"\ntower_white = \"tower_white\"\nled_power = \"led_power\"\nkey_subtotal = \"key_subtotal\"\n")
	if err := os.WriteFile(r.config()+freeSuffix, []byte("99999999999"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := r.watched()
	r.start("")
	m.hears("READY=1")
	m.hears("WATCHDOG=1")
	r.await("the board is there", func() bool { return board.Clients() > 0 && len(board.Levels()) >= 5 })
	level := func(line string, high bool) {
		t.Helper()
		if err := board.Set(line, high); err != nil {
			t.Fatal(err)
		}
	}
	warned := r.warns
	tower := func(want map[string]bool) {
		t.Helper()
		r.await(fmt.Sprintf("the tower shows %v", want), func() bool {
			now := board.Levels()
			for line, high := range want {
				if now[line] != high {
					return false
				}
			}
			return true
		})
	}
	blinks := func(line string) {
		t.Helper()
		_, from := board.Pulses()
		r.await(line+" blinks", func() bool {
			last, n := board.Pulses()
			fresh := last[len(last)-min(len(last), n-from):]
			return slices.ContainsFunc(fresh, func(p boardtest.Pulse) bool { return p.Line == line })
		})
	}
	tower(map[string]bool{"led_power": true, "tower_green": false, "tower_red": false})
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	tower(map[string]bool{"tower_green": true, "tower_white": false})
	r.scanned("4600000000015")
	tower(map[string]bool{"tower_green": true, "tower_white": true, "tower_yellow": false})

	level("key_help", true)
	warned(fault.HelpCalled, true)
	level("key_help", false)
	blinks("tower_yellow")
	if out := r.run("attend", "--done"); out != "answered\n" {
		t.Errorf("%q", out)
	}
	warned(fault.HelpCalled, false)
	tower(map[string]bool{"tower_yellow": false})
	r.run("attend")
	warned(fault.HelpCalled, true)
	r.run("attend", "--done")

	r.refused(fault.TestSelling, "doctor", "--selftest", "--yes")
	if out, errOut, _ := r.kassa("", "doctor", "--selftest", "--yes", "--anyway", "--json"); strings.Count(out, `"verdict": "skipped"`) < 2*7 || !strings.Contains(out, r.dev.State().FN) {
		t.Errorf("a self-test beside sales: %s %s", out, errOut)
	}

	level("drawer_sensor", true) // nobody has asked for it
	level("power_fail", true)
	warned(fault.PowerFailing, true)
	blinks("tower_red")
	tower(map[string]bool{"tower_green": false})
	r.refused(fault.PowerFailing, "pay", "cash", "100")
	level("power_fail", false)
	warned(fault.PowerFailing, false)
	r.run("pay", "cash", "100")

	level("case_open", true)
	warned(fault.CaseOpen, true)
	level("case_open", false)
	warned(fault.CaseOpen, false)
	if err := os.WriteFile(r.config()+freeSuffix, []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	warned(fault.JournalSpace, true)
	m.drained()
	m.hears("WATCHDOG=1")
	m.hears("WATCHDOG=1")
	level("key_lock", true)
	if err := os.WriteFile(r.config()+freeSuffix, []byte("99999999999"), 0o600); err != nil {
		t.Fatal(err)
	}
	warned(fault.JournalSpace, false)
	r.await("the key has locked the till", func() bool { s, err := r.status(); return err == nil && s.Cashier == nil })
	for _, code := range []string{"power_lost", "power_back", "case_opened", "case_shut", "drawer_opened_by_hand", "logout"} {
		r.await(code+" in the journal", func() bool { return strings.Count(r.run("journal", "show", "--type", code), code) == 1 })
	}

	// A process that does not run says nothing; nobody speaks for it.
	if err := r.child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	m.drained()
	if err := errors.Join(m.conn.SetReadDeadline(time.Now().Add(5*time.Second/2)), r.child.Process.Signal(syscall.Signal(0))); err != nil {
		t.Fatal(err)
	}
	if _, err := m.conn.Read(make([]byte, 4096)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stopped till speaks: %v", err)
	}
	if err := r.child.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	m.hears("WATCHDOG=1")
	if err := r.child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.hears("STOPPING=1")
	r.stop()
	for line, high := range board.Outputs() {
		if high {
			t.Errorf("%s is left on", line)
		}
	}
	// The till is not running: a person tries its devices.
	out, errOut, code := r.kassa("yes\n", "doctor", "--selftest", "--only", "lights,kkt")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); code != 0 || len(lines) != 11 || !strings.Contains(lines[4], "ok") || lines[10] != "Nothing is wrong" {
		t.Errorf("self-test: %d\n%s\n%s", code, out, errOut)
	}
	for _, line := range []string{"led_power", "tower_red", "tower_white"} {
		if all, _ := board.Pulses(); !slices.ContainsFunc(all[len(all)-5:], func(p boardtest.Pulse) bool { return p.Line == line }) {
			t.Errorf("%s did not shine", line)
		}
	}
	if out, _, code := r.kassa("no\n", "doctor", "--selftest", "--only", "lights"); code != exitProblems || !strings.Contains(out, "FAILED") {
		t.Errorf("dark lamps: %d\n%s", code, out)
	}
	if _, errOut, code := r.kassa("", "doctor", "--selftest", "--loop", "drawer"); code != exitUsage {
		t.Errorf("%d %s", code, errOut)
	}
	// Whatever this machine has beside it, its lines can be pasted.
	out, errOut, code = r.kassa("", "doctor", "--fix-hints")
	if err := toml.Unmarshal([]byte(out), &map[string]any{}); err != nil || code != 0 && code != exitProblems {
		t.Errorf("lines to paste: %d %v\n%s\n%s", code, err, out, errOut)
	}

}
