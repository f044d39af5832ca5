package moysklad

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

const (
	pathRecalc = "/rpc/retaildemand/recalc"

	earning  = "EARNING"
	spending = "SPENDING"
)

// Calculation is what the service is asked to calculate.
type Calculation struct {
	Customer string // the service's id; "": the retail customer
	Spend    int64  // points the customer would spend; 0: none
	Lines    []CalculationLine
}

// CalculationLine is one position at its full price.
type CalculationLine struct {
	ItemID, ItemType, PackID string
	Qty                      qty.Milli
	Price                    money.Amount // of one unit
}

type outCalculation struct {
	Agent     *outRef              `json:"agent,omitempty"`
	Type      string               `json:"transactionType"`
	Spend     int64                `json:"preferredBonusToSpend,omitzero"`
	Positions []outCalculationLine `json:"positions"`
}

type outCalculationLine struct {
	Assortment outRef      `json:"assortment"`
	Quantity   json.Number `json:"quantity"`
	Price      int64       `json:"price"`
	Pack       *outPack    `json:"pack,omitempty"`
}

type wireCalculation struct {
	Positions []wireCalculated `json:"positions"`
	Program   *ref             `json:"bonusProgram"`
	Note      text             `json:"receiptExtraInfo"`
	Balance   number           `json:"agentBonusBalance"`
	Earn      number           `json:"bonusValueToEarn"`
	Spend     number           `json:"bonusValueToSpend"`
	Full      number           `json:"chequeSumWithoutDiscount"`
	Discount  number           `json:"paidByDiscountWithoutBonus"`
	Points    number           `json:"paidWithBonusPoints"`
	Due       number           `json:"valueToPay"`
}

type wireCalculated struct {
	Assortment entity `json:"assortment"`
	Quantity   number `json:"quantity"`
	Price      number `json:"price"`
	Discounted number `json:"discountedPrice"`
}

// Recalc asks for the prices and points of a cheque that is about to be paid.
// The answer is believed only when it is about the same positions in the same
// order (one may come in several parts) and its sums agree with each other:
//
//	without discounts - discounts - points = to pay = what the positions come to
//
// where a position may be half a kopeck off by rounding.
func (c *Client) Recalc(ctx context.Context, q Calculation) (cheque.Recalc, error) {
	out := outCalculation{Type: earning, Spend: q.Spend}
	if q.Spend > 0 {
		out.Type = spending
	}
	if q.Customer != "" {
		agent := c.encoder.native("counterparty", q.Customer)
		out.Agent = &agent
	}
	for i := range q.Lines {
		l := &q.Lines[i]
		p := outCalculationLine{Assortment: c.encoder.native(l.ItemType, l.ItemID), Quantity: json.Number(l.Qty.String()), Price: int64(l.Price)}
		if pk, ok := c.packOf(l.ItemID, l.PackID); ok {
			p.Pack = &outPack{ID: pk.ID, Name: pk.Name, Quantity: json.Number(pk.Quantity.String()), Barcode: pk.Barcode}
		}
		out.Positions = append(out.Positions, p)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return cheque.Recalc{}, fmt.Errorf("moysklad: encode a calculation: %w", err)
	}
	a, err := c.call(ctx, nil, http.MethodPost, pathRecalc, "", body)
	if err != nil {
		return cheque.Recalc{}, err
	}
	var w wireCalculation
	if err := decode(a.body, &w); err != nil {
		return cheque.Recalc{}, err
	}
	r, err := w.recalc(&q)
	if err != nil {
		return r, garbage(fmt.Errorf("calculation: %w", err))
	}
	return r, nil
}

func (c *Client) packOf(item, pack string) (catalog.Pack, bool) {
	if pack == "" || c.o.Pack == nil {
		return catalog.Pack{}, false
	}
	return c.o.Pack(item, pack)
}

// maxNote is how many characters of the service's words are kept.
const maxNote = 500

func (w *wireCalculation) recalc(q *Calculation) (cheque.Recalc, error) {
	r := cheque.Recalc{Online: true, Note: firstRunes(string(w.Note), maxNote)}
	totals, err := w.totals(q.Lines)
	if err != nil {
		return r, err
	}
	sums := [4]*big.Rat{}
	for i, n := range []number{w.Full, w.Discount, w.Points, w.Due} {
		if sums[i], err = n.rational(); err != nil || sums[i].Sign() < 0 {
			return r, fmt.Errorf("sum %.20q", n.text)
		}
	}
	full, discount, points, due := sums[0], sums[1], sums[2], sums[3]
	left := new(big.Rat).Sub(full, discount)
	if left.Sub(left, points).Cmp(due) != 0 {
		return r, fmt.Errorf("%s - %s - %s is not %s", full.RatString(), discount.RatString(), points.RatString(), due.RatString())
	}
	var sum money.Amount
	for _, t := range totals {
		sum += t
	}
	off := new(big.Rat).Sub(new(big.Rat).SetInt64(int64(sum)), due)
	if off.Abs(off).Cmp(big.NewRat(int64(len(w.Positions)), 2)) > 0 {
		return r, fmt.Errorf("positions come to %d, %s is to be paid", sum, due.RatString())
	}
	r.Totals = totals
	return r, w.points(&r, points)
}

// points reads what becomes of the customer's points.
func (w *wireCalculation) points(r *cheque.Recalc, paid *big.Rat) error {
	bonus, exact := halfUpRat(paid)
	if !exact {
		return fmt.Errorf("%s paid with points", paid.RatString())
	}
	r.Bonus = money.Amount(bonus)
	for _, p := range []struct {
		from number
		to   *int64
	}{{w.Spend, &r.Spent}, {w.Earn, &r.Earned}} {
		v, _, err := p.from.scaled(0)
		if err != nil || v < 0 || v > MaxNumber {
			return fmt.Errorf("%.20q points", p.from.text)
		}
		*p.to = v
	}
	if v, _, err := w.Balance.scaled(0); err == nil && w.Balance.set() {
		r.Balance = &v
	}
	if w.Program != nil {
		r.Program = w.Program.Meta.tail()
	}
	if (r.Spent > 0) != (r.Bonus > 0) || (r.Spent > 0 && r.Program == "") {
		return fmt.Errorf("%d points of programme %.40q pay %s", r.Spent, r.Program, r.Bonus)
	}
	return nil
}

// totals follows the positions: the parts of one that came in several add up
// to its quantity before the next begins.
func (w *wireCalculation) totals(lines []CalculationLine) ([]money.Amount, error) {
	all := make([]money.Amount, len(lines))
	next := 0
	for i := range lines {
		l := &lines[i]
		for left := l.Qty; left > 0; next++ {
			if next >= len(w.Positions) {
				return nil, fmt.Errorf("position %d is missing", i+1)
			}
			p := &w.Positions[next]
			n, exact, err := p.Quantity.scaled(thousandths)
			price, _, perr := p.Price.scaled(0)
			if err != nil || perr != nil || !exact || n <= 0 || qty.Milli(n) > left || p.Assortment.id() != l.ItemID || price != int64(l.Price) {
				return nil, fmt.Errorf("position %d is another one", i+1)
			}
			sum, err := p.sum(n)
			if err != nil {
				return nil, fmt.Errorf("position %d: %w", i+1, err)
			}
			all[i] += sum
			left -= qty.Milli(n)
		}
	}
	if next != len(w.Positions) {
		return nil, fmt.Errorf("%d positions too many", len(w.Positions)-next)
	}
	return all, nil
}

// sum is what n thousandths of a unit come to.
func (p *wireCalculated) sum(n int64) (money.Amount, error) {
	price, err := p.Discounted.rational()
	if err != nil || price.Sign() < 0 {
		return 0, fmt.Errorf("price %.20q", p.Discounted.text)
	}
	v, _ := halfUpRat(price.Mul(price, big.NewRat(n, 1000)))
	if v > int64(money.Max) {
		return 0, money.ErrRange
	}
	return money.Amount(v), nil
}

// halfUpRat rounds a number that is not negative.
func halfUpRat(r *big.Rat) (v int64, exact bool) {
	n := divRound(r.Num(), r.Denom())
	if !n.IsInt64() {
		return int64(money.Max) + 1, false
	}
	return n.Int64(), r.IsInt()
}

// rational gives the number exactly; an absent one is 0.
func (n number) rational() (*big.Rat, error) {
	if n.text == "" {
		return new(big.Rat), nil
	}
	if _, _, err := scaled(n.text, 0); err != nil {
		return nil, err
	}
	r, ok := new(big.Rat).SetString(n.text)
	if !ok {
		return nil, errNumber
	}
	return r, nil
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
