package tape_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// fillUp appends until the disk has no more and returns how many went in.
func fillUp(t *testing.T, tp *tape.Tape, from int) int {
	t.Helper()
	for n := from; ; n++ {
		first, err := tp.Append(context.Background(), members(n, 300))
		if errors.Is(err, tape.ErrSpace) {
			return n
		}
		if err != nil || first != uint64(n+1) {
			t.Fatalf("append %d: first %d, %v", n, first, err)
		}
		if n > 1000 {
			t.Fatal("the disk is never full")
		}
	}
}

func intact(t *testing.T, d *tapetest.Disk, want int) {
	t.Helper()
	tp, did, err := tape.Open(diskOptions(d))
	if err != nil || len(did.Trimmed) > 0 {
		t.Fatal(err, did)
	}
	got, err := numbersOn(tp)
	if err = errors.Join(err, tp.Close()); err != nil || len(got) != want || !slices.IsSorted(got) {
		t.Fatalf("%d of %d lines, %v", len(got), want, err)
	}
}

// A full disk is used up to the last prepared sector, refuses with nothing
// written, again and again, and takes everything once there is room.
func TestFullDisk(t *testing.T) {
	for extra := int64(0); extra < 3*tape.MinSegment; extra += 1000 {
		synctest.Test(t, func(t *testing.T) {
			d, tp := opened(t)
			d.SetFree(extra)
			n := fillUp(t, tp, 0)
			if per := tape.MinSegment/1024 - 1; n < 2*per+int(extra/tape.MinSegment)*per {
				t.Errorf("only %d lines with %d bytes", n, extra)
			}
			if left := d.Free(); left != extra%tape.MinSegment {
				t.Errorf("%d bytes of %d left", left, extra)
			}
			for range 3 {
				if got := fillUp(t, tp, n); got != n {
					t.Fatalf("%d more lines on a full disk", got-n)
				}
			}
			if last, _ := tp.Durable(); last != uint64(n) || tp.Err() != nil {
				t.Errorf("%d durable of %d, %v", last, n, tp.Err())
			}
			intact(t, d.Cut(func(int) bool { return false }, 0), n)
			d.SetFree(4 * tape.MinSegment)
			if got := fillUp(t, tp, n); got < n+4*3 {
				t.Errorf("only %d more lines", got-n)
			} else {
				n = got
			}
			if err := tp.Close(); err != nil {
				t.Error(err)
			}
			intact(t, d, n)
		})
	}
}

// What was posted before the disk was full keeps its place until there is
// room: nobody overtakes it, Flush and Close tell the truth.
func TestFullDiskPosted(t *testing.T) {
	for _, freed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			ctx := context.Background()
			d, tp := opened(t)
			n := 0
			d.SetFree(0)
			for ; ; n++ { // the writer has not run: how the disk is, nobody knows
				if _, err := tp.Post(members(n, 300)); errors.Is(err, tape.ErrSpace) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				if n == 20 {
					synctest.Wait()
					<-time.After(tape.DefaultFlush)
					synctest.Wait()
				}
			}
			last, _ := tp.Durable()
			if last == 0 || last >= uint64(n) {
				t.Fatalf("%d durable of %d posted", last, n)
			}
			for range 2 {
				if err := tp.Flush(ctx); !errors.Is(err, tape.ErrSpace) {
					t.Errorf("flush: %v", err)
				}
				if _, err := tp.Append(ctx, members(999, 1)); !errors.Is(err, tape.ErrSpace) {
					t.Errorf("append: %v", err)
				}
			}
			if !freed {
				if err := tp.Close(); !errors.Is(err, tape.ErrSpace) {
					t.Errorf("close: %v", err)
				}
				intact(t, d, int(last))
				return
			}
			d.SetFree(100 * tape.MinSegment)
			tp.Prepare()
			synctest.Wait()
			if last, _ := tp.Durable(); last != uint64(n) {
				t.Errorf("by itself: %d of %d", last, n)
			}
			if first, err := tp.Append(ctx, members(n, 300)); err != nil || first != uint64(n+1) {
				t.Errorf("first %d, %v", first, err)
			}
			if err := tp.Close(); err != nil {
				t.Error(err)
			}
			intact(t, d, n+1)
		})
	}
}

// A batch above a segment wants a larger one. Without room it is refused
// alone; it leaves no segment that is half made.
func TestFullDiskLargeBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d, tp := opened(t)
		d.SetFree(tape.MinSegment)
		for range 2 {
			if _, err := tp.Append(ctx, members(0, 3*tape.MinSegment)); !errors.Is(err, tape.ErrSpace) {
				t.Errorf("%v", err)
			}
		}
		if d.Free() != tape.MinSegment {
			t.Errorf("%d bytes left", d.Free())
		}
		n := fillUp(t, tp, 0)
		d.SetFree(100 * tape.MinSegment)
		for range 2 {
			if _, err := tp.Append(ctx, members(n, 3*tape.MinSegment)); err != nil {
				t.Error(err)
			}
			if _, err := tp.Post(members(n+1, 5*tape.MinSegment)); err != nil {
				t.Error(err)
			}
			n += 2
		}
		if err := tp.Close(); err != nil {
			t.Error(err)
		}
		intact(t, d, n)
	})
}

// Room decides before the disk does.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := tapetest.New()
		o := diskOptions(d)
		full := errors.New("kept for others")
		room := make(chan error)
		var asked atomic.Bool // wait for an answer
		o.Room = func(bytes int64) error {
			if bytes != tape.MinSegment {
				t.Errorf("%d bytes", bytes)
			}
			if !asked.Load() {
				return full
			}
			return <-room
		}
		tp, _, err := tape.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		n := fillUp(t, tp, 0)
		if n != tape.MinSegment/1024-1 {
			t.Errorf("%d lines", n)
		}
		synctest.Wait()
		asked.Store(true)
		result := make(chan error)
		go func() { _, err := tp.Append(context.Background(), members(n, 300)); result <- err }()
		synctest.Wait() // it waits for the answer
		room <- nil
		if err := <-result; err != nil {
			t.Error(err)
		}
		close(room)
		if err := tp.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A new tape on a full disk is refused as such and leaves nothing behind.
func TestOpenFullDisk(t *testing.T) {
	d := tapetest.New()
	d.SetFree(1000)
	if _, _, err := tape.Open(diskOptions(d)); !errors.Is(err, tape.ErrSpace) || d.Free() != 1000 {
		t.Errorf("%v, %d bytes left", err, d.Free())
	}
	d.SetFree(-1)
	intact(t, d, 0)
}

// Who waits for room is let go by Close and by its own ctx, with nothing
// written.
func TestWaitingForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := tapetest.New()
		o := diskOptions(d)
		room := make(chan error)
		o.Room = func(int64) error { return <-room }
		tp, _, err := tape.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		for n := range tape.MinSegment/1024 - 1 {
			if _, err := tp.Append(context.Background(), members(n, 300)); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := tp.Append(ctx, members(9, 300)); !errors.Is(err, tape.ErrBusy) || tp.Err() != nil {
			t.Errorf("%v", err)
		}
		result := make(chan error)
		go func() { _, err := tp.Append(context.Background(), members(9, 300)); result <- err }()
		synctest.Wait()
		closed := make(chan error)
		go func() { closed <- tp.Close() }()
		if err := <-result; !errors.Is(err, tape.ErrClosed) {
			t.Errorf("%v", err)
		}
		room <- fmt.Errorf("no")
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
}
