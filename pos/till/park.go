package till

import (
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// parkData is the Data of a park entry.
type parkData struct {
	Parked bool   `json:"parked"`
	Name   string `json:"name,omitempty"`

	Was []cheque.LinePrice `json:"was,omitempty"` // what the lines came to
}

// dropCart forgets a cart whose lines were all taken out, in the journal too.
func (t *turn) dropCart() {
	if id := t.cart.ID; id != uuid.Nil && t.cart.Empty() {
		t.throwAway(&t.cart, record.Entry{Kind: record.Cart, ID: id, Ends: []uuid.UUID{id}, Shift: t.shiftID(), Schema: 1})
		t.goes(tabletOf(&t.cart), t.env.Now)
	}
	t.emptyCart()
}

func (t *turn) park(e Park) {
	switch {
	case t.cart.Empty():
		t.reply(e.Req, fault.New(fault.ChequeEmpty))
	case t.pendingFault() != nil:
		t.reply(e.Req, t.pendingFault())
	case len(t.parked) >= MaxParked:
		t.reply(e.Req, fault.New(fault.ParkedFull, strconv.Itoa(MaxParked)))
	default:
		t.parkCart(e.Name)
		if t.Settings.Kitchen.OnPark {
			t.tellOf(len(t.parked) - 1)
		}
		t.reply(e.Req, nil)
	}
}

func (t *turn) parkCart(name string) {
	t.cart.Name = plain(name, MaxName)
	if t.cart.Name == "" {
		t.cart.Name = t.env.Now.Format("15:04")
	}
	t.cart.Was = t.linePrices()
	t.postPark(t.cart.ID, parkData{Parked: true, Name: t.cart.Name, Was: t.cart.Was})
	t.parked = append(slices.Clone(t.parked), t.cart)
	t.emptyCart()
}

func (t *turn) postPark(id uuid.UUID, d parkData) {
	t.do(Post{[]record.Entry{{Kind: record.Park, ID: id, Group: id, Shift: t.shiftID(), Schema: 1, Data: encode(d)}}})
}

func (t *turn) recall(e Recall) {
	i := slices.IndexFunc(t.parked, func(c cheque.Cheque) bool { return c.ID == e.ID })
	switch {
	case i < 0:
		t.reply(e.Req, fault.New(fault.ParkedNone))
	case !t.cart.Empty():
		t.reply(e.Req, fault.New(fault.ChequeNotEmpty))
	case t.pendingFault() != nil:
		t.reply(e.Req, t.pendingFault())
	default:
		t.dropCart()
		t.cart = t.parked[i]
		t.parked = slices.Delete(slices.Clone(t.parked), i, i+1)
		t.postPark(t.cart.ID, parkData{})
		t.pinned = nil // a recalled cheque is repriced
		t.last = nil
		t.reprice()
		t.renew(e.Req)
	}
}
