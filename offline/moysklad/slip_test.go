package moysklad

import (
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Of several transactions of a kind the largest is told, and how many cards
// there were; a share of a purchase of several receipts is told as its share.
func TestSlips(t *testing.T) {
	card := func(n byte, moved, share int64) doc.Payment {
		return doc.Payment{Type: doc.PayElectron, Sum: money.Amount(share), Slip: &doc.Slip{Kind: doc.SlipCard, Operation: id(n), Sum: money.Amount(moved), RRN: strings.Repeat(string('0'+rune(n)), 12), System: "МИР"}}
	}
	ct, qr := slips(&doc.Receipt{Payments: []doc.Payment{card(1, 100, 100), card(2, 900, 300), {Type: doc.PayCash, Sum: 50}}})
	if qr != nil || ct == nil || ct.RRN != "222222222222" || ct.Amount != 300 || ct.Acquiring != byTerminal || ct.Description != "МИР (карт: 2)" {
		t.Errorf("%+v, %+v", ct, qr)
	}
	hand := card(3, 100, 100)
	hand.Slip.ByHand = true
	code := doc.Payment{Type: doc.PayElectron, QR: true, Sum: 70, Slip: &doc.Slip{Kind: doc.SlipQR, Operation: id(4), Sum: 70, Number: "77"}}
	ct, qr = slips(&doc.Receipt{Payments: []doc.Payment{hand, code}})
	if ct == nil || ct.Acquiring != byHand || qr == nil || qr.TransactionID != id(4).String() || qr.External != "77" {
		t.Errorf("%+v, %+v", ct, qr)
	}
	if ct, qr = slips(&doc.Receipt{Payments: []doc.Payment{{Type: doc.PayElectron, Sum: 70}}}); ct != nil || qr != nil {
		t.Errorf("without a terminal: %+v, %+v", ct, qr)
	}
}
