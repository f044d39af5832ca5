package moysklad_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	want.UpdatedAt, want.Marking = at, catalog.MarksNoErrors // the service always says one
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
			fmt.Fprintf(w, `{"meta":{"nextHref":"http://x/?%s"},"rows":[{"id":"b%d"}]}`, r.URL.RawQuery+"a", len(r.URL.RawQuery))
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
		if strings.Contains(r.URL.String(), "token") || r.Header.Get("Accept") != "application/json;charset=utf-8" {
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
