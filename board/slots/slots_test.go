package slots_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/board/slots/slotstest"
)

func set(t *testing.T, m *slotstest.Disk, st slots.State) {
	t.Helper()
	if _, err := slots.On(m).Change(func(slots.State) (slots.State, error) { return st, nil }); err != nil {
		t.Fatal(err)
	}
}

func TestScriptReadsWhatIsWritten(t *testing.T) {
	m := slotstest.New()
	if st, from, err := slots.On(m).Read(); err != nil || from != slots.Defaults || st.Left[slots.A] != slots.FewAttempts {
		t.Fatalf("an empty disk reads as %v from %s (%v)", st, from, err)
	}
	set(t, m, slots.Factory())
	for i := range slots.MaxAttempts {
		if s, rescue := m.Boot(); s != slots.A || rescue {
			t.Fatalf("boot %d takes %s, rescue %t", i, s, rescue)
		}
	}
	if s, rescue := m.Boot(); s != slots.A || !rescue {
		t.Fatalf("with nothing left the boot takes %s, rescue %t", s, rescue)
	}
	st, from, err := slots.On(m).Read()
	if err != nil || from != slots.FirstCopy || st.Left[slots.A] != slots.FewAttempts {
		t.Fatalf("after the rescue: %v from %s (%v)", st, from, err)
	}
}

func TestNewSlotThatNeverConfirms(t *testing.T) {
	m := slotstest.New()
	set(t, m, slots.State{Order: []slots.Slot{slots.B, slots.A}, Left: map[slots.Slot]int{slots.A: slots.MaxAttempts, slots.B: slots.FewAttempts}})
	var took []slots.Slot
	for range slots.FewAttempts + 1 {
		s, _ := m.Boot()
		took = append(took, s)
	}
	if diff := cmp.Diff([]slots.Slot{slots.B, slots.B, slots.B, slots.A}, took); diff != "" {
		t.Fatal(diff)
	}
}

func TestChanges(t *testing.T) {
	both := slots.State{Order: []slots.Slot{slots.B, slots.A}, Left: map[slots.Slot]int{slots.A: 8, slots.B: 2}}
	if got := both.Good(slots.B); got.Left[slots.B] != slots.MaxAttempts || got.Left[slots.A] != 8 || both.Left[slots.B] != 2 {
		t.Errorf("good: %v, and the old one %v", got, both)
	}
	got, err := both.Bad(slots.B)
	if err != nil || got.Bootable(slots.B) || !got.Bootable(slots.A) {
		t.Errorf("bad: %v, %v", got, err)
	}
	if _, err := got.Bad(slots.A); !errors.Is(err, slots.ErrNotBootable) {
		t.Errorf("the last slot may be thrown away: %v", err)
	}
	if _, err := got.First(slots.B); !errors.Is(err, slots.ErrNotBootable) {
		t.Errorf("a slot that was taken out may be started: %v", err)
	}
	if back, err := both.First(slots.A); err != nil || back.Order[0] != slots.A || len(back.Order) != 2 {
		t.Errorf("first: %v, %v", back, err)
	}
}

// TestPowerWrite: wherever the power goes while the state is written, the boot
// script finds the old or the new one, whatever the copies were before.
func TestPowerWrite(t *testing.T) {
	old := slots.State{Order: []slots.Slot{slots.A, slots.B}, Left: map[slots.Slot]int{slots.A: 7, slots.B: 0}}
	next := slots.State{Order: []slots.Slot{slots.B, slots.A}, Left: map[slots.Slot]int{slots.A: 7, slots.B: 3}}
	broken := map[string]func(*slotstest.Disk){
		"both copies good": func(*slotstest.Disk) {},
		"first torn":       func(m *slotstest.Disk) { clear(m.B[slotstest.FirstAt+5 : slotstest.FirstAt+slots.EnvSize]) },
		"second torn":      func(m *slotstest.Disk) { clear(m.B[slotstest.SecondAt+5 : slotstest.SecondAt+slots.EnvSize]) },
		"second old": func(m *slotstest.Disk) { // fw_setenv wrote the first one only
			other := slotstest.New()
			set(t, other, slots.Factory())
			copy(m.B[slotstest.SecondAt:], other.B[slotstest.SecondAt:slotstest.SecondAt+slots.EnvSize])
		},
	}
	cuts := 0
	for name, damage := range broken {
		for budget := 0; budget <= 3*slots.EnvSize; budget += 61 {
			m := slotstest.New()
			set(t, m, old)
			damage(m)
			m.Left = budget
			_, err := slots.On(m).Change(func(slots.State) (slots.State, error) { return next, nil })
			if err != nil && !errors.Is(err, slotstest.ErrCut) {
				t.Fatal(err)
			}
			m.Left = -1
			got, _, rerr := slots.On(m).Read()
			if rerr != nil {
				t.Fatal(rerr)
			}
			if !cmp.Equal(got, next) && (!cmp.Equal(got, old) || err == nil) {
				t.Fatalf("%s, cut after %d bytes (%v): %v", name, budget, err, got)
			}
			if s, rescue := m.Boot(); rescue || s != got.Order[0] {
				t.Fatalf("%s, cut after %d bytes: the script starts %s (rescue %t) with %v", name, budget, s, rescue, got)
			}
			cuts++
		}
	}
	t.Logf("%d cuts, 0 lost", cuts)
}

// TestOtherVariablesAreKept: what somebody else keeps beside the state stays.
func TestOtherVariablesAreKept(t *testing.T) {
	m := slotstest.New()
	m.Put(slotstest.FirstAt, map[string]string{"BOOT_ORDER": "A", "BOOT_A_LEFT": "9", "BOOT_B_LEFT": "0", "serial#": "100000001", "note": "a=b"})
	set(t, m, slots.Factory().Good(slots.B))
	if vars := m.Vars(); vars["serial#"] != "100000001" || vars["note"] != "a=b" {
		t.Fatal(vars)
	}
}
