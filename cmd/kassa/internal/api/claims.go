package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// ClaimView is an advance, certificate, prepayment or debt with what is left.
type ClaimView struct {
	till.Claim
	Left money.Amount `json:"left"`
	// Lines are, of a prepayment that was asked for by its number, its goods.
	Lines []PrepaidLine `json:"lines,omitempty"`
}

// PrepaidLine is a line of a prepayment and what of it is still to be handed
// over.
type PrepaidLine struct {
	ID   uuid.UUID    `json:"id"`
	Name string       `json:"name"`
	Unit string       `json:"unit,omitempty"`
	Qty  qty.Milli    `json:"qty"`
	Left qty.Milli    `json:"left"`
	Sum  money.Amount `json:"sum"`            // the rest costs
	Paid money.Amount `json:"paid"`           // ..and was prepaid by
	Mark bool         `json:"mark,omitempty"` // the code of each unit is scanned
}

// claims lists what shop and customers owe each other, the oldest first; the
// one of a number with the goods it was for.
func (a *API) claims(w http.ResponseWriter, r *http.Request) {
	v, _ := a.o.Till.View()
	number := r.URL.Query().Get("number")
	list := []ClaimView{}
	for _, c := range v.Claims {
		if number != "" && c.Number != number && c.ID.String() != number {
			continue
		}
		view := ClaimView{Claim: c, Left: c.Left()}
		if number != "" && c.Kind == doc.ClaimPrepayment {
			var err error
			if view.Lines, err = a.Prepaid(r.Context(), &c); err != nil {
				a.fail(w, r, err)
				return
			}
		}
		list = append(list, view)
	}
	a.ok(w, r, map[string]any{"claims": list})
}

// Prepaid tells what a prepayment was for.
func (a *API) Prepaid(ctx context.Context, c *till.Claim) ([]PrepaidLine, error) {
	began, err := a.sale(ctx, c.ID.String())
	if err != nil {
		return nil, err
	}
	var all []PrepaidLine
	if began.Receipt.Claim == nil {
		return nil, nil
	}
	for _, l := range began.Receipt.Claim.Lines {
		line := PrepaidLine{ID: l.ID, Name: l.Name, Unit: l.Unit, Qty: l.Qty, Mark: l.WantsMark()}
		for _, g := range c.Goods {
			if g.Line == l.ID {
				line.Left, line.Sum, line.Paid = g.Qty, g.Total, g.Paid
			}
		}
		all = append(all, line)
	}
	return all, nil
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
	cmd := till.SellClaim{Once: onceOf(r, in.ID), Kind: doc.ClaimKind(in.Kind), Number: in.Number, Expires: in.Expires, Rate: tax.Rate(in.Rate)}
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
	cmd := till.Prepay{Once: onceOf(r, in.ID), Seen: in.seen.till()}
	if err == nil {
		cmd.Sum, cmd.Parts, err = (&claimIn{Amount: in.Amount, Parts: in.Parts}).read()
	}
	a.made(w, r, cmd, err)
}

// handOver gives the customer what was prepaid: the goods in the open cheque,
// or lines of the prepayment, by their numbers in it or their ids.
func (a *API) handOver(w http.ResponseWriter, r *http.Request) {
	var in struct {
		claimIn
		Lines []lineIn `json:"lines"`
		seen
	}
	err := read(w, r, &in)
	cmd := till.HandOver{Once: onceOf(r, in.ID), Claim: in.Claim, Seen: in.seen.till()}
	if err == nil {
		_, cmd.Parts, err = in.read()
	}
	if err == nil && len(in.Lines) > 0 {
		cmd.Lines, err = a.prepaidLines(r.Context(), in.Claim, in.Lines)
	}
	a.made(w, r, cmd, err)
}

// prepaidLines finds lines of what a claim was for.
func (a *API) prepaidLines(ctx context.Context, claim string, in []lineIn) ([]till.ReturnLine, error) {
	v, _ := a.o.Till.View()
	for _, c := range v.Claims {
		if c.Number != claim && c.ID.String() != claim {
			continue
		}
		began, err := a.sale(ctx, c.ID.String())
		if err != nil {
			return nil, err
		}
		if began.Receipt.Claim == nil {
			break
		}
		return linesOf(began.Receipt.Claim.Lines, in)
	}
	return nil, fault.New(fault.ClaimUnknown, claim)
}

// repay pays for what was sold on credit.
func (a *API) repay(w http.ResponseWriter, r *http.Request) {
	var in claimIn
	err := read(w, r, &in)
	cmd := till.Repay{Once: onceOf(r, in.ID), Claim: in.Claim}
	if err == nil {
		cmd.Sum, cmd.Parts, err = in.read()
	}
	a.made(w, r, cmd, err)
}
