package signal

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"
)

func TestUsualPlan(t *testing.T) {
	p := Usual()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	if n := len(p.Shows); n != len(Situations()) {
		t.Errorf("%d of %d situations are shown", n, len(Situations()))
	}
	for _, c := range []struct {
		now  []Situation
		want map[Lamp]Light // those that are not off
	}{
		{nil, nil},
		{[]Situation{Running}, map[Lamp]Light{Power: On}},
		{[]Situation{Ready, Fiscal, Online, Running}, map[Lamp]Light{Green: On, Printer: On, Network: On, Power: On}},
		{[]Situation{Selling, Ready, Fiscal}, map[Lamp]Light{White: On, Green: On, Printer: On}},
		{[]Situation{Paying, Selling, Ready}, map[Lamp]Light{White: Slow, Green: On}},
		{[]Situation{Paid, Ready}, map[Lamp]Light{Green: Fast}},
		{[]Situation{Help, Selling, Ready}, map[Lamp]Light{Yellow: Fast, White: On, Green: On}},
		{[]Situation{Help, Attention, ShiftLong}, map[Lamp]Light{Yellow: Fast}},
		{[]Situation{Attention, ShiftLong}, map[Lamp]Light{Yellow: On}},
		{[]Situation{NoPaper, Help, Selling}, map[Lamp]Light{Red: Slow, Printer: Slow, Error: On, Yellow: Fast, White: On}},
		{[]Situation{Blocked, NoPaper}, map[Lamp]Light{Red: On, Error: On, Printer: Slow}},
		{[]Situation{PowerFailing, Blocked, NoPaper, Help}, map[Lamp]Light{Red: Fast, Error: On, Printer: Slow, Yellow: Fast}},
		{[]Situation{Offline}, map[Lamp]Light{Network: Slow}},
	} {
		got := p.Lights(func(s Situation) bool { return slices.Contains(c.now, s) })
		maps.DeleteFunc(got, func(_ Lamp, l Light) bool { return l == Off })
		if !maps.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.now, got, c.want)
		}
	}
	if all := p.Lights(func(Situation) bool { return false }); len(all) != len(Lamps()) {
		t.Errorf("%d of %d lamps are spoken of", len(all), len(Lamps()))
	}
}

func TestPlansThatCanNotBeShown(t *testing.T) {
	long := Pattern{"long", []Tone{{MaxLength, time.Nanosecond}}}
	for name, p := range map[string]Plan{
		"a situation":       {Shows: map[Situation]Show{"party": {}}},
		"a lamp":            {Shows: map[Situation]Show{Help: {Lamps: map[Lamp]Light{"blue": On}}}},
		"a light":           {Shows: map[Situation]Show{Help: {Lamps: map[Lamp]Light{Red: "disco"}}}},
		"a pattern":         {Shows: map[Situation]Show{Help: {Beep: "waltz"}}},
		"too often":         {Shows: map[Situation]Show{Help: {Beep: "call", Every: MinEvery - 1}}},
		"too seldom":        {Shows: map[Situation]Show{Help: {Beep: "call", Every: MaxEvery + 1}}},
		"again and silent":  {Shows: map[Situation]Show{Help: {Every: MinEvery}}},
		"a moment, again":   {Shows: map[Situation]Show{Paid: {Beep: "paid", Every: MinEvery}}},
		"a name twice":      {Patterns: []Pattern{{"alarm", []Tone{{MinTone, 0}}}}},
		"no name":           {Patterns: []Pattern{{"", []Tone{{MinTone, 0}}}}},
		"no tones":          {Patterns: []Pattern{{"none", nil}}},
		"too many tones":    {Patterns: []Pattern{{"many", slices.Repeat([]Tone{{MinTone, 0}}, MaxTones+1)}}},
		"a tone too short":  {Patterns: []Pattern{{"click", []Tone{{MinTone - 1, 0}}}}},
		"negative silence":  {Patterns: []Pattern{{"odd", []Tone{{MinTone, -1}}}}},
		"too long":          {Patterns: []Pattern{long}},
		"too many patterns": {Patterns: make([]Pattern, MaxPatterns+1)},
	} {
		if err := p.Check(); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := Plan{Patterns: []Pattern{{"chime", []Tone{{100 * ms, 0}}}}, Shows: map[Situation]Show{Help: {Beep: "chime", Every: MinEvery}}}
	if err := own.Check(); err != nil {
		t.Error(err)
	}
}

// What lasts beeps when it begins, again after its time, and anew when it
// comes back; a moment beeps each time and is over by itself.
func TestDirector(t *testing.T) {
	d := NewDirector(Usual())
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	lasting := map[Situation]bool{}
	look := func(after time.Duration) (map[Lamp]Light, []string, time.Duration) {
		lights, beeps, next := d.Look(start.Add(after), func(s Situation) bool { return lasting[s] })
		names := []string{}
		for _, b := range beeps {
			names = append(names, b.Name)
		}
		return lights, names, next
	}
	for i, c := range []struct {
		after  time.Duration
		set    map[Situation]bool
		yellow Light
		beeps  []string
		next   time.Duration
	}{
		{0, map[Situation]bool{Ready: true}, Off, nil, 0},
		{time.Second, map[Situation]bool{Help: true}, Fast, []string{"call"}, 30 * time.Second},
		{2 * time.Second, nil, Fast, nil, 29 * time.Second},
		{31 * time.Second, nil, Fast, []string{"call"}, 30 * time.Second},
		{32 * time.Second, map[Situation]bool{NoPaper: true}, Fast, []string{"alarm"}, 29 * time.Second},
		{33 * time.Second, map[Situation]bool{Help: false}, Off, nil, 59 * time.Second},
		{34 * time.Second, map[Situation]bool{Help: true, PowerFailing: true}, Fast, []string{"alarm", "call"}, 30 * time.Second},
	} {
		maps.Copy(lasting, c.set)
		lights, beeps, next := look(c.after)
		if lights[Yellow] != c.yellow || !slices.Equal(beeps, c.beeps) || next != c.next {
			t.Errorf("look %d: yellow %s, beeps %v, next %v", i, lights[Yellow], beeps, next)
		}
	}
	clear(lasting)
	lasting[Ready] = true
	for range 2 {
		if p, ok := d.Happen(start.Add(time.Minute), Paid); !ok || p.Name != "paid" {
			t.Errorf("%v %v", p, ok)
		}
	}
	if lights, _, next := look(time.Minute); lights[Green] != Fast || next != Paid.Holds() {
		t.Errorf("%v, next %v", lights, next)
	}
	if lights, _, next := look(time.Minute + Paid.Holds()); lights[Green] != On || next != 0 {
		t.Errorf("%v, next %v", lights, next)
	}
	if _, ok := d.Happen(start, Help); ok {
		t.Error("help is no moment")
	}
}

// However much is asked for, the buzzer sounds for half of the time.
func TestMeter(t *testing.T) {
	var m Meter
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	sound, asked := time.Duration(0), 10*time.Minute
	for at := time.Duration(0); at < asked; at += 50 * ms {
		if m.Allow(now.Add(at), Look) {
			sound += Look.Length()
		}
	}
	if low, high := asked/share-time.Second, asked/share+maxStore; sound < low || sound > high {
		t.Errorf("%v of sound in %v", sound, asked)
	}
	if m.Allow(now.Add(asked-time.Hour), Alarm) {
		t.Error("a clock that was set back gave sound")
	}
	for range 10 {
		if !m.Allow(now.Add(asked+time.Hour), TakenBeep) {
			t.Error("after an hour of rest a beep is refused")
		}
	}
}
