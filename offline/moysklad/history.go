package moysklad

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// Operation is one of the store's operations as the service lists it.
type Operation struct {
	Kind     string       `json:"kind"` // retaildemand, retailsalesreturn, ...
	ID       string       `json:"id"`   // the syncid, where the service tells it
	Name     string       `json:"name"`
	Time     time.Time    `json:"time,omitzero"` // the store's wall clock
	Sum      money.Amount `json:"sum"`
	NoCash   money.Amount `json:"no_cash,omitzero"`
	QR       money.Amount `json:"qr,omitzero"`
	Prepaid  money.Amount `json:"prepaid,omitzero"`
	Shift    string       `json:"shift,omitempty"` // its name
	Returned bool         `json:"returned,omitempty"`
	Cloud    bool         `json:"cloud,omitempty"` // registered by another till
}

// Cash is what was paid in cash.
func (o *Operation) Cash() money.Amount { return o.Sum - o.NoCash - o.QR - o.Prepaid }

type wireHistory struct {
	wireOperation
	Sum       number `json:"sum"`
	NoCash    number `json:"noCashSum"`
	QR        number `json:"qrSum"`
	PreCash   number `json:"prepaymentCash"`
	PreNoCash number `json:"prepaymentNoCash"`
	PreQR     number `json:"prepaymentQrSum"`
	Shift     entity `json:"retailShift"`
	Returned  flag   `json:"returned"`
	Cloud     flag   `json:"isCloud"`
}

// HistoryQuery is which operations are wanted; the zero value: the newest.
type HistoryQuery struct {
	Search string // a number, a sum, one position's name or a customer's
	Kind   string // retaildemand, ...; "": all
	Limit  int    // at most so many, default and maximum MaxHistory
}

// MaxHistory is how many operations one call brings.
const MaxHistory = 100

// History reads the store's newest operations that answer a query.
func (c *Client) History(ctx context.Context, q HistoryQuery) ([]Operation, error) {
	if q.Limit <= 0 || q.Limit > MaxHistory {
		q.Limit = MaxHistory
	}
	query := url.Values{"limit": {strconv.Itoa(q.Limit)}}
	if q.Search != "" {
		query.Set("search", q.Search)
	}
	if q.Kind != "" {
		query.Set("dtype", q.Kind)
	}
	a, err := c.call(ctx, nil, http.MethodGet, "/entity/retailoperation", query.Encode(), nil)
	if err != nil {
		return nil, failure(err)
	}
	var page collection[wireHistory]
	if err := decode(a.body, &page); err != nil {
		return nil, failure(err)
	}
	if page.Rows == nil {
		return nil, failure(garbage(errors.New("operations without rows")))
	}
	all := []Operation{}
	for i := range *page.Rows {
		o, err := operationOf(&(*page.Rows)[i])
		if err != nil {
			return nil, failure(garbage(err))
		}
		all = append(all, o)
	}
	return all, nil
}

func operationOf(w *wireHistory) (Operation, error) {
	o := Operation{Kind: string(w.Meta.Type), ID: w.Meta.tail(), Name: string(w.Name), Time: parseMoment(w.Moment), Shift: string(w.Shift.Name), Returned: w.Returned.v, Cloud: w.Cloud.v}
	var pre [3]money.Amount
	for _, s := range []struct {
		from number
		to   *money.Amount
	}{{w.Sum, &o.Sum}, {w.NoCash, &o.NoCash}, {w.QR, &o.QR}, {w.PreCash, &pre[0]}, {w.PreNoCash, &pre[1]}, {w.PreQR, &pre[2]}} {
		v, _, err := s.from.scaled(0)
		if err != nil || v > MaxNumber || v < -MaxNumber {
			return o, fmt.Errorf("operation %.40q: sum %.20q", o.Name, s.from.text)
		}
		*s.to = money.Amount(v)
	}
	o.Prepaid = pre[0] + pre[1] + pre[2]
	return o, nil
}

// parseMoment reads a moment, with or without milliseconds; the zero time when
// it is none.
func parseMoment(t text) time.Time {
	for _, layout := range []string{moment, moment + ".000"} {
		if at, err := time.Parse(layout, string(t)); err == nil {
			return at
		}
	}
	return time.Time{}
}
