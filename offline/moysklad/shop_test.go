package moysklad_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/tax"
)

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
	return moysklad.Options{BaseURL: base, Limiter: moysklad.NewLimiter(), HTTP: &http.Client{Transport: moyskladtest.Transport(s)},
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
