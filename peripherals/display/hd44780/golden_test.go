package hd44780

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"periph.io/x/conn/v3/i2c"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/displaytest"
	"github.com/kassa-pos/kassa/peripherals/display/hd44780/hd44780test"
)

var update = flag.Bool("update", false, "write the golden streams")

// tapped is a panel whose bus is listened to.
type tapped struct {
	*hd44780test.Panel
	heard strings.Builder
}

func (t *tapped) Open(context.Context) (i2c.BusCloser, error) { return t, nil }

func (t *tapped) Tx(addr uint16, w, r []byte) error {
	fmt.Fprintf(&t.heard, "\t%02x: %x\n", addr, w)
	return t.Panel.Tx(addr, w, r)
}

// The golden streams of a sale: every transfer on the bus, and what a person
// reads then; at the end the picture at a heartbeat and after a replug.
func TestGoldenStreams(t *testing.T) {
	for _, o := range []Options{{Columns: 16, Rows: 2, ROM: A00}, {Columns: 20, Rows: 4, ROM: Cyrillic, Address: 0x3F}, {Columns: 20, Rows: 2, ROM: A02}} {
		name := fmt.Sprintf("%s-%dx%d", o.ROM, o.Columns, o.Rows)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				address := o.Address
				if address == 0 {
					address = 0x27
				}
				glass := &tapped{Panel: hd44780test.New(address, o.Columns, o.Rows)}
				p, err := New(glass, o)
				if err != nil {
					t.Fatal(err)
				}
				var b strings.Builder
				tell := func(what string, f display.Frame) {
					show(t, p, f.Lines...)
					fmt.Fprintf(&b, "%s\n%s", what, glass.heard.String())
					glass.heard.Reset()
					for _, row := range reads(glass.Panel, o.ROM) {
						fmt.Fprintf(&b, "\t\t|%s|\n", row)
					}
				}
				scenes := displaytest.Scenes(display.Layout{Columns: o.Columns, Rows: o.Rows, Language: "ru"})
				for _, s := range scenes {
					tell(s.Name, s.Frame)
				}
				line := scenes[1].Frame
				tell("line again", line)
				<-time.After(DefaultHeartbeat)
				tell("heartbeat", line)
				glass.Unplug(true)
				if err := p.Show(t.Context(), scenes[0].Frame); err == nil {
					t.Error("wrote into the air")
				}
				glass.Unplug(false)
				glass.PowerCycle()
				glass.heard.Reset()
				tell("replugged", line)
				golden(t, name, b.String())
			})
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Error(d)
	}
}
