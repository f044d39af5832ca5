// Package rehearsal sells something that nobody buys: a whole shift, from the
// PIN to the Z report, over the real till, the real prices and a real journal
// of its own, in a directory that is thrown away.
//
// It answers what a new release has to show before it is kept: that it can
// sell on this board. A till that starts is not yet a till that sells: a
// driver of the disk, a rule for prices or a form of a record can fail later,
// with a customer waiting. The one thing imitated is the fiscal device, for
// what it registers can not be taken back.
package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/loop"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

const (
	// MaxItems is how many of the shop's items are sold at most.
	MaxItems = 5
	// Limit is how long the whole may take: a card that needs longer for a dozen
	// of flushes would not sell either.
	Limit = 2 * time.Minute
	// ballast keeps the rehearsal's journal small; its tape is one segment.
	ballast = 1 << 20
	segment = 4 << 20
	closing = 20 * time.Second
)

// Options are what is sold, and where.
type Options struct {
	Dir      string // a place on the disk the journal is on; a directory is made in it and removed
	Items    []catalog.Item
	Store    catalog.Store
	Currency string
	Log      *slog.Logger
	// Free is the journal's, for tests; nil: the file system's.
	Free func(dir string) (uint64, error)
}

// Result is what was done.
type Result struct {
	Items   int           `json:"items"`
	Total   money.Amount  `json:"total"`
	Records uint64        `json:"records"`
	Took    time.Duration `json:"took"`
}

// Sell opens a shift, sells every item once, closes it, and verifies the
// journal that came of it. Any error means that this release can not sell here.
func Sell(ctx context.Context, o Options) (r Result, err error) {
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	begun := time.Now()
	place, err := os.MkdirTemp(o.Dir, "rehearsal-")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(place)) }()
	dir := filepath.Join(place, "journal")
	items := sellable(o)
	number, sold, err := sell(ctx, o, dir, items)
	if err != nil {
		return Result{}, err
	}
	report, err := journal.Verify(ctx, dir, journal.VerifyOptions{})
	if err != nil {
		return Result{}, err
	}
	if len(report.Problems) > 0 {
		return Result{}, fmt.Errorf("the journal of the rehearsal: %s (%s)", report.Problems[0].Text, report.Problems[0].Code)
	}
	return Result{Items: len(items), Total: sold, Records: number, Took: time.Since(begun)}, nil
}

// sell is the shift.
func sell(ctx context.Context, o Options, dir string, items []catalog.Item) (records uint64, sold money.Amount, err error) {
	j, _, err := journal.Open(ctx, journal.Options{Dir: dir, Log: o.Log, Ballast: ballast, SegmentBytes: segment, ScrubEvery: -1, Free: o.Free})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	l, stop := start(ctx, o, j, items)
	sold, err = shift(ctx, l, o, items)
	if err = errors.Join(err, stop()); err != nil {
		return 0, 0, err
	}
	found, err := read(ctx, j)
	if err != nil {
		return 0, 0, err
	}
	if found != sold {
		return 0, 0, fmt.Errorf("sold for %s, the journal has %s", sold, found)
	}
	records, _ = j.Head()
	return records, sold, nil
}

// shift gives the commands that a cashier would.
func shift(ctx context.Context, l *loop.Loop, o Options, items []catalog.Item) (money.Amount, error) {
	if err := l.Send(ctx, till.CatalogChanged{Generation: 1, Store: o.Store}); err != nil {
		return 0, err
	}
	if err := ready(ctx, l); err != nil {
		return 0, err
	}
	for _, cmd := range []till.Event{till.Login{PIN: pin}, till.OpenShift{}} {
		if err := l.Do(ctx, cmd); err != nil {
			return 0, err
		}
	}
	for i := range items {
		if err := l.Do(ctx, till.Scan{Code: code(i)}); err != nil {
			return 0, fmt.Errorf("%s: %w", items[i].ID, err)
		}
	}
	if err := l.Do(ctx, till.Pay{Type: doc.PayCash}); err != nil {
		return 0, err
	}
	v, _ := l.View()
	if v.Last == nil {
		return 0, errors.New("paid, and there is no receipt")
	}
	return v.Last.Total, l.Do(ctx, till.CloseShift{})
}

// ready waits until the till has met its fiscal device.
func ready(ctx context.Context, l *loop.Loop) error {
	for {
		v, version := l.View()
		if v.KKT.Ready {
			return nil
		}
		if _, err := l.Wait(ctx, version); err != nil {
			return err
		}
	}
}

// read adds up what the journal says was sold.
func read(ctx context.Context, j *journal.Journal) (sum money.Amount, err error) {
	for r, err := range j.Scan(ctx, record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(doc.Sell)}}) {
		if err != nil {
			return 0, err
		}
		var d doc.Document
		if err := json.Unmarshal(r.Data, &d); err != nil {
			return 0, err
		}
		sum += d.Receipt.Total
	}
	return sum, nil
}

// sellable are the shop's items that a rehearsal can sell without asking
// anybody anything; one of its own when there are none.
func sellable(o Options) []catalog.Item {
	var list []catalog.Item
	for _, it := range o.Items {
		if len(list) == MaxItems {
			break
		}
		if plain(it, o.Store) {
			list = append(list, it)
		}
	}
	if len(list) == 0 {
		list = []catalog.Item{{ID: "rehearsal", Name: "Проверка", Rate: tax.None, Prices: []catalog.Price{{Type: o.Store.PriceType, Value: 12345}}}}
	}
	return list
}

// plain tells whether an item is sold by its code and nothing else.
func plain(it catalog.Item, store catalog.Store) bool {
	asks := it.Measured() || it.Marked() || it.Alcohol || it.Tobacco || it.FreePrice || it.Serials || it.Kind != 0 || len(it.Parts) > 0 || len(it.Groups) > 0
	other := it.TaxSystem != 0 && it.TaxSystem != store.TaxSystem // another receipt, and the device may not be registered for it
	price, ok := it.PriceOf(store.PriceType)
	return !asks && !other && ok && price > 0
}

// The rehearsal's cashier.
const (
	pin  = "0000"
	hash = "nobody's"
)

func start(ctx context.Context, o Options, j *journal.Journal, items []catalog.Item) (*loop.Loop, func() error) {
	l := loop.New(loop.Options{
		Settings: till.Settings{Bench: true, Currency: o.Currency}, Journal: j, Catalog: goods{items}, Outputs: silent{}, Fiscal: &device{store: o.Store},
		Cashiers: func() []catalog.Cashier {
			return []catalog.Cashier{{ID: "rehearsal", Name: "Проверка", PINHash: hash}}
		},
		CheckPIN: func(h, p string) (bool, error) { return h == hash && p == pin, nil },
		Wake:     func() {}, WroteNothing: func(error) bool { return false }, Explain: fault.Of,
		Now: time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), KKTEvery: time.Second,
	})
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx, till.Restored{}) }()
	return l, func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(closing):
			return errors.New("the till of the rehearsal does not end")
		}
	}
}

// goods is the catalogue of the rehearsal.
type goods struct{ items []catalog.Item }

func code(i int) string { return fmt.Sprintf("rehearsal-%d", i) }

func (g goods) Lookup(_ context.Context, _ int64, c string) (catalog.Match, error) {
	for i, it := range g.items {
		if code(i) == c {
			return catalog.Match{Generation: 1, Code: c, Qty: qty.One, Item: it}, nil
		}
	}
	return catalog.Match{}, loop.ErrNoItem
}

// silent opens no drawer and makes no sound.
type silent struct{}

func (silent) OpenDrawer() bool { return true }
func (silent) Beep(till.Signal) {}

// device is a fiscal device that says yes.
type device struct {
	store catalog.Store
	mu    sync.Mutex
	fd    uint32
	open  bool
}

// fn is a number no storage has.
const fn = "0000000000000000"

func (d *device) Identify(context.Context) (kkt.Identity, error) {
	system := d.store.TaxSystem
	if system == 0 {
		system = tax.General
	}
	return kkt.Identity{FN: fn, TestFN: true, TaxSystems: []tax.System{system}}, nil
}

func (d *device) Status(context.Context) (kkt.Status, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	state := kkt.ShiftClosed
	if d.open {
		state = kkt.ShiftOpened
	}
	return kkt.Status{Paper: true, Shift: state}, nil
}

func (d *device) Mark(context.Context) (kkt.Mark, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return kkt.Mark{FN: fn, FD: d.fd, ShiftOpen: d.open}, nil
}

func (d *device) Prepare(context.Context, kkt.Mark, kkt.Operation) error { return nil }

func (d *device) Commit(_ context.Context, _ kkt.Mark, op kkt.Operation) (doc.Fiscal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fd++
	d.open = op.Kind != kkt.OpCloseShift
	return doc.Fiscal{FN: fn, FD: d.fd, Time: time.Now()}, nil
}

func (d *device) Find(_ context.Context, m kkt.Mark, _ kkt.Operation) (kkt.Found, error) {
	return kkt.Found{Kind: kkt.NotRegistered, Now: m}, nil
}

func (d *device) Settle(context.Context) error     { return nil }
func (d *device) Report(context.Context) error     { return nil }
func (d *device) OpenDrawer(context.Context) error { return nil }
func (d *device) Halt() error                      { return nil }
