package main

import (
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
)

// TestMoneyBeforeAndAfterGoods: a certificate, a prepayment and a debt through
// a whole till, over a kill and a new period of the journal.
func TestMoneyBeforeAndAfterGoods(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.refused(fault.BadRequest, "certificate", "", "100")
	r.run("certificate", "ПС-0001", "100", "--expires", "2099-12-31", "--pay", "card=40,cash=100")
	r.refused(fault.ClaimKnown, "certificate", "ПС-0001", "100")
	r.run("scan", "4600000000015")
	r.refused(fault.ClaimUnknown, "pay", "split", "certificate:ПС-0002")
	if out := r.run("pay", "split", "certificate:ПС-0001"); !strings.Contains(out, "paid before 19.96, paid before 29.94") {
		t.Error(out)
	}
	r.run("scan", "4600000000015", "4600000000022")
	r.refused(fault.AmountBad, "prepay", "1000")
	r.run("prepay", "100", "--pay", "card")
	r.run("scan", "4600000000022")
	r.run("pay", "credit")
	r.run("advance", "10")
	r.run("shift", "close")
	r.run("journal", "rotate")
	r.kill()
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	out := strings.Join(strings.Fields(r.run("claims")), " ")
	for _, want := range []string{"certificate ПС-0001 50.10 since", "prepayment 000005 100.00 since", "debt 000006 123.45 since", "advance 000007 10.00 since"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	out = r.run("claims", "000005")
	if lines := strings.Split(out, "\n"); !strings.Contains(lines[1], " 1 шт") || !strings.Contains(lines[1], "49.90, 28.79 prepaid") || !strings.Contains(lines[2], "123.45, 71.21 prepaid") {
		t.Error(out)
	}
	r.refused(fault.PaidLess, "hand-over", "000005")
	r.refused(fault.ClaimGoods, "hand-over", "000005", "1=2")
	r.refused(fault.ChequeNoLine, "hand-over", "000005", "3")
	r.run("hand-over", "000005", "1", "--pay", "cash=100")
	r.run("scan", "4600000000015")
	r.refused(fault.ClaimGoods, "hand-over", "000005", "--pay", "cash")
	r.run("cheque", "void")
	r.run("scan", "4600000000022")
	r.refused(fault.ClaimFor, "pay", "split", "advance:000005", "cash")
	r.run("hand-over", "000005", "--pay", "cash=100")
	r.refused(fault.ClaimUnknown, "hand-over", "000005")
	r.refused(fault.ClaimLess, "repay", "000006", "200")
	r.run("repay", "000006", "100")
	r.run("repay", "000006")
	r.run("scan", "4600000000015")
	r.refused(fault.ClaimLess, "pay", "split", "advance:000007=20", "cash")
	r.run("pay", "split", "advance:000007", "cash=40")
	if out := r.run("claims"); strings.Count(out, "\n") != 1 {
		t.Error(out)
	}
	r.run("shift", "close")
	r.stop()
	r.agree()
}
