package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// The shop of the measurements: any number of items, each a function of its
// number, so nothing has to be kept to know what item 123,456 is.

const (
	seed      = 20260101
	priceType = "retail"
	folders   = 500 // in a catalogue
	rate      = tax.VAT22
)

// now is the moment of all sales here.
var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.FixedZone("MSK", 3*3600))

var (
	goods = []string{"Молоко", "Кефир", "Сыр", "Масло сливочное", "Хлеб", "Батон", "Колбаса", "Сосиски", "Чай", "Кофе", "Сахар",
		"Соль", "Гречка", "Рис", "Макароны", "Мука", "Печенье", "Конфеты", "Шоколад", "Сок", "Вода", "Лимонад", "Яблоки",
		"Картофель", "Морковь", "Шампунь", "Мыло", "Порошок стиральный", "Паста зубная", "Салфетки", "Батарейка", "Лампа", "Тетрадь", "Ручка"}
	kinds = []string{"деревенское", "отборное", "классическое", "детское", "особое", "свежее", "домашнее", "пряное", "светлое", "тёмное",
		"мягкое", "крепкое", "летнее", "зимнее", "праздничное", "северное", "южное", "горное", "луговое", "лёгкое"}
	brands = []string{"Заря", "Берёзка", "Волна", "Полянка", "Родник", "Огонёк", "Ромашка", "Снежинка", "Утро", "Колосок", "Маяк", "Причал",
		"Лесная", "Садовая", "Каравай", "Горница", "Ярмарка", "Подворье", "Радуга", "Звезда", "Парус", "Восход", "Околица", "Теремок"}
)

func itemID(n int) string   { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
func folderID(n int) string { return fmt.Sprintf("00000000-0000-4000-9000-%012d", n) }

// barcode is the EAN-13 of item n, check digit included.
func barcode(n int) string {
	body := fmt.Sprintf("46%010d", n)
	return body + string(gs1.CheckDigit(body))
}

func item(n int) catalog.Item {
	rnd := rand.New(rand.NewPCG(seed, uint64(n)))
	pick := func(words []string) string { return words[rnd.IntN(len(words))] }
	folder := folderID(n % folders)
	return catalog.Item{
		ID: itemID(n), Type: catalog.Product,
		Name: fmt.Sprintf("%s %s %s %d г №%d", pick(goods), pick(kinds), pick(brands), 50*(1+rnd.IntN(40)), n%10_000),
		Code: fmt.Sprintf("%07d", n), Article: fmt.Sprintf("A-%d", n), Barcodes: []string{barcode(n)},
		Prices: []catalog.Price{{Type: priceType, Value: money.Amount(1000 + rnd.IntN(100_000))}}, Rate: rate,
		FolderID: folder, FolderPath: "/" + folder + "/", Unit: "шт",
	}
}

func folder(n int) catalog.Folder {
	return catalog.Folder{ID: folderID(n), Name: fmt.Sprintf("Отдел %d", n), Path: "/" + folderID(n) + "/"}
}

func shopStore() catalog.Store {
	return catalog.Store{ID: "bench", Name: "Магазин", Organization: "ООО Мера", PriceType: priceType, Currency: "RUB",
		TaxSystem: 1, DiscountStrategy: "bySum", UpdatedAt: now,
		Cashiers: []catalog.Cashier{{ID: itemID(9001), Name: "Мерина", PINHash: cashierHash, Role: catalog.RoleCashier}}}
}

// The cashier of the bench's till, for the screens.
const (
	cashierPIN  = "4711"
	cashierHash = "argon2id$1$8192$swinCBgnQjFwqlOGaCYGLw$Zs0KYuQr0CgBQE8+jI5cm4KwzV0k7PXmW0NU1XbEN+Q"
)

// discounts are n rules: some for everything, some for folders, some for
// lists of items, so that most lines are covered by several.
func discounts(n int) []catalog.Discount {
	list := make([]catalog.Discount, n)
	for i := range list {
		d := catalog.Discount{ID: fmt.Sprint(i), Name: fmt.Sprintf("Скидка %d", i), Percent: int64(500 + 10*i)}
		switch i % 10 {
		case 0:
			d.AllItems = true
		case 1, 2, 3, 4:
			for f := i; f < folders; f += 25 {
				d.Folders = append(d.Folders, folderID(f))
			}
		default:
			for k := i; k < 5000; k += 50 {
				d.Items = append(d.Items, itemID(k))
			}
		}
		list[i] = d
	}
	return list
}

// chequeLines are n different items in a cart.
func chequeLines(n int) []cheque.Line {
	lines := make([]cheque.Line, n)
	for i := range lines {
		lines[i] = cheque.Line{ID: uuid.New(), Item: item(i), Code: barcode(i), Qty: qty.Milli(1000 * (1 + i%3))}
	}
	return lines
}

// included is the tax in a price.
func included(price money.Amount) money.Amount {
	info, err := tax.Lookup(rate)
	if err == nil {
		price, err = info.Included(price)
	}
	if err != nil {
		panic(err) // the rate is a constant, prices are small
	}
	return price
}

// sale is document n, a receipt of about 2 KB of JSON.
func sale(n int, shift uuid.UUID) doc.Document {
	d := doc.Document{ID: uuid.Must(uuid.NewV7()), Type: doc.Sell, Number: int64(n), Name: fmt.Sprintf("K1-%d", n), Time: now,
		ShiftID: shift, ShiftNumber: 1, Cashier: doc.Cashier{ID: "1", Name: "Иванова А. А.", Position: "Кассир"}, Currency: "RUB"}
	r := doc.Receipt{ChequeID: uuid.Must(uuid.NewV7()), TaxSystem: 1, Catalog: 1}
	for i := range 3 {
		it := item(n*3 + i)
		price := it.Prices[0].Value
		vat := included(price)
		r.Lines = append(r.Lines, doc.Line{ID: uuid.Must(uuid.NewV7()), ItemID: it.ID, ItemType: string(it.Type), Code: it.Code,
			Barcode: it.Barcodes[0], Name: it.Name, Unit: it.Unit, Qty: 1000, BasePrice: price, Price: price, Gross: price,
			Total: price, Rate: it.Rate, VAT: vat, Kind: 1, Method: 4})
		r.VAT = doc.AddVAT(r.VAT, doc.VATSum{Rate: it.Rate, Total: price, VAT: vat})
		r.Gross, r.Total = r.Gross+price, r.Total+price
	}
	r.Payments = []doc.Payment{{ID: uuid.Must(uuid.NewV7()), Type: doc.PayCash, Sum: r.Total, Tendered: r.Total}}
	d.Receipt = &r
	d.Fiscal = &doc.Fiscal{FN: "9999078900001234", FD: uint32(n), Sign: 1_234_567_890, Shift: 1, Receipt: int64(n), Time: now,
		Total: r.Total, Serial: "0478760000012345", RegNumber: "0000000001012345"}
	return d
}
