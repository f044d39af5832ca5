package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
)

// TestTermsFromTheCommandLine: discounts and prices by hand, coupons and the
// reasons, over the socket of a real till, and again after a restart.
func TestTermsFromTheCommandLine(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.run("shift", "open")
	if _, errOut, code := r.kassa(ownerPIN+"\n", "approve"); code != 0 {
		t.Fatal(errOut)
	}
	summer := `{"promotions": [{"id": "summer", "name": "Лето", "when": {"coupon": "ЛЕТО", "amount": 100000}, "on": {"all": true}, "give": {"kind": "cheque_money", "sum": 10000}}]}`
	if _, errOut, code := r.kassa(summer, "promotions", "load", "-"); code != 0 {
		t.Fatal(errOut)
	}
	r.run("scan", "4600000000015") // 49.90
	r.refused(fault.ChequeNoLine, "cheque", "discount", "2", "10%")
	r.refused(fault.AmountBad, "cheque", "discount", "x%")
	r.refused(fault.PriceManual, "cheque", "discount", "30%")
	r.refused(fault.PriceFree, "cheque", "price", "1", "1")
	r.refused(fault.CustomerUnknown, "cheque", "customer", "nobody")
	r.refused(fault.CustomerNone, "cheque", "bonus", "1")
	r.refused(fault.CouponUnknown, "cheque", "coupon", "ЗИМА")
	r.run("cheque", "coupon", "ЛЕТО")
	out := r.run("cheque", "discount", "1", "10%")
	if !strings.Contains(out, "44.91") || !strings.Contains(out, "ЛЕТО") || !strings.Contains(out, "Скидка кассира") {
		t.Errorf("%s", out)
	}
	r.run("cheque", "discount", "4.91")
	for _, how := range [][]string{{"cheque", "explain"}, {"cheque", "--explain"}} {
		if out := r.run(how...); !strings.Contains(out, "49.90") || !strings.Contains(out, "-4.99") || !strings.Contains(out, "-4.91") || !strings.Contains(out, "40.00") {
			t.Errorf("%v: %s", how, out)
		}
	}
	r.stop()
	r.start("")
	if out := r.run("cheque"); !strings.Contains(out, "40.00") {
		t.Errorf("after a restart: %s", out)
	}
	r.run("cheque", "coupon", "ЛЕТО", "--remove")
	r.run("cheque", "discount", "1", "0")
	if out := r.run("cheque", "discount", "+5%"); !strings.Contains(out, "52.40") {
		t.Errorf("dearer: %s", out)
	}
	r.run("pay", "card")
	r.run("shift", "close")
	r.stop()
	r.agree()
}

// TestPromotionsFromAFile: faults are told with their lines and nothing is
// taken; a good file works at once and after a restart.
func TestPromotionsFromAFile(t *testing.T) {
	r := newRig(t, "")
	file := func(text string) string {
		path := filepath.Join(r.dir, "promotions.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := file("{\"promotions\": [\n{\"id\": \"a\", \"name\": \"A\", \"on\": {\"all\": true},\n\"give\": {\"kind\": \"percent\", \"percent\": 200000}}]}")
	if out, _, code := r.kassa("", "promotions", "load", bad, "--dry-run"); code != 4 || !strings.Contains(out, "line 3, a, give") {
		t.Errorf("%d %s", code, out)
	}
	example := r.run("promotions", "example")
	if out, _, code := r.kassa(example, "promotions", "load", "-", "--dry-run"); code != 0 || !strings.Contains(out, "10 promotions are good") {
		t.Errorf("%d %s", code, out)
	}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.run("shift", "open")
	good := file(`{"promotions": [{"id": "two", "name": "Второй хлеб даром", "on": {"all": true}, "give": {"kind": "n_for_m", "n": 2, "m": 1}}]}`)
	r.refused(fault.LoginSenior, "promotions", "load", good)
	if _, errOut, code := r.kassa(ownerPIN+"\n", "approve"); code != 0 {
		t.Fatal(errOut)
	}
	r.run("promotions", "load", good)
	r.stop()
	r.start("")
	if out := r.run("promotions"); !strings.Contains(out, "two") || !strings.Contains(out, "file") {
		t.Errorf("%s", out)
	}
	r.run("scan", "3*4600000000015")
	if out := r.run("cheque"); !strings.Contains(out, "99.80") || !strings.Contains(out, "Второй хлеб даром") {
		t.Errorf("%s", out)
	}
	r.run("pay", "card")
	r.run("shift", "close")
	r.stop()
	r.agree()
}
