package loop

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/ofdwire"
	"github.com/kassa-pos/kassa/pos/till"
)

// mailbox is a device with messages to carry, on a line so slow that a block
// takes step. It notices who disturbs an operation.
type mailbox struct {
	device
	step     time.Duration
	blocks   int // of a message
	read     int
	waiting  int // messages
	taken    int // answers
	inside   bool
	trespass int // turns within an operation
	routes   int
}

func (m *mailbox) Route(context.Context) (kkt.Route, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.routes++
	return kkt.Route{ByHost: true, Told: true, OFD: "ofd.example:7777"}, nil
}

func (m *mailbox) turn() {
	<-time.After(m.step)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inside {
		m.trespass++
	}
}

func (m *mailbox) Outgoing(context.Context) ([]byte, bool, error) {
	m.turn()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == 0 {
		return nil, true, nil
	}
	if m.read++; m.read < m.blocks {
		return nil, false, nil
	}
	m.read = 0
	return ofdwire.Message(ofdwire.OFD, "1.2", "9999078902000001", []byte("document")), true, nil
}

func (m *mailbox) Incoming(context.Context, []byte) (bool, error) {
	m.turn()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taken++
	m.waiting--
	return true, nil
}

func (m *mailbox) Mark(ctx context.Context) (kkt.Mark, error) {
	m.mu.Lock()
	m.inside = true
	m.mu.Unlock()
	return m.device.Mark(ctx)
}

func (m *mailbox) Commit(ctx context.Context, mark kkt.Mark, op kkt.Operation) (doc.Fiscal, error) {
	f, err := m.device.Commit(ctx, mark, op)
	m.mu.Lock()
	m.inside = err != nil
	m.waiting++
	m.mu.Unlock()
	return f, err
}

func (m *mailbox) state() (taken, waiting, trespass, routes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.taken, m.waiting, m.trespass, m.routes
}

// echo is an operator that answers every message with itself.
func echo(work *sync.WaitGroup) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		work.Go(func() {
			b := make([]byte, ofdwire.HeaderSize+len("document"))
			if _, err := io.ReadFull(far, b); err == nil {
				_, _ = far.Write(b) // the relay may have gone
			}
			_ = far.Close() // a pipe
		})
		return near, nil
	}
}

// slowStore makes the journal take its time between the steps of an operation.
func slowStore(p *ports, d time.Duration) {
	p.appendIn = func(context.Context) error { <-time.After(d); return nil }
}

// TestRelayYields: with a message that takes minutes to read, a sale waits for
// one block at most, and no block is read within an operation. Nevertheless
// the messages go out.
func TestRelayYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const step, sales = 500 * time.Millisecond, 20
		p := &ports{}
		slowStore(p, 700*time.Millisecond)
		m := &mailbox{device: device{p}, step: step, blocks: 100, waiting: 1}
		var work sync.WaitGroup
		l, stop := startWith(t, p, func(o *Options) {
			o.Fiscal, o.Exchange = m, m
			o.Relay = relay.New(relay.Options{Dial: echo(&work)})
		})
		for _, cmd := range []till.Event{till.Login{PIN: "1111"}, till.OpenShift{}} {
			do(t, l, cmd)
		}
		sale := func() time.Duration {
			do(t, l, till.Scan{Code: "bread"})
			began := time.Now()
			do(t, l, till.Pay{Type: doc.PayCash})
			return time.Since(began)
		}
		m.mu.Lock()
		m.waiting = 0
		m.mu.Unlock()
		time.Sleep(time.Minute) // the relay rests: its looks are 10 s apart
		alone := sale()
		worst := time.Duration(0)
		for n := range sales {
			time.Sleep(time.Duration(n*37) * time.Millisecond) // anywhere within a block
			worst = max(worst, sale()-alone)
		}
		if worst > step {
			t.Errorf("a sale waited %s for the relay, a block takes %s", worst, step)
		}
		t.Logf("a sale takes %s alone and at most %s longer while messages are read", alone, worst)
		for deadline := time.Now().Add(3 * time.Hour); ; time.Sleep(time.Second) {
			taken, waiting, trespass, _ := m.state()
			if trespass > 0 {
				t.Fatalf("%d blocks were read within an operation", trespass)
			}
			if waiting == 0 {
				if taken < sales {
					t.Errorf("%d answers", taken)
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d messages left", waiting)
			}
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		work.Wait()
	})
}

// TestRelayFollowsTheDevice: a device that comes back is asked anew where its
// messages go.
func TestRelayFollowsTheDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		m := &mailbox{device: device{p}, step: 10 * time.Millisecond, blocks: 3}
		var work sync.WaitGroup
		r := relay.New(relay.Options{Dial: echo(&work)})
		l, stop := startWith(t, p, func(o *Options) { o.Fiscal, o.Exchange, o.Relay = m, m, r })
		if _, _, _, routes := m.state(); routes != 1 {
			t.Errorf("asked %d times", routes)
		}
		p.mu.Lock()
		p.hang = true
		p.mu.Unlock()
		time.Sleep(time.Minute)
		if st := r.Status(); st.State != relay.Waiting {
			t.Errorf("without a device: %+v", st)
		}
		p.mu.Lock()
		p.hang = false
		p.mu.Unlock()
		time.Sleep(time.Minute)
		m.mu.Lock()
		m.waiting = 2
		m.mu.Unlock()
		time.Sleep(time.Minute)
		if taken, waiting, _, routes := m.state(); taken != 2 || waiting != 0 || routes != 2 || r.Status().Carried != 2 {
			t.Errorf("%d taken, %d waiting, asked %d times, %+v", taken, waiting, routes, r.Status())
		}
		if v, _ := l.View(); !v.KKT.Ready {
			t.Error("the device is not ready")
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		work.Wait()
	})
}

// TestPort: a driver's refusals are the relay's.
func TestPort(t *testing.T) {
	p := port{refusing{}}
	if _, _, err := p.Outgoing(t.Context()); !errors.Is(err, relay.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := p.Incoming(t.Context(), nil); !p.Refused(err) {
		t.Error(err)
	}
	if p.Refused(io.EOF) {
		t.Error("a broken line is no refusal")
	}
}

// refusing is a device that will not.
type refusing struct{}

func (refusing) Route(context.Context) (kkt.Route, error) { return kkt.Route{}, nil }

func (refusing) Outgoing(context.Context) ([]byte, bool, error) {
	return nil, false, fiscal.ErrUnsupported
}

func (refusing) Incoming(context.Context, []byte) (bool, error) { return false, fiscal.ErrRefused }
