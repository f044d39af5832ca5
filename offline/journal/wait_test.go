package journal

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// What is refused before the queue leaves the journal as it was.
func TestRefusedEntries(t *testing.T) {
	t.Parallel()
	j, _ := open(t, opts(t.TempDir()))
	ctx := context.Background()
	good := entry(record.Audit, "login", 1)
	with := func(change func(*record.Entry)) []record.Entry {
		e := good
		change(&e)
		return []record.Entry{good, e}
	}
	huge := json.RawMessage(`"` + strings.Repeat("x", record.MaxData-2) + `"`)
	for name, c := range map[string]struct {
		entries []record.Entry
		want    error
	}{
		"no entry":     {nil, record.ErrInvalid},
		"65 entries":   {make([]record.Entry, record.MaxBatch+1), record.ErrInvalid},
		"no kind":      {with(func(e *record.Entry) { e.Kind = "" }), record.ErrInvalid},
		"no id":        {with(func(e *record.Entry) { e.ID = uuid.Nil }), record.ErrInvalid},
		"not JSON":     {with(func(e *record.Entry) { e.Data = json.RawMessage("{") }), record.ErrInvalid},
		"long type":    {with(func(e *record.Entry) { e.Type = strings.Repeat("t", MaxType+1) }), record.ErrInvalid},
		"number 0":     {with(func(e *record.Entry) { e.Numbers = []int64{0} }), record.ErrInvalid},
		"many ends":    {with(func(e *record.Entry) { e.Ends = make([]uuid.UUID, MaxEnds+1) }), record.ErrInvalid},
		"above 4 MiB":  {with(func(e *record.Entry) { e.Data = append(huge[:len(huge)-1:len(huge)-1], `xx"`...) }), record.ErrInvalid},
		"two of 4 MiB": {append(with(func(e *record.Entry) { e.Data = huge }), with(func(e *record.Entry) { e.Data = huge })...), fault.New(fault.TooLarge)},
	} {
		if _, err := j.Append(ctx, c.entries...); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := j.Post(c.entries...); !errors.Is(err, c.want) {
			t.Errorf("%s: post: %v", name, err)
		}
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := j.Append(gone, good); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if first := add(t, j, with(func(e *record.Entry) { e.Data = huge })...); first != 1 || j.Err() != nil {
		t.Error(first, j.Err())
	}
	if r, err := j.Get(ctx, 2); err != nil || len(r.Data) != len(huge) {
		t.Error(err, len(r.Data))
	}
}

// A group with more live records than one of Badger's transactions takes.
func TestManyLive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, _ := open(t, opts(dir))
	ctx := context.Background()
	e := entry(record.Cart, "add", 1)
	e.Group = uuid.New()
	const n = txnCount + 500
	for range n {
		for {
			err := j.Post(e)
			if err == nil {
				break
			}
			if !errors.Is(err, fault.New(fault.Busy)) {
				t.Fatal(err)
			}
			must(t, j.Flush(ctx))
		}
	}
	must(t, j.Flush(ctx))
	if live, err := j.Live(ctx); err != nil || len(live) != n {
		t.Fatal(len(live), err)
	}
	end := entry(record.Void, "cart", 2)
	end.Ends = []uuid.UUID{e.Group}
	add(t, j, end)
	if live, err := j.Live(ctx); err != nil || len(live) != 0 {
		t.Fatal(len(live), err)
	}
	closed(t, j)
	j, _ = open(t, opts(dir))
	if live, err := j.Live(ctx); err != nil || len(live) != 0 {
		t.Fatal(len(live), err)
	}
}

// Badger comes after the tape by itself, within the lag allowed.
func TestLag(t *testing.T) {
	o := opts(t.TempDir())
	o.LagTime = 200 * time.Millisecond
	j, _ := open(t, o)
	fill(t, j, 0, 10)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		n, age := j.Lag()
		if n == 0 && age == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("still %d records, %v behind", n, age)
		}
	}
}

// A Badger that fails stops the journal: nothing may be acknowledged that one
// copy does not have.
func TestBadgerFails(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, opts(dir))
	fill(t, j, 0, 5)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	must(t, j.caughtUp(ctx))
	must(t, j.store.db.Close()) // as good as a dead disk
	for {
		if _, err := j.Append(ctx, entry(record.Audit, "login", 9)); err != nil {
			if !errors.Is(err, fault.New(fault.JournalWrite)) {
				t.Fatal(err)
			}
			break
		}
	}
	select {
	case <-j.Failed():
	default:
		t.Error("not failed")
	}
	if _, err := j.Live(ctx); err == nil {
		t.Error("read what is not there")
	}
	last, _ := j.Head()
	if err := j.Close(); err == nil {
		t.Error("closed as if nothing had been")
	}
	j, _ = open(t, opts(dir))
	if list := all(t, j); uint64(len(list)) < last {
		t.Errorf("%d of %d records", len(list), last)
	}
}

// Whoever waits for Badger is let go by Close and by its own ctx.
func TestWaitingReaders(t *testing.T) {
	j, _ := open(t, opts(t.TempDir()))
	ctx, cancel := context.WithCancel(context.Background())
	results := make(chan error, 2)
	go func() { results <- j.waitFor(ctx, 99) }() // a record that never comes
	go func() { results <- j.waitFor(context.Background(), 99) }()
	cancel()
	if err := <-results; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	closed(t, j)
	if err := <-results; !errors.Is(err, fault.New(fault.Unavailable)) {
		t.Error(err)
	}
	for _, err := range []error{third(j.Get(ctx, 1)), third(j.Setting(ctx, "x")), j.Post(entry(record.Audit, "x", 1))} {
		if err == nil {
			t.Error("a closed journal answered")
		}
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestLongPath(t *testing.T) {
	dir := t.TempDir()
	for range 8 {
		dir = filepath.Join(dir, strings.Repeat("д", 100))
	}
	j, _ := open(t, opts(dir))
	fill(t, j, 0, 3)
	closed(t, j)
	healed(t, dir, 3)
}

// A repair that is given up goes on at the next Open.
func TestRebuildGivenUp(t *testing.T) {
	t.Parallel()
	dir, n := bigger(t)
	must(t, os.RemoveAll(filepath.Join(dir, badgerName)))
	o := opts(dir)
	ctx, cancel := context.WithCancel(context.Background())
	o.Progress = func(done, total uint64) {
		if total != uint64(n) {
			t.Errorf("%d of %d", done, total)
		}
		cancel()
	}
	if _, _, err := Open(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	j, did := open(t, opts(dir))
	if did.Applied == 0 || did.Applied >= uint64(n) || len(all(t, j)) != n {
		t.Errorf("%+v", did)
	}
}
