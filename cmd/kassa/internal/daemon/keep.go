package daemon

import (
	"context"
	"errors"
	"log/slog"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/fault"
)

// errRestart: somebody asked for a till with the configuration as it is now.
var errRestart = errors.New("daemon: start again")

// Keep runs the till of a configuration file, again whenever somebody asks for
// it at the till. A file that does not do any more gives way to the last one a
// till has started with: the shop sells, and a warning says so.
func Keep(ctx context.Context, path string, o Options) error {
	for {
		cfg, why := config.Load(path)
		err := why
		if why == nil {
			err = start(ctx, cfg, nil, o)
		}
		if errors.Is(err, errRestart) {
			continue
		}
		if err == nil || !wrongFile(err) {
			return err
		}
		good, none := config.LoadGood(path, cfg)
		if none != nil {
			return err
		}
		o.Log.Error("the configuration does not do: the till starts with the last good one", "file", path, "err", err)
		if err := start(ctx, good, fault.Of(err), o); !errors.Is(err, errRestart) {
			return err
		}
	}
}

// wrongFile tells whether a till did not start because of what its file says.
func wrongFile(err error) bool {
	var early *notStarted
	switch fault.Of(err).Code {
	case fault.ConfigBad, fault.ConfigMissing, fault.ConfigUnknown:
		return true
	case fault.PathBad:
		return errors.As(err, &early)
	}
	return false
}

// notStarted is why a till has not come as far as taking commands.
type notStarted struct{ error }

func (e *notStarted) Unwrap() error { return e.error }

// start runs one till; why is the reason that its configuration is an old one.
func start(ctx context.Context, cfg *config.Config, why *fault.Error, o Options) error {
	o.Config, o.Old = cfg, why
	ready := false
	then := o.Ready
	o.Ready = func(console string) {
		ready = true
		remembered(cfg, o.Log)
		if then != nil {
			then(console)
		}
	}
	err := Run(ctx, o)
	if err != nil && !ready {
		return &notStarted{err}
	}
	return err
}

// remembered keeps the text of a configuration that did.
func remembered(cfg *config.Config, log *slog.Logger) {
	if err := config.KeepGood(cfg); err != nil {
		log.Warn("the good configuration could not be kept: a bad one will not be mended by itself", "err", err)
	}
}
