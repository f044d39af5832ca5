package main

import (
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
)

// TestBuyFromPeople: a purchase from a person and its return through a whole
// till: two receipts of expense in the FN, the drawer and the books agree.
func TestBuyFromPeople(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("cash", "in", "500")
	r.refused(fault.BuyPrice, "buy", "4600000000015")
	r.refused(fault.FiscalCash, "buy", "20*4600000000015@30.50")
	if out := r.run("buy", "2*4600000000015@30.50", "4600000000022@100", "--person", "Сидоров С."); !strings.Contains(out, "161.00") {
		t.Error(out)
	}
	r.run("scan", "4600000000022")
	r.refused(fault.ReturnOf, "exchange", "000004")
	r.run("cheque", "void")
	r.run("return", "000004", "1=1")
	r.run("shift", "x")
	if out := r.run("documents", "--json"); !strings.Contains(out, `"drawer": 36950`) {
		t.Error(out)
	}
	if out := strings.Join(strings.Fields(r.run("documents")), " "); !strings.Contains(out, "BUY 000004 161.00") || !strings.Contains(out, "BUYBACK 000005 30.50") {
		t.Error(out)
	}
	r.run("shift", "close")
	if out := r.run("journal", "verify"); !strings.Contains(out, " 0 problems") {
		t.Error(out)
	}
	r.stop()
	r.agree()
}
