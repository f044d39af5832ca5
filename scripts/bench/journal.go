package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// journalStore is the till's own journal.
type journalStore struct{ journal *journal.Journal }

func openJournal(ctx context.Context, dir string) (*journal.Journal, error) {
	j, _, err := journal.Open(ctx, journal.Options{Dir: dir, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	return j, err
}

func newJournal(dir string) (store, error) {
	j, err := openJournal(context.Background(), filepath.Join(dir, "journal"))
	return journalStore{j}, err
}

// entry is a document as the till journals it.
func entry(document []byte) record.Entry {
	return record.Entry{Kind: record.Document, ID: uuid.Must(uuid.NewV7()), Type: string(doc.Sell), Schema: doc.Schema, Data: document}
}

func (s journalStore) commit(ctx context.Context, _ int, document []byte) error {
	_, err := s.journal.Append(ctx, entry(document))
	return err
}

func (s journalStore) close() error { return s.journal.Close() }

// lagEvery is how often the second copy's lag is looked at.
const lagEvery = 2 * time.Millisecond

// lag sells without a pause and watches how far the indexed copy stays behind.
func (b *bench) lag(ctx context.Context) (err error) {
	j, err := openJournal(ctx, filepath.Join(b.dir, "lag"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	stop, cancel := context.WithCancel(ctx)
	watched := make(chan samples)
	go func() {
		var behind samples
		tick := time.NewTicker(lagEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop.Done():
				watched <- behind
				return
			case <-tick.C:
				_, age := j.Lag()
				behind = append(behind, age)
			}
		}
	}()
	var sold samples
	s := journalStore{j}
	for n, end := 0, time.Now().Add(b.sales); err == nil && time.Now().Before(end); n++ {
		d := sale(n, uuid.Nil)
		var document []byte
		if document, err = json.Marshal(&d); err == nil {
			err = sold.timed(func() error { return s.commit(ctx, n, document) })
		}
	}
	cancel()
	behind := <-watched
	if err != nil {
		return fmt.Errorf("continuous sales: %w", err)
	}
	b.lines.print(figure{name: "continuous_sales", value: float64(len(sold)) / b.sales.Seconds(), unit: "1/s", note: sold.count()})
	b.lines.print(figure{name: "continuous_sales_commit_p99", value: millis(sold.percentile(99)), unit: "ms", note: sold.count()})
	b.lines.print(figure{name: "second_copy_lag_p99", value: millis(behind.percentile(99)), unit: "ms", budget: atMost(1000), note: behind.count()})
	return nil
}

// writeJournal fills the large till's journal, as many documents at once as go.
func (b *bench) writeJournal(ctx context.Context) (err error) {
	j, err := openJournal(ctx, filepath.Join(b.tillDir(), "journal"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	batch := make([]record.Entry, 0, record.MaxBatch)
	for n := range b.documents {
		d := sale(n, uuid.Nil)
		document, err := json.Marshal(&d)
		if err != nil {
			return err
		}
		if batch = append(batch, entry(document)); len(batch) == cap(batch) || n == b.documents-1 {
			if _, err := j.Append(ctx, batch...); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return nil
}
