package main

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// newMinion is a till without a fiscal device, in a store whose cloud has
// another till register, with its shift open.
func newMinion(t *testing.T) (*rig, *fakeCloud, *line) {
	t.Helper()
	cloud := newFakeCloud(t)
	for name, value := range map[string]string{moyskladtest.SetFiscalType: "CLOUD", moyskladtest.SetMaster: "on"} {
		if err := cloud.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	r := newRig(t, "")
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "[kkt]")
	if err := os.WriteFile(r.config(), []byte(head+"[kkt]\ndriver = \"cloud\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	return r, cloud, l
}

// queuedOnce checks that every sale of the journal is in the cloud once, and
// registered once, with the numbers the journal has.
func (r *rig) queuedOnce(cloud *fakeCloud, want int) {
	r.t.Helper()
	n := 0
	for _, d := range r.documents() {
		if d.Receipt == nil {
			continue
		}
		n++
		if d.Fiscal == nil || !d.Fiscal.Cloud || d.Fiscal.FD == 0 || d.Fiscal.Sign == 0 || d.Fiscal.Time.IsZero() {
			r.t.Errorf("%s has %+v", d.Name, d.Fiscal)
		}
		if f := cloud.fiscal(d.ID.String()); f.Status != "OK" || f.OK != 1 {
			r.t.Errorf("%s: %+v", d.Name, f)
		}
	}
	in := 0
	for _, d := range cloud.Documents() {
		if d.Fiscal != nil {
			in++
		}
	}
	if n != want || in != want {
		r.t.Errorf("%d receipts, %d in the cloud, want %d", n, in, want)
	}
}

// TestMinion: a till without a device sells through the cloud: the receipt's
// data comes back into its document, what is lost is asked for, and without the
// cloud nothing is sold, with the reason.
func TestMinion(t *testing.T) {
	r, cloud, l := newMinion(t)
	r.run("scan", "4600000000015")
	if out := r.run("pay", "cash", "100"); !strings.Contains(out, "paid 49.90, change 50.10") || !strings.Contains(out, "FN 9999078900000777") || !strings.Contains(out, "&s=49.90&fn=9999078900000777&i=") {
		t.Error(out)
	}
	r.run("return", "3")
	r.run("cash", "in", "100", "--reason", "размен")
	// The request is done and its answer lost.
	lost := l.loseAnswers("/minion/entity/")
	r.run("scan", "4600000000015")
	r.await("the receipt is registered", func() bool {
		_, _, code := r.kassa("", "pay", "card")
		s, err := r.status()
		return err == nil && s.Phase == "idle" && (code == 0 || len(s.Cheque.Lines) == 0)
	})
	l.trip.Store(nil)
	if lost() != 1 {
		t.Error("no answer was lost")
	}
	r.run("scan", "4600000000015")
	r.refused(fault.FiscalCloudKind, "correct", "--date", "2026-11-01", "--reason", "не пробили", "--payment", "card")
	// Offline nothing is sold; the cheque stays.
	l.set(true, 0)
	r.refused(fault.FiscalCloudDown, "pay", "card")
	l.set(false, 0)
	r.await("the cloud is back", func() bool {
		_, _, code := r.kassa("", "pay", "card")
		return code == 0
	})
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	r.stop()
	r.queuedOnce(cloud, 4)
	cloud.has(map[string]int{"openshift": 1, "closeshift": 1, "retaildemand": 3, "retailsalesreturn": 1, "retaildrawercashin": 1})
}

// TestMinionWaits: what no master registers is a doubt that is shown, and over a
// restart never a second document.
func TestMinionWaits(t *testing.T) {
	plainOnly(t)
	r, cloud, l := newMinion(t)
	if err := cloud.Set(moyskladtest.SetMaster, "reject"); err != nil {
		t.Fatal(err)
	}
	r.run("scan", "4600000000015")
	paid := make(chan error, 1)
	go func() { paid <- r.call("POST", "/api/v1/pay", map[string]string{"type": "card"}, nil) }()
	r.await("the sale is queued", func() bool {
		docs := cloud.Documents()
		return len(docs) == 2 && docs[1].Fiscal != nil
	})
	r.kill()
	if err := <-paid; err == nil {
		t.Error("paid, and nobody has registered it")
	}
	r.launch("")
	r.await("the doubt is shown", func() bool {
		s, err := r.status()
		if err != nil || s.Phase != "resolving" {
			return false
		}
		for _, w := range s.Warnings {
			if w.Code == string(fault.FiscalCloudQueued) || w.Code == string(fault.FiscalUnsure) {
				return true
			}
		}
		return false
	})
	if err := cloud.Set(moyskladtest.SetMaster, "on"); err != nil {
		t.Fatal(err)
	}
	idle := func() bool { s, err := r.status(); return err == nil && s.Phase == "idle" }
	r.await("it is registered", idle)
	// Killed when the request has arrived, and before it has.
	for _, done := range []bool{true, false} {
		hit := make(chan struct{}, 1)
		trip := func(q *http.Request, after bool) {
			if strings.Contains(q.URL.Path, "/minion/entity/") && after == done && len(hit) == 0 {
				if err := r.child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Error(err)
				}
				err := <-r.exited
				r.exited <- err
				hit <- struct{}{}
				if !done {
					panic(http.ErrAbortHandler)
				}
			}
		}
		r.await("the till sells", func() bool {
			_, _, code := r.kassa("", "scan", "4600000000015")
			return code == 0
		})
		r.await("the cloud is there", func() bool { s, err := r.status(); return err == nil && s.KKT.Ready && s.KKT.Code == "" })
		l.trip.Store(&trip)
		if err := r.call("POST", "/api/v1/pay", map[string]string{"type": "card"}, nil); err == nil {
			t.Error("the till lives")
		}
		<-hit
		l.trip.Store(nil)
		r.kill()
		r.launch("")
		r.await("it is settled", idle)
		if s, err := r.status(); err != nil || len(s.Cheque.Lines) != 0 {
			t.Errorf("%v, the cheque is back with %d lines", err, len(s.Cheque.Lines))
		}
	}
	r.stop()
	r.queuedOnce(cloud, 3)
	for _, d := range r.documents() {
		if d.Type == doc.Sell && d.Fiscal.FN != "9999078900000777" {
			t.Errorf("%+v", d.Fiscal)
		}
	}
}

// loseAnswers lets the cloud do each request to a path and loses its answer, the
// first time for each address and body.
func (l *line) loseAnswers(path string) (lost func() int) {
	var mu sync.Mutex
	n, done := 0, false
	trip := func(q *http.Request, after bool) {
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(q.URL.Path, path) && after && !done {
			n, done = n+1, true
			panic(http.ErrAbortHandler)
		}
	}
	l.trip.Store(&trip)
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		done = false
		return n
	}
}

// TestMinionEveryKind: what can be queued is queued: sales, returns, prepayments
// and their returns, each registered once though the answer to its creation is
// lost; cash moves without the queue.
func TestMinionEveryKind(t *testing.T) {
	r, cloud, l := newMinion(t)
	r.run("cash", "in", "100", "--reason", "размен")
	lost := l.loseAnswers("/minion/entity/")
	want := 0
	for _, args := range [][]string{{"orders", "take", "Z-1"}, {"prepay", "--pay", "card"}, {"orders", "take", "Z-3"}, {"prepay", "20", "--pay", "cash"},
		{"return", "5"}, {"hand-over", "000004"}, {"scan", "4600000000015"}, {"pay", "cash", "100"}, {"return", "8"}} {
		r.run(args...)
		if args[0] == "scan" || args[0] == "orders" {
			continue
		}
		if want++; lost() != want {
			t.Errorf("%v: %d answers lost, want %d", args, lost(), want)
		}
	}
	l.trip.Store(nil)
	r.run("cash", "out", "50", "--reason", "инкассация")
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	r.stop()
	r.queuedOnce(cloud, 6)
	cloud.has(map[string]int{"openshift": 1, "closeshift": 1, "retaildemand": 2, "retailsalesreturn": 1, "prepayment": 2, "prepaymentreturn": 1, "retaildrawercashin": 1, "retaildrawercashout": 1})
}

// TestMinionGivesUp: a queued sale whose customer has left is given up by a
// senior: the till goes on, says that nothing can be cancelled, knows the sale
// over a restart, and books it once when it is registered after all; its money
// comes back by a return.
func TestMinionGivesUp(t *testing.T) {
	plainOnly(t)
	r, cloud, _ := newMinion(t)
	set := func(how string) {
		t.Helper()
		if err := cloud.Set(moyskladtest.SetMaster, how); err != nil {
			t.Fatal(err)
		}
	}
	set("reject")
	r.run("scan", "4600000000015")
	paid := make(chan error, 1)
	go func() { paid <- r.call("POST", "/api/v1/pay", map[string]string{"type": "card"}, nil) }()
	r.await("the sale is queued", func() bool {
		docs := cloud.Documents()
		return len(docs) == 2 && docs[1].Fiscal != nil
	})
	id := cloud.Documents()[1].SyncID
	r.kill() // or the power was cut: the same
	if err := <-paid; err == nil {
		t.Error("paid, and nobody has registered it")
	}
	r.launch("")
	r.await("the till asks about it", func() bool { s, err := r.status(); return err == nil && s.Phase == "resolving" })
	r.run("abandon", "Покупатель ушёл")
	told := func(code fault.Code) func() bool {
		return func() bool {
			s, err := r.status()
			if err != nil || s.Phase != "idle" || len(s.Cheque.Lines) > 0 {
				return false
			}
			for _, w := range s.Warnings {
				if w.Code == string(code) {
					return true
				}
			}
			return false
		}
	}
	r.await("it says that the sale waits", told(fault.AsideSome))
	r.kill()
	r.launch("")
	r.await("it still knows", told(fault.AsideSome))
	if f := cloud.fiscal(id); f.Status == "OK" {
		t.Fatalf("%+v", f)
	}
	set("on")
	r.await("it is booked and told", func() bool {
		out, _, _ := r.kassa("", "cheque")
		return strings.Contains(out, fault.Text(fault.AsideMade, "en", "000003", "49.90")) && !told(fault.AsideSome)()
	})
	r.run("return", "3")
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	r.stop()
	r.queuedOnce(cloud, 2)
	for _, d := range r.documents() {
		if d.Type == doc.Sell && (!d.Fiscal.Recovered || d.ID.String() != id) {
			t.Errorf("%+v", d.Fiscal)
		}
	}
	r.run("journal", "verify")
}
