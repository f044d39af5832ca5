// Package api is the till's native HTTP API, version 1: what the command line
// speaks over the unix socket and integrators over the network.
//
// The OpenAPI 3.1 document beside this file is the promise; a test holds the
// routes against it. Sums in JSON are integer kopecks and quantities integer
// thousandths, as stored; only the fields named "amount" and "quantity" that
// people type are decimal text in roubles and units.
//
// On the unix socket the file's mode and SO_PEERCRED decide who may call. On
// the network every call but the health checks and the OpenAPI document needs
// "Authorization: Bearer" with the token kept in the data directory.
package api

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/peripherals/scale"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// Limits of a request.
const (
	MaxBody      = 64 << 10        // bytes
	MaxCodes     = 100             // codes of one scan request
	MaxPage      = 1000            // documents or items of one answer
	MaxPageBytes = 4 << 20         // of documents in one answer; the page ends earlier
	replyTimeout = 4 * time.Minute // above the longest fiscal operation
	retryAfter   = 2 * time.Second // what a program is asked to wait when the till can not now
	retryLogin   = 30 * time.Second
	// MaxStill is how long the till's loop may not turn before the process is
	// told to be unwell.
	MaxStill = 30 * time.Second
)

//go:embed openapi.yaml
var openAPI []byte

// Document is the OpenAPI document of this API, as it is served.
func Document() []byte { return openAPI }

// Till is the running till.
type Till interface {
	Do(ctx context.Context, cmd till.Event) error
	View() (till.View, uint64)
	Wait(ctx context.Context, after uint64) (uint64, error)
}

// Options are the API's ports. Functions that are nil answer 503.
type Options struct {
	Till    Till
	Records func(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error]
	Find    func(ctx context.Context, text string, limit int) ([]catalog.Item, error)
	List    func(ctx context.Context, folder, after string, limit int) ([]catalog.Item, error)
	// Catalog is the rest of the catalogue; nil: there is none.
	Catalog Catalog
	// Orders asks the cloud for customers' orders; Item finds an item by id.
	Orders func(ctx context.Context) ([]catalog.Order, time.Time, error)
	Item   func(ctx context.Context, generation int64, id string) (catalog.Item, error)
	// Lookup finds what a scanned or typed code stands for.
	Lookup func(ctx context.Context, generation int64, code string) (catalog.Match, error)
	// Sync downloads and sends now and tells how it went; Outbox only tells.
	Sync   func(ctx context.Context) (any, error)
	Outbox func() any
	// Flows are the last days of the queue, cut into spans.
	Flows func(ctx context.Context, span time.Duration) ([]outbox.Flow, error)
	// Scale is what lies on the counter's scale now; fresh: it is of this moment.
	Scale func() (r scale.Reading, fresh bool)
	// Terminal is the payment terminal; nil: none.
	Terminal Terminal
	// Printer is the receipt printer; nil: none.
	Printer Printer
	// Kitchen is where dishes are made; nil: nowhere.
	Kitchen Kitchen
	// RetryParked sends a parked document, or with no id all, on its way again;
	// ExportParked shows one that waits as it would be sent. Locally only.
	RetryParked  func(ctx context.Context, document uuid.UUID) error
	ExportParked func(ctx context.Context, document uuid.UUID) (any, error)
	// ParkedByHand ends a parked document that a person has seen to.
	ParkedByHand func(ctx context.Context, document uuid.UUID, why string) error
	// Made makes goods, customers and orders.
	Made Made
	// Attach takes the cloud's store back from another device.
	Attach func(ctx context.Context) error
	// Provision attaches the till anew, with a person's login.
	Provision Provision
	Verify    func(ctx context.Context) (any, error)
	// Reconcile compares a period with everybody else who knows of it.
	Reconcile func(ctx context.Context, p Period) (reconcile.Result, error)
	// Append makes entries durable: what calls were made. Nil: they are forgotten
	// when the till ends.
	Append func(ctx context.Context, entries ...record.Entry) (uint64, error)
	// Still is how long ago the till's loop turned; nil: nobody watches it.
	Still func() time.Duration
	// HasDocument tells whether a document with this id was made. Nil: only the
	// till's memory of its shift says so.
	HasDocument func(ctx context.Context, id uuid.UUID) (bool, error)
	// Head is the newest record that can be read without waiting, and the oldest
	// that is still here; Journal tells this journal from others.
	Head    func() (oldest, newest uint64)
	Journal uuid.UUID
	// Shifts is the report of shifts.
	Shifts func(ctx context.Context, q ofd.Query) (ofd.Report, error)
	// Sales is what was sold in a period, with a row for each of something.
	Sales func(ctx context.Context, by reports.By, p reports.Period) (reports.SalesReport, error)
	// Lines are the newest lines of the log. Locally only.
	Lines func(limit int) []loglines.Line
	// Rotate ends the journal's period.
	Rotate func(ctx context.Context) (any, error)
	Export func(ctx context.Context, to string, since Since) (any, error)
	// Import takes in the exported copy of another till's journal, to deliver
	// what that had not sent.
	Import func(ctx context.Context, from string) (any, error)
	// Erase makes the people of a document, or a contact wherever it is,
	// unreadable for ever; one of both is given.
	Erase func(ctx context.Context, document uuid.UUID, contact string) (any, error)
	// Users are who works at this till. Locally only; nil: nobody may be changed.
	Users Users
	// Settings is the configuration file. Locally only; nil: it can not be changed.
	Settings Settings
	// Badge makes a code a cashier's badge, "" takes it away. Locally only.
	Badge func(ctx context.Context, cashier, code string) error
	// Updates takes the machine to another release; Verdict tells whether this
	// one can sell here.
	Updates Updates
	Verdict func(ctx context.Context) (updates.Verdict, error)
	// TLS is how other machines reach the pages; RenewTLS makes the certificate
	// anew, and the authority too.
	TLS      func() (TLS, error)
	RenewTLS func(authority bool) error
	// Support makes the bundle for whoever helps. Locally only.
	Support Support
	// KKT is a technician's hand on the fiscal device; nil: none is configured.
	KKT KKT
	// Warnings are those of the world around the till: cloud, devices, journal.
	Warnings func() []fault.Warning
	// Extra adds devices and other facts to the status.
	Extra    func() map[string]any
	Metrics  func(w io.Writer)
	Language string
	Location *time.Location // of dates in requests
	Version  string
	Boot     string // changes with every start
	Token    string // for calls from the network
	Tokens   Tokens // others that were made for programs
	Log      *slog.Logger
}

// API serves the routes.
type API struct {
	o       Options
	mux     *http.ServeMux
	streams chan struct{} // one a stream of events
	stall   time.Duration // streamStall; shorter in tests
	patient time.Duration // PatientFor; shorter in tests
	calls   *calls
}

// New makes the API.
func New(o Options) *API {
	a := &API{o: o, mux: http.NewServeMux(), streams: make(chan struct{}, MaxStreams), stall: streamStall, patient: PatientFor, calls: newCalls()}
	for _, r := range a.routes() {
		if r.method != http.MethodGet || r.path == pathReconcile {
			r.handle = a.once(r.handle)
		}
		a.mux.HandleFunc(r.method+" "+r.path, r.handle)
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, fault.New(fault.NotFound, r.Method+" "+r.URL.Path))
	})
	return a
}

type route struct {
	method, path string
	handle       http.HandlerFunc
}

// Prefixes are the paths this handler answers; a server puts other faces
// beside it.
func Prefixes() []string { return []string{"/api/", "/healthz", "/readyz", "/metrics"} }

func (a *API) routes() []route {
	return append(slices.Concat(a.kktRoutes(), a.terminalRoutes(), a.printerRoutes(), a.kitchenRoutes(), a.termRoutes(), a.catalogRoutes(), a.stockRoutes(), a.madeRoutes(), a.updateRoutes(), a.userRoutes(), a.settingsRoutes()), []route{
		{"GET", "/api/v1/openapi.yaml", a.spec},
		{"GET", "/api/v1/status", a.status},
		{"GET", "/api/v1/events", a.events},
		{"POST", "/api/v1/login", a.login},
		{"POST", "/api/v1/approve", a.approve},
		{"POST", "/api/v1/logout", a.logout},
		{"POST", "/api/v1/help", a.do(func(*http.Request) (till.Event, error) { return till.CallHelp{}, nil })},
		{"DELETE", "/api/v1/help", a.do(func(*http.Request) (till.Event, error) { return till.CallHelp{Answered: true}, nil })},
		{"POST", "/api/v1/shift/open", a.do(func(*http.Request) (till.Event, error) { return till.OpenShift{}, nil })},
		{"POST", "/api/v1/shift/close", a.do(func(*http.Request) (till.Event, error) { return till.CloseShift{}, nil })},
		{"POST", "/api/v1/shift/x", a.do(func(*http.Request) (till.Event, error) { return till.XReport{}, nil })},
		{"POST", "/api/v1/shift/state-report", a.do(func(*http.Request) (till.Event, error) { return till.StateReport{}, nil })},
		{"POST", "/api/v1/cash/in", a.cash(false)},
		{"POST", "/api/v1/cash/out", a.cash(true)},
		{"POST", "/api/v1/cash/count", a.count},
		{"POST", "/api/v1/scan", a.scan},
		{"GET", "/api/v1/questions", a.questions},
		{"GET", "/api/v1/scale", a.scale},
		{"POST", "/api/v1/answer", a.answer},
		{"GET", "/api/v1/cheque", a.cheque},
		{"POST", "/api/v1/cheque/void", a.do(func(*http.Request) (till.Event, error) { return till.VoidCheque{}, nil })},
		{"POST", "/api/v1/cheque/park", a.park},
		{"POST", "/api/v1/cheque/recall", a.recall},
		{"POST", "/api/v1/cheque/contact", a.contact},
		{"POST", "/api/v1/cheque/buyer", a.buyer},
		{"POST", "/api/v1/cheque/lines/{line}/quantity", a.quantity},
		{"DELETE", "/api/v1/cheque/lines/{line}", a.voidLine},
		{"POST", "/api/v1/pay", a.pay},
		{"POST", "/api/v1/return", a.giveBack},
		{"POST", "/api/v1/return/free", a.takeBack},
		{"POST", "/api/v1/exchange", a.exchange},
		{"POST", "/api/v1/buy", a.buy},
		{"GET", "/api/v1/orders", a.orders},
		{"POST", "/api/v1/orders/take", a.takeOrder},
		{"GET", "/api/v1/claims", a.claims},
		{"POST", "/api/v1/claims", a.sellClaim},
		{"POST", "/api/v1/prepay", a.prepay},
		{"POST", "/api/v1/hand-over", a.handOver},
		{"POST", "/api/v1/repay", a.repay},
		{"POST", "/api/v1/drawer", a.noSale},
		{"POST", "/api/v1/correct", a.correct},
		{"POST", "/api/v1/retry", a.do(func(*http.Request) (till.Event, error) { return till.Retry{}, nil })},
		{"POST", "/api/v1/abandon", a.abandon},
		{"POST", "/api/v1/kkt/accept-fn", a.acceptFN},
		{"GET", "/api/v1/documents", a.documents},
		{"GET", "/api/v1/sync", a.outbox},
		{"POST", "/api/v1/sync", a.sync},
		{"POST", "/api/v1/sync/retry", a.retryParked},
		{"POST", "/api/v1/sync/done", a.parkedByHand},
		{"GET", "/api/v1/sync/parked/{document}", a.exportParked},
		{"GET", "/api/v1/sync/history", a.syncHistory},
		{"POST", "/api/v1/cloud/attach", a.attach},
		{"POST", "/api/v1/cloud/stores", a.cloudStores},
		{"POST", "/api/v1/cloud/provision", a.cloudProvision},
		{"GET", "/api/v1/journal", a.records},
		{"POST", "/api/v1/journal/verify", a.verify},
		{"POST", "/api/v1/journal/rotate", a.rotate},
		{"POST", "/api/v1/journal/export", a.export},
		{"POST", "/api/v1/journal/import", a.take},
		{"POST", "/api/v1/journal/erase", a.erase},
		{"POST", "/api/v1/badge", a.badge},
		{"GET", "/api/v1/reports/shifts", a.shifts},
		{"GET", "/api/v1/reports/sales", a.sales},
		{"GET", "/api/v1/log", a.log},
		{"GET", pathTLS, a.tls},
		{"POST", pathTLS + "/renew", a.renewTLS},
		{"GET", pathSupport, a.support},
		{"POST", pathSupport + "/usb", a.supportToUSB},
		{"GET", pathReconcile, a.reconcile},
		{"POST", pathReconcile + "/print", a.printReconciled},
		{"GET", "/api/v1/tokens", a.tokens},
		{"POST", "/api/v1/tokens", a.makeToken},
		{"DELETE", "/api/v1/tokens/{token}", a.revokeToken},
		{"GET", pathOperations + "{operation}", a.operation},
		{"GET", "/healthz", a.health},
		{"GET", "/readyz", a.ready},
		{"GET", "/metrics", a.metrics},
	}...)
}

// Local serves callers the unix socket has let in.
func (a *API) Local() http.Handler { return a.mux }

// Network serves callers that have to show the token.
func (a *API) Network() http.Handler {
	open := map[string]bool{"/healthz": true, "/readyz": true, "/api/v1/openapi.yaml": true}
	local := map[string]bool{
		"/api/v1/journal/rotate":  true, // a technician's business
		"/api/v1/journal/export":  true, // names a directory of this machine
		"/api/v1/journal/import":  true,
		"/api/v1/catalog/import":  true, // prices, cashiers and their PINs
		"/api/v1/catalog/export":  true, // and customers
		"/api/v1/cloud/stores":    true, // whose the till is is decided at the till
		"/api/v1/cloud/provision": true,
		pathSettings:              true, // a technician's business
		pathRestart:               true,
		"/api/v1/badge":           true, // who is let in is decided at the till
		"/api/v1/log":             true, // a technician's business
		pathSupport:               true, // a technician's business
		pathSupport + "/usb":      true,
		pathTLS + "/renew":        true, // browsers would stop trusting the till
		"/api/v1/journal/erase":   true, // for ever, and by whoever is logged in at the till
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		good := strings.EqualFold(scheme, "bearer") && a.allowed(token)
		if !open[r.URL.Path] && !good {
			a.fail(w, r, fault.New(fault.Unauthorized))
			return
		}
		updating := strings.HasPrefix(r.URL.Path, pathUpdate+"/")                                                                                                                                  // a technician's business
		if local[r.URL.Path] || updating || strings.HasPrefix(r.URL.Path, "/api/v1/tokens") || strings.HasPrefix(r.URL.Path, pathUsers) || strings.HasPrefix(r.URL.Path, "/api/v1/sync/parked/") { // who is let in is decided at the till
			a.fail(w, r, fault.New(fault.NotFound, r.URL.Path))
			return
		}
		a.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), fromNetwork{}, true)))
	})
}

// Problem is an error as JSON.
type Problem struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"` // in the till's language
	Detail  string     `json:"detail,omitempty"`
}

func (a *API) problem(err error) *Problem {
	if err == nil {
		return nil
	}
	e := fault.Of(err)
	return &Problem{Code: e.Code, Message: e.Text(a.o.Language), Detail: e.Detail}
}

// httpStatus groups codes for programs that look at nothing else.
func httpStatus(code fault.Code) int {
	switch code {
	case fault.BadRequest, fault.PrinterJob, fault.ReasonNone, fault.KKTBadValue, fault.ContactBad, fault.BuyerBad, fault.AmountBad, fault.QtyBad, fault.CodeTooLong, fault.CodeBad, fault.CouponBad, fault.CouponUnknown,
		fault.UserName, fault.UserRole, fault.UserINN, fault.UserPINShape, fault.UserPINWeak:
		return http.StatusBadRequest
	case fault.Unauthorized, fault.LoginRequired, fault.LoginRefused, fault.LoginSenior, fault.LoginOwner, fault.LoginApprover:
		return http.StatusUnauthorized
	case fault.CallReused:
		return http.StatusUnprocessableEntity
	case fault.LoginLocked, fault.TooMany:
		return http.StatusTooManyRequests
	case fault.NotFound, fault.ClaimUnknown, fault.ReturnForeign, fault.KKTNoDocument, fault.KKTNoSetting, fault.CodeUnknown, fault.ChequeNoLine, fault.ParkedNone, fault.CustomerUnknown, fault.KitchenNone:
		return http.StatusNotFound
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Starting, fault.Unavailable, fault.JournalWrite:
		return http.StatusServiceUnavailable
	case fault.Timeout:
		return http.StatusGatewayTimeout
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusConflict
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(err)
	if p.Code == fault.Internal {
		a.o.Log.Error("request failed", "path", r.URL.Path, "err", err)
	}
	status := httpStatus(p.Code)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		again := retryAfter
		if p.Code == fault.LoginLocked {
			again = retryLogin
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(again/time.Second)))
	}
	a.write(w, r, status, map[string]any{"error": p})
}

func (a *API) ok(w http.ResponseWriter, r *http.Request, v any) { a.write(w, r, http.StatusOK, v) }

func (a *API) write(w http.ResponseWriter, r *http.Request, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		a.o.Log.Debug("client went away", "path", r.URL.Path, "err", err)
	}
}

// read decodes a small JSON body strictly. An empty body is an empty object.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxBody))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return fault.New(fault.TooLarge, "64 KiB")
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fault.New(fault.BadRequest, "JSON").With(err)
	case d.More():
		return fault.New(fault.BadRequest, "JSON")
	}
	return nil
}

// do makes a handler of a command that answers with the status.
func (a *API) do(command func(*http.Request) (till.Event, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cmd, err := command(r)
		if err == nil {
			err = a.command(r.Context(), cmd)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		a.status(w, r)
	}
}

// command waits for the till longer than any of its own deadlines; a client
// that goes away does not take the command back.
func (a *API) command(ctx context.Context, cmd till.Event) error {
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	if made, err := a.madeBefore(ctx, cmd); made || err != nil {
		return err
	}
	return a.o.Till.Do(ctx, cmd)
}
