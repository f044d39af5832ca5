package moysklad_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	storeID  = "5d4d2ca2-7b1d-11e6-8a84-bae500000060"
	folderID = "200a6488-07c7-11e7-90a5-ba9c0000009a"
	base     = "http://cloud.test" + moyskladtest.BasePath
)

var store = catalog.Store{
	ID: storeID, Name: "Магазин", Address: "ул. Мира, 1", Organization: "ООО «Ромашка»", OrganizationID: "5d0f5e3e-7b1d-11e6-8a84-bae500000051",
	INN: "7710045520", PriceType: "Цена продажи", Currency: "RUB", TaxSystem: tax.General, DiscountStrategy: "byPriority",
	ManualDiscount: true, MaxDiscount: 12_500, WeightPrefix: "21", LastNumbers: map[string]int{},
	Cashiers: []catalog.Cashier{
		{ID: "a4f36276-7b5a-11e6-8a84-bae500000004", Name: "Иванова Анна Петровна", Position: "Кассир", INN: "222490425273", Badge: "ivanova@bench", Role: catalog.RoleCashier},
		{ID: "a4f36276-7b5a-11e6-8a84-bae500000005", Name: "Петров Пётр", Badge: "petrov@bench", Role: catalog.RoleCashier},
	},
}

func itemID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1) }

func shop(items int) moyskladtest.Shop {
	folders := []catalog.Folder{{ID: folderID, Name: "Бакалея", Path: "/" + folderID + "/"}}
	list := make([]catalog.Item, items)
	for i := range list {
		list[i] = catalog.Item{ID: itemID(i), Type: catalog.Product, Name: fmt.Sprintf("Товар %d", i), Code: fmt.Sprint(i), Unit: "шт", Kind: 1,
			Prices: []catalog.Price{{Type: "Цена продажи", Value: 100}}, Rate: tax.VAT22, FolderID: folderID, FolderPath: "/" + folderID + "/"}
	}
	discounts := []catalog.Discount{{ID: "33edffd5-7ff9-11e6-8a84-bae500000057", Name: "Весна", Folders: []string{folderID}, Percent: 7_500}}
	return moyskladtest.FromCatalog(store, map[string]string{store.Cashiers[0].ID: "1234"}, folders, list, discounts)
}

func fake(t testing.TB, o moyskladtest.Options) *moyskladtest.Server {
	t.Helper()
	s, err := moyskladtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func options(s http.Handler) moysklad.Options {
	return moysklad.Options{BaseURL: base, HTTP: &http.Client{Transport: moyskladtest.Transport(s)},
		HashPIN: func(pin string) (string, error) { return "hash of " + pin, nil }}
}

func attach(t testing.TB, o moysklad.Options) *moysklad.Client {
	t.Helper()
	var err error
	if o.Token, o.CashierUID, err = moysklad.Attach(t.Context(), o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, ""); err != nil {
		t.Fatal(err)
	}
	c, err := moysklad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a shop is made of comes back from the cloud as it was.
func TestShopThereAndBack(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	folders := []catalog.Folder{
		{ID: folderID, Name: "Продукты", Path: "/" + folderID + "/"},
		{ID: itemID(900), Name: "Молоко", Path: "/" + folderID + "/" + itemID(900) + "/", ParentID: folderID},
	}
	items := []catalog.Item{
		{ID: itemID(1), Type: catalog.Product, Name: "Молоко 3,2%", Code: "17", Article: "м-1", Barcodes: []string{"4600000000015", "4600000000022"},
			Packs: []catalog.Pack{{ID: itemID(50), Name: "ящик", Barcode: "4600000000114", Quantity: 12_000}}, Rate: tax.VAT10,
			Prices:   []catalog.Price{{Type: "Цена продажи", Value: 8990}, {Type: "Опт", Value: 7550}},
			FolderID: itemID(900), FolderPath: "/" + folderID + "/" + itemID(900) + "/", Unit: "шт", Kind: 1, Tracking: "MILK", Stock: -1_500, Favourite: true},
		{ID: itemID(2), Type: catalog.Variant, Name: "Молоко 1%", Rate: tax.None, Prices: []catalog.Price{{Type: "Цена продажи", Value: 1}},
			Unit: "кг", UnitCode: 11, ByWeight: true, Kind: 2, TaxSystem: tax.Patent, DiscountProhibited: true, ParentID: itemID(1), Tobacco: true},
		{ID: itemID(3), Type: catalog.Service, Name: "Доставка", Rate: tax.VAT0, Unit: "усл", Kind: 4},
	}
	discounts := []catalog.Discount{
		{ID: itemID(60), Name: "На молоко", Folders: []string{itemID(900)}, Items: []string{itemID(3)}, Percent: 7_125, Tags: []string{"свои"}},
		{ID: itemID(61), Name: "Всё по опту", AllItems: true, PriceType: "Опт"},
	}
	s := fake(t, moyskladtest.Options{Data: moyskladtest.FromCatalog(store, map[string]string{store.Cashiers[0].ID: "1234"}, folders, items, discounts)})
	o := options(s)
	o.Now = func() time.Time { return at }
	c := attach(t, o)
	want := store
	want.UpdatedAt = at
	want.Cashiers = append([]catalog.Cashier(nil), store.Cashiers...)
	want.Cashiers[0].PINHash = "hash of 1234"
	got, err := c.Store(t.Context())
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	var gotFolders []catalog.Folder
	var gotItems []catalog.Item
	if err := c.Folders(t.Context(), func(f []catalog.Folder) error { gotFolders = append(gotFolders, f...); return nil }); err != nil {
		t.Error(err)
	}
	if n, err := c.Items(t.Context(), func(i []catalog.Item) error { gotItems = append(gotItems, i...); return nil }); err != nil || n != 0 {
		t.Error(n, err)
	}
	gotDiscounts, err := c.Discounts(t.Context())
	if d := cmp.Diff(folders, gotFolders) + cmp.Diff(items, gotItems) + cmp.Diff(discounts, gotDiscounts); err != nil || d != "" {
		t.Error(err, d)
	}
}

func TestPagesUntilTheEnd(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: shop(2500)})
	c := attach(t, options(s))
	seen, pages := map[string]bool{}, 0
	_, err := c.Items(t.Context(), func(items []catalog.Item) error {
		pages++
		for _, i := range items {
			if seen[i.ID] {
				t.Fatalf("item %s twice", i.ID)
			}
			seen[i.ID] = true
		}
		return nil
	})
	if err != nil || len(seen) != 2500 || pages != 3 {
		t.Errorf("%d items in %d pages, %v", len(seen), pages, err)
	}
}

func TestThreeWaysToAuthenticate(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: shop(1)})
	for _, a := range []moysklad.Auth{moysklad.AuthHeaders, moysklad.AuthBasic, moysklad.AuthCookie} {
		o := options(s)
		o.Auth = a
		if _, err := attach(t, o).Store(t.Context()); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestAttachRevokesEarlierTokens(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: shop(1)})
	first := attach(t, options(s))
	second := attach(t, options(s))
	_, err := first.Store(t.Context())
	if outbox.FailureOf(err).Class != outbox.Reattach || fault.Of(err).Code != fault.CloudAuth {
		t.Errorf("a revoked token gets %v", err)
	}
	if _, err := second.Store(t.Context()); err != nil {
		t.Error(err)
	}
	if _, _, err := moysklad.Attach(t.Context(), options(s), moyskladtest.DefaultLogin, "wrong", storeID); fault.Of(err).Code != fault.CloudAuth {
		t.Errorf("a wrong password gets %v", err)
	}
	if _, _, err := moysklad.Attach(t.Context(), options(s), moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, itemID(1)); err == nil {
		t.Error("attached to a store that is not there")
	}
}

func TestSecondOrganisation(t *testing.T) {
	other := store
	other.ID, other.OrganizationID, other.TaxSystem, other.Name = itemID(700), itemID(701), tax.SimplifiedIncome, "Киоск"
	kiosk := moyskladtest.FromCatalog(other, nil, nil, []catalog.Item{{ID: itemID(5000), Type: catalog.Product, Name: "Кофе", Rate: tax.VAT5}}, nil)
	s := fake(t, moyskladtest.Options{Data: shop(3).With(kiosk)})
	stores, err := moysklad.Stores(t.Context(), options(s), moyskladtest.DefaultLogin, moyskladtest.DefaultPassword)
	if err != nil || len(stores) != 2 || stores[1].Name != "Киоск" {
		t.Fatal(stores, err)
	}
	if _, _, err := moysklad.Attach(t.Context(), options(s), moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, ""); err == nil {
		t.Error("attached without naming one of two stores")
	}
	for i, want := range []int{3, 1} {
		o := options(s)
		o.Token, o.CashierUID, err = moysklad.Attach(t.Context(), o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, stores[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		c, err := moysklad.New(o)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		if _, err := c.Items(t.Context(), func(items []catalog.Item) error { got += len(items); return nil }); err != nil || got != want {
			t.Errorf("store %d: %d items, %v", i, got, err)
		}
	}
}

// Whatever stands between us and the service, an answer that is not the
// service's is garbage to be tried again, never success.
func TestForeignAnswers(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"html": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Wi-Fi</html>") },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://login.test/", http.StatusFound)
		},
		"not found": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); fmt.Fprint(w, "<h1>404</h1>") },
		"truncated": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":"a","rows":[{"id":"b"`) },
		"broken": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"id":"a",`)
			panic(http.ErrAbortHandler)
		},
		"nothing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) },
		"no rows": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"meta":{}}`) },
		"no id":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"rows":[{"name":"x"}]}`) },
		"endless": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"meta":{"nextHref":"http://x/?%s"},"rows":[{"id":"b"}]}`, r.URL.RawQuery+"a")
		},
		"too large": func(w http.ResponseWriter, _ *http.Request) { io.CopyN(w, zeros{}, moysklad.MaxAnswer+2) },
	} {
		o := options(h)
		o.Limiter = nil
		c, err := moysklad.New(o)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		_, err = c.Items(t.Context(), func([]catalog.Item) error {
			if n++; n > 3 {
				return errEnough
			}
			return nil
		})
		if name == "endless" {
			if !errors.Is(err, errEnough) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if f := outbox.FailureOf(err); err == nil || f.Class != outbox.Retry || fault.Of(err).Code != fault.CloudGarbage {
			t.Errorf("%s: %v", name, err)
		}
		if name == "truncated" || name == "nothing" || name == "no rows" || name == "no id" {
			continue // JSON or nothing is what a create answers with
		}
		if _, err := c.Send(t.Context(), outbox.Request{Method: "POST", Path: "/entity/retaildemand", Body: "{}"}, false); outbox.FailureOf(err).Class != outbox.Retry || err == nil {
			t.Errorf("%s: a document is taken for delivered: %v", name, err)
		}
	}
}

var errEnough = errors.New("enough")

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// Half a catalogue is no catalogue.
func TestListThatEndsEarly(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"meta":{"size":1000},"rows":[{"id":"a"}]}`)
	})
	c, err := moysklad.New(options(h))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Items(t.Context(), func([]catalog.Item) error { return nil }); fault.Of(err).Code != fault.CloudGarbage {
		t.Errorf("got %v", err)
	}
}

func TestFractionsOfKopecksAreCounted(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"rows":[{"id":"a","salePrices":[{"value":100.5,"priceType":{"name":"A"}}]},{"id":"b","salePrices":[{"value":"100.0","priceType":"A"},{"value":-5},{"value":1e30}]}]}`)
	})
	c, err := moysklad.New(options(h))
	if err != nil {
		t.Fatal(err)
	}
	var got []catalog.Item
	n, err := c.Items(t.Context(), func(i []catalog.Item) error { got = append(got, i...); return nil })
	if err != nil || n != 1 || len(got) != 2 {
		t.Fatal(n, err, got)
	}
	want := []catalog.Price{{Type: "A", Value: 101}, {Type: "A", Value: 100}}
	if d := cmp.Diff(want, append(got[0].Prices, got[1].Prices...)); d != "" {
		t.Error(d)
	}
}

func TestClasses(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   outbox.Class
	}{
		{429, `{"errors":[{"error":"много","code":1049}]}`, outbox.Retry}, {429, ``, outbox.Retry}, {500, ``, outbox.Retry}, {502, `<html>`, outbox.Retry},
		{503, `{"errors":[{"code":1074}]}`, outbox.Retry}, {504, ``, outbox.Retry}, {409, `{"errors":[{"code":1065}]}`, outbox.Retry},
		{401, ``, outbox.Reattach}, {401, `{"errors":[{"code":12017}]}`, outbox.Reattach}, {403, `{"errors":[{"code":12013}]}`, outbox.Person},
		{403, `{}`, outbox.Person}, {412, `{"errors":[{"code":18000}]}`, outbox.OurFault}, {400, `{"errors":[{"code":"3000"}]}`, outbox.OurFault},
		{404, `{"errors":[{"code":1021}]}`, outbox.Person}, {410, `{}`, outbox.Person}, {400, `x`, outbox.OurFault}, {409, `{"errors":[{"code":777}]}`, outbox.Person},
		{301, ``, outbox.Retry},
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		cl, err := moysklad.New(options(h))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cl.Send(t.Context(), outbox.Request{Method: "PUT", Path: "/x"}, false); outbox.FailureOf(err).Class != c.want {
			t.Errorf("%d %s: %v, want %s", c.status, c.body, err, c.want)
		}
	}
}

// 300 documents at once: the service never has to say no, and at least 95 %
// of what it allows is used.
func TestBurstStaysWithinTheLimit(t *testing.T) {
	data := shop(1)
	synctest.Test(t, func(t *testing.T) {
		s := fake(t, moyskladtest.Options{Data: data})
		c := attach(t, options(s))
		began := time.Now()
		send(t, c, "PUT", "/rpc/openshift/", shiftBody("openmoment"))
		var all sync.WaitGroup
		work := make(chan int)
		for range 8 {
			all.Go(func() {
				for i := range work {
					send(t, c, "POST", "/entity/retaildemand", saleBody(i))
				}
			})
		}
		for i := range 300 {
			work <- i
		}
		close(work)
		all.Wait()
		took := time.Since(began)
		if st := s.State(); st.Limited != 0 || st.Sales != 300 {
			t.Errorf("%d refused for the limit, %d sales", st.Limited, st.Sales)
		}
		if ideal := 300 * 5 * time.Second / 100; took > ideal*100/95 {
			t.Errorf("took %v, the limit allows %v", took, ideal)
		}
	})
}

// A smaller limit, learnt from the headers.
func TestLimitIsLearnt(t *testing.T) {
	data := shop(1)
	synctest.Test(t, func(t *testing.T) {
		s := fake(t, moyskladtest.Options{Data: data, RateLimit: moyskladtest.RateLimit{Requests: 10, Interval: 2 * time.Second}})
		c := attach(t, options(s))
		for range 60 {
			if _, err := c.Store(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if st := s.State(); st.Limited != 0 {
			t.Errorf("%d of %d refused", st.Limited, st.Requests)
		}
	})
}

// Two tills share an account's limit: who is refused waits as told and gets on.
func TestWaitsAsTold(t *testing.T) {
	data := shop(1)
	synctest.Test(t, func(t *testing.T) {
		s := fake(t, moyskladtest.Options{Data: data})
		c := attach(t, options(s))
		for range 99 { // somebody else uses the limit up
			r := httptest.NewRequest("GET", base+"/x", nil)
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		_, err := c.Store(t.Context())
		f := outbox.FailureOf(err)
		if f.Class != outbox.Retry || f.Wait <= 0 || f.Wait > 5*time.Second {
			t.Fatalf("got %v, wait %v", err, f.Wait)
		}
		began := time.Now()
		if _, err := c.Store(t.Context()); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d < f.Wait {
			t.Errorf("asked again after %v, told %v", d, f.Wait)
		}
	})
}

func TestAHangingServiceIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		c, err := moysklad.New(options(h))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = c.Store(t.Context())
		if d := time.Since(began); outbox.FailureOf(err).Class != outbox.Retry || d != moysklad.RequestTimeout {
			t.Errorf("after %v: %v", d, err)
		}
	})
}

// The token goes to the configured address and nowhere else, whatever links
// and redirects say.
func TestTokenStaysHome(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: shop(1500)})
	o := options(s)
	inner := o.HTTP.Transport
	o.HTTP.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "cloud.test" {
			t.Errorf("request to %s", r.URL)
		}
		if strings.Contains(r.URL.String(), "token") || r.Header.Get("Accept") != "" {
			t.Errorf("%s, Accept %q", r.URL, r.Header.Get("Accept"))
		}
		return inner.RoundTrip(r)
	})
	if _, err := attach(t, o).Items(t.Context(), func([]catalog.Item) error { return nil }); err != nil {
		t.Error(err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestOverASocket(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: shop(5)})
	srv := httptest.NewServer(s)
	defer srv.Close()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c := attach(t, moysklad.Options{BaseURL: srv.URL + moyskladtest.BasePath, HTTP: &http.Client{Transport: tr}})
	send(t, c, "PUT", "/rpc/openshift/", shiftBody("openmoment"))
	if err := s.Fault("lose-answer"); err != nil {
		t.Fatal(err)
	}
	r := outbox.Request{Method: "POST", Path: "/entity/retaildemand", Body: saleBody(1)}
	if _, err := c.Send(t.Context(), r, false); outbox.FailureOf(err).Class != outbox.Retry {
		t.Errorf("a lost answer gives %v", err)
	}
	if _, err := c.Send(t.Context(), r, true); err != nil {
		t.Error(err)
	}
	if err := s.Fault("truncate"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Store(t.Context()); fault.Of(err).Code != fault.CloudGarbage {
		t.Errorf("a truncated answer gives %v", err)
	}
	if docs := s.Documents(); len(docs) != 2 || docs[1].Times != 2 {
		t.Errorf("got %+v", docs)
	}
}

// Where repeats are refused, a sale is looked up, a shift believed when it
// may have been sent before.
func TestRefusedRepeats(t *testing.T) {
	for _, closedAs := range []int{12004, 12012} {
		s := fake(t, moyskladtest.Options{Data: shop(1), Repeats: moyskladtest.RefuseRepeats, ClosedAs: closedAs, UniqueNames: true})
		c := attach(t, options(s))
		for _, r := range []outbox.Request{
			{Method: "PUT", Path: "/rpc/openshift/", Body: shiftBody("openmoment")},
			{Method: "POST", Path: "/entity/retaildemand", Body: saleBody(1)},
			{Method: "PUT", Path: "/rpc/closeshift/", Body: shiftBody("closemoment")},
			{Method: "PUT", Path: "/rpc/openshift/", Body: shiftBody("openmoment")},
		} {
			_, err := c.Send(t.Context(), r, false)
			a, again := c.Send(t.Context(), r, true)
			if again != nil || a.Note == "" || err != nil && r.Path != "/rpc/openshift/" {
				t.Errorf("%s: %v, then %+v, %v", r.Path, err, a, again)
			}
		}
		// Another sale under a number that is taken is for a person.
		other := strings.Replace(saleBody(1), saleID(1), saleID(2), 1)
		if _, err := c.Send(t.Context(), outbox.Request{Method: "POST", Path: "/entity/retaildemand", Body: other}, true); outbox.FailureOf(err).Class != outbox.Person {
			t.Errorf("a foreign number gives %v", err)
		}
		if n := len(s.Documents()); n != 3 {
			t.Errorf("%d documents", n)
		}
	}
}

func send(t testing.TB, c *moysklad.Client, method, path, body string) {
	t.Helper()
	if _, err := c.Send(context.Background(), outbox.Request{Method: method, Path: path, Body: body}, false); err != nil {
		t.Errorf("%s: %v", path, err)
	}
}

const shiftID = "388bd178-800c-41e6-8a84-bae5022000a2"

func ref(kind, id string) map[string]any {
	return map[string]any{"meta": map[string]any{"href": moyskladtest.Canonical + "/entity/" + kind + "/" + id}}
}

func shiftBody(moment string) string {
	return body(map[string]any{"retailShift": ref("retailshift", "syncid/"+shiftID), "name": "0001", moment: "2026-03-14 10:00:00"})
}

func saleID(i int) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(fmt.Sprint("sale ", i))).String()
}

func sale(i int) map[string]any {
	s := ref("retaildemand", "syncid/"+saleID(i))
	s["retailShift"], s["name"], s["moment"] = ref("retailshift", "syncid/"+shiftID), fmt.Sprintf("A-%06d", i), "2026-03-14 10:00:01"
	p := map[string]any{"assortment": ref("product", itemID(0)), "quantity": 2, "price": 500, "discount": 10, "vat": 22, "vatEnabled": true}
	s["positions"], s["cashSum"], s["noCashSum"] = []any{p}, 900, 0
	return s
}

func saleBody(i int) string { return body(sale(i)) }

func body(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
