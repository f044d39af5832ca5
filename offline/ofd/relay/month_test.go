package relay_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/kkt"
)

const aDay = 24 * time.Hour

// day opens a shift, sells and closes it; then night falls.
func (s *shop) day(sales int) error {
	kinds := []kkt.OperationKind{kkt.OpOpenShift}
	for range sales {
		kinds = append(kinds, kkt.OpSale)
	}
	for _, k := range append(kinds, kkt.OpCloseShift) {
		if err := s.register(k); err != nil {
			return err
		}
	}
	return nil
}

// TestMonthAlone: a KKT on a serial line that nobody relays for. Its FN warns
// after three days, the age of its oldest document can be seen growing, and
// after thirty days it refuses everything, until a relay has carried all.
func TestMonthAlone(t *testing.T) {
	s := newShop(t, nil)
	registered := s.kkt.Documents()[0].Time
	seen := map[int]bool{}
	blocked := 0
	for n := 0; n < 40 && blocked == 0; n++ {
		st, err := s.printer.Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if age := s.clock.Now().Sub(st.UnsentSince); !st.UnsentSince.Equal(registered) || int(age/aDay) != n || st.Unsent != 1+3*n {
			t.Fatalf("day %d: %d unsent since %s", n, st.Unsent, st.UnsentSince)
		}
		if warned := st.FNWarnings&(1<<3) != 0; warned != (n > 3) {
			t.Errorf("day %d: the FN warns: %t", n, warned)
		}
		seen[n] = true
		if err := s.day(1); err != nil {
			var refusal *fiscal.DeviceError
			if !errors.As(err, &refusal) || refusal.Code != 0x14 || refusal.Class != fiscal.OFDSilent {
				t.Fatalf("day %d: %v", n, err)
			}
			blocked = n
			continue
		}
		s.clock.pass(aDay)
	}
	if blocked != 31 || !seen[3] || !seen[10] || !seen[20] || !seen[28] {
		t.Fatalf("blocked on day %d", blocked)
	}
	s.carry()
	s.reconcile()
	if err := s.day(1); err != nil {
		t.Fatalf("with everything confirmed: %v", err)
	}
}

// TestMonthRelayed: the same month with a relay; and an operator that is away
// for the third week.
func TestMonthRelayed(t *testing.T) {
	s := newShop(t, nil)
	const days, sales = 31, 8
	for n := range days {
		switch n {
		case 14:
			if err := s.ofd.Fault("down"); err != nil {
				t.Fatal(err)
			}
		case 21:
			if err := s.ofd.Fault("up"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.day(sales); err != nil {
			t.Fatalf("day %d: %v", n, err)
		}
		if n < 14 || n >= 21 {
			s.carry()
			s.reconcile()
		}
		s.clock.pass(aDay)
	}
	st, err := s.printer.Status(context.Background())
	if err != nil || st.Unsent != 0 || !st.UnsentSince.IsZero() {
		t.Errorf("after a month: %d unsent since %s, %v", st.Unsent, st.UnsentSince, err)
	}
	for _, d := range s.ofd.Documents() {
		if d.Times != 1 {
			t.Errorf("FD %d was sent %d times", d.FD, d.Times)
		}
	}
	got := s.relay.Status()
	if want := int64(1 + days*(sales+2)); got.Carried != want || got.State != relay.Waiting || got.Why != "" || len(s.relay.Warnings()) != 0 {
		t.Errorf("want %d carried: %+v", want, got)
	}
	t.Logf("%d documents in %d steps on the device", got.Carried, s.steps)
}

// TestNotices: notices of sold marked goods go to the marking system, after
// the documents, each once, through a fault as well.
func TestNotices(t *testing.T) {
	s := newShop(t, nil)
	if err := s.kkt.Fault("notices", "5"); err != nil {
		t.Fatal(err)
	}
	if err := s.ofd.Fault("reject", "2"); err != nil {
		t.Fatal(err)
	}
	s.must(kkt.OpOpenShift)
	s.carry()
	s.reconcile()
	for range 200 { // carry ends with the last document; a notice is three or four steps more
		if s.relay.Step(t.Context(), port{s.printer}) > 0 && s.relay.Status().State == relay.Carrying {
			<-s.relay.Due()
		}
	}
	got := s.ofd.Notices()
	if len(got) != 5 {
		t.Fatalf("%d notices, %+v", len(got), s.relay.Status())
	}
	for i, n := range got {
		if n.FD != got[0].FD+uint32(i) || n.Times != 1 {
			t.Errorf("notice %d came %d times as number %d", n.FD, n.Times, i+1)
		}
	}
	if on := s.kkt.State().Faults; len(on) != 0 {
		t.Errorf("left: %v", on)
	}
}
