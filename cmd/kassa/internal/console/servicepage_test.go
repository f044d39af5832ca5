package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
	made, fail := 0, error(nil)
	helps := func(o *Options) {
		o.Now = time.Now // a chore shows when a frame is old enough to be drawn anew
		o.Support = api.Support{Write: func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "PK")
			return errors.Join(err, fail)
		},
			ToUSB: func(context.Context) (string, error) { made++; return "kassa-support.zip", nil }}
	}
	d := newDesk(t, o, helps)
	b := d.signedIn()
	clean(t, b, "/service", "192.168.1.20:8443", "AB:CD", "x.example", `href="/ca.crt"`, `id="tls-anew"`)
	refusal(t, b.post("/do/tls-renew", nil), fault.LoginSenior)
	refusal(t, d.browser().post("/do/tls-renew", nil), fault.LoginRequired)
	refusal(t, b.get("/support.zip"), fault.LoginSenior)
	refusal(t, b.post("/do/support-usb", nil), fault.LoginSenior)
	if strings.Contains(b.get("/service").body, "support") || d.browser().get("/support.zip").status != http.StatusSeeOther || made != 0 {
		t.Error("a bundle for everybody")
	}
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
	d = newDesk(t, o, helps)
	owner := d.browser()
	done(t, owner.post("/login", url.Values{"pin": {"9876"}}))
	clean(t, owner, "/service", `href="/support.zip"`, `id="support-usb"`)
	if r := owner.get("/support.zip"); r.status != http.StatusOK || r.body != "PK" || !strings.Contains(r.header.Get("Content-Disposition"), "kassa-support-") {
		t.Errorf("the bundle: %d %q", r.status, r.body)
	}
	fail = errors.New("disk")
	req, err := http.NewRequest(http.MethodGet, d.srv.URL+"/support.zip", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := owner.client.Do(req); err == nil {
		_, err = io.ReadAll(res.Body)
		if err == nil {
			t.Error("half a bundle looks like a whole one")
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	f := owner.follow("service")
	done(t, owner.post("/do/support-usb", nil))
	for data := ""; !strings.Contains(data, "kassa-support.zip"); data = f.next().data {
	}
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
