// Package slots is the state of the two places a till's system lives in, A and
// B: which starts next, how often each may still try, which one is running.
//
// An update is written into the place that is not running, gets a few
// attempts, and is confirmed by the health gate once it has shown that it
// sells. Every start spends one attempt before anything of the slot is read,
// so a slot that can not start, hangs or loses its power runs out of them and
// the other one comes back without anybody touching the till.
//
// # The state on the disk
//
// Two copies of a U-Boot environment (CRC-32, then NAME=VALUE strings, each
// copy 16 KiB) lie in the gap before the first partition. The boot script
// reads the first copy, the second when the first's sum is wrong, and its own
// defaults when both are; it writes both. RAUC, by way of fw_setenv, writes
// the first only. Names and their meaning are RAUC's contract with U-Boot:
//
//	BOOT_ORDER    "A B": which slot is tried first
//	BOOT_A_LEFT   attempts left; hexadecimal, as setexpr and RAUC write it
//	BOOT_B_LEFT
//
// The boot script compares with `test`, which reads decimal: a counter above
// nine ("a") would read as nothing and the slot as spent. MaxAttempts is
// therefore nine. A confirmed slot gets all of them and a new one FewAttempts,
// so that three power cuts during an early morning do not throw a healthy till
// back to an old release.
//
// # Cuts
//
// Write changes one copy after the other, each flushed, and mends a bad second
// copy before it touches the first: whatever moment the power goes, the boot
// script finds either the state from before or the new one. A disk that tears
// a sector in two is covered by the sum.
//
// Only root can open the disk. The report (see Report) is what the till, which
// is not root, reads.
//
// Nothing here may be called concurrently with itself: one service does it.
package slots

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Attempts of a slot.
const (
	MaxAttempts = 9 // a confirmed one's
	FewAttempts = 3 // a new one's, on trial
)

// Slot is a place for the system: A or B.
type Slot string

// The slots.
const (
	A Slot = "A"
	B Slot = "B"
)

// Other is the place beside s.
func (s Slot) Other() Slot {
	if s == A {
		return B
	}
	return A
}

// Valid tells whether s is a slot at all.
func (s Slot) Valid() bool { return s == A || s == B }

// State is what the boot script decides by.
type State struct {
	Order []Slot       // the first with attempts left starts
	Left  map[Slot]int // attempts
}

// Errors of a change that would leave a till without a system.
var (
	ErrNotBootable = errors.New("that slot has no system to start")
	ErrBadState    = errors.New("the slots' state can not be read")
)

// Factory is the state of a card that was just written: A is there and
// confirmed, B is empty.
func Factory() State {
	return State{Order: []Slot{A}, Left: map[Slot]int{A: MaxAttempts, B: 0}}
}

// defaults are the boot script's when both copies are bad.
func defaults() State {
	return State{Order: []Slot{A, B}, Left: map[Slot]int{A: FewAttempts, B: FewAttempts}}
}

// Bootable tells whether the boot script would ever start s.
func (st State) Bootable(s Slot) bool { return slices.Contains(st.Order, s) && st.Left[s] > 0 }

// Next is the slot that starts at the next boot, and whether that is a rescue:
// nothing has attempts left, so the first of the order is started all the
// same, with the gate told not to send it away again.
func (st State) Next() (s Slot, rescue bool) {
	for _, s := range st.Order {
		if st.Left[s] > 0 {
			return s, false
		}
	}
	if len(st.Order) > 0 {
		return st.Order[0], true
	}
	return A, true
}

// Good confirms s: it has shown that it sells.
func (st State) Good(s Slot) State {
	st = st.clone()
	st.Left[s] = MaxAttempts
	if !slices.Contains(st.Order, s) {
		st.Order = append(st.Order, s)
	}
	return st
}

// Bad takes s out: it is never started again until something is installed
// there. ErrNotBootable when nothing would be left to start.
func (st State) Bad(s Slot) (State, error) {
	st = st.clone()
	st.Left[s] = 0
	st.Order = slices.DeleteFunc(st.Order, func(o Slot) bool { return o == s })
	if len(st.Order) == 0 || st.Left[st.Order[0]] == 0 {
		return State{}, fmt.Errorf("slot %s stays: %w", s, ErrNotBootable)
	}
	return st, nil
}

// First makes s the one that starts, with as many attempts as it has but at
// least FewAttempts. ErrNotBootable when it was never confirmed or was taken
// out: its system may be half written.
func (st State) First(s Slot) (State, error) {
	if !st.Bootable(s) {
		return State{}, fmt.Errorf("slot %s: %w", s, ErrNotBootable)
	}
	st = st.clone()
	st.Left[s] = max(st.Left[s], FewAttempts)
	st.Order = append([]Slot{s}, slices.DeleteFunc(st.Order, func(o Slot) bool { return o == s })...)
	return st, nil
}

func (st State) clone() State {
	c := State{Order: slices.Clone(st.Order), Left: map[Slot]int{}}
	for s, n := range st.Left {
		c.Left[s] = n
	}
	return c
}

// String is for logs: "A B, left A=9 B=3".
func (st State) String() string {
	names := make([]string, len(st.Order))
	for i, s := range st.Order {
		names[i] = string(s)
	}
	return fmt.Sprintf("%s, left A=%d B=%d", strings.Join(names, " "), st.Left[A], st.Left[B])
}
