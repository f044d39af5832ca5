package till

import (
	"errors"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/record"
)

// The kitchen is told by tickets. A ticket is a record of its own group in the
// same batch as what caused it: the word of a person, the parked cheque, the
// document of the sale, the thrown-away cheque. So whatever happens to the till,
// the cheque knows what was told, and a ticket that is not printed yet is found
// again by whoever prints them.

// SettingOrder is the journal's setting that holds the last order number, as
// OrderData.
const SettingOrder = "kitchen_order"

// OrderData is the Data of SettingOrder.
type OrderData struct {
	Last int `json:"last"`
}

// maxOrder is the highest number: short enough to be called out.
const maxOrder = 999

// KitchenSettings say when the kitchen is told without being asked.
type KitchenSettings struct {
	OnPark bool // a parked cheque, a waiter's tablet's too
	OnPay  bool // what of a paid one it does not know yet
}

type (
	// SendKitchen tells the kitchen what it does not know of the open cheque.
	SendKitchen struct {
		Req
		Seen Seen
	}
	// SetNote says how the customer wants a line made; "": as always.
	SetNote struct {
		Req
		Line uuid.UUID
		Note string
		Seen Seen
	}
	// PrintTickets hands over tickets that were made durable before, or will be
	// in the order of the journal. Nobody waits for the paper.
	PrintTickets struct{ Tickets []kitchen.Ticket }
)

func (SendKitchen) kind() eventKind { return evEdit }
func (SetNote) kind() eventKind     { return evEdit }
func (PrintTickets) effect()        {}

// KitchenView is what the kitchen does not know yet of the open cheque.
type KitchenView struct {
	Stations []string      `json:"stations"`
	Order    int           `json:"order,omitempty"` // its number there
	Unsent   []cheque.Dish `json:"unsent"`          // quantities below zero: less than it was told
}

func (s *State) viewKitchen() *KitchenView {
	if len(s.stations) == 0 {
		return nil
	}
	v := &KitchenView{Unsent: []cheque.Dish{}}
	for i := range s.stations {
		v.Stations = append(v.Stations, s.stations[i].Name)
	}
	if s.cart.Kitchen != nil {
		v.Order = s.cart.Kitchen.Order
	}
	v.Unsent = append(v.Unsent, kitchen.News(&s.cart, kitchen.Dishes(s.stations, &s.cart))...)
	return v
}

func (t *turn) sendKitchen(e SendKitchen) {
	switch {
	case len(t.stations) == 0:
		t.reply(e.Req, fault.New(fault.KitchenOff))
		return
	case t.cart.ID == uuid.Nil:
		t.reply(e.Req, fault.New(fault.ChequeEmpty))
		return
	case t.stale(e.Seen):
		t.reply(e.Req, fault.New(fault.ChequeStale))
		return
	case t.pendingFault() != nil:
		t.reply(e.Req, t.pendingFault())
		return
	}
	next, ok := t.tellKitchen(t.cart)
	if !ok {
		t.reply(e.Req, fault.New(fault.KitchenKnows))
		return
	}
	t.cart = next
	t.reply(e.Req, nil)
}

// tellKitchen posts what the kitchen does not know of a cheque; false: it knows
// everything.
func (t *turn) tellKitchen(c cheque.Cheque) (cheque.Cheque, bool) {
	tickets, entries, known := t.tickets(&c, kitchen.Dishes(t.stations, &c))
	if len(tickets) == 0 {
		return c, false
	}
	ch := c.SetKitchen(known, t.env.Now)
	entries = append(entries, record.Entry{Kind: record.Cart, ID: c.ID, Group: c.ID, Shift: t.shiftID(), Schema: 1, Data: encode(ch)})
	t.do(Post{entries})
	t.do(PrintTickets{tickets})
	return c.Apply(ch), true
}

// tellOf tells the kitchen of a parked cheque. The list is the turn's own.
func (t *turn) tellOf(parked int) {
	if next, ok := t.tellKitchen(t.parked[parked]); ok {
		t.parked[parked] = next
	}
}

// tickets are those that say what the kitchen does not know, with their entries
// and what it knows then.
func (t *turn) tickets(c *cheque.Cheque, want []cheque.Dish) (tickets []kitchen.Ticket, entries []record.Entry, known cheque.Kitchen) {
	if c.Kitchen != nil {
		known = *c.Kitchen
	}
	news := kitchen.News(c, want)
	if len(news) == 0 {
		return nil, nil, known
	}
	if known.Order == 0 {
		t.lastOrder = t.lastOrder%maxOrder + 1
		known.Order = t.lastOrder
		entries = append(entries, t.orderEntry())
	}
	known.Part++
	known.Sent = want
	for _, dishes := range kitchen.ByStation(news) {
		k := kitchen.Ticket{ID: t.env.NewID(), Cheque: c.ID, Order: known.Order, Part: known.Part, Title: c.Name, Station: dishes[0].Station,
			Cashier: t.docCashier().Name, Gone: len(want) == 0, At: t.env.Now, Dishes: dishes}
		tickets = append(tickets, k)
		entries = append(entries, t.ticketEntry(&k))
	}
	return tickets, entries, known
}

// throwAway posts the end of a cheque that is not sold, and what the kitchen need
// not make any more.
func (t *turn) throwAway(c *cheque.Cheque, end record.Entry) {
	var tickets []kitchen.Ticket
	var entries []record.Entry
	if c.Kitchen != nil {
		tickets, entries, _ = t.tickets(c, nil)
	}
	t.do(Post{append(entries, end)})
	if len(tickets) > 0 {
		t.do(PrintTickets{tickets})
	}
}

// planKitchen freezes with a sale what of it the kitchen does not know: the
// tickets are recorded with its document or not at all.
func (t *turn) planKitchen(b *bracket) {
	b.tickets, b.knows = nil, nil
	if !t.Settings.Kitchen.OnPay || len(b.done) > 0 || b.cheque.ID == uuid.Nil || len(b.docs) == 0 {
		return
	}
	if d := &b.docs[0]; d.Type != doc.Sell || d.Receipt.Claim != nil {
		return
	}
	tickets, _, known := t.tickets(&b.cheque, kitchen.Dishes(t.stations, &b.cheque))
	if len(tickets) > 0 {
		b.tickets, b.knows = tickets, &known
	}
}

// serve are the entries of a sale's tickets. A cheque that lives on without what
// is sold remembers what was told.
func (t *turn) serve(b *bracket) []record.Entry {
	if len(b.tickets) == 0 {
		return nil
	}
	entries := []record.Entry{t.orderEntry()}
	for i := range b.tickets {
		entries = append(entries, t.ticketEntry(&b.tickets[i]))
	}
	if len(b.later) > 0 {
		ch := b.cheque.SetKitchen(*b.knows, t.env.Now)
		b.cheque = b.cheque.Apply(ch)
		entries = append(entries, record.Entry{Kind: record.Cart, ID: b.cheque.ID, Group: b.cheque.ID, Shift: t.shiftID(), Schema: 1, Data: encode(ch)})
	}
	return entries
}

func (t *turn) orderEntry() record.Entry {
	return record.Entry{Kind: record.Setting, ID: t.env.NewID(), Type: SettingOrder, Schema: 1, Data: encode(OrderData{t.lastOrder})}
}

func (t *turn) ticketEntry(k *kitchen.Ticket) record.Entry {
	return record.Entry{Kind: record.Kitchen, ID: k.ID, Type: kitchen.TypeTicket, Group: k.ID, Shift: t.shiftID(), Schema: 1, Data: encode(k)}
}

func (t *turn) setNote(e SetNote) {
	if t.stale(e.Seen) {
		t.reply(e.Req, fault.New(fault.ChequeStale))
		return
	}
	ch, err := t.cart.SetNote(e.Line, plain(e.Note, cheque.MaxNote), t.env.Now)
	if errors.Is(err, cheque.ErrNote) {
		t.reply(e.Req, fault.New(fault.BadRequest, "note"))
		return
	}
	if err != nil {
		t.reply(e.Req, chequeFault(err, 0))
		return
	}
	t.reply(e.Req, t.change(t.cart, ch))
}

// notes are the lines' notes, for screens.
func notes(c *cheque.Cheque) map[uuid.UUID]string {
	var all map[uuid.UUID]string
	for i := range c.Lines {
		if n := c.Lines[i].Note; n != "" {
			if all == nil {
				all = map[uuid.UUID]string{}
			}
			all[c.Lines[i].ID] = n
		}
	}
	return all
}
