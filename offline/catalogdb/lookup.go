package catalogdb

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/qty"
)

// What a code is to its item, best first.
const (
	byBarcode byte = iota
	byPack
	byCode
	byArticle
)

// codeRef says which item a code stands for, and as what.
type codeRef struct {
	kind    byte
	ordinal uint32
	pack    int // byPack: index into the item's packs
}

func (r codeRef) encode(out []byte) []byte {
	out = binary.BigEndian.AppendUint32(append(out, r.kind), r.ordinal)
	if r.kind == byPack {
		out = append(out, byte(r.pack)) // MaxPacks fits
	}
	return out
}

func decodeRef(b []byte) (codeRef, error) {
	if len(b) < 5 || b[0] > byArticle || (b[0] == byPack) != (len(b) == 6) || len(b) > 6 {
		return codeRef{}, fmt.Errorf("%w: code index", ErrDamaged)
	}
	r := codeRef{kind: b[0], ordinal: binary.BigEndian.Uint32(b[1:])}
	if r.kind == byPack {
		r.pack = int(b[5])
	}
	return r, nil
}

// decodeRefs reads the items of one code; the first generations had one each.
func decodeRefs(b []byte) (refs []codeRef, err error) {
	for len(b) > 0 {
		size := 5
		if b[0] == byPack {
			size = 6
		}
		r, err := decodeRef(b[:min(size, len(b))])
		if err != nil {
			return nil, err
		}
		refs, b = append(refs, r), b[size:]
	}
	if len(refs) == 0 {
		return nil, fmt.Errorf("%w: code index", ErrDamaged)
	}
	return refs, nil
}

// maxClaims is how many items with one code are looked at, in bytes next to
// nothing: enough for every barcode, and for an article a whole range shares.
const maxClaims = 1 << 16

// class: a scan means a barcode, be it the item's or its pack's; who types may
// mean a code, and then an article.
func (r codeRef) class() byte {
	if r.kind == byPack {
		return byBarcode
	}
	return r.kind
}

// winners are the claims of the best class to one code, each item once: its
// own barcode goes before its pack's, and an item before a pack.
func winners(claims []codeRef) []codeRef {
	slices.SortStableFunc(claims, func(a, b codeRef) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.ordinal, b.ordinal))
	})
	seen := map[uint32]bool{}
	won := claims[:0]
	for _, r := range claims {
		if r.class() == claims[0].class() && !seen[r.ordinal] {
			seen[r.ordinal] = true
			won = append(won, r)
		}
	}
	return won
}

// Lookup finds what a scanned or typed code stands for, in the generation
// with that number; 0 or one that is gone means the current. In order: the
// code as it is (an item's barcode, a pack's with the pack's quantity, an
// item's code, its article), the other spellings of the same GTIN, a scale
// label of the shop (quantity is the weight), the GTIN inside a marking code. A
// serial number finds its item beside all of them.
// Where several items claim the code, the others are in Others. ErrNotFound
// when it is none of these; a code longer than gs1.MaxCode is
// gs1.ErrTooLong.
func (db *DB) Lookup(ctx context.Context, number int64, code string) (catalog.Match, error) {
	var m catalog.Match
	err := db.read(ctx, number, func(g *generation, v *view) (err error) {
		m, err = g.lookup(v, code)
		return err
	})
	if err != nil {
		return catalog.Match{}, err
	}
	return m, nil
}

func (g *generation) lookup(v *view, code string) (catalog.Match, error) {
	c, err := gs1.Classify(code, &gs1.Shop{WeightPrefix: g.info.Store.WeightPrefix})
	if errors.Is(err, gs1.ErrEmpty) {
		return catalog.Match{}, fmt.Errorf("%w: empty code", ErrNotFound)
	}
	if err != nil {
		return catalog.Match{}, err
	}
	m, err := g.exact(v, gs1.Equivalents(code))
	if m, err = g.orSerial(v, code, m, err); err == nil && m.Serial != "" && len(m.Others) == 0 {
		m.Code = code
		return m, nil
	}
	if errors.Is(err, ErrNotFound) {
		switch c.Kind {
		case gs1.WeightEAN:
			m, err = g.weighed(v, c)
		case gs1.ElementString, gs1.TobaccoPack:
			m, err = g.exact(v, gs1.Equivalents(c.GTIN))
		}
	}
	if err != nil {
		return catalog.Match{}, err
	}
	m.Code = code
	for i := range m.Others {
		m.Others[i].Code = code
	}
	return m, nil
}

// exact finds what the spellings of one code stand for: the items of the best
// class, those of earlier spellings first.
func (g *generation) exact(v *view, spellings []string) (m catalog.Match, err error) {
	var found []codeRef
	for _, code := range spellings {
		value, err := get(v, append([]byte{spaceCode}, code...))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return m, err
		}
		refs, err := decodeRefs(value)
		if err != nil {
			return m, err
		}
		if len(found) > 0 && refs[0].class() < found[0].class() {
			found = nil
		}
		for _, r := range refs {
			known := slices.ContainsFunc(found, func(f codeRef) bool { return f.ordinal == r.ordinal || f.class() < r.class() })
			if !known && len(found) < MaxSame {
				found = append(found, r)
			}
		}
	}
	if len(found) == 0 {
		return m, fmt.Errorf("%w: code", ErrNotFound)
	}
	if m, err = g.match(v, found[0]); err != nil {
		return m, err
	}
	for _, r := range found[1:] {
		other, err := g.match(v, r)
		if err != nil {
			return m, err
		}
		m.Others = append(m.Others, other)
	}
	return m, nil
}

func (g *generation) match(v *view, ref codeRef) (catalog.Match, error) {
	item, err := g.item(v, ref.ordinal)
	if err != nil {
		return catalog.Match{}, err
	}
	m := catalog.Match{Generation: g.number, Item: item, Qty: qty.One}
	if ref.kind == byPack {
		if ref.pack >= len(item.Packs) {
			return catalog.Match{}, fmt.Errorf("%w: pack %d of item %s", ErrDamaged, ref.pack, item.ID)
		}
		m.PackID, m.Qty = item.Packs[ref.pack].ID, item.Packs[ref.pack].Quantity
	}
	m.Parts, err = g.parts(v, &item)
	return m, err
}

// parts reads what a bundle is made of.
func (g *generation) parts(v *view, item *catalog.Item) ([]catalog.Item, error) {
	if len(item.Parts) == 0 {
		return nil, nil
	}
	all := make([]catalog.Item, len(item.Parts))
	for i := range item.Parts {
		ordinal, err := g.ordinal(v, item.Parts[i].ItemID)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err == nil {
			all[i], err = g.item(v, ordinal)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// weighed finds the goods of a scale label by their short code, with or
// without its leading zeros. Only goods sold by weight have labels.
func (g *generation) weighed(v *view, c gs1.Code) (catalog.Match, error) {
	m, err := g.exact(v, []string{c.Goods, strings.TrimLeft(c.Goods, "0")})
	if err != nil {
		return catalog.Match{}, err
	}
	all := append([]catalog.Match{m}, m.Others...)
	all = slices.DeleteFunc(all, func(m catalog.Match) bool { return !m.Item.ByWeight || m.PackID != "" })
	if len(all) == 0 {
		return catalog.Match{}, fmt.Errorf("%w: code %s is not sold by weight", ErrNotFound, c.Goods)
	}
	for i := range all {
		all[i].Qty, all[i].Others = c.Weight, nil
	}
	m, m.Others = all[0], all[1:]
	return m, nil
}

// Item returns the item with that id, in the generation with that number; 0
// or one that is gone means the current. ErrNotFound when there is none.
func (db *DB) Item(ctx context.Context, number int64, id string) (item catalog.Item, err error) {
	err = db.read(ctx, number, func(g *generation, v *view) error {
		ordinal, err := g.ordinal(v, id)
		if err != nil {
			return err
		}
		item, err = g.item(v, ordinal)
		return err
	})
	return item, err
}

// ordinal finds the place of the item with that id.
func (g *generation) ordinal(v *view, id string) (uint32, error) {
	if len(id) > MaxID {
		return 0, fmt.Errorf("%w: item", ErrNotFound)
	}
	value, err := get(v, append([]byte{spaceID}, id...))
	if err != nil {
		return 0, err
	}
	if len(value) != 4 {
		return 0, fmt.Errorf("%w: id index", ErrDamaged)
	}
	return binary.BigEndian.Uint32(value), nil
}

// item reads an item as it is sold: a variant has its product's price of every
// price type it has no price of its own of.
func (g *generation) item(v *view, ordinal uint32) (catalog.Item, error) {
	it, err := g.stated(v, ordinal)
	if err != nil || it.Type != catalog.Variant || it.ParentID == "" {
		return it, err
	}
	at, err := g.ordinal(v, it.ParentID)
	if errors.Is(err, ErrNotFound) {
		return it, nil // the product is not sold here
	}
	if err != nil {
		return it, err
	}
	product, err := g.stated(v, at)
	if err != nil {
		return it, err
	}
	it.Prices = slices.DeleteFunc(it.Prices, func(p catalog.Price) bool { return p.Value <= 0 })
	for _, p := range product.Prices {
		if _, own := it.PriceOf(p.Type); !own && p.Value > 0 {
			it.Prices = append(it.Prices, p)
		}
	}
	return it, nil
}

// stated reads an item as it came. An index named it: its absence is damage.
func (g *generation) stated(v *view, ordinal uint32) (catalog.Item, error) {
	value, err := get(v, ordinalKey(spaceItem, ordinal))
	if err != nil {
		return catalog.Item{}, fmt.Errorf("%w: item %d: %v", ErrDamaged, ordinal, err)
	}
	item, err := decodeItem(value, g.shared)
	if err != nil {
		return catalog.Item{}, fmt.Errorf("%w: item %d: %v", ErrDamaged, ordinal, err)
	}
	return item, nil
}
