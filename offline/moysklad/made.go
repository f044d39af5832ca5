package moysklad

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Types of what begins at a till (records of kind record.Made). Data is a
// catalog.Item, a catalog.Order, or for a customer nothing: his
// catalog.CustomerCard is the record's private part.
const (
	MadeProduct  = "product"
	MadeCustomer = "counterparty"
	MadeOrder    = "customerorder"
)

type newProduct struct {
	Meta       outMeta  `json:"meta"`
	Name       string   `json:"name"`
	Barcodes   []string `json:"barcodes,omitempty"`
	Price      int64    `json:"price"` // kopecks
	VAT        int64    `json:"vat"`
	VATEnabled bool     `json:"vatEnabled"`
	ParentVAT  bool     `json:"useParentVat"`
	Article    string   `json:"article,omitempty"`
	Text       string   `json:"description,omitempty"`
	Folder     *outRef  `json:"productFolder,omitempty"`
}

type newCustomer struct {
	Meta  outMeta `json:"meta"`
	Name  string  `json:"name"`
	Card  string  `json:"discountCardNumber,omitempty"`
	Phone string  `json:"phone,omitempty"`
	Email string  `json:"email,omitempty"`
}

type newOrder struct {
	Meta        outMeta    `json:"meta"`
	Name        string     `json:"name,omitempty"`
	Moment      string     `json:"moment,omitempty"`
	Description string     `json:"description,omitempty"`
	Agent       outRef     `json:"agent"`
	Positions   []position `json:"positions"`
	VATEnabled  bool       `json:"vatEnabled"`
	VATIncluded bool       `json:"vatIncluded"`
}

// Makes implements outbox.Maker.
func (c *Client) Makes() []string { return []string{MadeProduct, MadeCustomer, MadeOrder} }

// EncodeMade implements outbox.Maker.
func (c *Client) EncodeMade(r record.Record) (outbox.Request, error) { return c.encoder.EncodeMade(r) }

// EncodeMade makes the request for something that began at the till; the
// record's id is its syncid.
func (e Encoder) EncodeMade(r record.Record) (outbox.Request, error) {
	meta := e.sync(r.Type, r.ID).Meta
	switch r.Type {
	case MadeProduct:
		var it catalog.Item
		if err := json.Unmarshal(r.Data, &it); err != nil {
			return outbox.Request{}, fmt.Errorf("%w: record %d: %w", ErrInexpressible, r.Seq, err)
		}
		return e.product(meta, &it)
	case MadeCustomer:
		var who catalog.CustomerCard
		if r.Erased {
			return outbox.Request{}, &outbox.Failure{Class: outbox.Keep, Code: outbox.CodeErased, Words: "the customer was erased"}
		}
		if json.Unmarshal(r.Private, &who) != nil || who.Name == "" { // the cause would quote him
			return outbox.Request{}, fmt.Errorf("%w: record %d has no readable customer", ErrInexpressible, r.Seq)
		}
		req, err := request(http.MethodPost, pathCustomer, newCustomer{Meta: meta, Name: who.Name, Card: who.Card, Phone: who.Phone, Email: who.Email})
		req.Private = true
		return req, err
	case MadeOrder:
		var o catalog.Order
		if err := json.Unmarshal(r.Data, &o); err != nil {
			return outbox.Request{}, fmt.Errorf("%w: record %d: %w", ErrInexpressible, r.Seq, err)
		}
		return e.order(meta, &o)
	}
	return outbox.Request{}, fmt.Errorf("%w: %.40q", ErrNotWanted, r.Type)
}

func (e Encoder) product(meta outMeta, it *catalog.Item) (outbox.Request, error) {
	info, err := tax.Lookup(it.Rate)
	if err != nil || it.Name == "" {
		return outbox.Request{}, fmt.Errorf("%w: goods without name or rate: %w", ErrInexpressible, err)
	}
	p := newProduct{Meta: meta, Name: it.Name, Barcodes: it.Barcodes, VAT: info.Percent, VATEnabled: it.Rate != tax.None, Article: it.Article}
	if len(it.Prices) > 0 {
		p.Price = int64(it.Prices[0].Value)
	}
	if it.ByWeight { // the cloud takes no unit: a person sets it there
		p.Text = "Продаётся на вес, " + it.Unit
	}
	if it.FolderID != "" {
		ref := e.native("productfolder", it.FolderID)
		p.Folder = &ref
	}
	return request(http.MethodPost, pathProduct, p)
}

func (e Encoder) order(meta outMeta, o *catalog.Order) (outbox.Request, error) {
	if o.Agent == "" || len(o.Positions) == 0 || len(o.Positions) > MaxPositions {
		return outbox.Request{}, fmt.Errorf("%w: an order without customer or positions, or with too many", ErrInexpressible)
	}
	n := newOrder{Meta: meta, Name: o.Name, Moment: e.moment(o.Time), Description: o.Description, Agent: e.native("counterparty", o.Agent), VATIncluded: true}
	for i := range o.Positions {
		p := &o.Positions[i]
		info, err := tax.Lookup(p.Rate)
		if err != nil || p.ItemID == "" || p.ItemType == "" {
			return outbox.Request{}, fmt.Errorf("%w: position %d: %w", ErrInexpressible, i+1, err)
		}
		n.Positions = append(n.Positions, position{Assortment: e.native(string(p.ItemType), p.ItemID), Quantity: json.Number(p.Qty.String()), Price: int64(p.Price),
			Discount: "0", VAT: info.Percent, VATEnabled: p.Rate != tax.None})
		n.VATEnabled = n.VATEnabled || p.Rate != tax.None
	}
	return request(http.MethodPost, pathOrder, n)
}

// owner names an employee; nil when the till's own id is not the cloud's.
func (e Encoder) owner(id string) *outRef {
	if _, err := uuid.Parse(id); err != nil || len(id) != 36 {
		return nil
	}
	ref := e.native("employee", id)
	return &ref
}
