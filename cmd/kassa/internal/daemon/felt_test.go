package daemon

import (
	"slices"
	"testing"

	"github.com/kassa-pos/kassa/board/pins"
)

// A contact that chatters loses changes, its own and never its last level.
func TestChatter(t *testing.T) {
	f := newFelt()
	f.input(pins.PowerFail, true)
	for i := range 10 * maxFelt {
		f.input(pins.CaseOpen, i%2 == 0)
	}
	f.input(pins.DrawerOpen, true)
	got := f.take()
	if len(got) > maxFelt || !slices.Contains(got, change{pins.DrawerOpen, true}) {
		t.Errorf("%d changes wait", len(got))
	}
	last := map[pins.Role]bool{}
	for _, c := range got {
		last[c.role] = c.on
	}
	if last[pins.CaseOpen] || !last[pins.DrawerOpen] || len(f.take()) != 0 {
		t.Errorf("last levels %v", last)
	}
}
