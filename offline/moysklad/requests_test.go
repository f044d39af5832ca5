package moysklad

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// full is an encoder of a till that knows everything of itself.
func full() Encoder {
	return Encoder{BaseURL: DefaultBaseURL, Pack: func(_, id string) (catalog.Pack, bool) {
		return catalog.Pack{ID: id, Name: "ящ", Quantity: 10_000}, true
	}, Environment: func() Environment {
		return Environment{Device: "Raspberry Pi 4", OS: "Linux", Name: "Kassa", Vendor: "Kassa", Version: "1",
			Printer: Printer{Vendor: "ШТРИХ-М", Name: "РИТЕЙЛ", Serial: "1", Format: "1.2", Driver: "shtrih", DriverVersion: "1", MemoryFormat: "1.2", Firmware: "5"}}
	}}
}

// rich is a sale with everything that a sale can have.
func rich(t *testing.T) *doc.Document {
	t.Helper()
	_, d, _ := shiftDocs(t)
	r := d.Receipt
	r.Lines[0].Mark = "0104600000000000215abc"
	r.Lines[1].SerialID, r.Lines[1].Serial = "f085d67e-6eae-11e6-8a84-bc520403352a", "7"
	r.CustomerID = "688bd078-800c-11e6-8a84-bae5000000a2"
	r.Order = &doc.Order{ID: "7c1b81ab-5a9d-11e8-7a31-ca1400000027"}
	r.Bonus = &doc.Bonus{Program: "7c1b81ab-5a9d-11e8-7a31-ca1400000026", Earned: 5, Spent: 1}
	r.Payments = []doc.Payment{
		{ID: id(12), Type: doc.PayCash, Sum: 133, Tendered: 133},
		{ID: id(13), Type: doc.PayElectron, Sum: 600, Slip: &doc.Slip{Kind: doc.SlipCard, Operation: id(50), Sum: 600, RRN: "000010000467", AuthCode: "889872", PAN: "547127******8519", System: "МИР", Number: "055747"}},
		{ID: id(14), Type: doc.PayElectron, QR: true, Sum: 200, Slip: &doc.Slip{Kind: doc.SlipQR, Operation: id(51), Sum: 200, QRID: "AS1000", Number: "77", AuthCode: "1"}},
		{ID: id(15), Type: doc.PayAdvance, Via: doc.PayCash, Sum: 100}, {ID: id(16), Type: doc.PayAdvance, Via: doc.PayElectron, Sum: 100}, {ID: id(17), Type: doc.PayAdvance, Via: doc.PayElectron, QR: true, Sum: 100},
	}
	return d
}

// cashSale is a sale with nothing but goods and cash.
func cashSale(t *testing.T) *doc.Document {
	t.Helper()
	_, d, _ := shiftDocs(t)
	r := d.Receipt
	r.Lines, r.VAT, r.Payments, r.TaxSystem = r.Lines[1:], r.VAT[1:], []doc.Payment{{ID: id(12), Type: doc.PayCash, Sum: 333}}, 0
	r.Gross, r.Discount, r.Total = 333, 0, 333
	return d
}

func body(t *testing.T) func(r outbox.Request, err error) []byte {
	return func(r outbox.Request, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return []byte(r.Body)
	}
}

// sentBy is the body that a call sends to a cloud that refuses everything.
func sentBy(t *testing.T, call func(c *Client)) (sent []byte) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		sent = b
		w.WriteHeader(http.StatusPreconditionFailed)
	}))
	defer srv.Close()
	call(testClient(t, Options{BaseURL: srv.URL, Token: "t", HTTP: srv.Client()}))
	return sent
}

// Whatever a till sends has the shape of the example of that request: every
// field that is filled is a field there, of the same JSON type, or one that the
// description has and the example has not.
func TestRequestsHaveTheExamplesShape(t *testing.T) {
	e := full()
	open, _, end := shiftDocs(t)
	of := func(d *doc.Document) []byte { t.Helper(); return body(t)(e.Encode(d, shiftOf(open))) }
	made := func(kind string, data, private any) []byte {
		t.Helper()
		return body(t)(e.EncodeMade(madeRecord(t, kind, data, private)))
	}
	plain := func(d *doc.Document) *doc.Document { c := *d; c.Fiscal = nil; return &c }
	back := rich(t)
	back.Type, back.Receipt.BaseID, back.Receipt.Order, back.Receipt.Bonus = doc.Payback, id(9), nil, nil
	back.Receipt.Payments = append(back.Receipt.Payments[1:3:3], doc.Payment{ID: id(12), Type: doc.PayCash, Sum: 433})
	prepaidSale := rich(t)
	for i := range prepaidSale.Receipt.Lines {
		l := &prepaidSale.Receipt.Lines[i]
		l.Method, l.Mark, l.SerialID, l.PackID = 2, "", "", ""
	}
	prepaidSale.Receipt.Payments = back.Receipt.Payments
	prepaidSale.Receipt.Order.Agent = prepaidSale.Receipt.CustomerID
	unpaid := *prepaidSale
	receipt := *prepaidSale.Receipt
	unpaid.Type, unpaid.Receipt = doc.Payback, &receipt
	unpaid.Receipt.BaseID = id(9)
	_, in, _ := shiftDocs(t)
	in.Type, in.Receipt, in.Fiscal, in.Cash = doc.CashIncome, nil, nil, &doc.Cash{Sum: 100_000, Description: "размен"}
	out := *in
	out.Type = doc.CashOutcome
	remote := rich(t)
	remote.Receipt.Remote = &doc.Remote{Href: DefaultBaseURL + "/entity/retaildemand/syncid/" + id(20).String(), Kind: kindDemand}
	item := catalog.Item{Type: catalog.Product, Name: "Хлеб", Barcodes: []string{"1"}, Rate: tax.VAT10, Article: "арт", Prices: []catalog.Price{{Value: money.Amount(100)}}, FolderID: "f1"}
	who := catalog.CustomerCard{Name: "Иван", Phone: "79991234567", Card: "7", Email: "a@b.ru"}
	order := catalog.Order{Name: "K-З1", Time: time.Now(), Description: "заказ", Agent: "688bd078-800c-11e6-8a84-bae5000000a2",
		Positions: []catalog.OrderPosition{{ItemID: uuid.NewString(), ItemType: catalog.Product, Qty: 1500, Price: 4990, Rate: tax.VAT10}}}
	state, err := e.EncodeState(State{Environment: e.Environment(), LastAttempt: time.Now(), Message: "words", HaveFN: true, FNCode: "1003", FNMessage: "full", Unsent: 1, FirstUnsent: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string][]byte{
		"openshift": of(open), "openshift-plain": of(plain(open)), "closeshift": of(end), "closeshift-plain": body(t)(e.Encode(plain(end), outbox.Shift{})),
		"retaildemand": of(rich(t)), "retaildemand-plain": body(t)(Encoder{BaseURL: DefaultBaseURL}.Encode(plain(cashSale(t)), outbox.Shift{})), "retailsalesreturn": of(back),
		"prepayment": of(prepaidSale), "prepaymentreturn": of(&unpaid), "retaildrawercashin": of(in), "retaildrawercashout": of(&out),
		"product": made(MadeProduct, item, nil), "counterparty-new": made(MadeCustomer, struct{}{}, who), "customerorder-new": made(MadeOrder, order, nil),
		"state": state, "master-approve": of(remote),
		"master-reject": sentBy(t, func(c *Client) {
			if err := c.Reject(t.Context(), &RemoteOperation{Href: DefaultBaseURL + "/entity/retaildemand/syncid/" + id(1).String(), Kind: kindDemand}, "ФН переполнен"); err == nil {
				t.Error("not refused")
			}
		}),
		"recalc-request": sentBy(t, func(c *Client) {
			if _, err := c.Recalc(t.Context(), Calculation{Customer: "1c5dcf6f-7b32-11e6-8a84-bae500000000", Spend: 1, Lines: []CalculationLine{{ItemID: itemOne, ItemType: "product", PackID: "p", Qty: 1500, Price: 100}}}); err == nil {
				t.Error("not refused")
			}
		}),
	}
	if d := cmp.Diff(slices.Sorted(slices.Values(requests)), slices.Sorted(maps.Keys(sent))); d != "" {
		t.Errorf("examples and requests: %s", d)
	}
	for name, b := range sent {
		want := shape(t, example(t, name, nil))
		for k, v := range described[name] {
			want[k] = v
		}
		same(t, name, want, shape(t, b))
	}
}

// described are fields that the description has and an example has not.
var described = map[string]map[string]string{
	"retaildemand":       merged(qrDescribed, packDescribed, map[string]string{"taxSystem": "string", "positions[].vatEnabled": "bool"}),
	"retaildemand-plain": {"positions[].vatEnabled": "bool"},
	"retailsalesreturn":  merged(qrDescribed, packDescribed, map[string]string{"agent.meta.href": "string", "taxSystem": "string", "positions[].vatEnabled": "bool"}),
	"prepayment":         merged(qrDescribed, map[string]string{"taxSystem": "string", "positions[].vatEnabled": "bool"}),
	"prepaymentreturn":   merged(qrDescribed, map[string]string{"taxSystem": "string", "positions[].vatEnabled": "bool"}),
	"customerorder-new":  {"name": "string", "vatEnabled": "bool", "vatIncluded": "bool", "positions[].vatEnabled": "bool"},
	"product":            {"vatEnabled": "bool"},
	"recalc-request":     {"preferredBonusToSpend": "number"},
}

var (
	qrDescribed   = map[string]string{"qrTransaction.acquiringType": "string", "qrTransaction.authCode": "string", "qrTransaction.externalOperationId": "string", "qrTransaction.transactionId": "string"}
	packDescribed = map[string]string{"positions[].pack.id": "string", "positions[].pack.name": "string", "positions[].pack.quantity": "number"}
)

func merged(all ...map[string]string) map[string]string {
	m := map[string]string{}
	for _, a := range all {
		maps.Copy(m, a)
	}
	return m
}

const itemOne = "7db30ee8-07c5-11e7-90a5-ba9c0000008b"
