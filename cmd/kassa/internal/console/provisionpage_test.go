package console

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/fault"
)

// stores is a cloud with two of them.
type stores struct{ got []api.CloudAttach }

func (s *stores) Stores(_ context.Context, login, password string) ([]api.CloudStore, error) {
	if login != "me@shop" || password != "s3cret<" {
		return nil, fault.New(fault.CloudLogin)
	}
	return []api.CloudStore{{ID: "a", Name: "<b>Лавка</b>", Organization: "ООО"}, {ID: "b", Name: "Киоск", Attached: true}}, nil
}

func (s *stores) Attach(_ context.Context, in api.CloudAttach) (api.CloudStore, error) {
	s.got = append(s.got, in)
	if in.Store == "b" && !in.TakeOver {
		return api.CloudStore{}, fault.New(fault.CloudTaken, "Киоск")
	}
	return api.CloudStore{ID: in.Store, Name: "Киоск"}, nil
}

var choiceKey = regexp.MustCompile(`name="key" value="([^"]+)"`)

// TestProvisionPage: the owner logs in to the cloud, sees its stores and takes
// one; nobody else may, and no page has the password.
func TestProvisionPage(t *testing.T) {
	cloud := &stores{}
	d := newDesk(t, func(o *Options) { o.Provision = cloud })
	if r := d.signedIn().get("/provision"); r.status != http.StatusForbidden {
		t.Errorf("a cashier gets %d", r.status)
	}
	b := d.browser()
	b.post("/login", url.Values{"pin": {"9876"}})
	if r := b.get("/provision"); r.status != http.StatusOK || !strings.Contains(r.body, `type="password"`) {
		t.Fatalf("%d", r.status)
	}
	says := func(r answer, code fault.Code, args ...string) {
		t.Helper()
		if !strings.Contains(r.body, fault.New(code, args...).Text("ru")) {
			t.Errorf("not %s: %d %s", code, r.status, r.body)
		}
	}
	for _, bad := range []url.Values{{"login": {"me@shop"}}, {"login": {"me@shop"}, "password": {"x"}}, {"login": {strings.Repeat("x", 300)}, "password": {"x"}}} {
		says(b.post("/provision/stores", bad), fault.CloudLogin)
	}
	key := func() string {
		t.Helper()
		r := b.post("/provision/stores", url.Values{"login": {" me@shop "}, "password": {"s3cret<"}})
		m := choiceKey.FindStringSubmatch(r.body)
		if m == nil || strings.Contains(r.body, "s3cret") || !strings.Contains(r.body, "&lt;b&gt;Лавка") {
			t.Fatalf("%d %s", r.status, r.body)
		}
		return m[1]
	}
	says(b.post("/provision/attach", url.Values{"key": {key()}, "store": {"b"}}), fault.CloudTaken, "Киоск")
	used := key()
	if r := b.post("/provision/attach", url.Values{"key": {used}, "store": {"b"}, "take_over": {"yes"}}); !strings.Contains(r.body, "Касса подключена: Киоск") {
		t.Errorf("%d %s", r.status, r.body)
	}
	says(b.post("/provision/attach", url.Values{"key": {used}, "store": {"a"}}), fault.LoginRequired)
	says(b.post("/provision/attach", url.Values{"store": {"a"}}), fault.LoginRequired)
	if len(cloud.got) != 2 || cloud.got[1] != (api.CloudAttach{Login: "me@shop", Password: "s3cret<", Store: "b", TakeOver: true}) {
		t.Errorf("%+v", cloud.got)
	}
}
