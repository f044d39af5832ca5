// Package catalog defines what a till knows of its shop: items, folders,
// prices, discounts, cashiers and the store's settings.
//
// These are values: where they are kept (offline/catalogdb) and where they
// come from (a cloud, a file) is not known here. A catalogue comes in
// generations; everything handed out names the generation it came from, and
// an open cheque keeps the one it began with.
package catalog

import (
	"time"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// ItemType tells goods from services and the rest.
type ItemType string

// The item types, as MoySklad spells them.
const (
	Product ItemType = "product"
	Service ItemType = "service"
	Variant ItemType = "variant"
	Bundle  ItemType = "bundle"
)

// Item is one thing that can be sold.
type Item struct {
	ID       string   `json:"id"`
	Type     ItemType `json:"type"`
	Name     string   `json:"name"`
	Code     string   `json:"code,omitempty"`
	Article  string   `json:"article,omitempty"`
	Barcodes []string `json:"barcodes,omitempty"`
	Packs    []Pack   `json:"packs,omitempty"`
	Prices   []Price  `json:"prices,omitempty"` // by price type; a type that is absent has no price
	Rate     tax.Rate `json:"rate"`

	FolderID   string `json:"folder_id,omitempty"`
	FolderPath string `json:"folder_path,omitempty"` // "/id/id/": ids of all folders above, own folder last

	Unit               string     `json:"unit,omitempty"`
	UnitCode           int        `json:"unit_code,omitempty"` // FFD tag 2108
	ByWeight           bool       `json:"by_weight,omitempty"`
	Tracking           string     `json:"tracking,omitempty"` // marking type; "" and NOT_TRACKED are unmarked, anything else is marked
	Tobacco            bool       `json:"tobacco,omitempty"`
	Alcohol            bool       `json:"alcohol,omitempty"`
	MRC                int64      `json:"mrc,omitempty"` // tobacco: maximum retail price, kopecks
	Kind               int        `json:"kind,omitempty"`
	TaxSystem          tax.System `json:"tax_system,omitempty"` // 0: the store's default
	DiscountProhibited bool       `json:"discount_prohibited,omitempty"`
	FreePrice          bool       `json:"free_price,omitempty"` // the cashier may type its price
	Stock              qty.Milli  `json:"stock,omitempty"`      // may be negative
	Favourite          bool       `json:"favourite,omitempty"`
	ParentID           string     `json:"parent_id,omitempty"` // a variant's product, whose prices it has where it has none of its own
	Parts              []Part     `json:"parts,omitempty"`     // what a bundle is made of
	Picture            string     `json:"picture,omitempty"`   // where its picture is to be had: an address, never the picture

	TNVED     string   `json:"tnved,omitempty"`     // code of the customs union's nomenclature, digits
	OnTap     bool     `json:"on_tap,omitempty"`    // drawn from a keg: sold in litres out of a marked container
	Divisible bool     `json:"divisible,omitempty"` // a marked package of it may be sold in parts (the cloud's partialDisposal)
	Serials   bool     `json:"serials,omitempty"`   // every unit is sold with its serial number
	Groups    []string `json:"groups,omitempty"`    // the shop's own words for restrictions: "energy", ...
}

// Serial is a serial number and the item whose unit has it. The same number
// may stand for units of several items.
type Serial struct {
	Number string `json:"number"`
	Item   string `json:"item"`         // its id
	ID     string `json:"id,omitempty"` // the cloud's, of the number
}

// Part is so much of another item in a bundle.
type Part struct {
	ItemID   string    `json:"item_id"`
	Quantity qty.Milli `json:"quantity"`
}

// Marked tells whether a unit needs its marking code. A tracking type this
// program does not know counts as marked.
func (i *Item) Marked() bool { return i.Tracking != "" && i.Tracking != "NOT_TRACKED" }

// Measured tells whether it is sold by weight or volume, so that a quantity
// need not be whole.
func (i *Item) Measured() bool { return i.ByWeight || i.OnTap }

// PriceOf finds the price of a price type; false when unset or zero.
func (i *Item) PriceOf(priceType string) (money.Amount, bool) {
	for _, p := range i.Prices {
		if p.Type == priceType {
			return p.Value, p.Value > 0
		}
	}
	return 0, false
}

// Price is a price of one price type, in kopecks per unit.
type Price struct {
	Type  string       `json:"type"`
	Value money.Amount `json:"value"`
}

// Pack is a package with a barcode of its own that holds Quantity units.
type Pack struct {
	ID       string    `json:"id"`
	Name     string    `json:"name,omitempty"`
	Barcode  string    `json:"barcode,omitempty"`
	Quantity qty.Milli `json:"quantity"`
}

// Folder is a group of items.
type Folder struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Path     string `json:"path"` // "/id/id/", own id last
	ParentID string `json:"parent_id,omitempty"`
	Items    int    `json:"items,omitempty"`       // directly in it; counted by whoever keeps the catalogue
	Below    int    `json:"items_below,omitempty"` // in all folders below it
}

// DiscountKind tells the cloud's discounts apart.
type DiscountKind string

// The kinds, as MoySklad has them.
const (
	Special      DiscountKind = ""             // a percent, or another price type's price
	Accumulation DiscountKind = "accumulation" // a percent by what the customer has bought so far
	Personal     DiscountKind = "personal"     // a percent of the customer's own
)

// Level of an accumulation discount.
type Level struct {
	Amount  money.Amount `json:"amount"` // bought at least so much
	Percent int64        `json:"percent"`
}

// Discount is one of the cloud's discounts: it makes items cheaper without
// anybody asking. Percents are in thousandths of a percent.
type Discount struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Kind      DiscountKind `json:"kind,omitempty"`
	Levels    []Level      `json:"levels,omitempty"`
	AllItems  bool         `json:"all_items,omitempty"`
	Items     []string     `json:"items,omitempty"`
	Folders   []string     `json:"folders,omitempty"` // with everything below them
	Tags      []string     `json:"tags,omitempty"`    // customers' tags; empty: everyone
	Percent   int64        `json:"percent,omitempty"` // of a special one: 5 % is 5000
	PriceType string       `json:"price_type,omitempty"`
}

// Cashier is who may log in. PINHash is an argon2id hash, never the PIN.
type Cashier struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Position string `json:"position,omitempty"`
	INN      string `json:"inn,omitempty"`
	PINHash  string `json:"pin_hash,omitempty"`
	Badge    string `json:"badge,omitempty"`
	Role     Role   `json:"role"`
	// BadgeHash is an argon2id hash of what the cashier's badge says.
	BadgeHash string `json:"badge_hash,omitempty"`
}

// Role is what a cashier may do.
type Role string

// The roles.
const (
	RoleCashier    Role = "cashier"
	RoleSenior     Role = "senior"
	RoleOwner      Role = "owner"
	RoleTechnician Role = "technician"
)

// Store is the shop this till belongs to, as the cloud describes it.
type Store struct {
	ID               string     `json:"id"`
	Name             string     `json:"name"`
	Address          string     `json:"address,omitempty"`
	Organization     string     `json:"organization"`
	OrganizationID   string     `json:"organization_id,omitempty"`
	INN              string     `json:"inn,omitempty"`
	PriceType        string     `json:"price_type"`
	Currency         string     `json:"currency"`
	TaxSystem        tax.System `json:"tax_system"`
	DiscountStrategy string     `json:"discount_strategy"` // bySum, byPriority
	ManualDiscount   bool       `json:"manual_discount,omitempty"`
	MaxDiscount      int64      `json:"max_discount,omitempty"` // thousandths of a percent
	WeightPrefix     string     `json:"weight_prefix,omitempty"`
	Prefix           string     `json:"prefix,omitempty"` // of document names
	Cashiers         []Cashier  `json:"cashiers"`
	FreePrice        bool       `json:"free_price,omitempty"` // cashiers may type any item's price
	// OnlineDiscount: the cloud calculates discounts and points of every cheque.
	OnlineDiscount bool `json:"online_discount,omitempty"`
	// FiscalType says where the store's receipts are registered: "" at its tills'
	// devices, MASTER there and also those of stores without a device, CLOUD at
	// the device of a master.
	FiscalType  string `json:"fiscal_type,omitempty"`
	VATOnTop    bool   `json:"vat_on_top,omitempty"`   // prices are without VAT
	DropKopecks bool   `json:"drop_kopecks,omitempty"` // a cheque paid in cash alone comes to whole roubles
	Tobacco     string `json:"tobacco,omitempty"`      // how its price follows from the MRC: USER_PRICE, MRC_PRICE, SAME_PRICE
	// Marking is what the device's check of a marking code must say: MarksCorrect,
	// MarksNoErrors, MarksAny; "": MarksNoErrors.
	Marking    string     `json:"marking,omitempty"`
	TobaccoMin []MinPrice `json:"tobacco_min,omitempty"` // unified minimum prices, by the day they begin
	// Permissions are what this store lets a role do, or not, other than the
	// table says; see May.
	Permissions map[Role]map[Permission]bool `json:"permissions,omitempty"`
	LastNumbers map[string]int               `json:"last_numbers,omitempty"` // the cloud's last number per kind
	UpdatedAt   time.Time                    `json:"updated_at"`
}

// What the fiscal device's check of a marking code (FFD 1.2) must say for the
// goods to be sold, as MoySklad names it. It is only that check: whether a unit
// may be sold at all is decided by the permit port, which the law lets no shop
// turn off.
const (
	MarksCorrect  = "CORRECT_MARKS_ONLY" // all of it was proven right
	MarksNoErrors = "WITHOUT_ERRORS"     // nothing was proven wrong
	MarksAny      = "ALL"                // even what was proven wrong: it is printed so
)

// MinPrice is a unified minimum price of one pack of tobacco from a day on.
type MinPrice struct {
	From  time.Time    `json:"from"`
	Price money.Amount `json:"price"`
}

// Match is what a scanned or typed code turned out to be.
type Match struct {
	Generation int64
	Item       Item
	PackID     string    // the pack whose barcode it was
	Qty        qty.Milli // units the code stands for: 1, a pack's content, a weight
	Code       string    // as scanned
	Serial     string    // the unit's serial number, where the code was one
	SerialID   string    // ..and the cloud's id of it
	// Parts are a bundle's items, one for each of its Parts; one without an id is
	// not in the catalogue.
	Parts []Item
	// Others are the further items the same code stands for, in the catalogue's
	// order: which of them is meant is a question for a person. They have no
	// Others of their own.
	Others []Match
}
