package serialport_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/peripherals/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is far longer than anything here takes, and ends a hung test.
const soon = 10 * time.Second

func cable(t *testing.T) *boardtest.PTY {
	t.Helper()
	p, err := boardtest.NewPTY()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() }) // closed twice by some tests, on purpose
	if err := p.SetDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	return p
}

func open(t *testing.T, path string) link.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	c, err := serialport.Opener{Path: path}.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestBytesPassUnchanged(t *testing.T) {
	p := cable(t)
	path := filepath.Join(t.TempDir(), "by-id")
	if err := p.Link(path); err != nil {
		t.Fatal(err)
	}
	c := open(t, path)
	all := make([]byte, 256) // control bytes, XON, XOFF, CR, NUL, 0xFF
	for i := range all {
		all[i] = byte(i)
	}
	for _, way := range []struct {
		name string
		w    io.Writer
		r    io.Reader
	}{{"to the device", c, p}, {"from the device", p, c}} {
		if _, err := way.w.Write(all); err != nil {
			t.Fatalf("%s: %v", way.name, err)
		}
		got := make([]byte, len(all))
		if _, err := io.ReadFull(way.r, got); err != nil || !bytes.Equal(got, all) {
			t.Errorf("%s: %x %v", way.name, got, err)
		}
	}
}

func TestReadDeadline(t *testing.T) {
	p := cable(t)
	c := open(t, p.Path)
	if err := c.SetReadDeadline(time.Now().Add(120 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	// bufio gives up with ErrNoProgress where a time-out is "0, nil".
	_, err := bufio.NewReader(c).ReadByte()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%v", err)
	}
	if d := time.Since(start); d < 120*time.Millisecond {
		t.Errorf("gave up after %v", d)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a passed deadline holds until it is moved: %v", err)
	}
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Errorf("after the deadline: %d %v", n, err)
	}
}

func TestDeadlineReachesAPendingRead(t *testing.T) {
	p := cable(t)
	c := open(t, p.Path)
	done := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		done <- err
	}()
	if err := c.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, done); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestCloseWakesARead(t *testing.T) {
	p := cable(t)
	c := open(t, p.Path)
	done := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		done <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, done); !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	for what, err := range map[string]error{
		"read deadline":  c.SetReadDeadline(time.Now()),
		"write deadline": c.SetWriteDeadline(time.Now()),
	} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s after close: %v", what, err)
		}
	}
	open(t, p.Path) // free again at once
}

// jam writes until the device takes no more.
func jam(t *testing.T, c link.Conn) {
	t.Helper()
	for range 1000 {
		if err := c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(make([]byte, 4096)); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("the device takes everything")
}

func TestWriteDeadline(t *testing.T) {
	p := cable(t)
	c := open(t, p.Path)
	jam(t, c)
	if err := c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("a write behind a stuck one: %v", err)
	}
	// The device wakes up: what was written arrives in order, then the rest.
	if err := c.SetWriteDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() {
		_, err := c.Write([]byte("end"))
		end <- err
	}()
	var got []byte
	buf := make([]byte, 4096)
	for !bytes.HasSuffix(got, []byte("end")) {
		n, err := p.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if err := wait(t, end); err != nil {
		t.Fatal(err)
	}
	if body := got[:len(got)-3]; len(body)%4096 != 0 || bytes.Count(body, []byte{0}) != len(body) {
		t.Errorf("%d bytes arrived before the end, want whole writes", len(body))
	}
}

func TestCloseWakesAWriteAndTheStuckPortIsNotOpenedAgain(t *testing.T) {
	p := cable(t)
	c := open(t, p.Path)
	jam(t, c)
	if err := c.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.Write([]byte("never"))
		done <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, done); !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
	o := serialport.Opener{Path: p.Path}
	again, err := o.Open(t.Context())
	if err == nil { // this kernel's flush wakes the writer
		again.Close()
		return
	}
	if !errors.Is(err, serialport.ErrStuck) {
		t.Fatal(err)
	}
	// The device takes bytes again: the port comes free by itself.
	go io.Copy(io.Discard, p)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	for {
		if c, err := o.Open(ctx); err == nil {
			c.Close()
			break
		} else if !errors.Is(err, serialport.ErrStuck) {
			t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the port never came free")
		}
	}
	p.Close()
}

func TestWhatWasWrittenGoesOutBeforeTheClose(t *testing.T) {
	for range 50 {
		p := cable(t)
		c := open(t, p.Path)
		if _, err := c.Write([]byte("bye")); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 3)
		if _, err := io.ReadFull(p, got); err != nil || string(got) != "bye" {
			t.Fatalf("%q %v", got, err)
		}
		p.Close()
	}
}

func TestUnplug(t *testing.T) {
	p := cable(t)
	c := open(t, p.Path)
	done := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		done <- err
	}()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, done); !errors.Is(err, serialport.ErrGone) {
		t.Errorf("read: %v", err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, serialport.ErrGone) {
		t.Errorf("write: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := (serialport.Opener{Path: p.Path}).Open(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reopen: %v", err)
	}
}

func TestReplugUnderTheSameName(t *testing.T) {
	name := filepath.Join(t.TempDir(), "scanner")
	for _, word := range []string{"first", "second"} {
		p := cable(t)
		if err := p.Link(name); err != nil {
			t.Fatal(err)
		}
		c := open(t, name)
		if _, err := p.Write([]byte(word)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(word))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != word {
			t.Errorf("%q %v", got, err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link outlived the cable: %v", err)
	}
}

func TestOldInputIsDropped(t *testing.T) {
	p := cable(t)
	if _, err := p.Write([]byte("stale")); err != nil {
		t.Fatal(err)
	}
	c := open(t, p.Path)
	if _, err := p.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 16)
	if n, err := c.Read(got); err != nil || string(got[:n]) != "new" {
		t.Errorf("%q %v", got[:n], err)
	}
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := cable(t)
	taken := open(t, p.Path)
	for name, c := range map[string]struct {
		opener serialport.Opener
		want   error
	}{
		"missing":   {serialport.Opener{Path: "/dev/no-such-port"}, os.ErrNotExist},
		"open here": {serialport.Opener{Path: p.Path}, serialport.ErrBusy},
		"file":      {serialport.Opener{Path: file}, nil},
		"null":      {serialport.Opener{Path: "/dev/null"}, nil},
		"bad mode":  {serialport.Opener{Path: p.Path, Mode: serialport.Mode{Baud: -1}}, nil},
	} {
		got, err := c.opener.Open(t.Context())
		if err == nil {
			got.Close()
			t.Errorf("%s: opened", name)
		} else if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := (serialport.Opener{Path: p.Path}).Open(ctx); err == nil {
		c.Close() // the library was quicker than select: both are right
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func wait(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(soon):
		t.Fatal("still waiting")
		return nil
	}
}

// A pseudo terminal has no control lines: that is said, at once, also while a
// Read waits, and after Close.
func TestControlLines(t *testing.T) {
	p := cable(t)
	c := open(t, p.Path)
	lines, ok := c.(serialport.Lines)
	if !ok {
		t.Fatal("a port without control lines")
	}
	read, began := make(chan error, 1), make(chan struct{})
	go func() {
		close(began)
		_, err := c.Read(make([]byte, 1))
		read <- err
	}()
	<-began
	for range 20 { // the Read is under way sooner or later
		if m, err := lines.Modem(); err == nil {
			t.Errorf("a pty has lines: %+v", m)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-read; !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if _, err := lines.Modem(); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if err := lines.SetDTR(true); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// A shop's adapters come and go for years: a thousand pulled plugs leave no
// handle and no goroutine behind.
func TestAThousandUnplugs(t *testing.T) {
	plugs := 1000
	if testing.Short() {
		plugs = 100
	}
	handles := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	name := filepath.Join(t.TempDir(), "by-id")
	before, routines := handles(), runtime.NumGoroutine()
	for i := range plugs {
		p, err := boardtest.NewPTY()
		if err == nil {
			err = p.Link(name)
		}
		if err != nil {
			t.Fatal(err)
		}
		c, err := serialport.Opener{Path: name}.Open(t.Context())
		if err != nil {
			t.Fatalf("plug %d: %v", i, err)
		}
		if err := p.Close(); err != nil { // pulled from under the reader
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, serialport.ErrGone) {
			t.Fatalf("plug %d: %v", i, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(3 * soon); handles() > before+2 || runtime.NumGoroutine() > routines+2; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d handles and %d goroutines, before %d and %d", handles(), runtime.NumGoroutine(), before, routines)
		}
	}
}
