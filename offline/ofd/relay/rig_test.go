package relay_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/ofd/ofdtest"
	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is what all in a shop look at.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// shop is an emulated KKT without a network of its own, a driver, a relay and
// an operator.
type shop struct {
	t       *testing.T
	clock   *clock
	kkt     *shtrihtest.Device
	ofd     *ofdtest.OFD
	address string // the operator's
	line    link.Opener
	printer *shtrih.Printer
	relay   *relay.Relay
	stop    func() // the till
	between func() // called between two steps, where a sale could come
	steps   int
}

func newShop(t *testing.T, hook func(shtrihtest.Stage, uint16)) *shop {
	t.Helper()
	s := &shop{t: t, clock: &clock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.FixedZone("MSK", 3*3600))}}
	ofd, err := ofdtest.Open(ofdtest.Options{Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.ofd = ofd
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = ln.Addr().String()
	s.kkt, err = shtrihtest.Open(shtrihtest.Options{Now: s.clock.Now, ByHost: true, OFD: s.address, Marks: s.address, Hook: hook})
	if err != nil {
		t.Fatal(err)
	}
	pair := link.NewPair()
	s.line = pair
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := ofd.Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	serving.Go(func() {
		for {
			conn, err := pair.Accept(ctx)
			if err != nil {
				return
			}
			serving.Go(func() { _ = s.kkt.ServeConn(ctx, conn) }) // a broken line is part of the tests
		}
	})
	t.Cleanup(func() {
		s.stop()
		cancel()
		serving.Wait()
		if err := errors.Join(s.kkt.Close(), ofd.Close()); err != nil {
			t.Error(err)
		}
	})
	s.start(relay.Options{})
	return s
}

// start begins a new till; the old one is as good as dead.
func (s *shop) start(o relay.Options) {
	s.t.Helper()
	if s.stop != nil {
		s.stop()
	}
	quick := shtrih.Timeouts{Control: 300 * time.Millisecond, Byte: 300 * time.Millisecond, Command: 2 * time.Second, Short: 2 * time.Second,
		Probe: 200 * time.Millisecond, Poll: 5 * time.Millisecond, Print: 2 * time.Second}
	s.printer = shtrih.New(s.line, shtrih.Options{Now: s.clock.Now, Timeouts: quick})
	o.Now = s.clock.Now
	s.relay = relay.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.relay.Run(ctx) })
	s.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := s.printer.Halt(); err != nil {
			s.t.Error(err)
		}
	})
	s.know()
}

// know reads where messages go, as a till does when a device becomes ready.
func (s *shop) know() {
	s.t.Helper()
	for range 5 {
		route, err := s.printer.Route(context.Background())
		if err == nil {
			s.relay.Route(route)
			return
		}
	}
	s.t.Fatal("the device does not tell where messages go")
}

// port is the driver as the relay wants it.
type port struct{ fiscal.Exchanger }

func (p port) Outgoing(ctx context.Context) ([]byte, bool, error) {
	m, done, err := p.Exchanger.Outgoing(ctx)
	if errors.Is(err, fiscal.ErrUnsupported) {
		err = relay.ErrUnsupported
	}
	return m, done, err
}

func (p port) Refused(err error) bool { return errors.Is(err, fiscal.ErrRefused) }

// carry lets the relay work until it has nothing more to do; in pauses the
// clock runs on. It fails when that takes too long.
func (s *shop) carry() {
	s.t.Helper()
	const enough = 20_000 // steps
	for range enough {
		s.steps++
		stepped := s.relay
		rest := stepped.Step(context.Background(), port{s.printer})
		if s.between != nil {
			s.between()
		}
		switch {
		case rest == 0, s.relay != stepped:
		case s.relay.Status().State == relay.Carrying:
			select {
			case <-s.relay.Due():
			case <-time.After(10 * time.Second):
				s.t.Fatalf("nothing comes back: %+v", s.relay.Status())
			}
		case rest > time.Hour, s.relay.Status().Failures == 0 && s.pending() == 0:
			return
		default:
			s.clock.pass(rest)
		}
	}
	s.t.Fatalf("no end: %+v", s.relay.Status())
}

func (s *shop) pending() int { return s.kkt.State().Unsent }

// register makes one document, as a till does.
func (s *shop) register(kind kkt.OperationKind) error {
	op := kkt.Operation{Kind: kind, ID: uuid.Must(uuid.NewV7()), Cashier: doc.Cashier{Name: "Соболева И."}}
	if kind.Receipt() {
		op.Receipt = receipt(s.t)
	}
	ctx := context.Background()
	mark, err := s.printer.Mark(ctx)
	if err != nil {
		return err
	}
	if err := s.printer.Prepare(ctx, mark, op); err != nil {
		return err
	}
	if _, err = s.printer.Commit(ctx, mark, op); err != nil {
		_, findErr := s.printer.Find(ctx, mark, op) // cancels what is left open
		err = errors.Join(err, findErr)
	}
	return err
}

func (s *shop) must(kinds ...kkt.OperationKind) {
	s.t.Helper()
	for _, k := range kinds {
		if err := s.register(k); err != nil {
			s.t.Fatalf("%s: %v", k, err)
		}
	}
}

func receipt(t *testing.T) *doc.Receipt {
	t.Helper()
	info, err := tax.Lookup(tax.VAT10)
	if err != nil {
		t.Fatal(err)
	}
	total := money.Amount(50_00)
	vat, err := info.Included(total)
	if err != nil {
		t.Fatal(err)
	}
	return &doc.Receipt{TaxSystem: tax.General, VAT: []doc.VATSum{{Rate: tax.VAT10, Total: total, VAT: vat}}, Gross: total, Total: total, Payments: []doc.Payment{{Type: doc.PayCash, Sum: total}},
		Lines: []doc.Line{{Name: "Хлеб", Qty: qty.One, BasePrice: total, Price: total, Gross: total, Total: total, Rate: tax.VAT10, VAT: vat, Method: 4, Kind: 1}}}
}

// reconcile compares FN and operator: every document once, in order, the same
// content, each with one ticket.
func (s *shop) reconcile() {
	s.t.Helper()
	fn, got, tickets := s.kkt.Documents(), s.ofd.Documents(), s.kkt.Tickets()
	if len(got) != len(fn) || len(tickets) != len(fn) || s.pending() != 0 {
		s.t.Fatalf("%d documents in the FN, %d at the operator, %d tickets, %d pending", len(fn), len(got), len(tickets), s.pending())
	}
	for i := range fn {
		if got[i].FD != fn[i].FD || string(got[i].Body) != string(fn[i].TLV) || tickets[i].FD != fn[i].FD || tickets[i].Sign != got[i].Sign {
			s.t.Fatalf("document %d: FD %d, at the operator FD %d, ticket for FD %d", i, fn[i].FD, got[i].FD, tickets[i].FD)
		}
	}
}
