package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// rotten is what the reading in the background has come upon: Copy of the
// record Seq.
type rotten struct{ Rot }

func (r *rotten) Error() string { return fmt.Sprintf("record %d in %s: %s", r.Seq, r.Copy, r.Why) }

func rot(seq uint64, where string, err error) error {
	why := err.Error()
	if len(why) > MaxReason {
		why = strings.ToValidUTF8(why[:MaxReason], "")
	}
	return &rotten{Rot{Seq: seq, Copy: where, Why: why}}
}

// scrubSome reads some records behind at, up to last, and tells how far it
// came and whether the till still rests. What it finds damaged is repaired
// where that can be done now: in a closed period.
func (j *Journal) scrubSome(at, last uint64) (next uint64, rested bool, err error) {
	var bad *rotten
	j.mu.Lock()
	base := j.base
	j.mu.Unlock()
	if at >= base {
		next, rested, err = j.scrubPart(j.life, at, last)
		if errors.As(err, &bad) {
			err = j.suspect(bad.Copy)
			j.found(bad.Rot)
			return last, rested, err // the next start compares the rest
		}
		return next, rested, err
	}
	a, err := j.archives.find(at + 1)
	if errors.Is(err, ErrNotFound) { // removed
		return j.archives.begin() - 1, true, nil
	}
	if err != nil {
		return at, false, err
	}
	err = j.archives.open(j.life, a, func(part *Journal) error {
		next, rested, err = part.scrubIn(j, at, a.about.Last)
		if errors.As(err, &bad) {
			err = errors.Join(err, part.suspect(bad.Copy))
		}
		return err
	})
	if bad == nil && errors.Is(err, fault.New(fault.JournalDamaged)) { // it can not be opened at all
		j.found(Rot{Seq: at + 1, Period: a.about.Number, Copy: "both", Why: fmt.Sprintf("%.200s", err)})
		return a.about.Last, true, nil
	}
	if bad == nil {
		return next, rested, err
	}
	bad.Period = a.about.Number
	j.found(bad.Rot)
	if err := j.archives.renew(j.life, a); err != nil { // the next look into it tries again
		j.o.Log.Error("an archived period can not be repaired", "period", bad.Period, "err", err)
	}
	return a.about.Last, true, nil // it was compared as a whole
}

// scrubIn is scrubPart of a closed period of a journal.
func (j *Journal) scrubIn(of *Journal, at, last uint64) (uint64, bool, error) {
	return scrub{of, j}.some(of.life, at, last)
}

func (j *Journal) scrubPart(ctx context.Context, at, last uint64) (uint64, bool, error) {
	return scrub{j, j}.some(ctx, at, last)
}

// scrub reads one directory of a journal.
type scrub struct {
	of   *Journal // that rests
	part *Journal // that is read
}

func (s scrub) some(ctx context.Context, at, last uint64) (next uint64, rested bool, err error) {
	v, end, err := s.part.begin(ctx)
	if err != nil {
		return at, false, err
	}
	defer end()
	if at < v.base { // the period has ended meanwhile
		return at, true, nil
	}
	r, err := s.part.tape.Reader(at + 1)
	if err != nil {
		return at, false, tapeRot(at+1, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	stored := linesFrom(v.txn, at+1)
	defer stored.close()
	piece, turn := 0, 0
	for next = at; next < last && turn < scrubTurn; {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			return next, true, nil
		}
		if err != nil {
			return next, false, tapeRot(next+1, err)
		}
		if err := safely(func() error { return hasLine(stored, l) }); err != nil {
			return next, false, rot(l.Seq, badgerName, err)
		}
		next = l.Seq
		if piece += len(l.Data); piece < scrubPiece {
			continue
		}
		turn += piece
		if !s.of.rest(time.Duration(piece) * time.Second / time.Duration(s.of.o.scrubRate)) {
			return next, false, nil
		}
		piece = 0
	}
	return next, true, nil
}

// hasLine compares one record with Badger's copy.
func hasLine(stored *lines, l tape.Line) error {
	b, err := stored.line(l.Seq)
	if err == nil && !bytes.Equal(b, l.Data) {
		err = differs(l.Seq)
	}
	return err
}

// tapeRot tells damage from what else can keep one from reading a tape.
func tapeRot(seq uint64, err error) error {
	var d *tape.DamagedError
	if errors.As(err, &d) {
		return rot(max(seq, d.Seq), tapeName, err)
	}
	return err
}

// renew closes a period, once nobody uses it, and opens it again: what is
// suspected in it is repaired then.
func (s *archives) renew(ctx context.Context, a *archive) error {
	s.mu.Lock()
	for a.busy || a.users > 0 {
		moved := s.moved
		s.mu.Unlock()
		if err := s.await(ctx, moved); err != nil {
			return err
		}
		s.mu.Lock()
	}
	if a.part == nil {
		s.mu.Unlock()
	} else if err := s.shut(a); err != nil {
		return err
	}
	return s.open(ctx, a, func(*Journal) error { return nil })
}
