package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// metric reads a figure off /metrics.
func (r *rig) metric(name string) string {
	r.t.Helper()
	var where struct{ Console string }
	if err := r.call("GET", "/api/v1/status", nil, &where); err != nil {
		r.t.Fatal(err)
	}
	return metricOf(r.t, where.Console, filepath.Join(r.dir, "data"), name)
}

// metricOf reads a figure of the till with a console and a data directory; ""
// when it tells none of that name.
func metricOf(t testing.TB, console, data, name string) string {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(data, "api.token"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, console+"metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("metrics: %d %v %s", res.StatusCode, err, text)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// TestExchangeIsSeen: while the line is cut the queue, its age and the reason
// are on the command line and among the metrics; when it is mended the history
// has what was made and sent, and a restart reads the same off the journal.
func TestExchangeIsSeen(t *testing.T) {
	cloud := newFakeCloud(t)
	r := newRig(t, "")
	l := cloud.connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("sync", "--wait")
	l.set(true, 0)
	r.run("shift", "open")
	for range 2 {
		r.run("scan", "4600000000015")
		r.run("pay", "card")
	}
	queued := func(n int) func() bool {
		return func() bool {
			out := r.run("sync")
			return strings.Contains(out, fmt.Sprintf("moysklad: offline, %d to send, 0 parked, the oldest ", n)) && strings.Contains(out, "last contact: ") && strings.Contains(out, "[cloud.down]")
		}
	}
	r.await("three documents wait", queued(3))
	if got := r.metric(`kassa_sync_queued_documents{place="moysklad",from=""}`); got != "3" {
		t.Errorf("metric %q", got)
	}
	if got := r.metric(`kassa_sync_online{place="moysklad",from=""}`); got != "0" {
		t.Errorf("metric %q", got)
	}
	if age := r.metric(`kassa_sync_oldest_seconds{place="moysklad",from=""}`); age == "" || age == "0" {
		t.Errorf("metric %q", age)
	}
	if r.metric(`kassa_sync_online{place="ofd",from=""}`) != "1" || !strings.Contains(r.run("sync"), "\nofd: ") {
		t.Error("nothing is said of the OFD")
	}
	sums := func() (made, sent, waiting int) {
		for line := range strings.Lines(r.run("sync", "--history", "day")) {
			var day, clock string
			var m, s, p int
			if _, err := fmt.Sscanf(line, "%s %s made %d sent %d parked %d waiting %d", &day, &clock, &m, &s, &p, &waiting); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			made, sent = made+m, sent+s
		}
		return made, sent, waiting
	}
	is := func(made, sent, waiting int) func() bool {
		return func() bool { m, s, w := sums(); return m == made && s == sent && w == waiting }
	}
	r.await("the history has them", is(3, 0, 3))
	l.set(false, 0)
	r.run("sync", "--wait")
	r.await("the history has them sent", is(3, 3, 0))
	r.stop()
	r.start("")
	r.await("the history is read off the journal", is(3, 3, 0))
	if _, errOut, code := r.kassa("", "sync", "--history", "century"); code == 0 || !strings.Contains(errOut, "request.bad") {
		t.Errorf("%d %s", code, errOut)
	}
	r.stop()
}
