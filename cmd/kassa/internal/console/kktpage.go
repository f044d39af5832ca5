package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/till"
)

// kktFacts is the device at length, on the technician's page.
type kktFacts struct {
	*screen
	K api.KKTState
}

// kktTables are the device's settings, to be read.
type kktTables struct {
	*screen
	Tables []kktTable
}

type kktTable struct {
	Name     string
	Settings []kkt.Setting
}

// Staff tells whether the person at the till looks after it: everybody but a
// cashier.
func (s *screen) Staff() bool { return s.V.Cashier != nil && s.V.Role != catalog.RoleCashier }

func (c *Console) kktRoutes(m *router) {
	m.HandleFunc("GET /kkt", c.signedIn(c.kktPage))
	m.HandleFunc("GET /kkt/facts", c.signedIn(c.kktFacts))
	m.HandleFunc("GET /kkt/tables", c.signedIn(c.kktTables))
	m.HandleFunc("POST /do/kkt-clock", c.allowed(c.atKKT(func(ctx context.Context) error { return c.o.KKT.SetClock(ctx) })))
	m.HandleFunc("POST /do/kkt-test", c.allowed(c.atKKT(func(ctx context.Context) error { return c.o.KKT.Test(ctx) })))
	m.HandleFunc("POST /do/kkt-copy", c.allowed(c.atKKT(func(ctx context.Context) error { return c.o.KKT.Copy(ctx) })))
}

func (c *Console) kktPage(w http.ResponseWriter, r *http.Request) {
	c.page(w, r, "kkt", "kkt.title", nil)
}

// kktFacts reads the device; on a slow line that takes seconds.
func (c *Console) kktFacts(w http.ResponseWriter, r *http.Request) {
	if c.o.KKT == nil {
		c.refuse(w, r, http.StatusOK, fault.New(fault.FiscalMissing))
		return
	}
	ctx, stop := c.commandContext(r)
	defer stop()
	state, err := c.o.KKT.State(ctx)
	if err != nil {
		c.refuse(w, r, http.StatusOK, fault.Of(err)) // the row takes the place of the facts
		return
	}
	loc := c.localeOf(r)
	v, _ := c.o.Till.View()
	loc.write(w, c.o.Log, "kkt-facts", kktFacts{c.screen(loc, v, c.o.Now()), state})
}

func (c *Console) kktTables(w http.ResponseWriter, r *http.Request) {
	if c.o.KKT == nil {
		c.refuse(w, r, http.StatusOK, fault.New(fault.FiscalMissing))
		return
	}
	ctx, stop := c.commandContext(r)
	defer stop()
	list, err := c.o.KKT.Settings(ctx, "")
	if err != nil {
		c.refuse(w, r, http.StatusOK, fault.Of(err))
		return
	}
	loc := c.localeOf(r)
	v, _ := c.o.Till.View()
	view := kktTables{screen: c.screen(loc, v, c.o.Now())}
	for _, s := range list {
		if n := len(view.Tables); n == 0 || view.Tables[n-1].Name != s.Table {
			view.Tables = append(view.Tables, kktTable{Name: s.Table})
		}
		t := &view.Tables[len(view.Tables)-1]
		t.Settings = append(t.Settings, s)
	}
	loc.write(w, c.o.Log, "kkt-tables", view)
}

// atKKT does something on the device between the till's own operations.
func (c *Console) atKKT(do func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var err error = fault.New(fault.FiscalMissing)
		if c.o.KKT != nil {
			ctx, stop := c.commandContext(r)
			defer stop()
			err = do(ctx)
		}
		if err != nil {
			c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// acceptFNDialog asks for the number of the new FN as a person reads it off.
func acceptFNDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if !s.V.KKT.Ready {
		return nil, fault.New(fault.FiscalMissing)
	}
	return nil, nil
}

// acceptFN takes "fn", 16 digits, spaces between them or not.
func acceptFN(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	fn := strings.ReplaceAll(strings.TrimSpace(form.Get("fn")), " ", "")
	if fn == "" {
		return nil, fault.New(fault.BadRequest, "fn")
	}
	return till.AcceptFN{FN: fn}, nil
}

// OtherFN tells whether the device holds another FN than the till works with.
func (s *screen) OtherFN() bool {
	return s.V.KKT.Ready && s.V.KKT.FN != "" && !s.V.KKT.Identity.Cloud && !s.V.KKT.Identity.SKKO && s.V.KKT.Identity.FN != s.V.KKT.FN
}

// Seconds is a clock's drift.
func (f kktFacts) Seconds() int64 { return f.K.Drift / 1000 }

// Systems are the tax systems the device is registered for.
func (f kktFacts) Systems() string {
	var all []string
	for _, t := range f.K.TaxSystems {
		name := t.Printed()
		if f.loc.name == "en" {
			name = t.String()
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}
