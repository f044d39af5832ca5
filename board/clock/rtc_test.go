package clock

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRTCs(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	got, err := RTCs(fstest.MapFS{
		"sys/class/rtc/rtc0/name": file("rtc-ds1307 1-0068\n"), "sys/class/rtc/rtc0/since_epoch": file("1795430000\n"), "sys/class/rtc/rtc0/hctosys": file("1\n"),
		"sys/class/rtc/rtc1/name": file("dead\n"), "sys/class/rtc/rtc1/since_epoch": file("never\n"),
	})
	want := []RTC{{"/dev/rtc0", "rtc-ds1307 1-0068", time.Unix(1795430000, 0), true}, {Device: "/dev/rtc1", Name: "dead"}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	if _, err := RTCs(os.DirFS("/")); err != nil {
		t.Errorf("this machine: %v", err)
	}
}
