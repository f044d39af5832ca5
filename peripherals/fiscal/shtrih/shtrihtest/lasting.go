package shtrihtest

import "time"

// lasting names the faults of the device's body and of its FN that are on:
// they survive a power cut. d.mu is held.
func (d *Device) lasting() []string {
	h, m := &d.s.Health, &d.s.Marks
	names := []string{}
	for _, x := range []struct {
		on   bool
		name string
	}{
		{d.offTimer(), "clock-wrong"}, {d.s.Clock.Lost, "clock-lost"},
		{d.fnExpires().Sub(d.now()) <= 30*24*time.Hour, "fn-expires"}, {h.Archive > 0, "fn-archive"},
		{h.Battery != 0, "battery-low"}, {h.Cutter, "cutter-broken"}, {h.Terse, "terse"}, {h.Chatty, "chatty"},
		{m.Server != "" && m.Server != ServerOK, "mark-server"}, {m.Local != "" && m.Local != LocalAuto, "mark-local"},
		{m.Strict, "mark-strict"}, {m.Inside, "mark-inside"}, {m.Blocked, "mark-blocked"}, {len(m.Notices) > 0, "notices"},
	} {
		if x.on {
			names = append(names, x.name)
		}
	}
	return names
}
