package kkt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// TestWarnings: what each state is called, and that a healthy device has none.
func TestWarnings(t *testing.T) {
	msk := time.FixedZone("MSK", 3*3600)
	now := time.Date(2026, 11, 20, 23, 30, 0, 0, msk) // in UTC it is the same day still
	day := func(n int) time.Time { return time.Date(2026, 11, 20+n, 0, 0, 0, 0, msk) }
	for name, c := range map[string]struct {
		change func(*Facts, *Status)
		want   string
	}{
		"healthy":                  {func(*Facts, *Status) {}, ""},
		"nothing known":            {func(f *Facts, s *Status) { *f, *s = Facts{}, Status{} }, ""},
		"not registered":           {func(_ *Facts, s *Status) { s.FNPhase = 1 }, "stop fiscal.fn_phase 1"},
		"fiscal mode closed":       {func(_ *Facts, s *Status) { s.FNPhase = 7 }, "stop fiscal.fn_phase 7"},
		"31 days":                  {func(f *Facts, _ *Status) { f.FNExpires = day(31) }, ""},
		"30 days":                  {func(f *Facts, _ *Status) { f.FNExpires = day(30) }, "info fiscal.fn_expires 30 20.12.2026"},
		"11 days":                  {func(f *Facts, _ *Status) { f.FNExpires = day(11) }, "info fiscal.fn_expires 11 01.12.2026"},
		"10 days":                  {func(f *Facts, _ *Status) { f.FNExpires = day(10) }, "warning fiscal.fn_expires 10 30.11.2026"},
		"3 days":                   {func(f *Facts, _ *Status) { f.FNExpires = day(3) }, "warning fiscal.fn_last_days 3 23.11.2026"},
		"its last day":             {func(f *Facts, _ *Status) { f.FNExpires = day(0) }, "warning fiscal.fn_last_days 0 20.11.2026"},
		"expired":                  {func(f *Facts, _ *Status) { f.FNExpires = day(-1) }, "stop fiscal.fn_expired 19.11.2026"},
		"date known, bits as well": {func(f *Facts, s *Status) { f.FNExpires, s.FNWarnings = day(20), 2 }, "info fiscal.fn_expires 20 10.12.2026"},
		"only bits, 30":            {func(f *Facts, s *Status) { f.FNExpires, s.FNWarnings = time.Time{}, 2 }, "info fiscal.fn_expires 30 ?"},
		"only bits, 3":             {func(f *Facts, s *Status) { f.FNExpires, s.FNWarnings = time.Time{}, 3 }, "warning fiscal.fn_last_days 3 ?"},
		"archive":                  {func(_ *Facts, s *Status) { s.FNWarnings = 4 }, "warning fiscal.fn_archive"},
		"OFD late":                 {func(_ *Facts, s *Status) { s.FNWarnings = 8 }, "warning fiscal.ofd_late"},
		"critical":                 {func(_ *Facts, s *Status) { s.FNWarnings = 0x80 }, "warning fiscal.fn_critical"},
		"few places":               {func(f *Facts, s *Status) { f.FNDocuments, s.FNWarnings = 999, 4 }, "warning fiscal.fn_places 999"},
		"places not told":          {func(f *Facts, _ *Status) { f.FNDocuments, f.FNBuffer = -1, -1 }, ""},
		"low buffer":               {func(f *Facts, _ *Status) { f.FNBuffer = 63 }, "warning fiscal.fn_buffer 63"},
		"notices":                  {func(f *Facts, _ *Status) { f.Notices = Notices{Supported: true, Fill: 80, Queued: 9} }, "warning fiscal.notices 80 9"},
		"clock":                    {func(_ *Facts, s *Status) { s.Clock = now.Add(-7*time.Minute - time.Second) }, "warning fiscal.drift 7"},
		"clock ahead":              {func(_ *Facts, s *Status) { s.Clock = now.Add(61 * time.Second) }, "warning fiscal.drift 1"},
		"battery":                  {func(f *Facts, _ *Status) { f.Battery = 2350 }, "warning fiscal.battery 2.3"},
		"battery of a mobile one":  {func(f *Facts, _ *Status) { f.Battery, f.Supply = 1000, 4100 }, ""},
		"replaces":                 {func(f *Facts, _ *Status) { f.Replaces = true }, "warning fiscal.replaces_vat"},
	} {
		t.Run(name, func(t *testing.T) {
			f := Facts{Identity: Identity{FN: "1"}, FNExpires: day(400), FNDocuments: 200_000, FNBuffer: 4000, Battery: 3080, Supply: 23_900}
			s := Status{FNPhase: 3, Clock: now.Add(-time.Minute)}
			c.change(&f, &s)
			var got []string
			for _, w := range Warnings(f, s, now) {
				got = append(got, strings.TrimSpace(fmt.Sprint(w.Severity, " ", w.Code, " ", strings.Join(w.Args, " "))))
				if w.Since != now || strings.Contains(w.Text("ru"), "{") || !slices.Contains(fault.Codes(), w.Code) {
					t.Errorf("%+v", w)
				}
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
