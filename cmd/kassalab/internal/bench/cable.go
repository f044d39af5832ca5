package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/board/boardtest"
)

// freeEvery is how often a cable takes back the till's exclusive hold. A till
// that was killed can not do it itself, and the next one, were it not root,
// would find its port busy for ever.
const freeEvery = 250 * time.Millisecond

// errUnplugged: the device hangs on no cable now.
var errUnplugged = errors.New("it is unplugged")

// cable is a serial device's cable to the till: a pseudo terminal behind a
// link whose path never changes. It can be pulled, which the till sees as a
// lost port, and plugged in again.
type cable struct {
	link   string
	pace   pace
	device func(ctx context.Context, port *boardtest.PTY) // serves one plugging; ends when the port closes

	mu   sync.Mutex
	port *boardtest.PTY
	side *os.File // the till's end, held to look at it
	stop context.CancelFunc
	done sync.WaitGroup
}

// plug makes the port; plugging what is plugged does nothing.
func (c *cable) plug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port != nil {
		return nil
	}
	port, err := boardtest.NewPTY()
	if err != nil {
		return err
	}
	side, err := os.OpenFile(port.Path, os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return errors.Join(fmt.Errorf("open port: %w", err), port.Close())
	}
	if err := port.Link(c.link); err != nil {
		return errors.Join(err, side.Close(), port.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	c.port, c.side, c.stop = port, side, stop
	c.done.Go(func() { c.device(ctx, port) })
	c.done.Go(func() { free(ctx, side) })
	return nil
}

// unplug takes the port away and waits for the device's goroutine.
func (c *cable) unplug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port == nil {
		return nil
	}
	c.pace.hung.set(false) // who waits in it ends with the port
	c.stop()
	err := errors.Join(c.side.Close(), c.port.Close())
	c.done.Wait()
	c.port, c.side = nil, nil
	return err
}

func (c *cable) plugged() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.port != nil
}

// ends gives the device's end and the held one, or errUnplugged.
func (c *cable) ends() (*boardtest.PTY, *os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.port == nil {
		return nil, nil, errUnplugged
	}
	return c.port, c.side, nil
}

// free keeps the port open to whoever comes next.
func free(ctx context.Context, side *os.File) {
	t := time.NewTicker(freeEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if _, err := ask(side, unix.TIOCNXCL); err != nil {
				return // the port is closed
			}
		}
	}
}

// waiting tells how many bytes lie in the port that nobody has read.
func waiting(side *os.File) (int, error) { return ask(side, unix.TIOCINQ) }

// ask does a terminal request without taking the handle from Go's poller.
func ask(f *os.File, request uint) (n int, err error) {
	rc, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var inner error
	err = rc.Control(func(fd uintptr) { n, inner = unix.IoctlGetInt(int(fd), request) })
	return n, errors.Join(err, inner)
}
