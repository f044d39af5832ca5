package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// MaxSearched is how many of the newest sales a name or number is looked for
// among; older ones are found by id.
const MaxSearched = 20_000

// payAs are the words of the API for how money moves.
var payAs = map[string]doc.PaymentType{
	"cash": doc.PayCash, "card": doc.PayElectron, "advance": doc.PayAdvance, "credit": doc.PayCredit, "counter": doc.PayCounter,
}

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
			a.told(w, r, till.CashOut{Once: till.Once{ID: in.ID}, CashMove: move}, err)
			return
		}
		a.told(w, r, till.CashIn{Once: till.Once{ID: in.ID}, CashMove: move}, err)
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

// giveBack returns what a document sold, or lines of it.
func (a *API) giveBack(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID       uuid.UUID `json:"id"`
		Document string    `json:"document"`
		Lines    []struct {
			Line     string `json:"line"`
			Quantity string `json:"quantity"`
		} `json:"lines"`
		Payment string `json:"payment"`
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	cmd := till.Return{Once: till.Once{ID: in.ID}, Payment: payAs[in.Payment]}
	if in.Payment != "" && cmd.Payment == "" {
		a.fail(w, r, fault.New(fault.BadRequest, "payment"))
		return
	}
	sale, err := a.sale(r.Context(), in.Document)
	if err == nil {
		cmd.Sale = sale.ID
	}
	for _, l := range in.Lines {
		if err != nil {
			break
		}
		line := till.ReturnLine{}
		if line.Line, err = lineOf(sale, l.Line); err == nil && l.Quantity != "" {
			if line.Qty, err = qty.Parse(l.Quantity); err != nil {
				err = fault.New(fault.QtyBad, l.Quantity)
			}
		}
		cmd.Lines = append(cmd.Lines, line)
	}
	a.made(w, r, cmd, err)
}

// sale finds a sale by id, name or number.
func (a *API) sale(ctx context.Context, what string) (*doc.Document, error) {
	if what == "" {
		return nil, fault.New(fault.BadRequest, "document")
	}
	f := record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(doc.Sell)}, Reverse: true}
	id, notID := uuid.Parse(what)
	if notID != nil {
		f.Limit = MaxSearched
	}
	for rec, err := range a.o.Records(ctx, f) {
		if err != nil {
			return nil, err
		}
		if notID == nil && rec.ID != id {
			continue
		}
		var d doc.Document
		if err := json.Unmarshal(rec.Data, &d); err != nil {
			return nil, fault.New(fault.JournalDamaged, rec.ID.String()).With(err)
		}
		if notID == nil || d.Name == what || strconv.FormatInt(d.Number, 10) == what {
			return &d, nil
		}
	}
	return nil, fault.New(fault.NotFound, what)
}

// lineOf finds a line of a document by its id, or by its number from 1.
func lineOf(d *doc.Document, what string) (uuid.UUID, error) {
	if id, err := uuid.Parse(what); err == nil {
		return id, nil
	}
	n, err := strconv.Atoi(what)
	if err != nil || d.Receipt == nil || n < 1 || n > len(d.Receipt.Lines) {
		return uuid.Nil, fault.New(fault.ChequeNoLine)
	}
	return d.Receipt.Lines[n-1].ID, nil
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
		seen
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	cmd := till.Correct{Once: till.Once{ID: in.ID}, Of: doc.Type(in.Of), ByOrder: in.Order != "", Number: in.Order, Sign: in.Sign,
		Reason: in.Reason, Payment: payAs[in.Payment], Seen: in.till()}
	var err error
	if in.Date != "" {
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
