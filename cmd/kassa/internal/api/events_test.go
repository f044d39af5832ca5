package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// growing is a journal and a till that change while somebody reads.
type growing struct {
	mu      sync.Mutex
	records []record.Record
	oldest  uint64
	version uint64
	changed chan struct{}
	pad     string
}

func (g *growing) Do(context.Context, till.Event) error { return nil }

func (g *growing) View() (till.View, uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return till.View{Phase: "idle", Store: g.pad}, g.version
}

func (g *growing) Wait(ctx context.Context, after uint64) (uint64, error) {
	for {
		g.mu.Lock()
		version, changed := g.version, g.changed
		g.mu.Unlock()
		if version > after {
			return version, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return version, ctx.Err()
		}
	}
}

func (g *growing) touch() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.version++
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *growing) add(kind record.Kind, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for range n {
		seq := uint64(len(g.records) + 1)
		g.records = append(g.records, record.Record{Seq: seq, Entry: record.Entry{Kind: kind, ID: uuid.New(), Schema: 1, Data: json.RawMessage(fmt.Sprintf(`{"number":%d}`, seq))}})
	}
}

func (g *growing) scan(_ context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		g.mu.Lock()
		all := slices.Clone(g.records)
		g.mu.Unlock()
		for _, r := range all {
			if r.Seq > f.After && (f.Before == 0 || r.Seq < f.Before) && slices.Contains(f.Kinds, r.Kind) && !yield(r, nil) {
				return
			}
		}
	}
}

var journalID = uuid.MustParse("019a0000-0000-7000-8000-00000000beef")

func (g *growing) serve(t *testing.T, stall time.Duration) (*API, string) {
	g.changed = make(chan struct{})
	a := New(Options{Till: g, Records: g.scan, Journal: journalID, Language: "en", Location: time.UTC, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Head: func() (uint64, uint64) {
			g.mu.Lock()
			defer g.mu.Unlock()
			return max(g.oldest, 1), uint64(len(g.records))
		}})
	if stall > 0 {
		a.stall = stall
	}
	s := httptest.NewServer(a.Local())
	t.Cleanup(s.Close)
	return a, s.URL + "/api/v1/events"
}

// told is an event as a reader gets it.
type told struct {
	id, name string
	data     struct {
		Seq      uint64 `json:"seq"`
		Revision uint64 `json:"revision"`
		Reset
	}
}

// listen opens a stream; next waits for one event of it.
func listen(t *testing.T, url, last string) (next func() told, end func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", last)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d", url, res.StatusCode)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 16<<20)
	end = sync.OnceFunc(func() {
		cancel()
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return func() (e told) {
		t.Helper()
		for lines.Scan() {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case key == "id":
				e.id = value
			case key == "event":
				e.name = value
			case key == "data":
				if err := json.Unmarshal([]byte(value), &e.data); err != nil {
					t.Fatalf("%v in %.80s", err, value)
				}
			case key == "" && e.name != "":
				return e
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return e
	}, end
}

// Whoever comes back with the id of the last event he had is told the rest,
// each record once and in order, by another program as well.
func TestEventsGoOnBehindACursor(t *testing.T) {
	g := &growing{}
	_, url := g.serve(t, 0)
	g.add(record.Document, 3)
	next, end := listen(t, url+"?kind=view,document", "")
	first := next()
	if first.name != "view" {
		t.Fatalf("%+v", first)
	}
	g.add(record.Cart, 1)
	g.add(record.Document, 2)
	five, six := next(), next()
	if five.name != "document" || five.data.Seq != 5 || six.data.Seq != 6 {
		t.Fatalf("%+v %+v", five, six)
	}
	end()
	g.add(record.Document, 300)
	_, again := g.serve(t, 0) // after a restart
	next, _ = listen(t, again+"?kind=document", five.id)
	for want := uint64(6); want <= 306; want++ {
		if e := next(); e.data.Seq != want {
			t.Fatalf("%+v, want %d", e, want)
		}
	}
	// The same by the parameter, for all kinds there are.
	var kinds []string
	for _, k := range record.Kinds() {
		kinds = append(kinds, string(k))
	}
	next, _ = listen(t, again+"?kind="+strings.Repeat(strings.Join(kinds, ",")+",", 40)+"&after="+first.id, "")
	if e := next(); e.name != "cart" || e.data.Seq != 4 {
		t.Errorf("%+v", e)
	}
	// Views go on at once.
	next, _ = listen(t, again, "")
	next()
	g.touch()
	if e := next(); e.name != "view" || e.data.Revision != 1 {
		t.Errorf("%+v", e)
	}
}

// What can not be told is named.
func TestEventsThatAreLost(t *testing.T) {
	g := &growing{}
	_, url := g.serve(t, 0)
	g.add(record.Document, 9)
	g.oldest = 5
	for name, c := range map[string]struct {
		from place
		want Reset
		next uint64
	}{
		"removed": {placeIn(journalID, 2), Reset{"removed", 3, 4}, 5},
		"other":   {placeIn(uuid.New(), 7), Reset{Reason: "journal"}, 10},
		"ahead":   {placeIn(journalID, 10_000), Reset{Reason: "ahead"}, 11},
	} {
		next, end := listen(t, url+"?kind=document", c.from.String())
		if e := next(); e.name != "reset" || e.data.Reset != c.want {
			t.Errorf("%s: %+v", name, e)
		}
		g.mu.Lock()
		least := uint64(len(g.records)) + 1
		g.mu.Unlock()
		if name == "removed" {
			least = c.next
		}
		g.add(record.Document, 1)
		if e := next(); e.data.Seq != least {
			t.Errorf("%s: went on with %d, want %d", name, e.data.Seq, least)
		}
		end()
	}
}

func TestEventsRefused(t *testing.T) {
	g := &growing{}
	a, url := g.serve(t, 0)
	h := a.Local()
	for _, q := range []string{"?after=x", "?after=" + placeIn(journalID, 1).String() + "A", "?kind=views", "?kind=document&type=SELLS", "?after=!!!!!!!!!!!!!!!!!!"} {
		if code, v := call(t, h, "GET", "/api/v1/events"+q, ""); code != 400 || errorCode(v) != string(fault.BadRequest) {
			t.Errorf("%s: %d %v", q, code, v)
		}
	}
	for range MaxStreams {
		next, _ := listen(t, url, "")
		next()
	}
	if code, v := call(t, h, "GET", "/api/v1/events", ""); code != 429 || errorCode(v) != string(fault.TooMany) {
		t.Errorf("one stream more: %d %v", code, v)
	}
}

// A reader that takes nothing is cut off and gives its place back, while
// another hears everything at once.
func TestASlowReaderOfEvents(t *testing.T) {
	g := &growing{pad: strings.Repeat("x", 1<<20)}
	a, url := g.serve(t, 3*time.Second) // long enough for the other on a busy machine
	res, err := http.Get(url)           // and never read
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	next, _ := listen(t, url, "")
	next()
	deadline := time.After(time.Minute)
	for len(a.streams) != 1 {
		select {
		case <-deadline:
			t.Fatal("the slow reader holds its stream")
		default:
			g.touch()
			next()
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add(placeIn(journalID, 7).String())
	f.Add("")
	f.Add("AQAAAAAAAAAHAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := parsePlace(s); ok && p.String() != s {
			t.Errorf("%q is read as %q", s, p)
		}
	})
}
