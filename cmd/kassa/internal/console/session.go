package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"sync"

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
	cashier string // id
}

func (s *sessions) add(cashier string) (token string) {
	raw := make([]byte, tokenBytes)
	rand.Read(raw) // never fails: it would crash the program instead
	token = base64.RawURLEncoding.EncodeToString(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= MaxSessions {
		s.list = append(s.list[:0], s.list[len(s.list)-MaxSessions+1:]...)
	}
	s.list = append(s.list, session{sha256.Sum256([]byte(token)), cashier})
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
// at the till now.
func (c *Console) signed(r *http.Request, v *till.View) bool {
	if v.Cashier == nil {
		c.sessions.keepOnly("") // logged out, from wherever: nobody stays in
		return false
	}
	k, err := r.Cookie(cookieName(r, sessionCookie))
	if err != nil {
		return false
	}
	who, ok := c.sessions.cashier(k.Value)
	return ok && who == v.Cashier.ID
}

// signedIn lets only signed-in browsers through; pages lead to the login,
// everything else is refused.
func (c *Console) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, _ := c.o.Till.View()
		switch {
		case c.signed(r, &v):
			next(w, r)
		case r.Method == http.MethodGet && r.Header.Get("HX-Request") == "":
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		default:
			c.refuse(w, r, http.StatusUnauthorized, fault.New(fault.LoginRequired))
		}
	}
}

// login checks the PIN with the till and opens a session. The PIN comes in
// the body only and goes nowhere but into the till.
func (c *Console) login(w http.ResponseWriter, r *http.Request) {
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
	http.SetCookie(w, cookie(r, sessionCookie, c.sessions.add(v.Cashier.ID), 0))
	to := "/sale"
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
