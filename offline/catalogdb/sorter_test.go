package catalogdb

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func plenty(int64) error { return nil }

// The sorter agrees with a stable sort in memory, whatever its memory.
func TestSorter(t *testing.T) {
	dir := t.TempDir()
	type pair struct{ key, value string }
	rapid.Check(t, func(t *rapid.T) {
		s := newSorter(dir, "test", plenty)
		s.limit = rapid.IntRange(1, 64).Draw(t, "memory")
		texts := rapid.StringMatching(`[a-c]{0,3}`)
		var want, got []pair
		for range rapid.IntRange(0, 60).Draw(t, "records") {
			p := pair{texts.Draw(t, "key"), texts.Draw(t, "value")}
			want = append(want, p)
			if err := s.add([]byte(p.key), []byte(p.value)); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(want, func(a, b pair) int { return strings.Compare(a.key, b.key) })
		if err := s.each(func(key, value []byte) error {
			got = append(got, pair{string(key), string(value)})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("left %v, %v", left, err)
		}
	})
}

// A run that was cut or a disk without space is an error, not missing records.
func TestSorterErrors(t *testing.T) {
	s := newSorter(t.TempDir(), "test", plenty)
	s.limit = 8
	for _, k := range []string{"one", "two", "three", "four"} {
		if err := s.add([]byte(k), []byte("value")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.runs[1].Truncate(5); err != nil {
		t.Fatal(err)
	}
	if err := s.each(func(_, _ []byte) error { return nil }); err == nil {
		t.Error("a cut run went unseen")
	}
	stop := errors.New("stop")
	if err := s.each(func(_, _ []byte) error { return stop }); err == nil {
		t.Error("the caller's error went unseen")
	}
	s.space = func(int64) error { return ErrSpace }
	if err := s.spill(); !errors.Is(err, ErrSpace) {
		t.Errorf("spill: %v", err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

// What is stored of a set, sparse or dense, is the set.
func TestBitset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint32Range(1, 200_000).Draw(t, "items")
		every := rapid.Uint32Range(1, 100).Draw(t, "every")
		want, got := newBitset(n), newBitset(n)
		for i := rapid.Uint32Range(0, n-1).Draw(t, "from"); i < n; i += every {
			want.set(i)
		}
		if err := want.stored(got.add); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(want, got) {
			t.Fatal("the set changed")
		}
	})
	// Damaged blocks are refused.
	b := newBitset(10)
	for block, stored := range map[uint16][]byte{1: {0, 0}, 0: {1}, 2: make([]byte, blockBytes)} {
		if err := b.add(block, stored); err == nil {
			t.Errorf("block %d of %d bytes was taken", block, len(stored))
		}
	}
	if err := b.add(0, make([]byte, blockBytes+2)); err == nil {
		t.Error("a block too long was taken")
	}
}

// Words gathered in several buffers come out with all their items.
func TestWordCollector(t *testing.T) {
	s := newSorter(t.TempDir(), "words", plenty)
	s.limit = 200
	c := newWordCollector(s)
	const items = 1000
	for n := range uint32(items) {
		for _, w := range []string{"все", "ч" + string('а'+rune(n%5))} {
			if err := c.add([]byte(w), n); err != nil {
				t.Fatal(err)
			}
		}
		if n%97 == 0 {
			if err := c.flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.flush(); err != nil {
		t.Fatal(err)
	}
	got := map[string][]uint32{}
	if err := s.each(func(key, value []byte) error {
		return eachStep(value, items, func(n uint32) { got[string(splitWord(key))] = append(got[string(splitWord(key))], n) })
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 6 || len(got["все"]) != items || len(got["чб"]) != items/5 {
		t.Errorf("%d words, %d and %d items", len(got), len(got["все"]), len(got["чб"]))
	}
	for w, list := range got {
		if !slices.IsSorted(list) {
			t.Errorf("%s is not in order", w)
		}
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
