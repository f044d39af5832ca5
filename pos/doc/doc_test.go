package doc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

func id(n byte) uuid.UUID { return uuid.UUID{0: 1, 6: 0x70, 8: 0x80, 15: n} }

// line makes a right line; net is the price of one unit after discounts.
func line(n byte, q qty.Milli, base, net money.Amount, rate tax.Rate) Line {
	gross, err1 := q.Times(base)
	total, err2 := q.Times(net)
	info, err3 := tax.Lookup(rate)
	vat, err4 := info.Included(total)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		panic(err)
	}
	l := Line{ID: id(n), ItemID: "i", Name: "Молоко", Unit: "шт", Qty: q, BasePrice: base, Price: net, Gross: gross, Discount: gross - total, Total: total, Rate: rate, VAT: vat, Kind: 1, Method: 4}
	if l.Discount != 0 {
		l.Discounts = []Reason{{RuleID: "r", Name: "Скидка", Sum: l.Discount}}
	}
	return l
}

// receipt sums lines up and pays them in cash and by card.
func receipt(lines ...Line) *Receipt {
	r := &Receipt{ChequeID: id(100), Lines: lines, TaxSystem: tax.General, Catalog: 1}
	for _, l := range lines {
		r.Gross, r.Discount, r.Total = r.Gross+l.Gross, r.Discount+l.Discount, r.Total+l.Total
		r.VAT = AddVAT(r.VAT, VATSum{Rate: l.Rate, Total: l.Total, VAT: l.VAT})
	}
	cash := r.Total / 3
	r.Payments = []Payment{{ID: id(101), Type: PayCash, Sum: cash, Tendered: cash + 5, Change: 5}, {ID: id(102), Type: PayElectron, Sum: r.Total - cash}}
	return r
}

// sale is a right document with a bit of everything.
func sale() *Document {
	return &Document{
		ID: id(1), Type: Sell, Number: 7, Name: "Р1-7", Time: time.Date(2026, 3, 1, 12, 30, 0, 5, time.FixedZone("", 5*3600)),
		ShiftID: id(2), ShiftNumber: 3, Cashier: Cashier{ID: "c", Name: "Иванова", Position: "Кассир"}, Currency: "RUB",
		Receipt: receipt(line(10, 2*qty.One, 8990, 8541, tax.VAT10), line(11, 1530, 66000, 66000, tax.VAT22), line(12, qty.One, 2500, 2500, tax.None), line(13, qty.One, 999, 999, tax.VAT10)),
		Fiscal:  &Fiscal{FN: "9999078902004312", FD: 17, Sign: 3456789012, Shift: 3, Receipt: 2, Time: time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC), Total: 130371},
	}
}

// of makes a right document of a type.
func of(t Type) *Document {
	d := &Document{ID: id(1), Type: t, Number: 1, Name: "Р1-1", Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Currency: "RUB"}
	switch t.body() {
	case "receipt":
		d.Receipt = sale().Receipt
		if t == Correction {
			d.Receipt.Correction = &Ground{Of: Sell, Date: d.Time, Reason: "касса не работала"}
		}
	case "cash":
		d.Cash = &Cash{Sum: 100}
	case "shift":
		d.Shift = &Shift{OpenedAt: d.Time}
	case "stock":
		d.Stock = &Stock{}
	}
	return d
}

func TestTypes(t *testing.T) {
	if n := len(Types()); n != 19 {
		t.Errorf("%d types, want Evotor's 17, CORRECTION and STATE_REPORT", n)
	}
	seen := map[Type]bool{}
	for _, typ := range Types() {
		if seen[typ] || typ.body() == "" {
			t.Errorf("%s stands twice or has no body", typ)
		}
		seen[typ] = true
		if err := of(typ).Validate(); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
		for _, text := range []string{string(typ), strings.ToLower(string(typ))} {
			if got, err := ParseType(text); err != nil || got != typ {
				t.Errorf("%s became %s, %v", text, got, err)
			}
		}
		// No type takes another's body.
		for _, other := range Types() {
			d := of(other)
			d.Type = typ
			if err := d.Validate(); (err == nil) != (typ.body() == other.body() && (typ == Correction) == (other == Correction)) {
				t.Errorf("%s with the body of %s: %v", typ, other, err)
			}
		}
		if want := typ == Sell || typ == Payback || typ == Buy || typ == Buyback || typ == Correction; typ.Receipt() != want {
			t.Errorf("%s: receipt %v", typ, typ.Receipt())
		}
	}
	for _, text := range []string{"", "SELL ", "SELLS", "ПРОДАЖА", "sel\x00"} {
		if got, err := ParseType(text); err == nil {
			t.Errorf("%q became %s", text, got)
		}
	}
}

func TestGoodDocuments(t *testing.T) {
	for name, change := range map[string]func(d *Document){
		"as it is":                  func(*Document) {},
		"not fiscal yet":            func(d *Document) { d.Fiscal = nil },
		"a return":                  func(d *Document) { d.Type, d.Receipt.BaseID, d.Receipt.BaseNo = Payback, id(50), 3 },
		"cash without tendered":     func(d *Document) { d.Receipt.Payments[0].Tendered, d.Receipt.Payments[0].Change = 0, 0 },
		"a discount nobody reasons": func(d *Document) { d.Receipt.Lines[0].Discounts = nil },
		"two reasons": func(d *Document) {
			l := &d.Receipt.Lines[0]
			l.Discounts = []Reason{{Name: "a", Sum: 1}, {Name: "b", Sum: l.Discount - 1}}
		},
		"given away": func(d *Document) {
			d.Receipt = receipt(line(10, qty.One, 100, 0, tax.VAT22))
		},
		"another kind of card": func(d *Document) { d.Receipt.Payments[1].Slot = 13 },
		"a slip":               func(d *Document) { d.Receipt.Payments[1].Slip = slip(SlipCard) },
		"a slip of QR":         func(d *Document) { d.Receipt.Payments[1].QR, d.Receipt.Payments[1].Slip = true, slip(SlipQR) },
		"kopecks dropped":      rounded(61),
		"the largest sum":      func(d *Document) { d.Receipt = receipt(line(10, qty.One, money.Max, money.Max, tax.VAT22)) },
	} {
		d := sale()
		change(d)
		if err := d.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// rounded drops kopecks of the total (1215.61) and of what was paid.
func rounded(by money.Amount) func(d *Document) {
	return func(d *Document) {
		d.Receipt.Rounding, d.Receipt.Total = by, d.Receipt.Total-by
		d.Receipt.Payments[1].Sum -= by
	}
}

// Every way to break a document is refused.
func TestBrokenDocuments(t *testing.T) {
	for name, change := range map[string]func(d *Document){
		"no id":            func(d *Document) { d.ID = uuid.Nil },
		"no number":        func(d *Document) { d.Number = 0 },
		"negative number":  func(d *Document) { d.Number = -1 },
		"no time":          func(d *Document) { d.Time = time.Time{} },
		"no currency":      func(d *Document) { d.Currency = "" },
		"no type":          func(d *Document) { d.Type = "" },
		"unknown type":     func(d *Document) { d.Type = "GIFT" },
		"type in small":    func(d *Document) { d.Type = "sell" },
		"no body":          func(d *Document) { d.Receipt = nil },
		"two bodies":       func(d *Document) { d.Cash = &Cash{Sum: 1} },
		"another body":     func(d *Document) { d.Receipt, d.Stock = nil, &Stock{} },
		"FN missing":       func(d *Document) { d.Fiscal.FN = "" },
		"FD missing":       func(d *Document) { d.Fiscal.FD = 0 },
		"no lines":         func(d *Document) { d.Receipt.Lines = nil },
		"line without id":  func(d *Document) { d.Receipt.Lines[1].ID = uuid.Nil },
		"line no name":     func(d *Document) { d.Receipt.Lines[1].Name = "" },
		"no quantity":      func(d *Document) { d.Receipt.Lines[1].Qty = 0 },
		"less than none":   func(d *Document) { d.Receipt.Lines[1].Qty = -1000 },
		"huge quantity":    func(d *Document) { d.Receipt.Lines[1].Qty = qty.Max + 1 },
		"quantity changed": func(d *Document) { d.Receipt.Lines[1].Qty++ },
		"negative price":   func(d *Document) { d.Receipt.Lines[1].Price = -1 },
		"price changed":    func(d *Document) { d.Receipt.Lines[1].Price++ },
		"base changed":     func(d *Document) { d.Receipt.Lines[1].BasePrice-- },
		"line gross":       func(d *Document) { d.Receipt.Lines[1].Gross++ },
		"line discount":    func(d *Document) { d.Receipt.Lines[0].Discount++ },
		"line total":       func(d *Document) { d.Receipt.Lines[1].Total-- },
		"reasons":          func(d *Document) { d.Receipt.Lines[0].Discounts[0].Sum-- },
		"rate unknown":     func(d *Document) { d.Receipt.Lines[1].Rate = "18" },
		"no rate":          func(d *Document) { d.Receipt.Lines[1].Rate = "" },
		"other rate":       func(d *Document) { d.Receipt.Lines[1].Rate = tax.VAT10 },
		"line VAT":         func(d *Document) { d.Receipt.Lines[1].VAT++ },
		"a line more":      func(d *Document) { d.Receipt.Lines = append(d.Receipt.Lines, line(20, qty.One, 1, 1, tax.None)) },
		"a line less":      func(d *Document) { d.Receipt.Lines = d.Receipt.Lines[1:] },
		"gross":            func(d *Document) { d.Receipt.Gross++ },
		"discount":         func(d *Document) { d.Receipt.Discount-- },
		"total":            func(d *Document) { d.Receipt.Total++ },
		"points of nobody": func(d *Document) { d.Receipt.Bonus = &Bonus{Spent: 1, Sum: 100} },
		"no points":        func(d *Document) { d.Receipt.Bonus = &Bonus{Program: "b"} },
		"points below":     func(d *Document) { d.Receipt.Bonus = &Bonus{Program: "b", Spent: -1, Sum: 100} },
		"points for none":  func(d *Document) { d.Receipt.Bonus = &Bonus{Program: "b", Spent: 1} },
		"no payments":      func(d *Document) { d.Receipt.Payments = nil },
		"paid less":        func(d *Document) { d.Receipt.Payments[1].Sum-- },
		"paid more":        func(d *Document) { d.Receipt.Payments[1].Sum++ },
		"negative payment": func(d *Document) { d.Receipt.Payments[1].Sum = -1 },
		"payment no id":    func(d *Document) { d.Receipt.Payments[1].ID = uuid.Nil },
		"payment no type":  func(d *Document) { d.Receipt.Payments[1].Type = "" },
		"payment type":     func(d *Document) { d.Receipt.Payments[1].Type = "BARTER" },
		"too much change":  func(d *Document) { d.Receipt.Payments[0].Change++ },
		"negative change": func(d *Document) {
			d.Receipt.Payments[0].Tendered, d.Receipt.Payments[0].Change = d.Receipt.Payments[0].Sum-5, -5
		},
		"change of none": func(d *Document) { d.Receipt.Payments[0].Tendered = 0 },
		"change by card": func(d *Document) {
			d.Receipt.Payments[1].Tendered, d.Receipt.Payments[1].Change = d.Receipt.Payments[1].Sum+1, 1
		},
		"a slot of cash":       func(d *Document) { d.Receipt.Payments[0].Slot = 2 },
		"slot 1":               func(d *Document) { d.Receipt.Payments[1].Slot = 1 },
		"slot 14":              func(d *Document) { d.Receipt.Payments[1].Slot = 14 },
		"some kopecks dropped": rounded(60),
		"a rouble dropped":     rounded(161),
		"kopecks added":        rounded(-39),
		"dropped, not counted": func(d *Document) { d.Receipt.Rounding = 61 },
		"VAT missing":          func(d *Document) { d.Receipt.VAT = d.Receipt.VAT[:2] },
		"VAT of none":          func(d *Document) { d.Receipt.VAT = append(d.Receipt.VAT, VATSum{Rate: tax.VAT5}) },
		"VAT sum":              func(d *Document) { d.Receipt.VAT[0].VAT++ },
		"VAT turnover":         func(d *Document) { d.Receipt.VAT[0].Total++ },
		"VAT rate":             func(d *Document) { d.Receipt.VAT[0].Rate = tax.VAT0 },
		"VAT order":            func(d *Document) { v := d.Receipt.VAT; v[0], v[1] = v[1], v[0] },
		"above the limit": func(d *Document) {
			d.Receipt = receipt(line(10, qty.One, money.Max, money.Max, tax.None), line(11, qty.One, 1, 1, tax.None))
		},
		"negative base": func(d *Document) {
			d.Receipt.Lines[1].BasePrice, d.Receipt.Lines[1].Gross = -1, -2
			d.Receipt.Lines[1].Discount = -2 - d.Receipt.Lines[1].Total
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := sale()
			change(d)
			if err := d.Validate(); !errors.Is(err, ErrInvalid) {
				t.Errorf("accepted: %v", err)
			}
		})
	}
	for _, sum := range []money.Amount{0, -1, money.Max + 1} {
		d := of(CashIncome)
		d.Cash.Sum = sum
		if err := d.Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("cash of %s: %v", sum, err)
		}
	}
}

// TestPartOfALine: a part of a weighed line may be a kopeck off its quantity
// times price, in a return only, and two kopecks nowhere.
func TestPartOfALine(t *testing.T) {
	for _, c := range []struct {
		off  money.Amount
		base uuid.UUID
		good bool
	}{{0, uuid.Nil, true}, {1, uuid.Nil, false}, {1, id(50), true}, {-1, id(50), true}, {2, id(50), false}, {-2, id(50), false}} {
		l := line(10, 333, 10_001, 10_001, tax.VAT10)
		l.Total += c.off
		l.Gross = l.Total
		info, err := tax.Lookup(l.Rate)
		if err == nil {
			l.VAT, err = info.Included(l.Total)
		}
		if err != nil {
			t.Fatal(err)
		}
		d := sale()
		d.Receipt = receipt(l)
		d.Receipt.BaseID = c.base
		if err := d.Validate(); (err == nil) != c.good {
			t.Errorf("%s off, base %s: %v", c.off, c.base, err)
		}
	}
}

// Any receipt made by the rules is valid, and any one of its sums that is off
// by a kopeck is not.
func TestReceiptProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []Line
		for i := range rapid.IntRange(1, 12).Draw(t, "lines") {
			base := money.Amount(rapid.Int64Range(0, 100_000).Draw(t, "base"))
			net := money.Amount(rapid.Int64Range(0, int64(base)).Draw(t, "net"))
			rate := rapid.SampledFrom(tax.Rates()).Draw(t, "rate").Rate
			lines = append(lines, line(byte(i+1), qty.Milli(rapid.Int64Range(1, 50_000).Draw(t, "qty")), base, net, rate))
		}
		d := sale()
		d.Receipt = receipt(lines...)
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(lines)-1).Draw(t, "at")
		l := &d.Receipt.Lines[at]
		sum := rapid.SampledFrom([]*money.Amount{&l.Gross, &l.Discount, &l.Total, &l.VAT, &d.Receipt.Gross, &d.Receipt.Discount, &d.Receipt.Total, &d.Receipt.Payments[1].Sum, &d.Receipt.VAT[0].VAT, &d.Receipt.VAT[0].Total}).Draw(t, "sum")
		*sum += money.Amount(rapid.SampledFrom([]int64{-1, 1}).Draw(t, "by"))
		if err := d.Validate(); !errors.Is(err, ErrInvalid) {
			t.Fatalf("accepted: %v", err)
		}
	})
}

func TestAddVAT(t *testing.T) {
	var got []VATSum
	for _, v := range []VATSum{{tax.VAT10, 110, 10}, {tax.None, 5, 0}, {tax.VAT10, 11, 1}} {
		got = AddVAT(got, v)
	}
	if want := []VATSum{{tax.VAT10, 121, 11}, {tax.None, 5, 0}}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTitle(t *testing.T) {
	for want, c := range map[string]Cashier{"Кассир Иванова": {Name: "Иванова", Position: "Кассир"}, "Иванова": {Name: "Иванова"}} {
		if got := c.Title(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A document that is written, read and written again is the same bytes:
// hashes and resends rely on it.
func TestJSONIsStable(t *testing.T) {
	docs := []*Document{sale()}
	for _, typ := range Types() {
		docs = append(docs, of(typ))
	}
	full := &Document{}
	fill(reflect.ValueOf(full).Elem())
	full.People = nil // never in the stored bytes
	for _, d := range append(docs, full) {
		first, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back Document
		decoder := json.NewDecoder(bytes.NewReader(first))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&back); err != nil {
			t.Fatalf("%s: %v", d.Type, err)
		}
		second, err := json.Marshal(&back)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s: %v\n%s\n%s", d.Type, err, first, second)
		}
		if d := cmp.Diff(d, &back); d != "" {
			t.Error(d)
		}
	}
}

// Who a document is about is stored beside it, never in it.
func TestPeopleAreNotStored(t *testing.T) {
	d := sale()
	d.People = &People{Contact: "+79991234567", Buyer: &Buyer{Name: "ООО Ромашка", INN: "7707083893"}}
	b, err := json.Marshal(d)
	if err != nil || bytes.Contains(b, []byte("9991234567")) || bytes.Contains(b, []byte("7707083893")) {
		t.Errorf("%v: %s", err, b)
	}
}

// fill sets every field of a value to something that is not zero.
func fill(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Date(2026, 3, 1, 12, 30, 45, 123456789, time.FixedZone("", -3*3600-1800))
		return
	case *uuid.UUID:
		*x = id(9)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("<Ёж & \"1\">")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(4)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	default:
		panic(fmt.Sprint("a kind of field this test does not know: ", v.Kind()))
	}
}

// FuzzDocument: what is read from damaged bytes is refused or valid, never a
// panic, and what is valid is stable.
func FuzzDocument(f *testing.F) {
	good, err := json.Marshal(sale())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(bytes.Replace(good, []byte(`"qty":2000`), []byte(`"qty":9223372036854775807`), 1))
	f.Add(bytes.Replace(good, []byte(`"total":`), []byte(`"total":-`), 3))
	f.Add([]byte(`{"type":"SELL","receipt":{"lines":[{}]}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Document
		if json.Unmarshal(data, &d) != nil || d.Validate() != nil {
			return
		}
		if d.Receipt != nil {
			var sum money.Amount
			for _, l := range d.Receipt.Lines {
				sum += l.Total
			}
			if sum != d.Receipt.Total || sum > money.Max {
				t.Fatalf("valid with lines of %d and a total of %d", sum, d.Receipt.Total)
			}
		}
		first, err := json.Marshal(&d)
		if err != nil {
			t.Fatal(err)
		}
		var back Document
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatal(err)
		}
		if second, err := json.Marshal(&back); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%v\n%s\n%s", err, first, second)
		}
	})
}

func FuzzParseType(f *testing.F) {
	for _, t := range Types() {
		f.Add(strings.ToLower(string(t)))
	}
	f.Add("SELL\x00")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := ParseType(text); err == nil && !strings.EqualFold(string(got), text) {
			t.Fatalf("%q became %s", text, got)
		}
	})
}
