package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/catalogfile"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

func (a *app) catalogCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "catalog", Short: "Look into the catalogue, take one in from a file, write one out"}
	var limit int
	var after, folder string
	list := &cobra.Command{Use: "list", Short: "List items by pages: --after takes the id of the last one seen", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		q := url.Values{"limit": {strconv.Itoa(limit)}, "after": {after}, "folder": {folder}}
		return a.call(cmd, "GET", "/api/v1/catalog?"+q.Encode(), nil, decoded(a.showItems))
	}}
	list.Flags().StringVar(&after, "after", "", "id of the last item of the page before (\"next\" in the JSON)")
	list.Flags().StringVar(&folder, "folder", "", "only this folder, by its id")
	best := &cobra.Command{Use: "favourites", Short: "List the favourites", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", fmt.Sprintf("/api/v1/catalog/favourites?limit=%d", limit), nil, decoded(a.showItems))
	}}
	find := a.findCmd()
	for _, c := range []*cobra.Command{list, best} {
		c.Flags().IntVar(&limit, "limit", 50, "at most so many items, 1 to 1000")
	}
	cmd.AddCommand(list, find, best, a.foldersCmd(), a.catalogImportCmd(), a.catalogExportCmd())
	return cmd
}

// findCmd is "kassa find" and "kassa catalog find".
func (a *app) findCmd() *cobra.Command {
	var limit int
	cmd := &cobra.Command{Use: "find TEXT...", Short: "Find items by words of the name, code or barcode, as a cashier types them", Args: usageArgs(cobra.MinimumNArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		q := url.Values{"limit": {strconv.Itoa(limit)}, "find": {strings.Join(args, " ")}}
		return a.call(cmd, "GET", "/api/v1/catalog?"+q.Encode(), nil, decoded(a.showItems))
	}}
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many items, 1 to 1000")
	return cmd
}

// itemList is an answer of items.
type itemList struct {
	Items     []catalog.Item `json:"items"`
	PriceType string         `json:"price_type"`
	StockAt   time.Time      `json:"stock_at"`
}

// showItems prints a line an item, and of which moment the stock is when any
// is shown: a till without network may not have heard of it for long.
func (a *app) showItems(l itemList) error {
	stocked := false
	for _, it := range l.Items {
		code := it.Code
		if len(it.Barcodes) > 0 {
			code = it.Barcodes[0]
		}
		price := "-"
		if p, ok := it.PriceOf(l.PriceType); ok {
			price = p.String()
		} else if len(it.Prices) > 0 {
			price = it.Prices[0].Value.String()
		}
		if err := a.printf("%-14s %10s %10s  %s\n", code, price, it.Stock, it.Name); err != nil {
			return err
		}
		stocked = stocked || it.Stock != 0
	}
	if !stocked || l.StockAt.IsZero() {
		return nil
	}
	return a.printf("stock as of %s, %s ago, less what this till has sold since\n", l.StockAt.Local().Format(time.DateTime), time.Since(l.StockAt).Round(time.Minute))
}

func (a *app) foldersCmd() *cobra.Command {
	return &cobra.Command{Use: "folders", Short: "List the folders: items in each, in those below it, id, name", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", "/api/v1/catalog/folders", nil, decoded(func(l struct {
			Folders []catalog.Folder `json:"folders"`
		}) error {
			for _, f := range l.Folders {
				depth := max(0, strings.Count(f.Path, "/")-2)
				if err := a.printf("%7d %7d  %-36s %s%s\n", f.Items, f.Below, f.ID, strings.Repeat("  ", depth), f.Name); err != nil {
					return err
				}
			}
			return nil
		}))
	}}
}

func (a *app) customersCmd() *cobra.Command {
	var limit int
	cmd := &cobra.Command{Use: "customers TEXT...", Short: "Find customers by card, telephone or words of the name; numbers are masked", Args: usageArgs(cobra.MinimumNArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		q := url.Values{"limit": {strconv.Itoa(limit)}, "find": {strings.Join(args, " ")}}
		return a.call(cmd, "GET", "/api/v1/customers?"+q.Encode(), nil, decoded(func(l struct {
			Customers []catalog.CustomerCard `json:"customers"`
		}) error {
			for _, p := range l.Customers {
				if err := a.printf("%-36s %6s %6s  %s\n", p.ID, p.Phone, p.Card, p.Name); err != nil {
					return err
				}
			}
			return nil
		}))
	}}
	cmd.Flags().IntVar(&limit, "limit", 20, "at most so many, 1 to 1000")
	return cmd
}

// columnHelp lists the columns a CSV file may have.
func columnHelp() string {
	var b strings.Builder
	for _, c := range catalogfile.Columns() {
		needed := ""
		if c.Needs {
			needed = "needed; "
		}
		fmt.Fprintf(&b, "  %-12s %s\n", c.Name, strings.TrimSuffix(needed+strings.Join(append([]string{c.Help}, c.Also...), "; "), "; "))
	}
	return b.String()
}

func (a *app) catalogImportCmd() *cobra.Command {
	var o api.CatalogImport
	cmd := &cobra.Command{Use: "import FILE|-", Short: "Take in a catalogue from a JSON or CSV file; the old one sells until the new one is whole", Args: usageArgs(cobra.ExactArgs(1)),
		Long: `Reads a whole catalogue from a file, on a running till or on one that is not.
Every mistake is told with its line; a file with mistakes is refused and the old
catalogue kept, unless --skip-bad takes the rest. --dry-run only tells what would
change. Of a JSON file ("kassa catalog export" writes one) only the sections that
are there are replaced.

A CSV file has items: UTF-8 or windows-1251, split by ";", "," or tabs, with a
header naming these columns (and price:NAME for other price types):

` + columnHelp(),
		RunE: func(cmd *cobra.Command, args []string) error { return a.importCatalog(cmd, args[0], o) }}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only tell what would change")
	cmd.Flags().BoolVar(&o.SkipBad, "skip-bad", false, "leave out what has mistakes and take the rest")
	cmd.Flags().StringVar(&o.Format, "format", "", "csv or json; found out from the file when absent")
	return cmd
}

// imported is the answer to an import.
type imported struct {
	Result catalogfile.Result `json:"result"`
	Error  json.RawMessage    `json:"error,omitempty"`
}

func (a *app) importCatalog(cmd *cobra.Command, name string, o api.CatalogImport) error {
	if o.Format != "" && o.Format != string(catalogfile.CSV) && o.Format != string(catalogfile.JSON) {
		return fmt.Errorf("%w: --format is csv or json", errUsage)
	}
	dir, err := a.data()
	if err != nil {
		return err
	}
	in, done, err := a.openCounted(name)
	if err != nil {
		return err
	}
	q := url.Values{"format": {o.Format}, "dry_run": {strconv.FormatBool(o.DryRun)}, "skip_bad": {strconv.FormatBool(o.SkipBad)}}
	// What is not read yet can go to another reader: a till that is not running
	// is known before the first byte.
	answer, err := client.New(dir).Patient().Send(cmd.Context(), "POST", "/api/v1/catalog/import?"+q.Encode(), io.NopCloser(in))
	if errors.Is(err, client.ErrNotRunning) {
		answer, err = a.importAtRest(cmd, filepath.Join(dir, daemon.CatalogDir), in, o)
	}
	if closeErr := done(); err == nil {
		err = closeErr
	}
	if answer == nil {
		return err
	}
	return errors.Join(a.print(answer, decoded(a.showImport)), err)
}

// importAtRest takes a file into the catalogue of a till that is not running.
func (a *app) importAtRest(cmd *cobra.Command, dir string, in io.Reader, o api.CatalogImport) (answer json.RawMessage, err error) {
	cfg, err := a.load()
	if err != nil {
		return nil, err
	}
	if cfg.Cloud.MoySklad != nil && !o.DryRun {
		return nil, fault.New(fault.CatalogCloud)
	}
	db, err := catalogdb.Open(cmd.Context(), catalogdb.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	res, err := daemon.ImportCatalog(cmd.Context(), db, in, o, a.language)
	answer, encodeErr := json.Marshal(imported{Result: res})
	return answer, errors.Join(err, encodeErr, db.Close())
}

func (a *app) showImport(i imported) error {
	r := i.Result
	for _, p := range r.Problems {
		if err := a.printf("line %d: %s [%s]\n", p.Line, p.Text, p.Code); err != nil {
			return err
		}
	}
	if r.More {
		if err := a.printf("and more\n"); err != nil {
			return err
		}
	}
	if r.Format == "" {
		return nil // refused before it was read
	}
	line := fmt.Sprintf("%s, %s: %d items, %d folders, %d customers", r.Format, r.Encoding, r.Items, r.Folders, r.Customers)
	if r.Bad > 0 {
		line += fmt.Sprintf("; %d with mistakes left out", r.Bad)
	}
	if r.Clashes > 0 {
		line += fmt.Sprintf("; %d barcodes belong to several items", r.Clashes)
	}
	if len(r.Kept) > 0 {
		line += "; kept as they were: " + strings.Join(r.Kept, ", ")
	}
	if r.Generation > 0 {
		line += fmt.Sprintf("; generation %d sells now", r.Generation)
	}
	if err := a.printf("%s\n", line); err != nil || r.Changes == nil {
		return err
	}
	return a.showChanges(r.Changes)
}

func (a *app) showChanges(c *catalogfile.Changes) error {
	err := a.printf("items: would be added %d, removed %d, repriced %d, changed %d, restocked %d, left as they are %d\n", c.Added, c.Removed, c.Repriced, c.Changed, c.Restocked, c.Same)
	for _, e := range c.Examples {
		if err != nil {
			break
		}
		price := e.Now.String()
		switch {
		case e.Kind == "removed":
			price = e.Was.String()
		case e.Was != e.Now && e.Kind != "added":
			price = e.Was.String() + " -> " + price
		}
		err = a.printf("  %-9s %-22s %s\n", e.Kind, price, e.Name)
	}
	for _, section := range slices.Sorted(maps.Keys(c.Sections)) {
		n := c.Sections[section]
		err = errors.Join(err, a.printf("%s: would be added %d, removed %d, changed %d, left as they are %d\n", section, n.Added, n.Removed, n.Changed, n.Same))
	}
	if len(c.Store) > 0 {
		err = errors.Join(err, a.printf("store: would change %s\n", strings.Join(c.Store, ", ")))
	}
	return err
}

// openCounted opens a file ("-": stdin) and shows on stderr how much of it was
// read; the rest of the work is the last percent.
func (a *app) openCounted(name string) (in io.Reader, done func() error, err error) {
	if name == "-" {
		return a.in, func() error { return nil }, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	show := progress()
	if err != nil || show == nil {
		return f, f.Close, err
	}
	size := uint64(info.Size())
	return &counted{from: f, total: size, show: show}, func() error { show(size+1, size+1); return f.Close() }, nil
}

type counted struct {
	from        io.Reader
	read, total uint64
	show        func(done, total uint64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read += uint64(n)
	c.show(c.read, max(c.total, c.read)+c.total/100+1)
	return n, err
}

func (a *app) catalogExportCmd() *cobra.Command {
	var format string
	cmd := &cobra.Command{Use: "export FILE|-", Short: "Write the catalogue to a file that import takes", Args: usageArgs(cobra.ExactArgs(1)),
		Long: `JSON holds everything a till knows of its shop, CSV the items alone, for a
spreadsheet. The form follows from the file's name unless --format says it. JSON
has the customers in it: the file is readable by its owner only.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if format == "" {
				format = strings.TrimPrefix(strings.ToLower(filepath.Ext(args[0])), ".")
			}
			if format != string(catalogfile.CSV) && format != string(catalogfile.JSON) {
				return fmt.Errorf("%w: --format is csv or json", errUsage)
			}
			if args[0] == "-" {
				return a.exportCatalog(cmd, a.out, format)
			}
			return whole(args[0], func(to io.Writer) error { return a.exportCatalog(cmd, to, format) })
		}}
	cmd.Flags().StringVar(&format, "format", "", "csv or json; else from the file's name")
	return cmd
}

func (a *app) exportCatalog(cmd *cobra.Command, to io.Writer, format string) error {
	dir, err := a.data()
	if err != nil {
		return err
	}
	err = client.New(dir).Patient().Receive(cmd.Context(), "/api/v1/catalog/export?format="+format, to)
	if !errors.Is(err, client.ErrNotRunning) {
		return err
	}
	db, err := catalogdb.Open(cmd.Context(), catalogdb.Options{Dir: filepath.Join(dir, daemon.CatalogDir)})
	if err != nil {
		return err
	}
	return errors.Join(catalogfile.Export(cmd.Context(), db, to, catalogfile.Format(format)), db.Close())
}

// whole writes a file that is there only when it is whole.
func whole(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".kassa-*") // 0600
	if err != nil {
		return err
	}
	if err = errors.Join(write(f), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
