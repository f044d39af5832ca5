package shtrih_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestSale(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	id, err := p.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := kkt.Identity{Model: "ТЕСТ-ШТРИХ-ЭМУЛЯТОР", Serial: "0000000000012345", Firmware: "C.2.34865", FN: "9999078900054321",
		RegNumber: "0000000400054321", INN: "7707083893", TaxSystems: []tax.System{tax.General}, FFD: "1.2", TestFN: true, Marking: true, Protocol: "v1"}
	if diff := cmp.Diff(want, id); diff != "" {
		t.Error(diff)
	}
	opened := do(t, p, shiftOp(kkt.OpOpenShift))
	if opened.FD != 2 || opened.Shift != 1 || opened.Sign == 0 {
		t.Errorf("opening: %+v", opened)
	}
	op := receipt(t, kkt.OpSale, 100_00, line(t, "Молоко «Домик» 3,2%", 13_33, 3000, tax.VAT10), line(t, "Сыр", 12_50, 345, tax.VAT22))
	op.Receipt.Lines[1].UnitCode = 11
	f := do(t, p, op)
	docs := d.Documents()
	last := docs[len(docs)-1]
	wantF := doc.Fiscal{FN: id.FN, FD: 3, Sign: last.Sign, Shift: 1, Receipt: 1, Time: noon, Total: op.Receipt.Total, Serial: id.Serial, RegNumber: id.RegNumber}
	if diff := cmp.Diff(wantF, f); diff != "" {
		t.Error(diff)
	}
	last.TLV, last.Tags = nil, nil
	for i := range last.Items {
		last.Items[i].Tags = nil
	}
	wantDoc := shtrihtest.Document{FD: 3, Form: 3, Type: "receipt", OpType: 1, Total: 44_30, Time: noon, Shift: 1, Receipt: 1, Sign: f.Sign,
		Cashier: "Кассир Соболева И.", CashierINN: "500100732259", Operator: 30, VAT: []shtrihtest.VATSum{{Rate: "10", Sum: 3_64}, {Rate: "22", Sum: 78}}, Requisite: shtrih.Digest(op.ID), TaxSystem: 1, Change: 55_70,
		Items: []shtrihtest.Item{
			{Name: "Молоко «Домик» 3,2%", Qty: 3000, Price: 13_33, Total: 39_99, VAT: "10", VATSum: 3_64, Method: 4, Kind: 1},
			{Name: "Сыр", Qty: 345, Price: 12_50, Total: 4_31, VAT: "22", VATSum: 78, Method: 4, Kind: 1, Unit: 11},
		},
		Payments: []shtrihtest.Payment{{Slot: 1, Sum: 44_30}},
	}
	if diff := cmp.Diff(wantDoc, last); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{"ТЕСТ, НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ", "Молоко", "=44.30", "СДАЧА", "ФД 3"} {
		if !strings.Contains(d.Paper(), want) {
			t.Errorf("no %q on paper:\n%s", want, d.Paper())
		}
	}
	back := do(t, p, receipt(t, kkt.OpSaleReturn, 0, line(t, "Сыр", 12_50, 345, tax.VAT22)))
	if back.FD != 4 || back.Receipt != 2 {
		t.Errorf("return: %+v", back)
	}
	if cash := d.State().Cash; cash != money.Amount(44_30-4_31) {
		t.Errorf("cash %s", cash)
	}
	if closed := do(t, p, shiftOp(kkt.OpCloseShift)); closed.FD != 5 || closed.Shift != 1 {
		t.Errorf("closing: %+v", closed)
	}
}
