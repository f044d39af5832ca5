package api

import (
	"net/http"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// partIn is one of the ways a cheque is paid: a word, and a sum in roubles; of
// cash the sum handed over, "" for all that is left.
type partIn struct {
	Type   string `json:"type"`
	Amount string `json:"amount"`
	Number string `json:"number"` // of the certificate, advance or prepayment
}

// partTypes are the words of the API for ways to pay.
var partTypes = map[string]till.Part{
	"cash": {Type: doc.PayCash}, "card": {Type: doc.PayElectron}, "qr": {Type: doc.PayElectron, QR: true}, "credit": {Type: doc.PayCredit}, "certificate": {Type: doc.PayAdvance}, "advance": {Type: doc.PayAdvance},
}

const partWords = "type: cash | card | qr | credit | certificate | advance"

func (in partIn) till() (till.Part, error) {
	p, known := partTypes[in.Type]
	if !known || (in.Number != "") != (p.Type == doc.PayAdvance) {
		return p, fault.New(fault.BadRequest, partWords)
	}
	if p.Claim = in.Number; in.Amount == "" {
		return p, nil
	}
	var err error
	if p.Sum, err = money.Parse(in.Amount); err != nil || p.Sum <= 0 {
		return p, fault.New(fault.AmountBad, in.Amount)
	}
	return p, nil
}

// partsOf reads a payment: one way, or parts.
func partsOf(one partIn, several []partIn) ([]till.Part, error) {
	if len(several) > 0 && one != (partIn{}) {
		return nil, fault.New(fault.BadRequest, "type | parts")
	}
	if len(several) == 0 {
		several = []partIn{one}
	}
	if len(several) > till.MaxParts {
		return nil, fault.New(fault.BadRequest, "parts")
	}
	all := make([]till.Part, len(several))
	for i, in := range several {
		var err error
		if all[i], err = in.till(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// pay pays the open cheque and answers with the receipt once it is durable.
func (a *API) pay(w http.ResponseWriter, r *http.Request) {
	var in struct {
		partIn
		Parts []partIn `json:"parts"`
		seen
	}
	err := read(w, r, &in)
	cmd := till.Pay{Seen: in.chequeOf(r)}
	if err == nil {
		cmd.Parts, err = partsOf(in.partIn, in.Parts)
	}
	if p := cmd.Parts; len(p) == 1 && len(in.Parts) == 0 && (p[0].Type == doc.PayCash || p[0].Type == doc.PayElectron) {
		cmd.Type, cmd.QR, cmd.Tendered, cmd.Parts = p[0].Type, p[0].QR, p[0].Sum, nil
	}
	a.made(w, r, cmd, err)
}
