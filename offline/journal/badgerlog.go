package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"golang.org/x/sys/unix"
)

// badgerLog passes Badger's own words on. Its news is of no interest to a
// till, its errors are: they are all it says of a flush of its value log that
// failed, or of a memory table that it will try to write for ever.
type badgerLog struct {
	log    *slog.Logger
	failed func(error) // called with every error; nil: nobody wants to know
}

func say(format string, args []any) string {
	return "badger: " + strings.TrimSpace(fmt.Sprintf(format, args...))
}

func (l badgerLog) Errorf(f string, a ...any) {
	text := say(f, a)
	l.log.Error(text)
	if l.failed != nil && !strings.Contains(text, unix.ENOSPC.Error()) { // that goes on when there is room
		l.failed(errors.New(text))
	}
}

func (l badgerLog) Warningf(f string, a ...any) { l.log.Warn(say(f, a)) }
func (l badgerLog) Infof(f string, a ...any)    { l.log.Debug(say(f, a)) }
func (l badgerLog) Debugf(string, ...any)       {}
