package cheques

import (
	"context"
	"strconv"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// list gives all cheques that wait, or exactly those that are asked for.
func (s *Server) list(_ context.Context, _ caller, op ikassa.Operation, body []byte) (ikassa.Response, error) {
	ids, err := ikassa.DecodeUUIDs(body)
	if err != nil {
		return ikassa.Response{}, err
	}
	v, _ := s.o.Till.View()
	waiting := v.Waiting()
	answer := ikassa.Success(op, "Чеки успешно получены")
	answer.Cheques = []ikassa.Cheque{}
	if len(ids) == 0 {
		for i := range waiting {
			answer.Cheques = append(answer.Cheques, shown(&waiting[i], v.Currency))
		}
		return answer, nil
	}
	known := make(map[string]*till.Waiting, len(waiting))
	for i := range waiting {
		known[till.TabletID(&waiting[i].Cheque)] = &waiting[i]
	}
	for _, id := range ids {
		if known[id] == nil {
			return ikassa.Response{}, ikassa.NotFound
		}
		answer.Cheques = append(answer.Cheques, shown(known[id], v.Currency))
	}
	return answer, nil
}

// shown is a cheque of the till in the API's words.
func shown(w *till.Waiting, currency string) ikassa.Cheque {
	c := &w.Cheque
	out := ikassa.Cheque{
		Info:     ikassa.Info{UUID: till.TabletID(c), Name: c.Name, Type: ikassa.Postponed},
		Currency: currency, SubTotal: ikassa.Sum(w.Items.Total), Total: ikassa.Sum(w.Total), Items: make([]ikassa.Item, 0, len(c.Lines)), Payments: []ikassa.Payment{},
	}
	var less, more *cheque.Change100
	if a := c.Tablet; a != nil {
		if a.Order {
			out.Info.Type, out.Info.Table, out.Info.Place = ikassa.Order, number(a.Table), number(a.Place)
		}
		out.Info.Note, out.Info.Number = a.Note, ikassa.Text(a.Number)
		less, more = a.Discount, a.Increase
	}
	out.Discount, out.Increase = came(less, more, w.Items.Total, w.Total)
	for i := range c.Lines {
		out.Items = append(out.Items, item(w, i))
	}
	return out
}

// item is a line: what a program has said of it as it has said it, as long as
// the line still comes to that.
func item(w *till.Waiting, i int) ikassa.Item {
	l, row := &w.Cheque.Lines[i], w.Items.Rows[i]
	line := w.Items.Shown(i)
	out := ikassa.Item{Price: ikassa.Sum(line.BasePrice), Quantity: ikassa.Quantity(l.Qty), Sum: ikassa.Sum(row.Gross), Total: ikassa.Sum(row.Total)}
	a := l.Agreed
	if a == nil {
		out.Name = l.Item.Name
		if code := l.Item.Code; code != "" {
			out.Code = &ikassa.Code{Type: ikassa.CodeOwn, Value: code}
		}
		if info, err := tax.Lookup(line.Rate); err == nil {
			out.Tax = included(row.Total, info.Percent)
		}
		out.Discount, out.Increase = came(nil, nil, row.Gross, row.Total)
		return out
	}
	out.Name, out.Tax = a.Name, included(row.Total, a.Percent)
	if a.Section != nil {
		out.Section = &ikassa.Section{Code: ikassa.Int(a.Section.Code), Name: a.Section.Name}
	}
	for _, m := range a.Marks {
		out.Markings = append(out.Markings, ikassa.Marking(m))
	}
	if a.Coded {
		out.Code = &ikassa.Code{Type: a.CodeType, Value: a.Code}
	}
	out.Discount, out.Increase = came(a.Discount, a.Increase, row.Gross, row.Total)
	return out
}

// came tells what a discount and an increase have come to on a sum. Where they
// do not explain it, because somebody has changed it at the till, the
// difference is told.
func came(less, more *cheque.Change100, from, to money.Amount) (discount, increase *ikassa.Change) {
	d, i := words(less), words(more)
	off, err1 := d.Of(ikassa.Sum(from))
	on, err2 := i.Of(ikassa.Sum(from))
	if err1 == nil && err2 == nil && ikassa.Sum(from)-off+on == ikassa.Sum(to) {
		return d.Came(off), i.Came(on)
	}
	diff := ikassa.Sum(from - to)
	if diff > 0 {
		return (&ikassa.Change{Value: diff}).Came(diff), nil
	}
	return nil, (&ikassa.Change{Value: -diff}).Came(-diff)
}

func words(c *cheque.Change100) *ikassa.Change {
	if c == nil {
		return nil
	}
	return &ikassa.Change{Percent: c.Percent, Value: ikassa.Sum(c.Value)}
}

func included(total money.Amount, percent int64) *ikassa.Tax {
	if percent <= 0 {
		return nil
	}
	value, err := ikassa.Included(ikassa.Sum(total), percent)
	if err != nil {
		return nil // no sum of a till is so large
	}
	return &ikassa.Tax{Rate: ikassa.Text(strconv.FormatInt(percent, 10)), Value: value}
}

func number(n *int64) *ikassa.Int {
	if n == nil {
		return nil
	}
	v := ikassa.Int(*n)
	return &v
}
