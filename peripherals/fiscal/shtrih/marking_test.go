package shtrih_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// markOf makes a marking code with a signature of 44 characters.
func markOf(n int) string {
	return fmt.Sprintf("0104606203103348215=E%05d\x1d91EE10\x1d92%044d", n, n)
}

func markedLine(t *testing.T, code string) doc.Line {
	l := line(t, "Вода", 50_00, 1000, tax.VAT22)
	l.Mark, l.Kind = code, 33
	return l
}

// counted counts executions of commands on a device.
type counted struct {
	mu sync.Mutex
	n  map[uint16]int
}

func (c *counted) hook(stage shtrihtest.Stage, cmd uint16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stage == shtrihtest.Executed {
		if c.n == nil {
			c.n = map[uint16]int{}
		}
		c.n[cmd]++
	}
}

func (c *counted) of(cmd uint16) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[cmd]
}

func checkMark(t *testing.T, p *shtrih.Printer, code string) kkt.MarkAnswer {
	t.Helper()
	a, err := p.CheckMark(context.Background(), kkt.MarkQuery{Code: code, Status: 1})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// refusedByCode stands for the device's own refusal, instead of tag 2106.
const refusedByCode = -1

// TestMarkMatrix: what the FN's own check says x what the marking system says
// x whether the line is sold anyway.
func TestMarkMatrix(t *testing.T) {
	cases := 0
	for local, row := range map[string]map[string]int{
		"good":  {"ok": 15, "bad": 7, "sold": refusedByCode, "forged": refusedByCode, "timeout": 3, "broken": 3, "offline": 19},
		"bad":   {"ok": 5, "bad": 5, "sold": refusedByCode, "forged": refusedByCode, "timeout": 1, "broken": 1, "offline": 17},
		"nokey": {"ok": 15, "bad": 5, "sold": refusedByCode, "forged": refusedByCode, "timeout": 0, "broken": 0, "offline": 16},
	} {
		for server, result := range row {
			for _, anyway := range []bool{false, true} {
				cases++
				t.Run(fmt.Sprint(local, " ", server, " ", anyway), func(t *testing.T) {
					d := device(t, shtrihtest.Options{})
					fault(t, d, "mark-local", local)
					fault(t, d, "mark-server", server)
					verdict(t, d, result, anyway)
				})
			}
		}
	}
	t.Log(cases, "cases")
}

// verdict sells a unit whose check gives result.
func verdict(t *testing.T, d *shtrihtest.Device, result int, anyway bool) {
	ctx := context.Background()
	p := printer(t, servePair(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	bad := result == refusedByCode || result == 7 || result == 5 || result == 1 || result == 17
	a := checkMark(t, p, markOf(1))
	if a.Bad() != bad || (a.Why != "") != bad || (result >= 0 && a.Result != result) {
		t.Errorf("checked: %+v, want %d", a, result)
	}
	if m := d.Marking(); (len(m.Saved) == 0) != bad || m.Pending {
		t.Errorf("the FN keeps %+v", m)
	}
	op := receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 20_00, 1000, tax.VAT10), markedLine(t, markOf(1)))
	op.Receipt.Lines[1].MarkAnyway = anyway
	if bad && (!anyway || result == refusedByCode) {
		err := refusedSale(t, d, p, op, fiscal.ErrRefused)
		var mark *fiscal.MarkError
		var e *fiscal.DeviceError
		if !errors.As(err, &e) || !anyway && (!errors.As(err, &mark) || mark.Line != 2 || mark.Why == "" || mark.Check.Line != op.Receipt.Lines[1].ID || strings.Contains(err.Error(), "=E00001")) {
			t.Errorf("refused with %v", err)
		}
		if m := d.Marking(); len(m.Saved) > 0 || m.Notices > 0 {
			t.Errorf("the FN keeps %+v", m)
		}
		return
	}
	f := do(t, p, op)
	if len(f.Marks) != 1 || f.Marks[0].Line != op.Receipt.Lines[1].ID || f.Marks[0].Result != result || !f.Marks[0].Accepted {
		t.Errorf("marks %+v, want %d", f.Marks, result)
	}
	docs := d.Documents()
	item := docs[len(docs)-1].Items[1]
	if item.Mark == nil || item.Mark.Code != markOf(1) || int(item.Mark.Result) != result || item.Mark.Status != 1 {
		t.Errorf("bound %+v", item.Mark)
	}
	stored, err := p.Document(ctx, f.FD)
	if err != nil {
		t.Fatal(err)
	}
	if tags := tagged(tagged(stored.Tags, 1059)[1].Tags, 2106); len(tags) != 1 {
		t.Errorf("tag 2106: %+v", tags)
	}
	if m := d.Marking(); m.Notices != 1 || len(m.Saved) != 0 {
		t.Errorf("after the sale %+v", m)
	}
}

// TestMarkFound: a lost answer does not lose the checks.
func TestMarkFound(t *testing.T) {
	ctx := context.Background()
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	var lines []doc.Line
	for i := range 12 { // enough for items that do not fit into one answer
		l := markedLine(t, markOf(i))
		l.Name = strings.Repeat("Очень длинное название ", 5)
		lines = append(lines, l, line(t, "Хлеб", 20_00, 1000, tax.VAT10))
	}
	op := receipt(t, kkt.OpSale, 0, lines...)
	mark, err := p.Mark(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Prepare(ctx, mark, op); err != nil {
		t.Fatal(err)
	}
	fault(t, d, "cut-after", "FF45")
	if f, err := p.Commit(ctx, mark, op); err == nil {
		t.Fatalf("committed: %+v", f)
	}
	found, err := p.Find(ctx, mark, op)
	if err != nil || found.Kind != kkt.Registered || len(found.Fiscal.Marks) != 12 {
		t.Fatalf("%+v, %v", found, err)
	}
	for i, m := range found.Fiscal.Marks {
		if m.Line != op.Receipt.Lines[2*i].ID || m.Result != 15 || !m.Good() || !m.Accepted {
			t.Errorf("mark %d: %+v", i, m)
		}
	}
}

// TestMarkAskedOnce: what was checked at the scanner is not asked again, unless
// something may have come between.
func TestMarkAskedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		between func(t *testing.T, d *shtrihtest.Device, p *shtrih.Printer, clock *time.Time)
		asked   int // of the code that is sold, in all
	}{
		"nothing":            {func(*testing.T, *shtrihtest.Device, *shtrih.Printer, *time.Time) {}, 1},
		"another connection": {func(t *testing.T, _ *shtrihtest.Device, p *shtrih.Printer, _ *time.Time) { halt(t, p) }, 2},
		"power":              {func(t *testing.T, d *shtrihtest.Device, _ *shtrih.Printer, _ *time.Time) { fault(t, d, "power-cycle") }, 2},
		"a quarter of an hour": {func(_ *testing.T, _ *shtrihtest.Device, _ *shtrih.Printer, clock *time.Time) {
			*clock = clock.Add(16 * time.Minute)
		}, 2},
		"a parked cheque's code": {func(t *testing.T, _ *shtrihtest.Device, p *shtrih.Printer, _ *time.Time) { checkMark(t, p, markOf(2)) }, 2},
		"another sale":           {func(t *testing.T, _ *shtrihtest.Device, p *shtrih.Printer, _ *time.Time) { do(t, p, bread(t)) }, 2},
		"a rescan":               {func(t *testing.T, _ *shtrihtest.Device, p *shtrih.Printer, _ *time.Time) { checkMark(t, p, markOf(1)) }, 1},
		"cash": {func(t *testing.T, _ *shtrihtest.Device, p *shtrih.Printer, _ *time.Time) {
			do(t, p, cashOp(kkt.OpCashIn, 1_00))
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var count counted
			clock := noon
			d := device(t, shtrihtest.Options{Hook: count.hook})
			p := printer(t, serveTCP(t, d), shtrih.Options{Now: func() time.Time { return clock }})
			do(t, p, shiftOp(kkt.OpOpenShift))
			checkMark(t, p, markOf(1))
			before := count.of(0xFF61)
			c.between(t, d, p, &clock)
			during := count.of(0xFF61)
			f := do(t, p, receipt(t, kkt.OpSale, 0, markedLine(t, markOf(1))))
			if asked := before + count.of(0xFF61) - during; asked != c.asked || len(f.Marks) != 1 {
				t.Errorf("asked %d times, want %d; %+v", asked, c.asked, f.Marks)
			}
			if m := d.Marking(); m.Notices != 1 || len(m.Saved) != 0 {
				t.Errorf("%+v", m)
			}
		})
	}
}

func cashOp(kind kkt.OperationKind, sum money.Amount) kkt.Operation {
	op := shiftOp(kind)
	op.Cash = sum
	return op
}

func halt(t *testing.T, p *shtrih.Printer) {
	t.Helper()
	if err := p.Halt(); err != nil {
		t.Error(err)
	}
}

// TestMarkLeftover: a code somebody else left in the FN is not announced as
// sold with our receipt, marked or not.
func TestMarkLeftover(t *testing.T) {
	for _, marked := range []bool{false, true} {
		d := device(t, shtrihtest.Options{})
		open := serveTCP(t, d)
		p := printer(t, open, shtrih.Options{})
		do(t, p, shiftOp(kkt.OpOpenShift))
		checkMark(t, p, markOf(1))
		raw := dial(t, open)
		raw.ok("FF61", "1E000000", "01000500", "3132333435")
		raw.ok("FF69", "1E000000", "01")
		op := bread(t)
		want := 0
		if marked {
			op, want = receipt(t, kkt.OpSale, 0, markedLine(t, markOf(1))), 1
		}
		mark, err := p.Mark(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Prepare(context.Background(), mark, op); err != nil {
			t.Fatal(err)
		}
		if m := d.Marking(); len(m.Saved) != want {
			t.Errorf("the FN holds %d codes, want %d", len(m.Saved), want)
		}
	}
}

// TestMarkStatus: returns and measured goods are asked about as such.
func TestMarkStatus(t *testing.T) {
	for name, c := range map[string]struct {
		kind kkt.OperationKind
		unit int
		qty  int64
		said int
		want byte
	}{
		"sale": {kkt.OpSale, 0, 1000, 0, 1}, "measured": {kkt.OpSale, 11, 345, 0, 2}, "return": {kkt.OpSaleReturn, 0, 1000, 0, 3},
		"measured return": {kkt.OpSaleReturn, 41, 1500, 0, 4}, "the till knows better": {kkt.OpSale, 0, 1000, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := device(t, shtrihtest.Options{})
			p := printer(t, servePair(t, d), shtrih.Options{})
			do(t, p, shiftOp(kkt.OpOpenShift))
			do(t, p, cashOp(kkt.OpCashIn, 1000_00))
			l := line(t, "Пиво", 100_00, 1000, tax.VAT22)
			if c.qty != 1000 {
				l = line(t, "Пиво", 100_00, qty.Milli(c.qty), tax.VAT22)
			}
			l.Mark, l.UnitCode, l.MarkStatus, l.Kind = markOf(1), c.unit, c.said, 33
			do(t, p, receipt(t, c.kind, 0, l))
			docs := d.Documents()
			if got := docs[len(docs)-1].Items[0].Mark.Status; got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
		})
	}
}

// TestMarkProven: what the marking system has not answered about is sold, unless
// the shop sells only what is proven.
func TestMarkProven(t *testing.T) {
	for server, good := range map[string]bool{"ok": true, "timeout": false} {
		d := device(t, shtrihtest.Options{})
		fault(t, d, "mark-server", server)
		p := printer(t, servePair(t, d), shtrih.Options{})
		do(t, p, shiftOp(kkt.OpOpenShift))
		op := receipt(t, kkt.OpSale, 0, markedLine(t, markOf(1)))
		op.Receipt.Lines[0].MarkProven = true
		if good {
			do(t, p, op)
			continue
		}
		var mark *fiscal.MarkError
		if err := refusedSale(t, d, p, op, fiscal.ErrRefused); !errors.As(err, &mark) || mark.Line != 1 || mark.Why == "" {
			t.Errorf("%v", err)
		}
		op.Receipt.Lines[0].MarkProven = false
		do(t, p, op)
	}
}

// TestMarkPart: a part of a package goes as one for the part's price, with the
// part beside it.
func TestMarkPart(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, servePair(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	l := line(t, "Таблетки", 300_00, 250, tax.VAT10)
	l.Mark, l.MarkStatus, l.Kind = markOf(1), 2, 33
	do(t, p, receipt(t, kkt.OpSale, 0, l))
	docs := d.Documents()
	it := docs[len(docs)-1].Items[0]
	if it.Qty != qty.One || it.Price != 75_00 || it.Total != 75_00 || it.Mark == nil || it.Mark.Status != 2 {
		t.Errorf("%+v", it)
	}
	part := []byte{0x0d, 0x05, 1, 0, 1, 0x0e, 0x05, 1, 0, 4} // 1293: 1, 1294: 4
	found := false
	for _, tag := range it.Tags {
		found = found || tag.Tag == 1291 && string(tag.Value) == string(part)
	}
	if !found {
		t.Errorf("%+v", it.Tags)
	}
}

// TestMarkFirmware: firmware that checks within a receipt only, that refuses
// what was not checked, and that takes its time.
func TestMarkFirmware(t *testing.T) {
	for _, c := range [][]string{{"mark-inside", "on"}, {"mark-strict", "on"}, {"mark-slow", "50"}, {"chatty", "on"}} {
		t.Run(c[0], func(t *testing.T) {
			d := device(t, shtrihtest.Options{})
			p := printer(t, serveTCP(t, d), shtrih.Options{})
			do(t, p, shiftOp(kkt.OpOpenShift))
			fault(t, d, c[0], c[1])
			f := do(t, p, receipt(t, kkt.OpSale, 0, markedLine(t, markOf(1)), markedLine(t, markOf(2))))
			if len(f.Marks) != 2 || !f.Marks[1].Good() {
				t.Errorf("%+v", f.Marks)
			}
			fault(t, d, "mark-server", "bad")
			var mark *fiscal.MarkError
			err := refusedSale(t, d, p, receipt(t, kkt.OpSale, 0, markedLine(t, markOf(3))), fiscal.ErrRefused)
			if !errors.As(err, &mark) || mark.Line != 1 {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestMarkLost: the power goes, or an answer, at each step of marking; what is
// found and sold again is sold once.
func TestMarkLost(t *testing.T) {
	ctx := context.Background()
	for _, how := range []string{"cut-before", "cut-after", "drop-answer"} {
		for _, cmd := range []string{"FF70", "FF61", "FF69", "8D", "FF46", "FF4D", "FF67"} {
			t.Run(how+" "+cmd, func(t *testing.T) {
				d := device(t, shtrihtest.Options{})
				p := printer(t, serveTCP(t, d), shtrih.Options{})
				do(t, p, shiftOp(kkt.OpOpenShift))
				op := receipt(t, kkt.OpSale, 0, markedLine(t, markOf(1)), markedLine(t, markOf(2)))
				mark, err := p.Mark(ctx)
				if err != nil {
					t.Fatal(err)
				}
				fault(t, d, how, cmd)
				for tries := 0; ; tries++ {
					if err = p.Prepare(ctx, mark, op); err == nil {
						break
					}
					if !errors.Is(err, fiscal.ErrNoAnswer) || tries > 3 {
						t.Fatal(err)
					}
				}
				f, err := p.Commit(ctx, mark, op)
				if err != nil {
					t.Fatal(err)
				}
				if m := d.Marking(); m.Notices != 2 || len(m.Saved) != 0 || len(f.Marks) != 2 || len(d.Documents()) != 3 {
					t.Errorf("%+v, %+v, %d documents", m, f.Marks, len(d.Documents()))
				}
			})
		}
	}
}

func TestMarkLimits(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, servePair(t, d), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	many := func(n int) kkt.Operation {
		var lines []doc.Line
		for i := range n {
			lines = append(lines, markedLine(t, markOf(i)))
		}
		return receipt(t, kkt.OpSale, 0, lines...)
	}
	var e *fiscal.DeviceError
	if err := refusedSale(t, d, p, many(129), fiscal.ErrRefused); !errors.As(err, &e) || e.Code != 0xA3 || e.Text == "" {
		t.Errorf("129 codes: %v", err)
	}
	if f := do(t, p, many(128)); len(f.Marks) != 128 {
		t.Errorf("%d marks of 128", len(f.Marks))
	}
	var mark *fiscal.MarkError
	twice := receipt(t, kkt.OpSale, 0, markedLine(t, markOf(1)), markedLine(t, markOf(1)))
	if err := refusedSale(t, d, p, twice, fiscal.ErrRefused); !errors.As(err, &mark) || mark.Line != 2 || !strings.Contains(mark.Why, "уже есть") {
		t.Errorf("twice: %v", err)
	}
	for i := range 130 { // scanned and never sold
		checkMark(t, p, markOf(1000+i))
	}
	do(t, p, many(2))
	fault(t, d, "mark-blocked", "on")
	if err := refusedSale(t, d, p, many(1), fiscal.ErrRefused); !errors.As(err, &e) || e.Code != 0xA2 {
		t.Errorf("blocked: %v", err)
	}
	for name, q := range map[string]kkt.MarkQuery{
		"empty": {Status: 1}, "long": {Code: strings.Repeat("x", 201), Status: 1}, "status": {Code: "x", Status: 5}, "no quantity": {Code: "x", Status: 2},
	} {
		if a, err := p.CheckMark(context.Background(), q); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestMarkUnsupported: a device that checks nothing says so, and in FFD 1.05
// the code goes as tag 1162.
func TestMarkUnsupported(t *testing.T) {
	ctx := context.Background()
	unregistered := device(t, shtrihtest.Options{NoMarking: true})
	p := printer(t, serveTCP(t, unregistered), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	if _, err := p.CheckMark(ctx, kkt.MarkQuery{Code: markOf(1), Status: 1}); !errors.Is(err, fiscal.ErrUnsupported) {
		t.Error(err)
	}
	var e *fiscal.DeviceError
	if err := refusedSale(t, unregistered, p, receipt(t, kkt.OpSale, 0, markedLine(t, markOf(1))), fiscal.ErrRefused); !errors.As(err, &e) || e.Code != 0xA0 {
		t.Error(err)
	}
	old := device(t, shtrihtest.Options{FFD: "1.05"})
	p = printer(t, serveTCP(t, old), shtrih.Options{})
	do(t, p, shiftOp(kkt.OpOpenShift))
	if _, err := p.CheckMark(ctx, kkt.MarkQuery{Code: markOf(1), Status: 1}); !errors.Is(err, fiscal.ErrUnsupported) {
		t.Error(err)
	}
	l := markedLine(t, markOf(1))
	l.Kind = 1
	f := do(t, p, receipt(t, kkt.OpSale, 0, l))
	stored, err := p.Document(ctx, f.FD)
	if err != nil {
		t.Fatal(err)
	}
	// 4606203103348 is 04 30 77 19 88 74 h, then "5=E00001".
	if tags := tagged(tagged(stored.Tags, 1059)[0].Tags, 1162); len(tags) != 1 || tags[0].Value != "444D"+"043077198874"+"353D453030303031" {
		t.Errorf("tag 1162: %+v", tags)
	}
	if len(f.Marks) != 0 {
		t.Errorf("checks of what was not checked: %+v", f.Marks)
	}
}

// TestMarkTimeout: a marking system slower than the driver waits leaves the
// device busy; nothing is registered, and the next attempt works.
func TestMarkTimeout(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	fast := quick
	fast.Marking = 50 * time.Millisecond
	fast.Probe = 20 * time.Millisecond
	p := printer(t, serveTCP(t, d), shtrih.Options{Timeouts: fast})
	do(t, p, shiftOp(kkt.OpOpenShift))
	fault(t, d, "mark-slow", "300")
	if a, err := p.CheckMark(context.Background(), kkt.MarkQuery{Code: markOf(1), Status: 1}); !errors.Is(err, fiscal.ErrNoAnswer) {
		t.Errorf("%+v, %v", a, err)
	}
	fault(t, d, "mark-slow", "0")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		a, err := p.CheckMark(ctx, kkt.MarkQuery{Code: markOf(1), Status: 1})
		if err == nil {
			if !a.Good() {
				t.Errorf("%+v", a)
			}
			break
		}
		if !errors.Is(err, fiscal.ErrNoAnswer) || ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	do(t, p, receipt(t, kkt.OpSale, 0, markedLine(t, markOf(1))))
	if n := d.Marking().Notices; n != 1 {
		t.Errorf("%d notices", n)
	}
}
