// Package moyskladtest is a faithful stand-in for MoySklad's POS API: the
// bench's cloud and the other side in tests.
//
// It keeps to the public description for attaching, settings, assortment,
// folders, discounts, customers, shifts, sales and the list of operations:
// three ways to authenticate, tokens that a new attach revokes, syncid
// addresses, field checks with the service's codes, the 10-kopeck tolerance,
// limits on rate, parallel requests, body, depth and arrays, key-set paging.
// Other resources of the API answer "unknown path". Where the description is
// silent (a repeated syncid) the behaviour is an option.
//
// What it promised survives a crash: every accepted document and token is on
// disk before its answer leaves. It can be told to misbehave, see Fault.
//
// A Server is an http.Handler and may be used by several goroutines.
package moyskladtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// BasePath is where the API stands on the server.
const BasePath = "/api/posap/1.0"

// Repeats says what a syncid that came before is answered.
type Repeats string

// The ways. Other bytes under a known syncid are refused in both.
const (
	AcceptRepeats Repeats = "accept" // the same success again, nothing new is made
	RefuseRepeats Repeats = "refuse" // a conflict
)

// RateLimit is what the cloud allows; zero fields mean the documented limits.
type RateLimit struct {
	Requests int
	Interval time.Duration
	Parallel int
}

// Options of a server.
type Options struct {
	StatePath string // file that holds the state; "" keeps it in memory
	Data      Shop
	Now       func() time.Time // default time.Now
	RateLimit RateLimit
	Repeats   Repeats // default AcceptRepeats
	// ClosedAs answers the close of a closed shift where repeats are refused:
	// 12004 (closed already, the default) or 12012 (no such open shift).
	ClosedAs int
	// UniqueNames refuses a second document of one kind and name in a store.
	UniqueNames bool
	// OfferOnce hands an operation to be registered out only once.
	OfferOnce bool
	// PageSize is the default and the largest page of a collection: 1000.
	PageSize int
}

// Server is the fake cloud.
type Server struct {
	o      Options
	points map[string]*point // by store id
	order  []string
	gate   gate
	faults faults

	mu       sync.Mutex // guards all below
	refusals []Refusal  // the last, oldest first
	state    *state
	changed  chan struct{}
	stats    State
}

// State is the server at a glance.
type State struct {
	Requests  int64          `json:"requests"`
	Refused   int64          `json:"refused"`   // error answers
	Limited   int64          `json:"limited"`   // of these 429
	Documents int            `json:"documents"` // of all kinds
	Sales     int            `json:"sales"`
	Open      int            `json:"open_shifts"`
	Tokens    int            `json:"tokens"`
	Queued    map[string]int `json:"fiscal_queue"` // operations to be registered by another till, by status
	Faults    []FaultInfo    `json:"faults"`
}

// New opens the state and readies the shop.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Repeats == "" {
		o.Repeats = AcceptRepeats
	}
	if o.PageSize <= 0 {
		o.PageSize = maxPage
	}
	if o.ClosedAs == 0 {
		o.ClosedAs = 12004
	}
	s := &Server{o: o, points: map[string]*point{}, changed: make(chan struct{})}
	s.gate.init(o.RateLimit, o.Now)
	for i := range o.Data.Points {
		p, err := newPoint(&o.Data.Points[i])
		if err != nil {
			return nil, fmt.Errorf("moyskladtest: store %d: %w", i+1, err)
		}
		if _, twice := s.points[p.id]; twice {
			return nil, fmt.Errorf("moyskladtest: store %s twice", p.id)
		}
		s.points[p.id] = p
		s.order = append(s.order, p.id)
	}
	st, err := openState(o.StatePath)
	if err != nil {
		return nil, err
	}
	s.state = st
	for i := range st.docs {
		if p := s.points[st.docs[i].Store]; p != nil {
			p.learn(&st.docs[i])
		}
	}
	return s, nil
}

// Close closes the state file. The handler must not be called after.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.close()
}

// Documents gives everything received, oldest first.
func (s *Server) Documents() []Stored {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Stored(nil), s.state.docs...)
}

// State gives the server at a glance.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Documents, st.Tokens, st.Faults = len(s.state.docs), len(s.state.tokens), s.faults.list()
	st.Queued = map[string]int{}
	for i := range s.state.docs {
		if f := s.state.docs[i].Fiscal; f != nil {
			st.Queued[f.Status]++
		}
		switch s.state.docs[i].Kind {
		case kindDemand:
			st.Sales++
		case kindOpen:
			st.Open++
		case kindClose:
			st.Open--
		}
	}
	return st
}

// Changed gives a channel that is closed at the next change.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// notify tells waiters of a change; s.mu is held.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// maxBody is the service's limit of a request.
const maxBody = 10 << 20

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.faults.down() {
		panic(http.ErrAbortHandler)
	}
	leave, headers, err := s.gate.enter()
	defer leave()
	for k, v := range headers {
		w.Header().Set(k, v)
	}
	s.faults.dress(w.Header(), s.o.Now())
	s.count(func(st *State) { st.Requests++ })
	if err == nil {
		err = s.faults.before(r.Context(), w)
	}
	if errors.Is(err, errAnswered) {
		return
	}
	var a reply
	if err == nil {
		a, err = s.answer(r)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.send(w, r, a)
}

// reply is a successful answer.
type reply struct {
	status int
	body   []byte
	wrote  bool   // something was made
	kind   string // of what is no JSON
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, a reply) {
	if a.wrote && s.faults.take(faultLose) {
		panic(http.ErrAbortHandler)
	}
	if a.wrote && s.faults.take(faultCommit) {
		s.fail(w, r, refuse(1999, ""))
		return
	}
	if len(a.body) == 0 {
		w.WriteHeader(a.status)
		return
	}
	if a.kind == "" && r.Header.Get("Lognex-Pretty-Print-JSON") == "true" {
		a.body = indent(a.body)
	}
	w.Header().Set("Content-Type", or(a.kind, "application/json;charset=utf-8"))
	w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	w.WriteHeader(a.status)
	if s.faults.take(faultTruncate) {
		a.body = a.body[:len(a.body)/2]
		if _, err := w.Write(a.body); err == nil {
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
		}
		panic(http.ErrAbortHandler)
	}
	if _, err := w.Write(a.body); err != nil {
		panic(http.ErrAbortHandler) // the till hung up
	}
}

func indent(b []byte) []byte {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return b
	}
	if out, err := json.MarshalIndent(v, "", "  "); err == nil {
		return out
	}
	return b
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var no *refused
	if !errors.As(err, &no) {
		no = refuse(1999, "")
	}
	s.count(func(st *State) {
		st.Refused++
		if no.status == http.StatusTooManyRequests {
			st.Limited++
		}
	})
	if !asksStatus(r, no) {
		s.remember(r, no)
	}
	no.write(w)
}

func (s *Server) count(f func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
}

// answer checks a request and does it.
func (s *Server) answer(r *http.Request) (reply, error) {
	path, ok := strings.CutPrefix(r.URL.Path, BasePath)
	if api, _, _ := strings.Cut(BasePath, "/1.0"); !ok && strings.HasPrefix(r.URL.Path, api+"/") {
		return reply{}, refuse(1015, "")
	}
	if !ok {
		return reply{}, refuse(1002, "")
	}
	if a := r.Header.Get("Accept"); a != "" && a != "application/json;charset=utf-8" {
		return reply{}, refuse(1062, "")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return reply{}, refuse(2001, "")
	}
	if len(body) > maxBody {
		return reply{}, refuse(1044, "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.route(r, strings.TrimSuffix(path, "/"), body)
}

// Transport carries requests to a handler in memory, without sockets. A
// handler that aborts gives the client a broken connection.
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ h http.Handler }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	req := r.Clone(r.Context())
	if req.Body == nil {
		req.Body = http.NoBody
	}
	defer req.Body.Close()
	rec := &recorder{header: http.Header{}}
	aborted := serve(t.h, rec, req)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if aborted && rec.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return rec.response(r, aborted), nil
}

func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				panic(p)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// wait waits, unless the till hangs up first.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
