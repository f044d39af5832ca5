package shtrih_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

var update = flag.Bool("update", false, "write testdata/receipts anew")

// golden is a row of documents as a shop makes them, and what they leave on
// paper and in the FN.
type golden struct {
	name    string
	options shtrihtest.Options
	ops     func(t *testing.T) []kkt.Operation
}

// changed is op with something done to it.
func changed(op kkt.Operation, change func(r *doc.Receipt)) kkt.Operation {
	change(op.Receipt)
	return op
}

// paidBy replaces the payments of a receipt.
func paidBy(op kkt.Operation, payments ...doc.Payment) kkt.Operation {
	for i := range payments {
		payments[i].ID = uuid.New()
	}
	op.Receipt.Payments = payments
	return op
}

func of(l doc.Line, change func(l *doc.Line)) doc.Line {
	change(&l)
	return l
}

func method(m int) func(*doc.Line) { return func(l *doc.Line) { l.Method = m } }

var yesterday = time.Date(2026, 11, 19, 18, 30, 0, 0, time.FixedZone("MSK", 3*3600))

func corrected(op kkt.Operation, g doc.Ground) kkt.Operation {
	op.Kind = kkt.OpCorrection
	op.Receipt.Correction = &g
	return op
}

var goldens = []golden{
	{"prepayment", shtrihtest.Options{}, func(t *testing.T) []kkt.Operation {
		taken := line(t, "Диван угловой «Бриз»", 45_000_00, 1000, tax.VAT22)
		return []kkt.Operation{
			receipt(t, kkt.OpSale, 0, of(line(t, "Диван угловой «Бриз»", 20_000_00, 1000, tax.VAT22of), method(2))),
			paidBy(receipt(t, kkt.OpSale, 0, taken),
				doc.Payment{Type: doc.PayAdvance, Sum: 20_000_00}, doc.Payment{Type: doc.PayElectron, Sum: 25_000_00}),
			receipt(t, kkt.OpSale, 0, of(line(t, "Кресло", 9_990_00, 1000, tax.VAT22of), method(1))),
			paidBy(receipt(t, kkt.OpSale, 0, line(t, "Кресло", 9_990_00, 1000, tax.VAT22)), doc.Payment{Type: doc.PayAdvance, Sum: 9_990_00}),
		}
	}},
	{"certificate", shtrihtest.Options{}, func(t *testing.T) []kkt.Operation {
		certificate := of(line(t, "Аванс", 3_000_00, 1000, tax.VAT22of), func(l *doc.Line) { l.Method, l.Kind = 3, 10 })
		return []kkt.Operation{
			receipt(t, kkt.OpSale, 5_000_00, certificate),
			paidBy(receipt(t, kkt.OpSale, 0, line(t, "Платье летнее", 3_499_50, 1000, tax.VAT22)),
				doc.Payment{Type: doc.PayAdvance, Sum: 3_000_00}, doc.Payment{Type: doc.PayCash, Sum: 499_50, Tendered: 500_00, Change: 50}),
		}
	}},
	{"credit", shtrihtest.Options{FFD: "1.05"}, func(t *testing.T) []kkt.Operation {
		return []kkt.Operation{
			paidBy(receipt(t, kkt.OpSale, 0, of(line(t, "Холодильник", 60_000_00, 1000, tax.VAT20), method(6))), doc.Payment{Type: doc.PayCredit, Sum: 60_000_00}),
			paidBy(receipt(t, kkt.OpSale, 0, of(line(t, "Плита", 30_000_00, 1000, tax.VAT20), method(5))),
				doc.Payment{Type: doc.PayCredit, Sum: 20_000_00}, doc.Payment{Type: doc.PayCash, Sum: 10_000_00}),
			receipt(t, kkt.OpSale, 0, of(line(t, "Холодильник", 15_000_00, 1000, tax.VAT20of), func(l *doc.Line) { l.Method, l.Kind = 7, 10 })),
			paidBy(receipt(t, kkt.OpSale, 0, line(t, "Обмен старой техники", 1_000_00, 1000, tax.None)), doc.Payment{Type: doc.PayCounter, Sum: 1_000_00}),
		}
	}},
	{"agent", shtrihtest.Options{}, agentGoods},
	{"agent 1.05", shtrihtest.Options{FFD: "1.05"}, agentGoods},
	{"buyer", shtrihtest.Options{}, buyerAndGoods},
	{"buyer 1.05", shtrihtest.Options{FFD: "1.05"}, buyerAndGoods},
	{"correction", shtrihtest.Options{}, func(t *testing.T) []kkt.Operation {
		wrong := doc.Ground{Date: yesterday, Sign: "3456789012", Reason: "пробита не та ставка"}
		back, right := wrong, wrong
		back.Of, right.Of = doc.Payback, doc.Sell
		return []kkt.Operation{
			corrected(receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 55_00, 2000, tax.VAT10)), doc.Ground{Of: doc.Sell, Date: yesterday, Reason: "касса не работала"}),
			corrected(receipt(t, kkt.OpSaleReturn, 0, line(t, "Сыр", 50_00, 1000, tax.VAT10)), back),
			corrected(receipt(t, kkt.OpSale, 0, line(t, "Сыр", 50_00, 1000, tax.VAT22)), right),
			corrected(paidBy(receipt(t, kkt.OpBuy, 0, line(t, "Стеклотара", 1_00, 10000, tax.None)), doc.Payment{Type: doc.PayElectron, Sum: 10_00}),
				doc.Ground{Of: doc.Buy, ByOrder: true, Number: "02-15/17", Date: yesterday, Reason: "предписание"}),
		}
	}},
	{"correction 1.05", shtrihtest.Options{FFD: "1.05"}, func(t *testing.T) []kkt.Operation {
		return []kkt.Operation{
			corrected(receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 55_00, 2000, tax.VAT10), line(t, "Книга", 100_00, 1000, tax.VAT0), line(t, "Журнал", 10_00, 1000, tax.None)),
				doc.Ground{Of: doc.Sell, Date: yesterday, Reason: "касса не работала"}),
			corrected(paidBy(receipt(t, kkt.OpBuy, 0, line(t, "Стеклотара", 1_00, 10000, tax.VAT20)), doc.Payment{Type: doc.PayElectron, Sum: 4_00}, doc.Payment{Type: doc.PayCash, Sum: 6_00}),
				doc.Ground{Of: doc.Buy, ByOrder: true, Number: "02-15/17", Date: yesterday, Reason: "предписание"}),
			// A wrong receipt is undone and made again, both naming it.
			changed(receipt(t, kkt.OpSaleReturn, 0, line(t, "Сыр", 50_00, 1000, tax.VAT10)), func(r *doc.Receipt) { r.Instead = "3456789012" }),
			changed(receipt(t, kkt.OpSale, 0, line(t, "Сыр", 50_00, 1000, tax.VAT20)), func(r *doc.Receipt) { r.Instead = "3456789012" }),
		}
	}},
	{"part returned", shtrihtest.Options{}, func(t *testing.T) []kkt.Operation {
		kilo := func(l *doc.Line) { l.UnitCode, l.Unit = 11, "кг" }
		part := of(line(t, "Огурцы", 100_01, 333, tax.VAT10), kilo)
		part.Total, part.Gross = 33_31, 33_31 // a kopeck up: the parts make the whole
		part.VAT = vatOf(t, part.Rate, part.Total)
		return []kkt.Operation{
			receipt(t, kkt.OpSale, 1_000_00, of(line(t, "Огурцы", 100_01, 1000, tax.VAT10), kilo), line(t, "Пакет", 7_99, 3000, tax.VAT22)),
			receipt(t, kkt.OpSaleReturn, 0, part, line(t, "Пакет", 7_99, 1000, tax.VAT22)),
		}
	}},
	{"electronic and rounded", shtrihtest.Options{}, func(t *testing.T) []kkt.Operation {
		sent := changed(paidBy(receipt(t, kkt.OpSale, 0, line(t, "Подписка на месяц", 299_00, 1000, tax.VAT22)), doc.Payment{Type: doc.PayElectron, Sum: 299_00}),
			func(r *doc.Receipt) { r.Electronic = true })
		sent.People = &doc.People{Contact: "8 (912) 345-67-89"}
		rounded := receipt(t, kkt.OpSale, 0, line(t, "Гвозди", 1_01, 2370, tax.VAT22), line(t, "Шурупы", 88_88, 1000, tax.VAT22))
		rounded.Receipt.Rounding, rounded.Receipt.Total = rounded.Receipt.Total%money.Rouble, rounded.Receipt.Total-rounded.Receipt.Total%money.Rouble
		mail := paidBy(rounded, doc.Payment{Type: doc.PayCash, Sum: rounded.Receipt.Total, Tendered: 100_00, Change: 100_00 - rounded.Receipt.Total})
		mail.People = &doc.People{Contact: "ivanov@example.org"}
		return []kkt.Operation{sent, mail,
			paidBy(receipt(t, kkt.OpSale, 0, line(t, "Чай", 100_00, 3000, tax.VAT22)), doc.Payment{Type: doc.PayElectron, Sum: 100_00},
				doc.Payment{Type: doc.PayElectron, Slot: 4, Sum: 150_00}, doc.Payment{Type: doc.PayCash, Sum: 50_00, Tendered: 50_00})}
	}},
	{"machine", shtrihtest.Options{Automatic: true}, func(t *testing.T) []kkt.Operation {
		return []kkt.Operation{changed(paidBy(receipt(t, kkt.OpSale, 0, line(t, "Кофе", 120_00, 1000, tax.VAT5)), doc.Payment{Type: doc.PayElectron, Sum: 120_00}),
			func(r *doc.Receipt) { r.Automatic = true })}
	}},
	{"permit", shtrihtest.Options{}, func(t *testing.T) []kkt.Operation {
		permit := &doc.Permit{FOIV: "030", Date: "21.11.2023", Number: "1944", Value: "UUID=7a4bb0f8-1d1c-4a3f-9d3b-0a1b2c3d4e5f&Time=1763629200123"}
		const marked = "0104606203103348215EfODAB=UpGb\x1d93Zjqw"
		long := *permit
		long.Value += "&" + strings.Repeat("Inst=0123456789&", 11)
		return []kkt.Operation{receipt(t, kkt.OpSale, 0,
			of(line(t, "Вода «Ключ» 0,5 л", 45_00, 1000, tax.VAT22), func(l *doc.Line) { l.Kind, l.MarkStatus, l.Mark, l.Permit = 33, 1, marked, permit }),
			of(line(t, "Вода «Ключ» 1,5 л", 65_00, 1000, tax.VAT22), func(l *doc.Line) { l.Permit = &long }))}
	}},
	{"day", shtrihtest.Options{}, func(t *testing.T) []kkt.Operation {
		in, out := shiftOp(kkt.OpCashIn), shiftOp(kkt.OpCashOut)
		in.Cash, out.Cash = 5_000_00, 1_000_00
		return []kkt.Operation{in, receipt(t, kkt.OpBuy, 0, line(t, "Макулатура", 12_00, 10500, tax.None)), out,
			shiftOp(kkt.OpStateReport), shiftOp(kkt.OpCloseShift), shiftOp(kkt.OpStateReport)}
	}},
}

func vatOf(t *testing.T, rate tax.Rate, total money.Amount) money.Amount {
	t.Helper()
	info, err := tax.Lookup(rate)
	if err != nil {
		t.Fatal(err)
	}
	vat, err := info.Included(total)
	if err != nil {
		t.Fatal(err)
	}
	return vat
}

func agentGoods(t *testing.T) []kkt.Operation {
	commission := func(l *doc.Line) {
		l.Agent = &doc.Agent{Type: 32}
		l.Supplier = &doc.Supplier{Name: "ООО «Ремёсла Севера»", INN: "7707083893", Phones: []string{"+78121234567"}}
	}
	paying := func(l *doc.Line) {
		l.Kind = 4
		l.Agent = &doc.Agent{Type: 4, Operation: "приём платежа", Phones: []string{"8 800 555-35-35", "+74951234567"}}
		l.Supplier = &doc.Supplier{Name: "АО «Мобильная связь, крупнейший оператор страны и её отдалённых районов»", INN: "7707083893", Phones: []string{"+74957654321", "88005553535"}}
	}
	long := "Шкатулка из капа берёзы с росписью по мотивам северных сказок, ручная работа, большая"
	return []kkt.Operation{
		receipt(t, kkt.OpSale, 0, of(line(t, long, 2_500_00, 1000, tax.None), commission), of(line(t, "Туесок", 700_00, 2000, tax.None), commission)),
		receipt(t, kkt.OpSale, 0, of(line(t, "Пополнение счёта +79123456789", 300_00, 1000, tax.None), paying), line(t, "Карта", 50_00, 1000, tax.VAT20)),
	}
}

func buyerAndGoods(t *testing.T) []kkt.Operation {
	op := receipt(t, kkt.OpSale, 0,
		of(line(t, "Вино игристое", 1_200_00, 6000, tax.VAT20), func(l *doc.Line) {
			l.Kind, l.Country, l.Declaration, l.Excise, l.Unit = 2, "380", "10130010/240526/3041234", 36_00, "бут"
		}),
		of(line(t, "Лента", 25_50, 2500, tax.VAT10), func(l *doc.Line) { l.UnitCode, l.Unit, l.Attribute = 22, "м", "арт. 15-Л" }))
	op.People = &doc.People{Contact: "buh@example.com", Buyer: &doc.Buyer{Name: "ООО «Ромашка»", INN: "7707083893", Address: "г. Тула, ул. Мира, 5"}}
	person := receipt(t, kkt.OpSale, 0, line(t, "Доставка", 500_00, 1000, tax.VAT20))
	person.Receipt.Lines[0].Kind = 4
	person.People = &doc.People{Buyer: &doc.Buyer{Name: "ИП Соболева И.", INN: "500100732259"}}
	return []kkt.Operation{op, person}
}

// TestGolden makes the receipts of a shop and compares paper and archive with
// what is kept under testdata.
func TestGolden(t *testing.T) {
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			d := device(t, g.options)
			open := servePair(t, d)
			settle(t, dial(t, open))
			p := printer(t, open, shtrih.Options{})
			do(t, p, shiftOp(kkt.OpOpenShift))
			in := shiftOp(kkt.OpCashIn)
			in.Cash = 10_000_00 // to pay out of
			do(t, p, in)
			var out strings.Builder
			for i, op := range g.ops(t) {
				op.ID = fixedID(g.name, i)
				_, from := d.PaperAfter(0)
				do(t, p, op)
				paper, _ := d.PaperAfter(from)
				fmt.Fprintf(&out, "== %d %s: paper\n%s", i+1, op.Kind, paper)
				if !op.Kind.Cash() {
					docs := d.Documents()
					last := docs[len(docs)-1]
					fmt.Fprintf(&out, "== %d %s: form %d of the FN\n%s", i+1, op.Kind, last.Form, shtrihtest.Dump(last.TLV))
				}
			}
			same(t, filepath.Join("testdata", "receipts", strings.ReplaceAll(g.name, " ", "-")+".txt"), out.String())
		})
	}
}

// settle sets a new device up as a shop does: whose mail it is, and no
// replacing of rates.
func settle(t *testing.T, c *rawClient) {
	t.Helper()
	c.ok("1E", "1E000000", "12", "0100", "0F", fmt.Sprintf("%x", "shop@example.com"))
	c.ok("1E", "1E000000", "05", "0400", "01", "D1C1CF") // payment 4: СБП
}

func fixedID(name string, n int) uuid.UUID {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, n))
	return uuid.UUID(sum[:16])
}

// same compares with a file, or writes it with -update.
func same(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got)) {
		t.Errorf("%s (go test -update writes it anew):\n%s", path, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")))
	}
}
