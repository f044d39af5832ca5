package catalogdb

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// The stored form of an item: a mask of the fields present, then the fields in
// order. Numbers are varints; strings that many items share (folders, price
// types, units) are numbers of a table the generation keeps. That is a third
// of the JSON in size and a tenth of it in time to read. A test fails when
// catalog.Item gets a field that does not survive.

// Bits of the mask.
const (
	hasCode = 1 << iota
	hasArticle
	hasBarcodes
	hasPacks
	hasPrices
	hasFolder
	hasUnit
	hasUnitCode
	isByWeight
	hasTracking
	isTobacco
	isAlcohol
	hasMRC
	hasKind
	hasTaxSystem
	isDiscountProhibited
	hasStock
	isFavourite
	hasParent
	isFreePrice
	hasParts
	hasPicture
	hasTNVED
	isOnTap
	isDivisible
	hasSerials
	hasGroups
)

var errItem = errors.New("catalogdb: stored item unreadable")

// sharer numbers the strings that items share while a generation is built.
type sharer struct {
	numbers map[string]uint32
	list    []string
}

// maxShared bounds the table: folders, their paths and a few names.
const maxShared = 2*MaxFolders + 40_000

func (s *sharer) number(text string) (uint32, error) {
	if n, ok := s.numbers[text]; ok {
		return n, nil
	}
	if len(s.list) == maxShared {
		return 0, fmt.Errorf("%w: more than %d folders, units and price types", ErrLimit, maxShared)
	}
	n := uint32(len(s.list))
	s.numbers[text] = n
	s.list = append(s.list, text)
	return n, nil
}

type encoder struct {
	buf    []byte
	shared *sharer
	err    error
}

func (e *encoder) uint(v uint64) { e.buf = binary.AppendUvarint(e.buf, v) }
func (e *encoder) int(v int64)   { e.buf = binary.AppendVarint(e.buf, v) }
func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) share(s string) {
	n, err := e.shared.number(s)
	if err != nil {
		e.err = err
	}
	e.uint(uint64(n))
}

// id writes an identifier: a UUID takes 17 bytes instead of 37.
func (e *encoder) id(s string) {
	if u, err := uuid.Parse(s); err == nil && u.String() == s {
		e.uint(0)
		e.buf = append(e.buf, u[:]...)
		return
	}
	e.uint(uint64(len(s)) + 1)
	e.buf = append(e.buf, s...)
}

// encodeItem appends the stored form of an item to buf.
func encodeItem(buf []byte, i *catalog.Item, shared *sharer) ([]byte, error) {
	e := &encoder{buf: buf, shared: shared}
	var mask uint64
	for _, f := range []struct {
		bit uint64
		set bool
	}{
		{hasCode, i.Code != ""}, {hasArticle, i.Article != ""}, {hasBarcodes, len(i.Barcodes) > 0}, {hasPacks, len(i.Packs) > 0},
		{hasPrices, len(i.Prices) > 0}, {hasFolder, i.FolderID != "" || i.FolderPath != ""}, {hasUnit, i.Unit != ""},
		{hasUnitCode, i.UnitCode != 0}, {isByWeight, i.ByWeight}, {hasTracking, i.Tracking != ""}, {isTobacco, i.Tobacco},
		{isAlcohol, i.Alcohol}, {hasMRC, i.MRC != 0}, {hasKind, i.Kind != 0}, {hasTaxSystem, i.TaxSystem != 0},
		{isDiscountProhibited, i.DiscountProhibited}, {hasStock, i.Stock != 0}, {isFavourite, i.Favourite}, {hasParent, i.ParentID != ""},
		{isFreePrice, i.FreePrice}, {hasParts, len(i.Parts) > 0}, {hasPicture, i.Picture != ""},
		{hasTNVED, i.TNVED != ""}, {isOnTap, i.OnTap}, {isDivisible, i.Divisible}, {hasSerials, i.Serials}, {hasGroups, len(i.Groups) > 0},
	} {
		if f.set {
			mask |= f.bit
		}
	}
	e.uint(mask)
	e.id(i.ID)
	e.share(string(i.Type))
	e.text(i.Name)
	e.share(string(i.Rate))
	e.fields(i, mask)
	return e.buf, e.err
}

func (e *encoder) fields(i *catalog.Item, mask uint64) {
	if mask&hasCode != 0 {
		e.text(i.Code)
	}
	if mask&hasArticle != 0 {
		e.text(i.Article)
	}
	if mask&hasBarcodes != 0 {
		e.uint(uint64(len(i.Barcodes)))
		for _, b := range i.Barcodes {
			e.text(b)
		}
	}
	if mask&hasPacks != 0 {
		e.uint(uint64(len(i.Packs)))
		for _, p := range i.Packs {
			e.id(p.ID)
			e.text(p.Name)
			e.text(p.Barcode)
			e.int(int64(p.Quantity))
		}
	}
	if mask&hasPrices != 0 {
		e.uint(uint64(len(i.Prices)))
		for _, p := range i.Prices {
			e.share(p.Type)
			e.int(int64(p.Value))
		}
	}
	if mask&hasFolder != 0 {
		e.share(i.FolderID)
		e.share(i.FolderPath)
	}
	if mask&hasUnit != 0 {
		e.share(i.Unit)
	}
	if mask&hasTracking != 0 {
		e.share(i.Tracking)
	}
	for _, f := range []struct {
		bit   uint64
		value int64
	}{
		{hasUnitCode, int64(i.UnitCode)}, {hasMRC, i.MRC}, {hasKind, int64(i.Kind)}, {hasTaxSystem, int64(i.TaxSystem)}, {hasStock, int64(i.Stock)},
	} {
		if mask&f.bit != 0 {
			e.int(f.value)
		}
	}
	if mask&hasParent != 0 {
		e.id(i.ParentID)
	}
	if mask&hasParts != 0 {
		e.uint(uint64(len(i.Parts)))
		for _, p := range i.Parts {
			e.id(p.ItemID)
			e.int(int64(p.Quantity))
		}
	}
	if mask&hasPicture != 0 {
		e.text(i.Picture)
	}
	if mask&hasTNVED != 0 {
		e.share(i.TNVED)
	}
	if mask&hasGroups != 0 {
		e.uint(uint64(len(i.Groups)))
		for _, g := range i.Groups {
			e.share(g)
		}
	}
}

type decoder struct {
	buf    []byte
	shared []string
	bad    bool
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.buf)
	if n <= 0 {
		d.bad, d.buf = true, nil
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.buf)
	if n <= 0 {
		d.bad, d.buf = true, nil
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) bytes(n uint64) string {
	if n > uint64(len(d.buf)) {
		d.bad, d.buf = true, nil
		return ""
	}
	s := string(d.buf[:n])
	d.buf = d.buf[n:]
	return s
}

func (d *decoder) text() string { return d.bytes(d.uint()) }

func (d *decoder) share() string {
	n := d.uint()
	if n >= uint64(len(d.shared)) {
		d.bad = true
		return ""
	}
	return d.shared[n]
}

func (d *decoder) id() string {
	n := d.uint()
	if n > 0 {
		return d.bytes(n - 1)
	}
	var u uuid.UUID
	copy(u[:], d.bytes(16))
	return u.String()
}

// count reads a length of a list that holds at most limit elements.
func (d *decoder) count(limit int) int {
	n := d.uint()
	if n > uint64(limit) {
		d.bad = true
		return 0
	}
	return int(n)
}

// decodeItem reads the stored form of an item.
func decodeItem(buf []byte, shared []string) (catalog.Item, error) {
	d := &decoder{buf: buf, shared: shared}
	mask := d.uint()
	i := catalog.Item{ID: d.id(), Type: catalog.ItemType(d.share()), Name: d.text(), Rate: tax.Rate(d.share())}
	d.fields(&i, mask)
	i.ByWeight, i.Tobacco, i.Alcohol = mask&isByWeight != 0, mask&isTobacco != 0, mask&isAlcohol != 0
	i.DiscountProhibited, i.Favourite, i.FreePrice = mask&isDiscountProhibited != 0, mask&isFavourite != 0, mask&isFreePrice != 0
	i.OnTap, i.Divisible, i.Serials = mask&isOnTap != 0, mask&isDivisible != 0, mask&hasSerials != 0
	if d.bad || len(d.buf) > 0 {
		return catalog.Item{}, errItem
	}
	return i, nil
}

func (d *decoder) fields(i *catalog.Item, mask uint64) {
	if mask&hasCode != 0 {
		i.Code = d.text()
	}
	if mask&hasArticle != 0 {
		i.Article = d.text()
	}
	if mask&hasBarcodes != 0 {
		i.Barcodes = make([]string, d.count(MaxBarcodes))
		for n := range i.Barcodes {
			i.Barcodes[n] = d.text()
		}
	}
	if mask&hasPacks != 0 {
		i.Packs = make([]catalog.Pack, d.count(MaxPacks))
		for n := range i.Packs {
			i.Packs[n] = catalog.Pack{ID: d.id(), Name: d.text(), Barcode: d.text(), Quantity: qty.Milli(d.int())}
		}
	}
	if mask&hasPrices != 0 {
		i.Prices = make([]catalog.Price, d.count(MaxPrices))
		for n := range i.Prices {
			i.Prices[n] = catalog.Price{Type: d.share(), Value: money.Amount(d.int())}
		}
	}
	if mask&hasFolder != 0 {
		i.FolderID, i.FolderPath = d.share(), d.share()
	}
	if mask&hasUnit != 0 {
		i.Unit = d.share()
	}
	if mask&hasTracking != 0 {
		i.Tracking = d.share()
	}
	if mask&hasUnitCode != 0 {
		i.UnitCode = int(d.int())
	}
	if mask&hasMRC != 0 {
		i.MRC = d.int()
	}
	if mask&hasKind != 0 {
		i.Kind = int(d.int())
	}
	if mask&hasTaxSystem != 0 {
		i.TaxSystem = tax.System(d.int())
	}
	if mask&hasStock != 0 {
		i.Stock = qty.Milli(d.int())
	}
	if mask&hasParent != 0 {
		i.ParentID = d.id()
	}
	if mask&hasParts != 0 {
		i.Parts = make([]catalog.Part, d.count(MaxParts))
		for n := range i.Parts {
			i.Parts[n] = catalog.Part{ItemID: d.id(), Quantity: qty.Milli(d.int())}
		}
	}
	if mask&hasPicture != 0 {
		i.Picture = d.text()
	}
	if mask&hasTNVED != 0 {
		i.TNVED = d.share()
	}
	if mask&hasGroups != 0 {
		i.Groups = make([]string, d.count(MaxGroups))
		for n := range i.Groups {
			i.Groups[n] = d.share()
		}
	}
}
