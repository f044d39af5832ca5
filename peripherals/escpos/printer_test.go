package escpos_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/peripherals/escpos/escpostest"
	"github.com/kassa-pos/kassa/peripherals/link"
)

// desk is a printer on a cable in memory.
type desk struct {
	*escpos.Printer
	far  *escpostest.Printer
	pair *link.Pair
	cut  func() // pulls the cable
}

// connect makes a desk inside a synctest bubble.
func connect(t *testing.T, o escpos.Options) *desk {
	d := &desk{far: escpostest.New(80), pair: link.NewPair()}
	ctx, stop := context.WithCancel(t.Context())
	conns := make(chan link.Conn, 8)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := d.pair.Accept(ctx)
			if err != nil {
				return
			}
			conns <- c
			_ = d.far.Serve(c) // ends with the cable
			_ = c.Close()
		}
	}()
	var last link.Conn
	d.cut = func() {
		for {
			select {
			case last = <-conns:
			default:
				if last != nil {
					_ = last.Close()
				}
				return
			}
		}
	}
	d.Printer = escpos.New(d.pair, o)
	t.Cleanup(func() {
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
		stop()
		d.cut()
		<-done
	})
	return d
}

func slip(lines int) *escpos.Job {
	j := escpos.NewJob(escpos.Page{})
	for i := range lines {
		j.Line(fmt.Sprintf("Строка %d: молоко топлёное 3,2%%, пакет", i+1), escpos.Style{})
	}
	j.Cut()
	return j
}

func failure(t *testing.T, err error) *escpos.Error {
	t.Helper()
	var e *escpos.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v", err)
	}
	return e
}

func TestPrintedMeansProcessed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connect(t, escpos.Options{})
		d.far.Break(escpostest.Slow)
		start := time.Now()
		if err := d.Print(t.Context(), slip(200)); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got < 20*time.Second {
			t.Errorf("it said printed after %v", got)
		}
		if s := d.far.State(); len(d.far.Rows()) != 201 || s.Waiting != 0 || s.Lost != 0 || s.Unknown != 0 {
			t.Errorf("%d rows, %+v", len(d.far.Rows()), s)
		}
	})
}

func TestManyJobsOnOneLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connect(t, escpos.Options{})
		for i := range 20 {
			j := escpos.NewJob(escpos.Page{})
			j.Line(fmt.Sprint("job ", i), escpos.Style{Bold: true})
			m := image.NewGray(image.Rect(0, 0, 576, 500))
			j.Image(m)
			if err := d.Print(t.Context(), j); err != nil {
				t.Fatal(err)
			}
		}
		if s := d.far.State(); s.Lost != 0 || s.Unknown != 0 || len(d.far.Rows()) != 20*(1+21) {
			t.Errorf("%+v %d", s, len(d.far.Rows()))
		}
	})
}

// What is wrong before the first line is told, and nothing is printed, then or
// later.
func TestTroubleBeforeTheJob(t *testing.T) {
	for f, want := range map[escpostest.Fault]escpos.Trouble{escpostest.PaperOut: escpos.PaperOut, escpostest.Cover: escpos.CoverOpen,
		escpostest.Cutter: escpos.Cutter, escpostest.Hot: escpos.Hot, escpostest.Offline: escpos.Offline} {
		synctest.Test(t, func(t *testing.T) {
			d := connect(t, escpos.Options{})
			d.far.Break(f)
			if e := failure(t, d.Print(t.Context(), slip(3))); e.Trouble != want || e.Maybe || e.Lines != 0 {
				t.Errorf("%s: %+v", f, e)
			}
			d.far.Mend(f)
			if rows := d.far.Lines(); len(rows) > 0 {
				t.Errorf("%s: %q", f, rows)
			}
			if err := d.Print(t.Context(), slip(3)); err != nil {
				t.Errorf("%s, mended: %v", f, err)
			}
		})
	}
}

// What goes wrong on the way tells how much is out for sure, never more than
// there is, and what is left does not come out afterwards.
func TestTroubleInTheJob(t *testing.T) {
	for _, lines := range []int{1, 7, 40, 99} {
		synctest.Test(t, func(t *testing.T) {
			d := connect(t, escpos.Options{})
			d.far.Load(lines)
			e := failure(t, d.Print(t.Context(), slip(100)))
			if e.Trouble != escpos.PaperOut || !e.Maybe || e.Lines > lines || e.Of != 100 || len(d.far.Rows()) != lines {
				t.Errorf("%d lines of paper: %+v, %d rows", lines, e, len(d.far.Rows()))
			}
			synctest.Wait()
			d.far.Mend(escpostest.PaperOut)
			if len(d.far.Rows()) != lines {
				t.Errorf("%d rows came later", len(d.far.Rows())-lines)
			}
			if err := d.Print(t.Context(), slip(1)); err != nil {
				t.Errorf("after it: %v", err)
			}
		})
	}
}

func TestSilenceIsBounded(t *testing.T) {
	for _, f := range []escpostest.Fault{escpostest.Hang, escpostest.Mute, escpostest.Garbage} {
		synctest.Test(t, func(t *testing.T) {
			d := connect(t, escpos.Options{})
			d.far.Break(f)
			start := time.Now()
			e := failure(t, d.Print(t.Context(), slip(3)))
			if e.Maybe || e.Err == nil && f != escpostest.Garbage || time.Since(start) > escpos.DefaultAnswer {
				t.Errorf("%s before: %+v after %v", f, e, time.Since(start))
			}
			d.far.Mend(f)
			d.far.Break(escpostest.Slow)
			go func() {
				<-time.After(5 * time.Second) // in the middle
				d.far.Break(f)
			}()
			start = time.Now()
			e = failure(t, d.Print(t.Context(), slip(100)))
			if !e.Maybe || e.Err == nil && f != escpostest.Garbage || e.Lines >= 100 || time.Since(start) > time.Minute {
				t.Errorf("%s in the middle: %+v after %v", f, e, time.Since(start))
			}
			synctest.Wait()
		})
	}
}

func TestUnplugged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connect(t, escpos.Options{})
		d.far.Break(escpostest.Slow)
		go func() {
			<-time.After(5 * time.Second)
			d.cut()
		}()
		e := failure(t, d.Print(t.Context(), slip(100)))
		if !e.Maybe || !errors.Is(e, io.EOF) {
			t.Errorf("%+v", e)
		}
		d.pair.Break(errors.New("no cable"))
		if e := failure(t, d.Print(t.Context(), slip(1))); e.Maybe {
			t.Errorf("%+v", e)
		}
		d.pair.Break(nil)
		d.far.MendAll()
		if err := d.Print(t.Context(), slip(1)); err != nil {
			t.Errorf("plugged in: %v", err)
		}
	})
}

func TestHaltWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connect(t, escpos.Options{})
		d.far.Break(escpostest.Slow)
		done := make(chan error, 2)
		go func() { done <- d.Print(t.Context(), slip(100)) }()
		<-time.After(5 * time.Second)
		go func() { _, err := d.Status(t.Context()); done <- err }() // waits for its turn
		synctest.Wait()
		start := time.Now()
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-done; err == nil {
				t.Error("no error")
			}
		}
		if time.Since(start) > 0 {
			t.Errorf("it took %v", time.Since(start))
		}
	})
}

func TestContextEndsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connect(t, escpos.Options{})
		d.far.Break(escpostest.Slow)
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		e := failure(t, d.Print(ctx, slip(100)))
		if !e.Maybe || !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%+v", e)
		}
		if e := failure(t, d.Print(ctx, slip(1))); e.Maybe {
			t.Errorf("after the end: %+v", e)
		}
	})
}

// A printer that says nothing is used all the same when one knows it.
func TestBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connect(t, escpos.Options{Blind: true})
		d.far.Break(escpostest.Mute)
		if err := d.Print(t.Context(), slip(100)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(d.far.Rows()) != 101 {
			t.Errorf("%d rows", len(d.far.Rows()))
		}
	})
}

func TestStatusChangesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan escpos.Status, 32)
		d := connect(t, escpos.Options{Changed: func(s escpos.Status) { told <- s }})
		if err := d.Print(t.Context(), slip(1)); err != nil { // switches automatic status on
			t.Fatal(err)
		}
		d.far.Break(escpostest.PaperLow)
		synctest.Wait()
		var last escpos.Status
		for len(told) > 0 {
			last = <-told
		}
		if !last.PaperLow || last.Trouble() != escpos.Fine {
			t.Errorf("%+v", last)
		}
		d.far.Break(escpostest.Cover)
		synctest.Wait()
		if last = <-told; last.Trouble() != escpos.CoverOpen {
			t.Errorf("%+v", last)
		}
	})
}

// Over a socket, as a printer on the network is: the same, and a job that was
// cut short in the middle of a picture does not spoil the next.
func TestOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	far := escpostest.New(80)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- far.ListenAndServe(ctx, l) }()
	half, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := half.Write([]byte("\x1b@\x1dv0\x00\x48\x00\x18\x00\xff\xff")); err != nil {
		t.Fatal(err)
	}
	if err := half.Close(); err != nil {
		t.Fatal(err)
	}
	p := escpos.New(link.TCP{Addr: l.Addr().String()}, escpos.Options{Answer: 20 * time.Second})
	j := slip(2)
	if err := p.Print(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	want := []string{"Строка 1: молоко топлёное 3,2%, пакет", "Строка 2: молоко топлёное 3,2%, пакет", "~cut~"}
	if d := cmp.Diff(want, far.Lines()); d != "" {
		t.Error(d)
	}
	if st, err := p.Status(t.Context()); err != nil || st != (escpos.Status{Known: true}) {
		t.Errorf("%+v %v", st, err)
	}
	if err := p.Halt(); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if !slices.Equal(far.Lines(), want) {
		t.Errorf("%q", far.Lines())
	}
}
