package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// What a cashier needs a few times a day stands behind one button, in the
// dialog "more".

// parkDialog asks for the name a cheque is parked by.
func parkDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.ChequeEmpty)
	}
	return shortened(query.Get("name")), nil
}

// noSale takes "reason", why the drawer is opened.
func noSale(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	return till.NoSale{Reason: strings.TrimSpace(form.Get("reason"))}, nil
}

// takeBackView asks why goods come back without their sale here.
type takeBackView struct {
	Code string // text of another till's receipt, "": there is none
	Of   *doc.OtherReceipt
	Left money.Amount // what has not come back of it
}

// takeBackDialog shows the goods in the cheque, which come back.
func takeBackDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.ReturnScan)
	}
	return takeBackView{}, nil
}

// takeBack takes "reason", "payment", and "receipt", the QR code of another
// till's receipt.
func (c *Console) takeBack(form url.Values, v *till.View) (till.Event, *fault.Error) {
	once, err := onceOf(form)
	cmd := till.TakeBack{Once: once, Reason: strings.TrimSpace(form.Get("reason")), Payment: doc.PaymentType(form.Get("payment")), Seen: seenNow(v)}
	if code := form.Get("receipt"); err == nil && code != "" {
		cmd.Of, cmd.Left, err = c.otherReceipt(code)
	}
	return cmd, err
}

func (c *Console) otherReceipt(code string) (*doc.OtherReceipt, money.Amount, *fault.Error) {
	if c.o.Books == nil {
		return nil, 0, fault.New(fault.Unavailable)
	}
	ctx, stop := c.lookingUp()
	defer stop()
	of, left, err := c.o.Books.Other(ctx, code)
	return of, left, fault.Of(err)
}

// scannedDialog leads from a scanned receipt to what can be done with it: the
// page of its return, or for a receipt of another till the dialog "take-back".
func scannedDialog(c *Console, query url.Values, s *screen) (any, *fault.Error) {
	id, err := uuid.Parse(query.Get("notice"))
	i := slices.IndexFunc(s.V.Notices, func(n till.Notice) bool { return n.ID == id && n.Receipt != nil })
	if err != nil || i < 0 {
		return nil, fault.New(fault.NotFound, "notice")
	}
	return c.receiptOf(*s.V.Notices[i].Receipt, s)
}

func (c *Console) receiptOf(qr gs1.Receipt, s *screen) (any, *fault.Error) {
	if c.o.Books == nil {
		return nil, fault.New(fault.Unavailable)
	}
	ctx, stop := c.lookingUp()
	defer stop()
	sale, err := c.o.Books.ByReceipt(ctx, qr)
	if err == nil {
		return goTo("/return/" + sale.ID.String()), nil
	}
	refused := fault.Of(err)
	if refused.Code != fault.ReturnForeign || qr.Operation != 1 {
		return nil, refused
	}
	if s.Empty() {
		return nil, fault.New(fault.ReturnScan)
	}
	v := takeBackView{Code: qr.String()}
	v.Of, v.Left, refused = c.otherReceipt(v.Code)
	return v, refused
}
