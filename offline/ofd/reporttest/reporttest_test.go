package reporttest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/offline/ofd/ofdtest"
	"github.com/kassa-pos/kassa/pos/money"
)

func tlv(tag uint16, value ...byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, tag)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(value))), value...)
}

func le(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// took is what an operator took in so many shifts of three documents.
func took(shifts int) (all []ofdtest.Document) {
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	add := func(form int, shift uint32, more ...[]byte) {
		body := append(tlv(1012, le(uint32(at.Unix()))...), tlv(1037, []byte("0000000000012345    ")...)...)
		body = append(body, tlv(1038, le(shift)...)...)
		for _, m := range more {
			body = append(body, m...)
		}
		all = append(all, ofdtest.Document{FN: "9999078900000001", FD: uint32(len(all) + 1), Form: form, Body: body})
		at = at.Add(time.Hour)
	}
	for s := uint32(1); int(s) <= shifts; s++ {
		add(2, s)
		add(3, s, tlv(1054, 1), tlv(1055, 1), tlv(1020, le(12345)...), tlv(1031, le(10000)...), tlv(1081, le(2345)...))
		add(3, s, tlv(1054, 2), tlv(1055, 1), tlv(1020, 100), tlv(1031, 100))
		add(5, s)
	}
	return all
}

// A client reads from a moody service what a plain one says.
func TestTheClientReadsWhateverTheServiceSpells(t *testing.T) {
	docs := took(45)
	q := ofd.Query{From: "2026-11-01", To: "2026-12-31", Limit: 7}
	var reports [][]ofd.Shift
	for seed := range uint64(6) {
		s := New(Options{YandexKey: "a", OFDKey: "b", Documents: func() []ofdtest.Document { return docs }, Seed: seed, Plain: seed == 0})
		server := httptest.NewServer(s)
		got, err := ofd.New(ofd.Options{URL: server.URL + "/v1", YandexKey: "a", OFDKey: "b", HTTP: server.Client()}).Shifts(t.Context(), q)
		server.Close()
		if err != nil || len(got) != 45 || s.Calls() != 7 {
			t.Fatalf("%d shifts in %d calls: %v", len(got), s.Calls(), err)
		}
		for i := range got { // what may be missing is nothing here
			for _, b := range got[i].Blocks() {
				for _, f := range []*ofd.Figure{&(*b).Cash, &(*b).Ecash, &(*b).Prepaid, &(*b).Credit, &(*b).Provision, &(*b).Total} {
					if f.Count == nil {
						f.Count = new(int64)
					}
				}
			}
		}
		reports = append(reports, got)
	}
	for _, r := range reports[1:] {
		if d := cmp.Diff(reports[0], r); d != "" {
			t.Fatal(d)
		}
	}
	first := reports[0][0]
	if *first.Income.Total.Sum != 12345 || *first.Income.Ecash.Sum != 2345 || *first.Income.Ecash.Count != 1 || *first.IncomeReturn.Total.Sum != 100 ||
		first.RN != "0000000000012345" || first.Open != "2026-11-01 09:00:00" || first.Close != "2026-11-01 12:00:00" {
		t.Errorf("%+v", first)
	}
}

func TestWhatTheRealOneWouldRefuse(t *testing.T) {
	s := New(Options{YandexKey: "a", OFDKey: "b", Documents: func() []ofdtest.Document { return nil }})
	server := httptest.NewServer(s)
	defer server.Close()
	period := ofd.Query{From: "2026-11-01", To: "2026-11-30"}
	for _, c := range []struct {
		yandex, own  string
		q            ofd.Query
		status, code int
	}{{"x", "b", period, 401, 1}, {"a", "x", period, 401, 2}, {"a", "b", ofd.Query{From: "2026-11-01"}, 400, 5}} {
		_, err := ofd.New(ofd.Options{URL: server.URL, YandexKey: c.yandex, OFDKey: c.own, HTTP: server.Client()}).Page(t.Context(), c.q)
		var r *ofd.Refusal
		if !errors.As(err, &r) || r.Status != c.status || r.Code != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	s.Fault(503)
	_, err := ofd.New(ofd.Options{URL: server.URL, YandexKey: "a", OFDKey: "b", HTTP: server.Client()}).Shifts(t.Context(), period)
	var r *ofd.Refusal
	if !errors.As(err, &r) || r.Status != 503 || r.Permanent() {
		t.Errorf("%v", err)
	}
}

// The operator's published request to a service that has taken the shift of its
// answer: that answer, every figure of it, whatever its spelling.
func TestPublishedExample(t *testing.T) {
	at := func(day, hour, minute int) []byte {
		return tlv(1012, le(uint32(time.Date(2018, 6, day, hour, minute, 0, 0, time.UTC).Unix()))...)
	}
	doc := func(form int, when []byte, more ...[]byte) ofdtest.Document {
		body := append(append([]byte{}, when...), tlv(1037, []byte("3546446467562434    ")...)...)
		body = append(body, tlv(1038, 2)...)
		for _, m := range more {
			body = append(body, m...)
		}
		return ofdtest.Document{FN: "4346576876976321", Form: form, Body: body}
	}
	cash := func(sum uint32) [][]byte {
		return [][]byte{tlv(1054, 1), tlv(1055, 1), tlv(1020, le(sum)...), tlv(1031, le(sum)...)}
	}
	docs := []ofdtest.Document{doc(2, at(15, 14, 2)), doc(3, at(15, 15, 0), cash(90_00)...), doc(3, at(16, 20, 0), cash(50_00)...), doc(5, at(18, 11, 22))}
	var q ofd.Query
	var want ofd.Report
	for name, into := range map[string]any{"request.json": &q, "answer.json": &want} {
		text, err := os.ReadFile(filepath.Join("..", "testdata", name))
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, plain := range []bool{true, false} {
		server := httptest.NewServer(New(Options{YandexKey: "a", OFDKey: "b", Documents: func() []ofdtest.Document { return docs }, Plain: plain}))
		got, err := ofd.New(ofd.Options{URL: server.URL + "/v1", YandexKey: "a", OFDKey: "b", HTTP: server.Client()}).Page(t.Context(), q)
		server.Close()
		if err != nil || len(got.Data) != 1 {
			t.Fatalf("%+v %v", got, err)
		}
		for _, b := range got.Data[0].Blocks() { // a moody service leaves counts of nothing out
			for _, f := range []*ofd.Figure{&(*b).Cash, &(*b).Ecash, &(*b).Prepaid, &(*b).Credit, &(*b).Provision, &(*b).Total} {
				if f.Count == nil {
					f.Count = new(int64)
				}
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("plain %t: %s", plain, d)
		}
	}
}

// Every filter and every order, asked of the service by the client.
func TestEveryFilterAndOrder(t *testing.T) {
	var docs []ofdtest.Document
	add := func(form int, fn string, rn string, shift uint32, day int, more ...[]byte) {
		body := append(tlv(1012, le(uint32(time.Date(2026, 11, day, 9, len(docs), 0, 0, time.UTC).Unix()))...), tlv(1037, []byte(rn)...)...)
		body = append(body, tlv(1038, le(shift)...)...)
		for _, m := range more {
			body = append(body, m...)
		}
		docs = append(docs, ofdtest.Document{FN: fn, Form: form, Body: body})
	}
	// Four shifts; each order puts them into another row. Every receipt is of
	// another kind, operation and tax system.
	for i, s := range []struct {
		fn, rn       string
		shift        uint32
		open, close  int
		sums         [4]uint32
		form, system int
	}{{"4", "2", 3, 1, 9, [4]uint32{4, 3, 2, 1}, 3, 1}, {"1", "3", 4, 2, 8, [4]uint32{3, 4, 1, 2}, 31, 2}, {"2", "4", 1, 3, 7, [4]uint32{2, 1, 4, 3}, 4, 4}, {"3", "1", 2, 4, 6, [4]uint32{1, 2, 3, 4}, 41, 16}} {
		add(2, s.fn, s.rn, s.shift, s.open)
		for op, sum := range s.sums {
			system := s.system
			if i == 3 && op == 3 {
				system = 32
			}
			add(s.form, s.fn, s.rn, s.shift, s.open, tlv(1054, byte(op+1)), tlv(1055, byte(system)), tlv(1020, le(sum)...), tlv(1081, le(sum)...))
		}
		add(5, s.fn, s.rn, s.shift, s.close)
	}
	server := httptest.NewServer(New(Options{YandexKey: "a", OFDKey: "b", Documents: func() []ofdtest.Document { return docs }, Plain: true}))
	defer server.Close()
	client := ofd.New(ofd.Options{URL: server.URL, YandexKey: "a", OFDKey: "b", HTTP: server.Client()})
	page := func(q ofd.Query) (shifts string, total money.Amount) {
		t.Helper()
		q.From, q.To = "2026-11-01", "2026-11-30"
		r, err := client.Page(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Data {
			shifts += fmt.Sprint(s.Shift)
			for _, b := range s.Blocks() {
				total += *(*b).Total.Sum
			}
		}
		return shifts, total
	}
	for order, want := range map[string]string{"open": "3412", "close": "2143", "shift": "1234", "rn": "2341", "fn": "4123", "income": "2143", "income_return": "1234", "outcome": "4321", "outcome_return": "3412"} {
		down := []byte(want)
		slices.Reverse(down)
		if got, _ := page(ofd.Query{Orders: []string{order}}); got != want {
			t.Errorf("%s: %s, want %s", order, got, want)
		}
		if got, _ := page(ofd.Query{Orders: []string{"-" + order}}); got != string(down) {
			t.Errorf("-%s: %s, want %s", order, got, down)
		}
	}
	for name, c := range map[string]struct {
		q    ofd.Query
		want money.Amount
	}{
		"receipt": {ofd.Query{DocumentTypes: []string{"receipt"}}, 10}, "receiptCorrection": {ofd.Query{DocumentTypes: []string{"receiptCorrection"}}, 10},
		"bso": {ofd.Query{DocumentTypes: []string{"bso"}}, 10}, "bsoCorrection": {ofd.Query{DocumentTypes: []string{"bsoCorrection"}}, 10},
		"no receipts": {ofd.Query{DocumentTypes: []string{"openShift", "closeShift", "fiscalReport", "fiscalReportCorrection", "currentStateReport", "closeArchive"}}, 0},
		"income":      {ofd.Query{Operations: []string{"income"}}, 10}, "income_return": {ofd.Query{Operations: []string{"income_return"}}, 10},
		"outcome": {ofd.Query{Operations: []string{"outcome"}}, 10}, "outcome_return": {ofd.Query{Operations: []string{"outcome_return"}}, 10},
		"osn": {ofd.Query{Taxation: []string{"osn"}}, 10}, "usn_income": {ofd.Query{Taxation: []string{"usn_income"}}, 10}, "usn_income_wo_expenditure": {ofd.Query{Taxation: []string{"usn_income_wo_expenditure"}}, 10},
		"esn_agricultural": {ofd.Query{Taxation: []string{"esn_agricultural"}}, 6}, "psn": {ofd.Query{Taxation: []string{"psn"}}, 4},
		"together": {ofd.Query{DocumentTypes: []string{"receipt", "bso"}, Operations: []string{"income", "outcome"}, Taxation: []string{"osn"}}, 6},
		"a shift":  {ofd.Query{Shift: 3}, 10}, "a page": {ofd.Query{Limit: 1, Offset: 3}, 10}, "behind": {ofd.Query{Offset: 4}, 0}, "all": {ofd.Query{}, 40},
	} {
		if _, got := page(c.q); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
