package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// A catalogue arrives as rows of the cloud's making: about 2 KB of JSON each,
// most of it addresses a till has no use for.

// row is what a till reads of one.
type row struct {
	Meta struct {
		Type string `json:"type"`
	} `json:"meta"`
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Code     string   `json:"code"`
	Article  string   `json:"article"`
	Barcodes []string `json:"barcodes"`
	Prices   []struct {
		Value int64 `json:"value"`
		Type  struct {
			Name string `json:"name"`
		} `json:"priceType"`
	} `json:"salePrices"`
	Folder struct {
		ID   string `json:"id"`
		Path string `json:"path"`
	} `json:"productFolder"`
	UOM struct {
		Name string `json:"name"`
	} `json:"uom"`
	ByWeight   bool   `json:"soldByWeight"`
	NoDiscount bool   `json:"isDiscountProhibited"`
	Tracking   string `json:"trackingType"`
}

// item makes the catalogue's value of a row, as item(n) made it.
func (r *row) item(like *catalog.Item) {
	*like = catalog.Item{ID: r.ID, Type: catalog.ItemType(r.Meta.Type), Name: r.Name, Code: r.Code, Article: r.Article,
		Barcodes: r.Barcodes, FolderID: r.Folder.ID, FolderPath: r.Folder.Path, Unit: r.UOM.Name, Rate: rate,
		ByWeight: r.ByWeight, DiscountProhibited: r.NoDiscount, Tracking: r.Tracking}
	for _, p := range r.Prices {
		like.Prices = append(like.Prices, catalog.Price{Type: p.Type.Name, Value: money.Amount(p.Value)})
	}
}

const base = "https://cloud.example/api/posap/1.0"

// meta is the reference the cloud puts beside everything it names.
func meta(kind, id string) string {
	return fmt.Sprintf(`{"href":"%s/entity/%s/%s","metadataHref":"%s/entity/%s/metadata","type":"%s","mediaType":"application/json","uuidHref":"%s/app/#good/edit?id=%s"}`,
		base, kind, id, base, kind, kind, base, id)
}

// writeRow writes item n as the cloud sends it.
func writeRow(to io.Writer, n int) error {
	it := item(n)
	currency := fmt.Sprintf(`{"meta":%s,"id":%q,"name":"руб","isoCode":"643"}`, meta("currency", itemID(1)), itemID(1))
	_, err := fmt.Fprintf(to, `{"meta":%s,"id":%q,"version":3,"updated":"2026-05-01 10:11:12.345","name":%q,"externalCode":"ext-%d",`+
		`"code":%q,"article":%q,"barcodes":[%q],"description":"Хранить в сухом прохладном месте. Партия %d.","vat":22,"vatEnabled":true,`+
		`"salePrices":[{"value":%d,"currency":%s,"priceType":{"meta":%s,"id":%q,"name":%q}}],"buyPrice":{"value":%d,"currency":%s},`+
		`"productFolder":{"meta":%s,"id":%q,"name":"Отдел","path":%q},"uom":{"meta":%s,"name":%q},"soldByWeight":false,`+
		`"isDiscountProhibited":false,"trackingType":"NOT_TRACKED","paymentItemType":"GOOD","stock":%d.0,"images":[]}`,
		meta("product", it.ID), it.ID, it.Name, n, it.Code, it.Article, it.Barcodes[0], n/100, it.Prices[0].Value, currency,
		meta("pricetype", itemID(2)), itemID(2), priceType, it.Prices[0].Value/2, currency, meta("productfolder", it.FolderID),
		it.FolderID, it.FolderPath, meta("uom", itemID(3)), it.Unit, n%200)
	return err
}

// writeItem writes item n as an exported file has it.
func writeItem(to io.Writer, n int) error {
	b, err := json.Marshal(item(n))
	if err == nil {
		_, err = to.Write(b)
	}
	return err
}

// shopHead is an exported file up to its items.
func shopHead() (string, error) {
	list := make([]catalog.Folder, folders)
	for i := range list {
		list[i] = folder(i)
	}
	b, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	store, err := json.Marshal(shopStore())
	return fmt.Sprintf("{\"kassa_catalog\":1,\n\"store\":%s,\n\"folders\":%s,\n\"items\":[\n", store, b), err
}
