package shop

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// tagRegular marks customers whom the tag-limited discount is for.
const tagRegular = "постоянный"

// grocery makes the main shop.
func grocery(seed uint64) Branch {
	m := newMaker(seed, 1)
	for _, l := range groceryShelves {
		m.line(l)
	}
	m.variants()
	m.bundle()
	m.rules()
	m.customers(120)
	m.Store = catalog.Store{
		ID: m.id(), Name: "Магазин «Ромашково» на Садовой", Address: "г. Калинов, ул. Садовая, д. 12",
		Organization: "ООО «Ромашково»", OrganizationID: m.id(), INN: m.companyINN(),
		PriceType: PriceRetail, Currency: "RUB", TaxSystem: tax.General, DiscountStrategy: "bySum",
		ManualDiscount: true, MaxDiscount: 15_000, WeightPrefix: WeightPrefix, Prefix: "Р1-",
	}
	m.cashier("maria@romashkovo", "Иванова Мария Петровна", "Кассир", catalog.RoleCashier, "1111", true)
	m.cashier("oleg@romashkovo", "Соколов Олег Игоревич", "Кассир", catalog.RoleCashier, "2222", false)
	m.cashier("anna@romashkovo", "Белова Анна Сергеевна", "Старший кассир", catalog.RoleSenior, "3333", true)
	return m.Branch
}

// workshop makes the shop of the second organisation.
func workshop(seed uint64) Branch {
	m := newMaker(seed, 2)
	for _, l := range workshopShelves {
		m.line(l)
	}
	m.customers(10)
	m.Store = catalog.Store{
		ID: m.id(), Name: "Мастерская «Глина и Печь»", Address: "г. Калинов, ул. Гончарная, д. 3",
		Organization: "ИП Глинкин Павел Андреевич", OrganizationID: m.id(), INN: m.personINN(),
		PriceType: PriceRetail, Currency: "RUB", TaxSystem: tax.SimplifiedIncome, DiscountStrategy: "byPriority",
		ManualDiscount: true, MaxDiscount: 10_000, Prefix: "Г1-",
	}
	m.cashier("pavel@glina", "Глинкин Павел Андреевич", "Мастер", catalog.RoleOwner, "4444", true)
	return m.Branch
}

// variants makes gloves in sizes: one product, three variants of it.
func (m *maker) variants() {
	for _, brand := range homeBrands[:3] {
		m.item(line{folder: "Хозяйственные товары/Перчатки", from: 79, to: 159, rate: tax.VAT22}, goods{name: "Перчатки хозяйственные", brand: brand})
		parent := m.Items[len(m.Items)-1]
		for _, size := range []string{"S", "M", "L"} {
			v := parent
			v.ID, v.Type, v.ParentID, v.Name = m.id(), catalog.Variant, parent.ID, parent.Name+" ("+size+")"
			v.Code, v.Barcodes, v.Prices = m.nextCode(), []string{m.barcode()}, slices.Clone(parent.Prices)
			m.Items = append(m.Items, v)
		}
	}
}

// bundle makes a set of goods sold at one price.
func (m *maker) bundle() {
	m.item(line{folder: "Сладости/Наборы", from: 490, to: 890, rate: tax.VAT22}, goods{name: "Набор подарочный", sort: "«К чаю»"})
	m.Items[len(m.Items)-1].Type = catalog.Bundle
}

// rules makes the shop's discounts.
func (m *maker) rules() {
	m.Discounts = []catalog.Discount{
		{ID: m.id(), Name: "Сладкая неделя 5%", Folders: []string{m.folder("Сладости").ID}, Percent: 5000},
		{ID: m.id(), Name: "Цена по карте", Items: m.cardGoods(60), PriceType: PriceCard},
		{ID: m.id(), Name: "Постоянным покупателям 7%", AllItems: true, Tags: []string{tagRegular}, Percent: 7000},
	}
}

// cardGoods picks goods with a card price, apart from the sweets, which have
// a rule of their own.
func (m *maker) cardGoods(n int) (ids []string) {
	sweets := m.folder("Сладости").Path
	for _, i := range m.Items {
		if _, has := i.PriceOf(PriceCard); has && len(ids) < n && i.Type == catalog.Product && !i.Marked() && !strings.HasPrefix(i.FolderPath, sweets) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

func (m *maker) cashier(id, name, position string, role catalog.Role, pin string, withINN bool) {
	c := catalog.Cashier{ID: id, Name: name, Position: position, Role: role}
	if withINN {
		c.INN = m.personINN()
	}
	m.Store.Cashiers = append(m.Store.Cashiers, c)
	m.PINs[id] = pin
}

var (
	surnames = []string{"Кузнецов", "Морозов", "Волков", "Лебедев", "Зайцев", "Павлов", "Орлов", "Макаров", "Фролов", "Тихонов"}
	names    = []string{"Алексей", "Дмитрий", "Сергей", "Николай", "Михаил", "Андрей", "Иван", "Фёдор"}
)

// customers makes people with discount cards; a third of them are regulars.
func (m *maker) customers(n int) {
	for i := range n {
		body := fmt.Sprintf("298%09d", 1000+i)
		c := Customer{
			ID: m.id(), Name: surnames[m.rng.IntN(len(surnames))] + " " + names[m.rng.IntN(len(names))],
			Phone: fmt.Sprintf("+7900000%04d", i), Email: fmt.Sprintf("buyer%d@example.org", i+1), Card: body + string(gs1.CheckDigit(body)),
		}
		if i%3 == 0 {
			c.Tags = []string{tagRegular}
		}
		m.Customers = append(m.Customers, c)
	}
}

// companyINN makes a taxpayer number of an organisation: nine digits and a check digit.
func (m *maker) companyINN() string {
	body := fmt.Sprintf("77%07d", m.rng.IntN(10_000_000))
	return body + innDigit(body, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}

// personINN makes a taxpayer number of a person: ten digits and two check digits.
func (m *maker) personINN() string {
	body := fmt.Sprintf("77%08d", m.rng.IntN(100_000_000))
	body += innDigit(body, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
	return body + innDigit(body, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}

func innDigit(body string, weights ...int) string {
	sum := 0
	for i, w := range weights {
		sum += int(body[i]-'0') * w
	}
	return fmt.Sprint(sum % 11 % 10)
}

// Codes lists a dozen things worth scanning in the main shop. Everything in it
// can be sold: nothing marked, no tobacco, no price of zero.
func (s *Shop) Codes() []Code {
	sweets := s.folderNamed("Сладости").Path
	under := func(path string) func(i *catalog.Item) bool {
		return func(i *catalog.Item) bool { return strings.HasPrefix(i.FolderPath, path) }
	}
	plain := func(rate tax.Rate) func(i *catalog.Item) bool {
		return func(i *catalog.Item) bool {
			_, card := i.PriceOf(PriceCard)
			return i.Rate == rate && len(i.Barcodes) > 0 && len(i.Packs) == 0 && !card && !under(sweets)(i)
		}
	}
	var list []Code
	add := func(note string, code func(i *catalog.Item) (string, qty.Milli), fits func(i *catalog.Item) bool, skip int) {
		for n := range s.Items {
			i := &s.Items[n]
			if i.Marked() || i.Alcohol || i.Type == catalog.Bundle || !fits(i) {
				continue
			}
			if skip--; skip >= 0 {
				continue
			}
			scan, quantity := code(i)
			list = append(list, Code{Code: scan, Name: i.Name, Price: s.worth(i, quantity), Note: note})
			return
		}
	}
	add("НДС 10 %", byBarcode, plain(tax.VAT10), 0)
	add("НДС "+string(s.usual())+" %", byBarcode, plain(s.usual()), 0)
	add("НДС 10 %, ещё один", byBarcode, plain(tax.VAT10), 40)
	add("скидка 5 % на папку «Сладости»", byBarcode, func(i *catalog.Item) bool { return under(sweets)(i) && len(i.Barcodes) > 0 }, 0)
	add("продаётся по цене по карте", byBarcode, func(i *catalog.Item) bool { return slices.Contains(s.Discounts[1].Items, i.ID) }, 0)
	add("упаковка", func(i *catalog.Item) (string, qty.Milli) { return i.Packs[0].Barcode, i.Packs[0].Quantity }, func(i *catalog.Item) bool { return len(i.Packs) > 0 }, 0)
	add("штрихкод весов, 1,530 кг", weighed(1530), func(i *catalog.Item) bool { return i.ByWeight }, 0)
	add("штрихкод весов, 0,250 кг", weighed(250), func(i *catalog.Item) bool { return i.ByWeight && i.Rate == s.usual() }, 0)
	add("услуга, по коду", byCode, func(i *catalog.Item) bool { return i.Type == catalog.Service && i.Rate == s.usual() }, 0)
	add("услуга, НДС 0 %", byCode, func(i *catalog.Item) bool { return i.Rate == tax.VAT0 }, 0)
	add("без НДС", byBarcode, plain(tax.None), 0)
	add("модификация", byBarcode, func(i *catalog.Item) bool { return i.Type == catalog.Variant }, 0)
	return list
}

func byBarcode(i *catalog.Item) (string, qty.Milli) { return i.Barcodes[0], qty.One }
func byCode(i *catalog.Item) (string, qty.Milli)    { return i.Code, qty.One }

// weighed makes the label a scale would print.
func weighed(grams int64) func(i *catalog.Item) (string, qty.Milli) {
	return func(i *catalog.Item) (string, qty.Milli) {
		body := fmt.Sprintf("%s%s%05d", WeightPrefix, i.Code, grams)
		return body + string(gs1.CheckDigit(body)), qty.Milli(grams)
	}
}

func (s *Shop) worth(i *catalog.Item, quantity qty.Milli) money.Amount {
	price, _ := i.PriceOf(s.Store.PriceType)
	sum, err := quantity.Times(price)
	if err != nil {
		panic(err) // prices of the tables are far from the limit
	}
	return sum
}

func (s *Shop) folderNamed(name string) catalog.Folder {
	for _, f := range s.Folders {
		if f.Name == name && f.ParentID == "" {
			return f
		}
	}
	panic("shop: no folder " + name)
}
