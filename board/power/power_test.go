package power

import (
	"os"
	"testing"
	"testing/fstest"
)

func TestRead(t *testing.T) {
	files := func(pairs ...string) fstest.MapFS {
		m := fstest.MapFS{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
		}
		return m
	}
	heat := zone + "/temp"
	for name, c := range map[string]struct {
		root fstest.MapFS
		want State
		hot  bool
		bad  bool
	}{
		"a board that tells nothing": {},
		"a healthy Raspberry Pi":     {root: files(throttled, "0\n", heat, "48312\n"), want: State{Heat: 48312}},
		"a weak supply, now":         {root: files(throttled, "50005\n"), want: State{Undervolted: true, WasUnder: true, Throttled: true}},
		"a weak supply, before":      {root: files(throttled, "0x50000\n"), want: State{WasUnder: true}},
		"the soft limit":             {root: files(throttled, "8\n", heat, "81000\n"), want: State{Throttled: true, Heat: 81000}, hot: true},
		"the driver's alarm": {root: files("sys/class/hwmon/hwmon0/name", "cpu_thermal\n", "sys/class/hwmon/hwmon1/name", "rpi_volt\n", "sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n"),
			want: State{Undervolted: true}},
		"close to its own limit": {root: files(heat, "96000\n", zone+"/trip_point_0_type", "passive\n", zone+"/trip_point_0_temp", "85000\n", zone+"/trip_point_1_type", "critical\n", zone+"/trip_point_1_temp", "105000\n"),
			want: State{Heat: 96000, Critical: 105000}, hot: true},
		"far from its own limit": {root: files(heat, "85000\n", zone+"/trip_point_0_type", "critical\n", zone+"/trip_point_0_temp", "105000\n"),
			want: State{Heat: 85000, Critical: 105000}},
		"nonsense":          {root: files(throttled, "volts\n", heat, "41000\n"), want: State{Heat: 41000}, bad: true},
		"a number too long": {root: files(heat, "99999999999999999999\n"), bad: true},
		"a file too long":   {root: files(heat, string(make([]byte, 100))), bad: true},
	} {
		got, err := Read(c.root)
		if got != c.want || (err != nil) != c.bad || got.Hot() != c.hot {
			t.Errorf("%s: %+v, hot %v, %v", name, got, got.Hot(), err)
		}
	}
	if _, err := Read(os.DirFS("/")); err != nil {
		t.Errorf("this machine: %v", err)
	}
}
