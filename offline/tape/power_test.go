package tape_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

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
	t      *testing.T
	rnd    *rand.Rand
	random int // random patterns for each place
	keep   int // of keep states one is looked at
	again  int // of again states one is cut a second time, while it is opened
	seen   tapetest.Account
	turn   int
}

func newPowerRun(t *testing.T, random, keep, again int) *powerRun {
	p := &powerRun{t: t, rnd: rand.New(rand.NewPCG(1, 2)), random: random, keep: keep, again: again}
	tapetest.TellOf(t, &p.seen)
	return p
}

// all runs a story up to every change.
func (p *powerRun) all(of story, batches int) {
	for k := 1; ; k++ {
		d := tapetest.New()
		d.StopAt(k)
		s := &story{plot: of.plot, restore: of.restore, periods: of.periods}
		err := s.begin(d, batches)
		p.seen.Kills++
		p.cuts(d, s, true)
		if err == nil {
			return
		}
		if !errors.Is(err, tapetest.ErrStopped) {
			p.t.Fatalf("kill %d: %v", k, err)
		}
		// Only the process died: the next one goes on, then the power goes.
		d.StopAt(0)
		if err := s.goOn(d, batches); err != nil {
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
		p.seen.Kills++
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
	p.seen.States++
	for range 2 {
		lost, doubled, err := s.check(d)
		if err != nil {
			p.t.Fatalf("%v: %v", d, err)
		}
		p.seen.Add(tapetest.Account{Lost: lost, Duplicated: doubled})
		if lost+doubled > 0 {
			p.t.Fatalf("%v: %d lost, %d doubled", d, lost, doubled)
		}
		on := &story{plot: s.plot, periods: s.periods, batches: slices.Clone(s.batches), acked: slices.Clone(s.acked), next: s.next}
		if err := on.tell(d, 2); err != nil {
			p.t.Fatalf("%v: going on: %v", d, err)
		}
		s = on
	}
}

// A sample of the disk states a power cut can leave; TestPowerTape takes all.
func TestCutSample(t *testing.T) {
	p := newPowerRun(t, 1, 2, 11)
	p.all(story{plot: mixed}, 16)
	p.keep = 5
	for _, s := range tales[1:] {
		p.all(s, 9)
	}
	if p.seen.States < 500 {
		t.Errorf("only %d states", p.seen.States)
	}
}

// tales are the ways a tape is written: one commit after the other, commits of
// several frames, segments that are replaced by larger ones, and a tape that
// is made again, and batches that begin a segment.
var tales = []story{{plot: mixed}, {plot: grouped}, {plot: huge}, {plot: restored, restore: true}, {plot: mixed, periods: true}}

func TestPowerTape(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	p := newPowerRun(t, 8, 3, 9)
	for _, s := range tales {
		p.all(s, 24)
	}
	if p.seen.States < 20_000 {
		t.Errorf("only %d states", p.seen.States)
	}
}

// A sync that fails is told once and then looks well. Nothing it was to store
// may be taken for stored after that.
func TestSyncFails(t *testing.T) {
	clean := tapetest.New()
	if err := (&story{plot: mixed}).tell(clean, 20); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for k := 1; k <= clean.Syncs(); k++ {
		d := tapetest.New()
		d.FailSync(k)
		s := &story{plot: mixed}
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
