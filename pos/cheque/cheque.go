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
	Order    *Order            `json:"order,omitempty"`  // it came from
	Tablet   *Tablet           `json:"tablet,omitempty"` // a program beside the till has filled it

	// Rules is the digest of the price rules the cheque was priced with last.
	Rules string `json:"rules,omitempty"`
	// Recalc is what a cloud has made of the cheque as it is now; nil: it was not
	// asked since the last change.
	Recalc *Recalc `json:"recalc,omitempty"`
	// Was is what the lines came to when the cheque was parked.
	Was []LinePrice `json:"was,omitempty"`

	Kitchen *Kitchen `json:"kitchen,omitempty"` // what it was told; nil: nothing yet

	People     *doc.People `json:"-"`                   // who gets the receipt, and the buyer; may be nil
	Electronic bool        `json:"electronic,omitzero"` // no paper receipt

	Ages []AgeCheck `json:"ages,omitempty"` // once for each group of goods
}

// AgeCheck says that somebody made sure of the buyer's age.
type AgeCheck struct {
	Group string    `json:"group"` // of goods, as the restrictions name it
	Born  time.Time `json:"born"`  // at the latest, to be old enough
	Who   string    `json:"who,omitempty"`
	At    time.Time `json:"at"`
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

	// Mark is the unit's marking code, byte for byte; its line is one unit.
	Mark   string      `json:"mark,omitempty"`
	Permit *doc.Permit `json:"permit,omitempty"` // the answer that let the unit in
	// Unmarked: goods that should be marked and are not, sold as a remainder.
	Unmarked bool `json:"unmarked,omitempty"`
	// Printed: Price was read from the shop's own label and nobody typed it.
	Printed bool `json:"printed,omitempty"`
	// Serial is the unit's serial number; its line is one unit.
	Serial   string  `json:"serial,omitempty"`
	SerialID string  `json:"serial_id,omitempty"` // the cloud's
	Bundle   *Bundle `json:"bundle,omitempty"`    // it is a part of
	Agreed   *Agreed `json:"agreed,omitempty"`    // with a program: Price and Adjust are its
	Note     string  `json:"note,omitempty"`      // how the customer wants it made
}

// Bundle is a bundle that stands in the cheque as its parts, because some of
// them have codes of their own. The parts are sold together or not at all.
type Bundle struct {
	ID    uuid.UUID `json:"id"` // of this one
	Item  string    `json:"item"`
	Name  string    `json:"name"`
	Lines int       `json:"lines"` // that it has
}

// LinePrice is what a line came to at some moment.
type LinePrice struct {
	Line  uuid.UUID    `json:"line"`
	Price money.Amount `json:"price"` // of one unit, as printed
	Total money.Amount `json:"total"`
}

// Single tells whether the line stands for what was scanned and for nothing
// more: such a line is never merged with another, nor is its quantity changed
// by a further scan.
func (l *Line) Single() bool {
	return l.Item.Measured() || l.Mark != "" || l.Printed || l.MRC != 0 || l.WantsMark() || l.Item.Serials || l.Agreed != nil || l.Note != ""
}

// Wants tells whether a code of the unit is still to be scanned, its marking
// code or its serial number.
func (l *Line) Wants() bool { return l.WantsMark() || l.WantsSerial() }

// WantsSerial tells whether the line is a unit whose serial number is not known.
func (l *Line) WantsSerial() bool { return l.Item.Serials && l.Serial == "" }

// takes tells whether the line may have a quantity: a code is one unit, but for
// goods that are measured out of it, and packages that are sold in parts.
func (l *Line) takes(q qty.Milli) bool {
	switch {
	case l.Item.Serials:
		return q == qty.One
	case l.Mark == "" && !l.WantsMark(), l.Item.Measured():
		return true
	case l.Item.Divisible:
		return q <= qty.One
	}
	return q == qty.One
}

// WantsMark tells whether the line is a marked unit whose code is still to be
// scanned: it came by an order or is to be prepaid, and is not sold so.
func (l *Line) WantsMark() bool { return l.Item.Marked() && l.Mark == "" && !l.Unmarked }

// Change is one journaled step of a cheque: the line as it is now, the removal
// of a line or of those that a receipt of their own has sold, who buys, or
// what its prices depend on beside its lines.
type Change struct {
	Cheque   uuid.UUID `json:"cheque"`
	Revision int64     `json:"revision"` // of the cheque after the change
	Catalog  int64     `json:"catalog"`
	At       time.Time `json:"at"`
	Line     *Line     `json:"line,omitempty"`     // added or replaced, by ID
	Lines    []Line    `json:"lines,omitempty"`    // of an order or a bundle: all of them at once
	Removed  uuid.UUID `json:"removed,omitzero"`   // line taken out
	Replaced []Line    `json:"replaced,omitempty"` // all lines, in the place of those there were
	Renamed  *string   `json:"renamed,omitempty"`  // the parked cheque's name

	Customer *catalog.Customer `json:"customer,omitempty"` // without an id: nobody any more
	Coupons  *[]string         `json:"coupons,omitempty"`  // all of them
	Adjust   *Adjust           `json:"adjust,omitempty"`   // of the whole cheque; of nothing: taken back
	Bonus    *money.Amount     `json:"bonus,omitempty"`
	Order    *Order            `json:"order,omitempty"`
	Tablet   *Tablet           `json:"tablet,omitempty"`
	Rules    string            `json:"rules,omitempty"` // digest, see Cheque
	Kitchen  *Kitchen          `json:"kitchen,omitempty"`

	Recalc     *Recalc     `json:"recalc,omitempty"`     // the cloud's prices, or why there are none
	Age        *AgeCheck   `json:"age,omitempty"`        // the buyer is old enough
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
	return c.Put(Line{ID: newID, Item: m.Item, PackID: m.PackID, Code: m.Code, Qty: q}, m.Generation, at)
}

// Put plans the change that puts a line into the cheque, or its quantity to
// the line that has the same already. What is Single stays by itself. A code
// goes to a line that wants it.
func (c Cheque) Put(l Line, generation int64, at time.Time) (Change, error) {
	if i := c.Wanting(&l); i >= 0 {
		was := c.Lines[i]
		was.Mark, was.Permit, was.Code, was.MRC = l.Mark, l.Permit, l.Code, l.MRC
		was.Serial, was.SerialID = l.Serial, l.SerialID
		return c.Replace(was, at), nil
	}
	if !l.Single() {
		for i := range c.Lines {
			was := &c.Lines[i]
			if was.Item.ID == l.Item.ID && was.PackID == l.PackID && was.Unmarked == l.Unmarked && !was.Single() {
				return c.SetQty(was.ID, was.Qty+l.Qty, at)
			}
		}
	}
	if len(c.Lines) >= MaxLines {
		return Change{}, ErrFull
	}
	if !l.Qty.Valid() || !l.takes(l.Qty) {
		return Change{}, qty.ErrRange
	}
	ch := c.change(at)
	ch.Line = &l
	if c.Empty() {
		ch.Catalog = generation
	}
	return ch, nil
}

// PutAll plans the change that puts lines into the cheque as they are, all of
// them or none, whatever other lines want.
func (c Cheque) PutAll(lines []Line, generation int64, at time.Time) (Change, error) {
	if len(c.Lines)+len(lines) > MaxLines {
		return Change{}, ErrFull
	}
	for i := range lines {
		if l := &lines[i]; !l.Qty.Valid() || !l.takes(l.Qty) {
			return Change{}, qty.ErrRange
		}
	}
	ch := c.change(at)
	if ch.Lines = lines; c.Empty() {
		ch.Catalog = generation
	}
	return ch, nil
}

// Wanting is the place of the line that a unit's codes are for; below zero: none.
// A unit with a marking code, or with a serial number, is put where that is
// wanted, of the same item and quantity.
func (c Cheque) Wanting(l *Line) int {
	return slices.IndexFunc(c.Lines, func(was Line) bool {
		return was.Item.ID == l.Item.ID && was.Qty == l.Qty && (l.Mark != "" && was.WantsMark() || l.Serial != "" && was.WantsSerial())
	})
}

// OfBundle lists the lines that stand for one bundle.
func (c Cheque) OfBundle(id uuid.UUID) (lines []uuid.UUID) {
	for i := range c.Lines {
		if b := c.Lines[i].Bundle; b != nil && b.ID == id {
			lines = append(lines, c.Lines[i].ID)
		}
	}
	return lines
}

// Aged plans the change that the buyer's age was checked.
func (c Cheque) Aged(a AgeCheck, at time.Time) Change {
	ch := c.change(at)
	ch.Age = &a
	return ch
}

// AgeOf finds the age check for a group of goods; nil: there was none.
func (c Cheque) AgeOf(group string) *AgeCheck {
	for i := range c.Ages {
		if c.Ages[i].Group == group {
			return &c.Ages[i]
		}
	}
	return nil
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
	if !l.takes(q) || l.Bundle != nil {
		return Change{}, qty.ErrRange
	}
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
	c.Revision, c.Catalog, c.Recalc = ch.Revision, ch.Catalog, ch.Recalc
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
	if ch.Order != nil {
		c.Order = ch.Order
	}
	if ch.Tablet != nil {
		c.Tablet = ch.Tablet
	}
	if ch.Kitchen != nil {
		c.Kitchen = ch.Kitchen
	}
	if len(ch.Replaced) > 0 {
		c.Lines = ch.Replaced
	}
	if len(ch.Lines) > 0 {
		c.Lines = append(c.Lines[:len(c.Lines):len(c.Lines)], ch.Lines...)
	}
	if ch.Age != nil {
		c.Ages = append(c.Ages[:len(c.Ages):len(c.Ages)], *ch.Age)
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
