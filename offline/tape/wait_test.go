package tape_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// opened is a tape on a disk in memory, inside a bubble with a clock of its own.
func opened(t *testing.T) (*tapetest.Disk, *tape.Tape) {
	t.Helper()
	d := tapetest.New()
	tp, _, err := tape.Open(diskOptions(d))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // the next segment is prepared
	return d, tp
}

// What is posted is on the disk after the flush delay, with one sync however
// much it was, and before what is appended later.
func TestPost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, tp := opened(t)
		syncs := d.Syncs()
		for i := range 3 {
			if _, err := tp.Post(members(i, 10)); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(tape.DefaultFlush - 1)
		if last, _ := tp.Durable(); last != 0 {
			t.Errorf("flushed early: %d", last)
		}
		<-time.After(1)
		synctest.Wait()
		if last, _ := tp.Durable(); last != 3 || d.Syncs() != syncs+1 {
			t.Errorf("after the delay %d records, %d syncs", last, d.Syncs()-syncs)
		}
		if _, err := tp.Post(members(3, 10)); err != nil {
			t.Fatal(err)
		}
		if first, err := tp.Append(context.Background(), members(4, 10)); err != nil || first != 5 || d.Syncs() != syncs+2 {
			t.Errorf("first %d, %v, %d syncs", first, err, d.Syncs()-syncs)
		}
		if err := tp.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A disk that hangs is a failure when the caller's time is up, for everybody,
// and Close does not hang with it.
func TestHungDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, tp := opened(t)
		release := d.Hang()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := tp.Append(ctx, members(1, 1)); !errors.Is(err, tape.ErrFailed) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		select {
		case <-tp.Failed():
		default:
			t.Error("not failed")
		}
		if _, err := tp.Append(context.Background(), members(1, 1)); !errors.Is(err, tape.ErrFailed) {
			t.Errorf("%v", err)
		}
		if err := tp.Close(); !errors.Is(err, tape.ErrFailed) {
			t.Errorf("close: %v", err)
		}
		release()
	})
}

// Close lets go everybody who waits, with the truth.
func TestCloseReleases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, tp := opened(t)
		release := d.Hang()
		results := make(chan error, 2)
		go func() { _, err := tp.Append(context.Background(), members(1, 1)); results <- err }()
		synctest.Wait()
		go func() { results <- tp.Flush(context.Background()) }()
		synctest.Wait()
		err := tp.Close() // its limit passes
		if !errors.Is(err, tape.ErrFailed) {
			t.Errorf("close: %v", err)
		}
		for range 2 {
			if err := <-results; !errors.Is(err, tape.ErrFailed) {
				t.Errorf("%v", err)
			}
		}
		release()
	})
}

// The queue is bounded: Post is refused, Append waits as long as its ctx.
func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, tp := opened(t)
		release := d.Hang()
		go func() { _, _ = tp.Append(context.Background(), members(0, 1)) }() // the writer hangs with it
		synctest.Wait()
		for i := range tape.MaxWaiting {
			if _, err := tp.Post(members(i, 1)); err != nil {
				t.Fatal(i, err)
			}
		}
		if _, err := tp.Post(members(0, 1)); !errors.Is(err, tape.ErrBusy) {
			t.Errorf("post: %v", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := tp.Append(ctx, members(0, 1)); !errors.Is(err, tape.ErrBusy) || tp.Err() != nil {
			t.Errorf("append: %v", err)
		}
		release()
		if _, err := tp.Append(context.Background(), members(0, 1)); err != nil {
			t.Error(err)
		}
		if last, _ := tp.Durable(); last != tape.MaxWaiting+2 {
			t.Errorf("%d records", last)
		}
		if err := tp.Close(); err != nil {
			t.Error(err)
		}
		if _, err := tp.Append(context.Background(), members(0, 1)); !errors.Is(err, tape.ErrClosed) {
			t.Error(err)
		}
	})
}

// A flush whose caller goes away has failed nothing.
func TestFlushGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, tp := opened(t)
		release := d.Hang()
		if _, err := tp.Post(members(1, 1)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := tp.Flush(ctx); !errors.Is(err, context.Canceled) || tp.Err() != nil {
			t.Error(err, tp.Err())
		}
		release()
		if err := tp.Flush(context.Background()); err != nil {
			t.Error(err)
		}
		if err := tp.Close(); err != nil {
			t.Error(err)
		}
	})
}
