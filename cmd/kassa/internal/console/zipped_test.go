package console

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestPagesTravelCompressed: to a browser that takes it so, and only then; a
// refusal, which is short, never.
func TestPagesTravelCompressed(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	want := b.get("/sale").body
	for accepted, zipped := range map[string]bool{"gzip, deflate, br": true, "identity": false} {
		req, err := http.NewRequest(http.MethodGet, d.srv.URL+"/sale", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", accepted)
		res, err := b.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if (res.Header.Get("Content-Encoding") == "gzip") != zipped || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", accepted, res.Header)
		}
		if zipped {
			if len(body)*3 > len(want) {
				t.Errorf("%d bytes of %d", len(body), len(want))
			}
			z, err := gzip.NewReader(strings.NewReader(string(body)))
			if err == nil {
				body, err = io.ReadAll(z)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if string(body) != want {
			t.Errorf("%s: another page of %d bytes", accepted, len(body))
		}
	}
	if r := b.post("/do/scan", nil, "Accept-Encoding", "gzip"); r.header.Get("Content-Encoding") != "" {
		t.Errorf("a refusal: %v", r.header)
	}
}
