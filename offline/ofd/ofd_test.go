package ofd

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/money"
)

func sum(a money.Amount) *money.Amount { return &a }
func count(n int64) *int64             { return &n }

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The published example, both ways.
func TestPublishedExample(t *testing.T) {
	var got *http.Request
	var body Query
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if _, err := w.Write(read(t, "answer.json")); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	var q Query
	if err := json.Unmarshal(read(t, "request.json"), &q); err != nil {
		t.Fatal(err)
	}
	r, err := New(Options{URL: server.URL + "/v1/", YandexKey: "a", OFDKey: "b", HTTP: server.Client()}).Page(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.URL.Path != "/v1/docs/aggregations/shifts" || got.Header.Get("x-yandex-key") != "a" || got.Header.Get("x-ofd-key") != "b" ||
		got.Header.Get("Content-Type") != "application/json" || cmp.Diff(q, body) != "" {
		t.Errorf("%s %s %v: %s", got.Method, got.URL, got.Header, cmp.Diff(q, body))
	}
	nothing := func() *Block {
		f := func() Figure { return Figure{sum(0), count(0)} }
		return &Block{f(), f(), f(), f(), f(), f()}
	}
	income := nothing()
	income.Cash, income.Total = Figure{sum(14000), count(2)}, Figure{sum(14000), count(2)}
	want := Report{Total: count(1), Data: []Shift{{RN: "3546446467562434", FN: "4346576876976321", Shift: 2, Open: "2018-06-15 14:02:00", Close: "2018-06-18 11:22:00",
		Income: income, IncomeReturn: nothing(), Outcome: nothing(), OutcomeReturn: nothing()}}}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
	at, err := r.Data[0].Open.At(time.FixedZone("MSK", 3*3600))
	if err != nil || at.Unix() != time.Date(2018, 6, 15, 11, 2, 0, 0, time.UTC).Unix() {
		t.Errorf("%v %v", at, err)
	}
}

func TestSumsAreReadByTheirDigits(t *testing.T) {
	for s, want := range map[string]money.Amount{`140`: 14000, `140.0`: 14000, `140.55`: 14055, `1e2`: 10000, `1.4055E+2`: 14055, `0`: 0, `0.0`: 0, `-1.5`: -150,
		`14055e-2`: 14055, `140.5500000`: 14055, `0.1`: 10, `100e-2`: 100, `0.00e9`: 0, `1400000e-7`: 14, `33.30`: 3330} {
		if got, err := parseSum([]byte(s)); err != nil || got != want {
			t.Errorf("%s: %d, want %d (%v)", s, got, want, err)
		}
	}
	for _, s := range []string{`140.555`, `1e-3`, `"140"`, `true`, ``, `.`, `-`, `1e99`, `1e999999999999`, `99999999999999999999`, `1e20`, `0x1`, `1_0`, `1.2.3`, `+-1`} {
		if got, err := parseSum([]byte(s)); !errors.Is(err, ErrSum) {
			t.Errorf("%q: %d, %v", s, got, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		want := money.Amount(rapid.Int64Range(-int64(maxSum), int64(maxSum)).Draw(t, "sum"))
		if got, err := parseSum([]byte(decimal(want))); err != nil || got != want {
			t.Fatalf("%s: %d, want %d (%v)", decimal(want), got, want, err)
		}
	})
}

func TestWhatIsMissingIsNotKnown(t *testing.T) {
	var s Shift
	if err := json.Unmarshal([]byte(`{"income":{"total_sum":1,"TOTAL_count":null,"other":[1]},"later":{}}`), &s); err != nil {
		t.Fatal(err)
	}
	want := Shift{Income: &Block{Total: Figure{Sum: sum(100)}}}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{`{"income":{"total_sum":1.001}}`, `{"income":{"total_count":1.5}}`, `{"income":[]}`, `{"shift":"2"}`} {
		if err := json.Unmarshal([]byte(bad), &s); err == nil {
			t.Errorf("%s is a shift", bad)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status    int
		body      string
		code      int
		words     string
		permanent bool
	}{
		{401, `{"code":1,"message":"Incorrect Yandex Key"}`, 1, "Incorrect Yandex Key", true},
		{403, `{"code":"4","error":"Cash Register not found"}`, 4, "Cash Register not found", true},
		{403, `4`, 0, "4", true}, {400, `{"code":5}`, 5, "code", true}, {422, `<html>`, 0, "<html>", true},
		{429, ``, 0, "", false}, {500, `{"code":26,"error":{"a":1}}`, 26, "code", false}, {503, strings.Repeat("x", 1<<20), 0, "x", false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			if _, err := fmt.Fprint(w, c.body); err != nil {
				t.Log(err)
			}
		}))
		_, err := New(Options{URL: server.URL, HTTP: server.Client(), YandexKey: "secret-key", OFDKey: "secret-key"}).Shifts(t.Context(), Query{})
		server.Close()
		var r *Refusal
		if !errors.As(err, &r) || r.Status != c.status || r.Code != c.code || !strings.Contains(r.Message, c.words) || r.Permanent() != c.permanent || len(err.Error()) > 400 || strings.Contains(err.Error(), "secret-key") {
			t.Errorf("%d %.40s: %.200v", c.status, c.body, err)
		}
	}
	for status, body := range map[int]string{200: `{"total":1}`, 201: `{}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			if _, err := fmt.Fprint(w, body); err != nil {
				t.Error(err)
			}
		}))
		if _, err := New(Options{URL: server.URL, HTTP: server.Client()}).Page(t.Context(), Query{}); err == nil {
			t.Errorf("%d %s is a report", status, body)
		}
		server.Close()
	}
}

// A book agrees with adding up by hand, whatever is asked for.
func TestBook(t *testing.T) {
	zone := time.FixedZone("", 5*3600)
	day := time.Date(2026, 11, 1, 9, 0, 0, 0, zone)
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Event {
			e := Event{RN: "1", FN: rapid.SampledFrom([]string{"9999", "8888"}).Draw(t, "fn"), Shift: rapid.Int64Range(1, 3).Draw(t, "shift"),
				Type: rapid.SampledFrom(DocumentTypes).Draw(t, "type"), Time: day.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "minute")) * time.Minute)}
			if strings.Contains("receipt receiptCorrection bso bsoCorrection", e.Type) {
				e.Operation, e.Taxation = rapid.SampledFrom(Operations).Draw(t, "op"), rapid.SampledFrom(Taxation).Draw(t, "tax")
				for _, p := range []*money.Amount{&e.Cash, &e.Ecash, &e.Prepaid, &e.Credit, &e.Provision} {
					*p = money.Amount(rapid.Int64Range(0, 3).Draw(t, "sum"))
					e.Total += *p
				}
			}
			return e
		}), 0, 30).Draw(t, "events")
		var b Book
		for _, e := range events {
			b.Add(e)
		}
		few := func(name string, of []string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 3, rapid.ID).Draw(t, name)
		}
		q := Query{From: "2026-11-02", To: "2026-11-03 12:30:00", DocumentTypes: few("types", DocumentTypes), Operations: few("ops", Operations), Taxation: few("tax", Taxation)}
		r, err := b.Report(q)
		if err != nil {
			t.Fatal(err)
		}
		found := map[key]bool{}
		for _, s := range r.Data {
			found[key{s.FN, s.Shift}] = true
			for i, block := range s.Blocks() {
				var total money.Amount
				var receipts, credits int64
				for _, e := range events {
					if e.FN == s.FN && e.Shift == s.Shift && e.Operation == Operations[i] && chosen(q.Operations, e.Operation) && chosen(q.DocumentTypes, e.Type) && chosen(q.Taxation, e.Taxation) {
						total, receipts = total+e.Total, receipts+1
						if e.Credit != 0 {
							credits++
						}
					}
				}
				f := **block
				if *f.Total.Sum != total || *f.Total.Count != receipts || *f.Credit.Count != credits ||
					*f.Cash.Sum+*f.Ecash.Sum+*f.Prepaid.Sum+*f.Credit.Sum+*f.Provision.Sum != total {
					t.Fatalf("%+v: %s", s, Operations[i])
				}
			}
		}
		from, to := time.Date(2026, 11, 2, 0, 0, 0, 0, zone), time.Date(2026, 11, 3, 12, 30, 0, 0, zone)
		for _, e := range events {
			if !e.Time.Before(from) && !e.Time.After(to) && !found[key{e.FN, e.Shift}] {
				t.Fatalf("shift %d of %s is missing", e.Shift, e.FN)
			}
		}
		if int64(len(r.Data)) != *r.Total || len(r.Data) != len(found) {
			t.Fatalf("%d of %d", len(r.Data), *r.Total)
		}
	})
}

func TestOrdersAndPages(t *testing.T) {
	var b Book
	for i := range 5 {
		at := time.Date(2026, 11, 1+i, 9, 0, 0, 0, time.UTC)
		b.Add(Event{RN: "1", FN: "1", Shift: int64(i + 1), Time: at, Type: "openShift"})
		b.Add(Event{RN: "1", FN: "1", Shift: int64(i + 1), Time: at, Type: "receipt", Operation: "income", Cash: money.Amount(i % 2), Total: money.Amount(i % 2)})
	}
	all := Query{From: "2026-11-01", To: "2026-11-30"}
	for order, want := range map[string]string{"": "12345", "-open": "54321", "-income,-shift": "42531", "fn,income,shift": "13524"} {
		q := all
		if order != "" {
			q.Orders = strings.Split(order, ",")
		}
		got := ""
		for q.Limit = 2; ; q.Offset += 2 {
			r, err := b.Report(q)
			if err != nil || *r.Total != 5 {
				t.Fatalf("%+v %v", r, err)
			}
			if len(r.Data) == 0 {
				break
			}
			for _, s := range r.Data {
				got += fmt.Sprint(s.Shift)
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", order, got, want)
		}
	}
	q := all
	q.Shift = 3
	if r, err := b.Report(q); err != nil || len(r.Data) != 1 || r.Data[0].Close != "" || r.Data[0].Open != "2026-11-03 09:00:00" {
		t.Errorf("%+v %v", r, err)
	}
	for _, q := range []Query{{}, {From: "x", To: "2026-01-01"}, {From: "2026-01-01", To: "2026-13-01"}, {From: all.From, To: all.To, Orders: []string{"sum"}},
		{From: all.From, To: all.To, Operations: []string{"sale"}}, {From: all.From, To: all.To, Limit: -1}} {
		if _, err := b.Report(q); !errors.Is(err, ErrQuery) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func FuzzShift(f *testing.F) {
	f.Add([]byte(`{"income":{"total_sum":1e2,"total_count":3}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Shift
		if json.Unmarshal(b, &s) != nil {
			return
		}
		out, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Shift
		if err := json.Unmarshal(out, &back); err != nil || cmp.Diff(s, back) != "" {
			t.Fatalf("%s: %v", out, err)
		}
	})
}
