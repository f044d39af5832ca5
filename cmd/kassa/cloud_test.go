package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// cloudSums are the sums of an operation in the cloud.
type cloudSums struct {
	Prepaid money.Amount `json:"prepaymentNoCash"`
	Cash    money.Amount `json:"cashSum"`
	NoCash  money.Amount `json:"noCashSum"`
	QR      money.Amount `json:"qrSum"`
	Sum     money.Amount `json:"sum"`
}

// sums are those of the cloud's operations of a kind, in the order of their
// names: what goes side by side arrives in any.
func (c *fakeCloud) sums(kind string) (all []cloudSums) {
	c.t.Helper()
	docs := c.Documents()
	slices.SortStableFunc(docs, func(a, b moyskladtest.Stored) int { return strings.Compare(a.Name, b.Name) })
	for _, d := range docs {
		if d.Kind != kind {
			continue
		}
		var s cloudSums
		if err := json.Unmarshal(d.Body, &s); err != nil {
			c.t.Fatal(err)
		}
		s.Sum = d.Sum // as the cloud computes it
		all = append(all, s)
	}
	return all
}

// closed tells whether the end of a shift has arrived, which is the last thing
// to be sent.
func (c *fakeCloud) closed() bool {
	return slices.ContainsFunc(c.Documents(), func(d moyskladtest.Stored) bool { return d.Kind == "closeshift" })
}

// TestCloudGetsEveryKind: a day of everything that moves goods and money
// arrives in the cloud, each document once, with sums the cloud agrees to.
func TestCloudGetsEveryKind(t *testing.T) {
	cloud := newFakeCloud(t)
	r := newRig(t, "")
	cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("cash", "in", "1000", "--reason", "размен")
	r.run("scan", "4600000000015", "4600000000015", "4600000000015")
	r.run("pay", "split", "card=50", "cash=100")
	r.run("return", "4", "1=1")
	r.run("return", "4", "1=2")
	r.run("scan", "4600000000015")
	r.run("pay", "qr")
	r.run("return", "7")
	r.run("scan", "4600000000015")
	r.run("correct", "--date", "2026-11-01", "--reason", "не пробили", "--payment", "card")
	r.run("cash", "out", "999", "--reason", "инкассация")
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	r.named("1", fault.ReconcileUnsent) // nobody carries the documents to an operator here
	r.stop()
	r.agree()
	cloud.has(map[string]int{"openshift": 1, "closeshift": 1, "retaildemand": 3, "retailsalesreturn": 3, "retaildrawercashin": 1, "retaildrawercashout": 1})
	want := map[string][]cloudSums{
		"retaildemand":        {{Cash: 99_70, NoCash: 50_00, Sum: 149_70}, {QR: 49_90, Sum: 49_90}, {NoCash: 49_90, Sum: 49_90}},
		"retailsalesreturn":   {{Cash: 33_23, NoCash: 16_67, Sum: 49_90}, {Cash: 66_47, NoCash: 33_33, Sum: 99_80}, {QR: 49_90, Sum: 49_90}},
		"retaildrawercashin":  {{Sum: 1000_00}},
		"retaildrawercashout": {{Sum: 999_00}},
	}
	for kind, all := range want {
		got := cloud.sums(kind)
		if len(got) != len(all) {
			t.Errorf("%s: %+v", kind, got)
			continue
		}
		for i := range all {
			if got[i] != all[i] {
				t.Errorf("%s %d: %+v, want %+v", kind, i+1, got[i], all[i])
			}
		}
	}
}

// TestOrders: customers' orders become cheques at their prices; what was paid
// in the cloud pays a part, what is prepaid here goes up as a prepayment, and
// its return as a return of it.
func TestOrders(t *testing.T) {
	cloud := newFakeCloud(t)
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.refused(fault.CloudNone, "orders")
	r.stop()
	cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	if out := r.run("orders"); !strings.Contains(out, "Z-2          2026-11-20  1 lines, 80.00, paid 50.00") || strings.Count(out, "\n") != 3 {
		t.Error(out)
	}
	r.refused(fault.NotFound, "orders", "take", "Z-9")
	r.run("orders", "take", "Z-2")
	r.refused(fault.ChequeNotEmpty, "orders", "take", "Z-1")
	r.refused(fault.PaidMore, "pay", "split", "card=80")
	r.run("cash", "in", "10") // makes the cheque durable with it
	r.kill()
	r.start("")
	if out := r.run("pay", "cash", "100"); !strings.Contains(out, "paid 80.00, change 70.00") || !strings.Contains(out, "paid before 50.00, cash 30.00") {
		t.Error(out)
	}
	r.run("orders", "take", "Z-1")
	r.run("prepay", "--pay", "card")
	r.run("orders", "take", "Z-3")
	r.run("prepay", "20", "--pay", "card")
	out := r.run("claims")
	if strings.Count(out, "prepayment") != 2 {
		t.Fatal(out)
	}
	r.run("hand-over", strings.Fields(out)[1])
	r.run("return", strings.Fields(strings.Split(out, "\n")[1])[1])
	r.run("shift", "close")
	r.await("all is in the cloud", func() bool { return cloud.closed() && r.settled() })
	r.named("1", fault.ReconcileUnsent) // nobody carries the documents to an operator here
	// Without the cloud, and after a restart, they are there as of last time;
	// what was paid in the cloud is not handed over on its old word.
	if err := cloud.Fault("down"); err != nil {
		t.Fatal(err)
	}
	r.kill()
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	if out := r.run("orders"); !strings.Contains(out, "as of ") || !strings.Contains(out, "Z-2 ") {
		t.Error(out)
	}
	r.refused(fault.OrderStale, "orders", "take", "Z-2")
	r.stop()
	r.agree()
	cloud.has(map[string]int{"openshift": 1, "closeshift": 1, "retaildemand": 2, "prepayment": 2, "prepaymentreturn": 1, "retaildrawercashin": 1})
	if got := cloud.sums("retaildemand"); len(got) != 2 || got[0] != (cloudSums{Prepaid: 50_00, Cash: 30_00, Sum: 80_00}) || got[1] != (cloudSums{Prepaid: 80_00, Sum: 80_00}) {
		t.Errorf("%+v", got)
	}
	if got := cloud.sums("prepaymentreturn"); len(got) != 1 || got[0].NoCash != 20_00 {
		t.Errorf("%+v", got)
	}
}
