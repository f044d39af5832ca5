package console

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/till"
)

func TestStreamSendsTheScreenThenWhatChanged(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{})
	for n := range 40 {
		d.do(till.Scan{Code: consoletest.Barcode(30 + n)})
	}
	f := b.follow("sale")
	e := f.next()
	p := e.patch(t)
	if e.name != "screen" || len(p.Lines) != 40 || len(*p.Order) != 40 || len(p.Regions) != len(regions["sale"]) {
		t.Fatalf("first event %s: %d lines, %d regions", e.name, len(p.Lines), len(p.Regions))
	}
	d.do(till.Scan{Code: consoletest.Barcode(1)})
	e = f.next()
	p = e.patch(t)
	// The new line and the one whose mark it took; nothing about the strip.
	if e.name != "patch" || len(p.Lines) != 2 || len(*p.Order) != 41 {
		t.Errorf("%s with %d lines", e.name, len(p.Lines))
	}
	for _, id := range []string{"chips", "clock", "warnings", "shift", "parked", "busy", "cover"} {
		if _, ok := p.Regions[id]; ok {
			t.Errorf("region %s was sent without a change", id)
		}
	}
	for _, id := range []string{"state", "sum", "due", "head"} {
		if _, ok := p.Regions[id]; !ok {
			t.Errorf("region %s is missing", id)
		}
	}
	d.do(till.Scan{Code: consoletest.Barcode(1)})
	if p = f.next().patch(t); len(p.Lines) != 1 || p.Order != nil {
		t.Errorf("a second unit: %d lines, order %v", len(p.Lines), p.Order)
	}
	d.till.Feed(till.Scan{Code: "nothing has this"})
	if p = f.next().patch(t); !strings.Contains(string(p.Regions["notices"]), "nothing has this") || len(p.Lines) != 0 {
		t.Errorf("an unknown code: %d lines, regions %v", len(p.Lines), p.Regions)
	}
}

func TestCustomerScreenFollowsTheSale(t *testing.T) {
	d := newDesk(t)
	f := d.browser().follow("customer") // no login here
	sees := func(text string) {
		t.Helper()
		for end := time.Now().Add(patience); time.Now().Before(end); {
			e := f.next()
			if strings.Contains(strings.ReplaceAll(e.data, nbsp, " "), text) {
				return
			}
		}
		t.Errorf("the customer never saw %q", text)
	}
	sees("Касса закрыта")
	d.do(till.Login{PIN: consoletest.PIN}, till.OpenShift{})
	sees("Добро пожаловать")
	d.do(till.Scan{Code: consoletest.Barcode(1)})
	sees("64,90 ₽")
	release := d.till.Hold()
	defer release()
	paid := make(chan error, 1)
	go func() { paid <- d.till.Do(context.Background(), till.Pay{Type: doc.PayCash, Tendered: 100_00}) }()
	sees("Оплата…")
	release()
	if err := <-paid; err != nil {
		t.Fatal(err)
	}
	sees("35,10 ₽")
	d.do(till.Scan{Code: consoletest.Barcode(2)})
	sees("49,90 ₽")
}

func TestStreamLeadsToWhereTheBrowserBelongs(t *testing.T) {
	d := newDesk(t)
	stranger := d.browser().follow("sale")
	if e := stranger.next(); e.name != "go" || e.data != "/login" {
		t.Errorf("without a session: %+v", e)
	}
	stranger.ended()
	b := d.signedIn()
	if e := b.follow("login").next(); e.name != "go" || e.data != "/sale" {
		t.Errorf("login page of a signed-in browser: %+v", e)
	}
	f := b.follow("sale")
	if e := f.next(); e.name != "screen" {
		t.Errorf("first event %+v", e)
	}
	d.do(till.Logout{})
	if e := f.next(); e.name != "go" || e.data != "/login" {
		t.Errorf("after logout: %+v", e)
	}
	f.ended()
}

func TestCloseEndsStreamsAndCommands(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	f := b.follow("sale")
	f.next()
	defer d.till.Hold()()
	refused := make(chan answer, 1)
	form := b.tap("type", "CASH")
	go func() { refused <- b.post("/do/pay", form) }()
	f.next() // the payment is under way
	d.c.Close()
	f.ended()
	select {
	case r := <-refused:
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("the waiting command: %d", r.status)
		}
	case <-time.After(patience):
		t.Fatal("Close left a command waiting")
	}
	if r := b.get("/events?page=sale"); r.status != http.StatusServiceUnavailable {
		t.Errorf("a stream after Close: %d", r.status)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	d := newDesk(t)
	var all []*follower
	for range MaxStreams {
		f := d.browser().follow("customer")
		f.next()
		all = append(all, f)
	}
	if r := d.browser().get("/events?page=customer"); r.status != http.StatusServiceUnavailable {
		t.Errorf("one stream too many: %d", r.status)
	}
	if len(all) != MaxStreams {
		t.Fatal("not all streams opened")
	}
}

// A browser that takes nothing must cost nobody anything, and once it reads
// again it gets the latest state, not all states between.
func TestSlowReaderHoldsUpNobody(t *testing.T) {
	d := newDesk(t)
	quick := d.signedIn()
	d.do(till.OpenShift{})
	address := strings.TrimPrefix(d.srv.URL, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("GET /events?page=customer HTTP/1.1\r\nHost: " + address + "\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	f := quick.follow("sale")
	f.next()
	const scans = 500
	began := time.Now()
	for n := range scans {
		d.do(till.Scan{Code: consoletest.Barcode(30 + n%40)})
	}
	t.Logf("%d scans in %v", scans, time.Since(began))
	last := `data-rev="` + itoa(d.view().Cheque.Revision) + `"`
	events := 0
	for {
		events++
		if strings.Contains(string(f.next().patch(t).Regions["state"]), last) {
			break
		}
	}
	if events > scans {
		t.Errorf("%d events for %d scans", events, scans)
	}
}

// All browsers on a page share one rendering.
func TestFrameIsShared(t *testing.T) {
	d := newDesk(t)
	d.do(till.Login{PIN: consoletest.PIN}, till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	a, err := d.c.frame("sale", d.c.langs["ru"])
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.c.frame("sale", d.c.langs["ru"])
	if err != nil || a != b {
		t.Errorf("rendered twice: %v", err)
	}
	if en, err := d.c.frame("sale", d.c.langs["en"]); err != nil || en == a {
		t.Errorf("languages share a frame: %v", err)
	}
	if p := b.since(a); !p.empty() {
		t.Errorf("a frame differs from itself: %v", p)
	}
}

// From a scan to the patch that a browser gets, in a cheque of 200 lines.
func BenchmarkScanToPatch(b *testing.B) {
	d := consoletest.New(func() time.Time { return moment })
	defer d.Close()
	c, err := New(Options{Till: d, Now: func() time.Time { return moment }})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ctx := context.Background()
	for _, cmd := range []till.Event{till.Login{PIN: consoletest.PIN}, till.OpenShift{}} {
		if err := d.Do(ctx, cmd); err != nil {
			b.Fatal(err)
		}
	}
	for n := range 200 {
		if err := d.Do(ctx, till.Scan{Code: consoletest.Weighed(1000+1, 9)}); err != nil {
			b.Fatal(n, err)
		}
	}
	have, err := c.frame("sale", c.langs["ru"])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		d.Feed(till.Scan{Code: consoletest.Barcode(1)})
		f, err := c.frame("sale", c.langs["ru"])
		if err != nil {
			b.Fatal(err)
		}
		if p := f.since(have); p.empty() {
			b.Fatal("nothing changed")
		}
		have = f
	}
}
