package ikassatest

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/pos/money"
)

// MaxStored is how many cheques a register keeps.
const MaxStored = 500

// stores tells whether an operation puts cheques into the register.
func stores(op ikassa.Operation) bool {
	return op == ikassa.OpAddCheques || op == ikassa.OpEditCheque || op == ikassa.OpEditOrder
}

// store puts cheques into the register, all of a request or none: new ones, and
// with isEdit ones in the place of those that are there. The guide has no code
// for a uuid that is there already: it is a general error here. r.mu is held.
func (r *Register) store(op ikassa.Operation, body []byte) ikassa.Response {
	in, err := ikassa.DecodeCheques(op, body)
	if err != nil {
		return ikassa.Failure(op, ikassa.ResultOf(err), "")
	}
	kept := slices.Clone(r.state.Cheques)
	for i := range in {
		c, code := stored(&in[i])
		if code != ikassa.OK {
			return ikassa.Failure(op, code, "")
		}
		at := slices.IndexFunc(kept, func(k ikassa.Cheque) bool { return k.Info.UUID == c.Info.UUID })
		switch {
		case at >= 0 && !in[i].Edit:
			return ikassa.Failure(op, ikassa.General, "Чек с таким uuid уже существует")
		case at < 0 && in[i].Edit:
			return ikassa.Failure(op, ikassa.NotFound, "")
		case at >= 0:
			kept[at] = c
		case len(kept) == MaxStored:
			return ikassa.Failure(op, ikassa.General, "")
		default:
			kept = append(kept, c)
		}
	}
	r.state.Cheques = kept
	answer := ikassa.Success(op, "Чеки успешно добавлены")
	answer.Register = ikassa.Text(r.o.Number)
	return answer
}

// list gives the cheques that are asked for, or all. r.mu is held.
func (r *Register) list(body []byte) ikassa.Response {
	ids, err := ikassa.DecodeUUIDs(body)
	if err != nil {
		return ikassa.Failure(ikassa.OpGetCheques, ikassa.ResultOf(err), "")
	}
	answer := ikassa.Success(ikassa.OpGetCheques, "Чеки успешно получены")
	answer.Cheques = append([]ikassa.Cheque{}, r.state.Cheques...)
	if len(ids) == 0 {
		return answer
	}
	answer.Cheques = []ikassa.Cheque{}
	for _, id := range ids {
		at := slices.IndexFunc(r.state.Cheques, func(k ikassa.Cheque) bool { return k.Info.UUID == id })
		if at < 0 {
			return ikassa.Failure(ikassa.OpGetCheques, ikassa.NotFound, "")
		}
		answer.Cheques = append(answer.Cheques, r.state.Cheques[at])
	}
	return answer
}

// ErrCheque: the register keeps no such cheque.
var ErrCheque = errors.New("ikassatest: no such cheque")

// PayCheque is what a cashier does on the register's own screen: a cheque that
// was put there is paid in cash, and gone from the list.
func (r *Register) PayCheque(uuid string) (Document, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.state.Cheques, func(k ikassa.Cheque) bool { return k.Info.UUID == uuid })
	if at < 0 {
		return Document{}, fmt.Errorf("%w: %.40q", ErrCheque, uuid)
	}
	if code := r.ready(); code != 200 {
		return Document{}, ikassa.Result(code)
	}
	c, before := r.state.Cheques[at], r.state.Cheques
	d := Document{Type: opSale, Total: money.Amount(c.Total), Cash: money.Amount(c.Total)}
	for i := range c.Items {
		it := &c.Items[i]
		l := Item{Name: it.Name, Price: money.Amount(it.Price), Quantity: it.Quantity.String(), Sum: money.Amount(it.Sum), Discount: money.Amount(it.Sum - it.Total), Total: money.Amount(it.Total)}
		if it.Code != nil {
			l.Code = it.Code.Value
		}
		d.Items = append(d.Items, l)
	}
	r.state.Cheques = slices.Delete(slices.Clone(before), at, at+1)
	d, err := r.note(d)
	if err != nil {
		r.state.Cheques = before
	}
	return d, err
}

// Cheques are those that the register keeps, oldest first.
func (r *Register) Cheques() []ikassa.Cheque {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.state.Cheques)
}

// stored adds a cheque up, in fractions; a code other than OK refuses it.
func stored(in *ikassa.ChequeRequest) (ikassa.Cheque, ikassa.Result) {
	c := ikassa.Cheque{Info: in.Info, Currency: in.Currency, Items: []ikassa.Item{}, Payments: []ikassa.Payment{}}
	if c.Currency == "" {
		c.Currency = ikassa.BYN
	}
	var subtotal money.Amount
	for i := range in.Items {
		q := &in.Items[i]
		sum := kopecks(new(big.Rat).Mul(big.NewRat(int64(q.Price), 100), big.NewRat(int64(q.Quantity), 1000)))
		it := ikassa.Item{Name: q.Name, Code: q.Code, Price: q.Price, Quantity: q.Quantity, Section: q.Section, Markings: q.Markings, Sum: ikassa.Sum(sum)}
		var total money.Amount
		if total, it.Discount, it.Increase = changed(sum, q.Discount, q.Increase); total < 0 {
			return c, ikassa.NegativeTotal
		}
		it.Total = ikassa.Sum(total)
		if rate, err := ikassa.Rate(q.TaxRate); err == nil && rate > 0 {
			inside := new(big.Rat).Mul(big.NewRat(int64(total), 100), big.NewRat(rate, 100+rate))
			it.Tax = &ikassa.Tax{Rate: ikassa.Text(strconv.FormatInt(rate, 10)), Value: ikassa.Sum(kopecks(inside))}
		}
		c.Items = append(c.Items, it)
		subtotal += total
	}
	var total money.Amount
	if total, c.Discount, c.Increase = changed(subtotal, in.Discount, in.Increase); total < 0 {
		return c, ikassa.NegativeTotal
	}
	c.SubTotal, c.Total = ikassa.Sum(subtotal), ikassa.Sum(total)
	return c, ikassa.OK
}

// changed takes a discount off a sum and puts an increase on it; both are of
// the sum as it was.
func changed(sum money.Amount, less, more *ikassa.Change) (total money.Amount, discount, increase *ikassa.Change) {
	came := func(c *ikassa.Change) (money.Amount, *ikassa.Change) {
		if c == nil {
			return 0, nil
		}
		by := adjusted(sum, c.Percent, number{big.NewRat(int64(c.Value), 100)})
		s := ikassa.Sum(by)
		return by, &ikassa.Change{Percent: c.Percent, Value: c.Value, Sum: &s}
	}
	off, discount := came(less)
	on, increase := came(more)
	return sum - off + on, discount, increase
}
