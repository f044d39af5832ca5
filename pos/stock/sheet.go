// Package stock counts goods: the sheet a stock document is filled on, and the
// ledger that tells what the till's own documents have done to the stock since
// the catalogue last knew it.
//
// A Sheet is filled by scanning, over minutes or days: an inventory of a whole
// shop does not fit between two customers. It is changed only by applying a
// Change, and every Change is journaled, so that a count survives a power cut
// to the last scan. A paused sheet leaves the scanner to the cheque. When it is
// finished it becomes one of Evotor's six stock documents, which are no fiscal
// receipts: the fiscal printer never sees them.
//
//	INVENTORY    what is really there; Complete: what is not on it is not there
//	ACCEPT       goods that came in, with what was paid for them
//	RETURN       goods that went back to their supplier
//	WRITE_OFF    goods that are gone: broken, out of date, stolen
//	OPEN_TARE    a keg that was opened: it is sold by the litre from now on, and
//	             only that moves the stock
//	REVALUATION  new prices; it moves no stock
package stock

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

// Limits of a sheet.
const (
	MaxLines = 5000      // goods on one sheet; a document of so many is under 3 MB
	MaxQty   = 9_999_999 // units of one line
	MaxText  = 200       // runes of supplier and comment
)

var (
	// ErrFull: the sheet has MaxLines lines.
	ErrFull = errors.New("stock: too many lines")
	// ErrNoLine: the line is not on the sheet.
	ErrNoLine = errors.New("stock: no such line")
	// ErrQty: a quantity below zero, of no unit, or beyond MaxQty.
	ErrQty = errors.New("stock: bad quantity")
	// ErrMark: this marked unit is on the sheet already.
	ErrMark = errors.New("stock: counted already")
)

// Types are the documents that are made on a sheet.
func Types() []doc.Type {
	return []doc.Type{doc.Inventory, doc.Accept, doc.Return, doc.WriteOff, doc.OpenTare, doc.Revaluation}
}

// Head is what a sheet is about beside its goods.
type Head struct {
	Supplier string    `json:"supplier,omitempty"` // of ACCEPT and RETURN: as the shop calls or numbers it
	Comment  string    `json:"comment,omitempty"`
	Complete bool      `json:"complete,omitzero"`    // of INVENTORY
	BaseID   uuid.UUID `json:"base_id,omitzero"`     // of REVALUATION: the ACCEPT that brought the goods
	BaseNo   int64     `json:"base_number,omitzero"` // ..and its number
}

// Line is one kind of goods on a sheet.
type Line struct {
	ID   uuid.UUID    `json:"id"`
	Item catalog.Item `json:"item"` // as it was when first scanned
	Code string       `json:"code"` // as scanned; of a marked unit its GTIN
	Qty  qty.Milli    `json:"qty"`  // in the item's own unit, packs multiplied out

	Price money.Amount `json:"price,omitempty"` // of one unit; of REVALUATION: from now on
	Old   money.Amount `json:"old,omitempty"`   // of REVALUATION: so far
	Cost  money.Amount `json:"cost,omitempty"`  // what one unit was bought for; 0: not said
	Mark  string       `json:"mark,omitempty"`  // marking code, byte for byte; the line is one unit
}

// Sheet is a stock document that is being filled.
type Sheet struct {
	ID       uuid.UUID `json:"id"`
	Type     doc.Type  `json:"type"`
	Revision int64     `json:"revision"`
	Begun    time.Time `json:"begun"`
	Paused   bool      `json:"paused"`
	Head
	Lines []Line `json:"lines"` // in the order they were first scanned
}

// Change is one journaled step of a sheet.
type Change struct {
	Sheet    uuid.UUID `json:"sheet"`
	Revision int64     `json:"revision"` // of the sheet after the change
	At       time.Time `json:"at"`
	Type     doc.Type  `json:"type,omitempty"`   // the sheet is begun
	Head     *Head     `json:"head,omitempty"`   // as it is now
	Line     *Line     `json:"line,omitempty"`   // added or replaced, by ID
	Removed  uuid.UUID `json:"removed,omitzero"` // line taken off
	Paused   *bool     `json:"paused,omitempty"` // or resumed
}

// Open tells whether there is a sheet at all.
func (s *Sheet) Open() bool { return s.ID != uuid.Nil }

// Takes tells whether scanned goods go on this sheet.
func (s *Sheet) Takes() bool { return s.Open() && !s.Paused }

// next plans a change.
func (s *Sheet) next(at time.Time) Change {
	return Change{Sheet: s.ID, Revision: s.Revision + 1, At: at}
}

// Begin plans a new sheet.
func Begin(id uuid.UUID, typ doc.Type, h Head, at time.Time) Change {
	return Change{Sheet: id, Revision: 1, At: at, Type: typ, Head: &h}
}

// Pause plans that scans go to the cheque again, or back to the sheet.
func (s *Sheet) Pause(paused bool, at time.Time) Change {
	c := s.next(at)
	c.Paused = &paused
	return c
}

// Describe plans a new head.
func (s *Sheet) Describe(h Head, at time.Time) Change {
	c := s.next(at)
	c.Head = &h
	return c
}

// Put plans goods onto the sheet: further units of a line that is there, or a
// line of their own. A revaluation has no quantity but a line.
func (s *Sheet) Put(l Line, at time.Time) (Change, error) {
	for i := range s.Lines {
		was := &s.Lines[i]
		switch {
		case l.Mark != "" && was.Mark == l.Mark:
			return Change{}, ErrMark
		case l.Mark == "" && was.Mark == "" && was.Item.ID == l.Item.ID && s.Type == doc.Revaluation:
			return s.Set(*was, at)
		case l.Mark == "" && was.Mark == "" && was.Item.ID == l.Item.ID:
			more := *was
			more.Qty += l.Qty
			return s.Set(more, at)
		}
	}
	if len(s.Lines) >= MaxLines {
		return Change{}, ErrFull
	}
	return s.line(l, at)
}

// Set plans a line as it is from now on.
func (s *Sheet) Set(l Line, at time.Time) (Change, error) {
	if s.Find(l.ID) < 0 {
		return Change{}, ErrNoLine
	}
	return s.line(l, at)
}

func (s *Sheet) line(l Line, at time.Time) (Change, error) {
	least := qty.Milli(0) // an inventory counts that there is none
	if s.Type != doc.Inventory {
		least = 1
	}
	if l.Qty < least || l.Qty > MaxQty*qty.One || (!l.Item.ByWeight && !l.Qty.Whole()) || (l.Mark != "" && l.Qty != qty.One) {
		return Change{}, ErrQty
	}
	c := s.next(at)
	c.Line = &l
	return c, nil
}

// Remove plans a line off the sheet.
func (s *Sheet) Remove(id uuid.UUID, at time.Time) (Change, error) {
	if s.Find(id) < 0 {
		return Change{}, ErrNoLine
	}
	c := s.next(at)
	c.Removed = id
	return c, nil
}

// Find is the place of a line; -1: it is not there.
func (s *Sheet) Find(id uuid.UUID) int {
	return slices.IndexFunc(s.Lines, func(l Line) bool { return l.ID == id })
}

// Apply makes the sheet a change leads to. The old one stays as it is.
func (s Sheet) Apply(c Change) Sheet {
	if c.Type != "" {
		s = Sheet{ID: c.Sheet, Type: c.Type, Begun: c.At}
	}
	s.Revision = c.Revision
	if c.Head != nil {
		s.Head = *c.Head
	}
	if c.Paused != nil {
		s.Paused = *c.Paused
	}
	if c.Removed != uuid.Nil {
		s.Lines = slices.DeleteFunc(slices.Clone(s.Lines), func(l Line) bool { return l.ID == c.Removed })
	}
	if c.Line == nil {
		return s
	}
	if i := s.Find(c.Line.ID); i >= 0 {
		s.Lines = slices.Clone(s.Lines)
		s.Lines[i] = *c.Line
	} else {
		s.Lines = append(slices.Clip(s.Lines), *c.Line)
	}
	return s
}

// Body freezes the sheet. What was there before is the item's stock as it was
// when it was first scanned.
func (s *Sheet) Body() (*doc.Stock, error) {
	b := doc.Stock{Positions: make([]doc.StockPosition, len(s.Lines)), Supplier: s.Supplier, Comment: s.Comment, Complete: s.Complete,
		BaseID: s.BaseID, BaseNo: s.BaseNo}
	for i := range s.Lines {
		l := &s.Lines[i]
		p := doc.StockPosition{ID: l.ID, ItemID: l.Item.ID, Code: l.Item.Code, Barcode: l.Code, Name: l.Item.Name, Unit: l.Item.Unit,
			Qty: l.Qty, Before: l.Item.Stock, Price: l.Price, OldPrice: l.Old, Cost: l.Cost, Mark: l.Mark}
		worth := l.Price
		if s.Type == doc.Accept || s.Type == doc.Return {
			worth = l.Cost
		}
		if s.Type != doc.Revaluation {
			sum, err := l.Qty.Times(worth)
			if err != nil {
				return nil, err
			}
			p.Sum = sum
		}
		if b.Sum += p.Sum; b.Sum > money.Max {
			return nil, money.ErrRange
		}
		b.Positions[i] = p
	}
	return &b, nil
}
