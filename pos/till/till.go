// Package till is the till itself: a pure state machine.
//
// Step(state, event) gives the next state and the effects to carry out. It
// reads no clock, opens no file and waits for nothing: time and new
// identities come in Env, and whatever takes time is an effect whose
// completion comes back as an event. One goroutine owns the state and never
// waits, so a dead printer or a slow disk stalls neither the cheque nor the
// screen.
//
// # Phases
//
// The cheque can be filled, parked and recalled in every phase but Starting
// and Halted. The phases are those of the fiscal bracket, the steps of
// registering one document (a receipt, the opening or closing of a shift):
//
//	Starting --Restored--> Idle
//	    |  an intent without outcome
//	    +--------------------------------> Resolving
//
//	Idle --Pay/OpenShift/CloseShift--> Marking     where does the FN stand?
//	Marking    --> Intending                       store intent and frozen document
//	Intending  --> Preparing                       all that can be cancelled
//	Preparing  --> Committing | Voiding            register | take back
//	Committing --> Recording | Resolving           answered | in doubt
//	Resolving  --> Recording                       the FN has it
//	           --> Preparing | Voiding             it has not: again | give up
//	           --> Blocked                         it has something else
//	Resolving, Blocked --Abandon--> Voiding        a senior has looked
//	Recording  --> Idle                            outcome and document are durable: paid
//	Voiding    --> Idle                            the numbers are accounted for
//	Idle --XReport--> Reporting --> Filing --> Idle
//
// Any failed write leads to Halted: the outcome is unknown, nothing is
// acknowledged any more, and the process starts again into recovery.
//
// While a cheque is being paid scans open the next one. When the payment
// comes to nothing its cheque returns and the next one is parked.
//
// Which event is welcome in which phase is one table, in admit.go.
package till

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/shift"
)

// Limits of the till. Exceeding one is an error with a code.
const (
	MaxCode       = 255 // bytes of a scanned code
	MaxScans      = 256 // codes waiting to be looked up
	MaxNotices    = 20  // rows beside the cheque; the oldest goes
	MaxParked     = 100 // parked cheques
	MaxChange     = 100_000 * money.Rouble
	MaxAttempts   = 3                // of registering one document
	MaxName       = 60               // runes of a parked cheque's name
	MaxPIN        = 12               // digits
	wrongPINs     = 5                // before the login is locked
	lockedFor     = 30 * time.Second // doubles up to lockedMost
	lockedMost    = 15 * time.Minute
	wrongForgot   = 10 * time.Minute // a quiet spell this long forgets wrong PINs
	maxUnposted   = 32               // entries that wait for the next Store
	redoWithin    = 5 * time.Minute  // after a restart a receipt this old is not printed unasked
	shiftWarnAge  = 22 * time.Hour
	resolveEvery  = time.Second        // asking the device again
	unsentWarnAge = 3 * 24 * time.Hour // documents the OFD has not got
)

// Phase is where the till stands.
type Phase int

// The phases, see the package comment.
const (
	Starting Phase = iota
	Idle
	Marking
	Intending
	Preparing
	Committing
	Resolving
	Recording
	Voiding
	Reporting
	Filing
	Blocked
	Halted
	numPhases
)

var phaseNames = [numPhases]string{"starting", "idle", "marking", "intending", "preparing", "committing", "resolving",
	"recording", "voiding", "reporting", "filing", "blocked", "halted"}

func (p Phase) String() string { return phaseNames[p] }

// Settings is what a till is told once.
type Settings struct {
	Bench    bool   // a test FN is allowed: never in a shop
	Currency string // ISO 4217
	Prefix   string // of document names, when the store gives none
}

// State is everything a till knows. The zero value with Settings is a till
// that is starting. Treat it as a value: Step never changes its argument.
type State struct {
	Settings Settings
	phase    Phase
	lastOp   Op

	cashier *catalog.Cashier
	session uuid.UUID // the login's audit group
	login   login

	shift     *shift.Shift
	lastShift int64
	drawer    money.Amount // cash left when the last shift closed

	cart    cheque.Cheque
	priced  pricing.Priced
	problem *fault.Error // why the cart can not be priced
	touched uuid.UUID
	pinned  *pricing.Rules // rules the cart began with
	parked  []cheque.Cheque
	notices []Notice
	last    *LastView // shown until the next scan
	receipt *LastView // the last one made, until the next

	scans    []Scan // waiting; the first is being looked up
	lookup   Op
	deferred *Pay // waits for the scans before it..
	before   int  // ..so many of them

	job *bracket

	store      catalog.Store
	rules      *pricing.Rules
	generation int64
	device     Device
	lastNumber int64
	warnings   []fault.Warning
	unposted   []record.Entry // to go before the next Store
	postErr    *fault.Error
	spaceLow   bool
	floor      time.Time // no earlier clock is right
}

type login struct {
	op     Op
	req    Req
	wrong  int           // since the last quiet spell
	at     time.Time     // of the last wrong one
	locked time.Time     // until then
	next   time.Duration // how long the next lock is
}

// New returns a till that waits for Restored.
func New(set Settings) State {
	rules, _ := pricing.Compile(pricing.Config{})
	return State{Settings: set, rules: rules}
}

// Phase tells where the till stands.
func (s State) Phase() Phase { return s.phase }

// Env is what Step may not find out by itself.
type Env struct {
	Now   time.Time
	NewID func() uuid.UUID // UUIDv7
}

// turn is one Step under way.
type turn struct {
	State
	env Env
	fx  []Effect
}

// Step is the till. It never fails: what can not be done is a Reply with the
// reason, or a notice on the screen.
func Step(s State, env Env, ev Event) (State, []Effect) {
	t := &turn{State: s, env: env}
	switch v := admit[ev.kind()][s.phase]; {
	case v.refuse != "":
		t.reply(reqOf(ev), fault.New(v.refuse))
		if sc, ok := ev.(Scan); ok && sc.Req == 0 {
			t.notice(fault.New(v.refuse), sc.Code)
		}
	case v.handle:
		t.handle(ev)
	}
	t.refreshWarnings()
	return t.State, t.fx
}

func (t *turn) handle(ev Event) {
	switch e := ev.(type) {
	case Restored:
		t.restore(e)
	case CatalogChanged:
		t.catalogChanged(e)
	case DeviceChanged:
		t.device = e.Device
	case PostFailed:
		t.postErr = e.Err
		if len(t.unposted)+len(e.Entries) <= maxUnposted {
			t.unposted = append(slices.Clone(t.unposted), e.Entries...)
		}
	case SpaceChanged:
		t.spaceLow = e.Low
	case Abandon:
		t.abandon(e)
	case Login:
		t.askLogin(e)
	case Authenticated:
		t.authenticated(e)
	case Logout:
		t.logout(e)
	case Scan:
		t.scan(e)
	case Looked:
		t.looked(e)
	case SetQty:
		t.setQty(e)
	case VoidLine:
		t.voidLine(e)
	case VoidCheque:
		t.voidCheque(e)
	case Park:
		t.park(e)
	case Recall:
		t.recall(e)
	case Dismiss:
		t.notices = nil
		t.reply(e.Req, nil)
	case Pay:
		t.pay(e)
	case OpenShift:
		t.openShift(e)
	case CloseShift:
		t.closeShift(e)
	case XReport:
		t.xReport(e)
	case Marked:
		t.marked(e)
	case Stored:
		t.stored(e)
	case Prepared:
		t.prepared(e)
	case Committed:
		t.committed(e)
	case Resolved:
		t.resolved(e)
	case Reported:
		t.reported(e)
	case Timer:
		t.timer(e)
	}
}

// today is the moment prices and rates are judged by: the clock, but never
// before the floor. A board without a battery wakes up in the past.
func (t *turn) today() time.Time {
	if t.env.Now.Before(t.floor) {
		return t.floor
	}
	return t.env.Now
}

func (t *turn) do(e Effect) { t.fx = append(t.fx, e) }

func (t *turn) nextOp() Op {
	t.lastOp++
	return t.lastOp
}

func (t *turn) reply(req Req, err *fault.Error) {
	if req != 0 {
		t.do(Reply{Req: req, Err: err})
	}
}

func (t *turn) notice(err *fault.Error, raw string) {
	n := Notice{ID: t.env.NewID(), At: t.env.Now, Code: err.Code, Args: err.Args, Raw: printable(raw)}
	all := append(append(make([]Notice, 0, len(t.notices)+1), t.notices...), n)
	t.notices = all[max(0, len(all)-MaxNotices):]
	t.do(Beep{SignalError})
}
