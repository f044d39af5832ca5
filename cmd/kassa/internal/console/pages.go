package console

import (
	"net/http"

	"github.com/kassa-pos/kassa/pos/fault"
)

// pageData is what a whole page's template is given.
type pageData struct {
	*screen
	Page    string
	Title   string
	Lang    string
	Theme   string
	Path    string
	Release string // what the page was made by
	Bench   bool
	Frame   *frame
	R       map[string]any
	Tiles   *tilesView
	Docs    *documentsView
	Return  *returnView
	Sold    *reportsView // nil: it may not be seen
	Log     *logView
	Design  *designView

	Provision *provisionView
	Settings  *settingsView // nil: they may not be seen
	Setup     *setupView
}

// page sends a whole page, filled with the same regions that its stream
// replaces later.
func (c *Console) page(w http.ResponseWriter, r *http.Request, name, title string, fill func(*pageData) error) {
	loc := c.pageLocale(r, name)
	f, err := c.frame(name, loc)
	if err != nil {
		c.o.Log.Error("console: region does not render", "code", fault.Internal, "err", err)
		http.Error(w, "page does not render", http.StatusInternalServerError)
		return
	}
	v, _ := c.o.Till.View()
	p := &pageData{screen: c.screen(loc, v, c.o.Now()), Page: name, Title: loc.must(title), Lang: loc.name, Theme: themeOf(r),
		Path: r.URL.Path, Release: c.release, Bench: c.o.Bench, Frame: f, R: map[string]any{}}
	for id, html := range f.regions {
		p.R[id] = html
	}
	if fill != nil {
		if err := fill(p); err != nil {
			c.o.Log.Error("console: page without its data", "path", r.URL.Path, "err", err)
			c.refuse(w, r, http.StatusInternalServerError, fault.Of(err))
			return
		}
	}
	loc.write(w, c.o.Log, "page-"+name, p)
}

// plainPage serves a page that is all regions.
func (c *Console) plainPage(name, title string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { c.page(w, r, name, title, nil) }
}

func (c *Console) home(w http.ResponseWriter, r *http.Request) {
	v, _ := c.o.Till.View()
	to := c.door(r)
	if now, _ := c.setsUp(r); now || c.asksCode(r) {
		to = "/setup"
	} else if c.signed(r, &v) {
		to = "/sale"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	v, _ := c.o.Till.View()
	if now, _ := c.setsUp(r); now || c.asksCode(r) {
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
		return
	}
	if c.signed(r, &v) {
		http.Redirect(w, r, "/sale", http.StatusSeeOther)
		return
	}
	c.page(w, r, "login", "login.title", nil)
}

func (c *Console) salePage(w http.ResponseWriter, r *http.Request) {
	c.page(w, r, "sale", "sale.title", func(p *pageData) error {
		t, err := c.shelf(r.Context(), p.screen, shelfRequest{})
		p.Tiles = t
		return err
	})
}

func (c *Console) shiftPage(w http.ResponseWriter, r *http.Request) {
	c.page(w, r, "shift", "shift.title", nil)
}
