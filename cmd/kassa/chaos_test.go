package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestShopUnderRandomFaults lets a shop trade while cables are pulled, answers
// get lost, the cloud comes and goes and the till is killed, at random. When
// the dust has settled FN, journal and cloud must hold the same sales, once.
// The long run draws a seed and prints it; KASSA_SEED repeats a run.
func TestShopUnderRandomFaults(t *testing.T) {
	plainOnly(t)
	steps, seed := 60, uint64(3)
	if os.Getenv("KASSA_LONG") != "" {
		steps, seed = 1000, rand.Uint64()
	}
	if s := os.Getenv("KASSA_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("KASSA_SEED=%d", seed)
	s := openShop(t)
	s.startTill()
	s.must("sync", "--wait")
	c := &chaos{shop: s, rnd: rand.New(rand.NewPCG(seed, 1))}
	for range steps {
		c.step()
		if t.Failed() {
			break
		}
	}
	c.calm()
	t.Logf("%d kills, %d faults, %d receipts", c.kills, c.faults, len(s.registered("receipt")))
	s.must("shift", "close")
	s.must("sync", "--wait")
	s.must("journal", "verify")
	s.agree()
}

type chaos struct {
	*shop
	rnd           *rand.Rand
	kills, faults int
	broken        []string // how to mend it
	log           []string
}

// faultsToDraw are what may happen to a shop, and how it is mended; "" heals by
// itself.
var faultsToDraw = []struct{ fault, mend string }{
	{"kkt drop-answer FF45", ""}, {"kkt drop-answer", ""}, {"kkt drop-request", ""}, {"kkt drop-ack", ""}, {"kkt corrupt-answer", ""},
	{"kkt power-cycle", ""}, {"kkt paper-out", "kkt paper-in"}, {"kkt paper-out 10", "kkt paper-in"}, {"kkt unplug", "kkt replug"},
	{"kkt lid-open", "kkt lid-close"}, {"kkt stray-ff", "kkt stray-ff off"}, {"kkt garbage", "kkt garbage off"}, {"kkt hang", "kkt unhang"},
	{"cloud down", "cloud up"}, {"cloud lose-answer", ""}, {"cloud http 500", ""}, {"cloud html", ""}, {"cloud truncate", ""},
	{"scanner unplug", "scanner replug"}, {"display unplug", "display replug"}, {"gpio disconnect", ""},
}

func (c *chaos) step() {
	switch n := c.rnd.IntN(100); {
	case n < 5:
		c.kills++
		c.stopTill(syscall.SIGKILL)
		c.restart()
	case n < 20:
		f := faultsToDraw[c.rnd.IntN(len(faultsToDraw))]
		c.faults++
		c.fault(f.fault)
		if f.mend != "" {
			c.broken = append(c.broken, f.mend)
		}
	case n < 30:
		c.mend()
	case n < 36:
		// The till dies in the middle of a payment.
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.kassa("", "pay", "card")
		}()
		c.kills++
		c.stopTill(syscall.SIGKILL)
		<-done
		c.restart()
	case n < 55:
		c.cashier("scan", c.ready.Codes[c.rnd.IntN(6)])
	default:
		c.sell()
	}
}

func (c *chaos) fault(f string) {
	c.t.Helper()
	c.log = append(c.log, f)
	c.lab(append([]string{"fault"}, strings.Fields(f)...)...)
}

func (c *chaos) mend() {
	c.t.Helper()
	for _, f := range c.broken {
		c.fault(f)
	}
	c.broken = nil
}

// restart waits only until the till answers: its device may be unplugged.
func (c *chaos) restart() {
	c.t.Helper()
	c.launch()
	c.until("the till answers", func() bool { _, code := c.status(); return code == 0 })
}

// cashier runs a command that may be refused, but has to be answered.
func (c *chaos) cashier(args ...string) bool {
	c.t.Helper()
	_, errOut, code := c.kassa("", args...)
	if code != 0 && !(code == exitRefused && strings.Contains(errOut, "[")) {
		c.t.Errorf("kassa %v: exit %d, %s\nfaults: %v", args, code, errOut, c.log)
	}
	return code == 0
}

// sell does what a cashier does next to get a sale done.
func (c *chaos) sell() {
	c.t.Helper()
	st, code := c.status()
	switch {
	case code != 0:
		c.t.Fatal("the till does not answer")
	case st.Cashier == nil:
		c.kassa(c.ready.PIN+"\n", "login")
	case st.Shift == nil:
		c.cashier("shift", "open")
	case len(st.Cheque.Lines) > 0:
		c.cashier("pay", "cash", st.Cheque.Total.String())
	}
}

// calm heals everything and trades until the till has sorted itself out.
func (c *chaos) calm() {
	c.t.Helper()
	c.mend()
	c.until("the till is idle with a shift and no cheque", func() bool {
		st, code := c.status()
		switch {
		case code != 0 || st.Phase != "idle" || !st.KKT.Ready || st.KKT.Code != "":
			return false
		case st.Shift != nil && len(st.Cheque.Lines) == 0 && st.Cashier != nil:
			return true
		}
		c.sell()
		return false
	})
	if c.t.Failed() {
		c.t.Log(c.log)
	}
}
