package api

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// ClaimView is an advance, certificate, prepayment or debt with what is left.
type ClaimView struct {
	till.Claim
	Left money.Amount `json:"left"`
}

// claims lists what shop and customers owe each other, the oldest first.
func (a *API) claims(w http.ResponseWriter, r *http.Request) {
	v, _ := a.o.Till.View()
	number := r.URL.Query().Get("number")
	list := []ClaimView{}
	for _, c := range v.Claims {
		if number == "" || c.Number == number || c.ID.String() == number {
			list = append(list, ClaimView{c, c.Left()})
		}
	}
	a.ok(w, r, map[string]any{"claims": list})
}

// sumOf reads a sum that may be absent.
func sumOf(s string) (money.Amount, error) {
	if s == "" {
		return 0, nil
	}
	sum, err := money.Parse(s)
	if err != nil || sum <= 0 {
		return 0, fault.New(fault.AmountBad, s)
	}
	return sum, nil
}

// claimIn is what all commands about claims have.
type claimIn struct {
	ID     uuid.UUID `json:"id"`
	Claim  string    `json:"claim"`
	Amount string    `json:"amount"`
	Parts  []partIn  `json:"parts"`
}

func (in *claimIn) read() (sum money.Amount, parts []till.Part, err error) {
	if sum, err = sumOf(in.Amount); err == nil && len(in.Parts) > 0 {
		parts, err = partsOf(partIn{}, in.Parts)
	}
	return sum, parts, err
}

// sellClaim sells an advance or a certificate.
func (a *API) sellClaim(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID      uuid.UUID `json:"id"`
		Kind    string    `json:"kind"`
		Number  string    `json:"number"`
		Amount  string    `json:"amount"`
		Expires string    `json:"expires"`
		Rate    string    `json:"rate"`
		Parts   []partIn  `json:"parts"`
	}
	err := read(w, r, &in)
	cmd := till.SellClaim{Once: till.Once{ID: in.ID}, Kind: doc.ClaimKind(in.Kind), Number: in.Number, Expires: in.Expires, Rate: tax.Rate(in.Rate)}
	if err == nil {
		cmd.Sum, cmd.Parts, err = (&claimIn{Amount: in.Amount, Parts: in.Parts}).read()
	}
	a.made(w, r, cmd, err)
}

// prepay takes money for the goods in the open cheque.
func (a *API) prepay(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID     uuid.UUID `json:"id"`
		Amount string    `json:"amount"`
		Parts  []partIn  `json:"parts"`
		seen
	}
	err := read(w, r, &in)
	cmd := till.Prepay{Once: till.Once{ID: in.ID}, Seen: in.seen.till()}
	if err == nil {
		cmd.Sum, cmd.Parts, err = (&claimIn{Amount: in.Amount, Parts: in.Parts}).read()
	}
	a.made(w, r, cmd, err)
}

// handOver gives the customer what was prepaid.
func (a *API) handOver(w http.ResponseWriter, r *http.Request) {
	var in claimIn
	err := read(w, r, &in)
	cmd := till.HandOver{Once: till.Once{ID: in.ID}, Claim: in.Claim}
	if err == nil {
		_, cmd.Parts, err = in.read()
	}
	a.made(w, r, cmd, err)
}

// repay pays for what was sold on credit.
func (a *API) repay(w http.ResponseWriter, r *http.Request) {
	var in claimIn
	err := read(w, r, &in)
	cmd := till.Repay{Once: till.Once{ID: in.ID}, Claim: in.Claim}
	if err == nil {
		cmd.Sum, cmd.Parts, err = in.read()
	}
	a.made(w, r, cmd, err)
}
