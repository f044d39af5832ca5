package console

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Attaching the till to its point of sale, in the two steps a person takes:
// login and password, then the store. Between them the login is kept in memory
// only, for as long as the choice takes.
const choiceTime = 5 * time.Minute

// maxLogin bounds login and password, in bytes.
const maxLogin = 255

// provisionView is where that stands.
type provisionView struct {
	Key    string // of the choice that is open; "": login and password are asked
	Stores []api.CloudStore
	Done   *api.CloudStore
	Err    *fault.Error
}

// choice is a login that waits for its store; one at a time, the latest.
type choice struct {
	mu              sync.Mutex // guards what follows
	key             string
	login, password string
	until           time.Time
}

func (c *choice) open(login, password string, until time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.key, c.login, c.password, c.until = uuid.NewString(), login, password, until
	return c.key
}

// take gives the login of an open choice, which is closed by it.
func (c *choice) take(key string, now time.Time) (login, password string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ok = c.key != "" && c.key == key && now.Before(c.until)
	login, password = c.login, c.password
	c.key, c.login, c.password = "", "", ""
	return login, password, ok
}

// Provisions tells whether the person may say whose the till is.
func (s *screen) Provisions() bool {
	return s.mayAttach && s.V.Cashier != nil && (s.V.Role == catalog.RoleOwner || s.V.Role == catalog.RoleTechnician)
}

func (c *Console) provisionRoutes(m *router) {
	m.HandleFunc("GET /provision", c.owner(func(w http.ResponseWriter, r *http.Request) { c.provisionPage(w, r, provisionView{}) }))
	m.HandleFunc("POST /provision/stores", c.owner(c.provisionStores))
	m.HandleFunc("POST /provision/attach", c.owner(c.provisionAttach))
}

// owner lets through the owner and the technician.
func (c *Console) owner(next http.HandlerFunc) http.HandlerFunc {
	return c.signedIn(func(w http.ResponseWriter, r *http.Request) {
		loc := c.localeOf(r)
		v, _ := c.o.Till.View()
		if c.screen(loc, v, c.o.Now()).Provisions() {
			next(w, r)
			return
		}
		c.refuse(w, r, http.StatusForbidden, fault.New(fault.LoginOwner))
	})
}

func (c *Console) provisionPage(w http.ResponseWriter, r *http.Request, v provisionView) {
	c.page(w, r, "provision", "provision.title", func(p *pageData) error { p.Provision = &v; return nil })
}

// provisionStores takes "login" and "password".
func (c *Console) provisionStores(w http.ResponseWriter, r *http.Request) {
	login, password := strings.TrimSpace(r.PostFormValue("login")), r.PostFormValue("password")
	if login == "" || password == "" || len(login) > maxLogin || len(password) > maxLogin {
		c.provisionPage(w, r, provisionView{Err: fault.New(fault.CloudLogin)})
		return
	}
	ctx, stop := c.provisionContext(r)
	defer stop()
	stores, err := c.o.Provision.Stores(ctx, login, password)
	switch {
	case err != nil:
		c.provisionPage(w, r, provisionView{Err: fault.Of(err)})
	case len(stores) == 0:
		c.provisionPage(w, r, provisionView{Err: fault.New(fault.CloudStores, "0")})
	default:
		c.provisionPage(w, r, provisionView{Key: c.choice.open(login, password, c.o.Now().Add(choiceTime)), Stores: stores})
	}
}

// provisionAttach takes "key" of the choice, "store" and, where another device
// holds it, "take_over".
func (c *Console) provisionAttach(w http.ResponseWriter, r *http.Request) {
	login, password, ok := c.choice.take(r.PostFormValue("key"), c.o.Now())
	if !ok {
		c.provisionPage(w, r, provisionView{Err: fault.New(fault.LoginRequired)})
		return
	}
	ctx, stop := c.provisionContext(r)
	defer stop()
	st, err := c.o.Provision.Attach(ctx, api.CloudAttach{Login: login, Password: password, Store: r.PostFormValue("store"), TakeOver: r.PostFormValue("take_over") != ""})
	if err != nil {
		c.provisionPage(w, r, provisionView{Err: fault.Of(err)})
		return
	}
	c.provisionPage(w, r, provisionView{Done: &st})
}

// provisionTimeout is how long the cloud may take for one step.
const provisionTimeout = 25 * time.Second

func (c *Console) provisionContext(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), provisionTimeout)
}

// ProvisionFault says why a step failed.
func (p *pageData) ProvisionFault() string { return p.loc.fault(p.Provision.Err) }
