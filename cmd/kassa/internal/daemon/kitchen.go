package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/devices"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/slips"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/tickets"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// newTickets makes the service that prints for the kitchen; nil: there is none.
func newTickets(d *daemon, live []record.Record) *tickets.Service {
	k := d.cfg.Kitchen
	if k == nil {
		return nil
	}
	o := tickets.Options{Journal: d.journal, Keep: time.Duration(k.Keep), Now: d.now, NewID: newID, Log: d.log}
	for i := range k.Stations {
		printer := d.devices.stations[k.Stations[i].Name]
		o.Stations = append(o.Stations, tickets.Station{Name: k.Stations[i].Name, Printer: printer, Layout: func(t kitchen.Ticket, m tickets.Mark) *escpos.Job {
			return slips.Maker{Page: printer.Page(), Language: d.cfg.Language, Zone: d.now().Location()}.Kitchen(t, m)
		}})
	}
	return tickets.New(o, live)
}

// addKitchen makes the stations' printers. A station without one of its own
// prints on the till's.
func (h *hardware) addKitchen() error {
	if h.d.cfg.Kitchen == nil {
		return nil
	}
	h.stations = map[string]*devices.Printer{}
	for i := range h.d.cfg.Kitchen.Stations {
		s := &h.d.cfg.Kitchen.Stations[i]
		if s.Printer == nil {
			h.stations[s.Name] = h.printer
			continue
		}
		p, err := h.newPrinter(s.Device(), s.Printer)
		if err == nil {
			err = h.manager.Add(p)
		}
		if err != nil {
			return err
		}
		h.stations[s.Name] = p
	}
	return nil
}

// kitchenStations are the configured ones, their folders found in the catalogue
// by name or id.
func (d *daemon) kitchenStations(ctx context.Context) []kitchen.Station {
	if d.cfg.Kitchen == nil {
		return nil
	}
	folders, err := d.catalog.Folders(ctx)
	if err != nil && ctx.Err() == nil {
		d.log.Error("the kitchen's folders can not be read", "err", err)
	}
	var all []kitchen.Station
	for _, s := range d.cfg.Kitchen.Stations {
		st := kitchen.Station{Name: s.Name, Rest: s.Rest}
		for _, want := range s.Folders {
			found := false
			for _, f := range folders {
				if f.ID == want || f.Name == want {
					st.Folders, found = append(st.Folders, f.ID), true
				}
			}
			if !found {
				d.log.Warn("the catalogue has no such folder", "dev", s.Name, "folder", want)
			}
		}
		all = append(all, st)
	}
	return all
}

// lastOrder is the kitchen's last number.
func lastOrder(ctx context.Context, j *journal.Journal) (int, error) {
	rec, err := j.Setting(ctx, till.SettingOrder)
	if errors.Is(err, journal.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var set till.OrderData
	err = json.Unmarshal(rec.Data, &set)
	return set.Last, err
}

// kitchenFace is the kitchen as the API sees it.
type kitchenFace struct{ d *daemon }

func (d *daemon) kitchenPort() api.Kitchen {
	if d.tickets == nil {
		return nil
	}
	return kitchenFace{d}
}

// State tells of the stations.
func (f kitchenFace) State() []tickets.State { return f.d.tickets.States() }

// Drop calls a ticket off that is not printed.
func (f kitchenFace) Drop(ctx context.Context, id uuid.UUID) error {
	if v, _ := f.d.loop.View(); v.Cashier == nil {
		return fault.New(fault.LoginRequired)
	}
	return f.d.tickets.Drop(ctx, id)
}

// Recent are the newest tickets, newest first.
func (f kitchenFace) Recent(ctx context.Context) ([]kitchen.Ticket, error) {
	all := []kitchen.Ticket{}
	filter := record.Filter{Kinds: []record.Kind{record.Kitchen}, Types: []string{kitchen.TypeTicket}, Open: true, Reverse: true, Limit: tickets.MaxRecent}
	for r, err := range f.d.journal.Scan(ctx, filter) {
		if err != nil {
			return nil, err
		}
		var k kitchen.Ticket
		if err := json.Unmarshal(r.Data, &k); err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}

// Again prints a copy of one of the newest.
func (f kitchenFace) Again(ctx context.Context, id uuid.UUID) error {
	if v, _ := f.d.loop.View(); v.Cashier == nil {
		return fault.New(fault.LoginRequired)
	}
	all, err := f.Recent(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(k kitchen.Ticket) bool { return k.ID == id })
	if i < 0 {
		return fault.New(fault.KitchenNone)
	}
	return f.d.tickets.Again(ctx, all[i])
}
