package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
)

// flip damages the line of one record on the tape.
func flip(t testing.TB, dir string, seq int) {
	t.Helper()
	for _, name := range glob(t, dir, "tape/*.tape") {
		data, err := os.ReadFile(name)
		must(t, err)
		if at := bytes.Index(data, fmt.Appendf(nil, `{"seq":%d,`, seq)); at >= 0 {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteAt([]byte{data[at+30] ^ 1}, int64(at+30)) // in place: a running journal may be reading it
			must(t, errors.Join(err, f.Close()))
			return
		}
	}
	t.Fatalf("record %d is not on the tape", seq)
}

// forget makes Badger lose one record without a word.
func forget(t testing.TB, dir string, seq uint64) {
	t.Helper()
	s, err := openBadger(filepath.Join(dir, badgerName), slog.New(slog.DiscardHandler))
	must(t, err)
	must(t, s.drop(seqKey(keyRecord, seq)))
	must(t, s.commit())
	must(t, s.close())
}

// Both copies are damaged, in different places: together they have everything.
func TestDamagedApart(t *testing.T) {
	for name, order := range map[string][2]int{"tape first": {20, 120}, "badger first": {120, 20}} {
		t.Run(name, func(t *testing.T) {
			dir := made(t, 150)
			flip(t, dir, order[0])
			forget(t, dir, uint64(order[1]))
			if did := healed(t, dir, 150); !did.TapeRebuilt || !did.BadgerRebuilt || len(did.Reasons) != 2 {
				t.Errorf("%+v", did)
			}
		})
	}
	t.Run("the same record", func(t *testing.T) {
		dir := made(t, 150)
		flip(t, dir, 20)
		forget(t, dir, 20)
		refused(t, dir, fault.JournalDamaged)
		if aside := glob(t, dir, "*.aside-*"); len(aside) > 0 {
			t.Errorf("set aside: %v", aside)
		}
	})
}

// Power that fails again and again while the tape is made again from Badger
// must not make Badger doubtful: it is all there is.
func TestRepairCutOffAgainAndAgain(t *testing.T) {
	t.Parallel()
	dir := made(t, 150)
	flip(t, dir, 20)
	must(t, os.WriteFile(filepath.Join(dir, attemptsName), []byte("7\n"), 0o600))
	if did := healed(t, dir, 150); !did.TapeRebuilt {
		t.Errorf("%+v", did)
	}
	must(t, os.WriteFile(filepath.Join(dir, attemptsName), []byte("2\n"), 0o600))
	must(t, os.RemoveAll(filepath.Join(dir, tapeName)))
	if did := healed(t, dir, 151); did.TapeRestored != 151 {
		t.Errorf("%+v", did)
	}
}

// A rebuild that is given up goes on where it was.
func TestTapeRebuildGoesOn(t *testing.T) {
	t.Parallel()
	dir := made(t, 3500)
	flip(t, dir, 20)
	for _, from := range []uint64{1000, 2000} {
		ctx, cancel := context.WithCancel(context.Background())
		o := opts(dir)
		o.Progress = func(done, total uint64) {
			if done != from || total != 3500 {
				t.Errorf("%d of %d, want %d first", done, total, from)
			}
			cancel()
		}
		if _, _, err := Open(ctx, o); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if did := healed(t, dir, 3500); !did.TapeRebuilt {
		t.Errorf("%+v", did)
	}
	if left := glob(t, dir, tapeMaking); len(left) > 0 {
		t.Error(left)
	}
}
