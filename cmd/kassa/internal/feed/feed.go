package feed

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/offline/evotor"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/record"
)

// Limits.
const (
	MaxReaders = 64      // requests at a time, the others are told to come again
	MaxQuery   = 4 << 10 // bytes of a request's parameters

	// Requests a token may make in a window.
	Requests = 100
	Window   = 10 * time.Second

	stepRows  = 16        // made in one turn..
	stepBytes = 256 << 10 // ..or so many bytes of them

	// While somebody sells, the till has the right of way: turns are short, so
	// that a scan which meets one loses a fraction of a millisecond, and all
	// readers together rest after each for so many times what it took.
	sellingRows = 2
	restShare   = 20
	restMost    = 200 * time.Millisecond

	pageBytes = 8 << 20 // a page of large documents ends earlier
	patience  = 10 * time.Second
)

// Options are the feed's ports.
type Options struct {
	Records  func(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error]
	Document func(ctx context.Context, id uuid.UUID) (rec record.Record, found bool, err error)
	Head     func() uint64 // the last record
	Allows   func(token string, s access.Scope) (t access.Token, known, allowed bool)
	Identity func() evotor.Identity
	Store    func() catalog.Store
	Device   string    // the till's name
	Since    time.Time // of the journal
	Version  string
	Now      func() time.Time
	Selling  func() bool // somebody is at the till just now; nil: never
	Log      *slog.Logger
}

// Feed is the handler.
type Feed struct {
	o        Options
	mux      *http.ServeMux
	turn     chan struct{} // whoever holds it makes rows
	readers  chan struct{}
	patience time.Duration // with a client that does not read

	mu   sync.Mutex
	used map[uuid.UUID]window // by token
}

// window counts a token's requests.
type window struct {
	until time.Time
	left  int
}

// Prefixes are the paths this handler answers.
func Prefixes() []string {
	return []string{"/stores", "/stores/", "/devices", "/employees"}
}

// New makes the feed.
func New(o Options) *Feed {
	f := &Feed{o: o, mux: http.NewServeMux(), turn: make(chan struct{}, 1), readers: make(chan struct{}, MaxReaders), patience: patience, used: map[uuid.UUID]window{}}
	f.mux.HandleFunc("GET /stores", f.stores)
	f.mux.HandleFunc("GET /devices", f.devices)
	f.mux.HandleFunc("GET /employees", f.employees)
	f.mux.HandleFunc("GET /stores/{store}/documents", f.ours(f.list))
	f.mux.HandleFunc("GET /stores/{store}/documents/{document}", f.ours(f.one))
	f.mux.HandleFunc("GET /stores/{store}/devices/{device}/documents", f.ours(f.list))
	f.mux.HandleFunc("GET /stores/{store}/devices/{device}/documents/{document}", f.ours(f.one))
	f.mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { f.fail(w, r, notFound(r.URL.Path)) })
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "GET, HEAD")
		f.fail(w, r, problem{http.StatusMethodNotAllowed, "method_not_allowed", "the feed is only read", nil})
	})
	return f
}

// ServeHTTP answers one request.
func (f *Feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t, known, allowed := f.o.Allows(token(r), access.Documents)
	switch {
	case !known:
		f.fail(w, r, problem{http.StatusUnauthorized, "unauthorized", "a token is needed", nil})
		return
	case !allowed:
		f.fail(w, r, problem{http.StatusForbidden, "forbidden", "the token is not good for documents", nil})
		return
	case len(r.URL.RawQuery) > MaxQuery:
		f.fail(w, r, problem{http.StatusRequestURITooLong, "too_long", "more than " + strconv.Itoa(MaxQuery) + " bytes of parameters", nil})
		return
	}
	if !f.count(w, t.ID) {
		f.fail(w, r, problem{http.StatusTooManyRequests, "too_many_requests", "see X-RateLimit-Reset", nil})
		return
	}
	select {
	case f.readers <- struct{}{}:
		defer func() { <-f.readers }()
	default:
		w.Header().Set("Retry-After", "1")
		f.fail(w, r, problem{http.StatusServiceUnavailable, "busy", "too many readers", nil})
		return
	}
	f.mux.ServeHTTP(w, r)
}

// token is the caller's, in any of the ways clients show it.
func token(r *http.Request) string {
	if t := strings.TrimSpace(r.Header.Get("X-Authorization")); t != "" {
		return t
	}
	t := strings.TrimSpace(r.Header.Get("Authorization"))
	if scheme, rest, ok := strings.Cut(t, " "); ok && strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(rest)
	}
	return t
}

// count counts a request and tells how many are left.
func (f *Feed) count(w http.ResponseWriter, id uuid.UUID) bool {
	now := f.o.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.used[id]
	if !now.Before(u.until) || u.until.Sub(now) > Window { // over, or the clock has jumped
		if len(f.used) > access.MaxTokens { // of tokens that are gone
			clear(f.used)
		}
		u = window{now.Add(Window), Requests}
	}
	good := u.left > 0
	if good {
		u.left--
	}
	f.used[id] = u
	reset := strconv.FormatInt(int64((u.until.Sub(now)+time.Second-1)/time.Second), 10)
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(Requests))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(u.left))
	h.Set("X-RateLimit-Reset", reset)
	if !good {
		h.Set("Retry-After", reset)
	}
	return good
}

// ours lets requests about this till through.
func (f *Feed) ours(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := f.o.Identity()
		device := r.PathValue("device")
		switch {
		case !strings.EqualFold(r.PathValue("store"), id.Store):
			f.fail(w, r, notFound("store"))
		case device != "" && !strings.EqualFold(device, id.Device):
			f.fail(w, r, notFound("device"))
		default:
			next(w, r)
		}
	}
}

// violation is what is wrong with one parameter.
type violation struct {
	Reason  string `json:"reason"`
	Subject string `json:"subject"`
}

// problem is an error in the format's second version.
type problem struct {
	status     int
	Code       string      `json:"code"`
	Message    string      `json:"message"`
	Violations []violation `json:"violations,omitempty"`
}

func notFound(what string) problem {
	return problem{http.StatusNotFound, "not_found", what + " not found", nil}
}

func bad(subject string) problem {
	return problem{http.StatusBadRequest, "bad_request", "bad " + subject, []violation{{"invalid", subject}}}
}

func (f *Feed) fail(w http.ResponseWriter, r *http.Request, p problem) { f.answer(w, r, p.status, p) }

func (f *Feed) answer(w http.ResponseWriter, r *http.Request, status int, v any) {
	head(w)
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		f.o.Log.Debug("client went away", "path", r.URL.Path, "err", err)
	}
}

func head(w http.ResponseWriter) {
	w.Header().Set("Content-Type", evotor.Media)
	w.Header().Set("Cache-Control", "no-store")
}
