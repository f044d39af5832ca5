package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

const shiftReceipts = 5000

// shift measures the till's part of closing a long shift: all its steps and
// all its writes, with a fiscal device that answers at once.
func (b *bench) shift(ctx context.Context) (err error) {
	j, err := openJournal(ctx, filepath.Join(b.dir, "shift"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	id := uuid.Must(uuid.NewV7())
	opening := sale(1, id)
	opening.Type, opening.Receipt, opening.Shift = doc.OpenSession, nil, &doc.Shift{OpenedAt: now}
	docs := []doc.Document{opening}
	for n := range shiftReceipts {
		docs = append(docs, sale(n+2, id))
	}
	var taken samples
	for range b.closes {
		s, err := openedTill(docs)
		if err != nil {
			return err
		}
		if err := taken.timed(func() error { return closeShift(ctx, s, j) }); err != nil {
			return fmt.Errorf("close a shift: %w", err)
		}
	}
	b.lines.print(figure{name: "shift_close_5000_receipts_p99", value: millis(taken.percentile(99)), unit: "ms",
		budget: atMost(100), note: taken.count()})
	return nil
}

func environment() till.Env {
	return till.Env{Now: now.Add(time.Hour), NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) }}
}

// mark is where the fiscal storage stands before the closing.
var mark = kkt.Mark{FN: "9999078900001234", FD: shiftReceipts + 1, Shift: 1, ShiftOpen: true}

// openedTill is a till with a cashier, a device and a shift of these documents.
func openedTill(docs []doc.Document) (till.State, error) {
	s := till.New(till.Settings{Bench: true, Currency: "RUB", Prefix: "K1-"})
	var fx []till.Effect
	for _, ev := range []till.Event{
		till.Restored{ShiftDocs: docs, LastShift: 1, LastNumber: int64(len(docs))},
		till.CatalogChanged{Generation: 1, Store: shopStore()},
		till.DeviceChanged{Device: till.Device{Ready: true, Since: now, Identity: kkt.Identity{FN: mark.FN, TaxSystems: []tax.System{1}},
			Status: kkt.Status{Shift: kkt.ShiftOpened, ShiftNumber: 1, Paper: true, LastFD: mark.FD}}},
		till.Login{Req: 1, PIN: "1234"},
	} {
		s, fx = till.Step(s, environment(), ev)
	}
	for _, f := range fx {
		if a, ok := f.(till.Authenticate); ok {
			s, _ = till.Step(s, environment(), till.Authenticated{Op: a.Op, Cashier: &catalog.Cashier{ID: "1", Name: "Иванова", Role: catalog.RoleOwner}})
			return s, nil
		}
	}
	return s, errors.New("the till did not ask for the PIN to be checked")
}

// closeShift runs the till until the shift is closed and all of it is durable.
func closeShift(ctx context.Context, s till.State, j *journal.Journal) error {
	events := []till.Event{till.CloseShift{Req: 2}}
	closed := false
	for len(events) > 0 {
		var fx []till.Effect
		s, fx = till.Step(s, environment(), events[0])
		events = events[1:]
		for _, f := range fx {
			switch f := f.(type) {
			case till.Post:
				if err := j.Post(f.Entries...); err != nil {
					return err
				}
			case till.Store:
				if _, err := j.Append(ctx, f.Entries...); err != nil {
					return err
				}
				events = append(events, till.Stored{Op: f.Op})
			case till.FiscalMark:
				events = append(events, till.Marked{Op: f.Op, Mark: mark})
			case till.FiscalPrepare:
				events = append(events, till.Prepared{Op: f.Op})
			case till.FiscalCommit:
				events = append(events, till.Committed{Op: f.Op, Fiscal: doc.Fiscal{FN: mark.FN, FD: mark.FD + 1, Sign: 1, Shift: 1, Time: now}})
			case till.Reply:
				if f.Err != nil {
					return f.Err
				}
				closed = true
			}
		}
	}
	if !closed || s.Phase() != till.Idle {
		return fmt.Errorf("the till stands at %v", s.Phase())
	}
	return nil
}
