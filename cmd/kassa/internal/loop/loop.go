// Package loop runs a till: one goroutine owns the state, and runners carry
// out its effects.
//
// The owner takes events from a bounded inbox, lets pos/till.Step decide,
// hands effects to runners and publishes a new View. It never waits: every
// runner has a queue and a goroutine of its own, works under its own deadline
// and answers with an event. A runner that is overrun answers at once with an
// error instead of making the owner wait.
//
// Do, View and Wait may be called from any goroutine.
package loop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/till"
)

// Limits.
const (
	inboxSize    = 1024                    // events waiting for the owner
	runnerQueue  = 64                      // effects waiting for one runner
	storeTimeout = 20 * time.Second        // a disk slower than this is a failed disk
	findTimeout  = 2 * time.Second         // one code in the catalogue
	saleTimeout  = 15 * time.Second        // a document and its returns in the journal
	recalcLimit  = 1500 * time.Millisecond // the cloud's prices: somebody waits to pay
	askTimeout   = 3 * time.Second         // a customer, the cloud's word on his points included
	// permitTimeout is for the whole question about a marked unit: outside, then
	// the local module.
	permitTimeout = 4 * time.Second
	weighTimeout  = 8 * time.Second  // for what lies on the scale to lie still
	permitWorkers = 4                // units asked about at a time
	pinTimeout    = 10 * time.Second // all cashiers' PINs on a slow board
	tick          = time.Minute      // warnings that depend on the clock
)

// ErrNoItem is what the Catalog port answers for a code nothing has.
var ErrNoItem = errors.New("loop: no item has this code")

// ErrNoSale is what Options.Sale answers for an id no document has.
var ErrNoSale = errors.New("loop: no document has this id")

// Outputs are what a till can move and sound. Calls return at once.
type Outputs interface {
	OpenDrawer() bool // false: there is no drawer here, use the fiscal device's
	Beep(till.Signal)
}

// Options are a loop's ports.
type Options struct {
	Settings till.Settings
	Journal  till.Journal
	Catalog  till.Catalog
	// Customers finds known customers; nil: there are none.
	Customers till.Customers
	// Calculator calculates discounts where the store says that a cloud does;
	// nil: nobody does, and the till's own rules stand.
	Calculator till.Calculator
	// Items reads items of the catalogue as it is now, with its generation; those
	// that are not in it are left out. nil: they stay as they were scanned.
	Items  func(ctx context.Context, ids []string) ([]catalog.Item, int64, error)
	Fiscal till.Fiscal // nil: no fiscal device configured
	// Terminal moves money that is not cash; nil: people see to it.
	Terminal terminal.Terminal
	// Exchange is the same device, and Relay what carries its messages to their
	// operator; nil: nothing does.
	Exchange fiscal.Exchanger
	Relay    *relay.Relay
	Outputs  Outputs
	// Cashiers lists who may log in.
	Cashiers func() []catalog.Cashier
	// CheckPIN compares a PIN with a stored hash.
	CheckPIN func(hash, pin string) (bool, error)
	// Sale reads a document and those that undid parts of it; ErrNoSale when
	// there is none.
	Sale func(ctx context.Context, id uuid.UUID) (sale doc.Document, back []doc.Document, err error)
	// Permit says whether a marked unit may be sold; nil: nobody does, and none
	// is. SoldUnit tells whether this till has sold a unit already.
	Permit   till.Permit
	SoldUnit func(ctx context.Context, unit string) (bool, error)
	Scale    till.Scale // nil: there is none
	// Tickets takes over what the kitchen is to be told, at once; nil: nobody does.
	Tickets func([]kitchen.Ticket)
	// Wake tells the syncer that documents are waiting.
	Wake func()
	// WroteNothing tells an Append that certainly wrote nothing from one whose
	// outcome is unknown.
	WroteNothing func(error) bool
	// Explain turns a driver's or a disk's error into one of the catalogue.
	Explain func(error) *fault.Error
	Now     func() time.Time
	NewID   func() uuid.UUID
	Log     *slog.Logger
	// KKTEvery is how often the idle fiscal device is looked at.
	KKTEvery time.Duration
	// Alive is called each time the owner has turned, and every Beat although
	// nothing happens (0: never): a watchdog is fed by it. It must not wait.
	Alive func()
	Beat  time.Duration
}

// Loop runs one till.
type Loop struct {
	o     Options
	inbox chan till.Event
	done  chan struct{} // closed when Run has returned
	ctx   context.Context

	store   chan till.Store
	fiscal  chan till.Effect
	charges chan till.Effect
	unsure  string     // what the terminal's runner has said last of a payment nobody knows of
	visits  chan visit // nobody waits in it: they wait to be let in
	find    chan till.Lookup
	sale    chan till.LoadSale
	who     chan till.FindCustomer
	items   chan till.FindItems
	recalcs chan till.Recalc
	permits chan till.CheckPermit
	weigh   chan till.Weigh
	pins    chan till.Authenticate
	workers sync.WaitGroup

	mu      sync.Mutex // guards what follows
	req     till.Req
	waiting map[till.Req]chan *fault.Error
	view    till.View
	version uint64
	changed chan struct{} // closed at the next version
}

// New returns a loop that Run starts.
func New(o Options) *Loop {
	return &Loop{
		o: o, inbox: make(chan till.Event, inboxSize), done: make(chan struct{}),
		store: make(chan till.Store, runnerQueue), fiscal: make(chan till.Effect, runnerQueue), charges: make(chan till.Effect, runnerQueue),
		find: make(chan till.Lookup, runnerQueue), sale: make(chan till.LoadSale, runnerQueue), pins: make(chan till.Authenticate, runnerQueue),
		who: make(chan till.FindCustomer, runnerQueue), items: make(chan till.FindItems, runnerQueue),
		permits: make(chan till.CheckPermit, till.MaxHeld), recalcs: make(chan till.Recalc, runnerQueue),
		weigh:   make(chan till.Weigh, till.MaxHeld),
		visits:  make(chan visit),
		waiting: map[till.Req]chan *fault.Error{}, changed: make(chan struct{}),
		view: till.New(o.Settings).View(o.Now()),
	}
}

// Run owns the till until ctx ends. restored is the journal's memory.
func (l *Loop) Run(ctx context.Context, restored till.Restored) error {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		if l.o.Fiscal != nil {
			if err := l.o.Fiscal.Halt(); err != nil {
				l.o.Log.Warn("fiscal device did not halt", "err", err)
			}
		}
		if l.o.Terminal != nil {
			if err := l.o.Terminal.Halt(); err != nil {
				l.o.Log.Warn("payment terminal did not halt", "err", err)
			}
		}
		l.workers.Wait()
		close(l.done)
	}()
	l.ctx = ctx
	l.start(l.runStore)
	l.start(l.runFind)
	l.start(l.runSale)
	l.start(l.runCustomers)
	l.start(l.runItems)
	l.start(l.runRecalcs)
	for range permitWorkers {
		l.start(l.runPermits)
	}
	l.start(l.runScale)
	l.start(l.runPINs)
	l.start(l.runFiscal)
	l.start(l.runTerminal)
	if l.o.Relay != nil {
		l.start(l.o.Relay.Run)
	}

	state := till.New(l.o.Settings)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var beat <-chan time.Time
	if l.o.Beat > 0 {
		heart := time.NewTicker(l.o.Beat)
		defer heart.Stop()
		beat = heart.C
	}
	step := func(ev till.Event) {
		var fx []till.Effect
		state, fx = till.Step(state, till.Env{Now: l.o.Now(), NewID: l.o.NewID}, ev)
		l.publish(state.View(l.o.Now()))
		for _, e := range fx {
			l.perform(e)
		}
	}
	step(restored)
	for {
		select {
		case ev := <-l.inbox:
			step(ev)
		case <-ticker.C:
			step(till.Tick{})
		case <-beat:
		case <-ctx.Done():
			return nil
		}
		if l.o.Alive != nil {
			l.o.Alive()
		}
		if state.Phase() == till.Halted {
			return ErrHalted
		}
	}
}

// ErrHalted: a write failed. The process has to start again so that recovery
// finds out what is on the disk.
var ErrHalted = errors.New("loop: the journal failed, outcome unknown")

func (l *Loop) start(run func(context.Context)) {
	l.workers.Go(func() { run(l.ctx) })
}

// Send hands an event to the till; it waits only while the inbox is full.
func (l *Loop) Send(ctx context.Context, ev till.Event) error {
	if err := ctx.Err(); err != nil {
		return err // a caller that has gone wants nothing done any more
	}
	select {
	case l.inbox <- ev:
		return nil
	case <-l.done:
		return fault.New(fault.Unavailable)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post is Send for runners.
func (l *Loop) post(ctx context.Context, ev till.Event) {
	if err := l.Send(ctx, ev); err != nil && ctx.Err() == nil {
		l.o.Log.Error("event lost", "event", fmt.Sprintf("%T", ev), "err", err)
	}
}

// Do gives the till a command and waits for its reply: nil or a *fault.Error.
// When ctx ends first the command goes on and the error says so.
func (l *Loop) Do(ctx context.Context, cmd till.Event) error {
	answer := make(chan *fault.Error, 1)
	l.mu.Lock()
	l.req++
	req := l.req
	l.waiting[req] = answer
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.waiting, req)
		l.mu.Unlock()
	}()
	if err := l.Send(ctx, till.WithReq(cmd, req)); err != nil {
		return fault.Of(err)
	}
	select {
	case err := <-answer:
		if err == nil {
			return nil
		}
		return err
	case <-l.done:
		select {
		case err := <-answer:
			if err != nil {
				return err
			}
			return nil
		default:
			return fault.New(fault.Unavailable)
		}
	case <-ctx.Done():
		return fault.New(fault.Timeout).With(ctx.Err())
	}
}

// View returns the till as it is now, with its version.
func (l *Loop) View() (till.View, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.view, l.version
}

// Wait returns when the version is above after, or ctx ends.
func (l *Loop) Wait(ctx context.Context, after uint64) (uint64, error) {
	for {
		l.mu.Lock()
		version, changed := l.version, l.changed
		l.mu.Unlock()
		if version > after {
			return version, nil
		}
		select {
		case <-changed:
		case <-l.done:
			return version, fault.New(fault.Unavailable)
		case <-ctx.Done():
			return version, ctx.Err()
		}
	}
}

func (l *Loop) publish(v till.View) {
	l.mu.Lock()
	l.view = v
	l.version++
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
}

func (l *Loop) reply(e till.Reply) {
	l.mu.Lock()
	answer := l.waiting[e.Req]
	l.mu.Unlock()
	if answer == nil {
		return
	}
	select {
	case answer <- e.Err:
	default: // each Req is answered once; the owner would rather log than hang
		l.o.Log.Error("a request was answered twice", "req", uint64(e.Req))
	}
}
