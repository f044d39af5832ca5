package watchdog

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestListArmsNothing(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	got, err := List(fstest.MapFS{
		"sys/class/watchdog/watchdog0/identity": file("Broadcom BCM2835 Watchdog timer\n"), "sys/class/watchdog/watchdog0/timeout": file("15\n"), "sys/class/watchdog/watchdog0/state": file("active\n"),
		"sys/class/watchdog/watchdog1/dev": file("249:1\n"),
	})
	want := []Present{{"/dev/watchdog0", "Broadcom BCM2835 Watchdog timer", true, 15 * time.Second}, {Device: "/dev/watchdog1"}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}
