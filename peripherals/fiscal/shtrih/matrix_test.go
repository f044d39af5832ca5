package shtrih_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
)

// caseTime bounds one case, in the time of its bubble.
const caseTime = time.Hour

// inMemory are the lines of the matrix: each protocol over a serial line, which
// lives through a power cut, and over a network, which does not.
var inMemory = []way{
	{"v1 serial", shtrihtest.V1, "1.2", servePair}, {"v2 serial", shtrihtest.V2, "1.05", servePair},
	{"v1 network", shtrihtest.V1, "1.05", serveNetwork}, {"v2 network", shtrihtest.V2, "1.2", serveNetwork},
}

// sockets are the same over what the kernel has, where time is real.
var sockets = []way{{"v1 tcp", shtrihtest.V1, "1.2", serveTCP}, {"v2 tcp", shtrihtest.V2, "1.2", serveTCP},
	{"v1 pty", shtrihtest.V1, "1.2", servePTY}, {"v2 pty", shtrihtest.V2, "1.2", servePTY}}

// TestExactlyOnce lets every mishap happen at every command of every operation
// and does what a till does: it must end with exactly one document, or one
// movement of cash, of each, and the driver's word must be right on the way.
//
// The short run takes every command that registers something, and of the
// others each so many apart.
func TestExactlyOnce(t *testing.T) {
	const apart = 151
	var allCases, allOperations atomic.Int64
	t.Cleanup(func() {
		if !t.Failed() {
			t.Logf("bracket: %d cases, %d operations: each had its effect once, none was lost, none doubled", allCases.Load(), allOperations.Load())
		}
	})
	for _, w := range inMemory {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			every := 1
			if os.Getenv("KASSA_LONG") == "" {
				every = apart
			}
			n, cases, registrations := 0, 0, 0
			for which, codes := range commandsOf(t, w) {
				for i := range mishaps {
					for at := range codes {
						grave := registering(codes[at]) || mishaps[i].stage == shtrihtest.Answered && at+1 < len(codes) && registering(codes[at+1])
						if n++; every > 1 && (grave && (which+i)%6 != 0 || !grave && n%every != 0) {
							continue
						}
						cases++
						registrations += which + 1
						runCase(t, w, which, i, at)
					}
				}
			}
			t.Logf("%d cases, %d operations", cases, registrations)
			allCases.Add(int64(cases))
			allOperations.Add(int64(registrations))
		})
	}
}

func runCase(t *testing.T, w way, which, i, at int) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), caseTime)
		defer cancel()
		c := newTill(t, w, shtrih.Options{Timeouts: shtrih.DefaultTimeouts()}, time.Second)
		if err := c.upTo(ctx, which, trap{&mishaps[i], at}); err != nil {
			t.Errorf("operation %d, command %d (%04X), %s: %v", which, at, c.seen[at], mishaps[i].name, err)
		}
		if synctest.Wait(); !c.sprung() {
			t.Errorf("operation %d, command %d, %s: it did not happen", which, at, mishaps[i].name)
		}
	})
}

// TestSeveralMishaps lets a few random ones happen at random commands of the
// last operation but one after the other: what one of them leaves behind is
// where the next begins.
func TestSeveralMishaps(t *testing.T) {
	const together, spread = 4, 90
	runs := 30
	if os.Getenv("KASSA_LONG") != "" {
		runs = 5000
	}
	for n, w := range inMemory {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, uint64(n)))
			for range runs {
				which := r.IntN(len(onceOps(t)))
				var traps []trap
				story := fmt.Sprintf("operation %d", which)
				for range together {
					tr := trap{&mishaps[r.IntN(len(mishaps))], r.IntN(spread)}
					traps = append(traps, tr)
					story += fmt.Sprintf(", command %d %s", tr.at, tr.name)
				}
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(context.Background(), caseTime)
					defer cancel()
					c := newTill(t, w, shtrih.Options{Timeouts: shtrih.DefaultTimeouts()}, time.Second)
					if err := c.upTo(ctx, which, traps...); err != nil {
						t.Errorf("%s: %v", story, err)
					}
				})
			}
		})
	}
}

// commandsOf tells which commands each operation takes when all is well.
func commandsOf(t *testing.T, w way) (notes [][]uint16) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), caseTime)
		defer cancel()
		c := newTill(t, w, shtrih.Options{Timeouts: shtrih.DefaultTimeouts()}, time.Second)
		for _, op := range onceOps(t) {
			c.set()
			if err := c.register(ctx, op); err != nil {
				t.Fatal(op.Kind, ": ", err)
			}
			notes = append(notes, c.seen)
		}
	})
	return notes
}

// serveNetwork serves d to a network in memory.
func serveNetwork(t *testing.T, d *shtrihtest.Device) link.Opener {
	t.Helper()
	pair := link.NewPair()
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := d.ListenAndServe(ctx, &pairListener{ctx, cancel, pair}); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		serving.Wait()
	})
	return pair
}

// pairListener makes a net.Listener of a pair.
type pairListener struct {
	ctx  context.Context
	stop context.CancelFunc
	pair *link.Pair
}

func (l *pairListener) Accept() (net.Conn, error) {
	conn, err := l.pair.Accept(l.ctx)
	if err != nil {
		return nil, err
	}
	return conn.(net.Conn), nil
}

func (l *pairListener) Close() error {
	l.stop()
	return nil
}

func (l *pairListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// TestExactlyOnceOnSockets is a sample of the same over sockets and pseudo
// terminals: a mishap a command in turn.
func TestExactlyOnceOnSockets(t *testing.T) {
	ways, every := sockets[:1], 7
	if os.Getenv("KASSA_LONG") != "" {
		ways, every = sockets, 1
	}
	var cases atomic.Int64
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			slots := make(chan struct{}, 16)
			var running sync.WaitGroup
			n := 0
			for which, codes := range commandsOf(t, inMemory[0]) {
				for at := range codes {
					m := mishaps[n%len(mishaps)]
					n++
					if n%every != 0 || m.lasts > 0 { // those want the time of a bubble
						continue
					}
					slots <- struct{}{}
					running.Go(func() {
						defer func() { <-slots }()
						cases.Add(1)
						ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
						defer cancel()
						c := newTill(t, w, shtrih.Options{}, 10*time.Millisecond)
						if err := c.upTo(ctx, which, trap{&m, at}); err != nil {
							t.Errorf("operation %d, command %d, %s: %v", which, at, m.name, err)
						}
					})
				}
			}
			running.Wait()
		})
	}
	t.Cleanup(func() { t.Logf("%d cases", cases.Load()) })
}
