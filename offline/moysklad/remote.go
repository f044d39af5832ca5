package moysklad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// RemoteOperation is an operation of another till that waits to be registered.
type RemoteOperation struct {
	ID        uuid.UUID        `json:"id"`
	Kind      string           `json:"kind"`
	Href      string           `json:"href"`
	Name      string           `json:"name,omitempty"`
	Type      doc.Type         `json:"type"`
	Positions []RemotePosition `json:"positions"`
	Payments  []doc.Payment    `json:"payments"`         // without ids; they add up to the positions, or of a prepayment to what is prepaid
	Prepaid   bool             `json:"prepaid,omitzero"` // the goods are handed over later, or were to be
	TaxSystem tax.System       `json:"tax_system,omitzero"`
	Contact   string           `json:"-"` // of who gets the receipt
}

// RemotePosition is one of its positions. Total is what the service makes of
// quantity, price and discount.
type RemotePosition struct {
	ItemID   string       `json:"item_id"`
	ItemType string       `json:"item_type"`
	Name     string       `json:"name,omitempty"`
	Qty      qty.Milli    `json:"qty"`
	Price    money.Amount `json:"price"`
	Total    money.Amount `json:"total"`
	Rate     tax.Rate     `json:"rate"`
	Marks    []string     `json:"marks,omitempty"`
}

type wireRemote struct {
	entity
	Positions listOf[wireRemotePosition] `json:"positions"`
	Sum       number                     `json:"sum"` // of a prepayment
	Cash      number                     `json:"cashSum"`
	NoCash    number                     `json:"noCashSum"`
	QR        number                     `json:"qrSum"`
	PreCash   number                     `json:"prepaymentCash"`
	PreNoCash number                     `json:"prepaymentNoCash"`
	PreQR     number                     `json:"prepaymentQrSum"`
	Included  flag                       `json:"vatIncluded"`
	VAT       flag                       `json:"vatEnabled"`
	TaxSystem text                       `json:"taxSystem"`
	Cheque    wireCheque                 `json:"cheque"`
}

type wireRemotePosition struct {
	Assortment entity `json:"assortment"`
	Quantity   number `json:"quantity"`
	Price      number `json:"price"`
	Discount   number `json:"discount"`
	VAT        number `json:"vat"`
	VATEnabled flag   `json:"vatEnabled"`
	Marks      []struct {
		CIS text `json:"cis"`
	} `json:"marks"`
}

// listOf is an array, or an object with rows.
type listOf[T any] []T

// UnmarshalJSON takes [..] and {"rows":[..]}.
func (r *listOf[T]) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var o struct {
			Rows []T `json:"rows"`
		}
		err := json.Unmarshal(b, &o)
		*r = o.Rows
		return err
	}
	var all []T
	err := json.Unmarshal(b, &all)
	*r = all
	return err
}

// remoteTypes are the kinds that become a receipt here.
var remoteTypes = map[string]doc.Type{kindDemand: doc.Sell, kindReturn: doc.Payback, kindPrepayment: doc.Sell, kindPrepaymentReturn: doc.Payback}

// ErrRemote: an operation that can not be registered as a receipt here. It has
// come together with what is known of it, to be rejected.
var ErrRemote = errors.New("moysklad: the operation can not be registered here")

// Poll takes the next operation to be registered for an organisation; nil:
// there is none. The service may hand it to nobody else from now on.
func (c *Client) Poll(ctx context.Context, organization string) (*RemoteOperation, error) {
	if _, err := uuid.Parse(organization); err != nil {
		return nil, fmt.Errorf("moysklad: organisation %.60q: %w", organization, err)
	}
	a, err := c.call(ctx, nil, http.MethodGet, pathPoll+organization, "", nil)
	if err != nil || len(a.body) == 0 || string(a.body) == "{}" || string(a.body) == "[]" {
		return nil, err
	}
	var w wireRemote
	if err := decode(a.body, &w); err != nil {
		return nil, err
	}
	return w.operation()
}

func (w *wireRemote) operation() (*RemoteOperation, error) {
	o := &RemoteOperation{Kind: string(w.Meta.Type), Href: string(w.Meta.Href), Name: string(w.Name)}
	var err error
	if o.ID, err = uuid.Parse(w.Meta.tail()); err != nil || o.Href == "" {
		return nil, garbage(fmt.Errorf("an operation without address: %.60q", o.Href))
	}
	for kind := range remoteTypes {
		if o.Kind == "" && kindIn(o.Href, kind) {
			o.Kind = kind
		}
	}
	if err := w.fill(o); err != nil {
		return o, fmt.Errorf("%w: %w", ErrRemote, err)
	}
	return o, nil
}

// kindIn tells whether an address names a kind.
func kindIn(href, kind string) bool {
	return strings.Contains(href, "/entity/"+kind+"/")
}

func (w *wireRemote) fill(o *RemoteOperation) error {
	var known bool
	if o.Type, known = remoteTypes[o.Kind]; !known {
		return fmt.Errorf("%.40q becomes no receipt", o.Kind)
	}
	if len(w.Positions) == 0 || len(w.Positions) > MaxPositions {
		return fmt.Errorf("%d positions", len(w.Positions))
	}
	if w.VAT.v && w.Included.set && !w.Included.v {
		return errors.New("VAT on top of the prices")
	}
	if w.TaxSystem != "" {
		sys, err := tax.ParseSystem(string(w.TaxSystem))
		if err != nil {
			return err
		}
		o.TaxSystem = sys
	}
	var total money.Amount
	for i := range w.Positions {
		p, err := w.Positions[i].position()
		if err != nil {
			return fmt.Errorf("position %d: %w", i+1, err)
		}
		o.Positions = append(o.Positions, p)
		total += p.Total
	}
	o.Contact = first(w.Cheque.Email, w.Cheque.Phone)
	if o.Prepaid = o.Kind == kindPrepayment || o.Kind == kindPrepaymentReturn; o.Prepaid {
		part, err := w.prepaid(total)
		if err != nil {
			return err
		}
		total = part
	}
	return w.payments(o, total)
}

// prepaid is how much of its positions a prepayment pays.
func (w *wireRemote) prepaid(total money.Amount) (money.Amount, error) {
	v, _, err := w.Sum.scaled(0)
	if !w.Sum.set() || err != nil || v <= 0 || v > int64(total) {
		return 0, fmt.Errorf("%.20q prepaid of %s", w.Sum.text, total)
	}
	return money.Amount(v), nil
}

func (w *wireRemote) payments(o *RemoteOperation, total money.Amount) error {
	sums, told := map[doc.Way]money.Amount{}, false
	var order []doc.Way
	for _, p := range []struct {
		way doc.Way
		sum number
	}{
		{doc.Way{Type: doc.PayElectron}, w.NoCash}, {doc.Way{Type: doc.PayElectron, QR: true}, w.QR}, {doc.Way{Type: doc.PayCash}, w.Cash},
		{doc.Way{Type: doc.PayAdvance, Via: doc.PayCash}, w.PreCash}, {doc.Way{Type: doc.PayAdvance, Via: doc.PayElectron}, w.PreNoCash},
		{doc.Way{Type: doc.PayAdvance, Via: doc.PayElectron, QR: true}, w.PreQR},
	} {
		v, _, err := p.sum.scaled(0)
		if err != nil || v < 0 || v > MaxNumber {
			return fmt.Errorf("paid %.20q", p.sum.text)
		}
		sums[p.way], order, told = money.Amount(v), append(order, p.way), told || p.sum.set()
	}
	var err error
	o.Payments, err = paid(sums, order, total, told)
	return err
}

func (w *wireRemotePosition) position() (RemotePosition, error) {
	p := RemotePosition{ItemID: w.Assortment.id(), ItemType: string(w.Assortment.Meta.Type), Name: string(w.Assortment.Name)}
	q, exact, err := w.Quantity.scaled(thousandths)
	if err != nil || !exact || !qty.Milli(q).Valid() {
		return p, fmt.Errorf("quantity %.20q", w.Quantity.text)
	}
	price, err := w.Price.rational()
	if err != nil || price.Sign() < 0 {
		return p, fmt.Errorf("price %.20q", w.Price.text)
	}
	off, err := w.Discount.rational()
	hundred := big.NewRat(100, 1)
	if err != nil || off.Sign() < 0 || off.Cmp(hundred) > 0 {
		return p, fmt.Errorf("discount %.20q", w.Discount.text)
	}
	full, _ := halfUpRat(price)
	total := new(big.Rat).Mul(price, big.NewRat(q, 1000))
	sum, _ := halfUpRat(total.Quo(total.Mul(total, new(big.Rat).Sub(hundred, off)), hundred))
	if full > int64(money.Max) || sum > int64(money.Max) || p.ItemID == "" {
		return p, fmt.Errorf("price %.20q, or no item", w.Price.text)
	}
	p.Qty, p.Price, p.Total, p.Rate = qty.Milli(q), money.Amount(full), money.Amount(sum), tax.None
	if w.VATEnabled.v || !w.VATEnabled.set && w.VAT.set() {
		percent, exact, err := w.VAT.scaled(0)
		if err == nil && exact {
			p.Rate, err = tax.ByPercent(percent)
		}
		if err != nil || !exact {
			return p, fmt.Errorf("VAT %.20q", w.VAT.text)
		}
	}
	for _, m := range w.Marks {
		p.Marks = append(p.Marks, string(m.CIS))
	}
	if len(p.Marks) > 0 && qty.Milli(len(p.Marks))*qty.One != p.Qty {
		return p, fmt.Errorf("%d marking codes for %s units", len(p.Marks), p.Qty)
	}
	return p, nil
}
