// Package permittest is a marking system and a local module that answer checks
// of codes as the real ones do, with what goes wrong with them.
//
// Every code is in circulation and may be sold until Set says otherwise. What
// is broken (see Faults) stays so until it is mended. The local module keeps
// the same codes; it refuses once it was not synchronised for 72 hours. It is
// a test double: nothing in it proves that a code is genuine.
package permittest

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Key and the local module's login, as the emulator wants them.
const (
	Key   = "bench-permit-key"
	Login = "admin"
	Pass  = "admin"
)

// Reason is why a code may not be sold.
type Reason string

// The reasons.
const (
	OK        Reason = "ok"
	Unknown   Reason = "unknown"
	Forged    Reason = "forged"
	Invalid   Reason = "invalid"
	Unused    Reason = "unused"
	Withdrawn Reason = "withdrawn"
	Sold      Reason = "sold"
	Blocked   Reason = "blocked"
	Expired   Reason = "expired"
	Owner     Reason = "owner"
)

// Reasons lists them.
func Reasons() []Reason {
	return []Reason{OK, Unknown, Forged, Invalid, Unused, Withdrawn, Sold, Blocked, Expired, Owner}
}

// Faults are what can be wrong. The zero value is a system in order.
type Faults struct {
	Down       bool          `json:"down,omitempty"`       // the marking system answers 503
	Garbage    bool          `json:"garbage,omitempty"`    // ..or what is no JSON
	Slow       time.Duration `json:"slow,omitempty"`       // ..or so late
	Other      bool          `json:"other,omitempty"`      // ..or about another code
	LocalDown  bool          `json:"local_down,omitempty"` // the local module answers 503
	LocalStale bool          `json:"local_stale,omitempty"`
	LocalBusy  bool          `json:"local_busy,omitempty"` // it is not ready yet
	Says       Reason        `json:"says,omitempty"`       // of every code, whatever Set said
	Ahead      time.Duration `json:"ahead,omitempty"`      // how far its clock is wrong
}

// System is both services.
type System struct {
	Now func() time.Time // nil: the clock

	mu     sync.Mutex
	faults Faults
	says   map[string]Reason
	asked  []Asked
}

// Asked is a check that was answered.
type Asked struct {
	Code  string    `json:"-"`
	FN    string    `json:"fn"`
	Local bool      `json:"local"`
	Said  Reason    `json:"said"`
	At    time.Time `json:"at"`
}

// maxAsked is how many checks are remembered.
const maxAsked = 1000

// Set says what becomes of a code.
func (s *System) Set(code string, r Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.says == nil {
		s.says = map[string]Reason{}
	}
	s.says[code] = r
}

// Break sets what is wrong.
func (s *System) Break(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Faults tells what is wrong.
func (s *System) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Asked lists the checks, oldest first.
func (s *System) Asked() []Asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Asked(nil), s.asked...)
}

func (s *System) now() time.Time {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return now().Add(s.faults.Ahead)
}

// Handler serves both: the marking system's paths and the local module's.
func (s *System) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v4/true-api/codes/check", s.outside(s.check))
	mux.HandleFunc("GET /api/v4/true-api/cdn/health/check", s.outside(func(w http.ResponseWriter, _ *http.Request) error {
		return write(w, map[string]any{"code": 0, "avgTimeMs": 12})
	}))
	mux.HandleFunc("POST /api/v2/cis/outCheck", s.inside(s.outCheck))
	mux.HandleFunc("GET /api/v2/status", s.inside(s.status))
	return mux
}

var errStop = errors.New("answered already")

// outside is the marking system: a key is needed, and what is wrong with it is.
func (s *System) outside(next func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := s.Faults()
		if f.Slow > 0 {
			late := time.NewTimer(f.Slow)
			defer late.Stop()
			select {
			case <-late.C:
			case <-r.Context().Done():
				return
			}
		}
		switch {
		case f.Down:
			http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		case f.Garbage:
			fmt.Fprint(w, "<html>error</html>")
		case subtle.ConstantTimeCompare([]byte(r.Header.Get("X-API-KEY")), []byte(Key)) != 1:
			http.Error(w, `{"code":401}`, http.StatusUnauthorized)
		default:
			fail(w, next(w, r))
		}
	}
}

// inside is the local module.
func (s *System) inside(next func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		login, pass, _ := r.BasicAuth()
		switch {
		case s.Faults().LocalDown:
			http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		case login != Login || pass != Pass:
			http.Error(w, "unauthorized", http.StatusUnauthorized)
		default:
			fail(w, next(w, r))
		}
	}
}

func fail(w http.ResponseWriter, err error) {
	if err != nil && !errors.Is(err, errStop) {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func write(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return errStop // the other side has gone
	}
	return nil
}

const maxRequest = 64 << 10

func (s *System) check(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Codes []string `json:"codes"`
		FN    string   `json:"fiscalDriveNumber"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil || len(in.Codes) == 0 {
		return errors.New("codes are needed")
	}
	return write(w, s.answer(in.Codes, in.FN, false))
}

func (s *System) outCheck(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		List []struct {
			CIS string `json:"cis"`
		} `json:"cis_list"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil || len(in.List) == 0 {
		return errors.New("cis_list is needed")
	}
	if f := s.Faults(); f.LocalStale || f.LocalBusy {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return errStop
	}
	codes := make([]string, len(in.List))
	for i := range in.List {
		codes[i] = in.List[i].CIS
	}
	a := s.answer(codes, r.Header.Get("X-ClientId"), true)
	a["inst"], a["version"] = instance, version
	return write(w, map[string]any{"results": []any{a}})
}

// The local module's name for itself.
const (
	instance = "5b9c1d1e-2f6a-4c57-9c57-0d5a2f1b7c11"
	version  = "1.5.1-emulated"
)

func (s *System) status(w http.ResponseWriter, _ *http.Request) error {
	s.mu.Lock()
	synced, state := s.now(), "ready"
	if s.faults.LocalStale {
		synced = synced.Add(-73 * time.Hour)
	}
	if s.faults.LocalBusy {
		state = "initialization"
	}
	s.mu.Unlock()
	return write(w, map[string]any{"status": state, "lastSync": synced.UnixMilli(), "version": version, "inst": instance})
}

func (s *System) answer(codes []string, fn string, local bool) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	all := make([]map[string]any, len(codes))
	for i, code := range codes {
		said := s.says[code]
		if s.faults.Says != "" {
			said = s.faults.Says
		}
		if said == "" {
			said = OK
		}
		if all[i] = state(code, said, now); local {
			all[i] = localState(all[i])
		}
		if s.faults.Other {
			all[i]["cis"] = "0104600000000008215other"
		}
		s.asked = append(s.asked, Asked{code, fn, local, said, now})
	}
	s.asked = s.asked[max(0, len(s.asked)-maxAsked):]
	return map[string]any{"code": 0, "description": "ok", "codes": all, "reqId": uuid.NewString(), "reqTimestamp": now.UnixMilli()}
}

// localState is what of it the local module knows: who is blocked, what was sold.
func localState(c map[string]any) map[string]any {
	known := map[string]any{"isGreyGtin": false}
	for _, k := range []string{"cis", "isBlocked", "sold"} {
		known[k] = c[k]
	}
	return known
}

// state is a code as the system describes it.
func state(code string, said Reason, now time.Time) map[string]any {
	c := map[string]any{"cis": code, "valid": true, "verified": true, "found": true, "utilised": true, "realizable": true,
		"sold": false, "isBlocked": false, "isOwner": true, "isTracking": true, "grayZone": false, "errorCode": 0}
	switch said {
	case Unknown:
		c["found"], c["realizable"], c["utilised"], c["errorCode"] = false, false, false, 10
	case Forged:
		c["verified"] = false
	case Invalid:
		c["valid"] = false
	case Unused:
		c["utilised"], c["realizable"] = false, false
	case Withdrawn:
		c["realizable"] = false
	case Sold:
		c["sold"], c["realizable"] = true, false
	case Blocked:
		c["isBlocked"], c["realizable"] = true, false
	case Expired:
		c["expireDate"] = now.Add(-time.Hour).Format(time.RFC3339)
	case Owner:
		c["isOwner"] = false
	}
	return c
}
