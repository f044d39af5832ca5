package catalogfile

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// Source is a catalogue to be written: Items, Customers and Serials call back for each
// until the callback fails.
type Source struct {
	StockAt    time.Time
	Store      catalog.Store
	Folders    []catalog.Folder
	Discounts  []catalog.Discount
	Promotions []catalog.Promotion
	PriceTypes []string // those items have, for CSV's columns
	Items      func(func(catalog.Item) error) error
	Customers  func(func(catalog.CustomerCard) error) error // nil: none
	Serials    func(func(catalog.Serial) error) error       // nil: none
}

// Write writes a catalogue; Read reads it back the same.
func Write(to io.Writer, f Format, s Source) error {
	w := bufio.NewWriterSize(to, chunk)
	var err error
	switch f {
	case JSON:
		err = writeJSON(w, s)
	case CSV:
		err = writeCSV(w, s)
	default:
		err = fmt.Errorf("catalogfile: no format %.20q", string(f))
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// writeJSON writes an element a line, so that a line is a place.
func writeJSON(w *bufio.Writer, s Source) error {
	head := []struct {
		name string
		of   any
	}{{"kassa_catalog", version}, {"stock_at", s.StockAt}, {"store", s.Store}}
	between := "{"
	for _, h := range head {
		b, err := json.Marshal(h.of)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\n%q: %s", between, h.name, b); err != nil {
			return err
		}
		between = ","
	}
	bare := slices.Clone(s.Folders)
	for i := range bare {
		bare[i].Items, bare[i].Below = 0, 0
	}
	customers := s.Customers
	if customers == nil {
		customers = func(func(catalog.CustomerCard) error) error { return nil }
	}
	serials := s.Serials
	if serials == nil {
		serials = values[catalog.Serial](nil)
	}
	for _, err := range []error{
		list(w, "folders", values(bare)), list(w, "discounts", values(s.Discounts)), list(w, "promotions", values(s.Promotions)),
		list(w, "customers", customers), list(w, "items", s.Items), list(w, "serials", serials),
	} {
		if err != nil {
			return err
		}
	}
	_, err := w.WriteString("\n}\n")
	return err
}

func values[T any](all []T) func(func(T) error) error {
	return func(take func(T) error) error {
		for _, v := range all {
			if err := take(v); err != nil {
				return err
			}
		}
		return nil
	}
}

func list[T any](w *bufio.Writer, name string, each func(func(T) error) error) error {
	if _, err := fmt.Fprintf(w, ",\n%q: [", name); err != nil {
		return err
	}
	between := "\n"
	err := each(func(v T) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if _, err := w.WriteString(between); err != nil {
			return err
		}
		between = ",\n"
		_, err = w.Write(b)
		return err
	})
	if err == nil {
		_, err = w.WriteString("\n]")
	}
	return err
}

// writeCSV writes the items with semicolons and a mark, as spreadsheets of
// this country expect it.
func writeCSV(w *bufio.Writer, s Source) error {
	if _, err := w.Write(mark); err != nil {
		return err
	}
	names := folderNames(s.Folders)
	others := slices.DeleteFunc(slices.Clone(s.PriceTypes), func(t string) bool { return t == s.Store.PriceType })
	out := csv.NewWriter(w)
	out.Comma = ';'
	var row []string
	for _, c := range columns {
		row = append(row, c.Name)
	}
	for _, t := range others {
		row = append(row, priceColumn+":"+t)
	}
	if err := out.Write(row); err != nil {
		return err
	}
	err := s.Items(func(it catalog.Item) error {
		row = row[:0]
		for _, c := range columns {
			switch {
			case c.give != nil:
				row = append(row, c.give(&it))
			case c.Name == priceColumn:
				row = append(row, priceOf(&it, s.Store.PriceType))
			default:
				row = append(row, names[it.FolderID])
			}
		}
		for _, t := range others {
			row = append(row, priceOf(&it, t))
		}
		return out.Write(row)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func folderNames(all []catalog.Folder) map[string]string {
	r := &reader{folders: map[string]catalog.Folder{}}
	for _, f := range all {
		f.Name = strings.ReplaceAll(f.Name, "/", "∕") // a name may not look like a path
		r.folders[f.ID] = f
	}
	names := map[string]string{}
	for _, f := range all {
		names[f.ID] = r.names(f.ID)
	}
	return names
}

func priceOf(it *catalog.Item, typ string) string {
	if p, ok := it.PriceOf(typ); ok {
		return p.String()
	}
	return ""
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func sum(kopecks int64) string {
	if kopecks == 0 {
		return ""
	}
	return money.Amount(kopecks).String()
}

func stockGive(it *catalog.Item) string {
	if it.Stock == 0 {
		return ""
	}
	return it.Stock.String()
}

func yes(v bool) string {
	if v {
		return "1"
	}
	return ""
}
