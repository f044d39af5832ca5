package pull

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// service is a shop of n documents, three a page, as the API serves it.
type service struct {
	n       int
	break_  func(w http.ResponseWriter, r *http.Request, call int) bool // answers in its place
	calls   []string
	expired string // a cursor it does not know any more
}

func (s *service) document(i int) string {
	return fmt.Sprintf(`{"type":"SELL","id":"81F72CAE-11b6-465b-be75-%012d","number":%d,"close_date":"2026-11-%02dT05:36:45.000+0000","body":{"sum":121.50}}`, i, i, 20+i/4)
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.calls = append(s.calls, r.URL.String())
	if s.break_ != nil && s.break_(w, r, len(s.calls)) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer secret" {
		http.Error(w, `{"code":"unauthorized","message":"no"}`, http.StatusUnauthorized)
		return
	}
	cursor := r.URL.Query().Get("cursor")
	if s.expired != "" && cursor == s.expired {
		s.expired = ""
		http.Error(w, `{"code":"cursor","message":"expired"}`, http.StatusBadRequest)
		return
	}
	from, err := strconv.Atoi(cursor)
	if cursor == "" {
		from, err = 1, nil
	}
	if err != nil || (cursor != "" && len(r.URL.Query()) != 1) {
		http.Error(w, `{"code":"bad","message":"cursor"}`, http.StatusBadRequest)
		return
	}
	items := []string{}
	for i := from; i < from+3 && i <= s.n; i++ {
		items = append(items, s.document(i))
	}
	next := ""
	if from+3 <= s.n {
		next = fmt.Sprintf(`"next_cursor":"%d"`, from+3)
	}
	fmt.Fprintf(w, `{"items":[%s],"paging":{%s}}`, strings.Join(items, ","), next)
}

func client(t *testing.T, h http.Handler) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := New(Options{URL: srv.URL, Token: "secret", Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func run(t *testing.T, c *Client, dir string) (State, error) {
	t.Helper()
	return Run(t.Context(), c, Query{Store: "S 1", Since: at, Types: []string{"SELL", "PAYBACK"}}, dir, func() time.Time { return at }, func(State) {})
}

// files are the documents in a directory.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != stateName {
			names = append(names, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestPull(t *testing.T) {
	s, dir := &service{n: 10}, t.TempDir()
	c := client(t, s)
	st, err := run(t, c, dir)
	if err != nil || !st.Done || st.Documents != 10 || st.Pages != 4 {
		t.Fatalf("%+v %v", st, err)
	}
	if s.calls[0] != fmt.Sprintf("/stores/S%%201/documents?since=%d&type=SELL%%2CPAYBACK", at.UnixMilli()) || s.calls[1] != "/stores/S%201/documents?cursor=4" {
		t.Errorf("%v", s.calls)
	}
	names := files(t, dir)
	if len(names) != 10 || names[0] != "2026-11-20/000001-SELL-81f72cae-11b6-465b-be75-000000000001.json" {
		t.Fatalf("%v", names)
	}
	b, err := os.ReadFile(filepath.Join(dir, names[0]))
	if err != nil || !strings.Contains(string(b), "\"sum\": 121.50\n") {
		t.Errorf("a number is not as it came: %s %v", b, err)
	}
	if i, err := os.Stat(filepath.Join(dir, names[0])); err != nil || i.Mode().Perm() != fileMode {
		t.Errorf("%v %v", i.Mode(), err)
	}
	s.n = 11 // sold meanwhile
	if st, err = run(t, c, dir); err != nil || st.Documents != 11 || len(files(t, dir)) != 11 {
		t.Errorf("%+v %v", st, err)
	}
}

// However a run ends, the next one goes on, and every document is there once.
func TestPullGoesOn(t *testing.T) {
	gone := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	for name, c := range map[string]struct {
		answer  func(w http.ResponseWriter)
		through bool // the client gets through by itself
	}{
		"429":       {func(w http.ResponseWriter) { w.Header().Set("X-RateLimit-Reset", "7"); w.WriteHeader(429) }, true},
		"503":       {func(w http.ResponseWriter) { w.WriteHeader(503) }, true},
		"gone":      {gone, true},
		"401":       {func(w http.ResponseWriter) { w.WriteHeader(401) }, false},
		"not JSON":  {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, false},
		"no items":  {func(w http.ResponseWriter) { fmt.Fprint(w, `{"paging":{}}`) }, false},
		"truncated": {func(w http.ResponseWriter) { fmt.Fprint(w, `{"items":[{"type":"SELL"`) }, false},
		"a path for an id": {func(w http.ResponseWriter) {
			fmt.Fprint(w, `{"items":[{"type":"SELL","id":"../../etc/passwd","number":1}],"paging":{}}`)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for at := 1; at <= 4; at++ {
				s, dir, broken := &service{n: 10}, t.TempDir(), false
				s.break_ = func(w http.ResponseWriter, _ *http.Request, call int) bool {
					if call != at || broken {
						return false
					}
					broken = true
					c.answer(w)
					return true
				}
				cl := client(t, s)
				_, err := run(t, cl, dir)
				if (err == nil) != c.through {
					t.Fatalf("at call %d: %v", at, err)
				}
				calls := len(s.calls)
				st, err := run(t, cl, dir)
				if err != nil || !st.Done || len(files(t, dir)) != 10 {
					t.Fatalf("at call %d, again: %+v %v, %d files", at, st, err, len(files(t, dir)))
				}
				if again := len(s.calls) - calls; !c.through && again != 4-at+1 {
					t.Errorf("at call %d: %d calls again", at, again)
				}
			}
		})
	}
}

// The power goes while a file is written: what is left of it is no document.
func TestPullTornFile(t *testing.T) {
	s, dir := &service{n: 2}, t.TempDir()
	c := client(t, s)
	day := filepath.Join(dir, "2026-11-20")
	if err := os.MkdirAll(day, dirMode); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(day, "000001-SELL-81f72cae-11b6-465b-be75-000000000001.json")
	for _, torn := range []string{name, name + ".part", filepath.Join(dir, stateName)} {
		if err := os.WriteFile(torn, []byte(`{"type`), fileMode); err != nil {
			t.Fatal(err)
		}
	}
	st, err := run(t, c, dir)
	if err != nil || st.Documents != 2 || len(files(t, dir)) != 2 {
		t.Fatalf("%+v %v %v", st, err, files(t, dir))
	}
	b, err := os.ReadFile(name)
	if err != nil || !json.Valid(b) {
		t.Errorf("%s %v", b, err)
	}
}

func TestPullOtherQuery(t *testing.T) {
	s, dir := &service{n: 2}, t.TempDir()
	c := client(t, s)
	if _, err := run(t, c, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), c, Query{Store: "another"}, dir, time.Now, func(State) {}); !errors.Is(err, ErrOther) {
		t.Error(err)
	}
}

func TestPullCursor(t *testing.T) {
	s := &service{n: 10, expired: "7"}
	dir := t.TempDir()
	if st, err := run(t, client(t, s), dir); err != nil || !st.Done || len(files(t, dir)) != 10 {
		t.Errorf("an expired cursor: %+v %v", st, err)
	}
	still := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"items":[],"paging":{"next_cursor":"x"}}`)
	})
	if _, err := run(t, client(t, still), t.TempDir()); !errors.Is(err, ErrCursor) {
		t.Errorf("a cursor that does not move: %v", err)
	}
}

// The token goes to nobody else.
func TestPullRedirect(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else was asked with %q", r.Header.Get("X-Authorization"))
	}))
	defer other.Close()
	here := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/stores", http.StatusFound)
	})
	srv := httptest.NewServer(here)
	defer srv.Close()
	c, err := New(Options{URL: srv.URL, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	var r *Refusal
	if _, err := c.Stores(t.Context()); !errors.As(err, &r) || r.Status != http.StatusFound || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	for _, bad := range []string{"", "api.evotor.ru", "ftp://x", "https://user:pass@x"} {
		if _, err := New(Options{URL: bad}); !errors.Is(err, ErrQuery) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzPage(f *testing.F) {
	s := service{n: 3}
	f.Add([]byte(`{"items":[` + s.document(1) + `],"paging":{"next_cursor":"x"}}`))
	f.Add([]byte(`{"items":[null,1,{}],"paging":null}`))
	f.Add([]byte(`{"items":[{"type":"SELL","id":"a","number":1e99,"close_date":"2026-13-99/../.."}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decode(b)
		if err != nil {
			return
		}
		for _, it := range p.Items {
			day, name, err := place(it)
			if err == nil && (filepath.Clean(day) != day || filepath.Base(name) != name || strings.Contains(day, "/")) {
				t.Errorf("%q %q", day, name)
			}
		}
	})
}
