package catalogfile

import (
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Column is one column of a CSV file.
type Column struct {
	Name  string
	Also  []string // other names a header may give it
	Needs bool     // a file without it is refused
	Help  string
	take  func(r *reader, it *catalog.Item, value string)
	give  func(it *catalog.Item) string
}

// Columns are those a file may have; price columns of other price types are
// "price:NAME" or "цена:NAME".
func Columns() []Column { return columns }

const priceColumn = "price"

var columns = []Column{
	{Name: "id", Also: []string{"ид", "идентификатор"}, Help: "stays with the item for ever; without it the code, the article, the first barcode or the name is, in this order",
		take: textOf(func(it *catalog.Item) *string { return &it.ID }), give: func(it *catalog.Item) string { return it.ID }},
	{Name: "type", Also: []string{"тип"}, Help: "product (also when empty), service, variant, bundle",
		take: func(_ *reader, it *catalog.Item, v string) { it.Type = typeNamed(v) }, give: func(it *catalog.Item) string { return string(it.Type) }},
	{Name: "name", Also: []string{"наименование", "название", "товар"}, Needs: true, Help: "as on the receipt",
		take: textOf(func(it *catalog.Item) *string { return &it.Name }), give: func(it *catalog.Item) string { return it.Name }},
	{Name: "code", Also: []string{"код"}, Help: "the shop's short number", take: textOf(func(it *catalog.Item) *string { return &it.Code }), give: func(it *catalog.Item) string { return it.Code }},
	{Name: "article", Also: []string{"артикул"}, take: textOf(func(it *catalog.Item) *string { return &it.Article }), give: func(it *catalog.Item) string { return it.Article }},
	{Name: "barcodes", Also: []string{"barcode", "штрихкод", "штрихкоды", "штрих-код", "штрих-коды", "ean"}, Help: "46...|20...",
		take: func(_ *reader, it *catalog.Item, v string) { it.Barcodes = split(v) }, give: func(it *catalog.Item) string { return join(it.Barcodes) }},
	{Name: "folder", Also: []string{"папка", "группа", "категория"}, Help: "names from the top: Food/Dairy", take: folderTake},
	{Name: priceColumn, Also: []string{"цена"}, Help: "roubles, of the shop's price type; price:NAME of another", take: func(r *reader, it *catalog.Item, v string) { r.price(it, "", v, 2) }},
	{Name: "vat", Also: []string{"ндс", "ставка ндс"}, Needs: true, Help: "22, 20, 10, 7, 5, 0, none", take: vatTake, give: func(it *catalog.Item) string { return string(it.Rate) }},
	{Name: "unit", Also: []string{"ед", "ед.", "единица", "ед. изм.", "единица измерения"}, take: textOf(func(it *catalog.Item) *string { return &it.Unit }), give: func(it *catalog.Item) string { return it.Unit }},
	{Name: "unit_code", Also: []string{"код единицы"}, Help: "FFD tag 2108: 0 piece, 11 kg, 41 l", take: func(r *reader, it *catalog.Item, v string) { it.UnitCode = r.whole("unit_code", v, mostUnit) },
		give: func(it *catalog.Item) string { return number(it.UnitCode) }},
	{Name: "by_weight", Also: []string{"весовой", "весовой товар"}, Help: "yes, no", take: flagOf(func(it *catalog.Item) *bool { return &it.ByWeight }), give: func(it *catalog.Item) string { return yes(it.ByWeight) }},
	{Name: "tracking", Also: []string{"маркировка", "тип маркировки"}, Help: "TOBACCO, MILK, WATER, ...; empty: not marked", take: textOf(func(it *catalog.Item) *string { return &it.Tracking }), give: func(it *catalog.Item) string { return it.Tracking }},
	{Name: "tobacco", Also: []string{"табак"}, take: flagOf(func(it *catalog.Item) *bool { return &it.Tobacco }), give: func(it *catalog.Item) string { return yes(it.Tobacco) }},
	{Name: "mrc", Also: []string{"мрц"}, Help: "roubles, of tobacco", take: func(r *reader, it *catalog.Item, v string) { it.MRC = int64(r.kopecks("mrc", v, 2)) },
		give: func(it *catalog.Item) string { return sum(it.MRC) }},
	{Name: "alcohol", Also: []string{"алкоголь"}, take: flagOf(func(it *catalog.Item) *bool { return &it.Alcohol }), give: func(it *catalog.Item) string { return yes(it.Alcohol) }},
	{Name: "kind", Also: []string{"предмет расчёта", "предмет расчета"}, Help: "FFD tag 1212: 1 goods, 4 service", take: func(r *reader, it *catalog.Item, v string) { it.Kind = r.whole("kind", v, mostKind) },
		give: func(it *catalog.Item) string { return number(it.Kind) }},
	{Name: "tax_system", Also: []string{"сно", "система налогообложения"}, Help: "FFD tag 1055: 1, 2, 4, 16, 32; empty: the shop's", take: systemTake,
		give: func(it *catalog.Item) string { return number(int(it.TaxSystem)) }},
	{Name: "no_discount", Also: []string{"без скидок"}, take: flagOf(func(it *catalog.Item) *bool { return &it.DiscountProhibited }), give: func(it *catalog.Item) string { return yes(it.DiscountProhibited) }},
	{Name: "free_price", Also: []string{"свободная цена"}, Help: "the cashier may type the price", take: flagOf(func(it *catalog.Item) *bool { return &it.FreePrice }), give: func(it *catalog.Item) string { return yes(it.FreePrice) }},
	{Name: "stock", Also: []string{"остаток"}, take: func(r *reader, it *catalog.Item, v string) { it.Stock = r.onHand(v, 3) }, give: stockGive},
	{Name: "favourite", Also: []string{"favorite", "избранное"}, take: flagOf(func(it *catalog.Item) *bool { return &it.Favourite }), give: func(it *catalog.Item) string { return yes(it.Favourite) }},
	{Name: "parent", Also: []string{"родитель"}, Help: "id of a variant's product", take: textOf(func(it *catalog.Item) *string { return &it.ParentID }), give: func(it *catalog.Item) string { return it.ParentID }},
	{Name: "packs", Also: []string{"упаковки", "упаковка"}, Help: "name=barcode*quantity|...", take: packsTake, give: packsGive},
	{Name: "parts", Also: []string{"состав", "комплект"}, Help: "id*quantity|...", take: partsTake, give: partsGive},
	{Name: "tnved", Also: []string{"тн вэд", "тнвэд", "код тн вэд"}, Help: "code of the customs union's nomenclature", take: textOf(func(it *catalog.Item) *string { return &it.TNVED }), give: func(it *catalog.Item) string { return it.TNVED }},
	{Name: "on_tap", Also: []string{"на розлив", "разливной"}, Help: "sold out of a marked keg", take: flagOf(func(it *catalog.Item) *bool { return &it.OnTap }), give: func(it *catalog.Item) string { return yes(it.OnTap) }},
	{Name: "divisible", Also: []string{"частичное выбытие"}, Help: "a marked package may be sold in parts", take: flagOf(func(it *catalog.Item) *bool { return &it.Divisible }), give: func(it *catalog.Item) string { return yes(it.Divisible) }},
	{Name: "serials", Also: []string{"серийные номера", "серийный учёт", "серийный учет"}, Help: "every unit is sold with its serial number", take: flagOf(func(it *catalog.Item) *bool { return &it.Serials }), give: func(it *catalog.Item) string { return yes(it.Serials) }},
	{Name: "groups", Also: []string{"ограничения", "группы ограничений"}, Help: "of the restrictions, whatever its name says: energy|...", take: func(_ *reader, it *catalog.Item, v string) { it.Groups = split(v) }, give: func(it *catalog.Item) string { return join(it.Groups) }},
	{Name: "picture", Also: []string{"картинка", "изображение"}, take: textOf(func(it *catalog.Item) *string { return &it.Picture }), give: func(it *catalog.Item) string { return it.Picture }},
}

// columnNamed finds a column by what a header calls it.
func columnNamed(name string) (c Column, ok bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, c := range columns {
		if c.Name == name {
			return c, true
		}
		for _, also := range c.Also {
			if also == name {
				return c, true
			}
		}
	}
	head, typ, typed := strings.Cut(strings.TrimSpace(name), ":")
	if typ = strings.TrimSpace(typ); typed && typ != "" && (strings.TrimSpace(head) == priceColumn || strings.TrimSpace(head) == "цена") {
		return Column{Name: priceColumn}, true
	}
	return c, false
}

func textOf(field func(*catalog.Item) *string) func(*reader, *catalog.Item, string) {
	return func(_ *reader, it *catalog.Item, v string) { *field(it) = v }
}

func flagOf(field func(*catalog.Item) *bool) func(*reader, *catalog.Item, string) {
	return func(r *reader, it *catalog.Item, v string) {
		switch strings.ToLower(v) {
		case "1", "yes", "true", "y", "+", "x", "да", "истина", "д":
			*field(it) = true
		case "0", "no", "false", "n", "-", "нет", "ложь", "н":
		default:
			r.mistake(fault.FileValue, "yes, no", v)
		}
	}
}

func typeNamed(v string) catalog.ItemType {
	switch strings.ToLower(v) {
	case "товар":
		return catalog.Product
	case "услуга":
		return catalog.Service
	case "модификация":
		return catalog.Variant
	case "комплект":
		return catalog.Bundle
	}
	return catalog.ItemType(strings.ToLower(v))
}

func vatTake(_ *reader, it *catalog.Item, v string) {
	switch v = strings.ToLower(strings.TrimSpace(strings.TrimSuffix(v, "%"))); v {
	case "без ндс", "нет", "не облагается", "-":
		it.Rate = tax.None
	default:
		it.Rate = tax.Rate(v)
	}
}

func systemTake(r *reader, it *catalog.Item, v string) {
	if s, err := tax.ParseSystem(strings.ToUpper(v)); err == nil {
		it.TaxSystem = s
		return
	}
	it.TaxSystem = tax.System(r.whole("tax_system", v, int(tax.Patent)))
}

func folderTake(r *reader, it *catalog.Item, v string) { it.FolderID = r.folderNamed(v) }

// quantified reads "a*2".
func quantified(r *reader, field, v string) (string, qty.Milli) {
	at := strings.LastIndexByte(v, '*')
	if at < 0 {
		r.mistake(fault.FileValue, field, v)
		return v, 0
	}
	return strings.TrimSpace(v[:at]), r.thousandths(field, v[at+1:], 3)
}

func packsTake(r *reader, it *catalog.Item, v string) {
	for n, one := range split(v) {
		p := catalog.Pack{ID: strconv.Itoa(n + 1)}
		if at := strings.LastIndexByte(one, '='); at >= 0 {
			p.Name, one = strings.TrimSpace(one[:at]), one[at+1:]
		}
		p.Barcode, p.Quantity = quantified(r, "packs", one)
		it.Packs = append(it.Packs, p)
	}
}

func packsGive(it *catalog.Item) string {
	var list []string
	for _, p := range it.Packs {
		one := p.Barcode + "*" + p.Quantity.String()
		if p.Name != "" {
			one = p.Name + "=" + one
		}
		list = append(list, one)
	}
	return join(list)
}

func partsTake(r *reader, it *catalog.Item, v string) {
	for _, one := range split(v) {
		id, q := quantified(r, "parts", one)
		it.Parts = append(it.Parts, catalog.Part{ItemID: id, Quantity: q})
	}
}

func partsGive(it *catalog.Item) string {
	var list []string
	for _, p := range it.Parts {
		list = append(list, p.ItemID+"*"+p.Quantity.String())
	}
	return join(list)
}

// split reads a list.
func split(v string) (list []string) {
	for one := range strings.SplitSeq(v, "|") {
		if one = strings.TrimSpace(one); one != "" {
			list = append(list, one)
		}
	}
	return list
}

func join(list []string) string { return strings.Join(list, "|") }
