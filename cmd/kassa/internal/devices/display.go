package devices

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/display"
)

// Times of a display.
const (
	// redraw is how often an unchanged frame is offered to the driver, which
	// decides itself when to send the picture again, and how soon it is noticed
	// that the till has fallen silent.
	redraw = time.Second
	// DefaultFarewell bounds the last frame at the end of the program.
	DefaultFarewell = time.Second

	farewellEvery = 50 * time.Millisecond // tries of it
)

// DisplayOptions say what the display is called and shows by itself.
type DisplayOptions struct {
	Name  string
	First display.Frame // until the first Show
	Last  display.Frame // when the program ends: a sum must not stay on the glass
	// Alive tells whether what Play was given last can still be true; nil: it can.
	// While it can not, Silent is shown.
	Alive  func() bool
	Silent display.Frame
	// Farewell is how long the last frame may take; 0: DefaultFarewell.
	Farewell time.Duration
}

// Display is a customer display kept running.
type Display struct {
	o      DisplayOptions
	driver display.Display
	wake   chan struct{} // capacity 1
	worked bool          // it showed something once; of the goroutine in Run

	mu    sync.Mutex
	reel  display.Reel // the latest wins
	begun time.Time    // when its first shot was
}

// NewDisplay makes a device of a display. The driver is the device's from
// here on.
func NewDisplay(d display.Display, o DisplayOptions) *Display {
	if o.Farewell == 0 {
		o.Farewell = DefaultFarewell
	}
	return &Display{o: o, driver: d, wake: make(chan struct{}, 1), reel: display.Still(o.First)}
}

// Name is the display's name.
func (d *Display) Name() string { return d.o.Name }

// Kind is KindDisplay.
func (d *Display) Kind() Kind { return KindDisplay }

// Show has f shown as soon as the display can, and again whenever it comes
// back, until the next Show or Play. It never blocks; of several frames in a
// row a slow display shows the last.
func (d *Display) Show(f display.Frame) { d.Play(display.Still(f)) }

// Play is Show of one frame after another. A reel that begins as the one does
// that is being shown goes on where that one is.
func (d *Display) Play(r display.Reel) {
	d.mu.Lock()
	same := d.reel.Equal(r)
	if len(r) == 0 || len(d.reel) == 0 || !r[0].Frame.Equal(d.reel[0].Frame) {
		d.begun = time.Now()
	}
	d.reel = r
	d.mu.Unlock()
	if same {
		return
	}
	select {
	case d.wake <- struct{}{}:
	default: // it will look
	}
}

// latest is what is to be seen now, and how long it may be before the next
// look.
func (d *Display) latest() (display.Frame, time.Duration) {
	if d.o.Alive != nil && !d.o.Alive() {
		return d.o.Silent, redraw
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f, left := d.reel.At(time.Since(d.begun))
	if left <= 0 || left > redraw {
		left = redraw
	}
	return f, left
}

// Run keeps the latest frame on the glass until the display is lost.
func (d *Display) Run(ctx context.Context, ready func()) error {
	worked, err := d.keep(ctx, ready)
	d.worked = d.worked || worked
	if ctx.Err() != nil && d.worked && (worked || errors.Is(err, ctx.Err())) {
		err = d.farewell(ctx)
	}
	return errors.Join(err, d.driver.Halt())
}

// farewell shows the last picture. The end may have cut another one short,
// the first one too: then this has to connect, and a port that still holds
// what was cut can need a moment for it.
func (d *Display) farewell(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.o.Farewell)
	defer cancel()
	again := time.NewTicker(farewellEvery)
	defer again.Stop()
	for {
		err := d.driver.Show(ctx, d.o.Last)
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return err
		}
	}
}

// keep tells whether the display ever worked, and why it stopped.
func (d *Display) keep(ctx context.Context, ready func()) (worked bool, err error) {
	next := time.NewTimer(redraw)
	defer next.Stop()
	for {
		f, left := d.latest()
		if err := d.driver.Show(ctx, f); err != nil {
			return worked, err
		}
		next.Reset(left)
		worked = true
		ready()
		select {
		case <-d.wake:
		case <-next.C:
		case <-ctx.Done():
			return worked, ctx.Err()
		}
	}
}
