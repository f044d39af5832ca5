// Package display is the customer's display: what stands on it and the port
// its drivers implement.
//
// A display shows frames. A frame is a few lines of text; a driver pads and
// cuts it to its size and replaces what its character set lacks, so a frame
// that is too large is never an error. Layout makes frames for a given size:
// names on the left, money on the right edge where the eye finds it. A reel is
// frames one after another: a name too long for its room moves through it, a
// change is followed by thanks.
//
// A glass that is cut off keeps its last picture: no display here can be told
// to forget it. What can be done is done by whoever runs the display: another
// text when the till is silent, the shop's words when the program ends and at
// its next start.
//
// Layout, Frame and Reel are values and may be shared. A Display is used by one
// goroutine at a time, except for Halt.
package display

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// Display is a customer display.
type Display interface {
	fmt.Stringer

	// Show puts a frame on the display, connecting if need be. The whole
	// picture is sent again after a reconnect and every now and then, for a
	// display that was without power meanwhile tells nobody. Idempotent.
	Show(ctx context.Context, f Frame) error

	// Halt closes the link and wakes a pending Show. The display may be used
	// again afterwards and reconnects.
	Halt() error
}

// The sizes a display may have.
const (
	MinColumns, MaxColumns = 8, 80
	MinRows, MaxRows       = 1, 8
)

// Frame is what a display should show. Rows and columns that are missing are
// blank.
type Frame struct {
	Lines []string `json:"lines"`
}

// Equal tells whether two frames show the same.
func (f Frame) Equal(g Frame) bool { return slices.Equal(f.Lines, g.Lines) }

// Fit gives exactly rows lines of exactly columns runes.
func (f Frame) Fit(columns, rows int) []string {
	fitted := make([]string, rows)
	for i := range fitted {
		if i < len(f.Lines) {
			fitted[i] = f.Lines[i]
		}
		fitted[i] = text.Cut(fitted[i], columns)
		fitted[i] += strings.Repeat(" ", columns-text.Width(fitted[i]))
	}
	return fitted
}
