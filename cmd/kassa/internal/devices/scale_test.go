package devices

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/scale"
	"github.com/kassa-pos/kassa/peripherals/scale/scaletest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
)

// A weighing takes what lies still, waits for what swings, and never sells a
// load twice.
func TestWeigh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair, emulated := link.NewPair(), scaletest.New()
		s, err := NewScale("scale", pair, scale.Options{Protocol: scale.MassaK})
		if err != nil {
			t.Fatal(err)
		}
		weigh := func(wait time.Duration) (qty.Milli, fault.Code) {
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			w, err := s.Weigh(ctx)
			if err != nil {
				return w, fault.Of(err).Code
			}
			return w, ""
		}
		want := func(what string, w qty.Milli, code fault.Code) {
			t.Helper()
			if got, gotCode := weigh(3 * time.Second); got != w || gotCode != code {
				t.Errorf("%s: %v %s, want %v %s", what, got, gotCode, w, code)
			}
		}
		settle := func() { <-time.After(600 * time.Millisecond) }
		want("before it is there", 0, fault.ScaleDown)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, func() {}) }()
		far, err := pair.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = emulated.Serve(far) }()
		settle()
		want("empty", 0, "")
		emulated.Lay(535, true)
		settle()
		want("a load", 535, "")
		want("the same load at once", 0, fault.ScaleSame)
		<-time.After(sameLoad)
		want("the same load, later", 535, "")
		emulated.Lay(0, true)
		settle()
		emulated.Lay(535, true)
		settle()
		want("lifted and laid again", 535, "")
		emulated.Lay(700, false)
		settle()
		want("it swings for ever", 0, fault.ScaleMoves)
		go func() { <-time.After(time.Second); emulated.Settle() }()
		want("it swings and settles", 700, "")
		emulated.Suffer(scale.Overload)
		settle()
		want("overload", 0, fault.ScaleTrouble)
		emulated.Lay(100, true)
		emulated.Break(scaletest.Silent)
		<-time.After(2 * time.Second)
		want("silent", 0, fault.ScaleDown)
		cancel()
		<-ended
		want("gone", 0, fault.ScaleDown)
	})
}
