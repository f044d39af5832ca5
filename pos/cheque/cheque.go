// Package cheque holds the open cart: what the customer is about to buy.
//
// A Cheque is changed only by applying a Change, and every Change is
// journaled, so a till that loses power in the middle of a cheque comes back
// with that cheque. Values are copied on change: a snapshot handed to a
// screen never moves under it.
//
// Nothing here knows prices; pos/pricing makes priced lines of a cheque.
package cheque

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// MaxLines is the most lines a cheque may have: what a fiscal device takes in
// one receipt.
const MaxLines = 500

var (
	// ErrFull: the cheque has MaxLines lines.
	ErrFull = errors.New("cheque: too many lines")
	// ErrNoLine: the line is not in the cheque.
	ErrNoLine = errors.New("cheque: no such line")
)

// Cheque is an open or parked cart.
type Cheque struct {
	ID       uuid.UUID `json:"id"`
	Revision int64     `json:"revision"` // counts changes; taps carry it
	Catalog  int64     `json:"catalog"`  // generation pinned by the first line
	OpenedAt time.Time `json:"opened_at,omitzero"`
	Name     string    `json:"name,omitempty"` // when parked under a name
	Lines    []Line    `json:"lines"`

	Customer *catalog.Customer `json:"customer,omitempty"`
	Coupons  []string          `json:"coupons,omitempty"`
	Adjust   *Adjust           `json:"adjust,omitempty"` // by hand, on what discounts may touch
	Bonus    money.Amount      `json:"bonus,omitempty"`  // the customer's points that are spent, as money

	// Rules is the digest of the price rules the cheque was priced with last.
	Rules string `json:"rules,omitempty"`
	// Was is what the lines came to when the cheque was parked.
	Was []LinePrice `json:"was,omitempty"`

	People     *doc.People `json:"-"`                   // who gets the receipt, and the buyer; may be nil
	Electronic bool        `json:"electronic,omitzero"` // no paper receipt
}

// Line is one item in the cart.
type Line struct {
	ID     uuid.UUID    `json:"id"`
	Item   catalog.Item `json:"item"` // as it was when scanned
	PackID string       `json:"pack_id,omitempty"`
	Code   string       `json:"code"` // as scanned
	Qty    qty.Milli    `json:"qty"`

	Price  money.Amount `json:"price,omitempty"`  // of one unit, typed by the cashier; 0: the catalogue's
	MRC    money.Amount `json:"mrc,omitempty"`    // maximum retail price read from the tobacco pack; 0: the catalogue's
	Adjust *Adjust      `json:"adjust,omitempty"` // by hand
}

// LinePrice is what a line came to at some moment.
type LinePrice struct {
	Line  uuid.UUID    `json:"line"`
	Price money.Amount `json:"price"` // of one unit, as printed
	Total money.Amount `json:"total"`
}

// Change is one journaled step of a cheque: the line as it is now, the removal
// of a line or of those that a receipt of their own has sold, who buys, or
// what its prices depend on beside its lines.
type Change struct {
	Cheque   uuid.UUID `json:"cheque"`
	Revision int64     `json:"revision"` // of the cheque after the change
	Catalog  int64     `json:"catalog"`
	At       time.Time `json:"at"`
	Line     *Line     `json:"line,omitempty"`    // added or replaced, by ID
	Removed  uuid.UUID `json:"removed,omitzero"`  // line taken out
	Renamed  *string   `json:"renamed,omitempty"` // the parked cheque's name

	Customer *catalog.Customer `json:"customer,omitempty"` // without an id: nobody any more
	Coupons  *[]string         `json:"coupons,omitempty"`  // all of them
	Adjust   *Adjust           `json:"adjust,omitempty"`   // of the whole cheque; of nothing: taken back
	Bonus    *money.Amount     `json:"bonus,omitempty"`
	Rules    string            `json:"rules,omitempty"` // digest, see Cheque

	Sold       []uuid.UUID `json:"sold,omitempty"`       // lines that are on a registered receipt now
	Electronic *bool       `json:"electronic,omitempty"` // set together with People
	People     *doc.People `json:"-"`                    // the journal keeps it beside the change
}

// Empty tells whether there is nothing to pay.
func (c Cheque) Empty() bool { return len(c.Lines) == 0 }

// Add plans the change that puts q units of an item into the cheque. A
// repeated scan of the same piece goods raises the quantity of their line;
// weighed goods get a line of their own each time.
func (c Cheque) Add(m catalog.Match, q qty.Milli, newID uuid.UUID, at time.Time) (Change, error) {
	if !m.Item.ByWeight {
		for _, l := range c.Lines {
			if l.Item.ID == m.Item.ID && l.PackID == m.PackID {
				return c.SetQty(l.ID, l.Qty+q, at)
			}
		}
	}
	if len(c.Lines) >= MaxLines {
		return Change{}, ErrFull
	}
	if !q.Valid() {
		return Change{}, qty.ErrRange
	}
	ch := c.change(at)
	ch.Line = &Line{ID: newID, Item: m.Item, PackID: m.PackID, Code: m.Code, Qty: q}
	if c.Empty() {
		ch.Catalog = m.Generation
	}
	return ch, nil
}

// SetQty plans the change of a line's quantity.
func (c Cheque) SetQty(id uuid.UUID, q qty.Milli, at time.Time) (Change, error) {
	if !q.Valid() {
		return Change{}, qty.ErrRange
	}
	i := c.Find(id)
	if i < 0 {
		return Change{}, ErrNoLine
	}
	l := c.Lines[i]
	l.Qty = q
	ch := c.change(at)
	ch.Line = &l
	return ch, nil
}

// Replace plans that a line is as given from now on.
func (c Cheque) Replace(l Line, at time.Time) Change {
	ch := c.change(at)
	ch.Line = &l
	return ch
}

// Remove plans the removal of a line.
func (c Cheque) Remove(id uuid.UUID, at time.Time) (Change, error) {
	if c.Find(id) < 0 {
		return Change{}, ErrNoLine
	}
	ch := c.change(at)
	ch.Removed = id
	return ch, nil
}

// SetPeople plans the change of who buys. Nobody is an empty People.
func (c Cheque) SetPeople(p doc.People, electronic bool, at time.Time) Change {
	ch := c.change(at)
	ch.People, ch.Electronic = &p, &electronic
	return ch
}

// Sell plans the removal of lines that are on a registered receipt.
func (c Cheque) Sell(lines []uuid.UUID, at time.Time) Change {
	ch := c.change(at)
	ch.Sold = lines
	return ch
}

func (c Cheque) change(at time.Time) Change {
	return Change{Cheque: c.ID, Revision: c.Revision + 1, Catalog: c.Catalog, At: at}
}

// Find is the place of a line in the cheque, below zero when it is not in it.
func (c Cheque) Find(id uuid.UUID) int {
	return slices.IndexFunc(c.Lines, func(l Line) bool { return l.ID == id })
}

// Apply returns the cheque after a change. Changes are facts: one that was
// journaled applies, whatever limits say today.
func (c Cheque) Apply(ch Change) Cheque {
	if c.Revision == 0 {
		c.ID, c.OpenedAt = ch.Cheque, ch.At
	}
	c.Revision, c.Catalog = ch.Revision, ch.Catalog
	if ch.Renamed != nil {
		c.Name = *ch.Renamed
	}
	c.applyTerms(ch)
	if ch.Electronic != nil {
		c.Electronic = *ch.Electronic
	}
	if ch.People != nil {
		c.People = ch.People
		if c.People.Empty() {
			c.People = nil
		}
	}
	if len(ch.Sold) > 0 {
		c.Lines = slices.DeleteFunc(slices.Clone(c.Lines), func(l Line) bool { return slices.Contains(ch.Sold, l.ID) })
	}
	if ch.Line == nil && ch.Removed == uuid.Nil {
		return c
	}
	lines := slices.Clone(c.Lines)
	switch i := c.Find(changed(ch)); {
	case ch.Line != nil && i >= 0:
		lines[i] = *ch.Line
	case ch.Line != nil:
		lines = append(lines, *ch.Line)
	case i >= 0:
		lines = slices.Delete(lines, i, i+1)
	}
	c.Lines = lines
	return c
}

func changed(ch Change) uuid.UUID {
	if ch.Line != nil {
		return ch.Line.ID
	}
	return ch.Removed
}
