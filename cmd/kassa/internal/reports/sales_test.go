package reports

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/shift"
)

// trade is a journal in memory, with the shift's own totals beside it.
type trade struct {
	list   []record.Record
	z      []doc.Shift // of closed shifts, from the first
	open   *shift.Shift
	number int64
	read   int
	err    error
}

func (b *trade) records(_ context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	list := slices.Clone(b.list)
	if f.Reverse {
		slices.Reverse(list)
	}
	return func(yield func(record.Record, error) bool) {
		for _, r := range list {
			if r.Seq <= f.After || f.Before != 0 && r.Seq >= f.Before || !f.Since.IsZero() && r.Time.Before(f.Since) || !f.Until.IsZero() && !r.Time.Before(f.Until) ||
				f.Shift != uuid.Nil && r.Shift != f.Shift || !slices.Contains(f.Types, r.Type) {
				continue
			}
			b.read++
			if !yield(r, b.err) {
				return
			}
		}
	}
}

func (b *trade) sales() *Sales {
	return NewSales(SalesOptions{Records: b.records, Head: func() uint64 { return uint64(len(b.list)) }, Zone: zone})
}

func (b *trade) append(d *doc.Document, at time.Time) {
	b.number++
	d.ID, d.Number, d.Time, d.ShiftID, d.ShiftNumber = uuid.New(), b.number, at, b.open.ID, b.open.Number
	*b.open = b.open.Add(d)
	data, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	b.list = append(b.list, record.Record{Seq: uint64(len(b.list) + 1), Time: at.UTC(), Entry: record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: d.ShiftID, Data: data}})
}

func (b *trade) begin(at time.Time) {
	s := shift.New(uuid.New(), int64(len(b.z)+1), at, 0)
	b.open = &s
	b.append(&doc.Document{Type: doc.OpenSession, Shift: &doc.Shift{OpenedAt: at}}, at)
}

func (b *trade) end() { b.z = append(b.z, b.open.Totals) }

// anything draws a document that has to do with money, of any kind.
func anything(t *rapid.T) *doc.Document {
	d := &doc.Document{Type: rapid.SampledFrom([]doc.Type{doc.Sell, doc.Sell, doc.Sell, doc.Payback, doc.Correction, doc.Buy, doc.Buyback}).Draw(t, "type"),
		Cashier: doc.Cashier{ID: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "cashier"), Name: "К"}, Receipt: &doc.Receipt{}}
	r := d.Receipt
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		total := money.Amount(rapid.Int64Range(0, 500_00).Draw(t, "total"))
		l := doc.Line{ItemID: rapid.SampledFrom([]string{"i1", "i2", "i3", ""}).Draw(t, "item"), Name: "Товар", Unit: "шт", Qty: qty.Milli(rapid.Int64Range(1, 3000).Draw(t, "qty")), Total: total,
			Discount: money.Amount(rapid.Int64Range(0, 99).Draw(t, "discount"))}
		r.Lines, r.Total, r.Discount = append(r.Lines, l), r.Total+total, r.Discount+l.Discount
	}
	if rapid.Bool().Draw(t, "whole") {
		r.Rounding = r.Total % 100
		r.Total -= r.Rounding
	}
	left := r.Total
	for _, way := range rapid.SliceOfN(rapid.SampledFrom([]doc.PaymentType{doc.PayElectron, doc.PayAdvance, doc.PayCredit, doc.PayCounter}), 0, 3).Draw(t, "ways") {
		sum := money.Amount(rapid.Int64Range(0, int64(left)).Draw(t, "sum"))
		r.Payments, left = append(r.Payments, doc.Payment{Type: way, QR: rapid.Bool().Draw(t, "qr"), Sum: sum}), left-sum
	}
	r.Payments = append(r.Payments, doc.Payment{Type: doc.PayCash, Sum: left})
	switch {
	case d.Type == doc.Correction:
		r.Correction = &doc.Ground{Of: rapid.SampledFrom([]doc.Type{doc.Sell, doc.Payback, doc.Buy, doc.Buyback}).Draw(t, "of")}
	case rapid.IntRange(0, 9).Draw(t, "remote") == 0:
		r.Remote = &doc.Remote{Kind: "retaildemand"}
	}
	return d
}

func sumOfRows(r SalesReport) (sum, sold money.Amount) {
	for _, row := range r.Rows {
		if row.Sum != row.Sold+row.Returned+row.Corrected {
			panic(fmt.Sprintf("a row that does not add up: %+v", row))
		}
		sum, sold = sum+row.Sum, sold+row.Sold
	}
	return sum, sold
}

// TestAnyWeekAddsUp: over random weeks the sum of any report, of any days or
// shift, asked at any moment, is that of its documents and the Z report's.
func TestAnyWeekAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &trade{}
		s := b.sales()
		agree := func(what string, p Period, z doc.Shift) {
			for _, by := range Bys() {
				r, err := s.Report(t.Context(), by, p)
				if err != nil {
					t.Fatal(err)
				}
				sum, sold := sumOfRows(r)
				if sum != z.Revenue || r.Total.Sum != z.Revenue || sold != z.Sales.Total || r.Total.Returned != -z.Returns.Total || r.Total.Corrected != z.Corrections.Sum ||
					r.Total.Sales != z.Sales.Count || r.Total.Returns != z.Returns.Count || r.Total.Corrections != z.Corrections.Count {
					t.Fatalf("%s by %s: rows come to %s (sold %s), total %+v; the shift has %s, %s sold", what, by, sum, sold, r.Total, z.Revenue, z.Sales.Total)
				}
			}
		}
		var all doc.Shift
		for n := range 7 {
			at := day(n + 1)
			b.begin(at)
			for range rapid.IntRange(0, 8).Draw(t, "documents") {
				at = at.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "minutes")) * time.Minute) // at most 22:20
				b.append(anything(t), at)
				if rapid.IntRange(0, 5).Draw(t, "ask") == 0 {
					agree("the open day", Period{From: at, To: at}, b.open.Totals)
				}
			}
			b.end()
			z := b.z[n]
			agree("a day", Period{From: at, To: at}, z)
			agree("a shift", Period{Shift: int64(n + 1)}, z)
			all.Revenue, all.Sales.Total, all.Sales.Count = all.Revenue+z.Revenue, all.Sales.Total+z.Sales.Total, all.Sales.Count+z.Sales.Count
			all.Returns.Total, all.Returns.Count = all.Returns.Total+z.Returns.Total, all.Returns.Count+z.Returns.Count
			all.Corrections.Sum, all.Corrections.Count = all.Corrections.Sum+z.Corrections.Sum, all.Corrections.Count+z.Corrections.Count
		}
		agree("the week", Period{From: day(1), To: day(7)}, all)
		agree("more than the week", Period{From: day(1).AddDate(0, -1, 0), To: day(20)}, all)
	})
}

// sale is one receipt of one item.
func sale(typ doc.Type, item string, sum money.Amount, way doc.PaymentType) *doc.Document {
	return &doc.Document{Type: typ, Cashier: doc.Cashier{ID: "c", Name: "Анна"}, Receipt: &doc.Receipt{Total: sum,
		Lines: []doc.Line{{ItemID: item, Name: item, Unit: "шт", Qty: qty.One, Total: sum}}, Payments: []doc.Payment{{Type: way, Sum: sum}}}}
}

// shopDay is a small day of trade.
func shopDay() *trade {
	b := &trade{}
	b.begin(day(1))
	b.append(sale(doc.Sell, "хлеб", 49_90, doc.PayCash), day(1).Add(10*time.Minute))
	b.append(sale(doc.Sell, "=cmd|x", 100_00, doc.PayElectron), day(1).Add(time.Hour))
	b.append(sale(doc.Sell, "хлеб", 49_90, doc.PayElectron), day(1).Add(65*time.Minute))
	b.append(sale(doc.Payback, "хлеб", 49_90, doc.PayCash), day(1).Add(2*time.Hour))
	return b
}

func TestRows(t *testing.T) {
	b := shopDay()
	r, err := b.sales().Report(t.Context(), ByHour, Period{From: day(1), To: day(1)})
	if err != nil || len(r.Rows) != 3 {
		t.Fatalf("%+v %v", r, err)
	}
	if h := r.Rows[1]; h.Key != "10" || h.Sales != 2 || h.Sum != 149_90 {
		t.Errorf("%+v", h)
	}
	if h := r.Rows[2]; h.Key != "11" || h.Returns != 1 || h.Returned != -49_90 || h.Sum != -49_90 {
		t.Errorf("what came back is not negative: %+v", h)
	}
	if r, err = b.sales().Report(t.Context(), ByGoods, Period{From: day(1), To: day(1)}); err != nil || len(r.Rows) != 2 || r.Rows[0].Name != "=cmd|x" || r.Rows[1].Qty != qty.One {
		t.Errorf("%+v %v", r, err)
	}
}

// TestFollows: a second question costs what was journaled since the first.
func TestFollows(t *testing.T) {
	b := shopDay()
	s := b.sales()
	ask := func() SalesReport {
		t.Helper()
		r, err := s.Report(t.Context(), ByPayment, Period{From: day(1), To: day(2)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ask()
	before := b.read
	b.append(sale(doc.Sell, "хлеб", 1_00, doc.PayCash), day(2))
	if r := ask(); r.Total.Sum != 150_90 {
		t.Errorf("%s", r.Total.Sum)
	}
	if b.read != before+1 {
		t.Errorf("%d records read for one new one", b.read-before)
	}
	// A journal that fails for a moment leaves no half a page behind.
	b.append(sale(doc.Sell, "хлеб", 1_00, doc.PayCash), day(2))
	b.err = errors.New("disk")
	if _, err := s.Report(t.Context(), ByPayment, Period{From: day(1), To: day(2)}); err == nil {
		t.Error("a report of a broken journal")
	}
	b.err = nil
	if r := ask(); r.Total.Sum != 151_90 || r.Total.Sales != 5 {
		t.Errorf("%+v", r.Total)
	}
}

// TestForgets: however many days are asked for, what is kept has an end.
func TestForgets(t *testing.T) {
	b := &trade{}
	const days, items = 40, 2500
	for n := range days {
		b.begin(day(1).AddDate(0, 0, n))
		d := sale(doc.Sell, "x", 0, doc.PayCash)
		for i := range items {
			d.Receipt.Lines = append(d.Receipt.Lines, doc.Line{ItemID: fmt.Sprint(i), Name: "т", Qty: qty.One, Total: 1})
		}
		d.Receipt.Total, d.Receipt.Payments[0].Sum = items, items
		b.append(d, day(1).AddDate(0, 0, n))
		b.end()
	}
	s := b.sales()
	for range 2 {
		r, err := s.Report(t.Context(), ByGoods, Period{From: day(1), To: day(days)})
		if err != nil || r.Total.Sum != days*items || len(r.Rows) != items+1 {
			t.Fatalf("%+v %v", r.Total, err)
		}
		cells := 0
		for _, pg := range s.pages {
			cells += pg.cells()
		}
		if cells > maxCells || len(s.pages) != len(s.used) {
			t.Errorf("%d cells of %d pages (%d used) are kept", cells, len(s.pages), len(s.used))
		}
	}
}

func TestBadQuestions(t *testing.T) {
	s := shopDay().sales()
	for _, c := range []struct {
		by   By
		p    Period
		want fault.Code
	}{{"weather", Period{From: day(1), To: day(1)}, fault.BadRequest}, {ByDay, Period{From: day(2), To: day(1)}, fault.BadRequest},
		{ByDay, Period{From: day(1), To: day(1 + MaxDays)}, fault.BadRequest}, {ByDay, Period{Shift: 99}, fault.NotFound}} {
		if _, err := s.Report(t.Context(), c.by, c.p); fault.Of(err).Code != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestCSV(t *testing.T) {
	r, err := shopDay().sales().Report(t.Context(), ByGoods, Period{From: day(1), To: day(1)})
	if err != nil {
		t.Fatal(err)
	}
	r.Rows[1].Name = "хлеб; \"ржаной\"\nкруглый"
	for _, c := range []struct {
		CSV
		begin string
		comma rune
		sum   string
	}{{CSV{Language: "ru", BOM: true}, "\ufeffКод;Товар;Количество;", ';', "100,00"}, {CSV{Language: "en"}, "Key,Item,Quantity,", ',', "100.00"}} {
		var b bytes.Buffer
		if err := c.Write(&b, r); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if !strings.HasPrefix(text, c.begin) || !strings.HasSuffix(text, "\r\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
			t.Errorf("%q", text)
		}
		in := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		in.Comma = c.comma
		all, err := in.ReadAll()
		if err != nil || len(all) != 4 || len(all[0]) != 12 {
			t.Fatalf("%v %v", all, err)
		}
		if all[1][1] != "'=cmd|x" || all[1][11] != c.sum || strings.ReplaceAll(all[2][1], "\r\n", "\n") != r.Rows[1].Name || all[3][11] == "" || !strings.HasPrefix(all[2][7], "-49") {
			t.Errorf("%q", all)
		}
	}
}
