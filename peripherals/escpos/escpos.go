// Package escpos drives receipt printers that speak ESC/POS: non-fiscal slips,
// copies, kitchen orders, reports and shelf labels.
//
// A Job is laid out first, as a list of small steps, each whole on paper; a
// Printer then sends it and tells whether the device has really processed it.
//
// # What "printed" means
//
// A printer takes bytes into a buffer long before they are on paper. So the
// job is cut into pieces, and after each the printer is asked for its paper
// status through the same buffer (GS r): it answers only when everything
// before the question has been processed. Print returns nil when the last of
// these answers has come. When something goes wrong, the error says how many
// lines are surely out and whether there may be more (Error.Maybe): the rest
// is a person's decision, for nobody can ask a printer what it has printed.
// Nothing is ever sent twice here.
//
// # Status
//
// Real-time questions (DLE EOT) are answered at once, even by a printer that
// has stopped; automatic status (GS a, "ASB") comes by itself whenever
// something changes, between anything else. The Parser tells them apart by
// their fixed bits. A printer without a way back is used with Options.Blind,
// and then nil means that it has taken all bytes, no more.
//
// # Quirks
//
//   - Real-time commands are obeyed even inside of raster data, so an image
//     that happens to hold 10h 04h would ask for status, and 10h 14h could
//     open the drawer: one dot is set there to prevent it.
//   - Chinese models print cp866 as hieroglyphs until Kanji mode is off (FS .).
//   - What is in the buffer when paper ends is printed after paper is put in.
//     The buffer is cleared (DLE DC4 8) after a failure and before the first
//     job of a link; models that lack the command ignore it.
//   - A code page has a number per family; Epson's are used unless Page.Table
//     says another.
//
// Source: Epson, "ESC/POS Command Reference for TM Printers"; commands are
// called there as in the comments here.
//
// A Printer may be used concurrently: one job at a time is printed, the others
// wait. A Job belongs to one goroutine.
package escpos

import (
	"errors"
	"fmt"
)

// Limits of a job.
const (
	MaxJob     = 256 << 10 // bytes
	MaxLines   = 2000      // of text
	MaxRows    = 2400      // dots of an image's height: 30 cm
	MaxText    = 4096      // bytes of one Line's text
	MaxQR      = 213       // bytes of a QR code: what the raster fallback can draw
	MaxBarcode = 40        // characters of a Code 128
)

var (
	// ErrTooBig: the job is longer than a limit.
	ErrTooBig = errors.New("escpos: the job is too long")
	// ErrCode: not a code that can be printed so.
	ErrCode = errors.New("escpos: no such barcode")
	// ErrPage: no such paper or code page.
	ErrPage = errors.New("escpos: unknown paper or code page")
	// ErrSilent: the printer does not answer.
	ErrSilent = errors.New("escpos: the printer does not answer")
	// ErrGarbage: what came is no status.
	ErrGarbage = errors.New("escpos: the printer's answers make no sense")
)

// Trouble is why a printer does not print.
type Trouble string

// The troubles, the gravest last.
const (
	Fine      Trouble = ""
	Offline   Trouble = "offline"    // without saying why; the feed button is one reason
	Hot       Trouble = "overheated" // it goes on by itself
	PaperOut  Trouble = "paper_out"
	CoverOpen Trouble = "cover_open"
	Cutter    Trouble = "cutter"
	Broken    Trouble = "broken" // it says it can not recover
)

// Troubles lists them without Fine.
func Troubles() []Trouble {
	return []Trouble{Offline, Hot, PaperOut, CoverOpen, Cutter, Broken}
}

// Error is a job that did not come to its end.
type Error struct {
	Trouble Trouble // what the printer says, Fine when it says nothing
	Lines   int     // of the job that are on paper for sure
	Of      int     // lines of the job
	Maybe   bool    // more than Lines may be on paper, or still come out
	Err     error   // of the link; nil when Trouble says it all
}

func (e *Error) Error() string {
	s := "escpos: "
	switch {
	case e.Trouble != Fine:
		s += string(e.Trouble)
	case e.Err != nil:
		s += e.Err.Error()
	}
	if e.Maybe {
		return s + fmt.Sprintf("; %d of %d lines are out, maybe more", e.Lines, e.Of)
	}
	return s + "; nothing is printed"
}

// Unwrap gives the link's error.
func (e *Error) Unwrap() error { return e.Err }
