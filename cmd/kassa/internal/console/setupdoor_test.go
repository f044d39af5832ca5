package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
)

// firstStart is a first start that nobody has begun.
type firstStart struct{ step, code string }

func (f *firstStart) Step() string                              { return f.step }
func (f *firstStart) Next(_ context.Context, step string) error { f.step = step; return nil }
func (f *firstStart) Found() (kkt, scanners []SetupDevice)      { return nil, nil }
func (f *firstStart) Test(context.Context, string) (string, error) {
	return "", fault.New(fault.FiscalNoAnswer)
}
func (f *firstStart) Code() string {
	if f.step != SetupOwner {
		return ""
	}
	return f.code
}

// TestSetupFromAnotherMachine: the code on the till's display lets a browser of
// another machine begin, and nothing else does; guesses are few.
func TestSetupFromAnotherMachine(t *testing.T) {
	h := &hands{}
	first := &firstStart{step: SetupOwner, code: "7K4M-9PXQ"}
	path := filepath.Join(t.TempDir(), "kassa.toml")
	if err := os.WriteFile(path, []byte("language = \"ru\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, func(o *Options) {
		o.Now, o.Setup = h.now, first
		till := o.Till.(*consoletest.Till)
		settings, err := consoletest.NewSettings(till, path)
		if err != nil {
			t.Fatal(err)
		}
		o.Settings, o.Users = settings, consoletest.NewUsers(till)
	})
	var jar []*http.Cookie
	ask := func(method, path string, form url.Values) *httptest.ResponseRecorder {
		q := httptest.NewRequest(method, "http://192.0.2.1"+path, strings.NewReader(form.Encode()))
		q.RemoteAddr = "192.0.2.7:4711"
		q.Header.Set("Sec-Fetch-Site", "same-origin")
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, k := range jar {
			q.AddCookie(k)
		}
		w := httptest.NewRecorder()
		d.c.ServeHTTP(w, q)
		return w
	}
	for _, path := range []string{"/", "/login"} {
		if r := ask("GET", path, nil); r.Header().Get("Location") != "/setup" {
			t.Errorf("%s leads to %q", path, r.Header().Get("Location"))
		}
	}
	if r := ask("GET", "/setup", nil); !strings.Contains(r.Body.String(), `action="/setup/code"`) || strings.Contains(r.Body.String(), first.code) {
		t.Errorf("no code is asked: %s", r.Body)
	}
	owner := url.Values{"step": {SetupOwner}, "name": {"Чужой"}, "pin": {"593726"}, "again": {"593726"}}
	if r := ask("POST", "/setup", owner); first.step != SetupOwner {
		t.Fatalf("somebody becomes the owner without the code: %d", r.Code)
	}
	try := func(code string) *httptest.ResponseRecorder {
		return ask("POST", "/setup/code", url.Values{"code": {code}})
	}
	for range setupTries {
		if r := try("7K4M-9PXZ"); !strings.Contains(r.Body.String(), "Это не тот код") || len(r.Result().Cookies()) > 0 {
			t.Fatalf("a guess: %d %s", r.Code, r.Body)
		}
	}
	if r := try(first.code); len(r.Result().Cookies()) > 0 || strings.Contains(r.Body.String(), "Это не тот код") {
		t.Errorf("too many guesses, and the right one still counts: %s", r.Body)
	}
	h.pass(setupRest + time.Second)
	r := try(" 7k4m 9pxq ") // as a person types it
	if jar = r.Result().Cookies(); len(jar) != 1 || !jar[0].HttpOnly || r.Header().Get("Location") != "/setup" {
		t.Fatalf("the code: %d %v", r.Code, jar)
	}
	if r := ask("GET", "/setup", nil); !strings.Contains(r.Body.String(), `name="step" value="owner"`) {
		t.Errorf("not let in: %s", r.Body)
	}
	// With the owner known the code is worth nothing any more.
	first.step = SetupPlace
	if r := ask("GET", "/setup", nil); r.Header().Get("Location") != "/login" {
		t.Errorf("the code goes on: %d %s", r.Code, r.Body)
	}
	jar = nil
	if r := try(first.code); len(r.Result().Cookies()) > 0 {
		t.Error("the code is still good")
	}
}
