package console

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/certs"
	"github.com/kassa-pos/kassa/pos/fault"
)

// TestServicePage: how other machines reach the till, in every state of it;
// the certificate is made anew by whoever may service the till.
func TestServicePage(t *testing.T) {
	state, renewed := api.TLS{On: true, URLs: []string{"https://192.168.1.20:8443/"}, State: certs.State{Fingerprint: "AB:CD", LeftOut: []string{"x.example"}}}, []bool{}
	o := func(o *Options) {
		o.TLS = func() (api.TLS, error) { return state, nil }
		o.RenewTLS = func(authority bool) error {
			if len(renewed) == 2 {
				return errors.New("disk")
			}
			renewed = append(renewed, authority)
			return nil
		}
	}
	d := newDesk(t, o)
	b := d.signedIn()
	clean(t, b, "/service", "192.168.1.20:8443", "AB:CD", "x.example", `href="/ca.crt"`, `id="tls-anew"`)
	refusal(t, b.post("/do/tls-renew", nil), fault.LoginSenior)
	refusal(t, d.browser().post("/do/tls-renew", nil), fault.LoginRequired)
	for _, c := range []struct {
		state api.TLS
		want  string
		not   string
	}{
		{api.TLS{}, "только на ней самой", "tls-renew"},
		{api.TLS{Plain: true}, "без шифрования", "tls-renew"},
		{api.TLS{On: true, State: certs.State{Own: true}}, "из файлов", "tls-renew"},
		{api.TLS{On: true, State: certs.State{Problem: "no room"}}, "no room", `href="/ca.crt"`},
	} {
		state = c.state
		if body := newDesk(t, o).signedIn().get("/service").body; !strings.Contains(body, c.want) || strings.Contains(body, c.not) {
			t.Errorf("%+v: no %q, or %q in\n%s", c.state, c.want, c.not, body)
		}
	}
	d = newDesk(t, o)
	owner := d.browser()
	done(t, owner.post("/login", url.Values{"pin": {"9876"}}))
	done(t, owner.post("/do/tls-renew", nil))
	done(t, owner.post("/do/tls-renew", url.Values{"authority": {"yes"}}))
	if len(renewed) != 2 || renewed[0] || !renewed[1] {
		t.Errorf("renewed: %v", renewed)
	}
	refusal(t, owner.post("/do/tls-renew", nil), fault.Internal)
	none := newDesk(t).browser()
	done(t, none.post("/login", url.Values{"pin": {"9876"}}))
	refusal(t, none.post("/do/tls-renew", nil), fault.TLSNone)
}
