package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/devices"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/slips"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/peripherals/link/record"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// page is what a configured printer's paper is like.
func page(c *config.Printer) escpos.Page {
	return escpos.Page{Paper: c.Paper, CodePage: c.CodePage, Table: c.Table, DrawQR: c.DrawQR}
}

// addPrinter makes the receipt printer of the configuration.
func (h *hardware) addPrinter() error {
	c := h.d.cfg.Printer
	if c == nil {
		return nil
	}
	var err error
	if h.printer, err = h.newPrinter("printer", c); err != nil {
		return err
	}
	return h.manager.Add(h.printer)
}

func (h *hardware) newPrinter(name string, c *config.Printer) (*devices.Printer, error) {
	open, err := opener(c.Address)
	if err != nil {
		return nil, err
	}
	open = h.d.records.wrap(name, "escpos", open, record.None)
	return devices.NewPrinter(name, page(c), func(changed func(escpos.Status)) *escpos.Printer {
		return escpos.New(open, escpos.Options{Blind: c.Blind, Changed: changed, Log: h.d.log})
	}), nil
}

// kickPrinter opens the drawer on the receipt printer's connector; false: it is
// not there, or the printer is not ready for it.
func (h *hardware) kickPrinter() bool {
	if h.printer == nil || !h.d.cfg.Printer.Drawer {
		return false
	}
	if err := h.printer.Kick(); err != nil {
		h.d.log.Warn("drawer did not open, trying the fiscal device's", "dev", "printer", "err", err)
		return false
	}
	return true
}

// printerFace is the receipt printer as the API and the console see it.
type printerFace struct{ d *daemon }

// paper is the receipt printer as a port; nil when there is none.
func (d *daemon) paper() api.Printer {
	if d.devices.printer == nil {
		return nil
	}
	return printerFace{d}
}

func (f printerFace) maker() slips.Maker {
	d := f.d
	return slips.Maker{Page: d.devices.printer.Page(), Language: d.cfg.Language, Currency: d.cfg.Currency(), Shop: d.catalog.Current().Store.Name, Zone: d.now().Location()}
}

// State tells how the printer is.
func (f printerFace) State() api.PrinterState {
	s, ready := f.d.devices.printer.Status()
	return api.PrinterState{Status: s, Ready: ready, Trouble: s.Trouble()}
}

// signedIn demands a cashier: what people print is theirs.
func (f printerFace) signedIn() error {
	if v, _ := f.d.loop.View(); v.Cashier == nil {
		return fault.New(fault.LoginRequired)
	}
	return nil
}

// Copy prints a document once more.
func (f printerFace) Copy(ctx context.Context, id uuid.UUID) error {
	if err := f.signedIn(); err != nil {
		return err
	}
	rec, err := f.d.journal.Document(ctx, id)
	if errors.Is(err, journal.ErrNotFound) {
		return fault.New(fault.NotFound, id.String())
	}
	if err != nil {
		return err
	}
	var d doc.Document
	if err := json.Unmarshal(rec.Data, &d); err != nil {
		return err
	}
	return f.d.devices.printer.Print(ctx, f.maker().Copy(&d))
}

// Order prints the open cheque as an order.
func (f printerFace) Order(ctx context.Context) error {
	v, _ := f.d.loop.View()
	switch {
	case v.Cashier == nil:
		return fault.New(fault.LoginRequired)
	case len(v.Cheque.Lines) == 0:
		return fault.New(fault.ChequeEmpty)
	case v.Cheque.Problem != nil:
		return v.Cheque.Problem
	}
	return f.d.devices.printer.Print(ctx, f.maker().Order("", v.Cheque.Lines, v.Cheque.Total, f.d.now()))
}

// Labels prints shelf labels of what the codes stand for.
func (f printerFace) Labels(ctx context.Context, want []api.LabelOrder) error {
	if err := f.signedIn(); err != nil {
		return err
	}
	generation := f.d.catalog.Current().Generation
	labels, count := make([]slips.Label, 0, len(want)), 0
	for _, w := range want {
		count += max(w.Copies, 1)
		if w.Copies < 0 || count > slips.MaxLabels {
			return fault.New(fault.BadRequest, "copies")
		}
		m, err := f.d.goods.named(ctx, generation, strings.TrimSpace(w.Code))
		if err != nil {
			return err
		}
		price, ok := f.d.priceOf(&m.Item)
		if !ok {
			return fault.New(fault.ItemNoPrice, m.Item.Name)
		}
		labels = append(labels, slips.Label{Item: m.Item, Price: price, Copies: w.Copies})
	}
	return f.d.devices.printer.Print(ctx, f.maker().Labels(labels, f.d.now()))
}

// Test prints a page that shows whether the letters come out right.
func (f printerFace) Test(ctx context.Context) error {
	return f.d.devices.printer.Print(ctx, f.maker().Test(f.d.now()))
}

// examinePrinter asks a configured printer how it is; nothing is printed.
func examinePrinter(ctx context.Context, c *config.Printer) Finding {
	f := Finding{What: "printer " + c.Address.String()}
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	open, err := opener(c.Address)
	if err != nil {
		f.State = err.Error()
		return f
	}
	p := escpos.New(open, escpos.Options{Blind: c.Blind})
	s, err := p.Status(ctx)
	switch {
	case errors.Is(err, escpos.ErrSilent):
		f.State, f.Hint = err.Error(), "is it on, and at the right speed? one that can not answer is blind = true"
	case err != nil:
		f.State, f.Hint = err.Error(), hint(err)
	case s.Trouble() != escpos.Fine:
		f.State, f.Hint = string(s.Trouble()), "look at the printer"
	default:
		f.State, f.OK = "answers", true
		if c.Blind {
			f.State = "opens; it is blind"
		}
	}
	if err := p.Halt(); err != nil {
		f.State += "; " + err.Error()
	}
	return f
}
