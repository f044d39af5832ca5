package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// workshop is a device that remembers what was asked of it.
type workshop struct {
	did []string
	err error
}

func (s *workshop) State(context.Context) (KKTState, error) {
	return KKTState{Facts: kkt.Facts{Identity: kkt.Identity{Serial: "17"}}, Drift: 90_000}, s.err
}

func (s *workshop) Document(_ context.Context, fd uint32) (kkt.FNDocument, error) {
	return kkt.FNDocument{FD: fd, Form: 3, Tags: []kkt.Tag{{ID: 1020, Value: "100.00"}}}, s.err
}

func (s *workshop) Settings(_ context.Context, table string) ([]kkt.Setting, error) {
	s.did = append(s.did, "list "+table)
	return nil, s.err
}

func (s *workshop) Set(_ context.Context, ref kkt.SettingRef, value string) error {
	s.did = append(s.did, "set "+ref.Table+"/"+ref.Field+"="+value)
	return s.err
}
func (s *workshop) SetClock(context.Context) error { s.did = append(s.did, "clock"); return s.err }
func (s *workshop) Copy(context.Context) error     { s.did = append(s.did, "copy"); return s.err }
func (s *workshop) Cut(context.Context) error      { s.did = append(s.did, "cut"); return s.err }
func (s *workshop) Test(context.Context) error     { s.did = append(s.did, "test"); return s.err }
func (s *workshop) Print(_ context.Context, lines []string) error {
	s.did = append(s.did, strings.Join(lines, "|"))
	return s.err
}

func withWorkshop(s *workshop) http.Handler {
	o := Options{Till: &scripted{}, Language: "en", Location: time.UTC, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if s != nil {
		o.KKT = s
	}
	return New(o).Local()
}

func TestKKT(t *testing.T) {
	s := &workshop{}
	h := withWorkshop(s)
	for _, c := range []struct{ method, path, body, did string }{
		{"GET", "/api/v1/kkt/settings?table=%D0%A2", "", "list Т"},
		{"PUT", "/api/v1/kkt/settings", `{"table":"T","row":1,"field":"F","value":"2"}`, "set T/F=2"},
		{"POST", "/api/v1/kkt/clock", "", "clock"},
		{"POST", "/api/v1/kkt/copy", "", "copy"},
		{"POST", "/api/v1/kkt/cut", "", "cut"},
		{"POST", "/api/v1/kkt/test", "", "test"},
		{"POST", "/api/v1/kkt/print", `{"lines":["a","b"]}`, "a|b"},
	} {
		if code, v := call(t, h, c.method, c.path, c.body); code != 200 || len(s.did) == 0 || s.did[len(s.did)-1] != c.did {
			t.Errorf("%s %s: %d %v, did %q", c.method, c.path, code, v, s.did)
		}
	}
	if code, v := call(t, h, "GET", "/api/v1/kkt", ""); code != 200 || v["serial"] != "17" || v["clock_drift_ms"] != 90000.0 || v["warnings"] == nil {
		t.Errorf("%d %v", code, v)
	}
	if code, v := call(t, h, "GET", "/api/v1/kkt/documents/7", ""); code != 200 || v["fd"] != 7.0 {
		t.Errorf("%d %v", code, v)
	}
}

// What makes no sense never reaches the device.
func TestKKTBadRequests(t *testing.T) {
	s := &workshop{}
	h := withWorkshop(s)
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/api/v1/kkt/documents/0", ""}, {"GET", "/api/v1/kkt/documents/x", ""}, {"GET", "/api/v1/kkt/documents/4294967296", ""},
		{"PUT", "/api/v1/kkt/settings", `{"row":1,"field":"F","value":"2"}`}, {"PUT", "/api/v1/kkt/settings", `{"table":"T","row":0,"field":"F"}`},
		{"PUT", "/api/v1/kkt/settings", `{"password":1}`}, {"POST", "/api/v1/kkt/print", `{}`}, {"POST", "/api/v1/kkt/print", `{"lines":[" "]}`},
		{"POST", "/api/v1/kkt/print", `{"lines":["` + strings.Repeat(`x","`, MaxPrint) + `x"]}`},
	} {
		if code, v := call(t, h, c.method, c.path, c.body); code != 400 || errorCode(v) != string(fault.BadRequest) {
			t.Errorf("%s %s %s: %d %v", c.method, c.path, c.body, code, v)
		}
	}
	if len(s.did) > 0 {
		t.Errorf("did %q", s.did)
	}
}

func TestKKTRefusals(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
	}{{fault.New(fault.KKTNoDocument), 404}, {fault.New(fault.FiscalBusy), 409}, {fault.New(fault.KKTBadValue, "x"), 400}} {
		code, v := call(t, withWorkshop(&workshop{err: c.err}), "GET", "/api/v1/kkt/documents/7", "")
		if code != c.code || errorCode(v) != string(fault.Of(c.err).Code) {
			t.Errorf("%v: %d %v", c.err, code, v)
		}
	}
	if code, v := call(t, withWorkshop(nil), "GET", "/api/v1/kkt", ""); code != 409 || errorCode(v) != string(fault.FiscalMissing) {
		t.Errorf("no device: %d %v", code, v)
	}
}
