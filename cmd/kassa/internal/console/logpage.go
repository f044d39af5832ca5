package console

import (
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
	"github.com/kassa-pos/kassa/pos/catalog"
)

// shownLines is how many lines of the log the page shows.
const shownLines = 200

// logView is the end of the log, the newest line first. Lines of a cashier's
// page are nil: the log is for whoever looks after the till.
type logView struct {
	Lines []loglines.Line
	Grave bool // warnings and errors alone
}

func (c *Console) logRoutes(m *router) {
	if c.o.Lines != nil {
		m.HandleFunc("GET /log", c.signedIn(c.logPage))
	}
}

func (c *Console) logPage(w http.ResponseWriter, r *http.Request) {
	c.page(w, r, "log", "log.title", func(p *pageData) error {
		if !p.May(catalog.MayService) {
			return nil
		}
		p.Log = &logView{Grave: r.URL.Query().Get("only") == "warnings"}
		lines := c.o.Lines(loglines.Kept)
		for i := len(lines) - 1; i >= 0 && len(p.Log.Lines) < shownLines; i-- {
			if !p.Log.Grave || lines[i].Grave() {
				p.Log.Lines = append(p.Log.Lines, lines[i])
			}
		}
		return nil
	})
}

// HasLog tells whether there is a page of the log for the person at the till.
func (s *screen) HasLog() bool { return s.lines && s.May(catalog.MayService) }
