package main

import (
	"encoding/json"
	"testing"

	"github.com/kassa-pos/kassa/pos/money"
)

// cloudSums are the sums of an operation in the cloud.
type cloudSums struct {
	Cash   money.Amount `json:"cashSum"`
	NoCash money.Amount `json:"noCashSum"`
	QR     money.Amount `json:"qrSum"`
	Sum    money.Amount `json:"sum"`
}

// sums are those of the cloud's operations of a kind, in the order they came.
func (c *fakeCloud) sums(kind string) (all []cloudSums) {
	c.t.Helper()
	for _, d := range c.Documents() {
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
	r.await("all is in the cloud", r.settled)
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
