package syncer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/offline/syncer"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

const storeID = "5d4d2ca2-7b1d-11e6-8a84-bae500000060"

func itemID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1) }

func shop(items int) moyskladtest.Shop {
	s := catalog.Store{ID: storeID, Name: "Магазин", Organization: "ООО «Ромашка»", Currency: "RUB", PriceType: "Цена", TaxSystem: tax.General,
		Cashiers: []catalog.Cashier{{ID: itemID(9000), Name: "Иванова", Badge: "ivanova@bench"}}}
	list := make([]catalog.Item, items)
	for i := range list {
		list[i] = catalog.Item{ID: itemID(i), Type: catalog.Product, Name: fmt.Sprintf("Товар %d", i), Rate: tax.VAT22, Prices: []catalog.Price{{Type: "Цена", Value: 100}}}
	}
	return moyskladtest.FromCatalog(s, nil, []catalog.Folder{{ID: itemID(8000), Name: "Все", Path: "/" + itemID(8000) + "/"}}, list, nil)
}

// bench is a till's side and a cloud.
type bench struct {
	t       testing.TB
	cloud   *moyskladtest.Server
	journal *outboxtest.Journal
	sink    *sink
	client  *moysklad.Client
	sync    *syncer.Syncer
	till    outboxtest.Till
}

func newBench(t testing.TB, o moyskladtest.Options) *bench {
	t.Helper()
	if o.Data.Points == nil {
		o.Data = shop(1)
	}
	s, err := moyskladtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, cloud: s, journal: &outboxtest.Journal{}, sink: &sink{}, till: outboxtest.Till{ItemID: itemID(0)}}
	b.start()
	return b
}

// start makes the till's side anew, as after a power cut.
func (b *bench) start() {
	b.t.Helper()
	o := moysklad.Options{BaseURL: "http://cloud.test" + moyskladtest.BasePath, HTTP: &http.Client{Transport: moyskladtest.Transport(b.cloud)}}
	if b.client == nil {
		b.client = b.attach(o)
	}
	b.sync = syncer.New(syncer.Options{Journal: b.journal, Cloud: b.client, Catalog: b.sink, NotFound: outboxtest.NotFound})
}

func (b *bench) attach(o moysklad.Options) *moysklad.Client {
	b.t.Helper()
	var err error
	if o.Token, o.CashierUID, err = moysklad.Attach(b.t.Context(), o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, storeID); err != nil {
		b.t.Fatal(err)
	}
	c, err := moysklad.New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// run runs the syncer until the returned function is called.
func (b *bench) run() (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	s := b.sync
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	}
}

func (b *bench) fault(name string, args ...string) {
	b.t.Helper()
	if err := b.cloud.Fault(name, args...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) up() syncer.DestinationStatus { return b.sync.Status().Destinations[0] }

// wantOnce checks that the cloud has every document of the shifts once, in
// order, and took each request's bytes unchanged.
func (b *bench) wantOnce(shifts ...[]*doc.Document) {
	b.t.Helper()
	var want, got []string
	for _, s := range shifts {
		for _, d := range s {
			if d.Type != doc.CloseSession { // the Z report before it closes
				want = append(want, strings.ToLower(string(d.Type))+" "+d.Name)
			}
		}
	}
	kinds := map[string]string{"openshift": "open_session ", "retaildemand": "sell ", "closeshift": "z_report "}
	bodies := map[string]string{}
	for _, r := range b.journal.Records() {
		var f struct {
			Document uuid.UUID
			State    string
			Body     string
		}
		if r.Kind == record.Delivery && json.Unmarshal(r.Data, &f) == nil && f.State == "sending" {
			if _, twice := bodies[f.Body]; twice {
				b.t.Errorf("frozen twice: %s", f.Body)
			}
			bodies[f.Body] = ""
		}
	}
	stored := b.cloud.Documents()
	closing := map[string]string{}
	for _, s := range shifts {
		closing[s[0].ShiftID.String()] = s[len(s)-2].Name
	}
	for _, d := range stored {
		name := d.Name
		if d.Kind == "closeshift" {
			name = closing[d.SyncID]
		}
		got = append(got, kinds[d.Kind]+name)
		if _, ok := bodies[string(d.Body)]; !ok {
			b.t.Errorf("%s %s is not what was frozen", d.Kind, d.Name)
		}
	}
	sortSales(want)
	sortSales(got)
	if !slices.Equal(got, want) {
		b.t.Errorf("the cloud has %d documents\n%v\nwant %d\n%v", len(got), got, len(want), want)
	}
}

// sortSales sorts runs of sales, which go side by side.
func sortSales(all []string) {
	for i := 0; i < len(all); {
		n := i
		for n < len(all) && strings.HasPrefix(all[n], "sell") {
			n++
		}
		slices.Sort(all[i:n])
		i = max(n, i+1)
	}
}

// sink is a catalogue in memory.
type sink struct {
	mu    sync.Mutex
	now   build // what sells
	count int64
	open  int // builds neither committed nor aborted
}

type build struct {
	s         *sink
	items     []catalog.Item
	customers []catalog.CustomerCard
	folders   []catalog.Folder
	store     catalog.Store
}

func (s *sink) Begin(context.Context) (syncer.Build, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	return &build{s: s}, nil
}

func (s *sink) Held() syncer.Held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return syncer.Held{Store: s.now.store.ID, Items: len(s.now.items), Folders: len(s.now.folders), Customers: len(s.now.customers)}
}

func (s *sink) items() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.now.items)
}

func (b *build) PutItems(i []catalog.Item) error       { b.items = append(b.items, i...); return nil }
func (b *build) PutFolders(f []catalog.Folder) error   { b.folders = append(b.folders, f...); return nil }
func (b *build) SetDiscounts([]catalog.Discount) error { return nil }
func (b *build) PutSerials([]catalog.Serial) error     { return nil }

func (b *build) PutCustomers(c []catalog.CustomerCard) error {
	b.customers = append(b.customers, c...)
	return nil
}
func (b *build) SetStore(s catalog.Store) error { b.store = s; return nil }
func (b *build) Commit() (int64, error) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.open--
	b.s.count++
	b.s.now = *b
	return b.s.count, nil
}
func (b *build) Abort() error {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.open--
	return nil
}

func (b *bench) credentials() (token, uid string) {
	b.t.Helper()
	o := moysklad.Options{BaseURL: "http://cloud.test" + moyskladtest.BasePath, HTTP: &http.Client{Transport: moyskladtest.Transport(b.cloud)}}
	token, uid, err := moysklad.Attach(b.t.Context(), o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, storeID)
	if err != nil {
		b.t.Fatal(err)
	}
	return token, uid
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
