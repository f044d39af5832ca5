package daemon

import (
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/signal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// What a till is in, and which lamps of the usual tower shine for it.
func TestSituations(t *testing.T) {
	ready := func(change func(*till.View)) till.View {
		v := till.View{Phase: till.Idle.String(), Cashier: &doc.Cashier{}, Shift: &till.ShiftView{}}
		v.KKT.Ready = true
		if change != nil {
			change(&v)
		}
		return v
	}
	warn := func(severity fault.Severity, code fault.Code) func(*till.View) {
		return func(v *till.View) { v.Warnings = []fault.Warning{{Code: code, Severity: severity}} }
	}
	now := time.Now()
	for name, c := range map[string]struct {
		view                      till.View
		green, yellow, red, white signal.Light
	}{
		"nobody is there":       {ready(func(v *till.View) { v.Cashier = nil }), signal.Off, signal.Off, signal.Off, signal.Off},
		"no shift":              {ready(func(v *till.View) { v.Shift = nil }), signal.Off, signal.Off, signal.Off, signal.Off},
		"ready":                 {ready(nil), signal.On, signal.Off, signal.Off, signal.Off},
		"selling":               {ready(func(v *till.View) { v.Cheque.Lines = make([]doc.Line, 1) }), signal.On, signal.Off, signal.Off, signal.On},
		"paying":                {ready(func(v *till.View) { v.Paying = &till.ChequeView{} }), signal.On, signal.Off, signal.Off, signal.Slow},
		"a question":            {ready(func(v *till.View) { v.Questions = make([]till.QuestionView, 1) }), signal.On, signal.On, signal.Off, signal.Off},
		"called":                {ready(func(v *till.View) { v.Help = &now }), signal.On, signal.Fast, signal.Off, signal.Off},
		"the shift is long":     {ready(warn(fault.Warn, fault.ShiftLong)), signal.On, signal.Slow, signal.Off, signal.Off},
		"the shift is too long": {ready(warn(fault.Stop, fault.ShiftExpired)), signal.Off, signal.Slow, signal.On, signal.Off},
		"no paper":              {ready(func(v *till.View) { v.KKT.Code = fault.FiscalPaper }), signal.Off, signal.Off, signal.Slow, signal.Off},
		"no answer":             {ready(warn(fault.Stop, fault.FiscalNoAnswer)), signal.Off, signal.Off, signal.On, signal.Off},
		"in doubt":              {ready(func(v *till.View) { v.Phase = till.Blocked.String() }), signal.Off, signal.Off, signal.On, signal.Off},
		"the power fails":       {ready(warn(fault.Stop, fault.PowerFailing)), signal.Off, signal.Off, signal.Fast, signal.Off},
	} {
		all := situations(c.view)
		got := signal.Usual().Lights(func(s signal.Situation) bool { return all[s] })
		if got[signal.Green] != c.green || got[signal.Yellow] != c.yellow || got[signal.Red] != c.red || got[signal.White] != c.white {
			t.Errorf("%s: green %s, yellow %s, red %s, white %s", name, got[signal.Green], got[signal.Yellow], got[signal.Red], got[signal.White])
		}
	}
	if len(lampRoles) != len(signal.Lamps()) || len(moments) != 3 {
		t.Errorf("%d lamps have a line, %d moments", len(lampRoles), len(moments))
	}
}
