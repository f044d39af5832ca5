package console

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// The first start, a question a page. A till where nobody can log in begins
// with its owner, who is whoever sits at it, or reads the code off its display. From then on
// the owner goes through the rest, skips what he likes, and finds the same
// settings on their own pages later.

// The steps, in their order.
const (
	SetupOwner   = "owner"   // who he is, and the language
	SetupPlace   = "place"   // time zone, number prefix, language of the till
	SetupKKT     = "kkt"     // where the fiscal device is
	SetupScanner = "scanner" // ..and the scanner
	SetupCloud   = "cloud"   // whether goods come from one
	SetupAgain   = "again"   // the till starts with what was said
	SetupWho     = "who"     // who sells: as the fiscal device is registered
	SetupScan    = "scan"    // a barcode is scanned from the screen or from paper
	SetupLast    = "last"    // the cloud is attached, the first sale
)

var setupSteps = []string{SetupOwner, SetupPlace, SetupKKT, SetupScanner, SetupCloud, SetupAgain, SetupWho, SetupScan, SetupLast}

// Setup is the first start as it is kept. Steps are durable.
type Setup interface {
	// Step is what is asked now; "": nothing any more, or never.
	Step() string
	// Next goes on to a step; "" ends it.
	Next(ctx context.Context, step string) error
	// Found are what is plugged in and could be a fiscal device, or a scanner.
	Found() (kkt, scanners []SetupDevice)
	// Code is what lets another machine's browser begin; "": nothing does.
	Code() string
	// Test asks a fiscal device who it is.
	Test(ctx context.Context, address string) (string, error)
}

// SetupDevice is something that is plugged in.
type SetupDevice struct{ Name, Address string }

// setupView is a step as it is shown.
type setupView struct {
	Step      string
	Number    int // of the step, from 1
	Of        int
	Found     []SetupDevice
	Typed     url.Values
	Now       string // the address in the file
	Zones     []string
	Zone      string
	Tested    string // what the device said
	Err       *fault.Error
	Begun     bool // the till starts again
	HasCloud  bool
	CanAttach bool
}

// setupZones are those of the shops, west to east.
var setupZones = []string{"Europe/Kaliningrad", "Europe/Minsk", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka"}

// setupTestTime is how long a device may take to say who it is.
const setupTestTime = 40 * time.Second

func (c *Console) setupRoutes(m *router) {
	if c.o.Setup == nil || c.o.Users == nil || c.o.Settings == nil {
		return
	}
	m.HandleFunc("GET /setup", c.settingUp(func(w http.ResponseWriter, r *http.Request) { c.setupPage(w, r, &setupView{}) }))
	m.HandleFunc("POST /setup", c.settingUp(c.setupStep))
	m.HandleFunc("POST /setup/code", c.setupCode)
}

// setsUp tells whether there is a first start for whoever asks, and whether he
// has to log in for it.
func (c *Console) setsUp(r *http.Request) (now, login bool) {
	if c.o.Setup == nil {
		return false, false
	}
	step := c.o.Setup.Step()
	if step == SetupOwner {
		return atTheDevice(r) || c.letIn(r), false
	}
	v, _ := c.o.Till.View()
	if step == "" || !c.signed(r, &v) {
		return false, step != ""
	}
	return slices.Contains(v.Permissions, catalog.MaySettings), false
}

// atTheDevice tells whether a request comes from this machine's own browser.
func atTheDevice(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// settingUp lets through who may; everybody else finds no such page.
func (c *Console) settingUp(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		now, login := c.setsUp(r)
		switch {
		case now:
			next(w, r)
		case c.asksCode(r) && r.Method == http.MethodGet:
			c.codePage(w, r, nil)
		case login:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		default:
			c.refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, "setup"))
		}
	}
}

func (c *Console) setupPage(w http.ResponseWriter, r *http.Request, v *setupView) {
	v.Step, v.Of = c.o.Setup.Step(), len(setupSteps)
	v.Number = slices.Index(setupSteps, v.Step) + 1
	c.page(w, r, "setup", "setup.title", func(p *pageData) error {
		p.Setup = v
		state, err := c.o.Settings.Read()
		if err != nil && v.Err == nil && v.Step != SetupOwner {
			v.Err = fault.Of(err)
		}
		value := func(key string) string { return fieldValue(state.Sections, key) }
		kkt, scanners := []SetupDevice(nil), []SetupDevice(nil)
		if v.Step == SetupKKT || v.Step == SetupScanner {
			kkt, scanners = c.o.Setup.Found()
		}
		v.HasCloud, v.CanAttach = tableThere(state.Sections, "cloud.moysklad"), p.Provisions()
		switch v.Step {
		case SetupPlace:
			v.Zones, v.Zone = setupZones, value("timezone")
			if v.Zone == "" {
				v.Zone = c.o.Now().Location().String()
			}
			if !slices.Contains(v.Zones, v.Zone) {
				v.Zones = append([]string{v.Zone}, v.Zones...)
			}
		case SetupKKT:
			v.Found, v.Now = kkt, value("kkt.address")
		case SetupScanner:
			v.Found, v.Now = scanners, value("scanner.address")
		}
		return nil
	})
}

func fieldValue(sections []config.Section, key string) string {
	for _, s := range sections {
		for _, f := range s.Fields {
			if f.Key == key && (s.There || !s.Optional) {
				return f.Value
			}
		}
	}
	return ""
}

func tableThere(sections []config.Section, name string) bool {
	return slices.ContainsFunc(sections, func(s config.Section) bool { return s.Name == name && s.There })
}

// setupStep takes "step", which has to be the one that is asked now, and what
// it asks; "skip" goes on without.
func (c *Console) setupStep(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuse(w, r, formStatus(err), formFault(err))
		return
	}
	step := c.o.Setup.Step()
	if r.PostForm.Get("step") != step { // an older page: it is shown what is asked now
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
		return
	}
	v := &setupView{Typed: r.PostForm}
	// An answer is taken whole, though its page has gone meanwhile.
	ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), setupTestTime)
	defer stop()
	done, err := c.answerSetup(ctx, w, r, step, v)
	if err != nil {
		v.Err = fault.Of(err)
	}
	if err != nil || !done {
		c.setupPage(w, r, v)
		return
	}
	to := "/setup"
	if step == SetupLast {
		to = "/sale"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// answerSetup does what a step asks; done tells whether to show the next.
func (c *Console) answerSetup(ctx context.Context, w http.ResponseWriter, r *http.Request, step string, v *setupView) (done bool, err error) {
	form, next := r.PostForm, ""
	if i := slices.Index(setupSteps, step); i+1 < len(setupSteps) {
		next = setupSteps[i+1]
	}
	switch {
	case step == SetupOwner:
		return true, c.setupOwner(ctx, w, r)
	case form.Has("skip"):
	case step == SetupPlace:
		err = c.setupChange(ctx, config.Wish{Set: map[string]string{"language": form.Get("language"), "timezone": form.Get("timezone"), "prefix": form.Get("prefix")}})
	case step == SetupScanner && form.Has("pick"):
		form.Set("address", form.Get("pick"))
		return false, nil
	case step == SetupKKT && (form.Has("test") || form.Has("pick")):
		if form.Has("pick") {
			form.Set("address", form.Get("pick"))
		}
		v.Tested, err = c.o.Setup.Test(ctx, strings.TrimSpace(form.Get("address")))
		return false, err
	case step == SetupKKT:
		err = c.setupChange(ctx, config.Wish{Set: map[string]string{"kkt.address": form.Get("address")}, Add: []string{"kkt"}})
	case step == SetupScanner:
		err = c.setupChange(ctx, config.Wish{Set: map[string]string{"scanner.address": form.Get("address")}, Add: []string{"scanner"}})
	case step == SetupCloud:
		err = c.setupChange(ctx, config.Wish{Add: []string{"cloud.moysklad"}})
	case step == SetupAgain:
		if err := c.o.Setup.Next(ctx, next); err != nil {
			return false, err
		}
		err := c.o.Settings.Restart(ctx)
		v.Begun = err == nil
		return false, err
	case step == SetupScan && form.Has("print"):
		return false, c.printTest(ctx)
	}
	if err != nil {
		return false, err
	}
	return true, c.o.Setup.Next(ctx, next)
}

// printTest prints something to scan on what there is: the receipt printer, or
// the fiscal device.
func (c *Console) printTest(ctx context.Context) error {
	switch {
	case c.o.Printer != nil && c.o.Printer.State().Ready:
		return c.o.Printer.Test(ctx)
	case c.o.KKT != nil:
		return c.o.KKT.Test(ctx)
	case c.o.Printer != nil:
		return c.o.Printer.Test(ctx)
	}
	return fault.New(fault.PrinterOff)
}

// setupOwner makes the first owner and logs him in. What comes after is
// durable before him: a cut between the two asks for the owner again.
func (c *Console) setupOwner(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	pin := form.Get("pin")
	if pin != form.Get("again") {
		return fault.New(fault.SetupPIN)
	}
	if err := users.CheckPIN(pin); err != nil {
		return err
	}
	if err := c.o.Setup.Next(ctx, SetupPlace); err != nil {
		return err
	}
	if _, err := c.o.Users.Add(ctx, users.New{Name: form.Get("name"), Role: catalog.RoleOwner, PIN: pin}); err != nil {
		return err
	}
	if err := c.o.Till.Do(ctx, till.Login{PIN: pin}); err != nil {
		return err
	}
	v, _ := c.o.Till.View()
	if v.Cashier == nil {
		return fault.New(fault.LoginRequired)
	}
	c.sessions.keepOnly(v.Cashier.ID)
	http.SetCookie(w, cookie(r, sessionCookie, c.sessions.addAt(v.Cashier.ID, c.o.Now()), 0))
	return nil
}

// setupChange changes settings; the first thing wrong is told.
func (c *Console) setupChange(ctx context.Context, w config.Wish) error {
	done, err := c.o.Settings.Change(ctx, api.SettingsWish{Wish: w})
	if err == nil && !done.OK {
		for _, p := range done.Problems {
			return p.Fault
		}
	}
	return err
}

// SetupFault says why a step was not taken.
func (p *pageData) SetupFault() string { return p.loc.fault(p.Setup.Err) }

// TypedName is the owner's name as it was typed.
func (v *setupView) TypedName() string { return v.Typed.Get("name") }

// TypedAddress is the device's address: what was typed, or what the file says.
func (v *setupView) TypedAddress() string {
	if v.Typed.Has("address") {
		return v.Typed.Get("address")
	}
	return v.Now
}

// SetupScanned tells whether that, or anything else, was scanned.
func (s *screen) SetupScanned() bool { return len(s.V.Notices) > 0 || len(s.V.Cheque.Lines) > 0 }

// SetupBars is the code's barcode, an SVG path of unit bars; SetupCode the
// digits beneath it.
func (s *screen) SetupBars() string { return ean13(api.TestCode) }

// SetupCode is what the barcode says.
func (s *screen) SetupCode() string { return api.TestCode }
