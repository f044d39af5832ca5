package fiscaltest

import (
	"context"
	"errors"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// operations are one of each kind, in an order a device takes them.
func operations() []kkt.Operation {
	return []kkt.Operation{
		shift(kkt.OpOpenShift),
		sale(kkt.OpSale, 100_00, doc.PayCash),
		sale(kkt.OpSaleReturn, 40_00, doc.PayCash),
		withRequisites(kkt.OpSale),
		sale(kkt.OpBuy, 10_00, doc.PayCash),
		sale(kkt.OpBuyReturn, 5_00, doc.PayCash),
		correction(doc.Sell, 7_00),
		correction(doc.Buy, 3_00),
		move(kkt.OpCashIn, 20_00),
		move(kkt.OpCashOut, 10_00),
		shift(kkt.OpStateReport),
		shift(kkt.OpCloseShift),
	}
}

// afterOperations is what is in the drawer after them.
const afterOperations = money.Amount(100_00 - 40_00 + 2_300_00 - 10_00 + 5_00 + 7_00 - 3_00 + 20_00 - 10_00)

// registeredOnce sees that each operation had its effect once.
func registeredOnce(b *bench) {
	b.Helper()
	documents := 0
	for _, op := range operations() {
		if !op.Kind.Cash() {
			documents++
		}
	}
	if n := len(b.rig.Registered()); n != documents {
		b.Errorf("%d documents, want %d", n, documents)
	}
	if cash := b.rig.Drawer(); cash != afterOperations {
		b.Errorf("%s in the drawer, want %s", cash, afterOperations)
	}
}

func lostAnswer(b *bench) {
	for _, op := range operations() {
		m := b.mark()
		b.prepare(m, op)
		b.rig.LoseAnswer()
		if _, err := b.p.Commit(b.ctx, m, op); err == nil || errors.Is(err, fiscal.ErrRefused) {
			b.Fatalf("%s: answer lost, commit says %v", op.Kind, err)
		}
		for range 2 { // idempotent
			found := b.find(m, op)
			if found.Kind != kkt.Registered || !found.Fiscal.Recovered || (found.Now.FD == m.FD) != op.Kind.Cash() {
				b.Fatalf("%s: found %+v", op.Kind, found)
			}
			b.check(m, op, found.Fiscal)
			if now := b.mark(); now != found.Now {
				b.Errorf("%s: found at %+v, the device stands at %+v", op.Kind, found.Now, now)
			}
		}
	}
	registeredOnce(b)
}

func lostRequest(b *bench) {
	for _, op := range operations() {
		m := b.mark()
		b.prepare(m, op)
		b.rig.LoseRequest()
		if _, err := b.p.Commit(b.ctx, m, op); err == nil || errors.Is(err, fiscal.ErrRefused) {
			b.Fatalf("%s: request lost, commit says %v", op.Kind, err)
		}
		for range 2 {
			found := b.find(m, op)
			if found.Kind != kkt.NotRegistered || !found.Now.Same(m) || found.Now.Drawer != m.Drawer {
				b.Fatalf("%s: found %+v, the mark was %+v", op.Kind, found, m)
			}
		}
		b.nothingOpen()
		b.do(op)
	}
	registeredOnce(b)
}

// foreign: the number was taken by a document that is not ours: of another
// total, another kind, or the same in all but identity.
func foreign(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	b.do(sale(kkt.OpSale, 500_00, doc.PayCash))
	ours := sale(kkt.OpSale, 100_00, doc.PayCash)
	for _, theirs := range []kkt.Operation{
		sale(kkt.OpSale, 99_99, doc.PayCash),
		sale(kkt.OpSaleReturn, 100_00, doc.PayCash),
		sale(kkt.OpSale, 100_00, doc.PayCash),
		correction(doc.Sell, 100_00),
		shift(kkt.OpStateReport),
		shift(kkt.OpCloseShift),
	} {
		m := b.mark()
		b.rig.Intrude(theirs)
		found := b.find(m, ours)
		if found.Kind != kkt.Foreign || found.Why == "" || found.Now.FD != m.FD+1 {
			b.Errorf("%s %s passed for ours: %+v", theirs.Kind, theirs.Total(), found)
		}
	}
	m := b.mark()
	b.rig.Intrude(shift(kkt.OpOpenShift))
	if found := b.find(m, shift(kkt.OpCloseShift)); found.Kind != kkt.Foreign {
		b.Errorf("an opened shift passed for a closed one: %+v", found)
	}
}

// foreignDocuments: the same for what is no receipt, and for cash, where
// whatever the counters do not settle is for a person.
func foreignDocuments(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	b.do(sale(kkt.OpSale, 500_00, doc.PayCash))
	for _, c := range []struct{ ours, theirs kkt.Operation }{
		{correction(doc.Sell, 10_00), correction(doc.Buy, 10_00)},
		{correction(doc.Sell, 10_00), correction(doc.Sell, 11_00)},
		{correction(doc.Sell, 10_00), correction(doc.Sell, 10_00)}, // of another document
		{correction(doc.Sell, 10_00), sale(kkt.OpSale, 10_00, doc.PayCash)},
		{shift(kkt.OpStateReport), sale(kkt.OpSale, 10_00, doc.PayCash)},
		{move(kkt.OpCashIn, 10_00), sale(kkt.OpSale, 10_00, doc.PayCash)},
		{move(kkt.OpCashIn, 10_00), move(kkt.OpCashIn, 11_00)},
		{move(kkt.OpCashIn, 10_00), move(kkt.OpCashOut, 10_00)},
		{move(kkt.OpCashOut, 10_00), shift(kkt.OpStateReport)},
	} {
		m := b.mark()
		b.rig.Intrude(c.theirs)
		if found := b.find(m, c.ours); found.Kind != kkt.Foreign || found.Why == "" {
			b.Errorf("%s %s passed for our %s: %+v", c.theirs.Kind, c.theirs.Total(), c.ours.Kind, found)
		}
	}
}

// oursAndMore: ours was registered, and then something else.
func oursAndMore(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	m, op := b.mark(), sale(kkt.OpSale, 100_00, doc.PayCash)
	b.prepare(m, op)
	b.rig.LoseAnswer()
	if _, err := b.p.Commit(b.ctx, m, op); err == nil {
		b.Fatal("answer lost, commit succeeded")
	}
	b.rig.Intrude(sale(kkt.OpSale, 1_00, doc.PayCash))
	found := b.find(m, op)
	if found.Kind != kkt.Registered || found.Fiscal.FD != m.FD+1 || found.Now.FD != m.FD+2 {
		b.Errorf("found %+v", found)
	}
}

// anotherFN: numbers of two FNs are never compared.
func anotherFN(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	m := b.mark()
	m.FN = "9999078900000001"
	op := sale(kkt.OpSale, 1_00, doc.PayCash)
	b.refused(m, op, fiscal.ErrFNChanged)
	if found, err := b.p.Find(b.ctx, m, op); !errors.Is(err, fiscal.ErrFNChanged) {
		b.Errorf("found %+v, %v", found, err)
	}
}

func unplugged(b *bench) {
	b.do(shift(kkt.OpOpenShift))
	m, op := b.mark(), sale(kkt.OpSale, 1_00, doc.PayCash)
	b.prepare(m, op)
	b.rig.Unplug()
	if _, err := b.p.Status(b.ctx); !errors.Is(err, fiscal.ErrNoAnswer) {
		b.Errorf("status: %v", err)
	}
	if _, err := b.p.Commit(b.ctx, m, op); !errors.Is(err, fiscal.ErrNoAnswer) {
		b.Errorf("commit: %v", err)
	}
	if _, err := b.p.Find(b.ctx, m, op); !errors.Is(err, fiscal.ErrNoAnswer) {
		b.Errorf("find: %v", err)
	}
	b.refused(m, op, fiscal.ErrNoAnswer)
	b.rig.Replug()
	if found := b.find(m, op); found.Kind != kkt.NotRegistered {
		b.Errorf("found %+v", found)
	}
	b.do(op)
}

// halt wakes a call that waits for a device that says nothing.
func halt(b *bench) {
	b.wakes(b.p.Halt)
}

// cancelled: so does the end of its context.
func cancelled(b *bench) {
	b.wakes(nil)
}

// wakes starts a call on a silent device, wakes it (by wake, or else by its
// context), and sees that the printer works again afterwards.
func (b *bench) wakes(wake func() error) {
	b.do(shift(kkt.OpOpenShift))
	b.rig.Silence(true)
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	started, done := make(chan struct{}), make(chan error, 1)
	go func() {
		close(started)
		_, err := b.p.Status(ctx)
		done <- err
	}()
	<-started
	woken := time.NewTicker(10 * time.Millisecond) // a Halt before the call begins wakes nothing: keep at it
	defer woken.Stop()
	for {
		select {
		case err := <-done:
			if !errors.Is(err, fiscal.ErrNoAnswer) || (wake == nil && !errors.Is(err, context.Canceled)) {
				b.Errorf("woken with %v", err)
			}
			b.rig.Silence(false)
			b.do(sale(kkt.OpSale, 1_00, doc.PayCash))
			return
		case <-woken.C:
			if wake == nil {
				cancel()
			} else if err := wake(); err != nil {
				b.Errorf("halt: %v", err)
			}
		case <-b.ctx.Done():
			b.Fatal("not woken")
		}
	}
}
