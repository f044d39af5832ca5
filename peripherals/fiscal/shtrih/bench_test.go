package shtrih_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// quick are time-outs for tests on one machine.
var quick = shtrih.Timeouts{
	Connect: 2 * time.Second, Control: 60 * time.Millisecond, Byte: 60 * time.Millisecond, Write: time.Second,
	Command: 3 * time.Second, Short: time.Second, XReport: 3 * time.Second, ZReport: 3 * time.Second, Shift: 3 * time.Second,
	Probe: 60 * time.Millisecond, Print: 2 * time.Second, Poll: 5 * time.Millisecond,
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("MSK", 3*3600))

// device opens an emulated device that ends with the test.
func device(t *testing.T, o shtrihtest.Options) *shtrihtest.Device {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	d, err := shtrihtest.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// serveTCP serves d on a free port until the test ends.
func serveTCP(t *testing.T, d *shtrihtest.Device) link.Opener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := d.ListenAndServe(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		serving.Wait()
	})
	return link.TCP{Addr: ln.Addr().String()}
}

// printer is a driver on that link, halted with the test.
func printer(t *testing.T, open link.Opener, o shtrih.Options) *shtrih.Printer {
	t.Helper()
	if o.Timeouts == (shtrih.Timeouts{}) {
		o.Timeouts = quick
	}
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	p := shtrih.New(open, o)
	t.Cleanup(func() {
		if err := p.Halt(); err != nil {
			t.Error(err)
		}
	})
	return p
}

var cashier = doc.Cashier{ID: "1", Name: "Соболева И.", Position: "Кассир", INN: "500100732259"}

// line makes a line whose money is right.
func line(t testing.TB, name string, price money.Amount, q qty.Milli, rate tax.Rate) doc.Line {
	t.Helper()
	total, err := q.Times(price)
	if err != nil {
		t.Fatal(err)
	}
	info, err := tax.Lookup(rate)
	if err != nil {
		t.Fatal(err)
	}
	vat, err := info.Included(total)
	if err != nil {
		t.Fatal(err)
	}
	return doc.Line{ID: uuid.New(), Name: name, Qty: q, BasePrice: price, Price: price, Gross: total, Total: total, Rate: rate, VAT: vat, Kind: 1, Method: 4}
}

// receipt makes an operation paid in cash with tendered, or exactly when 0.
func receipt(t testing.TB, kind kkt.OperationKind, tendered money.Amount, lines ...doc.Line) kkt.Operation {
	t.Helper()
	r := &doc.Receipt{ChequeID: uuid.New(), Lines: lines, TaxSystem: tax.General}
	for i := range lines {
		r.Gross += lines[i].Gross
		r.Total += lines[i].Total
		r.VAT = doc.AddVAT(r.VAT, doc.VATSum{Rate: lines[i].Rate, Total: lines[i].Total, VAT: lines[i].VAT})
	}
	pay := doc.Payment{ID: uuid.New(), Type: doc.PayCash, Sum: r.Total}
	if tendered > 0 {
		pay.Tendered, pay.Change = tendered, tendered-r.Total
	}
	r.Payments = []doc.Payment{pay}
	return kkt.Operation{Kind: kind, ID: uuid.Must(uuid.NewV7()), Cashier: cashier, Receipt: r}
}

func shiftOp(kind kkt.OperationKind) kkt.Operation {
	return kkt.Operation{Kind: kind, ID: uuid.Must(uuid.NewV7()), Cashier: cashier}
}

// do registers op and must succeed.
func do(t testing.TB, p *shtrih.Printer, op kkt.Operation) doc.Fiscal {
	t.Helper()
	ctx := context.Background()
	mark, err := p.Mark(ctx)
	if err != nil {
		t.Fatal("mark: ", err)
	}
	if err := p.Prepare(ctx, mark, op); err != nil {
		t.Fatalf("prepare %s: %v", op.Kind, err)
	}
	f, err := p.Commit(ctx, mark, op)
	if err != nil {
		t.Fatalf("commit %s: %v", op.Kind, err)
	}
	return f
}
