package till

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/kitchen"
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
	t        testing.TB
	settings Settings
	state    State
	ids      uint64
	now      time.Time

	durable []record.Entry // survives a crash
	posted  []record.Entry // queued, flushed with the next append
	fn      []fnDoc
	before  [][]fnDoc // of FNs that were taken out
	slips   []fnDoc   // cash movements: the FN knows nothing of them
	cash    money.Amount
	docNo   int64 // every paper the device prints
	shift   bool  // the device's shift is open
	shiftNo int64
	open    bool // a document is open on the device, unregistered
	device  bool // plugged in

	store      catalog.Store
	items      []catalog.Item
	promotions []catalog.Promotion
	stations   []kitchen.Station
	generation int64

	customersErr *fault.Error
	cloud        func(RecalcQuery) (cheque.Recalc, *fault.Error) // nil: it does not answer

	fnName  string
	systems []tax.System
	ffd     string
	status  func(*kkt.Status) // changes what the device says of itself
	refuse  *fault.Error      // what Prepare answers
	queue   *queue            // there is no device: a cloud's queue instead
	auto    bool              // the device opens a shift by itself
	mute    bool              // it does not tell Doc and Drawer
	skko    bool              // it is a Belarusian register

	events    []Event
	replies   map[Req]*fault.Error
	marking   bool                  // the device is registered for marked goods
	permits   map[string]fault.Code // what the permit port says of a unit
	deaf      bool                  // ..or nothing at all
	slow      bool                  // ..or not yet
	asked     []CheckPermit
	weighings []Weigh // not answered yet
	req       Req
	drawers   int
	bank      *bank // nil: no terminal

	broke  []broken                // what went wrong, or did not, at each step
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

// broken is one step of the world.
type broken struct {
	kind   kkt.OperationKind
	effect string
	by     breakage
}

type breakage int

const (
	fine        breakage = iota
	crashBefore          // the till dies before the effect happens
	crashAfter           // the till dies after it happened, before it knows
	loseRequest          // the device never got it
	loseAnswer           // the device did it, the answer is lost
	garble               // the device did it, the answer is damaged
	powerCut             // the device loses power before doing it
	bothBefore           // device and till lose power before the effect happens
	bothAfter            // ..after it happened, before the till knows
	numBreakages
)

var breakageNames = [numBreakages]string{"fine", "crash before", "crash after", "request lost", "answer lost", "answer damaged",
	"device power cut", "both before", "both after"}

var errCrash = errors.New("crash")

const testFN = "9999078902000001"

func newWorld(t testing.TB) *world { return newWorldWith(t, nil) }

// newWorldWith lets a test arrange the device before the till meets it.
func newWorldWith(t testing.TB, arrange func(*world)) *world {
	w := &world{t: t, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("MSK", 3*3600)), device: true,
		replies: map[Req]*fault.Error{}, break_: func(int) breakage { return fine },
		store: testStore(), items: testItems(), generation: 1, fnName: testFN, systems: []tax.System{tax.General}, ffd: "1.2", settings: Settings{Bench: true, Currency: "RUB", Prefix: "K1-"}}
	if arrange != nil {
		arrange(w)
	}
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
	w.state = New(w.settings)
	w.events = []Event{w.restored(), DeviceChanged{w.deviceNow()}, w.catalog()}
}

// catalog is the news of the catalogue as it is now.
func (w *world) catalog() CatalogChanged {
	return CatalogChanged{Generation: w.generation, Store: w.store, Discounts: testDiscounts(), Promotions: w.promotions, Stations: w.stations}
}

func (w *world) deviceNow() Device {
	if !w.device {
		return Device{Err: fault.New(fault.FiscalMissing)}
	}
	if w.queue != nil {
		return Device{Ready: true, Identity: kkt.Identity{Model: "cloud", FFD: "1.2", Cloud: true}, Status: kkt.Status{Paper: true}}
	}
	st := kkt.ShiftClosed
	if w.shift {
		st = kkt.ShiftOpened
	}
	d := Device{Ready: true, Identity: kkt.Identity{FN: w.fnName, TestFN: true, TaxSystems: w.systems, FFD: w.ffd, Marking: w.marking},
		Status: kkt.Status{Paper: true, Shift: st, LastFD: uint32(len(w.fn)), FNPhase: fnReady}}
	if w.skko {
		d.Identity, d.Status = kkt.Identity{Model: "register", SKKO: true}, kkt.Status{Paper: true, Shift: kkt.ShiftClosed}
	}
	if w.status != nil {
		w.status(&d.Status)
	}
	return d
}

// look lets the till see the device as it is now.
func (w *world) look() {
	w.step(DeviceChanged{w.deviceNow()})
	if err := w.run(); err != nil {
		w.t.Fatal(err)
	}
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
		if e.Kind == record.Setting && e.Type == SettingFN {
			var set FNData
			if err := json.Unmarshal(e.Data, &set); err != nil {
				w.t.Fatal(err)
			}
			r.FN = set.FN
		}
		if e.Kind == record.Setting && e.Type == SettingOrder {
			var set OrderData
			if err := json.Unmarshal(e.Data, &set); err != nil {
				w.t.Fatal(err)
			}
			r.LastOrder = set.Last
		}
		if e.Kind == record.Setting && e.Type == SettingPromotions {
			var set PromotionsData
			if err := json.Unmarshal(e.Data, &set); err != nil {
				w.t.Fatal(err)
			}
			r.Promotions = set.Promotions
		}
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
	if len(e.Private) > 0 {
		d.People = &doc.People{}
		if err := json.Unmarshal(e.Private, d.People); err != nil {
			w.t.Fatalf("people: %v", err)
		}
	}
	return d
}

// documents are the journaled documents of some types, all when none is named.
func (w *world) documents(types ...doc.Type) (docs []doc.Document) {
	for _, e := range w.durable {
		if e.Kind == record.Document && (len(types) == 0 || slices.Contains(types, doc.Type(e.Type))) {
			docs = append(docs, w.document(e))
		}
	}
	return docs
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

func (w *world) fail(what string) breakage {
	w.steps++
	b := w.break_(w.steps)
	w.broke = append(w.broke, broken{kind: w.kind(), effect: what, by: b})
	if b == bothBefore {
		w.open = false
	}
	if b == crashBefore || b == bothBefore {
		panic(errCrash)
	}
	return b
}

// kind is what the till is about to register.
func (w *world) kind() kkt.OperationKind {
	if w.state.job == nil {
		return ""
	}
	return w.state.job.kind
}

func (w *world) after(b breakage) {
	if b == bothAfter {
		w.open = false
	}
	if b == crashAfter || b == bothAfter {
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
		b := w.fail("Store")
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
		pin := e.PIN
		if e.Badge {
			pin = strings.TrimPrefix(pin, "K-")
		}
		switch pin {
		case "1111":
			ev.Cashier = &catalog.Cashier{ID: "c1", Name: "Иванова А.", Position: "Кассир", Role: catalog.RoleCashier}
		case "2222":
			ev.Cashier = &catalog.Cashier{ID: "c2", Name: "Петрова Б.", Position: "Старший кассир", Role: catalog.RoleSenior}
		}
		w.events = append(w.events, ev)
	case Lookup:
		w.events = append(w.events, w.find(e))
	case FindCustomer:
		w.events = append(w.events, CustomerFound{Op: e.Op, Found: w.customers(e.Text), Err: w.customersErr})
	case FindItems:
		f := ItemsFound{Op: e.Op, Generation: w.generation}
		for _, it := range w.items {
			if slices.Contains(e.IDs, it.ID) {
				f.Items = append(f.Items, it)
			}
		}
		w.events = append(w.events, f)
	case Recalc:
		b := w.fail("Recalc")
		ev := Recalculated{Op: e.Op, Err: fault.New(fault.CloudDown)}
		if w.cloud != nil && b == fine {
			ev.Recalc, ev.Err = w.cloud(e.Query)
		}
		w.after(b)
		w.events = append(w.events, ev)
	case Weigh:
		w.weighings = append(w.weighings, e)
	case CheckPermit:
		if w.slow {
			w.asked = append(w.asked, e)
			return
		}
		w.events = append(w.events, w.permit(e))
	case LoadSale:
		b := w.fail("LoadSale")
		ev := w.loadSale(e)
		if b != fine {
			ev = SaleLoaded{Op: e.Op, Err: fault.New(fault.Timeout)}
		}
		w.after(b)
		w.events = append(w.events, ev)
	case OpenDrawer:
		w.drawers++
	case PrintTickets:
		w.hand(e)
	case After:
		if w.queue != nil {
			return // its answers take longer than a test
		}
		w.events = append(w.events, Timer{Op: e.Op})
	case Charge, ChargeFind, ChargeAbort, ChargeCount:
		w.charges(e)
	case FiscalMark, FiscalPrepare, FiscalCommit, FiscalFind, FiscalReport:
		w.fiscal(e)
	}
}

// permit is a permit port that allows what it has heard nothing of.
func (w *world) permit(e CheckPermit) Permitted {
	p := Permitted{Op: e.Op}
	if e.Query.Own {
		return p
	}
	if w.deaf {
		p.Err = fault.New(fault.PermitDown)
		return p
	}
	p.Answer = PermitAnswer{Refused: w.permits[e.Query.Unit], Permit: doc.Permit{FOIV: "030", Date: "21.11.2023", Number: "1944", Value: "UUID=" + e.Query.Unit}}
	return p
}

func (w *world) find(e Lookup) Looked {
	return Looked{Op: e.Op, Match: w.findIn(e.Code), Label: w.findIn(e.Goods)}
}

// findIn is a catalogue that knows the spellings of a GTIN.
func (w *world) findIn(code string) *catalog.Match {
	var found *catalog.Match
	spellings := gs1.Equivalents(code)
	if c, err := gs1.Classify(code, &gs1.Shop{}); err == nil && c.Marking != nil {
		spellings = gs1.Equivalents(c.GTIN)
	}
	if strings.HasPrefix(code, "SN-") {
		k := slices.IndexFunc(w.items, func(it catalog.Item) bool { return it.Serials })
		return &catalog.Match{Generation: w.generation, Item: w.items[k], Qty: qty.One, Code: code, Serial: code}
	}
	for _, it := range w.items {
		if code == "" || (it.Code != code && !slices.ContainsFunc(spellings, func(s string) bool { return slices.Contains(it.Barcodes, s) })) {
			continue
		}
		m := catalog.Match{Generation: w.generation, Item: it, Qty: qty.One, Code: code}
		for _, p := range it.Parts {
			k := slices.IndexFunc(w.items, func(it catalog.Item) bool { return it.ID == p.ItemID })
			if k < 0 {
				m.Parts = append(m.Parts, catalog.Item{})
			} else {
				m.Parts = append(m.Parts, w.items[k])
			}
		}
		if found == nil {
			found = &m
		} else {
			found.Others = append(found.Others, m)
		}
	}
	return found
}

func (w *world) loadSale(e LoadSale) SaleLoaded {
	l := SaleLoaded{Op: e.Op}
	for _, d := range w.documents() {
		if d.ID == e.ID {
			l.Sale = &d
		}
		if d.Receipt != nil && d.Receipt.BaseID == e.ID {
			l.Back = append(l.Back, d)
		}
	}
	return l
}

// fiscal is a device that keeps to the port's contract.
func (w *world) fiscal(e Effect) {
	if w.queue != nil {
		w.queued(e)
		return
	}
	b := w.fail(strings.TrimPrefix(fmt.Sprintf("%T", e), "till."))
	if b == powerCut {
		w.open = false
	}
	lost := b == loseRequest || b == powerCut || !w.device
	deaf := lost || b == loseAnswer || b == garble
	err := fault.New(fault.FiscalNoAnswer)
	if b == garble {
		err = fault.New(fault.FiscalGarbage)
	}
	var ev Event
	switch e := e.(type) {
	case FiscalMark:
		m := Marked{Op: e.Op, Mark: w.mark()}
		if deaf {
			m = Marked{Op: e.Op, Err: err}
		}
		ev = m
	case FiscalPrepare:
		p := Prepared{Op: e.Op}
		if !lost {
			p.Err = w.prepare(e)
		}
		if deaf {
			p.Err = err
		}
		ev = p
	case FiscalCommit:
		c := Committed{Op: e.Op, Err: err}
		if !lost {
			if !w.open {
				w.t.Fatalf("commit without prepare")
			}
			f := w.register(e.Operation)
			if !deaf {
				c = Committed{Op: e.Op, Fiscal: f}
			}
		}
		ev = c
	case FiscalFind:
		r := Resolved{Op: e.Op, Err: err}
		switch {
		case lost:
		case w.skko:
			r = Resolved{Op: e.Op, Found: kkt.Found{Kind: kkt.Untold, Now: w.mark(), Why: "it can not be asked"}}
		case w.fnName != e.Mark.FN:
			r.Err = fault.New(fault.FiscalOther)
		default:
			if found := w.resolve(e); !deaf {
				r = Resolved{Op: e.Op, Found: found}
			}
		}
		ev = r
	case FiscalReport:
		r := Reported{Op: e.Op}
		if !lost {
			w.docNo++
		}
		if deaf {
			r.Err = err
		}
		ev = r
	}
	w.after(b)
	w.events = append(w.events, ev)
}

func (w *world) prepare(e FiscalPrepare) *fault.Error {
	switch {
	case w.fnName != e.Mark.FN:
		return fault.New(fault.FiscalOther)
	case !e.Mark.Same(w.mark()):
		return fault.New(fault.FiscalMoved)
	case w.refuse != nil:
		return w.refuse
	}
	w.open = true
	return nil
}

func (w *world) mark() kkt.Mark {
	if w.skko {
		return kkt.Mark{FN: w.fnName, Cloud: true, ShiftOpen: true}
	}
	m := kkt.Mark{FN: w.fnName, FD: uint32(len(w.fn)), ShiftOpen: w.shift, Shift: w.shiftNo}
	if !w.mute {
		m.Doc, m.Drawer = w.docNo, w.cash
	}
	return m
}

func (w *world) register(op kkt.Operation) doc.Fiscal {
	w.open = false
	w.docNo++
	made := fnDoc{op.Kind, op.ID, op.Total()}
	if op.Kind.Cash() {
		w.slips = append(w.slips, made)
		if op.Kind == kkt.OpCashOut {
			made.total = -made.total
		}
		w.cash += made.total
		return doc.Fiscal{}
	}
	if w.auto && !w.shift && op.Kind.Receipt() {
		w.fn = append(w.fn, fnDoc{kkt.OpOpenShift, w.newID(), 0})
		w.shift, w.shiftNo = true, w.shiftNo+1
	}
	w.fn = append(w.fn, made)
	switch op.Kind {
	case kkt.OpOpenShift:
		w.shift, w.shiftNo = true, w.shiftNo+1
	case kkt.OpCloseShift:
		w.shift = false
	}
	if op.Receipt != nil && op.Receipt.Remote == nil {
		w.cash += cashOf(op)
	}
	return w.numbers(len(w.fn))
}

// cashOf is what a receipt does to the cash in the drawer.
func cashOf(op kkt.Operation) (sum money.Amount) {
	out := op.Kind == kkt.OpSaleReturn || op.Kind == kkt.OpBuy || (op.Receipt.Correction != nil && outgoing(op.Receipt.Correction.Of))
	for _, p := range op.Receipt.Payments {
		if p.Type == doc.PayCash {
			sum += p.Sum
		}
	}
	if out {
		return -sum
	}
	return sum
}

func (w *world) numbers(fd int) doc.Fiscal {
	if w.skko {
		return doc.Fiscal{FN: w.fnName, FD: uint32(fd), Time: w.now, Total: w.fn[fd-1].total, SKKO: true, UID: fmt.Sprint("uid", fd)}
	}
	return doc.Fiscal{FN: w.fnName, FD: uint32(fd), Sign: uint32(fd) * 7, Shift: w.shiftNo, Time: w.now, Total: w.fn[fd-1].total}
}

func (w *world) resolve(e FiscalFind) kkt.Found {
	w.open = false
	found := kkt.Found{Kind: kkt.NotRegistered, Now: w.mark()}
	if e.Operation.Kind.Cash() {
		moved := e.Operation.Cash
		if e.Operation.Kind == kkt.OpCashOut {
			moved = -moved
		}
		switch w.cash - e.Mark.Drawer {
		case 0:
		case moved:
			found.Kind = kkt.Registered
		default:
			found.Kind, found.Why = kkt.Foreign, "drawer"
		}
		if w.mute {
			found.Kind, found.Why = kkt.Foreign, "the device does not tell"
		}
		return found
	}
	if n := int(e.Mark.FD) + 1; n <= len(w.fn) {
		found.Kind = kkt.Foreign
		if w.fn[n-1].id == e.Operation.ID {
			found.Kind, found.Fiscal = kkt.Registered, w.numbers(n)
		}
	}
	return found
}

// replaceFN puts a new FN into the device.
func (w *world) replaceFN(name string) {
	w.before = append(w.before, w.fn)
	w.fnName, w.fn, w.shift, w.shiftNo, w.open = name, nil, false, 0, false
}

// check compares the FN with the journal: every registered document is
// journaled once with equal money, every number is accounted for once.
func (w *world) check() {
	w.t.Helper()
	w.checkKitchen()
	seen := map[int64]string{}
	byFD := map[uint32][]doc.Document{}
	moved := map[uuid.UUID]int{}
	for _, e := range w.durable {
		if strings.Contains(string(e.Data), "999123") || strings.Contains(string(e.Data), "Сидоров") {
			w.t.Errorf("%s %s holds somebody's data: %s", e.Kind, e.Type, e.Data)
		}
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
			if d.Cash != nil {
				moved[d.ID]++
			}
			if d.Fiscal != nil && d.Fiscal.FN == w.fnName {
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
		want := 1
		if f.kind == kkt.OpOpenShift || f.kind == kkt.OpCloseShift {
			want = 2 // OPEN_SESSION and POS_OPEN_SESSION, Z_REPORT and CLOSE_SESSION
		}
		if len(docs) != want {
			w.t.Errorf("FD %d (%s) is journaled %d times, want %d", i+1, f.kind, len(docs), want)
			continue
		}
		if f.kind.Receipt() && docs[0].Receipt.Total != f.total {
			w.t.Errorf("FD %d: FN has %s, journal %s", i+1, f.total, docs[0].Receipt.Total)
		}
	}
	for _, f := range w.slips {
		if moved[f.id] != 1 {
			w.t.Errorf("%s of %s is journaled %d times", f.kind, f.total, moved[f.id])
		}
	}
	if len(moved) != len(w.slips) {
		w.t.Errorf("the journal knows %d movements of cash, the device made %d", len(moved), len(w.slips))
	}
	drawer := w.state.drawer
	if w.state.shift != nil {
		drawer = w.state.shift.Totals.Drawer
	}
	if w.state.phase == Idle && w.queue == nil && drawer != w.cash {
		w.t.Errorf("the till counts %s in the drawer, the device %s", drawer, w.cash)
	}
	w.checkClaims()
	w.checkBank()
	if len(byFD) != len(w.fn) {
		w.t.Errorf("journal knows %d fiscal documents, the FN %d", len(byFD), len(w.fn))
	}
	if w.t.Failed() {
		for _, line := range w.trace {
			w.t.Log(line)
		}
	}
}

// checkClaims compares the claims the till knows with those it would know after
// a restart, and those with what the documents add up to.
func (w *world) checkClaims() {
	w.t.Helper()
	kept := map[uuid.UUID]money.Amount{}
	for _, r := range w.restored().Live {
		if r.Kind != record.Claim {
			continue
		}
		var c Claim
		if err := json.Unmarshal(r.Data, &c); err != nil {
			w.t.Fatal(err)
		}
		kept[c.ID] = c.Left()
	}
	owed, begins, all := map[uuid.UUID]money.Amount{}, map[uuid.UUID]bool{}, w.documents()
	for _, d := range all {
		begins[d.ID] = d.Receipt != nil && d.Receipt.Claim != nil
	}
	for _, d := range all {
		r := d.Receipt
		if r == nil {
			continue
		}
		sign, own := money.Amount(1), d.ID
		if d.Type == doc.Payback || (r.Correction != nil && r.Correction.Of == doc.Payback) {
			sign, own = -1, r.BaseID
		}
		for _, p := range r.Payments {
			switch {
			case p.Claim.ID != uuid.Nil:
				owed[p.Claim.ID] -= sign * p.Sum
			case p.Type == doc.PayCredit || begins[own]:
				owed[own] += sign * p.Sum
			}
		}
		if r.Repays.ID != uuid.Nil {
			owed[r.Repays.ID] -= sign * r.Total
		}
	}
	for _, c := range w.state.claims {
		var goods money.Amount
		for _, g := range c.Goods {
			if goods += g.Paid; g.Qty <= 0 || g.Paid < 0 || g.Total < g.Paid {
				w.t.Errorf("claim %s: %+v is left", c.Number, g)
			}
		}
		if c.Kind == doc.ClaimPrepayment && goods != c.Left() {
			w.t.Errorf("claim %s: %s are left for goods prepaid by %s", c.Number, c.Left(), goods)
		}
	}
	for id, sum := range owed {
		if kept[id] != sum || sum < 0 {
			w.t.Errorf("claim %s: the documents leave %s, the journal says %s", id, sum, kept[id])
		}
		if c := w.state.claim(id); (c == nil) != (sum == 0) || (c != nil && c.Left() != sum) {
			w.t.Errorf("claim %s: the documents leave %s, the till says %+v", id, sum, c)
		}
	}
	if len(w.state.claims) > len(owed) {
		w.t.Errorf("the till knows %d claims, the documents %d", len(w.state.claims), len(owed))
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

// customers are those the world knows: two of one surname.
func (w *world) customers(text string) (found []catalog.CustomerCard) {
	points := money.Amount(5000)
	for _, c := range []catalog.CustomerCard{
		{Customer: catalog.Customer{ID: "k1", Tags: []string{"gold"}, Bonus: &points, BonusProgram: "b1"}, Name: "Сидоров Иван", Card: "77001", Phone: "+79991230001"},
		{Customer: catalog.Customer{ID: "k2"}, Name: "Сидоров Пётр", Card: "77002"},
	} {
		if text == c.ID || text == c.Card || text == c.Phone || strings.HasPrefix(c.Name, text) {
			found = append(found, c)
		}
	}
	return found
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
		{ID: "water", Type: catalog.Product, Name: "Вода", Barcodes: []string{"4607015730012"}, Prices: price(4500), Rate: tax.VAT22, Tracking: "WATER"},
		{ID: "smokes", Type: catalog.Product, Name: "Сигареты", Barcodes: []string{"46198488"}, Prices: price(9500), Rate: tax.VAT22, Tracking: "TOBACCO", Tobacco: true},
		{ID: "energy", Type: catalog.Product, Name: "Напиток энергетический", Barcodes: []string{"4600000000152"}, Prices: price(9900), Rate: tax.VAT22},
		{ID: "same1", Type: catalog.Product, Name: "Тетрадь в клетку", Article: "K", Barcodes: []string{"4600000000138"}, Prices: price(1500), Rate: tax.VAT22},
		{ID: "same2", Type: catalog.Product, Name: "Тетрадь в линейку", Barcodes: []string{"4600000000138"}, Prices: price(1700), Rate: tax.VAT22},
		{ID: "cake", Type: catalog.Product, Name: "Пирог", Code: "00077", Barcodes: []string{"777123"}, Prices: price(30000), Rate: tax.VAT10},
		{ID: "vodka", Type: catalog.Product, Name: "Водка", Barcodes: []string{"4600000000077"}, Prices: price(100), Rate: tax.VAT22, Alcohol: true},
		{ID: "tea", Type: catalog.Product, Name: "Чай", Barcodes: []string{"4600000000091"}, Prices: price(777), Rate: tax.None, TaxSystem: tax.SimplifiedIncome},
		{ID: "gift", Type: catalog.Bundle, Name: "Набор", Barcodes: []string{"4600000000169"}, Prices: price(10001), Rate: tax.VAT22,
			Parts: []catalog.Part{{ItemID: "water", Quantity: 2000}, {ItemID: "bread", Quantity: 3000}, {ItemID: "cheese", Quantity: 333}}},
		{ID: "plain", Type: catalog.Bundle, Name: "Завтрак", Barcodes: []string{"4600000000176"}, Prices: price(10000), Rate: tax.VAT22, Parts: []catalog.Part{{ItemID: "bread", Quantity: 1000}}},
		{ID: "torn", Type: catalog.Bundle, Name: "Неизвестный", Barcodes: []string{"4600000000183"}, Prices: price(10000), Rate: tax.VAT22, Parts: []catalog.Part{{ItemID: "gone", Quantity: 1000}}},
		{ID: "party", Type: catalog.Bundle, Name: "Праздник", Barcodes: []string{"4600000000190"}, Prices: price(29500), Rate: tax.VAT22,
			Parts: []catalog.Part{{ItemID: "smokes", Quantity: 1000}, {ItemID: "phone", Quantity: 1000}}},
		{ID: "phone", Type: catalog.Product, Name: "Телефон", Barcodes: []string{"4600000000206"}, Prices: price(20000), Rate: tax.VAT22, Serials: true},
		{ID: "kvass", Type: catalog.Product, Name: "Квас разливной", Code: "00055", Barcodes: []string{"4600000000213"}, Prices: price(12000), Rate: tax.VAT22, Tracking: "SOFT_DRINKS", OnTap: true},
		{ID: "brie", Type: catalog.Product, Name: "Бри", Code: "00056", Barcodes: []string{"4600000000220"}, Prices: price(150000), Rate: tax.VAT10, Tracking: "MILK", ByWeight: true, UnitCode: 11},
		{ID: "pills", Type: catalog.Product, Name: "Таблетки", Barcodes: []string{"4600000000237"}, Prices: price(30000), Rate: tax.VAT10, Tracking: "MEDICINES", Divisible: true},
		{ID: "envd", Type: catalog.Product, Name: "ЕНВД", Barcodes: []string{"4600000000107"}, Prices: price(777), Rate: tax.None, TaxSystem: tax.UTII},
		{ID: "usn", Type: catalog.Product, Name: "УСН", Barcodes: []string{"4600000000084"}, Prices: price(100), Rate: tax.VAT22, TaxSystem: tax.SimplifiedIncome},
	}
}

// auditOf is the last audit record of a code.
func auditOf(t testing.TB, w *world, code string) (d auditData) {
	t.Helper()
	found := false
	for _, e := range append(slices.Clone(w.durable), w.posted...) {
		if e.Kind == record.Audit && e.Type == code {
			found = true
			if err := json.Unmarshal(e.Data, &d); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !found {
		t.Errorf("no audit record %q", code)
	}
	return d
}
