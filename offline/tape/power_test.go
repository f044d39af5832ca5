package tape_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// story is what a till told its tape: batches, and which were acknowledged.
type story struct {
	batches [][]int // the numbers of a batch's lines
	acked   []bool
	next    int
}

// tell appends batches until the disk refuses. Sizes and group commits are
// chosen so that commits cross segments and frames cross sectors.
func (s *story) tell(d *tapetest.Disk, batches int) error {
	tp, _, err := tape.Open(diskOptions(d))
	if err != nil {
		return err
	}
	mine := len(s.batches) // what an earlier process lost stays lost
	for i := range batches {
		lines := [][]byte{members(s.next, 17*i%700)}
		numbers := []int{s.next}
		if i%3 == 1 {
			lines, numbers = append(lines, members(s.next+1, 300)), append(numbers, s.next+1)
		}
		s.next += len(numbers)
		s.batches, s.acked = append(s.batches, numbers), append(s.acked, false)
		if i%4 == 2 {
			if _, err = tp.Post(lines...); err != nil {
				break
			}
			continue // acknowledged by the next append
		}
		if _, err = tp.Append(context.Background(), lines...); err != nil {
			break
		}
		for n := mine; n < len(s.acked); n++ {
			s.acked[n] = true
		}
	}
	return errors.Join(err, tp.Close())
}

func diskOptions(d *tapetest.Disk) tape.Options {
	return tape.Options{Dir: "/tape", FS: d, SegmentBytes: tape.MinSegment, ID: journalID}
}

// check opens the tape on a disk and compares it with the story. It returns
// the number of lost and duplicated lines.
func (s *story) check(d *tapetest.Disk) (lost, doubled int, err error) {
	tp, _, err := tape.Open(diskOptions(d))
	if err != nil {
		return 0, 0, err
	}
	got, err := numbersOn(tp)
	if err = errors.Join(err, tp.Close()); err != nil {
		return 0, 0, err
	}
	seen := map[int]int{}
	for _, n := range got {
		seen[n]++
		if seen[n] > 1 {
			doubled++
		}
	}
	var want []int
	for i, batch := range s.batches {
		there := 0
		for _, n := range batch {
			there += min(1, seen[n])
		}
		switch {
		case s.acked[i] && there < len(batch):
			lost += len(batch) - there
		case there != 0 && there != len(batch):
			return lost, doubled, fmt.Errorf("batch %d is there by half", i)
		}
		if there > 0 {
			want = append(want, batch...)
		}
	}
	if lost+doubled == 0 && !slices.Equal(want, got) {
		return 0, 0, fmt.Errorf("order: want %v, got %v", want, got)
	}
	return lost, doubled, nil
}

func numbersOn(tp *tape.Tape) ([]int, error) {
	last, _ := tp.Durable()
	var got []int
	r, err := tp.Reader(1)
	if err != nil {
		return nil, err
	}
	for range last {
		l, err := r.Next()
		if err != nil {
			return nil, err
		}
		var v struct{ N int }
		if err := json.Unmarshal(l.Data, &v); err != nil {
			return nil, err
		}
		got = append(got, v.N)
	}
	return got, r.Close()
}

// cutPatterns are the ways n waiting sectors may have reached the disk.
func cutPatterns(n int, rnd *rand.Rand, random int) []func(int) bool {
	list := []func(int) bool{func(int) bool { return true }, func(int) bool { return false }}
	for i := range n {
		list = append(list,
			func(k int) bool { return k < i },
			func(k int) bool { return k > i },
			func(k int) bool { return k == i },
			func(k int) bool { return k != i })
	}
	for range random {
		bits := rnd.Uint64()
		list = append(list, func(k int) bool { return bits>>(k%64)&1 == 1 })
	}
	return list
}

// powerRun cuts the power at every change of a story.
type powerRun struct {
	t             *testing.T
	rnd           *rand.Rand
	random        int // random patterns for each place
	keep          int // of keep states one is looked at
	again         int // of again states one is cut a second time, while it is opened
	states, kills int
	lost, doubled int
	turn          int
}

// all runs the story up to every change and every failing sync.
func (p *powerRun) all(batches int) {
	for k := 1; ; k++ {
		d := tapetest.New()
		d.StopAt(k)
		s := &story{}
		err := s.tell(d, batches)
		p.kills++
		p.cuts(d, s, true)
		if err == nil {
			return
		}
		if !errors.Is(err, tapetest.ErrStopped) {
			p.t.Fatalf("kill %d: %v", k, err)
		}
		// Only the process died: the next one goes on, then the power goes.
		d.StopAt(0)
		if err := s.tell(d, 3); err != nil {
			p.t.Fatalf("kill %d: the next process: %v", k, err)
		}
		p.cuts(d, s, false)
	}
}

// cuts looks at every state a cut of d may leave.
func (p *powerRun) cuts(d *tapetest.Disk, s *story, second bool) {
	sectors, changes := d.Waiting()
	for n := range changes + 1 {
		for _, pattern := range cutPatterns(sectors, p.rnd, p.random) {
			if p.turn++; p.turn%p.keep != 0 {
				continue
			}
			after := d.Cut(pattern, n)
			if second && p.again > 0 && p.turn%(p.keep*p.again) == 0 {
				p.cutAgain(d.Cut(pattern, n), s)
			}
			p.look(after, s)
		}
	}
}

// cutAgain cuts the power at every change of the recovery.
func (p *powerRun) cutAgain(d *tapetest.Disk, s *story) {
	keep := func(int) bool { return true }
	for k := 1; ; k++ {
		during := d.Cut(keep, 0)
		during.StopAt(k)
		_, _, err := s.check(during)
		p.kills++
		p.cuts(during, s, false)
		if err == nil {
			return
		}
		if !errors.Is(err, tapetest.ErrStopped) {
			p.t.Fatalf("%v: kill %d of the recovery: %v", d, k, err)
		}
	}
}

// look checks a state, goes on with the till's life on it and checks again.
func (p *powerRun) look(d *tapetest.Disk, s *story) {
	p.states++
	for range 2 {
		lost, doubled, err := s.check(d)
		if err != nil {
			p.t.Fatalf("%v: %v", d, err)
		}
		p.lost, p.doubled = p.lost+lost, p.doubled+doubled
		if lost+doubled > 0 {
			p.t.Fatalf("%v: %d lost, %d doubled", d, lost, doubled)
		}
		on := &story{batches: slices.Clone(s.batches), acked: slices.Clone(s.acked), next: s.next}
		if err := on.tell(d, 2); err != nil {
			p.t.Fatalf("%v: going on: %v", d, err)
		}
		s = on
	}
}

func (p *powerRun) say() {
	p.t.Helper()
	if p.states == 0 {
		p.t.Fatal("no state was looked at")
	}
	fmt.Printf("%d disk states, %d kills, %d lost, %d duplicated\n", p.states, p.kills, p.lost, p.doubled)
}

// A sample of the disk states a power cut can leave; TestPowerTape takes all.
func TestCutSample(t *testing.T) {
	p := &powerRun{t: t, rnd: rand.New(rand.NewPCG(1, 2)), random: 1, keep: 2, again: 11}
	p.all(16)
	if p.states < 200 {
		t.Errorf("only %d states", p.states)
	}
	t.Logf("%d disk states, %d kills", p.states, p.kills)
}

func TestPowerTape(t *testing.T) {
	if os.Getenv("KASSA_LONG") != "1" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	p := &powerRun{t: t, rnd: rand.New(rand.NewPCG(1, 2)), random: 16, keep: 1, again: 9}
	p.all(40)
	p.say()
}

// A sync that fails is told once and then looks well. Nothing it was to store
// may be taken for stored after that.
func TestSyncFails(t *testing.T) {
	clean := tapetest.New()
	if err := new(story).tell(clean, 20); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for k := 1; k <= clean.Syncs(); k++ {
		d := tapetest.New()
		d.FailSync(k)
		s := &story{}
		if err := s.tell(d, 20); err != nil {
			if !errors.Is(err, tape.ErrFailed) && k > 2 {
				t.Fatalf("sync %d: %v", k, err)
			}
			refused++
		}
		d.FailSync(0) // runs differ by what is prepared ahead: it may not have come to k
		// The same process opens again, on the cache as it is; then a cut.
		if err := s.tell(d, 3); err != nil {
			t.Fatalf("sync %d: opening again: %v", k, err)
		}
		_, changes := d.Waiting()
		after := d.Cut(func(int) bool { return false }, changes)
		if lost, doubled, err := s.check(after); err != nil || lost+doubled > 0 {
			t.Fatalf("sync %d: %d lost, %d doubled, %v", k, lost, doubled, err)
		}
	}
	if refused < 5 { // those of a preparation are made up for
		t.Errorf("only %d of %d failing syncs were noticed", refused, clean.Syncs())
	}
}
