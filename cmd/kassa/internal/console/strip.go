package console

import (
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// chip is one field of the status strip.
type chip struct {
	Icon  string
	Text  string
	Tone  string // "", "good", "warn", "stop"
	Minor bool   // left out on narrow screens
}

// Chips are the fields of the status strip, always in the same places.
func (s *screen) Chips() []chip {
	return []chip{s.cloudChip(), s.kktChip(), s.queueChip(), s.shiftChip()}
}

func (s *screen) cloudChip() chip {
	switch {
	case s.X.CloudOff:
		return chip{Icon: "cloudoff", Text: s.loc.must("strip.cloud.none"), Minor: true}
	case !s.X.CloudOnline:
		return chip{Icon: "cloudoff", Text: s.loc.must("strip.cloud.off"), Tone: "warn"}
	}
	return chip{Icon: "cloud", Text: s.loc.must("strip.cloud.on"), Tone: "good"}
}

// kktChip shows what would stop the next receipt, else how long the OFD has
// been waiting.
func (s *screen) kktChip() chip {
	k := &s.V.KKT
	text := ""
	switch {
	case k.Ready && !k.Status.Paper, k.Code == fault.FiscalPaper:
		text = s.loc.must("strip.kkt.paper")
	case k.Ready && k.Status.LidOpen, k.Code == fault.FiscalLid:
		text = s.loc.must("strip.kkt.lid")
	case !k.Ready && (k.Code == "" || k.Code == fault.FiscalMissing):
		text = s.loc.must("strip.kkt.off")
	case !k.Ready || k.Code != "":
		text = s.loc.must("strip.kkt.stop")
	case k.Status.Unsent > 0 && !k.Status.UnsentSince.IsZero():
		c := chip{Icon: "printer", Text: s.loc.must("strip.ofd", s.Age(k.Status.UnsentSince)), Tone: "good"}
		if s.Now.Sub(k.Status.UnsentSince) >= ofdSlow {
			c.Tone = "warn"
		}
		return c
	default:
		return chip{Icon: "printer", Text: s.loc.must("strip.kkt"), Tone: "good"}
	}
	return chip{Icon: "printer", Text: text, Tone: "stop"}
}

// How long something may wait before the strip turns amber.
const (
	ofdSlow   = 24 * time.Hour
	queueSlow = 30 * time.Minute
	shiftLong = 22 * time.Hour
	shiftDay  = 24 * time.Hour // a shift may not be longer
)

func (s *screen) queueChip() chip {
	switch {
	case s.X.Parked > 0:
		return chip{Icon: "queue", Text: s.loc.must("strip.queue", s.loc.integer(int64(s.X.Queued+s.X.Parked))), Tone: "warn"}
	case s.X.Queued == 0:
		return chip{Icon: "queue", Text: s.loc.must("strip.queue.empty"), Tone: "good", Minor: true}
	}
	c := chip{Icon: "queue", Text: s.loc.must("strip.queue", s.loc.integer(int64(s.X.Queued)))}
	if !s.X.Oldest.IsZero() {
		c.Text += " · " + s.Age(s.X.Oldest)
		if s.Now.Sub(s.X.Oldest) >= queueSlow {
			c.Tone = "warn"
		}
	}
	return c
}

func (s *screen) shiftChip() chip {
	sh := s.V.Shift
	if sh == nil {
		return chip{Icon: "shift", Text: s.loc.must("strip.shift.none")}
	}
	c := chip{Icon: "shift", Text: s.loc.must("strip.shift", sh.Number) + " · " + s.Age(sh.OpenedAt), Tone: "good"}
	switch {
	case sh.Expired:
		c.Tone = "stop"
	case s.Now.Sub(sh.OpenedAt) >= shiftLong:
		c.Tone = "warn"
	}
	return c
}

// warningRow is one warning in the list behind the strip.
type warningRow struct {
	Tone, Label, Text, Detail, Since string
}

// Warnings lists the till's and its surroundings' warnings, gravest first.
func (s *screen) Warnings() []warningRow {
	all := append(append([]fault.Warning{}, s.V.Warnings...), s.X.Warnings...)
	var rows []warningRow
	for _, level := range []struct {
		severity  fault.Severity
		tone, key string
	}{{fault.Stop, "stop", "warn.stop"}, {fault.Alarm, "stop", "warn.alarm"}, {fault.Warn, "warn", "warn.warning"}, {fault.Info, "info", "warn.info"}} {
		for _, w := range all {
			if w.Severity != level.severity {
				continue
			}
			row := warningRow{Tone: level.tone, Label: s.loc.must(level.key), Text: w.Text(s.loc.name), Detail: w.Detail}
			if !w.Since.IsZero() {
				row.Since = s.loc.must("warn.since", s.loc.hm(s.In(w.Since)))
				if s.Now.Sub(w.Since) >= 24*time.Hour {
					row.Since = s.loc.must("warn.since", s.loc.day(s.In(w.Since)))
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// Alarms are the warnings as anybody may read them, before a login: whether
// one can sell here, and no number of anything.
func (s *screen) Alarms() []warningRow {
	all := append(append([]fault.Warning{}, s.V.Warnings...), s.X.Warnings...)
	public := s.V
	public.Warnings = nil
	for _, w := range all {
		if len(w.Args) == 0 {
			w.Detail = ""
			public.Warnings = append(public.Warnings, w)
		}
	}
	open := &screen{loc: s.loc, V: public, Now: s.Now}
	return open.Warnings()
}

// Worst is the tone of the gravest warning, for the strip's badge.
func (s *screen) Worst() string {
	if rows := s.Warnings(); len(rows) > 0 {
		return rows[0].Tone
	}
	return ""
}

// DeviceState is a device's state in words.
func (s *screen) DeviceState(d Device) string {
	switch d.State {
	case DeviceReady, DeviceConnecting, DeviceDown:
		return s.loc.must("device." + d.State)
	}
	return d.State
}
