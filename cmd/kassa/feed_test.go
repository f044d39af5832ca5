package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/evotor"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// A program written against Evotor's cloud reads a day of this till, with a
// token that lives through a restart and ends when it is revoked.
func TestDocumentsInEvotorsFormat(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	for _, c := range []struct {
		path string
		in   any
	}{
		{"/api/v1/login", map[string]string{"pin": "1111"}}, {"/api/v1/shift/open", nil},
		{"/api/v1/scan", map[string]any{"codes": []string{"4600000000015", "2*4600000000022"}}},
		{"/api/v1/pay", map[string]string{"type": "cash", "amount": "1000"}},
		{"/api/v1/cash/out", map[string]string{"amount": "10", "reason": "инкассация"}},
		{"/api/v1/shift/x", nil}, {"/api/v1/shift/close", nil},
	} {
		r.must("POST", c.path, c.in)
	}
	out, errOut, code := r.kassa("", "token", "add", "Отчёты")
	token := strings.TrimSpace(out)
	if code != 0 || len(token) < 40 {
		t.Fatalf("token add: %d %s%s", code, out, errOut)
	}
	store := func() (id string) {
		var l struct{ Items []struct{ ID string } }
		if status := r.evotor(token, "/stores", &l); status != 200 || len(l.Items) != 1 {
			t.Fatalf("/stores: %d %+v", status, l)
		}
		return l.Items[0].ID
	}
	id := store()
	var page struct {
		Items []struct {
			Type, ID string
			Number   int64
			Body     json.RawMessage
		}
		Paging map[string]string
	}
	if status := r.evotor(token, "/stores/"+id+"/documents", &page); status != 200 || page.Paging == nil {
		t.Fatalf("documents: %d %+v", status, page)
	}
	var types []string
	for i, it := range page.Items {
		types = append(types, it.Type)
		if it.Number != int64(i+1) {
			t.Errorf("document %d is number %d", i+1, it.Number)
		}
		if it.Type != "SELL" {
			continue
		}
		var sale evotor.Receipt
		if err := json.Unmarshal(it.Body, &sale); err != nil || sale.ResultSum != 4990+2*12345 || len(sale.PosPrintResults) != 1 || len(sale.Positions) != 2 {
			t.Errorf("the sale: %v %s", err, it.Body)
		}
	}
	if got, want := strings.Join(types, " "), "OPEN_SESSION POS_OPEN_SESSION SELL CASH_OUTCOME X_REPORT Z_REPORT CLOSE_SESSION"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if out, errOut, code := r.kassa("", "shift", "report"); code != 0 || !strings.Contains(out, "296.80") || strings.Contains(out, "open\n") {
		t.Errorf("shift report: %d %s%s", code, out, errOut)
	}
	r.reportsAgree()
	if out, _, code := r.kassa("", "log", "-n", "1"); code != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("log: %d %q", code, out)
	}
	for args, want := range map[string][]string{"--by goods": {"Item", "296.80", "Total"}, "--by payment": {"Cash"}, "--by hour --csv --bom --lang ru": {"\ufeffКод;Час;Продаж;", ":00;1;296,80;", "\r\n"},
		"--by day --csv --lang en": {"Key,Day,", ",296.80"}, "--by cashier --shift 1": {"296.80"}} {
		out, errOut, code := r.kassa("", append([]string{"report", "sales"}, strings.Fields(args)...)...)
		for _, text := range want {
			if code != 0 || !strings.Contains(out, text) {
				t.Errorf("report sales %s lacks %q: %d %s%s", args, text, code, out, errOut)
			}
		}
	}
	for what, want := range map[string]int{"296,80": 3, "sell": 1, "товар 296.80": 1, time.Now().Format(time.DateOnly) + " z_report": 1, "2020-01-01": 0, "жираф": 0} {
		if out, errOut, code := r.kassa("", "documents", "--find", what); code != 0 || strings.Count(out, "\n") != want {
			t.Errorf("documents with %q: %d, %s%s", what, code, out, errOut)
		}
	}
	for _, args := range []string{"--by weather", "--shift 99", "--shift x", "--from yesterday", "--from 2020-01-01"} {
		if _, _, code := r.kassa("", append([]string{"report", "sales"}, strings.Fields(args)...)...); code != exitRefused {
			t.Errorf("report sales %s: %d", args, code)
		}
	}
	r.pulled(token, id, 7)
	r.stop()
	r.start("")
	if again := store(); again != id {
		t.Errorf("the shop was %s and is %s after a restart", id, again)
	}
	if status := r.evotor("", "/stores", nil); status != 401 {
		t.Errorf("without a token: %d", status)
	}
	if status := r.evotor(token, "/api/v1/status", nil); status != 401 {
		t.Errorf("a token for documents opens the native API: %d", status)
	}
	list, _, _ := r.kassa("", "token", "list")
	if !strings.Contains(list, "Отчёты") || strings.Contains(list, token) {
		t.Errorf("token list: %s", list)
	}
	if out, errOut, code := r.kassa("", "token", "revoke", strings.Fields(list)[0]); code != 0 || strings.Contains(out, "Отчёты") {
		t.Errorf("revoke: %d %s%s", code, out, errOut)
	}
	if status := r.evotor(token, "/stores", nil); status != 401 {
		t.Errorf("revoked and still good: %d", status)
	}
	if _, errOut, code := r.kassa("", "token", "add", "x", "--scope", "everything"); code != exitRefused {
		t.Errorf("an unknown scope: %d %s", code, errOut)
	}
	r.stop()
	r.agree()
	for _, d := range r.documents() {
		if d.Type == doc.Correction {
			t.Error("a correction appeared")
		}
	}
}

// evotor asks the till over its network address, as a program would.
func (r *rig) evotor(token, path string, out any) int {
	r.t.Helper()
	var s struct {
		Console string `json:"console"`
	}
	if err := r.call("GET", "/api/v1/status", nil, &s); err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", strings.TrimSuffix(s.Console, "/")+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "bearer "+token)
		req.Header.Set("Content-Type", "application/json")
	}
	client := &http.Client{}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err == nil {
		err = res.Body.Close()
	}
	if err == nil && out != nil {
		err = json.Unmarshal(body, out)
	}
	if err != nil {
		r.t.Fatalf("%s: %v in %s", path, err, body)
	}
	return res.StatusCode
}

// pulled reads the till's documents into files, as from Evotor's cloud.
func (r *rig) pulled(token, store string, want int) {
	r.t.Helper()
	var s struct{ Console string }
	if err := r.call("GET", "/api/v1/status", nil, &s); err != nil {
		r.t.Fatal(err)
	}
	from, dir := strings.TrimSuffix(s.Console, "/"), r.t.TempDir()
	if out, errOut, code := r.kassa(token+"\n", "evotor", "stores", "--from", from); code != 0 || !strings.Contains(out, store) {
		r.t.Errorf("evotor stores: %d %s%s", code, out, errOut)
	}
	for range 2 {
		if out, errOut, code := r.kassa(token+"\n", "evotor", "pull", dir, "--from", from, "--store", store); code != 0 || !strings.Contains(out, strconv.Itoa(want)+" documents") {
			r.t.Errorf("evotor pull: %d %s%s", code, out, errOut)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "20*", "*.json"))
	if err != nil || len(names) != want {
		r.t.Errorf("%d files, want %d: %v", len(names), want, err)
	}
	if _, errOut, code := r.kassa("wrong\n", "evotor", "pull", dir, "--from", from, "--store", store); code != 1 || !strings.Contains(errOut, string(fault.Unauthorized)) {
		r.t.Errorf("a wrong token: %d %s", code, errOut)
	}
}
