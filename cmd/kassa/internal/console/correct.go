package console

import (
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// correctView asks why a receipt of this till is undone.
type correctView struct {
	Sale   uuid.UUID
	Number string
}

// undoDialog asks for the reason to undo a wrong receipt.
func undoDialog(_ *Console, query url.Values, _ *screen) (any, *fault.Error) {
	sale, err := uuid.Parse(query.Get("sale"))
	if err != nil {
		return nil, fault.New(fault.BadRequest, "sale")
	}
	return correctView{Sale: sale, Number: shortened(query.Get("number"))}, nil
}

// missedDialog asks about the settlement that the open cheque is to be.
func missedDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.ChequeEmpty)
	}
	return s.Now.Format(time.DateOnly), nil
}

// correct takes "reason", "order" (the number of a tax office's order, if any)
// and either "sale", a wrong receipt to be undone, or for the open cheque
// "date", "payment" and "sign", the fiscal sign of the wrong receipt it
// replaces.
func (c *Console) correct(form url.Values, v *till.View) (till.Event, *fault.Error) {
	once, refused := onceOf(form)
	if refused != nil {
		return nil, refused
	}
	order := strings.TrimSpace(form.Get("order"))
	cmd := till.Correct{Once: once, Reason: strings.TrimSpace(form.Get("reason")), ByOrder: order != "", Number: order}
	if cmd.Reason == "" {
		return nil, fault.New(fault.ReasonNone)
	}
	if sale := form.Get("sale"); sale != "" {
		id, err := uuid.Parse(sale)
		if err != nil {
			return nil, fault.New(fault.BadRequest, "sale")
		}
		cmd.Base = id
		return cmd, nil
	}
	date, err := time.ParseInLocation(time.DateOnly, form.Get("date"), c.o.Now().Location())
	if err != nil {
		return nil, fault.New(fault.BadRequest, "date")
	}
	cmd.Date, cmd.Payment, cmd.Sign = date, doc.PaymentType(form.Get("payment")), strings.TrimSpace(form.Get("sign"))
	cmd.Seen = seenNow(v)
	return cmd, nil
}
