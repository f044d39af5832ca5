package vfd_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/displaytest"
	"github.com/kassa-pos/kassa/peripherals/display/vfd"
	"github.com/kassa-pos/kassa/peripherals/text"
)

var update = flag.Bool("update", false, "write the golden streams")

// The golden streams of a sale: what each dialect is sent, byte by byte, and
// what stands on the glass then; at the end the picture at a heartbeat and
// after a replug.
func TestGoldenStreams(t *testing.T) {
	for _, c := range []struct {
		dialect vfd.Dialect
		page    text.Charset
	}{{vfd.Epson, text.CP866}, {vfd.Epson, text.CP1251}, {vfd.CD5220, text.CP866}, {vfd.CD5220, text.CP1251}} {
		name := string(c.dialect) + "-" + c.page.String()
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b strings.Builder
				r := newRig(t, vfd.Options{Dialect: c.dialect, CodePage: c.page.String()})
				r.plug()
				tell := func(what string, f display.Frame) {
					fmt.Fprintf(&b, "%s\n", what)
					for line := range strings.SplitAfterSeq(escaped(r.show(f.Lines...)), `\r`) {
						if line != "" {
							fmt.Fprintf(&b, "\t%s\n", line)
						}
					}
					for _, row := range r.glass.Picture() {
						fmt.Fprintf(&b, "\t\t|%s|\n", row)
					}
				}
				scenes := displaytest.Scenes(display.Layout{Columns: 20, Rows: 2, Language: "ru", Printable: c.page.Printable})
				for _, s := range scenes {
					tell(s.Name, s.Frame)
				}
				line := scenes[1].Frame
				tell("line again", line)
				time.Sleep(vfd.DefaultHeartbeat)
				tell("heartbeat", line)
				if err := r.far.Close(); err != nil {
					t.Fatal(err)
				}
				if err := r.vfd.Show(t.Context(), scenes[0].Frame); err == nil {
					t.Error("wrote into the air")
				}
				r.glass.PowerCycle()
				r.plug()
				tell("replugged", line)
				if n := r.glass.Unknown(); n > 0 {
					t.Errorf("%d unknown commands", n)
				}
				if err := r.vfd.Halt(); err != nil {
					t.Error(err)
				}
				golden(t, name, b.String())
			})
		})
	}
}

// escaped is p with everything that is not plain ASCII as \xNN, but for the
// carriage return.
func escaped(p []byte) string {
	var b strings.Builder
	for _, c := range p {
		switch {
		case c == '\r':
			b.WriteString(`\r`)
		case c < ' ' || c > '~' || c == '\\':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
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
