package slips

import (
	"fmt"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/tickets"
	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/kitchen"
)

// The styles of what is read from across a stove.
var (
	huge = escpos.Style{Bold: true, Wide: 2, High: 2, Align: escpos.Center}
	dish = escpos.Style{Bold: true, High: 2}
)

// Kitchen is a ticket for a station. Its numbers are large, what is not to be
// made any more says so before the name, and a slip that may be the second of
// one order says that first.
func (m Maker) Kitchen(k kitchen.Ticket, mark tickets.Mark) *escpos.Job {
	j := escpos.NewJob(m.Page)
	switch mark {
	case tickets.Repeat:
		j.Line(m.say("repeat"), loud)
	case tickets.Copy:
		j.Line(m.say("copy"), loud)
	}
	j.Line(k.Station, mid)
	j.Line(fmt.Sprintf("№ %d", k.Order), huge)
	if k.Title != "" {
		j.Line(k.Title, loud)
	}
	switch {
	case k.Gone:
		j.Line(m.say("cancelled"), loud)
	case k.Part > 1:
		j.Line(fmt.Sprintf(m.say("addition"), k.Part), loud)
	}
	j.Row(k.At.In(m.Zone).Format("15:04"), k.Cashier, plain)
	j.Rule()
	for i := range k.Dishes {
		m.dish(j, &k.Dishes[i])
	}
	j.Rule()
	j.Line(m.say("not_fiscal"), mid)
	j.Cut()
	return j
}

func (m Maker) dish(j *escpos.Job, d *cheque.Dish) {
	n := max(d.Qty, -d.Qty)
	amount := n.String()
	if !n.Whole() {
		amount += " " + d.Unit
	}
	line := amount + " x " + d.Name
	if d.Qty < 0 {
		line = m.say("cancel") + " " + line
	}
	j.Line(line, dish)
	if d.Note != "" {
		j.Line("  ! "+d.Note, bold)
	}
}
