package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/record"
)

// awayStory ends periods of a tape on a disk whose power can be cut, as turn
// does, with a file in Badger's place that says whose it is. What it does a
// second time after a cut is what an Open does.
type awayStory struct {
	d     *tapetest.Disk
	lines int // of each period
	ends  int // periods to end
	acked uint64
}

const awayData = "/data"

func (s *awayStory) path(names ...string) string {
	return filepath.Join(append([]string{awayData}, names...)...)
}

// members makes a record that may be on a tape.
func (s *awayStory) members(e record.Entry) [][]byte {
	lines, err := encode(start, []record.Entry{e}, make([]*vault.Sealed, 1))
	if err != nil {
		panic(err)
	}
	return lines
}

// tell goes on from whatever the disk holds.
func (s *awayStory) tell() (err error) {
	dirs, err := s.recover()
	if err != nil {
		return err
	}
	t, _, err := tape.Open(tape.Options{Dir: s.path(tapeName), FS: s.d, SegmentBytes: tape.MinSegment, ID: poolIDs[0]})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := begins(t); err != nil {
		return err
	}
	for {
		if err := s.turnAll(t, &dirs); err != nil {
			return err
		}
		last, hash := t.Durable()
		s.acked = max(s.acked, last)
		base, _ := t.Base()
		switch {
		case dirs == s.ends && last-base >= uint64(s.lines):
			return nil
		case last-base >= uint64(s.lines):
			err = s.rotate(t, dirs, last, hash)
		default:
			_, err = t.Append(context.Background(), s.members(entry(record.Audit, "login", int(last)))...)
		}
		if err != nil {
			return err
		}
	}
}

func (s *awayStory) rotate(t *tape.Tape, dirs int, last uint64, hash tape.Hash) error {
	p := Period{Number: dirs + 2, First: last + 1, Before: hexHash(hash), Begun: start, Carried: 1}
	e, err := p.entry()
	if err != nil {
		return err
	}
	copied := entry(record.Audit, "login", 1)
	copied.Carried = 1
	_, err = t.Begin(context.Background(), last, append(s.members(e), s.members(copied)...)...)
	return err
}

// recover does what an Open does before the tape is opened, and gives Badger's
// place to the open period. It counts the closed ones.
func (s *awayStory) recover() (dirs int, err error) {
	for _, dir := range []string{awayData, s.path(archiveName)} {
		if err := s.d.MkdirAll(dir); err != nil {
			return 0, err
		}
	}
	a := &archives{dir: s.path(archiveName), fsys: s.d, moved: make(chan struct{})}
	if undescribed, err := a.survey(); err != nil || len(undescribed) > 0 {
		return 0, errors.Join(err, fmt.Errorf("%d periods without description", len(undescribed)))
	}
	if n := len(a.list); n > 0 {
		if err := putAway(s.d, awayData, a.list[n-1].dir, a.list[n-1].about); err != nil {
			return 0, err
		}
	}
	return len(a.list), s.badger(len(a.list) + 1)
}

// badger makes the directory in Badger's place, if there is none.
func (s *awayStory) badger(number int) error {
	if there, err := exists(s.d, s.path(badgerName)); err != nil || there {
		return err
	}
	if err := s.d.MkdirAll(s.path(badgerName)); err != nil {
		return err
	}
	return writeFile(s.d, s.path(badgerName, "of"), []byte(fmt.Sprint(number)))
}

// turnAll puts away what has ended.
func (s *awayStory) turnAll(t *tape.Tape, dirs *int) error {
	base, before := t.Base()
	r, err := t.Reader(base + 1)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read
	last, _ := t.Durable()
	hash := before
	for seq := base + 1; seq <= last; seq++ {
		l, err := r.Next()
		if err != nil {
			return err
		}
		if seq > base+1 && isPeriod(l, hash) {
			*dirs++
			about := About{Format: aboutMagic + strconv.Itoa(aboutFormat), ID: t.ID(), Number: *dirs, First: base + 1, Last: seq - 1, Before: hexHash(before), Head: hexHash(hash)}
			dir := s.path(archiveName, periodDir(about.Number))
			if err := announce(s.d, dir, about); err != nil {
				return err
			}
			if _, err := t.Forget(seq); err != nil {
				return err
			}
			if err := errors.Join(putAway(s.d, awayData, dir, about), s.badger(*dirs+1)); err != nil {
				return err
			}
			return s.turnAll(t, dirs)
		}
		hash = l.Hash
	}
	return nil
}

// check tells how many lines are lost or doubled, after the disk was brought
// in order.
func (s *awayStory) check() (lost, doubled int, err error) {
	dirs, err := s.recover()
	if err != nil {
		return 0, 0, err
	}
	var seqs []uint64
	read := func(dir string) error {
		_, err := tape.Inspect(context.Background(), s.d, dir, func(l tape.Line) error { seqs = append(seqs, l.Seq); return nil })
		return err
	}
	for n := 1; n <= dirs; n++ {
		dir := s.path(archiveName, periodDir(n))
		if err := read(filepath.Join(dir, tapeName)); err != nil {
			return 0, 0, fmt.Errorf("period %d: %w", n, err)
		}
		if about, err := readAbout(s.d, dir); err != nil || seqs[len(seqs)-1] != about.Last {
			return 0, 0, fmt.Errorf("period %d ends with %d: %w", n, seqs[len(seqs)-1], err)
		}
		of, err := readWhole(s.d, filepath.Join(dir, badgerName, "of"), 10)
		if err == nil && string(of) != fmt.Sprint(n) {
			return 0, 0, fmt.Errorf("period %d has the Badger of %s", n, of)
		}
	}
	if err := read(s.path(tapeName)); err != nil && !errors.Is(err, tape.ErrEmpty) {
		return 0, 0, err
	}
	for want := uint64(1); want <= s.acked; want++ {
		if n := len(seqs); uint64(n) < want {
			lost++
		} else if seqs[want-1] != want {
			return 0, 0, fmt.Errorf("%v", seqs)
		}
	}
	slices.Sort(seqs)
	return lost, len(seqs) - len(slices.Compact(seqs)), nil
}

// cutAway cuts the power at every change of the story and looks at the disks
// that may leave.
func cutAway(t *testing.T, lines, ends, random, keep int) (seen tapetest.Account) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(7, 8))
	looked := 0
	for k := 1; ; k++ {
		s := &awayStory{d: tapetest.New(), lines: lines, ends: ends}
		s.d.StopAt(k)
		err := s.tell()
		seen.Kills++
		sectors, changes := s.d.Waiting()
		patterns := []func(int) bool{func(int) bool { return true }, func(int) bool { return false }}
		for i := range min(sectors, 4) {
			patterns = append(patterns, func(n int) bool { return n < i+1 }, func(n int) bool { return n != i })
		}
		for range random {
			bits := rnd.Uint64()
			patterns = append(patterns, func(n int) bool { return bits>>(n%64)&1 == 1 })
		}
		for n := range changes + 1 {
			for _, pattern := range patterns {
				if looked++; looked%keep != 0 {
					continue
				}
				after := &awayStory{d: s.d.Cut(pattern, n), lines: lines, ends: ends, acked: s.acked}
				for range 2 { // what it leaves, and after it has gone on
					seen.States++
					lost, doubled, err := after.check()
					if err == nil {
						err = after.tell()
					}
					seen.Lost, seen.Duplicated = seen.Lost+lost, seen.Duplicated+doubled
					if err != nil || lost+doubled > 0 {
						t.Fatalf("change %d, %d of %d directory changes: %d lost, %d doubled, %v", k, n, changes, lost, doubled, err)
					}
				}
			}
		}
		if err == nil {
			return seen
		}
		if !errors.Is(err, tapetest.ErrStopped) {
			t.Fatalf("change %d: %v", k, err)
		}
	}
}

// A sample of the power cuts while periods are put away; TestPowerPutAway
// takes all.
func TestPutAwayCut(t *testing.T) {
	t.Parallel()
	if seen := cutAway(t, 12, 2, 1, 5); seen.States < 200 {
		t.Errorf("only %v", seen)
	}
}

func TestPowerPutAway(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	var seen tapetest.Account
	tapetest.TellOf(t, &seen)
	seen = cutAway(t, 20, 3, 8, 1)
}
