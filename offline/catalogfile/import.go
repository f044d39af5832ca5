package catalogfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// DefaultPriceType names the price of a shop that has not named its own.
const DefaultPriceType = "Цена продажи"

// Import is how a file is taken into a catalogue.
type Import struct {
	Options
	DryRun  bool // only tell what would change
	SkipBad bool // leave out what has mistakes, take the rest
}

// Result is what came of an import.
type Result struct {
	Report
	DryRun     bool     `json:"dry_run,omitempty"`
	Generation int64    `json:"generation,omitempty"` // the new one
	Clashes    int      `json:"clashes,omitempty"`    // barcodes of several items
	Kept       []string `json:"kept,omitempty"`       // sections the file has not, as they were
	Changes    *Changes `json:"changes,omitempty"`    // of a dry run
}

// Into reads a file into db as its next generation. Until everything is read
// and found good the old one sells, and it stays when the file is refused:
// then the error is fault.CatalogFile and the result tells why. Sections the
// file does not have are kept. It may run while the till sells.
func (i Import) Into(ctx context.Context, db *catalogdb.DB, from io.Reader) (Result, error) {
	current := db.Current()
	res := Result{DryRun: i.DryRun}
	var err error
	if i.Folders, err = db.Folders(ctx); err != nil {
		return res, err
	}
	if i.PriceType == "" {
		i.PriceType = firstOf(current.Store.PriceType, DefaultPriceType)
	}
	if i.DryRun {
		to := newRehearsal(ctx, db, current, i.Folders)
		res.Report, err = Read(ctx, from, i.Options, to)
		if err = i.verdict(&res, current, err); err == nil {
			err = to.finish(&res)
		}
		return res, err
	}
	to := &intake{ctx: ctx, db: db}
	if to.Build, err = db.Begin(ctx); err != nil {
		return res, busy(err)
	}
	res.Report, err = Read(ctx, from, i.Options, to)
	if err = i.verdict(&res, current, err); err == nil {
		err = to.finish(&res, current, i.PriceType)
	}
	if err != nil {
		err = errors.Join(err, to.Abort())
	}
	return res, err
}

func busy(err error) error {
	switch {
	case errors.Is(err, catalogdb.ErrBuilding):
		return fault.New(fault.CatalogBusy).With(err)
	case errors.Is(err, catalogdb.ErrSpace):
		return fault.New(fault.JournalSpace).With(err)
	}
	return err
}

// verdict says whether what was read may become the catalogue.
func (i Import) verdict(res *Result, current catalogdb.Info, err error) error {
	var syntax *fault.Error
	switch {
	case errors.Is(err, ErrTooMany), errors.As(err, &syntax) && syntax.Code == fault.FileSyntax:
		return fault.New(fault.CatalogFile, fmt.Sprint(res.Bad)).With(err)
	case err != nil:
		return busy(err)
	case res.Bad > 0 && !i.SkipBad:
		return fault.New(fault.CatalogFile, fmt.Sprint(res.Bad))
	case res.Has("items") && res.Items == 0 && current.Items > 0:
		return fault.New(fault.CatalogRejected, fmt.Sprintf("0 < %d", current.Items))
	}
	return nil
}

// intake takes what is read into a build.
type intake struct {
	*catalogdb.Build
	ctx context.Context
	db  *catalogdb.DB
}

// finish keeps the sections the file has not and makes the switch.
func (t *intake) finish(res *Result, current catalogdb.Info, priceType string) error {
	for _, s := range []struct {
		name string
		keep func() error
	}{
		{"store", func() error { return t.SetStore(storeOr(current.Store, priceType)) }},
		{"discounts", func() error { return t.SetDiscounts(current.Discounts) }},
		{"promotions", func() error { return t.SetPromotions(current.Promotions) }},
		{"folders", t.keepFolders},
		{"customers", func() error {
			return t.db.EachCustomer(t.ctx, func(p catalog.CustomerCard) error { return t.PutCustomers([]catalog.CustomerCard{p}) })
		}},
		{"serials", func() error {
			return t.db.EachSerial(t.ctx, func(s catalog.Serial) error { return t.PutSerials([]catalog.Serial{s}) })
		}},
		{"items", t.keepItems},
	} {
		if res.Has(s.name) {
			continue
		}
		res.Kept = append(res.Kept, s.name)
		if err := s.keep(); err != nil {
			return err
		}
	}
	if !res.Has("items") && !res.Has("stock_at") {
		if err := t.SetStockAt(current.StockAt); err != nil {
			return err
		}
	}
	generation, err := t.Commit()
	if err != nil {
		return busy(err)
	}
	res.Generation, res.Clashes = generation, t.db.Current().Clashes
	return nil
}

// storeOr is the till's store, or the beginnings of one.
func storeOr(s catalog.Store, priceType string) catalog.Store {
	if s.PriceType == "" {
		s.PriceType = priceType
	}
	if s.ID == "" {
		s.ID, s.DiscountStrategy = uuid.NewSHA1(folderSpace, []byte("store")).String(), "bySum" // in the till's own currency
	}
	return s
}

func (t *intake) keepFolders() error {
	all, err := t.db.Folders(t.ctx)
	if err != nil {
		return err
	}
	return t.PutFolders(all)
}

func (t *intake) keepItems() error {
	var batch []catalog.Item
	put := func() error {
		err := t.PutItems(batch)
		batch = batch[:0]
		return err
	}
	err := t.db.Each(t.ctx, 0, func(it catalog.Item) error {
		if batch = append(batch, it); len(batch) < page {
			return nil
		}
		return put()
	})
	if err != nil {
		return err
	}
	return put()
}

// Export writes the catalogue that sells.
func Export(ctx context.Context, db *catalogdb.DB, to io.Writer, f Format) error {
	info := db.Current()
	folders, err := db.Folders(ctx)
	if err != nil {
		return err
	}
	s := Source{StockAt: info.StockAt, Store: info.Store, Folders: folders, Discounts: info.Discounts, Promotions: info.Promotions,
		Items:     func(take func(catalog.Item) error) error { return db.Each(ctx, info.Generation, take) },
		Customers: func(take func(catalog.CustomerCard) error) error { return db.EachCustomer(ctx, take) },
		Serials:   func(take func(catalog.Serial) error) error { return db.EachSerial(ctx, take) }}
	if f == CSV {
		err := db.Each(ctx, info.Generation, func(it catalog.Item) error {
			for _, p := range it.Prices {
				if !slices.Contains(s.PriceTypes, p.Type) && len(s.PriceTypes) < catalogdb.MaxPrices {
					s.PriceTypes = append(s.PriceTypes, p.Type)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return Write(to, f, s)
}
