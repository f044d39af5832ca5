package moyskladtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Canonical is the address inside the cloud's own links. A till reaches the
// bench at another one and must not follow these.
const Canonical = "https://online.moysklad.ru/api/posap/1.0"

// The account of a shop made by FromCatalog.
const (
	DefaultLogin    = "admin@bench"
	DefaultPassword = "bench"
)

// Shop is an account: who may attach tills, and its retail stores.
type Shop struct {
	Login    string
	Password string
	Points   []Point
}

// With adds the stores of another shop: a second organisation.
func (s Shop) With(other Shop) Shop {
	s.Points = append(slices.Clone(s.Points), other.Points...)
	return s
}

// Point is one retail store with all it sells, as the cloud writes it. Links
// inside begin with Canonical.
type Point struct {
	Store     json.RawMessage   // as in settings/retailstore
	Company   json.RawMessage   // as in settings/companysettings
	Items     []json.RawMessage // rows of the assortment
	Folders   []json.RawMessage
	Discounts []json.RawMessage
	Customers []json.RawMessage
	Orders    []json.RawMessage // of customers
	Serials   []json.RawMessage // serial numbers
	Pictures  map[string][]byte // by their ids
}

type object map[string]any

func (o object) raw() json.RawMessage {
	b, err := json.Marshal(o)
	if err != nil {
		panic("moyskladtest: " + err.Error()) // only strings, numbers, maps: can not fail
	}
	return b
}

func metaOf(kind, id string) object {
	return object{"href": Canonical + "/entity/" + kind + "/" + id, "mediaType": "application/json", "type": kind, "id": id, "idType": "native"}
}

// Numbers of the currencies a shop may have.
var currencyNumbers = map[string]string{"RUB": "643", "BYN": "933", "KZT": "398"}

// FromCatalog writes a shop the way the cloud would. pins are the cashiers'
// PINs by cashier id; a cashier's Badge is his uid, made from the id when
// there is none.
func FromCatalog(store catalog.Store, pins map[string]string, folders []catalog.Folder, items []catalog.Item, discounts []catalog.Discount) Shop {
	byID := map[string]catalog.Folder{}
	p := Point{Store: storeJSON(store, pins), Company: companyJSON(store)}
	for _, f := range folders {
		byID[f.ID] = f
	}
	for _, f := range folders {
		p.Folders = append(p.Folders, folderJSON(f, byID).raw())
	}
	parents := map[string]*catalog.Item{}
	for i := range items {
		parents[items[i].ID] = &items[i]
	}
	for i := range items {
		p.Items = append(p.Items, itemJSON(&items[i], byID, parents).raw())
	}
	for _, d := range discounts {
		p.Discounts = append(p.Discounts, discountJSON(d, byID).raw())
	}
	return Shop{Login: DefaultLogin, Password: DefaultPassword, Points: []Point{p}}
}

// OrderJSON is a customer's order as the cloud writes it.
func OrderJSON(o catalog.Order) json.RawMessage {
	positions := []object{}
	for _, p := range o.Positions {
		positions = append(positions, object{"assortment": object{"meta": metaOf("product", p.ItemID), "name": p.Name}, "quantity": json.Number(p.Qty.String()),
			"price": int64(p.Price), "discount": 0, "vat": 0, "vatEnabled": false, "reserve": 0})
	}
	w := object{"meta": metaOf("customerorder", o.ID), "id": o.ID, "name": o.Name, "moment": o.Time.Format("2006-01-02 15:04:05"), "vatEnabled": true, "vatIncluded": true,
		"state": object{"name": o.State, "color": 15106326, "type": "Regular"}, "positions": positions,
		"paidInCash": int64(o.PaidCash), "paidNoCash": int64(o.PaidNoCash), "paidByQr": int64(o.PaidQR)}
	if o.Agent != "" {
		w["agent"] = object{"meta": metaOf("counterparty", o.Agent), "name": o.AgentName}
	}
	return w.raw()
}

// UID is the uid of a cashier in a shop made by FromCatalog.
func UID(c catalog.Cashier) string {
	if c.Badge != "" {
		return c.Badge
	}
	return "cashier-" + c.ID + "@bench"
}

func storeJSON(s catalog.Store, pins map[string]string) json.RawMessage {
	rows := []object{}
	for _, c := range s.Cashiers {
		last, rest, _ := strings.Cut(c.Name, " ")
		firstName, middle, _ := strings.Cut(rest, " ")
		row := object{"meta": metaOf("employee", c.ID), "uid": UID(c), "lastName": last, "firstName": firstName, "middleName": middle, "position": c.Position}
		if c.INN != "" {
			row["inn"] = c.INN
		}
		if pin := pins[c.ID]; pin != "" {
			row["pinCode"] = pin
		}
		rows = append(rows, row)
	}
	org := s.OrganizationID
	if org == "" {
		org = uuid.NewSHA1(uuid.NameSpaceOID, []byte(s.Organization)).String()
	}
	return object{
		"meta": metaOf("retailstore", s.ID), "id": s.ID, "version": 1, "updated": "2026-01-12 10:00:00", "name": s.Name, "externalCode": s.ID,
		"address": s.Address, "controlShippingStock": false, "onlyInStock": false, "controlCashierChoice": false,
		"discountEnable": s.ManualDiscount, "discountMaxPercent": thousandths(s.MaxDiscount), "priceType": s.PriceType,
		"authTokenAttached": false, "cashiers": object{"rows": rows},
		"organization": object{"meta": metaOf("organization", org), "id": org, "name": s.Organization, "legalTitle": s.Organization,
			"companyType": "legal", "inn": s.INN, "payerVat": s.TaxSystem == tax.General},
		"lastOperationNames": []object{}, "egaisEnabled": false, "returnFromClosedShiftEnabled": true, "alwaysPrintCheck": true,
		"issueOrders": false, "sellReserves": false, "ofdEnabled": true, "allowCustomPrice": s.FreePrice, "cash": 0,
		"createPaymentInOnRetailShiftClosing": false, "createCashInOnRetailShiftClosing": false, "fiscalType": or(s.FiscalType, "STANDARD"), "isOnlineDiscount": s.OnlineDiscount,
		"defaultTaxSystem": s.TaxSystem.String(), "tobaccoMrcControlType": s.Tobacco, "markingSellingMode": cmp.Or(s.Marking, catalog.MarksNoErrors),
	}.raw()
}

func companyJSON(s catalog.Store) json.RawMessage {
	number := currencyNumbers[s.Currency]
	strategy := s.DiscountStrategy
	if strategy == "" {
		strategy = "bySum"
	}
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte("currency "+s.Currency)).String()
	return object{
		"currency":         object{"meta": metaOf("currency", id), "name": s.Currency, "rate": 1, "code": number},
		"discountStrategy": strategy, "isWeightBarcodes": s.WeightPrefix != "", "weightBarcodePrefix": s.WeightPrefix, "operationNumbering": "GLOBAL",
	}.raw()
}

// folderJSON writes a folder; its path is that of the folders above it.
func folderJSON(f catalog.Folder, all map[string]catalog.Folder) object {
	o := object{"meta": metaOf("productfolder", f.ID), "id": f.ID, "name": f.Name, "path": strings.TrimSuffix(f.Path, f.ID+"/"), "namepath": namePath(f, all)}
	if f.ParentID != "" {
		o["productFolder"] = object{"meta": metaOf("productfolder", f.ParentID)}
	}
	return o
}

func namePath(f catalog.Folder, all map[string]catalog.Folder) string {
	var names []string
	for id := range strings.SplitSeq(strings.Trim(strings.TrimSuffix(f.Path, f.ID+"/"), "/"), "/") {
		if above, ok := all[id]; ok {
			names = append(names, above.Name)
		}
	}
	return strings.Join(names, "/")
}

var kindNames = map[int]string{1: "GOOD", 2: "EXCISABLE_GOOD", 3: "WORK", 4: "SERVICE", 9: "PROVIDING_RID", 12: "COMPOUND_PAYMENT_ITEM", 13: "ANOTHER_PAYMENT_ITEM"}

func itemJSON(it *catalog.Item, folders map[string]catalog.Folder, parents map[string]*catalog.Item) object {
	prices := []object{}
	for _, p := range it.Prices {
		prices = append(prices, object{"value": int64(p.Value), "priceType": p.Type})
	}
	o := object{
		"meta": metaOf(string(it.Type), it.ID), "id": it.ID, "name": it.Name, "code": it.Code, "article": it.Article, "barcodes": it.Barcodes,
		"salePrices": prices, "uom": it.Unit, "soldByWeight": it.ByWeight, "onTap": it.OnTap, "partialDisposal": it.Divisible, "tobacco": it.Tobacco,
		"egaisIsAlcoholic": it.Alcohol, "egaisHasExciseMark": it.Alcohol, "egaisAlcoholPercent": 0, "egaisVolume": 0,
		"stock": milli(it.Stock), "reserve": 0, "isSerialtrackable": it.Serials, "isDiscountProhibited": it.DiscountProhibited, "favorite": it.Favourite,
		"useParentVat": false,
	}
	vat(o, it.Rate)
	if it.Tracking != "" {
		o["trackingType"] = it.Tracking
	}
	if it.TNVED != "" {
		o["tnved"] = it.TNVED
	}
	if len(it.Parts) > 0 {
		components := []object{}
		for _, p := range it.Parts {
			components = append(components, object{"meta": metaOf(string(catalog.Product), p.ItemID), "quantity": milli(p.Quantity)})
		}
		o["components"] = components
	}
	if it.TaxSystem != 0 {
		o["taxSystem"] = it.TaxSystem.String()
	}
	if k := kindNames[it.Kind]; k != "" {
		o["paymentItemType"] = k
	}
	if f, ok := folders[it.FolderID]; ok {
		w := folderJSON(f, folders)
		w["path"], w["namepath"] = f.Path, strings.TrimPrefix(namePath(f, folders)+"/"+f.Name, "/")
		o["productFolder"] = w
	}
	if len(it.Packs) > 0 {
		packs := []object{}
		for _, p := range it.Packs {
			packs = append(packs, object{"id": p.ID, "name": p.Name, "quantity": milli(p.Quantity), "barcode": p.Barcode})
		}
		o["packs"] = packs
	}
	if parent, ok := parents[it.ParentID]; ok && it.ParentID != it.ID {
		o["product"] = object{"meta": metaOf(string(parent.Type), parent.ID), "id": parent.ID, "name": parent.Name, "code": parent.Code}
	}
	return o
}

func vat(o object, r tax.Rate) {
	info, err := tax.Lookup(r)
	if err != nil || r == tax.None {
		o["vat"], o["vatEnabled"] = 0, false
		return
	}
	o["vat"], o["vatDecimal"], o["vatEnabled"] = info.Percent, info.Percent, true
}

func discountJSON(d catalog.Discount, folders map[string]catalog.Folder) object {
	o := object{"meta": metaOf("specialpricediscount", d.ID), "id": d.ID, "name": d.Name, "allProducts": d.AllItems}
	if len(d.Tags) > 0 {
		o["agentTags"] = d.Tags
	}
	if len(d.Items) > 0 {
		refs := []object{}
		for _, id := range d.Items {
			refs = append(refs, object{"meta": metaOf("product", id)})
		}
		o["assortment"] = refs
	}
	if len(d.Folders) > 0 {
		refs := []object{}
		for _, id := range d.Folders {
			f, ok := folders[id]
			if !ok {
				f = catalog.Folder{ID: id, Path: "/" + id + "/"}
			}
			refs = append(refs, folderJSON(f, folders))
		}
		o["productFolders"] = refs
	}
	if d.PriceType != "" {
		o["specialPrice"] = object{"priceType": d.PriceType}
	} else {
		o["discount"] = thousandths(d.Percent)
	}
	return o
}

func milli(q qty.Milli) json.Number { return json.Number(q.String()) }

// thousandths writes thousandths of a percent as a decimal.
func thousandths(v int64) json.Number {
	s := strings.TrimRight(fmt.Sprintf("%d.%03d", v/1000, v%1000), "0")
	return json.Number(strings.TrimSuffix(s, "."))
}
