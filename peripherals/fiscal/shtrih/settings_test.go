package shtrih_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
)

// TestRates: every rate arrives in the FN as it is stored, the 20 % of a sale
// made before 2026 included.
func TestRates(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	var lines []doc.Line
	for _, r := range tax.Rates() {
		lines = append(lines, line(t, "НДС "+string(r.Rate), 100_00, 1000, r.Rate))
	}
	do(t, p, receipt(t, kkt.OpSale, 0, lines...))
	docs := d.Documents()
	items := docs[len(docs)-1].Items
	for i, r := range tax.Rates() {
		if items[i].VAT != string(r.Rate) || items[i].VATSum != lines[i].VAT {
			t.Errorf("%s became %s, %s instead of %s", r.Rate, items[i].VAT, items[i].VATSum, lines[i].VAT)
		}
	}
}

// refusedSale prepares a receipt that must be refused by the driver or the
// device, leaving nothing behind.
func refusedSale(t *testing.T, d *shtrihtest.Device, p *shtrih.Printer, op kkt.Operation, want error) error {
	t.Helper()
	mark, err := p.Mark(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	before := len(d.Documents())
	err = p.Prepare(context.Background(), mark, op)
	if !errors.Is(err, want) {
		t.Errorf("prepare: %v, want %v", err, want)
	}
	if st := d.State(); st.DocumentOpen || len(d.Documents()) != before {
		t.Errorf("left behind: %+v", st)
	}
	return err
}

func TestReplacedRates(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	open := serveTCP(t, d)
	p := printer(t, open, shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift)) // switches the replacing off
	raw := dial(t, open)
	if v := raw.ok("1F", "1E000000", "11", "0100", "47"); v[0] != 2 {
		t.Errorf("automatic replacing is %d after opening a shift, want 2 (off)", v[0])
	}
	raw.ok("1E", "1E000000", "11", "0100", "47", "01") // somebody switches it on again
	for _, rate := range []tax.Rate{tax.VAT20, tax.VAT20of} {
		err := refusedSale(t, d, p, receipt(t, kkt.OpSaleReturn, 0, line(t, "Старое", 1_00, 1000, rate)), fiscal.ErrRefused)
		if !strings.Contains(err.Error(), "автозамену") {
			t.Error(err)
		}
	}
	do(t, p, receipt(t, kkt.OpSale, 0, line(t, "Новое", 100_00, 1000, tax.VAT22)))
}

// TestForeignRateTable: a rate whose row somebody has filled with another one
// is refused.
func TestForeignRateTable(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	open := serveTCP(t, d)
	dial(t, open).ok("1E", "1E000000", "06", "0B00", "01", "D007") // row 11: 20.00 %
	p := printer(t, open, shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	err := refusedSale(t, d, p, receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 1_00, 1000, tax.VAT22)), fiscal.ErrRefused)
	if !strings.Contains(err.Error(), "строка 11") {
		t.Error(err)
	}
	do(t, p, receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 1_00, 1000, tax.VAT10)))
}

func TestPrepareRefuses(t *testing.T) {
	d := device(t, shtrihtest.Options{TaxSystems: []tax.System{tax.General}})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))

	other := bread(t)
	other.Receipt.TaxSystem = tax.Patent
	if err := refusedSale(t, d, p, other, fiscal.ErrRefused); !strings.Contains(err.Error(), "PATENT_BASED") {
		t.Error(err)
	}
	wrong := bread(t)
	wrong.Receipt.Total++
	refusedSale(t, d, p, wrong, fiscal.ErrDiffers)

	unknown := bread(t)
	unknown.Receipt.Lines[0].Rate = "18"
	refusedSale(t, d, p, unknown, fiscal.ErrRefused)

	nameless := bread(t)
	nameless.Receipt.Lines[0].Name = " "
	refusedSale(t, d, p, nameless, fiscal.ErrRefused)
}

// TestCashReturn: the device counts the drawer's cash and refuses to pay out
// more. One that does not tell how much it has refuses at closing; the receipt
// is cancelled by Find.
func TestCashReturn(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	op := receipt(t, kkt.OpSaleReturn, 0, line(t, "Хлеб", 20_00, 1000, tax.VAT10))
	if err := refusedSale(t, d, p, op, fiscal.ErrRefused); !strings.Contains(err.Error(), "0.00, нужно 20.00") {
		t.Error(err)
	}

	d = device(t, shtrihtest.Options{NoRegisters: true})
	p = printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	mark, err := p.Mark(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Prepare(context.Background(), mark, op); err != nil {
		t.Fatal(err)
	}
	_, err = p.Commit(context.Background(), mark, op)
	var e *fiscal.DeviceError
	if !errors.As(err, &e) || e.Code != 0x46 || e.Class != fiscal.UserAction || !errors.Is(err, fiscal.ErrRefused) {
		t.Errorf("commit: %v", err)
	}
	if found, err := p.Find(context.Background(), mark, op); err != nil || found.Kind != kkt.NotRegistered || d.State().DocumentOpen {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestOldFormat: FFD 1.05 has no tag 2108, and an INN that is no person's is
// not sent.
func TestOldFormat(t *testing.T) {
	d := device(t, shtrihtest.Options{FFD: "1.05"})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	op := bread(t)
	op.Receipt.Lines[0].UnitCode = 11
	op.Cashier = doc.Cashier{Name: strings.Repeat("Длинная ", 20), INN: "7707083893"}
	do(t, p, op)
	docs := d.Documents()
	last := docs[len(docs)-1]
	if len(last.Items[0].Tags) != 0 || last.CashierINN != "" || len([]rune(last.Cashier)) > 64 || last.Cashier == "" {
		t.Errorf("%+v", last)
	}
}

func TestStatus(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	do(t, p, bread(t))
	fault(t, d, "lid-open")
	fault(t, d, "clock-drift", "96h")
	st, err := p.Status(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := kkt.Status{Shift: kkt.ShiftExpired, ShiftNumber: 1, Paper: true, LidOpen: true, Mode: 3, Clock: noon.AddDate(0, 0, 4),
		LastFD: 3, LastTime: noon, FNPhase: 3, FNWarnings: 8, Unsent: 3, UnsentSince: noon}
	if st != want {
		t.Errorf("%+v\nwant %+v", st, want)
	}
	if n, err := d.SendToOFD(); n != 3 || err != nil {
		t.Error(n, err)
	}
	if st, err = p.Status(context.Background()); err != nil || st.Unsent != 0 || !st.UnsentSince.IsZero() || st.FNWarnings != 0 {
		t.Errorf("%+v, %v", st, err)
	}
}

// TestDrawerCutBeep: what is not fiscal reaches the device too.
func TestDrawerCutBeep(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{Cut: true})
	ctx := context.Background()
	for name, call := range map[string]func(context.Context) error{"drawer": p.OpenDrawer, "beep": p.Beep, "settle": p.Settle} {
		if err := call(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if st := d.State(); st.DrawerPulses != 1 || !st.DrawerOpen {
		t.Errorf("%+v", st)
	}
	if !strings.Contains(d.Paper(), "----") {
		t.Error("not cut")
	}
}
