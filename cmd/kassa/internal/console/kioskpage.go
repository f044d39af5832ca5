package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// kioskCookie marks a browser of another machine that an attendant has made a
// kiosk of. The till's own needs none.
const kioskCookie = "kassa_kiosk"

// anyCashier is whose such a browser is: it stays one whoever attends.
const anyCashier = "*"

func (c *Console) kioskRoutes(m *router) {
	if c.o.Kiosk == nil {
		return
	}
	m.HandleFunc("GET /kiosk", c.kioskPage)
	m.HandleFunc("GET /kiosk/pin", c.atKiosk(c.kioskDialog("kiosk-pin")))
	m.HandleFunc("GET /kiosk/contact", c.atKiosk(c.kioskDialog("kiosk-contact")))
	m.HandleFunc("GET /kiosk/staff", c.signedIn(func(w http.ResponseWriter, r *http.Request) { c.page(w, r, "kioskstaff", "kiosk.staff.title", nil) }))
	m.HandleFunc("POST /do/kiosk-staff", c.atKiosk(c.kioskLogin))
	for name, a := range map[string]action{
		"kiosk-go":      c.kioskGo,
		"kiosk-pay":     c.atCheque(kioskPays),
		"kiosk-contact": c.atCheque(setContact),
		"kiosk-help":    plain(till.CallHelp{}),
		"kiosk-off":     plain(till.CancelCharge{}),
		"kiosk-dismiss": plain(till.Dismiss{}),
		"kiosk-refuse":  c.kioskRefuses,
	} {
		m.HandleFunc("POST /do/"+name, c.atKiosk(c.kioskDoes(a.steps)))
	}
}

// isKiosk tells whether a request comes from a kiosk: the till's own browser,
// or one an attendant has made one of.
func (c *Console) isKiosk(r *http.Request) bool {
	if c.o.Kiosk == nil {
		return false
	}
	if atTheDevice(r) {
		return true
	}
	k, err := r.Cookie(cookieName(r, kioskCookie))
	if err != nil {
		return false
	}
	_, known := c.kiosks.cashier(k.Value)
	return known
}

// atKiosk lets only kiosks through.
func (c *Console) atKiosk(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !c.isKiosk(r) {
			c.refuse(w, r, http.StatusUnauthorized, fault.New(fault.LoginRequired))
			return
		}
		next(w, r)
	}
}

// kioskPage is the customers' page. An attendant who comes here leaves the
// browser to them, and makes a kiosk of it where it is another machine's.
func (c *Console) kioskPage(w http.ResponseWriter, r *http.Request) {
	v, _ := c.o.Till.View()
	in := c.signed(r, &v)
	switch {
	case in && !c.isKiosk(r):
		http.SetCookie(w, cookie(r, kioskCookie, c.kiosks.add(anyCashier), 0))
	case !in && !c.isKiosk(r):
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	if in {
		if k, err := r.Cookie(cookieName(r, sessionCookie)); err == nil {
			c.sessions.drop(k.Value)
		}
		http.SetCookie(w, cookie(r, sessionCookie, "", -1))
	}
	c.page(w, r, "kiosk", "kiosk.title", nil)
}

func (c *Console) kioskDialog(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c.touchKiosk(nil)
		loc := c.pageLocale(r, "kiosk")
		v, _ := c.o.Till.View()
		data := dialogData{screen: c.screen(loc, v, c.o.Now()), Lang: loc.name}
		if name == "kiosk-contact" {
			d, err := contactDialog(c, r.URL.Query(), data.screen)
			if err != nil {
				c.refuse(w, r, http.StatusUnprocessableEntity, err)
				return
			}
			data.D = d
		}
		loc.write(w, c.o.Log, "dialog-"+name, data)
	}
}

// kioskLogin lets an attendant in. The pages close by themselves when nobody
// touches them.
func (c *Console) kioskLogin(w http.ResponseWriter, r *http.Request) {
	c.touchKiosk(nil)
	c.enterBy(w, r, "/kiosk/staff")
}

// kioskDoes is act for a customer, who needs an attendant at the till but is
// nobody himself. What he did counts as being there.
func (c *Console) kioskDoes(a steps) http.HandlerFunc {
	does := c.act(func(form url.Values, v *till.View) ([]till.Event, *fault.Error) {
		cmds, err := a(form, v)
		if len(cmds) == 1 && cmds[0] == nil {
			cmds = nil
		}
		return cmds, err
	})
	return func(w http.ResponseWriter, r *http.Request) {
		c.touchKiosk(nil)
		does(w, r)
	}
}

// kioskGo takes "by", where to: "start" with "id", the language; "pay";
// "basket"; "here", which says that somebody is. The till is told nothing.
func (c *Console) kioskGo(form url.Values, v *till.View) (till.Event, *fault.Error) {
	switch by := form.Get("by"); by {
	case "start":
		if c.langs[form.Get("id")] == nil {
			return nil, fault.New(fault.BadRequest, "id")
		}
		c.touchKiosk(func(k *kiosk) {
			k.lang = form.Get("id")
			if len(v.Cheque.Lines) == 0 {
				k.stage = stageScan
			}
		})
	case "pay":
		if len(v.Cheque.Lines) == 0 {
			return nil, fault.New(fault.ChequeEmpty)
		}
		c.touchKiosk(func(k *kiosk) { k.stage = stagePay })
	case "basket":
		c.touchKiosk(func(k *kiosk) { k.stage = stageScan })
	case "here":
	default:
		return nil, fault.New(fault.BadRequest, "by")
	}
	return nil, nil
}

// kioskPays takes "by", "card" or "qr". Only what moves money by itself counts: a
// customer's word is nobody's.
func kioskPays(form url.Values, v *till.View) (till.Event, *fault.Error) {
	qr := form.Get("by") == "qr"
	if qr && !v.Terminal.QR || !qr && !v.Terminal.Card {
		return nil, fault.New(fault.TerminalOff)
	}
	return till.Pay{Type: doc.PayElectron, QR: qr, Seen: seenNow(v)}, nil
}

// kioskRefuses takes "id", of a question the customer may answer with no: what
// he has scanned is not bought.
func (c *Console) kioskRefuses(form url.Values, v *till.View) (till.Event, *fault.Error) {
	for i := range v.Questions {
		if q := &v.Questions[i]; q.ID.String() == form.Get("id") {
			return till.Choose{Question: q.ID, Choice: till.AnswerNo}, nil
		}
	}
	return nil, fault.New(fault.BadRequest, "id")
}

// door is where a browser belongs that may not stay on a page.
func (c *Console) door(r *http.Request) string {
	if c.isKiosk(r) {
		return "/kiosk"
	}
	return "/login"
}

// lockOf is how long a browser stays open untouched.
func (c *Console) lockOf(r *http.Request) time.Duration {
	if c.isKiosk(r) {
		return c.o.Kiosk.Attendant
	}
	return c.o.Lock
}
