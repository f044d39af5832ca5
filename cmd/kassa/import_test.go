package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

const (
	cloudStore = "018f0000-0000-7000-8000-0000000000aa"
	cloudOwner = "petrov@bench" // the owner's login, by the configuration of a connected till
)

// fakeCloud is a cloud and the line of each till to it, which can be cut.
type fakeCloud struct {
	t *testing.T
	*moyskladtest.Server
}

func newFakeCloud(t *testing.T, more ...func(*moyskladtest.Shop)) *fakeCloud {
	t.Helper()
	store := catalog.Store{ID: cloudStore, Name: "Лавка", Organization: "ООО «Лавка»", Currency: "RUB", PriceType: "retail", TaxSystem: tax.General,
		Cashiers: []catalog.Cashier{{ID: "018f0000-0000-7000-8000-0000000000bb", Name: "Иванова", Badge: "ivanova@bench"}, {ID: "018f0000-0000-7000-8000-0000000000cc", Name: "Петров", Badge: cloudOwner}}}
	// The PINs of the rig's own catalogue: a login may come before the first
	// download or after it.
	pins := map[string]string{store.Cashiers[0].ID: "1111", store.Cashiers[1].ID: ownerPIN}
	items := []catalog.Item{{ID: itemID("1"), Type: catalog.Product, Name: "Товар 1", Barcodes: []string{"4600000000015"}, Rate: tax.VAT10, Prices: []catalog.Price{{Type: "retail", Value: 4990}}}}
	shop := moyskladtest.FromCatalog(store, pins, nil, items, nil)
	for i, paid := range []money.Amount{0, 50_00, 0} {
		id := fmt.Sprintf("018f0000-0000-7000-8000-0000000001%02d", i)
		shop.Points[0].Orders = append(shop.Points[0].Orders, moyskladtest.OrderJSON(catalog.Order{ID: id, Name: fmt.Sprintf("Z-%d", i+1), Time: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
			Agent: "018f0000-0000-7000-8000-0000000000aa", PaidNoCash: paid, Positions: []catalog.OrderPosition{{ItemID: itemID("1"), Name: "Товар 1", Qty: 2000, Price: 40_00}}}))
	}
	for _, add := range more {
		add(&shop)
	}
	s, err := moyskladtest.New(moyskladtest.Options{Data: shop, UniqueNames: true, Repeats: moyskladtest.RefuseRepeats})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &fakeCloud{t, s}
}

// line is a till's way to the cloud.
type line struct {
	cloud *fakeCloud
	mu    sync.Mutex
	cut   bool
	lose  int // answers to sales that get lost; the line is cut with the last
	lost  int
	// trip is called before and after the cloud has done a request.
	trip atomic.Pointer[func(r *http.Request, done bool)]
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sale := strings.HasSuffix(r.URL.Path, "/entity/retaildemand")
	l.mu.Lock()
	if l.cut {
		l.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	if !sale || l.lose == 0 {
		l.mu.Unlock()
		trip := l.trip.Load()
		if trip != nil {
			(*trip)(r, false)
		}
		rec := httptest.NewRecorder()
		if trip == nil {
			l.cloud.ServeHTTP(w, r)
			return
		}
		l.cloud.ServeHTTP(rec, r)
		(*trip)(r, true)
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		if _, err := w.Write(rec.Body.Bytes()); err != nil {
			panic(http.ErrAbortHandler) // the till has died
		}
		return
	}
	defer l.mu.Unlock()
	l.cloud.ServeHTTP(httptest.NewRecorder(), r)
	l.lost++
	l.cut = l.lost == l.lose
	panic(http.ErrAbortHandler)
}

func (l *line) set(cut bool, lose int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.lose = cut, lose
}

func (l *line) losses() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// connect gives a rig a line to the cloud, before it starts.
func (c *fakeCloud) connect(r *rig, cut bool) *line {
	c.t.Helper()
	l := &line{cloud: c, cut: cut}
	server := httptest.NewServer(l)
	c.t.Cleanup(server.Close)
	secret := filepath.Join(r.dir, "moysklad.secret")
	if err := os.WriteFile(secret, []byte(fmt.Sprintf("login = %q\npassword = %q\n", moyskladtest.DefaultLogin, moyskladtest.DefaultPassword)), 0o600); err != nil {
		c.t.Fatal(err)
	}
	f, err := os.OpenFile(r.config(), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(f, "[cloud.moysklad]\nurl = %q\nstore = %q\ncredentials = %q\ntake_over = true\n[roles]\nowner = [%q]\n", server.URL+moyskladtest.BasePath, cloudStore, secret, cloudOwner)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return l
}

// has checks that the cloud has documents of these kinds, each once.
func (c *fakeCloud) has(want map[string]int) {
	c.t.Helper()
	got, seen := map[string]int{}, map[string]bool{}
	for _, d := range c.Documents() {
		got[d.Kind]++
		if seen[d.Kind+d.SyncID] {
			c.t.Errorf("%s %s is there twice", d.Kind, d.Name)
		}
		seen[d.Kind+d.SyncID] = true
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("the cloud has %v, want %v", got, want)
	}
}

func (r *rig) sellMilk(n int) {
	r.t.Helper()
	for range n {
		r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015"}})
		r.must("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "100"})
	}
}

// ok runs a command that has to succeed.
func (r *rig) ok(args ...string) string {
	r.t.Helper()
	out, errOut, code := r.kassa("", args...)
	if code != 0 {
		r.t.Fatalf("%v: %d %s%s\n%s", args, code, out, errOut, r.log())
	}
	return out
}

// A till sells and dies: without ever having reached the cloud, or when the
// cloud had taken two sales and the answers got lost. Another till takes its
// journal in from a stick, and the cloud has every sale exactly once. When the
// dead till comes back for a day, a newer copy brings the rest.
func TestDeadTillsSalesReachTheCloud(t *testing.T) {
	for name, lose := range map[string]int{"never connected": 0, "two answers lost": 2} {
		t.Run(name, func(t *testing.T) {
			cloud := newFakeCloud(t)
			a := newRig(t, "")
			lineA := cloud.connect(a, true)
			a.start("")
			a.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
			a.must("POST", "/api/v1/shift/open", nil)
			a.sellMilk(5)
			if lose > 0 {
				lineA.set(false, lose)
				synced := make(chan error, 1)
				go func() { synced <- a.call("POST", "/api/v1/sync", nil, nil) }()
				a.await("the answers are lost", func() bool { return lineA.losses() == lose })
				a.kill()
				if err := <-synced; err == nil {
					t.Error("the line is cut and the till did not notice")
				}
			}
			a.kill()
			if lose > 0 {
				cloud.has(map[string]int{"openshift": 1, "retaildemand": 2})
			}
			stick := filepath.Join(t.TempDir(), "stick", "copy")
			out := a.ok("journal", "export", "--to", stick)
			if !strings.Contains(out, stick) {
				t.Errorf("export: %s", out)
			}
			before := a.documents()

			b := newRig(t, "")
			cloud.connect(b, false)
			b.start("")
			var taken struct {
				Last   uint64 `json:"last"`
				Queued int64  `json:"queued"`
			}
			if err := json.Unmarshal([]byte(b.ok("journal", "import", stick, "--json")), &taken); err != nil || taken.Last == 0 {
				t.Errorf("%+v %v", taken, err)
			}
			b.await("the cloud is attached to", func() bool { _, _, code := b.kassa("", "sync"); return code == 0 })
			want := map[string]int{"openshift": 1, "retaildemand": 5}
			b.await("everything is delivered", func() bool { return len(cloud.Documents()) == 6 && b.settled() })
			cloud.has(want)
			for _, d := range cloud.Documents() {
				if d.Kind == "retaildemand" && !sold(before, d.Name) {
					t.Errorf("document %s is not the dead till's", d.Name)
				}
			}
			if _, errOut, code := b.kassa("", "journal", "import", stick); code != exitRefused || !strings.Contains(errOut, "copy.older") {
				t.Errorf("again: %d %s", code, errOut)
			}
			if _, errOut, code := a.kassa("", "journal", "import", stick); code != exitRefused || !strings.Contains(errOut, "copy.own") {
				t.Errorf("its own: %d %s", code, errOut)
			}

			// The dead till wakes up without the cloud, sells two more and closes.
			lineA.set(true, 0)
			a.start("")
			a.sellMilk(2)
			a.must("POST", "/api/v1/shift/close", nil)
			newer := filepath.Join(t.TempDir(), "newer")
			a.ok("journal", "export", "--to", newer)
			a.stop()
			b.kill() // in the middle of its life, too
			out = b.ok("journal", "import", newer)
			if !strings.Contains(out, "when the till starts") {
				t.Errorf("import at rest: %s", out)
			}
			b.start("")
			b.await("the rest is delivered", func() bool { return len(cloud.Documents()) == 9 && b.settled() })
			cloud.has(map[string]int{"openshift": 1, "retaildemand": 7, "closeshift": 1})
			for _, d := range cloud.Documents() {
				if d.Times != 1 && lose == 0 {
					t.Errorf("%s %s came %d times", d.Kind, d.Name, d.Times)
				}
			}
			b.stop()
			if out := b.ok("journal", "verify"); !strings.Contains(out, "0 problems") {
				t.Errorf("verify: %s", out)
			}
			if out := b.ok("journal", "show", "--type", "journal_imported"); strings.Count(out, "journal_imported") != 2 {
				t.Errorf("audit: %s", out)
			}
		})
	}
}

// settled tells whether no queue of the till has anything to send.
func (r *rig) settled() bool {
	var s syncAnswer
	if err := r.call("GET", "/api/v1/sync", nil, &s); err != nil {
		return false
	}
	for _, d := range s.Destinations {
		if d.Queued > 0 || len(d.Parked) > 0 {
			return false
		}
	}
	return len(s.Destinations) > 0
}

func sold(docs []doc.Document, name string) bool {
	for _, d := range docs {
		if d.Name == name && d.Type == doc.Sell {
			return true
		}
	}
	return false
}
