package api

import (
	"context"
	"net/http"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Made makes goods, customers and orders at the till: usable at once, sent to
// the cloud before what names them.
type Made struct {
	Product  func(ctx context.Context, p NewProduct) (catalog.Item, error)
	Customer func(ctx context.Context, p NewCustomer) (catalog.CustomerCard, error)
	Order    func(ctx context.Context, p NewOrder) (catalog.Order, error)
}

// NewProduct are goods nobody knew.
type NewProduct struct {
	Name     string       `json:"name"`
	Article  string       `json:"article"`
	Barcodes []string     `json:"barcodes"`
	Price    money.Amount `json:"-"`
	Amount   string       `json:"price"` // roubles
	Rate     tax.Rate     `json:"rate"`  // "": the store's ordinary one
	Unit     string       `json:"unit"`  // one of the Units; "" is the first
}

// Units are what goods made at a till can be sold by: pieces, or kilograms,
// which are weighed.
var Units = []string{"шт", "кг"}

// NewCustomer is somebody who wants to be known.
type NewCustomer struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
	Email string `json:"email"`
	Card  string `json:"card"`
}

// NewOrder makes an order of the open cheque, for its customer.
type NewOrder struct {
	Description string `json:"description"`
}

func (a *API) madeRoutes() []route {
	return []route{
		{"POST", "/api/v1/made/products", a.makeProduct},
		{"POST", "/api/v1/made/customers", a.makeCustomer},
		{"POST", "/api/v1/made/orders", a.makeOrder},
	}
}

func (a *API) makeProduct(w http.ResponseWriter, r *http.Request) {
	var in NewProduct
	err := read(w, r, &in)
	if err == nil {
		var bad error
		if in.Price, bad = money.Parse(in.Amount); bad != nil {
			err = fault.New(fault.AmountBad, in.Amount)
		}
	}
	answerMade(a, w, r, err, a.o.Made.Product, in)
}

func (a *API) makeCustomer(w http.ResponseWriter, r *http.Request) {
	var in NewCustomer
	err := read(w, r, &in)
	answerMade(a, w, r, err, a.o.Made.Customer, in)
}

func (a *API) makeOrder(w http.ResponseWriter, r *http.Request) {
	var in NewOrder
	err := read(w, r, &in)
	answerMade(a, w, r, err, a.o.Made.Order, in)
}

func answerMade[In, Out any](a *API, w http.ResponseWriter, r *http.Request, err error, make func(context.Context, In) (Out, error), in In) {
	var out Out
	if err == nil && make == nil {
		err = fault.New(fault.Unavailable)
	}
	if err == nil {
		out, err = make(r.Context(), in)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, out)
}
