package cheques

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// add puts cheques among the till's parked ones, or replaces some of them.
func (s *Server) add(ctx context.Context, who caller, op ikassa.Operation, body []byte) (ikassa.Response, error) {
	in, err := ikassa.DecodeCheques(op, body)
	if err != nil {
		return ikassa.Response{}, err
	}
	cmd := till.PutCheques{Who: who.cashier}
	v, _ := s.o.Till.View()
	for i := range in {
		c, err := s.cheque(ctx, &v, &in[i])
		if err != nil {
			return ikassa.Response{}, err
		}
		cmd.Cheques = append(cmd.Cheques, c)
	}
	if err := s.o.Till.Do(ctx, cmd); err != nil {
		return ikassa.Response{}, err
	}
	if err := s.o.Flush(ctx); err != nil {
		return ikassa.Response{}, err
	}
	answer := ikassa.Success(op, told(op, in))
	answer.Register = register(&v)
	return answer, nil
}

func told(op ikassa.Operation, in []ikassa.ChequeRequest) string {
	switch {
	case op == ikassa.OpEditOrder && in[0].Edit:
		return "Заказ успешно изменен"
	case op == ikassa.OpEditOrder:
		return "Заказ успешно добавлен"
	}
	return "Чеки успешно добавлены"
}

// cheque is a request as the till takes it, with the totals that follow from
// the API's arithmetic.
func (s *Server) cheque(ctx context.Context, v *till.View, in *ikassa.ChequeRequest) (out till.TabletCheque, err error) {
	if in.Currency != "" && in.Currency != v.Currency {
		return out, fault.New(fault.StoreCurrency, in.Currency, v.Currency)
	}
	came, err := in.Compute()
	if err != nil {
		return out, err
	}
	out = till.TabletCheque{Name: s.name(&in.Info), Edit: in.Edit, Generation: v.Catalog, Tablet: cheque.Tablet{
		ID: in.Info.UUID, Order: in.Info.Type == ikassa.Order, Table: whole(in.Info.Table), Place: whole(in.Info.Place),
		Note: plain(in.Info.Note), Number: plain(string(in.Info.Number)), Discount: said(in.Discount), Increase: said(in.Increase),
	}}
	if out.Total, err = came.Total.Amount(); err != nil {
		return out, ikassa.SumTooLarge
	}
	for i := range in.Items {
		l, err := s.line(ctx, v, &in.Items[i], came.Items[i].Total)
		if err != nil {
			return out, fmt.Errorf("item %d: %w", i+1, err)
		}
		out.Lines = append(out.Lines, l)
	}
	return out, nil
}

func (s *Server) line(ctx context.Context, v *till.View, in *ikassa.ItemRequest, total ikassa.Sum) (out till.TabletLine, err error) {
	percent, err := ikassa.Rate(in.TaxRate)
	if err != nil {
		return out, err
	}
	out.Agreed = cheque.Agreed{Name: plain(in.Name), Percent: percent, Discount: said(in.Discount), Increase: said(in.Increase)}
	if in.Section != nil {
		out.Agreed.Section = &cheque.Section{Code: int64(in.Section.Code), Name: plain(in.Section.Name)}
	}
	for _, m := range in.Markings {
		out.Agreed.Marks = append(out.Agreed.Marks, cheque.AgreedMark(m))
	}
	var wrong [3]error
	out.Price, wrong[0] = in.Price.Amount()
	out.Total, wrong[1] = total.Amount()
	out.Qty, wrong[2] = in.Quantity.Milli()
	if errors.Join(wrong[:]...) != nil {
		return out, ikassa.SumTooLarge
	}
	if in.Code != nil && in.Code.Value != "" {
		out.Agreed.Coded, out.Agreed.CodeType, out.Agreed.Code = true, in.Code.Type, plain(in.Code.Value)
		found, err := s.catalogued(ctx, v, in.Code.Value, &out)
		if found || err != nil {
			return out, err
		}
	}
	out.Item, err = s.free(v, &out.Agreed)
	return out, err
}

// catalogued finds the item of a code. A code of a pack, of a weight or of one
// unit is not an item's: its price would be another thing's.
func (s *Server) catalogued(ctx context.Context, v *till.View, code string, out *till.TabletLine) (bool, error) {
	m, err := s.o.Lookup(ctx, v.Catalog, code)
	var none *fault.Error
	switch {
	case errors.As(err, &none) && none.Code == fault.CodeUnknown:
		return false, nil
	case err != nil:
		return false, err
	case len(m.Others) > 0 || m.PackID != "" || m.Serial != "" || m.Qty != qty.One:
		return false, fault.New(fault.CodeUnknown, code)
	}
	for _, p := range m.Item.Parts {
		part, err := s.o.Item(ctx, v.Catalog, p.ItemID)
		switch {
		case err != nil:
			return false, fault.New(fault.BundleUnknown, m.Item.Name, p.ItemID).With(err)
		case part.Marked():
			return false, fault.New(fault.BundleOrder, m.Item.Name, part.Name)
		}
	}
	out.Item, out.Known = m.Item, true
	return true, nil
}

// unnamed is what goods are called that nobody has given a name.
const unnamed = "Товар"

// free is an item at a free price.
func (s *Server) free(v *till.View, a *cheque.Agreed) (catalog.Item, error) {
	it := catalog.Item{Type: catalog.Product, Name: a.Name, Code: a.Code, FreePrice: true}
	if it.Name == "" {
		it.Name = strings.TrimSpace(unnamed + " " + a.Code)
	}
	if s.o.Clouded() {
		return it, fault.New(fault.TabletUnknown, it.Name)
	}
	it.Rate = tax.Of(v.Currency).Usual(s.o.Store().TaxSystem)
	if a.Percent > 0 {
		var err error
		if it.Rate, err = tax.ByPercent(a.Percent); err != nil {
			return it, ikassa.BadRequest
		}
	}
	return it, nil
}

// name is what people at the till read.
func (s *Server) name(i *ikassa.Info) string {
	words := [2]string{"Стол %d", ", место %d"}
	if s.o.Language == "en" {
		words = [2]string{"Table %d", ", place %d"}
	}
	switch {
	case i.Name != "":
		return i.Name
	case i.Number != "":
		return string(i.Number)
	case i.Table != nil && i.Place != nil:
		return fmt.Sprintf(words[0]+words[1], *i.Table, *i.Place)
	case i.Table != nil:
		return fmt.Sprintf(words[0], *i.Table)
	}
	return ""
}

func said(c *ikassa.Change) *cheque.Change100 {
	if c == nil {
		return nil
	}
	return &cheque.Change100{Percent: c.Percent, Value: int64(c.Value)}
}

func whole(n *ikassa.Int) *int64 {
	if n == nil {
		return nil
	}
	v := int64(*n)
	return &v
}

// plain is text as it may be shown and printed: without control characters.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
