package input

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/scanner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// piped is a link on a pipe in place of a device.
type piped struct{ conn link.Conn }

func (p piped) Open(context.Context) (link.Conn, error) { return p.conn, nil }
func (p piped) String() string                          { return "pipe" }

// through runs the scanner's own driver over a device and returns its scans
// until the device is gone.
func through(t *testing.T, suffix scanner.Suffix, conn func(*os.File) link.Conn, pieces ...[]byte) []scanner.Scan {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scanner.New(piped{conn(r)}, scanner.Options{Name: "gun", Suffix: suffix})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan scanner.Scan, 100)
	ended := make(chan error, 1)
	go func() { ended <- sc.Run(t.Context(), func(s scanner.Scan) { got <- s }); close(got) }()
	for _, p := range pieces {
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), nil); err != nil {
		t.Fatal(err)
	}
	var all []scanner.Scan
	for s := range got {
		all = append(all, s)
	}
	if err := <-ended; err == nil {
		t.Error("the scanner ends without an error")
	}
	return all
}

func TestKeyboardScanner(t *testing.T) {
	keys := func(f *os.File) link.Conn { return newKeys(f) }
	all := through(t, scanner.CR, keys, slices.Concat(typed(t, "]d2"+marking), typed(t, "4600000000015"), typed(t, "460")[:len(typed(t, "460"))-len(press(keyEnter))]))
	if len(all) != 3 || string(all[0].Data) != marking || all[0].Symbology == "" || string(all[1].Data) != "4600000000015" || !all[2].Incomplete {
		t.Errorf("%+v", all)
	}
	lost := slices.Concat(typed(t, "460")[:len(typed(t, "46"))-len(press(keyEnter))], event(evSyn, synDropped, 0), typed(t, "15"))
	if all := through(t, scanner.CR, keys, lost); len(all) != 1 || !all[0].Incomplete || string(all[0].Data) != "46" {
		t.Errorf("with lost events: %+v", all)
	}
}

func TestRawScanner(t *testing.T) {
	for name, c := range map[string]struct{ reports [][]byte }{
		"two codes at once": {[][]byte{reported("]E0", "4600000000015", 56, 0), reported("]E0", "46000000", 56, 0)}},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		conn := newCodes(r, scannerOf(t, scannerDescriptor(56)))
		sc, err := scanner.New(piped{conn}, scanner.Options{Name: "gun", Suffix: scanner.None})
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan scanner.Scan, 10)
		ended := make(chan error, 1)
		go func() { ended <- sc.Run(t.Context(), func(s scanner.Scan) { got <- s }) }()
		for _, b := range c.reports { // a pipe has no reports: one at a time
			if _, err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			s := <-got
			if s.Incomplete || s.TooLong || string(s.Symbology) == "" {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Error("no error at the end")
		}
	}
}

func TestDeadlineAndClose(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, conn := range []link.Conn{newKeys(r), newCodes(r, scannerOf(t, scannerDescriptor(56)))} {
		if err := errors.Join(conn.SetReadDeadline(time.Now().Add(time.Millisecond)), conn.SetWriteDeadline(time.Now())); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		if _, err := conn.Write([]byte("x")); !errors.Is(err, ErrReadOnly) {
			t.Errorf("write: %v", err)
		}
	}
	conn := newKeys(r)
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() { _, err := conn.Read(make([]byte, 10)); read <- err }()
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-read; !errors.Is(err, os.ErrClosed) {
		t.Errorf("a read of a closed link: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "hidraw7")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mouse := fstest.MapFS{hidClass + "/hidraw7/device/report_descriptor": {Data: item(itemPage, 1)}}
	for name, c := range map[string]struct {
		ctx  context.Context
		open link.Opener
	}{
		"no keyboard":         {t.Context(), Keyboard{file + "x"}},
		"a file":              {t.Context(), Keyboard{file}},
		"no time":             {gone, Keyboard{"/dev/null"}},
		"nothing":             {t.Context(), Keyboard{"/dev/null"}},
		"no device":           {t.Context(), HID{Path: file + "x"}},
		"a mouse":             {t.Context(), HID{Path: file, Root: mouse}},
		"unknown to sys":      {t.Context(), HID{Path: file}},
		"a file that scanned": {t.Context(), HID{Path: file, Root: fstest.MapFS{hidClass + "/hidraw7/device/report_descriptor": {Data: scannerDescriptor(56)}}}},
	} {
		if conn, err := c.open.Open(c.ctx); err == nil {
			t.Errorf("%s: opened", name)
			_ = conn.Close()
		}
	}
}

func TestList(t *testing.T) {
	link := func(to string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(to), Mode: os.ModeSymlink}
	}
	root := fstest.MapFS{
		"dev/input/by-id/usb-Honeywell_Voyager_1452g-event-kbd": link("../event3"),
		"dev/input/by-id/usb-Honeywell_Voyager_1452g-mouse":     link("../event4"),
		"dev/input/by-path/platform-usb-0:1.2:1.0-event-kbd":    link("../event3"),
		"dev/input/by-path/platform-usb-0:1.4:1.0-event-kbd":    link("../event9"),
		hidClass + "/hidraw0/device/report_descriptor":          {Data: scannerDescriptor(56)},
		hidClass + "/hidraw0/device/uevent":                     {Data: []byte("DRIVER=hid-generic\nHID_NAME=Datalogic QuickScan\n")},
		hidClass + "/hidraw1/device/report_descriptor":          {Data: item(itemPage, 1)},
		hidClass + "/hidraw2/device/uevent":                     {Data: []byte("gone")},
	}
	got, err := List(root)
	want := []Found{
		{"evdev:///dev/input/by-id/usb-Honeywell_Voyager_1452g-event-kbd", "Honeywell Voyager 1452g"},
		{"evdev:///dev/input/by-path/platform-usb-0:1.4:1.0-event-kbd", "platform-usb-0:1.4:1.0"},
		{"hidraw:///dev/hidraw0", "Datalogic QuickScan"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := List(os.DirFS("/")); err != nil {
		t.Errorf("this machine: %v", err)
	}
}
