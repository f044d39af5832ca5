package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/peripherals/escpos/escpostest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// printing gives the till a receipt printer on the network.
func (r *rig) printing(more string) *escpostest.Printer { return r.printingAs("[printer]\n", more) }

// printingAs gives it a printer in the table that head begins.
func (r *rig) printingAs(head, more string) *escpostest.Printer {
	r.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	far, served := escpostest.New(80), make(chan error, 1)
	go func() { served <- far.ListenAndServe(ctx, l) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			r.t.Error(err)
		}
	})
	f, err := os.OpenFile(r.config(), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(f, "%saddress = \"tcp://%s\"\n%s", head, l.Addr(), more)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return far
}

// TestPrinter is a till with a receipt printer: copies, orders, labels and the
// drawer, and a printer that has no paper, hangs or breaks off in the middle,
// which is told and stops no sale. Nothing is printed twice by itself, over a
// kill in the middle of a slip neither.
func TestPrinter(t *testing.T) {
	plainOnly(t)
	r := newRig(t, "")
	far := r.printing("drawer = true\n")
	r.start("")
	ready := func(want string) {
		t.Helper()
		r.await("the printer: "+want, func() bool {
			out, _, code := r.kassa("", "print", "status")
			return code == 0 && strings.Contains(out, want)
		})
	}
	ready("ready")
	r.refused(fault.LoginRequired, "print", "order")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.refused(fault.ChequeEmpty, "print", "order")
	far.Tear()

	r.scanned("4600000000015", "4600000000022")
	r.run("print", "order")
	has := func(words ...string) {
		t.Helper()
		text := strings.Join(far.Lines(), "\n")
		for _, w := range append(words, "НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ", "~cut~") {
			if !strings.Contains(text, w) {
				t.Errorf("no %q on\n%s", w, text)
			}
		}
		far.Tear()
	}
	has("ORDER", "1. Товар 1", "2. Товар 2", "173.35")
	kicks := far.State().Kicks
	r.run("pay", "cash", "500")
	r.await("the drawer opens", func() bool { return far.State().Kicks == kicks+1 })

	docs := r.documents()
	i := slices.IndexFunc(docs, func(d doc.Document) bool { return d.Type == doc.Sell })
	sale := docs[i]
	r.run("print", "copy", sale.Name)
	has("COPY", "Товар 1", "173.35", sale.Fiscal.FN, "Cash")
	r.run("print", "copy", sale.ID.String())
	has("COPY")
	r.refused(fault.NotFound, "print", "copy", "K1-999999")
	r.run("print", "test")
	has("TEST PAGE", "абвгдеёжз")
	r.run("labels", "--copies", "2", "4600000000015", "4600000000022")
	if text := strings.Join(far.Lines(), "\n"); strings.Count(text, "[4600000000015]") != 2 || strings.Count(text, "123.45 руб.") != 2 || far.State().Unknown > 0 {
		t.Errorf("labels:\n%s", text)
	}
	far.Tear()
	r.refused(fault.CodeUnknown, "labels", "9999")

	// No paper: told, nothing printed, nothing comes later; sales go on.
	far.Break(escpostest.PaperOut)
	r.refused(fault.PrinterPaper, "print", "copy", sale.Name)
	ready("paper_out")
	r.await("a warning", func() bool {
		s, err := r.status()
		told := false
		for _, w := range s.Warnings {
			told = told || w.Code == string(fault.PrinterPaper)
		}
		return err == nil && told
	})
	r.sell()
	far.Mend(escpostest.PaperOut)
	if rows := far.Lines(); len(rows) > 0 {
		t.Errorf("it came later: %q", rows)
	}

	// It runs out in the middle: how much is out is told, and a person decides.
	far.Load(5)
	r.refused(fault.PrinterPartly, "print", "copy", sale.Name)
	r.sell()
	r.await("the rest is forgotten", func() bool { return far.State().Waiting == 0 })
	far.MendAll()
	if n := len(far.Rows()); n != 5 {
		t.Errorf("%d rows came out of 5 lines of paper", n)
	}
	far.Tear()

	// Slow, and the till is killed in the middle of the slip. Nothing is printed
	// by itself when it is back.
	far.Break(escpostest.Slow)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.kassa("", "print", "copy", sale.Name)
	}()
	r.await("a line", func() bool { return len(far.Rows()) > 2 })
	r.sell() // nobody waits for the slip
	r.kill()
	<-done
	far.MendAll()
	far.Tear()
	r.start("")
	ready("ready")
	if text := strings.Join(far.Lines(), "\n"); strings.Contains(text, "COPY") {
		t.Errorf("it was printed again by itself:\n%s", text)
	}
	far.Tear()
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})

	// It hangs: the sale does not.
	far.Break(escpostest.Hang)
	r.sell()
	r.refused(fault.DeviceDown, "print", "test")
	far.MendAll()
	ready("ready")
	r.run("print", "copy", sale.Name)
	has("COPY")
	r.stop()
	r.agree()
}
