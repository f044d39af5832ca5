package console

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/till"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds everything these tests wait for.
const patience = 10 * time.Second

// moment is when the tests take place, in Moscow.
var moment = time.Date(2026, 3, 5, 14, 7, 0, 0, time.FixedZone("MSK", 3*3600))

// desk is a console on a listening server, with a till behind it.
type desk struct {
	t    *testing.T
	till *consoletest.Till
	c    *Console
	srv  *httptest.Server
}

func newDesk(t *testing.T, change ...func(*Options)) *desk {
	t.Helper()
	now := func() time.Time { return moment }
	d := &desk{t: t, till: consoletest.New(now)}
	o := Options{Till: d.till, Find: consoletest.Find, Folders: consoletest.Folders, List: consoletest.List, Documents: d.till.Documents, Sale: d.till.Sale, Books: consoletest.Books(d.till), Customers: consoletest.FindCustomers, Now: now, Version: "test"}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.c, d.srv = c, httptest.NewServer(c)
	t.Cleanup(func() {
		c.Close()
		d.srv.Close()
		d.till.Close()
	})
	return d
}

// do hands the till a command that must succeed.
func (d *desk) do(cmds ...till.Event) {
	d.t.Helper()
	for _, cmd := range cmds {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := d.till.Do(ctx, cmd)
		cancel()
		if err != nil {
			d.t.Fatalf("%T: %v", cmd, err)
		}
	}
}

func (d *desk) view() till.View { v, _ := d.till.View(); return v }

// browser is one browser with cookies of its own.
type browser struct {
	*desk
	client *http.Client
}

func (d *desk) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	b := &browser{d, &http.Client{Jar: jar, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	d.t.Cleanup(b.client.CloseIdleConnections)
	return b
}

// signedIn is a browser that has typed Анна's PIN.
func (d *desk) signedIn() *browser {
	d.t.Helper()
	b := d.browser()
	if r := b.post("/login", url.Values{"pin": {consoletest.PIN}}); r.status != http.StatusNoContent {
		d.t.Fatalf("login: %d %s", r.status, r.body)
	}
	return b
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (b *browser) send(req *http.Request) answer {
	b.t.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

func (b *browser) get(path string, header ...string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.srv.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return b.send(req)
}

func (b *browser) post(path string, form url.Values, header ...string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.srv.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return b.send(req)
}

// tap is a form that carries what the page shows now, and more.
func (b *browser) tap(fields ...string) url.Values {
	v := b.view()
	form := url.Values{"boot": {b.c.boot}, "cheque": {v.Cheque.ID.String()}, "rev": {itoa(v.Cheque.Revision)}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

func itoa(n int64) string { return strings.TrimSuffix(strings.Trim(jsonOf(n), `"`), "\n") }

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// event is one event of a stream.
type event struct {
	name string
	data string
}

func (e event) patch(t *testing.T) patch {
	t.Helper()
	var p patch
	if err := json.Unmarshal([]byte(e.data), &p); err != nil {
		t.Fatalf("%s: %v", e.name, err)
	}
	return p
}

// follow opens a page's stream.
func (b *browser) follow(page string) *follower {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.srv.URL+"/events?page="+page, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("events: %d", res.StatusCode)
	}
	f := &follower{t: b.t, events: make(chan event, 100), done: make(chan struct{})}
	go f.read(res.Body)
	b.t.Cleanup(func() { cancel(); <-f.done })
	return f
}

type follower struct {
	t      *testing.T
	events chan event
	done   chan struct{} // closed when the stream has ended
}

func (f *follower) read(body io.ReadCloser) {
	defer close(f.done)
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	var e event
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name != "" && e.name != "beat" {
				f.events <- e
			}
			e = event{}
		}
	}
}

func (f *follower) next() event {
	f.t.Helper()
	select {
	case e := <-f.events:
		return e
	case <-time.After(patience):
		f.t.Fatal("the stream is silent")
		return event{}
	}
}

func (f *follower) ended() {
	f.t.Helper()
	select {
	case <-f.done:
	case <-time.After(patience):
		f.t.Fatal("the stream did not end")
	}
}
