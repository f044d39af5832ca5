package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gopkg.in/yaml.v3"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api/apitest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// scripted is a till that remembers what it was told and answers as told.
type scripted struct {
	got []till.Event
	err error
}

func (s *scripted) Do(_ context.Context, cmd till.Event) error {
	s.got = append(s.got, cmd)
	return s.err
}

func (s *scripted) View() (till.View, uint64) {
	v := idleView()
	v.Notices = []till.Notice{{Code: fault.CodeUnknown, Args: []string{"7"}}}
	return v, 3
}

// idleView is a till at rest, with the lists that a till always has.
func idleView() till.View {
	return till.View{Phase: "idle", Currency: "RUB", Aside: []till.AsideView{}, Parked: []till.ParkedView{}, Checks: []till.CheckView{},
		Permissions: []catalog.Permission{}, Cheque: till.ChequeView{Lines: []doc.Line{}}}
}

func (s *scripted) Wait(ctx context.Context, _ uint64) (uint64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

// The one sale the journal of these tests holds.
var saleID, lineID1 = uuid.New(), uuid.New()

func newAPI(s *scripted) *API {
	return New(Options{Till: s, Language: "en", Location: time.UTC, Version: "test", Token: "secret", Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Records: func(_ context.Context, f record.Filter) iter.Seq2[record.Record, error] {
			return func(yield func(record.Record, error) bool) {
				if slices.Contains(f.Types, "SELL") && f.Reverse {
					yield(record.Record{Seq: 1, Entry: record.Entry{ID: saleID, Data: json.RawMessage(`{"id":"` + saleID.String() + `","number":7,"name":"K-7","receipt":{"lines":[{"id":"` + lineID1.String() + `"}]}}`)}}, nil)
					return
				}
				for i := f.After + 1; i <= 5 && (f.Limit == 0 || int(i-f.After) <= f.Limit); i++ {
					if !yield(record.Record{Seq: i, Entry: record.Entry{Data: json.RawMessage(`{"id":"` + saleID.String() + `","type":"SELL","number":1,"name":"K-1","time":"2026-11-20T12:00:00+03:00","currency":"RUB","cashier":{"id":"c"}}`)}}, nil) {
						return
					}
				}
			}
		},
		Find: func(context.Context, string, int) ([]catalog.Item, error) { return nil, nil },
		List: func(context.Context, string, string, int) ([]catalog.Item, error) { return nil, errors.New("disk") },
	})
}

func call(t *testing.T, h http.Handler, method, path, body string, header ...string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	promised(t, r, w)
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil && strings.Contains(w.Header().Get("Content-Type"), "json") {
		t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
	}
	return w.Code, v
}

// promised holds an answer against the document.
func promised(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	for _, fault := range contract().Check(r.Method, r.URL.Path, w.Code, w.Header(), w.Body.Bytes()) {
		t.Error(fault)
	}
}

var contract = sync.OnceValue(func() *apitest.Contract {
	c, err := apitest.Read(openAPI)
	if err != nil {
		panic(err)
	}
	return c
})

func errorCode(v map[string]any) string {
	e, _ := v["error"].(map[string]any)
	s, _ := e["code"].(string)
	return s
}

// TestRoutesAreThoseOfTheDocument holds the OpenAPI document and the mux
// against each other.
func TestRoutesAreThoseOfTheDocument(t *testing.T) {
	var spec struct {
		OpenAPI string                               `yaml:"openapi"`
		Paths   map[string]map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal(openAPI, &spec); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s", spec.OpenAPI)
	}
	var promised, served []string
	for path, methods := range spec.Paths {
		for m, op := range methods {
			promised = append(promised, strings.ToUpper(m)+" "+path)
			if op["operationId"] == "" || op["summary"] == "" || op["responses"] == nil {
				t.Errorf("%s %s lacks operationId, summary or responses", m, path)
			}
		}
	}
	for _, r := range newAPI(&scripted{}).routes() {
		served = append(served, r.method+" "+r.path)
	}
	slices.Sort(promised)
	slices.Sort(served)
	if !slices.Equal(promised, served) {
		t.Errorf("promised %v\nserved %v", promised, served)
	}
	var doc any
	if err := yaml.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	for _, ref := range refs(doc) {
		if !resolves(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")) {
			t.Errorf("%s leads nowhere", ref)
		}
	}
}

func refs(v any) (all []string) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if s, ok := x.(string); ok && k == "$ref" {
				all = append(all, s)
			}
			all = append(all, refs(x)...)
		}
	case []any:
		for _, x := range v {
			all = append(all, refs(x)...)
		}
	}
	return all
}

func resolves(v any, path []string) bool {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok || m[p] == nil {
			return false
		}
		v = m[p]
	}
	return true
}

// someLine is a line's, a question's or a cheque's id.
var someLine = uuid.New()

// commands are requests that become a command of the till each.
var commands = []struct {
	method, path, body string
	want               till.Event
}{
	{"POST", "/api/v1/login", `{"pin":"1111"}`, till.Login{PIN: "1111"}},
	{"POST", "/api/v1/shift/open", "", till.OpenShift{}},
	{"POST", "/api/v1/shift/x", "", till.XReport{}},
	{"POST", "/api/v1/scan", `{"codes":["4600000000015"]}`, till.Scan{Code: "4600000000015", Device: "api"}},
	{"POST", "/api/v1/cheque/lines/" + someLine.String() + "/quantity", `{"quantity":"1.5","revision":4}`, till.SetQty{Line: someLine, Qty: 1500, Seen: till.Seen{Revision: 4}}},
	{"DELETE", "/api/v1/cheque/lines/" + someLine.String(), "", till.VoidLine{Line: someLine}},
	{"POST", "/api/v1/pay", `{"type":"cash","amount":"500.00"}`, till.Pay{Type: doc.PayCash, Tendered: 500 * money.Rouble}},
	{"POST", "/api/v1/abandon", `{"reason":"other till"}`, till.Abandon{Reason: "other till"}},
	{"POST", "/api/v1/pay", `{"type":"card","cheque":"` + someLine.String() + `"}`, till.Pay{Type: doc.PayElectron, Seen: till.Seen{Cheque: someLine}}},
	{"POST", "/api/v1/pay", `{"type":"card"}`, till.Pay{Type: doc.PayElectron}},
	{"POST", "/api/v1/cheque/park", `{"name":"Анна"}`, till.Park{Name: "Анна"}},
	{"POST", "/api/v1/shift/close", "", till.CloseShift{}},
	{"POST", "/api/v1/shift/state-report", "", till.StateReport{}},
	{"POST", "/api/v1/cash/in", `{"amount":"1000.5","person":"Иванов","reason":"размен","id":"` + someLine.String() + `"}`,
		till.CashIn{Once: till.Once{ID: someLine}, CashMove: till.CashMove{Sum: 1000_50, Person: "Иванов", Reason: "размен"}}},
	{"POST", "/api/v1/cash/out", `{"amount":"1","category":1}`, till.CashOut{CashMove: till.CashMove{Sum: 100, Category: 1}}},
	{"POST", "/api/v1/cash/count", `{"amount":"1000.50"}`, till.CountDrawer{Sum: 1000_50}},
	{"POST", "/api/v1/cash/count", `{"amount":"0"}`, till.CountDrawer{}},
	{"POST", "/api/v1/return", `{"document":"K-7"}`, till.Return{Sale: saleID}},
	{"POST", "/api/v1/return", `{"document":"7","lines":[{"line":"1","quantity":"0.5"},{"line":"` + someLine.String() + `"}],"payment":"card"}`,
		till.Return{Sale: saleID, Payment: doc.PayElectron, Lines: []till.ReturnLine{{Line: lineID1, Qty: 500}, {Line: someLine}}}},
	{"POST", "/api/v1/correct", `{"document":"` + saleID.String() + `","reason":"не тот товар"}`, till.Correct{Base: saleID, Reason: "не тот товар"}},
	{"POST", "/api/v1/correct", `{"date":"2026-11-20","reason":"забыли","payment":"cash","order":"17-А","sign":"123","of":"SELL"}`,
		till.Correct{Of: doc.Sell, Date: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), Reason: "забыли", Payment: doc.PayCash, ByOrder: true, Number: "17-А", Sign: "123"}},
	{"POST", "/api/v1/cheque/contact", `{"contact":"+79991234567","electronic":true}`, till.SetContact{Contact: "+79991234567", Electronic: true}},
	{"POST", "/api/v1/cheque/buyer", `{"name":"ООО","inn":"7707083893"}`, till.SetBuyer{Buyer: &doc.Buyer{Name: "ООО", INN: "7707083893"}}},
	{"POST", "/api/v1/cheque/buyer", `{}`, till.SetBuyer{}},
	{"POST", "/api/v1/retry", "", till.Retry{}},
	{"POST", "/api/v1/answer", `{"question":"` + someLine.String() + `","choice":"yes"}`, till.Choose{Question: someLine, Choice: "yes"}},
	{"POST", "/api/v1/abandon", `{"reason":"выдано","done":true}`, till.Abandon{Reason: "выдано", Done: true}},
	{"POST", "/api/v1/abandon", `{"reason":"есть на ленте","done":true,"number":17,"register":"110000123"}`,
		till.Abandon{Reason: "есть на ленте", Done: true, Number: 17, Register: "110000123"}},
	{"POST", "/api/v1/kkt/accept-fn", `{"fn":"9999078902000002"}`, till.AcceptFN{FN: "9999078902000002"}},
}

func TestCommandsReachTheTill(t *testing.T) {
	s := &scripted{}
	h := newAPI(s).Local()
	for _, c := range commands {
		s.got = nil
		if status, v := call(t, h, c.method, c.path, c.body); status != http.StatusOK || len(s.got) != 1 || !reflect.DeepEqual(s.got[0], c.want) {
			t.Errorf("%s %s: %d %v, till got %+v", c.method, c.path, status, v, s.got)
		}
	}
}

func TestBadRequestsNeverReachTheTill(t *testing.T) {
	s := &scripted{}
	h := newAPI(s).Local()
	for _, c := range []struct {
		method, path, body string
		status             int
		code               fault.Code
	}{
		{"POST", "/api/v1/login", `{"pin":`, 400, fault.BadRequest},
		{"POST", "/api/v1/login", `{"pin":"1","pan":"2"}`, 400, fault.BadRequest},
		{"POST", "/api/v1/login", `{"pin":"1"}{"pin":"2"}`, 400, fault.BadRequest},
		{"POST", "/api/v1/scan", `{}`, 400, fault.BadRequest},
		{"POST", "/api/v1/scan", `{"codes":["` + strings.Repeat("x", MaxBody) + `"]}`, 413, fault.TooLarge},
		{"POST", "/api/v1/pay", `{"type":"gold"}`, 400, fault.BadRequest},
		{"POST", "/api/v1/pay", `{"type":"cash","amount":"5e2"}`, 400, fault.AmountBad},
		{"POST", "/api/v1/pay", `{"type":"cash","amount":"-5"}`, 400, fault.AmountBad},
		{"POST", "/api/v1/cheque/lines/7/quantity", `{"quantity":"1"}`, 400, fault.BadRequest},
		{"POST", "/api/v1/cheque/lines/" + uuid.NewString() + "/quantity", `{"quantity":"0"}`, 400, fault.QtyBad},
		{"GET", "/api/v1/documents?type=SELLS", "", 400, fault.BadRequest},
		{"GET", "/api/v1/documents?since=yesterday", "", 400, fault.BadRequest},
		{"GET", "/api/v1/documents?limit=100000", "", 400, fault.BadRequest},
		{"GET", "/api/v1/documents?after=x", "", 400, fault.BadRequest},
		{"GET", "/api/v1/catalog", "", 500, fault.Internal},
		{"POST", "/api/v1/sync", "", 409, fault.CloudNone},
		{"POST", "/api/v1/cash/in", `{"amount":"-5"}`, 400, fault.AmountBad},
		{"POST", "/api/v1/cash/out", `{}`, 400, fault.AmountBad},
		{"POST", "/api/v1/cash/count", `{}`, 400, fault.AmountBad},
		{"POST", "/api/v1/return", `{}`, 400, fault.BadRequest},
		{"POST", "/api/v1/return", `{"document":"K-8"}`, 404, fault.NotFound},
		{"POST", "/api/v1/return", `{"document":"7","lines":[{"line":"2"}]}`, 404, fault.ChequeNoLine},
		{"POST", "/api/v1/return", `{"document":"7","lines":[{"line":"1","quantity":"x"}]}`, 400, fault.QtyBad},
		{"POST", "/api/v1/return", `{"document":"7","payment":"gold"}`, 400, fault.BadRequest},
		{"POST", "/api/v1/correct", `{"date":"20.11.2026"}`, 400, fault.BadRequest},
		{"POST", "/api/v1/correct", `{"document":"K-8"}`, 404, fault.NotFound},
		{"POST", "/api/v1/kkt/accept-fn", `{}`, 400, fault.BadRequest},
		{"POST", "/api/v1/cheque/contact", `{"phone":"1"}`, 400, fault.BadRequest},
	} {
		status, v := call(t, h, c.method, c.path, c.body)
		if status != c.status || errorCode(v) != string(c.code) {
			t.Errorf("%s %.60s: %d %v, want %d %s", c.method, c.path, status, v, c.status, c.code)
		}
	}
	if len(s.got) != 0 {
		t.Errorf("the till got %+v", s.got)
	}
}

func TestRefusalsKeepTheirCode(t *testing.T) {
	s := &scripted{err: fault.New(fault.ShiftClosed)}
	status, v := call(t, newAPI(s).Local(), "POST", "/api/v1/pay", `{"type":"card"}`)
	if status != http.StatusConflict || errorCode(v) != string(fault.ShiftClosed) {
		t.Errorf("%d %v", status, v)
	}
	s.err = fault.New(fault.CodeUnknown, "7")
	status, v = call(t, newAPI(s).Local(), "POST", "/api/v1/scan", `{"codes":["7"]}`)
	if results, ok := v["results"].([]any); status != http.StatusNotFound || !ok || len(results) != 1 {
		t.Errorf("%d %v", status, v)
	}
}

func TestNetworkNeedsTheToken(t *testing.T) {
	h := newAPI(&scripted{}).Network()
	for _, c := range []struct {
		path, auth string
		want       int
	}{
		{"/api/v1/status", "", 401}, {"/api/v1/status", "Bearer wrong", 401}, {"/api/v1/status", "Basic secret", 401},
		{"/api/v1/status", "bearer secret", 200}, {"/healthz", "", 200}, {"/readyz", "", 200}, {"/api/v1/openapi.yaml", "", 200},
		{"/metrics", "", 401},
	} {
		if status, _ := call(t, h, "GET", c.path, "", "Authorization", c.auth); status != c.want {
			t.Errorf("%s with %q: %d, want %d", c.path, c.auth, status, c.want)
		}
	}
	if status, _ := call(t, h, "POST", "/api/v1/journal/export", `{"to":"/tmp"}`, "Authorization", "Bearer secret"); status != 404 {
		t.Errorf("export over the network: %d", status)
	}
	if status, _ := call(t, h, "GET", "/api/v1/log", "", "Authorization", "Bearer secret"); status != 404 {
		t.Errorf("the log over the network: %d", status)
	}
}

func TestPagesAndTexts(t *testing.T) {
	h := newAPI(&scripted{}).Local()
	_, v := call(t, h, "GET", "/api/v1/documents?limit=2", "")
	if v["next"] != "2" || len(v["documents"].([]any)) != 2 {
		t.Errorf("first page %v", v)
	}
	_, v = call(t, h, "GET", "/api/v1/documents?limit=2&after=4", "")
	if _, more := v["next"]; more || len(v["documents"].([]any)) != 1 {
		t.Errorf("last page %v", v)
	}
	_, v = call(t, h, "GET", "/api/v1/cheque", "")
	if n := v["notices"].([]any)[0].(map[string]any); n["text"] != "Unknown code: 7" {
		t.Errorf("notice %v", n)
	}
}
