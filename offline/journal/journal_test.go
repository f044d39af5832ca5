package journal

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/pos/record"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
		return
	}
	flag.Parse()
	if !set("rapid.seed") && os.Getenv("KASSA_LONG") == "" { // some, and the same every time
		for name, value := range map[string]string{"rapid.checks": "40", "rapid.seed": "7"} {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	if !set("test.parallel") { // most of the time they wait for the disk; those that start processes are not among them, for these have our locks until they run
		if err := flag.Set("test.parallel", "4"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}

func set(name string) (is bool) {
	flag.Visit(func(f *flag.Flag) { is = is || f.Name == name })
	return is
}

// start is the tests' clock.
var start = time.Date(2026, 3, 1, 10, 0, 0, 0, time.FixedZone("MSK", 3*3600))

func opts(dir string) Options {
	return Options{Dir: dir, SegmentBytes: 64 << 10, Ballast: 1 << 20, Now: func() time.Time { return start }, Log: slog.New(slog.DiscardHandler)}
}

func open(t testing.TB, o Options) (*Journal, Opened) {
	t.Helper()
	j, did, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() }) // tests that care close themselves
	return j, did
}

func closed(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// entry makes an entry that can be told from all others.
func entry(kind record.Kind, typ string, n int) record.Entry {
	return record.Entry{Kind: kind, ID: uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s%d", kind, n)),
		Type: typ, Schema: 1, Data: json.RawMessage(fmt.Sprintf(`{"n":%d,"text":"a<b>&ю"}`, n))}
}

func add(t testing.TB, j *Journal, entries ...record.Entry) uint64 {
	t.Helper()
	first, err := j.Append(context.Background(), entries...)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func fill(t testing.TB, j *Journal, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		add(t, j, entry(record.Audit, "login", i))
	}
}

// all reads everything and checks numbers.
func all(t testing.TB, j *Journal) []record.Record {
	t.Helper()
	var list []record.Record
	for r, err := range j.Scan(context.Background(), record.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Seq != uint64(len(list)+1) {
			t.Fatalf("record %d at place %d", r.Seq, len(list)+1)
		}
		list = append(list, r)
	}
	return list
}

func glob(t testing.TB, dir, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	j, did := open(t, opts(dir))
	if !did.Fresh || did.Records != 0 || did.Repaired() || did.ID == uuid.Nil {
		t.Fatalf("%+v", did)
	}
	group := uuid.New()
	cart := entry(record.Cart, "add", 1)
	cart.Group = group
	if err := j.Post(cart); err != nil {
		t.Fatal(err)
	}
	intent := entry(record.Intent, "SELL", 2)
	intent.Numbers, intent.Group = []int64{7}, uuid.New()
	if first := add(t, j, intent); first != 2 {
		t.Fatalf("a posted entry did not come first: %d", first)
	}
	big := entry(record.Document, "SELL", 3)
	big.Data = json.RawMessage(fmt.Sprintf("%q", strings.Repeat("x", 700_000))) // parts in Badger
	big.Ends, big.Numbers = []uuid.UUID{intent.Group}, []int64{7}
	add(t, j, big, entry(record.Setting, "till", 4))
	head, hash := j.Head()
	closed(t, j)

	j, did = open(t, opts(dir))
	if did.Fresh || did.Records != 4 || did.Applied != 0 || did.Repaired() {
		t.Fatalf("%+v", did)
	}
	if h, s := j.Head(); h != head || s != hash || j.LastNumber() != 7 {
		t.Fatal(h, s, j.LastNumber())
	}
	got, err := j.Document(ctx, big.ID)
	if err != nil || len(got.Data) != len(big.Data) || !got.Time.Equal(start) || got.Seq != 3 {
		t.Fatal(err, got.Seq, len(got.Data))
	}
	live, err := j.Live(ctx)
	if err != nil || len(live) != 1 || live[0].ID != cart.ID || string(live[0].Data) != string(cart.Data) {
		t.Fatal(err, live)
	}
	if s, err := j.Setting(ctx, "till"); err != nil || s.Seq != 4 {
		t.Fatal(err, s)
	}
	for _, err := range []error{
		third(j.Get(ctx, 5)), third(j.Get(ctx, 0)), third(j.Setting(ctx, "other")), third(j.Document(ctx, uuid.New())),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
	}
	if list := all(t, j); len(list) != 4 {
		t.Fatal(len(list))
	}
}

func third(_ record.Record, err error) error { return err }

// Periods, and copies that are carried into them, are made by the journal only.
func TestRefusesPeriods(t *testing.T) {
	j, _ := open(t, opts(t.TempDir()))
	carried := entry(record.Audit, "login", 1)
	carried.Carried = 1
	for _, e := range []record.Entry{entry(record.Period, "", 1), carried} {
		if _, err := j.Append(context.Background(), e); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("append: %v", err)
		}
		if err := j.Post(e); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("post: %v", err)
		}
	}
	if last, _ := j.Head(); last != 0 || j.Err() != nil {
		t.Error(last, j.Err())
	}
}
