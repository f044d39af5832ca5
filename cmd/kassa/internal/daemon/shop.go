package daemon

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/pin"
	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/catalogfile"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// CatalogDir is where the catalogue is kept, in the data directory.
const CatalogDir = catalogDir

// shop is the catalogue as the API's port.
type shop struct{ d *daemon }

func (s shop) Folders(ctx context.Context) ([]catalog.Folder, error) { return s.d.catalog.Folders(ctx) }

func (s shop) Favourites(ctx context.Context, limit int) ([]catalog.Item, error) {
	return s.d.goods.Favourites(ctx, limit)
}

func (s shop) Customers(ctx context.Context, text string, limit int) ([]catalog.CustomerCard, error) {
	all, err := s.d.catalog.Customers(ctx, text, limit)
	if err != nil {
		return nil, err
	}
	for _, c := range s.d.made.customers(text) {
		twice := slices.ContainsFunc(all, func(o catalog.CustomerCard) bool {
			return c.Phone != "" && o.Phone == c.Phone || c.Card != "" && o.Card == c.Card
		})
		if !twice && len(all) < limit {
			all = append(all, c)
		}
	}
	return all, nil
}

func (s shop) Facts() api.CatalogFacts {
	i := s.d.catalog.Current()
	return api.CatalogFacts{Generation: i.Generation, Items: i.Items, Customers: i.Customers, UpdatedAt: i.UpdatedAt, StockAt: i.StockAt, PriceType: i.Store.PriceType}
}

func (s shop) Export(ctx context.Context, to io.Writer, format string) error {
	return catalogfile.Export(ctx, s.d.catalog, to, catalogfile.Format(format))
}

// Import takes in a file. A cloud's next download would replace it, so where
// there is one it is refused; and the room that is left on a nearly full disk
// is the journal's.
func (s shop) Import(ctx context.Context, from io.Reader, o api.CatalogImport) (any, error) {
	switch {
	case s.d.cfg.Cloud.MoySklad != nil && !o.DryRun:
		return nil, fault.New(fault.CatalogCloud)
	case s.d.journal.Space().Low && !o.DryRun:
		return nil, fault.New(fault.JournalSpace)
	}
	res, err := ImportCatalog(ctx, s.d.catalog, from, o, s.d.cfg.Language)
	if err == nil && !o.DryRun {
		s.d.recordImport(&res)
		s.d.awaitCatalog(ctx, res.Generation)
	}
	return res, err
}

// newsLimit is how long the till may take to hear of a new catalogue.
const newsLimit = 5 * time.Second

// awaitCatalog waits until the till sells by a generation, so that whoever was
// told of new prices meets them with the next scan.
func (d *daemon) awaitCatalog(ctx context.Context, generation int64) {
	ctx, cancel := context.WithTimeout(ctx, newsLimit)
	defer cancel()
	for v, version := d.loop.View(); v.Catalog < generation; v, version = d.loop.View() {
		if _, err := d.loop.Wait(ctx, version); err != nil {
			d.log.Warn("the till has not taken the new catalogue yet", "generation", generation, "err", err)
			return
		}
	}
}

// ImportCatalog takes a file into a catalogue, of a running till or of one
// that is not.
func ImportCatalog(ctx context.Context, db *catalogdb.DB, from io.Reader, o api.CatalogImport, language string) (catalogfile.Result, error) {
	i := catalogfile.Import{DryRun: o.DryRun, SkipBad: o.SkipBad, Options: catalogfile.Options{Format: catalogfile.Format(o.Format), HashPIN: pin.Hash}}
	res, err := i.Into(ctx, db, from)
	for n := range res.Problems {
		res.Problems[n].Text = res.Problems[n].Told(language)
	}
	return res, err
}

// recordImport leaves in the journal that prices came by a file.
func (d *daemon) recordImport(res *catalogfile.Result) {
	data, err := json.Marshal(map[string]any{"generation": res.Generation, "format": res.Format, "items": res.Items, "bad": res.Bad, "sections": res.Sections})
	if err == nil {
		err = d.journal.Post(record.Entry{Kind: record.Audit, ID: newID(), Type: "catalog_imported", Schema: 1, Data: data})
	}
	if err != nil {
		d.log.Error("the import of a catalogue could not be recorded", "err", err)
	}
}
