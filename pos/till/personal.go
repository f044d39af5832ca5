package till

import (
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
)

// Codes that are no goods: a cashier's badge, a customer's card, the QR code
// of a receipt.

// personalKinds are those codes, with what the till says of one it was shown
// beside an item of the same code.
var personalKinds = map[gs1.Kind]fault.Code{gs1.Badge: fault.AnswerBadge, gs1.Card: fault.AnswerCard, gs1.ReceiptQR: fault.AnswerReceipt}

// personal does what such a code means.
func (t *turn) personal(sc Scan, c *gs1.Code) {
	switch c.Kind {
	case gs1.Badge:
		t.askSecret(sc.Req, c.Raw, t.cashier != nil, true)
	case gs1.Card:
		if t.asking.op != 0 {
			t.refuseScan(sc, fault.New(fault.Busy))
			return
		}
		t.setCustomer(SetCustomer{Req: sc.Req, Text: c.Raw})
	case gs1.ReceiptQR:
		r := c.Receipt
		t.tell(fault.New(fault.ScanReceipt, r.Sum.String(), r.Time.Format("02.01.2006 15:04")), Notice{Receipt: &r})
		t.reply(sc.Req, nil)
	}
}
