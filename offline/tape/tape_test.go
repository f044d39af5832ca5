package tape_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/tape"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var journalID = uuid.MustParse("0192a000-0000-7000-8000-000000000001")

func options(dir string) tape.Options {
	return tape.Options{Dir: dir, SegmentBytes: 16 << 10, ID: journalID}
}

func open(t *testing.T, o tape.Options) (*tape.Tape, tape.Opened) {
	t.Helper()
	tp, did, err := tape.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tp.Close(); err != nil && !errors.Is(err, tape.ErrFailed) {
			t.Error(err)
		}
	})
	return tp, did
}

// members of a line that can be told from all others.
func members(n, size int) []byte {
	return fmt.Appendf(nil, `"n":%d,"pad":%q`, n, strings.Repeat("x", size))
}

func readAll(t *testing.T, tp *tape.Tape, from uint64) []string {
	t.Helper()
	r, err := tp.Reader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var lines []string
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(l.Data))
	}
}

func TestAppendReopenRead(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	var want []string
	for round := range 4 {
		tp, did := open(t, options(dir))
		if did.Fresh != (round == 0) || did.Last != uint64(len(want)) || len(did.Trimmed) != 0 {
			t.Fatalf("round %d: %+v", round, did)
		}
		for i := range 30 {
			first, err := tp.Append(ctx, members(i, i*40), members(i, 1))
			if err != nil || first != uint64(len(want)+1) {
				t.Fatal(first, err)
			}
			want = append(want, "", "")
		}
		if got := readAll(t, tp, 1); len(got) != len(want) {
			t.Fatalf("read %d lines, wrote %d", len(got), len(want))
		}
		if got := readAll(t, tp, uint64(len(want)-7)); len(got) != 8 {
			t.Fatalf("read %d lines from the middle, want 8", len(got))
		}
		if err := tp.Close(); err != nil {
			t.Fatal(err)
		}
	}
	found, err := tape.Inspect(ctx, tape.OS{}, dir, nil)
	if err != nil || found.Last != uint64(len(want)) || found.First != 1 || found.ID != journalID || len(found.Segments) < 4 {
		t.Fatalf("%+v %v", found, err)
	}
}

// A frame above the segment's size gets a segment of its own size; above
// MaxFrame nothing is taken and the tape goes on.
func TestHugeBatch(t *testing.T) {
	tp, _ := open(t, options(t.TempDir()))
	ctx := context.Background()
	for i := range 3 {
		if _, err := tp.Append(ctx, members(i, 50_000)); err != nil {
			t.Fatal(err)
		}
		if _, err := tp.Append(ctx, members(i, 5)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tp.Append(ctx, members(0, tape.MaxFrame)); !errors.Is(err, tape.ErrTooLarge) {
		t.Fatal(err)
	}
	if _, err := tp.Append(ctx, []byte("\"a\":1\n")); err == nil {
		t.Fatal("a newline inside a line was taken")
	}
	if got := readAll(t, tp, 1); len(got) != 6 {
		t.Fatal(len(got))
	}
}

func TestManyAppenders(t *testing.T) {
	tp, _ := open(t, options(t.TempDir()))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				if g%2 == 0 {
					if _, err := tp.Post(members(g, i)); err != nil {
						t.Error(err)
					}
				} else if _, err := tp.Append(context.Background(), members(g, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := tp.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, tp, 1); len(got) != 160 {
		t.Fatal(len(got))
	}
}
