// Package usblp opens the kernel's USB printers, /dev/usb/lpN, as links with
// deadlines.
//
// The driver (usblp) can be waited for like a socket, so nobody has to sit
// inside a write that a printer without paper does not take. A printer whose
// interface is one way only refuses to be read (EINVAL): it is one to be used
// blind. While it is open nobody else may open it (EBUSY). There is no lasting
// name: with two USB printers a udev rule gives them one.
//
// Source: the kernel's drivers/usb/class/usblp.c.
//
// An Opener may be used concurrently, a link by one reader and one writer.
package usblp

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// Opener opens the printer at Path.
type Opener struct{ Path string }

var _ link.Opener = Opener{}

func (o Opener) String() string { return "usb " + o.Path }

// Open opens the printer; it does not wait. Errors: os.ErrNotExist when it is
// not there, os.ErrPermission, unix.EBUSY when another program has it.
func (o Opener) Open(context.Context) (link.Conn, error) {
	f, err := os.OpenFile(o.Path, os.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open printer: %w", err)
	}
	return f, nil
}
