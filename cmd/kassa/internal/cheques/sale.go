package cheques

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// Sales and deposits of programs. They go the till's own way: intent, register,
// outcome; a document with an id that follows from operationId, so that a
// repetition is answered with what was made the first time. Without a
// Belarusian register behind the till they are refused (409). Somebody has to
// be logged in at the till: his they are.

// namespace is that of operations' ids.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://smartx.imlab.by/operations"))

// registered tells whether a Belarusian register, which is ready, is behind the
// till: nothing else may register a sale of this API.
func registered(v *till.View) bool {
	return tax.Of(v.Currency) == tax.Belarus && v.KKT.Ready && v.KKT.Identity.SKKO
}

// once is the document's id.
func once(op ikassa.Operation, id ikassa.Text) uuid.UUID {
	if id == "" {
		return uuid.Must(uuid.NewV7())
	}
	return uuid.NewSHA1(namespace, []byte(string(op)+" "+string(id)))
}

func (s *Server) sale(ctx context.Context, who caller, op ikassa.Operation, body []byte) (ikassa.Response, error) {
	in, err := ikassa.DecodeSale(body)
	if err != nil {
		return ikassa.Response{}, err
	}
	v, _ := s.o.Till.View()
	if !registered(&v) {
		return ikassa.Response{}, ikassa.Blocked
	}
	cmd := till.SellCheque{Once: till.Once{ID: once(op, in.Operation)}, Who: who.cashier}
	as, err := in.AsCheque()
	if err != nil {
		return ikassa.Response{}, err
	}
	if cmd.Cheque, err = s.cheque(ctx, &v, &as); err != nil {
		return ikassa.Response{}, err
	}
	if err := marked(cmd.Cheque.Lines); err != nil {
		return ikassa.Response{}, err
	}
	cmd.Cheque.Tablet = cheque.Tablet{Discount: cmd.Cheque.Tablet.Discount, Increase: cmd.Cheque.Tablet.Increase}
	if _, err := in.Pay(ikassa.Sum(cmd.Cheque.Total)); err != nil {
		return ikassa.Response{}, err
	}
	if cmd.Parts, err = parts(&in); err != nil {
		return ikassa.Response{}, err
	}
	made, err := s.make(ctx, cmd, cmd.ID, func(d *doc.Document) bool {
		return d.Receipt != nil && d.Receipt.Total == cmd.Cheque.Total
	})
	if err != nil {
		return ikassa.Response{}, err
	}
	answer := registeredAs(ikassa.Success(op, "Успешная оплата"), &made)
	total, back, rrn := ikassa.Sum(made.Receipt.Total), ikassa.Sum(0), ikassa.Text("")
	answer.UUID, answer.Total, answer.RRN, answer.Payments = made.ID.String(), &total, &rrn, []ikassa.Payment{}
	for _, p := range made.Receipt.Payments {
		back += ikassa.Sum(p.Change)
		way := ikassa.Payment{Type: "Cashless", Sum: ikassa.Sum(p.Sum)}
		if p.Type == doc.PayCash {
			way = ikassa.Payment{Type: "Cash", Sum: ikassa.Sum(max(p.Tendered, p.Sum))}
		}
		answer.Payments = append(answer.Payments, way)
	}
	answer.Change = &back
	return answer, nil
}

// marked tells whether the codes of a sale's units can all go to the register:
// as many as there are units, or one for the only one, and none twice.
func marked(lines []till.TabletLine) error {
	seen := map[string]bool{}
	for i := range lines {
		l := &lines[i]
		units := qty.Milli(len(l.Agreed.Marks)) * qty.One
		if units != 0 && (units != l.Qty || units > qty.One && !l.Item.Marked()) {
			return ikassa.BadRequest
		}
		for _, m := range l.Agreed.Marks {
			if seen[m.Code()] {
				return ikassa.BadRequest
			}
			seen[m.Code()] = true
		}
	}
	return nil
}

// parts are the ways a sale is paid. A certificate is money in advance, which
// no register takes from a till: the till refuses it.
func parts(in *ikassa.Sale) (all []till.Part, err error) {
	for _, way := range []struct {
		typ  doc.PaymentType
		qr   bool
		sums []*ikassa.Sum
	}{
		{doc.PayElectron, false, []*ikassa.Sum{in.Cashless}}, {doc.PayElectron, true, []*ikassa.Sum{in.Oplati}},
		{doc.PayAdvance, false, []*ikassa.Sum{in.Certificate}}, {doc.PayCash, false, []*ikassa.Sum{in.Cash}},
	} {
		for _, sum := range way.sums {
			if sum == nil || *sum == 0 {
				continue
			}
			a, err := sum.Amount()
			if err != nil {
				return nil, ikassa.SumTooLarge
			}
			all = append(all, till.Part{Type: way.typ, QR: way.qr, Sum: a})
		}
	}
	return all, nil
}

func (s *Server) deposit(ctx context.Context, _ caller, op ikassa.Operation, body []byte) (ikassa.Response, error) {
	in, err := ikassa.DecodeDeposit(body)
	if err != nil {
		return ikassa.Response{}, err
	}
	v, _ := s.o.Till.View()
	if !registered(&v) {
		return ikassa.Response{}, ikassa.Blocked
	}
	sum, err := in.Sum.Amount()
	if err != nil {
		return ikassa.Response{}, ikassa.SumTooLarge
	}
	cmd := till.CashIn{Once: till.Once{ID: once(op, in.Operation)}, CashMove: till.CashMove{Sum: sum, Person: in.Cashier, Reason: "Внесение"}}
	made, err := s.make(ctx, cmd, cmd.ID, func(d *doc.Document) bool { return d.Cash != nil && d.Cash.Sum == sum })
	if err != nil {
		return ikassa.Response{}, err
	}
	answer := registeredAs(ikassa.Success(op, "Успешное внесение"), &made)
	answer.Register = cmp.Or(answer.Register, register(&v)) // the register may have told no number
	drawer := ikassa.Sum(sum)
	if v, _ = s.o.Till.View(); v.Shift != nil {
		drawer = ikassa.Sum(v.Shift.Totals.Drawer)
	}
	answer.Sum = &drawer // what is in the drawer now
	return answer, nil
}

// make has a document made, once: one of the same id that is there already is
// the answer, as long as it is the same.
func (s *Server) make(ctx context.Context, cmd till.Event, id uuid.UUID, same func(*doc.Document) bool) (doc.Document, error) {
	made, err := s.o.Document(ctx, id)
	if err != nil && fault.Of(err).Code == fault.NotFound {
		if err := s.o.Till.Do(ctx, cmd); err != nil {
			return made, err
		}
		made, err = s.o.Document(ctx, id)
	}
	switch {
	case err != nil:
		return made, err
	case !same(&made):
		return made, fault.New(fault.TabletTwice, id.String())
	}
	return made, nil
}

// registeredAs adds what the register has said of a document.
func registeredAs(r ikassa.Response, d *doc.Document) ikassa.Response {
	printed := d.Receipt == nil || !d.Receipt.Electronic
	r.DateTime, r.Printed = d.Time.Format(time.RFC3339), &printed
	if f := d.Fiscal; f != nil {
		r.Number, r.Register, r.UID = ikassa.Text(strconv.FormatUint(uint64(f.FD), 10)), ikassa.Text(f.FN), f.UID
	}
	return r
}
