package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/offline/syncer"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// The queue to the cloud after a week offline. The service takes 100 requests
// in 5 seconds; here it takes them in drainInterval, so that a run does not
// last ten minutes: whatever a till wastes between two requests weighs so much
// more. The server enforces it, in this process and over a socket.
const (
	drainInterval = 500 * time.Millisecond
	drainShifts   = 7
	uploadFloor   = 1 / 0.95 // of the time the limit itself needs
	cloudStore    = "5d4d2ca2-7b1d-11e6-8a84-bae500000060"
)

// drain measures the upload of a week's documents, and a till's memory with a
// hundred thousand in the queue.
func (b *bench) drain(ctx context.Context) error {
	if err := b.upload(ctx); err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "queued")
	r, err := start(ctx, "queued", dir, strconv.Itoa(b.queued))
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return err
	}
	of := strconv.Itoa(b.queued) + "_queued"
	b.lines.print(figure{name: "outbox_open_" + of, value: millis(r.Took), unit: "ms", note: "n=1, until it knows how many and since when"})
	b.anon("outbox_open_"+of, r)
	return nil
}

func (b *bench) upload(ctx context.Context) (err error) {
	store := catalog.Store{ID: cloudStore, Name: "Магазин", Organization: "ООО Мера", Currency: "RUB", PriceType: priceType, TaxSystem: 1,
		Cashiers: []catalog.Cashier{{ID: itemID(9000), Name: "Иванова", Badge: "ivanova@bench"}}}
	limit := moyskladtest.RateLimit{Requests: moysklad.Requests, Interval: drainInterval}
	cloud, err := moyskladtest.New(moyskladtest.Options{Data: moyskladtest.FromCatalog(store, nil, []catalog.Folder{folder(0)}, []catalog.Item{item(0)}, nil), RateLimit: limit})
	if err != nil {
		return err
	}
	server := httptest.NewServer(cloud)
	defer func() {
		server.Close()
		err = errors.Join(err, cloud.Close())
	}()
	dir := filepath.Join(b.dir, "drain")
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r, err := start(ctx, "drain", dir, strconv.Itoa(b.drained), server.URL+moyskladtest.BasePath)
	if err != nil {
		return err
	}
	st := cloud.State()
	if st.Documents != int(r.Records) {
		return fmt.Errorf("the cloud has %d documents of %d", st.Documents, r.Records)
	}
	least := time.Duration(st.Documents) * limit.Interval / time.Duration(limit.Requests)
	of := fmt.Sprintf("upload_%d_documents", st.Documents)
	b.lines.print(figure{name: of, value: float64(st.Documents) / r.Took.Seconds(), unit: "1/s", ratio: float64(r.Took) / float64(least), budget: ratioAtMost(uploadFloor),
		note: fmt.Sprintf("n=1, after %d days offline, to the time that %d requests in %v allow", drainShifts, limit.Requests, limit.Interval)})
	b.lines.print(figure{name: of + "_429", value: float64(st.Limited), unit: "n", budget: atMost(0.5), note: "answers that told the till to slow down"})
	b.anon(of, r)
	return nil
}

// week puts so many documents of seven shifts into a journal; what closes a
// shift is two of ours and one of the cloud's.
func week(ctx context.Context, j *journal.Journal, documents int) (n int, err error) {
	till := outboxtest.Till{ItemID: itemID(0)}
	for left := drainShifts; left > 0; left-- {
		sales := (documents-n)/left - 2
		docs := till.Shift(sales)
		for len(docs) > 0 {
			part := docs[:min(len(docs), record.MaxBatch)]
			docs = docs[len(part):]
			if err := appendAll(ctx, j, part); err != nil {
				return n, err
			}
		}
		n += sales + 2
	}
	return n, settle(ctx, j)
}

func appendAll(ctx context.Context, j *journal.Journal, docs []*doc.Document) error {
	batch := make([]record.Entry, len(docs))
	for i, d := range docs {
		data, err := json.Marshal(d)
		if err != nil {
			return err
		}
		batch[i] = record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: d.ShiftID, Numbers: []int64{d.Number}, Schema: doc.Schema, Data: data}
	}
	_, err := j.Append(ctx, batch...)
	return err
}

// draining is a till that comes back after a week: it sends until nothing is
// left.
func (r *result) draining(ctx context.Context, dir string, args []string) (err error) {
	if len(args) != 2 {
		return errors.New("want a number and an address")
	}
	documents, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	j, err := openJournal(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	n, err := week(ctx, j, documents)
	if err != nil {
		return err
	}
	o := moysklad.Options{BaseURL: args[1], Limiter: moysklad.NewLimiter()}
	if o.Token, o.CashierUID, err = moysklad.Attach(ctx, o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, cloudStore); err != nil {
		return err
	}
	client, err := moysklad.New(o)
	if err != nil {
		return err
	}
	s := syncer.New(syncer.Options{Journal: j, Cloud: client, NotFound: func(err error) bool { return errors.Is(err, journal.ErrNotFound) }})
	r.Records = uint64(n)
	return r.watched(func() error {
		st, err := s.Sync(ctx)
		if d := st.Destinations[0]; err == nil && (d.Queued > 0 || len(d.Parked) > 0) {
			err = fmt.Errorf("%d are left, %d parked", d.Queued, len(d.Parked))
		}
		return err
	})
}

// queued is a till that starts with that many documents to send and no
// network.
func (r *result) queued(ctx context.Context, dir string, args []string) (err error) {
	var documents int
	if err := numbers(args, &documents); err != nil {
		return err
	}
	fill := func() error {
		j, err := openJournal(ctx, dir)
		if err != nil {
			return err
		}
		_, err = week(ctx, j, documents)
		return errors.Join(err, j.Close())
	}
	if err := fill(); err != nil {
		return err
	}
	if err := forget(dir); err != nil {
		return err
	}
	j, err := openJournal(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	client, err := moysklad.New(moysklad.Options{BaseURL: "http://cloud.invalid" + moyskladtest.BasePath, Token: "t", CashierUID: "u",
		HTTP: &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}}})
	if err != nil {
		return err
	}
	q := outbox.New(outbox.Options{Journal: j, Destination: client, NotFound: func(err error) bool { return errors.Is(err, journal.ErrNotFound) }})
	return r.watched(func() error {
		if err := q.Load(ctx); err != nil {
			return err
		}
		if _, err := q.Round(ctx); outbox.FailureOf(err).Class != outbox.Retry {
			return fmt.Errorf("a round without a network: %w", err)
		}
		if st := q.Status(); st.Queued < int64(documents) || st.Oldest.IsZero() {
			return fmt.Errorf("%d are queued since %s", st.Queued, st.Oldest)
		}
		return nil
	})
}
