package cheques

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/lockout"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// shop is a till of its own, without a disk and devices.
type shop struct {
	mu    sync.Mutex
	state till.State
	now   time.Time
	store catalog.Store
	items []catalog.Item

	tokens  map[string]access.Token
	clouded bool
	flushed int
}

func newShop(currency string) *shop {
	s := &shop{now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), tokens: map[string]access.Token{"good": {}},
		store: catalog.Store{PriceType: "retail", Currency: currency, TaxSystem: tax.General, FreePrice: true, ManualDiscount: true, MaxDiscount: 100_000,
			Cashiers: []catalog.Cashier{{ID: "c", Name: "Анна", PINHash: "1111", Role: catalog.RoleCashier}, {ID: "t", Name: "Мастер", PINHash: "3333", Role: catalog.RoleTechnician}}},
		items: []catalog.Item{{ID: "tea", Type: catalog.Product, Name: "Чай чёрный", Code: "10", Rate: tax.VAT10, Prices: []catalog.Price{{Type: "retail", Value: 5_00}}}}}
	s.state = till.New(till.Settings{Bench: true, Currency: currency})
	s.step(till.Restored{})
	s.step(till.CatalogChanged{Generation: 1, Store: s.store})
	return s
}

func (s *shop) step(ev till.Event) (err *fault.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fx []till.Effect
	s.state, fx = till.Step(s.state, till.Env{Now: s.now, NewID: uuid.New}, ev)
	for _, e := range fx {
		if r, ok := e.(till.Reply); ok {
			err = r.Err
		}
	}
	return err
}

func (s *shop) Do(_ context.Context, cmd till.Event) error {
	if err := s.step(till.WithReq(cmd, 1)); err != nil {
		return err
	}
	return nil
}

func (s *shop) View() (till.View, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.View(s.now), 1
}

func (s *shop) Allows(secret string, _ access.Scope) (access.Token, bool, bool) {
	t, ok := s.tokens[secret]
	return t, ok, ok
}

func (s *shop) Session(_ context.Context, cashier, _ string, _ access.Scope, life time.Duration) (string, error) {
	s.tokens["of "+cashier] = access.Token{Cashier: cashier, Until: s.now.Add(life)}
	return "of " + cashier, nil
}

func (s *shop) options() Options {
	return Options{
		Till: s, Tokens: s, Store: func() catalog.Store { return s.store }, Clouded: func() bool { return s.clouded },
		Flush: func(context.Context) error { s.flushed++; return nil },
		Lookup: func(_ context.Context, _ int64, code string) (catalog.Match, error) {
			for _, it := range s.items {
				if it.Code == code {
					return catalog.Match{Generation: 1, Item: it, Qty: qty.One, Code: code}, nil
				}
			}
			return catalog.Match{}, fault.New(fault.CodeUnknown, code)
		},
		Cashiers: func() []catalog.Cashier { return s.store.Cashiers },
		CheckPIN: func(hash, pin string) (bool, error) { return hash == pin, nil },
		Language: "ru", Now: func() time.Time { return s.now }, Log: slog.New(slog.DiscardHandler),
	}
}

// ask sends one request.
func ask(t *testing.T, h http.Handler, token, op, body string) (int, []byte, ikassa.Response) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, ikassa.Path, strings.NewReader(body))
	r.Header.Set(ikassa.HeaderOp, op)
	if token != "" {
		r.Header.Set(ikassa.HeaderTok, token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer, err := ikassa.DecodeResponse(w.Body.Bytes())
	if err != nil {
		t.Fatalf("%s: HTTP %d: %v", op, w.Code, err)
	}
	return w.Code, w.Body.Bytes(), answer
}

// example is one of the guide's, without the spaces between its tokens.
func example(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "offline", "ikassa", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTheGuidesExamples: the guide's cheques are added and read back as the
// guide shows them, byte for byte.
func TestTheGuidesExamples(t *testing.T) {
	s := newShop(tax.BYN)
	h := New(s.options())
	var guide ikassa.Response
	if err := json.Unmarshal(example(t, "all.json"), &guide); err != nil {
		t.Fatal(err)
	}
	for _, c := range guide.Cheques {
		in := ikassa.ChequeRequest{Info: c.Info, Currency: c.Currency, Discount: bare(c.Discount)}
		for _, it := range c.Items {
			item := ikassa.ItemRequest{Name: it.Name, Code: it.Code, Price: it.Price, Quantity: it.Quantity, Discount: bare(it.Discount)}
			if it.Tax != nil {
				item.TaxRate = "tax" + string(it.Tax.Rate)
			}
			in.Items = append(in.Items, item)
		}
		body, err := ikassa.Encode([]ikassa.ChequeRequest{in})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, r := ask(t, h, "good", "ADD_CHEQUES", string(body)); r.Result != ikassa.OK || r.Type != ikassa.OpAddCheques || r.Title != ikassa.TitleOK {
			t.Fatalf("%s: %d %s", c.Info.Name, r.Result, r.Detail)
		}
		s.now = s.now.Add(time.Second)
	}
	if s.flushed != 2 {
		t.Errorf("answered before the disk: %d", s.flushed)
	}
	for request, want := range map[string]string{"": "all.json", string(example(t, "ask_all.json")): "all.json", "{}": "all.json",
		string(example(t, "ask_one.json")): "one.json", string(example(t, "ask_missing.json")): "missing.json"} {
		status, got, _ := ask(t, h, "good", "GET_CHEQUES", request)
		if diff := cmp.Diff(string(example(t, want)), string(got)); diff != "" || status != http.StatusOK {
			t.Errorf("%q: HTTP %d %s", request, status, diff)
		}
	}
	// In the order of the request, each once.
	_, _, r := ask(t, h, "good", "Get_Cheques", `{"uuids":["`+guide.Cheques[1].Info.UUID+`","`+guide.Cheques[0].Info.UUID+`","`+guide.Cheques[1].Info.UUID+`"]}`)
	if len(r.Cheques) != 2 || r.Cheques[0].Info.Name != "Чек 2" {
		t.Errorf("listed %+v", r.Cheques)
	}
}

// TestSectionsAndMarkings: they come back as they came, in whatever is listed,
// and nothing that no answer has.
func TestSectionsAndMarkings(t *testing.T) {
	s := newShop(tax.BYN)
	h := New(s.options())
	const put = `{"cheques":[{"info":{"uuid":"1","name":"Стол"},"currency":"BYN","tpTaxNumber":190000001,"prefix":[{"Text":{"text":"П"}}],"suffix":[{"QrCode":{"qrCode":"AAAA"}}],"items":[` +
		`{"name":"Чай","code":{"type":"0","value":"10"},"price":"5","quantity":"2","section":{"code":"3","name":"Чайная"},"markings":[{"si":"0104600000000015215\u001d93abcd"},{"ukz":"A 1"}],"taxRate":"tax10"},` +
		`{"name":"Мёд","price":"1","quantity":"1","section":{"code":4},"markings":[{"si":"x"}]}]}]}`
	const want = `{"messageDetail":"Чеки успешно получены","messageTitle":"Успех","resultCode":200,"type":"GET_CHEQUES","cheques":[{"info":{"uuid":"1","name":"Стол","chequeType":"Postponed"},"currency":"BYN","subTotal":"11","total":"11","items":[` +
		`{"name":"Чай","code":{"type":0,"value":10},"price":"5","quantity":"2","tax":{"rate":"10","value":"0.91"},"section":{"code":3,"name":"Чайная"},"markings":[{"si":"0104600000000015215\u001d93abcd"},{"ukz":"A 1"}],"sum":"10","total":"10"},` +
		`{"name":"Мёд","price":"1","quantity":"1","section":{"code":4},"markings":[{"si":"x"}],"sum":"1","total":"1"}],"payments":[]}]}`
	// Added, then put in the place of itself.
	for _, body := range []string{put, strings.Replace(put, `{"info":{`, `{"isEdit":true,"info":{`, 1)} {
		if _, _, r := ask(t, h, "good", "ADD_OR_EDIT_CHEQUES", body); r.Result != ikassa.OK {
			t.Fatalf("%d %s", r.Result, r.Detail)
		}
		if _, got, _ := ask(t, h, "good", "GET_CHEQUES", `{"uuids":["1"]}`); string(bytes.TrimSpace(got)) != want {
			t.Error(cmp.Diff(want, string(got)))
		}
	}
}

func bare(c *ikassa.Change) *ikassa.Change {
	if c == nil {
		return nil
	}
	return &ikassa.Change{Percent: c.Percent, Value: c.Value}
}

const tea = `{"info":{"uuid":"1"},"items":[{"name":"Чай","code":{"type":0,"value":10},"price":"5","quantity":"2"}]}`

// TestWhatACashierMayNotDo: a token of a PIN may what its cashier may; one that
// a technician has made may what the shop's rules let be.
func TestWhatACashierMayNotDo(t *testing.T) {
	s := newShop(tax.RUB)
	h := New(s.options())
	for pin, token := range map[string]string{"1111": "of c", "3333": "of t"} {
		if _, _, r := ask(t, h, "", "AUTH", `{"pin":"`+pin+`","returnToken":true}`); r.Token != token {
			t.Fatalf("token %q", r.Token)
		}
	}
	cheaper := strings.Replace(tea, `"quantity"`, `"discount":{"isPercent":true,"value":"10"},"quantity"`, 1)
	dearer := strings.Replace(tea, `"price":"5"`, `"price":"6"`, 1)
	for _, c := range []struct {
		token, body string
		want        ikassa.Result
	}{
		{"of t", cheaper, ikassa.General}, {"of t", dearer, ikassa.General}, {"of t", tea, ikassa.OK},
		{"of c", strings.Replace(cheaper, `"1"}`, `"2"}`, 1), ikassa.OK}, {"of c", strings.Replace(dearer, `"1"}`, `"3"}`, 1), ikassa.OK},
	} {
		if _, _, r := ask(t, h, c.token, "ADD_OR_EDIT_ORDER", c.body); r.Result != c.want {
			t.Errorf("%s: %d %s, want %d: %s", c.token, r.Result, r.Detail, c.want, c.body)
		}
	}
	s.store.Cashiers = s.store.Cashiers[1:] // dismissed
	s.step(till.CatalogChanged{Generation: 2, Store: s.store})
	if status, _, r := ask(t, h, "of c", "ADD_OR_EDIT_ORDER", strings.Replace(tea, `"1"}`, `"4"}`, 1)); r.Result != ikassa.BadToken || status != http.StatusUnauthorized {
		t.Errorf("a dismissed cashier: HTTP %d %d", status, r.Result)
	}
}

// TestUnknownGoods: what the catalogue does not know is a line at a free price
// where nothing forbids it.
func TestUnknownGoods(t *testing.T) {
	s := newShop(tax.RUB)
	h := New(s.options())
	free := strings.Replace(tea, `"value":10`, `"value":11`, 1)
	if _, _, r := ask(t, h, "good", "ADD_OR_EDIT_ORDER", free); r.Result != ikassa.OK {
		t.Fatalf("%d %s", r.Result, r.Detail)
	}
	s.clouded = true
	if _, _, r := ask(t, h, "good", "ADD_OR_EDIT_ORDER", strings.Replace(free, `"1"}`, `"2"}`, 1)); r.Result != ikassa.General || !strings.Contains(r.Detail, "Чай") {
		t.Errorf("where a cloud would refuse the receipt: %d %s", r.Result, r.Detail)
	}
	if _, _, r := ask(t, h, "good", "ADD_OR_EDIT_ORDER", strings.Replace(tea, `"1"}`, `"2"}`, 1)); r.Result != ikassa.OK {
		t.Errorf("known goods: %d %s", r.Result, r.Detail)
	}
	_, _, r := ask(t, h, "good", "GET_CHEQUES", "")
	if len(r.Cheques) != 2 || r.Cheques[1].Items[0].Name != "Чай" || r.Cheques[1].Items[0].Code.Value != "10" || r.Cheques[1].Total != 10_00 {
		t.Errorf("listed %+v", r.Cheques)
	}
}

// TestChangedAtTheTill: what a cashier changes is told as it is now.
func TestChangedAtTheTill(t *testing.T) {
	s := newShop(tax.RUB)
	h := New(s.options())
	off := strings.Replace(tea, `"items"`, `"chequeDiscount":{"isPercent":true,"value":"10"},"items"`, 1)
	ask(t, h, "good", "ADD_OR_EDIT_ORDER", off)
	v, _ := s.View()
	if err := s.step(till.Recall{Req: 1, ID: v.Parked[0].ID}); err != nil {
		t.Fatal(err)
	}
	v, _ = s.View()
	if err := s.step(till.SetQty{Req: 1, Line: v.Cheque.Lines[0].ID, Qty: 3 * qty.One}); err != nil {
		t.Fatal(err)
	}
	_, _, r := ask(t, h, "good", "GET_CHEQUES", "")
	if c := r.Cheques[0]; c.SubTotal != 15_00 || c.Total != 13_50 || *c.Discount.Sum != 1_50 || !c.Discount.Percent || c.Items[0].Quantity != 3_000 {
		t.Errorf("listed %+v", c)
	}
}

// TestPINsAreNotGuessed: five wrong ones lock the login for a time that
// doubles; the right one does not open it before.
func TestPINsAreNotGuessed(t *testing.T) {
	s := newShop(tax.RUB)
	o := s.options()
	var kept []time.Time
	o.Refused = func(context.Context) { kept = append(kept, s.now) }
	h := New(o)
	try := func(pin string) (ikassa.Result, string) {
		_, _, r := ask(t, h, "", "AUTH", `{"pin":"`+pin+`","returnToken":true}`)
		return r.Result, r.Token
	}
	for range lockout.Tries {
		if r, _ := try("0000"); r != ikassa.BadToken {
			t.Fatalf("a wrong PIN: %d", r)
		}
	}
	if r, token := try("1111"); r != ikassa.General || token != "" {
		t.Errorf("locked: %d %q", r, token)
	}
	s.now = s.now.Add(lockout.First)
	if r, _ := try("0000"); r != ikassa.BadToken {
		t.Errorf("after the lock: %d", r)
	}
	s.now = s.now.Add(lockout.First)
	o.WrongPINs = kept // a restart opens it neither
	h = New(o)
	if r, _ := try("1111"); r != ikassa.General {
		t.Errorf("the second lock is longer: %d", r)
	}
	s.now = s.now.Add(lockout.First)
	if r, token := try("1111"); r != ikassa.OK || token == "" {
		t.Errorf("after it: %d", r)
	}
}

// TestWithoutAToken: Open lets programs in while a cashier is logged in.
func TestWithoutAToken(t *testing.T) {
	s := newShop(tax.RUB)
	o := s.options()
	if status, _, r := ask(t, New(o), "", "GET_CHEQUES", ""); status != http.StatusUnauthorized || r.Result != ikassa.Unauthorised {
		t.Errorf("no token: HTTP %d %d", status, r.Result)
	}
	o.Open = true
	h := New(o)
	if _, _, r := ask(t, h, "", "GET_CHEQUES", ""); r.Result != ikassa.Unauthorised {
		t.Errorf("nobody is logged in: %d", r.Result)
	}
	s.logIn(t)
	if _, _, r := ask(t, h, "", "GET_CHEQUES", ""); r.Result != ikassa.OK {
		t.Errorf("a cashier is: %d", r.Result)
	}
	if _, _, r := ask(t, h, "bad", "GET_CHEQUES", ""); r.Result != ikassa.BadToken {
		t.Errorf("a wrong token: %d", r.Result)
	}
}

// logIn logs the cashier in at the till.
func (s *shop) logIn(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	next, fx := till.Step(s.state, till.Env{Now: s.now, NewID: uuid.New}, till.Login{Req: 1, PIN: "1111"})
	s.state = next
	s.mu.Unlock()
	for _, e := range fx {
		if a, ok := e.(till.Authenticate); ok {
			s.step(till.Authenticated{Op: a.Op, Cashier: &s.store.Cashiers[0]})
			return
		}
	}
	t.Fatal("no login")
}

// FuzzServer: whatever comes in, the answer is one of the API's and the till
// takes no cheque whose total it would not come to.
func FuzzServer(f *testing.F) {
	f.Add("ADD_CHEQUES", []byte("["+tea+"]"))
	f.Add("GET_CHEQUES", []byte(`{"uuids":["1"]}`))
	f.Add("AUTH", []byte(`{"pin":"1111","returnToken":true}`))
	f.Add("SALE", []byte(`{"cashier":"a","itemList":[{"nameTitle":"b","price":"1","amount":"1"}],"cash":"1"}`))
	f.Add("x", []byte{0xff})
	s := newShop(tax.BYN)
	h := New(s.options())
	f.Fuzz(func(t *testing.T, op string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, ikassa.Path, bytes.NewReader(body))
		r.Header[http.CanonicalHeaderKey(ikassa.HeaderOp)] = []string{op}
		r.Header.Set(ikassa.HeaderTok, "good")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if _, err := ikassa.DecodeResponse(w.Body.Bytes()); err != nil {
			t.Fatalf("%d %v: %s", w.Code, err, w.Body)
		}
		v, _ := s.View()
		for _, c := range v.Waiting() {
			var sum money.Amount
			for _, row := range c.Items.Rows {
				sum += row.Total
			}
			if sum != c.Items.Total || c.Total < 0 {
				t.Fatalf("%s of %s", c.Total, sum)
			}
		}
	})
}
