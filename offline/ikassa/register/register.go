// Package register is the client of a Belarusian cash register that takes
// sales from other programs: iKassa SmartX, by imlab. It speaks the register's
// own interface as its programmer's guide (smartx.imlab.by) has it: POST to /v1
// in JSON, the operation in the header INTENT_OPERATION_TYPE, upper case on the
// wire.
//
// # What is certain
//
// A sale can not be taken back and the guide names no way to ask what became of
// one, so that every error says what it means for the sale:
//
//	Refused   the register answered why it did not do it
//	ErrUnsent nobody was reached: it was not done
//	others    nobody knows
//
// A general error (code 399) and codes the guide does not explain are among the
// last. Nothing is ever sent again but what was answered by "not authorised",
// once, after a new login: that answer comes before anything is done.
//
// # Quirks
//
// The guide leaves open by which HTTP status results come: the code in the body
// is believed, whatever the status, and 401 in either place asks for a login.
// The connection is made anew for every request: one that was left open may be
// closed by the other side in the moment a sale goes into it. It is plain HTTP,
// the only way a register listens: it belongs on the shop's own network.
//
// The token of a login is kept in a file that only the till may read. PIN and
// token are in no error and no log.
//
// A Client may be used by several goroutines; the register does one thing at a
// time all the same.
package register

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/ikassa"
)

// Limits of a request.
const (
	dialTimeout = 3 * time.Second
	askTimeout  = 5 * time.Second  // of what registers nothing
	workTimeout = 60 * time.Second // of a sale, with its paper
)

// ErrUnsent: the register was not reached, so nothing was done.
var ErrUnsent = errors.New("register: not reached")

// ErrUnknown: nobody knows what the register has done.
var ErrUnknown = errors.New("register: no answer that says what was done")

// Options of a client.
type Options struct {
	Address string         // http://host:port
	PIN     string         // to log in with
	Keep    string         // file of the token; "": memory only
	Zone    *time.Location // of the register's clock; nil: the machine's
	Log     *slog.Logger   // nil: none
}

// Client talks to one register.
type Client struct {
	o    Options
	http *http.Client

	mu   sync.Mutex // guards what follows
	kept kept
}

// New makes a client and reads what was kept; nothing is called yet. A file
// that can not be read costs a login.
func New(o Options) *Client {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	dial := &net.Dialer{Timeout: dialTimeout}
	c := &Client{o: o, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: dial.DialContext, DisableKeepAlives: true, DisableCompression: true},
	}}
	c.recall()
	return c
}

// Number is the register's number in СККО, as far as it has told it; "": not yet.
func (c *Client) Number() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.Number
}

// Ping asks for a cheque nobody has, which registers nothing: does the register
// answer, and does it know us? Refused says what is wrong with it.
func (c *Client) Ping(ctx context.Context) error {
	const nobody = "00000000-0000-0000-0000-000000000000"
	_, err := c.do(ctx, ikassa.OpGetCheques, askTimeout, ikassa.UUIDs{UUIDs: []ikassa.Text{nobody}})
	var no *Refused
	if errors.As(err, &no) && no.Code == ikassa.NotFound {
		return nil
	}
	return err
}

// Sale registers a sale.
func (c *Client) Sale(ctx context.Context, s *ikassa.Sale) (Sold, error) {
	r, err := c.do(ctx, ikassa.OpSale, workTimeout, s)
	return read(&r, c.o.Zone), err
}

// Deposit puts cash in.
func (c *Client) Deposit(ctx context.Context, d *ikassa.Deposit) (Sold, error) {
	r, err := c.do(ctx, ikassa.OpDeposit, workTimeout, d)
	return read(&r, c.o.Zone), err
}

// do asks, and asks again after a login when the register wants one.
func (c *Client) do(ctx context.Context, op ikassa.Operation, most time.Duration, body any) (ikassa.Response, error) {
	text, err := ikassa.Encode(body)
	if err != nil {
		return ikassa.Response{}, fmt.Errorf("%w: %w", ErrUnsent, err)
	}
	token := c.token()
	r, err := c.post(ctx, op, most, token, text)
	if !unauthorised(err) {
		return r, err
	}
	if token, err = c.login(ctx, token); err != nil {
		return r, err
	}
	return c.post(ctx, op, most, token, text)
}

// post sends one request.
func (c *Client) post(ctx context.Context, op ikassa.Operation, most time.Duration, token string, body []byte) (none ikassa.Response, err error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.o.Address+ikassa.Path, bytes.NewReader(body))
	if err != nil {
		return none, fmt.Errorf("%w: %s: %w", ErrUnsent, op, err)
	}
	req.GetBody = nil // nothing is ever sent twice behind our back
	req.Header.Set("Content-Type", "application/json")
	// Past http.Header's methods, which would write them in their own way.
	req.Header[ikassa.HeaderOp] = []string{string(op)}
	if token != "" {
		req.Header[ikassa.HeaderTok] = []string{token}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return none, failed(op, err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, ikassa.MaxAnswer+1))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return none, failed(op, err)
	}
	return c.judge(op, resp.StatusCode, text)
}

// failed is a request that brought no answer. Only when no connection came
// about nothing can have been done.
func failed(op ikassa.Operation, err error) error {
	var n *net.OpError
	if errors.As(err, &n) && n.Op == "dial" {
		return fmt.Errorf("%w: %s: %w", ErrUnsent, op, err)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnknown, op, err)
}

// judge reads an answer.
func (c *Client) judge(op ikassa.Operation, status int, text []byte) (ikassa.Response, error) {
	r, err := ikassa.DecodeResponse(text)
	if status == http.StatusUnauthorized {
		return r, &Refused{Operation: op, Code: ikassa.Unauthorised, Detail: r.Detail}
	}
	if err != nil { // its text may hold what we sent
		return r, fmt.Errorf("%w: %s: HTTP %d and %d bytes that are no result", ErrUnknown, op, status, len(text))
	}
	c.learn(string(r.Register))
	switch {
	case r.Result == ikassa.OK && r.Type != "" && ikassa.ParseOperation(string(r.Type)) != op:
		return r, fmt.Errorf("%w: %s: the answer is to %.20q", ErrUnknown, op, string(r.Type))
	case r.Result == ikassa.OK:
		return r, nil
	case r.Result.Known() && r.Result != ikassa.General:
		return r, &Refused{Operation: op, Code: r.Result, Detail: r.Detail}
	}
	return r, fmt.Errorf("%w: %s: result %d, HTTP %d: %.200s", ErrUnknown, op, r.Result, status, r.Detail)
}
