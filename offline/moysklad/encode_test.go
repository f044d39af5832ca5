package moysklad

import (
	"encoding/json"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

var msk = time.FixedZone("", 3*3600)

func id(n byte) uuid.UUID { return uuid.UUID{6: 0x70, 8: 0x80, 15: n} }

// shiftDocs makes a shift of three documents.
func shiftDocs(t testing.TB) (open, sale, end *doc.Document) {
	t.Helper()
	at := time.Date(2026, 3, 14, 23, 30, 5, 0, msk)
	base := doc.Document{ShiftID: id(1), ShiftNumber: 7, Cashier: doc.Cashier{ID: "c", Name: "Иванова"}, Currency: "RUB"}
	o, s, e := base, base, base
	o.ID, o.Type, o.Number, o.Name, o.Time, o.Shift = id(2), doc.OpenSession, 1, "A-1", at, &doc.Shift{OpenedAt: at}
	o.Fiscal = &doc.Fiscal{FN: "9999078900001111", FD: 100, Sign: 3456789012, Shift: 42, Time: at, RegNumber: "0000000001012345"}
	s.ID, s.Type, s.Number, s.Name, s.Time = id(3), doc.Sell, 2, "A-2", at.Add(time.Minute)
	s.Receipt = &doc.Receipt{
		Lines: []doc.Line{
			{ID: id(10), ItemID: "81fdf852-7c21-11e6-8a84-bae500000068", ItemType: "product", Name: "Пиво", Qty: 2000, BasePrice: 500, Price: 450,
				Gross: 1000, Discount: 100, Total: 900, Rate: tax.VAT22, VAT: 162, PackID: "5ae9e6b5-7b95-11e9-ac12-000b000000ac"},
			{ID: id(11), ItemID: "bb89b2b1-07c7-11e7-90a5-ba9c000000a4", ItemType: "service", Name: "Услуга", Qty: 333, BasePrice: 1000, Price: 1000,
				Gross: 333, Total: 333, Rate: tax.None},
		},
		Payments: []doc.Payment{{ID: id(12), Type: doc.PayCash, Sum: 233, Tendered: 500, Change: 267}, {ID: id(13), Type: doc.PayElectron, Sum: 1000}},
		Gross:    1333, Discount: 100, Total: 1233, TaxSystem: tax.General,
		VAT: []doc.VATSum{{Rate: tax.VAT22, Total: 900, VAT: 162}, {Rate: tax.None, Total: 333}},
	}
	s.Fiscal = &doc.Fiscal{FN: "9999078900001111", FD: 101, Sign: 7, Shift: 42, Receipt: 1, Time: at.Add(time.Minute), Total: 1233}
	e.ID, e.Type, e.Number, e.Name, e.Time = id(4), doc.CloseSession, 3, "A-3", at.Add(time.Hour)
	e.Shift = &doc.Shift{OpenedAt: at, Sales: doc.Turnover{Count: 1, Total: 1233}}
	e.Fiscal = &doc.Fiscal{FN: "9999078900001111", FD: 102, Sign: 9, Shift: 42, Time: at.Add(time.Hour), RegNumber: "0000000001012345"}
	for _, d := range []*doc.Document{&o, &s, &e} {
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	return &o, &s, &e
}

func shiftOf(open *doc.Document) outbox.Shift { return outbox.Shift{Open: open} }

func TestEncodeShift(t *testing.T) {
	open, _, end := shiftDocs(t)
	e := Encoder{BaseURL: "http://cloud/api"}
	const shift = `{"meta":{"href":"http://cloud/api/entity/retailshift/syncid/00000000-0000-7000-8000-000000000001","type":"retailshift"}}`
	const start = `{"fnNumber":"9999078900001111","kktRegNumber":"0000000001012345","fiscalDocSign":"3456789012","shiftNumber":"42","fiscalDocNumber":"100","time":"2026-03-14 23:30:05"}`
	want := outbox.Request{Method: "PUT", Path: "/rpc/openshift/", Body: `{"retailShift":` + shift + `,"name":"A-1","openmoment":"2026-03-14 23:30:05","cheque":{"start":` + start + `}}`}
	got, err := e.Encode(open, outbox.Shift{})
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	fin := `{"fnNumber":"9999078900001111","kktRegNumber":"0000000001012345","fiscalDocSign":"9","shiftNumber":"42","fiscalDocNumber":"102","chequesTotal":1,"fiscalDocsTotal":3,"time":"2026-03-15 00:30:05"}`
	want = outbox.Request{Method: "PUT", Path: "/rpc/closeshift/", Body: `{"retailShift":` + shift + `,"closemoment":"2026-03-15 00:30:05","cheque":{"start":` + start + `,"end":` + fin + `}}`}
	got, err = e.Encode(end, shiftOf(open))
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	// The fiscal numbers may stand on the other of the two closing documents.
	z := *end
	z.Type, z.Fiscal = doc.ZReport, nil
	other, err := e.Encode(&z, outbox.Shift{Open: open, Close: end})
	if d := cmp.Diff(got, other); err != nil || d != "" {
		t.Error(err, d)
	}
}

func TestEncodeSale(t *testing.T) {
	_, sale, _ := shiftDocs(t)
	e := Encoder{BaseURL: "http://cloud/api", Location: time.UTC}
	got, err := e.Encode(sale, outbox.Shift{})
	want := outbox.Request{Method: "POST", Path: "/entity/retaildemand", Body: `{"meta":{"href":"http://cloud/api/entity/retaildemand/syncid/00000000-0000-7000-8000-000000000003","type":"retaildemand"},` +
		`"retailShift":{"meta":{"href":"http://cloud/api/entity/retailshift/syncid/00000000-0000-7000-8000-000000000001","type":"retailshift"}},` +
		`"name":"A-2","moment":"2026-03-14 20:31:05","positions":[` +
		`{"assortment":{"meta":{"href":"http://cloud/api/entity/product/81fdf852-7c21-11e6-8a84-bae500000068","type":"product"}},"quantity":2,"price":500,"discount":10,"vat":22,"vatEnabled":true},` +
		`{"assortment":{"meta":{"href":"http://cloud/api/entity/service/bb89b2b1-07c7-11e7-90a5-ba9c000000a4","type":"service"}},"quantity":0.333,"price":1000,"discount":0,"vat":0,"vatEnabled":false}],` +
		`"cashSum":233,"noCashSum":1000,"vatEnabled":true,"vatIncluded":true,` +
		`"cheque":{"fiscal":true,"online":false,"printed":true,"number":"1","sum":12.33,"fnNumber":"9999078900001111","fiscalDocSign":"7","fiscalDocNumber":"101","time":"2026-03-14 20:31:05"},` +
		`"taxSystem":"GENERAL_TAX_SYSTEM"}`}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
}

// refs are what every operation begins with.
func refs(kind, n string) string {
	return `{"meta":{"href":"http://cloud/api/entity/` + kind + `/syncid/00000000-0000-7000-8000-00000000000` + n + `","type":"` + kind + `"},` +
		`"retailShift":{"meta":{"href":"http://cloud/api/entity/retailshift/syncid/00000000-0000-7000-8000-000000000001","type":"retailshift"}},`
}

// TestEncodeOperations: returns, movements of cash and every way of paying, to
// the byte.
func TestEncodeOperations(t *testing.T) {
	e := Encoder{BaseURL: "http://cloud/api", Location: time.UTC}
	const line = `"positions":[{"assortment":{"meta":{"href":"http://cloud/api/entity/service/bb89b2b1-07c7-11e7-90a5-ba9c000000a4","type":"service"}},"quantity":0.333,"price":1000,"discount":0,"vat":0,"vatEnabled":false}],`
	const sums = `"vatEnabled":false,"vatIncluded":true,"cheque":{"fiscal":true,"online":false,"printed":true,"number":"1","sum":3.33,"fnNumber":"9999078900001111","fiscalDocSign":"7","fiscalDocNumber":"101","time":"2026-03-14 20:31:05"},"taxSystem":"GENERAL_TAX_SYSTEM"}`
	one := func(typ doc.Type, payments ...doc.Payment) *doc.Document {
		_, d, _ := shiftDocs(t)
		r := d.Receipt
		d.Type, r.Lines, r.VAT = typ, r.Lines[1:], r.VAT[1:]
		r.Gross, r.Discount, r.Total, r.Payments = 333, 0, 333, payments
		if typ == doc.Payback {
			r.BaseID = id(9)
		}
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		return d
	}
	pay := func(sum money.Amount, w doc.Way) doc.Payment { return w.By(id(12), sum) }
	noBase := one(doc.Payback, pay(333, doc.Way{Type: doc.PayCash}))
	noBase.Receipt.BaseID = uuid.Nil
	_, in, _ := shiftDocs(t)
	in.Type, in.Receipt, in.Fiscal, in.Cash = doc.CashIncome, nil, nil, &doc.Cash{Sum: 100_000, Description: "размен"}
	out := *in
	out.Type = doc.CashOutcome
	demand := `"demand":{"meta":{"href":"http://cloud/api/entity/retaildemand/syncid/00000000-0000-7000-8000-000000000009","type":"retaildemand"}},`
	for name, c := range map[string]struct {
		d          *doc.Document
		path, body string
	}{
		"qr":      {one(doc.Sell, pay(333, doc.Way{Type: doc.PayElectron, QR: true})), "/entity/retaildemand", refs("retaildemand", "3") + `"name":"A-2","moment":"2026-03-14 20:31:05",` + line + `"cashSum":0,"noCashSum":0,"qrSum":333,` + sums},
		"prepaid": {one(doc.Sell, pay(100, doc.Way{Type: doc.PayAdvance, Via: doc.PayCash}), pay(33, doc.Way{Type: doc.PayAdvance, Via: doc.PayElectron}), pay(200, doc.Way{Type: doc.PayCash})), "/entity/retaildemand", refs("retaildemand", "3") + `"name":"A-2","moment":"2026-03-14 20:31:05",` + line + `"cashSum":200,"noCashSum":0,"prepaymentCash":100,"prepaymentNoCash":33,` + sums},
		"by qr":   {one(doc.Sell, pay(333, doc.Way{Type: doc.PayAdvance, Via: doc.PayElectron, QR: true})), "/entity/retaildemand", refs("retaildemand", "3") + `"name":"A-2","moment":"2026-03-14 20:31:05",` + line + `"cashSum":0,"noCashSum":0,"prepaymentQrSum":333,` + sums},
		"return":  {one(doc.Payback, pay(333, doc.Way{Type: doc.PayElectron})), "/entity/retailsalesreturn", refs("retailsalesreturn", "3") + `"name":"A-2","moment":"2026-03-14 20:31:05",` + demand + line + `"cashSum":0,"noCashSum":333,` + sums},
		"no sale": {noBase, "/entity/retailsalesreturn", refs("retailsalesreturn", "3") + `"name":"A-2","moment":"2026-03-14 20:31:05",` + line + `"cashSum":333,"noCashSum":0,` + sums},
		"in":      {in, "/entity/retaildrawercashin/", refs("retaildrawercashin", "3") + `"name":"A-2","moment":"2026-03-14 20:31:05","sum":100000,"description":"размен"}`},
		"out":     {&out, "/entity/retaildrawercashout/", refs("retaildrawercashout", "3") + `"name":"A-2","moment":"2026-03-14 20:31:05","sum":100000,"description":"размен"}`},
	} {
		got, err := e.Encode(c.d, outbox.Shift{})
		if d := cmp.Diff(outbox.Request{Method: "POST", Path: c.path, Body: c.body}, got); err != nil || d != "" {
			t.Error(name, err, d)
		}
	}
}

// TestCorrectionsDoWhatWasMissed: a missed sale is a sale in the cloud, a wrong
// one that is undone a return.
func TestCorrectionsDoWhatWasMissed(t *testing.T) {
	e := Encoder{BaseURL: "http://cloud/api", Location: time.UTC}
	for of, path := range map[doc.Type]string{doc.Sell: pathDemand, doc.Payback: pathReturn} {
		_, d, _ := shiftDocs(t)
		d.Type, d.Receipt.Correction = doc.Correction, &doc.Ground{Of: of, Date: d.Time, Reason: "не пробили"}
		if r, err := e.Encode(d, outbox.Shift{}); err != nil || r.Path != path {
			t.Errorf("%s: %s %v", of, r.Path, err)
		}
	}
}

// TestDroppedKopecks: what was dropped from the total comes off a position.
func TestDroppedKopecks(t *testing.T) {
	_, d, _ := shiftDocs(t)
	r := d.Receipt
	r.Rounding, r.Total, r.Payments = 33, 1200, []doc.Payment{{ID: id(12), Type: doc.PayCash, Sum: 1200}}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	_, o, err := (Encoder{}).operation(d)
	if err != nil || o.CashSum != 1200 || o.Positions[0].sum+o.Positions[1].sum != 1200 {
		t.Errorf("%+v %v", o, err)
	}
}

// TestPartsOfWeighedLines: a part of a weighed line that comes back may be a
// kopeck off its quantity times price; the service arrives at it all the same,
// and of thousands of roubles within a kopeck.
func TestPartsOfWeighedLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := doc.Line{Qty: qty.Milli(rapid.Int64Range(1, 20_000).Draw(t, "qty")), Price: money.Amount(rapid.Int64Range(100, 500_000).Draw(t, "price"))}
		l.BasePrice = l.Price
		total, err := l.Qty.Times(l.Price)
		if err != nil {
			t.Fatal(err)
		}
		l.Total = max(0, total+money.Amount(rapid.Int64Range(-1, 1).Draw(t, "off")))
		l.Gross = l.Total
		price, percent, sum := priceAndDiscount(&l)
		if off := sum - l.Total; off != 0 && (l.Total < 5000_00 || off > 1 || off < -1) {
			t.Fatalf("%s x %s is %s: %s - %s%% is %s", l.Qty, l.Price, l.Total, price, percent, sum)
		}
	})
}

func TestEncodeRefuses(t *testing.T) {
	e := Encoder{BaseURL: "http://cloud/api"}
	_, lone, _ := shiftDocs(t)
	lone.ShiftID = uuid.Nil
	_, long, _ := shiftDocs(t)
	long.Receipt.Lines = make([]doc.Line, MaxPositions+1)
	_, report, _ := shiftDocs(t)
	report.Type = doc.XReport
	for name, c := range map[string]struct {
		d    *doc.Document
		want error
	}{"shift": {lone, ErrInexpressible}, "lines": {long, ErrInexpressible}, "report": {report, ErrNotWanted}} {
		if _, err := e.Encode(c.d, outbox.Shift{}); !errors.Is(err, c.want) || errors.Is(err, errNoPlace) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever the price, the quantity and the discount, the service arrives at
// our total from what we send.
func TestPositionSumsAreOurs(t *testing.T) {
	kept := 0
	rapid.Check(t, func(t *rapid.T) {
		l := doc.Line{
			Qty:       qty.Milli(rapid.Int64Range(1, 200_000).Draw(t, "qty")),
			BasePrice: money.Amount(rapid.Int64Range(0, 5_000_000).Draw(t, "base")),
		}
		l.Price = l.BasePrice - money.Amount(rapid.Int64Range(0, int64(l.BasePrice)).Draw(t, "off"))
		gross, err := l.Qty.Times(l.BasePrice)
		if err != nil {
			t.Skip("out of range")
		}
		total, err := l.Qty.Times(l.Price)
		if err != nil {
			t.Fatal(err)
		}
		l.Gross, l.Total, l.Discount = gross, total, gross-total
		price, percent, arrives := priceAndDiscount(&l)
		p, ok := new(big.Rat).SetString(percent)
		if !ok || p.Sign() < 0 || p.Cmp(big.NewRat(100, 1)) > 0 {
			t.Fatalf("percent %q", percent)
		}
		sum := new(big.Rat).Mul(big.NewRat(int64(l.Qty), 1000), big.NewRat(int64(price), 1))
		sum.Mul(sum, new(big.Rat).Quo(p.Sub(big.NewRat(100, 1), p), big.NewRat(100, 1)))
		sum.Add(sum, big.NewRat(1, 2))
		if got := new(big.Int).Div(sum.Num(), sum.Denom()); got.Int64() != int64(total) || arrives != total {
			t.Fatalf("%s x %s - %s%% is %s, we sold for %s", l.Qty, price, percent, got, total)
		}
		if l.Discount > 0 && price == l.BasePrice {
			kept++
		}
	})
	if kept == 0 {
		t.Error("no discount was ever sent as a percent")
	}
}

func TestShortPercents(t *testing.T) {
	for _, c := range []struct {
		l    doc.Line
		want string
	}{
		{doc.Line{Qty: 2000, BasePrice: 500, Price: 450, Discount: 100, Total: 900}, "10"},
		{doc.Line{Qty: 1000, BasePrice: 9990, Price: 9241, Discount: 749, Total: 9241}, "7.5"},
		{doc.Line{Qty: 1000, BasePrice: 30000, Price: 0, Discount: 30000, Total: 0}, "100"},
		{doc.Line{Qty: 1000, BasePrice: 100, Price: 100, Total: 100}, "0"},
	} {
		if _, got, _ := priceAndDiscount(&c.l); got != c.want {
			t.Errorf("%+v: %s, want %s", c.l, got, c.want)
		}
	}
}

func TestEncodingIsStable(t *testing.T) {
	open, sale, end := shiftDocs(t)
	e := Encoder{BaseURL: DefaultBaseURL}
	for _, d := range []*doc.Document{open, sale, end} {
		a, err := e.Encode(d, shiftOf(open))
		if err != nil {
			t.Fatal(err)
		}
		// Through the journal and back.
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var again doc.Document
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if got, err := e.Encode(&again, shiftOf(open)); err != nil || got != a {
			t.Errorf("%s: %v\n%s\n%s", d.Type, err, a.Body, got.Body)
		}
	}
}
