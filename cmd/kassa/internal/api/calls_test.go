package api

import (
	"bytes"
	"context"
	"encoding/json"

	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// slowTill carries out a command when it is let.
type slowTill struct {
	mu    sync.Mutex
	got   []till.Event
	err   error
	let   chan struct{} // nil: at once
	begun chan struct{}
	open  uuid.UUID
}

func (s *slowTill) Do(ctx context.Context, cmd till.Event) error {
	s.mu.Lock()
	s.got = append(s.got, cmd)
	let, err := s.let, s.err
	s.mu.Unlock()
	if let == nil {
		return err
	}
	s.begun <- struct{}{}
	select {
	case <-let:
		return err
	case <-ctx.Done():
		return fault.New(fault.Timeout)
	}
}

func (s *slowTill) View() (till.View, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := idleView()
	v.Cheque.ID, v.LastNumber = s.open, int64(len(s.got))
	return v, 1
}

func (s *slowTill) Wait(ctx context.Context, _ uint64) (uint64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func (s *slowTill) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

// disk is a journal that outlives tills; it can be full.
type disk struct {
	mu   sync.Mutex
	all  []record.Record
	full bool
	stop int // it is full from this record on; 0: never
}

func (d *disk) append(_ context.Context, entries ...record.Entry) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full || d.stop > 0 && len(d.all) >= d.stop {
		return 0, fault.New(fault.JournalWrite)
	}
	for _, e := range entries {
		if err := e.Validate(); err != nil {
			return 0, err
		}
		d.all = append(d.all, record.Record{Seq: uint64(len(d.all) + 1), Time: time.Now(), Entry: e})
	}
	return uint64(len(d.all)), nil
}

func (d *disk) scan(_ context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	d.mu.Lock()
	all := slices.Clone(d.all)
	d.mu.Unlock()
	if f.Reverse {
		slices.Reverse(all)
	}
	return func(yield func(record.Record, error) bool) {
		for _, r := range all {
			if r.Seq > f.After && slices.Contains(f.Kinds, r.Kind) && (len(f.Types) == 0 || slices.Contains(f.Types, r.Type)) && !yield(r, nil) {
				return
			}
		}
	}
}

func keyed(t *testing.T, s Till, d *disk) *API {
	a := New(Options{Till: s, Records: d.scan, Append: d.append, Language: "en", Location: time.UTC, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Verify: func(context.Context) (any, error) {
			return map[string]any{"records": 1, "documents": 1, "voids": 0, "open": 0, "private": 0, "first": 1, "last": 1, "head": strings.Repeat("x", keptAnswer),
				"device": false, "badger": true, "problems": []any{}, "ok": true}, nil
		}})
	t.Cleanup(a.Close)
	return a
}

func ask(t *testing.T, a *API, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.Local().ServeHTTP(w, r)
	promised(t, r, w)
	return w
}

func codeIn(t *testing.T, w *httptest.ResponseRecorder) fault.Code {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %.200s", err, w.Body)
	}
	return fault.Code(errorCode(v))
}

func TestAKeyIsOneCall(t *testing.T) {
	s, d := &slowTill{}, &disk{}
	a := keyed(t, s, d)
	in := `{"amount":"100"}`
	first := ask(t, a, "/api/v1/cash/in", in, "Idempotency-Key", "k")
	again := ask(t, a, "/api/v1/cash/in", in, "Idempotency-Key", "k")
	if first.Code != 200 || again.Code != 200 || !bytes.Equal(first.Body.Bytes(), again.Body.Bytes()) || again.Header().Get("Idempotency-Replayed") != "true" || first.Header().Get("Idempotency-Replayed") != "" {
		t.Errorf("%d %s\n%d %s", first.Code, first.Body, again.Code, again.Body)
	}
	if s.count() != 1 || onceOfEvent(s.got[0]) == uuid.Nil {
		t.Errorf("the till got %+v", s.got)
	}
	for _, other := range [][2]string{{"/api/v1/cash/in", `{"amount":"101"}`}, {"/api/v1/cash/out", in}, {"/api/v1/cash/in?x=1", in}} {
		if w := ask(t, a, other[0], other[1], "Idempotency-Key", "k"); w.Code != 422 || codeIn(t, w) != fault.CallReused {
			t.Errorf("%v: %d %s", other, w.Code, w.Body)
		}
	}
	// Another caller's key is another key; no key is no memory.
	ask(t, a, "/api/v1/cash/in", in, "Idempotency-Key", "k", "Authorization", "Bearer b")
	ask(t, a, "/api/v1/cash/in", in)
	if s.count() != 3 {
		t.Errorf("%d commands", s.count())
	}
	// A refusal is an answer too.
	s.err = fault.New(fault.ShiftClosed)
	ask(t, a, "/api/v1/pay", `{"type":"card"}`, "Idempotency-Key", "p")
	s.err = nil
	if w := ask(t, a, "/api/v1/pay", `{"type":"card"}`, "Idempotency-Key", "p"); w.Code != 409 || codeIn(t, w) != fault.ShiftClosed {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, bad := range [][]string{{"Idempotency-Key", strings.Repeat("k", MaxKey+1)}, {"Idempotency-Key", "ключ"}, {"Prefer", "wait=soon"}, {"Prefer", "wait=301"}, {"Prefer", "wait=-1"}} {
		if w := ask(t, a, "/api/v1/cash/in", in, bad...); w.Code != 400 || codeIn(t, w) != fault.BadRequest {
			t.Errorf("%v: %d %s", bad, w.Code, w.Body)
		}
	}
	if w := ask(t, a, pathImport, "{}", "Idempotency-Key", "i"); w.Code != 400 {
		t.Errorf("import: %d", w.Code)
	}
	if w := ask(t, a, "/api/v1/pay", strings.Repeat("x", MaxBody+1), "Idempotency-Key", "long"); w.Code != 413 {
		t.Errorf("long body: %d", w.Code)
	}
}

func onceOfEvent(e till.Event) uuid.UUID {
	if c, ok := e.(till.CashIn); ok {
		return c.ID
	}
	return uuid.Nil
}

// Ten callers with one key while the first is on its way: it is done once, and
// all are told the same; one who goes away takes nothing back.
func TestAKeyWhileItIsOnItsWay(t *testing.T) {
	s := &slowTill{let: make(chan struct{}), begun: make(chan struct{}, 1)}
	a := keyed(t, s, &disk{})
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequest("POST", "/api/v1/pay", strings.NewReader(`{"type":"card"}`)).WithContext(ctx)
	r.Header.Set("Idempotency-Key", "k")
	var wait sync.WaitGroup
	wait.Go(func() { a.Local().ServeHTTP(httptest.NewRecorder(), r) })
	<-s.begun
	leave()
	wait.Wait()
	answers := make([]*httptest.ResponseRecorder, 10)
	for i := range answers {
		wait.Go(func() { answers[i] = ask(t, a, "/api/v1/pay", `{"type":"card"}`, "Idempotency-Key", "k") })
	}
	close(s.let)
	wait.Wait()
	for _, w := range answers {
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), answers[0].Body.Bytes()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if s.count() != 1 {
		t.Errorf("paid %d times", s.count())
	}
}

// Cuts: after the beginning was noted, after the document, after the end.
func TestAKeyAfterARestart(t *testing.T) {
	cheque := uuid.New()
	sale := doc.Document{ID: uuid.New(), Number: 7, Type: doc.Sell, Fiscal: &doc.Fiscal{FN: "9999", FD: 3, Sign: 5},
		Receipt: &doc.Receipt{ChequeID: cheque, Total: 500, Payments: []doc.Payment{{Type: doc.PayCash, Sum: 500, Tendered: 1000, Change: 500}}}}
	for _, c := range []struct {
		name, path, body string
		cut              int  // records of the first life that are on the disk
		made             bool // the document is
		status, commands int
		code             fault.Code
	}{
		{"pay: not begun", pathPay, `{"type":"card"}`, 0, false, 200, 1, ""},
		{"pay: cut before the receipt", pathPay, `{"type":"card"}`, 1, false, 200, 1, ""},
		{"pay: cut behind the receipt", pathPay, `{"type":"card"}`, 1, true, 200, 0, ""},
		{"pay: answered", pathPay, `{"type":"card"}`, 2, true, 200, 0, ""},
		{"cash: cut before the document", "/api/v1/cash/in", `{"amount":"5"}`, 1, false, 200, 1, ""},
		{"cash: answered", "/api/v1/cash/in", `{"amount":"5"}`, 2, false, 200, 0, ""},
		{"X: cut", "/api/v1/shift/x", "", 1, false, 409, 0, fault.CallUnknown},
		{"X: answered", "/api/v1/shift/x", "", 2, false, 200, 0, ""},
		{"verify: answered at length", "/api/v1/journal/verify", "", 2, false, 409, 0, fault.CallDone},
		{"login is not kept", "/api/v1/login", `{"pin":"1"}`, 2, false, 200, 1, ""},
	} {
		d := &disk{}
		ask(t, keyed(t, &slowTill{open: cheque}, d), c.path, c.body, "Idempotency-Key", "k")
		d.all = d.all[:min(c.cut, len(d.all))]
		if c.made {
			data, err := json.Marshal(sale)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.append(t.Context(), record.Entry{Kind: record.Document, ID: sale.ID, Type: "SELL", Schema: 1, Data: data}); err != nil {
				t.Fatal(err)
			}
		}
		s := &slowTill{}
		a := keyed(t, s, d)
		for range 2 {
			w := ask(t, a, c.path, c.body, "Idempotency-Key", "k")
			if w.Code != c.status || w.Code >= 400 && codeIn(t, w) != c.code || s.count() != c.commands {
				t.Errorf("%s: %d %.200s, %d commands", c.name, w.Code, w.Body, s.count())
			}
			if c.made && c.cut == 1 && !strings.Contains(w.Body.String(), `"fd":3`) {
				t.Errorf("%s: %s", c.name, w.Body)
			}
		}
		if p, ok := firstPay(s.got); ok && c.cut == 1 && p.Seen.Cheque != cheque {
			t.Errorf("%s: paid %v", c.name, p.Seen)
		}
	}
}

// An id of a caller whose document the journal has: it is done, whatever the
// till remembers.
func TestAnIdIsOnceAcrossRestarts(t *testing.T) {
	s, id := &slowTill{}, uuid.New()
	a := keyed(t, s, &disk{})
	a.o.HasDocument = func(_ context.Context, other uuid.UUID) (bool, error) { return other == id, nil }
	for _, path := range []string{"/api/v1/cash/in", "/api/v1/cash/out"} {
		if w := ask(t, a, path, `{"amount":"5","id":"`+id.String()+`"}`); w.Code != 200 || s.count() != 0 {
			t.Errorf("%s: %d %s, %d commands", path, w.Code, w.Body, s.count())
		}
	}
	if w := ask(t, a, "/api/v1/cash/in", `{"amount":"5","id":"`+uuid.NewString()+`"}`); w.Code != 200 || s.count() != 1 {
		t.Errorf("%d %s, %d commands", w.Code, w.Body, s.count())
	}
}

// A handler that panics where net/http does not look is an answer, not the end
// of the till.
func TestACallThatPanics(t *testing.T) {
	a := keyed(t, &slowTill{}, &disk{})
	a.o.Verify = func(context.Context) (any, error) { panic("a mistake of ours") }
	if w := ask(t, a, "/api/v1/journal/verify", "", "Prefer", "wait=20"); w.Code != 500 || codeIn(t, w) != fault.Internal {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func firstPay(got []till.Event) (till.Pay, bool) {
	if len(got) == 0 {
		return till.Pay{}, false
	}
	p, ok := got[0].(till.Pay)
	return p, ok
}

// A disk that is full: nothing is begun; when it fails at the end, what was
// done is still done once in this life.
func TestAKeyOnAFullDisk(t *testing.T) {
	s, d := &slowTill{}, &disk{full: true}
	a := keyed(t, s, d)
	if w := ask(t, a, "/api/v1/cash/in", `{"amount":"5"}`, "Idempotency-Key", "k"); w.Code != 503 || s.count() != 0 {
		t.Errorf("%d %s, %d commands", w.Code, w.Body, s.count())
	}
	d.full, d.stop = false, 1
	for range 2 {
		if w := ask(t, a, "/api/v1/cash/in", `{"amount":"5"}`, "Idempotency-Key", "k"); w.Code != 200 || s.count() != 1 {
			t.Errorf("%d %s, %d commands", w.Code, w.Body, s.count())
		}
	}
	// An answer that says nothing is asked for again, with the same document.
	s.err, d.stop = fault.New(fault.Timeout), 0
	if w := ask(t, a, "/api/v1/cash/in", `{"amount":"6"}`, "Idempotency-Key", "t"); w.Code != 504 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.err = nil
	if w := ask(t, a, "/api/v1/cash/in", `{"amount":"6"}`, "Idempotency-Key", "t"); w.Code != 200 || s.count() != 3 || onceOfEvent(s.got[1]) != onceOfEvent(s.got[2]) {
		t.Errorf("%d %s, %+v", w.Code, w.Body, s.got)
	}
}

// Who does not want to wait is answered 202 and finds the end elsewhere.
func TestLongWorkIsLeftAlone(t *testing.T) {
	s := &slowTill{let: make(chan struct{}), begun: make(chan struct{}, 1)}
	a := keyed(t, s, &disk{})
	server := httptest.NewServer(a.Local())
	defer server.Close()
	next, end := listen(t, server.URL+"/api/v1/events?kind=view,operation", "")
	defer end()
	next()
	w := ask(t, a, "/api/v1/shift/close", "", "Prefer", "respond-async, wait=0")
	var o Operation
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code != http.StatusAccepted || o.State != "running" || w.Header().Get("Location") != pathOperations+o.ID.String() || w.Header().Get("Preference-Applied") != "wait=0" {
		t.Fatalf("%d %s %v", w.Code, w.Body, w.Header())
	}
	<-s.begun
	close(s.let)
	if e := next(); e.name != kindOperation {
		t.Errorf("%+v", e)
	}
	if code, v := call(t, a.Local(), "GET", w.Header().Get("Location"), ""); code != 200 || v["state"] != "done" || v["status"] != 200.0 || v["answer"].(map[string]any)["phase"] != "idle" {
		t.Errorf("%d %v", code, v)
	}
	if w := ask(t, a, "/api/v1/shift/x", "", "Prefer", "wait=20"); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for path, want := range map[string]int{"x": 400, uuid.NewString(): 404} {
		if code, _ := call(t, a.Local(), "GET", pathOperations+path, ""); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
}

// Work that began before a restart is unknown, and says so.
func TestLongWorkAndARestart(t *testing.T) {
	s, d := &slowTill{let: make(chan struct{}), begun: make(chan struct{}, 1)}, &disk{}
	a := keyed(t, s, d)
	w := ask(t, a, "/api/v1/shift/close", "", "Prefer", "wait=0")
	<-s.begun
	d.mu.Lock()
	left := &disk{all: slices.Clone(d.all)}
	d.mu.Unlock()
	if code, v := call(t, keyed(t, &slowTill{}, left).Local(), "GET", w.Header().Get("Location"), ""); code != 200 || v["state"] != "unknown" {
		t.Errorf("%d %v", code, v)
	}
	a.Close() // ends what is on its way
	if code, v := call(t, a.Local(), "GET", w.Header().Get("Location"), ""); code != 200 || v["state"] != "done" || v["status"] != 504.0 {
		t.Errorf("%d %v", code, v)
	}
	if w := ask(t, a, "/api/v1/shift/x", "", "Prefer", "wait=0"); w.Code != 503 {
		t.Errorf("after the end: %d", w.Code)
	}
}

func TestCallsAreBounded(t *testing.T) {
	s := &slowTill{let: make(chan struct{}), begun: make(chan struct{}, MaxRunning)}
	a := keyed(t, s, &disk{})
	for range MaxRunning {
		if w := ask(t, a, "/api/v1/shift/x", "", "Prefer", "wait=0"); w.Code != 202 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if w := ask(t, a, "/api/v1/shift/x", "", "Prefer", "wait=0"); w.Code != 429 || codeIn(t, w) != fault.TooMany {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for range MaxRunning {
		<-s.begun
	}
	close(s.let)
	a.Close()

	b := keyed(t, &slowTill{}, &disk{})
	for i := range MaxCalls + 20 {
		ask(t, b, "/api/v1/drawer", `{"reason":"x"}`, "Idempotency-Key", fmt.Sprint(i))
	}
	b.calls.mu.Lock()
	defer b.calls.mu.Unlock()
	b.calls.tidy(time.Now())
	if len(b.calls.byID) > MaxCalls || len(b.calls.byKey) > MaxCalls {
		t.Errorf("%d calls, %d keys", len(b.calls.byID), len(b.calls.byKey))
	}
	b.calls.tidy(time.Now().Add(callsKept + time.Minute))
	if len(b.calls.byID) != 0 || len(b.calls.byKey) != 0 {
		t.Errorf("%d calls, %d keys a day later", len(b.calls.byID), len(b.calls.byKey))
	}
}

// FuzzRequests: whatever is sent to whichever route, the answer is JSON with a
// stable code, never an internal error.
func FuzzRequests(f *testing.F) {
	s := &scripted{}
	a := newAPI(s)
	a.o.List = nil // that of other tests has a broken disk
	a = unable(f, a)
	routes := a.routes()
	for i := range routes {
		f.Add(uint8(i), `{"type":"cash","amount":"1","codes":["1"],"lines":[{"line":"1","quantity":"1"}],"id":"`+saleID.String()+`"}`, "x", "wait=1")
		f.Add(uint8(i), `{"document":"7","parts":[{"type":"cash","amount":"1e9"}]}`, "", "")
		f.Add(uint8(i), `[`, "\x00", "wait=\"")
	}
	other := map[string]bool{"/api/v1/events": true, "/api/v1/openapi.yaml": true, "/metrics": true} // no JSON, or no end
	f.Fuzz(func(t *testing.T, n uint8, body, key, prefer string) {
		r := routes[int(n)%len(routes)]
		if other[r.path] {
			return
		}
		path := strings.NewReplacer("{line}", saleID.String(), "{code}", "c", "{fd}", "1", "{document}", saleID.String(), "{token}", saleID.String(), "{operation}", saleID.String(), "{id}", saleID.String()).Replace(r.path)
		if r.method == http.MethodGet {
			path += "?" + (&url.URL{Path: body}).EscapedPath()
		}
		req := httptest.NewRequest(r.method, path, strings.NewReader(body))
		req.Header["Idempotency-Key"], req.Header["Prefer"] = []string{key}, []string{prefer}
		w := httptest.NewRecorder()
		a.Local().ServeHTTP(w, req)
		var v map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code == http.StatusInternalServerError {
			t.Fatalf("%s %s %q: %d %s", r.method, path, body, w.Code, w.Body)
		}
		if w.Code >= 400 && errorCode(v) == "" && v["results"] == nil {
			t.Errorf("%s %s: %d without a code: %s", r.method, path, w.Code, w.Body)
		}
	})
}
