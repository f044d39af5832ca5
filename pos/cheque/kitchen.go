package cheque

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/qty"
)

// MaxNote is the longest note of a line, in runes.
const MaxNote = 80

// ErrNote: a note is too long or no text.
var ErrNote = errors.New("cheque: no such note")

// Kitchen is what the kitchen has been told of a cheque.
type Kitchen struct {
	Order int    `json:"order"` // its number there, called out to the customer
	Part  int    `json:"part"`  // how often it was told something
	Sent  []Dish `json:"sent"`  // all it is to make by now
}

// Dish is goods that are made to order.
type Dish struct {
	Item    string    `json:"item"`
	Pack    string    `json:"pack,omitempty"`
	Note    string    `json:"note,omitempty"` // how the customer wants it
	Name    string    `json:"name"`
	Unit    string    `json:"unit,omitempty"`
	Qty     qty.Milli `json:"qty"` // below zero on a ticket: not to be made any more
	Station string    `json:"station"`
}

// SetKitchen plans what the kitchen has been told. Prices stay as they are.
func (c Cheque) SetKitchen(k Kitchen, at time.Time) Change {
	ch := c.change(at)
	ch.Kitchen, ch.Recalc = &k, c.Recalc
	return ch
}

// SetNote plans how the customer wants a line made; "" as it always is. A line
// with a note is not merged with others.
func (c Cheque) SetNote(id uuid.UUID, note string, at time.Time) (Change, error) {
	i := c.Find(id)
	if i < 0 {
		return Change{}, ErrNoLine
	}
	if utf8.RuneCountInString(note) > MaxNote || !utf8.ValidString(note) {
		return Change{}, ErrNote
	}
	l := c.Lines[i]
	l.Note = note
	ch := c.change(at)
	ch.Line = &l
	return ch, nil
}
