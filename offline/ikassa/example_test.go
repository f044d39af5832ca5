package ikassa

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The guide's answers come back byte for byte, spaces between tokens aside.
func TestExamplesKeepTheirBytes(t *testing.T) {
	for _, name := range []string{"all.json", "one.json", "missing.json"} {
		text := read(t, name)
		r, err := DecodeResponse(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, text); err != nil {
			t.Fatal(err)
		}
		got, err := Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The guide's requests ask for what its answers hold.
func TestExamplesOfRequests(t *testing.T) {
	for name, want := range map[string][]string{
		"ask_all.json": nil, "ask_one.json": {"bb074ac8-3661-4c56-818e-26686d5a7ec3"}, "ask_missing.json": {"12345-6789-4c56-818e-26686d5a7ec3"},
	} {
		got, err := DecodeUUIDs(read(t, name))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// Every number of the guide's cheques follows from its items by the arithmetic.
func TestExamplesAddUp(t *testing.T) {
	r, err := DecodeResponse(read(t, "all.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range r.Cheques {
		ask := ChequeRequest{Info: want.Info, Currency: want.Currency, Discount: bare(want.Discount), Increase: bare(want.Increase)}
		for _, it := range want.Items {
			item := ItemRequest{Name: it.Name, Code: it.Code, Price: it.Price, Quantity: it.Quantity, Discount: bare(it.Discount)}
			if it.Tax != nil {
				item.TaxRate = "tax" + string(it.Tax.Rate)
			}
			ask.Items = append(ask.Items, item)
		}
		got, err := ask.Compute()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", want.Info.Name, err, diff)
		}
	}
}

func bare(c *Change) *Change {
	if c == nil {
		return nil
	}
	return &Change{Percent: c.Percent, Value: c.Value}
}

func TestDecodeCheques(t *testing.T) {
	added, err := DecodeCheques(OpAddCheques, read(t, "add.json"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := added[0].Compute()
	if err != nil {
		t.Fatal(err)
	}
	// 100 - 10 + 5 = 95; 95 - 4.75 + 2.38 = 92.63; 95*10/110 = 8.64
	if got.SubTotal != 95_00 || got.Discount.String() != "4.75" || got.Increase.String() != "2.38" || got.Total != 92_63 || got.Items[0].Tax.Value != 8_64 {
		t.Errorf("came to %+v", got)
	}
	ordered, err := DecodeCheques(OpEditOrder, read(t, "order.json"))
	if err != nil {
		t.Fatal(err)
	}
	o := ordered[0]
	if o.Info.Type != Order || *o.Info.Table != 4 || *o.Info.Place != 2 || o.Info.Number != "12" || o.TaxNumber != "190000001" || o.Edit {
		t.Errorf("order %+v", o.Info)
	}
	if diff := cmp.Diff(&Code{CodeOwn, "10"}, o.Items[0].Code); diff != "" || o.Items[0].Price != 7_50 || o.Items[0].Quantity != 2_000 {
		t.Errorf("item %+v %s", o.Items[0], diff)
	}
	for _, wrap := range []string{"[%]", `{"cheques":[%]}`, "%"} {
		body := strings.ReplaceAll(wrap, "%", string(read(t, "order.json")))
		if c, err := DecodeCheques(OpEditCheque, []byte(body)); err != nil || len(c) != 1 || c[0].Info.UUID != "11" {
			t.Errorf("%s: %v", wrap, err)
		}
	}
}

// String makes the failures above readable.
func (c *Change) String() string {
	if c == nil || c.Sum == nil {
		return "nothing"
	}
	return c.Sum.String()
}

func TestDecodeSale(t *testing.T) {
	s, err := DecodeSale(read(t, "sale.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Compute()
	if err != nil {
		t.Fatal(err)
	}
	back, err := s.Pay(c.Total)
	if err != nil || c.Total.String() != "7.97" || back.String() != "7.03" {
		t.Errorf("total %s, change %s, %v", c.Total, back, err)
	}
	if _, err := s.Pay(16_00); ResultOf(err) != BadRequest {
		t.Errorf("15 for 16: %v", err)
	}
	card := Sum(7_97)
	s.Cashless = &card
	if _, err := s.Pay(7_97); ResultOf(err) != BadRequest {
		t.Errorf("cash beside a card that pays all: %v", err)
	}
}

// What is wrong with a body is told by its own code.
func TestDecodeRefusals(t *testing.T) {
	item := `"items":[{"name":"a","price":"1","quantity":"1"}]`
	cheque := func(s string) string { return `{"info":{"uuid":"1"},` + s + `}` }
	for body, want := range map[string]Result{
		``: BadRequest, `{`: BadRequest, `[]`: BadRequest, `[null]`: BadRequest, `7`: BadRequest, `{"cheques":[]}`: BadRequest, `[[]]`: BadRequest,
		cheque(item):               OK,
		cheque(item) + "x":         BadRequest,
		`{"info":{},` + item + `}`: BadRequest,
		`{"info":{"uuid":"` + strings.Repeat("1", MaxUUID+1) + `"},` + item + `}`:            BadRequest,
		`{"info":{"uuid":"1","chequeType":"Paid"},` + item + `}`:                             BadRequest,
		`{"info":{"uuid":"1","chequeType":"Postponed","table":1},` + item + `}`:              BadRequest,
		`{"info":{"uuid":"1","table":-1},` + item + `}`:                                      BadRequest,
		`{"info":{"uuid":"1","table":1.5},` + item + `}`:                                     BadRequest,
		`{"info":{"uuid":"1","name":"` + strings.Repeat("я", MaxText+1) + `"},` + item + `}`: BadRequest,
		"[" + cheque(item) + "," + cheque(item) + "]":                                        BadRequest,
		cheque(`"items":[]`): BadRequest,
		cheque(`"items":[` + strings.Repeat(`{"price":"1","quantity":"1"},`, MaxItems) + `{"price":"1","quantity":"1"}]`): BadRequest,
		cheque(`"items":[{"price":"-0.01","quantity":"1"}]`):                                                              BadPrice,
		cheque(`"items":[{"price":"100000000000","quantity":"1"}]`):                                                       BadPrice,
		cheque(`"items":[{"price":"99999999999.99","quantity":"1"}]`):                                                     OK,
		cheque(`"items":[{"price":"99999999999.99","quantity":"9999.999"}]`):                                              SumTooLarge,
		cheque(`"items":[{"price":"1","quantity":"0"}]`):                                                                  QtyTooSmall,
		cheque(`"items":[{"price":"1","quantity":"-1"}]`):                                                                 QtyTooSmall,
		cheque(`"items":[{"price":"1","quantity":"10000"}]`):                                                              QtyTooLarge,
		cheque(`"items":[{"price":"1","quantity":"0.0001"}]`):                                                             BadRequest,
		cheque(`"items":[{"price":"1e2","quantity":"1"}]`):                                                                BadRequest,
		cheque(`"items":[{"price":1e2,"quantity":"1"}]`):                                                                  BadRequest,
		cheque(`"items":[{"price":true,"quantity":"1"}]`):                                                                 BadRequest,
		cheque(`"items":[{"price":"1","quantity":"1","taxRate":"vat10"}]`):                                                BadRequest,
		cheque(`"items":[{"price":"1","quantity":"1","markings":[{}]}]`):                                                  BadRequest,
		cheque(`"chequeDiscount":{"isPercent":false,"value":"1.01"},` + item):                                             NegativeTotal,
		cheque(`"chequeDiscount":{"isPercent":true,"value":"100.01"},` + item):                                            BadRequest,
		cheque(`"chequeDiscount":{"isPercent":true,"value":"100"},` + item):                                               OK,
		cheque(`"chequeDiscount":null,"chequeIncrease":null,"isEdit":null,` + item):                                       OK,
	} {
		_, err := DecodeCheques(OpEditCheque, []byte(body))
		if got := ResultOf(err); got != want {
			t.Errorf("%.80s: %v (%v), want %v", body, int(got), err, int(want))
		}
	}
	if _, err := DecodeUUIDs(bytes.Repeat([]byte(" "), MaxBody+1)); ResultOf(err) != BadRequest {
		t.Errorf("a large body: %v", err)
	}
	for body, want := range map[string][]string{"": nil, " \n": nil, "{}": nil, "null": nil, `{"uuids":null}`: nil, `{"uuids":["b","a","b",7]}`: {"b", "a", "7"}} {
		got, err := DecodeUUIDs([]byte(body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", body, err, diff)
		}
	}
	if _, err := DecodeAuth([]byte(`{"pin":1234}`)); ResultOf(err) != BadRequest || strings.Contains(err.Error(), "1234") {
		t.Errorf("a PIN that is a number: %v", err)
	}
	for body, want := range map[string]Result{
		`{"cashier":"a","sum":"10"}`: OK, `{"cashier":"a","sum":"0"}`: SumTooSmall, `{"sum":"1"}`: BadRequest, `{"cashier":"a","sum":"100000000000"}`: SumTooLarge,
	} {
		if _, err := DecodeDeposit([]byte(body)); ResultOf(err) != want {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestResults(t *testing.T) {
	if Result(417).Known() || !NotFound.Known() || Result(417).Text("ru") != General.Text("ru") {
		t.Error("417 is not in the guide")
	}
	for r, texts := range results {
		if texts[0] == "" || texts[1] == "" || r.Text("en") != texts[1] || !errors.Is(r, r) {
			t.Errorf("%d: %q", r, texts)
		}
	}
	for _, body := range []string{``, `{}`, `[]`, `{"resultCode":"x"}`} {
		if _, err := DecodeResponse([]byte(body)); ResultOf(err) != General {
			t.Errorf("%q: %v", body, err)
		}
	}
	b, err := Encode(Response{Result: OK, Type: OpGetCheques, Cheques: []Cheque{}})
	if err != nil || !strings.Contains(string(b), `"cheques":[]`) {
		t.Errorf("an empty store: %s %v", b, err)
	}
}
