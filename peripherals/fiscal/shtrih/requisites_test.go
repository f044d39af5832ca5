package shtrih_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
)

// lineWith changes the first line of a receipt.
func lineWith(change func(l *doc.Line)) func(*kkt.Operation) {
	return func(op *kkt.Operation) { change(&op.Receipt.Lines[0]) }
}

func ground(change func(g *doc.Ground)) func(*kkt.Operation) {
	return func(op *kkt.Operation) {
		op.Kind = kkt.OpCorrection
		op.Receipt.Correction = &doc.Ground{Of: doc.Sell, Date: yesterday, Number: "1", Reason: "ошибка"}
		change(op.Receipt.Correction)
	}
}

// TestRefusedBeforeOpening: what has no place on the device or does not add up
// is refused with a reason, and nothing was opened for it.
func TestRefusedBeforeOpening(t *testing.T) {
	long := strings.Repeat("ы", 300)
	people := func(p doc.People) func(*kkt.Operation) { return func(op *kkt.Operation) { op.People = &p } }
	supplier := func(s doc.Supplier) func(*kkt.Operation) {
		return lineWith(func(l *doc.Line) { l.Agent, l.Supplier = &doc.Agent{Type: 32}, &s })
	}
	for _, c := range []struct {
		name   string
		ffd    string
		change func(op *kkt.Operation)
		want   error  // ErrRefused when nil
		says   string // part of the reason
	}{
		{"VAT of a line", "1.2", lineWith(func(l *doc.Line) { l.VAT++ }), fiscal.ErrDiffers, "VAT 1.83 of 20.00"},
		{"VAT of the receipt", "1.2", func(op *kkt.Operation) { op.Receipt.VAT[0].VAT++ }, fiscal.ErrDiffers, "of the receipt"},
		{"rate left out", "1.2", func(op *kkt.Operation) { op.Receipt.VAT = nil }, fiscal.ErrDiffers, "of the receipt"},
		{"paid less", "1.2", func(op *kkt.Operation) { op.Receipt.Payments[0].Sum-- }, fiscal.ErrDiffers, "paid 19.99"},
		{"total", "1.2", func(op *kkt.Operation) { op.Receipt.Total++ }, fiscal.ErrDiffers, "20.01"},
		{"a rouble dropped", "1.2", func(op *kkt.Operation) {
			op.Receipt.Rounding, op.Receipt.Total, op.Receipt.Payments[0].Sum = 1_00, 19_00, 19_00
		}, fiscal.ErrDiffers, "rounded"},
		{"some kopecks dropped", "1.2", func(op *kkt.Operation) {
			op.Receipt.Rounding, op.Receipt.Total, op.Receipt.Payments[0].Sum = 50, 19_50, 19_50
		}, fiscal.ErrDiffers, "rounded"},
		{"no cashier wanted", "1.2", func(op *kkt.Operation) { op.Receipt.Automatic = true }, nil, "автоматическом режиме"},
		{"electronic to nobody", "1.2", func(op *kkt.Operation) { op.Receipt.Electronic = true }, nil, "некому"},
		{"electronic from nobody", "1.2", func(op *kkt.Operation) {
			op.Receipt.Electronic, op.People = true, &doc.People{Contact: "+79121234567"}
		}, nil, "1117"},
		{"contact", "1.2", people(doc.People{Contact: "Вася"}), nil, "неверный телефон"},
		{"buyer's name", "1.2", people(doc.People{Buyer: &doc.Buyer{Name: long}}), nil, "1227"},
		{"buyer's INN", "1.2", people(doc.People{Buyer: &doc.Buyer{Name: "ООО", INN: "7707083894"}}), nil, "1228"},
		{"buyer's INN", "1.05", people(doc.People{Buyer: &doc.Buyer{Name: "ООО", INN: "1"}}), nil, "1228"},
		{"buyer's address", "1.2", people(doc.People{Buyer: &doc.Buyer{Name: "ООО", Address: long}}), nil, "1254"},
		{"two agents in one", "1.2", lineWith(func(l *doc.Line) { l.Agent = &doc.Agent{Type: 3} }), nil, "признак агента 3"},
		{"no agent", "1.05", lineWith(func(l *doc.Line) { l.Agent = &doc.Agent{} }), nil, "признак агента 0"},
		{"agent's operation", "1.2", lineWith(func(l *doc.Line) { l.Agent = &doc.Agent{Type: 1, Operation: long} }), nil, "1044"},
		{"agent's phone", "1.2", lineWith(func(l *doc.Line) { l.Agent = &doc.Agent{Type: 1, Phones: []string{"a@b.ru"}} }), nil, "1073"},
		{"five phones", "1.2", lineWith(func(l *doc.Line) {
			l.Agent = &doc.Agent{Type: 1, Phones: []string{"+79120000001", "+79120000002", "+79120000003", "+79120000004", "+79120000005"}}
		}), nil, "больше 4"},
		{"supplier's INN", "1.2", supplier(doc.Supplier{Name: "ООО"}), nil, "1226"},
		{"supplier's name", "1.2", supplier(doc.Supplier{Name: long, INN: "7707083893"}), nil, "1225"},
		{"country", "1.2", lineWith(func(l *doc.Line) { l.Country = "RUS" }), nil, "1230"},
		{"declaration", "1.2", lineWith(func(l *doc.Line) { l.Declaration = long }), nil, "1231"},
		{"excise", "1.2", lineWith(func(l *doc.Line) { l.Excise = -1 }), errAny, "excise"},
		{"attribute", "1.2", lineWith(func(l *doc.Line) { l.Attribute = long }), nil, "1191"},
		{"permit without a date", "1.2", lineWith(func(l *doc.Line) { l.Permit = &doc.Permit{FOIV: "030", Number: "1944", Value: "UUID=1"} }), nil, "1263"},
		{"permit", "1.2", lineWith(func(l *doc.Line) {
			l.Permit = &doc.Permit{FOIV: "030", Date: "21.11.2023", Number: "1944", Value: long}
		}), nil, "1265"},
		{"measure", "1.2", lineWith(func(l *doc.Line) { l.UnitCode = 256 }), errAny, "unit 256"},
		{"kind", "1.2", lineWith(func(l *doc.Line) { l.Kind = 34 }), errAny, "kind 34"},
		{"method", "1.2", lineWith(func(l *doc.Line) { l.Method = 0 }), errAny, "method 0"},
		{"slot", "1.2", func(op *kkt.Operation) { op.Receipt.Payments[0].Slot = 3 }, errAny, "slot 3"},
		{"fiscal sign", "1.05", func(op *kkt.Operation) { op.Receipt.Instead = long }, nil, "1192"},
		{"correction of a return", "1.05", ground(func(g *doc.Ground) { g.Of = doc.Payback }), nil, "прихода или расхода"},
		{"correction of a stocktaking", "1.2", ground(func(g *doc.Ground) { g.Of = doc.Inventory }), errAny, "INVENTORY"},
		{"correction without a date", "1.2", ground(func(g *doc.Ground) { g.Date = time.Time{} }), nil, "дата"},
		{"order without a number", "1.2", ground(func(g *doc.Ground) { g.ByOrder, g.Number = true, " " }), nil, "номер предписания"},
		{"number of an order", "1.2", ground(func(g *doc.Ground) { g.Number = long }), nil, "длиннее"},
		{"sign of a correction", "1.2", ground(func(g *doc.Ground) { g.Sign = long }), nil, "1192"},
		{"correction at 22 %", "1.05", func(op *kkt.Operation) {
			*op = receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 20_00, 1000, tax.VAT22))
			ground(func(*doc.Ground) {})(op)
		}, nil, "нет места"},
		{"electronic correction", "1.05", func(op *kkt.Operation) {
			ground(func(*doc.Ground) {})(op)
			op.Receipt.Electronic, op.People = true, &doc.People{Contact: "+79121234567"}
		}, nil, "печатается всегда"},
	} {
		t.Run(c.name+" "+c.ffd, func(t *testing.T) {
			t.Parallel()
			var opened atomic.Bool
			d := device(t, shtrihtest.Options{FFD: c.ffd, Hook: func(_ shtrihtest.Stage, cmd uint16) {
				if cmd == 0x8D || cmd == 0xFF35 {
					opened.Store(true)
				}
			}})
			p := printer(t, servePair(t, d), shtrih.Options{})
			do(t, p, shiftOp(kkt.OpOpenShift))
			op := receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 20_00, 1000, tax.VAT10))
			c.change(&op)
			mark, err := p.Mark(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			err = p.Prepare(context.Background(), mark, op)
			want := c.want
			if want == nil {
				want = fiscal.ErrRefused
			}
			if (want != errAny && !errors.Is(err, want)) || err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %v with %q", err, want, c.says)
			}
			if opened.Load() || len(d.Documents()) != 2 {
				t.Errorf("opened %t, %d documents", opened.Load(), len(d.Documents()))
			}
			if c.name == "contact" && strings.Contains(err.Error(), "Вася") {
				t.Errorf("the error tells who bought: %v", err)
			}
			do(t, p, bread(t))
		})
	}
}

// errAny stands for a refusal that is the driver's own and no device's.
var errAny = errors.New("any")

// TestFiveHundredLines: a long receipt is registered as it is, and found again
// after its answer was lost.
func TestFiveHundredLines(t *testing.T) {
	for ffd, protocol := range map[string]shtrih.Protocol{"1.05": shtrih.V1, "1.2": shtrih.V2} {
		t.Run(fmt.Sprint("FFD ", ffd, " over ", protocol), func(t *testing.T) {
			t.Parallel()
			lost := false // of the device's own goroutine
			var d *shtrihtest.Device
			d = device(t, shtrihtest.Options{FFD: ffd, Hook: func(stage shtrihtest.Stage, cmd uint16) {
				if stage == shtrihtest.Executed && cmd == 0xFF45 && !lost {
					lost = true
					fault(t, d, "power-cycle")
				}
			}})
			p := printer(t, servePair(t, d), shtrih.Options{Protocol: protocol})
			do(t, p, shiftOp(kkt.OpOpenShift))
			var lines []doc.Line
			for i := range 500 {
				lines = append(lines, line(t, fmt.Sprintf("Товар № %d, средней длины название", i+1), 1_00+12*100, 1000, tax.VAT22))
			}
			lines[250].Agent, lines[250].Supplier = &doc.Agent{Type: 32}, &doc.Supplier{Name: strings.Repeat("Длинный поставщик ", 12), INN: "7707083893"} // longer than one answer
			op := receipt(t, kkt.OpSale, 0, lines...)
			ctx := context.Background()
			mark, err := p.Mark(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Prepare(ctx, mark, op); err != nil {
				t.Fatal(err)
			}
			if _, err := p.Commit(ctx, mark, op); !errors.Is(err, fiscal.ErrNoAnswer) {
				t.Fatal(err)
			}
			found, err := p.Find(ctx, mark, op)
			if err != nil || found.Kind != kkt.Registered || found.Fiscal.Total != 6_500_00 || found.Fiscal.Receipt != 1 || found.Fiscal.Shift != 1 {
				t.Errorf("%+v, %v", found, err)
			}
			docs := d.Documents()
			if a := readArchive(t, docs[len(docs)-1]); len(a.Lines) != 500 || a.Total != 6_500_00 || a.Lines[499].Name != "Товар № 500, средней длины название" {
				t.Errorf("%d lines, %s", len(a.Lines), a.Total)
			}
		})
	}
}

// TestPaperless: one document goes without paper, and when it comes to nothing
// the next one is printed all the same.
func TestPaperless(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	open := servePair(t, d)
	raw := dial(t, open)
	settle(t, raw)
	p := printer(t, open, shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	sent := bread(t)
	sent.Receipt.Electronic, sent.People = true, &doc.People{Contact: "+79121234567"}
	printed := func(op kkt.Operation) bool {
		t.Helper()
		_, from := d.PaperAfter(0)
		do(t, p, op)
		paper, _ := d.PaperAfter(from)
		return strings.Contains(paper, "ФД ")
	}
	if printed(sent) || !printed(bread(t)) {
		t.Error("an electronic receipt is printed, or the one after it is not")
	}
	begin := func() kkt.Mark {
		t.Helper()
		mark, err := p.Mark(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Prepare(context.Background(), mark, sent); err != nil {
			t.Fatal(err)
		}
		return mark
	}
	mark := begin()
	if _, err := p.Find(context.Background(), mark, sent); err != nil { // given up
		t.Fatal(err)
	}
	if !printed(bread(t)) {
		t.Error("the receipt after one that was given up is not printed")
	}
	begin()
	other := printer(t, open, shtrih.Options{}) // the till restarts
	_, from := d.PaperAfter(0)
	do(t, other, shiftOp(kkt.OpCloseShift))
	if paper, _ := d.PaperAfter(from); !strings.Contains(paper, "ОТЧЕТ О ЗАКРЫТИИ СМЕНЫ") {
		t.Error("the shift's report is not printed")
	}
	raw.ok("1E", "1E000000", "11", "0100", "07", "02") // the shop wants no paper at all
	_, from = d.PaperAfter(0)
	do(t, other, shiftOp(kkt.OpOpenShift))
	if paper, _ := d.PaperAfter(from); paper != "" {
		t.Errorf("printed:\n%s", paper)
	}
}

// TestHostVAT: a device that wants VAT worked out by the host gets the stored
// sums, and what it has no place for is refused.
func TestHostVAT(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	open := servePair(t, d)
	dial(t, open).ok("1E", "1E000000", "01", "0100", "0E", "01")
	p := printer(t, open, shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	op := receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 20_01, 1000, tax.VAT10), line(t, "Книга", 30_00, 1000, tax.VAT0), line(t, "Старое", 12_00, 1000, tax.VAT20))
	do(t, p, op)
	docs := d.Documents()
	if got, want := readArchive(t, docs[len(docs)-1]).VAT, wanted(op, "1.2").VAT; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("VAT %v, want %v", got, want)
	}
	err := refusedSale(t, d, p, receipt(t, kkt.OpSale, 0, line(t, "Новое", 12_00, 1000, tax.VAT22)), fiscal.ErrRefused)
	if !strings.Contains(err.Error(), "нет места") {
		t.Error(err)
	}
}

// TestRatesOfTheTable: a correction of FFD 1.05 at 22 % goes where the device's
// own table says that 22 % is.
func TestRatesOfTheTable(t *testing.T) {
	d := device(t, shtrihtest.Options{FFD: "1.05"})
	open := servePair(t, d)
	dial(t, open).ok("1E", "1E000000", "06", "0100", "01", "9808") // row 1: 22.00 %
	p := printer(t, open, shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	op := corrected(receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 122_00, 1000, tax.VAT22)), doc.Ground{Of: doc.Sell, Date: yesterday, Reason: "ошибка"})
	do(t, p, op)
	docs := d.Documents()
	if vat := docs[len(docs)-1].VAT; len(vat) != 1 || vat[0] != (shtrihtest.VATSum{Rate: "22", Sum: 22_00}) {
		t.Errorf("%+v", vat)
	}
}
