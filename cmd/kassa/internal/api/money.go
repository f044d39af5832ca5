package api

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// payAs are the words of the API for how money moves.
var payAs = map[string]doc.PaymentType{
	"cash": doc.PayCash, "card": doc.PayElectron, "advance": doc.PayAdvance, "credit": doc.PayCredit, "counter": doc.PayCounter,
}

// backAs are the words for how money goes back.
var backAs = map[string]doc.PaymentType{"cash": doc.PayCash, "card": doc.PayElectron, "money": till.AsMoney}

// made answers with the receipt a command has made.
func (a *API) made(w http.ResponseWriter, r *http.Request, cmd till.Event, err error) {
	if err == nil {
		err = a.command(r.Context(), cmd)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	v, _ := a.o.Till.View()
	a.ok(w, r, map[string]any{"receipt": v.Receipt})
}

// told runs a command whose body was read, and answers with the status.
func (a *API) told(w http.ResponseWriter, r *http.Request, cmd till.Event, err error) {
	a.do(func(*http.Request) (till.Event, error) { return cmd, err })(w, r)
}

// cash moves cash in or out.
func (a *API) cash(out bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			ID     uuid.UUID `json:"id"`
			Amount string    `json:"amount"`
			Person string    `json:"person"`
			Reason string    `json:"reason"`

			Category int `json:"category"`
		}
		err := read(w, r, &in)
		sum, bad := money.Parse(in.Amount)
		if err == nil && (bad != nil || sum <= 0) {
			err = fault.New(fault.AmountBad, in.Amount)
		}
		move := till.CashMove{Sum: sum, Person: in.Person, Reason: in.Reason, Category: in.Category}
		if out {
			a.told(w, r, till.CashOut{Once: onceOf(r, in.ID), CashMove: move}, err)
			return
		}
		a.told(w, r, till.CashIn{Once: onceOf(r, in.ID), CashMove: move}, err)
	}
}

// count remembers what is in the drawer.
func (a *API) count(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Amount string `json:"amount"`
	}
	err := read(w, r, &in)
	sum, bad := money.Parse(in.Amount)
	if err == nil && (bad != nil || sum < 0) {
		err = fault.New(fault.AmountBad, in.Amount)
	}
	a.told(w, r, till.CountDrawer{Sum: sum}, err)
}

// correct registers a correction: of a receipt of ours, or the open cheque as
// what was missed.
func (a *API) correct(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID       uuid.UUID `json:"id"`
		Document string    `json:"document"` // a wrong receipt that is undone
		Of       string    `json:"of"`
		Date     string    `json:"date"`
		Order    string    `json:"order"`
		Sign     string    `json:"sign"`
		Reason   string    `json:"reason"`
		Payment  string    `json:"payment"`
		Parts    []partIn  `json:"parts"`
		Prepaid  bool      `json:"prepaid"`
		seen
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	cmd := till.Correct{Once: onceOf(r, in.ID), Of: doc.Type(in.Of), ByOrder: in.Order != "", Number: in.Order, Sign: in.Sign,
		Reason: in.Reason, Payment: payAs[in.Payment], Prepaid: in.Prepaid, Seen: in.till()}
	var err error
	for _, p := range in.Parts {
		part := till.CorrectPart{Type: payAs[p.Type]}
		if err == nil {
			part.Sum, err = sumOf(p.Amount)
		}
		cmd.Parts = append(cmd.Parts, part)
	}
	if in.Date != "" && err == nil {
		if cmd.Date, err = time.ParseInLocation(time.DateOnly, in.Date, a.o.Location); err != nil {
			err = fault.New(fault.BadRequest, "date: 2006-01-02")
		}
	}
	if in.Document != "" && err == nil {
		var wrong *doc.Document
		if wrong, err = a.sale(r.Context(), in.Document); err == nil {
			cmd.Base = wrong.ID
		}
	}
	a.made(w, r, cmd, err)
}

// contact says where the open cheque's receipt is sent.
func (a *API) contact(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Contact    string `json:"contact"`
		Electronic bool   `json:"electronic"`
		seen
	}
	err := read(w, r, &in)
	a.told(w, r, till.SetContact{Contact: in.Contact, Electronic: in.Electronic, Seen: in.till()}, err)
}

// buyer names the organisation that buys; an empty name: nobody.
func (a *API) buyer(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name    string `json:"name"`
		INN     string `json:"inn"`
		Address string `json:"address"`
		seen
	}
	err := read(w, r, &in)
	cmd := till.SetBuyer{Seen: in.till()}
	if in.Name != "" || in.INN != "" {
		cmd.Buyer = &doc.Buyer{Name: in.Name, INN: in.INN, Address: in.Address}
	}
	a.told(w, r, cmd, err)
}

// acceptFN confirms that the fiscal storage was changed to the one named.
func (a *API) acceptFN(w http.ResponseWriter, r *http.Request) {
	var in struct {
		FN string `json:"fn"`
	}
	err := read(w, r, &in)
	if err == nil && in.FN == "" {
		err = fault.New(fault.BadRequest, "fn")
	}
	a.told(w, r, till.AcceptFN{FN: in.FN}, err)
}

// noSale opens the drawer although nothing is sold.
func (a *API) noSale(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Reason string `json:"reason"`
	}
	err := read(w, r, &in)
	a.told(w, r, till.NoSale{Reason: in.Reason}, err)
}
