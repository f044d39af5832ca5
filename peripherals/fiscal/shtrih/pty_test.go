package shtrih_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// pty is a pseudo terminal in raw mode: the device holds the master, drivers
// open the slave by its path.
type pty struct {
	master *os.File
	slave  *os.File // held open, so that the master outlives a driver's closing
}

func newPTY(t *testing.T) *pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	var number int
	control(t, master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
		number = n
		return err
	})
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	control(t, slave, raw)
	t.Cleanup(func() {
		if err := slave.Close(); err != nil {
			t.Error(err)
		}
	})
	return &pty{master: master, slave: slave}
}

// raw turns off everything a terminal does to bytes.
func raw(fd int) error {
	attr, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	attr.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	attr.Oflag &^= unix.OPOST
	attr.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	attr.Cflag = attr.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	attr.Cc[unix.VMIN], attr.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, attr)
}

func control(t *testing.T, f *os.File, use func(fd int) error) {
	t.Helper()
	conn, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = use(int(fd)) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}

// Open implements link.Opener.
func (p *pty) Open(context.Context) (link.Conn, error) {
	return os.OpenFile(p.slave.Name(), os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
}

func (p *pty) String() string { return p.slave.Name() }
