package moysklad

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// What a payment terminal, or a service of payments by QR, has said goes with
// the sale, the return, the prepayment and its return: cardTransaction and
// qrTransaction. There is room for one of each, so of several the one that
// moved most is told, and in the description how many there were.

// Kinds of acquiring, as the service shows them.
const (
	byTerminal = "terminal"
	byHand     = "manual" // a person said that it was approved
	byQR       = "sbp"
)

type cardTransaction struct {
	PAN           string `json:"pan,omitempty"` // as the terminal has masked it
	TransactionID string `json:"transactionId,omitempty"`
	AuthCode      string `json:"authCode,omitempty"`
	RRN           string `json:"rrnCode,omitempty"`
	Amount        int64  `json:"amount"`
	Acquiring     string `json:"acquiringType"`
	Approval      string `json:"approvalNumber,omitempty"`
	Description   string `json:"description,omitempty"`
}

type qrTransaction struct {
	TransactionID string `json:"transactionId,omitempty"`
	External      string `json:"externalOperationId,omitempty"` // of the bank's system
	AuthCode      string `json:"authCode,omitempty"`
	Acquiring     string `json:"acquiringType,omitempty"`
}

// slips are the transactions of a receipt's payments.
func slips(r *doc.Receipt) (*cardTransaction, *qrTransaction) {
	var card, qr *doc.Slip
	var cards int
	for i := range r.Payments {
		s := r.Payments[i].Slip
		switch {
		case s == nil:
		case s.Kind == doc.SlipQR:
			if qr == nil || s.Sum > qr.Sum {
				qr = s
			}
		default:
			if cards++; card == nil || s.Sum > card.Sum {
				card = s
			}
		}
	}
	var ct *cardTransaction
	if card != nil {
		ct = &cardTransaction{PAN: card.PAN, TransactionID: card.Operation.String(), AuthCode: card.AuthCode, RRN: card.RRN, Amount: int64(cardSum(r, card)),
			Acquiring: byTerminal, Approval: card.Number, Description: strings.TrimSpace(card.System + more(cards))}
		if card.ByHand {
			ct.Acquiring = byHand
		}
	}
	if qr == nil {
		return ct, nil
	}
	return ct, &qrTransaction{TransactionID: cmp.Or(qr.QRID, qr.Operation.String()), External: qr.Number, AuthCode: qr.AuthCode, Acquiring: byQR}
}

// cardSum is what the transaction moved of this receipt: a terminal may have
// moved the sum of several receipts at once.
func cardSum(r *doc.Receipt, s *doc.Slip) (sum money.Amount) {
	for i := range r.Payments {
		if p := &r.Payments[i]; p.Slip != nil && p.Slip.Operation == s.Operation {
			sum += p.Sum
		}
	}
	return sum
}

func more(cards int) string {
	if cards < 2 {
		return ""
	}
	return " (карт: " + strconv.Itoa(cards) + ")"
}
