// Package permit asks whether a marked unit may be sold: the permit mode
// ("разрешительный режим") of government decree 1944 of 21.11.2023.
//
// Two services answer, one after the other:
//
//   - the marking system's own, the check of codes of its public API
//     (true-api, version 4): POST /api/v4/true-api/codes/check with the
//     organisation's key in X-API-KEY, the codes and the number of the fiscal
//     storage. It has OnlineTime; several addresses (its CDN sites) are tried
//     in their order as long as there is time;
//   - the local module ("ЛМ ЧЗ"), a program in the shop that holds a copy of
//     the blocked and sold codes: the same question to POST
//     /api/v2/cis/outCheck, with its state at GET /api/v2/status. It counts only
//     while it was synchronised within Stale.
//
// # What is known of the two
//
// Held against public examples and open integrations of other tills: paths and
// headers (X-API-KEY; Basic and X-ClientId at the module), the question's codes
// and fiscalDriveNumber, the module's cis_list of objects with cis; in the answer
// code, codes[] (cis, found, valid, verified, utilised, realizable, sold,
// isBlocked, isOwner, isTracking, grayZone, expireDate, errorCode), reqId and
// reqTimestamp (milliseconds); the module's results[] with inst and version around
// the same, where a code has isBlocked, sold and isGreyGtin and hardly more; its
// status ("ready"), lastSync (milliseconds, or a date in some versions), inst,
// version; and tag 1265's "UUID=..&Time=..". Not found in public and taken from
// memory: that the module's answer adds "&Inst=..&Ver=.." to tag 1265. The system
// answers 203 when it declares an emergency; that is no permission here.
//
// Where neither answers, nothing is allowed: that is the caller's error
// fault.PermitDown, or fault.PermitStale. The answer names the reason when a
// unit may not be sold; what goes on the receipt (tag 1260) when it may.
//
// Which checker stands behind the addresses is the shop's configuration: a
// certified component with this interface, or the system itself.
//
// Codes are sent byte for byte and are in no error and no log. A Client may be
// used by several goroutines.
package permit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Limits.
const (
	OnlineTime = 1500 * time.Millisecond // what the law leaves the answer from outside
	LocalTime  = 1500 * time.Millisecond
	Stale      = 72 * time.Hour // a local module without synchronisation for so long says nothing

	maxAnswer    = 1 << 20 // bytes
	maxAddresses = 8
	// retryPart is how long one address is given while there are others.
	retryPart = 700 * time.Millisecond
)

// The document the check is made by, as it stands in tags 1262 to 1264.
const (
	FOIV   = "030"
	Date   = "21.11.2023"
	Number = "1944"
)

// Options are where to ask.
type Options struct {
	Online []string // addresses of the marking system, without path; none: only the local module
	Token  string   // X-API-KEY
	Local  string   // address of the local module, without path; "": there is none
	Login  string   // at the local module
	Pass   string
	Client *http.Client // nil: one of its own
	Now    func() time.Time
}

// Client asks.
type Client struct {
	o Options
}

// ErrOptions: the addresses make no sense.
var ErrOptions = errors.New("permit: bad options")

// New returns a client.
func New(o Options) (*Client, error) {
	if len(o.Online) > maxAddresses || (len(o.Online) == 0 && o.Local == "") || (len(o.Online) > 0 && o.Token == "") {
		return nil, fmt.Errorf("%w: an address is needed, at most %d, and a key for those outside", ErrOptions, maxAddresses)
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Local = clean(o.Local)
	o.Online = append([]string(nil), o.Online...)
	for i := range o.Online {
		o.Online[i] = clean(o.Online[i])
	}
	return &Client{o: o}, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.o.Client.CloseIdleConnections() }

// Query is one unit.
type Query struct {
	Code string // byte for byte
	FN   string // fiscal storage
	INN  string // of the seller; "": not compared with the owner's
	// Tobacco is judged by other marks: packs are not owned one by one.
	Tobacco bool
}

// Answer is what is known of the unit.
type Answer struct {
	Refused fault.Code // why it may not be sold; "": it may
	Value   string     // tag 1265
	Local   bool       // the local module's
}

// Check asks about one unit.
func (c *Client) Check(ctx context.Context, q Query) (Answer, error) {
	a, err := c.online(ctx, q)
	if err == nil {
		return a, nil
	}
	if ctx.Err() != nil || c.o.Local == "" {
		return Answer{}, fault.New(fault.PermitDown).With(err)
	}
	local, cancel := context.WithTimeout(ctx, LocalTime)
	defer cancel()
	a, lerr := c.local(local, q)
	var known *fault.Error
	switch {
	case lerr == nil:
		return a, nil
	case errors.As(lerr, &known):
		return Answer{}, known
	}
	return Answer{}, fault.New(fault.PermitDown).With(errors.Join(err, lerr))
}

// errOff: there is nobody outside to ask.
var errOff = errors.New("permit: no address outside")

func (c *Client) online(ctx context.Context, q Query) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, OnlineTime)
	defer cancel()
	err := errOff
	for i, address := range c.o.Online {
		try, stop := ctx, context.CancelFunc(func() {})
		if i+1 < len(c.o.Online) {
			try, stop = context.WithTimeout(ctx, retryPart)
		}
		var in checked
		body := map[string]any{"codes": []string{q.Code}, "fiscalDriveNumber": q.FN}
		err = c.post(try, address+"/api/v4/true-api/codes/check", body, func(h http.Header) { h.Set("X-API-KEY", c.o.Token) }, &in)
		stop()
		if err == nil {
			var a Answer
			if a, err = in.answer(q, c.o.Now()); err == nil {
				a.Value = fmt.Sprintf("UUID=%s&Time=%d", in.ReqID, in.ReqTimestamp)
				return a, nil
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return Answer{}, err
}

// local asks the local module, after looking how fresh its copy is.
func (c *Client) local(ctx context.Context, q Query) (Answer, error) {
	st, err := c.Status(ctx)
	if err != nil {
		return Answer{}, err
	}
	if !st.Fresh(c.o.Now()) {
		return Answer{}, fault.New(fault.PermitStale)
	}
	var in outChecked
	err = c.post(ctx, c.o.Local+"/api/v2/cis/outCheck", map[string]any{"cis_list": []map[string]string{{"cis": q.Code}}}, func(h http.Header) {
		h.Set("X-ClientId", q.FN)
		h.Set("Authorization", basic(c.o.Login, c.o.Pass))
	}, &in)
	if err != nil {
		return Answer{}, err
	}
	if len(in.Results) != 1 {
		return Answer{}, errors.New("permit: the local module's answer has no result")
	}
	r := &in.Results[0]
	a, err := r.answer(q, c.o.Now())
	a.Local, a.Value = true, fmt.Sprintf("UUID=%s&Time=%d&Inst=%s&Ver=%s", r.ReqID, r.ReqTimestamp, r.Inst, r.Version)
	return a, err
}

// Moment is a time as the module writes it: milliseconds, or a date in RFC 3339.
type Moment struct{ time.Time }

// UnmarshalJSON reads either form.
func (m *Moment) UnmarshalJSON(b []byte) error {
	var ms int64
	if json.Unmarshal(b, &ms) == nil {
		m.Time = time.UnixMilli(ms)
		return nil
	}
	return json.Unmarshal(b, &m.Time)
}

// Status is the local module's.
type Status struct {
	State    string `json:"status"` // "ready" when it works
	LastSync Moment `json:"lastSync"`
	Version  string `json:"version"`
	Inst     string `json:"inst"`
}

// Fresh tells whether the module may answer.
func (s *Status) Fresh(now time.Time) bool {
	age := now.Sub(s.LastSync.Time)
	return s.State == "ready" && age <= Stale && age > -Stale
}

// Status asks the local module how it is.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var st Status
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.o.Local+"/api/v2/status", nil)
	if err != nil {
		return st, fmt.Errorf("permit: address: %w", err)
	}
	req.Header.Set("Authorization", basic(c.o.Login, c.o.Pass))
	return st, c.do(req, &st)
}

// Online asks the marking system for nothing: whether it answers at all.
func (c *Client) Online(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, OnlineTime)
	defer cancel()
	err := errOff
	for _, address := range c.o.Online {
		var req *http.Request
		if req, err = http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/v4/true-api/cdn/health/check", nil); err != nil {
			continue
		}
		req.Header.Set("X-API-KEY", c.o.Token)
		var health struct {
			Code int `json:"code"`
		}
		if err = c.do(req, &health); err == nil {
			return nil
		}
	}
	return err
}

func (c *Client) post(ctx context.Context, url string, in any, head func(http.Header), out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("permit: address: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	head(req.Header)
	return c.do(req, out)
}

func (c *Client) do(req *http.Request, out any) (err error) {
	res, err := c.o.Client.Do(req)
	if err != nil {
		return fmt.Errorf("permit: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("permit: read answer: %w", err)
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("permit: answered %d", res.StatusCode)
	case len(data) > maxAnswer:
		return fmt.Errorf("permit: answer above %d bytes", maxAnswer)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return errors.New("permit: the answer is no JSON") // its text may hold a code
	}
	return nil
}

// clean is an address without the slash at its end.
func clean(s string) string { return strings.TrimRight(s, "/") }
