package journal

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// holdsUp is a log that Badger waits in when it says something.
type holdsUp struct {
	slog.Handler
	at      string
	release chan struct{}
}

func (h holdsUp) Enabled(context.Context, slog.Level) bool { return true }
func (h holdsUp) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h holdsUp) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, h.at) {
		<-h.release
	}
	return nil
}

// A Badger that does not end is left as a kill would leave it; the next start
// tells, and has everything.
func TestCloseHasALimit(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(o *Options, release chan struct{}) (begin func()){
		"badger": func(o *Options, release chan struct{}) func() {
			o.Log = slog.New(holdsUp{slog.DiscardHandler, "Lifetime L0", release})
			return func() {}
		},
		"follower": func(o *Options, release chan struct{}) func() {
			begun := make(chan struct{})
			o.Free = func(dir string) (uint64, error) {
				select {
				case <-begun:
					<-release
				default:
				}
				return freeBytes(dir)
			}
			return func() { close(begun) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := opts(filepath.Join(t.TempDir(), "data"))
			o.closeLimit = 50 * time.Millisecond
			release := make(chan struct{})
			begin := hold(&o, release)
			j, _ := open(t, o)
			fill(t, j, 0, 100)
			begin()
			err := j.Close()
			if !errors.Is(err, errNotClosed) || !errors.Is(err, fault.New(fault.JournalWrite)) {
				t.Fatal(err)
			}
			if again := j.Close(); !errors.Is(again, errNotClosed) {
				t.Errorf("the second call says %v", again)
			}
			if _, err := j.Append(t.Context(), entry(record.Audit, "late", 1)); err == nil {
				t.Error("it takes more")
			}
			refused(t, o.Dir, fault.JournalLocked)

			copied := filepath.Join(t.TempDir(), "data") // what a kill now leaves
			must(t, os.CopyFS(copied, os.DirFS(o.Dir)))
			close(release)
			toldOfLeft(t, copied)
			until(t, "the late end", func() bool {
				l, err := takeLock(o.Dir)
				return err == nil && l.release() == nil
			})
			toldOfLeft(t, o.Dir)
		})
	}
}

// toldOfLeft opens a journal that was left: it tells so, once.
func toldOfLeft(t *testing.T, dir string) {
	t.Helper()
	for turn := range 2 {
		j, did := open(t, opts(dir))
		if first := turn == 0; did.BadgerLeft != first || did.Repaired() != first || (len(did.Reasons) == 1) != first {
			t.Fatalf("opening %d: %+v", turn, did)
		}
		if list := all(t, j); len(list) != 100 {
			t.Fatalf("%d records", len(list))
		}
		rep, err := j.Verify(context.Background(), VerifyOptions{})
		if err != nil || !rep.OK {
			t.Fatalf("%+v %v", rep, err)
		}
		closed(t, j)
	}
}

// What Badger only says in its log ends the journal; a full disk does not.
func TestBadgerComplains(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(dir))
	fill(t, j, 0, 10)
	said := badgerLog{j.o.Log, j.complained}
	said.Errorf("error flushing memtable to disk: %v, retrying", unix.ENOSPC)
	said.Warningf("compaction: %v", unix.EIO)
	if err := j.Err(); err != nil {
		t.Fatal(err)
	}
	said.Errorf("Error while curlf sync: %v\n", unix.EIO)
	<-j.Failed()
	if _, err := j.Append(t.Context(), entry(record.Audit, "late", 1)); !errors.Is(err, fault.New(fault.JournalWrite)) {
		t.Error(err)
	}
	if err := j.Close(); !errors.Is(err, fault.New(fault.JournalWrite)) || !strings.Contains(err.Error(), unix.EIO.Error()) {
		t.Error(err)
	}
	j, did := open(t, opts(dir))
	if list := all(t, j); len(list) != 10 || did.Repaired() {
		t.Errorf("%d records, %+v", len(list), did)
	}
	closed(t, j)
}
