package bench

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/peripherals/link"
)

// A bench with a receipt printer: what is printed is on the page, as text and
// as a picture; its paper runs out, is torn off and is put in again.
func TestPrinter(t *testing.T) {
	b, err := Open(Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", Printer: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	p := escpos.New(link.TCP{Addr: b.Ready().Printer}, escpos.Options{Answer: 20 * time.Second})
	slip := func() error {
		j := escpos.NewJob(escpos.Page{})
		j.Line("Копия <b>", escpos.Style{Bold: true})
		return p.Print(t.Context(), j)
	}
	if err := slip(); err != nil {
		t.Fatal(err)
	}
	s := b.State().Printer
	if !slices.Equal(s.Lines, []string{"Копия <b>"}) || !strings.Contains(string(s.Picture), "Копия &lt;b&gt;") {
		t.Errorf("%q %s", s.Lines, s.Picture)
	}
	if _, err := b.AtPrinter("tear", 0); err != nil || len(b.State().Printer.Lines) > 0 {
		t.Errorf("%v, %q", err, b.State().Printer.Lines)
	}
	if _, err := b.Fault(FaultRequest{Device: "printer", Name: "cover"}); err != nil {
		t.Fatal(err)
	}
	var e *escpos.Error
	if err := slip(); !errors.As(err, &e) || e.Trouble != escpos.CoverOpen {
		t.Errorf("%v", err)
	}
	if _, err := b.Fault(FaultRequest{Device: "printer", Name: mended}); err != nil {
		t.Fatal(err)
	}
	if err := slip(); err != nil {
		t.Error(err)
	}
	if _, err := b.AtPrinter("load", 0); err == nil {
		t.Error("a roll of no lines")
	}
	if err := p.Halt(); err != nil {
		t.Error(err)
	}
}
