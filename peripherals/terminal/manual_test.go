package terminal_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/terminaltest"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// person is a cashier who looks at the screen and answers.
type person struct {
	m     *terminal.Manual
	mu    sync.Mutex
	next  error
	moved money.Amount
}

func (p *person) Next(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = err
}

func (p *person) Moved() money.Amount {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.moved
}

func (p *person) look(ctx context.Context) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		p.mu.Lock()
		if q := p.m.Question(); q != nil && p.next == nil {
			if p.m.Answer(q.ID, terminal.Answer{Approved: true, RRN: "612345678901"}) == nil {
				if p.moved += q.Sum; q.Of != nil {
					p.moved -= 2 * q.Sum
				}
			}
		} else if q != nil && !errors.Is(p.next, terminaltest.ErrWait) {
			_ = p.m.Answer(q.ID, terminal.Answer{}) // nobody asks any more: fine
		}
		p.mu.Unlock()
	}
}

func TestManual(t *testing.T) {
	terminaltest.Run(t, func(t *testing.T) terminaltest.Rig {
		p := &person{m: terminal.NewManual()}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); p.look(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
		return terminaltest.Rig{Terminal: p.m, Bank: p, Via: doc.SlipCard, NoDay: true}
	})
}

// What nobody has answered stays a question, after a restart too.
func TestManualInDoubt(t *testing.T) {
	m := terminal.NewManual()
	op := terminaltest.Rig{Via: doc.SlipCard}.Op(charge.Pay, 500, nil)
	if _, err := m.Find(t.Context(), op); !errors.Is(err, terminal.ErrUnknown) {
		t.Fatal(err)
	}
	m.Abort() // calls nothing off that is in doubt
	if q := m.Question(); q == nil || !q.Doubt || q.ID != op.ID {
		t.Fatalf("asked: %+v", q)
	}
	if err := m.Answer(op.ID, terminal.Answer{Approved: true, RRN: "1\x1b2"}); err == nil {
		t.Error("an RRN nobody can read is taken")
	}
	if err := m.Answer(op.ID, terminal.Answer{Approved: true, RRN: "12", AuthCode: "A"}); err != nil {
		t.Fatal(err)
	}
	if err := m.Answer(op.ID, terminal.Answer{}); err == nil {
		t.Error("answered twice")
	}
	slip, err := m.Find(t.Context(), op)
	if err != nil || slip.RRN != "12" || !slip.ByHand || slip.Sum != 500 || m.Question() != nil {
		t.Errorf("%+v %v", slip, err)
	}
	qr := op
	qr.Via = doc.SlipQR
	if _, err := m.Authorise(t.Context(), qr, func(charge.Progress) {}); !errors.Is(err, terminal.ErrUnsupported) {
		t.Errorf("a QR: %v", err)
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"ОТКАЗ 51": "ОТКАЗ 51", "card 2200701234561234 no": "card 22007012 no", "2200 7012 3456 1234": "2200 7012  ", "a\x1b[2Jb\n": "a[2Jb", "\xff": "",
	} {
		if got := terminal.Words(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
