package journal

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/record"
)

// model is the journal as a list.
type model struct {
	list []record.Record
	live []record.Record
}

func (m *model) add(at time.Time, e record.Entry) {
	r := record.Record{Seq: uint64(len(m.list) + 1), Time: at, Entry: e}
	m.list = append(m.list, r)
	m.live = slices.DeleteFunc(m.live, func(l record.Record) bool { return slices.Contains(e.Ends, l.Group) })
	if e.Group != uuid.Nil {
		m.live = append(m.live, r)
	}
}

func (m *model) scan(f record.Filter) (list []record.Record) {
	all := slices.Clone(m.list)
	if f.Reverse {
		slices.Reverse(all)
	}
	for i := range all {
		r := &all[i]
		if r.Seq > f.After && (f.Before == 0 || r.Seq < f.Before) && matches(f, r) && (f.Limit == 0 || len(list) < f.Limit) {
			list = append(list, *r)
		}
	}
	return list
}

func (m *model) latest(fits func(*record.Record) bool) uint64 {
	for _, r := range slices.Backward(m.list) {
		if fits(&r) {
			return r.Seq
		}
	}
	return 0
}

// Small pools, so that everything meets.
var (
	poolIDs    = ids("id", 12)
	poolGroups = ids("group", 6)
	poolShifts = ids("shift", 4)
	poolTypes  = []string{"", "SELL", "PAYBACK", "login", "till"}
)

// callersKinds are those a caller may append.
var callersKinds = slices.DeleteFunc(record.Kinds(), func(k record.Kind) bool { return k == record.Period })

func ids(name string, n int) (list []uuid.UUID) {
	for i := range n {
		list = append(list, uuid.NewSHA1(uuid.NameSpaceOID, append([]byte(name), byte(i))))
	}
	return list
}

func genEntry(t *rapid.T) record.Entry {
	e := record.Entry{
		Kind: rapid.SampledFrom(callersKinds).Draw(t, "kind"), ID: rapid.SampledFrom(poolIDs).Draw(t, "id"),
		Type: rapid.SampledFrom(poolTypes).Draw(t, "type"), Schema: 1,
		Ends: rapid.SliceOfN(rapid.SampledFrom(poolGroups), 0, 2).Draw(t, "ends"),
		Data: json.RawMessage(`{"a":"<&>\u2028 ю"}`),
	}
	if len(e.Ends) == 0 {
		e.Ends = nil
	}
	if rapid.Bool().Draw(t, "grouped") {
		e.Group = rapid.SampledFrom(poolGroups).Draw(t, "group")
	}
	if rapid.Bool().Draw(t, "in shift") {
		e.Shift = rapid.SampledFrom(poolShifts).Draw(t, "shift")
	}
	return e
}

func genFilter(t *rapid.T, last uint64) record.Filter {
	f := record.Filter{Reverse: rapid.Bool().Draw(t, "reverse"), Limit: rapid.IntRange(0, 5).Draw(t, "limit")}
	if rapid.Bool().Draw(t, "bounded") {
		f.After = rapid.Uint64Range(0, last+2).Draw(t, "after")
		f.Before = rapid.Uint64Range(0, last+2).Draw(t, "before")
	}
	f.Kinds = rapid.SliceOfN(rapid.SampledFrom(record.Kinds()), 0, 3).Draw(t, "kinds")
	f.Types = rapid.SliceOfN(rapid.SampledFrom(poolTypes), 0, 4).Draw(t, "types")
	if rapid.IntRange(0, 3).Draw(t, "by shift") == 0 {
		f.Shift = rapid.SampledFrom(poolShifts).Draw(t, "shift")
	}
	if rapid.Bool().Draw(t, "by time") {
		f.Since = start.Add(time.Duration(rapid.IntRange(-100, 4000).Draw(t, "since")) * time.Minute)
	}
	if rapid.Bool().Draw(t, "by time") {
		f.Until = start.Add(time.Duration(rapid.IntRange(-100, 4000).Draw(t, "until")) * time.Minute)
	}
	return f
}

// One journal grows through all checks, is closed and opened between, and must
// always answer as a list does. The clock wanders, also back.
func TestAgainstModel(t *testing.T) {
	t.Parallel()
	o := opts(t.TempDir())
	now := &handClock{at: start}
	o.Now = now.Now
	var m model
	j, _ := open(t, o)
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 12).Draw(rt, "batches") {
			now.Add(time.Duration(rapid.IntRange(-30, 50).Draw(rt, "minutes")) * time.Minute)
			batch := rapid.SliceOfN(rapid.Custom(genEntry), 1, 4).Draw(rt, "batch")
			if rapid.Bool().Draw(rt, "post") {
				if err := j.Post(batch...); err != nil {
					rt.Fatal(err)
				}
			} else if _, err := j.Append(ctx, batch...); err != nil {
				rt.Fatal(err)
			}
			for _, e := range batch {
				m.add(now.Now(), e)
			}
		}
		if err := j.Flush(ctx); err != nil {
			rt.Fatal(err)
		}
		if rapid.IntRange(0, 9).Draw(rt, "reopen") == 0 {
			closed(t, j)
			j, _ = open(t, o)
		}
		compareModel(t, rt, j, &m)
	})
	rep, err := j.Verify(ctx, VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range rep.Problems {
		if p.Code != "document.invalid" {
			t.Errorf("%+v", p)
		}
	}
	closed(t, j)
}

func compareModel(t *testing.T, rt *rapid.T, j *Journal, m *model) {
	ctx := context.Background()
	live, err := j.Live(ctx)
	if err != nil || len(live) != len(m.live) {
		rt.Fatalf("live: %v, %d, want %d", err, len(live), len(m.live))
	}
	if d := cmp.Diff(m.live, live, sameTime); len(live) > 0 && d != "" {
		rt.Fatal(d)
	}
	for range 4 {
		f := genFilter(rt, uint64(len(m.list)))
		var got []record.Record
		for r, err := range j.Scan(ctx, f) {
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, r)
		}
		if d := cmp.Diff(m.scan(f), got, sameTime); d != "" {
			rt.Fatalf("%+v: %s", f, d)
		}
	}
	id := rapid.SampledFrom(poolIDs).Draw(rt, "document")
	want := m.latest(func(r *record.Record) bool { return r.Kind == record.Document && r.ID == id })
	if r, _ := j.Document(ctx, id); r.Seq != want {
		rt.Fatalf("document %d, want %d", r.Seq, want)
	}
	name := rapid.SampledFrom(poolTypes).Draw(rt, "setting")
	want = m.latest(func(r *record.Record) bool { return r.Kind == record.Setting && r.Type == name })
	if r, _ := j.Setting(ctx, name); r.Seq != want {
		rt.Fatalf("setting %d, want %d", r.Seq, want)
	}
}

// sameTime: the stored offset counts too, the name of the zone does not.
var sameTime = cmp.Comparer(func(a, b time.Time) bool {
	_, x := a.Zone()
	_, y := b.Zone()
	return a.Equal(b) && x == y
})

// An early break, a cancelled ctx and Close end a Scan.
func TestScanEnds(t *testing.T) {
	j, _ := open(t, opts(t.TempDir()))
	fill(t, j, 0, 20)
	n := 0
	for range j.Scan(context.Background(), record.Filter{}) {
		if n++; n == 3 {
			break
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n = 0
	var last error
	for _, err := range j.Scan(ctx, record.Filter{}) {
		last = err
		if n++; n == 3 {
			cancel()
		}
	}
	if n != 4 || last == nil {
		t.Errorf("%d records, %v", n, last)
	}
	closing := make(chan error)
	n = 0
	for _, err := range j.Scan(context.Background(), record.Filter{}) {
		last = err
		if n++; n == 3 {
			go func() { closing <- j.Close() }()
			<-j.quit
		}
	}
	if err := <-closing; err != nil || n != 4 || last == nil {
		t.Errorf("%v; %d records, %v", err, n, last)
	}
}
