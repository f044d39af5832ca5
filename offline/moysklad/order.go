package moysklad

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

type wireOrder struct {
	entity
	Description text           `json:"description"`
	Moment      text           `json:"moment"`
	State       name           `json:"state"`
	Agent       *entity        `json:"agent"`
	Positions   []wirePosition `json:"positions"`
	Cash        number         `json:"paidInCash"`
	NoCash      number         `json:"paidNoCash"`
	QR          number         `json:"paidByQr"`
}

type wirePosition struct {
	Assortment entity `json:"assortment"`
	Quantity   number `json:"quantity"`
	Price      number `json:"price"`
	Discount   number `json:"discount"`
}

// Orders reads the customers' orders of the store. One that can not be
// understood is left out and logged.
func (c *Client) Orders(ctx context.Context) ([]catalog.Order, error) {
	all := []catalog.Order{}
	err := list(ctx, c, nil, "/entity/customerorder", "", func(rows []wireOrder, _ int64) error {
		for i := range rows {
			o, err := order(&rows[i])
			if err != nil {
				c.log.WarnContext(ctx, "order left out", "dev", Destination, "err", err)
				continue
			}
			all = append(all, o)
		}
		return nil
	})
	return all, failure(err)
}

// Order reads one order by its id.
func (c *Client) Order(ctx context.Context, id string) (catalog.Order, error) {
	if _, err := uuid.Parse(id); err != nil || len(id) != 36 {
		return catalog.Order{}, failure(&Error{Status: http.StatusNotFound, Code: 1000, Words: fmt.Sprintf("%.60q", id)})
	}
	var w wireOrder
	if err := c.get(ctx, pathOrder+"/"+id, &w); err != nil {
		return catalog.Order{}, failure(err)
	}
	if !strings.EqualFold(w.id(), id) {
		return catalog.Order{}, failure(garbage(fmt.Errorf("order %s asked, %.60q came", id, w.id())))
	}
	o, err := order(&w)
	if err != nil {
		err = garbage(err)
	}
	return o, failure(err)
}

// thousandths: quantities are kept in them.
const thousandths = 3

func order(w *wireOrder) (o catalog.Order, err error) {
	o = catalog.Order{ID: w.id(), Name: string(w.Name), Description: string(w.Description), State: string(w.State)}
	if o.ID == "" || o.Name == "" || len(w.Positions) == 0 || len(w.Positions) > MaxPositions {
		return o, fmt.Errorf("order %.40q: no id, name or positions, or too many", o.Name)
	}
	o.Time = parseMoment(w.Moment)
	if w.Agent != nil {
		o.Agent, o.AgentName = w.Agent.id(), string(w.Agent.Name)
	}
	for _, s := range []struct {
		from number
		to   *money.Amount
	}{{w.Cash, &o.PaidCash}, {w.NoCash, &o.PaidNoCash}, {w.QR, &o.PaidQR}} {
		v, _, err := s.from.scaled(0)
		if err != nil || v < 0 || v > MaxNumber {
			return o, fmt.Errorf("order %.40q: paid %.20q", o.Name, s.from.text)
		}
		*s.to = money.Amount(v)
	}
	for i := range w.Positions {
		p, err := orderPosition(&w.Positions[i])
		if err != nil {
			return o, fmt.Errorf("order %.40q, position %d: %w", o.Name, i+1, err)
		}
		o.Positions = append(o.Positions, p)
	}
	return o, nil
}

// orderPosition takes the discount off the price, to the nearest kopeck.
func orderPosition(w *wirePosition) (p catalog.OrderPosition, err error) {
	p = catalog.OrderPosition{ItemID: w.Assortment.id(), Name: string(w.Assortment.Name)}
	q, exact, err := w.Quantity.scaled(thousandths)
	if err != nil || !exact || q <= 0 {
		return p, fmt.Errorf("quantity %.20q", w.Quantity.text)
	}
	price, _, err := w.Price.scaled(0)
	if err != nil || price < 0 || price > MaxNumber {
		return p, fmt.Errorf("price %.20q", w.Price.text)
	}
	off, _, err := w.Discount.scaled(milliPercent)
	if err != nil || off > 100_000 || off < -10_000_000 {
		return p, fmt.Errorf("discount %.20q", w.Discount.text)
	}
	p.Qty = qty.Milli(q)
	p.Price, err = money.Amount(price).MulDiv(100_000-off, 100_000)
	if p.ItemID == "" {
		err = fmt.Errorf("no item")
	}
	return p, err
}
