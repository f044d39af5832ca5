package selftest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/board/clock"
	"github.com/kassa-pos/kassa/board/power"
	"github.com/kassa-pos/kassa/board/watchdog"
	"github.com/kassa-pos/kassa/peripherals/display"
)

// maxDrift is by how much a battery-backed clock may differ from the till's.
const maxDrift = 2 * time.Minute

// board looks at the watchdogs, the clocks, the supply and the heat. It opens
// none of them.
func (r *run) board(context.Context) {
	dogs, err := watchdog.List(r.Root)
	switch {
	case err != nil:
		r.bad("watchdog", err.Error(), "watchdog")
	case len(dogs) == 0:
		r.bad("watchdog", r.words.say("none"), "watchdog")
	}
	for _, d := range dogs {
		state := d.Identity
		if d.Timeout > 0 {
			state += fmt.Sprintf(" %v", d.Timeout)
		}
		if d.Active {
			state += ", " + r.words.say("armed")
		}
		r.ok(d.Device, state)
	}
	clocks, err := clock.RTCs(r.Root)
	if err != nil {
		r.bad("RTC", err.Error(), "rtc")
	} else if len(clocks) == 0 {
		r.skip("RTC", "no_rtc")
	}
	for _, c := range clocks {
		drift := c.Time.Sub(r.now()).Round(time.Second)
		switch {
		case c.Time.IsZero():
			r.bad(c.Device, c.Name+": "+r.words.say("no_time"), "rtc")
		case drift.Abs() > maxDrift:
			r.bad(c.Device, r.words.say("drift", drift), "rtc_drift")
		default:
			r.ok(c.Device, c.Name+": "+c.Time.UTC().Format("02.01.2006 15:04:05 UTC"))
		}
	}
	s, err := power.Read(r.Root)
	if err != nil {
		r.bad(r.words.say("supply"), err.Error(), "supply")
		return
	}
	if s.Undervolted || s.WasUnder {
		r.bad(r.words.say("supply"), r.words.say("weak"), "supply")
	} else {
		r.ok(r.words.say("supply"), r.words.say("strong"))
	}
	switch degrees := fmt.Sprintf("%d °C", s.Heat/1000); {
	case s.Hot() || s.Throttled:
		r.bad(r.words.say("heat"), degrees, "heat")
	case s.Heat == 0:
		r.skip(r.words.say("heat"), "not_told")
	default:
		r.ok(r.words.say("heat"), degrees)
	}
}

// What is written to time the journal's disk, and what it may take: a commit is
// waited for at every payment.
const (
	commits   = 200
	commit    = 4 << 10
	slowUsual = 100 * time.Millisecond // p50
	slowWorst = time.Second            // p99
)

// disk times what every document waits for: a small write that is durable.
func (r *run) disk(ctx context.Context) {
	what := r.Config.Data
	if _, err := os.Stat(what); errors.Is(err, os.ErrNotExist) {
		r.skip(what, "no_data")
		return
	}
	usual, worst, err := r.commits(ctx, what)
	state := r.words.say("commits", usual.Round(10*time.Microsecond), worst.Round(10*time.Microsecond), commits)
	switch {
	case errors.Is(err, unix.ENOSPC):
		r.bad(what, err.Error(), "space")
	case errors.Is(err, os.ErrPermission):
		r.bad(what, err.Error(), "owner")
	case err != nil:
		r.bad(what, err.Error(), "disk")
	case usual > slowUsual || worst > slowWorst:
		r.bad(what, state, "slow")
	default:
		r.ok(what, state)
	}
}

// commits writes a file of its own beside the journal, in the journal's way
// (preallocated, each write made durable), and removes it.
func (r *run) commits(ctx context.Context, dir string) (usual, worst time.Duration, err error) {
	f, err := os.CreateTemp(dir, "selftest-*")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	fd := int(f.Fd())
	if err := unix.Fallocate(fd, 0, 0, commits*commit); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return 0, 0, err
	}
	durable := r.Sync
	if durable == nil {
		durable = unix.Fdatasync
	}
	if err := durable(fd); err != nil {
		return 0, 0, err
	}
	block := make([]byte, commit)
	times := make([]time.Duration, 0, commits)
	for i := range commits {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		block[0] = byte(i)
		began := r.now()
		if _, err := f.WriteAt(block, int64(i)*commit); err != nil {
			return 0, 0, err
		}
		if err := durable(fd); err != nil {
			return 0, 0, err
		}
		times = append(times, r.now().Sub(began))
	}
	slices.Sort(times)
	return times[commits/2], times[commits*99/100], nil
}

// fiscal asks the fiscal device how it is. It registers nothing.
func (r *run) fiscal(ctx context.Context) {
	if r.KKT == nil {
		r.skip("KKT", "none")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, kktTime)
	defer cancel()
	k, err := r.KKT(ctx)
	if err != nil {
		r.bad("KKT", err.Error(), "kkt")
		return
	}
	r.ok("KKT", k.State)
	for _, w := range k.Wrong {
		r.note(Finding{What: "KKT", State: w, Verdict: Failed, Hint: r.words.say("mend.kkt_says")})
	}
}

// frame is the picture that a person looks at: both alphabets, digits, and the
// corners of the glass.
func (r *run) frame() display.Frame {
	c := r.Config.Display
	l := display.Layout{Columns: c.Columns, Rows: c.Rows, Language: r.Config.Language}
	return l.Idle(r.words.say("picture"))
}
