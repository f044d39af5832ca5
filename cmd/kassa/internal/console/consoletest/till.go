// Package consoletest is a till without devices, disk or cloud for the
// console's tests: the real state machine (pos/till) over a fiscal device, a
// journal and a shop that live in memory.
//
// Effects are carried out at once, so a command has had its whole effect when Do
// returns, unless Hold makes the fiscal device slow. All methods may be
// called concurrently.
package consoletest

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// The in-memory fiscal device.
const (
	FN     = "9999078900001234"
	serial = "0000000000012345"
	// unitSign spreads the numbers that stand for fiscal signs.
	unitSign = 2_654_435_761
)

// Till is a running till.
type Till struct {
	now func() time.Time

	mu      sync.Mutex // guards what follows
	state   till.State
	view    till.View
	version uint64
	news    chan struct{} // closed with the next version
	lastReq till.Req
	replies map[till.Req]chan error
	journal []record.Record
	device  till.Device
	mark    kkt.Mark
	hold    chan struct{} // not nil: the device waits for it
	foreign bool          // another program is using the device
	made    made
	closed  chan struct{}
	waiting sync.WaitGroup
}

// New starts a till in the shop of Items, with nobody logged in and the shift
// closed.
func New(now func() time.Time) *Till {
	t := &Till{now: now, news: make(chan struct{}), replies: map[till.Req]chan error{}, closed: make(chan struct{}), mark: kkt.Mark{FN: FN, FD: 41870, Shift: 117}}
	t.start(tax.RUB)
	return t
}

// Belarus begins the till anew as one in Belarus, with a register that loses
// every answer.
func (t *Till) Belarus() {
	t.mark, t.foreign = kkt.Mark{Cloud: true, ShiftOpen: true}, true
	t.start(tax.BYN)
	t.Feed(till.DeviceChanged{Device: till.Device{Ready: true, Since: t.now(), Identity: kkt.Identity{Model: "iKassa", SKKO: true}, Status: kkt.Status{Shift: kkt.ShiftClosed, Paper: true}}})
}

// start begins the till in a currency.
func (t *Till) start(currency string) {
	t.state = till.New(till.Settings{Bench: true, Currency: currency, Prefix: "01-"})
	t.device = till.Device{Ready: true, Since: t.now(), Identity: kkt.Identity{Model: "ШТРИХ-М-01Ф", Serial: serial, FN: FN, RegNumber: "0001234567012345",
		TaxSystems: []tax.System{tax.General}, FFD: "1.2", TestFN: true}, Status: kkt.Status{Shift: kkt.ShiftClosed, Paper: true, LastFD: t.mark.FD}}
	t.Feed(till.Restored{LastShift: 117, LastNumber: 20480})
	store := Store
	store.Currency = currency
	t.Feed(till.CatalogChanged{Generation: 1, Store: store, Discounts: Discounts(), Promotions: Promotions()})
	t.Feed(till.DeviceChanged{Device: t.device})
}

// Kitchen has what is in some folders made to order from now on.
func (t *Till) Kitchen(folders ...string) {
	t.Feed(till.CatalogChanged{Generation: 1, Store: Store, Discounts: Discounts(), Promotions: Promotions(), Stations: []kitchen.Station{{Name: "Кухня", Folders: folders}}})
}

// Close lets go of everything that waits.
func (t *Till) Close() {
	t.mu.Lock()
	close(t.closed)
	t.mu.Unlock()
	t.waiting.Wait()
}

// Do hands in a command and waits for its reply.
func (t *Till) Do(ctx context.Context, cmd till.Event) error {
	t.mu.Lock()
	t.lastReq++
	req, reply := t.lastReq, make(chan error, 1)
	t.replies[req] = reply
	t.step(till.WithReq(cmd, req))
	t.mu.Unlock()
	select {
	case err := <-reply:
		return err
	case <-t.closed:
		return context.Canceled
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Feed tells the till of something that needs no reply, as a scanner does.
func (t *Till) Feed(ev till.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.step(ev)
}

// View gives the till as it is.
func (t *Till) View() (till.View, uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.view, t.version
}

// Wait returns once there is a version above after.
func (t *Till) Wait(ctx context.Context, after uint64) (uint64, error) {
	for {
		t.mu.Lock()
		version, news := t.version, t.news
		t.mu.Unlock()
		if version > after {
			return version, nil
		}
		select {
		case <-news:
		case <-t.closed:
			return version, context.Canceled
		case <-ctx.Done():
			return version, ctx.Err()
		}
	}
}

// Device changes the fiscal device as its driver would report it.
func (t *Till) Device(change func(*till.Device)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.device)
	t.step(till.DeviceChanged{Device: t.device})
}

// Hold makes the fiscal device wait until the returned function is called.
func (t *Till) Hold() (release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	hold := make(chan struct{})
	t.hold = hold
	return sync.OnceFunc(func() {
		t.mu.Lock()
		t.hold = nil
		t.mu.Unlock()
		close(hold)
	})
}

// Foreign lets another program use the fiscal device, so that nobody knows
// what became of the till's own document, or ends that.
func (t *Till) Foreign(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.foreign = on
}

// Documents reads the journal.
func (t *Till) Documents(_ context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	t.mu.Lock()
	all := slices.Clone(t.journal)
	t.mu.Unlock()
	if f.Reverse {
		slices.Reverse(all)
	}
	return func(yield func(record.Record, error) bool) {
		n := 0
		for _, r := range all {
			if (len(f.Types) > 0 && !slices.Contains(f.Types, r.Type)) || (len(f.Kinds) > 0 && !slices.Contains(f.Kinds, r.Kind)) || r.Seq <= f.After || (f.Shift != uuid.Nil && r.Shift != f.Shift) || (!f.Since.IsZero() && r.Time.Before(f.Since)) || (!f.Until.IsZero() && !r.Time.Before(f.Until)) || (f.Before != 0 && r.Seq >= f.Before) {
				continue
			}
			if n++; !yield(r, nil) || n == f.Limit {
				return
			}
		}
	}
}

// Head is the newest record.
func (t *Till) Head() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return uint64(len(t.journal))
}

// Sale reads a document and what undid parts of it.
func (t *Till) Sale(_ context.Context, id uuid.UUID) (doc.Document, []doc.Document, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sale, back := t.sale(id)
	if sale == nil {
		return doc.Document{}, nil, fault.New(fault.NotFound, id.String())
	}
	return *sale, back, nil
}

// sale looks for a document in the journal. t.mu is held.
func (t *Till) sale(id uuid.UUID) (sale *doc.Document, back []doc.Document) {
	for _, r := range t.journal {
		var d doc.Document
		if r.Kind != record.Document || json.Unmarshal(r.Data, &d) != nil {
			continue
		}
		switch {
		case d.ID == id:
			sale = &d
		case d.Receipt != nil && d.Receipt.BaseID == id:
			back = append(back, d)
		}
	}
	return sale, back
}

// step runs an event and all that follows from it. t.mu is held.
func (t *Till) step(ev till.Event) {
	queue := []till.Event{ev}
	for len(queue) > 0 {
		now := t.now()
		next, effects := till.Step(t.state, till.Env{Now: now, NewID: newID}, queue[0])
		queue = queue[1:]
		t.state = next
		for _, e := range effects {
			if done := t.carryOut(e); done != nil {
				queue = append(queue, done)
			}
		}
		t.view = next.View(now)
		t.version++
		close(t.news)
		t.news = make(chan struct{})
	}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// carryOut does one effect and gives its completion, nil when it has none.
func (t *Till) carryOut(e till.Effect) till.Event {
	switch e := e.(type) {
	case till.Reply:
		if c := t.replies[e.Req]; c != nil {
			delete(t.replies, e.Req)
			if e.Err != nil {
				c <- e.Err
			} else {
				c <- nil
			}
		}
	case till.Authenticate:
		return till.Authenticated{Op: e.Op, Cashier: Cashiers()[e.PIN]}
	case till.Lookup:
		return till.Looked{Op: e.Op, Match: t.lookup(e.Code)}
	case till.FindItems:
		found := till.ItemsFound{Op: e.Op, Generation: 1}
		for _, it := range Items() {
			if slices.Contains(e.IDs, it.ID) {
				found.Items = append(found.Items, it)
			}
		}
		return found
	case till.FindCustomer:
		found, err := t.findCustomers(context.Background(), e.Text, len(Customers()))
		return till.CustomerFound{Op: e.Op, Found: found, Err: fault.Of(err)}
	case till.Recalc:
		return till.Recalculated{Op: e.Op, Err: fault.New(fault.CloudDown)}
	case till.CheckPermit:
		return till.Permitted{Op: e.Op, Answer: till.PermitAnswer{Permit: doc.Permit{FOIV: "030", Date: "21.11.2023", Number: "1944", Value: "UUID=1&Time=1"}}}
	case till.LoadSale:
		sale, back := t.sale(e.ID)
		return till.SaleLoaded{Op: e.Op, Sale: sale, Back: back}
	case till.Post:
		t.append(e.Entries)
	case till.Store:
		t.append(e.Entries)
		return till.Stored{Op: e.Op}
	case till.FiscalMark:
		return till.Marked{Op: e.Op, Mark: t.mark}
	case till.FiscalPrepare:
		return till.Prepared{Op: e.Op}
	case till.FiscalCommit:
		return t.commit(e)
	case till.FiscalFind:
		if t.mark.Cloud {
			return till.Resolved{Op: e.Op, Found: kkt.Found{Kind: kkt.Untold, Now: t.mark, Why: "EOF"}}
		}
		if t.foreign {
			return till.Resolved{Op: e.Op, Found: kkt.Found{Kind: kkt.Foreign, Now: t.mark, Why: "ФД не наш"}}
		}
		return till.Resolved{Op: e.Op, Found: kkt.Found{Kind: kkt.NotRegistered, Now: t.mark}}
	case till.FiscalReport:
		return till.Reported{Op: e.Op}
	}
	return nil
}

func (t *Till) append(entries []record.Entry) {
	for _, e := range entries {
		t.journal = append(t.journal, record.Record{Seq: uint64(len(t.journal)) + 1, Time: t.now(), Entry: e})
	}
}

// commit registers now, or later when the device is held.
func (t *Till) commit(e till.FiscalCommit) till.Event {
	if t.foreign {
		return till.Committed{Op: e.Op, Err: fault.New(fault.FiscalNoAnswer)}
	}
	if t.hold == nil {
		return t.register(e)
	}
	hold := t.hold
	t.waiting.Go(func() {
		select {
		case <-hold:
		case <-t.closed:
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.step(t.register(e))
	})
	return nil
}

func (t *Till) register(e till.FiscalCommit) till.Event {
	t.mark.FD++
	switch e.Operation.Kind {
	case kkt.OpOpenShift:
		t.mark.ShiftOpen = true
		t.mark.Shift++
	case kkt.OpCloseShift:
		t.mark.ShiftOpen = false
	}
	return till.Committed{Op: e.Op, Fiscal: doc.Fiscal{FN: FN, FD: t.mark.FD, Sign: uint32(uint64(t.mark.FD) * unitSign), Shift: t.mark.Shift,
		Time: t.now(), Total: e.Operation.Total(), Serial: serial, RegNumber: t.device.Identity.RegNumber}}
}

// Corrupt adds a document to the journal that nobody can read.
func (t *Till) Corrupt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.append([]record.Entry{{Kind: record.Document, ID: newID(), Type: string(doc.Sell), Schema: 1, Data: json.RawMessage(`{"id":7}`)}})
}

// Energy is the barcode of an item that is not sold to children.
const Energy = "4600000000152"

func lookup(code string) *catalog.Match {
	if code == Energy {
		it := catalog.Item{ID: "energy", Type: catalog.Product, Name: "Напиток энергетический", Barcodes: []string{code},
			Prices: []catalog.Price{{Type: retail, Value: 9900}}, Rate: tax.VAT22, Unit: "шт"}
		return &catalog.Match{Generation: 1, Item: it, Qty: 1000, Code: code}
	}
	for _, it := range Items() {
		if slices.Contains(it.Barcodes, code) || it.Code == code {
			return &catalog.Match{Generation: 1, Item: it, Qty: 1000, Code: code}
		}
	}
	return nil
}

// Find searches the shop by a part of the name.
func Find(_ context.Context, text string, limit int) ([]catalog.Item, error) {
	var out []catalog.Item
	for _, it := range Items() {
		if strings.Contains(strings.ToLower(it.Name), strings.ToLower(text)) && len(out) < limit {
			out = append(out, it)
		}
	}
	return out, nil
}

// List gives a folder's items after the one with the given id; an empty
// folder means all.
func List(_ context.Context, folder, after string, limit int) ([]catalog.Item, error) {
	var out []catalog.Item
	skip := after != ""
	for _, it := range Items() {
		if (folder == "" || it.FolderID == folder) && !skip && len(out) < limit {
			out = append(out, it)
		}
		if it.ID == after {
			skip = false
		}
	}
	return out, nil
}
