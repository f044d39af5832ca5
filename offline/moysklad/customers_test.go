package moysklad_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/catalog"
)

// Customers and their discounts come as prices need them, whichever of the two
// ways their own part is written in; addresses do not come along.
func TestCustomers(t *testing.T) {
	shop := moyskladtest.FromCatalog(store, nil, nil, nil, nil)
	href := func(kind, id string) string {
		return `{"meta":{"href":"https://online.moysklad.ru/api/posap/1.0/entity/` + kind + `/` + id + `","type":"` + kind + `"},"id":"` + id + `"`
	}
	for _, c := range []string{
		href("counterparty", itemID(1)) + `,"name":"Пётр Быков","phone":"8 (916) 123-45-67","email":"p@example.org","discountCardNumber":"777 001","tags":["vip"],"salesAmount":18720.0,
			"discounts":[{"discount":{"meta":{"href":"https://x/entity/accumulationdiscount/` + itemID(60) + `"}},"salesAmountCorrection":150000},
			{"discount":{"meta":{"href":"https://x/entity/personaldiscount/` + itemID(61) + `"},"personalDiscount":7.5}}]}`,
		href("counterparty", itemID(2)) + `,"name":"ООО «Ромашка»"}`,
		href("counterparty", itemID(3)) + `,"name":""}`,
	} {
		shop.Points[0].Customers = append(shop.Points[0].Customers, json.RawMessage(c))
	}
	for _, d := range []string{
		href("accumulationdiscount", itemID(60)) + `,"name":"Накопительная","allProducts":true,"levels":[{"amount":1000,"discount":3},{"amount":5000.5,"discount":5.25}]}`,
		href("personaldiscount", itemID(61)) + `,"name":"Своим","allProducts":true}`,
		href("somethingnew", itemID(62)) + `,"name":"Неизвестная"}`,
	} {
		shop.Points[0].Discounts = append(shop.Points[0].Discounts, json.RawMessage(d))
	}
	s := fake(t, moyskladtest.Options{Data: shop})
	c := attach(t, options(s))
	var got []catalog.CustomerCard
	err := c.Customers(t.Context(), func(p []catalog.CustomerCard) error { got = append(got, p...); return nil })
	want := []catalog.CustomerCard{
		{Customer: catalog.Customer{ID: itemID(1), Tags: []string{"vip"}, Spent: 18720, Personal: []catalog.PersonalDiscount{
			{DiscountID: itemID(60), Correction: 150000}, {DiscountID: itemID(61), Percent: 7500}}}, Name: "Пётр Быков", Phone: "79161234567", Card: "777001"},
		{Customer: catalog.Customer{ID: itemID(2)}, Name: "ООО «Ромашка»"},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	discounts, err := c.Discounts(t.Context())
	wantRules := []catalog.Discount{
		{ID: itemID(60), Name: "Накопительная", Kind: catalog.Accumulation, AllItems: true, Levels: []catalog.Level{{Amount: 100000, Percent: 3000}, {Amount: 500050, Percent: 5250}}},
		{ID: itemID(61), Name: "Своим", Kind: catalog.Personal, AllItems: true},
	}
	if d := cmp.Diff(wantRules, discounts); err != nil || d != "" {
		t.Error(err, d)
	}
	if p := discounts[0].PercentFor(&got[0].Customer); p != 3000 {
		t.Errorf("accumulation gives %d", p) // 187.20 and 1500.00 bought: the level of 1000
	}
	stop := errors.New("disk")
	if err := c.Customers(t.Context(), func([]catalog.CustomerCard) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// forbid answers one path as a login without the right is answered.
type forbid struct {
	path string
	next http.RoundTripper
}

func (f forbid) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := f.next.RoundTrip(r)
	if err == nil && strings.Contains(r.URL.Path, f.path) {
		resp.StatusCode = http.StatusForbidden
	}
	return resp, err
}

// Who may not see customers sells without them.
func TestCustomersForbidden(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: moyskladtest.FromCatalog(store, nil, nil, nil, nil)})
	o := options(s)
	next := http.DefaultTransport
	if o.HTTP != nil && o.HTTP.Transport != nil {
		next = o.HTTP.Transport
	}
	o.HTTP = &http.Client{Transport: forbid{"/entity/counterparty", next}}
	var err error
	if o.Token, o.CashierUID, err = moysklad.Attach(t.Context(), o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, store.ID); err != nil {
		t.Fatal(err)
	}
	c, err := moysklad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Customers(t.Context(), func([]catalog.CustomerCard) error { t.Error("somebody came"); return nil }); err != nil {
		t.Error(err)
	}
}
