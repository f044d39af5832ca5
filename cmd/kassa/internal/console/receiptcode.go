package console

import (
	"net/url"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qrcode"
)

// A till without a device prints nothing: its customer gets the receipt's QR
// code from a screen, and looks the receipt up with it.

// codeView is a receipt's code, drawn.
type codeView struct {
	Number int64
	Sum    money.Amount
	Path   string // of an SVG
	Side   int    // of its square
	Text   string
}

// Codes are those of the last purchase's receipts, until the next scan, where
// nothing was printed.
func (s *screen) Codes() (all []codeView) {
	last := s.V.Last
	if last == nil || !s.V.KKT.Identity.Cloud {
		return nil
	}
	all = addCode(all, last.QR, last.Number, last.Total)
	for _, p := range last.Parts {
		all = addCode(all, p.QR, p.Number, p.Total)
	}
	return all
}

func addCode(all []codeView, text string, number int64, sum money.Amount) []codeView {
	if text == "" {
		return all
	}
	c, err := qrcode.Encode(text)
	if err != nil {
		return all // it is a receipt's, which always fits
	}
	return append(all, codeView{Number: number, Sum: sum, Path: c.Path(), Side: c.Size() + 2*qrcode.Quiet, Text: text})
}

// codeDialog shows the codes to a customer who asks.
func codeDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if len(s.Codes()) == 0 {
		return nil, fault.New(fault.NotFound, "qr")
	}
	return nil, nil
}
