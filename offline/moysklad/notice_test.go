package moysklad_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// A service that moved is followed to its own and to configured hosts, with
// everything a request carries; what follows goes there at once. Elsewhere, or
// from an encrypted connection to a plain one, nothing is sent.
func TestServiceThatMoved(t *testing.T) {
	for name, c := range map[string]struct {
		location string
		base     string
		hosts    []string
		went     string // "" refused
	}{
		"configured host":  {location: "http://new.test/api/posap/1.1", hosts: []string{"New.test"}, went: "http://new.test/api/posap/1.1"},
		"same host":        {location: "/api/posap/1.1", went: "http://cloud.test/api/posap/1.1"},
		"the service's":    {base: "https://online.moysklad.ru/api/posap/1.0", location: "https://api.moysklad.ru/api/posap/1.0", went: "https://api.moysklad.ru/api/posap/1.0"},
		"never plainer":    {base: "https://online.moysklad.ru/api/posap/1.0", location: "http://api.moysklad.ru/api/posap/1.0", went: "https://api.moysklad.ru/api/posap/1.0"},
		"foreign":          {location: "http://evil.test/api/posap/1.0", hosts: []string{"new.test"}},
		"another port":     {location: "http://cloud.test:81/api/posap/1.0"},
		"not the service":  {location: "https://api.moysklad.ru/api/posap/1.0"},
		"with a name":      {location: "http://a:b@cloud.test/api"},
		"another protocol": {location: "ftp://cloud.test/api"},
	} {
		t.Run(name, func(t *testing.T) {
			var went []string
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				at, ok := strings.CutSuffix("http://"+r.Host+r.URL.Path, "/rpc/openshift/")
				if r.URL.Scheme == "https" {
					at = "https" + strings.TrimPrefix(at, "http")
				}
				body, err := io.ReadAll(r.Body)
				if err != nil || !ok || string(body) != "{}" || r.Header.Get("Lognex-Pos-Auth-Token") != "secret" || r.Method != "PUT" {
					t.Errorf("%s %s: %s %v", r.Method, r.URL, body, err)
				}
				went = append(went, at)
				if at == c.went {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				w.Header().Set("Location", c.location+"/rpc/openshift/")
				w.WriteHeader(http.StatusMovedPermanently)
			})
			o := options(h)
			if c.base != "" {
				o.BaseURL = c.base
			}
			o.Hosts, o.Token, o.CashierUID = c.hosts, "secret", "me"
			cl, err := moysklad.New(o)
			if err != nil {
				t.Fatal(err)
			}
			r := outbox.Request{Method: "PUT", Path: "/rpc/openshift/", Body: "{}"}
			_, err = cl.Send(t.Context(), r, false)
			if c.went == "" {
				if fault.Of(err).Code != fault.CloudMoved || len(went) != 1 || cl.Notice().MovedTo != "" {
					t.Errorf("%v after %v", err, went)
				}
				return
			}
			if err != nil || len(went) != 2 || went[1] != c.went {
				t.Fatal(err, went)
			}
			if _, err := cl.Send(t.Context(), r, false); err != nil || len(went) != 3 || went[2] != c.went {
				t.Error(err, went)
			}
			if n := cl.Notice(); n.MovedTo != c.went {
				t.Errorf("%+v", n)
			}
		})
	}
}

func TestServiceThatMovesForEver(t *testing.T) {
	n := 0
	o := options(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		http.Redirect(w, r, fmt.Sprintf("/%d", n), http.StatusMovedPermanently)
	}))
	c, err := moysklad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Store(t.Context()); outbox.FailureOf(err).Class != outbox.Retry || n > 3 {
		t.Errorf("%d requests, %v", n, err)
	}
}

// What the service says of its version and by its clock is noticed.
func TestNotices(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	date := now
	o := options(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Lognex-API-Version-Deprecated", "2027-01-01 00:00:00")
		w.Header().Set("Date", date.Format(http.TimeFormat))
		fmt.Fprint(w, `{"rows":[]}`)
	}))
	o.Now = func() time.Time { return now }
	c, err := moysklad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, skew := range []time.Duration{0, time.Minute, time.Hour, -48 * time.Hour, 0} {
		date = now.Add(skew)
		if _, err := c.Orders(t.Context()); err != nil {
			t.Fatal(err)
		}
		if skew == time.Minute {
			skew = 0 // that is no wrong clock
		}
		if n := c.Notice(); n.Deprecated != "2027-01-01 00:00:00" || n.Skew != skew {
			t.Errorf("%+v, want %v", n, skew)
		}
	}
}

// The headers that change an answer's form or a request's effect are there
// only when they are asked for, and no answer's form puts the decoder off.
func TestHeaders(t *testing.T) {
	s := fake(t, moyskladtest.Options{Data: shop(3)})
	for _, on := range []bool{false, true} {
		o := options(s)
		inner := o.HTTP.Transport
		o.HTTP.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			for _, name := range []string{"Lognex-Pretty-Print-JSON", "X-Lognex-Format-Millisecond", "X-Lognex-WebHook-Disable"} {
				if r.Header.Get(name) != map[bool]string{true: "true"}[on] {
					t.Errorf("%s: %q", name, r.Header.Get(name))
				}
			}
			return inner.RoundTrip(r)
		})
		o.Pretty, o.Milliseconds, o.NoWebhooks = on, on, on
		n := 0
		if _, err := attach(t, o).Items(t.Context(), func(i []catalog.Item) error { n += len(i); return nil }); err != nil || n != 3 {
			t.Error(n, err)
		}
	}
}

// A certificate that can not be trusted is told as what it is, and nothing is
// sent over such a connection.
func TestUntrustedCertificate(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came through") }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c, err := moysklad.New(moysklad.Options{BaseURL: srv.URL + moyskladtest.BasePath, HTTP: &http.Client{Transport: tr}, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Store(t.Context())
	if fault.Of(err).Code != fault.CloudTLS || outbox.FailureOf(err).Class != outbox.Retry {
		t.Error(err)
	}
}
