package moysklad

import (
	"strings"
)

// meta is how the service names a thing.
type meta struct {
	Href text `json:"href"`
	Type text `json:"type"`
	ID   text `json:"id"`
}

// tail is the last element of the address: the thing's id.
func (m meta) tail() string {
	if m.ID != "" {
		return string(m.ID)
	}
	h := string(m.Href)
	if i := strings.IndexAny(h, "?#"); i >= 0 {
		h = h[:i]
	}
	return h[strings.LastIndexByte(h, '/')+1:]
}

type ref struct {
	Meta meta `json:"meta"`
}

// entity is what every object has.
type entity struct {
	Meta meta `json:"meta"`
	ID   text `json:"id"`
	Name text `json:"name"`
}

func (e entity) id() string {
	if e.ID != "" {
		return string(e.ID)
	}
	return e.Meta.tail()
}

type wireStore struct {
	entity
	Address      text         `json:"address"`
	PriceType    text         `json:"priceType"`
	DiscountOn   flag         `json:"discountEnable"`
	DiscountMax  number       `json:"discountMaxPercent"`
	FreePrice    flag         `json:"allowCustomPrice"`
	TobaccoMRC   text         `json:"tobaccoMrcControlType"`
	Marking      text         `json:"markingSellingMode"`
	Attached     flag         `json:"authTokenAttached"`
	OnlinePrices flag         `json:"isOnlineDiscount"`
	FiscalType   text         `json:"fiscalType"`
	TaxSystem    text         `json:"defaultTaxSystem"`
	Organization organization `json:"organization"`
	Cashiers     struct {
		Rows []wireCashier `json:"rows"`
	} `json:"cashiers"`
	Warehouse struct {
		Address text `json:"address"`
	} `json:"store"`
	LastNames []struct {
		Entity text `json:"entity"`
		Name   text `json:"name"`
	} `json:"lastOperationNames"`
}

type organization struct {
	entity
	LegalTitle text `json:"legalTitle"`
	INN        text `json:"inn"`
	PayerVAT   flag `json:"payerVat"`
}

type wireCashier struct {
	entity
	UID      text `json:"uid"`
	First    text `json:"firstName"`
	Middle   text `json:"middleName"`
	Last     text `json:"lastName"`
	PIN      text `json:"pinCode"`
	INN      text `json:"inn"`
	Position text `json:"position"`
}

type wireCompany struct {
	Currency struct {
		Name text `json:"name"`
		Code text `json:"code"`
	} `json:"currency"`
	DiscountStrategy text `json:"discountStrategy"`
	WeightBarcodes   flag `json:"isWeightBarcodes"`
	WeightPrefix     text `json:"weightBarcodePrefix"`
}

type wireFolder struct {
	entity
	Path   text `json:"path"`
	Parent *ref `json:"productFolder"`
}

type wirePrice struct {
	Value     number `json:"value"`
	PriceType name   `json:"priceType"`
}

type wirePack struct {
	ID       text   `json:"id"`
	Name     text   `json:"name"`
	Quantity number `json:"quantity"`
	Barcode  text   `json:"barcode"`
}

type wireItem struct {
	entity
	Code       text        `json:"code"`
	Article    text        `json:"article"`
	Barcodes   texts       `json:"barcodes"`
	Prices     []wirePrice `json:"salePrices"`
	Folder     *wireFolder `json:"productFolder"`
	Product    *wireItem   `json:"product"` // a variant's parent
	VAT        number      `json:"vat"`
	VATDecimal number      `json:"vatDecimal"`
	VATEnabled flag        `json:"vatEnabled"`
	UOM        name        `json:"uom"`
	ByWeight   flag        `json:"soldByWeight"`
	Alcohol    flag        `json:"egaisIsAlcoholic"`
	Tobacco    flag        `json:"tobacco"`
	Tracking   text        `json:"trackingType"`
	TaxSystem  text        `json:"taxSystem"`
	Kind       text        `json:"paymentItemType"`
	NoDiscount flag        `json:"isDiscountProhibited"`
	Packs      []wirePack  `json:"packs"`
	Stock      number      `json:"stock"`
	Favourite  flag        `json:"favorite"`
	TNVED      text        `json:"tnved"`
	OnTap      flag        `json:"onTap"`
	Divisible  flag        `json:"partialDisposal"`
	Serials    flag        `json:"isSerialtrackable"`
	Parts      []wirePart  `json:"components"` // of a bundle
}

type wirePart struct {
	entity
	Quantity number `json:"quantity"`
}

type wireDiscount struct {
	entity
	All     flag     `json:"allProducts"`
	Tags    texts    `json:"agentTags"`
	Items   []ref    `json:"assortment"`
	Folders []entity `json:"productFolders"`
	Percent number   `json:"discount"`
	Special *special `json:"specialPrice"`
	Levels  []struct {
		Amount  number `json:"amount"` // roubles
		Percent number `json:"discount"`
	} `json:"levels"`
}

// wireCustomer is a counterparty, as far as a till needs one: postal and
// electronic addresses are not even read.
type wireCustomer struct {
	entity
	Phone   text   `json:"phone"`
	Card    text   `json:"discountCardNumber"`
	Tags    texts  `json:"tags"`
	Spent   number `json:"salesAmount"` // kopecks
	Points  number `json:"bonusPoints"`
	Program struct {
		Meta meta `json:"meta"`
		meta
	} `json:"bonusProgram"`
	Discounts []struct {
		Meta     meta `json:"meta"`
		wireOwn       // beside the discount in examples,
		Discount struct {
			Meta    meta `json:"meta"`
			wireOwn      // inside it in the text: both are read
		} `json:"discount"`
	} `json:"discounts"`
}

// wireOwn is a customer's own part in a discount.
type wireOwn struct {
	Personal   number `json:"personalDiscount"` // percent
	Correction number `json:"salesAmountCorrection"`
}

type special struct {
	PriceType name `json:"priceType"`
}

type wireOperation struct {
	entity
	Moment text `json:"moment"`
}

// name is a name given as a string or as an object with a name.
type name string

// UnmarshalJSON takes "a", {"name":"a"} and, as absent, anything else.
func (n *name) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var e struct {
			Name text `json:"name"`
		}
		err := decode(b, &e)
		*n = name(e.Name)
		return err
	}
	var t text
	err := t.UnmarshalJSON(b)
	*n = name(t)
	return err
}
