package moyskladtest

import (
	"encoding/json"
	"math/big"
	"net/http"
	"slices"

	"github.com/google/uuid"
)

// What the loyalty of a shop does unless it is set otherwise.
const (
	usualPercent = 10  // off everything
	usualEarn    = 5   // percent of what is paid
	usualPoints  = 100 // of every customer; a point is a rouble
)

// calculated is one position of an answer.
type calculated struct {
	row            object
	quantity, full *big.Rat
	discounted     *big.Rat // price of one unit
}

// recalc calculates discounts and points: a percent off all but tobacco and
// what takes no discounts, points off the rest, in proportion.
func (s *Server) recalc(p *point, body []byte) (reply, error) {
	o, err := parse(body)
	if err != nil {
		return reply{}, err
	}
	f := &fields{o: o}
	kind := f.str("transactionType", 3000)
	spend := f.num("preferredBonusToSpend")
	list, _ := f.o["positions"].([]any)
	switch {
	case kind != "EARNING" && kind != "SPENDING":
		f.no(3005, "transactionType")
	case len(list) == 0:
		f.no(3000, "positions")
	case spend != nil && (!spend.IsInt() || spend.Sign() <= 0):
		f.no(3003, "preferredBonusToSpend")
	}
	known := f.o["agent"] != nil
	if known {
		if agent := f.ref("agent", 3000); f.err == nil {
			if _, ok := p.customers.at[agent.id]; !ok {
				f.no(1021, "agent")
			}
		}
	}
	var all []calculated
	for _, e := range list {
		o, _ := e.(map[string]any)
		pos := &fields{o: o}
		c := s.calculate(p, pos)
		if f.err == nil {
			f.err = pos.err
		}
		all = append(all, c)
	}
	if f.err != nil {
		return reply{}, f.err
	}
	return s.calculation(all, known, kind == "SPENDING", spend)
}

// calculate takes the percent off one position.
func (s *Server) calculate(p *point, f *fields) calculated {
	item := f.ref("assortment", 3000)
	c := calculated{quantity: f.num("quantity"), full: f.num("price")}
	switch {
	case f.err != nil:
	case c.quantity == nil || c.quantity.Sign() <= 0:
		f.no(3003, "quantity")
	case c.full == nil || c.full.Sign() < 0:
		f.no(3002, "price")
	}
	at, ok := p.items.at[item.id]
	if f.err == nil && !ok {
		f.no(1021, "assortment")
	}
	if f.err != nil {
		return c
	}
	var it struct {
		Name                          string
		Tobacco, IsDiscountProhibited bool
	}
	if json.Unmarshal(p.items.raw[at], &it) != nil {
		f.no(1004, "assortment")
		return c
	}
	if len(f.list("sn")) > 0 && !p.tracked[item.id] {
		f.no(45001, "sn")
		return c
	}
	c.discounted = new(big.Rat).Set(c.full)
	if !it.Tobacco && !it.IsDiscountProhibited {
		keep := big.NewRat(100-s.number(SetLoyaltyPercent, usualPercent), 100)
		c.discounted.SetInt(halfUp(keep.Mul(keep, c.full)))
	}
	assortment := object{"meta": metaOf(item.kind, item.id), "name": it.Name, "tobacco": it.Tobacco}
	c.row = object{"assortment": assortment, "quantity": f.o["quantity"], "price": f.o["price"]}
	if pack := f.o["pack"]; pack != nil {
		c.row["pack"] = pack
	}
	return c
}

func (c *calculated) sum(price *big.Rat) *big.Int {
	return halfUp(new(big.Rat).Mul(c.quantity, price))
}

// calculation spends points and puts the answer together.
func (s *Server) calculation(all []calculated, known, spends bool, want *big.Rat) (reply, error) {
	full, net := new(big.Int), new(big.Int)
	for i := range all {
		full.Add(full, all[i].sum(all[i].full))
		net.Add(net, all[i].sum(all[i].discounted))
	}
	discount := new(big.Int).Sub(full, net)
	var spent, balance int64
	if known {
		balance = s.number(SetLoyaltyPoints, usualPoints)
	}
	if known && spends {
		spent = min(balance, new(big.Int).Quo(net, big.NewInt(100)).Int64())
		if want != nil && want.Num().IsInt64() {
			spent = min(spent, want.Num().Int64())
		}
	}
	points := big.NewInt(spent * 100)
	payWithPoints(all, points)
	due := new(big.Int).Sub(net, points)
	earned := int64(0)
	if known && !spends {
		earned = new(big.Int).Quo(due, big.NewInt(10_000)).Int64() * s.number(SetLoyaltyEarn, usualEarn)
	}
	rows := s.spoil(all)
	if s.faults.take(faultSums) {
		due.Add(due, big.NewInt(1))
	}
	program := uuid.NewSHA1(uuid.NameSpaceOID, []byte("bonusprogram")).String()
	b, err := json.Marshal(object{"positions": rows, "bonusProgram": object{"meta": metaOf("bonusprogram", program)}, "receiptExtraInfo": "Спасибо, что Вы с нами",
		"agentBonusBalance": balance, "bonusValueToEarn": earned, "bonusValueToSpend": spent, "chequeSumWithoutDiscount": full, "valueToPay": due,
		"paidByDiscountWithoutBonus": discount, "paidWithBonusPoints": points})
	return reply{status: http.StatusOK, body: b}, err
}

// payWithPoints takes the points off the first positions that have so much.
// Their prices may have parts of a kopeck then.
func payWithPoints(all []calculated, points *big.Int) {
	left := new(big.Int).Set(points)
	for i := range all {
		c := &all[i]
		have := c.sum(c.discounted)
		off := new(big.Int).Set(left)
		if off.Cmp(have) > 0 {
			off.Set(have)
		}
		if off.Sign() > 0 {
			c.discounted = new(big.Rat).Quo(new(big.Rat).SetInt(new(big.Int).Sub(have, off)), c.quantity)
			left.Sub(left, off)
		}
	}
}

// spoil writes the positions, with what is wrong with them at the moment.
func (s *Server) spoil(all []calculated) []object {
	split := s.faults.take(faultSplit)
	rows := []object{}
	for i := range all {
		c := &all[i]
		c.row["discountedPrice"] = decimal(c.discounted)
		if one := big.NewRat(1, 1); split && c.quantity.Cmp(one) > 0 {
			first := object{}
			for k, v := range c.row {
				first[k] = v
			}
			first["quantity"] = 1
			c.row["quantity"] = decimal(new(big.Rat).Sub(c.quantity, one))
			rows = append(rows, first)
		}
		rows = append(rows, c.row)
	}
	if s.faults.take(faultOrder) {
		slices.Reverse(rows)
	}
	if s.faults.take(faultShort) {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// decimalDigits are enough for a price of which many units add up exactly.
const decimalDigits = 12

func decimal(r *big.Rat) json.Number { return json.Number(r.FloatString(decimalDigits)) }
