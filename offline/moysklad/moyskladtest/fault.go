package moyskladtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The faults by name.
const (
	faultDown     = "down"
	faultUp       = "up"
	faultSlow     = "slow"
	faultLose     = "lose-answer"
	faultHTTP     = "http"
	faultHTML     = "html"
	faultTruncate = "truncate"
	faultRevoked  = "token-revoked"
	faultLimit    = "limit"
	faultParallel = "parallel"
	faultTLS      = "tls"
	faultClock    = "clock"
	faultEnds     = "version-ends"
	faultEmpty    = "empty"

	faultOrder  = "recalc-order"
	faultShort  = "recalc-short"
	faultSums   = "recalc-sums"
	faultSplit  = "recalc-split"
	faultRefuse = "refuse"
	faultCommit = "fail-after-commit"
	faultTrash  = "trash-shift"
	faultForget = "queue-forget"
	faultBlank  = "queue-blank"
	faultDouble = "queue-double"

	faultBin  = "document-bin"
	faultDate = "document-date"
	faultSum  = "document-sum"
	faultWay  = "document-cashless"
)

// FaultInfo describes a fault and how it stands.
type FaultInfo struct {
	Name  string `json:"name"`
	Args  string `json:"args,omitempty"` // what it takes
	Help  string `json:"help"`
	Left  int    `json:"left,omitempty"`  // requests it still hits
	Value int    `json:"value,omitempty"` // milliseconds or status
	On    bool   `json:"on"`
}

var faultList = []FaultInfo{
	{Name: faultDown, Help: "connections break without an answer"},
	{Name: faultUp, Help: "ends every fault"},
	{Name: faultSlow, Args: "MS", Help: "every answer waits so many milliseconds; 0 ends it"},
	{Name: faultLose, Args: "[N]", Help: "the next N documents are stored, their answers lost"},
	{Name: faultHTTP, Args: "CODE [N]", Help: "the next N requests are answered with the status"},
	{Name: faultHTML, Args: "[N]", Help: "the next N requests get a hotspot's page with status 200"},
	{Name: faultTruncate, Args: "[N]", Help: "the next N answers with a body break off in the middle"},
	{Name: faultOrder, Args: "[N]", Help: "the next N calculations come in the wrong order"},
	{Name: faultShort, Args: "[N]", Help: "the next N calculations lack their last position"},
	{Name: faultSums, Args: "[N]", Help: "the sums of the next N calculations do not agree"},
	{Name: faultSplit, Args: "[N]", Help: "the next N calculations give positions in two parts"},
	{Name: faultRefuse, Args: "CODE [N]", Help: "the next N documents that are in order are refused with the code"},
	{Name: faultCommit, Args: "[N]", Help: "the next N documents are stored, the answer is an error 500"},
	{Name: faultForget, Args: "[N]", Help: "the next N receipts for the queue are accepted and forgotten"},
	{Name: faultBlank, Args: "[N]", Help: "the next N registered receipts are told without their numbers"},
	{Name: faultDouble, Args: "[N]", Help: "the next N questions for work are given what another master has"},
	{Name: faultTrash, Help: "the newest open shift is thrown away"},
	{Name: faultBin, Args: "NAME", Help: "somebody throws a document away"},
	{Name: faultDate, Args: "NAME DATE", Help: "somebody puts a document under another day, 2026-11-22"},
	{Name: faultSum, Args: "NAME KOPECKS", Help: "somebody changes the sum of a document"},
	{Name: faultWay, Args: "NAME KOPECKS", Help: "somebody changes how much of a document was paid without cash"},
	{Name: faultLimit, Args: "[N]", Help: "the next N requests are too many for the interval (429, 1049)"},
	{Name: faultParallel, Args: "[N]", Help: "the next N requests are too many at once (429, 1073)"},
	{Name: faultTLS, Args: "[N]", Help: "the next N connections end in an alert of TLS"},
	{Name: faultClock, Args: "MINUTES", Help: "the cloud's clock is so far ahead of ours, or behind; 0 ends it"},
	{Name: faultEnds, Help: "every answer says that this version of the API ends; up ends it"},
	{Name: faultEmpty, Args: "[N]", Help: "the next N lists come empty"},
	{Name: faultRevoked, Help: "all tokens are revoked, as if another till was attached"},
}

// ErrFault: no such fault, or bad arguments.
var ErrFault = errors.New("moyskladtest: bad fault")

// Limits of a fault's arguments.
const (
	maxSlow  = 600_000 // ms
	maxCount = 1_000_000
)

// faults holds what goes wrong at the moment.
type faults struct {
	mu    sync.Mutex
	off   bool
	slow  int
	http  int
	code  int
	clock int  // minutes
	ends  bool // of this version
	count map[string]int
}

// Fault starts a fault by name. Counted ones default to one request.
func (s *Server) Fault(name string, args ...string) error {
	if name == faultTrash {
		if err := s.trashShift(); err != nil {
			return err
		}
	} else if name == faultRevoked {
		if err := s.revokeAll(); err != nil {
			return err
		}
	} else if meddles[name] != nil {
		if err := s.meddle(name, args); err != nil {
			return err
		}
	} else if err := s.faults.set(name, args); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notify()
	return nil
}

func (s *Server) revokeAll() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.order {
		if err := s.state.commit(event{Revoke: id}); err != nil {
			return err
		}
	}
	return nil
}

var errNoShift = errors.New("moyskladtest: no shift is open")

// trashShift throws the newest open shift away.
func (s *Server) trashShift() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.state.docs) - 1; i >= 0; i-- {
		if d := &s.state.docs[i]; d.Kind == kindOpen && !s.closed(d.SyncID) {
			return s.state.commit(event{Trash: d.SyncID})
		}
	}
	return errNoShift
}

// Faults lists the faults and how they stand.
func (s *Server) Faults() []FaultInfo { return s.faults.list() }

func (f *faults) set(name string, args []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count = map[string]int{}
	}
	switch name {
	case faultDown:
		f.off = true
		return nil
	case faultUp:
		f.off, f.slow, f.clock, f.ends = false, 0, 0, false
		clear(f.count)
		return nil
	case faultSlow:
		v, err := number(args, 0, -1, maxSlow)
		if err == nil {
			f.slow = v
		}
		return err
	case faultEnds:
		f.ends = true
		return nil
	case faultClock:
		if len(args) != 1 {
			return fmt.Errorf("%w: minutes are missing", ErrFault)
		}
		v, err := strconv.Atoi(args[0])
		if err != nil || v > maxCount || v < -maxCount {
			return fmt.Errorf("%w: argument %.40q", ErrFault, args[0])
		}
		f.clock = v
		return nil
	case faultHTTP:
		v, err := number(args, 0, -1, 599)
		if err != nil || v < 300 {
			return fmt.Errorf("%w: status %s", ErrFault, strings.Join(args, " "))
		}
		n, err := number(args, 1, 1, maxCount)
		if err == nil {
			f.http, f.count[name] = v, n
		}
		return err
	case faultRefuse:
		v, err := number(args, 0, -1, 99_999)
		if err != nil || messages[v] == "" {
			return fmt.Errorf("%w: code %s", ErrFault, strings.Join(args, " "))
		}
		n, err := number(args, 1, 1, maxCount)
		if err == nil {
			f.code, f.count[name] = v, n
		}
		return err
	case faultLimit, faultParallel, faultTLS, faultEmpty, faultLose, faultHTML, faultTruncate, faultCommit, faultOrder, faultShort, faultSums, faultSplit,
		faultForget, faultBlank, faultDouble:
		n, err := number(args, 0, 1, maxCount)
		if err == nil {
			f.count[name] = n
		}
		return err
	}
	return fmt.Errorf("%w: %.40q", ErrFault, name)
}

// number reads argument i; a default below 0 means it must be there.
func number(args []string, i, def, most int) (int, error) {
	if i >= len(args) && def >= 0 {
		return def, nil
	}
	if i >= len(args) {
		return 0, fmt.Errorf("%w: an argument is missing", ErrFault)
	}
	v, err := strconv.Atoi(args[i])
	if err != nil || v < 0 || v > most {
		return 0, fmt.Errorf("%w: argument %.40q", ErrFault, args[i])
	}
	return v, nil
}

func (f *faults) list() []FaultInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Clone(faultList)
	for i := range all {
		a := &all[i]
		a.Left = f.count[a.Name]
		switch a.Name {
		case faultDown:
			a.On = f.off
		case faultSlow:
			a.On, a.Value = f.slow > 0, f.slow
		case faultClock:
			a.On, a.Value = f.clock != 0, f.clock
		case faultEnds:
			a.On = f.ends
		case faultHTTP:
			a.Value = f.http
		case faultRefuse:
			a.Value = f.code
		}
		a.On = a.On || a.Left > 0
	}
	return all
}

func (f *faults) down() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.off
}

// take uses up one hit of a counted fault.
func (f *faults) take(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count[name] == 0 {
		return false
	}
	f.count[name]--
	return true
}

// refusal is the code a document is to be refused with; 0: none.
func (f *faults) refusal() int {
	f.mu.Lock()
	code := f.code
	f.mu.Unlock()
	if !f.take(faultRefuse) {
		return 0
	}
	return code
}

var errAnswered = errors.New("answered by a fault")

const hotspot = "<!DOCTYPE html><html><head><title>Wi-Fi</title></head><body>Войдите в сеть</body></html>"

// before plays the faults that hit before the request is looked at.
func (f *faults) before(ctx context.Context, w http.ResponseWriter) error {
	f.mu.Lock()
	slow, status := f.slow, f.http
	f.mu.Unlock()
	if slow > 0 {
		if wait(ctx, time.Duration(slow)*time.Millisecond) != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if f.down() {
		panic(http.ErrAbortHandler)
	}
	if f.take(faultTLS) {
		alert(w)
	}
	if f.take(faultLimit) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-Lognex-Retry-After", ms(faultWait))
		w.Header().Set("X-Lognex-Reset", ms(faultWait))
		return refuse(1049, "")
	}
	if f.take(faultParallel) {
		return refuse(1073, "")
	}
	if f.take(faultHTTP) {
		return &refused{status: status}
	}
	if f.take(faultHTML) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if _, err := w.Write([]byte(hotspot)); err != nil {
			panic(http.ErrAbortHandler)
		}
		return errAnswered
	}
	return nil
}

// faultWait is how long a till is told to wait by a fault's 429.
const faultWait = 200 * time.Millisecond

// alert answers as a server of TLS would that does not like what it hears: a
// fatal alert, and the connection is gone.
func alert(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			if _, err := conn.Write([]byte{0x15, 3, 3, 0, 2, 2, 40}); err == nil {
				err = conn.Close()
				if err == nil {
					panic(http.ErrAbortHandler)
				}
			}
		}
	}
	panic(http.ErrAbortHandler)
}

// dress gives an answer the headers of the faults that are on.
func (f *faults) dress(h http.Header, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clock != 0 {
		h.Set("Date", now.Add(time.Duration(f.clock)*time.Minute).UTC().Format(http.TimeFormat))
	}
	if f.ends {
		h.Set("X-Lognex-API-Version-Deprecated", now.AddDate(0, 3, 0).Format("2006-01-02 15:04:05"))
	}
}
