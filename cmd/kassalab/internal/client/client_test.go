package client

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/home"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hold makes a directory whose bench is h, as far as a client can see.
func hold(t *testing.T, url string) (dir string) {
	t.Helper()
	h, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	if url != "" {
		if err := h.WriteReady(home.Ready{Bench: url}); err != nil {
			t.Fatal(err)
		}
	}
	return h.Dir()
}

func TestNotRunning(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), "kassalab run") {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Open(hold(t, "")); !errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), "starting") {
		t.Errorf("a bench that starts: %v", err)
	}
}

func TestAnswers(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			_, _ = w.Write([]byte(`{"a":1}`))
		case "/told":
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"error":{"code":"failed","message":"it is unplugged"}}`))
		case "/html":
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("<html>" + strings.Repeat("x", 10_000)))
		case "/cut":
			panic(http.ErrAbortHandler)
		}
	}))
	defer s.Close()
	c, err := Open(hold(t, s.URL+"/"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.http.CloseIdleConnections()
	if v, err := c.Get(t.Context(), "/good"); err != nil || string(v) != `{"a":1}` {
		t.Errorf("good: %s, %v", v, err)
	}
	if _, err := c.Post(t.Context(), "/told", nil); err == nil || err.Error() != "it is unplugged" {
		t.Errorf("told: %v", err)
	}
	if _, err := c.Get(t.Context(), "/html"); err == nil || !strings.Contains(err.Error(), "502") || len(err.Error()) > 400 {
		t.Errorf("html: %v", err)
	}
	if _, err := c.Get(t.Context(), "/cut"); err == nil {
		t.Error("a broken connection is no error")
	}
}
