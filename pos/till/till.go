package till

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/lockout"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/restrict"
	"github.com/kassa-pos/kassa/pos/shift"
	"github.com/kassa-pos/kassa/pos/stock"
)

// Limits of the till. Exceeding one is an error with a code.
const (
	MaxCode      = 255 // bytes of a scanned code
	MaxScans     = 256 // codes waiting to be looked up
	MaxNotices   = 20  // rows beside the cheque; the oldest goes
	MaxParked    = 100 // parked cheques
	MaxChange    = 100_000 * money.Rouble
	MaxAttempts  = 3               // of registering one document
	MaxReason    = 200             // runes of a reason
	MaxName      = 60              // runes of a parked cheque's name
	MaxPIN       = 12              // digits
	MaxCustomer  = 100             // runes of what a customer is looked for by
	maxUnposted  = 32              // entries that wait for the next Store
	maxMade      = 64              // documents remembered by id
	redoWithin   = 5 * time.Minute // after a restart a receipt this old is not printed unasked
	resolveEvery = time.Second     // asking the device again
)

// Phase is where the till stands.
type Phase int

// The phases, see the package comment.
const (
	Starting Phase = iota
	Idle
	Loading
	Marking
	Intending
	Preparing
	Committing
	Resolving
	Recording
	Voiding
	Reporting
	Filing
	Charging
	Checking
	Counting
	Blocked
	Halted
	numPhases
)

var phaseNames = [numPhases]string{"starting", "idle", "loading", "marking", "intending", "preparing", "committing", "resolving",
	"recording", "voiding", "reporting", "filing", "charging", "checking", "counting", "blocked", "halted"}

func (p Phase) String() string { return phaseNames[p] }

// Settings is what a till is told once.
type Settings struct {
	Bench    bool   // a test FN is allowed: never in a shop
	Currency string // ISO 4217
	Prefix   string // of document names, when the store gives none
	Watch    Watch
	Scale    bool            // there is one, and it is asked for the weight of goods that have none
	Codes    gs1.Shop        // how the shop's own codes look; the weight prefix is the store's
	Restrict *restrict.Rules // nil: the federal ones
	// Card and QR: a payment terminal, or a service of payments by QR, moves such
	// money. Without them a person sees to it, and the till takes his word.
	Card, QR bool
	Kitchen  KitchenSettings
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
	// approval lets the cashier's next command through that needs one.
	approval *approval

	shift     *shift.Shift
	lastShift int64
	drawer    money.Amount // cash left when the last shift closed

	cart   cheque.Cheque
	priced pricing.Priced
	// cashTotal is what the cart comes to in cash alone: its kopecks may be dropped.
	cashTotal money.Amount
	problem   *fault.Error // why the cart can not be priced
	touched   uuid.UUID
	pinned    *pricing.Rules // rules the cart began with
	parked    []cheque.Cheque
	gone      []goneID // of programs: cheques that are not there any more, oldest first
	notices   []Notice
	last      *LastView // shown until the next scan
	receipt   *LastView // the last one made, until the next

	repriced []PriceChange // what calling the cheque back has changed
	renewing renewing      // the items of a cheque that was called back
	asking   asking        // a customer

	held     []held // scanned units that wait beside the cheque for an answer
	scans    []Scan // waiting; the first is being looked up
	lookup   Op
	deferred *Pay // waits for the scans before it..
	before   int  // ..so many of them

	recalc recalculating // the cloud's prices of the cart

	claims []Claim // live; never changed in place

	sheet   stock.Sheet // the stock document that is being filled
	counted uuid.UUID   // its line changed last

	job      *bracket
	acquired *doc.Acquiring // the terminal and the last shift, while they differ
	late     lateCodes      // payments by QR that were given up
	aside    []aside        // receipts nobody waits for, in a cloud's queue
	made     []uuid.UUID    // documents made lately, see Once

	stations  []kitchen.Station // of the kitchen
	lastOrder int               // its last number

	store      catalog.Store
	discounts  []catalog.Discount
	promotions []catalog.Promotion // of the catalogue
	own        []catalog.Promotion // of this till, from a file
	rules      *pricing.Rules
	generation int64
	device     Device
	lastNumber int64
	warnings   []fault.Warning
	unposted   []record.Entry // to go before the next Store
	postErr    *fault.Error
	spaceLow   bool
	felt       senses
	help       time.Time // since when the attendant is called; zero: he is not
	floor      time.Time // no earlier clock is right

	fn     string     // fiscal storage the till works with
	lastFD uint32     // last document known of it
	fnSeen kkt.Status // the device with it, as last seen

	active time.Time // somebody did something
	tried  time.Time // the watch tried to close the shift
}

type login struct {
	op   Op
	word bool // the PIN approves, it logs nobody in
	req  Req
	lock lockout.Lock
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
	by  *catalog.Cashier // who approved the command under way
}

// Step is the till. It never fails: what can not be done is a Reply with the
// reason, or a notice on the screen.
func Step(s State, env Env, ev Event) (State, []Effect) {
	t := &turn{State: s, env: env}
	if reqOf(ev) != 0 || ev.kind() == evScan {
		t.active = env.Now
	}
	switch v := admit[ev.kind()][s.phase]; {
	case t.waitsForRemote(ev):
	case v.refuse != "":
		t.reply(reqOf(ev), fault.New(v.refuse))
		if sc, ok := ev.(Scan); ok && sc.Req == 0 {
			t.notice(fault.New(v.refuse), sc.Code)
		}
	case v.handle:
		t.command(ev)
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
		t.deviceChanged(e.Device)
	case Tick:
		t.watch()
		t.askLate()
	case PostFailed:
		t.postErr = e.Err
		if len(t.unposted)+len(e.Entries) <= maxUnposted {
			t.unposted = append(slices.Clone(t.unposted), e.Entries...)
		}
	case SpaceChanged:
		t.spaceLow = e.Low
	case ClockConfirmed:
		if t.env.Now.Before(t.floor) {
			t.floor = t.env.Now
		}
	case Sensed:
		t.sensed(e)
	case Abandon:
		t.abandon(e)
	case Settle:
		t.settleAside(e)
	case Login:
		t.askLogin(e)
	case Authenticated:
		t.authenticated(e)
	case Approve:
		t.askApprove(e)
	case Logout:
		t.logout(e)
	case Scan:
		t.scan(e)
	case Looked:
		t.looked(e)
	case Weighed:
		t.weighed(e)
	case Permitted:
		t.permitted(e)
	case Choose:
		t.choose(e)
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
	case SendKitchen:
		t.sendKitchen(e)
	case SetNote:
		t.setNote(e)
	case PutCheques:
		t.putCheques(e)
	case Dismiss:
		t.dismiss(e)
	case CallHelp:
		t.callHelp(e)
	case CountDrawer:
		t.countDrawer(e)
	case BeginStock, DescribeStock, SetStock, RemoveStock, PauseStock, CancelStock, FinishStock:
		t.stockCommand(ev)
	case TakeOrder:
		t.takeOrder(e)
	case NoSale:
		t.noSale(e)
	case Allow:
		t.reply(e.Req, nil)
	case SetPrice:
		t.setPrice(e)
	case AdjustLine:
		t.adjustLine(e)
	case AdjustCheque:
		t.adjustCheque(e)
	case SetCustomer:
		t.setCustomer(e)
	case ClearCustomer:
		t.clearCustomer(e)
	case AddCoupon:
		t.addCoupon(e)
	case RemoveCoupon:
		t.removeCoupon(e)
	case SpendBonus:
		t.spendBonus(e)
	case CustomerFound:
		t.customerFound(e)
	case ItemsFound:
		t.itemsFound(e)
	case Recalculate:
		t.recalculate(e)
	case Recalculated:
		t.recalculated(e)
	case SetContact:
		t.setContact(e)
	case SetBuyer:
		t.setBuyer(e)
	case Retry:
		t.retry(e)
	case Pay:
		t.pay(e)
	case work:
		t.start(e)
	case XReport:
		t.xReport(e)
	case SetPromotions:
		t.setPromotions(e)
	case AcceptFN:
		t.acceptFN(e)
	case SaleLoaded:
		t.loaded(e)
	case Marked:
		t.marked(e)
	case Stored:
		t.stored(e)
	case Prepared:
		t.prepared(e)
	case Committed:
		t.committed(e)
	case Charged:
		t.chargeDone(e)
	case ChargeShown:
		t.waitsFor(e)
	case ChargeCounted:
		t.chargeCounted(e)
	case CancelCharge:
		t.callOff(e)
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
	t.tell(err, Notice{Raw: printable(raw)})
	t.do(Beep{SignalError})
}

// dismiss takes the rows away, or one.
func (t *turn) dismiss(e Dismiss) {
	if e.Notice == uuid.Nil {
		t.notices, t.repriced = nil, nil
	} else {
		t.notices = slices.DeleteFunc(slices.Clone(t.notices), func(n Notice) bool { return n.ID == e.Notice })
	}
	t.reply(e.Req, nil)
}

// tell puts a row beside the cheque.
func (t *turn) tell(err *fault.Error, n Notice) {
	n.ID, n.At, n.Code, n.Args = t.env.NewID(), t.env.Now, err.Code, err.Args
	all := append(append(make([]Notice, 0, len(t.notices)+1), t.notices...), n)
	t.notices = all[max(0, len(all)-MaxNotices):]
}
