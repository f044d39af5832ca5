package moysklad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Cloud fiscalisation. A till without a device (a minion) creates its sale
// through a queue and asks what became of it; a till with one (a master) takes
// operations from the queue, registers them and says so.
//
// A status knows only PENDING, IN_PROGRESS and OK: an operation that a master
// rejected is PENDING again and its reason is not told.

const (
	pathMinion  = "/cheque/minion"
	pathStatus  = "/cheque/rpc/minion/status/syncid/"
	pathPoll    = "/cheque/rpc/master/poll/"
	pathApprove = "/cheque/rpc/master/approve"
	pathReject  = "/cheque/rpc/master/reject"
)

// FiscalStatus is where an operation in the queue stands.
type FiscalStatus string

// The statuses; Unknown is ours: the service has no such operation.
const (
	Pending    FiscalStatus = "PENDING"
	InProgress FiscalStatus = "IN_PROGRESS"
	Fiscalised FiscalStatus = "OK"
	Unknown    FiscalStatus = ""
)

type wireCheque struct {
	Number text `json:"number"`
	Sum    text `json:"sum"`
	FN     text `json:"fnNumber"`
	Sign   text `json:"fiscalDocSign"`
	FD     text `json:"fiscalDocNumber"`
	Time   text `json:"time"`
	Phone  text `json:"phone"`
	Email  text `json:"email"`
}

// fiscal reads what a master has said of a registered operation. The sum is
// ours: the service's is in roubles by look.
func (w *wireCheque) fiscal(zone *time.Location) (doc.Fiscal, error) {
	f := doc.Fiscal{FN: string(w.FN), Cloud: true}
	fd, err := strconv.ParseUint(string(w.FD), 10, 32)
	sign, serr := strconv.ParseUint(string(w.Sign), 10, 32)
	if f.FN == "" || err != nil || serr != nil || fd == 0 {
		return f, fmt.Errorf("cheque with FN %.20q, FD %.20q, sign %.20q", w.FN, w.FD, w.Sign)
	}
	f.FD, f.Sign = uint32(fd), uint32(sign)
	if n, err := strconv.ParseInt(string(w.Number), 10, 64); err == nil {
		f.Receipt = n
	}
	if zone == nil {
		zone = time.Local
	}
	if at, err := time.ParseInLocation(moment, string(w.Time), zone); err == nil {
		f.Time = at
	}
	return f, nil
}

// FiscalStatus asks what became of an operation; Unknown is no error.
func (c *Client) FiscalStatus(ctx context.Context, id uuid.UUID) (FiscalStatus, doc.Fiscal, error) {
	var got struct {
		Operation meta        `json:"operation"`
		Status    text        `json:"fiscalStatus"`
		Cheque    *wireCheque `json:"cheque"`
	}
	err := c.get(ctx, pathStatus+id.String(), &got)
	var e *Error
	switch {
	case errors.As(err, &e) && e.unknown():
		return Unknown, doc.Fiscal{}, nil
	case err != nil:
		return Unknown, doc.Fiscal{}, err
	}
	if tail := got.Operation.tail(); tail != "" && !strings.EqualFold(tail, id.String()) {
		return Unknown, doc.Fiscal{}, garbage(fmt.Errorf("status of %.40q instead of %s", tail, id))
	}
	switch status := FiscalStatus(got.Status); status {
	case Pending, InProgress:
		return status, doc.Fiscal{}, nil
	case Fiscalised:
		if got.Cheque == nil {
			return status, doc.Fiscal{}, garbage(errors.New("status OK without a cheque"))
		}
		f, err := got.Cheque.fiscal(c.zone())
		if err != nil {
			return status, f, garbage(err)
		}
		return status, f, nil
	}
	return Unknown, doc.Fiscal{}, garbage(fmt.Errorf("status %.20q", got.Status))
}

// zone is where the service's times are.
func (c *Client) zone() *time.Location {
	if c.o.Location != nil {
		return c.o.Location
	}
	return c.o.Now().Location()
}

// Codes of what the service does not have.
const (
	codeNotLoaded = 1008
	codeNotFound  = 1021
	codeNotOurs   = 1017 // somebody else has it
)

// unknown tells whether the service says that it has no such thing.
func (e *Error) unknown() bool {
	return !e.Garbage && (e.Status == http.StatusNotFound || e.Code == codeNotLoaded || e.Code == codeNotFound)
}

// chequeContact is where the registered receipt is to be sent.
type chequeContact struct {
	Fiscal  bool   `json:"fiscal"`
	Online  bool   `json:"online"`
	Printed bool   `json:"printed"`
	Phone   string `json:"phone,omitempty"`
	Email   string `json:"email,omitempty"`
}

// QueueRequest is the request that creates a receipt and queues it for a
// master: the same bytes for the same document.
func (e Encoder) QueueRequest(d *doc.Document) (outbox.Request, error) {
	if d.ShiftID == uuid.Nil || d.Receipt == nil {
		return outbox.Request{}, fmt.Errorf("%w: no shift or no receipt", ErrInexpressible)
	}
	path, o, err := e.operation(d)
	if err != nil {
		return outbox.Request{}, err
	}
	if err := e.wholeGoods(&o, d.Receipt); err != nil {
		return outbox.Request{}, err
	}
	to := &chequeContact{Online: d.Receipt.Electronic}
	if d.People != nil && strings.Contains(d.People.Contact, "@") {
		to.Email, to.Online = d.People.Contact, true
	} else if d.People != nil && d.People.Contact != "" {
		to.Phone, to.Online = d.People.Contact, true
	}
	return request(http.MethodPost, pathMinion+path, struct {
		operation
		Cheque *chequeContact `json:"cheque"`
	}{o, to})
}

// wholeGoods gives a prepayment in part its goods at their whole prices: by what
// they cost and what was paid a master sees that it is a part.
func (e Encoder) wholeGoods(o *operation, r *doc.Receipt) error {
	part := slices.ContainsFunc(r.Lines, func(l doc.Line) bool { return l.Method == methodPart })
	if !part || r.Claim == nil || r.Claim.Kind != doc.ClaimPrepayment {
		return nil
	}
	whole := doc.Receipt{Lines: r.Claim.Lines}
	for i := range whole.Lines {
		whole.Total += whole.Lines[i].Total
	}
	return e.positions(o, &whole, false)
}

// methodPart is goods paid for in part before they are handed over (tag 1214).
const methodPart = 2

// Queue creates a receipt and queues it for a master. A repeat of what is there
// already succeeds. ErrInexpressible, and errors whose Class is neither Retry
// nor Reattach: it is certainly not queued.
func (c *Client) Queue(ctx context.Context, d *doc.Document) error {
	r, err := c.encoder.QueueRequest(d)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, nil, r.Method, r.Path, "", []byte(r.Body))
	var e *Error
	if errors.As(err, &e) && e.duplicate() {
		status, _, serr := c.FiscalStatus(ctx, d.ID)
		if serr == nil && status != Unknown {
			return nil
		}
	}
	return err
}

// confirm is how a receipt that a master registered is delivered: it is there
// already, which is asked.
func (e Encoder) confirm(d *doc.Document) (outbox.Request, error) {
	return outbox.Request{Method: http.MethodGet, Path: pathStatus + d.ID.String()}, nil
}

type approval struct {
	Meta      outMeta     `json:"meta"`
	Shift     outRef      `json:"retailShift"`
	Cheque    *saleCheque `json:"cheque"`
	Printer   *outPrinter `json:"chequePrinter,omitempty"`
	TaxSystem string      `json:"taxSystem,omitempty"`
}

// approve tells that an operation of another till is registered.
func (e Encoder) approve(d *doc.Document) (outbox.Request, error) {
	if d.Fiscal == nil {
		return outbox.Request{}, fmt.Errorf("%w: not registered", ErrInexpressible)
	}
	r := d.Receipt
	a := approval{Meta: outMeta{Href: r.Remote.Href, Type: r.Remote.Kind}, Shift: e.sync("retailshift", d.ShiftID), Cheque: e.cheque(d.Fiscal, r)}
	if r.TaxSystem != 0 {
		a.TaxSystem = r.TaxSystem.String()
	}
	if e.Environment != nil {
		if v := e.environment(Environment{Printer: e.Environment().Printer.registering()}); v != nil {
			a.Printer = v.Printer
		}
	}
	return request(http.MethodPut, pathApprove, a)
}

// approvedBefore finds out whether an approval that was refused is known
// already, with our receipt.
func (c *Client) approvedBefore(ctx context.Context, r outbox.Request) (note string, err error) {
	var a struct {
		Meta   meta       `json:"meta"`
		Cheque wireCheque `json:"cheque"`
	}
	if err := json.Unmarshal([]byte(r.Body), &a); err != nil {
		return "", nil
	}
	id, err := uuid.Parse(a.Meta.tail())
	if err != nil {
		return "", nil
	}
	status, f, err := c.FiscalStatus(ctx, id)
	ours, oerr := a.Cheque.fiscal(c.zone())
	if err != nil || oerr != nil || status != Fiscalised || f.FN != ours.FN || f.FD != ours.FD {
		return "", err
	}
	return "approved by an earlier attempt", nil
}

// Reject tells that an operation can not be registered here, and why. One that
// is not waiting for us any more is no error.
func (c *Client) Reject(ctx context.Context, o *RemoteOperation, why string) error {
	body, err := json.Marshal(struct {
		Meta outMeta `json:"meta"`
		Why  string  `json:"fiscalErrMsg"`
	}{outMeta{Href: o.Href, Type: o.Kind}, firstRunes(why, maxNote)})
	if err != nil {
		return fmt.Errorf("moysklad: encode a rejection: %w", err)
	}
	_, err = c.call(ctx, nil, http.MethodPut, pathReject, "", body)
	var e *Error
	if errors.As(err, &e) && (e.unknown() || e.duplicate() || e.Code == codeNotOurs) {
		return nil
	}
	return err
}

// paid makes payments of an operation's sums; what is missing of the total is
// cash, and a few kopecks of rounding go with the largest part.
func paid(sums map[doc.Way]money.Amount, order []doc.Way, total money.Amount, told bool) ([]doc.Payment, error) {
	var all []doc.Payment
	var sum money.Amount
	for _, w := range order {
		if sums[w] > 0 {
			all = append(all, w.By(uuid.Nil, sums[w]))
			sum += sums[w]
		}
	}
	switch off := total - sum; {
	case !told:
		return []doc.Payment{{Type: doc.PayCash, Sum: total}}, nil
	case off <= -tolerance || off >= tolerance || len(all) == 0 && total > 0:
		return nil, fmt.Errorf("paid %s of %s", sum, total)
	case len(all) > 0:
		largest := 0
		for i := range all {
			if all[i].Sum > all[largest].Sum {
				largest = i
			}
		}
		all[largest].Sum += off
	}
	return all, nil
}
