package ikassatest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// ask sends one request.
func ask(t testing.TB, h http.Handler, op, token, body string) (int, map[string]any) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1", bytes.NewReader([]byte(body)))
	req.Header["INTENT_OPERATION_TYPE"] = []string{op}
	if token != "" {
		req.Header["Auth-token"] = []string{token}
		req.Header.Set("Auth-Token", token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	var a map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%s: %s", err, w.Body)
	}
	return w.Code, a
}

func opened(t testing.TB, o Options) *Register {
	t.Helper()
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.OpenShift(); err != nil {
		t.Fatal(err)
	}
	ask(t, r, "auth", "", `{"pin":"1234","returnToken":true}`)
	return r
}

// Every documented code has its reason.
func TestCodes(t *testing.T) {
	const item = `{"nameTitle":"x","price":"%s","amount":"%s","discount":"%s"}`
	sale := func(price, amount, discount, rest string) string {
		return fmt.Sprintf(`{"cashier":"a","itemList":[`+item+`]%s}`, price, amount, discount, rest)
	}
	r := opened(t, Options{})
	for _, c := range []struct {
		op, body string
		code     float64
	}{
		{"SALE", sale("5", "1", "0", `,"cash":"5"`), 200},
		{"sale", sale("5", "1", "0", `,"cash":5.00`), 200}, // any case, numbers too
		{"SALE", sale("5", "1", "0", `,"cash":"4.99"`), 413},
		{"SALE", sale("5", "1", "0", `,"cashless":"6"`), 413},
		{"SALE", sale("5", "1", "0", `,"cashless":"5","cash":"1"`), 413},
		{"SALE", sale("5", "1", "0", `,"cashless":"4","cash":"20"`), 200},
		{"SALE", sale("-1", "1", "0", `,"cash":"5"`), 403},
		{"SALE", sale("100000000000", "1", "0", `,"cash":"5"`), 403},
		{"SALE", sale("5", "0", "0", `,"cash":"5"`), 415},
		{"SALE", sale("5", "10000", "0", `,"cash":"5"`), 416},
		{"SALE", sale("5", "1", "6", `,"cash":"5"`), 404},
		{"SALE", sale("5", "1", "0", `,"chequeDiscount":"6","cash":"5"`), 404},
		{"SALE", `{"itemList":[],"cash":"5"}`, 413},
		{"SALE", `{`, 413},
		{"DEPOSIT", `{"sum":"0"}`, 402},
		{"DEPOSIT", `{"sum":"100000000000"}`, 414},
		{"DEPOSIT", `{"sum":"0.01"}`, 200},
		{"GET_CHEQUES", ``, 200},
		{"GET_CHEQUES", `{"uuids":["x"]}`, 488},
		{"WITHDRAW", `{}`, 399},
		{"", `{}`, 399},
	} {
		if status, a := ask(t, r, c.op, "", c.body); status != http.StatusOK || a["resultCode"] != c.code || a["messageTitle"] == "" || a["messageDetail"] == "" {
			t.Errorf("%s %s: HTTP %d, %v, want %v", c.op, c.body, status, a, c.code)
		}
	}
	good := sale("5", "1", "0", `,"cash":"5"`)
	if _, a := ask(t, r, "SALE", "nonsense", good); a["resultCode"] != 405. {
		t.Errorf("a wrong token: %v", a)
	}
	for name, code := range map[string]float64{"blocked": 409, "certificate": 407, "pending": 410, "error-399": 399} {
		if err := r.Fault(name); err != nil {
			t.Fatal(err)
		}
		if _, a := ask(t, r, "SALE", "", good); a["resultCode"] != code {
			t.Errorf("%s: %v", name, a)
		}
		if err := r.Fault("up"); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.ExpireShift(); err != nil || r.State().Shift != "expired" {
		t.Fatal(err)
	}
	if _, a := ask(t, r, "SALE", "", good); a["resultCode"] != 412. {
		t.Errorf("an old shift: %v", a)
	}
	if err := r.CloseShift(); err != nil {
		t.Fatal(err)
	}
	if _, a := ask(t, r, "SALE", "", good); a["resultCode"] != 400. {
		t.Errorf("a closed shift: %v", a)
	}
	fresh, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if status, a := ask(t, fresh, "SALE", "", good); status != http.StatusUnauthorized || a["resultCode"] != 401. {
		t.Errorf("nobody logged in: %d %v", status, a)
	}
	if status, _ := ask(t, fresh, "AUTH", "", `{"pin":"0"}`); status != http.StatusUnauthorized {
		t.Errorf("a wrong PIN: HTTP %d", status)
	}
}

// The examples of the guide, in the register's own arithmetic.
func TestGuideExamples(t *testing.T) {
	r := opened(t, Options{})
	_, a := ask(t, r, "SALE", "", `{"itemList":[{"price":"5","amount":"1"},{"price":"5","amount":"3"},
		{"price":"5","amount":"3","isPercentDiscount":true,"discount":"10"},{"price":"5","amount":"3","isPercentDiscount":true,"discount":"10"},
		{"price":"5","amount":"3","isPercentDiscount":true,"discount":"10"}],"isPercentDiscount":true,"chequeDiscount":"5","cash":"60"}`)
	if a["total"] != "57.47" || a["change"] != "2.53" {
		t.Errorf("%v", a)
	}
	_, a = ask(t, r, "SALE", "", `{"itemList":[{"price":"5","amount":"1"}],"isPercentDiscount":true,"chequeDiscount":"5","cashless":"4.75"}`)
	if a["total"] != "4.75" || a["change"] != "0" {
		t.Errorf("%v", a)
	}
}

// Two ways of adding up agree: this one in fractions, the till's in whole
// hundredths.
func TestArithmeticAgrees(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(rt, "items")
		var s ikassa.Sale
		for range n {
			it := ikassa.SaleItem{Name: "x", Price: ikassa.Sum(rapid.Int64Range(0, 99_999_99).Draw(rt, "price")), Quantity: ikassa.Quantity(rapid.Int64Range(1, 9_999_999).Draw(rt, "amount"))}
			if rapid.Bool().Draw(rt, "percent") {
				it.PercentDiscount = true
				d := ikassa.Sum(rapid.Int64Range(0, 100_00).Draw(rt, "discount"))
				it.Discount = &d
			}
			s.Items = append(s.Items, it)
		}
		if rapid.Bool().Draw(rt, "cheque") {
			s.PercentDiscount = true
			d := ikassa.Sum(rapid.Int64Range(0, 100_00).Draw(rt, "of the cheque"))
			s.Discount = &d
		}
		ours, err := s.Compute()
		body, eerr := ikassa.Encode(&s)
		if err != nil || eerr != nil {
			rt.Fatal(err, eerr)
		}
		var q saleRequest
		if err := json.Unmarshal(body, &q); err != nil {
			rt.Fatal(err)
		}
		q.Cash = number{ratOf(ours.Total.String())}
		theirs, code := addUp(&q)
		if code != 200 || int64(theirs.Total) != int64(ours.Total) {
			rt.Fatalf("code %d: %s and %s of %s", code, theirs.Total, ours.Total, body)
		}
	})
}

// What is registered survives the power.
func TestKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "register")
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	o := Options{StatePath: path, Now: func() time.Time { return now }}
	r := opened(t, o)
	if _, a := ask(t, r, "SALE", "", `{"itemList":[{"nameTitle":"Чай","codeNumber":10,"price":"5","amount":"1","markings":[{"si":"S"},{"ukz":"U"}]}],"cash":"10","prefix":[{"Text":{"text":"K1-000001"}}],"operationId":"op"}`); a["resultCode"] != 200. {
		t.Fatal(a)
	}
	if err := r.Fault("blocked"); err != nil {
		t.Fatal(err)
	}
	again, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	docs, s := again.Documents(), again.State()
	if len(docs) != 2 || docs[1].Operation != "op" || docs[1].Change != 5_00 || docs[1].Items[0].Code != "10" || docs[1].Items[0].SI[0] != "S" ||
		docs[1].Items[0].UKZ[0] != "U" || docs[1].Prefix[0] != "K1-000001" || s.Drawer != 5_00 || s.Shift != "open" || len(s.Faults) != 1 {
		t.Errorf("%+v, %+v", docs, s)
	}
	if err := again.Fault("up"); err != nil {
		t.Fatal(err)
	}
	// The guide says nothing of a repeated operationId, and so the register does nothing.
	if _, a := ask(t, again, "SALE", "", `{"itemList":[{"price":"5","amount":"1"}],"cash":"5","operationId":"op"}`); a["resultCode"] != 200. || again.State().Repeated != 1 {
		t.Errorf("%v, %+v", a, again.State())
	}
}

func TestFaultNames(t *testing.T) {
	r := opened(t, Options{})
	for _, f := range r.Faults() {
		if err := r.Fault(f.Name); err != nil || f.Text == "" {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if n := len(r.State().Faults); n != len(faultList) {
		t.Errorf("%d faults on of %d", n, len(faultList))
	}
	for _, bad := range [][]string{{"nonsense"}, {"down", "3"}, {"lose-answer", "x"}, {"lose-answer", "1", "2"}, {"lose-answer", "-1"}, {"up", "1"}} {
		if err := r.Fault(bad[0], bad[1:]...); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if err := r.Fault("up"); err != nil || len(r.State().Faults) != 0 {
		t.Errorf("%v, %v", err, r.State().Faults)
	}
}

// FuzzRequest: no body breaks the register.
func FuzzRequest(f *testing.F) {
	for _, op := range []string{"SALE", "DEPOSIT", "AUTH", "GET_CHEQUES", "ADD_CHEQUES", "ADD_OR_EDIT_CHEQUES", "ADD_OR_EDIT_ORDER"} {
		f.Add(op, `{"info":{"uuid":"1"},"items":[{"price":"5","quantity":"1"}]}`)
		f.Add(op, `{"itemList":[{"price":"5","amount":"1"}],"cash":"5"}`)
		f.Add(op, `{"sum":1e9}`)
		f.Add(op, `[`)
	}
	f.Fuzz(func(t *testing.T, op, body string) {
		r := opened(t, Options{})
		if _, a := ask(t, r, op, "", body); a["resultCode"] == nil {
			t.Errorf("%s %q: %v", op, body, a)
		}
	})
}
