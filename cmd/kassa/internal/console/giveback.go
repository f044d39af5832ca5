package console

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// MaxSearched is how many of the newest sales a receipt is looked for among.
const MaxSearched = 20_000

// quantityField begins the names of the fields with the quantities that come
// back; the line's id follows.
const quantityField = "q-"

// returnView is a sale of which something comes back.
type returnView struct {
	*screen
	Key    string // what names the sale in addresses
	Seq    uint64 // of its record; 0: not known
	Sale   *doc.Document
	Lines  []till.Returnable
	Left   bool              // something of it can still come back
	Ways   []doc.PaymentType // it was paid in, when there are several
	Once   string
	Refund *refundView
}

// refundView is what the chosen lines give back.
type refundView struct {
	*screen
	Total    money.Amount
	Payments []doc.Payment
	Card     bool // money goes back by the terminal
	Err      *fault.Error
	Way      doc.PaymentType // of the difference to new goods
	Bought   bool            // it was bought from a person: the goods go back, and the money comes in
}

// Due is what the customer pays for the goods in the cheque beyond what comes
// back; below zero it is given to the customer.
func (v *refundView) Due() money.Amount { return v.V.Cheque.Total - v.Total }

// Gap is Due without its sign.
func (v *refundView) Gap() money.Amount { return max(v.Due(), -v.Due()) }

// Swap tells whether what comes back can be exchanged for the goods in the
// cheque.
func (v *refundView) Swap() bool {
	return v.Total > 0 && !v.Bought && !v.Empty() && v.V.Cheque.Code == ""
}

// Why says what is wrong with the choice.
func (v *refundView) Why() string { return v.loc.fault(v.Err) }

// returnPage shows the lines of a sale to choose what comes back.
func (c *Console) returnPage(w http.ResponseWriter, r *http.Request) {
	seq, sale, back, err := c.saleOf(r)
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, err)
		return
	}
	now, _ := c.o.Till.View()
	c.page(w, r, "return", "return.title", func(p *pageData) error {
		v := &returnView{screen: p.screen, Key: r.PathValue("seq"), Seq: seq, Sale: sale, Lines: till.ReturnablesOf(sale, back, now.ClaimOf(sale.ID)), Once: uuid.NewString(), Refund: &refundView{screen: p.screen, Way: doc.PayCash, Bought: sale.Type == doc.Buy}}
		for _, l := range v.Lines {
			v.Left = v.Left || l.Left > 0
		}
		for _, pay := range sale.Receipt.Payments {
			if !slices.Contains(v.Ways, pay.Type) {
				v.Ways = append(v.Ways, pay.Type)
			}
		}
		p.Return = v
		return nil
	})
}

// refundSum answers with what the lines chosen so far give back.
func (c *Console) refundSum(w http.ResponseWriter, r *http.Request) {
	_, sale, back, err := c.saleOf(r)
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, err)
		return
	}
	if err := r.ParseForm(); err != nil {
		c.refuse(w, r, formStatus(err), formFault(err))
		return
	}
	loc := c.localeOf(r)
	v, _ := c.o.Till.View()
	view := &refundView{screen: c.screen(loc, v, c.o.Now()), Way: doc.PaymentType(r.PostForm.Get("pay")), Bought: sale.Type == doc.Buy}
	lines, err := returnLines(r.PostForm)
	if err == nil && len(lines) > 0 {
		var made doc.Receipt
		made, err = till.RefundOf(sale, back, v.ClaimOf(sale.ID), lines, doc.PaymentType(r.PostForm.Get("by")))
		view.Total, view.Payments = made.Total, made.Payments
	}
	if view.Err = err; err != nil {
		view.Total, view.Payments = 0, nil
	}
	view.Card = slices.ContainsFunc(view.Payments, func(p doc.Payment) bool { return p.Type == doc.PayElectron })
	loc.write(w, c.o.Log, "refund", view)
}

// saleOf reads the sale that the path names by its sequence or its id.
func (c *Console) saleOf(r *http.Request) (seq uint64, sale *doc.Document, back []doc.Document, _ *fault.Error) {
	if c.o.Sale == nil {
		return 0, nil, nil, fault.New(fault.Unavailable)
	}
	id, notID := uuid.Parse(r.PathValue("seq"))
	if notID != nil {
		var err *fault.Error
		if seq, id, err = c.idOf(r); err != nil {
			return 0, nil, nil, err
		}
	}
	found, back, err := c.o.Sale(r.Context(), id)
	if err != nil {
		return 0, nil, nil, fault.Of(err)
	}
	if (found.Type != doc.Sell && found.Type != doc.Buy) || found.Receipt == nil || found.Fiscal == nil {
		return 0, nil, nil, fault.New(fault.ReturnOf, found.Name, string(found.Type))
	}
	return seq, &found, back, nil
}

// idOf finds the document of the record that the path names.
func (c *Console) idOf(r *http.Request) (seq uint64, id uuid.UUID, _ *fault.Error) {
	seq, err := sequence(r.PathValue("seq"))
	if err != nil || seq == 0 || seq == math.MaxUint64 {
		return 0, id, fault.New(fault.NotFound, shortened(r.PathValue("seq")))
	}
	rows, err := c.collect(r.Context(), record.Filter{Kinds: []record.Kind{record.Document}, After: seq - 1, Before: seq + 1, Limit: 1})
	if err != nil {
		return 0, id, fault.Of(err)
	}
	if len(rows) == 0 || rows[0].Bad {
		return 0, id, fault.New(fault.NotFound, strconv.FormatUint(seq, 10))
	}
	return seq, rows[0].ID, nil
}

// returnLines reads the quantities of a form; those of nothing are left out.
func returnLines(form url.Values) ([]till.ReturnLine, *fault.Error) {
	var lines []till.ReturnLine
	for name, values := range form {
		id, is := strings.CutPrefix(name, quantityField)
		text := strings.ReplaceAll(strings.TrimSpace(values[0]), ",", ".")
		if !is || strings.Trim(text, "0.") == "" {
			continue
		}
		line, err := uuid.Parse(id)
		if err != nil {
			return nil, fault.New(fault.ChequeNoLine)
		}
		q, err := qty.Parse(text)
		if err != nil || q <= 0 {
			return nil, fault.New(fault.QtyBad, shortened(text))
		}
		lines = append(lines, till.ReturnLine{Line: line, Qty: q})
	}
	slices.SortFunc(lines, func(a, b till.ReturnLine) int { return slices.Compare(a.Line[:], b.Line[:]) })
	return lines, nil
}

// giveBack takes "sale", the quantities, "by" and "once".
func giveBack(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	sale, err := uuid.Parse(form.Get("sale"))
	if err != nil {
		return nil, fault.New(fault.BadRequest, "sale")
	}
	once, refused := onceOf(form)
	if refused != nil {
		return nil, refused
	}
	lines, refused := returnLines(form)
	if refused != nil {
		return nil, refused
	}
	if len(lines) == 0 {
		return nil, fault.New(fault.ReturnNothing)
	}
	return till.Return{Once: once, Sale: sale, Lines: lines, Payment: doc.PaymentType(form.Get("by"))}, nil
}

// exchange takes what giveBack takes, and "pay", how the difference is paid;
// the new goods are those in the cheque.
func exchange(form url.Values, v *till.View) (till.Event, *fault.Error) {
	ev, err := giveBack(form, v)
	if err != nil {
		return nil, err
	}
	back := ev.(till.Return)
	cmd := till.Exchange{Once: back.Once, Sale: back.Sale, Lines: back.Lines, Seen: seenNow(v)}
	if way := doc.PaymentType(form.Get("pay")); way != "" {
		cmd.Parts = []till.Part{{Type: way}}
	}
	return cmd, nil
}

// findReceipt finds a receipt of this till by what is printed on it: the QR
// code's text, or a number of the document, the cheque or the FN. 0: none.
func (c *Console) findReceipt(ctx context.Context, text string) (seq uint64, _ error) {
	text = strings.TrimSpace(text)
	qr, notQR := gs1.ParseReceipt(text)
	n, notNumber := strconv.ParseInt(text, 10, 64)
	f := record.Filter{Kinds: []record.Kind{record.Document}, Reverse: true, Limit: MaxSearched,
		Types: []string{string(doc.Sell), string(doc.Payback), string(doc.Buy), string(doc.Buyback), string(doc.Correction)}}
	rows, err := c.collect(ctx, f)
	if err != nil {
		return 0, err
	}
	for i := range rows {
		d := &rows[i]
		switch {
		case d.Bad:
		case notQR == nil:
			if d.Fiscal != nil && d.Fiscal.FN == qr.FN && d.Fiscal.FD == qr.FD && d.Fiscal.Sign == qr.Sign {
				return d.Seq, nil
			}
		case d.Name == text, notNumber == nil && (d.Number == n || (d.Fiscal != nil && int64(d.Fiscal.FD) == n)):
			return d.Seq, nil
		}
	}
	return 0, nil
}
