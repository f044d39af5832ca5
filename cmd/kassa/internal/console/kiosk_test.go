package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// hands is a clock that a test moves while others read it.
type hands struct{ past atomic.Int64 }

func (h *hands) now() time.Time        { return moment.Add(time.Duration(h.past.Load())) }
func (h *hands) pass(by time.Duration) { h.past.Add(int64(by)) }

// selfService is a browser before a kiosk whose clock the test moves.
func selfService(t *testing.T) (*browser, *hands) {
	h := &hands{}
	d := newDesk(t, func(o *Options) {
		o.Now, o.Lock = h.now, 15*time.Minute
		o.Kiosk = &Kiosk{Idle: 30 * time.Second, Countdown: 10 * time.Second}
	})
	return d.browser(), h
}

var stepMark = regexp.MustCompile(`data-step="(\w+)"`)

// stands waits until a kiosk shows a step.
func (b *browser) stands(step string) string {
	b.t.Helper()
	var page string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		page = b.get("/kiosk").body
		if m := stepMark.FindStringSubmatch(page); m != nil && m[1] == step {
			return page
		}
		if _, err := b.till.Wait(b.t.Context(), 0); err != nil {
			b.t.Fatal(err)
		}
	}
	b.t.Fatalf("not at %s: %s", step, page)
	return ""
}

// TestKiosk: from the closed till to a basket and back, in both languages, with
// an attendant's PIN where one is wanted.
func TestKiosk(t *testing.T) {
	b, h := selfService(t)
	if p := b.stands("closed"); !strings.Contains(p, "Эта касса закрыта") || !strings.Contains(p, "This till is closed") {
		t.Errorf("closed in one language: %s", p)
	}
	if r := b.get("/"); r.header.Get("Location") != "/kiosk" {
		t.Errorf("the till's own browser begins at %s", r.header.Get("Location"))
	}
	if r := b.get("/kiosk/pin"); !strings.Contains(r.body, `data-post="kiosk-staff"`) {
		t.Errorf("no PIN is asked: %s", r.body)
	}
	if r := b.post("/do/kiosk-staff", url.Values{"pin": {"0000"}}); r.status != http.StatusUnprocessableEntity || r.header.Get("Kassa-Fault") != string(fault.LoginRefused) {
		t.Errorf("a wrong PIN: %d %s", r.status, r.body)
	}
	attend := func() {
		t.Helper()
		if r := b.post("/do/kiosk-staff", url.Values{"pin": {consoletest.PIN}}); r.status != http.StatusNoContent || r.header.Get("Kassa-Go") != "/kiosk/staff" {
			t.Fatalf("the PIN: %d %s", r.status, r.body)
		}
	}
	attend()
	clean(t, b, "/kiosk/staff", `id="k-shift"`)
	if r := b.post("/do/shift-open", b.tap()); r.status != http.StatusNoContent {
		t.Fatalf("the shift: %s", r.body)
	}
	if p := b.stands("start"); !strings.Contains(p, "Начать покупку") || !strings.Contains(p, "Start shopping") {
		t.Errorf("the first screen: %s", p)
	}
	// The attendant has left: the browser is nobody's, the till still is his.
	if r := b.get("/sale"); r.header.Get("Location") != "/kiosk" {
		t.Errorf("a customer is let to %d %s", r.status, r.header.Get("Location"))
	}
	if r := b.post("/do/void", b.tap()); r.status != http.StatusUnauthorized {
		t.Errorf("a customer voids: %d", r.status)
	}
	if b.view().Cashier == nil {
		t.Error("nobody attends")
	}

	if r := b.post("/do/kiosk-go", url.Values{"by": {"start"}, "id": {"en"}}); r.status != http.StatusNoContent {
		t.Fatalf("start: %s", r.body)
	}
	if p := b.stands("scan"); !strings.Contains(p, "Scan your first item") || !strings.Contains(p, `lang="en"`) {
		t.Errorf("not in English: %s", p)
	}
	b.do(till.Scan{Code: consoletest.Barcode(1)})
	b.stands("basket")
	// The buyer's age is for the attendant, who is called by the till itself.
	b.till.Feed(till.Scan{Code: "4600000000152"})
	if p := b.stands("ask"); !strings.Contains(p, "attendant is on the way") {
		t.Errorf("the customer is asked himself: %s", p)
	}
	for b.view().Help == nil {
		if _, err := b.till.Wait(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	question := b.view().Questions[0].ID.String()
	if r := b.post("/do/answer", url.Values{"id": {question}, "by": {till.AnswerYes}}); r.status != http.StatusUnauthorized {
		t.Errorf("the customer says he is old enough: %d", r.status)
	}
	attend()
	if r := b.post("/do/answer", url.Values{"id": {question}, "by": {till.AnswerYes}}); r.status != http.StatusNoContent || len(b.view().Cheque.Lines) != 2 {
		t.Errorf("the attendant says so: %d %s", r.status, r.body)
	}
	b.till.Feed(till.Scan{Code: "4009999999994"})
	for !strings.Contains(b.stands("basket"), "This is not in the basket") {
	}
	if r := b.post("/do/kiosk-dismiss", nil); r.status != http.StatusNoContent || len(b.view().Notices) != 0 {
		t.Errorf("dismiss: %d %s", r.status, r.body)
	}
	if r := b.post("/do/kiosk-go", url.Values{"by": {"pay"}}); r.status != http.StatusNoContent {
		t.Errorf("to pay: %s", r.body)
	}
	if p := b.stands("pay"); !strings.Contains(p, "Nothing can be paid here now") || strings.Contains(p, `id="k-card"`) {
		t.Errorf("a till that moves no money by itself: %s", p)
	}
	for _, by := range []string{"card", "qr", "cash", ""} { // a customer's word that he has paid is nobody's
		if r := b.post("/do/kiosk-pay", b.tap("by", by)); r.header.Get("Kassa-Fault") != string(fault.TerminalOff) {
			t.Errorf("paid %q: %d %s", by, r.status, r.body)
		}
	}
	if r := b.get("/kiosk/contact?way=email"); !strings.Contains(r.body, `data-post="kiosk-contact"`) {
		t.Errorf("nobody is asked where the receipt goes: %s", r.body)
	}
	if r := b.post("/do/kiosk-contact", b.tap("contact", "a@example.com", "electronic", "1")); r.status != http.StatusNoContent || !b.view().Cheque.Electronic {
		t.Errorf("the contact: %d %s", r.status, r.body)
	}
	if r := b.post("/do/kiosk-help", nil); r.status != http.StatusNoContent || b.view().Help == nil {
		t.Errorf("help: %d %s", r.status, r.body)
	}
	if p := b.stands("pay"); !strings.Contains(p, "Help is coming") {
		t.Errorf("nobody says that help comes: %s", p)
	}
	attend()
	if b.view().Help != nil {
		t.Error("the attendant is here, and still called")
	}
	line := b.view().Cheque.Lines[0].ID.String()
	clean(t, b, "/kiosk/staff", `id="rm-`+line+`"`)
	// Untouched, the attendant's page goes back to the customer.
	h.pass(usualAttendant)
	if r := b.get("/kiosk/staff"); r.header.Get("Location") != "/kiosk" {
		t.Errorf("the attendant's page stays: %d", r.status)
	}
	for _, form := range []url.Values{{"by": {"start"}, "id": {"xx"}}, {"by": {"home"}}, nil} {
		if r := b.post("/do/kiosk-go", form); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", form, r.status)
		}
	}
	if r := b.post("/do/kiosk-refuse", url.Values{"id": {line}}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("no such question: %d", r.status)
	}
}

// TestKioskLeft: a basket nobody touches is asked about, then it goes; what the
// attendant may not throw away is put aside.
func TestKioskLeft(t *testing.T) {
	b, h := selfService(t)
	b.do(till.Login{PIN: consoletest.PIN}, till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	b.stands("basket")
	b.post("/do/kiosk-go", url.Values{"by": {"here"}})
	h.pass(31 * time.Second)
	if p := b.stands("there"); !strings.Contains(p, "Вы ещё здесь?") || !strings.Contains(p, `id="k-left">9</p>`) {
		t.Errorf("nobody asks: %s", p)
	}
	if r := b.post("/do/kiosk-go", url.Values{"by": {"here"}}); r.status != http.StatusNoContent {
		t.Fatal(r.body)
	}
	b.stands("basket")
	h.pass(35 * time.Second)
	b.do(till.Scan{Code: consoletest.Barcode(2)}) // whoever scans is there
	b.stands("basket")
	h.pass(41 * time.Second)
	b.stands("start")
	v := b.view()
	if len(v.Cheque.Lines) != 0 || len(v.Parked) > 1 {
		t.Errorf("%d lines, %d parked", len(v.Cheque.Lines), len(v.Parked))
	}
	// Begun, and gone without a scan.
	b.post("/do/kiosk-go", url.Values{"by": {"start"}, "id": {"en"}})
	b.stands("scan")
	h.pass(41 * time.Second)
	if p := b.stands("start"); !strings.Contains(p, `<html lang="ru"`) {
		t.Errorf("the next customer reads the last one's language: %s", p)
	}
	// Nobody is hurried who waits for the attendant.
	b.do(till.Scan{Code: consoletest.Barcode(1)}, till.CallHelp{})
	h.pass(10 * time.Minute)
	b.stands("basket")
}

// TestKioskOut: a device that can not print is no dead end: the basket stays, the
// attendant is called by himself, and it goes on when the paper is back.
func TestKioskOut(t *testing.T) {
	b, _ := selfService(t)
	b.do(till.Login{PIN: consoletest.PIN}, till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	b.post("/do/kiosk-go", url.Values{"by": {"pay"}})
	b.till.Device(func(d *till.Device) { d.Status.Paper = false })
	for b.view().Help == nil {
		if _, err := b.till.Wait(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if p := b.stands("pay"); !strings.Contains(p, "корзина не пропадёт") || !strings.Contains(p, "Сотрудник идёт") {
		t.Errorf("a dead end: %s", p)
	}
	b.till.Device(func(d *till.Device) { d.Status.Paper = true })
	for strings.Contains(b.stands("pay"), "корзина не пропадёт") {
	}
	if len(b.view().Cheque.Lines) != 1 {
		t.Error("the basket is lost")
	}
}

// TestKioskElsewhere: another machine is a kiosk only when an attendant has made
// it one; without a kiosk there is no such page.
func TestKioskElsewhere(t *testing.T) {
	b, _ := selfService(t)
	ask := func(method, path string, cookies ...*http.Cookie) *http.Response {
		q := httptest.NewRequest(method, "http://127.0.0.1"+path, nil)
		q.RemoteAddr = "192.0.2.7:4711"
		q.Header.Set("Sec-Fetch-Site", "same-origin")
		for _, k := range cookies {
			q.AddCookie(k)
		}
		w := httptest.NewRecorder()
		b.c.ServeHTTP(w, q)
		return w.Result()
	}
	for _, path := range []string{"/kiosk", "/kiosk/staff", "/"} {
		if r := ask("GET", path); r.Header.Get("Location") != "/login" {
			t.Errorf("a stranger at %s: %d %s", path, r.StatusCode, r.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/do/kiosk-go", "/do/kiosk-pay", "/do/kiosk-help", "/do/kiosk-staff", "/do/kiosk-contact", "/do/kiosk-dismiss", "/do/kiosk-refuse", "/do/kiosk-off"} {
		if r := ask("POST", path); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("a stranger presses %s: %d", path, r.StatusCode)
		}
		if r := b.post(path, url.Values{}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); r.status != http.StatusForbidden {
			t.Errorf("%s from another site: %d", path, r.status)
		}
	}
	b.do(till.Login{PIN: consoletest.PIN})
	v := b.view()
	session := &http.Cookie{Name: sessionCookie, Value: b.c.sessions.addAt(v.Cashier.ID, moment)}
	r := ask("GET", "/kiosk", session)
	var made *http.Cookie
	for _, k := range r.Cookies() {
		if k.Name == kioskCookie {
			made = k
		}
	}
	if r.StatusCode != http.StatusOK || made == nil || !made.HttpOnly {
		t.Fatalf("an attendant makes no kiosk: %d %v", r.StatusCode, r.Cookies())
	}
	if r := ask("GET", "/kiosk", made); r.StatusCode != http.StatusOK {
		t.Errorf("it is none: %d", r.StatusCode)
	}
	if r := ask("GET", "/sale", session, made); r.Header.Get("Location") != "/kiosk" {
		t.Errorf("the attendant's session has stayed: %d %s", r.StatusCode, r.Header.Get("Location"))
	}
	if r := ask("GET", "/kiosk", &http.Cookie{Name: kioskCookie, Value: "guess"}); r.Header.Get("Location") != "/login" {
		t.Errorf("a guess is a kiosk: %d", r.StatusCode)
	}
	if r := newDesk(t).signedIn().get("/kiosk"); r.status != http.StatusNotFound {
		t.Errorf("a kiosk that is not configured: %d", r.status)
	}
}

// TestLock: a browser nobody touches has to log in again; the till itself goes
// on, and scanning counts as work.
func TestLock(t *testing.T) {
	h := &hands{}
	d := newDesk(t, func(o *Options) { o.Now, o.Lock = h.now, 15*time.Minute })
	b := d.signedIn()
	open := func(want bool) {
		t.Helper()
		if in := b.get("/sale").status == http.StatusOK; in != want {
			t.Errorf("open: %t, want %t", in, want)
		}
	}
	h.pass(14 * time.Minute)
	open(true)
	h.pass(14 * time.Minute)
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	f := b.follow("sale") // a page that looks on while goods are scanned
	f.until("screen")
	h.pass(14 * time.Minute)
	d.do(till.Scan{Code: consoletest.Barcode(2)})
	f.until("patch")
	h.pass(14 * time.Minute)
	open(true)
	f = b.follow("sale")
	f.until("screen")
	h.pass(15 * time.Minute)
	if to := f.until("go").data; to != "/login" {
		t.Errorf("locked to %q", to)
	}
	open(false)
	if v := b.view(); v.Cashier == nil || len(v.Cheque.Lines) != 2 {
		t.Errorf("the till has lost %v", v.Cheque.Lines)
	}
	h.pass(-time.Hour) // a clock that is set back locks nobody out
	b = d.signedIn()
	h.pass(-time.Hour)
	open(true)
}

// until gives the next event of a name.
func (f *follower) until(name string) event {
	f.t.Helper()
	for {
		if e := f.next(); e.name == name {
			return e
		}
	}
}
