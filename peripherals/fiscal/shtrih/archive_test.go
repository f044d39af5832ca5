package shtrih_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// What the FN's archive holds of a receipt, read out of its bytes by this test
// alone: the driver's and the device's own readers take no part.
type archived struct {
	Form    int
	OpType  int
	Total   money.Amount
	System  int
	Paid    map[uint16]money.Amount // by tag
	VAT     map[int]money.Amount    // by code of 1199
	Contact string
	Lines   []archivedLine
}

type archivedLine struct {
	Name                       string
	Qty                        qty.Milli
	Price, Total, VAT          money.Amount
	Rate, Method, Subject      int
	Measure                    int    // 2108
	Unit                       string // 1197
	Agent                      int
	Supplier                   string
	Country, Decl, Attribute   string
	Excise                     money.Amount
	SupplierName, SupplierCall string
}

// walk gives every tag of a run to visit.
func walk(t testing.TB, b []byte, visit func(tag uint16, v []byte)) {
	for len(b) > 0 {
		if len(b) < 4 || len(b) < 4+int(binary.LittleEndian.Uint16(b[2:])) {
			t.Fatalf("broken tags: % X", b)
		}
		n := 4 + int(binary.LittleEndian.Uint16(b[2:]))
		visit(binary.LittleEndian.Uint16(b), b[4:n])
		b = b[n:]
	}
}

func number(v []byte) (n int64) {
	for i := len(v) - 1; i >= 0; i-- {
		n = n<<8 | int64(v[i])
	}
	return n
}

func readArchive(t testing.TB, d shtrihtest.Document) archived {
	a := archived{Form: d.Form, Paid: map[uint16]money.Amount{}, VAT: map[int]money.Amount{}}
	codes := map[uint16]int{1102: 1, 1103: 2, 1104: 5, 1105: 6, 1106: 3, 1107: 4}
	walk(t, d.TLV, func(tag uint16, v []byte) {
		switch tag {
		case 1054:
			a.OpType = int(number(v))
		case 1055:
			a.System = int(number(v))
		case 1020:
			a.Total = money.Amount(number(v))
		case 1008:
			a.Contact = text.CP866.Decode(v)
		case 1031, 1081, 1215, 1216, 1217:
			if n := number(v); n != 0 {
				a.Paid[tag] = money.Amount(n)
			}
		case 1102, 1103, 1104, 1105, 1106, 1107:
			a.VAT[codes[tag]] = money.Amount(number(v))
		case 1119:
			walk(t, v, func(_ uint16, one []byte) {
				rate := 0
				walk(t, one, func(tag uint16, v []byte) {
					if tag == 1199 {
						rate = int(number(v))
					} else {
						a.VAT[rate] = money.Amount(number(v))
					}
				})
			})
		case 1059:
			a.Lines = append(a.Lines, readLine(t, v))
		}
	})
	return a
}

func readLine(t testing.TB, b []byte) (l archivedLine) {
	walk(t, b, func(tag uint16, v []byte) {
		said := text.CP866.Decode(v)
		switch tag {
		case 1030:
			l.Name = said
		case 1079:
			l.Price = money.Amount(number(v))
		case 1023:
			if v[0] != 3 {
				t.Fatalf("quantity % X", v)
			}
			l.Qty = qty.Milli(number(v[1:]))
		case 1043:
			l.Total = money.Amount(number(v))
		case 1200:
			l.VAT = money.Amount(number(v))
		case 1199:
			l.Rate = int(number(v))
		case 1214:
			l.Method = int(number(v))
		case 1212:
			l.Subject = int(number(v))
		case 2108:
			l.Measure = int(number(v))
		case 1197:
			l.Unit = said
		case 1222:
			l.Agent = int(number(v))
		case 1224:
			walk(t, v, func(tag uint16, v []byte) {
				if tag == 1225 {
					l.SupplierName = text.CP866.Decode(v)
				} else {
					l.SupplierCall = text.CP866.Decode(v)
				}
			})
		case 1226:
			l.Supplier = said
		case 1229:
			l.Excise = money.Amount(number(v))
		case 1230:
			l.Country = said
		case 1231:
			l.Decl = said
		case 1191:
			l.Attribute = said
		}
	})
	return l
}

// wanted is what the archive must hold of op.
func wanted(op kkt.Operation, ffd string) archived {
	r := op.Receipt
	kind := op.Kind
	w := archived{Form: 3, Total: r.Total, System: int(r.TaxSystem), Paid: map[uint16]money.Amount{}, VAT: map[int]money.Amount{}}
	if kind == kkt.OpCorrection {
		w.Form = 31
		kind = map[doc.Type]kkt.OperationKind{doc.Sell: kkt.OpSale, doc.Payback: kkt.OpSaleReturn, doc.Buy: kkt.OpBuy, doc.Buyback: kkt.OpBuyReturn}[r.Correction.Of]
	}
	w.OpType = map[kkt.OperationKind]int{kkt.OpSale: 1, kkt.OpSaleReturn: 2, kkt.OpBuy: 3, kkt.OpBuyReturn: 4}[kind]
	if op.People != nil {
		w.Contact = op.People.Contact
	}
	for _, p := range r.Payments {
		tag := map[doc.PaymentType]uint16{doc.PayCash: 1031, doc.PayElectron: 1081, doc.PayAdvance: 1215, doc.PayCredit: 1216, doc.PayCounter: 1217}[p.Type]
		if p.Sum != 0 {
			w.Paid[tag] += p.Sum
		}
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		info, err := tax.Lookup(l.Rate)
		if err != nil {
			panic(err)
		}
		sum := l.VAT
		if l.Rate == tax.VAT0 || l.Rate == tax.None {
			sum = l.Total
		}
		w.VAT[info.FFD] += sum
		if w.Form == 31 && ffd == "1.05" {
			continue // no items there
		}
		a := archivedLine{Name: l.Name, Qty: l.Qty, Price: l.Price, Total: l.Total, VAT: l.VAT, Rate: info.FFD, Method: l.Method, Subject: l.Kind,
			Country: l.Country, Decl: l.Declaration, Attribute: l.Attribute, Excise: l.Excise}
		if ffd == "1.2" {
			a.Measure = l.UnitCode
		} else {
			a.Unit = l.Unit
		}
		if l.Agent != nil {
			a.Agent, a.Supplier, a.SupplierName, a.SupplierCall = l.Agent.Type, fmt.Sprintf("%-12s", l.Supplier.INN), l.Supplier.Name, l.Supplier.Phones[0]
		}
		w.Lines = append(w.Lines, a)
	}
	for code, sum := range w.VAT { // the device leaves out sums of nothing in corrections without items
		if w.Form == 31 && ffd == "1.05" && sum == 0 {
			delete(w.VAT, code)
		}
	}
	return w
}

// subjects are the kinds of goods that need no marking code.
var subjects = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 30, 32}

// anyLine draws a line with everything a line may have.
func anyLine(t *rapid.T, rates []tax.Rate) doc.Line {
	q := qty.Milli(rapid.OneOf(rapid.Int64Range(1, 9_999), rapid.Map(rapid.Int64Range(1, 50), func(n int64) int64 { return n * 1000 })).Draw(t, "quantity"))
	price := money.Amount(rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(1, 5_000_00), rapid.Int64Range(1, 99_999_99)).Draw(t, "price"))
	rate := rapid.SampledFrom(rates).Draw(t, "rate")
	total, err := q.Times(price)
	if err != nil {
		t.Fatal(err)
	}
	if total > 0 {
		total = max(0, total+money.Amount(rapid.SampledFrom([]int64{0, 0, 0, 1, -1}).Draw(t, "part"))) // of a weighed line
	}
	info, err := tax.Lookup(rate)
	if err != nil {
		t.Fatal(err)
	}
	vat, err := info.Included(total)
	if err != nil {
		t.Fatal(err)
	}
	l := doc.Line{ID: uuid.New(), Name: rapid.StringMatching(`[А-Яа-яЁё][а-яё0-9 .,-]{0,100}[а-яё0-9.]`).Draw(t, "name"), Qty: q, BasePrice: price, Price: price, Gross: total,
		Total: total, Rate: rate, VAT: vat, Kind: rapid.SampledFrom(subjects).Draw(t, "kind"), Method: rapid.IntRange(1, 7).Draw(t, "method"),
		Unit: rapid.SampledFrom([]string{"шт", "кг", "упак."}).Draw(t, "unit"), UnitCode: rapid.SampledFrom([]int{0, 11, 22, 41, 255}).Draw(t, "measure")}
	if rapid.Bool().Draw(t, "more") {
		l.Country, l.Declaration = rapid.SampledFrom([]string{"", "643", "380"}).Draw(t, "country"), rapid.StringMatching(`([0-9]{8}/[0-9]{6})?`).Draw(t, "declaration")
		l.Excise = money.Amount(rapid.Int64Range(0, 1_000_000_00).Draw(t, "excise"))
		l.Attribute = rapid.StringMatching(`([А-Яа-я0-9]{1,64})?`).Draw(t, "attribute")
	}
	if rapid.IntRange(0, 4).Draw(t, "agent") == 0 {
		l.Agent = &doc.Agent{Type: 1 << rapid.IntRange(0, 6).Draw(t, "agent kind")}
		l.Supplier = &doc.Supplier{Name: "ООО Поставщик " + rapid.StringMatching(`[а-я]{1,200}`).Draw(t, "supplier"),
			INN: rapid.SampledFrom([]string{"7707083893", "500100732259"}).Draw(t, "INN"), Phones: []string{"+79121234567"}}
	}
	return l
}

// anyReceipt draws a receipt or correction that the format has a place for.
func anyReceipt(ffd string) func(t *rapid.T) kkt.Operation {
	return func(t *rapid.T) kkt.Operation {
		kinds := []kkt.OperationKind{kkt.OpSale, kkt.OpSale, kkt.OpSaleReturn, kkt.OpBuy, kkt.OpBuyReturn, kkt.OpCorrection}
		op := kkt.Operation{Kind: rapid.SampledFrom(kinds).Draw(t, "operation"), ID: uuid.Must(uuid.NewV7()), Cashier: cashier}
		r := &doc.Receipt{ChequeID: uuid.New(), TaxSystem: rapid.SampledFrom([]tax.System{tax.General, tax.Patent}).Draw(t, "tax system")}
		op.Receipt = r
		var rates []tax.Rate
		for _, i := range tax.Rates() {
			rates = append(rates, i.Rate)
		}
		if op.Kind == kkt.OpCorrection {
			of := []doc.Type{doc.Sell, doc.Buy, doc.Payback, doc.Buyback}
			if ffd == "1.05" {
				of, rates = of[:2], []tax.Rate{tax.VAT20, tax.VAT10, tax.VAT0, tax.None, tax.VAT20of, tax.VAT10of}
			}
			r.Correction = &doc.Ground{Of: rapid.SampledFrom(of).Draw(t, "of"), Date: yesterday, Number: "7", Reason: "ошибка"}
		}
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			l := anyLine(t, rates)
			r.Lines = append(r.Lines, l)
			r.Gross, r.Total = r.Gross+l.Gross, r.Total+l.Total
			r.VAT = doc.AddVAT(r.VAT, doc.VATSum{Rate: l.Rate, Total: l.Total, VAT: l.VAT})
		}
		if plain := op.Kind == kkt.OpCorrection && ffd == "1.05"; plain && r.Total == 0 {
			op.Kind, r.Correction = kkt.OpSale, nil // a correction of nothing is refused
		} else if !plain && rapid.IntRange(0, 3).Draw(t, "round") == 0 {
			r.Rounding, r.Total = r.Total%money.Rouble, r.Total-r.Total%money.Rouble
		}
		r.Payments = anyPayments(t, r.Total)
		if rapid.Bool().Draw(t, "contact") {
			op.People = &doc.People{Contact: rapid.SampledFrom([]string{"+79121234567", "a.b@example.org"}).Draw(t, "who")}
		}
		return op
	}
}

// anyPayments splits a total over kinds of payment.
func anyPayments(t *rapid.T, left money.Amount) []doc.Payment {
	var all []doc.Payment
	kinds := []doc.PaymentType{doc.PayElectron, doc.PayAdvance, doc.PayCredit, doc.PayCounter, doc.PayElectron}
	for range rapid.IntRange(0, 3).Draw(t, "payments") {
		p := doc.Payment{ID: uuid.New(), Type: rapid.SampledFrom(kinds).Draw(t, "payment"), Sum: money.Amount(rapid.Int64Range(0, int64(left)).Draw(t, "paid"))}
		if p.Type == doc.PayElectron {
			p.Slot = rapid.SampledFrom([]int{0, 2, 3, 13}).Draw(t, "slot")
		}
		all, left = append(all, p), left-p.Sum
	}
	cash := doc.Payment{ID: uuid.New(), Type: doc.PayCash, Sum: left}
	if left > 0 && rapid.Bool().Draw(t, "change") {
		cash.Change = money.Amount(rapid.Int64Range(0, 5_000_00).Draw(t, "given back"))
		cash.Tendered = left + cash.Change
	}
	return append(all, cash)
}

// archiveSample is how many receipts of each format the plain run makes.
const archiveSample = 120

// TestArchiveHoldsWhatWasSent: of any receipt the FN keeps every line, sum and
// rate as the till stored them, to the kopeck.
func TestArchiveHoldsWhatWasSent(t *testing.T) {
	for _, ffd := range []string{"1.05", "1.2"} {
		t.Run(ffd, func(t *testing.T) {
			t.Parallel()
			d := device(t, shtrihtest.Options{FFD: ffd, TaxSystems: []tax.System{tax.General, tax.Patent}})
			p := printer(t, servePair(t, d), shtrih.Options{})
			do(t, p, shiftOp(kkt.OpOpenShift))
			register := func(t testing.TB, op kkt.Operation) {
				in := shiftOp(kkt.OpCashIn) // so that there is enough to pay out
				in.Cash = op.Receipt.Total + 1
				do(t, p, in)
				f := do(t, p, op)
				docs := d.Documents()
				last := docs[len(docs)-1]
				if f.FD != last.FD || f.Sign != last.Sign || f.Total != op.Receipt.Total {
					t.Fatalf("told %+v, archived FD %d sign %d", f, last.FD, last.Sign)
				}
				if diff := cmp.Diff(wanted(op, ffd), readArchive(t, last)); diff != "" {
					t.Fatalf("%s: %s\n%s", op.Kind, diff, shtrihtest.Dump(last.TLV))
				}
			}
			receipts := rapid.Custom(anyReceipt(ffd))
			for i := range archiveSample {
				register(t, receipts.Example(i))
			}
			if os.Getenv("KASSA_LONG") != "" {
				started := time.Now()
				rapid.Check(t, func(rt *rapid.T) {
					if time.Since(started) < time.Minute {
						register(t, receipts.Draw(rt, "receipt"))
					}
				})
			}
		})
	}
}
