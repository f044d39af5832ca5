package console

import (
	"html/template"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/till"
)

// regions are the parts of each page that follow the till, by the template
// that renders them. A region is replaced as a whole when it differs.
var regions = map[string][]string{
	"login":      {"state", "chips", "clock", "alarms"},
	"sale":       {"state", "chips", "clock", "warnings", "head", "busy", "notices", "sum", "cover", "due", "parkedcount", "parked"},
	"shift":      {"state", "chips", "clock", "warnings", "busy", "shift", "shiftacts"},
	"documents":  {"state", "chips", "clock", "warnings", "busy"},
	"reports":    {"state", "chips", "clock", "warnings", "busy"},
	"design":     {"state", "chips", "clock", "warnings", "busy"},
	"log":        {"state", "chips", "clock", "warnings", "busy"},
	"provision":  {"state", "chips", "clock", "warnings", "busy"},
	"journal":    {"state", "chips", "clock", "warnings", "busy", "journal", "chore"},
	"setup":      {"state", "chips", "clock", "warnings", "busy", "setupscan"},
	"setupcode":  {"state", "chips", "clock", "alarms"},
	"settings":   {"state", "chips", "clock", "warnings", "busy"},
	"users":      {"state", "chips", "clock", "warnings", "busy", "people"},
	"reconcile":  {"state", "chips", "clock", "warnings", "busy", "compare", "compared"},
	"stock":      {"state", "chips", "clock", "warnings", "busy", "notices", "stockhead", "stockside", "stockfoot", "stockcover"},
	"sync":       {"state", "chips", "clock", "warnings", "busy", "sync", "syncacts"},
	"kkt":        {"state", "chips", "clock", "warnings", "busy", "kktacts"},
	"return":     {"state", "chips", "clock", "warnings", "busy"},
	"updates":    {"state", "chips", "clock", "warnings", "busy", "releases", "updateacts"},
	"service":    {"state", "chips", "clock", "warnings", "busy", "doorway", "serviceacts"},
	"customer":   {"customer"},
	"kiosk":      {"state", "kioskhead", "kiosk"},
	"kioskstaff": {"state", "chips", "clock", "warnings", "busy", "notices", "kioskstaff"},
}

// lists are the pages with a keyed list: of the cheque's lines, or of those of
// the stock document. A line is replaced alone: a cheque of two hundred lines
// costs one line a scan. Each draws what kept does not hold and gives what is
// to be kept.
var lists = map[string]func(s *screen, f *frame, kept map[any]template.HTML) (map[any]template.HTML, error){
	"sale":       chequeLines("line"),
	"customer":   chequeLines("customerline"),
	"kiosk":      chequeLines("customerline"),
	"kioskstaff": chequeLines("kioskstaffline"),
	"stock":      (*screen).sheetLines,
}

// frame is a page as rendered for one version of the till.
type frame struct {
	version uint64
	kiosk   uint64 // of its customer
	regions map[string]template.HTML
	order   []string                 // ids of the lines
	lines   map[string]template.HTML // by id
	signed  string                   // id of the cashier, empty when nobody is logged in
}

// List joins the lines for the page's first load.
func (f *frame) List() template.HTML {
	var b strings.Builder
	for _, id := range f.order {
		b.WriteString(string(f.lines[id]))
	}
	return template.HTML(b.String())
}

// patch is what a browser needs to get from one frame to another. Order is
// set when lines came, went or moved.
type patch struct {
	Regions map[string]template.HTML `json:"regions,omitempty"`
	Lines   map[string]template.HTML `json:"lines,omitempty"`
	Order   *[]string                `json:"order,omitempty"`
}

func (p *patch) empty() bool { return len(p.Regions) == 0 && len(p.Lines) == 0 && p.Order == nil }

// since gives the changes from an older frame; nil asks for everything.
func (f *frame) since(old *frame) patch {
	if old == nil {
		order := append([]string{}, f.order...)
		return patch{Regions: f.regions, Lines: f.lines, Order: &order}
	}
	p := patch{Regions: map[string]template.HTML{}, Lines: map[string]template.HTML{}}
	for id, html := range f.regions {
		if old.regions[id] != html {
			p.Regions[id] = html
		}
	}
	for id, html := range f.lines {
		if old.lines[id] != html {
			p.Lines[id] = html
		}
	}
	if !slices.Equal(f.order, old.order) {
		order := append([]string{}, f.order...)
		p.Order = &order
	}
	return p
}

type cacheKey struct{ page, lang string }

// frameCache shares one rendering among all browsers on the same page and
// keeps the lines that did not change.
type frameCache struct {
	mu    sync.Mutex
	last  *frame
	at    time.Time
	lines map[any]template.HTML // by all that a line shows
}

// stale is how old a frame of an unchanged till may get: ages, the clock and
// what Extra tells have no version.
const stale = 900 * time.Millisecond

// frame gives the page's newest frame.
func (c *Console) frame(page string, loc *locale) (*frame, error) {
	c.cacheMu.Lock()
	k := c.cache[cacheKey{page, loc.name}]
	if k == nil {
		k = &frameCache{}
		c.cache[cacheKey{page, loc.name}] = k
	}
	c.cacheMu.Unlock()

	k.mu.Lock()
	defer k.mu.Unlock()
	v, version := c.o.Till.View()
	now := c.o.Now()
	customer, _ := c.kiosk.next()
	if age := now.Sub(k.at); k.last != nil && k.last.version == version && k.last.kiosk == customer && age >= 0 && age < stale {
		return k.last, nil
	}
	f, err := c.draw(page, c.screen(loc, v, now), k)
	if err != nil {
		return nil, err
	}
	f.version, f.kiosk = version, customer
	if v.Cashier != nil {
		f.signed = v.Cashier.ID
	}
	k.last, k.at = f, now
	return f, nil
}

// draw renders the regions and those lines that the cache does not hold.
func (c *Console) draw(page string, s *screen, k *frameCache) (*frame, error) {
	s.page = page
	f := &frame{regions: map[string]template.HTML{}, lines: map[string]template.HTML{}}
	for _, id := range regions[page] {
		html, err := s.loc.render(id, s)
		if err != nil {
			return nil, err
		}
		f.regions[id] = template.HTML(strings.TrimSpace(string(html)))
	}
	list := lists[page]
	if list == nil {
		return f, nil
	}
	kept, err := list(s, f, k.lines)
	if err != nil {
		return nil, err
	}
	k.lines = kept
	return f, nil
}

// chequeLines lists the lines of the cheque by a template.
func chequeLines(name string) func(*screen, *frame, map[any]template.HTML) (map[any]template.HTML, error) {
	return func(s *screen, f *frame, kept map[any]template.HTML) (map[any]template.HTML, error) {
		now := make(map[any]template.HTML, len(kept))
		cheque := s.shown()
		for i := range cheque.Lines {
			l := s.line(&cheque.Lines[i], cheque)
			if err := s.listed(f, name, l.ID, l, l.lineKey, kept, now); err != nil {
				return nil, err
			}
		}
		return now, nil
	}
}

// listed adds a line to the list, drawn anew only when it shows something else
// than what is kept by its key.
func (s *screen) listed(f *frame, name, id string, line, key any, kept, now map[any]template.HTML) error {
	html, ok := kept[key]
	if !ok {
		fresh, err := s.loc.render(name, line)
		if err != nil {
			return err
		}
		html = template.HTML(strings.TrimSpace(string(fresh)))
	}
	now[key] = html
	f.order = append(f.order, id)
	f.lines[id] = html
	return nil
}

// shown is the cheque whose lines the page lists: the customer keeps seeing
// the one being paid until the next has its first line.
func (s *screen) shown() *till.ChequeView {
	if (s.page == "customer" || s.page == "kiosk") && s.V.Paying != nil && len(s.V.Cheque.Lines) == 0 {
		return s.V.Paying
	}
	return &s.V.Cheque
}
