package journal

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/pos/record"
)

// halves is a file system of two: Badger's directory is on the real one, for
// it opens that itself, everything else on a disk whose power can be cut.
type halves struct {
	*tapetest.Disk
	badger string
}

func (h halves) ofBadger(name string) bool {
	return name == h.badger || strings.HasPrefix(name, h.badger+"/") || strings.HasPrefix(name, h.badger+".aside")
}

func (h halves) Rename(a, b string) error {
	if h.ofBadger(a) {
		return tape.OS{}.Rename(a, b)
	}
	return h.Disk.Rename(a, b)
}

func (h halves) MkdirAll(dir string) error {
	if h.ofBadger(dir) {
		return tape.OS{}.MkdirAll(dir)
	}
	return h.Disk.MkdirAll(dir)
}

// cutRepair cuts the power at every change that Open makes to the tape and to
// the journal's small files while it repairs them from Badger, which is real.
type cutRepair struct {
	t     *testing.T
	dir   string // Badger's own half
	n     int    // records, all acknowledged
	keep  int    // of keep states one is looked at
	turn  int
	seen  tapetest.Account
	fixed int // openings that had something to repair
}

func newCutRepair(t *testing.T, keep int) *cutRepair {
	c := &cutRepair{t: t, dir: made(t, 60), n: 60, keep: keep}
	tapetest.TellOf(t, &c.seen)
	return c
}

// disk puts what is in the tape's directory on a disk.
func (c *cutRepair) disk() *tapetest.Disk {
	d := tapetest.New()
	for _, name := range glob(c.t, c.dir, "tape/*") {
		b, err := os.ReadFile(name)
		must(c.t, err)
		d.Put(name, b)
	}
	return d
}

func (c *cutRepair) options(d *tapetest.Disk) Options {
	o := opts(c.dir)
	o.FS = halves{d, filepath.Join(c.dir, badgerName)}
	o.Ballast = 1 << 20
	return o
}

// run repairs a disk with the process stopped at change 1, 2...
func (c *cutRepair) run(broken *tapetest.Disk) {
	for k := 1; ; k++ {
		d := broken.Cut(func(int) bool { return true }, 0)
		d.StopAt(k)
		j, did, err := Open(context.Background(), c.options(d))
		c.seen.Kills++
		if err == nil {
			err = j.Close()
			if !did.Repaired() {
				c.t.Fatalf("nothing was broken: %+v", did)
			}
		}
		c.cuts(d)
		if err == nil {
			return
		}
		if !errors.Is(err, tapetest.ErrStopped) {
			c.t.Fatalf("change %d: %v", k, err)
		}
	}
}

// cuts looks at the disks a cut may leave: what waits is kept, dropped, torn
// and reordered.
func (c *cutRepair) cuts(d *tapetest.Disk) {
	sectors, changes := d.Waiting()
	patterns := []func(int) bool{func(int) bool { return true }, func(int) bool { return false }}
	for i := range sectors {
		patterns = append(patterns, func(k int) bool { return k < i }, func(k int) bool { return k > i }, func(k int) bool { return k != i })
	}
	for n := range changes + 1 {
		for _, pattern := range patterns {
			if c.turn++; c.turn%c.keep == 0 {
				c.look(d.Cut(pattern, n))
			}
		}
	}
}

// look opens the journal on a disk and wants every record, once.
func (c *cutRepair) look(d *tapetest.Disk) {
	c.t.Helper()
	c.seen.States++
	j, did, err := Open(context.Background(), c.options(d))
	if err != nil {
		c.t.Fatalf("%v: %v %+v", d, err, did)
	}
	if did.Repaired() {
		c.fixed++
	}
	found := 0
	for r, err := range j.Scan(context.Background(), record.Filter{}) {
		if err != nil {
			c.t.Fatalf("%v: %v", d, err)
		}
		if found++; int(r.Seq) != found {
			c.seen.Duplicated++
		}
	}
	c.seen.Lost += max(0, c.n-found)
	rep, err := j.Verify(context.Background(), VerifyOptions{})
	must(c.t, err)
	if found != c.n || !rep.OK || c.seen.Lost+c.seen.Duplicated > 0 {
		c.t.Fatalf("%v: %d records, %+v", d, found, rep)
	}
	must(c.t, j.Close())
}

// breakages are what makes Open write to the tape's side.
func (c *cutRepair) breakages() map[string]*tapetest.Disk {
	tail, flip, lost, suspect := c.disk(), c.disk(), tapetest.New(), c.disk()
	segments := glob(c.t, c.dir, "tape/*.tape")
	name, data, off := frameAt(c.t, c.dir, 0, 4)
	if strings.Contains(string(data[off:]), `{"seq":60,`) {
		tail.Poke(name, int64(off), bytes.Repeat([]byte{'\n'}, len(data)-off))
	} else {
		c.t.Fatalf("the last records are not in %s of %v", name, segments)
	}
	name, data, off = frameAt(c.t, c.dir, 0, 20)
	flip.Poke(name, int64(off+300), []byte{data[off+300] ^ 1})
	suspect.Poke(name, int64(off+300), []byte{data[off+300] ^ 1})
	suspect.Put(filepath.Join(c.dir, suspectName), []byte("read the whole tape\n"))
	suspect.Put(filepath.Join(c.dir, attemptsName), []byte("1\n"))
	return map[string]*tapetest.Disk{"tail lost": tail, "damaged": flip, "all lost": lost, "suspected": suspect}
}

func (c *cutRepair) all() {
	for name, d := range c.breakages() {
		before := c.seen.States
		c.run(d)
		c.t.Logf("%s: %d states", name, c.seen.States-before)
	}
	if c.fixed == 0 {
		c.t.Error("no state had to be repaired again")
	}
}

// TestCutWhileRepairing is a sample of TestPowerRepair.
func TestCutWhileRepairing(t *testing.T) {
	t.Parallel()
	newCutRepair(t, 80).all()
}

func TestPowerRepair(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	newCutRepair(t, 1).all()
}
