package daemon

import (
	"context"
	"slices"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// showCustomer keeps the customer display a projection of the till: the newest
// view wins, and a display that was away is redrawn from it.
func (d *daemon) showCustomer(ctx context.Context) {
	if d.devices.display == nil {
		return
	}
	layout := display.Layout{Columns: d.cfg.Display.Columns, Rows: d.cfg.Display.Rows, Language: d.cfg.Language}
	for {
		view, version := d.loop.View()
		d.devices.display.Show(frame(layout, view, d.cfg.Display.Idle))
		if _, err := d.loop.Wait(ctx, version); err != nil {
			return
		}
	}
}

// goodbye is what the customer reads when the supply has failed.
var goodbye = map[string]string{"ru": "Нет питания. Касса не работает", "en": "No power. The till is closed"}

// frame is what the customer should see now.
func frame(l display.Layout, v till.View, idle string) display.Frame {
	switch {
	case v.Payment != nil && v.Payment.Charge != nil && v.Payment.Charge.QR != "":
		return l.Scan(v.Payment.Charge.Sum)
	case v.Paying != nil:
		return l.Total(v.Paying.Total, v.Paying.Discount)
	case v.Last != nil: // until the next scan, even when the next cheque has begun
		return l.Change(v.Last.Total, v.Last.Tendered, v.Last.Change)
	case slices.ContainsFunc(v.Warnings, func(w fault.Warning) bool { return w.Code == fault.PowerFailing }):
		return l.Idle(goodbye[l.Language])
	case len(v.Cheque.Lines) > 0:
		for _, line := range v.Cheque.Lines {
			if line.ID == v.Cheque.Touched {
				return l.Line(shownItem(&line), v.Cheque.Total)
			}
		}
		return l.Total(v.Cheque.Total, v.Cheque.Discount)
	}
	return l.Idle(idle)
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
