package fiscaltest

import (
	"errors"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

func identity(b *bench) {
	first, err := b.p.Identify(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	if first.Model == "" || first.Serial == "" || len(first.FN) != 16 || first.RegNumber == "" || first.INN == "" || len(first.TaxSystems) == 0 {
		b.Errorf("identity %+v", first)
	}
	if !first.TestFN {
		b.Error("an emulated FN is not told from a real one")
	}
	again, err := b.p.Identify(b.ctx)
	if err != nil || again.FN != first.FN || again.Serial != first.Serial {
		b.Errorf("again: %+v, %v", again, err)
	}
	st, err := b.p.Status(b.ctx)
	if err != nil {
		b.Fatal(err)
	}
	if st.Shift != kkt.ShiftClosed || !st.Paper || st.LidOpen || st.DocumentOpen || st.Clock.IsZero() || st.LastFD == 0 {
		b.Errorf("status %+v", st)
	}
}

// day is a shift with a sale, a return, a purchase and its return.
func day(b *bench) {
	opened := b.do(shift(kkt.OpOpenShift))
	m := b.mark()
	if !m.ShiftOpen || m.Shift != opened.Shift || m.FD != opened.FD {
		b.Errorf("mark %+v after %+v", m, opened)
	}
	var receipts []doc.Fiscal
	for _, op := range []kkt.Operation{
		sale(kkt.OpSale, 100_00, doc.PayCash),
		sale(kkt.OpSaleReturn, 40_00, doc.PayCash),
		sale(kkt.OpBuy, 10_00, doc.PayCash),
		sale(kkt.OpBuyReturn, 5_00, doc.PayCash),
	} {
		receipts = append(receipts, b.do(op))
	}
	for i, f := range receipts {
		if f.Receipt != int64(i+1) || f.Shift != opened.Shift {
			b.Errorf("receipt %d of the shift: %+v", i+1, f)
		}
	}
	closed := b.do(shift(kkt.OpCloseShift))
	if closed.Shift != opened.Shift {
		b.Errorf("shift %d closed, %d opened", closed.Shift, opened.Shift)
	}
	if m := b.mark(); m.ShiftOpen || m.Shift != opened.Shift || m.FD != closed.FD {
		b.Errorf("mark %+v after closing", m)
	}
	if next := b.do(shift(kkt.OpOpenShift)); next.Shift != opened.Shift+1 {
		b.Errorf("the shift after %d is %d", opened.Shift, next.Shift)
	}
}

func payments(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	for _, pay := range []doc.PaymentType{doc.PayCash, doc.PayElectron, doc.PayAdvance, doc.PayCredit, doc.PayCounter} {
		b.do(sale(kkt.OpSale, 12_34, pay))
	}
	mixed := sale(kkt.OpSale, 100_00, doc.PayElectron)
	mixed.Receipt.Payments[0].Sum = 60_00
	notes := mixed.Receipt.Payments[0]
	notes.Type, notes.Sum, notes.Tendered, notes.Change = doc.PayCash, 40_00, 500_00, 460_00
	mixed.Receipt.Payments = append(mixed.Receipt.Payments, notes)
	b.do(mixed)
}

// corrections of the two directions every format knows.
func corrections(b *bench) {
	opened := b.do(shift(kkt.OpOpenShift))
	b.do(sale(kkt.OpSale, 100_00, doc.PayCash))
	sold := correction(doc.Sell, 12_34)
	byOrder := correction(doc.Buy, 5_00)
	byOrder.Receipt.Correction.ByOrder = true
	byOrder.Receipt.Payments[0].Type = doc.PayElectron
	wrong := correction(doc.Sell, 7_00)
	wrong.Receipt.Correction.Sign = "3456789012"
	for i, op := range []kkt.Operation{sold, byOrder, wrong} {
		if f := b.do(op); f.Receipt != int64(i+2) || f.Shift != opened.Shift {
			b.Errorf("correction %d: %+v", i+1, f)
		}
	}
	b.prepare(b.mark(), sold) // and never committed
	b.do(shift(kkt.OpCloseShift))

	groundless := sale(kkt.OpCorrection, 1_00, doc.PayCash)
	if err := b.p.Prepare(b.ctx, b.mark(), groundless); err == nil {
		b.Error("a correction without a ground is prepared")
	}
}

// stateReport is possible with the shift open and closed.
func stateReport(b *bench) {
	b.do(shift(kkt.OpStateReport))
	b.do(shift(kkt.OpOpenShift))
	b.do(shift(kkt.OpStateReport))
	b.prepare(b.mark(), shift(kkt.OpStateReport)) // and never committed
	b.do(sale(kkt.OpSale, 1_00, doc.PayCash))
	if n := len(b.rig.Registered()); n != 4 {
		b.Errorf("%d documents, want 4", n)
	}
}

// cash is moved without a trace in the FN, and not more than there is.
func cash(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	before := b.mark()
	b.do(move(kkt.OpCashIn, 100_00))
	b.do(move(kkt.OpCashOut, 30_00))
	m := b.mark()
	if !m.Same(before) || m.Drawer != 70_00 || b.rig.Drawer() != 70_00 {
		b.Errorf("mark %+v became %+v, %s in the drawer", before, m, b.rig.Drawer())
	}
	b.do(sale(kkt.OpSale, 5_00, doc.PayCash))
	b.do(sale(kkt.OpSaleReturn, 75_00, doc.PayCash))
	b.refused(b.mark(), move(kkt.OpCashOut, 1), fiscal.ErrRefused)
	b.refused(b.mark(), sale(kkt.OpBuy, 1, doc.PayCash), fiscal.ErrRefused)
	b.do(sale(kkt.OpSaleReturn, 1_00, doc.PayElectron))

	stale := b.mark()
	b.do(move(kkt.OpCashIn, 1_00))
	b.refused(stale, move(kkt.OpCashIn, 1_00), fiscal.ErrMoved)
	for _, sum := range []money.Amount{0, -1_00} {
		if err := b.p.Prepare(b.ctx, b.mark(), move(kkt.OpCashIn, sum)); err == nil {
			b.Errorf("moving %s is prepared", sum)
		}
	}
	if n := len(b.rig.Registered()); n != 4 {
		b.Errorf("%d documents, want 4", n)
	}
}

func staleMark(b *bench) {
	before := b.mark()
	b.do(shift(kkt.OpOpenShift))
	b.refused(before, sale(kkt.OpSale, 1_00, doc.PayCash), fiscal.ErrMoved)
	stale := b.mark()
	b.do(sale(kkt.OpSale, 1_00, doc.PayCash))
	b.refused(stale, sale(kkt.OpSale, 1_00, doc.PayCash), fiscal.ErrMoved)
	b.nothingOpen()

	// Somebody sells between Prepare and Commit.
	m, op := b.mark(), sale(kkt.OpSale, 2_00, doc.PayCash)
	b.prepare(m, op)
	b.rig.Intrude(sale(kkt.OpSale, 7_00, doc.PayCash))
	before2 := len(b.rig.Registered())
	if f, err := b.p.Commit(b.ctx, m, op); err == nil {
		b.Errorf("committed over somebody else's document: %+v", f)
	}
	if n := len(b.rig.Registered()); n != before2 {
		b.Errorf("%d documents registered over a moved mark", n-before2)
	}
}

func shiftClosed(b *bench) {
	for _, op := range []kkt.Operation{sale(kkt.OpSale, 1_00, doc.PayCash), correction(doc.Sell, 1_00), move(kkt.OpCashIn, 1_00), shift(kkt.OpCloseShift)} {
		err := b.refused(b.mark(), op, fiscal.ErrRefused)
		var device *fiscal.DeviceError
		if !errors.As(err, &device) || device.Text == "" {
			b.Errorf("%s refused without the device's words: %v", op.Kind, err)
		}
	}
	if m := b.mark(); m.ShiftOpen {
		b.Error("a shift was opened by itself")
	}
	b.nothingOpen()
}

func shiftOpen(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	b.refused(b.mark(), shift(kkt.OpOpenShift), fiscal.ErrRefused)
	b.nothingOpen()
}

func shiftExpired(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	b.rig.ExpireShift()
	st, err := b.p.Status(b.ctx)
	if err != nil || st.Shift != kkt.ShiftExpired {
		b.Errorf("status %+v, %v", st, err)
	}
	err = b.refused(b.mark(), sale(kkt.OpSale, 1_00, doc.PayCash), fiscal.ErrRefused)
	var device *fiscal.DeviceError
	if !errors.As(err, &device) || device.Class != fiscal.CloseShift {
		b.Errorf("refused with %v, want class %s", err, fiscal.CloseShift)
	}
	b.do(shift(kkt.OpCloseShift))
	b.do(shift(kkt.OpOpenShift))
	b.do(sale(kkt.OpSale, 1_00, doc.PayCash))
}

func noPaper(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	op := sale(kkt.OpSale, 1_00, doc.PayCash)
	b.rig.PaperOut()
	b.refused(b.mark(), op, fiscal.ErrNoPaper)
	if st, err := b.p.Status(b.ctx); err != nil || st.Paper {
		b.Errorf("status %+v, %v", st, err)
	}
	b.rig.PaperIn()
	b.rig.Lid(true)
	b.refused(b.mark(), op, fiscal.ErrLid)
	b.rig.Lid(false)

	// It ends between Prepare and Commit: the device refuses, and says so.
	m := b.mark()
	b.prepare(m, op)
	b.rig.PaperOut()
	if _, err := b.p.Commit(b.ctx, m, op); !errors.Is(err, fiscal.ErrRefused) || !errors.Is(err, fiscal.ErrNoPaper) {
		b.Errorf("commit without paper: %v", err)
	}
	b.rig.PaperIn()
	if found := b.find(m, op); found.Kind != kkt.NotRegistered {
		b.Errorf("found %+v", found)
	}
	b.nothingOpen()
	b.do(op)
}

func tornPaper(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	op := sale(kkt.OpSale, 1_00, doc.PayCash)
	m := b.mark()
	b.prepare(m, op)
	b.rig.TearPaper()
	f, err := b.p.Commit(b.ctx, m, op)
	if err != nil {
		b.Fatal("registered on half a paper: ", err)
	}
	b.check(m, op, f)
	if err := b.p.Settle(b.ctx); !errors.Is(err, fiscal.ErrNoPaper) {
		b.Errorf("settle: %v", err)
	}
	b.rig.PaperIn()
	if err := b.p.Settle(b.ctx); err != nil {
		b.Errorf("settle with new paper: %v", err)
	}
	b.do(op2())
	if n := len(b.rig.Registered()); n != 3 {
		b.Errorf("%d documents, want 3", n)
	}
}

func op2() kkt.Operation { return sale(kkt.OpSale, 2_00, doc.PayCash) }

func leftovers(b *bench) {
	m, open := b.mark(), shift(kkt.OpOpenShift)
	b.prepare(m, open) // and never committed
	b.do(shift(kkt.OpOpenShift))
	b.prepare(b.mark(), sale(kkt.OpSale, 5_00, doc.PayCash)) // and never committed
	b.do(sale(kkt.OpSale, 1_00, doc.PayCash))
	b.prepare(b.mark(), sale(kkt.OpSale, 5_00, doc.PayCash))
	b.do(shift(kkt.OpCloseShift))
	if n := len(b.rig.Registered()); n != 3 {
		b.Errorf("%d documents, want 3", n)
	}
}

func unprepared(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	m, op := b.mark(), sale(kkt.OpSale, 1_00, doc.PayCash)
	if f, err := b.p.Commit(b.ctx, m, op); err == nil {
		b.Errorf("committed what was not prepared: %+v", f)
	}
	b.prepare(m, op)
	if f, err := b.p.Commit(b.ctx, m, sale(kkt.OpSale, 1_00, doc.PayCash)); err == nil {
		b.Errorf("committed another operation than prepared: %+v", f)
	}
	if n := len(b.rig.Registered()); n != 1 {
		b.Errorf("%d documents, want 1", n)
	}
}

// noDocuments: reports and the drawer are not fiscal.
func noDocuments(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	m := b.mark()
	if err := b.p.Report(b.ctx); err != nil {
		b.Error("report: ", err)
	}
	if err := b.p.Settle(b.ctx); err != nil {
		b.Error("settle: ", err)
	}
	if err := b.p.OpenDrawer(b.ctx); err != nil {
		b.Error("drawer: ", err)
	}
	if now := b.mark(); !now.Same(m) || now.Drawer != m.Drawer {
		b.Errorf("mark %+v became %+v", m, now)
	}
	if b.p.String() == "" {
		b.Error("the printer has no name")
	}
}
