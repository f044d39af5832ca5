package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Limits of what one period carries into the next, in one batch.
const (
	MaxCarried      = 4096    // records
	MaxCarriedBytes = 5 << 20 // of their lines

	rotateTries   = 8 // when something is appended while the copies are made
	rotateTimeout = 20 * time.Second
)

// removedName is the setting that says which closed periods were removed.
const removedName = "journal/removed"

// RotateOptions of Rotate.
type RotateOptions struct {
	By string // who wants it, a word for the record; up to MaxType bytes

	// Carry names further records that are still needed, by their sequence:
	// what is not delivered yet, for instance. It may append what a start will
	// need to know; it is asked again whenever something was appended, and
	// what it said last counts. An error ends the attempt. May be nil.
	Carry func(ctx context.Context) ([]uint64, error)
}

// Rotate ends the open period and begins a new one with one durable batch: a
// record of kind Period and copies of what is live, of the latest settings and
// of what the caller names. Appends go on. When it returns without an error
// the closed period is in the archive: a directory with both copies that is
// opened when something is looked for in it. When ctx ends before, that still
// comes to pass if the batch was written.
//
// fault.JournalFresh: nothing happened in the open period; fault.JournalCarry:
// too much would have to be carried; fault.Busy: somebody looks at the whole
// journal or appends without a pause; fault.JournalSpace.
func (j *Journal) Rotate(ctx context.Context, o RotateOptions) (Period, error) {
	if free := j.look(); free < followRoom {
		return Period{}, spaceFault(free, followRoom)
	}
	if len(o.By) > MaxType {
		return Period{}, fmt.Errorf("%w: %d bytes of a name", record.ErrInvalid, len(o.By))
	}
	if err := j.exclusive(); err != nil {
		return Period{}, err
	}
	for range rotateTries {
		p, err := j.rotate(ctx, o)
		if errors.Is(err, tape.ErrMoved) {
			continue
		}
		if err != nil {
			j.rotated()
			return Period{}, err
		}
		return p, j.waitFor(ctx, p.First+uint64(p.Carried)) // the follower ends it
	}
	j.rotated()
	return Period{}, fault.New(fault.Busy)
}

// exclusive: a period ends, or goes; nobody else may do that meanwhile or look
// at the whole.
func (j *Journal) exclusive() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.worked()
	if j.looking > 0 || j.rotating {
		return fault.New(fault.Busy)
	}
	j.rotating = true
	return nil
}

// rotated: no period ends any more.
func (j *Journal) rotated() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rotating = false
	close(j.moved)
	j.moved = make(chan struct{})
}

// rotate tries once: with what there is now, if nothing comes in between.
func (j *Journal) rotate(ctx context.Context, o RotateOptions) (p Period, err error) {
	if err := j.Flush(ctx); err != nil {
		return p, err
	}
	last, hash := j.tape.Durable()
	if err := j.waitFor(ctx, last); err != nil {
		return p, err
	}
	m, err := j.readMeta(ctx)
	if err == nil && m.Seq <= m.Opening {
		err = fault.New(fault.JournalFresh)
	}
	if err != nil {
		return p, err
	}
	var extra []uint64
	if o.Carry != nil {
		if extra, err = o.Carry(ctx); err != nil {
			return p, err
		}
	}
	m, live, rest, err := j.copies(ctx, extra)
	if err != nil {
		return p, err
	}
	if m.Seq != last {
		return p, tape.ErrMoved
	}
	p = Period{Number: m.number() + 1, By: o.By, First: last + 1, Before: hexHash(hash), LastNumber: m.LastNumber, LastSlot: m.Slot, Begun: m.Begun,
		Live: len(live), Carried: len(live) + len(rest)}
	return p, j.beginPeriod(ctx, p, append(live, rest...))
}

// beginPeriod appends the batch, if nothing was since.
func (j *Journal) beginPeriod(ctx context.Context, p Period, copies [][]byte) error {
	e, err := p.entry()
	if err != nil {
		return err
	}
	lines, err := encode(j.o.Now(), []record.Entry{e}, []*vault.Sealed{nil})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	// To give up while the disk is busy would fail the journal.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rotateTimeout)
	defer cancel()
	_, err = j.tape.Begin(ctx, p.First-1, append(lines, copies...)...)
	if errors.Is(err, tape.ErrMoved) {
		return err
	}
	return wordsFor(err)
}

// copies makes the copies that the next period begins with, of one state of
// Badger: in the order of the originals, the live ones apart.
func (j *Journal) copies(ctx context.Context, extra []uint64) (m meta, live, rest [][]byte, err error) {
	v, end, err := j.begin(ctx)
	if err != nil {
		return m, nil, nil, err
	}
	defer end()
	if err := j.reading(func() (err error) { m, err = readMeta(v.txn); return err }); err != nil {
		return m, nil, nil, err
	}
	places, err := j.livePlaces(ctx, v)
	if err != nil {
		return m, nil, nil, err
	}
	settings, err := j.settingPlaces(v)
	if err != nil {
		return m, nil, nil, err
	}
	c := copier{j: j, v: v, made: map[uint64][]byte{}}
	if live, err = c.copy(places); err != nil {
		return m, nil, nil, err
	}
	done := c.made
	c.made = map[uint64][]byte{}
	if rest, err = c.copy(settings); err != nil {
		return m, nil, nil, err
	}
	for _, seq := range extra {
		if seq == 0 || seq > m.Seq {
			return m, nil, nil, fmt.Errorf("record %d to be carried: %w", seq, ErrNotFound)
		}
		if err := c.carry(ctx, seq); err != nil {
			return m, nil, nil, err
		}
	}
	maps.DeleteFunc(c.made, func(seq uint64, _ []byte) bool { return done[seq] != nil })
	return m, live, c.inOrder(), c.tooMuch()
}

// copier makes copies, by the originals' sequences.
type copier struct {
	j     *Journal
	v     view
	made  map[uint64][]byte
	count int
	bytes int
}

// copy copies the records at places of the open period.
func (c *copier) copy(places []uint64) ([][]byte, error) {
	for _, at := range places {
		if err := c.add(c.j, c.v, at); err != nil {
			return nil, err
		}
	}
	return c.inOrder(), c.tooMuch()
}

// carry copies a record of any period.
func (c *copier) carry(ctx context.Context, seq uint64) error {
	at, err := c.j.place(c.v, seq)
	if err == nil {
		return c.add(c.j, c.v, at)
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return c.j.archives.with(ctx, seq, func(part *Journal) error {
		v, end, err := part.begin(ctx)
		if err != nil {
			return err
		}
		defer end()
		return c.add(part, v, seq)
	})
}

func (c *copier) add(part *Journal, v view, at uint64) error {
	b, err := part.line(v, at)
	if err != nil {
		return err
	}
	r, err := decode(b)
	if err != nil {
		return err
	}
	origin := original(r.Record).Seq
	if c.made[origin] != nil {
		return nil
	}
	c.made[origin] = carry(b, &r.Record)
	c.count, c.bytes = c.count+1, c.bytes+len(b)
	return c.tooMuch()
}

func (c *copier) tooMuch() error {
	if c.count > MaxCarried || c.bytes > MaxCarriedBytes {
		return fault.New(fault.JournalCarry, strconv.Itoa(c.count)).Saying(fmt.Sprintf("%d records of %d KiB", c.count, c.bytes>>10))
	}
	return nil
}

func (c *copier) inOrder() (lines [][]byte) {
	for _, seq := range slices.Sorted(maps.Keys(c.made)) {
		lines = append(lines, c.made[seq])
	}
	return lines
}

func (j *Journal) readMeta(ctx context.Context) (m meta, err error) {
	v, end, err := j.begin(ctx)
	if err != nil {
		return m, err
	}
	defer end()
	err = j.reading(func() error { m, err = readMeta(v.txn); return err })
	return m, err
}

// settingPlaces lists where the latest settings are.
func (j *Journal) settingPlaces(v view) (places []uint64, err error) {
	err = j.reading(func() error { return eachSetting(v.txn, func(at uint64) { places = append(places, at) }) })
	return places, err
}

// Periods is how the journal is cut, as far as Badger has followed.
type Periods struct {
	Number   int       `json:"number"`          // of the open period: 1, 2..
	First    uint64    `json:"first"`           // sequence it begins with
	Begun    time.Time `json:"begun,omitzero"`  // by the till's clock; zero: nothing has happened in it
	Latest   time.Time `json:"latest,omitzero"` // time of the last record that is no copy
	Archived int       `json:"archived"`        // closed periods that are here
	Document time.Time `json:"-"`               // the newest time of a document of the period; zero: it has none
}

// Past is a moment that is over, as far as the till's own clock was right when
// it was written: records of a clock that has fallen back do not undo what a
// document says.
func (p Periods) Past() time.Time {
	if p.Document.After(p.Latest) {
		return p.Document
	}
	return p.Latest
}

// Periods tells of the open period. It never waits.
func (j *Journal) Periods() Periods {
	j.mu.Lock()
	p := j.period
	j.mu.Unlock()
	p.Archived = len(j.archives.all())
	return p
}

// period takes what Badger knows of its period.
func (m *meta) period() Periods {
	return Periods{Number: m.number(), First: m.Base + 1, Begun: m.Begun, Latest: m.Latest, Document: m.Document}
}
