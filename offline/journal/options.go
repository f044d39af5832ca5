package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
)

// Limits and defaults.
const (
	DefaultLagTime    = time.Second // Badger is at most so far behind
	DefaultLagRecords = 512
	MaxType           = 255  // bytes of Entry.Type
	MaxEnds           = 4096 // groups one entry ends
	MaxReason         = 200  // bytes of a repair's reason

	// openAttempts is how often a Badger directory may fail to open before
	// it is set aside: the first failure may be a kill at an unlucky moment.
	openAttempts = 2
)

// ErrNotFound: the journal holds no such record.
var ErrNotFound = errors.New("journal: not found")

// Options of a journal. Only Dir is required.
type Options struct {
	Dir          string
	Log          *slog.Logger
	Now          func() time.Time // the till's clock, with its offset, asked for by several goroutines; nil: time.Now
	FS           tape.FS          // for the tape and the journal's own small files; nil: tape.OS
	SegmentBytes int64            // of the tape; 0: tape.DefaultSegment
	LagRecords   int              // Badger applies when so many records wait
	LagTime      time.Duration    // and when the oldest has waited a part of this; 0: DefaultLagTime
	FlushDelay   time.Duration    // posted entries are written within; 0: tape.DefaultFlush
	Progress     func(done, total uint64)

	Free      func(dir string) (uint64, error) // bytes free for the till's user on dir's file system; nil: statfs
	Watermark uint64                           // Space.Low below it, at least the 64 MiB that Badger follows with; 0: DefaultWatermark
	Ballast   int64                            // bytes held back in a file; 0: DefaultBallast

	ScrubEvery time.Duration // the whole is read again in the background so long after the last time; 0: DefaultScrubEvery; below: never

	scrubIdle   time.Duration
	scrubRate   int64
	spaceEvery  time.Duration
	archiveIdle time.Duration
	closeLimit  time.Duration
}

func (o *Options) defaults() error {
	if o.Dir == "" {
		return errors.New("journal: no directory")
	}
	if o.LagRecords < 0 || o.LagTime < 0 {
		return fmt.Errorf("journal: lag of %d records, %v", o.LagRecords, o.LagTime)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.FS == nil {
		o.FS = tape.OS{}
	}
	if o.LagRecords == 0 {
		o.LagRecords = DefaultLagRecords
	}
	if o.LagTime == 0 {
		o.LagTime = DefaultLagTime
	}
	if o.Free == nil {
		o.Free = freeBytes
	}
	if o.Watermark == 0 {
		o.Watermark = DefaultWatermark
	}
	if o.Ballast == 0 {
		o.Ballast = DefaultBallast
	}
	if o.Watermark < followRoom || o.Ballast < 0 {
		return fmt.Errorf("journal: watermark of %d or ballast of %d bytes out of range", o.Watermark, o.Ballast)
	}
	if o.spaceEvery == 0 {
		o.spaceEvery = spaceEvery
	}
	if o.archiveIdle == 0 {
		o.archiveIdle = archiveIdle
	}
	if o.ScrubEvery == 0 {
		o.ScrubEvery = DefaultScrubEvery
	}
	if o.scrubIdle == 0 {
		o.scrubIdle = scrubIdle
	}
	if o.scrubRate == 0 {
		o.scrubRate = scrubRate
	}
	if o.closeLimit == 0 {
		o.closeLimit = closeLimit
	}
	if o.Progress == nil {
		o.Progress = func(uint64, uint64) {}
	}
	return nil
}

func (o *Options) path(name string) string { return filepath.Join(o.Dir, name) }

// The names in a data directory.
const (
	lockName     = "lock"
	tapeName     = "tape"
	tapeMaking   = "tape.making" // a tape being made again; goes on after a crash
	tapeReady    = "tape.ready"  // finished, about to take tape's place
	badgerName   = "badger"
	attemptsName = "badger.attempts"
	ballastName  = "ballast"
	vaultName    = "keys"
)
