package moysklad

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// readers decode what the service answers, by the names of the examples.
var readers = map[string]func([]byte) error{
	"retailstore":     func(b []byte) error { var w wireStore; return decode(b, &w) },
	"companysettings": func(b []byte) error { var w wireCompany; return decode(b, &w) },
	"retailstores":    rowsOf[wireStore], "retailstores-intro": rowsOf[wireStore],
	"attach": readAttach, "attach-intro": readAttach,
	"discount": func(b []byte) error {
		return each(b, func(w *wireDiscount) error { _, err := discount(w); return err })
	},
	"assortment-all":  readItems,
	"assortment-page": readItems,
	"productfolder":   func(b []byte) error { return each(b, func(w *wireFolder) error { folder(w); return nil }) },
	"counterparty-page": func(b []byte) error {
		return each(b, func(w *wireCustomer) error { customer(w); return nil })
	},
	"counterparty":       func(b []byte) error { _, err := detail(b, "688bd078-800c-11e6-8a84-bae5000000a2"); return err },
	"customerorder-page": func(b []byte) error { return each(b, func(w *wireOrder) error { _, err := order(w); return err }) },
	"customerorder": func(b []byte) error {
		var w wireOrder
		if err := decode(b, &w); err != nil {
			return err
		}
		_, err := order(&w)
		return err
	},
	"sn":            rowsOf[wireSerial],
	"minion-status": readStatus,
	"recalc":        func(b []byte) error { var w wireCalculation; return decode(b, &w) },
	"retailoperation": func(b []byte) error {
		return each(b, func(w *wireHistory) error { _, err := operationOf(w); return err })
	},
}

func rowsOf[T any](b []byte) error { return each(b, func(*T) error { return nil }) }

func each[T any](b []byte, f func(*T) error) error {
	var page collection[T]
	if err := decode(b, &page); err != nil || page.Rows == nil {
		return err
	}
	for i := range *page.Rows {
		if err := f(&(*page.Rows)[i]); err != nil {
			return err
		}
	}
	return nil
}

func readAttach(b []byte) error {
	var a attachment
	return decode(b, &a)
}

func readStatus(b []byte) error {
	var s struct {
		Status text       `json:"fiscalStatus"`
		Cheque wireCheque `json:"cheque"`
	}
	if err := decode(b, &s); err != nil {
		return err
	}
	f, err := s.Cheque.fiscal(time.UTC)
	if err == nil && (s.Status != "OK" || f.FD != 1234567 || f.Sign != 111222333) {
		err = fmt.Errorf("read as %s %+v", s.Status, f)
	}
	return err
}

func readItems(b []byte) error {
	return each(b, func(w *wireItem) error { _, _, err := item(w); return err })
}

// requests are the examples of what a till sends; other tests compare what
// this one sends with them.
var requests = []string{"openshift", "openshift-plain", "closeshift", "closeshift-plain", "retaildemand", "retaildemand-plain", "retailsalesreturn",
	"retaildrawercashin", "retaildrawercashout", "prepayment", "prepaymentreturn", "recalc-request", "customerorder-new", "product", "counterparty-new", "state",
	"master-approve", "master-reject"}

// Every example of an answer is understood, and none is forgotten.
func TestEveryExampleIsRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 34 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		read, ok := readers[name]
		switch {
		case ok:
			if err := read(example(t, name, nil)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !slices.Contains(requests, name):
			t.Errorf("%s is read by nobody", name)
		default:
			var v map[string]any
			example(t, name, &v)
		}
	}
}

// FuzzReaders: whatever comes, a decoder gives an error or a value that keeps
// to its limits; it never panics.
func FuzzReaders(f *testing.F) {
	for name := range readers {
		b, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, odd := range []string{"", "{", "null", "[]", `{"rows":null}`, `{"rows":[null]}`, `{"rows":[{"id":1e999,"salePrices":[{"value":"x"}],"discounts":[{}],"positions":[{}]}]}`,
		`{"bonusProgram":[],"bonusPoints":{},"meta":[],"rows":{}}`, `{"cashiers":[],"organization":"x"}`} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range readers {
			if err := read(b); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
		refusal(412, nil, b, 0)
	})
}

func TestExampleSerials(t *testing.T) {
	var page collection[wireSerial]
	example(t, "sn", &page)
	var got []catalog.Serial
	for _, w := range *page.Rows {
		got = append(got, catalog.Serial{Number: string(w.Name), Item: w.Assortment.id()})
	}
	want := []catalog.Serial{
		{Number: "12322678909292929292", Item: "b7fb5459-2a83-11e7-9464-e4de00000026"}, {Number: "12345678909292929292", Item: "bbc50755-2a83-11e7-9464-e4de0000002e"},
		{Number: "123456665556329292926", Item: "bbc82552-2a83-11e7-9464-e4de00000032"}, {Number: "123", Item: "73a83977-89c7-11e8-253d-a06100000004"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestExampleCustomer(t *testing.T) {
	w, err := detail(example(t, "counterparty", nil), "688bd078-800c-11e6-8a84-bae5000000a2")
	if err != nil {
		t.Fatal(err)
	}
	got, ok := customer(w)
	want := catalog.CustomerCard{Customer: catalog.Customer{ID: "688bd078-800c-11e6-8a84-bae5000000a2", Personal: []catalog.PersonalDiscount{
		{DiscountID: "941e8ce7-7b1d-11e6-8a84-bae500000111", Correction: 30000}, {DiscountID: "98af408c-7fdc-11e6-8a84-bae50000003c", Correction: 1000},
		{DiscountID: "fbd3a1b7-7fdd-11e6-8a84-bae500000047", Correction: 1000}}}, Name: "АО компания-банк", Card: "6", Phone: "7666555444333"}
	want.Tags = got.Tags
	if d := cmp.Diff(want, got); d != "" || !ok || len(got.Tags) != 0 {
		t.Error(d)
	}
	if _, err := detail(example(t, "counterparty-page", nil), "688bd078-800c-11e6-8a84-bae5000000a2"); err != nil {
		t.Errorf("as a list: %v", err)
	}
	if _, err := detail(example(t, "counterparty-page", nil), "788bd078-800c-11e6-8a84-bae5000000a2"); err == nil {
		t.Error("somebody else's details were taken")
	}
}

func TestExampleOrder(t *testing.T) {
	var w wireOrder
	example(t, "customerorder", &w)
	got, err := order(&w)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "00001" || got.State != "Новый" || got.AgentName != `ООО "Покупатель"` || len(got.Positions) != 3 || got.Positions[1].Qty != 10_000 ||
		!got.Time.Equal(time.Date(2017, 1, 16, 11, 59, 0, 0, time.UTC)) {
		t.Errorf("got %+v", got)
	}
}

func TestExampleHistory(t *testing.T) {
	var page collection[wireHistory]
	example(t, "retailoperation", &page)
	var got []Operation
	for i := range *page.Rows {
		o, err := operationOf(&(*page.Rows)[i])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o)
	}
	want := []Operation{
		{Kind: "retailsalesreturn", ID: "6f2a160d-5842-452c-9845-a8fd82b43a62", Name: "00001", Time: time.Date(2019, 9, 11, 17, 15, 0, 0, time.UTC), Shift: "00001"},
		{Kind: "retaildemand", ID: "21356f1a-1826-475b-bf7c-80d2ced0229f", Name: "00001", Time: time.Date(2019, 9, 11, 17, 5, 0, 0, time.UTC), Sum: 1000, NoCash: 1000, Shift: "00001", Returned: true},
	}
	if d := cmp.Diff(want, got); d != "" || got[1].Cash() != money.Amount(0) {
		t.Error(d)
	}
}

func TestMoments(t *testing.T) {
	want := time.Date(2019, 9, 11, 17, 15, 0, 0, time.UTC)
	if at := parseMoment("2019-09-11 17:15:00"); !at.Equal(want) {
		t.Error(at)
	}
	if at := parseMoment("2019-09-11 17:15:00.250"); !at.Equal(want.Add(250 * time.Millisecond)) {
		t.Error(at)
	}
	if at := parseMoment("yesterday"); !at.IsZero() {
		t.Error(at)
	}
}

// The token goes to the service only, whatever address a picture has.
func TestPictureAddresses(t *testing.T) {
	const id = "35629a98-d029-11e7-0532-9eed00000001"
	for href, ok := range map[string]bool{
		"http://online.moysklad.ru/api/posap/1.0/download/" + id: true, "https://x/download/" + id + "?miniature=true": true,
		"http://online.moysklad.ru/app/download/" + id + "/t.png": false, "": false, "%zz": false, "https://x/download/../../admin": false, "https://x/" + id: false,
	} {
		if got, err := imageID(href); (err == nil) != ok || ok && got != id {
			t.Errorf("%s: %s %v", href, got, err)
		}
	}
}
