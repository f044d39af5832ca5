// Package cheques is the till's face for programs that were written for an
// iKassa SmartX register: POST /v1, the operation in INTENT_OPERATION_TYPE (see
// offline/ikassa). A waiter's tablet adds cheques and orders of tables; they
// are the till's own parked cheques, are called back and paid at the till like
// those, and are gone from the list when they are.
//
// What the guide leaves open is decided so:
//
//   - Results of the operation come with HTTP 200 and a resultCode; 401 is for
//     tokens alone. A token is wanted always, unless Open: then who has none
//     comes in while a cashier is logged in at the till. One that is wrong is
//     refused in any case.
//   - AUTH gives a token for a cashier's PIN. It speaks in his name, may what he
//     may, and ends after a working day, or a month where rememberPin is set.
//     Wrong PINs lock this login as they lock the till's.
//   - An operation nobody knows is a general error, 399; so is a uuid that is
//     there already, for which the guide has no code. isEdit of a cheque that is
//     not there any more is 488; of one that is open or being paid, 399.
//   - A cheque that was parked at the till is listed by its own id and changed
//     only at the till. One of a program stays in the list until it is paid,
//     also while it is open at the till.
//   - Prices are agreed: no promotion of the shop changes them; but neither does
//     the till make a discount that its rules forbid. What a code stands for is
//     sold as the catalogue has it, with its name and VAT; what it does not know
//     is a line at a free price, or refused where the store allows none, or
//     where a cloud would refuse the receipt.
//   - section and markings are kept and given back. A Belarusian till sells a
//     unit by the code it came with; elsewhere codes are scanned at the till,
//     because each has to be asked about. prefix, suffix and tpTaxNumber, which
//     no answer has, are checked and not kept.
//   - SALE and DEPOSIT go the till's own way, where a Belarusian register is
//     behind it; else they are 409. Whoever is logged in at the till has made
//     them. One with the operationId of another is that one, or refused.
//   - All cheques of a request are taken or none. The answer follows the disk.
//
// Where other machines may connect the till answers searches for registers, see
// offline/ikassa/discover.
//
// A Server may be used by any number of goroutines.
package cheques

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/lockout"
	"github.com/kassa-pos/kassa/pos/till"
)

// Limits.
const (
	maxBusy    = 16              // requests that are worked on at once; others wait
	workFor    = 4 * time.Minute // above the longest fiscal operation
	maxOpShown = 40              // bytes of an operation that nobody knows
)

// Till is the running till.
type Till interface {
	Do(ctx context.Context, cmd till.Event) error
	View() (till.View, uint64)
}

// Tokens keeps what lets programs in.
type Tokens interface {
	Allows(secret string, s access.Scope) (t access.Token, known, allowed bool)
	Session(ctx context.Context, cashier, name string, s access.Scope, life time.Duration) (secret string, err error)
}

// Options are a server's ports.
type Options struct {
	Till  Till
	Flush func(ctx context.Context) error // waits until all that was said to the till is durable
	// Lookup finds what a code stands for, Item an item by its id.
	Lookup func(ctx context.Context, generation int64, code string) (catalog.Match, error)
	Item   func(ctx context.Context, generation int64, id string) (catalog.Item, error)
	Store  func() catalog.Store
	// Clouded tells whether receipts go to a cloud that knows only its own items.
	Clouded  func() bool
	Cashiers func() []catalog.Cashier
	CheckPIN func(hash, pin string) (bool, error)
	Tokens   Tokens
	Document func(ctx context.Context, id uuid.UUID) (doc.Document, error)
	// Refused keeps that a PIN was wrong; WrongPINs are the moments of the newest
	// that were kept, oldest first.
	Refused   func(ctx context.Context)
	WrongPINs []time.Time
	Open      bool   // without a token too, while a cashier is logged in
	Language  string // of the operator
	Now       func() time.Time
	Log       *slog.Logger
}

// Server answers programs.
type Server struct {
	o    Options
	busy chan struct{}
	pins login
}

// New makes a server.
func New(o Options) *Server {
	s := &Server{o: o, busy: make(chan struct{}, maxBusy)}
	s.pins.lock = lockout.Restore(o.WrongPINs, o.Now())
	return s
}

// caller is who has sent a request.
type caller struct {
	cashier string // in whose name; "" the program's own
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != ikassa.Path:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), workFor)
	defer cancel()
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return
	}
	op := ikassa.ParseOperation(r.Header.Get(ikassa.HeaderOp))
	status, answer := s.answer(ctx, w, r, op)
	body, err := ikassa.Encode(answer)
	if err != nil {
		s.o.Log.Error("answer to a program", "op", string(op), "err", err)
		status, body = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.o.Log.Debug("program went away", "op", string(op), "err", err)
	}
}

func (s *Server) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, op ikassa.Operation) (int, ikassa.Response) {
	work, known := s.operations()[op]
	if !known {
		const why = "Неизвестная операция"
		return http.StatusOK, ikassa.Failure(op[:min(len(op), maxOpShown)], ikassa.General, why)
	}
	var who caller
	if op != ikassa.OpAuth {
		var refused ikassa.Result
		if who, refused = s.known(r.Header.Get(ikassa.HeaderTok)); refused != 0 {
			return http.StatusUnauthorized, ikassa.Failure(op, refused, "")
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, ikassa.MaxBody))
	if err != nil {
		return http.StatusOK, ikassa.Failure(op, ikassa.BadRequest, "")
	}
	answer, err := work(ctx, who, op, body)
	if err != nil {
		return s.refuse(op, err)
	}
	return http.StatusOK, answer
}

// operation carries out one request.
type operation func(ctx context.Context, who caller, op ikassa.Operation, body []byte) (ikassa.Response, error)

func (s *Server) operations() map[ikassa.Operation]operation {
	return map[ikassa.Operation]operation{
		ikassa.OpAuth: s.auth, ikassa.OpGetCheques: s.list,
		ikassa.OpAddCheques: s.add, ikassa.OpEditCheque: s.add, ikassa.OpEditOrder: s.add,
		ikassa.OpSale: s.sale, ikassa.OpDeposit: s.deposit,
	}
}

// known tells who has sent a token, or why nobody who may come in.
func (s *Server) known(token string) (caller, ikassa.Result) {
	if token == "" {
		if v, _ := s.o.Till.View(); s.o.Open && v.Cashier != nil {
			return caller{cashier: v.Cashier.ID}, 0
		}
		return caller{}, ikassa.Unauthorised
	}
	t, _, allowed := s.o.Tokens.Allows(token, access.Cheques)
	if !allowed {
		return caller{}, ikassa.BadToken
	}
	return caller{cashier: t.Cashier}, 0
}

// results are the codes of what the till refuses; what is not here is a
// general error, with the till's own words.
var results = map[fault.Code]ikassa.Result{
	fault.ParkedNone: ikassa.NotFound, fault.ItemNoPrice: ikassa.BadPrice, fault.SumRange: ikassa.SumTooLarge, fault.AmountBad: ikassa.SumTooSmall,
	fault.ShiftClosed: ikassa.ShiftClosed, fault.ShiftExpired: ikassa.ShiftTooLong,
	fault.LoginRefused: ikassa.BadToken, fault.ChequePaying: ikassa.SalePending, fault.FiscalUnsure: ikassa.SalePending,
	fault.FiscalMissing: ikassa.Blocked, fault.FiscalNoAnswer: ikassa.Blocked, fault.FiscalBlocked: ikassa.Blocked, fault.FiscalCurrency: ikassa.Blocked,
	fault.TooLarge: ikassa.BadRequest, fault.RegisterShift: ikassa.ShiftClosed, fault.RegisterBlocked: ikassa.Blocked,
	fault.RegisterCertificate: ikassa.CertExpired, fault.RegisterPending: ikassa.SalePending, fault.TabletBusy: ikassa.SalePending,
}

// refuse tells a program why an operation was not done.
func (s *Server) refuse(op ikassa.Operation, err error) (int, ikassa.Response) {
	var code ikassa.Result
	if errors.As(err, &code) {
		return http.StatusOK, ikassa.Failure(op, code, "")
	}
	e := fault.Of(err)
	code, named := results[e.Code]
	if !named {
		code = ikassa.General
	}
	if e.Code == fault.Internal {
		s.o.Log.Error("request of a program failed", "op", string(op), "err", err)
	}
	status := http.StatusOK
	if e.Code == fault.LoginRefused || e.Code == fault.LoginLocked {
		status = http.StatusUnauthorized
	}
	return status, ikassa.Failure(op, code, e.Text(s.o.Language))
}

// register is the number of the register in the state's system, where the
// till has one.
func register(v *till.View) ikassa.Text {
	if !v.KKT.Identity.SKKO {
		return ""
	}
	return ikassa.Text(v.KKT.Identity.RegNumber)
}
