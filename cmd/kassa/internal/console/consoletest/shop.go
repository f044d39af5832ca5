package consoletest

import (
	"context"
	"fmt"
	"sync"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// PIN is Анна's, the one the tests log in with.
const PIN = "1234"

const retail = "Розничная цена"

// Store is the shop's settings.
var Store = catalog.Store{ID: "store", Name: "Магазин «Берёзка»", Organization: "ООО «Берёзка»", INN: "7701234567", PriceType: retail, Currency: "RUB", TaxSystem: tax.General,
	ManualDiscount: true, MaxDiscount: 20_000, FreePrice: true}

// Cashiers are those who work here, by PIN.
func Cashiers() map[string]*catalog.Cashier {
	return map[string]*catalog.Cashier{
		PIN:    {ID: "anna", Name: "Анна Кузнецова", Position: "Кассир", INN: "770123456789", Role: catalog.RoleCashier},
		"4321": {ID: "boris", Name: "Борис Старцев", Position: "Старший кассир", Role: catalog.RoleSenior},
		"9876": {ID: "vera", Name: "Вера Хозяева", Position: "Владелец", Role: catalog.RoleOwner},
	}
}

// Discounts are the rules of the shop.
func Discounts() []catalog.Discount {
	return []catalog.Discount{
		{ID: "d1", Name: "Свежая неделя: молочное", Folders: []string{"milk"}, Percent: 10_000},
		{ID: "d2", Name: "Скидка на чай", Items: []string{"i013"}, Percent: 15_000},
	}
}

// Promotions are the shop's own rules.
func Promotions() []catalog.Promotion {
	return []catalog.Promotion{{ID: "p1", Name: "По купону ЛЕТО", When: catalog.Conditions{Coupon: "ЛЕТО"}, On: catalog.Scope{All: true},
		Give: catalog.Effect{Kind: catalog.GiveChequeMoney, Sum: 10_00}}}
}

// Customers are those the shop knows.
func Customers() []catalog.CustomerCard {
	points := money.Amount(50_00)
	return []catalog.CustomerCard{{Customer: catalog.Customer{ID: "c1", Bonus: &points, BonusProgram: "b1"}, Name: "Ольга Петрова", Card: "77001"},
		{Customer: catalog.Customer{ID: "c2"}, Name: "Олег Петров", Card: "77002"}}
}

// Folders are the shop's shelves.
func Folders(context.Context) ([]catalog.Folder, error) {
	var out []catalog.Folder
	for _, f := range []struct{ id, name, parent string }{
		{"bread", "Хлеб и выпечка", ""}, {"milk", "Молочные продукты", ""}, {"fruit", "Овощи и фрукты", ""}, {"tea", "Чай, кофе, какао", ""},
		{"meat", "Мясо, птица, колбасные изделия", ""}, {"sweet", "Сладости", ""}, {"drink", "Напитки", ""}, {"house", "Бытовая химия и хозяйственные товары", ""},
		{"cheese", "Сыры", "milk"}, {"empty", "Новинки", ""},
	} {
		folder := catalog.Folder{ID: f.id, Name: f.name, ParentID: f.parent, Path: "/" + f.id + "/"}
		for _, s := range shelves {
			switch s.folder {
			case f.id:
				folder.Items++
			case "cheese":
				if f.id == "milk" {
					folder.Below++
				}
			}
		}
		out = append(out, folder)
	}
	return out, nil
}

type shelf struct {
	folder, name string
	kopecks      money.Amount
	rate         tax.Rate
	kind         string // "", "kg", "marked", "noprice", "fav"
}

var shelves = []shelf{
	{"bread", "Хлеб «Бородинский» нарезка 400 г", 64_90, tax.VAT10, "fav"},
	{"bread", "Батон нарезной 380 г", 49_90, tax.VAT10, "fav"},
	{"bread", "Булочка с корицей и грецким орехом", 58_00, tax.VAT22, ""},
	{"milk", "Молоко «Простоквашино» пастеризованное 2,5 % 930 мл", 98_50, tax.VAT10, "fav"},
	{"milk", "Кефир 1 % 900 г", 84_00, tax.VAT10, ""},
	{"milk", "Творог зернёный 5 % 350 г", 139_90, tax.VAT10, ""},
	{"milk", "Сметана 20 % 300 г", 102_30, tax.VAT10, ""},
	{"cheese", "Сыр «Российский» молодой 50 % фас.", 789_00, tax.VAT10, "kg"},
	{"fruit", "Бананы", 134_90, tax.VAT10, "fav kg"},
	{"fruit", "Яблоки «Гренни Смит»", 169_90, tax.VAT22, "kg"},
	{"fruit", "Помидоры черри на ветке", 459_00, tax.VAT22, "kg"},
	{"fruit", "Картофель мытый", 54_90, tax.VAT10, "fav kg"},
	{"tea", "Чай чёрный байховый цейлонский крупнолистовой «Принцесса Нури» высший сорт, 100 пакетиков с ярлычками, в подарочной коробке", 389_00, tax.VAT22, ""},
	{"tea", "Кофе в зёрнах 100 % арабика 1 кг", 1890_00, tax.VAT22, ""},
	{"tea", "Какао-порошок 100 г", 124_00, tax.VAT22, ""},
	{"meat", "Филе грудки цыплёнка-бройлера охлаждённое", 389_90, tax.VAT10, "kg"},
	{"meat", "Колбаса «Докторская» ГОСТ 400 г", 329_00, tax.VAT10, ""},
	{"meat", "Пельмени домашние 800 г", 412_00, tax.VAT10, ""},
	{"sweet", "Шоколад молочный с цельным фундуком 90 г", 129_90, tax.VAT22, "fav"},
	{"sweet", "Зефир бело-розовый 250 г", 118_00, tax.VAT22, ""},
	{"sweet", "Печенье овсяное 500 г", 142_50, tax.VAT22, ""},
	{"drink", "Вода минеральная газированная 1,5 л", 69_00, tax.VAT22, "marked"},
	{"drink", "Сок яблочный прямого отжима 1 л", 156_00, tax.VAT22, ""},
	{"drink", "Квас хлебный живого брожения 1,5 л", 112_00, tax.VAT22, ""},
	{"house", "Пакет-майка с логотипом", 8_00, tax.VAT22, "fav"},
	{"house", "Средство для мытья посуды «Лимон» 900 мл", 174_90, tax.VAT22, ""},
	{"house", "Бумага туалетная трёхслойная 8 рулонов", 286_00, tax.VAT22, ""},
	{"house", "Лампа светодиодная E27 10 Вт", 149_00, tax.VAT22, ""},
	{"house", "Подарочный сертификат", 0, tax.VAT22, "noprice"},
}

// Items is the whole shop: a few things with names of their own and enough
// others to fill a long cheque.
var Items = sync.OnceValue(func() []catalog.Item {
	var out []catalog.Item
	for _, s := range shelves {
		out = append(out, item(len(out)+1, s))
	}
	for n := range 60 {
		out = append(out, item(len(out)+1, shelf{"sweet", fmt.Sprintf("Конфета шоколадная № %d", n+1), money.Amount(1500 + 37*n), tax.VAT22, ""}))
	}
	return out
})

func item(n int, s shelf) catalog.Item {
	it := catalog.Item{ID: fmt.Sprintf("i%03d", n), Type: catalog.Product, Name: s.name, Code: fmt.Sprintf("%05d", n), Barcodes: []string{Barcode(n)},
		Rate: s.rate, FolderID: s.folder, FolderPath: "/" + s.folder + "/", Unit: "шт"}
	if s.folder == "cheese" {
		it.FolderPath = "/milk/cheese/"
	}
	if s.kopecks > 0 {
		it.Prices = []catalog.Price{{Type: retail, Value: s.kopecks}}
	}
	switch s.kind {
	case "kg", "fav kg":
		it.ByWeight, it.Unit, it.UnitCode = true, "кг", 11
	case "marked":
		it.Tracking = "WATER"
	}
	if it.Stock = qty.Milli(n%7) * 12 * qty.One; s.folder == "milk" && n%2 == 0 {
		it.Stock = -qty.One
	}
	it.Favourite = s.kind == "fav" || s.kind == "fav kg"
	return it
}

// Barcode is the EAN-13 of the nth item, from 1.
func Barcode(n int) string {
	s := fmt.Sprintf("4600%08d", n)
	sum := 0
	for i, c := range []byte(s) {
		d := int(c - '0')
		if i%2 == 1 {
			d *= 3
		}
		sum += d
	}
	return s + fmt.Sprint((10-sum%10)%10)
}

// Weighed is a quantity of thousandths in front of the nth item's barcode.
func Weighed(q qty.Milli, n int) string { return q.String() + "*" + Barcode(n) }
