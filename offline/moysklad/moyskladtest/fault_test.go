package moyskladtest

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := start(t, Options{RateLimit: RateLimit{Requests: 4, Interval: time.Second, Parallel: 2}})
		for range 3 {
			c.want("200", "GET", "/settings/companysettings", "")
		}
		r := request(t, "GET", "/settings/companysettings", "")
		resp, err := Transport(s).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"X-RateLimit-Limit": "4", "X-Lognex-Retry-TimeInterval": "1000", "X-RateLimit-Remaining": "0", "X-Lognex-Reset": "1000", "X-Lognex-Retry-After": "1000"}
		for k, v := range want {
			if got := resp.Header.Get(k); got != v || resp.StatusCode != 429 {
				t.Errorf("%d %s: %q, want %q", resp.StatusCode, k, got, v)
			}
		}
		time.Sleep(time.Second)
		c.want("200", "GET", "/settings/companysettings", "")
		if err := s.Fault("slow", "100"); err != nil {
			t.Fatal(err)
		}
		answers := make(chan string)
		for range 3 {
			go func() {
				status, body := c.do("GET", "/settings/companysettings", "")
				answers <- code(status, body)
			}()
		}
		got := map[string]int{}
		for range 3 {
			got[<-answers]++
		}
		if got["200"] != 2 || got["429 1073"] != 1 {
			t.Errorf("three at once: %v", got)
		}
		if st := s.State(); st.Limited != 2 {
			t.Errorf("%d refused", st.Limited)
		}
	})
}

func TestFaults(t *testing.T) {
	s, c := start(t, Options{RateLimit: RateLimit{Requests: 1000}})
	fault := func(name string, args ...string) {
		t.Helper()
		if err := s.Fault(name, args...); err != nil {
			t.Fatal(err)
		}
	}
	changed := s.Changed()
	fault("down")
	select {
	case <-changed:
	default:
		t.Error("nobody was told")
	}
	if status, body := c.do("PUT", "/rpc/openshift/", open); status != 0 {
		t.Error("down, and answers", status, body)
	}
	if n := len(s.Documents()); n != 0 {
		t.Errorf("down, and took %d documents", n)
	}
	fault("up")
	fault("lose-answer")
	if status, _ := c.do("PUT", "/rpc/openshift/", open); status != 0 || len(s.Documents()) != 1 {
		t.Error("lose-answer answered, or did not store")
	}
	c.want("204", "PUT", "/rpc/openshift/", open)
	fault("http", "503", "2")
	c.want("503 0", "GET", "/settings/retailstore/", "")
	c.want("503 0", "POST", "/entity/retaildemand", sale)
	if n := len(s.Documents()); n != 1 {
		t.Errorf("%d documents", n)
	}
	fault("html")
	if status, body := c.do("POST", "/entity/retaildemand", sale); status != 200 || !strings.HasPrefix(body, "<!DOCTYPE") {
		t.Error(status, body)
	}
	fault("truncate")
	if _, body := c.do("GET", "/settings/retailstore/", ""); !strings.HasSuffix(body, io.ErrUnexpectedEOF.Error()) {
		t.Error(body)
	}
	c.want("200", "GET", "/settings/retailstore/", "")
	fault("token-revoked")
	c.want("401 12017", "GET", "/settings/retailstore/", "")
	for _, f := range s.Faults() {
		if f.On || f.Help == "" {
			t.Errorf("%+v is still on", f)
		}
	}
	for _, bad := range [][]string{{"nonsense"}, {"slow"}, {"slow", "x"}, {"http", "200"}, {"http"}, {"html", "-1"}} {
		if err := s.Fault(bad[0], bad[1:]...); err == nil {
			t.Errorf("fault %v was taken", bad)
		}
	}
}

// Whatever is sent, the answer is one of the service's and the state loads.
func FuzzReceive(f *testing.F) {
	for _, s := range []string{open, shut, sale, "{", "[]", `{"meta":1}`, `{"meta":{"href":"/entity/retaildemand/syncid/` + saleA + `"},"positions":[1]}`} {
		f.Add("/rpc/openshift/", s)
		f.Add("/rpc/closeshift/", s)
		f.Add("/entity/retaildemand", s)
	}
	s, c := start(f, Options{RateLimit: RateLimit{Requests: 1 << 30}})
	if status, body := c.do("PUT", "/rpc/openshift/", open); status != 204 {
		f.Fatal(body)
	}
	f.Fuzz(func(t *testing.T, path, body string) {
		method := "PUT"
		if strings.HasPrefix(path, "/entity/") {
			method = "POST"
		}
		r, err := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Lognex-Pos-Auth-Token", c.token)
		r.Header.Set("Lognex-Pos-Auth-Cashier-Uid", c.uid)
		if status, answer := do(t, s, r); status >= 500 {
			t.Fatalf("%d %s", status, answer)
		}
	})
}

func TestEveryRefusalHasWords(t *testing.T) {
	for code := range statuses {
		if messages[code] == "" {
			t.Errorf("code %d without words", code)
		}
	}
}
