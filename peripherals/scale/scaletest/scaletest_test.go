package scaletest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/scale"
)

// The driver reads what lies on the emulated scale, in both protocols, through
// every trouble and fault and back.
func TestDriverAndEmulator(t *testing.T) {
	for _, p := range []scale.Protocol{scale.MassaK, scale.CAS} {
		synctest.Test(t, func(t *testing.T) {
			pair, emulated := link.NewPair(), New()
			s, err := scale.New(pair, scale.Options{Protocol: p})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			readings := make(chan scale.Reading, 1000)
			ended := make(chan error, 1)
			ready := 0
			go func() {
				ended <- s.Run(ctx, func() { ready++ }, func(r scale.Reading) { r.At = time.Time{}; readings <- r })
			}()
			far, err := pair.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan error, 1)
			go func() { served <- emulated.Serve(far) }()
			last := func() (r scale.Reading) {
				t.Helper()
				<-time.After(2 * time.Second) // what was under way
				for len(readings) > 0 {
					<-readings
				}
				<-time.After(time.Second)
				for len(readings) > 0 {
					r = <-readings
				}
				return r
			}
			if r := last(); r != (scale.Reading{Stable: true}) {
				t.Errorf("%s: empty: %+v", p, r)
			}
			emulated.Lay(1535, false)
			if r := last(); r != (scale.Reading{Weight: 1535}) {
				t.Errorf("%s: swinging: %+v", p, r)
			}
			emulated.Settle()
			if r := last(); !r.Sellable() || r.Weight != 1535 {
				t.Errorf("%s: at rest: %+v", p, r)
			}
			emulated.Lay(-20, true)
			if r := last(); r.Trouble != scale.Below || r.Weight != -20 {
				t.Errorf("%s: below zero: %+v", p, r)
			}
			emulated.Suffer(scale.Overload)
			if r := last(); r.Trouble != scale.Overload {
				t.Errorf("%s: overload: %+v", p, r)
			}
			emulated.Lay(500, true)
			emulated.Break(Damaged)
			<-time.After(300 * time.Millisecond)
			emulated.Break(None)
			if r := last(); r.Weight != 500 || ready != 1 {
				t.Errorf("%s: after damage: %+v, ready %d times", p, r, ready)
			}
			emulated.Break(Garbage)
			if err := <-ended; err == nil {
				t.Error("garbage for ever is no end")
			}
			cancel()
			if err := <-served; err == nil {
				t.Error("the emulator does not end with its link")
			}
		})
	}
}
