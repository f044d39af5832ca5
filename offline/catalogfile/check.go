package catalogfile

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// kopecks reads a sum given times 10^digits (2: roubles, 0: kopecks).
func (r *reader) kopecks(field, text string, digits int) money.Amount {
	v, exact, ok := decimal(text, digits)
	if !ok || v < 0 || money.Amount(v) > money.Max {
		r.mistake(fault.FileValue, field, text)
		return 0
	}
	if !exact {
		r.warn(fault.FileRounded, field, text, money.Amount(v).String())
	}
	return money.Amount(v)
}

// thousandths reads a quantity given times 10^digits (3: units, 0: as stored).
func (r *reader) thousandths(field, text string, digits int) qty.Milli {
	v, exact, ok := decimal(text, digits)
	if !ok || !exact || !qty.Milli(v).Valid() {
		r.mistake(fault.FileValue, field, text)
		return 0
	}
	return qty.Milli(v)
}

// onHand reads a stock, which may be nothing and less than that.
func (r *reader) onHand(text string, digits int) qty.Milli {
	v, _, ok := decimal(text, digits)
	if !ok || v > int64(qty.Max) || v < -int64(qty.Max) {
		r.mistake(fault.FileValue, "stock", text)
		return 0
	}
	return qty.Milli(v)
}

// whole reads a small number that is not negative.
func (r *reader) whole(field, text string, most int) int {
	v, err := strconv.Atoi(text)
	if err != nil || v < 0 || v > most {
		r.mistake(fault.FileValue, field, text)
	}
	return v
}

// Numbers of the law: FFD tags 1212 and 2108.
const (
	mostKind = 33
	mostUnit = 255
)

// price puts a price in its place; a type comes once, and nothing is no price.
func (r *reader) price(it *catalog.Item, typ, text string, digits int) {
	if typ == "" {
		typ = r.o.PriceType
	}
	if typ == "" {
		r.mistake(fault.FileNeeded, "prices.type")
		return
	}
	if _, there := it.PriceOf(typ); there {
		r.mistake(fault.FileTwice, "price", typ)
		return
	}
	if v := r.kopecks("price", text, digits); v > 0 {
		it.Prices = append(it.Prices, catalog.Price{Type: typ, Value: v})
	}
}

// check is what every item goes through; false when it has a mistake.
func (r *reader) check(it *catalog.Item) {
	if it.ID == "" {
		it.ID = firstOf(it.Code, it.Article)
		if it.ID == "" && len(it.Barcodes) > 0 {
			it.ID = it.Barcodes[0]
		}
		if it.ID == "" && it.Name != "" {
			it.ID = uuid.NewSHA1(folderSpace, []byte("item "+it.Name)).String()
		}
	}
	switch it.Type {
	case "":
		it.Type = catalog.Product
	case catalog.Product, catalog.Service, catalog.Variant, catalog.Bundle:
	default:
		r.mistake(fault.FileValue, "type", string(it.Type))
	}
	switch _, err := tax.Lookup(it.Rate); {
	case it.Rate == "":
		r.mistake(fault.FileNeeded, "rate")
	case err != nil:
		r.mistake(fault.FileValue, "rate", string(it.Rate))
	}
	if it.TaxSystem != 0 && strings.HasPrefix(it.TaxSystem.String(), "TAX_SYSTEM_") {
		r.mistake(fault.FileValue, "tax_system", strconv.Itoa(int(it.TaxSystem)))
	}
	if it.FolderID != "" {
		f, known := r.folders[it.FolderID]
		if !known {
			r.mistake(fault.FileValue, "folder_id", it.FolderID)
		}
		it.FolderPath = f.Path
	}
	r.spelling(it)
	switch {
	case it.Name == "":
		r.mistake(fault.FileNeeded, "name")
	case !r.ids.add(it.ID):
		r.mistake(fault.FileTwice, "id", it.ID)
	case r.bad: // what it has is told already
	default:
		if field := catalogdb.Refused(it); field != "" {
			r.mistake(fault.FileValue, field, it.ID)
		}
	}
}

// spelling: letters that are none, and control characters, are the sign of a
// file in another encoding or of damage.
func (r *reader) spelling(it *catalog.Item) {
	texts := append([]string{it.ID, it.Name, it.Code, it.Article, it.Unit, it.Picture, it.Tracking, it.TNVED, it.ParentID, string(it.Type), string(it.Rate)}, it.Barcodes...)
	for _, p := range it.Packs {
		texts = append(texts, p.ID, p.Name, p.Barcode)
	}
	for _, p := range it.Parts {
		texts = append(texts, p.ItemID)
	}
	for _, p := range it.Prices {
		texts = append(texts, p.Type)
	}
	for _, s := range texts {
		if !legible(s) {
			r.mistake(fault.FileValue, "text", strings.ToValidUTF8(s, "?"))
			return
		}
	}
}

func legible(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == utf8.RuneError })
}

// keeps checks that a folder can be kept.
func (r *reader) keeps(f *catalog.Folder) {
	if !legible(f.ID+f.Name+f.ParentID) || !catalogdb.ValidFolder(f) {
		r.mistake(fault.FileValue, "folder", strings.ToValidUTF8(f.Name, "?"))
	}
}

// person checks a customer.
func (r *reader) person(p *catalog.CustomerCard) {
	p.Phone, p.Card = catalog.PhoneDigits(p.Phone), catalog.CardDigits(p.Card)
	switch {
	case p.ID == "":
		r.mistake(fault.FileNeeded, "id")
	case p.Name == "":
		r.mistake(fault.FileNeeded, "name")
	case !catalogdb.ValidPerson(p):
		r.mistake(fault.FileValue, "customer", p.ID)
	case !r.people.add(p.ID):
		r.mistake(fault.FileTwice, "id", p.ID)
	}
}

// serial checks a serial number.
func (r *reader) serial(s *catalog.Serial) {
	switch {
	case s.Number == "":
		r.mistake(fault.FileNeeded, "number")
	case s.Item == "":
		r.mistake(fault.FileNeeded, "item")
	case !legible(s.Number+s.Item) || !catalogdb.ValidSerial(s):
		r.mistake(fault.FileValue, "serial", strings.ToValidUTF8(s.Number, "?"))
	}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
