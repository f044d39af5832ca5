package tape_test

import (
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

func mounted(t *testing.T, o tape.Options) *tape.Tape {
	t.Helper()
	tp, _, err := tape.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tp.Close() })
	return tp
}

func appended(t *testing.T, tp *tape.Tape, n int) {
	t.Helper()
	if _, err := tp.Append(context.Background(), members(n, 100)); err != nil {
		t.Fatal(err)
	}
}

// lines reads a tape from a line to its end and gives their sequences.
func lines(t *testing.T, tp *tape.Tape, from uint64) (seqs []uint64) {
	t.Helper()
	r, err := tp.Reader(from)
	if err != nil {
		t.Fatal(err)
	}
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, l.Seq)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return seqs
}

// A batch that begins a segment does so however much room the last one has,
// and is refused when something came in between.
func TestBegin(t *testing.T) {
	d, ctx := tapetest.New(), context.Background()
	tp := mounted(t, diskOptions(d))
	appended(t, tp, 1)
	appended(t, tp, 2)
	if _, err := tp.Begin(ctx, 1, members(3, 100)); !errors.Is(err, tape.ErrMoved) {
		t.Fatal(err)
	}
	if _, err := tp.Post(members(3, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := tp.Begin(ctx, 2, members(4, 100)); !errors.Is(err, tape.ErrMoved) {
		t.Fatal(err)
	}
	// What is waiting counts, durable or not.
	first, err := tp.Begin(ctx, 3, members(4, 100), members(5, 6000)) // larger than a segment
	if err != nil || first != 4 {
		t.Fatal(first, err)
	}
	appended(t, tp, 6)
	if seqs := lines(t, tp, 1); !slices.Equal(seqs, []uint64{1, 2, 3, 4, 5, 6}) {
		t.Error(seqs)
	}
	old, err := tp.Reader(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tp.Forget(5); err == nil {
		t.Error("a line that begins no segment")
	}
	names, err := tp.Forget(4)
	if err != nil || !slices.Equal(names, []string{"00000001.tape"}) {
		t.Fatal(names, err)
	}
	if base, hash := tp.Base(); base != 3 || hash == tape.Genesis(journalID) {
		t.Error(base)
	}
	if _, err := tp.Reader(3); err == nil {
		t.Error("a line that was forgotten")
	}
	if err := d.Rename("/tape/00000001.tape", "/away/00000001.tape"); err != nil {
		t.Fatal(err)
	}
	if l, err := old.Next(); err != nil || l.Seq != 1 { // it is in the file
		t.Error(l.Seq, err)
	}
	if err := errors.Join(old.Close(), tp.Close()); err != nil {
		t.Fatal(err)
	}
	again := mounted(t, diskOptions(d))
	if base, _ := again.Base(); base != 3 {
		t.Error(base)
	}
	appended(t, again, 7)
	if seqs := lines(t, again, 4); !slices.Equal(seqs, []uint64{4, 5, 6, 7}) {
		t.Error(seqs)
	}
}

// The frame that begins a segment is torn off behind the segment's header, and
// what comes instead begins one too, or finds no room in it.
func TestBeginTorn(t *testing.T) {
	for name, next := range map[string]func(*tape.Tape) error{
		"begin":  func(tp *tape.Tape) error { _, err := tp.Begin(context.Background(), 2, members(3, 50)); return err },
		"large":  func(tp *tape.Tape) error { _, err := tp.Append(context.Background(), members(3, 9000)); return err },
		"append": func(tp *tape.Tape) error { _, err := tp.Append(context.Background(), members(3, 50)); return err },
	} {
		t.Run(name, func(t *testing.T) {
			d := tapetest.New()
			tp := mounted(t, diskOptions(d))
			appended(t, tp, 1)
			appended(t, tp, 2)
			if _, err := tp.Begin(context.Background(), 2, members(3, 700)); err != nil {
				t.Fatal(err)
			}
			if err := tp.Close(); err != nil {
				t.Fatal(err)
			}
			d.Poke("/tape/00000002.tape", 2*tape.Sector, []byte("torn")) // the header's sector stays
			tp = mounted(t, diskOptions(d))
			if last, _ := tp.Durable(); last != 2 {
				t.Fatal(last)
			}
			if err := next(tp); err != nil {
				t.Fatal(err)
			}
			appended(t, tp, 4)
			if seqs := lines(t, tp, 1); !slices.Equal(seqs, []uint64{1, 2, 3, 4}) {
				t.Fatal(seqs)
			}
			if err := tp.Close(); err != nil {
				t.Fatal(err)
			}
			if found, err := tape.Inspect(context.Background(), d, "/tape", nil); err != nil || found.Last != 4 || found.First != 1 {
				t.Fatalf("%+v %v", found, err)
			}
			tp = mounted(t, diskOptions(d))
			if seqs := lines(t, tp, 3); !slices.Equal(seqs, []uint64{3, 4}) {
				t.Fatal(seqs)
			}
		})
	}
}

// A frozen tape is read and nothing else, and opening it changes nothing.
func TestFrozen(t *testing.T) {
	d := tapetest.New()
	o := diskOptions(d)
	o.Frozen = true
	if _, _, err := tape.Open(o); !errors.Is(err, tape.ErrEmpty) {
		t.Fatal(err)
	}
	tp := mounted(t, diskOptions(d))
	for n := 1; n <= 30; n++ {
		appended(t, tp, n)
	}
	if err := tp.Close(); err != nil {
		t.Fatal(err)
	}
	ops := d.Ops()
	frozen, did, err := tape.Open(o)
	if err != nil || did.Last != 30 || did.ID != journalID {
		t.Fatalf("%+v %v", did, err)
	}
	if seqs := lines(t, frozen, 1); len(seqs) != 30 {
		t.Error(seqs)
	}
	if _, err := frozen.Append(context.Background(), members(31, 1)); !errors.Is(err, tape.ErrClosed) {
		t.Error(err)
	}
	frozen.Prepare()
	if err := errors.Join(frozen.Flush(context.Background()), frozen.Close(), frozen.Close()); err != nil {
		t.Error(err)
	}
	if d.Ops() != ops {
		t.Errorf("%d changes", d.Ops()-ops)
	}
}

// A tape may begin in the middle of a journal.
func TestBeginsLater(t *testing.T) {
	d := tapetest.New()
	o := diskOptions(d)
	o.After, o.Chain = 41, tape.Genesis(journalID)
	tp := mounted(t, o)
	if base, hash := tp.Base(); base != 41 || hash != o.Chain {
		t.Fatal(base)
	}
	appended(t, tp, 42)
	if err := tp.Close(); err != nil {
		t.Fatal(err)
	}
	again := mounted(t, diskOptions(d))
	if base, hash := again.Base(); base != 41 || hash != o.Chain {
		t.Error(base)
	}
	if seqs := lines(t, again, 42); !slices.Equal(seqs, []uint64{42}) {
		t.Error(seqs)
	}
	if names, err := d.ReadDir("/tape"); err != nil || path.Ext(names[0]) != ".tape" {
		t.Error(names, err)
	}
}
