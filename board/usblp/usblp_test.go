package usblp_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/board/usblp"
	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/peripherals/escpos/escpostest"
)

// A node of the kernel that can be waited for: a slip goes there and its status
// comes back.
func TestPrinter(t *testing.T) {
	cable, err := boardtest.NewPTY()
	if err != nil {
		t.Fatal(err)
	}
	far, served := escpostest.New(58), make(chan error, 1)
	go func() { served <- far.Serve(cable) }()
	p := escpos.New(usblp.Opener{Path: cable.Path}, escpos.Options{Answer: 20 * time.Second})
	j := escpos.NewJob(escpos.Page{Paper: 58})
	j.Line("Заказ", escpos.Style{})
	if err := p.Print(t.Context(), j); err != nil {
		t.Error(err)
	}
	if lines := far.Lines(); len(lines) != 1 || lines[0] != "Заказ" {
		t.Errorf("%q", lines)
	}
	if err := errors.Join(p.Halt(), cable.Close()); err != nil {
		t.Error(err)
	}
	<-served
}

// A printer that takes nothing holds nobody longer than his deadline, and not
// after Close.
func TestNobodyTakesIt(t *testing.T) {
	cable, err := boardtest.NewPTY()
	if err != nil {
		t.Fatal(err)
	}
	defer cable.Close()
	c, err := usblp.Opener{Path: cable.Path}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
	done := make(chan error, 1)
	go func() { _, err := c.Read(make([]byte, 1)); done <- err }()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestAbsent(t *testing.T) {
	_, err := usblp.Opener{Path: filepath.Join(t.TempDir(), "lp0")}.Open(t.Context())
	if !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
