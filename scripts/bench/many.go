package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/record"
)

// watchEvery is how often the memory of a process is looked at.
const watchEvery = 20 * time.Millisecond

// watched runs fn, takes its time and watches this process's memory.
func (r *result) watched(fn func() error) (err error) {
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			err := r.anon()
			select {
			case <-tick.C:
			case <-stop:
				done <- errors.Join(err, r.anon())
				return
			}
		}
	}()
	start := time.Now()
	err = fn()
	r.Took = time.Since(start)
	close(stop)
	return errors.Join(err, <-done)
}

// filling writes a journal of so many records, as a till writes them, and
// waits for the second copy.
func (r *result) filling(ctx context.Context, dir string, args []string) (err error) {
	var records int
	if err := numbers(args, &records); err != nil {
		return err
	}
	j, err := openJournal(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return r.watched(func() error {
		var batch []record.Entry
		for n := 0; int(r.Records) < records; n++ {
			if batch, err = trade(batch, n+1); err != nil {
				return err
			}
			r.Records += saleRecords
			if len(batch)+saleRecords > record.MaxBatch || int(r.Records) >= records {
				if _, err := j.Append(ctx, batch...); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		return settle(ctx, j)
	})
}

// settle waits until the second copy has everything.
func settle(ctx context.Context, j *journal.Journal) error {
	_, err := j.Live(ctx)
	return err
}

// reopening opens a journal that is in no cache, and looks for its last record.
func (r *result) reopening(ctx context.Context, dir string, _ []string) (err error) {
	if err := forget(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var j *journal.Journal
	err = r.watched(func() (err error) {
		if j, err = openJournal(ctx, dir); err != nil {
			return err
		}
		if r.Records, _ = j.Head(); r.Records > 0 {
			_, err = j.Get(ctx, r.Records)
		}
		return err
	})
	if j != nil {
		err = errors.Join(err, j.Close())
	}
	return err
}

// verifying checks a journal as a running till does.
func (r *result) verifying(ctx context.Context, dir string, _ []string) (err error) {
	j, err := openJournal(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return r.watched(func() error {
		rep, err := j.Verify(ctx, journal.VerifyOptions{})
		if err == nil && !rep.OK {
			err = fmt.Errorf("verify found %d problems: %+v", len(rep.Problems)+rep.More, rep.Problems[0])
		}
		r.Records = rep.Records
		return err
	})
}

// openings are how often a journal is opened, each time from the disk.
const openings = 5

// many measures the journal at some sizes, each thing in a process of its own.
func (b *bench) many(ctx context.Context) error {
	for _, records := range b.records {
		if err := b.manyOf(ctx, records); err != nil {
			return fmt.Errorf("%d records: %w", records, err)
		}
	}
	return nil
}

func (b *bench) manyOf(ctx context.Context, records int) (err error) {
	dir := filepath.Join(b.dir, "many")
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	of := strconv.Itoa(records) + "_records"
	if records > 0 {
		r, err := start(ctx, "fill", dir, strconv.Itoa(records))
		if err != nil {
			return err
		}
		b.rate("journal_fill_"+of, r, "in batches, second copy included")
	}
	var r result
	var taken samples
	for range openings {
		if r, err = start(ctx, "reopen", dir); err != nil {
			return err
		}
		taken = append(taken, r.Took)
	}
	b.lines.print(figure{name: "journal_open_" + of, value: millis(taken.percentile(50)), unit: "ms", budget: atMost(1000),
		note: taken.count() + ", p50, cold files, with the last record"})
	b.anon("journal_open_"+of, r)
	if records == 0 {
		return nil
	}
	if r, err = start(ctx, "verify", dir); err != nil {
		return err
	}
	b.rate("journal_verify_"+of, r, "both copies, every index and table")
	if err := os.RemoveAll(filepath.Join(dir, "badger")); err != nil {
		return err
	}
	if r, err = start(ctx, "reopen", dir); err != nil {
		return err
	}
	b.rate("badger_rebuild_"+of, r, "from the tape")
	if err := spoil(filepath.Join(dir, "tape", "00000002.tape")); err != nil {
		return err
	}
	if r, err = start(ctx, "reopen", dir); err != nil {
		return err
	}
	b.rate("tape_rebuild_"+of, r, "from Badger")
	return nil
}

// spoil makes the header of a segment unreadable.
func spoil(name string) error {
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte("spoilt"), 0)
	return errors.Join(err, file.Close())
}

// rate prints how fast something went, and the memory it took.
func (b *bench) rate(name string, r result, note string) {
	b.lines.print(figure{name: name, value: float64(r.Records) / r.Took.Seconds(), unit: "1/s", note: fmt.Sprintf("n=%d, %s", r.Records, note)})
	b.anon(name, r)
}

func (b *bench) anon(name string, r result) {
	b.lines.print(figure{name: name + "_anon", value: float64(r.AnonMax) / mebi, unit: "MB", budget: atMost(64), note: "the highest"})
}
