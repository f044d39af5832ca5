package console

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// A till that nobody knows yet may stand where no browser of its own is. Whoever
// can read its display or its paper sets it up from another machine: the code
// that stands there is asked for, and is good until the owner is known.

const (
	setupCookie = "kassa_setup"
	setupTries  = 10               // wrong ones..
	setupRest   = 10 * time.Minute // ..in so long; the code has forty bits
)

// setupDoor lets browsers in that have typed the code.
type setupDoor struct {
	let sessions

	mu    sync.Mutex // guards what follows
	wrong []time.Time
}

// try tells how long nobody may try any more; 0: now.
func (d *setupDoor) try(now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.wrong[:0]
	for _, t := range d.wrong {
		if age := now.Sub(t); age >= 0 && age < setupRest {
			kept = append(kept, t)
		}
	}
	d.wrong = kept
	if len(kept) < setupTries {
		return 0
	}
	return setupRest - now.Sub(kept[0])
}

func (d *setupDoor) missed(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrong = append(d.wrong, now)
}

// letIn tells whether a browser of another machine has typed the code.
func (c *Console) letIn(r *http.Request) bool {
	k, err := r.Cookie(cookieName(r, setupCookie))
	if err != nil {
		return false
	}
	_, is := c.setupDoor.let.cashier(k.Value)
	return is
}

// asksCode tells whether a browser would be let in by the code.
func (c *Console) asksCode(r *http.Request) bool {
	return c.o.Setup != nil && c.o.Setup.Step() == SetupOwner && c.o.Setup.Code() != "" && !atTheDevice(r) && !c.letIn(r)
}

// setupCode takes "code" as a person types it.
func (c *Console) setupCode(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuse(w, r, formStatus(err), formFault(err))
		return
	}
	if !c.asksCode(r) {
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
		return
	}
	now := c.o.Now()
	if rest := c.setupDoor.try(now); rest > 0 {
		c.codePage(w, r, fault.New(fault.LoginLocked, strconv.Itoa(max(1, int(rest.Round(time.Second)/time.Second)))))
		return
	}
	if subtle.ConstantTimeCompare([]byte(plainCode(r.PostForm.Get("code"))), []byte(plainCode(c.o.Setup.Code()))) != 1 {
		c.setupDoor.missed(now)
		c.codePage(w, r, fault.New(fault.SetupCode))
		return
	}
	http.SetCookie(w, cookie(r, setupCookie, c.setupDoor.let.add(SetupOwner), 0))
	http.Redirect(w, r, "/setup", http.StatusSeeOther)
}

// plainCode leaves out how a code is written.
func plainCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

func (c *Console) codePage(w http.ResponseWriter, r *http.Request, why *fault.Error) {
	c.page(w, r, "setupcode", "setup.title", func(p *pageData) error {
		p.Setup = &setupView{Err: why}
		return nil
	})
}
