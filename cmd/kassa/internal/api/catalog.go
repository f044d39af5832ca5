package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// importStall is how long the sender of a catalogue may pause.
const importStall = 30 * time.Second

// Catalog is the catalogue beyond finding an item.
type Catalog interface {
	Folders(ctx context.Context) ([]catalog.Folder, error)
	Favourites(ctx context.Context, limit int) ([]catalog.Item, error)
	Customers(ctx context.Context, text string, limit int) ([]catalog.CustomerCard, error)
	Facts() CatalogFacts
	// Import takes in a file as the next generation; what came of it is told
	// with an error, too.
	Import(ctx context.Context, from io.Reader, o CatalogImport) (result any, err error)
	Export(ctx context.Context, to io.Writer, format string) error
}

// CatalogFacts describe the catalogue that sells.
type CatalogFacts struct {
	Generation int64     `json:"generation"`
	Items      int       `json:"items"`
	Customers  int       `json:"customers"`
	UpdatedAt  time.Time `json:"updated_at,omitzero"`
	StockAt    time.Time `json:"stock_at,omitzero"` // when the stock was as the items tell
	PriceType  string    `json:"price_type,omitempty"`
}

// CatalogImport is how a file is taken in.
type CatalogImport struct {
	Format  string // csv, json; "": found out
	DryRun  bool
	SkipBad bool
}

// catalogRoutes are part of routes.
func (a *API) catalogRoutes() []route {
	return []route{
		{"GET", "/api/v1/catalog", a.catalog},
		{"GET", "/api/v1/catalog/folders", a.folders},
		{"GET", "/api/v1/catalog/favourites", a.favourites},
		{"POST", "/api/v1/catalog/import", a.importCatalog},
		{"GET", "/api/v1/catalog/export", a.exportCatalog},
		{"GET", "/api/v1/customers", a.customers},
	}
}

// catalog finds items by text, or lists a folder (none: everything) by pages.
func (a *API) catalog(w http.ResponseWriter, r *http.Request) {
	q, err := a.query(r)
	var items []catalog.Item
	switch {
	case err != nil:
	case q.text != "":
		items, err = a.o.Find(r.Context(), q.text, q.limit)
	default:
		items, err = a.o.List(r.Context(), q.folder, q.after, q.limit)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	out := a.itemsOut(items)
	if q.text == "" && len(items) == q.limit {
		out["next"] = items[len(items)-1].ID
	}
	a.ok(w, r, out)
}

// itemsOut is an answer of items: their stock is of a moment, which is told.
func (a *API) itemsOut(items []catalog.Item) map[string]any {
	if items == nil {
		items = []catalog.Item{}
	}
	out := map[string]any{"items": items}
	if a.o.Catalog != nil {
		if facts := a.o.Catalog.Facts(); facts.Generation != 0 {
			out["stock_at"] = facts.StockAt
			out["price_type"] = facts.PriceType
		}
	}
	return out
}

// shop makes a handler that needs the catalogue.
func (a *API) shop(w http.ResponseWriter, r *http.Request, ask func(q query) (any, error)) {
	q, err := a.query(r)
	var out any
	switch {
	case err != nil:
	case a.o.Catalog == nil:
		err = fault.New(fault.Unavailable)
	default:
		out, err = ask(q)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, out)
}

func (a *API) folders(w http.ResponseWriter, r *http.Request) {
	a.shop(w, r, func(query) (any, error) {
		all, err := a.o.Catalog.Folders(r.Context())
		if all == nil {
			all = []catalog.Folder{}
		}
		return map[string]any{"folders": all, "catalog": a.o.Catalog.Facts()}, err
	})
}

func (a *API) favourites(w http.ResponseWriter, r *http.Request) {
	a.shop(w, r, func(q query) (any, error) {
		items, err := a.o.Catalog.Favourites(r.Context(), q.limit)
		return a.itemsOut(items), err
	})
}

// customers finds customers. Their numbers are masked: who asks has them, or
// has no need of them.
func (a *API) customers(w http.ResponseWriter, r *http.Request) {
	a.shop(w, r, func(q query) (any, error) {
		if q.text == "" {
			return nil, fault.New(fault.BadRequest, "find")
		}
		people, err := a.o.Catalog.Customers(r.Context(), q.text, q.limit)
		out := make([]catalog.CustomerCard, 0, len(people))
		for _, p := range people {
			p.Phone, p.Card, p.Email = masked(p.Phone), masked(p.Card), ""
			out = append(out, p)
		}
		return map[string]any{"customers": out}, err
	})
}

// shownDigits are the last ones of a number, enough to ask "ending in 67?".
const shownDigits = 2

func masked(number string) string {
	if len(number) <= 2*shownDigits {
		return ""
	}
	return "…" + number[len(number)-shownDigits:]
}

// importCatalog reads the file from the body as it comes. A file that is
// refused is answered with the error and what is wrong with it.
func (a *API) importCatalog(w http.ResponseWriter, r *http.Request) {
	o := CatalogImport{Format: r.URL.Query().Get("format")}
	var err error
	for name, into := range map[string]*bool{"dry_run": &o.DryRun, "skip_bad": &o.SkipBad} {
		if text := r.URL.Query().Get(name); text != "" {
			var e error
			if *into, e = strconv.ParseBool(text); e != nil {
				err = fault.New(fault.BadRequest, name)
			}
		}
	}
	switch {
	case err != nil:
	case a.o.Catalog == nil:
		err = fault.New(fault.Unavailable)
	case o.Format != "" && o.Format != "csv" && o.Format != "json":
		err = fault.New(fault.BadRequest, "format")
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	body := &steady{body: r.Body, control: http.NewResponseController(w)}
	result, err := a.o.Catalog.Import(r.Context(), body, o)
	out := map[string]any{}
	if result != nil {
		out["result"] = result
	}
	if err == nil {
		a.ok(w, r, out)
		return
	}
	// A sender in the middle of its file would not see the answer.
	if _, err := io.Copy(io.Discard, body); err != nil {
		a.o.Log.Debug("rest of a refused catalogue", "err", err)
	}
	p := a.problem(err)
	if p.Code == fault.Internal {
		a.o.Log.Error("catalogue not imported", "err", err)
	}
	out["error"] = p
	a.write(w, r, httpStatus(p.Code), out)
}

// steady lets a long body come for as long as it comes.
type steady struct {
	body    io.Reader
	control *http.ResponseController
}

func (s *steady) Read(p []byte) (int, error) {
	if err := s.control.SetReadDeadline(time.Now().Add(importStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return s.body.Read(p)
}

// exportCatalog writes the whole catalogue. After the first byte an error can
// only cut the answer off, which the receiver sees.
func (a *API) exportCatalog(w http.ResponseWriter, r *http.Request) {
	format := r.URL.Query().Get("format")
	types := map[string]string{"json": "application/json; charset=utf-8", "csv": "text/csv; charset=utf-8"}
	if a.o.Catalog == nil || types[format] == "" {
		a.fail(w, r, fault.New(fault.BadRequest, "format"))
		return
	}
	w.Header().Set("Content-Type", types[format])
	w.Header().Set("Cache-Control", "no-store")
	if err := a.o.Catalog.Export(r.Context(), w, format); err != nil {
		a.o.Log.Warn("catalogue not exported", "err", err)
		panic(http.ErrAbortHandler)
	}
}
