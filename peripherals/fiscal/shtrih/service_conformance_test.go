package shtrih_test

import (
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/fiscaltest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
)

// serviceRig is the hand on a device whose service functions are looked at.
type serviceRig struct{ *rig }

func (r *serviceRig) Code(n int) string { return markOf(n) }
func (r *serviceRig) LoseClock()        { r.fault("clock-lost") }
func (r *serviceRig) Now() time.Time    { return noon }

func (r *serviceRig) MarksBad(bad bool) {
	if bad {
		r.fault("mark-server", shtrihtest.ServerBad)
	} else {
		r.fault("mark-server", shtrihtest.ServerOK)
	}
}

// TestServiceConformance: both numberings of tables, each protocol and link;
// FFD 1.05 has no codes to check.
func TestServiceConformance(t *testing.T) {
	for _, w := range theseWays() {
		for _, layout := range []string{shtrihtest.DesktopLayout, shtrihtest.AndroidLayout} {
			t.Run(w.name+" "+layout, func(t *testing.T) {
				t.Parallel()
				fiscaltest.RunService(t, w.where(), func(t *testing.T) (fiscal.Device, fiscaltest.ServiceRig) {
					r := &rig{t: t}
					r.d = device(t, shtrihtest.Options{Hook: r.hook, Protocol: w.protocol, Layout: layout})
					return printer(t, w.serve(t, r.d), shtrih.Options{}), &serviceRig{r}
				})
			})
		}
	}
}
