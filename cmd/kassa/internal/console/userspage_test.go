package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// TestUsersPage: the owner adds somebody, gives him a role and a PIN, and lets
// him in no more; a cashier sees nobody; what is typed stays text.
func TestUsersPage(t *testing.T) {
	var people *consoletest.Users
	d := newDesk(t, func(o *Options) { people = consoletest.NewUsers(o.Till.(*consoletest.Till)); o.Users = people })
	cashier := d.signedIn()
	if r := cashier.get("/users"); r.status != http.StatusOK || strings.Contains(r.body, "Хозяева") || !strings.Contains(r.body, "меняет владелец") {
		t.Errorf("a cashier: %d", r.status)
	}
	if r := cashier.get("/dialog/user?id=vera"); r.status == http.StatusOK {
		t.Error("a cashier sees the owner")
	}
	if r := cashier.post("/do/user-add", url.Values{"name": {"Я"}, "role": {"owner"}, "pin": {"4826"}}); r.header.Get("Kassa-Fault") != string(fault.LoginSenior) {
		t.Errorf("%d %s", r.status, r.body)
	}
	b := d.browser()
	b.post("/login", url.Values{"pin": {"9876"}})
	does := func(name string, want fault.Code, form url.Values) {
		t.Helper()
		if r := b.post("/do/"+name, form); r.header.Get("Kassa-Fault") != string(want) || want == "" && r.status != http.StatusNoContent {
			t.Errorf("%s %v: %d %s", name, form, r.status, r.body)
		}
	}
	does("user-add", fault.UserPINWeak, url.Values{"name": {"Пётр"}, "role": {"cashier"}, "pin": {"1111"}})
	does("user-add", fault.UserName, url.Values{"role": {"cashier"}})
	does("user-add", fault.UserRole, url.Values{"name": {"Пётр"}, "role": {"root"}})
	does("user-add", "", url.Values{"name": {"<b>Пётр</b>"}, "position": {"Кассир"}, "role": {"cashier"}, "pin": {"4826"}})
	var id string
	for _, p := range people.List() {
		if strings.Contains(p.Name, "Пётр") {
			id = p.ID
		}
	}
	if r := b.get("/users"); !strings.Contains(r.body, "&lt;b&gt;Пётр") || strings.Contains(r.body, "4826") || !strings.Contains(r.body, "это вы") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := b.get("/dialog/user?id=" + id); !strings.Contains(r.body, "user-remove") || strings.Contains(r.body, "4826") {
		t.Errorf("%d %s", r.status, r.body)
	}
	does("user-role", "", url.Values{"id": {id}, "role": {"senior"}, "name": {"Пётр С."}, "position": {""}})
	does("user-pin", "", url.Values{"id": {id}, "pin": {"5937"}})
	does("user-pin", fault.UserPINTaken, url.Values{"id": {"anna"}, "pin": {"5937"}})
	does("user-badge", fault.BadRequest, url.Values{"id": {id}, "badge": {"777"}})
	does("user-badge", "", url.Values{"id": {id}, "badge": {"K-1"}})
	does("user-block", "", url.Values{"id": {id}, "blocked": {"yes"}})
	if r := b.get("/users"); !strings.Contains(r.body, "вход закрыт") || !strings.Contains(r.body, "Пётр С.") {
		t.Errorf("%d %s", r.status, r.body)
	}
	does("user-role", fault.UserSelf, url.Values{"id": {"vera"}, "role": {"cashier"}})
	does("user-role", fault.UserForeign, url.Values{"id": {"anna"}, "name": {"Аня"}})
	does("user-remove", fault.UserForeign, url.Values{"id": {"anna"}})
	does("user-remove", fault.NotFound, url.Values{"id": {"../../etc"}})
	does("user-remove", "", url.Values{"id": {id}})
	if n := len(people.List()); n != 3 {
		t.Errorf("%d users", n)
	}
}
