// Package ecrtest is an emulated payment terminal with a bank behind it, and an
// emulated service of payments by QR code, at the far end of the ecr line. It
// moves no money and prints no slip: it is a test double and stands in no image.
//
// A person, or a test, is the customer: Hands says what becomes of what comes,
// Approve, Decline and CallOff decide what waits. Faults break it on purpose. A
// terminal goes on with its customer when the till is gone, as real ones do.
//
// All of it may be called from several goroutines.
package ecrtest

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Fault is a way to break.
type Fault string

// The faults. Those of one go are spent by the next operation; the others last
// until Mend.
const (
	Hang       Fault = "hang"        // hears everything and says nothing
	Garbage    Fault = "garbage"     // answers in bytes that are no frame
	Slow       Fault = "slow"        // takes its time with every answer
	Unplugged  Fault = "unplugged"   // no link
	LoseAnswer Fault = "lose_answer" // one go: decides, and the link breaks before the answer
	PowerCut   Fault = "power_cut"   // one go: dies before it decides and has forgotten the operation
	OtherSum   Fault = "other_sum"   // one go: approves a rouble more than was asked
	LatePaid   Fault = "late_paid"   // one go: a code that is over is paid all the same
)

// Faults lists all faults.
func Faults() []Fault {
	return []Fault{Hang, Garbage, Slow, Unplugged, LoseAnswer, PowerCut, OtherSum, LatePaid}
}

// Options are a terminal's settings.
type Options struct {
	TID, MID string
	Now      func() time.Time // nil: time.Now
	Delay    time.Duration    // of Slow; 0: 3 s
	Alive    time.Duration    // "waiting" is said so often; 0: 2 s
}

// maxOps is how many operations are remembered.
const maxOps = 10_000

// fullText refuses what is above maxOps.
const fullText = "ЖУРНАЛ ПОЛОН"

// Terminal is the emulated terminal.
type Terminal struct {
	o Options

	mu     sync.Mutex // guards what follows
	ops    map[uuid.UUID]*op
	order  []*op
	hands  Hands
	faults map[Fault]bool
	links  map[*conn]bool
	rrn    int64
	day    int
	label  uuid.UUID // what the terminal was reconciled for last
	begin  int       // ..with the operations from here on
	end    int       // ..and those from here on came later
	notify chan struct{}

	file   *os.File // the bank's books; nil: nobody keeps them
	broken error    // why they can not be written
}

// Hands is what becomes of an operation that comes.
type Hands struct {
	Wait    bool            // the customer does nothing by himself
	Decline terminal.Reason // "": approved
}

// op is one operation as the bank sees it.
type op struct {
	req    ecr.Request
	kind   charge.Kind
	is     ecr.Is
	reason terminal.Reason
	text   string
	slip   *doc.Slip
	day    int
	back   money.Amount // went back already
	undone bool
	until  time.Time // a code may be paid
	late   bool
	done   chan struct{} // closed when it is decided
}

// New returns a terminal that approves everything.
func New(o Options) *Terminal {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Delay <= 0 {
		o.Delay = 3 * time.Second
	}
	if o.Alive <= 0 {
		o.Alive = 2 * time.Second
	}
	return &Terminal{o: o, ops: map[uuid.UUID]*op{}, faults: map[Fault]bool{}, links: map[*conn]bool{}, notify: make(chan struct{})}
}

// SetHands says what becomes of the operations that come.
func (t *Terminal) SetHands(h Hands) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hands = h
	t.changed()
}

// Break begins a fault. Unplugged and PowerCut take the link away at once.
func (t *Terminal) Break(f Fault) error {
	if !slices.Contains(Faults(), f) {
		return fmt.Errorf("ecrtest: no fault %.40q", string(f))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults[f] = true
	if f == Unplugged {
		t.cut()
	}
	if f == PowerCut && t.waiting() != nil {
		t.powerCut()
	}
	t.changed()
	return nil
}

// Mend ends all faults.
func (t *Terminal) Mend() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.faults)
	t.faults[Unplugged] = t.broken != nil
	t.changed()
}

// powerCut forgets what is not decided and takes the link away.
func (t *Terminal) powerCut() {
	delete(t.faults, PowerCut)
	for _, o := range t.order {
		if o.is == ecr.IsWaiting {
			t.decide(o, ecr.IsDeclined, terminal.Refused, "ПИТАНИЕ")
		}
	}
	t.cut()
}

// cut takes every link away.
func (t *Terminal) cut() {
	for c := range t.links {
		c.cut()
	}
}

// changed wakes who watches.
func (t *Terminal) changed() {
	close(t.notify)
	t.notify = make(chan struct{})
}

// spend tells whether a fault of one go is on, and ends it.
func (t *Terminal) spend(f Fault) bool {
	on := t.faults[f]
	delete(t.faults, f)
	return on
}

// Approve lets the customer pay what waits.
func (t *Terminal) Approve() error { return t.settle(ecr.IsApproved, "") }

// Decline lets the bank refuse what waits.
func (t *Terminal) Decline(why terminal.Reason) error { return t.settle(ecr.IsDeclined, why) }

// CallOff lets the customer call off what waits.
func (t *Terminal) CallOff() error { return t.settle(ecr.IsCancelled, "") }

func (t *Terminal) settle(is ecr.Is, why terminal.Reason) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	o := t.waiting()
	if o == nil {
		return fmt.Errorf("ecrtest: nothing waits")
	}
	t.decide(o, is, why, "")
	return nil
}

// waiting is the operation that waits for a customer.
func (t *Terminal) waiting() *op {
	for i := len(t.order) - 1; i >= 0; i-- {
		if t.order[i].is == ecr.IsWaiting {
			return t.order[i]
		}
	}
	return nil
}

// decide ends an operation.
func (t *Terminal) decide(o *op, is ecr.Is, why terminal.Reason, text string) {
	o.is, o.reason, o.text = is, why, text
	touched := []*op{o}
	if is == ecr.IsApproved {
		touched = append(touched, t.approve(o)...)
	}
	t.keep(touched...)
	close(o.done)
	t.changed()
}

// approve moves the money. It tells which other operations it has changed.
func (t *Terminal) approve(o *op) (touched []*op) {
	t.rrn++
	sum := o.req.Sum
	if t.spend(OtherSum) {
		sum += money.Rouble
	}
	s := &doc.Slip{Kind: o.req.Via, Operation: o.req.Op, Sum: sum, Terminal: t.o.TID, Merchant: t.o.MID, Time: t.o.Now().Truncate(time.Second),
		RRN: fmt.Sprintf("%012d", 612300000000+t.rrn), AuthCode: fmt.Sprintf("T%05d", t.rrn), Number: fmt.Sprintf("%06d", t.rrn)}
	switch o.req.Via {
	case doc.SlipQR:
		s.QRID = codeID(o.req.Op)
	default:
		s.PAN, s.System = fmt.Sprintf("220070******%04d", t.rrn%10_000), "МИР"
	}
	o.slip, o.day = s, t.day
	of := t.ops[o.req.Of]
	switch {
	case of == nil:
	case o.kind == charge.Cancel:
		of.undone, o.undone = true, true
		if origin := t.ops[of.req.Of]; of.kind == charge.Refund && origin != nil {
			origin.back -= of.slip.Sum // it never went back
			touched = append(touched, origin)
		}
		touched = append(touched, of)
	case o.kind == charge.Refund:
		of.back += sum
		touched = append(touched, of)
	}
	return touched
}

// codeID is the service's name of a code.
func codeID(id uuid.UUID) string { return fmt.Sprintf("TEST%X", id[10:]) }

// code is what a customer would scan: nothing a bank's application pays.
func code(o *op) string {
	return fmt.Sprintf("https://qr.invalid/test/%s?type=02&sum=%d&cur=RUB", codeID(o.req.Op), int64(o.req.Sum))
}

// expire ends the codes that are over, and lets one be paid late.
func (t *Terminal) expire() {
	for _, o := range t.order {
		switch {
		case o.is == ecr.IsWaiting && !o.until.IsZero() && !t.o.Now().Before(o.until):
			t.decide(o, ecr.IsDeclined, terminal.Expired, "")
			if o.late = t.spend(LatePaid); o.late {
				t.keep(o)
			}
		}
	}
}

// payLate lets a code that is over be paid: who asks once more hears of it.
func (t *Terminal) payLate(o *op) {
	if o.late {
		o.late, o.is, o.reason = false, ecr.IsApproved, ""
		t.keep(append(t.approve(o), o)...)
		t.changed()
	}
}
