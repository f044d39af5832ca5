package moyskladtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/pos/catalog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	storeA  = "5d4d2ca2-7b1d-11e6-8a84-bae500000060"
	storeB  = "5d4d2ca2-7b1d-11e6-8a84-bae500000061"
	itemA   = "81fdf852-7c21-11e6-8a84-bae500000068"
	shiftA  = "388bd178-800c-41e6-8a84-bae5022000a2"
	saleA   = "388bd178-800c-41e6-8a84-bae5000000a2"
	address = "http://cloud.test" + BasePath
)

func testShop() Shop {
	point := func(id string) Shop {
		s := catalog.Store{ID: id, Name: id, Organization: id, Currency: "RUB", PriceType: "Цена", Cashiers: []catalog.Cashier{{ID: itemA, Name: "Иванова", Badge: "uid@" + id}}}
		items := []catalog.Item{{ID: itemA, Type: catalog.Product, Name: "Пиво"}}
		return FromCatalog(s, nil, nil, items, nil)
	}
	return point(storeA).With(point(storeB))
}

// till is a client of one store that speaks plain HTTP.
type till struct {
	t     testing.TB
	s     *Server
	token string
	uid   string
}

func start(t testing.TB, o Options) (*Server, *till) {
	t.Helper()
	if o.Data.Points == nil {
		o.Data = testShop()
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, attachTo(t, s, storeA)
}

func attachTo(t testing.TB, s *Server, store string) *till {
	t.Helper()
	r := request(t, "POST", "/admin/attach/"+store, "")
	r.SetBasicAuth(DefaultLogin, DefaultPassword)
	status, body := do(t, s, r)
	var a struct{ Token, UID string }
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != 201 {
		t.Fatal(status, body, err)
	}
	return &till{t: t, s: s, token: a.Token, uid: a.UID}
}

func request(t testing.TB, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func do(t testing.TB, s *Server, r *http.Request) (status int, body string) {
	t.Helper()
	resp, err := Transport(s).RoundTrip(r)
	if err != nil {
		return 0, err.Error()
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, string(b) + err.Error()
	}
	return resp.StatusCode, string(b)
}

func (c *till) do(method, path, body string) (status int, answer string) {
	c.t.Helper()
	r := request(c.t, method, path, body)
	r.Header.Set("Lognex-Pos-Auth-Token", c.token)
	r.Header.Set("Lognex-Pos-Auth-Cashier-Uid", c.uid)
	return do(c.t, c.s, r)
}

// code is what an answer comes down to: status and the error's code.
func code(status int, body string) string {
	var e struct {
		Errors []struct {
			Code int `json:"code"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(body), &e) == nil && len(e.Errors) == 1 {
		return fmt.Sprint(status, " ", e.Errors[0].Code)
	}
	return fmt.Sprint(status)
}

func (c *till) want(want, method, path, body string) {
	c.t.Helper()
	status, answer := c.do(method, path, body)
	if got := code(status, answer); got != want {
		c.t.Errorf("%s %s %.300s\n%.300s: %s, want %s", method, path, body, answer, got, want)
	}
}

const open = `{"retailShift":{"meta":{"href":"` + Canonical + `/entity/retailshift/syncid/` + shiftA + `"}},"name":"0001","openmoment":"2026-03-14 10:00:00"}`

var shut = strings.NewReplacer(`"name":"0001",`, "", "openmoment", "closemoment").Replace(open)

const sale = `{"meta":{"href":"` + Canonical + `/entity/retaildemand/syncid/` + saleA + `"},"retailShift":{"meta":{"href":"` + Canonical + `/entity/retailshift/syncid/` + shiftA +
	`"}},"name":"A-1","moment":"2026-03-14 10:00:01","positions":[{"assortment":{"meta":{"href":"` + Canonical + `/entity/product/` + itemA +
	`","type":"product"}},"quantity":2,"price":500,"discount":10,"vat":22,"vatEnabled":true}],"cashSum":800,"noCashSum":100,"vatEnabled":true,"vatIncluded":true}`

func TestChecks(t *testing.T) {
	_, c := start(t, Options{RateLimit: RateLimit{Requests: 1000}})
	swap := func(s, old, with string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("%q is not in the request", old)
		}
		return strings.Replace(s, old, with, 1)
	}
	demand := func(want, old, with string) {
		t.Helper()
		c.want(want, "POST", "/entity/retaildemand", swap(sale, old, with))
	}
	c.want("404 12012", "POST", "/entity/retaildemand", sale)
	c.want("404 12012", "PUT", "/rpc/closeshift/", shut)
	for want, s := range map[string]string{
		"412 12006": swap(open, "retailShift", "x"), "412 12008": swap(open, `"name":"0001",`, ""), "412 12009": swap(open, "openmoment", "x"),
		"400 2025": swap(open, "2026-03-14 10:00:00", "14.03.2026"), "400 1052": swap(open, shiftA, "12"), "400 1057": swap(open, "syncid/", ""),
		"400 1051": swap(open, "entity/retailshift", "entity/retaildemand"), "400 2010": swap(open, "href", "x"), "400 2020": swap(open, "/entity/", "/e/"),
		"400 2001": "{", "400 2005": "1", "400 2009": "[]", "400 2004": `{"a":[[1]]}`, "400 2006": strings.Repeat(`{"a":`, 11) + "1" + strings.Repeat("}", 11),
		"413 2007": `{"a":[` + strings.Repeat("1,", 1000) + `1]}`, "412 3008": `{"a":10000000000}`, "400 2014": swap(open, `{"meta":`, `{"m":`),
		"400 2019": swap(open, `"href"`, `"type":"product","href"`),
	} {
		c.want(want, "PUT", "/rpc/openshift/", s)
	}
	c.want("204", "PUT", "/rpc/openshift/", open)
	c.want("412 12010", "PUT", "/rpc/closeshift/", swap(shut, "closemoment", "x"))
	c.want("412 12007", "PUT", "/rpc/closeshift/", swap(shut, "retailShift", "x"))
	demand("412 3000", `"name":"A-1",`, "")
	demand("412 3000", "moment", "x")
	demand("412 3000", "positions", "x")
	demand("412 3000", "assortment", "x")
	demand("412 3000", "quantity", "x")
	demand("412 3000", `"price"`, `"x"`)
	demand("412 3003", `"quantity":2`, `"quantity":0`)
	demand("412 3002", `"price":500`, `"price":-1`)
	demand("412 17008", `"discount":10`, `"discount":101`)
	demand("412 17007", `"vat":22`, `"vat":101`)
	demand("412 17021", `"vat":22,`, "")
	demand("404 1021", itemA, saleA)
	demand("400 2016", `"price":500`, `"price":"500"`)
	demand("412 3000", `"quantity":2`, `"pack":{"id":"1"},"quantity":2`)
	demand("412 18000", `"cashSum":800`, `"cashSum":790`)
	demand("412 18000", `"cashSum":800`, `"cashSum":810`)
	demand("412 18005", `"cashSum":800`, `"qrSum":100,"cashSum":700`)
	demand("412 18006", `"cashSum":800`, `"prepaymentQrSum":100,"cashSum":700`)
	demand("412 18000", `"vatIncluded":true`, `"vatIncluded":false`) // 900 and 198 on top
	demand("412 3008", `"price":500`, `"price":1e999999999`)
	demand("201", `"cashSum":800`, `"cashSum":809`) // one below the tolerance
	other := attachTo(t, c.s, storeB)
	other.want("412 12021", "PUT", "/rpc/closeshift/", shut)
	other.want("404 12012", "POST", "/entity/retaildemand", swap(sale, saleA, shiftA))
	c.want("204", "PUT", "/rpc/closeshift/", shut)
}

func TestAuthAndRouting(t *testing.T) {
	s, c := start(t, Options{})
	old := *c
	old.token = "0000"
	old.want("401 12017", "GET", "/settings/retailstore/", "")
	stranger := *c
	stranger.uid = "uid@" + storeB
	stranger.want("403 12013", "GET", "/settings/retailstore/", "")
	if got := code(do(t, s, request(t, "GET", "/settings/retailstore/", ""))); got != "401 1056" {
		t.Errorf("no credentials: %s", got)
	}
	both := request(t, "GET", "/settings/retailstore/", "")
	both.Header.Set("Lognex-Pos-Auth-Token", c.token)
	both.SetBasicAuth(c.uid, c.token)
	if got := code(do(t, s, both)); got != "401 1056" {
		t.Errorf("token and Authorization together: %s", got)
	}
	if got := code(do(t, s, request(t, "GET", "/admin/retailstore", ""))); got != "401 1056" {
		t.Errorf("admin without login: %s", got)
	}
	accept := request(t, "GET", "/settings/retailstore/", "")
	accept.Header.Set("Accept", "*/*")
	if got := code(do(t, s, accept)); got != "400 1062" {
		t.Errorf("Accept: %s", got)
	}
	c.want("404 1002", "GET", "/entity/nothing", "")
	c.want("405 1039", "DELETE", "/entity/retaildemand", "")
	c.want("413 1044", "POST", "/entity/retaildemand", strings.Repeat(" ", maxBody+1))
	c.want("400 1040", "GET", "/entity/assortment?limit=0", "")
	c.want("400 1040", "GET", "/entity/assortment?offsetId="+saleA, "")
	c.want("400 1055", "GET", "/entity/assortment?direction=up", "")
	_ = attachTo(t, s, storeA)
	c.want("401 12017", "GET", "/settings/retailstore/", "")
}

func TestRepeats(t *testing.T) {
	s, c := start(t, Options{})
	for range 2 {
		c.want("204", "PUT", "/rpc/openshift/", open)
		c.want("201", "POST", "/entity/retaildemand", sale)
	}
	c.want("409 3006", "POST", "/entity/retaildemand", strings.Replace(sale, "A-1", "A-2", 1))
	for range 2 {
		c.want("204", "PUT", "/rpc/closeshift/", shut)
	}
	for i, d := range s.Documents() {
		if d.Times != 2 || d.Seq != i+1 {
			t.Errorf("%s came %d times", d.Kind, d.Times)
		}
	}
	_, r := start(t, Options{Repeats: RefuseRepeats, UniqueNames: true})
	r.want("204", "PUT", "/rpc/openshift/", open)
	r.want("409 3006", "PUT", "/rpc/openshift/", open)
	r.want("201", "POST", "/entity/retaildemand", sale)
	r.want("409 3006", "POST", "/entity/retaildemand", sale)
	r.want("409 3006", "POST", "/entity/retaildemand", strings.Replace(sale, saleA, itemA, 1))
	r.want("204", "PUT", "/rpc/closeshift/", shut)
	r.want("412 12004", "PUT", "/rpc/closeshift/", shut)
	r.want("412 12001", "PUT", "/rpc/openshift/", open)
}

func TestOperations(t *testing.T) {
	_, c := start(t, Options{})
	c.want("204", "PUT", "/rpc/openshift/", open)
	for i := range 30 {
		c.want("201", "POST", "/entity/retaildemand", strings.NewReplacer(saleA, fmt.Sprintf("388bd178-800c-41e6-8a84-%012d", i), "A-1", fmt.Sprintf("N-%d", i)).Replace(sale))
	}
	list := func(query string) (names []string, size int) {
		_, answer := c.do("GET", "/entity/retailoperation"+query, "")
		var l struct {
			Meta struct{ Size int }
			Rows []struct {
				Name string
				Sum  int
				Meta struct{ IDType, ID string }
			}
		}
		if err := json.Unmarshal([]byte(answer), &l); err != nil {
			t.Fatal(answer, err)
		}
		for _, r := range l.Rows {
			if r.Meta.IDType != "sync" || r.Sum != 900 {
				t.Errorf("got %+v", r)
			}
			names = append(names, r.Name)
		}
		return names, l.Meta.Size
	}
	if n, size := list(""); len(n) != 25 || size != 30 || n[0] != "N-29" {
		t.Error(n, size)
	}
	if n, _ := list("?offset=25"); len(n) != 5 {
		t.Error(n)
	}
	if n, _ := list("?search=N-7"); len(n) != 1 {
		t.Error(n)
	}
	if n, _ := list("?dtype=retailsalesreturn"); len(n) != 0 {
		t.Error(n)
	}
	if _, answer := c.do("GET", "/settings/retailstore/", ""); !strings.Contains(answer, `"name":"N-29"`) || !strings.Contains(answer, `"authTokenAttached":true`) {
		t.Error(answer)
	}
}

// What was promised is there after a crash; what was cut off is not.
func TestStateSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud.jsonl")
	s, c := start(t, Options{StatePath: path})
	c.want("204", "PUT", "/rpc/openshift/", open)
	c.want("201", "POST", "/entity/retaildemand", sale)
	c.want("201", "POST", "/entity/retaildemand", sale)
	want := s.Documents()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for cut := range 40 { // the last line was being written
		torn := append(append([]byte{}, whole...), whole[:cut]...)
		if i := strings.IndexByte(string(whole[:cut]), '\n'); i >= 0 {
			break
		}
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := New(Options{StatePath: path, Data: testShop()})
		if err != nil {
			t.Fatal(err)
		}
		got := again.Documents()
		if len(got) != 2 || got[1].Times != 2 || got[1].Digest != want[1].Digest || !got[0].Received.Equal(want[0].Received) {
			t.Fatalf("after %d torn bytes: %+v", cut, got)
		}
		c.s = again
		c.want("201", "POST", "/entity/retaildemand", sale) // the token too
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
