package shtrih_test

import (
	"context"
	"flag"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/fiscaltest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// TestMain lets more tests run at the same time than there are processors:
// those over sockets and terminals mostly wait.
func TestMain(m *testing.M) {
	if path := os.Getenv(deviceEnv); path != "" {
		beDevice(path, os.Getenv(dieEnv))
		return
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// way is a line discipline over a kind of link.
type way struct {
	name     string
	protocol shtrihtest.Protocol
	ffd      string
	serve    func(*testing.T, *shtrihtest.Device) link.Opener
}

// where is what a way's checks run in: what is in memory needs no real time.
func (w way) where() fiscaltest.Where {
	if strings.HasSuffix(w.name, "memory") {
		return synctest.Test
	}
	return fiscaltest.Here
}

// ways are all of them, the first ones those of a short run: each protocol,
// each link and each FFD is among them.
var ways = []way{
	{"v1 tcp", shtrihtest.V1, "1.2", serveTCP}, {"v2 memory", shtrihtest.V2, "1.2", servePair}, {"auto pty", shtrihtest.Auto, "1.05", servePTY},
	{"v1 tcp 1.05", shtrihtest.V1, "1.05", serveTCP}, {"v1 memory", shtrihtest.V1, "1.2", servePair}, {"v1 pty", shtrihtest.V1, "1.2", servePTY},
	{"v2 tcp 1.05", shtrihtest.V2, "1.05", serveTCP}, {"v2 tcp", shtrihtest.V2, "1.2", serveTCP}, {"v2 pty", shtrihtest.V2, "1.2", servePTY},
}

// theseWays are the ways of this run.
func theseWays() []way {
	if os.Getenv("KASSA_LONG") != "" {
		return ways
	}
	return ways[:3]
}

func TestConformance(t *testing.T) {
	for _, w := range theseWays() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			fiscaltest.Run(t, w.where(), func(t *testing.T) (fiscal.Printer, fiscaltest.Rig) {
				r := &rig{t: t}
				r.d = device(t, shtrihtest.Options{Hook: r.hook, Protocol: w.protocol, FFD: w.ffd})
				return printer(t, w.serve(t, r.d), shtrih.Options{}), r
			})
		})
	}
}

// servePair serves d on a pair in memory, a serial line that never lies.
func servePair(t *testing.T, d *shtrihtest.Device) link.Opener {
	t.Helper()
	pair := link.NewPair()
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := pair.Accept(ctx)
			if err != nil {
				return
			}
			serving.Go(func() { serve(t, ctx, d, conn) })
		}
	})
	t.Cleanup(func() {
		cancel()
		serving.Wait()
	})
	return pair
}

// servePTY serves d on a pseudo terminal.
func servePTY(t *testing.T, d *shtrihtest.Device) link.Opener {
	t.Helper()
	p := newPTY(t)
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { serve(t, ctx, d, p.master) })
	t.Cleanup(func() {
		cancel()
		serving.Wait()
	})
	return p
}

func serve(t *testing.T, ctx context.Context, d *shtrihtest.Device, stream io.ReadWriteCloser) {
	if err := d.ServeConn(ctx, stream); err != nil && ctx.Err() == nil {
		t.Log("stream ended: ", err)
	}
}

// rig is fiscaltest's hand on the emulated device.
type rig struct {
	t *testing.T
	d *shtrihtest.Device

	mu    sync.Mutex
	armed bool
	stage shtrihtest.Stage // where the power goes, when armed
}

func registering(cmd uint16) bool {
	return slices.Contains([]uint16{0x41, 0x50, 0x51, 0xE0, 0xFF38, 0xFF45, 0xFF4A}, cmd)
}

func (r *rig) hook(stage shtrihtest.Stage, cmd uint16) {
	r.mu.Lock()
	now := r.armed && stage == r.stage && registering(cmd)
	if now {
		r.armed = false
	}
	r.mu.Unlock()
	if now {
		r.fault("power-cycle")
	}
}

func (r *rig) arm(stage shtrihtest.Stage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed, r.stage = true, stage
}

func (r *rig) fault(name string, args ...string) {
	if err := r.d.Fault(name, args...); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) LoseRequest() { r.arm(shtrihtest.Received) }
func (r *rig) LoseAnswer()  { r.arm(shtrihtest.Executed) }
func (r *rig) Unplug()      { r.fault("unplug") }
func (r *rig) Replug()      { r.fault("replug") }
func (r *rig) PaperOut()    { r.fault("paper-out") }
func (r *rig) TearPaper()   { r.fault("paper-out", "4") }
func (r *rig) PaperIn()     { r.fault("paper-in") }
func (r *rig) ExpireShift() { r.fault("shift-expired") }

func (r *rig) Silence(on bool) {
	if on {
		r.fault("hang")
	} else {
		r.fault("unhang")
	}
}

func (r *rig) Lid(open bool) {
	if open {
		r.fault("lid-open")
	} else {
		r.fault("lid-close")
	}
}

func (r *rig) Intrude(op kkt.Operation) {
	r.t.Helper()
	do(r.t, printer(r.t, servePair(r.t, r.d), shtrih.Options{}), op)
}

func (r *rig) Drawer() money.Amount { return r.d.State().Cash }

func (r *rig) Registered() []fiscaltest.Registered {
	all := registered(r.d)
	for _, d := range r.d.Documents() {
		for i := range all {
			if all[i].FD != d.FD || !all[i].Kind.Receipt() {
				continue
			}
			all[i].VAT = map[tax.Rate]money.Amount{}
			for code, sum := range readArchive(r.t, d).VAT {
				rate, err := tax.ByFFD(code)
				if err != nil {
					r.t.Error(err)
				}
				if sum != 0 {
					all[i].VAT[rate] = sum
				}
			}
		}
	}
	return all
}

var kindOf = map[int]kkt.OperationKind{1: kkt.OpSale, 2: kkt.OpSaleReturn, 3: kkt.OpBuy, 4: kkt.OpBuyReturn}

// registered lists what the device's FN holds beyond its registration.
func registered(d *shtrihtest.Device) []fiscaltest.Registered {
	var all []fiscaltest.Registered
	for _, doc := range d.Documents() {
		one := fiscaltest.Registered{FD: doc.FD, Total: doc.Total}
		switch doc.Form {
		case 2:
			one.Kind = kkt.OpOpenShift
		case 5:
			one.Kind = kkt.OpCloseShift
		case 21:
			one.Kind = kkt.OpStateReport
		case 31:
			one.Kind = kkt.OpCorrection
		case 3:
			one.Kind = kindOf[doc.OpType]
		default:
			continue
		}
		all = append(all, one)
	}
	return all
}
