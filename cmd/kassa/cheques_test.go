package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// tablet is a waiter's tablet in front of the till.
type tablet struct {
	t     testing.TB
	url   string
	token string
	http  *http.Client
}

// tabletAt gives the till of a rig an address for tablets, before it starts.
func (r *rig) tabletAt(t testing.TB) *tablet {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.config(), []byte(string(text)+"[cheques]\nlisten = \""+at+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	return &tablet{t: t, url: "http://" + at + ikassa.Path, http: c}
}

// send sends one request and reads the answer, whatever it is.
func (b *tablet) send(op, body string) (int, ikassa.Response, error) {
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url, strings.NewReader(body))
	if err != nil {
		return 0, ikassa.Response{}, err
	}
	req.Header[ikassa.HeaderOp] = []string{op}
	req.Header.Set("Content-Type", "application/json")
	if b.token != "" {
		req.Header.Set(ikassa.HeaderTok, b.token)
	}
	res, err := b.http.Do(req)
	if err != nil {
		return 0, ikassa.Response{}, err
	}
	answer, err := io.ReadAll(res.Body)
	if err := res.Body.Close(); err != nil {
		return 0, ikassa.Response{}, err
	}
	if err != nil {
		return 0, ikassa.Response{}, err
	}
	if bytes.Contains(answer, []byte("null")) {
		return 0, ikassa.Response{}, fmt.Errorf("a null in %s", answer)
	}
	r, err := ikassa.DecodeResponse(answer)
	return res.StatusCode, r, err
}

// gets sends a request that has to end in a code.
func (b *tablet) gets(want ikassa.Result, op, body string) ikassa.Response {
	b.t.Helper()
	status, r, err := b.send(op, body)
	httpWant := http.StatusOK
	if want == ikassa.Unauthorised || want == ikassa.BadToken {
		httpWant = http.StatusUnauthorized
	}
	if err != nil || r.Result != want || status != httpWant {
		b.t.Fatalf("%s: HTTP %d, %d %s (%v), want %d\n%s", op, status, r.Result, r.Detail, err, want, body)
	}
	return r
}

// ids are the cheques that the till lists.
func (b *tablet) ids() []string {
	b.t.Helper()
	var ids []string
	for _, c := range b.gets(ikassa.OK, "get_cheques", "").Cheques {
		ids = append(ids, c.Info.UUID)
	}
	return ids
}

const order = `{"info":{"uuid":"o-1","table":2,"place":3,"note":"у окна"},"currency":"RUB","chequeDiscount":{"isPercent":true,"value":"5"},
"items":[{"name":"Хлеб","code":{"type":"1","value":"4600000000015"},"price":"49.9","quantity":"3","discount":{"isPercent":true,"value":"10"},"taxRate":"tax10"}]}`

// TestTabletOrders: a waiter's tablet adds an order over the network, it lives
// through a kill, the cashier calls it back and pays for it, and it is gone
// from the tablet's list.
func TestTabletOrders(t *testing.T) {
	r := newRig(t, "")
	b := r.tabletAt(t)
	r.start("")
	r.await("tablets are served", func() bool {
		_, _, err := b.send("GET_CHEQUES", "")
		return err == nil
	})
	b.gets(ikassa.Unauthorised, "GET_CHEQUES", "")
	b.token = "wrong"
	b.gets(ikassa.BadToken, "GET_CHEQUES", "")
	b.token = ""
	out, errOut, code := r.kassa("", "token", "add", "Планшет", "--scope", "cheques")
	if b.token = strings.TrimSpace(out); code != 0 || len(b.token) < 40 {
		t.Fatalf("token add: %d %s%s", code, out, errOut)
	}
	if ids := b.ids(); len(ids) != 0 {
		t.Fatalf("an empty till lists %v", ids)
	}
	b.gets(ikassa.OK, "add_or_edit_order", order)
	r.kill() // the answer was given: the order is on the disk
	r.start("")
	r.await("tablets are served", func() bool {
		_, _, err := b.send("GET_CHEQUES", "")
		return err == nil
	})
	listed := b.gets(ikassa.OK, "GET_CHEQUES", `{"uuids":["o-1","o-1"]}`).Cheques
	got, err := ikassa.Encode(listed)
	if err != nil {
		t.Fatal(err)
	}
	// 149.7 less 14.97 are 134.73, less 6.74 are 127.99
	want := `[{"info":{"uuid":"o-1","name":"Table 2, place 3","chequeType":"Order","table":2,"place":3,"note":"у окна"},"currency":"RUB",` +
		`"chequeDiscount":{"isPercent":true,"value":"5","sum":"6.74"},"subTotal":"134.73","total":"127.99","items":[{"name":"Хлеб","code":{"type":"1","value":"4600000000015"},` +
		`"price":"49.9","quantity":"3","discount":{"isPercent":true,"value":"10","sum":"14.97"},"tax":{"rate":"10","value":"12.25"},"sum":"149.7","total":"134.73"}],"payments":[]}]`
	if string(got) != want {
		t.Fatalf("listed\n%s\nwant\n%s", got, want)
	}
	b.gets(ikassa.General, "ADD_OR_EDIT_ORDER", order) // the answer got lost and the tablet asks again
	b.gets(ikassa.General, "ADD_CHEQUES", "["+order+"]")
	b.gets(ikassa.NotFound, "GET_CHEQUES", `{"uuids":["o-1","o-2"]}`)
	r.atTheTill(t, b)
	b.refusals()
	b.cashiersPIN()
}

// atTheTill is the cashier's side of it.
func (r *rig) atTheTill(t *testing.T, b *tablet) {
	t.Helper()
	for _, c := range []struct {
		path string
		in   any
	}{{"/api/v1/login", map[string]string{"pin": "1111"}}, {"/api/v1/shift/open", nil}, {"/api/v1/scan", map[string]any{"codes": []string{"4600000000022"}}}, {"/api/v1/cheque/park", map[string]string{"name": "свой"}}} {
		r.must("POST", c.path, c.in)
	}
	out, errOut, code := r.kassa("", "cheque", "parked")
	if code != 0 || !strings.Contains(out, "Table 2, place 3, 1 lines, 127.99") || !strings.Contains(out, "from a tablet, table 2, place 3, у окна") {
		t.Fatalf("parked: %d %s%s", code, out, errOut)
	}
	if _, page := r.cashierPages(t)("/sale"); !strings.Contains(page, "an order from a tablet, table 2, place 3, у окна") {
		t.Error("the console does not show the order's table")
	}
	if ids := b.ids(); len(ids) != 2 || ids[0] != "o-1" {
		t.Fatalf("the tablet sees %v", ids)
	}
	if out, errOut, code := r.kassa("", "cheque", "recall", "Table 2, place 3"); code != 0 || !strings.Contains(out, "127.99") {
		t.Fatalf("recall: %d %s%s", code, out, errOut)
	}
	b.gets(ikassa.General, "ADD_OR_EDIT_ORDER", strings.Replace(order, `"currency"`, `"isEdit":true,"currency"`, 1))
	if ids := b.ids(); len(ids) != 2 {
		t.Fatalf("while it is open the tablet sees %v", ids)
	}
	r.must("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "127.99"})
	if ids := b.ids(); len(ids) != 1 || ids[0] == "o-1" {
		t.Fatalf("after it was paid the tablet sees %v", ids)
	}
	b.gets(ikassa.General, "ADD_OR_EDIT_ORDER", order) // a late repetition makes no second one
	b.gets(ikassa.NotFound, "ADD_OR_EDIT_ORDER", strings.Replace(order, `"currency"`, `"isEdit":true,"currency"`, 1))
}

// refusals are what a tablet can do wrong; the till stays as it is.
func (b *tablet) refusals() {
	b.t.Helper()
	was := b.ids()
	cheque := func(change ...string) string {
		return strings.NewReplacer(append(change, `"o-1"`, `"o-9"`)...).Replace(order)
	}
	for _, c := range []struct {
		want     ikassa.Result
		op, body string
	}{
		{ikassa.General, "", ""},
		{ikassa.General, "DELETE_CHEQUES", ""},
		{ikassa.General, strings.Repeat("X", 300), ""},
		{ikassa.BadRequest, "GET_CHEQUES", "{"},
		{ikassa.BadRequest, "GET_CHEQUES", strings.Repeat(" ", ikassa.MaxBody+1)},
		{ikassa.BadRequest, "ADD_CHEQUES", strings.Repeat("[", 100_000)},
		{ikassa.BadRequest, "ADD_CHEQUES", "[]"},
		{ikassa.BadPrice, "ADD_OR_EDIT_ORDER", cheque(`"49.9"`, `"-1"`)},
		{ikassa.BadPrice, "ADD_OR_EDIT_ORDER", cheque(`"49.9"`, `"0"`)},
		{ikassa.SumTooLarge, "ADD_OR_EDIT_ORDER", cheque(`"49.9"`, `"99999999999.99"`)},
		{ikassa.QtyTooLarge, "ADD_OR_EDIT_ORDER", cheque(`"quantity":"3"`, `"quantity":"10000"`)},
		{ikassa.NegativeTotal, "ADD_OR_EDIT_ORDER", cheque(`"isPercent":true,"value":"5"`, `"isPercent":false,"value":"5000"`)},
		{ikassa.General, "ADD_OR_EDIT_ORDER", cheque(`"RUB"`, `"BYN"`)},
		{ikassa.General, "ADD_OR_EDIT_ORDER", cheque(`"value":"10"`, `"value":"50"`)},   // more than the shop allows by hand
		{ikassa.General, "ADD_OR_EDIT_ORDER", cheque(`4600000000015`, `4600000000999`)}, // the shop sells nothing at a free price
		{ikassa.General, "ADD_CHEQUES", "[" + cheque() + "," + order + "]"},             // the second was there: none is taken
		{ikassa.Blocked, "SALE", `{"cashier":"a","itemList":[{"nameTitle":"b","price":"1","amount":"1"}],"cash":"1"}`},
		{ikassa.Blocked, "DEPOSIT", `{"cashier":"a","sum":"10"}`},
	} {
		b.gets(c.want, c.op, c.body)
	}
	if now := b.ids(); len(now) != len(was) {
		b.t.Errorf("cheques were %v and are %v", was, now)
	}
	for method, want := range map[string]int{http.MethodGet: http.StatusMethodNotAllowed, http.MethodOptions: http.StatusMethodNotAllowed} {
		req, err := http.NewRequestWithContext(b.t.Context(), method, b.url, nil)
		if err != nil {
			b.t.Fatal(err)
		}
		res, err := b.http.Do(req)
		if err != nil {
			b.t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != want {
			b.t.Errorf("%s: %d %v", method, res.StatusCode, err)
		}
	}
}

// cashiersPIN: a cashier's PIN gives a token; wrong ones lock the login.
func (b *tablet) cashiersPIN() {
	b.t.Helper()
	b.token = ""
	auth := func(pin string) string {
		body, err := json.Marshal(ikassa.Auth{PIN: pin, Remember: true, Token: true})
		if err != nil {
			b.t.Fatal(err)
		}
		return string(body)
	}
	b.token = b.gets(ikassa.OK, "Auth", auth("1111")).Token
	if b.token == "" {
		b.t.Fatal("no token")
	}
	b.ids()
	b.gets(ikassa.OK, "ADD_OR_EDIT_ORDER", strings.Replace(order, "o-1", "o-7", 1))
	b.gets(ikassa.OK, "ADD_OR_EDIT_ORDER", strings.NewReplacer("o-1", "o-7", `"currency"`, `"isEdit":true,"currency"`, `"3"`, `"1"`).Replace(order))
	if c := b.gets(ikassa.OK, "GET_CHEQUES", `{"uuids":["o-7"]}`).Cheques[0]; c.SubTotal.String() != "44.91" {
		b.t.Errorf("after the edit %s", c.SubTotal)
	}
	for range 5 {
		b.gets(ikassa.BadToken, "AUTH", auth("0000"))
	}
	status, r, err := b.send("AUTH", auth("1111"))
	if err != nil || status != http.StatusUnauthorized || r.Token != "" {
		b.t.Errorf("a locked login: HTTP %d %d %v", status, r.Result, err)
	}
	b.ids() // who is in stays in
}

// TestTabletSells: where a Belarusian register is behind the till, a program
// sells and puts cash in through it; an answer that is lost makes no second
// sale, whatever was killed meanwhile.
func TestTabletSells(t *testing.T) {
	m := newMinsk(t)
	b := m.tabletAt(t)
	m.start("")
	out, errOut, code := m.kassa("", "token", "add", "Планшет", "--scope", "cheques")
	if b.token = strings.TrimSpace(out); code != 0 {
		t.Fatalf("token add: %d %s%s", code, out, errOut)
	}
	served := func() bool { _, _, err := b.send("GET_CHEQUES", ""); return err == nil }
	m.await("tablets are served", served)
	const sale = `{"cashier":"Янка","itemList":[{"nameTitle":"Хлеб","codeNumber":"4600000000015","typeCode":"1","price":"3.15","amount":"2","isPercentDiscount":true,"discount":"10"}],` +
		`"cash":"10","cashless":"0","isPercentDiscount":false,"chequeDiscount":"0.67","tpTaxNumber":190000001,"operationId":"77"}`
	const deposit = `{"cashier":"Янка","sum":"20","operationId":"77"}`
	b.gets(ikassa.General, "SALE", sale) // nobody is logged in at the till
	m.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	b.gets(ikassa.ShiftClosed, "SALE", sale)
	m.run("shift", "open")
	if err := m.reg.OpenShift(); err != nil {
		t.Fatal(err)
	}
	b.gets(ikassa.BadRequest, "SALE", strings.Replace(sale, `"cash":"10"`, `"cash":"1"`, 1))
	b.gets(ikassa.BadRequest, "SALE", strings.Replace(sale, `"cashier":"Янка",`, ``, 1))
	first := b.gets(ikassa.OK, "SALE", sale)
	// 6.3 less 0.63 are 5.67, less 0.67 are 5
	if first.Total.String() != "5" || first.Change.String() != "5" || first.Number == "" || first.UID == "" || first.Register == "" || len(first.Payments) != 1 || first.Payments[0].Sum.String() != "10" {
		t.Errorf("sold %+v", first)
	}
	m.kill()
	m.start("")
	m.await("tablets are served", served)
	if again := b.gets(ikassa.OK, "SALE", sale); again.UID != first.UID || again.Number != first.Number {
		t.Errorf("sold again: %+v", again)
	}
	b.gets(ikassa.General, "SALE", strings.Replace(sale, `"amount":"2"`, `"amount":"3"`, 1)) // another sale of the same id
	r := b.gets(ikassa.OK, "DEPOSIT", deposit)
	if r.Sum.String() != "25" || r.Register != first.Register || r.Number == "" || r.Number == first.Number || r.UID == "" || r.DateTime == "" || r.Printed == nil {
		t.Errorf("deposited %+v", r)
	}
	if again := b.gets(ikassa.OK, "DEPOSIT", deposit); again.Number != r.Number || again.UID != r.UID {
		t.Errorf("deposited again: %+v", again)
	}
	// A unit is sold by the code it came with; codes that can not all be sold
	// are refused.
	unit := `{"cashier":"Янка","itemList":[{"nameTitle":"Хлеб","codeNumber":"4600000000015","typeCode":"1","price":"3.15","amount":"1","markings":[{"ukz":"00000012"}],"section":{"code":2,"name":"Хлеб"}}],"cash":"3.15","operationId":"78"}`
	b.gets(ikassa.BadRequest, "SALE", strings.Replace(strings.Replace(unit, `"amount":"1"`, `"amount":"2"`, 1), `{"ukz":"00000012"}`, `{"ukz":"00000012"},{"ukz":"00000012"}`, 1))
	b.gets(ikassa.OK, "SALE", unit)
	docs := m.reg.Documents()
	if sold := docs[len(docs)-1]; len(sold.Items) != 1 || len(sold.Items[0].UKZ) != 1 || sold.Items[0].UKZ[0] != "00000012" {
		t.Errorf("the register has sold %+v", sold)
	}
	b.gets(ikassa.SumTooSmall, "DEPOSIT", strings.Replace(deposit, `"20"`, `"0"`, 1))
	m.run("shift", "close")
	m.stop()
	m.same()
}
