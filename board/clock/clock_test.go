package clock

import (
	"errors"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/sys/unix"
)

func TestWhoseWord(t *testing.T) {
	rtc := func(hctosys string) fstest.MapFS {
		return fstest.MapFS{"sys/class/rtc/rtc0/hctosys": {Data: []byte(hctosys)}}
	}
	kernel := func(state int, status int32, err error) Adjtimex {
		return func(t *unix.Timex) (int, error) { t.Status = status; return state, err }
	}
	refused := errors.New("not permitted")
	for name, c := range map[string]struct {
		ask  Adjtimex
		root fstest.MapFS
		want Trust
		err  error
	}{
		"a time server":                    {kernel(0, unix.STA_PLL, nil), rtc("0\n"), Synced, nil},
		"none, a battery":                  {kernel(unix.TIME_ERROR, unix.STA_UNSYNC, nil), rtc("1\n"), Battery, nil},
		"none, a clock that was not taken": {kernel(unix.TIME_ERROR, unix.STA_UNSYNC, nil), rtc("0\n"), Nobodys, nil},
		"none, no clock":                   {kernel(unix.TIME_ERROR, unix.STA_UNSYNC, nil), nil, Nobodys, nil},
		"an error state without the flag":  {kernel(unix.TIME_ERROR, 0, nil), nil, Nobodys, nil},
		"the kernel does not tell":         {kernel(0, 0, refused), rtc("1\n"), Battery, refused},
		"a file that is nonsense":          {kernel(unix.TIME_ERROR, unix.STA_UNSYNC, nil), rtc("1111111111111111111111"), Nobodys, nil},
	} {
		got, err := Read(c.ask, c.root)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %s, %v; want %s, %v", name, got, err, c.want, c.err)
		}
	}
	if _, err := Here(os.DirFS("/")); err != nil {
		t.Errorf("this machine: %v", err)
	}
}

func TestJumps(t *testing.T) {
	var g Guard
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i, c := range []struct{ wall, mono, want time.Duration }{
		{0, 0, 0},
		{time.Minute, time.Minute, 0},
		{2*time.Minute + time.Second, 2 * time.Minute, 0}, // corrected by a second
		{5 * time.Hour, 3 * time.Minute, 5*time.Hour - time.Minute - (2*time.Minute + time.Second)},
		{5*time.Hour + time.Minute, 4 * time.Minute, 0}, // told once
		{time.Hour, 5 * time.Minute, -(4*time.Hour + 2*time.Minute)},
	} {
		if got := g.Look(at.Add(c.wall), c.mono); got != c.want {
			t.Errorf("look %d: %v, want %v", i, got, c.want)
		}
	}
}

func TestMonotonicGoesOn(t *testing.T) {
	before, err := Monotonic()
	if err != nil {
		t.Fatal(err)
	}
	after, err := Monotonic()
	if err != nil || after < before || before <= 0 {
		t.Errorf("%v, then %v, %v", before, after, err)
	}
}
