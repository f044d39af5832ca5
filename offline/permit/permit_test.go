package permit_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/permit"
	"github.com/kassa-pos/kassa/offline/permit/permittest"
	"github.com/kassa-pos/kassa/pos/fault"
)

const code = "0104607015730012215=xk8E\x1d93abcd"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type shop struct {
	system  *permittest.System
	server  *httptest.Server
	client  *permit.Client
	options permit.Options
}

func open(t *testing.T, change func(*permit.Options)) *shop {
	s := &shop{system: &permittest.System{}}
	s.server = httptest.NewServer(s.system.Handler())
	s.options = permit.Options{Online: []string{s.server.URL + "/"}, Token: permittest.Key, Local: s.server.URL, Login: permittest.Login, Pass: permittest.Pass}
	if change != nil {
		change(&s.options)
	}
	var err error
	if s.client, err = permit.New(s.options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.client.Close(); s.server.Close() })
	return s
}

func (s *shop) check(t *testing.T) (permit.Answer, error) {
	t.Helper()
	return s.client.Check(t.Context(), permit.Query{Code: code, FN: "9999078902000001"})
}

// TestReasons: each reason is told by its own code; the local module knows of
// goods that are blocked or sold and allows the rest.
func TestReasons(t *testing.T) {
	want := map[permittest.Reason]fault.Code{permittest.OK: "", permittest.Unknown: fault.PermitUnknown, permittest.Forged: fault.PermitForged,
		permittest.Invalid: fault.PermitForged, permittest.Unused: fault.PermitUnused, permittest.Withdrawn: fault.PermitWithdrawn,
		permittest.Sold: fault.PermitSold, permittest.Blocked: fault.PermitBlocked, permittest.Expired: fault.PermitExpired, permittest.Owner: fault.PermitOwner}
	s := open(t, nil)
	for _, r := range permittest.Reasons() {
		for _, down := range []bool{false, true} {
			s.system.Break(permittest.Faults{Down: down})
			s.system.Set(code, r)
			a, err := s.check(t)
			said := want[r]
			if down && r != permittest.Sold && r != permittest.Blocked {
				said = ""
			}
			if err != nil || a.Refused != said || a.Local != down {
				t.Errorf("%s, down %v: %+v %v", r, down, a, err)
			}
			parts := strings.Split(a.Value, "&")
			if !strings.HasPrefix(a.Value, "UUID=") || !strings.HasPrefix(parts[1], "Time=") || (len(parts) == 4) != down || len(a.Value) > 256 {
				t.Errorf("tag 1265: %q", a.Value)
			}
		}
	}
	if q := s.system.Asked()[0]; q.Code != code || q.FN != "9999078902000001" {
		t.Errorf("asked %+v", q)
	}
}

// TestNobodyAnswers: without an answer nothing is allowed, and the time is kept.
func TestNobodyAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		faults permittest.Faults
		want   fault.Code
		local  bool
	}{
		"down":           {permittest.Faults{Down: true, LocalDown: true}, fault.PermitDown, false},
		"garbage":        {permittest.Faults{Garbage: true}, "", true},
		"another code":   {permittest.Faults{Other: true}, fault.PermitDown, false},
		"slow":           {permittest.Faults{Slow: 2 * time.Second}, "", true},
		"slow and stale": {permittest.Faults{Slow: 2 * time.Second, LocalStale: true}, fault.PermitStale, false},
		"stale":          {permittest.Faults{Down: true, LocalStale: true}, fault.PermitStale, false},
		"not ready":      {permittest.Faults{Down: true, LocalBusy: true}, fault.PermitStale, false},
		"wrong clock":    {permittest.Faults{Ahead: -96 * time.Hour, Down: true}, fault.PermitStale, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			s.system.Break(c.faults)
			begun := time.Now()
			a, err := s.check(t)
			var f *fault.Error
			if c.want == "" && (err != nil || a.Refused != "" || a.Local != c.local) {
				t.Errorf("%+v %v", a, err)
			}
			if c.want != "" && (!errors.As(err, &f) || f.Code != c.want) {
				t.Errorf("%+v %v, want %s", a, err, c.want)
			}
			if err != nil && strings.Contains(err.Error()+f.Detail, "93abcd") {
				t.Errorf("the error shows the code's key: %v", err)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestNextAddress: a site that is down leaves time for the next one.
func TestNextAddress(t *testing.T) {
	bad := httptest.NewServer(http.NotFoundHandler())
	defer bad.Close()
	s := open(t, func(o *permit.Options) { o.Online = append([]string{bad.URL}, o.Online...) })
	if a, err := s.check(t); err != nil || a.Local {
		t.Errorf("%+v %v", a, err)
	}
	if err := s.client.Online(t.Context()); err != nil {
		t.Error(err)
	}
	s.system.Break(permittest.Faults{Down: true})
	if err := s.client.Online(t.Context()); err == nil {
		t.Error("a dead system answers")
	}
}

// TestWithoutLocalModule, a wrong key, a caller that goes.
func TestWithoutLocalModule(t *testing.T) {
	s := open(t, func(o *permit.Options) { o.Local, o.Token = "", "wrong" })
	var f *fault.Error
	if _, err := s.check(t); !errors.As(err, &f) || f.Code != fault.PermitDown {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.client.Check(ctx, permit.Query{Code: code}); err == nil {
		t.Error("answered nobody")
	}
	if _, err := permit.New(permit.Options{}); !errors.Is(err, permit.ErrOptions) {
		t.Error(err)
	}
	if _, err := permit.New(permit.Options{Online: []string{"http://x"}}); !errors.Is(err, permit.ErrOptions) {
		t.Error(err)
	}
}

// FuzzAnswer: whatever comes back, only a clear yes about this very code is one.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"code":0,"codes":[{"cis":"x","valid":true}],"reqId":"7a4bb0f8-1d1c-4a3f-9d3b-0a1b2c3d4e5f","reqTimestamp":1763629200123}`), 200)
	f.Add([]byte(`{"results":[{"code":0,"codes":[]}]}`), 200)
	f.Add([]byte(`{"codes":[{}]}`), 500)
	f.Add([]byte(nil), 204)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		if status < 200 || status > 599 {
			return
		}
		answers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write(body)
		})
		c, err := permit.New(permit.Options{Online: []string{"http://permit.invalid"}, Token: "k", Client: &http.Client{Transport: direct{answers}}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.Check(t.Context(), permit.Query{Code: code})
		if err != nil {
			return
		}
		var said struct {
			Codes []struct {
				CIS string `json:"cis"`
			} `json:"codes"`
		}
		if jerr := json.Unmarshal(body, &said); jerr != nil || status != 200 || len(said.Codes) != 1 || strings.ReplaceAll(said.Codes[0].CIS, "\x1d", "") != strings.ReplaceAll(code, "\x1d", "") {
			t.Fatalf("%d %q became %+v", status, body, a)
		}
	})
}

// direct is a transport that asks a handler.
type direct struct{ h http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, r)
	return w.Result(), nil
}

// TestModuleStatus: the moment of its synchronisation comes as a number or a date.
func TestModuleStatus(t *testing.T) {
	now := time.Now()
	for _, text := range []string{`1763884800000`, `"2025-11-23T08:00:00Z"`, `"2025-11-23T11:00:00+03:00"`} {
		var st permit.Status
		if err := json.Unmarshal([]byte(`{"status":"ready","lastSync":`+text+`}`), &st); err != nil || st.LastSync.UnixMilli() != 1763884800000 {
			t.Errorf("%s: %v %v", text, st.LastSync, err)
		}
		if st.Fresh(now) || !st.Fresh(st.LastSync.Add(permit.Stale)) {
			t.Errorf("%s: freshness", text)
		}
	}
	var st permit.Status
	if json.Unmarshal([]byte(`{"lastSync":"yesterday"}`), &st) == nil {
		t.Error("a date nobody can read was read")
	}
}
