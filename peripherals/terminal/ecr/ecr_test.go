package ecr_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr/ecrtest"
	"github.com/kassa-pos/kassa/peripherals/terminal/terminaltest"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bank is the emulator in a suite's hand.
type bank struct{ *ecrtest.Terminal }

func (b bank) Next(err error) {
	var d *terminal.Declined
	switch {
	case errors.As(err, &d):
		b.SetHands(ecrtest.Hands{Decline: d.Reason})
	case err != nil:
		b.SetHands(ecrtest.Hands{Wait: true})
	default:
		b.SetHands(ecrtest.Hands{})
	}
}

type bench struct {
	terminaltest.Rig
	far  *ecrtest.Terminal
	pair *link.Pair
	stop context.CancelFunc
	// ahead is by how much the far end's clock is ahead.
	ahead atomic.Int64
}

// rig is a driver with its terminal over a link in memory.
func rig(t *testing.T, via doc.SlipKind, o ecr.Options) *bench {
	t.Helper()
	b := &bench{pair: link.NewPair()}
	b.far = ecrtest.New(ecrtest.Options{TID: "00012345", MID: "123456789012345", Alive: 20 * time.Millisecond, Delay: 20 * time.Millisecond,
		Now: func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }})
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		served := make(chan struct{}, 1)
		for {
			conn, err := b.pair.Accept(ctx)
			if err != nil {
				break
			}
			go func() { defer func() { served <- struct{}{} }(); _ = b.far.Serve(ctx, conn) }()
			<-served
		}
	}()
	o.Opener = b.pair
	if o.Poll == 0 {
		o.Poll = 5 * time.Millisecond
	}
	d := ecr.New(o)
	b.Rig = terminaltest.Rig{Terminal: d, Bank: bank{b.far}, Via: via}
	t.Cleanup(func() {
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
		cancel()
		<-done
	})
	return b
}

func TestConforms(t *testing.T) {
	for _, via := range []doc.SlipKind{doc.SlipCard, doc.SlipQR} {
		t.Run(string(via), func(t *testing.T) {
			terminaltest.Run(t, func(t *testing.T) terminaltest.Rig { return rig(t, via, ecr.Options{}).Rig })
		})
	}
}

func (b *bench) fault(t *testing.T, f ecrtest.Fault) {
	t.Helper()
	if err := b.far.Break(f); err != nil {
		t.Fatal(err)
	}
}

// What goes wrong, what the driver says, and what Find says once the terminal
// works again.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault   ecrtest.Fault
		certain bool // nothing was moved, known at once
		moved   money.Amount
	}{
		{ecrtest.Hang, false, 0}, {ecrtest.Garbage, false, 500}, {ecrtest.Unplugged, true, 0},
		{ecrtest.LoseAnswer, false, 500}, {ecrtest.PowerCut, false, 0},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			o := ecr.Options{}
			if c.fault == ecrtest.Hang { // the others end by themselves
				o.Silence = 2 * time.Second
			}
			b := rig(t, doc.SlipCard, o)
			b.fault(t, c.fault)
			if c.fault == ecrtest.Unplugged {
				b.pair.Break(errors.New("nobody listens"))
			}
			op := b.Op(charge.Pay, 500, nil)
			_, err := b.Do(t, op)
			if err == nil || terminal.Certain(err) != c.certain {
				t.Fatalf("%v", err)
			}
			if c.certain && !errors.Is(err, terminal.ErrNotConnected) {
				t.Errorf("%v", err)
			}
			if c.fault != ecrtest.LoseAnswer && c.fault != ecrtest.PowerCut {
				if _, err := b.Find(t, op); err == nil || terminal.Certain(err) {
					t.Errorf("found while it is broken: %v", err)
				}
			}
			b.far.Mend()
			b.pair.Break(nil)
			slip, err := b.Find(t, op)
			if (err == nil) != (c.moved > 0) || (err != nil && !terminal.Certain(err)) || slip.Sum != c.moved || b.far.Moved() != c.moved {
				t.Errorf("found %v, slip of %s; %s moved", err, slip.Sum, b.far.Moved())
			}
			b.Must(t, b.Op(charge.Pay, 700, nil)) // and it works
		})
	}
}

func TestSlow(t *testing.T) {
	b := rig(t, doc.SlipCard, ecr.Options{})
	b.fault(t, ecrtest.Slow)
	b.Must(t, b.Op(charge.Pay, 500, nil))
}

// A sum that is not ours is told, for the caller to undo.
func TestOtherSum(t *testing.T) {
	b := rig(t, doc.SlipCard, ecr.Options{})
	b.fault(t, ecrtest.OtherSum)
	slip, err := b.Do(t, b.Op(charge.Pay, 500, nil))
	if err != nil || slip.Sum != 600 {
		t.Fatalf("%+v %v", slip, err)
	}
	b.Must(t, b.Op(charge.Cancel, 600, &slip))
	if b.far.Moved() != 0 {
		t.Errorf("%s moved", b.far.Moved())
	}
}

// A customer who is at the terminal when the link goes may still pay.
func TestLinkLostWhileCustomerPays(t *testing.T) {
	b := rig(t, doc.SlipCard, ecr.Options{})
	b.far.SetHands(ecrtest.Hands{Wait: true})
	op := b.Op(charge.Pay, 500, nil)
	ctx, cancel := context.WithTimeout(t.Context(), terminaltest.Limit)
	defer cancel()
	_, err := b.Authorise(ctx, op, func(charge.Progress) {
		if err := b.far.Break(ecrtest.Unplugged); err != nil {
			t.Error(err)
		}
	})
	if err == nil || terminal.Certain(err) {
		t.Fatalf("the link is lost: %v", err)
	}
	b.far.Mend()
	if _, err := b.Find(t, op); !errors.Is(err, terminal.ErrUnknown) {
		t.Errorf("the customer is still there: %v", err)
	}
	if err := b.far.Approve(); err != nil {
		t.Fatal(err)
	}
	if slip, err := b.Find(t, op); err != nil || slip.Sum != 500 {
		t.Errorf("%+v %v", slip, err)
	}
}

// A code is shown, and paid, over, called off, or paid once it was over.
func TestQR(t *testing.T) {
	b := rig(t, doc.SlipQR, ecr.Options{Life: time.Hour})
	b.far.SetHands(ecrtest.Hands{Wait: true})
	show := func(then func()) func(charge.Progress) {
		return func(p charge.Progress) {
			if p.Stage != charge.StageQR || !strings.Contains(p.QR, "qr.invalid") || strings.Contains(p.QR, "2200") {
				t.Errorf("shown %+v", p)
			}
			then()
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), terminaltest.Limit)
	defer cancel()
	slip, err := b.Authorise(ctx, b.Op(charge.Pay, 500, nil), show(func() {
		b.fault(t, ecrtest.LoseAnswer) // the code goes on without the link
		if err := b.far.Approve(); err != nil {
			t.Error(err)
		}
	}))
	if err != nil || slip.QRID == "" || slip.PAN != "" || slip.Kind != doc.SlipQR {
		t.Fatalf("paid: %+v %v", slip, err)
	}
	late := b.Op(charge.Pay, 700, nil)
	_, err = b.Authorise(ctx, late, show(func() {
		b.fault(t, ecrtest.LatePaid)
		b.ahead.Store(int64(2 * time.Hour))
	}))
	var d *terminal.Declined
	if !errors.As(err, &d) || d.Reason != terminal.Expired {
		t.Fatalf("over: %v", err)
	}
	slip, err = b.Find(t, late)
	if err != nil || slip.Sum != 700 || b.far.Moved() != 1200 {
		t.Fatalf("paid late: %+v %v", slip, err)
	}
	b.Must(t, b.Op(charge.Refund, 700, &slip))
	if b.far.Moved() != 500 {
		t.Errorf("%s moved", b.far.Moved())
	}
}

// A terminal that lies: what it says is never worse than unknown, and no card
// number comes through.
func TestHostileTerminal(t *testing.T) {
	const number = "2200701234561234"
	for name, a := range map[string]ecr.Answer{
		"an unmasked number":  {Is: ecr.IsApproved, Slip: &doc.Slip{Sum: 500, PAN: number}},
		"no slip":             {Is: ecr.IsApproved},
		"no sum":              {Is: ecr.IsApproved, Slip: &doc.Slip{}},
		"a word of its own":   {Is: "maybe"},
		"a number in words":   {Is: ecr.IsDeclined, Text: "карта " + number},
		"an endless code":     {Is: ecr.IsShown, QR: strings.Repeat("x", charge.MaxQR+1)},
		"a code of nothing":   {Is: ecr.IsShown},
		"a letter of control": {Is: ecr.IsApproved, Slip: &doc.Slip{Sum: 500, RRN: "1\x1b2"}},
	} {
		t.Run(name, func(t *testing.T) {
			pair := link.NewPair()
			d := ecr.New(ecr.Options{Opener: pair})
			done := make(chan struct{})
			go func() {
				defer close(done)
				conn, err := pair.Accept(t.Context())
				if err != nil {
					return
				}
				defer func() { _ = conn.Close() }()
				var r ecr.Request
				if ecr.ReadFrame(conn, &r) != nil {
					return
				}
				a.N = r.N
				b, err := ecr.Frame(a)
				if err != nil {
					t.Error(err)
				}
				_, _ = conn.Write(b)
				_, _ = io.Copy(io.Discard, conn)
			}()
			op := terminaltest.Rig{Via: doc.SlipCard}.Op(charge.Pay, 500, nil)
			_, err := d.Authorise(t.Context(), op, func(charge.Progress) {})
			if err == nil || strings.Contains(err.Error(), number) || (terminal.Certain(err) && a.Is != ecr.IsDeclined) {
				t.Errorf("%v", err)
			}
			if err := d.Halt(); err != nil {
				t.Error(err)
			}
			<-done
		})
	}
}

func TestFrame(t *testing.T) {
	b, err := ecr.Frame(ecr.Request{N: 7, Do: ecr.DoStatus, Op: uuid.UUID{1}})
	if err != nil {
		t.Fatal(err)
	}
	var r ecr.Request
	if err := ecr.ReadFrame(bytes.NewReader(append([]byte("noise"), b...)), &r); err != nil || r.N != 7 || r.Do != ecr.DoStatus {
		t.Errorf("%+v %v", r, err)
	}
	for i := range b {
		broken := bytes.Clone(b)
		broken[i] ^= 0x41
		if err := ecr.ReadFrame(bytes.NewReader(broken), &ecr.Request{}); err == nil {
			t.Errorf("byte %d changed, and nobody sees it", i)
		}
	}
	if _, err := ecr.Frame(ecr.Answer{QR: strings.Repeat("x", ecr.MaxBody)}); err == nil {
		t.Error("a frame of any length")
	}
	if err := ecr.ReadFrame(bytes.NewReader(make([]byte, 10_000)), &r); !errors.Is(err, ecr.ErrGarbage) {
		t.Errorf("noise for ever: %v", err)
	}
}

func FuzzReadFrame(f *testing.F) {
	good, err := ecr.Frame(ecr.Answer{N: 1, Is: ecr.IsApproved, Slip: &doc.Slip{Sum: 5, RRN: "1"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{2, 0, 2, '{', '}', 0, 0})
	f.Add([]byte("\x02\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			var a ecr.Answer
			if err := ecr.ReadFrame(r, &a); err != nil && !errors.Is(err, ecr.ErrGarbage) {
				return
			}
		}
	})
}
