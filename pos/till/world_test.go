package till

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// world is everything outside the till, in memory and deterministic: a
// journal that keeps what was appended, an FN that keeps what was registered,
// a catalogue, a cashier's PIN. It can fail at any step of any effect.
type world struct {
	t     testing.TB
	state State
	ids   uint64
	now   time.Time

	durable []record.Entry // survives a crash
	posted  []record.Entry // queued, flushed with the next append
	fn      []fnDoc
	shift   bool // the device's shift is open
	shiftNo int64
	open    bool // a document is open on the device, unregistered
	device  bool // plugged in

	events  []Event
	replies map[Req]*fault.Error
	req     Req
	drawers int

	steps  int                     // effects carried out so far
	break_ func(step int) breakage // what goes wrong at a step
	drop   bool                    // a crash loses what was only posted
	trace  []string
}

type fnDoc struct {
	kind  kkt.OperationKind
	id    uuid.UUID
	total money.Amount
}

type breakage int

const (
	fine        breakage = iota
	crashBefore          // the till dies before the effect happens
	crashAfter           // the till dies after it happened, before it knows
	loseRequest          // the device never got it
	loseAnswer           // the device did it, the answer is lost
	powerCut             // the device loses power before doing it
)

var errCrash = errors.New("crash")

const testFN = "9999078902000001"

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("MSK", 3*3600)), device: true,
		replies: map[Req]*fault.Error{}, break_: func(int) breakage { return fine }}
	w.boot()
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) newID() uuid.UUID {
	w.ids++
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], w.ids)
	id[6], id[8] = 0x70, 0x80
	binary.BigEndian.PutUint32(id[0:], uint32(w.ids))
	return id
}

func (w *world) env() Env { return Env{Now: w.now, NewID: w.newID} }

// boot starts the till from what is durable.
func (w *world) boot() {
	w.state = New(Settings{Bench: true, Currency: "RUB", Prefix: "K1-"})
	w.events = []Event{w.restored(), DeviceChanged{w.deviceNow()}, CatalogChanged{Generation: 1, Store: testStore(), Discounts: testDiscounts()}}
}

func (w *world) deviceNow() Device {
	if !w.device {
		return Device{Err: fault.New(fault.FiscalMissing)}
	}
	st := kkt.ShiftClosed
	if w.shift {
		st = kkt.ShiftOpened
	}
	return Device{Ready: true, Identity: kkt.Identity{FN: testFN, TestFN: true, TaxSystems: []tax.System{tax.General}},
		Status: kkt.Status{Paper: true, Shift: st, LastFD: uint32(len(w.fn))}}
}

// restored is what the journal would say, by the naive reading of its rules.
func (w *world) restored() Restored {
	var r Restored
	ended := map[uuid.UUID]int{}
	for i, e := range w.durable {
		for _, g := range e.Ends {
			ended[g] = i + 1
		}
		for _, n := range e.Numbers {
			r.LastNumber = max(r.LastNumber, n)
		}
	}
	var openShift uuid.UUID
	for i, e := range w.durable {
		if e.Kind == record.Document {
			d := w.document(e)
			switch d.Type {
			case doc.CloseSession:
				r.LastClose = &d
			case doc.OpenSession:
				r.LastShift = max(r.LastShift, d.ShiftNumber)
			}
		}
		if e.Group == uuid.Nil || ended[e.Group] > i {
			continue
		}
		r.Live = append(r.Live, record.Record{Seq: uint64(i + 1), Time: w.now, Entry: e})
		if e.Type == string(doc.OpenSession) {
			openShift = e.Shift
		}
	}
	for _, e := range w.durable {
		if e.Kind == record.Document && openShift != uuid.Nil && e.Shift == openShift {
			r.ShiftDocs = append(r.ShiftDocs, w.document(e))
		}
	}
	return r
}

func (w *world) document(e record.Entry) doc.Document {
	var d doc.Document
	if err := json.Unmarshal(e.Data, &d); err != nil {
		w.t.Fatalf("document: %v", err)
	}
	return d
}

func (w *world) step(ev Event) {
	s, fx := Step(w.state, w.env(), ev)
	w.state = s
	for _, e := range fx {
		w.perform(e)
	}
}

// run lets events happen until nothing is left to do or the till crashes.
func (w *world) run() (err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != errCrash {
				panic(r)
			}
			err = errCrash
		}
	}()
	for n := 0; len(w.events) > 0; n++ {
		if n > 10_000 {
			w.t.Fatalf("the till does not come to rest: %v", w.trace[len(w.trace)-20:])
		}
		ev := w.events[0]
		w.events = w.events[1:]
		w.now = w.now.Add(10 * time.Millisecond)
		w.step(ev)
	}
	return nil
}

// do gives a command and runs until rest.
func (w *world) do(cmd Event) (*fault.Error, error) {
	w.req++
	w.events = append(w.events, WithReq(cmd, w.req))
	err := w.run()
	reply, answered := w.replies[w.req]
	if err == nil && !answered {
		w.t.Fatalf("%T was not answered in phase %s", cmd, w.state.phase)
	}
	return reply, err
}

// restart is a crash and a boot that meets no other.
func (w *world) restart() {
	w.t.Helper()
	w.crash()
	if err := w.run(); err != nil {
		w.t.Fatal(err)
	}
}

// crash restarts the till with what survived.
func (w *world) crash() {
	if !w.drop {
		w.durable = append(w.durable, w.posted...)
	}
	w.posted = nil
	w.trace = append(w.trace, "CRASH")
	w.boot()
}

func (w *world) fail() breakage {
	w.steps++
	b := w.break_(w.steps)
	if b == crashBefore {
		panic(errCrash)
	}
	return b
}

func (w *world) after(b breakage) {
	if b == crashAfter {
		panic(errCrash)
	}
}

func (w *world) say(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

func (w *world) perform(e Effect) {
	w.say("%T", e)
	switch e := e.(type) {
	case Reply:
		if _, twice := w.replies[e.Req]; twice {
			w.t.Fatalf("request %d answered twice", e.Req)
		}
		w.replies[e.Req] = e.Err
	case Post:
		w.posted = append(w.posted, e.Entries...)
	case Store:
		b := w.fail()
		for i := range e.Entries {
			if err := e.Entries[i].Validate(); err != nil {
				w.t.Fatalf("entry: %v", err)
			}
		}
		w.durable = append(append(w.durable, w.posted...), e.Entries...)
		w.posted = nil
		w.after(b)
		w.events = append(w.events, Stored{Op: e.Op})
	case Authenticate:
		ev := Authenticated{Op: e.Op}
		if e.PIN == "1111" {
			ev.Cashier = &catalog.Cashier{ID: "c1", Name: "Иванова А.", Position: "Кассир", Role: catalog.RoleCashier}
		}
		w.events = append(w.events, ev)
	case Lookup:
		w.events = append(w.events, w.find(e))
	case OpenDrawer:
		w.drawers++
	case After:
		w.events = append(w.events, Timer{Op: e.Op})
	case FiscalMark, FiscalPrepare, FiscalCommit, FiscalFind, FiscalReport:
		w.fiscal(e)
	}
}

func (w *world) find(e Lookup) Looked {
	for _, it := range testItems() {
		if slices.Contains(it.Barcodes, e.Code) || it.Code == e.Code {
			return Looked{Op: e.Op, Match: &catalog.Match{Generation: 1, Item: it, Qty: qty.One, Code: e.Code}}
		}
	}
	return Looked{Op: e.Op}
}

// fiscal is a device that keeps to the port's contract.
func (w *world) fiscal(e Effect) {
	b := w.fail()
	if b == powerCut {
		w.open = false
	}
	lost := b == loseRequest || b == powerCut || !w.device
	noAnswer := fault.New(fault.FiscalNoAnswer)
	var ev Event
	switch e := e.(type) {
	case FiscalMark:
		m := Marked{Op: e.Op, Mark: w.mark()}
		if lost || b == loseAnswer {
			m = Marked{Op: e.Op, Err: noAnswer}
		}
		ev = m
	case FiscalPrepare:
		p := Prepared{Op: e.Op}
		if !lost {
			w.open = true
			if e.Mark.FD != uint32(len(w.fn)) {
				p.Err = fault.New(fault.FiscalMoved)
			}
		}
		if lost || b == loseAnswer {
			p.Err = noAnswer
		}
		ev = p
	case FiscalCommit:
		c := Committed{Op: e.Op, Err: noAnswer}
		if !lost {
			if !w.open {
				w.t.Fatalf("commit without prepare")
			}
			f := w.register(e.Operation)
			if b != loseAnswer {
				c = Committed{Op: e.Op, Fiscal: f}
			}
		}
		ev = c
	case FiscalFind:
		r := Resolved{Op: e.Op, Err: noAnswer}
		if !lost && b != loseAnswer {
			r = Resolved{Op: e.Op, Found: w.resolve(e)}
		}
		ev = r
	case FiscalReport:
		r := Reported{Op: e.Op}
		if lost || b == loseAnswer {
			r.Err = noAnswer
		}
		ev = r
	}
	w.after(b)
	w.events = append(w.events, ev)
}

func (w *world) mark() kkt.Mark {
	return kkt.Mark{FN: testFN, FD: uint32(len(w.fn)), ShiftOpen: w.shift, Shift: w.shiftNo}
}

func (w *world) register(op kkt.Operation) doc.Fiscal {
	w.open = false
	w.fn = append(w.fn, fnDoc{op.Kind, op.ID, op.Total()})
	switch op.Kind {
	case kkt.OpOpenShift:
		w.shift, w.shiftNo = true, w.shiftNo+1
	case kkt.OpCloseShift:
		w.shift = false
	}
	return w.numbers(len(w.fn))
}

func (w *world) numbers(fd int) doc.Fiscal {
	return doc.Fiscal{FN: testFN, FD: uint32(fd), Sign: uint32(fd) * 7, Shift: w.shiftNo, Time: w.now, Total: w.fn[fd-1].total}
}

func (w *world) resolve(e FiscalFind) kkt.Found {
	w.open = false
	found := kkt.Found{Kind: kkt.NotRegistered, Now: w.mark()}
	if n := int(e.Mark.FD) + 1; n <= len(w.fn) {
		found.Kind = kkt.Foreign
		if w.fn[n-1].id == e.Operation.ID {
			found.Kind, found.Fiscal = kkt.Registered, w.numbers(n)
		}
	}
	return found
}

// check compares the FN with the journal: every registered document is
// journaled once with equal money, every number is accounted for once.
func (w *world) check() {
	w.t.Helper()
	seen := map[int64]string{}
	byFD := map[uint32][]doc.Document{}
	for _, e := range w.durable {
		if e.Kind != record.Document && e.Kind != record.Void {
			continue
		}
		for _, n := range e.Numbers {
			if was := seen[n]; was != "" {
				w.t.Errorf("number %d is accounted for by %s and %s", n, was, e.Kind)
			}
			seen[n] = string(e.Kind)
		}
		if e.Kind == record.Document {
			d := w.document(e)
			if err := d.Validate(); err != nil {
				w.t.Errorf("journaled document: %v", err)
			}
			if d.Fiscal != nil {
				byFD[d.Fiscal.FD] = append(byFD[d.Fiscal.FD], d)
			}
		}
	}
	for n := int64(1); n <= int64(len(seen)); n++ {
		if seen[n] == "" {
			w.t.Errorf("number %d is missing of %d", n, len(seen))
		}
	}
	for i, f := range w.fn {
		docs := byFD[uint32(i+1)]
		want := 2 // OPEN_SESSION and POS_OPEN_SESSION, Z_REPORT and CLOSE_SESSION
		if f.kind.Receipt() {
			want = 1
		}
		if len(docs) != want {
			w.t.Errorf("FD %d (%s) is journaled %d times, want %d", i+1, f.kind, len(docs), want)
			continue
		}
		if f.kind.Receipt() && docs[0].Receipt.Total != f.total {
			w.t.Errorf("FD %d: FN has %s, journal %s", i+1, f.total, docs[0].Receipt.Total)
		}
	}
	if len(byFD) != len(w.fn) {
		w.t.Errorf("journal knows %d fiscal documents, the FN %d", len(byFD), len(w.fn))
	}
	if w.t.Failed() {
		for _, line := range w.trace {
			w.t.Log(line)
		}
	}
}

// intrude lets somebody else's receipt take the number of the next one, whose
// own request is lost.
func (w *world) intrude() {
	w.break_ = func(int) breakage {
		if w.state.phase == Committing {
			w.fn = append(w.fn, fnDoc{kkt.OpSale, w.newID(), 100})
			return loseRequest
		}
		return fine
	}
}

func testStore() catalog.Store {
	return catalog.Store{ID: "s", Name: "Лавка", PriceType: "retail", Currency: "RUB", TaxSystem: tax.General, DiscountStrategy: "bySum"}
}

func testDiscounts() []catalog.Discount {
	return []catalog.Discount{{ID: "d", Name: "Скидка 5 %", Folders: []string{"dairy"}, Percent: 5000}}
}

func testItems() []catalog.Item {
	price := func(v money.Amount) []catalog.Price { return []catalog.Price{{Type: "retail", Value: v}} }
	return []catalog.Item{
		{ID: "bread", Type: catalog.Product, Name: "Хлеб", Barcodes: []string{"4600000000015"}, Prices: price(4990), Rate: tax.VAT10, Unit: "шт"},
		{ID: "milk", Type: catalog.Product, Name: "Молоко", Code: "17", Barcodes: []string{"4600000000022"}, Prices: price(8999), Rate: tax.VAT10, FolderPath: "/food/dairy/", FolderID: "dairy", Unit: "шт"},
		{ID: "cheese", Type: catalog.Product, Name: "Сыр весовой", Code: "00042", Prices: price(79900), Rate: tax.VAT10, ByWeight: true, UnitCode: 11, Unit: "кг"},
		{ID: "soap", Type: catalog.Product, Name: "Мыло", Barcodes: []string{"4600000000039"}, Prices: price(12345), Rate: tax.VAT22, Unit: "шт"},
		{ID: "old", Type: catalog.Product, Name: "Старая ставка", Barcodes: []string{"4600000000046"}, Prices: price(100), Rate: tax.VAT20},
		{ID: "free", Type: catalog.Product, Name: "Без цены", Barcodes: []string{"4600000000053"}, Rate: tax.VAT22},
		{ID: "shoes", Type: catalog.Product, Name: "Ботинки", Barcodes: []string{"4600000000060"}, Prices: price(100), Rate: tax.VAT22, Tracking: "SHOES"},
		{ID: "vodka", Type: catalog.Product, Name: "Водка", Barcodes: []string{"4600000000077"}, Prices: price(100), Rate: tax.VAT22, Alcohol: true},
		{ID: "usn", Type: catalog.Product, Name: "УСН", Barcodes: []string{"4600000000084"}, Prices: price(100), Rate: tax.VAT22, TaxSystem: tax.SimplifiedIncome},
	}
}
