package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// surfer is somebody with a browser at the till.
type surfer struct {
	r      *rig
	client *http.Client
}

func (r *rig) surfer() *surfer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return &surfer{r, &http.Client{Jar: jar, Timeout: 60 * time.Second}}
}

func (s *surfer) does(method, path string, form url.Values) (where, body string, status int) {
	s.r.t.Helper()
	st, err := s.r.status()
	if err != nil {
		s.r.t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(s.r.t.Context(), method, strings.TrimSuffix(st.Console, "/")+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.r.t.Fatal(err)
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := s.client.Do(q)
	if err != nil {
		s.r.t.Fatal(err)
	}
	b, err := io.ReadAll(answer.Body)
	if err = firstOf(err, answer.Body.Close()); err != nil {
		s.r.t.Fatal(err)
	}
	return answer.Request.URL.Path, string(b), answer.StatusCode
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestFirstStart: a till with nobody asks for its owner, and goes on step by
// step through a power cut at each of them to the first sale; then it asks no
// more. Nobody gets in by it who has no PIN.
func TestFirstStart(t *testing.T) {
	plainOnly(t)
	r := newRig(t, "")
	if err := os.RemoveAll(filepath.Join(r.dir, "data")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	const kkt = "[kkt]\ndriver = \"shtrih-m\"\naddress = "
	bare, _, _ := strings.Cut(string(text), "[kkt]")
	if bare == string(text) || !strings.Contains(string(text), kkt) {
		t.Fatal("the rig's file is another")
	}
	if err := os.WriteFile(r.config(), []byte(bare), 0o600); err != nil {
		t.Fatal(err)
	}
	up := func() *surfer {
		t.Helper()
		r.launch("")
		r.await("the till answers", func() bool { s, err := r.status(); return err == nil && s.Phase == "idle" || r.gone() })
		return r.surfer()
	}
	s := up()
	at := func(step string) {
		t.Helper()
		where, body, status := s.does("GET", "/", nil)
		if where != "/setup" || !strings.Contains(body, `name="step" value="`+step+`"`) {
			t.Fatalf("not at %s: %s %d %.2000s", step, where, status, body)
		}
	}
	says := func(form url.Values, want string) {
		t.Helper()
		if _, body, _ := s.does("POST", "/setup", form); !strings.Contains(body, want) {
			t.Errorf("%v: %.3000s", form, body)
		}
	}
	cut := func() {
		t.Helper()
		r.kill()
		s = up()
		if where, body, _ := s.does("GET", "/setup", nil); where != "/login" {
			t.Fatalf("anybody goes on at %s: %.500s", where, body)
		}
		if _, body, status := s.does("POST", "/login", url.Values{"pin": {"482615"}}); status != http.StatusNoContent {
			t.Fatalf("%d %s", status, body)
		}
	}
	owner := func(pin, again string) url.Values {
		return url.Values{"step": {"owner"}, "name": {"Ирина Ш."}, "pin": {pin}, "again": {again}}
	}
	at("owner")
	r.kill()
	s = up()
	at("owner")
	en := func(code fault.Code) string { return fault.New(code).Text("en") }
	says(owner("482615", "482616"), en(fault.SetupPIN))
	says(owner("123456", "123456"), en(fault.UserPINWeak))
	says(url.Values{"step": {"kkt"}, "skip": {"yes"}}, `value="owner"`) // no way round him
	says(owner("482615", "482615"), `value="place"`)
	if where, _, status := r.surfer().does("GET", "/setup", nil); where != "/login" {
		t.Errorf("a stranger is at %s: %d", where, status)
	}
	if _, body, _ := r.surfer().does("POST", "/setup", owner("593726", "593726")); strings.Contains(body, `value="place"`) {
		t.Error("a stranger becomes the owner")
	}
	cut()
	at("place")
	says(url.Values{"step": {"place"}, "language": {"en"}, "timezone": {"Mars/Base"}, "prefix": {"K3-"}}, "timezone")
	says(url.Values{"step": {"place"}, "language": {"en"}, "timezone": {"Asia/Omsk"}, "prefix": {"K3-"}}, `value="kkt"`)
	cut()
	at("kkt")
	says(url.Values{"step": {"kkt"}, "address": {"tcp://127.0.0.1:1"}, "test": {"yes"}}, en(fault.FiscalNoAnswer))
	says(url.Values{"step": {"kkt"}, "address": {"tcp://" + r.listen}, "test": {"yes"}}, "It answers")
	says(url.Values{"step": {"kkt"}, "address": {"192.168.1.1<b>"}}, "192.168.1.1&lt;b&gt;")
	says(url.Values{"step": {"kkt"}, "address": {"tcp://" + r.listen}}, `value="scanner"`)
	cut()
	at("scanner")
	says(url.Values{"step": {"kkt"}, "address": {"tcp://127.0.0.1:9"}}, `value="scanner"`) // an older page
	says(url.Values{"step": {"scanner"}, "skip": {"yes"}}, `value="cloud"`)
	cut()
	at("cloud")
	says(url.Values{"step": {"cloud"}, "skip": {"yes"}}, `value="again"`)
	cut()
	at("again")
	boot := r.boot()
	says(url.Values{"step": {"again"}}, "log in with your PIN")
	r.await("the till is another", func() bool { b := r.boot(); return b != "" && b != boot })
	cut()
	at("who")
	r.await("the device that was named is there", func() bool { st, err := r.status(); return err == nil && st.KKT.Ready })
	if _, body, _ := s.does("GET", "/setup", nil); !strings.Contains(body, `hx-get="/kkt/facts"`) {
		t.Errorf("nobody says who sells: %.2000s", body)
	}
	if _, body, _ := s.does("GET", "/kkt/facts", nil); !strings.Contains(body, r.dev.State().FN) {
		t.Errorf("the device says nothing: %.2000s", body)
	}
	says(url.Values{"step": {"who"}}, `value="scan"`)
	cut()
	at("scan")
	r.await("the device that was named is there", func() bool { st, err := r.status(); return err == nil && st.KKT.Ready })
	says(url.Values{"step": {"scan"}, "print": {"yes"}}, `value="scan"`)
	if p := r.dev.Paper(); !strings.Contains(p, "|2999999999991|") || !strings.Contains(p, "Print test") {
		t.Errorf("nothing to scan on paper:\n%s", p)
	}
	r.refused(fault.CodeUnknown, "scan", "2999999999991")
	says(url.Values{"step": {"other"}}, "The scanner works")
	says(url.Values{"step": {"scan"}}, `value="last"`)
	cut()
	at("last")
	if where, body, _ := s.does("POST", "/setup", url.Values{"step": {"last"}}); where != "/sale" {
		t.Fatalf("%s %.500s", where, body)
	}
	cut2 := func() {
		r.kill()
		s = up()
	}
	cut2()
	if where, _, _ := s.does("GET", "/", nil); where != "/login" {
		t.Errorf("it begins again: %s", where)
	}
	if _, body, status := s.does("POST", "/login", url.Values{"pin": {"482615"}}); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, body)
	}
	if _, _, status := s.does("GET", "/setup", nil); status != http.StatusNotFound {
		t.Errorf("it is still there: %d", status)
	}
	if out := r.run("config", "list"); !strings.Contains(out, `timezone = "Asia/Omsk"  (file)`) || !strings.Contains(out, `prefix = "K3-"  (file)`) || !strings.Contains(out, "tcp://"+r.listen) {
		t.Error(out)
	}
	r.stop()
	r.nowhere("482615")
}
