package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// MaxSessions is how many browsers may be signed in; the oldest goes.
const MaxSessions = 32

const (
	sessionCookie = "kassa_session"
	tokenBytes    = 32
)

// sessions remembers which browser signed in as which cashier. It lives in
// memory: after a restart everybody types the PIN again. Tokens are kept as
// digests, so that nothing read from memory or compared byte by byte helps.
type sessions struct {
	mu   sync.Mutex
	list []session // oldest first
}

type session struct {
	digest  [sha256.Size]byte
	cashier string    // id
	used    time.Time // the last time; zero: it does not matter
}

func (s *sessions) add(cashier string) (token string) { return s.addAt(cashier, time.Time{}) }

// addAt is add for a session that ends when it is not used.
func (s *sessions) addAt(cashier string, now time.Time) (token string) {
	raw := make([]byte, tokenBytes)
	rand.Read(raw) // never fails: it would crash the program instead
	token = base64.RawURLEncoding.EncodeToString(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= MaxSessions {
		s.list = append(s.list[:0], s.list[len(s.list)-MaxSessions+1:]...)
	}
	s.list = append(s.list, session{sha256.Sum256([]byte(token)), cashier, now})
	return token
}

// cashier finds whose token it is.
func (s *sessions) cashier(token string) (string, bool) {
	digest := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, have := range s.list {
		if have.digest == digest {
			return have.cashier, true
		}
	}
	return "", false
}

// use finds whose token it is, unless it was not used for so long; 0 is for ever.
// A clock that was set back begins anew.
func (s *sessions) use(token string, now time.Time, lock time.Duration, touched bool) (string, bool) {
	digest := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.list, func(have session) bool { return have.digest == digest })
	if i < 0 {
		return "", false
	}
	age := now.Sub(s.list[i].used)
	if lock > 0 && age >= lock {
		s.list = slices.Delete(s.list, i, i+1)
		return "", false
	}
	if touched || age < 0 {
		s.list[i].used = now
	}
	return s.list[i].cashier, true
}

// drop forgets a token.
func (s *sessions) drop(token string) {
	digest := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(have session) bool { return have.digest == digest })
}

// keepOnly forgets the sessions of everybody but one cashier.
func (s *sessions) keepOnly(cashier string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.list[:0]
	for _, have := range s.list {
		if have.cashier == cashier && cashier != "" {
			kept = append(kept, have)
		}
	}
	s.list = kept
}

// signed tells whether the request comes from a browser of the cashier who is
// at the till now. One that nobody has touched for long, while nothing was
// scanned either, has to log in again.
func (c *Console) signed(r *http.Request, v *till.View) bool {
	return c.signedNow(r, v, c.sold(v))
}

func (c *Console) signedNow(r *http.Request, v *till.View, touched bool) bool {
	if v.Cashier == nil {
		c.sessions.keepOnly("") // logged out, from wherever: nobody stays in
		return false
	}
	k, err := r.Cookie(cookieName(r, sessionCookie))
	if err != nil {
		return false
	}
	who, ok := c.sessions.use(k.Value, c.o.Now(), c.lockOf(r), touched)
	return ok && who == v.Cashier.ID
}

// sold tells whether somebody has worked at the till a moment ago without
// touching a page: scanned, or been paid.
func (c *Console) sold(v *till.View) bool {
	now := c.o.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen := seenBy(v); seen != c.worked {
		c.worked, c.workedAt = seen, now
	}
	age := now.Sub(c.workedAt)
	return age >= 0 && age < refresh
}

// signedIn lets only signed-in browsers through; pages lead to the login,
// everything else is refused.
func (c *Console) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, _ := c.o.Till.View()
		switch {
		case c.signedNow(r, &v, true):
			next(w, r)
		case r.Method == http.MethodGet && r.Header.Get("HX-Request") == "":
			http.Redirect(w, r, c.door(r), http.StatusSeeOther)
		default:
			c.refuse(w, r, http.StatusUnauthorized, fault.New(fault.LoginRequired))
		}
	}
}

// login opens a session.
func (c *Console) login(w http.ResponseWriter, r *http.Request) { c.enterBy(w, r, "/sale") }

// enterBy checks the PIN with the till and opens a session that begins at a
// page. The PIN comes in the body only and goes nowhere but into the till.
func (c *Console) enterBy(w http.ResponseWriter, r *http.Request, to string) {
	if err := r.ParseForm(); err != nil {
		c.refuse(w, r, http.StatusBadRequest, fault.New(fault.BadRequest, "form"))
		return
	}
	ctx, stop := c.commandContext(r)
	defer stop()
	if err := fault.Of(c.o.Till.Do(ctx, till.Login{PIN: r.PostForm.Get("pin")})); err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, err)
		return
	}
	v, _ := c.o.Till.View()
	if v.Cashier == nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, fault.New(fault.LoginRequired))
		return
	}
	c.sessions.keepOnly(v.Cashier.ID)
	http.SetCookie(w, cookie(r, sessionCookie, c.sessions.addAt(v.Cashier.ID, c.o.Now()), 0))
	if c.o.Setup != nil && c.o.Setup.Step() != "" && slices.Contains(v.Permissions, catalog.MaySettings) {
		to = "/setup" // it is not through yet
	}
	w.Header().Set("Kassa-Go", to)
	w.WriteHeader(http.StatusNoContent)
}

// cookie makes a cookie that scripts and other sites never see; age 0 lasts as long
// as the browser runs.
func cookie(r *http.Request, name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: cookieName(r, name), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode}
}

// cookieName keeps the cookies of TLS apart: a browser lets nobody who does not
// speak it set or read those (RFC 6265bis, 4.1.3.2).
func cookieName(r *http.Request, name string) string {
	if r.TLS != nil {
		return "__Host-" + name
	}
	return name
}
