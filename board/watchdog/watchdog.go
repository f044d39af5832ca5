// Package watchdog lets a hung till be restarted, and nothing else.
//
// Two dogs may watch a till. The service manager's (systemd's WatchdogSec)
// kills and restarts the program when it is silent; the hardware's
// (/dev/watchdog0: bcm2835_wdt of a Raspberry Pi, i6300esb of QEMU, iTCO of a
// PC) resets the machine. Where systemd holds the hardware's, the till needs
// only the first; where the till runs without systemd it may hold the second.
//
// A dog is fed by work that has been done, never by a timer: whoever owns the
// till calls Alive each time its loop has turned, and a long recovery calls
// Progress for each step that it has taken. The goroutine in here only carries
// those words on, so that a full socket or a slow driver can not hold up the
// loop. A loop that hangs is silent within a moment, and both dogs bite.
//
// Sources: the kernel's Documentation/watchdog/watchdog-api.rst (keep alive,
// time-outs, magic close, boot status) and sd_notify(3), sd_watchdog_enabled(3).
//
// All methods may be called concurrently, and on a nil Dog, which is none.
package watchdog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Limits.
const (
	// extension is how much longer a start may take after each step of progress.
	extension = time.Minute
	// seldom is the shortest time between two words to a dog.
	seldom = 500 * time.Millisecond
	// MinTimeout is the shortest time-out that a till can serve: a disk may
	// rest for a second or two.
	MinTimeout = 5 * time.Second
	// DefaultTimeout is asked of the hardware; Raspberry Pi's has no more than 15 s.
	DefaultTimeout = 15 * time.Second
)

// ErrTimeout: a dog would bite a healthy till.
var ErrTimeout = errors.New("watchdog: time-out too short")

// Hardware is a watchdog device.
type Hardware interface {
	Feed() error
	Timeout() time.Duration // what the device really does
	// Bit tells whether it was this device that restarted the machine.
	Bit() bool
	// Close leaves the device. A disarmed one does not bite any more, unless the
	// kernel is built to bite whenever its device is closed (nowayout).
	Close(disarm bool) error
}

// Options are a dog's.
type Options struct {
	// Hardware opens the device; nil: there is none for the till.
	Hardware func() (Hardware, error)
	// Getenv reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; nil: no
	// service manager.
	Getenv func(string) string
	PID    int
	Log    *slog.Logger // nil: none
}

// Dog is every watchdog that there is.
type Dog struct {
	log      *slog.Logger
	manager  *notifier // nil: none
	hardware Hardware  // nil: none
	every    time.Duration
	alive    chan struct{} // of one: the loop has turned
	quit     chan struct{}
	work     sync.WaitGroup

	mu    sync.Mutex
	ready bool
	last  time.Time // of progress told
	once  sync.Once
}

// Open finds the dogs. An error names those that can not be used; the Dog
// serves the others, so that a till sells without one.
func Open(o Options) (*Dog, error) {
	d := &Dog{log: o.Log, alive: make(chan struct{}, 1), quit: make(chan struct{})}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	var errs []error
	shortest := time.Duration(0)
	least := func(t time.Duration) {
		if t > 0 && (shortest == 0 || t < shortest) {
			shortest = t
		}
	}
	if o.Getenv != nil {
		n, err := openNotifier(o.Getenv, o.PID)
		if err != nil {
			errs = append(errs, err)
		} else if n != nil {
			d.manager = n
			least(n.timeout)
		}
	}
	if o.Hardware != nil {
		hw, err := o.Hardware()
		if err != nil {
			errs = append(errs, err)
		} else {
			d.hardware = hw
			least(hw.Timeout())
		}
	}
	if shortest > 0 && shortest < MinTimeout {
		errs = append(errs, fmt.Errorf("%w: %v, the till needs %v", ErrTimeout, shortest, MinTimeout))
	}
	d.every = shortest / 3
	d.work.Go(d.carry)
	return d, errors.Join(errs...)
}

// Every is how often the loop has to turn even when nothing happens: a third
// of the shortest time-out. 0: nobody watches.
func (d *Dog) Every() time.Duration {
	if d == nil {
		return 0
	}
	return d.every
}

// Bit tells whether the hardware's watchdog restarted the machine.
func (d *Dog) Bit() bool { return d != nil && d.hardware != nil && d.hardware.Bit() }

// Alive says that the loop has turned. It never waits.
func (d *Dog) Alive() {
	if d == nil {
		return
	}
	select {
	case d.alive <- struct{}{}:
	default: // the last word has not been carried yet
	}
}

// carry feeds both dogs, at most once in a while and only when told.
func (d *Dog) carry() {
	for {
		select {
		case <-d.alive:
			d.feed()
		case <-d.quit:
			return
		}
		select { // the words said meanwhile are one
		case <-time.After(min(seldom, max(d.every/4, time.Millisecond))):
		case <-d.quit:
			return
		}
	}
}

func (d *Dog) feed() {
	d.mu.Lock()
	ready := d.ready
	d.mu.Unlock()
	if d.manager != nil && ready && d.manager.timeout > 0 {
		d.tell("WATCHDOG=1")
	}
	if d.hardware != nil {
		if err := d.hardware.Feed(); err != nil {
			d.log.Error("the watchdog is not fed", "dev", "watchdog", "err", err)
		}
	}
}

// Progress says that long work before Ready has taken a step: a start may take
// a minute more, and the loop, which does not turn yet, is not missed. status
// is for people.
func (d *Dog) Progress(status string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	tell := time.Since(d.last) >= seldom
	if tell {
		d.last = time.Now()
	}
	ready := d.ready
	d.mu.Unlock()
	if !tell {
		return
	}
	d.Alive()
	if d.manager != nil && !ready {
		d.tell(fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d\nSTATUS=%s", extension.Microseconds(), line(status)))
	}
}

// Ready says that the till takes commands.
func (d *Dog) Ready(status string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	d.ready = true
	d.mu.Unlock()
	if d.manager != nil {
		d.tell("READY=1\nSTATUS=" + line(status))
	}
	d.Alive()
}

// Stopping says that the till ends on purpose and may take its time.
func (d *Dog) Stopping() {
	if d != nil && d.manager != nil {
		d.tell(fmt.Sprintf("STOPPING=1\nEXTEND_TIMEOUT_USEC=%d", extension.Microseconds()))
	}
}

// Close ends the watch. orderly disarms the hardware: the till has ended as it
// should. Otherwise it stays armed, and the machine restarts unless a new till
// takes the device over in time.
func (d *Dog) Close(orderly bool) error {
	if d == nil {
		return nil
	}
	var errs []error
	d.once.Do(func() {
		close(d.quit)
		d.work.Wait()
		if d.manager != nil {
			errs = append(errs, d.manager.close())
		}
		if d.hardware != nil {
			errs = append(errs, d.hardware.Close(orderly))
		}
	})
	return errors.Join(errs...)
}

func (d *Dog) tell(words string) {
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	if err := d.manager.send(ctx, words); err != nil {
		d.log.Error("the service manager is not told", "dev", "watchdog", "err", err)
	}
}
