package evotor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

var (
	msk  = time.FixedZone("", 3*3600)
	at   = time.Date(2025, 2, 23, 8, 36, 45, 0, msk)
	self = Identity{Store: "20240713-774A-4038-8037-E66BF3AA7552", Device: "20240713-6F49-40AC-803B-E020F9D50BEF", User: "01-000000000000001"}
)

func fixedID(n byte) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("019a0000-0000-7000-8000-0000000000%02x", n))
}

func recordOf(t testing.TB, d doc.Document) record.Record {
	t.Helper()
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	r := record.Record{Seq: 7, Time: at, Entry: record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Schema: doc.Schema, Data: data}}
	if d.People != nil {
		if r.Private, err = json.Marshal(d.People); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func head(typ doc.Type, number int64) doc.Document {
	return doc.Document{ID: fixedID(byte(number)), Type: typ, Number: number, Name: "K1-1", Time: at, ShiftID: fixedID(200), ShiftNumber: 229,
		Cashier: doc.Cashier{ID: "20240713-4403-40BB-80DA-F84959820434", Name: "Иванова"}, Currency: "RUB"}
}

func fiscalOf() *doc.Fiscal {
	return &doc.Fiscal{FN: "7382440700036332", FD: 49340, Sign: 3667881813, Shift: 228, Receipt: 1, Time: at,
		Total: 12150, Serial: "00307900652283", RegNumber: "0008200608019020"}
}

// sell is the sale of the published example: 1.5 of tea at 90 roubles, ten
// percent cheaper.
func sell() doc.Document {
	d := head(doc.Sell, 3)
	d.Fiscal = fiscalOf()
	d.Receipt = &doc.Receipt{
		Lines: []doc.Line{{ID: fixedID(100), ItemID: "7ae0a004-45b3-40fb-985f-6c7e307c9534", Code: "16", Name: "Tea", Unit: "pc", UnitCode: 11,
			Qty: 1500, BasePrice: 9000, Price: 8100, Gross: 13500, Discount: 1350, Total: 12150, Rate: tax.VAT10, VAT: 1105, Kind: 1, Method: 4,
			Discounts: []doc.Reason{{Name: "Скидка", Sum: 1350}}}},
		Payments: []doc.Payment{{ID: fixedID(101), Type: doc.PayCash, Sum: 12150, Tendered: 20000, Change: 7850}},
		Gross:    13500, Discount: 1350, Total: 12150, TaxSystem: tax.General, VAT: []doc.VATSum{{Rate: tax.VAT10, Total: 12150, VAT: 1105}},
	}
	return d
}

// samples is one document of every type.
func samples() []doc.Document {
	var all []doc.Document
	add := func(typ doc.Type, fill func(*doc.Document)) {
		d := head(typ, int64(len(all)+1))
		fill(&d)
		all = append(all, d)
	}
	shiftTotals := &doc.Shift{OpenedAt: at, Drawer: 22150, Revenue: 12150,
		Sales:   doc.Turnover{Count: 2, Total: 22150, Cash: 12150, Electron: 10000},
		Returns: doc.Turnover{Count: 1, Total: 10000, Electron: 10000},
		CashIn:  doc.Count{Count: 1, Sum: 10000}, CashOut: doc.Count{}}
	stock := func(d *doc.Document) {
		d.Stock = &doc.Stock{Sum: 90000, Supplier: fixedID(150).String(), Complete: true, BaseID: fixedID(3), BaseNo: 3, Comment: "пересчёт",
			Positions: []doc.StockPosition{{ID: fixedID(110), ItemID: "7ae0a004-45b3-40fb-985f-6c7e307c9534", Code: "42", Barcode: "4600000000017",
				Name: "Tea", Unit: "pc", Qty: 10000, Before: 7000, Price: 9000, OldPrice: 8000, Cost: 5000, Sum: 90000}}}
	}
	add(doc.OpenSession, func(d *doc.Document) { d.Shift = shiftTotals })
	add(doc.PosOpenSession, func(d *doc.Document) { d.Shift, d.Fiscal = shiftTotals, fiscalOf() })
	all = append(all, sell())
	add(doc.Payback, func(d *doc.Document) {
		d.Receipt, d.Fiscal = sell().Receipt, fiscalOf()
		d.Receipt.BaseID, d.Receipt.BaseNo = fixedID(3), 3
		d.People = &doc.People{Contact: "+79991234567"}
	})
	add(doc.Buy, func(d *doc.Document) {
		d.Receipt = sell().Receipt
		l := &d.Receipt.Lines[0]
		l.Rate, l.VAT, l.Kind, l.UnitCode, l.Unit, l.Mark = tax.None, 0, 4, 0, "", "010460000000001721ABC\x1d91FFFF"
		d.People = &doc.People{Contact: "shop@example.org"}
	})
	add(doc.Buyback, func(d *doc.Document) { d.Receipt = sell().Receipt })
	add(doc.CashIncome, func(d *doc.Document) {
		d.Cash, d.People = &doc.Cash{Sum: 10000, Description: "размен"}, &doc.People{Person: "А. Б."}
	})
	add(doc.CashOutcome, func(d *doc.Document) { d.Cash, d.Fiscal = &doc.Cash{Sum: 5000, Category: 1}, fiscalOf() })
	add(doc.XReport, func(d *doc.Document) { d.Shift = shiftTotals })
	add(doc.ZReport, func(d *doc.Document) { d.Shift, d.Fiscal = shiftTotals, fiscalOf() })
	add(doc.CloseSession, func(d *doc.Document) { d.Shift = shiftTotals })
	for _, typ := range []doc.Type{doc.Inventory, doc.Accept, doc.Revaluation, doc.WriteOff, doc.Return, doc.OpenTare} {
		add(typ, stock)
	}
	return all
}

// testdata/documents.json is what clients get; a person has read it.
func TestEveryTypeAsClientsGetIt(t *testing.T) {
	var got bytes.Buffer
	seen := map[string]bool{}
	for _, d := range samples() {
		out, err := self.Encode(recordOf(t, d))
		if err != nil {
			t.Fatalf("%s: %v", d.Type, err)
		}
		seen[out.Type] = true
		b, err := json.MarshalIndent(out, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s\n", b)
	}
	for _, typ := range Types() {
		if !seen[string(typ)] {
			t.Errorf("no sample of %s", typ)
		}
	}
	path := filepath.Join("testdata", "documents.json")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Error(d)
	}
}

// A payload a real terminal made: whatever it has ours has too, with the same
// value, but for what a till does not know or says in another place.
func TestPublishedSale(t *testing.T) {
	otherwise := map[string]string{
		"$.body.doc_discounts":                        "what makes a line cheaper is the line's",
		"$.body.positions.0.doc_distributed_discount": "the same",
		"$.body.positions.0.position_discount":        "the same",
		"$.body.positions.0.initial_quantity":         "not known",
		"$.body.print_groups.0.taxation_system":       "null there, known here",
		"$.body.pos_print_results.0.document_number":  "the FD",
		"$.body.payments.0.parts.0.change":            "exact money there",
		"$.id":                                        "ids of the test's own",
		"$.session_id":                                "the same",
		"$.body.positions.0.uuid":                     "the same",
		"$.body.positions.0.print_group_id":           "the same",
		"$.body.payments.0.id":                        "the same",
		"$.body.payments.0.parts.0.print_group_id":    "the same",
		"$.body.print_groups.0.id":                    "the same",
		"$.body.pos_print_results.0.print_group_id":   "the same",
	}
	out, err := self.Encode(recordOf(t, sell()))
	if err != nil {
		t.Fatal(err)
	}
	published, err := os.ReadFile(filepath.Join("testdata", "sell.json"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "$", tree(t, published), tree(t, b), otherwise)
}

func tree(t *testing.T, b []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// within finds everything of want in have.
func within(t *testing.T, path string, want, have any, otherwise map[string]string) {
	if otherwise[path] != "" {
		return
	}
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			t.Errorf("%s is no object: %v", path, have)
			return
		}
		for k, v := range w {
			if got, ok := h[k]; ok {
				within(t, path+"."+k, v, got, otherwise)
			} else if otherwise[path+"."+k] == "" {
				t.Errorf("%s.%s is missing", path, k)
			}
		}
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			t.Errorf("%s: %v, want %v", path, have, want)
			return
		}
		for i := range w {
			within(t, fmt.Sprintf("%s.%d", path, i), w[i], h[i], otherwise)
		}
	case json.Number:
		h, ok := have.(json.Number)
		a, okA := new(big.Rat).SetString(w.String())
		b, okB := new(big.Rat).SetString(h.String())
		if !ok || !okA || !okB || a.Cmp(b) != 0 {
			t.Errorf("%s: %v, want %v", path, have, want)
		}
	default:
		if want != have {
			t.Errorf("%s: %v, want %v", path, have, want)
		}
	}
}

// The sums of a document agree as clients expect them to.
func TestSumsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := head(doc.Sell, 1)
		r := &doc.Receipt{TaxSystem: tax.General}
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			l := doc.Line{ID: uuid.New(), Name: "x", Qty: qty.Milli(1000 * rapid.Int64Range(1, 9).Draw(t, "qty")), Rate: tax.VAT22, Kind: 1, Method: 4}
			l.Price = money.Amount(rapid.Int64Range(1, 99999).Draw(t, "price"))
			l.BasePrice = max(1, l.Price+money.Amount(rapid.Int64Range(-500, 500).Draw(t, "discount")))
			l.Gross, l.Total = l.BasePrice*money.Amount(l.Qty/1000), l.Price*money.Amount(l.Qty/1000)
			l.Discount = l.Gross - l.Total
			r.Lines, r.Gross, r.Total = append(r.Lines, l), r.Gross+l.Gross, r.Total+l.Total
		}
		r.Discount = r.Gross - r.Total
		r.Rounding = min(r.Total, money.Amount(rapid.Int64Range(0, 99).Draw(t, "dropped")))
		r.Total -= r.Rounding
		cash := money.Amount(rapid.Int64Range(0, int64(r.Total)).Draw(t, "cash"))
		r.Payments = []doc.Payment{{Type: doc.PayCash, Sum: cash}, {Type: doc.PayElectron, Sum: r.Total - cash}}
		d.Receipt, d.Fiscal = r, fiscalOf()
		out, err := receiptBody(&d)
		if err != nil {
			t.Fatal(err)
		}
		b := out.(Receipt)
		var sum, result, given, paid, printed, parts Roubles
		for _, p := range b.Positions {
			line := p.Sum
			if p.PositionDiscount != nil {
				line -= p.PositionDiscount.DiscountSum
			}
			if p.DocDistributedDiscount != nil {
				line -= p.DocDistributedDiscount.DiscountSum
				given += p.DocDistributedDiscount.DiscountSum
			}
			if line != p.ResultSum || p.ResultSum < 0 || int64(p.Sum)*1000 != int64(p.Price)*int64(p.Quantity) {
				t.Fatalf("line %+v", p)
			}
			sum, result = sum+p.Sum, result+p.ResultSum
		}
		for _, g := range b.DocDiscounts {
			given -= g.DiscountSum
		}
		for _, p := range b.Payments {
			paid += p.Sum
			for _, part := range p.Parts {
				parts += part.PartSum
			}
		}
		for _, p := range b.PosPrintResults {
			printed += p.CheckSum
		}
		if sum != b.Sum || result != b.ResultSum || paid != result || parts != result || printed != result || given != 0 {
			t.Fatalf("sum %d/%d result %d/%d paid %d printed %d spread %d", sum, b.Sum, result, b.ResultSum, paid, printed, given)
		}
	})
}

func TestForeignDocumentsAreRefused(t *testing.T) {
	for _, d := range []doc.Document{head(doc.Correction, 1), head(doc.StateReport, 1), head(doc.Sell, 1), head(doc.CloseSession, 1), head(doc.Accept, 1), head(doc.CashIncome, 1), head("NEWS", 1)} {
		if _, err := self.Encode(recordOf(t, d)); !errors.Is(err, ErrType) {
			t.Errorf("%s: %v", d.Type, err)
		}
	}
	r := recordOf(t, sell())
	r.Data = []byte(`{`)
	if _, err := self.Encode(r); err == nil {
		t.Error("half a document is one")
	}
}

func TestIdentity(t *testing.T) {
	journal := uuid.MustParse("019a8f2c-7b00-7abc-8def-0123456789ab") // minted 2025-11-17
	second := uuid.MustParse("019a8f2c-7b01-7abc-8def-0123456789ab")
	a, again, other := IdentityOf(journal, "shop"), IdentityOf(journal, "shop"), IdentityOf(second, "shop")
	if a != again || a.Store != other.Store || a.Device == other.Device || a.User != other.User {
		t.Errorf("%+v %+v %+v", a, again, other)
	}
	if a.Device[:8] != "20251117" || len(a.User) != 18 || a.User[:3] != "01-" {
		t.Errorf("%+v", a)
	}
	for _, id := range []string{a.Store, a.Device} {
		if _, err := uuid.Parse(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if lone := IdentityOf(journal, ""); lone.Store == a.Store || lone.Store == IdentityOf(second, "").Store {
		t.Errorf("%+v", lone)
	}
}

func TestPercentOf(t *testing.T) {
	for _, c := range []struct {
		part, whole money.Amount
		want        Percent
	}{{1350, 13500, 1_000_000}, {1, 3, 3_333_333}, {2, 3, 6_666_667}, {0, 5, 0}, {5, 0, 0}, {money.Max, money.Max, 10_000_000}} {
		if got := percentOf(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d: %d, want %d", c.part, c.whole, got, c.want)
		}
	}
}
