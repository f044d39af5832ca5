// Package kitchen knows what a cheque still has to tell the kitchen.
//
// A cafe's dishes are made where the till does not stand. Which station makes
// an item is told by the folder the item is in. What a cheque has said is kept
// with the cheque (cheque.Kitchen), so that what it says next is a difference:
// more of something, or less. It is made of goods, not of lines: a line that
// was split, merged or replaced by a waiter's tablet tells nobody anything new.
//
// Everything here is pure.
package kitchen

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
)

// Types of the records of kind record.Kitchen. The group of all is the ticket.
const (
	TypeTicket   = "ticket"   // Data: Ticket; it is to be printed
	TypePrinting = "printing" // it may be on paper from now on
	TypePrinted  = "printed"  // the printer said so
	TypeDropped  = "dropped"  // nobody wants it any more; Data: Dropped
)

// MaxStations is how many stations there may be.
const MaxStations = 8

// Dropped says why a ticket was not printed.
type Dropped struct {
	Why string `json:"why"` // "late", "person", "station", "full"
}

// Station is a place where dishes are made.
type Station struct {
	Name    string
	Folders []string // ids of folders; what is below them counts
	Rest    bool     // makes what no other does
}

// Ticket is one slip of paper for one station.
type Ticket struct {
	ID      uuid.UUID     `json:"id"`
	Cheque  uuid.UUID     `json:"cheque"`
	Order   int           `json:"order"`
	Part    int           `json:"part"`            // 1: the first of its cheque
	Title   string        `json:"title,omitempty"` // the table, the parked cheque's name
	Station string        `json:"station"`
	Cashier string        `json:"cashier,omitempty"`
	Gone    bool          `json:"gone,omitempty"` // the whole cheque was thrown away
	At      time.Time     `json:"at"`
	Dishes  []cheque.Dish `json:"dishes"`
}

// Of finds the station that makes an item; "": none does.
func Of(stations []Station, it *catalog.Item) string {
	for i := range stations {
		for _, folder := range stations[i].Folders {
			if folder == it.FolderID || strings.Contains(it.FolderPath, "/"+folder+"/") {
				return stations[i].Name
			}
		}
	}
	if i := slices.IndexFunc(stations, func(s Station) bool { return s.Rest }); i >= 0 {
		return stations[i].Name
	}
	return ""
}

// Dishes are what a cheque has the kitchen make. What was told to a station
// stays with it, wherever the catalogue has the item now.
func Dishes(stations []Station, c *cheque.Cheque) []cheque.Dish {
	var all []cheque.Dish
	for i := range c.Lines {
		l := &c.Lines[i]
		d := cheque.Dish{Item: l.Item.ID, Pack: l.PackID, Note: l.Note, Name: l.Item.Name, Unit: l.Item.Unit, Qty: l.Qty}
		if n := find(told(c), d); n >= 0 {
			d.Station = c.Kitchen.Sent[n].Station
		} else if d.Station = Of(stations, &l.Item); d.Station == "" {
			continue
		}
		if n := find(all, d); n >= 0 {
			all[n].Qty += d.Qty
		} else {
			all = append(all, d)
		}
	}
	return all
}

func told(c *cheque.Cheque) []cheque.Dish {
	if c.Kitchen == nil {
		return nil
	}
	return c.Kitchen.Sent
}

// same goods, made the same way.
func find(all []cheque.Dish, d cheque.Dish) int {
	return slices.IndexFunc(all, func(have cheque.Dish) bool {
		return have.Item == d.Item && have.Pack == d.Pack && have.Note == d.Note
	})
}

// News are the differences between what a cheque has told the kitchen and what
// it wants now: what is made less of first.
func News(c *cheque.Cheque, want []cheque.Dish) []cheque.Dish {
	var less, more []cheque.Dish
	for _, was := range told(c) {
		if n := find(want, was); n < 0 {
			was.Qty = -was.Qty
			less = append(less, was)
		} else if d := want[n]; d.Qty < was.Qty {
			d.Qty -= was.Qty
			less = append(less, d)
		}
	}
	for _, d := range want {
		if n := find(told(c), d); n >= 0 {
			d.Qty -= c.Kitchen.Sent[n].Qty
		}
		if d.Qty > 0 {
			more = append(more, d)
		}
	}
	return append(less, more...)
}

// ByStation deals dishes out, stations in order of first appearance.
func ByStation(news []cheque.Dish) [][]cheque.Dish {
	var all [][]cheque.Dish
	for _, d := range news {
		i := slices.IndexFunc(all, func(have []cheque.Dish) bool { return have[0].Station == d.Station })
		if i < 0 {
			all = append(all, []cheque.Dish{d})
		} else {
			all[i] = append(all[i], d)
		}
	}
	return all
}
