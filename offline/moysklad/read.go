package moysklad

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// collection is one page of a list.
type collection[T any] struct {
	Meta struct {
		Size   number `json:"size"`
		Limit  number `json:"limit"`
		Offset number `json:"offset"`
		Next   text   `json:"nextHref"`
	} `json:"meta"`
	Rows *[]T `json:"rows"`
}

// minShare of the announced size must arrive for a list to be believed: things
// may be deleted while pages are read, half a catalogue may not. Lists shorter
// than minSize say too little to judge.
const (
	minShare = 90 // percent
	minSize  = 100
)

// list reads a collection page by page. size is what the service says the
// whole collection holds; it is a hint, the end is where the pages end.
func list[T any](ctx context.Context, c *Client, auth func(*http.Request), path, query string, each func(rows []T, size int64) error) error {
	seen, announced := int64(0), int64(0)
	asked := map[string]bool{}
	var before [sha256.Size]byte
	for range MaxPages {
		asked[query] = true
		a, err := c.call(ctx, auth, http.MethodGet, path, query, nil)
		if err != nil {
			return err
		}
		var page collection[T]
		if err := decode(a.body, &page); err != nil {
			return err
		}
		if page.Rows == nil {
			return garbage(fmt.Errorf("%s: no rows in the answer", path))
		}
		rows := *page.Rows
		size, _, err := page.Meta.Size.scaled(0)
		if err != nil {
			return garbage(err)
		}
		now := sum(a.body)
		if len(rows) > 0 && now == before {
			return garbage(fmt.Errorf("%s: the same page came twice", path))
		}
		before, seen, announced = now, seen+int64(len(rows)), max(announced, size)
		if err := each(rows, size); err != nil {
			return err
		}
		next, err := page.next(seen, size, query)
		switch {
		case err != nil:
			return err
		case next != "" && asked[next]:
			return garbage(fmt.Errorf("%s: a page names an earlier one as the next", path))
		case next == "" || len(rows) == 0:
			if announced >= minSize && seen*100 < announced*minShare {
				return garbage(fmt.Errorf("%s ended after %d of %d rows", path, seen, announced))
			}
			return nil
		}
		query = next
	}
	return garbage(fmt.Errorf("%s: more than %d pages", path, MaxPages))
}

// sum tells pages apart by their rows: what stands around them may differ.
func sum(body []byte) [sha256.Size]byte {
	if i := bytes.Index(body, []byte(`"rows"`)); i >= 0 {
		body = body[i:]
	}
	return sha256.Sum256(body)
}

// next gives the query of the next page, "" at the end. Newer lists name the
// next page, older ones count an offset.
func (p collection[T]) next(seen, size int64, query string) (string, error) {
	if p.Meta.Next != "" {
		u, err := url.Parse(string(p.Meta.Next))
		if err != nil {
			return "", garbage(err)
		}
		return u.RawQuery, nil
	}
	if !p.Meta.Offset.set() || seen >= size {
		return "", nil
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", garbage(err)
	}
	q.Set("offset", strconv.FormatInt(seen, 10))
	return q.Encode(), nil
}

// Store reads the store's and the company's settings.
func (c *Client) Store(ctx context.Context) (catalog.Store, error) {
	var ws wireStore
	var wc wireCompany
	if err := c.get(ctx, "/settings/retailstore/", &ws); err != nil {
		return catalog.Store{}, failure(err)
	}
	if err := c.get(ctx, "/settings/companysettings", &wc); err != nil {
		return catalog.Store{}, failure(err)
	}
	if ws.id() == "" || ws.PriceType == "" || wc.Currency.Code == "" && wc.Currency.Name == "" {
		return catalog.Store{}, failure(garbage(errors.New("settings without id, price type or currency")))
	}
	store, err := c.store(ws, wc)
	return store, failure(err)
}

// Folders reads all folders, page by page.
func (c *Client) Folders(ctx context.Context, each func([]catalog.Folder) error) error {
	return failure(list(ctx, c, nil, "/entity/productfolder", "", func(rows []wireFolder, _ int64) error {
		return each(mapAll(rows, folder))
	}))
}

// Items reads all goods and services, page by page, and tells how many had
// prices with parts of a kopeck, which are rounded half up.
func (c *Client) Items(ctx context.Context, each func([]catalog.Item) error) (rounded int, err error) {
	err = list(ctx, c, nil, "/entity/assortment", "", func(rows []wireItem, _ int64) error {
		items := make([]catalog.Item, 0, len(rows))
		for i := range rows {
			it, inexact, err := item(&rows[i])
			if err != nil {
				return garbage(fmt.Errorf("assortment row %d: %w", i+1, err))
			}
			if inexact {
				rounded++
			}
			items = append(items, it)
		}
		return each(items)
	})
	return rounded, failure(err)
}

// Customers reads the counterparties, page by page. A login without the right
// to see them has none: goods are sold all the same.
func (c *Client) Customers(ctx context.Context, each func([]catalog.CustomerCard) error) error {
	err := list(ctx, c, nil, "/entity/counterparty", "", func(rows []wireCustomer, _ int64) error {
		people := make([]catalog.CustomerCard, 0, len(rows))
		for i := range rows {
			if p, ok := customer(&rows[i]); ok {
				people = append(people, p)
			}
		}
		return each(people)
	})
	if notAllowed(err) {
		c.log.WarnContext(ctx, "customers may not be read", "dev", Destination)
		return nil
	}
	return failure(err)
}

// Discounts reads the discounts: special prices, accumulation and personal
// ones. Others, which the service may have some day, are left out.
func (c *Client) Discounts(ctx context.Context) ([]catalog.Discount, error) {
	all := []catalog.Discount{}
	err := list(ctx, c, nil, "/entity/discount", "", func(rows []wireDiscount, _ int64) error {
		for i := range rows {
			if k := rows[i].kind(); k != specialPrice && k != accumulation && k != personal {
				continue
			}
			d, err := discount(&rows[i])
			if err != nil {
				c.log.WarnContext(ctx, "discount left out", "dev", Destination, "err", err)
				continue
			}
			all = append(all, d)
		}
		return nil
	})
	return all, failure(err)
}

func mapAll[A, B any](in []A, f func(*A) B) []B {
	out := make([]B, len(in))
	for i := range in {
		out[i] = f(&in[i])
	}
	return out
}
