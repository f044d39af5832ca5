package moyskladtest

import (
	"encoding/json"
	"math/big"
	"slices"

	"github.com/kassa-pos/kassa/pos/money"
)

// checkPrepayment takes a prepayment for an order it knows, or the return of a
// prepayment, never of more than it was.
func (s *Server) checkPrepayment(p *point, f *fields, d *Stored, kind string) {
	s.begins(f, d, kind)
	code := func(prepay, unpay int) int {
		if kind == kindPrepay {
			return prepay
		}
		return unpay
	}
	if list, ok := f.o["positions"].([]any); f.err == nil && (!ok || len(list) == 0) {
		f.no(code(48001, 49001), "positions")
	}
	s.checkParties(p, f)
	if f.err == nil && f.ref("agent", 48003).kind != kindCustomer {
		f.no(48003, "agent")
	}
	total := s.checkPositions(p, f, kind)
	sum := f.num("sum")
	switch {
	case f.err != nil:
		return
	case sum == nil || sum.Sign() <= 0:
		f.no(code(48000, 49000), "sum")
		return
	case sum.Cmp(total) > 0:
		f.no(code(48002, 49002), "sum")
		return
	}
	checkPayments(f, sum)
	d.Sum = money.Amount(halfUp(sum).Int64())
	switch {
	case f.err != nil:
	case kind == kindPrepay:
		s.checkOrdered(p, f, d)
	default:
		s.checkPrepaid(f, d)
	}
}

// checkOrdered holds a prepayment against its order.
func (s *Server) checkOrdered(p *point, f *fields, d *Stored) {
	id, ok := p.resolve(f.ref("customerOrder", 3000), p.orders)
	switch {
	case f.err != nil:
		return
	case !ok:
		f.no(1021, "customerOrder")
		return
	}
	d.Order = id
	total, paid, positions := s.orderSums(p, id)
	switch {
	case positions == 0:
		f.no(48005, "customerOrder")
	case total <= 0:
		f.no(48004, "customerOrder")
	case paid >= total:
		f.no(48006, "customerOrder")
	}
}

// orderSums tells what an order costs and what was paid for it.
func (s *Server) orderSums(p *point, id string) (total, paid money.Amount, positions int) {
	var o struct {
		Positions []struct {
			Quantity json.Number `json:"quantity"`
			Price    json.Number `json:"price"`
			Discount json.Number `json:"discount"`
		} `json:"positions"`
		Cash   json.Number `json:"paidInCash"`
		NoCash json.Number `json:"paidNoCash"`
		QR     json.Number `json:"paidByQr"`
	}
	if json.Unmarshal(p.orders.raw[p.orders.at[id]], &o) != nil {
		return 0, 0, 0
	}
	for _, l := range o.Positions {
		q, _ := rational(zero(l.Quantity))
		price, _ := rational(zero(l.Price))
		off, _ := rational(zero(l.Discount))
		if q == nil || price == nil || off == nil {
			continue
		}
		sum := new(big.Rat).Mul(q, price)
		total += money.Amount(halfUp(sum.Quo(sum.Mul(sum, new(big.Rat).Sub(hundred, off)), hundred)).Int64())
	}
	for _, n := range []json.Number{o.Cash, o.NoCash, o.QR} {
		if v, _ := rational(zero(n)); v != nil {
			paid += money.Amount(halfUp(v).Int64())
		}
	}
	for i := range s.state.docs {
		if d := &s.state.docs[i]; d.Kind == kindPrepay && d.Order == id {
			paid += d.Sum - s.unpaid(d.SyncID)
		}
	}
	return total, paid, len(o.Positions)
}

// checkPrepaid holds the return of a prepayment against it.
func (s *Server) checkPrepaid(f *fields, d *Stored) {
	base := f.sync("prepayment", kindPrepay, 3000)
	if f.err != nil {
		return
	}
	was, ok := s.state.find(kindPrepay, base)
	if !ok || was.Store != d.Store {
		f.no(1021, "prepayment")
		return
	}
	back := s.unpaid(base)
	if again, ok := s.state.find(kindUnpay, d.SyncID); ok && again.Prepaid == base {
		back -= again.Sum // it came before
	}
	if d.Prepaid = base; back+d.Sum > was.Sum {
		f.no(49003, "sum")
	}
}

// unpaid is what came back of a prepayment.
func (s *Server) unpaid(base string) (sum money.Amount) {
	for i := range s.state.docs {
		if d := &s.state.docs[i]; d.Kind == kindUnpay && d.Prepaid == base {
			sum += d.Sum
		}
	}
	return sum
}

// checkReturn takes a return, of a sale it knows or of none.
func (s *Server) checkReturn(p *point, f *fields, d *Stored) {
	if f.o["demand"] == nil {
		switch {
		case string(p.store["allowCreateReturnWithoutDemand"]) == "false":
			f.no(17005, "demand")
		case f.num("cashSum") == nil || f.num("noCashSum") == nil:
			f.no(19001, "cashSum")
		}
	}
	s.checkOperation(p, f, d, kindReturn)
	qr := f.num("qrSum")
	byQR := qr != nil && qr.Sign() > 0
	if f.o["demand"] == nil {
		return
	}
	base := f.sync("demand", kindDemand, 3000)
	if f.err != nil {
		return
	}
	sale, ok := s.state.find(kindDemand, base)
	if !ok || sale.Store != d.Store {
		f.no(1021, "demand")
		return
	}
	if s.closed(sale.Shift) && !s.returnsClosed(p) {
		f.no(19000, "demand")
		return
	}
	sold, err := parse(sale.Body)
	if err != nil {
		f.no(1004, "demand")
		return
	}
	was := &fields{o: sold}
	paid := was.num("qrSum")
	switch {
	case paid != nil && paid.Sign() > 0 && !byQR:
		f.no(19003, "qrSum")
	case (paid == nil || paid.Sign() == 0) && byQR:
		f.no(19004, "qrSum")
	case f.o["agent"] != nil && p.party(f) != p.party(was):
		f.no(3004, "agent")
	case f.bool("vatIncluded", true) != was.bool("vatIncluded", true):
		f.no(3004, "vatIncluded")
	}
}

// party is the native id of a document's customer; "": the retail customer.
func (p *point) party(f *fields) string {
	if f.o["agent"] == nil {
		return ""
	}
	id, _ := p.resolve(f.ref("agent", 3000), p.customers)
	return id
}

func (s *Server) checkOperation(p *point, f *fields, d *Stored, kind string) {
	s.begins(f, d, kind)
	if list, ok := f.o["positions"].([]any); !ok || len(list) == 0 {
		f.no(3000, "positions")
	}
	s.checkParties(p, f)
	total := s.checkPositions(p, f, kind)
	if f.err != nil {
		return
	}
	if o := f.o["customerOrder"]; o != nil && kind == kindDemand {
		if _, ok := p.resolve(f.ref("customerOrder", 3000), p.orders); !ok {
			f.no(1021, "customerOrder")
		}
	}
	checkBonus(f)
	checkPayments(f, total)
	d.Sum = money.Amount(halfUp(total).Int64())
}

// checkBonus: points need their programme.
func checkBonus(f *fields) {
	for _, name := range []string{"bonusValueToEarn", "bonusValueToSpend"} {
		v := f.num(name)
		switch {
		case v == nil:
		case v.Sign() < 0:
			f.no(3002, name)
		case f.o["bonusProgram"] == nil:
			f.no(18003, "bonusProgram")
		default:
			f.ref("bonusProgram", 3000)
		}
	}
}

var taxSystems = []string{"GENERAL_TAX_SYSTEM", "SIMPLIFIED_TAX_SYSTEM_INCOME", "SIMPLIFIED_TAX_SYSTEM_INCOME_OUTCOME", "UNIFIED_AGRICULTURAL_TAX", "PRESUMPTIVE_TAX_SYSTEM", "PATENT_BASED"}

// checkParties checks who takes part, what is said of the cheque and of what
// the till runs on.
func (s *Server) checkParties(p *point, f *fields) {
	if f.o["agent"] != nil {
		if l := f.ref("agent", 3000); l.kind == kindCustomer {
			if _, ok := p.resolve(l, p.customers); !ok {
				f.no(1021, "agent")
			}
		}
	}
	if f.o["owner"] != nil {
		if l := f.ref("owner", 3000); f.err == nil && !slices.Contains(p.employees, l.id) {
			f.no(1021, "owner")
		}
	}
	checkSystem(f)
	f.text("description")
	f.inside("cardTransaction", func(c *fields) {
		if c.num("amount") == nil {
			c.no(3000, "amount")
		}
		c.str("acquiringType", 3000)
	})
	f.inside("qrTransaction", func(c *fields) { c.text("transactionId") })
	f.inside("cheque", func(c *fields) {
		for _, name := range []string{"fiscal", "online", "printed"} {
			c.bool(name, false)
		}
		for _, name := range []string{"phone", "email", "number", "fnNumber", "fiscalDocSign", "fiscalDocNumber"} {
			c.text(name)
		}
		c.num("sum")
		c.when("time")
	})
	f.inside("environment", func(c *fields) {
		c.inside("software", func(c *fields) { c.str("name", 3000) })
		c.inside("chequePrinter", checkPrinter)
	})
}

// checkPrinter checks what is said of a fiscal device.
func checkPrinter(f *fields) {
	f.str("name", 3000)
	for _, name := range []string{"vendor", "serial", "fiscalDataVersion", "firmwareVersion"} {
		f.text(name)
	}
	f.inside("driver", func(c *fields) { c.text("name"); c.text("version") })
	f.inside("fiscalMemory", func(c *fields) { c.text("fiscalDataVersion") })
}

func checkSystem(f *fields) {
	if v := f.o["taxSystem"]; v != nil {
		if t, _ := v.(string); !slices.Contains(taxSystems, t) {
			f.no(3005, "taxSystem")
		}
	}
}

// checkPositions checks the positions and adds them up.
func (s *Server) checkPositions(p *point, f *fields, kind string) *big.Rat {
	total := new(big.Rat)
	if f.err != nil {
		return total
	}
	list, ok := f.o["positions"].([]any)
	if f.o["positions"] != nil && !ok {
		f.no(2016, "positions")
	}
	onTop := f.bool("vatEnabled", false) && !f.bool("vatIncluded", true)
	for _, e := range list {
		o, ok := e.(map[string]any)
		if !ok {
			f.no(2016, "positions")
			return total
		}
		pos := &fields{o: o}
		if kind == kindReturn && f.o["demand"] == nil {
			delete(o, "discount") // the cloud does not look at it
		}
		sum := checkPosition(p, pos, onTop, kind)
		if pos.err != nil {
			f.err = pos.err
			return total
		}
		total.Add(total, sum)
	}
	return total
}

var (
	hundred   = big.NewRat(100, 1)
	tolerance = big.NewRat(10, 1) // kopecks; a difference must be below
)

// checkPosition checks a position and gives its sum in kopecks.
func checkPosition(p *point, f *fields, vatOnTop bool, kind string) *big.Rat {
	item := ""
	if l := f.ref("assortment", 3000); f.err == nil {
		var ok bool
		if item, ok = p.resolve(l, p.items); !ok {
			f.no(1021, "assortment")
		}
	}
	quantity, price, discount, vat := f.num("quantity"), f.num("price"), f.num("discount"), f.num("vat")
	switch {
	case quantity == nil:
		f.no(3000, "quantity")
	case quantity.Sign() <= 0:
		f.no(3003, "quantity")
	case price == nil:
		f.no(3000, "price")
	case price.Sign() < 0:
		f.no(3002, "price")
	case discount != nil && discount.Cmp(hundred) > 0:
		f.no(17008, "discount")
	case vat != nil && vat.Sign() < 0:
		f.no(3002, "vat")
	case vat != nil && vat.Cmp(hundred) > 0:
		f.no(17007, "vat")
	case f.bool("vatEnabled", false) && vat == nil:
		f.no(17021, "vat")
	}
	checkPack(f)
	checkUnits(p, f, item, quantity, kind)
	if f.err != nil {
		return nil
	}
	sum := new(big.Rat).Mul(quantity, price)
	if discount != nil {
		keep := new(big.Rat).Sub(hundred, discount)
		sum.Quo(sum.Mul(sum, keep), hundred)
	}
	sum.SetInt(halfUp(sum))
	if vatOnTop && vat != nil {
		top := new(big.Rat).Quo(new(big.Rat).Mul(sum, vat), hundred)
		sum.Add(sum, top.SetInt(halfUp(top)))
	}
	return sum
}

// checkUnits checks what names single units: marks, serial numbers, alcohol's
// codes.
func checkUnits(p *point, f *fields, item string, quantity *big.Rat, kind string) {
	for _, m := range f.list("marks") {
		o, ok := m.(map[string]any)
		if !ok {
			f.no(2016, "marks")
			return
		}
		mark := &fields{o: o}
		mark.str("cis", 3000)
		if mark.err != nil && f.err == nil {
			f.err = mark.err
		}
	}
	for _, code := range f.list("pdf") {
		if text, ok := code.(string); !ok {
			f.no(2016, "pdf")
		} else if text == "" {
			f.no(3000, "pdf")
		}
	}
	numbers := f.list("sn")
	for _, n := range numbers {
		o, ok := n.(map[string]any)
		if !ok {
			f.no(2016, "sn")
			return
		}
		sn := &fields{o: map[string]any{"sn": o}}
		if len(o) == 0 {
			sn.no(17002, "sn")
		}
		if l := sn.ref("sn", 17002); sn.err == nil && l.kind != "sn" {
			sn.no(1051, "sn")
		}
		if sn.err != nil && f.err == nil {
			f.err = sn.err
		}
	}
	if f.err == nil && p.tracked[item] && quantity.Cmp(big.NewRat(int64(len(numbers)), 1)) != 0 {
		f.no(map[bool]int{true: 17017, false: 45000}[kind == kindDemand], "sn")
	}
}

func checkPack(f *fields) {
	v, ok := f.o["pack"]
	if !ok || v == nil {
		return
	}
	o, ok := v.(map[string]any)
	if !ok {
		f.no(2016, "pack")
		return
	}
	pack := &fields{o: o}
	pack.str("id", 3000)
	pack.str("name", 3000)
	if pack.num("quantity") == nil {
		pack.no(3000, "quantity")
	}
	if pack.err != nil && f.err == nil {
		f.err = pack.err
	}
}

// halfUp rounds half away from zero.
func halfUp(r *big.Rat) *big.Int {
	twice := new(big.Int).Lsh(new(big.Int).Abs(r.Num()), 1)
	q := twice.Add(twice, r.Denom()).Div(twice, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

// checkPayments compares what was paid with the sum. Without any payment
// field the cloud fills in the rest itself.
func checkPayments(f *fields, total *big.Rat) {
	if f.err != nil {
		return
	}
	paid, given := new(big.Rat), false
	sums := map[string]*big.Rat{}
	for _, name := range []string{"cashSum", "noCashSum", "qrSum", "prepaymentCash", "prepaymentNoCash", "prepaymentQrSum"} {
		v := f.num(name)
		if v == nil {
			continue
		}
		if v.Sign() < 0 {
			f.no(3002, name)
		}
		given, sums[name] = true, v
		paid.Add(paid, v)
	}
	positive := func(names ...string) bool {
		for _, n := range names {
			if v := sums[n]; v != nil && v.Sign() > 0 {
				return true
			}
		}
		return false
	}
	other := positive("cashSum", "noCashSum", "prepaymentCash", "prepaymentNoCash")
	switch {
	case positive("qrSum") && other:
		f.no(18005, "qrSum")
	case positive("prepaymentQrSum") && other:
		f.no(18006, "prepaymentQrSum")
	case given && new(big.Rat).Abs(paid.Sub(paid, total)).Cmp(tolerance) >= 0:
		f.no(18000, "")
	}
}
