package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Limits of calls that are remembered.
const (
	MaxKey     = 128             // bytes of an Idempotency-Key
	MaxCalls   = 1000            // remembered, the oldest are forgotten
	MaxRunning = 32              // at a time
	callsKept  = 24 * time.Hour  // since they began
	MaxWait    = 5 * time.Minute // of "Prefer: wait"
	// PatientFor is how long a caller from the network who says nothing is kept
	// waiting for long work: proxies and clients give up soon after.
	PatientFor = time.Minute
	callTime   = 2 * time.Hour // the longest work is a catalogue of a slow cloud
	keptAnswer = 1 << 20       // bytes; a longer one is not kept
	keptAll    = 16 << 20      // bytes of all answers
)

// kept is a request that is remembered: because its caller gave it a key, or
// because he did not want to wait for its end.
type kept struct {
	ID     uuid.UUID // of the document too that it makes, where it makes one
	key    string    // digest of the caller and his key; "": none
	digest string    // of method, path, query and body
	path   string
	cheque uuid.UUID // that was open when it began
	begun  time.Time
	seq    uint64 // of the record of its beginning, when it was read back
	lost   bool   // it began before the last restart, and its end is not known

	done   chan struct{} // closed at its end; what follows is set then
	change uint64        // of calls.changes
	status int
	header http.Header
	body   []byte
	gone   bool // it was done, and the answer is not kept
}

func (c *kept) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// calls are those that are remembered.
type calls struct {
	loading sync.Mutex // and guards loaded
	loaded  bool

	mu      sync.Mutex // guards what follows
	byKey   map[string]*kept
	byID    map[uuid.UUID]*kept
	changes uint64
	changed chan struct{} // closed at the next change

	work sync.WaitGroup
	life context.Context // of all that run
	end  context.CancelFunc
}

func newCalls() *calls {
	c := &calls{byKey: map[string]*kept{}, byID: map[uuid.UUID]*kept{}, changed: make(chan struct{})}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// Close ends the calls that nobody waits for any more.
func (a *API) Close() {
	a.calls.mu.Lock()
	a.calls.end()
	a.calls.mu.Unlock()
	a.calls.work.Wait()
}

// preference reads RFC 7240's wait=N and respond-async. asked: he does not
// want to wait longer than that.
func preference(h http.Header) (wait time.Duration, asked bool, err error) {
	for _, p := range splitList(h.Values("Prefer")) {
		name, value, _ := strings.Cut(p, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "respond-async":
			asked = true
		case "wait":
			n, bad := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
			if bad != nil || n < 0 || time.Duration(n) > MaxWait/time.Second {
				return 0, false, fault.New(fault.BadRequest, "Prefer: wait=0.."+strconv.Itoa(int(MaxWait/time.Second)))
			}
			wait, asked = time.Duration(n)*time.Second, true
		}
	}
	return wait, asked, nil
}

// keyOf reads the caller's key; callers do not see each other's.
func keyOf(h http.Header) (string, error) {
	key := h.Get("Idempotency-Key")
	if key == "" {
		return "", nil
	}
	if len(key) > MaxKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", fault.New(fault.BadRequest, "Idempotency-Key: 1.."+strconv.Itoa(MaxKey))
	}
	return digestOf(h.Get("Authorization"), key), nil
}

func digestOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Some paths of calls.
const (
	pathPay       = "/api/v1/pay"
	pathReconcile = "/api/v1/reconcile"
	pathImport    = "/api/v1/catalog/import" // of any length: read as it goes
)

// long is work that may take minutes: a cloud, the whole journal, the FN's
// archive.
var long = map[string]bool{"/api/v1/sync": true, "/api/v1/cloud/attach": true, "/api/v1/journal/verify": true, pathReconcile: true, pathReconcile + "/print": true, "/api/v1/shift/close": true}

// fromNetwork marks the requests of callers who are not at the till.
type fromNetwork struct{}

// unkept are calls whose bodies hold a secret that is short enough to be found
// from a digest of it: they are remembered until the next restart only.
var unkept = map[string]bool{"/api/v1/login": true, "/api/v1/approve": true, "/api/v1/cloud/stores": true, "/api/v1/cloud/provision": true, "/api/v1/tokens": true, "/api/v1/badge": true}

// once makes a handler one that does the same request once, and that can be
// left alone with it.
func (a *API) once(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, err := keyOf(r.Header)
		wait, asked, bad := preference(r.Header)
		applied := asked
		if remote, _ := r.Context().Value(fromNetwork{}).(bool); remote && !asked && long[r.URL.Path] {
			wait, asked = a.patient, true
		}
		if err = cmp.Or(err, bad); err == nil && key == "" && !asked {
			h(w, r)
			return
		}
		if err == nil && r.URL.Path == pathImport {
			err = fault.New(fault.BadRequest, "Idempotency-Key, Prefer")
		}
		var body []byte
		if err == nil {
			if body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody)); err != nil {
				err = fault.New(fault.TooLarge, "64 KiB").With(err)
			}
		}
		var c *kept
		if err == nil {
			c, err = a.claim(w, r, h, key, body)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		if applied {
			w.Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait/time.Second)))
		}
		a.await(w, r, c, wait, asked)
	}
}

// claim finds the call that a request repeats, or begins it.
func (a *API) claim(w http.ResponseWriter, r *http.Request, h http.HandlerFunc, key string, body []byte) (*kept, error) {
	if err := a.loadCalls(r.Context()); err != nil {
		return nil, err
	}
	digest := digestOf(r.Method, r.URL.Path, r.URL.RawQuery, string(body))
	now := time.Now()
	a.calls.mu.Lock()
	defer a.calls.mu.Unlock()
	if a.calls.life.Err() != nil {
		return nil, fault.New(fault.Unavailable)
	}
	a.calls.tidy(now)
	if c := a.calls.byKey[key]; key != "" && c != nil {
		if c.digest != digest {
			return nil, fault.New(fault.CallReused)
		}
		w.Header().Set("Idempotency-Replayed", "true")
		if c.lost && c.done == nil {
			a.begin(c, r, h, body)
		}
		return c, nil
	}
	running := 0
	for _, c := range a.calls.byID {
		if c.done != nil && !c.ended() {
			running++
		}
	}
	if running >= MaxRunning {
		return nil, fault.New(fault.TooMany, strconv.Itoa(MaxRunning))
	}
	v, _ := a.o.Till.View()
	c := &kept{ID: uuid.Must(uuid.NewV7()), key: key, digest: digest, path: r.URL.Path, cheque: v.Cheque.ID, begun: now}
	a.calls.byID[c.ID] = c
	if key != "" {
		a.calls.byKey[key] = c
	}
	a.begin(c, r, h, body)
	return c, nil
}

// callOf is where handlers find what call they carry out.
type callOf struct{}

// begin carries a call out, whether its caller stays or not.
func (a *API) begin(c *kept, r *http.Request, h http.HandlerFunc, body []byte) {
	c.done = make(chan struct{})
	ctx, cancel := context.WithTimeout(context.WithValue(context.WithoutCancel(r.Context()), callOf{}, c), callTime)
	stop := context.AfterFunc(a.calls.life, cancel)
	own := r.Clone(ctx)
	own.Body = io.NopCloser(bytes.NewReader(body))
	a.calls.work.Go(func() {
		defer cancel()
		defer stop()
		out := &recorded{header: http.Header{}, status: http.StatusOK}
		again := a.before(ctx, c, out, own)
		if again {
			a.guarded(h, out, own)
		}
		a.finish(ctx, c, out)
	})
}

// guarded is what net/http does for handlers on its own goroutines: one that
// panics is our mistake, and no reason for a till to stop selling.
func (a *API) guarded(h http.HandlerFunc, out *recorded, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			a.o.Log.Error("a call panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			out.body.Reset()
			a.fail(out, r, fault.New(fault.Internal))
		}
	}()
	h(out, r)
}

// finish remembers how a call ended, on the disk first.
func (a *API) finish(ctx context.Context, c *kept, out *recorded) {
	a.noteEnd(ctx, c, out)
	s := a.calls
	s.mu.Lock()
	defer s.mu.Unlock()
	c.status, c.header, c.body = out.status, out.header, out.body.Bytes()
	unsure := c.status >= http.StatusInternalServerError || c.lost && c.status >= http.StatusBadRequest
	switch {
	case !unsure || c.key == "":
	case c.seq == 0: // nothing was begun
		delete(s.byKey, c.key)
	default: // what it came to is not known: who asks again makes us look
		again := *c
		again.done, again.lost = nil, true
		s.byKey[c.key], s.byID[c.ID] = &again, &again
	}
	s.changes++
	c.change = s.changes
	close(c.done)
	close(s.changed)
	s.changed = make(chan struct{})
}

// tidy forgets what is old, or too much.
func (s *calls) tidy(now time.Time) {
	all := make([]*kept, 0, len(s.byID))
	for _, c := range s.byID {
		if c.done == nil || c.ended() {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(x, y *kept) int { return y.begun.Compare(x.begun) })
	size := 0
	for i, c := range all {
		if len(c.body) > keptAnswer {
			c.body, c.gone = nil, true
		}
		if size += len(c.body); i < MaxCalls && now.Sub(c.begun) < callsKept && size <= keptAll {
			continue
		}
		delete(s.byID, c.ID)
		if s.byKey[c.key] == c {
			delete(s.byKey, c.key)
		}
	}
}

// await waits for a call as long as its caller wants to.
func (a *API) await(w http.ResponseWriter, r *http.Request, c *kept, wait time.Duration, asked bool) {
	var over <-chan time.Time
	if asked && !c.ended() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-c.done:
	case <-r.Context().Done():
		return // it goes on; who asks again by the key is told
	case <-over:
		w.Header().Set("Location", pathOperations+c.ID.String())
		a.calls.mu.Lock()
		o := a.operationOf(c)
		a.calls.mu.Unlock()
		a.write(w, r, http.StatusAccepted, o)
		return
	}
	a.calls.mu.Lock()
	body, gone := c.body, c.gone
	a.calls.mu.Unlock()
	if gone {
		a.fail(w, r, fault.New(fault.CallDone))
		return
	}
	for name, values := range c.header {
		w.Header()[name] = values
	}
	w.WriteHeader(c.status)
	if _, err := w.Write(body); err != nil {
		a.o.Log.Debug("client went away", "path", r.URL.Path, "err", err)
	}
}

// recorded is an answer that is kept.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (o *recorded) Header() http.Header         { return o.header }
func (o *recorded) WriteHeader(status int)      { o.status = status }
func (o *recorded) Write(b []byte) (int, error) { return o.body.Write(b) }

// onceOf is the id of the document a command makes: the caller's, or that of
// the call, so that the same call makes it once however often it is made.
func onceOf(r *http.Request, id uuid.UUID) till.Once {
	if c, ok := r.Context().Value(callOf{}).(*kept); ok && id == uuid.Nil && c.key != "" {
		id = c.ID
	}
	return till.Once{ID: id}
}

// madeBefore tells whether the document a caller gave its id was made before, in
// this life of the till or another. An id that was minted for this call is new.
func (a *API) madeBefore(ctx context.Context, cmd till.Event) (bool, error) {
	id := till.OnceOf(cmd)
	if c, ok := ctx.Value(callOf{}).(*kept); id == uuid.Nil || a.o.HasDocument == nil || ok && id == c.ID && !c.lost {
		return false, nil
	}
	return a.o.HasDocument(ctx, id)
}

// chequeOf is the cheque a call is about: the one its caller names, or the one
// that was open when it began.
func (s seen) chequeOf(r *http.Request) till.Seen {
	out := s.till()
	if c, ok := r.Context().Value(callOf{}).(*kept); ok && out.Cheque == uuid.Nil && c.key != "" {
		out.Cheque = c.cheque
	}
	return out
}
