package kkt

import (
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/qty"
)

// MarkQuery asks the device and, through it, the marking system about one
// marking code before its unit is sold (FFD 1.2).
type MarkQuery struct {
	Code   string    // byte for byte as scanned, GS (1Dh) kept
	Status int       // planned, tag 2003: 1 piece sold, 2 measured goods sold, 3 piece returned, 4 measured goods returned
	Qty    qty.Milli // for measured goods; 0: one piece
	Unit   int       // tag 2108
}

// MarkAnswer is what the check said. Only Result goes on paper; the rest is
// for people.
type MarkAnswer struct {
	doc.MarkCheck
	Why string // Russian, when something is wrong
}
