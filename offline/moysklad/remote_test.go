package moysklad_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// saying is a cloud that answers everything alike.
func saying(t testing.TB, status int, body *string) *moysklad.Client {
	t.Helper()
	c, err := moysklad.New(options(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		if _, err := w.Write([]byte(*body)); err != nil {
			t.Error(err)
		}
	})))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	opID   = "a4a94924-ab7a-447e-b1ae-6b874242cbdd"
	opMeta = `"meta":{"href":"https://online.moysklad.ru/api/posap/1.0/entity/retaildemand/syncid/` + opID + `","type":"retaildemand","id":"` + opID + `","idType":"sync"}`
	opItem = `"assortment":{"meta":{"href":"https://online.moysklad.ru/api/posap/1.0/entity/product/00000000-0000-4000-8000-000000000001","type":"product"},"name":"Товар"}`
)

// TestPoll reads operations as they are described, and refuses by name what is
// no receipt.
func TestPoll(t *testing.T) {
	body := ""
	c := saying(t, http.StatusOK, &body)
	for _, empty := range []string{"", "{}", " \n"} {
		if body = empty; true {
			if op, err := c.Poll(t.Context(), store.OrganizationID); op != nil || err != nil {
				t.Errorf("%q: %v %v", empty, op, err)
			}
		}
	}
	// 2*500-10 % = 900 = 800+100: the description's own example.
	body = `{` + opMeta + `,"name":"000219991","positions":{"rows":[{` + opItem + `,"quantity":2,"price":500,"discount":10,"vat":10,"vatEnabled":true,"marks":[{"cis":"a"},{"cis":"b"}]}]},
		"cashSum":800,"noCashSum":100,"taxSystem":"GENERAL_TAX_SYSTEM","cheque":{"phone":"89992223311"}}`
	want := &moysklad.RemoteOperation{ID: uuid.MustParse(opID), Kind: "retaildemand", Href: "https://online.moysklad.ru/api/posap/1.0/entity/retaildemand/syncid/" + opID,
		Name: "000219991", Type: doc.Sell, TaxSystem: tax.General, Contact: "89992223311",
		Positions: []moysklad.RemotePosition{{ItemID: itemID(0), ItemType: "product", Name: "Товар", Qty: 2000, Price: 500, Total: 900, Rate: tax.VAT10, Marks: []string{"a", "b"}}},
		Payments:  []doc.Payment{{Type: doc.PayElectron, Sum: 100}, {Type: doc.PayCash, Sum: 800}}}
	op, err := c.Poll(t.Context(), store.OrganizationID)
	if d := cmp.Diff(want, op); err != nil || d != "" {
		t.Error(err, d)
	}
	pos := `"positions":[{` + opItem + `,"quantity":1,"price":1000,"vat":0,"vatEnabled":false}]`
	body = `{` + opMeta + `,` + pos + `,"noCashSum":993}` // within the tolerance: it goes with the largest part
	if op, err = c.Poll(t.Context(), store.OrganizationID); err != nil || len(op.Payments) != 1 || op.Payments[0].Sum != 1000 {
		t.Errorf("%+v %v", op, err)
	}
	for kind, typ := range map[string]doc.Type{"prepayment": doc.Sell, "prepaymentreturn": doc.Payback} {
		body = strings.ReplaceAll(`{`+opMeta+`,`+pos+`,"sum":400,"noCashSum":300,"cashSum":100}`, "retaildemand", kind)
		if op, err = c.Poll(t.Context(), store.OrganizationID); err != nil || !op.Prepaid || op.Type != typ || op.Kind != kind || len(op.Payments) != 2 || op.Payments[0].Sum+op.Payments[1].Sum != 400 || op.Positions[0].Total != 1000 {
			t.Errorf("%+v %v", op, err)
		}
	}
	for name, b := range map[string]string{
		"more":       strings.ReplaceAll(`{`+opMeta+`,`+pos+`,"sum":1001,"noCashSum":1001}`, "retaildemand", "prepayment"),
		"drawer":     strings.ReplaceAll(`{`+opMeta+`,`+pos+`}`, "retaildemand", "retaildrawercashin"),
		"sums":       `{` + opMeta + `,` + pos + `,"noCashSum":990}`,
		"prepayment": strings.ReplaceAll(`{`+opMeta+`,`+pos+`}`, "retaildemand", "prepayment"),
		"on top":     `{` + opMeta + `,` + pos + `,"vatEnabled":true,"vatIncluded":false}`,
		"rate":       `{` + opMeta + `,"positions":[{` + opItem + `,"quantity":1,"price":1,"vat":17,"vatEnabled":true}]}`,
		"marks":      `{` + opMeta + `,"positions":[{` + opItem + `,"quantity":2,"price":1,"marks":[{"cis":"a"}]}]}`,
		"quantity":   `{` + opMeta + `,"positions":[{` + opItem + `,"quantity":0.0001,"price":1}]}`,
		"mark-up":    `{` + opMeta + `,"positions":[{` + opItem + `,"quantity":1,"price":1,"discount":-5}]}`,
		"empty":      `{` + opMeta + `,"positions":[]}`,
	} {
		body = b
		if op, err := c.Poll(t.Context(), store.OrganizationID); !errors.Is(err, moysklad.ErrRemote) || op == nil || op.Href == "" {
			t.Errorf("%s: %+v %v", name, op, err)
		}
	}
}

// FuzzPoll: whatever comes adds up, or is refused.
func FuzzPoll(f *testing.F) {
	f.Add(`{` + opMeta + `,"positions":[{` + opItem + `,"quantity":2.5,"price":10.5,"discount":3.3,"vat":22,"vatEnabled":true}],"cashSum":25}`)
	f.Add(strings.ReplaceAll(`{`+opMeta+`,"positions":[{`+opItem+`,"quantity":1,"price":1000}],"sum":400,"cashSum":400}`, "retaildemand", "prepayment"))
	f.Add(`{` + opMeta + `,"positions":[{` + opItem + `,"quantity":1e9,"price":1e30}]}`)
	f.Add(`{"meta":{"id":"` + opID + `"},"positions":{"rows":null}}`)
	body := ""
	c := saying(f, http.StatusOK, &body)
	f.Fuzz(func(t *testing.T, b string) {
		body = b
		op, err := c.Poll(t.Context(), store.OrganizationID)
		if err != nil || op == nil {
			return
		}
		var total, paid money.Amount
		for _, p := range op.Positions {
			total += p.Total
		}
		for _, p := range op.Payments {
			paid += p.Sum
		}
		if (total != paid && (!op.Prepaid || paid > total || paid <= 0)) || op.ID == uuid.Nil {
			t.Errorf("%+v", op)
		}
	})
}

// TestQueueAndStatus: what a till without a device queues is pending until a
// master has registered it; a repeat makes nothing new; nobody else's status is
// told.
func TestQueueAndStatus(t *testing.T) {
	for _, repeats := range []moyskladtest.Repeats{moyskladtest.AcceptRepeats, moyskladtest.RefuseRepeats} {
		s := fake(t, moyskladtest.Options{Data: shop(2), Repeats: repeats})
		c := attach(t, options(s))
		send(t, c, http.MethodPut, "/rpc/openshift/", shiftBody("openmoment"))
		d := queued()
		for range 2 {
			if err := c.Queue(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(s.Documents()); n != 2 {
			t.Errorf("%d documents", n)
		}
		if st, _, err := c.FiscalStatus(t.Context(), uuid.New()); err != nil || st != moysklad.Unknown {
			t.Errorf("%q %v", st, err)
		}
		if st, _, err := c.FiscalStatus(t.Context(), d.ID); err != nil || st != moysklad.Pending {
			t.Errorf("%q %v", st, err)
		}
		if err := s.Set(moyskladtest.SetMaster, "on"); err != nil {
			t.Fatal(err)
		}
		if st, _, err := c.FiscalStatus(t.Context(), d.ID); err != nil || st != moysklad.InProgress {
			t.Errorf("%q %v", st, err)
		}
		st, f, err := c.FiscalStatus(t.Context(), d.ID)
		if err != nil || st != moysklad.Fiscalised || f.FD == 0 || f.FN != "9999078900000777" || !f.Cloud || f.Time.IsZero() {
			t.Errorf("%q %+v %v", st, f, err)
		}
	}
}

// queued is a sale of one item that waits for a master.
func queued() *doc.Document {
	line := doc.Line{ID: uuid.New(), ItemID: itemID(0), ItemType: "product", Name: "Товар 0", Qty: 1000, BasePrice: 100, Price: 100, Gross: 100, Total: 100, Rate: tax.VAT22, VAT: 18, Kind: 1, Method: 4}
	return &doc.Document{ID: uuid.MustParse(saleID(7)), Type: doc.Sell, Number: 7, Name: "A-000007", ShiftID: uuid.MustParse(shiftID), Currency: "RUB",
		Receipt: &doc.Receipt{Lines: []doc.Line{line}, Gross: 100, Total: 100, Payments: []doc.Payment{{ID: uuid.New(), Type: doc.PayCash, Sum: 100}}},
		People:  &doc.People{Contact: "+79991234567"}}
}
