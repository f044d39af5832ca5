package main

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// newMaster is a till with a fiscal device in a store whose cloud has it
// register for others, with its shift open.
func newMaster(t *testing.T) (*rig, *fakeCloud, *line) {
	t.Helper()
	cloud := newFakeCloud(t)
	if err := cloud.Set(moyskladtest.SetFiscalType, "MASTER"); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, "")
	l := cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	return r, cloud, l
}

// queue has the cloud want a sale registered.
func (c *fakeCloud) queue(q moyskladtest.Order) moyskladtest.Stored {
	c.t.Helper()
	d, err := c.QueueFiscal(q)
	if err != nil {
		c.t.Fatal(err)
	}
	return d
}

// fiscal is where an operation of the queue stands.
func (c *fakeCloud) fiscal(syncid string) moyskladtest.Fiscal {
	c.t.Helper()
	for _, d := range c.Documents() {
		if d.SyncID == syncid && d.Fiscal != nil {
			return *d.Fiscal
		}
	}
	c.t.Fatalf("no operation %s in the queue", syncid)
	return moyskladtest.Fiscal{}
}

// registered waits until an operation is, and checks that it was once.
func (r *rig) registered(c *fakeCloud, syncid string) {
	r.t.Helper()
	r.await("the operation is registered", func() bool { return c.fiscal(syncid).Status == "OK" })
	if f := c.fiscal(syncid); f.OK != 1 || f.Error != "" {
		r.t.Errorf("%+v", f)
	}
}

// TestMaster: a till with a device registers what the cloud hands out, between
// its own sales, whatever answer is lost; what it can not is rejected with the
// reason.
func TestMaster(t *testing.T) {
	r, cloud, l := newMaster(t)
	r.run("scan", "4600000000015")
	first := cloud.queue(moyskladtest.Order{Code: "4600000000015", Quantity: "2"})
	r.registered(cloud, first.SyncID)
	if out := r.run("pay", "cash", "100"); !strings.Contains(out, "paid 49.90") {
		t.Error(out)
	}
	back := cloud.queue(moyskladtest.Order{Code: "4600000000015", Card: true, Return: true, Phone: "+79991234567"})
	r.registered(cloud, back.SyncID)
	// Answers are lost: of the poll, then of the approval.
	for _, path := range []string{"/rpc/master/poll/", "/rpc/master/approve"} {
		lost := l.loseAnswers(path)
		op := cloud.queue(moyskladtest.Order{Code: "4600000000015"})
		r.registered(cloud, op.SyncID)
		r.await("all is settled", r.settled)
		l.trip.Store(nil)
		if lost() != 1 {
			t.Errorf("%d answers lost of %s", lost(), path)
		}
	}
	// One that can not be, and one behind it.
	bad := cloud.queue(moyskladtest.Order{Code: "4600000000015", Quantity: "1000000000"})
	r.await("the bad one is rejected", func() bool { return cloud.fiscal(bad.SyncID).No > 0 })
	if f := cloud.fiscal(bad.SyncID); !strings.Contains(f.Error, "quantity") || !strings.HasSuffix(f.Error, "[remote.bad]") {
		t.Errorf("%+v", f)
	}
	if f := cloud.fiscal(first.SyncID); !strings.Contains(string(f.Device), `"name":`) || !strings.Contains(string(f.Device), `"serial":`) {
		t.Errorf("registered by %s", f.Device)
	}
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	r.stop()
	r.agree()
	remote, own := 0, 0
	for _, d := range r.documents() {
		switch {
		case d.Receipt == nil:
			if d.Type == doc.ZReport && (d.Shift.Remote.Count != 4 || d.Shift.Sales.Count != 1 || d.Shift.Drawer != 49_90) {
				t.Errorf("%+v", d.Shift)
			}
		case d.Receipt.Remote != nil:
			remote++
		default:
			own++
		}
	}
	if remote != 4 || own != 1 || r.receipts() != 5 {
		t.Errorf("%d for others, %d own, %d in the FN", remote, own, r.receipts())
	}
}

// TestMasterWithoutPaper: while the device can not register, the queue waits,
// which is told and asked for nothing; then it is worked off in its order, with
// prepayments and their returns.
func TestMasterWithoutPaper(t *testing.T) {
	plainOnly(t)
	r, cloud, l := newMaster(t)
	if err := r.dev.Fault("paper-out"); err != nil {
		t.Fatal(err)
	}
	r.await("the till misses the paper", func() bool { s, err := r.status(); return err == nil && s.KKT.Code == fault.FiscalPaper })
	var polls atomic.Int64
	trip := func(q *http.Request, done bool) {
		if strings.Contains(q.URL.Path, "/rpc/master/poll/") && !done {
			polls.Add(1)
		}
	}
	l.trip.Store(&trip)
	var queue []moyskladtest.Stored
	for _, q := range []moyskladtest.Order{{}, {Prepay: "49.90", Card: true}, {Prepay: "20"}, {Prepay: "20", Return: true}, {Return: true}} {
		q.Code = "4600000000015"
		queue = append(queue, cloud.queue(q))
	}
	r.await("it is told that others wait", func() bool {
		s, err := r.status()
		if err != nil {
			return false
		}
		for _, w := range s.Warnings {
			if w.Code == string(fault.RemoteStopped) && strings.Contains(w.Text, fault.Text(fault.FiscalPaper, "en")) {
				return true
			}
		}
		return false
	})
	if n := polls.Load(); n != 0 {
		t.Errorf("asked for work %d times without paper", n)
	}
	l.trip.Store(nil)
	if err := r.dev.Fault("paper-in"); err != nil {
		t.Fatal(err)
	}
	for _, q := range queue {
		r.registered(cloud, q.SyncID)
	}
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	r.stop()
	r.agree()
	n := 0
	for _, d := range r.documents() {
		if d.Receipt == nil {
			continue
		}
		if d.ID.String() != queue[n].SyncID {
			t.Errorf("%s is registered as number %d of the queue", d.Receipt.Remote.Name, n)
		}
		if l := d.Receipt.Lines[0]; l.Method != []int{4, 1, 2, 2, 4}[n] || d.Receipt.Total != []money.Amount{49_90, 49_90, 20_00, 20_00, 49_90}[n] {
			t.Errorf("%d: method %d, total %s", n, l.Method, d.Receipt.Total)
		}
		n++
	}
	if n != len(queue) {
		t.Errorf("%d registered", n)
	}
}

// TestMasterKilled kills a master at every step of an operation: in its journal,
// at the device, between the cloud's doing and its answer. It is registered and
// approved once.
func TestMasterKilled(t *testing.T) {
	plainOnly(t)
	r, cloud, l := newMaster(t)
	kill := func() {
		if err := r.child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		err := <-r.exited
		r.exited <- err
	}
	again := func() {
		r.kill()
		r.hook.Store(nil)
		l.trip.Store(nil)
		r.start("")
	}
	const closeReceipt = 0xFF45
	for _, at := range []shtrihtest.Stage{shtrihtest.Received, shtrihtest.Executed} {
		hit := make(chan struct{}, 1)
		hook := func(stage shtrihtest.Stage, cmd uint16) {
			if cmd == closeReceipt && stage == at && len(hit) == 0 {
				kill()
				hit <- struct{}{}
			}
		}
		r.hook.Store(&hook)
		op := cloud.queue(moyskladtest.Order{Code: "4600000000015"})
		<-hit
		again()
		r.registered(cloud, op.SyncID)
	}
	moments := []bool{true} // after the cloud has done it
	if every() == 1 {
		moments = []bool{false, true}
	}
	for _, path := range []string{"/rpc/master/poll/", "/rpc/master/approve"} {
		for _, done := range moments {
			hit := make(chan struct{}, 1)
			trip := func(q *http.Request, after bool) {
				if strings.Contains(q.URL.Path, path) && after == done && len(hit) == 0 {
					kill()
					hit <- struct{}{}
				}
			}
			op := cloud.queue(moyskladtest.Order{Code: "4600000000015"})
			l.trip.Store(&trip)
			<-hit
			again()
			r.registered(cloud, op.SyncID)
		}
	}
	steps := []string{"after:1"}
	if every() == 1 {
		steps = []string{"before:1", "after:1", "before:2", "after:2", "before:3", "after:3", "before:4", "after:4"}
	}
	for _, die := range steps {
		r.stop()
		if err := os.Remove(r.config() + armedSuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		r.start(die)
		r.arm()
		op := cloud.queue(moyskladtest.Order{Code: "4600000000015"})
		r.await("the till dies, or is through", func() bool { return r.gone() || cloud.fiscal(op.SyncID).Status == "OK" })
		again()
		r.registered(cloud, op.SyncID)
	}
	r.await("all is settled", r.settled)
	r.stop()
	r.agree()
	seen := map[string]int{}
	for _, d := range r.documents() {
		if d.Receipt != nil {
			seen[d.ID.String()]++
		}
	}
	for _, d := range cloud.Documents() {
		if d.Fiscal != nil && seen[d.SyncID] != 1 {
			t.Errorf("%s has %d documents", d.Name, seen[d.SyncID])
		}
	}
	if len(seen) != r.receipts() {
		t.Errorf("%d documents, %d receipts in the FN", len(seen), r.receipts())
	}
}
