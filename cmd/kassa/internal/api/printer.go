package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Printer prints what is no fiscal receipt. Each call returns when the printer
// has printed; printer.partly says that something may be on paper, and that
// nothing is tried again by itself.
type Printer interface {
	State() PrinterState
	// Copy prints a document once more, marked as a copy.
	Copy(ctx context.Context, document uuid.UUID) error
	// Order prints the open cheque as an order.
	Order(ctx context.Context) error
	Labels(ctx context.Context, want []LabelOrder) error
	Test(ctx context.Context) error
}

// PrinterState is a receipt printer as it said last.
type PrinterState struct {
	escpos.Status
	Ready   bool           `json:"ready"` // it answers
	Trouble escpos.Trouble `json:"trouble,omitempty"`
}

// LabelOrder wants shelf labels of what a code stands for.
type LabelOrder struct {
	Code   string `json:"code"`
	Copies int    `json:"copies,omitempty"` // 0 is 1
}

// MaxLabelCodes is how many codes one request for labels has.
const MaxLabelCodes = 100

func (a *API) printerRoutes() []route {
	return []route{
		{"GET", "/api/v1/printer", a.printerState},
		{"POST", "/api/v1/printer/test", a.printed(func(ctx context.Context) error { return a.o.Printer.Test(ctx) })},
		{"POST", "/api/v1/printer/copy", a.printCopy},
		{"POST", "/api/v1/printer/order", a.printed(func(ctx context.Context) error { return a.o.Printer.Order(ctx) })},
		{"POST", "/api/v1/printer/labels", a.printLabels},
	}
}

// atPrinter answers with what became of a print.
func (a *API) atPrinter(w http.ResponseWriter, r *http.Request, err error, do func(context.Context) error) {
	if err == nil && a.o.Printer == nil {
		err = fault.New(fault.PrinterOff)
	}
	a.visited(w, r, err, func(ctx context.Context) (any, error) { return map[string]bool{"ok": true}, do(ctx) })
}

func (a *API) printed(do func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { a.atPrinter(w, r, nil, do) }
}

func (a *API) printerState(w http.ResponseWriter, r *http.Request) {
	if a.o.Printer == nil {
		a.fail(w, r, fault.New(fault.PrinterOff))
		return
	}
	a.ok(w, r, a.o.Printer.State())
}

func (a *API) printCopy(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Document uuid.UUID `json:"document"`
	}
	err := read(w, r, &in)
	if err == nil && in.Document == uuid.Nil {
		err = fault.New(fault.BadRequest, "document")
	}
	a.atPrinter(w, r, err, func(ctx context.Context) error { return a.o.Printer.Copy(ctx, in.Document) })
}

func (a *API) printLabels(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Labels []LabelOrder `json:"labels"`
	}
	err := read(w, r, &in)
	if err == nil && (len(in.Labels) == 0 || len(in.Labels) > MaxLabelCodes) {
		err = fault.New(fault.BadRequest, "labels")
	}
	a.atPrinter(w, r, err, func(ctx context.Context) error { return a.o.Printer.Labels(ctx, in.Labels) })
}
