package bench

import (
	"context"
	"log/slog"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/peripherals/display/vfd/vfdtest"
)

// The display's size.
const (
	displayColumns = 20
	displayRows    = 2
)

// display is a 2x20 customer display on a cable. Without its cable it has no
// power either.
type display struct {
	cable cable
	glass *vfdtest.Emulator

	stop context.CancelFunc
	done chan struct{}
}

func newDisplay(link string, touch func(), log *slog.Logger) (*display, error) {
	glass, err := vfdtest.New(displayColumns, displayRows)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	d := &display{glass: glass, stop: stop, done: make(chan struct{})}
	d.cable = cable{link: link, device: func(_ context.Context, port *boardtest.PTY) {
		glass.PowerCycle()
		if err := glass.Serve(d.cable.pace.through(port)); err != nil {
			log.Warn("customer display", "err", err)
		}
	}}
	go func() {
		defer close(d.done)
		forward(ctx, glass.Changed, touch)
	}()
	return d, nil
}

func (d *display) close() error {
	err := d.cable.unplug()
	d.stop()
	<-d.done
	return err
}

func (d *display) port() string { return d.cable.link }

func (d *display) state() Display {
	return Display{Plugged: d.cable.plugged(), Port: d.cable.link, Lines: d.glass.Picture(), Unknown: d.glass.Unknown()}
}

func (d *display) faults() []Fault {
	return d.cable.paceFaults("display")
}

func (d *display) fault(name string, args []string) error {
	_, err := d.cable.paceFault("display", name, args)
	return err
}
