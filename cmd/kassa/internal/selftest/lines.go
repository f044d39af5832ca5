package selftest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/peripherals/drawer"
	"github.com/kassa-pos/kassa/peripherals/signal"
)

func isBusy(err error) bool { return errors.Is(err, unix.EBUSY) }

// buses asks the panel at its address: an expander answers a read, and changes
// nothing by it.
func (r *run) buses(ctx context.Context) {
	d := r.Config.Display
	if d == nil || d.Driver != config.HD44780 {
		r.skip(r.row.Title, "none")
		return
	}
	what := d.Address.String()
	address, err := d.I2CAddress()
	if err != nil {
		r.bad(what, err.Error(), "i2c_address")
		return
	}
	bus, err := r.I2C(ctx, d.Address.Path)
	if err != nil {
		r.bad(what, err.Error(), "i2c_bus")
		return
	}
	err = bus.Tx(address, nil, make([]byte, 1))
	if err := errors.Join(err, bus.Close()); err != nil {
		r.bad(what, err.Error(), "i2c_address")
		return
	}
	r.ok(what, r.words.say("answers"))
}

// lines claims every line, tells each input's level and tries the loops.
func (r *run) lines(ctx context.Context) {
	if r.Pins == nil {
		r.skip(r.row.Title, "none")
		return
	}
	open, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	set, err := r.Pins(open)
	if err != nil {
		r.bad("GPIO", err.Error(), "gpio")
		return
	}
	r.set = set
	roles := r.Config.GPIO.Roles()
	r.ok("GPIO", r.words.say("lines", len(roles)))
	for _, role := range pins.Inputs() {
		if !set.Has(role) || slices.ContainsFunc(r.Loops, func(l Loop) bool { return l.In == role }) {
			continue
		}
		levels, stop := r.feel(ctx, role)
		on, err := next(levels)
		stop()
		what := string(role) + " " + roles[string(role)]
		if err != nil {
			r.bad(what, err.Error(), "edge")
			continue
		}
		r.ok(what, r.words.say(map[bool]string{true: "level_on", false: "level_off"}[on]))
	}
	for _, l := range r.Loops {
		r.loop(ctx, l)
	}
}

// felt is an input's level, or why it is not told.
type felt struct {
	on  bool
	err error
}

// maxFelt bounds the changes of an input between two looks at it.
const maxFelt = 64

// feel watches an input until stop, which returns when nobody watches.
func (r *run) feel(ctx context.Context, role pins.Role) (levels <-chan felt, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	told, ended := make(chan felt, maxFelt), make(chan struct{})
	tell := func(f felt) {
		select {
		case told <- f:
		default: // a line that chatters; its first levels say enough
		}
	}
	go func() {
		defer close(ended)
		tell(felt{err: r.set.Watch(ctx, role, func(on bool) { tell(felt{on: on}) })})
	}()
	return told, func() { cancel(); <-ended }
}

// next is an input's next level.
func next(levels <-chan felt) (bool, error) {
	t := time.NewTimer(feelTime)
	defer t.Stop()
	select {
	case f := <-levels:
		return f.on, f.err
	case <-t.C:
		return false, errStill
	}
}

var errStill = errors.New("nothing is felt")

// loop drives an output and feels it at an input, both ways.
func (r *run) loop(ctx context.Context, l Loop) {
	what := string(l.Out) + " = " + string(l.In)
	out, err := r.set.Output(l.Out)
	if err != nil || !r.set.Has(l.In) || l.Out == pins.Drawer {
		r.bad(what, r.words.say("no_role"), "loop_roles")
		return
	}
	levels, stop := r.feel(ctx, l.In)
	defer stop()
	was, err := next(levels)
	if err == nil && was {
		err = errors.New(r.words.say("stuck"))
	}
	for _, on := range []bool{true, false} {
		if err == nil {
			err = out.Set(on)
		}
		if err == nil {
			var now bool
			if now, err = next(levels); err == nil && now != on {
				err = errors.New(r.words.say("wrong_level"))
			}
		}
	}
	if err != nil {
		r.bad(what, err.Error(), "loop", l.Out, l.In)
		if err := out.Set(false); err != nil {
			r.bad(what, err.Error(), "gpio")
		}
		return
	}
	r.ok(what, r.words.say("edges"))
}

// lights shines every lamp in turn and sounds the buzzer.
func (r *run) lights(ctx context.Context) {
	if r.set == nil {
		r.skip(r.row.Title, "none")
		return
	}
	var shone []string
	for _, role := range pins.Lamps() {
		out, err := r.set.Output(role)
		if err != nil {
			continue // none of this till's
		}
		if err := r.shine(ctx, out); err != nil {
			r.bad(string(role), err.Error(), "gpio")
			continue
		}
		shone = append(shone, string(role))
	}
	if buzzer, err := r.set.Output(pins.Buzzer); err == nil {
		if err := signal.Look.Play(ctx, buzzer); err != nil {
			r.bad(string(pins.Buzzer), err.Error(), "gpio")
		} else {
			shone = append(shone, string(pins.Buzzer))
		}
	}
	if len(shone) > 0 {
		all := strings.Join(shone, ", ")
		r.seen(ctx, all, "lights", "lights", all)
	} else if len(r.row.Findings) == 0 {
		r.skip(r.row.Title, "none")
	}
}

func (r *run) shine(ctx context.Context, out *pins.Output) error {
	err := out.Set(true)
	t := time.NewTimer(r.LampTime)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return errors.Join(err, out.Set(false))
}

// drawer opens the drawer; its sensor says so, or else a person.
func (r *run) drawer(ctx context.Context) {
	what := r.row.Title
	kick := r.KickKKT
	if r.set != nil && r.set.Has(pins.Drawer) {
		kick = func(ctx context.Context) error {
			coil, err := r.set.Output(pins.Drawer)
			if err != nil {
				return err
			}
			d, err := drawer.New(coil, r.Config.GPIO.Pulse())
			if err != nil {
				return err
			}
			return d.Kick(ctx)
		}
	}
	if kick == nil {
		r.skip(what, "none")
		return
	}
	if r.ask(ctx, r.words.say("ask.drawer_shut")) == No {
		r.skip(what, "not_wanted")
		return
	}
	if r.set == nil || !r.set.Has(pins.DrawerOpen) {
		if err := kick(ctx); err != nil {
			r.bad(what, err.Error(), "drawer")
			return
		}
		r.seen(ctx, what, "drawer", "drawer")
		return
	}
	levels, stop := r.feel(ctx, pins.DrawerOpen)
	defer stop()
	was, err := next(levels)
	if err == nil && was {
		r.bad(what, r.words.say("drawer_open"), "drawer_sensor")
		return
	}
	if err == nil {
		err = kick(ctx)
	}
	if err != nil {
		r.bad(what, err.Error(), "drawer")
		return
	}
	began := r.now()
	if open, err := next(levels); err != nil || !open {
		r.bad(what, r.words.say("drawer_still"), "drawer_sensor")
		return
	}
	r.ok(what, r.words.say("drawer_opened", r.now().Sub(began).Round(time.Millisecond)))
}

func (r *run) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

// picture shows words in both alphabets and a sum.
func (r *run) picture(ctx context.Context) {
	if r.Display == nil {
		r.skip(r.row.Title, "none")
		return
	}
	d, err := r.Display()
	if err != nil {
		r.bad(r.row.Title, err.Error(), "display")
		return
	}
	show, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	f := r.frame()
	if err := d.Show(show, f); err != nil {
		r.bad(d.String(), err.Error(), "display")
	} else {
		r.seen(ctx, d.String(), "display", "display_wrong", strings.Join(f.Lines, " | "))
	}
	if err := d.Halt(); err != nil {
		r.bad(d.String(), fmt.Sprint(err), "display")
	}
}
