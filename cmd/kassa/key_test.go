package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/board/unixsock"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
)

// ask is a call with headers; the body must be closed.
func (r *rig) ask(ctx context.Context, method, path, body string, header ...string) (*http.Response, error) {
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return unixsock.Dial(ctx, filepath.Join(r.dir, "data", client.SocketName))
	}}}
	req, err := http.NewRequestWithContext(ctx, method, "http://till"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return c.Do(req)
}

// One payment by one key, with the power cut at commands of the device all
// along it: asked again it is answered with the receipt, and made once. A
// reader of events that comes back after each cut is told of each sale once.
func TestAPaymentByItsKeyThroughPowerCuts(t *testing.T) {
	plainOnly(t)
	r := newRig(t, prepared(t))
	r.start("")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cursor, sales := "", 0
	before := r.measured(ctx)
	const body = `{"type":"cash","amount":"500"}`
	for round, at := range []int{0, 3, 9, 14} {
		if cursor == "" {
			cursor = r.event(ctx, "").id
		}
		child, n := r.child.Process, 0
		hook := func(s shtrihtest.Stage, _ uint16) {
			if s != shtrihtest.Received {
				return
			}
			if n++; n == at {
				_ = child.Kill() // it may be dead already
			}
		}
		r.hook.Store(&hook)
		key := "key-" + string(rune('a'+round))
		if res, err := r.ask(ctx, "POST", "/api/v1/pay", body, "Idempotency-Key", key); err == nil {
			if err := res.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		r.hook.Store(nil)
		r.kill()
		r.start("")
		var answer struct {
			Receipt struct {
				FD uint32 `json:"fd"`
			} `json:"receipt"`
		}
		r.await("the key is answered with the receipt", func() bool {
			res, err := r.ask(ctx, "POST", "/api/v1/pay", body, "Idempotency-Key", key)
			if err != nil {
				return false
			}
			text, err := io.ReadAll(res.Body)
			if err := errors.Join(err, res.Body.Close()); err != nil {
				return false
			}
			return res.StatusCode == http.StatusOK && res.Header.Get("Idempotency-Replayed") == "true" && json.Unmarshal(text, &answer) == nil && answer.Receipt.FD > 0
		})
		if sales++; r.receipts() != sales {
			t.Fatalf("cut at command %d: %d receipts of %d payments", at, r.receipts(), sales)
		}
		e := r.event(ctx, "?kind=document&type=SELL&after="+cursor)
		if e.FD != answer.Receipt.FD || e.name != "document" {
			t.Errorf("cut at command %d: the event is %+v, the receipt %d", at, e, answer.Receipt.FD)
		}
		cursor = e.id
		r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015"}})
	}
	r.must("POST", "/api/v1/cheque/void", nil)
	r.counted(before, r.measured(ctx))
	for path, want := range map[string]string{"/healthz": `{"ok":true}`, "/readyz": `{"ready":true,"sells":true,"reasons":[]}`} {
		res, err := r.ask(ctx, "GET", path, "")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil || strings.TrimSpace(string(text)) != want {
			t.Errorf("%s: %s (%v)", path, text, err)
		}
	}
	// A plain id, repeated when its shift is long closed and the till was cut off:
	// the till does not remember it, the journal does.
	in := map[string]string{"amount": "5", "id": "01890000-0000-7000-8000-00000000abcd"}
	r.must("POST", "/api/v1/cash/in", in)
	r.must("POST", "/api/v1/shift/close", nil)
	r.kill()
	r.start("")
	r.must("POST", "/api/v1/cash/in", in)
	r.stop()
	moved := 0
	for _, d := range r.documents() {
		if d.Type == doc.CashIncome {
			moved++
		}
	}
	if moved != 1 {
		t.Errorf("cash was put in %d times by one id", moved)
	}
	r.agree()
}

// heard is an event of the till.
type heard struct {
	id, name string
	FD       uint32
}

// event waits for the first event of a stream.
func (r *rig) event(ctx context.Context, query string) (e heard) {
	r.t.Helper()
	res, err := r.ask(ctx, "GET", "/api/v1/events"+query, "")
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			var rec struct {
				Data struct {
					Fiscal struct {
						FD uint32 `json:"fd"`
					} `json:"fiscal"`
				} `json:"data"`
			}
			if err := json.Unmarshal([]byte(value), &rec); err != nil {
				r.t.Fatal(err)
			}
			e.FD = rec.Data.Fiscal.FD
			return e
		}
	}
	r.t.Fatalf("the stream ended: %v", lines.Err())
	return e
}
