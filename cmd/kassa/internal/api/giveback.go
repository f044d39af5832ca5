package api

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// MaxSearched is how many of the newest sales a name or number is looked for
// among; older ones are found by id or by the QR code of their receipt.
const MaxSearched = 20_000

// aroundReceipt is how far the journal's time of a receipt may be from the
// device's, which its QR code tells.
const aroundReceipt = 24 * time.Hour

// lineIn is a line of a sale that comes back.
type lineIn struct {
	Line     string `json:"line"`
	Quantity string `json:"quantity"`
}

// giveBack returns what a document sold, or lines of it.
func (a *API) giveBack(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID       uuid.UUID `json:"id"`
		Document string    `json:"document"`
		Lines    []lineIn  `json:"lines"`
		Payment  string    `json:"payment"`
	}
	if err := read(w, r, &in); err != nil {
		a.fail(w, r, err)
		return
	}
	cmd := till.Return{Once: onceOf(r, in.ID), Payment: backAs[in.Payment]}
	if in.Payment != "" && cmd.Payment == "" {
		a.fail(w, r, fault.New(fault.BadRequest, "payment"))
		return
	}
	sale, err := a.sale(r.Context(), in.Document)
	if err == nil {
		cmd.Sale = sale.ID
		cmd.Lines, err = linesOf(sale.Receipt.Lines, in.Lines)
	}
	a.made(w, r, cmd, err)
}

// exchange gives back what a document sold, or goods without their document,
// and sells the open cheque.
func (a *API) exchange(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID       uuid.UUID `json:"id"`
		Document string    `json:"document"`
		Lines    []lineIn  `json:"lines"`
		Back     []backIn  `json:"back"`
		Reason   string    `json:"reason"`
		Payment  string    `json:"payment"`
		Parts    []partIn  `json:"parts"`
		seen
	}
	err := read(w, r, &in)
	cmd := till.Exchange{Once: onceOf(r, in.ID), Reason: in.Reason, Payment: payAs[in.Payment], Seen: in.seen.till()}
	if err == nil && len(in.Parts) > 0 {
		cmd.Parts, err = partsOf(partIn{}, in.Parts)
	}
	if err == nil && in.Document != "" {
		var sale *doc.Document
		if sale, err = a.sale(r.Context(), in.Document); err == nil {
			cmd.Sale = sale.ID
			cmd.Lines, err = linesOf(sale.Receipt.Lines, in.Lines)
		}
	}
	for i := range in.Back {
		var l till.BackLine
		if err == nil {
			l, err = a.backLine(r.Context(), &in.Back[i])
		}
		cmd.Back = append(cmd.Back, l)
	}
	a.made(w, r, cmd, err)
}

// buy buys goods from a person.
func (a *API) buy(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID      uuid.UUID `json:"id"`
		Goods   []backIn  `json:"goods"`
		Payment string    `json:"payment"`
		Person  string    `json:"person"`
	}
	err := read(w, r, &in)
	cmd := till.Buy{Once: onceOf(r, in.ID), Payment: payAs[in.Payment], Person: in.Person}
	for i := range in.Goods {
		var l till.BackLine
		if err == nil {
			l, err = a.backLine(r.Context(), &in.Goods[i])
		}
		cmd.Goods = append(cmd.Goods, l)
	}
	a.made(w, r, cmd, err)
}

// backIn is goods that come back without their document: one of them, at the
// catalogue's price, unless it says otherwise.
type backIn struct {
	Code     string `json:"code"`
	Quantity string `json:"quantity"`
	Price    string `json:"price"`
}

// backLine finds what a code stands for. A code of several items is refused:
// the item's own code says which.
func (a *API) backLine(ctx context.Context, in *backIn) (l till.BackLine, err error) {
	if a.o.Lookup == nil {
		return l, fault.New(fault.CatalogMissing)
	}
	v, _ := a.o.Till.View()
	code, err := gs1.Classify(in.Code, &gs1.Shop{})
	if err != nil {
		return l, fault.New(fault.CodeBad, shortCode(in.Code))
	}
	m, err := a.o.Lookup(ctx, v.Catalog, in.Code)
	switch {
	case err != nil:
		return l, err
	case len(m.Others) > 0:
		return l, fault.New(fault.CodeMany, shortCode(in.Code))
	}
	l = till.BackLine{Item: m.Item, PackID: m.PackID, Code: m.Code, Qty: m.Qty}
	if code.Marking != nil {
		l.Mark, l.Code = in.Code, code.GTIN
	}
	if in.Quantity != "" {
		times, err := qty.Parse(in.Quantity)
		if err != nil {
			return l, fault.New(fault.QtyBad, in.Quantity)
		}
		all, err := money.Amount(l.Qty).MulDiv(int64(times), int64(qty.One))
		if err != nil {
			return l, fault.New(fault.QtyBad, in.Quantity)
		}
		l.Qty = qty.Milli(all)
	}
	if in.Price != "" {
		if l.Price, err = money.Parse(in.Price); err != nil || l.Price <= 0 {
			return l, fault.New(fault.AmountBad, in.Price)
		}
	}
	return l, nil
}

// shortCode is the part of a code that names no single unit.
func shortCode(code string) string {
	const plain = 16
	if len(code) > plain {
		return code[:plain] + "…"
	}
	return code
}

// takeBack takes the goods in the open cheque back without their sale.
func (a *API) takeBack(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID      uuid.UUID `json:"id"`
		Reason  string    `json:"reason"`
		Payment string    `json:"payment"`
		Receipt string    `json:"receipt"` // QR code of another till's receipt
		seen
	}
	err := read(w, r, &in)
	cmd := till.TakeBack{Once: onceOf(r, in.ID), Reason: in.Reason, Payment: payAs[in.Payment], Seen: in.seen.till()}
	if err == nil && in.Receipt != "" {
		cmd.Of, cmd.Left, err = a.Other(r.Context(), in.Receipt)
	}
	a.made(w, r, cmd, err)
}

// Other reads the QR code of another till's receipt, and what has not come
// back of it here.
func (a *API) Other(ctx context.Context, code string) (of *doc.OtherReceipt, left money.Amount, _ error) {
	qr, err := gs1.ParseReceipt(code)
	switch {
	case err != nil || qr.Operation != 1 || qr.Sum <= 0:
		return nil, 0, fault.New(fault.BadRequest, "receipt")
	}
	_, err = a.ByReceipt(ctx, qr)
	if err == nil { // it is ours: the sale itself says what came back
		return nil, 0, fault.New(fault.ReturnOwn, strconv.FormatUint(uint64(qr.FD), 10))
	}
	if f := fault.Of(err); f.Code != fault.ReturnForeign {
		return nil, 0, err
	}
	left = qr.Sum
	f := record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(doc.Payback)}, Since: qr.Time.Add(-aroundReceipt)}
	for d, err := range a.documentsOf(ctx, f) {
		if err != nil {
			return nil, 0, err
		}
		if o := d.Receipt.Other; o != nil && o.FN == qr.FN && o.FD == qr.FD {
			left -= d.Receipt.Total
		}
	}
	return &doc.OtherReceipt{FN: qr.FN, FD: qr.FD, Sign: qr.Sign, Time: qr.Time, Sum: qr.Sum}, max(left, money.Amount(0)), nil
}

// linesOf finds the lines that come back.
func linesOf(sold []doc.Line, in []lineIn) ([]till.ReturnLine, error) {
	var lines []till.ReturnLine
	for _, l := range in {
		id, err := lineOf(sold, l.Line)
		if err != nil {
			return nil, err
		}
		line := till.ReturnLine{Line: id}
		if l.Quantity != "" {
			if line.Qty, err = qty.Parse(l.Quantity); err != nil {
				return nil, fault.New(fault.QtyBad, l.Quantity)
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// documentsOf reads the documents a filter chooses.
func (a *API) documentsOf(ctx context.Context, f record.Filter) iter.Seq2[*doc.Document, error] {
	return func(yield func(*doc.Document, error) bool) {
		for rec, err := range a.o.Records(ctx, f) {
			var d doc.Document
			if err == nil {
				if err = json.Unmarshal(rec.Data, &d); err != nil {
					err = fault.New(fault.JournalDamaged, rec.ID.String()).With(err)
				}
			}
			if err == nil && d.Type.Receipt() && d.Receipt == nil {
				continue
			}
			if !yield(&d, err) || err != nil {
				return
			}
		}
	}
}

// sale finds a sale by id, name, number, or the QR code of its receipt.
func (a *API) sale(ctx context.Context, what string) (*doc.Document, error) {
	if what == "" {
		return nil, fault.New(fault.BadRequest, "document")
	}
	if strings.Contains(what, "=") {
		qr, err := gs1.ParseReceipt(what)
		if err != nil || qr.Operation != 1 {
			return nil, fault.New(fault.BadRequest, "document")
		}
		return a.ByReceipt(ctx, qr)
	}
	return a.named(ctx, what, doc.Sell, doc.Buy)
}

// named finds a document of some types by its id, name or number.
func (a *API) named(ctx context.Context, what string, types ...doc.Type) (*doc.Document, error) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Reverse: true}
	for _, t := range types {
		f.Types = append(f.Types, string(t))
	}
	id, notID := uuid.Parse(what)
	if notID != nil {
		f.Limit = MaxSearched
	}
	for d, err := range a.documentsOf(ctx, f) {
		if err != nil {
			return nil, err
		}
		if (notID == nil && d.ID == id) || (notID != nil && (d.Name == what || strconv.FormatInt(d.Number, 10) == what)) {
			return d, nil
		}
	}
	return nil, fault.New(fault.NotFound, what)
}

// ByReceipt finds a sale by what the QR code of its receipt says, in archived
// periods too. Near its time first; a clock may have been wrong.
func (a *API) ByReceipt(ctx context.Context, qr gs1.Receipt) (*doc.Document, error) {
	zone := a.o.Location
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := qr.Time.Date()
	at := time.Date(y, m, d, qr.Time.Hour(), qr.Time.Minute(), 0, 0, zone)
	near := record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(doc.Sell)}, Since: at.Add(-aroundReceipt), Until: at.Add(aroundReceipt)}
	any := record.Filter{Kinds: near.Kinds, Types: near.Types, Reverse: true, Limit: MaxSearched}
	for _, f := range []record.Filter{near, any} {
		for d, err := range a.documentsOf(ctx, f) {
			if err != nil {
				return nil, err
			}
			if d.Fiscal != nil && d.Fiscal.FN == qr.FN && d.Fiscal.FD == qr.FD {
				if d.Fiscal.Sign != qr.Sign {
					return nil, fault.New(fault.ReturnSign, d.Name)
				}
				return d, nil
			}
		}
	}
	return nil, fault.New(fault.ReturnForeign, strconv.FormatUint(uint64(qr.FD), 10), qr.FN)
}

// lineOf finds a line by its id, or by its number from 1.
func lineOf(lines []doc.Line, what string) (uuid.UUID, error) {
	if id, err := uuid.Parse(what); err == nil {
		return id, nil
	}
	n, err := strconv.Atoi(what)
	if err != nil || n < 1 || n > len(lines) {
		return uuid.Nil, fault.New(fault.ChequeNoLine)
	}
	return lines[n-1].ID, nil
}
