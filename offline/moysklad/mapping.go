package moysklad

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// currencies: ISO 4217 numbers, which the service gives, to letters.
var currencies = map[string]string{
	"643": "RUB", "933": "BYN", "398": "KZT", "417": "KGS", "051": "AMD", "860": "UZS", "840": "USD", "978": "EUR", "156": "CNY",
}

// The kinds of discounts.
const (
	specialPrice = "specialpricediscount"
	accumulation = "accumulationdiscount"
	personal     = "personaldiscount"
)

// milliPercent: percents are kept in thousandths of a percent.
const milliPercent = 3

func (c *Client) store(ws wireStore, wc wireCompany) (catalog.Store, error) {
	s := catalog.Store{
		ID: ws.id(), Name: string(ws.Name), Address: first(ws.Address, ws.Warehouse.Address),
		Organization: first(ws.Organization.LegalTitle, ws.Organization.Name), OrganizationID: ws.Organization.id(),
		INN: string(ws.Organization.INN), PriceType: string(ws.PriceType), Currency: currency(wc),
		DiscountStrategy: first(wc.DiscountStrategy, "bySum"), ManualDiscount: ws.DiscountOn.v, FreePrice: ws.FreePrice.v, Tobacco: tobacco(ws.TobaccoMRC), Marking: marking(ws.Marking),
		OnlineDiscount: ws.OnlinePrices.v, FiscalType: fiscalType(ws.FiscalType), LastNumbers: lastNumbers(ws), UpdatedAt: c.o.Now(),
	}
	var err error
	if s.MaxDiscount, _, err = ws.DiscountMax.scaled(milliPercent); err != nil {
		return s, garbage(fmt.Errorf("discountMaxPercent: %w", err))
	}
	if s.TaxSystem, err = tax.ParseSystem(string(ws.TaxSystem)); err != nil && ws.Organization.PayerVAT.v {
		s.TaxSystem = tax.General // only the general system pays VAT by default
	}
	if wc.WeightBarcodes.v {
		s.WeightPrefix = string(wc.WeightPrefix)
	}
	for i := range ws.Cashiers.Rows {
		who, err := c.cashier(&ws.Cashiers.Rows[i])
		if err != nil {
			return s, err
		}
		s.Cashiers = append(s.Cashiers, who)
	}
	return s, nil
}

// fiscalType is where the store's receipts are registered; "": where they are
// made.
func fiscalType(t text) string {
	if t == "STANDARD" {
		return ""
	}
	return string(t)
}

// tobacco is how the store's tobacco is priced, as far as it is known.
func marking(mode text) string {
	switch mode {
	case catalog.MarksCorrect, catalog.MarksNoErrors, catalog.MarksAny:
		return string(mode)
	}
	return ""
}

func tobacco(control text) string {
	switch control {
	case "USER_PRICE", "MRC_PRICE", "SAME_PRICE":
		return string(control)
	}
	return ""
}

func currency(wc wireCompany) string {
	code := string(wc.Currency.Code)
	if iso, ok := currencies[code]; ok {
		return iso
	}
	return first(wc.Currency.Code, wc.Currency.Name)
}

// cashier maps one employee. The uid, which names him to the service, is his
// badge: a till that scans it knows who it is.
func (c *Client) cashier(w *wireCashier) (catalog.Cashier, error) {
	who := catalog.Cashier{
		ID: w.id(), Badge: string(w.UID), Position: string(w.Position), Role: catalog.RoleCashier,
		Name: strings.Join(strings.Fields(string(w.Last)+" "+string(w.First)+" "+string(w.Middle)), " "),
	}
	if who.Name == "" {
		who.Name = first(w.Name, w.UID)
	}
	if inn := string(w.INN); len(inn) == 12 && strings.Trim(inn, "0123456789") == "" {
		who.INN = inn
	}
	if w.PIN != "" && c.o.HashPIN != nil {
		hash, err := c.o.HashPIN(string(w.PIN))
		if err != nil {
			return who, fmt.Errorf("hash a cashier's PIN: %w", err)
		}
		who.PINHash = hash
	}
	return who, nil
}

// lastNumbers reads the trailing digits of the last document names.
func lastNumbers(ws wireStore) map[string]int {
	last := map[string]int{}
	for _, n := range ws.LastNames {
		s := string(n.Name)
		digits := s[len(strings.TrimRight(s, "0123456789")):]
		if v, err := strconv.Atoi(digits); err == nil && n.Entity != "" && len(digits) <= 10 {
			last[string(n.Entity)] = max(last[string(n.Entity)], v)
		}
	}
	return last
}

// folder maps a folder: the service's path ends above it, ours with it.
func folder(w *wireFolder) catalog.Folder {
	f := catalog.Folder{ID: w.id(), Name: string(w.Name), Path: "/" + w.id() + "/"}
	if p := string(w.Path); strings.HasPrefix(p, "/") && strings.HasSuffix(p, "/") {
		f.Path = p + w.id() + "/"
	}
	if w.Parent != nil {
		f.ParentID = w.Parent.Meta.tail()
	}
	return f
}

// item maps a row; rounded says that a price had parts of a kopeck.
func item(w *wireItem) (it catalog.Item, rounded bool, err error) {
	if w.id() == "" {
		return it, false, fmt.Errorf("no id")
	}
	p := w.Product
	if p == nil {
		p = &wireItem{}
	}
	it = catalog.Item{
		ID: w.id(), Type: catalog.ItemType(w.Meta.Type), Name: string(w.Name), Code: string(w.Code),
		Article: first(w.Article, p.Article), Barcodes: barcodes(w.Barcodes), Rate: vatRate(w, p),
		Unit: first(w.UOM, p.UOM), ByWeight: either(w.ByWeight, p.ByWeight),
		Tracking: first(w.Tracking, p.Tracking), Tobacco: either(w.Tobacco, p.Tobacco), Alcohol: either(w.Alcohol, p.Alcohol),
		Kind: kinds[first(w.Kind, p.Kind)], DiscountProhibited: either(w.NoDiscount, p.NoDiscount),
		Favourite: w.Favourite.v, TNVED: first(w.TNVED, p.TNVED), OnTap: either(w.OnTap, p.OnTap),
		Divisible: either(w.Divisible, p.Divisible), Serials: either(w.Serials, p.Serials),
	}
	it.UnitCode = unitCode(it.Unit, it.ByWeight)
	if w.Product != nil {
		it.ParentID = p.id()
	}
	if s, err := tax.ParseSystem(first(w.TaxSystem, p.TaxSystem)); err == nil {
		it.TaxSystem = s
	}
	if f := eitherFolder(w.Folder, p.Folder); f != nil {
		it.FolderID, it.FolderPath = f.id(), string(f.Path)
		if !strings.HasSuffix(it.FolderPath, "/"+it.FolderID+"/") {
			it.FolderPath = folder(f).Path
		}
	}
	if stock, _, err := w.Stock.scaled(3); err == nil {
		it.Stock = qty.Milli(stock)
	}
	prices := w.Prices
	if len(prices) == 0 {
		prices = p.Prices
	}
	it.Prices, rounded = mapPrices(prices)
	it.Packs = packs(w.Packs)
	if it.Parts, err = parts(w.Parts); err != nil {
		return it, false, err
	}
	return it, rounded, nil
}

// mapPrices drops what is no price (unset ones come as 0): an item without a
// price is shown and its sale refused with the reason.
func mapPrices(in []wirePrice) (out []catalog.Price, rounded bool) {
	for _, p := range in {
		v, exact, err := p.Value.scaled(0)
		if err != nil || v <= 0 || money.Amount(v) > money.Max {
			continue
		}
		rounded = rounded || !exact
		out = append(out, catalog.Price{Type: string(p.PriceType), Value: money.Amount(v)})
	}
	return out, rounded
}

// parts are what a bundle is made of. One that is not understood is no small
// thing: it may be marked, and the bundle would be sold without its code.
func parts(in []wirePart) (out []catalog.Part, err error) {
	for i := range in {
		q, exact, err := in[i].Quantity.scaled(3)
		if err != nil || !exact || !qty.Milli(q).Valid() || in[i].id() == "" {
			return nil, fmt.Errorf("component %d", i+1)
		}
		out = append(out, catalog.Part{ItemID: in[i].id(), Quantity: qty.Milli(q)})
	}
	return out, nil
}

// packs drops packs without a usable quantity: their barcodes are then
// unknown, which beats selling a wrong quantity.
func packs(in []wirePack) (out []catalog.Pack) {
	for _, p := range in {
		q, exact, err := p.Quantity.scaled(3)
		if err != nil || !exact || !qty.Milli(q).Valid() {
			continue
		}
		out = append(out, catalog.Pack{ID: string(p.ID), Name: string(p.Name), Barcode: string(p.Barcode), Quantity: qty.Milli(q)})
	}
	return out
}

// maxBarcode is the service's own limit.
const maxBarcode = 255

func barcodes(in texts) []string {
	var out []string
	for _, b := range in {
		if b = strings.TrimSpace(b); b != "" && len(b) <= maxBarcode {
			out = append(out, b)
		}
	}
	return out
}

// vatRate maps VAT. A percent the law does not know is kept by its number, so
// the item is shown and its sale refused with the reason.
func vatRate(w, parent *wireItem) tax.Rate {
	if !w.VAT.set() && !w.VATDecimal.set() && !w.VATEnabled.set {
		w = parent
	}
	if !w.VATEnabled.v {
		return tax.None
	}
	n := w.VATDecimal
	if !n.set() {
		n = w.VAT
	}
	percent, exact, err := n.scaled(0)
	if err != nil || !exact {
		return tax.Rate(n.text)
	}
	if r, err := tax.ByPercent(percent); err == nil {
		return r
	}
	return tax.Rate(strconv.FormatInt(percent, 10))
}

// kinds maps the subject of a settlement to FFD tag 1212.
var kinds = map[string]int{
	"GOOD": 1, "EXCISABLE_GOOD": 2, "WORK": 3, "SERVICE": 4, "PROVIDING_RID": 9, "COMPOUND_PAYMENT_ITEM": 12, "ANOTHER_PAYMENT_ITEM": 13,
}

// Units of FFD tag 2108.
const (
	unitPiece    = 0
	unitKilogram = 11
	unitOther    = 255
)

// units maps the service's free text to FFD tag 2108. What is counted by the
// piece is a piece whatever it is called.
var units = map[string]int{
	"": unitPiece, "шт": unitPiece, "уп": unitPiece, "упак": unitPiece, "пач": unitPiece, "пачка": unitPiece, "бут": unitPiece, "бан": unitPiece,
	"пар": unitPiece, "пара": unitPiece, "компл": unitPiece, "набор": unitPiece, "рул": unitPiece, "усл": unitPiece, "ящ": unitPiece,
	"г": 10, "гр": 10, "кг": unitKilogram, "т": 12, "см": 20, "дм": 21, "м": 22, "пог. м": 22, "см2": 30, "дм2": 31, "м2": 32,
	"мл": 40, "л": 41, "м3": 42, "кВт.ч": 50, "Гкал": 51, "сут": 70, "день": 70, "ч": 71, "час": 71, "мин": 72, "с": 73,
}

func unitCode(unit string, byWeight bool) int {
	code, ok := units[strings.TrimSuffix(strings.TrimSpace(unit), ".")]
	switch {
	case byWeight && (!ok || code == unitPiece):
		return unitKilogram
	case !ok:
		return unitOther
	}
	return code
}

func (w *wireDiscount) kind() string {
	if w.Meta.Type != "" {
		return string(w.Meta.Type)
	}
	for _, k := range []string{specialPrice, accumulation, personal} {
		if strings.Contains(string(w.Meta.Href), "/"+k+"/") {
			return k
		}
	}
	return ""
}

// levels maps those of an accumulation discount, whose amounts are roubles.
func levels(w *wireDiscount) (list []catalog.Level, err error) {
	for _, l := range w.Levels {
		amount, _, err := l.Amount.scaled(2)
		percent, _, err2 := l.Percent.scaled(milliPercent)
		if err := errors.Join(err, err2); err != nil || amount < 0 || percent < 0 || percent > 100_000 {
			return nil, fmt.Errorf("discount %s level: %w", w.id(), errors.Join(err, errNumber))
		}
		list = append(list, catalog.Level{Amount: money.Amount(amount), Percent: percent})
	}
	return list, nil
}

// customer maps a counterparty; false when it is of no use to a till.
func customer(w *wireCustomer) (c catalog.CustomerCard, ok bool) {
	c = catalog.CustomerCard{Customer: catalog.Customer{ID: w.id(), Tags: w.Tags}, Name: string(w.Name),
		Phone: catalog.PhoneDigits(string(w.Phone)), Card: catalog.CardDigits(string(w.Card))}
	if spent, _, err := w.Spent.scaled(0); err == nil {
		c.Spent = money.Amount(spent)
	}
	for _, d := range w.Discounts {
		own := catalog.PersonalDiscount{DiscountID: d.Discount.Meta.tail()}
		if own.DiscountID == "" {
			own.DiscountID = d.Meta.tail()
		}
		percent, _, err := firstSet(d.Personal, d.Discount.Personal).scaled(milliPercent)
		correction, _, err2 := firstSet(d.Correction, d.Discount.Correction).scaled(0)
		if own.DiscountID == "" || errors.Join(err, err2) != nil || percent < 0 || percent > 100_000 {
			continue
		}
		own.Percent, own.Correction = percent, money.Amount(correction)
		c.Personal = append(c.Personal, own)
	}
	return c, c.ID != "" && c.Name != ""
}

func firstSet(a, b number) number {
	if a.set() {
		return a
	}
	return b
}

func discount(w *wireDiscount) (catalog.Discount, error) {
	d := catalog.Discount{ID: w.id(), Name: string(w.Name), AllItems: w.All.v, Tags: w.Tags}
	percent, _, err := w.Percent.scaled(milliPercent)
	if err != nil || percent < 0 || percent > 100_000 {
		return d, fmt.Errorf("discount %s of %.40q percent: %w", d.ID, w.Percent.text, errNumber)
	}
	d.Percent = percent
	switch w.kind() {
	case accumulation:
		d.Kind, d.Percent = catalog.Accumulation, 0
		if d.Levels, err = levels(w); err != nil {
			return d, err
		}
	case personal:
		d.Kind, d.Percent = catalog.Personal, 0
	}
	if w.Special != nil {
		d.PriceType = string(w.Special.PriceType)
	}
	for _, r := range w.Items {
		d.Items = append(d.Items, r.Meta.tail())
	}
	for _, f := range w.Folders {
		d.Folders = append(d.Folders, f.id())
	}
	return d, nil
}

func first[T ~string, U ~string](a T, b U) string {
	if a != "" {
		return string(a)
	}
	return string(b)
}

func either(a, b flag) bool {
	if a.set {
		return a.v
	}
	return b.v
}

func eitherFolder(a, b *wireFolder) *wireFolder {
	if a != nil {
		return a
	}
	return b
}
