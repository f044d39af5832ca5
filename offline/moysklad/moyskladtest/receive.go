package moyskladtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
)

// receive takes what a till sends: checks it, stores it, answers.
func (s *Server) receive(p *point, path string, body []byte) (reply, error) {
	o, err := parse(body)
	if err != nil {
		return reply{}, err
	}
	f := &fields{o: o}
	sum := sha256.Sum256(body)
	d := Stored{Store: p.id, Body: body, Digest: hex.EncodeToString(sum[:]), Received: s.o.Now(), Times: 1, Seq: len(s.state.docs) + 1}
	status := http.StatusNoContent
	switch path {
	case "/rpc/openshift":
		s.checkOpen(f, &d)
	case "/rpc/closeshift":
		s.checkClose(f, &d)
	case "/entity/" + kindIn, "/entity/" + kindOut:
		status = http.StatusCreated
		s.checkCash(f, &d, strings.TrimPrefix(path, "/entity/"))
	case "/entity/" + kindPrepay, "/entity/" + kindUnpay:
		status = http.StatusCreated
		s.checkPrepayment(p, f, &d, strings.TrimPrefix(path, "/entity/"))
	case "/entity/" + kindReturn:
		status = http.StatusCreated
		s.checkReturn(p, f, &d)
	default:
		status = http.StatusCreated
		s.checkOperation(p, f, &d, kindDemand)
	}
	if f.err != nil {
		return reply{}, f.err
	}
	if again, done, err := s.repeat(&d); done || err != nil {
		return reply{status: status, wrote: again}, err
	}
	if err := s.unique(&d); err != nil {
		return reply{}, err
	}
	if err := s.state.commit(event{Document: &d}); err != nil {
		return reply{}, err
	}
	s.notify()
	return reply{status: status, wrote: true}, nil
}

// repeat answers a syncid that came before.
func (s *Server) repeat(d *Stored) (wrote, done bool, err error) {
	old, ok := s.state.find(d.Kind, d.SyncID)
	if !ok {
		return false, false, nil
	}
	if s.o.Repeats != AcceptRepeats || old.Digest != d.Digest {
		switch {
		case d.Kind == kindClose:
			return false, true, refuse(s.o.ClosedAs, "")
		case d.Kind == kindOpen && s.closed(d.SyncID):
			return false, true, refuse(12001, "")
		}
		return false, true, refuse(3006, "syncid")
	}
	if err := s.state.commit(event{Repeat: old.Seq}); err != nil {
		return false, true, err
	}
	s.notify()
	return true, true, nil
}

func (s *Server) closed(shift string) bool {
	_, ok := s.state.find(kindClose, shift)
	return ok
}

func (s *Server) unique(d *Stored) error {
	if !s.o.UniqueNames || d.Kind == kindClose {
		return nil
	}
	for i := range s.state.docs {
		if o := &s.state.docs[i]; o.Kind == d.Kind && o.Store == d.Store && o.Name == d.Name {
			return refuse(3006, "name")
		}
	}
	return nil
}

func (s *Server) checkOpen(f *fields, d *Stored) {
	d.Kind = kindOpen
	d.SyncID = f.sync("retailShift", "retailshift", 12006)
	d.Name, d.Moment = f.str("name", 12008), f.moment("openmoment", 12009)
	d.Shift = d.SyncID
}

func (s *Server) checkClose(f *fields, d *Stored) {
	d.Kind = kindClose
	d.SyncID = f.sync("retailShift", "retailshift", 12007)
	d.Moment = f.moment("closemoment", 12010)
	d.Shift = d.SyncID
	if f.err != nil {
		return
	}
	open, ok := s.state.find(kindOpen, d.SyncID)
	if !ok {
		f.no(12012, "retailShift")
		return
	}
	if open.Store != d.Store {
		f.no(12021, "retailShift")
	}
	d.Name = open.Name
}

// begins reads what every operation has.
func (s *Server) begins(f *fields, d *Stored, kind string) {
	d.Kind = kind
	d.SyncID = f.sync("meta", kind, 1057)
	d.Shift = f.sync("retailShift", "retailshift", 3000)
	d.Name, d.Moment = f.str("name", 3000), f.moment("moment", 3000)
	if f.err != nil {
		return
	}
	if open, ok := s.state.find(kindOpen, d.Shift); !ok || open.Store != d.Store {
		f.no(12012, "retailShift")
	}
}

// checkCash takes a movement of cash.
func (s *Server) checkCash(f *fields, d *Stored, kind string) {
	s.begins(f, d, kind)
	sum := f.num("sum")
	switch {
	case sum == nil:
		f.no(3000, "sum")
	case sum.Sign() <= 0 || !sum.IsInt():
		f.no(3003, "sum")
	default:
		d.Sum = money.Amount(sum.Num().Int64())
	}
}

// checkPrepayment takes a prepayment for an order it knows, or the return of a
// prepayment, never of more than it was.
func (s *Server) checkPrepayment(p *point, f *fields, d *Stored, kind string) {
	s.checkOperation(p, f, d, kind)
	sum := f.num("sum")
	if f.err == nil && f.ref("agent", 48003).kind != "counterparty" {
		f.no(48003, "agent")
	}
	switch {
	case f.err != nil:
	case sum == nil || sum.Sign() <= 0:
		f.no(map[string]int{kindPrepay: 48000, kindUnpay: 49000}[kind], "sum")
	case sum.Cmp(new(big.Rat).SetInt64(int64(d.Sum))) > 0:
		f.no(map[string]int{kindPrepay: 48002, kindUnpay: 49002}[kind], "sum")
	case kind == kindPrepay:
		if o := f.ref("customerOrder", 3000); f.err == nil {
			if _, ok := p.orders.at[o.id]; !ok {
				f.no(1021, "customerOrder")
			}
		}
	default:
		base := f.sync("prepayment", kindPrepay, 3000)
		was, ok := s.state.find(kindPrepay, base)
		if f.err != nil {
			return
		}
		if !ok {
			f.no(1021, "prepayment")
			return
		}
		if d.Prepaid = base; s.unpaid(base)+d.Sum > was.Sum {
			f.no(49003, "sum")
		}
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
	s.checkOperation(p, f, d, kindReturn)
	qr := f.num("qrSum")
	byQR := qr != nil && qr.Sign() > 0
	if _, based := f.o["demand"]; !based {
		if f.err == nil && (f.num("cashSum") == nil || f.num("noCashSum") == nil) {
			f.no(19001, "cashSum")
		}
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
	var sold struct {
		QR json.Number `json:"qrSum"`
	}
	if json.Unmarshal(sale.Body, &sold) != nil {
		f.no(1004, "demand")
		return
	}
	was, _ := rational(zero(sold.QR))
	switch {
	case was != nil && was.Sign() > 0 && !byQR:
		f.no(19003, "qrSum")
	case (was == nil || was.Sign() == 0) && byQR:
		f.no(19004, "qrSum")
	}
}

func (s *Server) checkOperation(p *point, f *fields, d *Stored, kind string) {
	s.begins(f, d, kind)
	list, ok := f.o["positions"].([]any)
	if !ok || len(list) == 0 {
		f.no(3000, "positions")
	}
	if f.err != nil {
		return
	}
	onTop := f.bool("vatEnabled", false) && !f.bool("vatIncluded", true)
	total := new(big.Rat)
	for _, e := range list {
		o, ok := e.(map[string]any)
		if !ok {
			f.no(2016, "positions")
			return
		}
		pos := &fields{o: o}
		if kind == kindReturn && f.o["demand"] == nil {
			delete(o, "discount") // the cloud does not look at it
		}
		sum := checkPosition(p, pos, onTop)
		if pos.err != nil {
			f.err = pos.err
			return
		}
		total.Add(total, sum)
	}
	checkPayments(f, total)
	sum := halfUp(total)
	d.Sum = money.Amount(sum.Int64())
}

var (
	hundred   = big.NewRat(100, 1)
	tolerance = big.NewRat(10, 1) // kopecks; a difference must be below
)

// checkPosition checks a position and gives its sum in kopecks.
func checkPosition(p *point, f *fields, vatOnTop bool) *big.Rat {
	if item := f.ref("assortment", 3000); f.err == nil {
		if _, ok := p.items.at[item.id]; !ok && !item.sync {
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
	case vat != nil && vat.Cmp(hundred) > 0:
		f.no(17007, "vat")
	case f.bool("vatEnabled", false) && vat == nil:
		f.no(17021, "vat")
	}
	checkPack(f)
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
