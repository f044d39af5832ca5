package moysklad_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// richShop has a customer, an order, serial numbers and a picture.
func richShop() moyskladtest.Shop {
	s := shop(3)
	p := &s.Points[0]
	p.Customers = []json.RawMessage{moyskladtest.CustomerJSON(itemID(801), "Пётр Быков", "777001", "79161234567"), moyskladtest.CustomerJSON(itemID(802), "Анна Быкова", "777002", ""),
		[]byte(`{"meta":{"href":"https://x/entity/counterparty/` + itemID(803) + `"},"id":"` + itemID(803) + `","name":"Без номера"}`)}
	p.Orders = []json.RawMessage{moyskladtest.OrderJSON(catalog.Order{ID: itemID(810), Name: "Z-1", State: "Новый", Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Positions: []catalog.OrderPosition{{ItemID: itemID(1), Name: "Товар", Qty: 1000, Price: 500}}})}
	for i := range 150 {
		p.Serials = append(p.Serials, moyskladtest.SerialJSON(itemID(2000+i), fmt.Sprintf("SN-%03d", i), itemID(1)))
	}
	p.Pictures = map[string][]byte{itemID(820): append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 100)...), itemID(821): []byte("<html>no picture</html>")}
	return s
}

func TestPointsOfACustomer(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: richShop()})
	c := attach(t, options(s))
	found, err := c.SearchCustomers(t.Context(), "быков")
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	who, err := c.Points(t.Context(), catalog.CustomerCard{Customer: catalog.Customer{ID: itemID(801)}, Name: "Пётр Быков", Card: "777001"})
	if err != nil || who.Bonus == nil || *who.Bonus != 100*money.Rouble || who.BonusProgram == "" || who.Phone != "79161234567" {
		t.Fatalf("%+v %v", who, err)
	}
	if err := s.Set(moyskladtest.SetLoyaltyPoints, "7"); err != nil {
		t.Fatal(err)
	}
	if who, err = c.Points(t.Context(), who); err != nil || *who.Bonus != 7*money.Rouble {
		t.Error(who.Bonus, err)
	}
	for id, code := range map[string]string{itemID(803): "46001", itemID(899): "1021"} {
		_, err := c.Points(t.Context(), catalog.CustomerCard{Customer: catalog.Customer{ID: id}, Name: "Без номера"})
		if outbox.FailureOf(err).Code != code {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// An answer about somebody else, or with points that can not be, is no answer.
func TestPointsThatAreNone(t *testing.T) {
	for name, body := range map[string]string{
		"somebody else": `{"id":"b","name":"x","bonusPoints":5,"bonusProgram":{"meta":{"href":"/p"}}}`,
		"negative":      `{"id":"a","name":"x","bonusPoints":-5,"bonusProgram":{"meta":{"href":"/p"}}}`,
		"endless":       `{"id":"a","name":"x","bonusPoints":1e18,"bonusProgram":{"meta":{"href":"/p"}}}`,
		"list of none":  `{"rows":[]}`,
		"html":          `<html>`,
		"nothing":       ``,
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				fmt.Fprint(w, `{"rows":[{"id":"a","syncId":"a","name":"x"}]}`)
				return
			}
			fmt.Fprint(w, body)
		})
		c, err := moysklad.New(options(h))
		if err != nil {
			t.Fatal(err)
		}
		who, err := c.Points(t.Context(), catalog.CustomerCard{Customer: catalog.Customer{ID: "a"}, Name: "x"})
		if fault.Of(err).Code != fault.CloudGarbage || who.Bonus != nil {
			t.Errorf("%s: %+v %v", name, who.Bonus, err)
		}
	}
}

func TestSerialsOrderHistoryAndPicture(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: richShop()})
	c := attach(t, options(s))
	var serials []catalog.Serial
	pages := 0
	if err := c.Serials(t.Context(), func(n []catalog.Serial) error { pages++; serials = append(serials, n...); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(serials) != 150 || pages != 2 || serials[149] != (catalog.Serial{Number: "SN-149", Item: itemID(1)}) {
		t.Errorf("%d serials in %d pages", len(serials), pages)
	}
	all, err := c.Orders(t.Context())
	one, err2 := c.Order(t.Context(), itemID(810))
	if err != nil || err2 != nil || len(all) != 1 || cmp.Diff(all[0], one) != "" {
		t.Errorf("%+v %v, %+v %v", all, err, one, err2)
	}
	for id, want := range map[string]string{itemID(811): "1021", "x": "1000"} {
		if _, err := c.Order(t.Context(), id); outbox.FailureOf(err).Code != want {
			t.Errorf("order %s: %v", id, err)
		}
	}
	send(t, c, "PUT", "/rpc/openshift/", shiftBody("openmoment"))
	send(t, c, "POST", "/entity/retaildemand", saleBody(1))
	ops, err := c.History(t.Context(), moysklad.HistoryQuery{Kind: "retaildemand"})
	if err != nil || len(ops) != 1 || ops[0].ID != saleID(1) || ops[0].Sum <= 0 || ops[0].Cash()+ops[0].NoCash != ops[0].Sum {
		t.Errorf("%+v %v", ops, err)
	}
	if ops, err := c.History(t.Context(), moysklad.HistoryQuery{Search: "no such", Limit: 5}); err != nil || len(ops) != 0 {
		t.Error(ops, err)
	}
	href := func(n int) string {
		return "http://elsewhere.test/api/posap/1.0/download/" + itemID(n) + "?miniature=true"
	}
	if b, err := c.Image(t.Context(), href(820), true); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) || len(b) != 108 {
		t.Error(len(b), err)
	}
	if _, err := c.Image(t.Context(), href(821), false); fault.Of(err).Code != fault.CloudGarbage {
		t.Error(err)
	}
	if _, err := c.Image(t.Context(), href(822), false); outbox.FailureOf(err).Code != "1021" {
		t.Error(err)
	}
}

// A cashier who is none any more is for a person, and no list is empty for it.
func TestCashiersWhoAreNone(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: richShop()})
	c := attach(t, options(s))
	for value, code := range map[string]string{"deactivated": "12016", "elsewhere": "12013", "nowhere": "12022"} {
		if err := s.Set(moyskladtest.SetCashier, value); err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{
			"customers": c.Customers(t.Context(), func([]catalog.CustomerCard) error { return nil }),
			"serials":   c.Serials(t.Context(), func([]catalog.Serial) error { return nil }),
		} {
			if f := outbox.FailureOf(err); err == nil || f.Class != outbox.Person || f.Code != code {
				t.Errorf("%s, %s: %v", value, name, err)
			}
		}
	}
	if err := s.Set(moyskladtest.SetCashier, "active"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Store(t.Context()); err != nil {
		t.Error(err)
	}
}

// Every fault of the bench's cloud gives the till an error of its class, and
// when it is over all is well again.
func TestEveryFault(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: richShop()})
	srv := httptest.NewServer(s)
	defer srv.Close()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c := attach(t, moysklad.Options{BaseURL: srv.URL + moyskladtest.BasePath, HTTP: &http.Client{Transport: tr}, Timeout: 5 * time.Second})
	for _, f := range []struct {
		name string
		args []string
		want fault.Code
	}{
		{"down", nil, fault.CloudDown}, {"html", nil, fault.CloudGarbage}, {"truncate", nil, fault.CloudGarbage}, {"tls", nil, fault.CloudDown},
		{"limit", nil, fault.CloudDown}, {"parallel", nil, fault.CloudDown}, {"http", []string{"429"}, fault.CloudDown}, {"http", []string{"500"}, fault.CloudDown},
		{"http", []string{"502"}, fault.CloudDown}, {"http", []string{"503"}, fault.CloudDown}, {"http", []string{"504"}, fault.CloudDown},
		{"http", []string{"405"}, fault.CloudRefused}, {"http", []string{"410"}, fault.CloudRefused}, {"http", []string{"412"}, fault.CloudRefused}, {"http", []string{"413"}, fault.CloudRefused},
		{"http", []string{"401"}, fault.CloudAuth},
	} {
		if err := s.Fault(f.name, f.args...); err != nil {
			t.Fatal(err)
		}
		if f.name == "down" || f.name == "tls" { // a connection that is kept would be tried anew
			tr.CloseIdleConnections()
		}
		if _, err := c.Store(t.Context()); fault.Of(err).Code != f.want {
			t.Errorf("%s %v: %v", f.name, f.args, err)
		}
		if err := s.Fault("up"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Store(t.Context()); err != nil {
			t.Fatalf("after %s %v: %v", f.name, f.args, err)
		}
	}
	for _, f := range [][]string{{"clock", "90"}, {"version-ends"}} {
		if err := s.Fault(f[0], f[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Store(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := c.Notice(); n.Skew < 89*time.Minute || n.Skew > 91*time.Minute || n.Deprecated == "" {
		t.Errorf("%+v", n)
	}
	if err := s.Fault("token-revoked"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Store(t.Context()); fault.Of(err).Code != fault.CloudAuth {
		t.Error(err)
	}
}
