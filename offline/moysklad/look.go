package moysklad

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of one look for documents of ours.
const (
	MaxListed = 20  // pages of the store's list that are read through, MaxHistory operations each
	MaxAsked  = 200 // documents that are then asked for by their names
)

// listMargin is how much older than the oldest document that is looked for the
// list is read: the list has the store's clock.
const listMargin = 24 * time.Hour

// Place is what a document is in the service when all is well: its kind, id,
// name, moment and sums. False for what can not be looked up: shifts, receipts
// that another till registers, and what has no place there.
func (c *Client) Place(d *doc.Document) (Operation, bool) {
	o := Operation{ID: d.ID.String(), Name: d.Name, Time: parseMoment(text(c.encoder.at(d.Time)))}
	switch {
	case d.Cash != nil && (d.Type == doc.CashIncome || d.Type == doc.CashOutcome):
		o.Kind, o.Sum = map[doc.Type]string{doc.CashIncome: kindCashIn, doc.CashOutcome: kindCashOut}[d.Type], d.Cash.Sum
		return o, true
	case d.Receipt == nil || d.Receipt.Remote != nil || d.Fiscal != nil && d.Fiscal.Cloud:
		return o, false
	}
	path, body, err := c.encoder.operation(d)
	switch {
	case isNoPlace(err):
		o.Kind, o.Sum = drawer(d)
		return o, o.Sum != 0
	case err != nil:
		return o, false
	}
	o.Kind = strings.TrimPrefix(path, "/entity/")
	o.NoCash, o.QR = money.Amount(body.NoCashSum), money.Amount(body.QRSum)
	o.Prepaid = money.Amount(body.PrepaidCash + body.PrepaidNoCash + body.PrepaymentQRSum)
	if o.Sum = money.Amount(body.Sum); o.Sum == 0 {
		for i := range body.Positions {
			o.Sum += body.Positions[i].sum
		}
	}
	return o, true
}

// Drawer tells whether it is a movement of cash, which has no kinds of payment.
func (o *Operation) Drawer() bool { return o.Kind == kindCashIn || o.Kind == kindCashOut }

// Sight is what a look found.
type Sight struct {
	Found map[string]Operation // by syncid, in lower case
	Gone  map[string]bool      // asked for by name, and not there
}

// Look asks whether documents of ours are in the service, and how. It reads
// the newest operations of the store, MaxListed pages at most, and asks for
// what is not among them by its name, MaxAsked at most: what is in neither Found
// nor Gone was not asked for. With an error everything it found out before is
// told. It is subject to the limits of the account like everything else.
func (c *Client) Look(ctx context.Context, wanted []Operation) (Sight, error) {
	s := Sight{Found: map[string]Operation{}, Gone: map[string]bool{}}
	ours := map[string]bool{}
	var oldest time.Time
	for i := range wanted {
		ours[strings.ToLower(wanted[i].ID)] = true
		if oldest.IsZero() || wanted[i].Time.Before(oldest) {
			oldest = wanted[i].Time
		}
	}
	if len(ours) == 0 {
		return s, nil
	}
	if err := c.lookThrough(ctx, ours, oldest.Add(-listMargin), s.Found); err != nil {
		return s, failure(err)
	}
	asked := 0
	for i := range wanted {
		w := &wanted[i]
		id := strings.ToLower(w.ID)
		if _, there := s.Found[id]; there || w.Name == "" || asked == MaxAsked {
			continue
		}
		asked++
		found, all, err := c.lookFor(ctx, w)
		switch {
		case err != nil:
			return s, failure(err)
		case found != nil:
			s.Found[id] = *found
		case all:
			s.Gone[id] = true
		}
	}
	return s, nil
}

// lookThrough reads the store's list, newest first, until it has all of ours,
// or is past the oldest.
func (c *Client) lookThrough(ctx context.Context, ours map[string]bool, oldest time.Time, found map[string]Operation) error {
	pages := 0
	q := url.Values{"limit": {strconv.Itoa(MaxHistory)}}
	err := list(ctx, c, nil, "/entity/retailoperation", q.Encode(), func(rows []wireHistory, _ int64) error {
		last := time.Time{}
		for i := range rows {
			o, err := operationOf(&rows[i])
			if err != nil {
				return garbage(err)
			}
			if id := strings.ToLower(o.ID); ours[id] {
				found[id] = o
			}
			last = o.Time
		}
		if pages++; pages == MaxListed || len(found) == len(ours) || !last.IsZero() && last.Before(oldest) {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return nil
	}
	return err
}

// lookFor asks for one document by its name. Nil with all: it is not there; nil
// without: too much is called so.
func (c *Client) lookFor(ctx context.Context, w *Operation) (found *Operation, all bool, err error) {
	q := url.Values{"search": {w.Name}, "dtype": {w.Kind}, "limit": {strconv.Itoa(MaxHistory)}}
	seen := 0
	err = list(ctx, c, nil, "/entity/retailoperation", q.Encode(), func(rows []wireHistory, _ int64) error {
		for i := range rows {
			o, err := operationOf(&rows[i])
			if err != nil {
				return garbage(err)
			}
			if strings.EqualFold(o.ID, w.ID) {
				found = &o
				return errFound
			}
		}
		if seen += len(rows); seen >= maxSearch {
			return errNotFound
		}
		return nil
	})
	if errors.Is(err, errFound) || errors.Is(err, errNotFound) {
		return found, false, nil
	}
	return nil, err == nil, err
}
