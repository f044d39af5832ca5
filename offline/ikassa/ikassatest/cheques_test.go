package ikassatest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// said is an answer byte for byte.
func said(t testing.TB, h http.Handler, op, body string) string {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, ikassa.Path, strings.NewReader(body))
	req.Header[ikassa.HeaderOp] = []string{op}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return strings.TrimSpace(w.Body.String())
}

func guide(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// again asks for the cheques that an answer shows.
func again(t testing.TB, answer string) string {
	t.Helper()
	r, err := ikassa.DecodeResponse([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	var in []ikassa.ChequeRequest
	for _, c := range r.Cheques {
		put := ikassa.ChequeRequest{Info: c.Info, Currency: c.Currency, Discount: c.Discount}
		for _, it := range c.Items {
			item := ikassa.ItemRequest{Name: it.Name, Code: it.Code, Price: it.Price, Quantity: it.Quantity, Discount: it.Discount}
			if it.Tax != nil {
				item.TaxRate = "tax" + string(it.Tax.Rate)
			}
			put.Items = append(put.Items, item)
		}
		in = append(in, put)
	}
	body, err := ikassa.Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// The guide's cheques are kept, also without power, and given back byte for
// byte: all, one, and none where one is not there.
func TestCheques(t *testing.T) {
	o := Options{StatePath: filepath.Join(t.TempDir(), "register")}
	r := opened(t, o)
	if got := said(t, r, "GET_CHEQUES", ""); !strings.HasSuffix(got, `"cheques":[]}`) {
		t.Errorf("an empty register: %s", got)
	}
	all := guide(t, "all.json")
	if _, a := ask(t, r, "ADD_CHEQUES", "", again(t, all)); a["resultCode"] != 200. || a["type"] != "ADD_CHEQUES" {
		t.Fatalf("%v", a)
	}
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]string{"": "all.json", guide(t, "ask_all.json"): "all.json", guide(t, "ask_one.json"): "one.json", guide(t, "ask_missing.json"): "missing.json"} {
		if diff := cmp.Diff(guide(t, want), said(t, r, "get_cheques", request)); diff != "" {
			t.Errorf("%s: %s", request, diff)
		}
	}
	const tea = `{"info":{"uuid":"7"},"items":[{"name":"Чай","code":{"type":"1","value":"4600000000015"},"price":"5","quantity":"2","section":{"code":1},"markings":[{"ukz":"1"}],"increase":{"isPercent":true,"value":"10"}}]}`
	for _, c := range []struct {
		op, body string
		code     float64
	}{
		{"ADD_CHEQUES", again(t, all), 399}, // there already
		{"ADD_OR_EDIT_CHEQUES", `{"cheques":[` + strings.Replace(tea, `{"info"`, `{"isEdit":true,"info"`, 1) + `]}`, 488},
		{"ADD_OR_EDIT_ORDER", strings.Replace(tea, `"uuid":"7"`, `"uuid":"7","table":4,"place":1`, 1), 200},
		{"ADD_OR_EDIT_ORDER", strings.Replace(tea, `{"info":{`, `{"isEdit":true,"info":{"table":5,`, 1), 200},
		{"ADD_OR_EDIT_CHEQUES", `{"cheques":[{"info":{"uuid":"8"},"items":[{"price":"1","quantity":"1"}]},` + tea + `]}`, 399}, // all or none
		{"ADD_OR_EDIT_CHEQUES", `{"cheques":[]}`, 413},
		{"ADD_CHEQUES", `{"info":{"uuid":"9"},"items":[{"price":"1","quantity":"1","discount":{"isPercent":false,"value":"2"}}]}`, 404},
		{"ADD_CHEQUES", `{"info":{"uuid":"9"},"items":[{"price":"1","quantity":"0"}]}`, 415},
	} {
		if _, a := ask(t, r, c.op, "", c.body); a["resultCode"] != c.code || a["type"] != c.op {
			t.Errorf("%s %s: %v, want %v", c.op, c.body, a, c.code)
		}
	}
	want := `"cheques":[{"info":{"uuid":"7","chequeType":"Order","table":5},"currency":"BYN","subTotal":"11","total":"11","items":[{"name":"Чай","code":{"type":"1","value":"4600000000015"},"price":"5","quantity":"2",` +
		`"increase":{"isPercent":true,"value":"10","sum":"1"},"section":{"code":1},"markings":[{"ukz":"1"}],"sum":"10","total":"11"}],"payments":[]}]}`
	if got := said(t, r, "GET_CHEQUES", `{"uuids":["7"]}`); !strings.HasSuffix(got, want) {
		t.Errorf("%s", got)
	}
	if n := r.State().Waiting; n != 3 || len(r.Cheques()) != 3 {
		t.Errorf("%d wait", n)
	}

	// Paid on the register's own screen, it is sold and gone.
	d, err := r.PayCheque("7")
	if err != nil || d.Total != 11_00 || len(d.Items) != 1 || d.Items[0].Code != "4600000000015" || r.State().Waiting != 2 || r.State().Sales != 1 {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := r.PayCheque("7"); !errors.Is(err, ErrCheque) {
		t.Errorf("twice: %v", err)
	}
	if err := r.CloseShift(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.PayCheque(r.Cheques()[0].Info.UUID); !errors.Is(err, ikassa.ShiftClosed) || r.State().Waiting != 2 {
		t.Errorf("with the shift closed: %v", err)
	}
}

// The register's fractions and the till's whole hundredths come to the same for
// stored cheques.
func TestChequesAddUpAlike(t *testing.T) {
	change := func(rt *rapid.T, name string) *ikassa.Change {
		if !rapid.Bool().Draw(rt, name) {
			return nil
		}
		return &ikassa.Change{Percent: true, Value: ikassa.Sum(rapid.Int64Range(0, 100_00).Draw(rt, name+" percent"))}
	}
	rapid.Check(t, func(rt *rapid.T) {
		in := ikassa.ChequeRequest{Info: ikassa.Info{UUID: "1", Type: ikassa.Postponed}, Discount: change(rt, "discount"), Increase: change(rt, "increase")}
		for range rapid.IntRange(1, 5).Draw(rt, "items") {
			in.Items = append(in.Items, ikassa.ItemRequest{Price: ikassa.Sum(rapid.Int64Range(0, 99_999_99).Draw(rt, "price")), Quantity: ikassa.Quantity(rapid.Int64Range(1, 9_999_999).Draw(rt, "quantity")),
				Discount: change(rt, "less"), Increase: change(rt, "more"), TaxRate: rapid.SampledFrom([]string{"", "tax10", "tax20"}).Draw(rt, "tax")})
		}
		ours, err := in.Compute()
		if err != nil {
			rt.Fatal(err)
		}
		theirs, code := stored(&in)
		a, err1 := ikassa.Encode(ours.Items)
		b, err2 := ikassa.Encode(theirs.Items)
		if code != ikassa.OK || err1 != nil || err2 != nil || ours.Total != theirs.Total || ours.SubTotal != theirs.SubTotal || string(a) != string(b) {
			rt.Fatalf("%d\n%s %s %s\n%s %s %s", code, ours.SubTotal, ours.Total, a, theirs.SubTotal, theirs.Total, b)
		}
	})
}
