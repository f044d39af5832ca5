package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// TestOnlinePricesOfATill: by the command line, on a whole till: the cloud's
// prices are taken when a cheque is paid and arrive in the cloud to the kopeck;
// when it is slow, wrong or away, the till's own are, which the cheque, its
// explanation and the document say.
func TestOnlinePricesOfATill(t *testing.T) {
	cloud := newFakeCloud(t)
	if err := cloud.Set(moyskladtest.SetOnlineDiscount, "on"); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, "")
	line := cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("sync", "--wait")
	r.run("scan", "2*4600000000015")
	r.await("the till knows that the cloud calculates", func() bool {
		_, _, code := r.kassa("", "cheque", "recalc")
		return code == 0
	})
	sell := func(want string, args ...string) {
		t.Helper()
		if out := r.run(args...); !strings.Contains(out, want) {
			t.Errorf("%v: %s, want %s", args, out, want)
		}
	}
	const own = "Prices are the till's own: "
	r.run("scan", "4600000000015") // 149.70, a tenth less by the cloud
	r.refused(fault.PriceRecalculated, "pay", "cash", "200")
	if out := r.run("cheque", "explain"); !strings.Contains(out, "Prices calculated by the cloud") || !strings.Contains(out, "Скидка облака") || !strings.Contains(out, "134.73") {
		t.Error(out)
	}
	// What the cloud has said stands while the cheque does; whatever changes the
	// cheque ends it, and the cloud is asked anew.
	var asked atomic.Int64
	count := func(q *http.Request, done bool) {
		if strings.HasSuffix(q.URL.Path, "/rpc/retaildemand/recalc") && !done {
			asked.Add(1)
		}
	}
	line.trip.Store(&count)
	wants := func(n int64, what string) {
		t.Helper()
		if got := asked.Swap(0); got != n {
			t.Errorf("%s: the cloud was asked %d times, want %d", what, got, n)
		}
	}
	r.refused(fault.PaidLess, "pay", "cash", "1")
	wants(0, "an unchanged cheque")
	for _, edit := range [][]string{{"scan", "4600000000015"}, {"cheque", "remove", "1"}, {"scan", "3*4600000000015"}} {
		r.run(edit...)
		var c struct{ Cheque till.ChequeView }
		if err := r.call("GET", "/api/v1/cheque", nil, &c); err != nil || c.Cheque.Recalc != nil && c.Cheque.Recalc.Online {
			t.Errorf("%v: %v, the cloud's prices stand", edit, err)
		}
		if len(c.Cheque.Lines) > 0 {
			r.run("cheque", "recalc")
			wants(1, strings.Join(edit, " "))
		}
	}
	line.trip.Store(nil)
	sell("paid 134.73, change 65.27", "pay", "cash", "200")

	for _, wrong := range []string{"recalc-short", "recalc-sums"} {
		r.run("scan", "2*4600000000015")
		if err := cloud.Fault(wrong); err != nil {
			t.Fatal(err)
		}
		if out := r.run("cheque", "recalc"); !strings.Contains(out, own+fault.Text(fault.CloudGarbage, "en")) {
			t.Errorf("%s: %s", wrong, out)
		}
		if wrong != "recalc-sums" {
			r.run("cheque", "void")
			continue
		}
		if err := cloud.Fault(wrong); err != nil {
			t.Fatal(err)
		}
		sell("paid 99.80", "pay", "card")
	}

	r.run("scan", "4600000000015")
	if err := cloud.Fault("slow", "10000"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	sell("paid 49.90", "pay", "card")
	if took := time.Since(began); took > 8*time.Second || took < time.Second {
		t.Errorf("a slow cloud cost the sale %v", took)
	}
	if err := cloud.Fault("up"); err != nil {
		t.Fatal(err)
	}
	line.set(true, 0)
	r.run("scan", "4600000000015")
	sell("paid 49.90", "pay", "card")
	line.set(false, 0)
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	if out := r.run("journal", "show", "3"); !strings.Contains(out, "Prices calculated by the cloud") {
		t.Error(out)
	}
	r.stop()
	r.agree()
	cloud.has(map[string]int{"openshift": 1, "closeshift": 1, "retaildemand": 4})
	var how []string
	for _, d := range r.documents() {
		if d.Type == doc.Sell {
			how = append(how, d.Receipt.Recalc.Why)
		}
	}
	down, garbage := string(fault.CloudDown), string(fault.CloudGarbage)
	if want := []string{"", garbage, down, down}; strings.Join(how, " ") != strings.Join(want, " ") {
		t.Errorf("%q", how)
	}
	if got := cloud.sums("retaildemand"); got[0].Sum != 134_73 || got[0].Cash != 134_73 || got[3].Sum != 49_90 {
		t.Errorf("%+v", got)
	}
}
