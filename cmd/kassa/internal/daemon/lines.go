package daemon

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"

	"github.com/kassa-pos/kassa/board"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
)

// profileOf is what is known of the machine whose file system is root, with
// what the configuration knows better. What could not be read is an error
// beside a profile that can be used.
func profileOf(root fs.FS, cfg *config.Config) (board.Board, error) {
	b, err := board.Detect(root)
	p, wrong := cfg.Board.On(b.Profile)
	if wrong == nil {
		b.Profile = p
	}
	return b, errors.Join(err, wrong)
}

// pinsOf are the lines of a configuration, each by the name that this board
// has for it. A virtual board's are named as the configuration has them, and so
// is a pin that the header has not: opening it tells.
func pinsOf(cfg *config.Config, log *slog.Logger) pins.Options {
	o := pins.Options{Roles: map[pins.Role]string{}, Log: log}
	var p board.Profile
	if cfg.GPIO.Address.IsZero() {
		b, err := profileOf(os.DirFS("/"), cfg)
		if err != nil && log != nil {
			log.Warn("the board does not tell what it is", "err", err)
		}
		p, o.Aliases = b.Profile, b.Profile.Aliases
	} else {
		o.Address = cfg.GPIO.Address.String()
	}
	for role, line := range cfg.GPIO.Roles() {
		if name, err := p.Line(line); err == nil {
			line = name
		}
		o.Roles[pins.Role(role)] = line
	}
	return o
}
