package moysklad

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// maxFound is how many customers one search brings.
const maxFound = 25

// SearchCustomers asks the service for customers with a text in their name,
// e-mail, telephone or discount card; the first ones it finds.
func (c *Client) SearchCustomers(ctx context.Context, text string) ([]catalog.CustomerCard, error) {
	rows, err := c.search(ctx, text)
	if err != nil {
		return nil, failure(err)
	}
	found := []catalog.CustomerCard{}
	for _, raw := range rows {
		var w wireCustomer
		if err := decode(raw, &w); err != nil {
			return nil, failure(err)
		}
		if who, ok := customer(&w); ok {
			found = append(found, who)
		}
	}
	return found, nil
}

// search gives the objects as they came: a question about one of them is asked
// with all that the service told of him.
func (c *Client) search(ctx context.Context, text string) ([]json.RawMessage, error) {
	q := url.Values{"search": {text}, "limit": {strconv.Itoa(maxFound)}}
	a, err := c.call(ctx, nil, http.MethodGet, pathCustomer, q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	var page collection[json.RawMessage]
	if err := decode(a.body, &page); err != nil {
		return nil, err
	}
	if page.Rows == nil {
		return nil, garbage(errors.New("customers without rows"))
	}
	return *page.Rows, nil
}

// Points asks how many points a customer has now, and of which programme; the
// customer is found by his card, telephone or name. It gives the customer with
// Bonus and BonusProgram, where the service told them. Two requests.
func (c *Client) Points(ctx context.Context, who catalog.CustomerCard) (catalog.CustomerCard, error) {
	raw, err := c.object(ctx, &who)
	if err != nil {
		return who, failure(err)
	}
	a, err := c.call(ctx, nil, http.MethodPost, pathCustomer+"/detail", "", raw)
	if err != nil {
		return who, failure(err)
	}
	w, err := detail(a.body, who.ID)
	if err != nil {
		return who, failure(err)
	}
	if fresh, ok := customer(w); ok {
		who = fresh
	}
	if who.BonusProgram = w.program(); who.BonusProgram != "" && w.Points.set() {
		points, _, err := w.Points.scaled(0)
		if err != nil || points < 0 || points > int64(money.Max/money.Rouble) {
			return who, failure(garbage(fmt.Errorf("%.40q points", w.Points.text)))
		}
		worth := money.Amount(points) * money.Rouble
		who.Bonus = &worth
	}
	return who, nil
}

// object finds a customer's whole object.
func (c *Client) object(ctx context.Context, who *catalog.CustomerCard) (json.RawMessage, error) {
	text := who.Card
	if text == "" {
		text = who.Name
	}
	rows, err := c.search(ctx, text)
	if err != nil {
		return nil, err
	}
	for _, raw := range rows {
		var e entity
		if err := decode(raw, &e); err != nil {
			return nil, err
		}
		if strings.EqualFold(e.id(), who.ID) {
			return raw, nil
		}
	}
	return nil, &Error{Status: http.StatusNotFound, Code: 1021}
}

// detail reads the answer: one object, or, as the description shows it, a list
// with it.
func detail(body []byte, id string) (*wireCustomer, error) {
	if bytes.Contains(body, []byte(`"rows"`)) {
		var page collection[wireCustomer]
		if err := decode(body, &page); err != nil {
			return nil, err
		}
		if page.Rows != nil {
			for i := range *page.Rows {
				if w := &(*page.Rows)[i]; strings.EqualFold(w.id(), id) {
					return w, nil
				}
			}
			return nil, garbage(errors.New("details of somebody else"))
		}
	}
	var w wireCustomer
	if err := decode(body, &w); err != nil {
		return nil, err
	}
	if !strings.EqualFold(w.id(), id) {
		return nil, garbage(errors.New("details of somebody else"))
	}
	return &w, nil
}

// program is the id of the customer's bonus programme; it comes as a reference
// or as the reference's meta alone.
func (w *wireCustomer) program() string {
	if id := w.Program.Meta.tail(); id != "" {
		return id
	}
	return w.Program.tail()
}
