package syncer_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/offline/syncer"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{Data: shop(2500)})
		docs := b.till.Shift(10)
		b.journal.Put(t, docs...)
		st, err := b.sync.Sync(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.wantOnce(docs)
		d := st.Destinations[0]
		if !d.Online || d.Queued != 0 || d.Delivered != 12 || d.LastError != nil || d.LastSuccess.IsZero() || d.Name != "moysklad" {
			t.Errorf("got %+v", d)
		}
		if c := st.Catalog; c.Generation != 1 || c.Items != 2500 || b.sink.items() != 2500 || c.LastError != nil || c.UpdatedAt.IsZero() {
			t.Errorf("got %+v", c)
		}
		if len(b.sink.now.folders) != 1 || b.sink.now.store.PriceType != "Цена" {
			t.Errorf("got %+v", b.sink.now.store)
		}
		js, err := json.Marshal(st)
		for _, key := range []string{`"destinations":[{"name":"moysklad","online":true,"queued":0,`, `"parked":[]`, `"delivered":12`, `"last_success"`, `"catalog":{"generation":1,"items":2500,`} {
			if err != nil || !strings.Contains(string(js), key) {
				t.Errorf("%s is not in %s, %v", key, js, err)
			}
		}
		if w := st.Warnings(); len(w) != 0 {
			t.Errorf("warnings %+v", w)
		}
	})
}

// The answer to each request in turn is lost, with the power going after it
// or not, against a cloud that takes repeats and one that refuses them.
func TestLostAnswers(t *testing.T) {
	for _, repeats := range []moyskladtest.Repeats{moyskladtest.AcceptRepeats, moyskladtest.RefuseRepeats} {
		for _, closedAs := range []int{12004, 12012} {
			for lost := range 4 {
				for _, cut := range []bool{false, true} {
					synctest.Test(t, func(t *testing.T) {
						b := newBench(t, moyskladtest.Options{Repeats: repeats, ClosedAs: closedAs, UniqueNames: true})
						docs := b.till.Shift(2)
						for i, d := range docs[:4] {
							b.journal.Put(t, d)
							if i == lost {
								b.fault("lose-answer")
							}
							stop := b.run()
							if cut {
								synctest.Wait() // the answer is lost by now, the back-off runs
								stop()
								b.start()
								stop = b.run()
							}
							time.Sleep(10 * time.Second)
							stop()
						}
						b.wantOnce(docs[:5])
						if st := b.up(); st.Queued != 0 || len(st.Parked) != 0 {
							t.Errorf("%s %d, lost %d, cut %v: %+v", repeats, closedAs, lost, cut, st)
						}
						if repeats == moyskladtest.AcceptRepeats && b.cloud.Documents()[lost].Times != 2 {
							t.Errorf("request %d came %d times", lost, b.cloud.Documents()[lost].Times)
						}
					})
				}
			}
		}
	}
}

func TestDownThenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{})
		var mu sync.Mutex
		var told syncer.Status
		b.sync = syncer.New(syncer.Options{Journal: b.journal, Cloud: b.client, Catalog: b.sink, NotFound: outboxtest.NotFound,
			OnStatus: func(s syncer.Status) { mu.Lock(); told = s; mu.Unlock() }})
		stop := b.run()
		time.Sleep(time.Second)
		b.fault("down")
		first, second := b.till.Shift(50), b.till.Shift(3)
		for _, d := range append(slices.Clone(first), second...) {
			b.journal.Put(t, d)
			b.sync.Wake()
			time.Sleep(5 * time.Second)
		}
		st := b.up()
		if st.Online || st.Queued != int64(len(first)+len(second)) || !st.Oldest.Equal(first[0].Time) || st.LastError == nil || st.LastError.Code != fault.CloudDown || st.NextAttempt.IsZero() {
			t.Errorf("down: %+v, %+v", st, st.LastError)
		}
		codes := map[fault.Code]bool{}
		for _, w := range b.sync.Status().Warnings() {
			codes[w.Code] = true
		}
		if !codes[fault.CloudDown] || !codes[fault.CloudUnsent] {
			t.Errorf("warnings %v", codes)
		}
		if n := b.cloud.State().Requests; n > 60 {
			t.Errorf("%d requests to a cloud that is down", n)
		}
		b.fault("up")
		time.Sleep(90 * time.Second)
		b.wantOnce(first, second)
		stop()
		if last := told.Destinations[0]; last.Queued != 0 || !last.Online {
			t.Errorf("told last %+v", last)
		}
	})
}

// A night's backlog goes up as fast as the limit allows and never over it.
func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{})
		docs := b.till.Shift(300)
		b.journal.Put(t, docs...)
		began := time.Now()
		if _, err := b.sync.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		b.wantOnce(docs)
		st := b.cloud.State()
		if st.Limited != 0 {
			t.Errorf("%d times over the limit", st.Limited)
		}
		if ideal := time.Duration(st.Requests) * 5 * time.Second / 100; took > ideal*100/95 {
			t.Errorf("%d requests took %v, the limit allows %v", st.Requests, took, ideal)
		}
	})
}

func TestGarbage(t *testing.T) {
	for _, f := range [][]string{{"html", "3"}, {"http", "502", "3"}, {"http", "302", "3"}, {"http", "429", "2"}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, moyskladtest.Options{})
			docs := b.till.Shift(3)
			b.journal.Put(t, docs...)
			b.fault(f[0], f[1:]...)
			stop := b.run()
			time.Sleep(time.Minute)
			stop()
			b.wantOnce(docs)
			if st := b.up(); len(st.Parked) != 0 {
				t.Errorf("%v parked %+v", f, st.Parked)
			}
		})
	}
}

// The power goes at every moment of the exchange.
func TestRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{})
		b.fault("slow", "40")
		var shifts [][]*doc.Document
		for range 4 {
			s := b.till.Shift(20)
			shifts = append(shifts, s)
			b.journal.Put(t, s...)
		}
		for i := range 120 {
			stop := b.run()
			time.Sleep(time.Duration(7+i*13%150) * time.Millisecond)
			stop()
			b.start()
		}
		if _, err := b.sync.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.wantOnce(shifts...)
		before := b.cloud.State().Requests
		b.start()
		if _, err := b.sync.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := b.cloud.State().Requests - before; n != 7 { // settings, company, folders, discounts, goods, customers, serial numbers
			t.Errorf("a restart with nothing to do made %d requests", n)
		}
	})
}

func TestBrokenDownloadKeepsTheOldCatalog(t *testing.T) {
	const size = 110 // three pages of 50
	data := shop(size)
	for _, f := range [][]string{{"truncate"}, {"html"}, {"http", "500"}, {"lose"}} {
		for after := range 6 {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, moyskladtest.Options{Data: data, PageSize: 50})
				if _, err := b.sync.Sync(t.Context()); err != nil {
					t.Fatal(err)
				}
				seen := 0
				inner := moyskladtest.Transport(b.cloud)
				broken := roundTrip(func(r *http.Request) (*http.Response, error) {
					if seen++; seen == after+1 {
						if f[0] == "lose" {
							return nil, errors.New("connection reset")
						}
						b.fault(f[0], f[1:]...)
					}
					return inner.RoundTrip(r)
				})
				o := moysklad.Options{BaseURL: "http://cloud.test" + moyskladtest.BasePath, HTTP: &http.Client{Transport: broken}}
				o.Token, o.CashierUID = b.credentials()
				c, err := moysklad.New(o)
				if err != nil {
					t.Fatal(err)
				}
				b.client = c
				b.start()
				st, err := b.sync.Sync(t.Context())
				if err == nil || st.Catalog.LastError == nil {
					t.Errorf("%v after %d requests: no error", f, after)
				}
				if b.sink.items() != size || b.sink.count != 1 || b.sink.open != 0 {
					t.Errorf("%v after %d requests: %d items, generation %d, %d builds open", f, after, b.sink.items(), b.sink.count, b.sink.open)
				}
				if _, err := b.sync.Sync(t.Context()); err != nil || b.sink.count != 2 {
					t.Errorf("%v after %d requests: and then %v, generation %d", f, after, err, b.sink.count)
				}
			})
		}
	}
}

// A revoked token stops the exchange until the till is attached again; then
// the next document, or a wake, sets it going.
func TestRevokedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{})
		stop := b.run()
		defer stop()
		time.Sleep(time.Second)
		b.fault("token-revoked")
		docs := b.till.Shift(2)
		b.journal.Put(t, docs...)
		b.sync.Wake()
		time.Sleep(time.Minute)
		w := b.sync.Status().Warnings()
		if st := b.up(); st.Online || st.LastError.Class != outbox.Reattach || st.LastError.Code != fault.CloudAuth || len(st.Parked) != 0 || w[0].Code != fault.CloudAuth {
			t.Errorf("got %+v %+v, %+v", st, st.LastError, w)
		}
		b.client.SetToken(b.credentials())
		b.sync.Wake()
		time.Sleep(2 * time.Second)
		b.wantOnce(docs)
	})
}

// A document the cloud refuses is parked with its words, its shift goes on,
// and a person's retry sends the same bytes.
func TestParkedAndRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{})
		docs := b.till.Shift(3)
		docs[2].Receipt.Lines[0].ItemID = itemID(77) // the cloud has no such item
		b.journal.Put(t, docs...)
		stop := b.run()
		defer stop()
		time.Sleep(5 * time.Second)
		st := b.up()
		if len(st.Parked) != 1 || st.Parked[0].Name != docs[2].Name || st.Parked[0].Code != "1021" || st.Parked[0].Words == "" || st.Queued != 0 {
			t.Fatalf("got %+v", st)
		}
		if w := b.sync.Status().Warnings(); len(w) != 1 || w[0].Code != fault.CloudParked || w[0].Args[0] != docs[2].Name {
			t.Errorf("warnings %+v", w)
		}
		b.wantOnce(append(slices.Clone(docs[:2]), docs[3:]...))
		if err := b.sync.RetryParked(t.Context(), docs[2].ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if st := b.up(); len(st.Parked) != 1 {
			t.Errorf("got %+v", st)
		}
		if err := b.sync.RetryParked(t.Context(), uuid.New()); !errors.Is(err, fault.New(fault.NotFound)) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSyncEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{})
		b.fault("down")
		b.journal.Put(t, b.till.Shift(1)...)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		began := time.Now()
		st, err := b.sync.Sync(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Minute || st.Destinations[0].Queued != 4 {
			t.Errorf("after %v: %v, %+v", time.Since(began), err, st.Destinations[0])
		}
	})
}

func TestNoCloud(t *testing.T) {
	s := syncer.New(syncer.Options{Journal: &outboxtest.Journal{}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
	if st, err := s.Sync(ctx); !errors.Is(err, fault.New(fault.CloudNone)) || len(st.Destinations) != 0 {
		t.Error(st, err)
	}
	if err := s.RetryParked(ctx, uuid.New()); !errors.Is(err, fault.New(fault.CloudNone)) {
		t.Error(err)
	}
	s.Wake()
}

// A store that had goods never loses them all to an empty list, over restarts
// too; those of another store are not measured by it.
func TestAnEmptyListReplacesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{Data: shop(100)})
		if _, err := b.sync.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.start() // a new process: only the catalogue remembers
		for range 2 {
			b.fault("empty", "100")
			st, err := b.sync.Sync(t.Context())
			if fault.Of(err).Code != fault.CatalogRejected || b.sink.items() != 100 || st.Catalog.LastError == nil {
				t.Errorf("%v, %d items, %+v", err, b.sink.items(), st.Catalog)
			}
		}
		b.fault("up")
		if _, err := b.sync.Sync(t.Context()); err != nil || b.sink.items() != 100 {
			t.Error(err)
		}
		b.sink.mu.Lock()
		b.sink.now.store.ID = "another"
		b.sink.mu.Unlock()
		b.fault("empty", "100")
		if _, err := b.sync.Sync(t.Context()); err != nil || b.sink.items() != 0 {
			t.Error(err, b.sink.items())
		}
	})
}
