// Package shop makes the bench's shop: a believable Russian grocery and
// household shop, and a small second one of an entrepreneur on the simplified
// tax system.
//
// Everything comes out of a seed: the same seed gives the same shop, to the
// last identifier, on every machine. Names of goods are real kinds of goods
// with invented brands; people, numbers and addresses are invented, their
// check digits are right. VAT follows the rules of 2026: 22 % in general,
// 10 % on basic food, goods for children and books, 0 % on international
// carriage, none on exempt goods, 5 and 7 % in the second shop.
package shop

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// The price types.
const (
	PriceRetail    = "Цена продажи"
	PriceCard      = "Цена по карте"
	PriceWholesale = "Оптовая"
)

// WeightPrefix is what the shop's scale labels begin with.
const WeightPrefix = "20"

// Shop is the bench's shop with its second organisation.
type Shop struct {
	Branch
	Second Branch
}

// Branch is one store of one organisation with all it sells.
type Branch struct {
	Store     catalog.Store // with its cashiers, who have no PIN hashes
	Folders   []catalog.Folder
	Items     []catalog.Item
	Discounts []catalog.Discount
	Customers []Customer
	PINs      map[string]string // demo PINs by cashier id
}

// Customer is a person with a discount card.
type Customer struct {
	ID    string
	Name  string
	Phone string
	Email string
	Card  string   // barcode of the discount card
	Tags  []string // groups that discounts may be limited to
}

// Code is something to scan.
type Code struct {
	Code  string       `json:"code"`
	Name  string       `json:"name"`
	Price money.Amount `json:"price"` // of what one scan puts into the cheque, before discounts
	Note  string       `json:"note"`
}

// Generate makes the shop of a seed.
func Generate(seed uint64) Shop {
	return Shop{Branch: grocery(seed), Second: workshop(seed)}
}

// maker makes the parts of one branch.
type maker struct {
	Branch
	rng     *rand.Rand
	folders map[string]catalog.Folder // by their names: "Напитки/Соки"
	used    map[string]bool           // barcodes
	names   map[string]bool
	code    int // last ordinary code
	weight  int // last short code of goods sold by weight
}

func newMaker(seed, stream uint64) *maker {
	return &maker{
		rng: rand.New(rand.NewPCG(seed, stream)), folders: map[string]catalog.Folder{}, used: map[string]bool{}, names: map[string]bool{},
		code: 100_000, weight: 100, Branch: Branch{PINs: map[string]string{}},
	}
}

// id makes a random UUID from the seed.
func (m *maker) id() string {
	var u uuid.UUID
	for i := range u {
		u[i] = byte(m.rng.Uint32())
	}
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}

// barcode makes a new EAN-13 of the Russian range.
func (m *maker) barcode() string {
	for {
		body := fmt.Sprintf("46%d%09d", m.rng.IntN(10), m.rng.IntN(1_000_000_000))
		code := body + string(gs1.CheckDigit(body))
		if !m.used[code] {
			m.used[code] = true
			return code
		}
	}
}

// folder finds or makes the folder of a path of names.
func (m *maker) folder(names string) catalog.Folder {
	if f, ok := m.folders[names]; ok {
		return f
	}
	f := catalog.Folder{ID: m.id(), Name: names, Path: "/"}
	if at := strings.LastIndexByte(names, '/'); at >= 0 {
		parent := m.folder(names[:at])
		f.Name, f.ParentID, f.Path = names[at+1:], parent.ID, parent.Path
	}
	f.Path += f.ID + "/"
	m.folders[names] = f
	m.Folders = append(m.Folders, f)
	return f
}

// line makes up to l.count different goods of one shelf.
func (m *maker) line(l line) {
	brands := l.brands
	if brands == nil {
		brands = houseBrands
	}
	var all []goods
	for _, name := range l.names {
		for _, sort := range orNone(l.sorts) {
			for _, size := range orNone(l.sizes) {
				for _, brand := range brands {
					all = append(all, goods{name, sort, size, brand})
				}
			}
		}
	}
	m.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, g := range all[:min(len(all), l.count)] {
		m.item(l, g)
	}
}

// goods is one combination of a shelf's words.
type goods struct{ name, sort, size, brand string }

func (g goods) String() string {
	words := []string{g.name}
	if g.sort != "" {
		words = append(words, g.sort)
	}
	size, _, _ := strings.Cut(g.size, "|")
	if size != "" {
		words = append(words, size)
	}
	if g.brand != "" {
		words = append(words, "«"+g.brand+"»")
	}
	return strings.Join(words, " ")
}

// factor is how much dearer a size is, in percent: "1 л|180".
func (g goods) factor() int64 {
	_, text, found := strings.Cut(g.size, "|")
	percent := int64(100)
	if found {
		if _, err := fmt.Sscanf(text, "%d", &percent); err != nil {
			panic("shop: size " + g.size)
		}
	}
	return percent
}

func orNone(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// item makes one thing of a shelf.
func (m *maker) item(l line, g goods) {
	name := g.String()
	if m.names[name] {
		return
	}
	m.names[name] = true
	f := m.folder(l.folder)
	i := catalog.Item{
		ID: m.id(), Type: catalog.Product, Name: name, Rate: l.rate, FolderID: f.ID, FolderPath: f.Path,
		Unit: "шт", Kind: 1, Tracking: l.tracking, Alcohol: l.alcohol, DiscountProhibited: l.noDiscount,
		Stock: qty.Milli(m.rng.IntN(200)) * qty.One, Favourite: m.rng.IntN(200) == 0,
	}
	price := m.price(l.from, l.to, g.factor())
	switch {
	case l.weighed:
		m.weight++
		i.Code, i.ByWeight, i.Unit, i.UnitCode = fmt.Sprintf("%05d", m.weight), true, "кг", 11
		i.Stock += qty.Milli(m.rng.IntN(1000))
	case l.service:
		i.Type, i.Kind, i.Stock = catalog.Service, 4, 0
		i.Code = m.nextCode()
	default:
		i.Code, i.Article = m.nextCode(), fmt.Sprintf("А-%05d", m.rng.IntN(100_000))
		i.Barcodes = []string{m.barcode()}
		if m.rng.IntN(12) == 0 { // an old label still in trade
			i.Barcodes = append(i.Barcodes, m.barcode())
		}
	}
	if l.tobacco {
		i.Tobacco, i.Kind, i.MRC, i.DiscountProhibited = true, 2, int64(price), true
	}
	i.Prices = m.prices(price, l)
	if l.pack > 0 {
		i.Packs = []catalog.Pack{{ID: m.id(), Name: fmt.Sprintf("упаковка %d шт", l.pack), Barcode: m.barcode(), Quantity: qty.Milli(l.pack) * qty.One}}
	}
	m.Items = append(m.Items, i)
}

func (m *maker) nextCode() string {
	m.code++
	return fmt.Sprint(m.code)
}

// price draws a price between two sums of roubles and makes it look like one
// from a shelf: it ends in 90 or 99 kopecks, or is a whole sum when large.
func (m *maker) price(from, to, percent int64) money.Amount {
	roubles := max(1, (from+m.rng.Int64N(to-from+1))*percent/100)
	if roubles >= 1000 {
		return money.Amount(roubles/10*10+9) * money.Rouble
	}
	return money.Amount(roubles)*money.Rouble + []money.Amount{90, 99}[m.rng.IntN(2)]
}

// prices gives all price types: a card price for some goods, a wholesale price
// for what has one.
func (m *maker) prices(retail money.Amount, l line) []catalog.Price {
	prices := []catalog.Price{{Type: PriceRetail, Value: retail}}
	if l.tobacco || l.service || l.noDiscount {
		return prices
	}
	if m.rng.IntN(3) == 0 {
		prices = append(prices, catalog.Price{Type: PriceCard, Value: percentOf(retail, 92)})
	}
	return append(prices, catalog.Price{Type: PriceWholesale, Value: percentOf(retail, 85)})
}

func percentOf(a money.Amount, percent int64) money.Amount {
	v, err := a.MulDiv(percent, 100)
	if err != nil {
		panic(err) // a price of the tables is far from the limit
	}
	return v
}
