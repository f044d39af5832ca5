package ikassakkt

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/offline/ikassa/ikassatest"
	"github.com/kassa-pos/kassa/offline/ikassa/register"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a printer and the register behind it, with its shift open.
type bench struct {
	*testing.T
	reg *ikassatest.Register
	p   *Printer
	now time.Time
}

func open(t *testing.T) *bench {
	t.Helper()
	reg, err := ikassatest.Open(ikassatest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.OpenShift(); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(reg)
	t.Cleanup(srv.Close)
	b := &bench{T: t, reg: reg, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	b.p = New(register.New(register.Options{Address: srv.URL, PIN: ikassatest.PIN}), func() time.Time { return b.now })
	if id, err := b.p.Identify(t.Context()); err != nil || !id.SKKO || id.FN != "" || id.Model == "" {
		t.Fatalf("%+v, %v", id, err)
	}
	return b
}

// line is a line with its sums.
func line(name string, q qty.Milli, price, discount money.Amount, rate tax.Rate) doc.Line {
	gross, err := q.Times(price)
	if err != nil {
		panic(err)
	}
	info, err := tax.Lookup(rate)
	if err != nil {
		panic(err)
	}
	vat, err := info.Included(gross - discount)
	if err != nil {
		panic(err)
	}
	return doc.Line{ID: uuid.New(), Name: name, Qty: q, BasePrice: price, Price: price, Gross: gross, Discount: discount, Total: gross - discount, Rate: rate, VAT: vat, Method: 4}
}

// sale is of lines, paid in cash with a note too many.
func sale(lines ...doc.Line) kkt.Operation {
	r := &doc.Receipt{Lines: lines}
	for _, l := range lines {
		r.Gross, r.Discount, r.Total = r.Gross+l.Gross, r.Discount+l.Discount, r.Total+l.Total
	}
	r.Payments = []doc.Payment{{ID: uuid.New(), Type: doc.PayCash, Sum: r.Total, Tendered: r.Total + 5_00, Change: 5_00}}
	id := uuid.Must(uuid.NewV7())
	return kkt.Operation{Kind: kkt.OpSale, ID: id, Cashier: doc.Cashier{Name: "Анна"}, Receipt: r, Document: &doc.Document{ID: id, Name: "M1-000017"}}
}

func tea() doc.Line { return line("Чай", 3*qty.One, 5_00, 1_50, tax.VAT20) }

func deposit(sum money.Amount) kkt.Operation {
	return kkt.Operation{Kind: kkt.OpCashIn, ID: uuid.Must(uuid.NewV7()), Cashier: doc.Cashier{Name: "Анна"}, Cash: sum}
}

// do registers an operation.
func (b *bench) do(op kkt.Operation) (doc.Fiscal, error) {
	m, err := b.p.Mark(b.Context())
	if err == nil {
		err = b.p.Prepare(b.Context(), m, op)
	}
	if err != nil {
		return doc.Fiscal{}, err
	}
	return b.p.Commit(b.Context(), m, op)
}

func (b *bench) find(op kkt.Operation) kkt.Found {
	b.Helper()
	m, err := b.p.Mark(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	found, err := b.p.Find(b.Context(), m, op)
	if err != nil {
		b.Fatal(err)
	}
	return found
}

// on is what the register has of an operation.
func (b *bench) on(op kkt.Operation) (all []ikassatest.Document) {
	for _, d := range b.reg.Documents() {
		if d.Operation == op.ID.String() {
			all = append(all, d)
		}
	}
	return all
}

// A sale of everything a line can have stands on the register as it was sold.
func TestSale(t *testing.T) {
	b := open(t)
	weighed := line("Сыр", 333, 27_99, 0, tax.VAT10)
	weighed.Barcode = "4600000000015"
	marked := line("Обувь", qty.One, 120_00, -1_00, tax.VAT20) // dearer by hand
	marked.Mark = "0104607015730012215abc12345\x1d93abcd"
	sign := line("Пиво", qty.One, 3_99, 0, tax.VAT20)
	sign.Mark, sign.Code = "BY12345678", "17"
	op := sale(tea(), weighed, marked, sign)
	op.Receipt.Payments = []doc.Payment{
		{ID: uuid.New(), Type: doc.PayElectron, Sum: 100_00},
		{ID: uuid.New(), Type: doc.PayCash, Sum: op.Receipt.Total - 100_00, Tendered: 60_00, Change: 160_00 - op.Receipt.Total},
	}
	f, err := b.do(op)
	if err != nil {
		t.Fatal(err)
	}
	on := b.on(op)
	if len(on) != 1 {
		t.Fatalf("%d times on the register", len(on))
	}
	d := on[0]
	if f.FN != ikassatest.Number || int64(f.FD) != d.Number || f.UID != d.UID || !f.SKKO || f.Total != op.Total() || f.Time.Unix() != d.Time.Unix() || f.Sign != 0 {
		t.Errorf("%+v of %+v", f, d)
	}
	if d.Total != op.Total() || d.Cashless != 100_00 || d.Cash != 60_00 || d.Change != op.Receipt.Payments[1].Change || d.Cashier != "Анна" || len(d.Prefix) != 1 || d.Prefix[0] != "M1-000017" {
		t.Errorf("%+v", d)
	}
	for i, l := range op.Receipt.Lines {
		if got := d.Items[i]; got.Total != l.Total || got.Sum != l.Gross || got.Price != l.BasePrice || got.Name != l.Name {
			t.Errorf("%+v of %+v", got, l)
		}
	}
	if d.Items[1].Code != "4600000000015" || d.Items[2].Code != "04607015730012" || d.Items[3].Code != "17" || len(d.Items[2].SI) != 1 || d.Items[2].SI[0] != marked.Mark || len(d.Items[3].UKZ) != 1 {
		t.Errorf("codes of %+v", d.Items)
	}
}

// What the register takes from no till is not sent.
func TestOnly(t *testing.T) {
	b := open(t)
	credit := sale(tea())
	credit.Receipt.Payments[0] = doc.Payment{ID: uuid.New(), Type: doc.PayCredit, Sum: credit.Receipt.Total}
	for _, kind := range []kkt.OperationKind{kkt.OpSaleReturn, kkt.OpBuy, kkt.OpBuyReturn, kkt.OpCorrection, kkt.OpStateReport, kkt.OpCashOut, kkt.OpOpenShift, kkt.OpCloseShift} {
		op := sale(tea())
		op.Kind = kind
		if _, err := b.do(op); !errors.Is(err, fault.New(fault.RegisterOnly)) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := b.do(credit); !errors.Is(err, fault.New(fault.RegisterOnly)) {
		t.Errorf("on credit: %v", err)
	}
	if err := b.p.Report(t.Context()); !errors.Is(err, fault.New(fault.RegisterOnly)) {
		t.Errorf("report: %v", err)
	}
	if n := len(b.reg.Documents()); n != 1 { // its own opened shift
		t.Errorf("%d documents", n)
	}
}

// Money that does not add up by the register's rules is never sent.
func TestDiffers(t *testing.T) {
	b := open(t)
	for name, change := range map[string]func(r *doc.Receipt){
		"total":     func(r *doc.Receipt) { r.Total++ },
		"payments":  func(r *doc.Receipt) { r.Payments[0].Sum-- },
		"a line":    func(r *doc.Receipt) { r.Lines[0].Discount++ },
		"line lost": func(r *doc.Receipt) { r.Lines = r.Lines[:1] },
		"too much by card": func(r *doc.Receipt) {
			r.Payments = append(r.Payments, doc.Payment{Type: doc.PayElectron, Sum: r.Total})
		},
	} {
		op := sale(tea(), tea())
		change(op.Receipt)
		if _, err := b.do(op); !errors.Is(err, fiscal.ErrDiffers) {
			t.Errorf("%s: %v", name, err)
		}
	}
	much := sale(line("Гвозди", 10_000*qty.One, 1, 0, tax.VAT20))
	if _, err := b.do(much); !errors.Is(err, fiscal.ErrRefused) {
		t.Errorf("too many: %v", err)
	}
	if n := len(b.reg.Documents()); n != 1 {
		t.Errorf("%d documents", n)
	}
}

// Random receipts come to the kopeck on both sides.
func TestAddsUp(t *testing.T) {
	b := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		var lines []doc.Line
		for range rapid.IntRange(1, 4).Draw(rt, "lines") {
			q := qty.Milli(rapid.Int64Range(1, 5_000).Draw(rt, "quantity"))
			price := money.Amount(rapid.Int64Range(0, 999_99).Draw(rt, "price"))
			gross, err := q.Times(price)
			if err != nil {
				rt.Fatal(err)
			}
			lines = append(lines, line("x", q, price, money.Amount(rapid.Int64Range(-100, int64(gross)).Draw(rt, "discount")), tax.VAT10))
		}
		op := sale(lines...)
		if op.Receipt.Total == 0 {
			rt.Skip("nothing to give cash for")
		}
		f, err := b.do(op)
		if err != nil || b.on(op)[0].Total != op.Total() || f.Total != op.Total() {
			rt.Fatalf("%v, %+v of %+v", err, b.on(op), op.Receipt)
		}
	})
}

// Whatever happens to a sale or to cash in, what Find says is true, and stays.
// Nothing is registered twice.
func TestDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		found   kkt.FoundKind
		refused bool
		on      int
		code    fault.Code
	}{
		"":                {kkt.Registered, false, 1, ""},
		"slow":            {kkt.Registered, false, 1, ""},
		"drop-token":      {kkt.Registered, false, 1, ""},
		"lose-request":    {kkt.Untold, false, 0, fault.FiscalNoAnswer},
		"lose-answer":     {kkt.Untold, false, 1, fault.FiscalNoAnswer},
		"error-500":       {kkt.Untold, false, 0, fault.FiscalNoAnswer},
		"error-500-after": {kkt.Untold, false, 1, fault.FiscalNoAnswer},
		"error-399":       {kkt.Untold, false, 0, fault.FiscalNoAnswer},
		"garbage":         {kkt.Untold, false, 1, fault.FiscalNoAnswer},
		"blocked":         {kkt.NotRegistered, true, 0, fault.RegisterBlocked},
		"certificate":     {kkt.NotRegistered, true, 0, fault.RegisterCertificate},
		"pending":         {kkt.NotRegistered, true, 0, fault.RegisterPending},
	} {
		for _, op := range []kkt.Operation{sale(tea()), deposit(7_00)} {
			t.Run(fmt.Sprint(op.Kind, " ", name), func(t *testing.T) {
				t.Parallel()
				b := open(t)
				m, err := b.p.Mark(t.Context())
				if err == nil {
					err = b.p.Prepare(t.Context(), m, op)
				}
				if err != nil {
					t.Fatal(err)
				}
				if name != "" {
					if err := b.reg.Fault(name); err != nil {
						t.Fatal(err)
					}
				}
				_, err = b.p.Commit(t.Context(), m, op)
				if errors.Is(err, fiscal.ErrRefused) != c.refused || (c.code == "") != (err == nil) || err != nil && !errors.Is(err, fault.New(c.code)) {
					t.Errorf("told %v", err)
				}
				for range 2 { // idempotent
					found := b.find(op)
					if found.Kind != c.found || found.Kind == kkt.Untold && found.Why == "" || len(b.on(op)) != c.on {
						t.Errorf("found %+v, %d times on the register", found, len(b.on(op)))
					}
				}
				if _, err := b.p.Commit(t.Context(), m, op); err == nil || len(b.on(op)) != c.on {
					t.Errorf("committed twice: %v, %d times on the register", err, len(b.on(op)))
				}
				if found := b.find(op); found.Kind != c.found {
					t.Errorf("afterwards found %+v", found)
				}
				again := New(b.p.reg, b.p.now) // the till was started again
				if found, err := again.Find(t.Context(), m, op); err != nil || found.Kind != kkt.Untold || found.Why == "" {
					t.Errorf("after a restart %+v, %v", found, err)
				}
			})
		}
	}
}

// A register that sells for another sum has sold: a person must look.
func TestAnotherTotal(t *testing.T) {
	b := open(t)
	if err := b.reg.Fault("differs"); err != nil {
		t.Fatal(err)
	}
	op := sale(tea())
	if f, err := b.do(op); err == nil || errors.Is(err, fiscal.ErrRefused) {
		t.Errorf("%+v, %v", f, err)
	}
	if found := b.find(op); found.Kind != kkt.Untold || len(b.on(op)) != 1 {
		t.Errorf("found %+v", found)
	}
}

// A register that is not there, or does not let us in, is found out before
// anything is at stake; a refused PIN is not tried again and again.
func TestAway(t *testing.T) {
	b := open(t)
	if err := b.reg.Fault("down"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.p.Status(t.Context()); err != nil {
		t.Error("it was there a moment ago: ", err)
	}
	if _, err := b.do(sale(tea())); !errors.Is(err, fault.New(fault.FiscalNoAnswer)) {
		t.Error(err)
	}
	if _, err := b.p.Status(t.Context()); !errors.Is(err, fault.New(fault.FiscalNoAnswer)) {
		t.Error(err)
	}
	fresh, err := ikassatest.Open(ikassatest.Options{}) // nobody has logged in
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(fresh)
	defer srv.Close()
	p := New(register.New(register.Options{Address: srv.URL, PIN: "0000"}), func() time.Time { return b.now })
	for range 5 {
		if _, err := p.Identify(context.Background()); !errors.Is(err, fault.New(fault.RegisterPIN)) {
			t.Error(err)
		}
	}
	if n := fresh.State().Refused; n != 2 { // the question and one login
		t.Errorf("asked %d times", n)
	}
	b.now = b.now.Add(pinPause)
	if _, err := p.Identify(context.Background()); !errors.Is(err, fault.New(fault.RegisterPIN)) || fresh.State().Refused != 4 {
		t.Errorf("%v after %d", err, fresh.State().Refused)
	}
}

// Commit wants what was prepared, and the shift's own codes come through.
func TestUnprepared(t *testing.T) {
	b := open(t)
	op := sale(tea())
	if _, err := b.p.Commit(t.Context(), kkt.Mark{}, op); err == nil {
		t.Error("committed what was not prepared")
	}
	m, err := b.p.Mark(t.Context())
	if err == nil {
		err = b.p.Prepare(t.Context(), m, op)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.p.Commit(t.Context(), m, sale(tea())); err == nil {
		t.Error("committed another operation than prepared")
	}
	if err := b.reg.ExpireShift(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.do(sale(tea())); !errors.Is(err, fault.New(fault.RegisterLong)) {
		t.Error(err)
	}
	if err := b.reg.CloseShift(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.do(sale(tea())); !errors.Is(err, fault.New(fault.RegisterShift)) {
		t.Error(err)
	}
	if n := b.reg.State().Sales; n != 0 {
		t.Errorf("%d sales", n)
	}
	for _, err := range []error{b.p.Settle(t.Context()), b.p.OpenDrawer(t.Context()), b.p.Halt()} {
		if err != nil {
			t.Error(err)
		}
	}
}
