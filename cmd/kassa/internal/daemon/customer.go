package daemon

import (
	"context"
	"slices"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// layout is how the configured display is written on; it must be there.
func (d *daemon) layout() display.Layout {
	c := d.cfg.Display
	l := display.Layout{Columns: c.Columns, Rows: c.Rows, Language: d.cfg.Language}
	switch {
	case c.Driver == config.HD44780: // a letter for a letter, whatever the panel lacks
	case c.CodePage == text.CP1251.String():
		l.Printable = text.CP1251.Printable
	default:
		l.Printable = text.CP866.Printable
	}
	return l
}

// showCustomer keeps the customer display a projection of the till: the newest
// view wins, and a display that was away is redrawn from it.
func (d *daemon) showCustomer(ctx context.Context) {
	if d.devices.display == nil {
		return
	}
	layout := d.layout()
	for {
		view, version := d.loop.View()
		d.devices.display.Play(reel(layout, view, d.idleText()))
		wait, stop := context.WithCancel(ctx)
		if d.setup.Code() != "" { // the address may come later
			wait, stop = context.WithTimeout(ctx, codeLook)
		}
		_, err := d.loop.Wait(wait, version)
		stop()
		if err != nil && ctx.Err() != nil {
			return
		}
	}
}

// idleText is what stands on the display while nobody buys; a card whose file has
// mistakes says so to whoever has just put it in.
func (d *daemon) idleText() string {
	words := d.setupWords()
	switch {
	case words != "":
		return words
	case len(d.card.Problems) == 0:
		return d.cfg.Display.Idle
	case d.cfg.Language == "en":
		return "kassa.toml: mistakes"
	}
	return "kassa.toml: ошибки"
}

// reel is what the customer should see now, and then while nothing happens. Of
// what he has paid he is told although the next cheque has begun.
func reel(l display.Layout, v till.View, idle string) display.Reel {
	failed := slices.ContainsFunc(v.Warnings, func(w fault.Warning) bool { return w.Code == fault.PowerFailing })
	switch {
	case v.Payment != nil && v.Payment.Charge != nil && v.Payment.Charge.QR != "":
		return display.Still(l.Scan(v.Payment.Charge.Sum))
	case v.Paying != nil:
		return display.Still(l.Total(v.Paying.Total, v.Paying.Discount))
	case v.Last != nil && failed:
		return l.PaidInTheDark(v.Last.Total, v.Last.Tendered, v.Last.Change)
	case failed:
		return display.Still(l.Dark())
	case v.Last != nil:
		return l.Paid(v.Last.Total, v.Last.Tendered, v.Last.Change, open(l, &v.Cheque, idle))
	}
	return open(l, &v.Cheque, idle)
}

// open is the open cheque, or the shop's words when it is empty.
func open(l display.Layout, c *till.ChequeView, idle string) display.Reel {
	if len(c.Lines) == 0 {
		return display.Still(l.Idle(idle))
	}
	for _, line := range c.Lines {
		if line.ID == c.Touched {
			return l.Moving(shownItem(&line), c.Total)
		}
	}
	return display.Still(l.Total(c.Total, c.Discount))
}

// kilogram is the code of the unit of weighed goods, FFD tag 2108.
const kilogram = 11

// shownItem is a line as the customer sees it: weighed goods with their unit.
func shownItem(line *doc.Line) display.Item {
	it := display.Item{Name: line.Name, Qty: line.Qty, Price: line.BasePrice, Net: line.Price, Discount: line.Discount}
	if line.Discount == 0 {
		it.Price = line.Price
	}
	if line.UnitCode == kilogram || !line.Qty.Whole() {
		if it.Unit = line.Unit; it.Unit == "" {
			it.Unit = "кг"
		}
	}
	return it
}
