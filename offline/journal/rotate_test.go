package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// ended rotates and waits until the period is put away.
func ended(t testing.TB, j *Journal, carry ...uint64) Period {
	t.Helper()
	p, err := j.Rotate(context.Background(), RotateOptions{Carry: func(context.Context) ([]uint64, error) { return carry, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// scanned collects a scan.
func scanned(t testing.TB, j *Journal, f record.Filter) (list []record.Record) {
	t.Helper()
	for r, err := range j.Scan(context.Background(), f) {
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		list = append(list, r)
	}
	return list
}

func seqs(list []record.Record) (all []uint64) {
	for _, r := range list {
		all = append(all, r.Seq)
	}
	return all
}

// openArchives counts the archived periods that are open.
func openArchives(j *Journal) (n int) {
	j.archives.mu.Lock()
	defer j.archives.mu.Unlock()
	for _, a := range j.archives.list {
		if a.part != nil {
			n++
		}
	}
	return n
}

// verified demands a journal without any problem, running and at rest, and
// leaves it closed.
func verified(t testing.TB, j *Journal) Report {
	t.Helper()
	running, err := j.Verify(context.Background(), VerifyOptions{})
	must(t, err)
	closed(t, j)
	atRest, err := Verify(context.Background(), j.o.Dir, VerifyOptions{Temp: t.TempDir()})
	must(t, err)
	for _, rep := range []Report{running, atRest} {
		if !rep.OK || len(rep.Problems) > 0 || !rep.Badger {
			t.Errorf("%+v", rep)
		}
	}
	if d := cmp.Diff(running, atRest); d != "" {
		t.Error(d)
	}
	return running
}

// shop is a journal of three periods and an open one, with what the earlier
// ones left to it.
type shop struct {
	cart, setting, doc, request uint64 // what is carried from the first
	group                       uuid.UUID
	docID                       uuid.UUID
	first                       [4]uint64 // of each period
	shifts                      []uuid.UUID
}

func openShop(t testing.TB, o Options) (*Journal, *shop) {
	t.Helper()
	s := &shop{group: uuid.New(), shifts: ids("shop", 4)}
	now := &handClock{at: start}
	o.Now = now.Now
	j, _ := open(t, o)
	cart := entry(record.Cart, "add", 1)
	cart.Group = s.group
	d := cashIn(t, 1, nil)
	s.docID = d.ID
	s.cart = add(t, j, cart)
	s.setting = add(t, j, entry(record.Setting, "till", 1))
	s.doc = add(t, j, d)
	s.request = add(t, j, entry(record.Delivery, "cloud", 1))
	number := int64(1)
	for n := range 4 {
		s.first[n] = 1
		if n > 0 {
			s.first[n] = ended(t, j, s.doc, s.request).First
		}
		for i := range 40 {
			number++
			now.Add(time.Hour)
			e := cashIn(t, number, nil)
			e.Shift = s.shifts[n]
			add(t, j, e, entry(record.Audit, fmt.Sprint("only in ", n), i))
		}
	}
	return j, s
}

// A journal of several periods reads as one; the copies are nowhere to be seen,
// and what was carried is found without an archive being opened.
func TestPeriods(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	j, s := openShop(t, opts(dir))
	ctx := context.Background()
	for range 2 {
		for name, want := range map[string]uint64{"the cart": s.cart, "the setting": s.setting, "the document": s.doc, "the request": s.request} {
			r, err := j.Get(ctx, want)
			if err != nil || r.Seq != want || r.Carried != 0 || !r.Time.Equal(start) {
				t.Errorf("%s: %+v %v", name, r, err)
			}
		}
		live, err := j.Live(ctx)
		if err != nil || len(live) != 1 || live[0].Seq != s.cart || live[0].Group != s.group {
			t.Errorf("%+v %v", live, err)
		}
		if r, err := j.Setting(ctx, "till"); err != nil || r.Seq != s.setting {
			t.Errorf("%+v %v", r, err)
		}
		if r, err := j.Document(ctx, s.docID); err != nil || r.Seq != s.doc {
			t.Errorf("%+v %v", r, err)
		}
		now := scanned(t, j, record.Filter{Open: true, Kinds: []record.Kind{record.Cart, record.Setting, record.Document, record.Delivery}})
		if got := seqs(now); !slices.Equal(got[:4], []uint64{s.cart, s.setting, s.doc, s.request}) || len(got) != 44 || got[4] < s.first[3] {
			t.Errorf("%v", got)
		}
		if got := seqs(scanned(t, j, record.Filter{Open: true, After: s.setting, Before: s.first[3] + 8, Reverse: true})); !slices.Equal(got[len(got)-2:], []uint64{s.request, s.doc}) {
			t.Errorf("%v", got)
		}
		if n := openArchives(j); n != 0 {
			t.Errorf("%d archives are open", n)
		}
		list := scanned(t, j, record.Filter{})
		if len(list) != 4+4*80+3 {
			t.Errorf("%d records", len(list))
		}
		back := scanned(t, j, record.Filter{Reverse: true})
		slices.Reverse(back)
		if d := cmp.Diff(seqs(list), seqs(back)); d != "" {
			t.Error(d)
		}
		for i := 1; i < len(list); i++ {
			if list[i].Seq <= list[i-1].Seq || list[i].Carried != 0 {
				t.Errorf("record %d after %d", list[i].Seq, list[i-1].Seq)
			}
		}
		if n := openArchives(j); n == 0 || n > maxOpenArchives {
			t.Errorf("%d archives are open", n)
		}
		closed(t, j)
		j, _ = open(t, opts(dir))
	}
	if rep := verified(t, j); rep.Documents != 161 || rep.First != 1 {
		t.Errorf("%+v", rep)
	}
	var told []uint64
	must(t, Read(ctx, dir, func(r record.Record) error { told = append(told, r.Seq); return nil }))
	if len(told) != 4+4*80+3 {
		t.Errorf("read %d", len(told))
	}
}

// Only the periods that may hold what is looked for are opened.
func TestSearchOpensLittle(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	j, s := openShop(t, opts(dir))
	opens := 0
	mount := j.archives.start
	j.archives.start = func(ctx context.Context, dir string, a *About) (*Journal, error) {
		opens++
		return mount(ctx, dir, a)
	}
	ctx := context.Background()
	for name, c := range map[string]struct {
		f     record.Filter
		found int
		opens int
	}{
		"a type of one":     {record.Filter{Types: []string{"only in 1"}}, 40, 1},
		"a shift":           {record.Filter{Shift: s.shifts[2], Kinds: []record.Kind{record.Document}}, 40, 1},
		"nobody's":          {record.Filter{Types: []string{"never"}}, 0, 0},
		"a time":            {record.Filter{Since: start.Add(50 * time.Hour), Until: start.Add(60 * time.Hour)}, 20, 1},
		"the future":        {record.Filter{Since: start.Add(5000 * time.Hour)}, 0, 0},
		"a few backwards":   {record.Filter{Kinds: []record.Kind{record.Document}, Reverse: true, Limit: 40}, 40, 0},
		"more backwards":    {record.Filter{Kinds: []record.Kind{record.Document}, Reverse: true, Limit: 41}, 41, 1},
		"between sequences": {record.Filter{After: s.first[1] + 10, Before: s.first[1] + 20}, 9, 1},
		"kinds of none":     {record.Filter{Kinds: []record.Kind{record.Token, record.Void}}, 0, 0},
		"kinds of the last": {record.Filter{Kinds: []record.Kind{record.Period}, Reverse: true, Limit: 1}, 1, 0},
	} {
		j.archives.idle = 0
		for range maxOpenArchives {
			must(t, j.archives.tend())
		}
		opens = 0
		if got := scanned(t, j, c.f); len(got) != c.found || opens != c.opens {
			t.Errorf("%s: %d records, %d opened", name, len(got), opens)
		}
	}
	for range maxOpenArchives {
		must(t, j.archives.tend())
	}
	opens = 0
	d := cashIn(t, 50, nil)
	if r, err := j.Document(ctx, d.ID); err != nil || r.ID != d.ID || r.Seq > s.first[2] {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := j.Document(ctx, uuid.New()); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// What can not begin a period says why, and nothing is written.
func TestRotateRefuses(t *testing.T) {
	t.Parallel()
	j, _ := open(t, opts(t.TempDir()))
	ctx := context.Background()
	rotate := func(carry ...uint64) error {
		_, err := j.Rotate(ctx, RotateOptions{Carry: func(context.Context) ([]uint64, error) { return carry, nil }})
		return err
	}
	if err := rotate(); !errors.Is(err, fault.New(fault.JournalFresh)) {
		t.Errorf("empty: %v", err)
	}
	fill(t, j, 0, 5)
	big := entry(record.Audit, "big", 1)
	big.Data, _ = json.Marshal(string(make([]byte, 500_000)))
	first := add(t, j, big)
	if err := rotate(first, first); err != nil { // twice the same is one copy
		t.Fatal(err)
	}
	if err := rotate(); !errors.Is(err, fault.New(fault.JournalFresh)) {
		t.Errorf("only begun: %v", err)
	}
	fill(t, j, 5, 6)
	if err := rotate(999); !errors.Is(err, ErrNotFound) {
		t.Errorf("a record that is not there: %v", err)
	}
	second := add(t, j, big)
	if err := rotate(first, second); !errors.Is(err, fault.New(fault.JournalCarry)) {
		t.Errorf("too much: %v", err)
	}
	why := errors.New("a shift is open")
	if _, err := j.Rotate(ctx, RotateOptions{Carry: func(context.Context) ([]uint64, error) { return nil, why }}); !errors.Is(err, why) {
		t.Error(err)
	}
	done, err := j.hold(ctx)
	must(t, err)
	if err := rotate(); !errors.Is(err, fault.New(fault.Busy)) {
		t.Errorf("somebody looks: %v", err)
	}
	done()
	last, _ := j.Head()
	if p := j.Periods(); p.Number != 2 || p.Archived != 1 || p.First != 7 || !p.Begun.Equal(start) {
		t.Errorf("%+v", p)
	}
	must(t, rotate())
	if now, _ := j.Head(); now != last+1 {
		t.Errorf("%d records became %d", last, now)
	}
	verified(t, j)
}

// Whoever appends meanwhile is neither held up nor forgotten.
func TestRotateWhileAppending(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(dir))
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	type result struct {
		n   int
		err error
	}
	told := make(chan result)
	for w := range 2 {
		go func() {
			n := 0
			pause := time.NewTicker(time.Duration(7+6*w) * time.Millisecond) // as nobody appends all the time
			defer pause.Stop()
			for ctx.Err() == nil {
				<-pause.C
				e := entry(record.Cart, fmt.Sprint("writer ", w), n)
				e.Group = uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d.%d", w, n))
				if n > 0 {
					e.Ends = []uuid.UUID{uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%d.%d", w, n-1))}
				}
				if _, err := j.Append(context.Background(), e); err != nil {
					told <- result{n, err}
					return
				}
				n++
			}
			told <- result{n, nil}
		}()
	}
	read := make(chan error)
	go func() { // and whoever reads
		var err error
		for ctx.Err() == nil && err == nil {
			last := uint64(0)
			for r, e := range j.Scan(context.Background(), record.Filter{Kinds: []record.Kind{record.Cart}}) {
				if e != nil || r.Seq <= last {
					err = errors.Join(e, fmt.Errorf("record %d after %d", r.Seq, last))
					break
				}
				last = r.Seq
			}
		}
		read <- err
	}()
	rotations := 0
	again := time.NewTicker(time.Millisecond) // a busy machine may keep the writers away for long
	defer again.Stop()
	for end := time.Now().Add(30 * time.Second); rotations < 3 && time.Now().Before(end); <-again.C {
		_, err := j.Rotate(context.Background(), RotateOptions{})
		switch {
		case err == nil:
			rotations++
		case !errors.Is(err, fault.New(fault.Busy)) && !errors.Is(err, fault.New(fault.JournalFresh)):
			t.Fatal(err)
		}
	}
	stop()
	counts := 0
	for range 2 {
		r := <-told
		must(t, r.err)
		counts += r.n
	}
	if err := <-read; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if rotations < 3 {
		t.Errorf("only %d rotations", rotations)
	}
	live, err := j.Live(context.Background())
	if err != nil || len(live) != 2 {
		t.Errorf("%+v %v", live, err)
	}
	if got := scanned(t, j, record.Filter{Kinds: []record.Kind{record.Cart}}); len(got) != counts {
		t.Errorf("%d records of %d", len(got), counts)
	}
	verified(t, j)
	if names, err := os.ReadDir(filepath.Join(dir, archiveName)); err != nil || len(names) != rotations {
		t.Error(names, err)
	}
}
