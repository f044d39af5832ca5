package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/loop"
	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/stock"
)

// goods is the catalogue as it is now: its items with the stock moved, and the
// prices changed, by the till's own documents since it was made. Everybody who
// shows or sells items asks here; the catalogue on the disk never changes.
type goods struct {
	*catalogdb.DB
	d    *daemon
	kick chan struct{}

	mu     sync.RWMutex
	ledger *stock.Ledger
	at     uint64 // the last record in it
}

func newGoods(d *daemon) *goods {
	return &goods{DB: d.catalog, d: d, kick: make(chan struct{}, 1), ledger: stock.NewLedger(d.catalog.Current().StockAt)}
}

// wake tells of a new document.
func (g *goods) wake() {
	select {
	case g.kick <- struct{}{}:
	default:
	}
}

// A till that starts on a stock of long ago reads a hundred thousand documents:
// seconds of one core, and of the collector, in which the first scans of the day
// would wait. So the reading rests after each turn for a few times what it took.
const (
	stockTurn = 64 // documents
	stockRest = 4
	stockMost = 200 * time.Millisecond
)

// giveWay rests after a turn that took so long.
func giveWay(ctx context.Context, took time.Duration) {
	t := time.NewTimer(min(stockRest*took, stockMost))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// run follows the journal and the catalogue.
func (g *goods) run(ctx context.Context) {
	news, cancel := g.Subscribe()
	defer cancel()
	for {
		if err := g.follow(ctx); err != nil && ctx.Err() == nil {
			g.d.log.Error("the stock could not be followed", "err", err)
		}
		select {
		case <-g.kick:
		case _, ok := <-news:
			if !ok {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// movers are the documents that move stock or change prices.
func movers() []string {
	types := []string{string(doc.Sell), string(doc.Payback), string(doc.Buy), string(doc.Buyback)}
	for _, t := range stock.Types() {
		types = append(types, string(t))
	}
	return types
}

// follow enters the documents made since it was here last; all since the
// catalogue's stock when that is a new one.
func (g *goods) follow(ctx context.Context) error {
	since := g.Current().StockAt
	g.mu.RLock()
	ledger, at := g.ledger, g.at
	g.mu.RUnlock()
	if !ledger.Since().Equal(since) {
		ledger, at = stock.NewLedger(since), 0
	}
	f := record.Filter{After: at, Kinds: []record.Kind{record.Document}, Types: movers()}
	if at == 0 {
		f.Since = since
	}
	read, began := 0, time.Now()
	for r, err := range g.d.journal.Scan(ctx, f) {
		if err != nil {
			return err
		}
		if read++; read%stockTurn == 0 {
			giveWay(ctx, time.Since(began))
			began = time.Now()
		}
		var made doc.Document
		if err := json.Unmarshal(r.Data, &made); err != nil {
			return err
		}
		g.unpack(ctx, &made)
		g.mu.Lock()
		ledger.Add(&made)
		if at = r.Seq; g.ledger == ledger {
			g.at = at
		}
		g.mu.Unlock()
	}
	g.mu.Lock()
	g.ledger, g.at = ledger, at
	g.mu.Unlock()
	return nil
}

// unpack puts what bundles are made of in their place: that is what leaves the
// shelf.
func (g *goods) unpack(ctx context.Context, d *doc.Document) {
	if d.Receipt == nil || !slices.ContainsFunc(d.Receipt.Lines, func(l doc.Line) bool { return l.ItemType == string(catalog.Bundle) }) {
		return
	}
	var lines []doc.Line
	for _, l := range d.Receipt.Lines {
		it, err := g.DB.Item(ctx, 0, l.ItemID)
		if l.ItemType != string(catalog.Bundle) || err != nil {
			lines = append(lines, l)
			continue
		}
		for _, p := range it.Parts {
			part := l
			if q, err := money.Amount(l.Qty).MulDiv(int64(p.Quantity), int64(qty.One)); err == nil {
				part.ItemID, part.Qty = p.ItemID, qty.Milli(q)
				lines = append(lines, part)
			}
		}
	}
	d.Receipt.Lines = lines
}

// now makes an item what it is now.
func (g *goods) now(it *catalog.Item) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	it.Stock = g.ledger.Stock(it.ID, it.Stock)
	p, changed := g.ledger.Price(it.ID)
	if !changed {
		return
	}
	usual := g.Current().Store.PriceType
	it.Prices = slices.Clone(it.Prices)
	if i := slices.IndexFunc(it.Prices, func(p catalog.Price) bool { return p.Type == usual }); i >= 0 {
		it.Prices[i].Value = p
	} else {
		it.Prices = append(it.Prices, catalog.Price{Type: usual, Value: p})
	}
}

func (g *goods) all(items []catalog.Item, err error) ([]catalog.Item, error) {
	for i := range items {
		g.now(&items[i])
	}
	return items, err
}

// Lookup finds what a code stands for: the loop's port.
func (g *goods) Lookup(ctx context.Context, generation int64, code string) (catalog.Match, error) {
	m, err := g.DB.Lookup(ctx, generation, code)
	if errors.Is(err, catalogdb.ErrNotFound) {
		own, ok := g.d.made.match(g.Current().Generation, code)
		if !ok {
			return m, loop.ErrNoItem
		}
		m, err = own, nil
	}
	if err != nil {
		return m, err
	}
	g.now(&m.Item)
	m.Others = slices.Clone(m.Others)
	for i := range m.Others {
		g.now(&m.Others[i].Item)
	}
	return m, nil
}

// named finds an item for a program: the error says what nobody has.
func (g *goods) named(ctx context.Context, generation int64, code string) (catalog.Match, error) {
	m, err := g.Lookup(ctx, generation, code)
	if errors.Is(err, loop.ErrNoItem) {
		const shown = 16 // of a marking code no more
		return m, fault.New(fault.CodeUnknown, code[:min(len(code), shown)])
	}
	return m, err
}

func (g *goods) Item(ctx context.Context, generation int64, id string) (catalog.Item, error) {
	it, own := g.d.made.item(id)
	var err error
	if !own {
		it, err = g.DB.Item(ctx, generation, id)
	}
	if err == nil {
		g.now(&it)
	}
	return it, err
}

func (g *goods) Find(ctx context.Context, text string, limit int) ([]catalog.Item, error) {
	found, err := g.DB.Find(ctx, text, limit)
	if err == nil && len(found) < limit {
		found = append(found, g.d.made.find(text, found, limit-len(found))...)
	}
	return g.all(found, err)
}

func (g *goods) List(ctx context.Context, folderID, after string, limit int) ([]catalog.Item, error) {
	return g.all(g.DB.List(ctx, folderID, after, limit))
}

func (g *goods) Favourites(ctx context.Context, limit int) ([]catalog.Item, error) {
	return g.all(g.DB.Favourites(ctx, limit))
}
