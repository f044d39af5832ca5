package watchdog

import (
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collar is hardware that counts.
type collar struct {
	mu      sync.Mutex
	timeout time.Duration
	fed     []time.Time
	fail    error
	closed  []bool
	bit     bool
}

func (c *collar) Feed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fed = append(c.fed, time.Now())
	return c.fail
}
func (c *collar) Timeout() time.Duration { return c.timeout }
func (c *collar) Bit() bool              { return c.bit }
func (c *collar) Close(disarm bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = append(c.closed, disarm)
	return nil
}
func (c *collar) meals() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.fed)
}

func with(c *collar) Options {
	return Options{Hardware: func() (Hardware, error) { return c, nil }}
}

// A loop that turns as often as it is asked is never bitten; one that hangs
// is not fed again.
func TestFedByTheLoopAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collar{timeout: 15 * time.Second}
		d, err := Open(with(c))
		if err != nil {
			t.Fatal(err)
		}
		armed := time.Now()
		for range 100 {
			d.Alive()
			<-time.After(d.Every())
		}
		synctest.Wait()
		last := armed
		for _, at := range c.fed {
			if gap := at.Sub(last); gap > c.timeout/2 {
				t.Errorf("hungry for %v of %v", gap, c.timeout)
			}
			last = at
		}
		before := c.meals()
		<-time.After(time.Hour) // the loop hangs
		if after := c.meals(); after != before {
			t.Errorf("fed %d times while the loop hung", after-before)
		}
		if err := d.Close(false); err != nil || !slices.Equal(c.closed, []bool{false}) {
			t.Errorf("%v, closed %v", err, c.closed)
		}
	})
}

// A loop that turns all the time does not flood the dogs.
func TestSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collar{timeout: 15 * time.Second, bit: true}
		d, err := Open(with(c))
		if err != nil || !d.Bit() {
			t.Fatal(err, d.Bit())
		}
		for range 10_000 {
			d.Alive()
			<-time.After(time.Millisecond)
		}
		if n := c.meals(); n < 15 || n > 25 {
			t.Errorf("fed %d times in 10 s", n)
		}
		if err := errors.Join(d.Close(true), d.Close(true)); err != nil || !slices.Equal(c.closed, []bool{true}) {
			t.Errorf("%v, closed %v", err, c.closed)
		}
	})
}

// A driver that fails is told of and asked again.
func TestHardwareFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collar{timeout: 15 * time.Second, fail: errors.New("no such device")}
		d, err := Open(with(c))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			d.Alive()
			<-time.After(d.Every())
		}
		if n := c.meals(); n != 3 {
			t.Errorf("tried %d times", n)
		}
		if err := d.Close(true); err != nil {
			t.Error(err)
		}
	})
}

func TestNone(t *testing.T) {
	var none *Dog
	none.Alive()
	none.Progress("")
	none.Ready("")
	none.Stopping()
	if none.Every() != 0 || none.Bit() || none.Close(true) != nil {
		t.Error("no dog does something")
	}
	d, err := Open(Options{Getenv: func(string) string { return "" }})
	if err != nil || d.Every() != 0 {
		t.Errorf("%v, every %v", err, d.Every())
	}
	d.Ready("")
	if err := d.Close(true); err != nil {
		t.Error(err)
	}
}

func TestUnusable(t *testing.T) {
	broken := errors.New("broken")
	for name, o := range map[string]Options{
		"hardware":     {Hardware: func() (Hardware, error) { return nil, broken }},
		"short":        with(&collar{timeout: time.Second}),
		"socket":       {Getenv: env("NOTIFY_SOCKET", "relative")},
		"nobody there": {Getenv: env("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "none"))},
		"time":         {Getenv: env("NOTIFY_SOCKET", "@x", "WATCHDOG_USEC", "soon")},
		"no time":      {Getenv: env("NOTIFY_SOCKET", "@x", "WATCHDOG_USEC", "-1")},
	} {
		d, err := Open(o)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		d.Ready("all the same")
		d.Alive()
		if err := d.Close(true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func env(pairs ...string) func(string) string {
	return func(key string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// manager is a service manager's socket.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

func (m *manager) hear() string {
	m.t.Helper()
	if err := m.conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		m.t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := m.conn.Read(b)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b[:n])
}

// The words of a whole life, in their order: a long recovery, the till at
// work, the end.
func TestServiceManager(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@kassa-watchdog-test-" + strconv.FormatInt(time.Now().UnixNano(), 36)} {
		conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		m := &manager{t, conn}
		d, err := Open(Options{PID: 7, Getenv: env("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "15000000", "WATCHDOG_PID", "7")})
		if err != nil || d.Every() != 5*time.Second {
			t.Fatal(err, d.Every())
		}
		d.Progress("journal: 5 of 9\nREADY=1")
		if got := m.hear(); got != "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=journal: 5 of 9 READY=1" {
			t.Errorf("progress: %q", got)
		}
		d.Ready("selling")
		if got := m.hear(); got != "READY=1\nSTATUS=selling" {
			t.Errorf("ready: %q", got)
		}
		d.Alive()
		if got := m.hear(); got != "WATCHDOG=1" {
			t.Errorf("alive: %q", got)
		}
		d.Stopping()
		for got := m.hear(); !strings.HasPrefix(got, "STOPPING=1\n"); got = m.hear() {
			if got != "WATCHDOG=1" { // the word of Alive after that of Ready
				t.Fatalf("stopping: %q", got)
			}
		}
		if err := errors.Join(d.Close(true), conn.Close()); err != nil {
			t.Error(err)
		}
	}
}

// Another process is watched, not this one: its children may speak, but
// nobody waits for them.
func TestOtherProcessIsWatched(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(Options{PID: 7, Getenv: env("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "15000000", "WATCHDOG_PID", "8")})
	if err != nil || d.Every() != 0 {
		t.Error(err, d.Every())
	}
	if err := errors.Join(d.Close(true), conn.Close()); err != nil {
		t.Error(err)
	}
}

// What the kernel's own interface needs is on no ordinary machine; a path
// that is no watchdog is refused with its reason.
func TestNoDevice(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), "/dev/null"} {
		if _, err := OpenDevice(path, DefaultTimeout); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}

func TestLine(t *testing.T) {
	if got := line(strings.Repeat("я", 200)); len(got) > maxStatus || !strings.HasPrefix(got, "яя") {
		t.Errorf("%d bytes", len(got))
	}
}
