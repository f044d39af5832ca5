package console

import (
	"net/url"
	"strings"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// buyDialog asks what is paid for the goods in the cheque, which a person
// brings.
func buyDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.BuyScan)
	}
	return nil, s.needShift()
}

// buy takes "p-LINE", what one unit of a line is bought for, "person" and
// "payment".
func buy(form url.Values, v *till.View) (till.Event, *fault.Error) {
	once, err := onceOf(form)
	cmd := till.Buy{Once: once, Seen: seenNow(v), Payment: doc.PaymentType(form.Get("payment")), Person: strings.TrimSpace(form.Get("person"))}
	for i := range v.Cheque.Lines {
		l := &v.Cheque.Lines[i]
		text := strings.ReplaceAll(strings.TrimSpace(form.Get("p-"+l.ID.String())), ",", ".")
		if err != nil {
			break
		}
		price, bad := money.Parse(text)
		switch {
		case text == "": // said before a senior is called for it
			err = fault.New(fault.BuyPrice, l.Name)
		case bad != nil || price <= 0:
			err = fault.New(fault.AmountBad, shortened(text))
		}
		cmd.Cart = append(cmd.Cart, till.Bought{Line: l.ID, Price: price})
	}
	return cmd, err
}
