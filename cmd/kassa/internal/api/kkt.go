package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// MaxPrint is how many lines of plain text one request prints.
const MaxPrint = 100

// KKT is a technician's hand on the fiscal device. Nothing it does registers
// anything, and a sale always goes first.
type KKT interface {
	// State reads everything there is to know; seconds on a slow line.
	State(ctx context.Context) (KKTState, error)
	// Document reads one document from the FN's archive.
	Document(ctx context.Context, fd uint32) (kkt.FNDocument, error)
	// Settings lists a table by its name, or all of them.
	Settings(ctx context.Context, table string) ([]kkt.Setting, error)
	Set(ctx context.Context, ref kkt.SettingRef, value string) error
	// SetClock gives the device the till's time; with the shift closed only.
	SetClock(ctx context.Context) error
	Copy(ctx context.Context) error
	Print(ctx context.Context, lines []string) error
	Cut(ctx context.Context) error
	// Test prints letters and a barcode (TestCode) that is no fiscal document.
	Test(ctx context.Context) error
}

// TestCode is the barcode of a test print: of the shop's own numbers, so no
// catalogue sells it.
const TestCode = "2999999999991"

// KKTState is a fiscal device at length.
type KKTState struct {
	kkt.Facts
	Status   kkt.Status `json:"status"`
	Drift    int64      `json:"clock_drift_ms"` // by how much its clock is off the till's
	Warnings []Warning  `json:"warnings"`
}

func (a *API) kktRoutes() []route {
	return []route{
		{"GET", "/api/v1/kkt", a.kktState},
		{"GET", "/api/v1/kkt/documents/{fd}", a.kktDocument},
		{"GET", "/api/v1/kkt/settings", a.kktSettings},
		{"PUT", "/api/v1/kkt/settings", a.kktSet},
		{"POST", "/api/v1/kkt/clock", a.kktDo(func(ctx context.Context) error { return a.o.KKT.SetClock(ctx) })},
		{"POST", "/api/v1/kkt/copy", a.kktDo(func(ctx context.Context) error { return a.o.KKT.Copy(ctx) })},
		{"POST", "/api/v1/kkt/cut", a.kktDo(func(ctx context.Context) error { return a.o.KKT.Cut(ctx) })},
		{"POST", "/api/v1/kkt/print", a.kktPrint},
		{"POST", "/api/v1/kkt/test", a.kktDo(func(ctx context.Context) error { return a.o.KKT.Test(ctx) })},
	}
}

// kkt answers with what a visit to the device gave.
func (a *API) kkt(w http.ResponseWriter, r *http.Request, err error, visit func(context.Context) (any, error)) {
	if err == nil && a.o.KKT == nil {
		err = fault.New(fault.FiscalMissing)
	}
	a.visited(w, r, err, visit)
}

// visited answers with what a visit to a device gave, or with why there was
// none.
func (a *API) visited(w http.ResponseWriter, r *http.Request, err error, visit func(context.Context) (any, error)) {
	var v any
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), replyTimeout)
		defer cancel()
		v, err = visit(ctx)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, v)
}

func (a *API) kktDo(do func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.kkt(w, r, nil, func(ctx context.Context) (any, error) { return map[string]bool{"ok": true}, do(ctx) })
	}
}

func (a *API) kktState(w http.ResponseWriter, r *http.Request) {
	a.kkt(w, r, nil, func(ctx context.Context) (any, error) {
		s, err := a.o.KKT.State(ctx)
		if s.Warnings == nil {
			s.Warnings = []Warning{}
		}
		return s, err
	})
}

func (a *API) kktDocument(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseUint(r.PathValue("fd"), 10, 32)
	if err != nil || n == 0 {
		err = fault.New(fault.BadRequest, "FD")
	}
	a.kkt(w, r, err, func(ctx context.Context) (any, error) { return a.o.KKT.Document(ctx, uint32(n)) })
}

func (a *API) kktSettings(w http.ResponseWriter, r *http.Request) {
	a.kkt(w, r, nil, func(ctx context.Context) (any, error) {
		list, err := a.o.KKT.Settings(ctx, r.URL.Query().Get("table"))
		if list == nil {
			list = []kkt.Setting{}
		}
		return map[string]any{"settings": list}, err
	})
}

func (a *API) kktSet(w http.ResponseWriter, r *http.Request) {
	var in struct {
		kkt.SettingRef
		Value string `json:"value"`
	}
	err := read(w, r, &in)
	if err == nil && (in.Table == "" || in.Field == "" || in.Row < 1) {
		err = fault.New(fault.BadRequest, "table, row, field")
	}
	a.kkt(w, r, err, func(ctx context.Context) (any, error) {
		return map[string]bool{"ok": true}, a.o.KKT.Set(ctx, in.SettingRef, in.Value)
	})
}

func (a *API) kktPrint(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Lines []string `json:"lines"`
	}
	err := read(w, r, &in)
	if err == nil && (len(in.Lines) == 0 || len(in.Lines) > MaxPrint || strings.TrimSpace(strings.Join(in.Lines, "")) == "") {
		err = fault.New(fault.BadRequest, "lines: 1.."+strconv.Itoa(MaxPrint))
	}
	a.kkt(w, r, err, func(ctx context.Context) (any, error) {
		return map[string]bool{"ok": true}, a.o.KKT.Print(ctx, in.Lines)
	})
}
