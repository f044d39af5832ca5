package ecrtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
)

// conn is one link from a till.
type conn struct {
	link.Conn
	writing sync.Mutex
	once    sync.Once
}

// cut takes the link away.
func (c *conn) cut() { c.once.Do(func() { _ = c.Close() }) } // the reader sees it

// writeLimit is how long a till may not read.
const writeLimit = 3 * time.Second

// errUnplugged refuses a link.
var errUnplugged = errors.New("ecrtest: unplugged")

// Serve talks to one till until its link ends or ctx does. Several may be
// served.
func (t *Terminal) Serve(ctx context.Context, stream link.Conn) error {
	c := &conn{Conn: stream}
	t.mu.Lock()
	if t.faults[Unplugged] {
		t.mu.Unlock()
		c.cut()
		return errUnplugged
	}
	t.links[c] = true
	t.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, c.cut)
	var answering sync.WaitGroup
	defer func() {
		t.mu.Lock()
		delete(t.links, c)
		t.mu.Unlock()
		cancel()
		stop()
		c.cut()
		answering.Wait()
	}()
	for {
		var r ecr.Request
		if err := ecr.ReadFrame(c, &r); err != nil {
			return err
		}
		answering.Go(func() { t.answer(ctx, c, r) })
	}
}

// say writes an answer, as far as the faults let it.
func (t *Terminal) say(ctx context.Context, c *conn, a ecr.Answer) {
	t.mu.Lock()
	hang, slow, garbage := t.faults[Hang], t.faults[Slow], t.faults[Garbage]
	t.mu.Unlock()
	if hang {
		return
	}
	if slow {
		timer := time.NewTimer(t.o.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
	b, err := ecr.Frame(a)
	if err != nil {
		return
	}
	if garbage {
		for i := range b {
			b[i] ^= byte(i)*31 + 0x5A
		}
		b[0], b[1], b[2] = 0x02, 0xFF, 0xFF
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.SetWriteDeadline(time.Now().Add(writeLimit)) != nil {
		return
	}
	if _, err := c.Write(b); err != nil {
		c.cut()
	}
}

func (t *Terminal) answer(ctx context.Context, c *conn, r ecr.Request) {
	t.mu.Lock()
	hang := t.faults[Hang]
	t.mu.Unlock()
	if hang && r.Do != ecr.DoAbort {
		return // it does not even look
	}
	switch r.Do {
	case ecr.DoStatus:
		t.say(ctx, c, ecr.Answer{N: r.N, Is: ecr.IsReady, Status: &terminal.Status{Model: "Kassa emulator", Terminal: t.o.TID, Merchant: t.o.MID, Card: true, QR: true}})
	case ecr.DoPay, ecr.DoRefund, ecr.DoCancel:
		t.operate(ctx, c, r)
	case ecr.DoFind:
		if a, lost := t.found(r); lost {
			c.cut()
		} else {
			t.say(ctx, c, a)
		}
	case ecr.DoAbort:
		t.abort(r.Op)
	case ecr.DoReconcile:
		totals := t.reconcile(r.Op)
		t.say(ctx, c, ecr.Answer{N: r.N, Is: ecr.IsTotals, Totals: &totals})
	default:
		t.say(ctx, c, ecr.Answer{N: r.N, Is: ecr.IsUnable})
	}
}

// abort calls off what waits; a code is over then.
func (t *Terminal) abort(id uuid.UUID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	if o := t.ops[id]; o != nil && o.is == ecr.IsWaiting {
		t.decide(o, ecr.IsCancelled, "", "")
		if o.late = o.req.Via == doc.SlipQR && t.spend(LatePaid); o.late {
			t.keep(o)
		}
	}
}

// found answers what became of an operation, or loses the answer. One never
// heard of is forbidden.
func (t *Terminal) found(r ecr.Request) (a ecr.Answer, lost bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	o := t.ops[r.Op]
	if o == nil {
		o = &op{req: r, is: ecr.IsNone, done: make(chan struct{})}
		close(o.done)
		if len(t.ops) < 2*maxOps {
			t.ops[r.Op] = o
			t.keep(o)
		}
	}
	a = o.answer(r.N)
	t.payLate(o)
	return a, o.req.Via == doc.SlipQR && o.is != ecr.IsWaiting && t.spend(LoseAnswer)
}

func (o *op) answer(n uint64) ecr.Answer {
	a := ecr.Answer{N: n, Is: o.is, Reason: o.reason, Text: o.text}
	if o.slip != nil {
		s := *o.slip
		a.Slip = &s
	}
	if o.is == ecr.IsWaiting {
		a.Stage = charge.StageCard
	}
	return a
}

// operate takes one operation through.
func (t *Terminal) operate(ctx context.Context, c *conn, r ecr.Request) {
	t.mu.Lock()
	t.expire()
	o := t.ops[r.Op]
	fresh := o == nil
	if fresh {
		if busy := t.waiting(); busy != nil {
			t.mu.Unlock()
			t.say(ctx, c, ecr.Answer{N: r.N, Is: ecr.IsBusy})
			return
		}
		if t.spend(PowerCut) {
			t.mu.Unlock()
			c.cut()
			return
		}
		o = t.begun(r)
	}
	lose := fresh && t.faults[LoseAnswer]
	shown := o.is == ecr.IsWaiting && !o.until.IsZero()
	t.mu.Unlock()
	switch {
	case shown && fresh:
		t.say(ctx, c, ecr.Answer{N: r.N, Is: ecr.IsShown, QR: code(o)})
		return
	case !t.wait(ctx, c, r.N, o):
		return
	}
	t.mu.Lock()
	a := o.answer(r.N)
	if lose || (fresh && t.faults[LoseAnswer]) {
		t.spend(LoseAnswer)
		t.mu.Unlock()
		c.cut()
		return
	}
	t.mu.Unlock()
	t.say(ctx, c, a)
}

// wait says "waiting" until the operation is decided; false when nobody hears.
func (t *Terminal) wait(ctx context.Context, c *conn, n uint64, o *op) bool {
	alive := time.NewTicker(t.o.Alive)
	defer alive.Stop()
	for {
		select {
		case <-o.done:
			return true
		default:
		}
		t.say(ctx, c, ecr.Answer{N: n, Is: ecr.IsWaiting, Stage: charge.StageCard})
		select {
		case <-o.done:
			return true
		case <-alive.C:
		case <-ctx.Done():
			return false
		}
	}
}

// begun puts a new operation into the books, decided when nobody has to be
// waited for.
func (t *Terminal) begun(r ecr.Request) *op {
	kinds := map[ecr.Do]charge.Kind{ecr.DoPay: charge.Pay, ecr.DoRefund: charge.Refund, ecr.DoCancel: charge.Cancel}
	o := &op{req: r, kind: kinds[r.Do], is: ecr.IsWaiting, done: make(chan struct{}), day: t.day}
	if len(t.order) >= maxOps {
		t.ops[r.Op] = o
		t.decide(o, ecr.IsDeclined, terminal.Refused, fullText)
		return o
	}
	t.ops[r.Op], t.order = o, append(t.order, o)
	code := r.Via == doc.SlipQR && o.kind == charge.Pay
	if code {
		o.until = t.o.Now().Add(time.Duration(r.Seconds) * time.Second)
	}
	t.keep(o)
	why := t.refusal(o)
	switch {
	case why != "":
		t.decide(o, ecr.IsDeclined, why, "")
	case t.hands.Wait && o.kind == charge.Pay: // what goes back needs no customer
		t.changed()
	case t.hands.Decline != "":
		t.decide(o, ecr.IsDeclined, t.hands.Decline, "ОТКАЗ")
	default:
		t.decide(o, ecr.IsApproved, "", "")
	}
	return o
}

// refusal is why an operation can not be; "": it can.
func (t *Terminal) refusal(o *op) terminal.Reason {
	of := t.ops[o.req.Of]
	switch {
	case o.req.Sum <= 0:
		return terminal.Refused
	case o.kind == charge.Pay, o.kind == charge.Refund && o.req.Of == uuid.Nil:
		return ""
	case of == nil || of.slip == nil || of.undone:
		return terminal.NoSuch
	case o.kind == charge.Refund && of.back+o.req.Sum > of.slip.Sum:
		return terminal.TooMuch
	case o.kind == charge.Cancel && of.day != t.day:
		return terminal.DayOver
	case o.kind == charge.Cancel && (of.back > 0 || o.req.Sum != of.slip.Sum):
		return terminal.TooMuch
	}
	return ""
}

// reconcile closes the day.
func (t *Terminal) reconcile(id uuid.UUID) (sums charge.Totals) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id != t.label {
		t.label, t.begin = id, t.end
	}
	t.end = len(t.order)
	t.day++
	t.keep()
	for _, o := range t.order[t.begin:] {
		switch {
		case o.slip == nil || o.undone:
		case o.kind == charge.Pay:
			sums.Paid.Count, sums.Paid.Sum = sums.Paid.Count+1, sums.Paid.Sum+o.slip.Sum
		case o.kind == charge.Refund:
			sums.Refunded.Count, sums.Refunded.Sum = sums.Refunded.Count+1, sums.Refunded.Sum+o.slip.Sum
		}
	}
	t.changed()
	return sums
}
