// Package catalogfile reads and writes a whole catalogue as a file: JSON with
// everything a till knows of its shop, or CSV with its items. A shop without a
// cloud lives on it.
//
// A file is read as a stream: a million items take no more memory than one.
// Every mistake in it is told with its line, MaxProblems of them at most; the
// caller decides whether the rest is taken.
//
// # JSON
//
// One object. Its sections may be left out, a section that is there replaces
// what the till had of it, and folders stand before items:
//
//	kassa_catalog  1
//	stock_at       when the stock was counted, RFC 3339
//	store          settings and cashiers; a cashier has "pin", which is hashed
//	               here and stored nowhere, or "pin_hash"
//	folders        [{id, name, parent_id}]
//	discounts      [{id, name, kind, percent, ...}] percents in thousandths
//	promotions     [{id, name, when, on, give}]
//	customers      [{id, name, phone, card, tags, spent, personal}]
//	items          [{id, type, name, code, article, barcodes, packs, prices, rate,
//	               folder_id, unit, unit_code, by_weight, tracking, tobacco, mrc,
//	               alcohol, kind, tax_system, discount_prohibited, free_price,
//	               stock, favourite, parent_id, parts, picture, tnved, on_tap,
//	               divisible, serials, groups}]
//	serials        [{number, item}] serial numbers and the ids of their items
//
// They are the types of pos/catalog: sums in kopecks, quantities in
// thousandths. An unknown field is a mistake, for it is most likely misspelt.
//
// # CSV
//
// A header names the columns (Columns), in Russian or English, in any order.
// Between them stand semicolons, commas or tabs; the text is UTF-8, with or
// without a mark, or windows-1251. Sums are roubles, quantities units, with a
// decimal comma or point. "price" is the shop's retail price, "price:NAME"
// that of another price type. A folder is a path of names: Food/Dairy. Lists
// are split by "|": barcodes 46...|20...; packs name=barcode*12|...; parts of
// a bundle id*2|... . An item without an id is known by its code, else its
// article, else its first barcode, else its name.
//
// Prices with parts of a kopeck are rounded half up, once, and told.
package catalogfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	JSON Format = "json"
)

// Limits of a file.
const (
	MaxProblems = 1000    // that are listed one by one; reading ends there
	MaxWarnings = 200     // that are listed; all are counted
	MaxElement  = 1 << 20 // bytes of one record or element
	page        = 500     // items handed over at once
	shownValue  = 60      // runes of a value that a message repeats
)

// ErrTooMany: the file has more mistakes than are worth listing.
var ErrTooMany = errors.New("catalogfile: too many mistakes")

// errElement: a record that never ends.
var errElement = fmt.Errorf("catalogfile: a record of more than %d bytes", MaxElement)

// Problem is a mistake in a file, or something a person should know of it.
type Problem struct {
	Line    int        `json:"line"` // first is 1; 0: the file as a whole
	Code    fault.Code `json:"code"`
	Args    []string   `json:"args,omitempty"`
	Text    string     `json:"text,omitempty"` // in the till's language, where somebody has put it
	Warning bool       `json:"warning,omitempty"`
}

// Told gives the problem in a language.
func (p Problem) Told(lang string) string { return fault.Text(p.Code, lang, p.Args...) }

// Report is what was in a file.
type Report struct {
	Format    Format `json:"format"`
	Encoding  string `json:"encoding,omitempty"`
	Items     int    `json:"items"`
	Folders   int    `json:"folders"`
	Customers int    `json:"customers"`
	Serials   int    `json:"serials,omitempty"`
	// Bad records are left out; each has its problems.
	Bad      int       `json:"bad"`
	Warned   int       `json:"warned"`
	Problems []Problem `json:"problems,omitempty"` // in the order of lines, warnings among them
	More     bool      `json:"more,omitempty"`     // there may be further problems
	Sections []string  `json:"sections,omitempty"` // that the file has
}

// Has tells whether the file had a section.
func (r *Report) Has(section string) bool {
	for _, s := range r.Sections {
		if s == section {
			return true
		}
	}
	return false
}

// Sink takes what a file holds, in the file's order. What it is given is its
// own.
type Sink interface {
	PutItems([]catalog.Item) error
	PutFolders([]catalog.Folder) error
	PutCustomers([]catalog.CustomerCard) error
	PutSerials([]catalog.Serial) error
	SetStore(catalog.Store) error
	SetDiscounts([]catalog.Discount) error
	SetPromotions([]catalog.Promotion) error
	SetStockAt(time.Time) error
}

// Options of reading. Zero values are fine.
type Options struct {
	Format    Format           // "": found out from the first character
	PriceType string           // of prices without one
	Folders   []catalog.Folder // the till's, for items of a file that has none
	// HashPIN makes the hash that is kept of a cashier's PIN; nil: PINs are
	// mistakes.
	HashPIN  func(pin string) (string, error)
	Progress func(items int) // called now and then
}

// Read reads a file into a sink. What is wrong with the file stands in the
// report; the error is the sink's, the reader's or the context's, ErrTooMany,
// or the file's syntax where nothing can be read on (also in the report).
func Read(ctx context.Context, from io.Reader, o Options, to Sink) (Report, error) {
	r := &reader{ctx: ctx, o: o, to: to, folders: map[string]catalog.Folder{}, byName: map[string]string{}, ids: newIDs(), people: newIDs()}
	for _, f := range o.Folders {
		r.folders[f.ID] = f
	}
	text, err := newText(from)
	if err != nil {
		return r.report, err
	}
	if r.report.Format = o.Format; o.Format == "" {
		r.report.Format = text.guess()
	}
	switch r.report.Format {
	case JSON:
		err = r.json(text)
	case CSV:
		err = r.csv(text)
	default:
		return r.report, fmt.Errorf("catalogfile: no format %.20q", string(o.Format))
	}
	r.report.Encoding = text.encoding()
	if err == nil {
		err = r.flush()
	}
	slices.SortStableFunc(r.report.Problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return r.report, err
}

// reader is a file being read.
type reader struct {
	ctx     context.Context
	o       Options
	to      Sink
	report  Report
	folders map[string]catalog.Folder // known so far, with their paths
	byName  map[string]string         // ids of folders by their path of names, for CSV
	fresh   []catalog.Folder          // not handed over yet
	ids     *ids                      // of items
	people  *ids                      // of customers
	items   []catalog.Item            // not handed over yet
	line    int                       // of the record being read
	bad     bool                      // it has a mistake
}

// mistake notes one about the record being read.
func (r *reader) mistake(code fault.Code, args ...string) {
	r.bad = true
	r.note(Problem{Line: r.line, Code: code, Args: shorten(args)})
}

func (r *reader) warn(code fault.Code, args ...string) {
	if r.report.Warned++; r.report.Warned > MaxWarnings {
		r.report.More = true
		return
	}
	r.note(Problem{Line: r.line, Code: code, Args: shorten(args), Warning: true})
}

func (r *reader) note(p Problem) {
	if len(r.report.Problems) >= MaxProblems+MaxWarnings {
		r.report.More = true
		return
	}
	r.report.Problems = append(r.report.Problems, p)
}

// syntax notes that reading ends here.
func (r *reader) syntax(err error) error {
	r.mistake(fault.FileSyntax, err.Error())
	r.report.Bad++
	return fault.New(fault.FileSyntax, err.Error()).With(err)
}

// begin starts a record.
func (r *reader) begin(line int) { r.line, r.bad = line, false }

// end finishes a record: true when it may be taken. The error ends reading.
func (r *reader) end() (bool, error) {
	if !r.bad {
		return true, nil
	}
	if r.report.Bad++; r.report.Bad >= MaxProblems {
		r.report.More = true
		return false, ErrTooMany
	}
	return false, nil
}

func (r *reader) item(it catalog.Item) error {
	r.report.Items++
	if r.items = append(r.items, it); len(r.items) < page {
		return nil
	}
	return r.flush()
}

// flush hands over what waits.
func (r *reader) flush() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if len(r.fresh) > 0 {
		if err := r.to.PutFolders(r.fresh); err != nil {
			return err
		}
		r.fresh = nil
	}
	if len(r.items) == 0 {
		return nil
	}
	err := r.to.PutItems(r.items)
	r.items = r.items[:0]
	if r.o.Progress != nil {
		r.o.Progress(r.report.Items)
	}
	return err
}

// shorten cuts values for messages.
func shorten(args []string) []string {
	for i, a := range args {
		if r := []rune(a); len(r) > shownValue {
			args[i] = string(r[:shownValue]) + "…"
		}
	}
	return args
}
