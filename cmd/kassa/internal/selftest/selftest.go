// Package selftest tries the machine under a till: what no emulator can prove.
//
// A keyboard scanner is grabbed, GPIO lines are claimed, driven and looked at,
// an I2C panel is asked, ports are opened and their control lines moved, the
// journal's disk is timed, the watchdog and the clock are looked at, the fiscal
// device tells how it is, and a person says what only eyes can see: lamps, the
// display's picture, the drawer, a scanned code. Nothing is registered, no
// watchdog is armed, no clock is set; the one file that is written is removed.
//
// The checks are ten rows, whatever hangs on the till, so that a report fits a
// screen and a photograph. Every failure says how to mend it.
//
// The devices are reached through Options, which is where tests put fakes. Run
// may not be called twice at once on one machine.
package selftest

import (
	"context"
	"io/fs"
	"slices"
	"time"

	"periph.io/x/conn/v3/i2c"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/link"
)

// Verdict is what came of a check.
type Verdict string

// The verdicts, from the worst.
const (
	Failed  Verdict = "failed"
	Unseen  Verdict = "unseen"  // it was done, and nobody looked
	OK      Verdict = "ok"      // seen, or answered
	Skipped Verdict = "skipped" // it is not there, or in use by the till
)

// Finding is one thing that was tried.
type Finding struct {
	What    string  `json:"what"`
	State   string  `json:"state"`
	Verdict Verdict `json:"verdict"`
	Hint    string  `json:"hint,omitempty"` // of what failed: how to mend it
}

// Row is one line of the table.
type Row struct {
	Name     string        `json:"name"`  // "scanners"
	Title    string        `json:"title"` // in the operator's language
	Verdict  Verdict       `json:"verdict"`
	Findings []Finding     `json:"findings"`
	Took     time.Duration `json:"took"` // nanoseconds
}

// Report is the whole.
type Report struct {
	OK   bool  `json:"ok"` // nothing has failed
	Rows []Row `json:"rows"`
}

// Answer is a person's.
type Answer int

// The answers. None: nobody is there, or nobody was asked.
const (
	None Answer = iota
	Yes
	No
)

// Person is whoever stands before the machine.
type Person interface {
	Tell(text string)
	Ask(ctx context.Context, question string) Answer
}

// Loop is a wire from an output to an input of the board, for the test.
type Loop struct{ Out, In pins.Role }

// KKT is the fiscal device, asked and not driven.
type KKT struct {
	State string   // who it is
	Wrong []string // what it complains of
}

// Options are a run's.
type Options struct {
	Config *config.Config
	Root   fs.FS // the machine's files
	// InUse: a till runs and has the devices; they are left alone.
	InUse   bool
	Loops   []Loop
	Only    []string // rows to do, by name; empty: all. The others are skipped
	Barcode string   // what is printed on the label that is scanned; "" any
	Person  Person   // nil: nobody listens
	Alone   bool     // nobody is asked; what happens is told all the same

	Link    func(config.URI) (link.Opener, error)
	Pins    func(context.Context) (*pins.Set, error) // nil: no lines are configured
	I2C     func(ctx context.Context, path string) (i2c.BusCloser, error)
	Display func() (display.Display, error)    // nil: none configured
	KKT     func(context.Context) (KKT, error) // nil: none configured
	// KickKKT pulses the drawer on the fiscal device; nil: none hangs there.
	KickKKT func(context.Context) error
	// Sync makes a file's bytes durable; nil: fdatasync.
	Sync func(fd int) error
	// ScanTime is how long a person has to scan a code; 0: ScanTime.
	ScanTime time.Duration
	// LampTime is how long each lamp shines; 0: LampTime.
	LampTime time.Duration
	Now      func() time.Time
}

// Limits.
const (
	ScanTime = 30 * time.Second
	LampTime = 700 * time.Millisecond
	openTime = 10 * time.Second // to open one thing
	// openAgain is how often a port is tried that is being closed.
	openAgain = 50 * time.Millisecond

	kktTime  = 30 * time.Second // for every protocol and speed
	feelTime = 2 * time.Second  // from driving a line to feeling it
)

// run is a Run under way.
type run struct {
	Options
	words words
	set   *pins.Set // claimed by the row of lines
	row   *Row
}

// Rows are the names of the rows, in order.
func Rows() []string {
	return []string{"scanners", "ports", "i2c", "gpio", "lights", "drawer", "display", "board", "disk", "kkt"}
}

// Run does every check, one after the other, and tells each as it is done.
func Run(ctx context.Context, o Options) (report Report) {
	if o.Person == nil {
		o.Person, o.Alone = nobody{}, true
	}
	if o.ScanTime == 0 {
		o.ScanTime = ScanTime
	}
	if o.LampTime == 0 {
		o.LampTime = LampTime
	}
	r := &run{Options: o, words: wordsOf(o.Config.Language)}
	report.OK = true
	wanted := func(row string) bool { return len(o.Only) == 0 || slices.Contains(o.Only, row) }
	needs := wanted("gpio") || wanted("lights") || wanted("drawer") // whose lines are claimed by the first
	for _, step := range []struct {
		name    string
		do      func(context.Context)
		devices bool // those the till holds
	}{
		{"scanners", r.scanners, true}, {"ports", r.ports, true}, {"i2c", r.buses, true}, {"gpio", r.lines, true}, {"lights", r.lights, true},
		{"drawer", r.drawer, true}, {"display", r.picture, true}, {"board", r.board, false}, {"disk", r.disk, false}, {"kkt", r.fiscal, false},
	} {
		began := time.Now()
		r.row = &Row{Name: step.name, Title: r.words.say("row." + step.name), Findings: []Finding{}}
		switch {
		case ctx.Err() != nil:
			r.skip(r.row.Title, "broken_off")
		case !wanted(step.name) && !(step.name == "gpio" && needs):
			r.skip(r.row.Title, "not_wanted")
		case step.devices && r.InUse:
			r.skip(r.row.Title, "in_use")
		default:
			step.do(ctx)
		}
		r.row.Took, r.row.Verdict = time.Since(began), worst(r.row.Findings)
		report.OK = report.OK && r.row.Verdict != Failed
		report.Rows = append(report.Rows, *r.row)
	}
	if r.set != nil {
		if err := r.set.Close(); err != nil {
			report.OK = false
		}
	}
	return report
}

// worst is a row's verdict: what failed, else what nobody saw, else what is
// well; a row of skipped things is skipped.
func worst(all []Finding) Verdict {
	for _, v := range []Verdict{Failed, Unseen, OK} {
		for _, f := range all {
			if f.Verdict == v {
				return v
			}
		}
	}
	return Skipped
}

func (r *run) note(f Finding) {
	r.row.Findings = append(r.row.Findings, f)
	text := "  " + r.words.say("verdict."+string(f.Verdict)) + "  " + f.What + ": " + f.State
	if f.Hint != "" {
		text += "\n      -> " + f.Hint
	}
	r.Person.Tell(text)
}

func (r *run) ok(what, state string)  { r.note(Finding{What: what, State: state, Verdict: OK}) }
func (r *run) skip(what, word string) { r.note(Finding{what, r.words.say(word), Skipped, ""}) }
func (r *run) bad(what, state, hint string, args ...any) {
	r.note(Finding{what, state, Failed, r.words.say("mend."+hint, args...)})
}

// ask asks a person, if one is to be asked.
func (r *run) ask(ctx context.Context, question string) Answer {
	if r.Alone {
		return None
	}
	return r.Person.Ask(ctx, question)
}

// seen asks a person about what was done.
func (r *run) seen(ctx context.Context, what, question, hint string, args ...any) {
	switch r.ask(ctx, r.words.say("ask."+question, args...)) {
	case Yes:
		r.ok(what, r.words.say("seen"))
	case No:
		r.bad(what, r.words.say("not_seen"), hint)
	case None:
		r.note(Finding{what, r.words.say("unseen"), Unseen, ""})
	}
}

// nobody is a machine alone.
type nobody struct{}

func (nobody) Tell(string)                        {}
func (nobody) Ask(context.Context, string) Answer { return None }
