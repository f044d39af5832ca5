package till

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// soldLine is a line as pricing makes them.
func soldLine(t *rapid.T, n byte) doc.Line {
	l := doc.Line{ID: uuid.UUID{15: n}, Name: fmt.Sprint("товар ", n), Rate: rapid.SampledFrom(tax.Rates()).Draw(t, "rate").Rate,
		BasePrice: money.Amount(rapid.Int64Range(0, 200_000).Draw(t, "base")), Kind: 1, Method: 4}
	l.Price = money.Amount(rapid.Int64Range(0, int64(l.BasePrice)+100).Draw(t, "price")) // sometimes dearer by hand
	l.Qty = qty.One * qty.Milli(rapid.Int64Range(1, 20).Draw(t, "pieces"))
	if rapid.Bool().Draw(t, "by weight") {
		l.Qty = qty.Milli(rapid.Int64Range(1, 20_000).Draw(t, "weight"))
	}
	var errs [3]error
	l.Gross, errs[0] = l.Qty.Times(l.BasePrice)
	l.Total, errs[1] = l.Qty.Times(l.Price)
	l.Discount = l.Gross - l.Total
	info, err := tax.Lookup(l.Rate)
	l.VAT, errs[2] = info.Included(l.Total)
	if l.Discount != 0 {
		half := l.Discount / 2
		l.Discounts = []doc.Reason{{Name: "акция", Sum: half}, {Name: "карта", Sum: l.Discount - half}}
	}
	if err := fmt.Errorf("%v%v%v%v", errs[0], errs[1], errs[2], err); err.Error() != "<nil><nil><nil><nil>" {
		t.Fatal(err)
	}
	return l
}

// soldReceipt is a receipt paid in one way or in several.
func soldReceipt(t *rapid.T) *doc.Receipt {
	r := &doc.Receipt{ChequeID: uuid.UUID{1}, TaxSystem: tax.General}
	for n := range rapid.IntRange(1, 6).Draw(t, "lines") {
		addLine(r, soldLine(t, byte(n+1)))
	}
	left := r.Total
	types := []doc.PaymentType{doc.PayElectron, doc.PayAdvance, doc.PayCash}
	for i, typ := range types[rapid.IntRange(0, 2).Draw(t, "ways"):] {
		sum := left
		if typ != doc.PayCash {
			sum = money.Amount(rapid.Int64Range(0, int64(left)).Draw(t, "sum"))
		}
		if left -= sum; sum > 0 {
			r.Payments = append(r.Payments, doc.Payment{ID: uuid.UUID{2, byte(i)}, Type: typ, Sum: sum})
		}
	}
	return r
}

// TestRefundProperty: returns in any parts and in any order add up exactly to
// what was paid: by line, by rate, by way of payment; each part is a valid
// document that gives back nothing twice and nothing below zero.
func TestRefundProperty(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		sale := soldReceipt(t)
		whole := doc.Document{ID: uuid.UUID{9}, Type: doc.Sell, Number: 1, Time: at, Currency: "RUB", Receipt: sale}
		if err := whole.Validate(); err != nil {
			t.Fatal(err)
		}
		var back []doc.Document
		for range 100 {
			f := newRefunds(sale, back, nil)
			all := f.all()
			if len(all) == 0 {
				break
			}
			var lines []ReturnLine
			for _, l := range all {
				switch rapid.IntRange(0, 3).Draw(t, "take") {
				case 0: // nothing of it
				case 1:
					lines = append(lines, ReturnLine{Line: l.Line}) // all that is left
				default:
					unit := qty.Milli(1)
					if l.Qty.Whole() {
						unit = qty.One
					}
					lines = append(lines, ReturnLine{Line: l.Line, Qty: unit * qty.Milli(rapid.Int64Range(1, int64(l.Qty/unit)).Draw(t, "qty"))})
				}
			}
			if len(lines) == 0 {
				lines = all
			}
			r, err := f.receipt(lines)
			if err != nil {
				t.Fatalf("%v of %+v", err, lines)
			}
			ids := byte(len(back))
			if err = f.payments(&r, "", func() uuid.UUID { ids++; return uuid.UUID{3, ids} }); err != nil {
				t.Fatalf("%v: %s of %v", err, r.Total, f.paid)
			}
			r.BaseID = whole.ID
			d := doc.Document{ID: uuid.UUID{8, byte(len(back))}, Type: doc.Payback, Number: 2, Time: at, Currency: "RUB", Receipt: &r}
			if err := d.Validate(); err != nil {
				t.Fatalf("%v\n%+v", err, r)
			}
			back = append(back, d)
		}
		same(t, sale, back)
		f := newRefunds(sale, back, nil)
		if _, err := f.receipt([]ReturnLine{{Line: sale.Lines[0].ID, Qty: 1}}); err == nil || err.Code != fault.ReturnMore {
			t.Fatalf("more than was sold: %v", err)
		}
	})
}

// same fails unless the parts are the whole.
func same(t *rapid.T, sale *doc.Receipt, back []doc.Document) {
	type sums struct {
		qty                    qty.Milli
		gross, discount, total money.Amount
	}
	lines, rates, ways := map[any]sums{}, map[tax.Rate]money.Amount{}, map[doc.PaymentType]money.Amount{}
	add := func(r *doc.Receipt, sign money.Amount) {
		for _, l := range r.Lines {
			s := lines[l.ID]
			lines[l.ID] = sums{s.qty + qty.Milli(sign)*l.Qty, s.gross + sign*l.Gross, s.discount + sign*l.Discount, s.total + sign*l.Total}
		}
		for _, v := range r.VAT {
			rates[v.Rate] += sign * v.Total
		}
		for _, p := range r.Payments {
			ways[p.Type] += sign * p.Sum
		}
	}
	add(sale, 1)
	for i := range back {
		add(back[i].Receipt, -1)
	}
	for id, s := range lines {
		if s != (sums{}) {
			t.Fatalf("line %v: %+v is left", id, s)
		}
	}
	for rate, sum := range rates {
		if sum != 0 {
			t.Fatalf("rate %s: %s is left", rate, sum)
		}
	}
	for typ, sum := range ways {
		if sum != 0 {
			t.Fatalf("%s: %s is left", typ, sum)
		}
	}
}

func TestReturnRules(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread, bread, "0.350*00042")
	w.mustDo(t, SetContact{Contact: "ivan-999123@example.ru"})
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 500_00})
	sale := w.documents(doc.Sell)[0]
	lines := sale.Receipt.Lines
	w.refused(t, Return{}, fault.BadRequest)
	w.refused(t, Return{Sale: uuid.UUID{7}}, fault.NotFound)
	w.refused(t, Return{Sale: w.documents(doc.OpenSession)[0].ID}, fault.ReturnOf)
	w.refused(t, Return{Sale: sale.ID, Lines: []ReturnLine{{Line: uuid.UUID{7}}}}, fault.ChequeNoLine)
	w.refused(t, Return{Sale: sale.ID, Lines: []ReturnLine{{Line: lines[0].ID, Qty: 500}}}, fault.QtyBad)
	w.refused(t, Return{Sale: sale.ID, Lines: []ReturnLine{{Line: lines[0].ID, Qty: 3 * qty.One}}}, fault.ReturnMore)
	w.refused(t, Return{Sale: sale.ID, Lines: []ReturnLine{{Line: lines[0].ID, Qty: -1}}}, fault.ReturnMore)
	w.refused(t, Return{Sale: sale.ID, Payment: doc.PayElectron}, fault.ReturnPayment)
	w.refused(t, Return{Sale: sale.ID, Lines: []ReturnLine{{Line: lines[0].ID, Qty: 2 * qty.One}, {Line: lines[0].ID, Qty: qty.One}}}, fault.ReturnMore)
	w.mustDo(t, Return{Sale: sale.ID, Lines: []ReturnLine{{Line: lines[1].ID, Qty: 100}}})
	back := w.documents(doc.Payback)[0]
	if back.Receipt.BaseID != sale.ID || back.Receipt.BaseNo != sale.Number || back.Receipt.Total != 7990 || back.Receipt.Lines[0].Rate != tax.VAT10 ||
		back.People == nil || back.People.Contact == "" {
		t.Errorf("%+v", back.Receipt)
	}
	if l := w.state.receipt; l.Type != doc.Payback || l.Total != 7990 || l.Change != 0 {
		t.Errorf("shown %+v", l)
	}
	w.refused(t, Return{Sale: back.ID}, fault.ReturnOf)
	w.mustDo(t, CashOut{CashMove: CashMove{Sum: w.cash - 100_00}})
	w.refused(t, Return{Sale: sale.ID}, fault.FiscalCash)
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 500_00}})
	w.mustDo(t, CloseShift{})
	w.mustDo(t, OpenShift{}) // another shift
	w.mustDo(t, Return{Sale: sale.ID})
	w.refused(t, Return{Sale: sale.ID}, fault.ReturnOf)
	w.check()
	var sum money.Amount
	for _, d := range w.documents(doc.Payback) {
		sum += d.Receipt.Total
	}
	if sum != sale.Receipt.Total {
		t.Errorf("returned %s of %s", sum, sale.Receipt.Total)
	}
}

// TestReturnKeepsTheRate: what was sold at 20 % comes back at 20 %.
func TestReturnKeepsTheRate(t *testing.T) {
	w := twoSystems(t)
	l := doc.Line{ID: uuid.UUID{5}, Name: "Старый товар", Qty: 2 * qty.One, BasePrice: 12000, Price: 12000, Gross: 24000, Total: 24000, Rate: tax.VAT20, VAT: 4000, Kind: 1, Method: 4,
		Mark: "0104600000000015215", MarkStatus: 1}
	r := doc.Receipt{TaxSystem: tax.General, Payments: []doc.Payment{{ID: uuid.UUID{6}, Type: doc.PayElectron, Sum: 24000}}}
	addLine(&r, l)
	sale := doc.Document{ID: uuid.UUID{4}, Type: doc.Sell, Number: 1000, Time: w.now.AddDate(-1, 0, 0), Currency: "RUB", Receipt: &r, Fiscal: &doc.Fiscal{FN: testFN, FD: 1, Sign: 1}}
	if err := sale.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := w.returnOf(t, &sale); err != nil {
		t.Fatal(err)
	}
	back := w.documents(doc.Payback)[0].Receipt
	if back.Lines[0].Rate != tax.VAT20 || back.VAT[0].VAT != 4000 || back.Lines[0].MarkStatus != 3 || back.Lines[0].Mark != l.Mark {
		t.Errorf("%+v", back)
	}
}

// returnOf returns lines of a sale that is not in this world's journal.
func (w *world) returnOf(t testing.TB, sale *doc.Document, lines ...ReturnLine) *fault.Error {
	t.Helper()
	w.req++
	w.events = append(w.events, Return{Req: w.req, Sale: sale.ID, Lines: lines})
	w.next()
	w.events = []Event{SaleLoaded{Op: w.state.job.op, Sale: sale}}
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	return w.replies[w.req]
}

// TestRoundedReceiptComesBackWhole: kopecks that were dropped from a total
// belong to no line.
func TestRoundedReceiptComesBackWhole(t *testing.T) {
	w := twoSystems(t)
	r := doc.Receipt{TaxSystem: tax.General, Payments: []doc.Payment{{ID: uuid.UUID{6}, Type: doc.PayElectron, Sum: 15_00}}}
	for n, price := range []money.Amount{1030, 540} {
		addLine(&r, doc.Line{ID: uuid.UUID{5, byte(n)}, Name: "Товар", Qty: qty.One, BasePrice: price, Price: price, Gross: price, Total: price, Rate: tax.None, Kind: 1, Method: 4})
	}
	r.Rounding, r.Total = 70, 15_00
	sale := doc.Document{ID: uuid.UUID{4}, Type: doc.Sell, Number: 1000, Name: "K1-001000", Time: w.now, Currency: "RUB", Receipt: &r, Fiscal: &doc.Fiscal{FN: testFN, FD: 1, Sign: 1}}
	if err := sale.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := w.returnOf(t, &sale, ReturnLine{Line: r.Lines[0].ID}); err == nil || err.Code != fault.ReturnWhole {
		t.Errorf("a part: %v", err)
	}
	if err := w.returnOf(t, &sale); err != nil {
		t.Error(err)
	}
	if back := w.documents(doc.Payback); len(back) != 1 || back[0].Receipt.Total != 15_00 || back[0].Receipt.Rounding != 70 {
		t.Errorf("%+v", back)
	}
}

func TestOnceMeansOnce(t *testing.T) {
	w := twoSystems(t)
	w.mustDo(t, CashIn{Once: onceID(1), CashMove: CashMove{Sum: 500_00}})
	w.mustDo(t, CashIn{Once: onceID(1), CashMove: CashMove{Sum: 500_00}})
	w.restart()
	w.mustDo(t, CashIn{Once: onceID(1), CashMove: CashMove{Sum: 500_00}})
	w.fill(t, bread, bread)
	w.mustDo(t, Pay{Type: doc.PayCash})
	back := Return{Once: onceID(2), Sale: w.documents(doc.Sell)[0].ID, Lines: []ReturnLine{{Line: w.documents(doc.Sell)[0].Receipt.Lines[0].ID, Qty: qty.One}}}
	w.mustDo(t, back)
	w.mustDo(t, back)
	w.mustDo(t, CloseShift{})
	w.restart() // the till has forgotten; the journal has not
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.mustDo(t, back)
	w.check()
	if len(w.slips) != 1 || w.count(kkt.OpSaleReturn) != 1 || w.cash != 500_00+4990 {
		t.Errorf("%d slips, %d returns, %s in the drawer", len(w.slips), w.count(kkt.OpSaleReturn), w.cash)
	}
}

// TestReturnOfEverySale returns purchases of several receipts as a person
// would, receipt by receipt.
func TestReturnOfEverySale(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread, tea)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	for _, d := range w.documents(doc.Sell) {
		w.mustDo(t, Return{Sale: d.ID})
	}
	w.check()
	if tot := w.state.shift.Totals; tot.Revenue != 0 || tot.Returns.Count != 2 || tot.Returns.Electron != 4990+777 {
		t.Errorf("%+v", tot)
	}
}
