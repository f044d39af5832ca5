package journal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/record"
)

// What stands on a card for years can rot unseen until it is needed. So the
// whole journal is read again and again while the till has nothing to do: both
// copies of every record, closed periods first.
const (
	// DefaultScrubEvery is the time from the end of one reading to the next.
	DefaultScrubEvery = 7 * 24 * time.Hour
	// MaxRot is how many findings are kept.
	MaxRot = 16

	scrubIdle  = 10 * time.Second // without a record before it begins or goes on
	scrubRate  = 1 << 20          // bytes of records a second
	scrubPiece = 64 << 10         // bytes between two pauses
	scrubTurn  = 2 << 20          // bytes after which it says where it is
	scrubRetry = time.Hour        // after what kept it from reading

	scrubName = "scrub" // where it is: a file that is made again when it is lost

	// AuditRot is the type of the audit record of a finding, whose data is a
	// Rot.
	AuditRot = "journal_rot"
)

// Scrub is how far the reading in the background is.
type Scrub struct {
	At    uint64    `json:"at"`             // the last record read in this pass; 0: none runs
	Of    uint64    `json:"of"`             // the journal's last record
	Begun time.Time `json:"begun,omitzero"` // this pass or, when none runs, the last one
	Ended time.Time `json:"ended,omitzero"` // the last pass that came to the end
	Found []Rot     `json:"found,omitempty"`
}

// Rot is something that was written well and can not be read any more.
type Rot struct {
	Seq      uint64    `json:"seq"`    // the first record that shows it
	Period   int       `json:"period"` // a closed one; 0: the open one
	Copy     string    `json:"copy"`   // the one it is in: tape or badger
	Why      string    `json:"why"`
	Time     time.Time `json:"time"`
	Repaired bool      `json:"repaired"` // from the other copy; else the next start does that
}

// Scrub tells how far the reading in the background is, and what it has found
// since the start.
func (j *Journal) Scrub() Scrub {
	last, _ := j.Head()
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.scrub
	s.Of, s.Found = last, slices.Clone(s.Found)
	return s
}

// readScrub finds out where the reading was when the till went down.
func (j *Journal) readScrub() error {
	b, err := readFile(j.o.FS, j.o.path(scrubName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var s Scrub
	if err := json.Unmarshal(b, &s); err != nil {
		j.o.Log.Warn("where the reading in the background was is unknown: it begins again", "err", err)
		s = Scrub{}
	}
	if last, _ := j.Head(); s.At > last {
		s.At = 0
	}
	j.scrub = Scrub{At: s.At, Begun: s.Begun, Ended: s.Ended}
	return nil
}

func (j *Journal) noteScrub() error {
	s := j.Scrub()
	s.Found = nil
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeFile(j.o.FS, j.o.path(scrubName), append(b, '\n'))
}

// worked tells the reader in the background that the till has something to do.
func (j *Journal) worked() { signal(j.work) }

// rest waits for d and tells whether nothing was to do meanwhile.
func (j *Journal) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-j.work:
	case <-j.life.Done():
	}
	return false
}

// scrubber reads while the till rests, until Close.
func (j *Journal) scrubber() {
	defer close(j.scrubbed)
	for j.life.Err() == nil {
		if wait := j.untilScrub(); wait > 0 {
			j.sleep(min(wait, scrubRetry))
			continue
		}
		if !j.rest(j.o.scrubIdle) {
			continue
		}
		if err := j.scrubOn(); err != nil && j.life.Err() == nil {
			j.o.Log.Error("reading the journal in the background", "err", err)
			j.sleep(scrubRetry)
		}
	}
}

// sleep waits for d, whatever the till does.
func (j *Journal) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-j.life.Done():
	}
}

// untilScrub is the time until the next pass; 0: it is due or runs. A clock
// that went back makes none wait for longer than from one to the next.
func (j *Journal) untilScrub() time.Duration {
	if j.o.ScrubEvery < 0 {
		return scrubRetry
	}
	s := j.Scrub()
	if s.At > 0 || s.Ended.IsZero() {
		return 0
	}
	since := j.o.Now().Sub(s.Ended)
	if since < 0 {
		return 0
	}
	return max(0, j.o.ScrubEvery-since)
}

// scrubOn reads on until there is something to do or the end is reached.
func (j *Journal) scrubOn() error {
	for j.life.Err() == nil {
		at := j.Scrub().At
		last := j.appliedNow()
		if last == 0 {
			return j.scrubEnded()
		}
		next, rested, err := j.scrubSome(at, last)
		if err != nil {
			return err
		}
		j.mu.Lock()
		if at == 0 {
			j.scrub.Begun = j.o.Now()
		}
		j.scrub.At = next
		j.mu.Unlock()
		if next >= last {
			return j.scrubEnded()
		}
		if next != at {
			if err := j.noteScrub(); err != nil {
				return err
			}
		}
		if !rested {
			return nil
		}
	}
	return nil
}

func (j *Journal) scrubEnded() error {
	j.mu.Lock()
	j.scrub.At, j.scrub.Ended = 0, j.o.Now()
	j.mu.Unlock()
	return j.noteScrub()
}

// found notes what was found, once, and says so for ever.
func (j *Journal) found(r Rot) {
	if !j.keep(r) {
		return
	}
	j.o.Log.Warn("a record can not be read any more; the card is wearing out", "seq", r.Seq, "period", r.Period, "copy", r.Copy, "why", r.Why)
	r.Time = j.o.Now()
	data, err := json.Marshal(r)
	if err == nil {
		err = j.Post(record.Entry{Kind: record.Audit, ID: uuid.New(), Type: AuditRot, Schema: 1, Data: data})
	}
	if err != nil {
		j.o.Log.Error("the finding could not be recorded", "err", err)
	}
}

// keep adds a finding to those that are not known.
func (j *Journal) keep(r Rot) (is bool) {
	r.Time = j.o.Now()
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.IndexFunc(j.scrub.Found, func(x Rot) bool { return x.Period == r.Period && x.Copy == r.Copy && !x.Repaired })
	switch {
	case i >= 0:
		j.scrub.Found[i].Repaired = r.Repaired
		return false
	case len(j.scrub.Found) < MaxRot:
		j.scrub.Found = append(j.scrub.Found, r)
	}
	return true
}

// mended notes what opening a closed period has repaired.
func (j *Journal) mended(about *About, did Opened) {
	for where, is := range map[string]bool{tapeName: did.TapeRebuilt || did.TapeRestored > 0, badgerName: did.BadgerRebuilt || did.BadgerLost > 0} {
		if is {
			j.keep(Rot{Seq: about.First, Period: about.Number, Copy: where, Why: strings.Join(did.Reasons, "; "), Repaired: true})
		}
	}
}
