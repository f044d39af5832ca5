package reports

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/doc"
)

func published(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "offline", "ofd", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func face(b *books) *Face {
	return &Face{Reports: New(Options{Records: b.records, Zone: zone}), Log: slog.New(slog.DiscardHandler),
		Allows: func(string, access.Scope) (access.Token, bool, bool) { return access.Token{}, true, true }}
}

func askFace(f *Face, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body))
	r.Header.Set("x-yandex-key", "a")
	r.Header.Set("x-ofd-key", "b")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// The operator's published request, sent to a till that had the shift of the
// published answer, is answered with it: every key, and no other.
func TestPublishedExample(t *testing.T) {
	b := &books{t: t}
	open := time.Date(2018, 6, 15, 14, 2, 0, 0, zone)
	b.add(doc.PosOpenSession, 2, open, 0)
	b.add(doc.Sell, 2, open.Add(time.Hour), 90_00, doc.PayCash)
	b.add(doc.Sell, 2, open.Add(30*time.Hour), 50_00, doc.PayCash)
	b.add(doc.ZReport, 2, time.Date(2018, 6, 18, 11, 22, 0, 0, zone), 0)
	for i := range b.list {
		var d doc.Document
		if err := json.Unmarshal(b.list[i].Data, &d); err != nil {
			t.Fatal(err)
		}
		d.Fiscal.FN, d.Fiscal.RegNumber = "4346576876976321", "3546446467562434"
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		b.list[i].Data = data
	}
	// Companies are the operator's: a till has none, so its example's is left out.
	request := strings.Replace(string(published(t, "request.json")), `"301"`, "", 1)
	w := askFace(face(b), request)
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var got, want any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(published(t, "answer.json"), &want); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if w := askFace(face(b), string(published(t, "request.json"))); w.Code != http.StatusOK {
		t.Errorf("with its company: %d %s", w.Code, w.Body)
	}
}

// FuzzFace: whatever a program asks, it is a report or a refusal with a code.
func FuzzFace(f *testing.F) {
	f.Add(string(published(f, "request.json")))
	f.Add(`{"date_from":"2026-11-01","date_to":"2026-12-01","limit":-1,"offset":9223372036854775807,"orders":["-income","fn"]}`)
	f.Add(`{"date_from":"0001-01-01","date_to":"9999-12-31","shifts":-1,"taxation_types":["osn","x"]}`)
	f.Add(`[`)

	b := month(nil, 3)
	f.Fuzz(func(t *testing.T, body string) {
		w := askFace(face(b), body)
		var report ofd.Report
		var no refusal
		switch {
		case w.Code == http.StatusOK && json.Unmarshal(w.Body.Bytes(), &report) == nil && report.Total != nil && int64(len(report.Data)) <= *report.Total:
		case (w.Code == http.StatusBadRequest || w.Code == http.StatusUnprocessableEntity) && json.Unmarshal(w.Body.Bytes(), &no) == nil && no.Code > 0:
		default:
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}
