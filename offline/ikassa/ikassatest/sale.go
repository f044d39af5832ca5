package ikassatest

import (
	"encoding/json"
	"math/big"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/money"
)

// saleRequest is the body of SALE, as far as the guide names its fields.
type saleRequest struct {
	Cashier         string         `json:"cashier"`
	Items           []item         `json:"itemList"`
	Cash            number         `json:"cash"`
	Cashless        number         `json:"cashless"`
	Certificate     number         `json:"certificate"`
	PercentDiscount bool           `json:"isPercentDiscount"`
	Discount        number         `json:"chequeDiscount"`
	PercentIncrease bool           `json:"isPercentIncrease"`
	Increase        number         `json:"chequeIncrease"`
	Tax             string         `json:"tpTaxNumber"`
	Print           bool           `json:"printCheque"`
	Prefix          []ikassa.Print `json:"prefix"`
	Suffix          []ikassa.Print `json:"suffix"`
	Operation       string         `json:"operationId"`
}

type item struct {
	Name            string          `json:"nameTitle"`
	Code            json.RawMessage `json:"codeNumber"`
	CodeType        json.RawMessage `json:"typeCode"`
	Price           number          `json:"price"`
	Amount          number          `json:"amount"`
	PercentDiscount bool            `json:"isPercentDiscount"`
	Discount        number          `json:"discount"`
	PercentIncrease bool            `json:"isPercentIncrease"`
	Increase        number          `json:"increase"`
	Section         *struct {
		Code int    `json:"code"`
		Name string `json:"name"`
	} `json:"section"`
	Markings []struct {
		SI  string `json:"si"`
		UKZ string `json:"ukz"`
	} `json:"markings"`
}

// depositRequest is the body of DEPOSIT.
type depositRequest struct {
	Cashier   string         `json:"cashier"`
	Sum       number         `json:"sum"`
	Prefix    []ikassa.Print `json:"prefix"`
	Suffix    []ikassa.Print `json:"suffix"`
	Operation string         `json:"operationId"`
}

// Guards of the guide.
var (
	priceMost               = ratOf("99999999999.99")
	amountLeast, amountMost = ratOf("0.001"), ratOf("9999.999")
	sumLeast, sumMost       = ratOf("0.01"), ratOf("99999999999.99")
)

func ratOf(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s)
	return r
}

// line adds up one line; a code other than 200 refuses it.
func line(it *item) (Item, int) {
	switch price, amount := it.Price.rat(), it.Amount.rat(); {
	case price.Sign() < 0 || price.Cmp(priceMost) > 0:
		return Item{}, 403
	case amount.Cmp(amountLeast) < 0:
		return Item{}, 415
	case amount.Cmp(amountMost) > 0:
		return Item{}, 416
	}
	sum := kopecks(new(big.Rat).Mul(it.Price.rat(), it.Amount.rat()))
	l := Item{Name: it.Name, Code: unquoted(it.Code), Price: kopecks(it.Price.rat()), Quantity: it.Amount.rat().FloatString(3), Sum: sum,
		Discount: adjusted(sum, it.PercentDiscount, it.Discount) - adjusted(sum, it.PercentIncrease, it.Increase)}
	l.Total = l.Sum - l.Discount
	for _, m := range it.Markings {
		if m.SI != "" {
			l.SI = append(l.SI, m.SI)
		}
		if m.UKZ != "" {
			l.UKZ = append(l.UKZ, m.UKZ)
		}
	}
	if l.Total < 0 {
		return l, 404
	}
	return l, 200
}

// unquoted is a code that came as a string or as a number.
func unquoted(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// addUp makes a sale of a request; a code other than 200 refuses it.
func addUp(q *saleRequest) (Document, int) {
	d := Document{Type: opSale, Operation: q.Operation, Cashier: q.Cashier, Prefix: lines(q.Prefix),
		Cash: kopecks(q.Cash.rat()), Cashless: kopecks(q.Cashless.rat())}
	if len(q.Items) == 0 {
		return d, 413
	}
	var subtotal money.Amount
	for i := range q.Items {
		l, code := line(&q.Items[i])
		if code != 200 {
			return d, code
		}
		d.Items = append(d.Items, l)
		subtotal += l.Total
	}
	d.Total = subtotal - adjusted(subtotal, q.PercentDiscount, q.Discount) + adjusted(subtotal, q.PercentIncrease, q.Increase)
	other := d.Cashless + kopecks(q.Certificate.rat())
	d.Change = d.Cash + other - d.Total
	total := big.NewRat(int64(d.Total), 100)
	switch {
	case d.Total < 0:
		return d, 404
	case total.Cmp(sumMost) > 0:
		return d, 414
	case d.Cash < 0 || d.Cashless < 0 || d.Change < 0, other > d.Total, other == d.Total && d.Cash != 0:
		return d, 413 // the guide gives the rules of payment no code of their own
	}
	return d, 200
}

// lines are the texts that are printed above a document.
func lines(all []ikassa.Print) (texts []string) {
	for _, p := range all {
		if p.Text != nil {
			texts = append(texts, p.Text.Text)
		}
	}
	return texts
}
