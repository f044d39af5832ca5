package shtrihtest

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"
	"time"
)

// FuzzCommand: no payload may do worse than a refusal, and the device stays
// consistent: it goes on answering its status.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{"10" + pwd, "11" + pwd, openShiftHex, openSale, bread, payCash(2000), cancelHex, zReportHex, "FF0A" + pwd + "01000000",
		"FF3A" + pwd + "01000000", "FF3B" + pwd, "FF0C" + pwd + "FD03010041", "1F" + pwd + "06010001", "1E" + pwd + "0601000100", "2D" + pwd + "01",
		"2E" + pwd + "0101", "FC", "F701", "6B33", "FF4D" + pwd + "3C0801000B", "FF", "1A" + pwd + "F1", "50" + pwd + "6400000000",
		"FF35" + pwd, "FF37" + pwd, "FF38" + pwd, correct(1, 100, 100, 0), "8D" + pwd + "80", "FF60" + pwd + "000C04", "FF64" + pwd} {
		f.Add(unhex(f, s))
	}
	for prefix := range 3 {
		f.Add(append(unhex(f, bread), make([]byte, prefix)...))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if _, n := commandCode(append(payload, 0)); len(payload) < n || len(payload) > 255 {
			return // on the wire a code is whole or the frame has no length
		}
		d, err := Open(Options{Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}()
		for _, before := range [][]byte{nil, unhex(t, openShiftHex), unhex(t, openSale), unhex(t, bread)} {
			if before != nil {
				d.run(before)
			}
			answer := d.run(payload)
			code, n := commandCode(payload)
			if got, _ := commandCode(answer); got != code || len(answer) <= n || len(answer) > 255 {
				t.Fatalf("% X answers % X", answer, payload)
			}
			for _, doc := range d.Documents() {
				if tags, ok := parseTLV(doc.TLV); !ok || len(tags) == 0 {
					t.Fatalf("FD %d: broken tags", doc.FD)
				}
			}
			if st := d.run([]byte{0x10, 30, 0, 0, 0}); len(st) < 3 || (st[1] != 0 && st[1] != errPassword) {
				t.Fatalf("status after % X: % X", payload, st)
			}
		}
	})
}

// FuzzWire: whatever bytes come, the device is idle again afterwards.
func FuzzWire(f *testing.F) {
	f.Add([]byte{enq})
	f.Add([]byte{stx, 1, 0xFC, 0xFD})
	f.Add([]byte{stx, 0, 0, stx, 1, 0xFC, 0xFD})
	f.Add([]byte{stx, 255, 1, 2, 3})
	f.Add(append(frame(unhex(f, "10", pwd)), enq, nak, stray, ack))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := open(t, Options{ByteTimeout: 2 * time.Millisecond, Protocol: V1})
		near, far := net.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() {
			if err := d.ServeConn(ctx, far); err != nil {
				t.Error(err)
			}
		})
		idle := make(chan struct{}, 1)
		running.Go(func() { // always reads: what the device says must not block it
			buf := make([]byte, 512)
			for {
				n, err := near.Read(buf)
				if err != nil {
					return
				}
				if buf[n-1] == nak {
					select {
					case idle <- struct{}{}:
					default:
					}
				}
			}
		})
		if _, err := near.Write(b); err != nil {
			t.Error(err)
		}
		for range 2 { // the first NAK may belong to b
			for asked := false; !asked; {
				if _, err := near.Write([]byte{enq, ack}); err != nil { // asks, and confirms what is kept
					t.Error(err)
					break
				}
				tick := time.NewTimer(10 * time.Millisecond)
				select {
				case <-idle:
					asked = true
				case <-tick.C:
				}
				tick.Stop()
			}
		}
		cancel()
		running.Wait()
		if err := near.Close(); err != nil {
			t.Error(err)
		}
	})
}

func FuzzParseTLV(f *testing.F) {
	f.Add(unhex(f, "FD03010041"))
	f.Add(unhex(f, "FD03FFFF41"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tags, ok := parseTLV(b)
		if !ok {
			return
		}
		var again []byte
		for _, tg := range tags {
			again = appendTLV(again, tg.Tag, tg.Value)
		}
		if !bytes.Equal(again, b) {
			t.Errorf("% X became % X", b, again)
		}
	})
}
