package tapetest

import (
	"fmt"
	"testing"
)

// Account is what a test has seen of power cuts and kills. Tests whose names
// begin with TestPower or TestRootPower end with one; `make test-power` adds
// them up.
type Account struct {
	States     int // disks looked at after a power cut
	Kills      int // processes ended at a moment of the test's choice
	Lost       int // acknowledged lines that were not there
	Duplicated int // lines that were there twice
}

func (a Account) String() string {
	return fmt.Sprintf("%d disk states, %d kills, %d lost, %d duplicated", a.States, a.Kills, a.Lost, a.Duplicated)
}

// TellOf makes the test end with its account, also when it fails.
func TellOf(t testing.TB, a *Account) { t.Cleanup(func() { t.Log(a) }) }

// Add counts what another part of a test has seen.
func (a *Account) Add(b Account) {
	a.States, a.Kills = a.States+b.States, a.Kills+b.Kills
	a.Lost, a.Duplicated = a.Lost+b.Lost, a.Duplicated+b.Duplicated
}
