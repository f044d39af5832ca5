package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// Every answer of these tests is held against openapi.yaml (see promised): an
// undocumented status, header or member fails them.

// open are the routes that need no token.
var open = []string{"/healthz", "/readyz", "/api/v1/openapi.yaml"}

// pathFor fills a route's wildcards.
func pathFor(r route) string {
	path := r.path
	for strings.Contains(path, "{") {
		i, j := strings.Index(path, "{"), strings.Index(path, "}")
		path = path[:i] + uuid.NewString() + path[j+1:]
	}
	return path
}

// atTheTill tells whether a route is refused to the network whoever asks: such
// a call is answered before anything of it is read.
func atTheTill(a *API, r route) bool {
	switch r.path {
	case "/api/v1/sync/parked/{document}", "/api/v1/catalog/export", "/api/v1/tokens":
		return true
	}
	if r.method == http.MethodGet {
		return false
	}
	rec := httptest.NewRecorder()
	q := httptest.NewRequest(r.method, pathFor(r), nil)
	q.Header.Set("Authorization", "Bearer secret")
	q.Header.Set("Prefer", "wait=x") // 400 where it is read
	a.Network().ServeHTTP(rec, q)
	return rec.Code != http.StatusBadRequest
}

// TestEveryRouteWantsTheToken: without it, or with a wrong one, nothing but the
// open ones answers, and what is done at the till only is not there for
// anybody from the network.
func TestEveryRouteWantsTheToken(t *testing.T) {
	a := newAPI(&scripted{})
	for _, r := range a.routes() {
		want := http.StatusUnauthorized
		if slices.Contains(open, r.path) {
			want = http.StatusOK
		}
		for _, auth := range []string{"", "Bearer wrong", "Bearer", "Basic c2VjcmV0"} {
			if r.path == "/api/v1/events" && want == http.StatusOK {
				continue
			}
			if status, _ := call(t, a.Network(), r.method, pathFor(r), "", "Authorization", auth); status != want {
				t.Errorf("%s %s with %q: %d, want %d", r.method, r.path, auth, status, want)
			}
		}
	}
	local := 0
	for _, r := range a.routes() {
		if atTheTill(a, r) {
			local++
			if status, v := call(t, a.Network(), r.method, pathFor(r), "{}", "Authorization", "Bearer secret"); status != http.StatusNotFound || errorCode(v) != string(fault.NotFound) {
				t.Errorf("%s %s: %d %v", r.method, r.path, status, v)
			}
		}
	}
	if local < 10 {
		t.Errorf("%d routes are at the till only", local)
	}
}

// Append lets a disk be the keeper's journal.
func (d *disk) Append(ctx context.Context, entries ...record.Entry) (uint64, error) {
	return d.append(ctx, entries...)
}

// unable gives an API every port it lacks: each says that it can not. Tokens
// it can keep.
func unable(t testing.TB, a *API) *API {
	t.Helper()
	var err error
	if a.o.Tokens, err = access.Open(nil, &disk{}, time.Now, uuid.New); err != nil {
		t.Fatal(err)
	}
	a.o.Outbox = func() any { return map[string]any{} }
	o := reflect.ValueOf(&a.o).Elem()
	sorry := reflect.ValueOf(fault.New(fault.Unavailable))
	for i := range o.NumField() {
		f := o.Field(i)
		if f.Kind() != reflect.Func || !f.IsNil() {
			continue
		}
		f.Set(reflect.MakeFunc(f.Type(), func([]reflect.Value) []reflect.Value {
			out := make([]reflect.Value, f.Type().NumOut())
			for n := range out {
				out[n] = reflect.Zero(f.Type().Out(n))
				if f.Type().Out(n) == reflect.TypeFor[error]() {
					out[n] = sorry.Convert(reflect.TypeFor[error]())
				}
			}
			return out
		}))
	}
	return a
}

// TestWhatIsWrongWithTheCall: what every call that changes something refuses
// before it looks at what is asked.
func TestWhatIsWrongWithTheCall(t *testing.T) {
	s := &scripted{}
	a := unable(t, keyed(t, s, &disk{}))
	for _, r := range a.routes() {
		if r.method == http.MethodGet || r.path == pathImport {
			continue
		}
		path := pathFor(r)
		for _, c := range []struct {
			name   string
			body   string
			header []string
			want   int
			code   fault.Code
		}{
			{"a bad preference", "", []string{"Prefer", "wait=soon"}, 400, fault.BadRequest},
			{"a preference for ever", "", []string{"Prefer", "wait=100000"}, 400, fault.BadRequest},
			{"a bad key", "", []string{"Idempotency-Key", "a\tb"}, 400, fault.BadRequest},
			{"too much", strings.Repeat("x", MaxBody+1), []string{"Idempotency-Key", "long"}, 413, fault.TooLarge},
		} {
			if status, v := call(t, a.Local(), r.method, path, c.body, c.header...); status != c.want || errorCode(v) != string(c.code) {
				t.Errorf("%s %s, %s: %d %v", r.method, r.path, c.name, status, v)
			}
		}
		// A key for two different calls. The first may be refused for what it says.
		key := []string{"Idempotency-Key", r.path + r.method}
		call(t, a.Local(), r.method, path, `{"surprise":1}`, key...)
		if status, v := call(t, a.Local(), r.method, path, `{"surprise":2}`, key...); status != 422 || errorCode(v) != string(fault.CallReused) {
			t.Errorf("%s %s, a key again: %d %v", r.method, r.path, status, v)
		}
	}
	if len(s.got) > 40 { // those that take no body
		t.Errorf("the till got %d commands", len(s.got))
	}
	a.Close()
	for _, r := range a.routes() {
		if r.method == http.MethodGet || r.path == pathImport {
			continue
		}
		if status, _ := call(t, a.Local(), r.method, pathFor(r), "", "Prefer", "wait=1"); status != http.StatusServiceUnavailable {
			t.Errorf("%s %s at the end: %d", r.method, r.path, status)
		}
	}
}

// TestTooManyAtATime: whatever is called, when too much is going on.
func TestTooManyAtATime(t *testing.T) {
	s := &slowTill{let: make(chan struct{}), begun: make(chan struct{}, MaxRunning)}
	a := keyed(t, s, &disk{})
	for range MaxRunning {
		if w := ask(t, a, "/api/v1/shift/x", "", "Prefer", "wait=0"); w.Code != http.StatusAccepted {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	for _, r := range a.routes() {
		if r.method == http.MethodGet || r.path == pathImport {
			continue
		}
		if status, v := call(t, a.Local(), r.method, pathFor(r), "", "Prefer", "wait=0"); status != http.StatusTooManyRequests || errorCode(v) != string(fault.TooMany) {
			t.Errorf("%s %s: %d %v", r.method, r.path, status, v)
		}
	}
	close(s.let)
}

// TestEveryCommandsRefusals: what the till says to a command, each command
// answers with its status and code.
func TestEveryCommandsRefusals(t *testing.T) {
	for code, want := range map[fault.Code]int{
		fault.ShiftClosed: 409, fault.LoginRequired: 401, fault.Timeout: 504, fault.JournalWrite: 503, fault.Starting: 503, fault.Internal: 500,
	} {
		s := &scripted{err: fault.New(code)}
		h := newAPI(s).Local()
		for _, c := range commands {
			if status, v := call(t, h, c.method, c.path, c.body); status != want || errorCode(v) != string(code) {
				t.Errorf("%s %s told %s: %d %v", c.method, c.path, code, status, v)
			}
		}
	}
}

// TestEveryCommandIsLeftAlone: 202 at once, the operation to be asked for, and
// its end with the command's own answer.
func TestEveryCommandIsLeftAlone(t *testing.T) {
	for _, c := range commands {
		if c.path == "/api/v1/return" || c.path == "/api/v1/correct" {
			continue // looks for its document first, in another journal than this test's
		}
		s := &slowTill{let: make(chan struct{}), begun: make(chan struct{}, 1)}
		a := keyed(t, s, &disk{})
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Prefer", "respond-async")
		w := httptest.NewRecorder()
		a.Local().ServeHTTP(w, r)
		promised(t, r, w)
		if w.Code != http.StatusAccepted {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
			continue
		}
		<-s.begun
		close(s.let)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		for {
			if _, v := call(t, a.Local(), "GET", w.Header().Get("Location"), ""); v["state"] == "done" {
				if v["status"] != 200.0 {
					t.Errorf("%s %s ended with %v", c.method, c.path, v)
				}
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("%s %s never ends", c.method, c.path)
			}
		}
		cancel()
	}
}

// TestNobodyIsKeptWaiting: long work from the network is answered 202 although
// its caller said nothing; at the till he waits for the end.
func TestNobodyIsKeptWaiting(t *testing.T) {
	s := &slowTill{let: make(chan struct{}), begun: make(chan struct{}, 2)}
	a := keyed(t, s, &disk{})
	a.o.Token, a.patient = "secret", 5*time.Millisecond
	status, v := call(t, a.Network(), "POST", "/api/v1/shift/close", "", "Authorization", "Bearer secret")
	if status != http.StatusAccepted || v["state"] != "running" {
		t.Fatalf("%d %v", status, v)
	}
	<-s.begun
	atTill := make(chan int, 1)
	go func() {
		w := httptest.NewRecorder()
		a.Local().ServeHTTP(w, httptest.NewRequest("POST", "/api/v1/shift/close", nil))
		atTill <- w.Code
	}()
	<-s.begun
	close(s.let)
	if got := <-atTill; got != http.StatusOK {
		t.Errorf("at the till: %d", got)
	}
}

// restarted is a till with a KKT, that has come back from a cut.
type restarted struct {
	*scripted
	resumed bool
}

func (r restarted) View() (till.View, uint64) {
	v, n := r.scripted.View()
	v.KKT.Ready, v.Resumed = true, r.resumed
	return v, n
}

// TestHealth: a loop that does not turn is an unwell process; a till without a
// KKT is ready and says why it does not sell.
func TestHealth(t *testing.T) {
	a := newAPI(&scripted{})
	still := time.Second
	a.o.Still = func() time.Duration { return still }
	if status, v := call(t, a.Network(), "GET", "/healthz", ""); status != 200 || v["ok"] != true {
		t.Errorf("%d %v", status, v)
	}
	still = MaxStill + time.Second
	if status, v := call(t, a.Network(), "GET", "/healthz", ""); status != 503 || errorCode(v) != string(fault.Unavailable) {
		t.Errorf("%d %v", status, v)
	}
	if status, v := call(t, a.Network(), "GET", "/readyz", ""); status != 200 || v["sells"] != false || len(v["reasons"].([]any)) != 1 {
		t.Errorf("%d %v", status, v)
	}
	for resumed, want := range map[bool]string{false: "[]", true: "busy"} {
		a.o.Till = restarted{&scripted{}, resumed}
		status, v := call(t, a.Network(), "GET", "/readyz", "")
		if reasons := fmt.Sprint(v["reasons"]); status != 200 || v["sells"] != !resumed || !strings.Contains(reasons, want) {
			t.Errorf("a receipt of before the restart is open: %t: %d %v", resumed, status, v)
		}
	}
	s := &scripted{err: fault.New(fault.LoginLocked)}
	for code, want := range map[fault.Code]string{fault.LoginLocked: "30", fault.Starting: "2", fault.ShiftClosed: ""} {
		s.err = fault.New(code)
		r := httptest.NewRequest("POST", "/api/v1/login", strings.NewReader(`{"pin":"1"}`))
		w := httptest.NewRecorder()
		newAPI(s).Local().ServeHTTP(w, r)
		promised(t, r, w)
		if got := w.Header().Get("Retry-After"); got != want {
			t.Errorf("%s: come back after %q, want %q", code, got, want)
		}
	}
}
