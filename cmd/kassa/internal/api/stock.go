package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/stock"
	"github.com/kassa-pos/kassa/pos/till"
)

// stockRoutes are the calls that make stock documents. Goods come by
// /api/v1/scan while the sheet is not paused.
func (a *API) stockRoutes() []route {
	return []route{
		{"GET", "/api/v1/stock", a.sheet},
		{"POST", "/api/v1/stock", a.beginStock},
		{"DELETE", "/api/v1/stock", a.onSheet(func(*http.Request) (till.Event, error) { return till.CancelStock{}, nil })},
		{"POST", "/api/v1/stock/describe", a.describeStock},
		{"POST", "/api/v1/stock/pause", a.onSheet(func(*http.Request) (till.Event, error) { return till.PauseStock{Paused: true}, nil })},
		{"POST", "/api/v1/stock/resume", a.onSheet(func(*http.Request) (till.Event, error) { return till.PauseStock{}, nil })},
		{"POST", "/api/v1/stock/lines/{line}", a.setStock},
		{"DELETE", "/api/v1/stock/lines/{line}", a.onSheet(func(r *http.Request) (till.Event, error) {
			id, err := lineID(r)
			return till.RemoveStock{Line: id}, err
		})},
		{"POST", "/api/v1/stock/finish", a.finishStock},
	}
}

// sheetLine is a line of the sheet in an answer; of a marking code it says only
// that there is one.
type sheetLine struct {
	ID     uuid.UUID    `json:"id"`
	ItemID string       `json:"item_id"`
	Code   string       `json:"code"`
	Name   string       `json:"name"`
	Unit   string       `json:"unit,omitempty"`
	Qty    qty.Milli    `json:"qty"`
	Before qty.Milli    `json:"before"`
	Price  money.Amount `json:"price,omitempty"`
	Old    money.Amount `json:"old_price,omitempty"`
	Cost   money.Amount `json:"cost,omitempty"`
	Marked bool         `json:"marked,omitempty"`
}

// sheet shows the stock document that is being filled; null when there is none.
func (a *API) sheet(w http.ResponseWriter, r *http.Request) {
	v, _ := a.o.Till.View()
	a.ok(w, r, map[string]any{"stock": sheetOf(v.Sheet())})
}

func sheetOf(s *stock.Sheet) any {
	if s == nil {
		return nil
	}
	lines := make([]sheetLine, len(s.Lines))
	for i := range s.Lines {
		l := &s.Lines[i]
		lines[i] = sheetLine{ID: l.ID, ItemID: l.Item.ID, Code: l.Code, Name: l.Item.Name, Unit: l.Item.Unit, Qty: l.Qty, Before: l.Item.Stock,
			Price: l.Price, Old: l.Old, Cost: l.Cost, Marked: l.Mark != ""}
	}
	return map[string]any{"id": s.ID, "type": s.Type, "revision": s.Revision, "begun": s.Begun, "paused": s.Paused, "supplier": s.Supplier,
		"comment": s.Comment, "complete": s.Complete, "base_number": s.BaseNo, "lines": lines}
}

// stocked carries out a command about the sheet and answers with the sheet.
func (a *API) stocked(w http.ResponseWriter, r *http.Request, cmd till.Event, err error) {
	if err == nil {
		err = a.command(r.Context(), cmd)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.sheet(w, r)
}

func (a *API) onSheet(command func(*http.Request) (till.Event, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cmd, err := command(r)
		a.stocked(w, r, cmd, err)
	}
}

// stockHead is what a sheet says beside its goods. Base is the number of the
// ACCEPT a revaluation follows.
type stockHead struct {
	Supplier string `json:"supplier"`
	Comment  string `json:"comment"`
	Complete bool   `json:"complete"`
	Base     int64  `json:"base_number"`
}

func (a *API) head(r *http.Request, in stockHead) (stock.Head, error) {
	h := stock.Head{Supplier: in.Supplier, Comment: in.Comment, Complete: in.Complete, BaseNo: in.Base}
	if in.Base == 0 {
		return h, nil
	}
	base, err := a.named(r.Context(), strconv.FormatInt(in.Base, 10), doc.Accept)
	if err != nil {
		return h, err
	}
	h.BaseID = base.ID
	return h, nil
}

func (a *API) beginStock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Type string `json:"type"`
		stockHead
	}
	err := read(w, r, &in)
	var cmd till.BeginStock
	if err == nil {
		if cmd.Type, err = doc.ParseType(in.Type); err != nil {
			err = fault.New(fault.BadRequest, "type").With(err)
		}
	}
	if err == nil {
		cmd.Head, err = a.head(r, in.stockHead)
	}
	a.stocked(w, r, cmd, err)
}

func (a *API) describeStock(w http.ResponseWriter, r *http.Request) {
	var in stockHead
	err := read(w, r, &in)
	var cmd till.DescribeStock
	if err == nil {
		cmd.Head, err = a.head(r, in)
	}
	a.stocked(w, r, cmd, err)
}

// setStock corrects a line; what is absent stays.
func (a *API) setStock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Quantity string `json:"quantity"`
		Price    string `json:"price"`
		Cost     string `json:"cost"`
	}
	err := read(w, r, &in)
	cmd := till.SetStock{}
	if err == nil {
		cmd.Line, err = lineID(r)
	}
	if err == nil && in.Quantity != "" {
		q, bad := counted(in.Quantity)
		if cmd.Qty = &q; bad != nil {
			err = fault.New(fault.QtyBad, in.Quantity)
		}
	}
	for text, to := range map[*string]**money.Amount{&in.Price: &cmd.Price, &in.Cost: &cmd.Cost} {
		if err != nil || *text == "" {
			continue
		}
		sum, bad := money.Parse(*text)
		if *to = &sum; bad != nil {
			err = fault.New(fault.AmountBad, *text)
		}
	}
	a.stocked(w, r, cmd, err)
}

// counted reads a quantity that may be none.
func counted(s string) (qty.Milli, error) {
	if s == "0" {
		return 0, nil
	}
	return qty.Parse(s)
}

// finishStock makes the document and answers with it.
func (a *API) finishStock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID uuid.UUID `json:"id"`
	}
	err := read(w, r, &in)
	if in.ID == uuid.Nil {
		in.ID = uuid.Must(uuid.NewV7())
	}
	if err == nil {
		err = a.command(r.Context(), till.FinishStock{Once: onceOf(r, in.ID)})
	}
	var made *doc.Document
	if err == nil {
		made, err = a.madeStock(r.Context(), in.ID)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, map[string]any{"document": made})
}

// madeStock reads a stock document that has just been made.
func (a *API) madeStock(ctx context.Context, id uuid.UUID) (*doc.Document, error) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Reverse: true, Limit: MaxSearched}
	for _, t := range stock.Types() {
		f.Types = append(f.Types, string(t))
	}
	for d, err := range a.documentsOf(ctx, f) {
		if err != nil || d.ID == id {
			return d, err
		}
	}
	return nil, fault.New(fault.NotFound, id.String())
}
