package console

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// What can be asked of a document that is there: why its prices, and a copy.

// storedDocument reads the document of a record.
func (c *Console) storedDocument(ctx context.Context, seq string) (*doc.Document, *fault.Error) {
	n, err := sequence(seq)
	if err != nil || n == 0 || n == math.MaxUint64 {
		return nil, fault.New(fault.BadRequest, "seq")
	}
	rows, err := c.collect(ctx, record.Filter{Kinds: []record.Kind{record.Document}, After: n - 1, Before: n + 1, Limit: 1})
	if err != nil {
		return nil, fault.Of(err)
	}
	if len(rows) == 0 || rows[0].Bad {
		return nil, fault.New(fault.NotFound, shortened(seq))
	}
	return &rows[0].Document, nil
}

// whyDialog shows the prices of a receipt as they came about when it was made:
// what is stored, nothing is worked out again.
func whyDialog(c *Console, query url.Values, _ *screen) (any, *fault.Error) {
	ctx, stop := c.lookingUp()
	defer stop()
	d, err := c.storedDocument(ctx, query.Get("seq"))
	if err != nil {
		return nil, err
	}
	if d.Receipt == nil {
		return nil, fault.New(fault.NotFound, "receipt")
	}
	return d.Receipt, nil
}

// copyDocument prints a document once more, as plain text that says what it is:
// on the receipt printer where there is one, else on the KKT.
func (c *Console) copyDocument(w http.ResponseWriter, r *http.Request) {
	d, err := c.storedDocument(r.Context(), r.FormValue("id"))
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, err)
		return
	}
	if c.o.Printer != nil {
		ctx, stop := c.commandContext(r)
		defer stop()
		if err := c.o.Printer.Copy(ctx, d.ID); err != nil {
			c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	v, _ := c.o.Till.View()
	lines := c.screen(c.localeOf(r), v, c.o.Now()).copyOf(d)
	c.atKKT(func(ctx context.Context) error {
		for part := range slices.Chunk(lines, api.MaxPrint) {
			if err := c.o.KKT.Print(ctx, part); err != nil {
				return err
			}
		}
		return nil
	})(w, r)
}

// copyOf is a document in lines of text, for paper of any width.
func (s *screen) copyOf(d *doc.Document) []string {
	say := s.loc.must
	lines := []string{say("copy.title"), cmp.Or(s.V.Organization, s.V.Store), fmt.Sprintf("%s № %d", s.DocName(d.Type), d.Number), s.loc.clock(s.In(d.Time)), say("paper.cashier") + ": " + d.Cashier.Title(), ""}
	put := func(name, value string) { lines = append(lines, name+": "+plainSpaces(value)) }
	if r := d.Receipt; r != nil {
		for i := range r.Lines {
			l := &r.Lines[i]
			lines = append(lines, l.Name, plainSpaces("  "+s.Qty(l.Qty)+" × "+s.Sum(l.Price)+" = "+s.Sum(l.Total)))
		}
		lines = append(lines, "")
		if r.Discount != 0 {
			put(say("paper.discount"), s.Sum(r.Discount))
		}
		put(say("paper.total"), s.Sum(r.Total))
		for _, p := range r.Payments {
			put(s.paidBy(p.Type), s.Sum(p.Sum))
		}
	}
	if t := d.Shift; t != nil {
		put(say("shift.sales"), s.Sum(t.Sales.Total))
		put(say("shift.returns"), s.Sum(t.Returns.Total))
		put(say("shift.revenue"), s.Sum(t.Revenue))
		put(say("shift.drawer"), s.Sum(t.Drawer))
	}
	if d.Cash != nil {
		put(say("docs.sum"), s.Sum(d.Cash.Sum))
	}
	if f := d.Fiscal; f != nil {
		put(say("paper.fn"), f.FN)
		put(say("paper.fd"), fmt.Sprint(f.FD))
		put(say("paper.fp"), fmt.Sprintf("%010d", f.Sign))
	}
	return append(lines, say("copy.not"))
}

// paidBy names a way to pay as paper does.
func (s *screen) paidBy(t doc.PaymentType) string {
	switch t {
	case doc.PayCash:
		return s.loc.must("paper.cash")
	case doc.PayElectron:
		return s.loc.must("paper.electron")
	case doc.PayAdvance:
		return s.loc.must("paper.advance")
	}
	return s.loc.must("paper.credit")
}

// plainSpaces keeps to what printers know.
func plainSpaces(s string) string {
	return strings.NewReplacer(nbsp, " ", minus, "-").Replace(s)
}
