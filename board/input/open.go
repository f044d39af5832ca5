package input

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// ErrReadOnly: nothing can be said to a scanner of this kind.
var ErrReadOnly = errors.New("input: a scanner that only speaks")

// eviocgrab takes a device's events from everybody else (EVIOCGRAB).
const eviocgrab = 0x40044590

// Keyboard opens a scanner that is a keyboard, by its event device:
// /dev/input/by-id/usb-...-event-kbd. A code ends with CR where the scanner
// sends Enter.
type Keyboard struct{ Path string }

var _ link.Opener = Keyboard{}

func (k Keyboard) String() string { return "evdev " + k.Path }

// Open opens and grabs the device. Whoever has grabbed it before is told of:
// a scanner that types elsewhere is not this till's.
func (k Keyboard) Open(ctx context.Context) (link.Conn, error) {
	f, err := open(ctx, k.Path)
	if err != nil {
		return nil, err
	}
	if err := withFD(f, func(fd int) error { return unix.IoctlSetInt(fd, eviocgrab, 1) }); err != nil {
		return nil, errors.Join(fmt.Errorf("grab %s: %w", k.Path, err), f.Close())
	}
	return newKeys(f), nil
}

// HID opens a scanner that speaks HID POS, by its raw device: /dev/hidrawN, or
// a lasting name that a udev rule gives it. After each code the link pauses,
// so it wants a scanner without a suffix.
type HID struct {
	Path string
	Root fs.FS // where sys is; nil: this machine's
}

var _ link.Opener = HID{}

func (h HID) String() string { return "hidraw " + h.Path }

// Open opens the device; ErrNotScanner when its reports hold no codes.
func (h HID) Open(ctx context.Context) (link.Conn, error) {
	root := h.Root
	if root == nil {
		root = os.DirFS("/")
	}
	target, err := filepath.EvalSymlinks(h.Path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", h.Path, err)
	}
	descriptor, err := fs.ReadFile(root, path.Join(hidClass, filepath.Base(target), "device/report_descriptor"))
	if err != nil {
		return nil, fmt.Errorf("%s does not tell what it is: %w", h.Path, err)
	}
	numbered, report, err := scanReport(descriptor)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.Path, err)
	}
	f, err := open(ctx, target)
	if err != nil {
		return nil, err
	}
	return newCodes(f, &scans{numbered: numbered, report: report}), nil
}

func open(ctx context.Context, name string) (*os.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDONLY, 0) // a device of this kind opens at once
	if err != nil {
		return nil, err
	}
	if err := f.SetReadDeadline(time.Time{}); err != nil {
		return nil, errors.Join(fmt.Errorf("%s can not be waited for: %w", name, err), f.Close())
	}
	return f, nil
}

// withFD calls with the file's descriptor and leaves it as it is: Fd would
// make reading from it block for ever.
func withFD(f *os.File, call func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var callErr error
	err = raw.Control(func(fd uintptr) { callErr = call(int(fd)) })
	return errors.Join(err, callErr)
}
