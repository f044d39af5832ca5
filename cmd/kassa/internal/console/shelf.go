package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of the tiles.
const (
	shelfItems    = 60  // of a search or one page of a folder
	maxSearch     = 100 // runes
	favouriteScan = 500 // items looked at when nobody names the favourites
)

// shelfRequest says what the right pane should show: a search, a folder, or
// the start with favourites and top folders.
type shelfRequest struct {
	Text   string
	Folder string
	After  string
}

// tilesView is the right pane.
type tilesView struct {
	Text    string // of a search
	Folder  string
	Title   string // of the open folder
	Parent  string
	Inside  bool
	Folders []folderTile
	Items   []tile
	Next    string // where the next page begins
	More    bool   // this is a further page: only tiles
	StockAt string // of which moment the stock on the tiles is, and how old; empty when none has any
}

// folderTile is a folder to open. Holds is how many items are in it and in the
// folders below it; empty when nobody counted.
type folderTile struct {
	ID, Name, Holds string
}

// tile is an item to tap. Code is what a tap scans; without one it can not be
// tapped.
type tile struct {
	ID, Name, Code, Price, Unit string
	ByWeight                    bool
	Stock                       string // with its unit; empty when the catalogue has none
	Gone                        bool   // there should be none left: it can still be sold
}

// tiles answers the right pane's requests.
func (c *Console) tiles(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	req := shelfRequest{Text: strings.TrimSpace(q.Get("q")), Folder: q.Get("folder"), After: q.Get("after")}
	if req.Text != "" && !searchable(req.Text) {
		w.WriteHeader(http.StatusNoContent) // a code being typed: leave the tiles alone
		return
	}
	loc := c.localeOf(r)
	v, _ := c.o.Till.View()
	t, err := c.shelf(r.Context(), c.screen(loc, v, c.o.Now()), req)
	if err != nil {
		if r.Context().Err() != nil {
			return // overtaken by the next letter
		}
		c.refuse(w, r, http.StatusInternalServerError, fault.Of(err))
		return
	}
	loc.write(w, c.o.Log, "tiles", t)
}

// stockAt says of which moment the stock on some tiles is.
func (c *Console) stockAt(loc *locale, items []tile) string {
	if c.o.StockAt == nil || !slices.ContainsFunc(items, func(t tile) bool { return t.Stock != "" }) {
		return ""
	}
	at := c.o.StockAt()
	if at.IsZero() {
		return ""
	}
	now := c.o.Now()
	at = at.In(now.Location())
	return loc.must("sale.stock.at", loc.day(at)+" "+loc.hm(at), loc.age(now.Sub(at)))
}

// searchable tells a name being typed from a code or quantity.
func searchable(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters >= 2
}

func (c *Console) shelf(ctx context.Context, s *screen, req shelfRequest) (*tilesView, error) {
	t, err := c.shelves(ctx, s, req)
	if err == nil {
		t.StockAt = c.stockAt(s.loc, t.Items)
	}
	return t, err
}

func (c *Console) shelves(ctx context.Context, s *screen, req shelfRequest) (*tilesView, error) {
	switch {
	case req.Text != "":
		return c.searchShelf(ctx, s, req.Text)
	case c.o.Folders == nil || c.o.List == nil:
		return &tilesView{}, nil
	}
	folders, err := c.o.Folders(ctx)
	if err != nil {
		return nil, err
	}
	t := &tilesView{Folder: req.Folder, Inside: req.Folder != "", More: req.After != ""}
	for _, f := range folders {
		switch {
		case f.ID == req.Folder:
			t.Title, t.Parent = f.Name, f.ParentID
		case f.ParentID == req.Folder && req.After == "":
			holds := ""
			if n := f.Items + f.Below; n > 0 {
				holds = s.loc.integer(int64(n))
			}
			t.Folders = append(t.Folders, folderTile{ID: f.ID, Name: f.Name, Holds: holds})
		}
	}
	if !t.Inside && len(folders) > 0 {
		items, err := c.favourites(ctx)
		t.Items = c.tilesOf(s, items)
		return t, err
	}
	items, err := c.o.List(ctx, req.Folder, req.After, shelfItems)
	if err != nil {
		return nil, err
	}
	if len(items) == shelfItems {
		t.Next = items[len(items)-1].ID
	}
	t.Items = c.tilesOf(s, items)
	return t, nil
}

// favourites are the tiles before the folders. Without a source of them
// those among the catalogue's first items are found.
func (c *Console) favourites(ctx context.Context) ([]catalog.Item, error) {
	if c.o.Favourites != nil {
		return c.o.Favourites(ctx, shelfItems)
	}
	items, err := c.o.List(ctx, "", "", favouriteScan)
	items = slices.DeleteFunc(items, func(it catalog.Item) bool { return !it.Favourite })
	return items[:min(len(items), shelfItems)], err
}

func (c *Console) searchShelf(ctx context.Context, s *screen, text string) (*tilesView, error) {
	t := &tilesView{Text: text}
	if c.o.Find == nil {
		return t, nil
	}
	if r := []rune(text); len(r) > maxSearch {
		text = string(r[:maxSearch])
	}
	// "5*мол" searches for "мол": the quantity stays in the line.
	if _, name, ok := strings.Cut(text, "*"); ok {
		text = name
	}
	items, err := c.o.Find(ctx, text, shelfItems)
	if err != nil {
		return nil, err
	}
	t.Items = c.tilesOf(s, items)
	return t, nil
}

func (c *Console) tilesOf(s *screen, items []catalog.Item) []tile {
	out := make([]tile, 0, len(items))
	for i := range items {
		it := &items[i]
		t := tile{ID: it.ID, Name: it.Name, Code: tileCode(it), Unit: it.Unit, ByWeight: it.ByWeight}
		if p, ok := c.price(it); ok {
			t.Price = s.Money(p)
		}
		if it.Stock != 0 {
			t.Stock, t.Gone = strings.TrimSpace(s.Qty(it.Stock)+" "+it.Unit), it.Stock < 0
		}
		out = append(out, t)
	}
	return out
}

func tileCode(it *catalog.Item) string {
	if len(it.Barcodes) > 0 {
		return it.Barcodes[0]
	}
	if it.Code != "" {
		return it.Code
	}
	return it.Article
}

func (c *Console) price(it *catalog.Item) (money.Amount, bool) {
	if c.o.Price != nil {
		return c.o.Price(it)
	}
	for _, p := range it.Prices {
		if p.Value > 0 {
			return p.Value, true
		}
	}
	return 0, false
}
