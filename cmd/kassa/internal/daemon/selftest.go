package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"

	"periph.io/x/conn/v3/i2c"

	"github.com/kassa-pos/kassa/board/i2cbus"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/selftest"
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/pos/fault"
)

// SelfTest are the options of a self-test of this machine with the devices of
// a configuration, for a till that is not running.
func SelfTest(cfg *config.Config) selftest.Options {
	o := selftest.Options{Config: cfg, Root: os.DirFS("/"), Link: opener,
		I2C: func(ctx context.Context, path string) (i2c.BusCloser, error) {
			return i2cbus.Opener{Path: path}.Open(ctx)
		}}
	if cfg.GPIO != nil {
		o.Pins = func(ctx context.Context) (*pins.Set, error) { return pins.Open(ctx, pinsOf(cfg, nil)) }
	}
	if cfg.Display != nil {
		o.Display = func() (display.Display, error) { return newDisplay(cfg.Display, nil, nil) }
	}
	switch k := cfg.KKT; {
	case k == nil || k.Cloud():
	case k.Register():
		o.KKT = func(ctx context.Context) (selftest.KKT, error) {
			f := examineRegister(ctx, k)
			if !f.OK {
				return selftest.KKT{}, errors.New(f.State)
			}
			return selftest.KKT{State: f.State}, nil
		}
	default:
		o.KKT = func(ctx context.Context) (selftest.KKT, error) { return kktState(ctx, cfg) }
		o.KickKKT = func(ctx context.Context) error {
			p, err := newKKT(k, nil, shtrih.Options{})
			if err != nil {
				return err
			}
			return errors.Join(p.OpenDrawer(ctx), p.Halt())
		}
	}
	return o
}

// kktState is what the device says of itself, and what of it is wrong.
func kktState(ctx context.Context, cfg *config.Config) (k selftest.KKT, err error) {
	t, closeIt, err := NewTechnician(cfg)
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, closeIt()) }()
	s, err := t.State(ctx)
	if err != nil {
		return k, err
	}
	k.State = fmt.Sprintf("%s, serial %s, FN %s", s.Model, s.Serial, s.FN)
	for _, w := range s.Warnings {
		if w.Severity != fault.Info {
			k.Wrong = append(k.Wrong, w.Text)
		}
	}
	return k, nil
}
