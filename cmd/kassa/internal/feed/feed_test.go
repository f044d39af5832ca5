package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/offline/evotor"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	goodToken  = "good"
	otherToken = "of-the-api"
)

var self = evotor.Identity{Store: "20170928-3176-40EB-80E2-A11F032E282A", Device: "20170928-9441-4BEB-BEAE-C6BC5E7AF30D", User: "01-000000000000001"}

// shop is a feed over a real journal.
type shop struct {
	t       testing.TB
	dir     string
	journal *journal.Journal
	feed    *Feed
	now     time.Time
	docs    []record.Record // that are in the format, as stored
}

func newShop(t testing.TB) *shop {
	s := &shop{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.FixedZone("", 3*3600))}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *shop) open() {
	var err error
	s.journal, _, err = journal.Open(context.Background(), journal.Options{Dir: s.dir, ScrubEvery: -1, Now: func() time.Time { return s.now }})
	if err != nil {
		s.t.Fatal(err)
	}
	s.feed = New(Options{
		Records: s.journal.Scan, Identity: func() evotor.Identity { return self }, Version: "test", Now: func() time.Time { return s.now },
		Log: slog.New(slog.DiscardHandler), Device: "K1", Since: s.now,
		Head: func() uint64 { seq, _ := s.journal.Head(); return seq },
		Store: func() catalog.Store {
			return catalog.Store{Name: "Лавка", Cashiers: []catalog.Cashier{{ID: "c1", Name: "Иванова Анна", PINHash: "secret", Badge: "secret", Role: catalog.RoleCashier}}}
		},
		Document: func(ctx context.Context, id uuid.UUID) (record.Record, bool, error) {
			rec, err := s.journal.Document(ctx, id)
			if errors.Is(err, journal.ErrNotFound) {
				return rec, false, nil
			}
			return rec, err == nil, err
		},
		Allows: func(token string, _ access.Scope) (access.Token, bool, bool) {
			return access.Token{ID: uuid.NewSHA1(uuid.Nil, []byte(token))}, token == goodToken || token == otherToken, token == goodToken
		},
	})
}

func (s *shop) close() {
	if err := s.journal.Close(); err != nil {
		s.t.Error(err)
	}
}

// sell journals documents of all kinds, one second apart, and other records
// between them.
func (s *shop) sell(n int) {
	s.t.Helper()
	types := []doc.Type{doc.Sell, doc.OpenSession, doc.Correction, doc.CloseSession, doc.Payback, doc.CashIncome}
	var batch []record.Entry
	for i := range n {
		number := int64(len(s.docs) + i + 1)
		d := doc.Document{ID: uuid.New(), Type: types[i%len(types)], Number: number, Time: s.now, Cashier: doc.Cashier{ID: "c1"}}
		switch d.Type {
		case doc.Sell, doc.Payback, doc.Correction:
			d.Receipt = &doc.Receipt{Lines: []doc.Line{{ID: uuid.New(), Name: "Чай", Qty: 1000, BasePrice: 5000, Price: 5000, Gross: 5000, Total: 5000, Rate: tax.None, Method: 4}},
				Payments: []doc.Payment{{ID: uuid.New(), Type: doc.PayCash, Sum: 5000}}, Gross: 5000, Total: 5000, TaxSystem: tax.General}
		case doc.CloseSession:
			d.Shift = &doc.Shift{}
		case doc.CashIncome:
			d.Cash = &doc.Cash{Sum: 100}
		}
		data, err := json.Marshal(d)
		if err != nil {
			s.t.Fatal(err)
		}
		e := record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Schema: doc.Schema, Data: data}
		batch = append(batch, e, record.Entry{Kind: record.Audit, ID: uuid.New(), Type: "x", Schema: 1})
		if len(batch) == record.MaxBatch || i == n-1 {
			first, err := s.journal.Append(context.Background(), batch...)
			if err != nil {
				s.t.Fatal(err)
			}
			for k, e := range batch {
				if e.Kind == record.Document && e.Type != string(doc.Correction) {
					s.docs = append(s.docs, record.Record{Seq: first + uint64(k), Time: s.now, Entry: e})
				}
			}
			batch = nil
			s.now = s.now.Add(time.Second)
		}
	}
}

type answer struct {
	Items []struct {
		ID, Type string
		Body     json.RawMessage
	}
	Paging *struct {
		Next string `json:"next_cursor"`
	}
	Code       string
	Message    string
	Violations []violation
}

func (s *shop) get(path string, header ...string) (*httptest.ResponseRecorder, answer) {
	if len(header) == 0 {
		header = []string{"X-Authorization", goodToken}
	}
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.feed.ServeHTTP(patientRecorder{w}, r)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		s.t.Fatalf("%s: %v in %s", path, err, w.Body)
	}
	return w, a
}

// patientRecorder takes deadlines, which a recorder never misses.
type patientRecorder struct{ *httptest.ResponseRecorder }

func (patientRecorder) SetWriteDeadline(time.Time) error { return nil }

func list(q url.Values) string { return "/stores/" + self.Store + "/documents?" + q.Encode() }

// read reads all pages as clients do: what they asked for goes with the first
// request only.
func (s *shop) read(q url.Values, between func()) (ids []string, pages int) {
	for path := list(q); ; pages++ {
		s.feed.mu.Lock() // a server may be asking it as well
		s.feed.used = map[uuid.UUID]window{}
		s.feed.mu.Unlock()
		w, a := s.get(path)
		if w.Code != http.StatusOK || a.Paging == nil || len(a.Items) > evotor.MaxPage {
			s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		for _, it := range a.Items {
			if len(it.Body) == 0 || it.Body[0] != '{' {
				s.t.Fatalf("%s %s without body", it.Type, it.ID)
			}
			ids = append(ids, it.ID)
		}
		if a.Paging.Next == "" {
			return ids, pages + 1
		}
		if len(a.Items) == 0 {
			s.t.Fatal("an empty page that is not the last")
		}
		path = list(url.Values{"cursor": {a.Paging.Next}})
		if between != nil {
			between()
		}
	}
}

func idsOf(docs []record.Record) (ids []string) {
	for _, d := range docs {
		ids = append(ids, d.ID.String())
	}
	return ids
}

func TestAReadingIsWholeWhateverHappensMeanwhile(t *testing.T) {
	s := newShop(t)
	s.sell(3600)
	want := idsOf(s.docs)
	step := 0
	got, pages := s.read(url.Values{}, func() {
		switch step++; step {
		case 1:
			s.sell(50) // belongs to a later reading
		case 2:
			if _, err := s.journal.Rotate(t.Context(), journal.RotateOptions{}); err != nil {
				t.Fatal(err)
			}
			s.sell(5)
		case 3: // the till starts again
			s.close()
			s.open()
		}
	})
	if d := cmp.Diff(want, got); d != "" || pages != 3 {
		t.Errorf("%d pages: %s", pages, d)
	}
	if got, _ := s.read(url.Values{}, nil); len(got) != len(s.docs) {
		t.Errorf("later: %d documents of %d", len(got), len(s.docs))
	}
}

// Whatever is asked for, a brute-force reading of the journal says the same.
func TestFilters(t *testing.T) {
	s := newShop(t)
	s.sell(400)
	s.now = s.now.Add(-time.Minute) // the clock jumps back
	s.sell(200)
	end := s.now.Add(time.Hour)
	rapid.Check(t, func(t *rapid.T) {
		q, want := url.Values{}, s.docs
		keep := func(good func(record.Record) bool) {
			want = slices.DeleteFunc(slices.Clone(want), func(r record.Record) bool { return !good(r) })
		}
		moment := rapid.Custom(func(t *rapid.T) time.Time {
			return s.docs[0].Time.Add(time.Duration(rapid.IntRange(-5, 40).Draw(t, "s")) * time.Second)
		})
		s.now = end
		if rapid.Bool().Draw(t, "since") {
			at := moment.Draw(t, "from")
			q.Set("since", strconv.FormatInt(at.UnixMilli(), 10))
			keep(func(r record.Record) bool { return !r.Time.Before(at) })
		}
		if rapid.Bool().Draw(t, "until") {
			at := moment.Draw(t, "to")
			q.Set("until", strconv.FormatInt(at.UnixMilli(), 10))
			keep(func(r record.Record) bool { return r.Time.Before(at) })
		}
		types := rapid.SliceOfNDistinct(rapid.SampledFrom(evotor.Types()), 0, 3, rapid.ID).Draw(t, "types")
		if len(types) > 0 {
			keep(func(r record.Record) bool { return slices.Contains(types, doc.Type(r.Type)) })
		}
		switch rapid.IntRange(0, 2).Draw(t, "way") {
		case 0: // as one list
			var names []string
			for _, typ := range types {
				names = append(names, string(typ))
			}
			if len(names) > 0 {
				q.Set("type", strings.Join(names, ","))
			}
		case 1:
			for _, typ := range types {
				q.Add("types", string(typ))
			}
		case 2:
			for i, typ := range types {
				q.Add([]string{"type", "types"}[i%2], strings.ToLower(string(typ)))
			}
		}
		got, _ := s.read(q, nil)
		if d := cmp.Diff(idsOf(want), got); d != "" {
			t.Fatalf("%v: %s", q, d)
		}
	})
}

func TestEveryPathAndWayOfShowingAToken(t *testing.T) {
	s := newShop(t)
	s.sell(6)
	first := s.docs[0].ID.String()
	paths := []string{"/stores", "/devices", "/employees", list(nil), "/stores/" + strings.ToLower(self.Store) + "/documents/" + strings.ToUpper(first),
		"/stores/" + self.Store + "/devices/" + self.Device + "/documents", "/stores/" + self.Store + "/devices/" + self.Device + "/documents/" + first}
	for _, path := range paths {
		for _, h := range [][]string{{"X-Authorization", goodToken}, {"Authorization", "Bearer " + goodToken}, {"Authorization", "bearer " + goodToken}, {"Authorization", goodToken}} {
			w, _ := s.get(path, append(h, "Accept", "application/json", "Content-Type", "application/json")...)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != evotor.Media || w.Header().Get("X-RateLimit-Limit") == "" {
				t.Errorf("%s %v: %d %v", path, h, w.Code, w.Header())
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%s tells secrets", path)
			}
		}
		for want, h := range map[int][]string{401: {"Authorization", "Bearer wrong"}, 403: {"X-Authorization", otherToken}} {
			if w, a := s.get(path, h...); w.Code != want || a.Code == "" || a.Message == "" {
				t.Errorf("%s %v: %d %s", path, h, w.Code, w.Body)
			}
		}
	}
	w, _ := s.get(paths[4])
	if !strings.Contains(w.Body.String(), first) || !strings.Contains(w.Body.String(), `"body":{`) {
		t.Errorf("%s", w.Body)
	}
}

func TestBadRequests(t *testing.T) {
	s := newShop(t)
	s.sell(6)
	var correction string
	for rec, err := range s.journal.Scan(t.Context(), record.Filter{Types: []string{string(doc.Correction)}}) {
		if err != nil {
			t.Fatal(err)
		}
		correction = rec.ID.String()
	}
	foreign := cursor{after: 5, before: 1 << 40}.String()
	for _, c := range []struct {
		path, subject string
		status        int
	}{
		{"/stores/other/documents", "", 404}, {"/stores/" + self.Store + "/devices/other/documents", "", 404},
		{"/stores/" + self.Store, "", 404}, {"/", "", 404}, {"/stores/" + self.Store + "/documents/x", "", 404},
		{"/stores/" + self.Store + "/documents/" + uuid.NewString(), "", 404},
		{"/stores/" + self.Store + "/documents/" + correction, "", 404},
		{list(url.Values{"since": {"yesterday"}}), "since", 400}, {list(url.Values{"since": {"-1"}}), "since", 400},
		{list(url.Values{"until": {"1e3"}}), "until", 400}, {list(url.Values{"until": {"99999999999999999"}}), "until", 400},
		{list(url.Values{"type": {"SELL,NEWS"}}), "type", 400}, {list(url.Values{"types": {"CORRECTION"}}), "types", 400},
		{list(url.Values{"cursor": {"x"}}), "cursor", 400}, {list(url.Values{"cursor": {foreign}}), "cursor", 400},
		{list(url.Values{"cursor": {strings.Repeat("A", 3000)}}), "cursor", 400},
		{list(url.Values{"type": {strings.Repeat("SELL,", 2000)}}), "", 414},
	} {
		w, a := s.get(c.path)
		if w.Code != c.status || a.Code == "" || (c.subject != "") != (len(a.Violations) == 1) || c.subject != "" && a.Violations[0].Subject != c.subject {
			t.Errorf("%.120s: %d %s", c.path, w.Code, w.Body)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		r := httptest.NewRequest(method, "/stores", nil)
		r.Header.Set("X-Authorization", goodToken)
		w := httptest.NewRecorder()
		s.feed.ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestATokenMayAskSoOften(t *testing.T) {
	s := newShop(t)
	for i := range Requests {
		if w, _ := s.get("/stores"); w.Code != 200 || w.Header().Get("X-RateLimit-Remaining") != fmt.Sprint(Requests-1-i) {
			t.Fatalf("request %d: %d %v", i, w.Code, w.Header())
		}
	}
	w, _ := s.get("/stores")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "10" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	for _, jump := range []time.Duration{Window, -24 * time.Hour} {
		s.now = s.now.Add(jump)
		if w, _ := s.get("/stores"); w.Code != 200 {
			t.Errorf("after %v: %d", jump, w.Code)
		}
	}
}

// A journal that fails is told before a page begins, and breaks it off later.
func TestAFailingJournal(t *testing.T) {
	s := newShop(t)
	s.sell(2 * stepRows)
	whole := s.feed.o.Records
	for _, good := range []int{0, stepRows + 1} {
		s.feed.o.Records = func(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error] {
			return func(yield func(record.Record, error) bool) {
				n := 0
				for rec, err := range whole(ctx, f) {
					if n++; n > good {
						yield(rec, errors.New("disk"))
						return
					}
					if !yield(rec, err) {
						return
					}
				}
			}
		}
		server := httptest.NewServer(s.feed)
		req, err := http.NewRequest("GET", server.URL+list(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Authorization", goodToken)
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, readErr := io.ReadAll(res.Body)
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if good == 0 && (res.StatusCode != 500 || readErr != nil) || good > 0 && (res.StatusCode != 200 || readErr == nil) {
			t.Errorf("after %d: %d, %v", good, res.StatusCode, readErr)
		}
		server.Close()
	}
	if len(s.feed.turn) != 0 || len(s.feed.readers) != 0 {
		t.Error("somebody still has a turn")
	}
}

// A client that does not read holds nobody up and is cut off.
func TestASlowReader(t *testing.T) {
	s := newShop(t)
	s.sell(2000)
	s.feed.patience = 200 * time.Millisecond
	server := httptest.NewServer(s.feed)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	for range 8 { // more than the sockets hold
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: till\r\nX-Authorization: %s\r\n\r\n", list(nil), goodToken); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := s.read(url.Values{}, nil); len(got) != len(s.docs) {
		t.Errorf("another reader got %d documents", len(got))
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for len(s.feed.readers) > 0 {
		select {
		case <-tick.C:
		case <-limit.Done():
			t.Fatal("it was not cut off")
		}
	}
}

// While somebody sells each turn is followed by a rest, which a reader that
// goes away does not sit out; what is read is the same.
func TestSellingHasTheRightOfWay(t *testing.T) {
	s := newShop(t)
	s.sell(300)
	var asked atomic.Int64
	s.feed.o.Selling = func() bool { asked.Add(1); return true }
	if got, _ := s.read(url.Values{}, nil); len(got) != len(s.docs) {
		t.Errorf("%d documents of %d", len(got), len(s.docs))
	}
	if turns := int64(len(s.docs)/sellingRows + 1); asked.Load() < turns {
		t.Errorf("%d rests after %d turns", asked.Load(), turns)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	s.feed.rest(gone, time.Hour)
	if d := time.Since(began); d >= restMost {
		t.Errorf("rested %v for a reader that has gone", d)
	}
}

func TestCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cursor{before: rapid.Uint64Range(1, math.MaxUint64).Draw(t, "before"), since: rapid.Int64Range(0, math.MaxInt64).Draw(t, "since"),
			until: rapid.Int64Range(0, math.MaxInt64).Draw(t, "until"), types: rapid.Uint64Range(0, 1<<17-1).Draw(t, "types")}
		c.after = rapid.Uint64Range(0, c.before-1).Draw(t, "after")
		got, err := parseCursor(c.String())
		if err != nil || got != c {
			t.Fatalf("%+v became %+v: %v", c, got, err)
		}
	})
	if len(evotor.Types()) != 17 || evotor.Types()[11] != doc.Sell {
		t.Error("the order of types changed: old cursors mean something else now")
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(cursor{after: 1, before: 2, until: 3, types: 4}.String())
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCursor(s)
		if err != nil {
			return
		}
		if again, err := parseCursor(c.String()); err != nil || again != c {
			t.Fatalf("%q: %+v, %+v", s, c, again)
		}
		if n := len(c.filter().Types); n == 0 || n > len(evotor.Types()) {
			t.Fatalf("%d types", n)
		}
	})
}

// FuzzQuery: whatever a program asks for, it gets a page or a refusal in the
// format's form, never an internal error.
func FuzzQuery(f *testing.F) {
	s := newShop(f)
	s.sell(12)
	for _, q := range []string{"", "since=0&until=9223372036854775807&type=SELL,PAYBACK", "types=SELL&type=X", "cursor=x", "since=-1", "type=" + strings.Repeat("SELL,", 400), "%zz"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		r := httptest.NewRequest("GET", list(nil), nil)
		r.URL.RawQuery = q
		r.Header.Set("X-Authorization", goodToken)
		w := httptest.NewRecorder()
		s.feed.ServeHTTP(patientRecorder{w}, r)
		var a answer
		err := json.Unmarshal(w.Body.Bytes(), &a)
		switch {
		case err == nil && w.Code == http.StatusOK && a.Paging != nil:
		case err == nil && w.Code >= 400 && w.Code < 500 && a.Code != "":
		default:
			t.Errorf("%q: %d %.300s %v", q, w.Code, w.Body, err)
		}
	})
}

// However many documents there are, all come, each once, in pages of a
// thousand. The long run reads a million, and a page at the end costs what one
// at the start does, in time and in memory.
func TestManyDocuments(t *testing.T) {
	n, long := 12_000, os.Getenv("KASSA_LONG") != ""
	if long {
		n = 1_200_000 // a million of them in the format
	}
	s := newShop(t)
	s.sell(n)
	costs, before := []cost{now()}, held()
	got, pages := s.read(url.Values{}, func() { costs = append(costs, now()) })
	if len(got) != len(s.docs) || pages != (len(got)+evotor.MaxPage-1)/evotor.MaxPage {
		t.Fatalf("%d of %d documents in %d pages", len(got), len(s.docs), pages)
	}
	for i, id := range got {
		if id != s.docs[i].ID.String() {
			t.Fatalf("document %d is another one", i)
		}
	}
	if !long {
		return
	}
	const some = 100 // pages
	first, last := middle(costs[1:some]), middle(costs[len(costs)-some:])
	t.Logf("a page takes %v and %d bytes at the start, %v and %d bytes at the end of %d pages", first.at, first.bytes, last.at, last.bytes, pages)
	if last.at > first.at*3/2 || last.bytes > first.bytes*5/4 {
		t.Error("pages become dearer")
	}
	after := held()
	t.Logf("%d MB are held before, %d MB after", before>>20, after>>20)
	if after > before+uint64(len(got))*128+64<<20 { // the ids that were read, and the database's caches
		t.Error("reading holds memory")
	}
}

// cost is what reading has cost so far, or a page.
type cost struct {
	at    time.Duration // since some moment
	bytes uint64        // allocated
}

var began = time.Now()

func now() cost {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return cost{time.Since(began), m.TotalAlloc}
}

// held is the memory in use, without what nobody needs any more.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// middle is the median page of some.
func middle(costs []cost) (m cost) {
	var at []time.Duration
	var bytes []uint64
	for i := range costs[1:] {
		at, bytes = append(at, costs[i+1].at-costs[i].at), append(bytes, costs[i+1].bytes-costs[i].bytes)
	}
	slices.Sort(at)
	slices.Sort(bytes)
	return cost{at: at[len(at)/2], bytes: bytes[len(bytes)/2]}
}
