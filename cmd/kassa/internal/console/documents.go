package console

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/docfind"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
)

// documentsShown is how many documents one page of the list holds.
const documentsShown = 50

// documentsView is the list and the chosen document.
type documentsView struct {
	Path    string    // of the page: /documents, or /shifts for the Z reports alone
	Find    string    // what is looked for; empty: everything is listed
	Reached time.Time // a search came so far back, and Older goes on; zero: it came to the end
	Rows    []documentRow
	Older   uint64 // the list before this sequence; 0: no older ones
	Chosen  uint64
	Seq     uint64 // of the document that is shown: the chosen one, else the newest
	Before  uint64 // this page of the list; 0: the newest
	Receipt *doc.Document
	Erased  bool   // who the chosen document is about can not be read any more
	Missing string // what was looked for and not found anywhere
}

// documentRow is one document in the list.
type documentRow struct {
	Seq uint64
	doc.Document
	Bad    bool // what is stored does not read
	Erased bool // who it is about can not be read any more
}

// HasSum tells whether a row shows a sum.
func (d documentRow) HasSum() bool { _, ok := docfind.Sum(&d.Document); return ok }

// Sum is that sum.
func (d documentRow) Sum() money.Amount { sum, _ := docfind.Sum(&d.Document); return sum }

func (c *Console) documentsPage(w http.ResponseWriter, r *http.Request) {
	before, err := sequence(r.URL.Query().Get("before"))
	if err != nil {
		c.refuse(w, r, http.StatusBadRequest, fault.New(fault.BadRequest, "before"))
		return
	}
	find := strings.TrimSpace(r.URL.Query().Get("find"))
	if find != "" && before == 0 {
		seq, err := c.findReceipt(r.Context(), find)
		if err != nil {
			c.refuse(w, r, http.StatusInternalServerError, fault.Of(err))
			return
		}
		if seq != 0 {
			http.Redirect(w, r, "/documents/"+strconv.FormatUint(seq, 10), http.StatusSeeOther)
			return
		}
	}
	c.page(w, r, "documents", "docs.title", func(p *pageData) (err error) {
		if find == "" {
			p.Docs, err = c.documents(r.Context(), "/documents", before)
			p.Docs.showNewest()
			return err
		}
		if p.Docs, err = c.search(r.Context(), p.screen, find, before); err == nil && len(p.Docs.Rows) == 0 && p.Docs.Older == 0 {
			if p.Docs, err = c.documents(r.Context(), "/documents", 0); err == nil {
				p.Docs.Missing = shortened(find)
			}
		}
		p.Docs.showNewest()
		return err
	})
}

// shiftsPage lists the Z reports.
func (c *Console) shiftsPage(w http.ResponseWriter, r *http.Request) {
	before, err := sequence(r.URL.Query().Get("before"))
	if err != nil {
		c.refuse(w, r, http.StatusBadRequest, fault.New(fault.BadRequest, "before"))
		return
	}
	c.page(w, r, "documents", "shifts.title", func(p *pageData) (err error) {
		p.Docs, err = c.documents(r.Context(), "/shifts", before)
		p.Docs.showNewest()
		return err
	})
}

func (c *Console) documentPage(w http.ResponseWriter, r *http.Request) {
	seq, err := sequence(r.PathValue("seq"))
	before, err2 := sequence(r.URL.Query().Get("before"))
	if err != nil || err2 != nil || seq == 0 || seq == math.MaxUint64 {
		c.refuse(w, r, http.StatusBadRequest, fault.New(fault.BadRequest, "seq"))
		return
	}
	chosen, err := c.collect(r.Context(), record.Filter{Kinds: []record.Kind{record.Document}, After: seq - 1, Before: seq + 1, Limit: 1})
	if err != nil {
		c.refuse(w, r, http.StatusInternalServerError, fault.Of(err))
		return
	}
	if len(chosen) == 0 {
		c.refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, strconv.FormatUint(seq, 10)))
		return
	}
	c.page(w, r, "documents", "docs.title", func(p *pageData) (err error) {
		path := "/documents"
		if strings.HasPrefix(r.URL.Path, "/shifts/") {
			path = "/shifts"
		}
		if find := strings.TrimSpace(r.URL.Query().Get("find")); find != "" {
			p.Docs, err = c.search(r.Context(), p.screen, find, before)
		} else {
			p.Docs, err = c.documents(r.Context(), path, before)
		}
		if err != nil {
			return err
		}
		p.Docs.Chosen, p.Docs.Seq = seq, seq
		if !chosen[0].Bad {
			p.Docs.Receipt, p.Docs.Erased = &chosen[0].Document, chosen[0].Erased
		}
		return nil
	})
}

func sequence(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.ParseUint(s, 10, 64)
}

// documents reads one page of the list, newest first.
func (c *Console) documents(ctx context.Context, path string, before uint64) (*documentsView, error) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Before: before, Reverse: true, Limit: documentsShown + 1}
	if path == "/shifts" {
		f.Types = []string{string(doc.ZReport)}
	}
	rows, err := c.collect(ctx, f)
	if err != nil {
		return nil, err
	}
	v := &documentsView{Path: path, Rows: rows, Before: before}
	if len(rows) > documentsShown {
		v.Rows = rows[:documentsShown]
		v.Older = v.Rows[documentsShown-1].Seq
	}
	return v, nil
}

// showNewest shows the first document of the list beside it, where there is
// room: nobody has chosen one yet.
func (v *documentsView) showNewest() {
	if v != nil && len(v.Rows) > 0 && !v.Rows[0].Bad {
		v.Seq, v.Receipt, v.Erased = v.Rows[0].Seq, &v.Rows[0].Document, v.Rows[0].Erased
	}
}

// Link is the address of a page of the list, or of a document beside it; 0:
// none of them.
func (v *documentsView) Link(seq, before uint64) string {
	u := url.URL{Path: v.Path}
	if seq != 0 {
		u.Path += "/" + strconv.FormatUint(seq, 10)
	}
	q := url.Values{}
	if v.Find != "" {
		q.Set("find", v.Find)
	}
	if before != 0 {
		q.Set("before", strconv.FormatUint(before, 10))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Shifts tells whether the list is that of the shifts.
func (v *documentsView) Shifts() bool { return v.Path == "/shifts" }

// At is the office's place the page belongs to.
func (v *documentsView) At() string {
	if v.Shifts() {
		return "shift"
	}
	return "documents"
}

func (c *Console) collect(ctx context.Context, f record.Filter) ([]documentRow, error) {
	if c.o.Documents == nil {
		return nil, nil
	}
	var rows []documentRow
	for rec, err := range c.o.Documents(ctx, f) {
		if err != nil {
			return nil, err
		}
		row := c.row(&rec)
		if rows = append(rows, row); len(rows) >= f.Limit {
			break
		}
	}
	return rows, nil
}
