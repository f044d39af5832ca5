package console

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/till"
)

// Self-checkout. The kiosk is the till itself with another face: an attendant
// has logged in and is the cashier of its receipts (which is what the law wants
// of an attended one), customers fill the one open cheque and pay it without
// cash. They can add, pay, say where the receipt goes, and call; whatever takes
// something back waits for the attendant, who types a PIN on the same screen.
//
// All that is shown follows from the till's view, but for how far the customer
// has come before the first scan and before the money moves: that is kept here,
// in memory, for every kiosk page shows the same customer. A till that starts
// again finds the basket in its journal and shows it.

// Kiosk is how a till is where customers serve themselves. Zero times are the
// usual ones.
type Kiosk struct {
	Idle      time.Duration // of a basket nobody touches, until the screen asks
	Countdown time.Duration // ..and then until it goes
	Attendant time.Duration // an attendant's pages stay open untouched
}

// The usual times.
const (
	usualIdle      = 45 * time.Second
	usualCountdown = 15 * time.Second
	usualAttendant = time.Minute
	kioskThanked   = 20 * time.Second // thanks stay for, when nobody else comes
	kioskLook      = time.Second      // how often the clock is looked at
)

func (k *Kiosk) filled() *Kiosk {
	if k == nil {
		return nil
	}
	f := *k
	for _, t := range []struct {
		d     *time.Duration
		usual time.Duration
	}{{&f.Idle, usualIdle}, {&f.Countdown, usualCountdown}, {&f.Attendant, usualAttendant}} {
		if *t.d <= 0 {
			*t.d = t.usual
		}
	}
	return &f
}

// How far a customer has come where the till's view does not tell.
const (
	stageScan = "scan" // began, nothing scanned yet
	stagePay  = "pay"  // chooses how to pay
)

// kiosk is the customer before it.
type kiosk struct {
	mu      sync.Mutex // guards what follows
	stage   string
	lang    string // "": the till's
	touched time.Time
	seen    kioskSeen
	called  string // the trouble there is, for which the attendant was called
	ours    bool   // ..by the kiosk itself
	version uint64
	news    chan struct{} // closed with the next version; nil: nobody waits
}

// changed tells the pages that something of the customer is another. k.mu is
// held.
func (k *kiosk) changed() {
	k.version++
	if k.news != nil {
		close(k.news)
		k.news = nil
	}
}

// next gives the version, and what ends with it.
func (k *kiosk) next() (uint64, <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.news == nil {
		k.news = make(chan struct{})
	}
	return k.version, k.news
}

// kioskSeen is what changes when a customer does something.
type kioskSeen struct {
	cheque    uuid.UUID
	revision  int64
	scans     int
	notices   int
	questions int
	checks    int
	phase     string
	last      uuid.UUID // the receipt printed last
}

func seenBy(v *till.View) kioskSeen {
	seen := kioskSeen{cheque: v.Cheque.ID, revision: v.Cheque.Revision, scans: v.Scans, notices: len(v.Notices), questions: len(v.Questions), checks: len(v.Checks), phase: v.Phase}
	if v.Last != nil {
		seen.last = v.Last.DocumentID
	}
	return seen
}

// kioskState is the customer as a page shows him.
type kioskState struct {
	Stage string
	Lang  string
	Left  int // seconds of the countdown; 0: it does not run
}

// kioskNow gives the state at a moment.
func (c *Console) kioskNow(v *till.View, now time.Time) (s kioskState) {
	if c.o.Kiosk == nil {
		return s
	}
	k := &c.kiosk
	k.mu.Lock()
	defer k.mu.Unlock()
	s.Stage, s.Lang = k.stage, k.lang
	if left := k.touched.Add(c.o.Kiosk.Idle + c.o.Kiosk.Countdown).Sub(now); k.waits(v) && left <= c.o.Kiosk.Countdown {
		s.Left = max(1, int((left+time.Second-1)/time.Second))
	}
	return s
}

// waits tells whether the time of the customer runs: he has begun, and neither
// money is moved nor does he wait for the attendant.
func (k *kiosk) waits(v *till.View) bool {
	begun := k.stage != "" || len(v.Cheque.Lines) > 0 || len(v.Notices) > 0
	return begun && v.Cashier != nil && v.Phase == till.Idle.String() && v.Doubt == nil && len(v.Questions) == 0 && len(v.Checks) == 0 && v.Help == nil
}

// touch remembers that somebody is there, and how far he has come.
func (c *Console) touchKiosk(change func(*kiosk)) {
	k := &c.kiosk
	k.mu.Lock()
	defer k.mu.Unlock()
	k.touched = c.o.Now()
	if change != nil {
		change(k)
	}
	k.changed()
}

// kioskLang is the language its customer has chosen; "" none.
func (c *Console) kioskLang() string {
	c.kiosk.mu.Lock()
	defer c.kiosk.mu.Unlock()
	return c.kiosk.lang
}

// keepKiosk looks after the customer until the console ends: it calls the
// attendant where only he can help, and puts a basket away that was left.
func (c *Console) keepKiosk() {
	for c.ctx.Err() == nil {
		v, version := c.o.Till.View()
		c.lookAtKiosk(&v)
		ctx, cancel := context.WithTimeout(c.ctx, kioskLook)
		if _, err := c.o.Till.Wait(ctx, version); err != nil {
			<-ctx.Done()
		}
		cancel()
	}
}

func (c *Console) lookAtKiosk(v *till.View) {
	k := &c.kiosk
	k.mu.Lock()
	now := c.o.Now() // not before: a touch meanwhile would be forgotten
	if seen := seenBy(v); seen != k.seen || !k.waits(v) || k.touched.After(now) {
		if seen.last != k.seen.last && seen.last != uuid.Nil && k.stage != "" { // paid: the next one begins anew
			k.stage = ""
			k.changed()
		}
		if k.touched.Add(c.o.Kiosk.Idle).Before(now) { // the page asks, and need not any more
			k.changed()
		}
		k.seen, k.touched = seen, now
	}
	if free := k.stage == "" && v.Phase == till.Idle.String() && len(v.Cheque.Lines) == 0; free && k.lang != "" && (v.Last == nil || now.Sub(v.Last.At) >= kioskThanked) {
		k.lang = "" // the thanks are over
		k.changed()
	}
	left := k.waits(v) && now.Sub(k.touched) >= c.o.Kiosk.Idle+c.o.Kiosk.Countdown
	trouble := kioskTrouble(v, now)
	call := trouble != "" && trouble != k.called
	call = call && v.Help == nil
	over := trouble == "" && k.ours && v.Help != nil
	k.called, k.ours = trouble, (k.ours || call) && trouble != ""
	k.mu.Unlock()
	switch {
	case call:
		c.o.Log.Info("console: the kiosk calls the attendant", "why", trouble)
		c.tellTill(till.CallHelp{})
	case over: // nobody has to come any more
		c.tellTill(till.CallHelp{Answered: true})
	}
	if left {
		c.clearKiosk(v)
	}
}

// clearKiosk makes room for the next customer. What the attendant may not throw
// away is put aside for him.
func (c *Console) clearKiosk(v *till.View) {
	if len(v.Cheque.Lines) > 0 {
		seen := till.Seen{Cheque: v.Cheque.ID, Revision: v.Cheque.Revision}
		if !c.tellTill(till.VoidCheque{Seen: seen}) {
			name := c.langs[c.o.Language].must("kiosk.parked", c.o.Now().Format("15:04"))
			if !c.tellTill(till.Park{Name: name}) {
				return
			}
		}
	}
	if len(v.Notices) > 0 {
		c.tellTill(till.Dismiss{})
	}
	c.touchKiosk(func(k *kiosk) { k.stage, k.lang = "", "" })
}

// tellTill gives the till a command of the kiosk's own.
func (c *Console) tellTill(cmd till.Event) bool {
	ctx, cancel := context.WithTimeout(c.ctx, commandTimeout)
	defer cancel()
	if err := c.do(ctx, cmd); err != nil {
		c.o.Log.Info("console: the kiosk's command was refused", "code", err.Code, "err", err)
		return false
	}
	return true
}
