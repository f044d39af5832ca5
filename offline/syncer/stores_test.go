package syncer_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/offline/syncer"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
)

type dbSink struct{ db *catalogdb.DB }

func (s dbSink) Begin(ctx context.Context) (syncer.Build, error) { return s.db.Begin(ctx) }

func (s dbSink) Held() syncer.Held {
	i := s.db.Current()
	return syncer.Held{Store: i.Store.ID, Items: i.Items, Folders: i.Folders, Customers: i.Customers, Serials: i.Serials}
}

// The real journal, the real catalogue, a real socket: answers are lost, the
// till and the cloud restart, and each document is there once.
func TestRealStores(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	till := outboxtest.Till{ItemID: itemID(0)}
	docs := till.Shift(20)
	var token, uid string
	for life, part := range [][]*doc.Document{docs[:1], docs[1:8], docs[8:], nil} {
		cloud, err := moyskladtest.New(moyskladtest.Options{StatePath: filepath.Join(dir, "cloud.jsonl"), Data: shop(300), PageSize: 100})
		if err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(cloud)
		tr := &http.Transport{}
		o := moysklad.Options{BaseURL: srv.URL + moyskladtest.BasePath, HTTP: &http.Client{Transport: tr}}
		if life == 0 {
			if token, uid, err = moysklad.Attach(ctx, o, moyskladtest.DefaultLogin, moyskladtest.DefaultPassword, storeID); err != nil {
				t.Fatal(err)
			}
		}
		o.Token, o.CashierUID = token, uid
		if part != nil {
			if err := cloud.Fault("lose-answer", "2"); err != nil {
				t.Fatal(err)
			}
		}
		live(ctx, t, dir, o, part)
		if life == 3 {
			checkCloud(t, cloud, docs)
		}
		tr.CloseIdleConnections()
		srv.Close()
		if err := cloud.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// live is one life of the till.
func live(ctx context.Context, t *testing.T, dir string, o moysklad.Options, docs []*doc.Document) {
	t.Helper()
	j, _, err := journal.Open(ctx, journal.Options{Dir: filepath.Join(dir, "journal")})
	if err != nil {
		t.Fatal(err)
	}
	db, err := catalogdb.Open(ctx, catalogdb.Options{Dir: filepath.Join(dir, "catalog")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := moysklad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(ctx, record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: d.ShiftID, Numbers: []int64{d.Number}, Schema: doc.Schema, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	s := syncer.New(syncer.Options{Journal: j, Cloud: c, Catalog: dbSink{db}, Jitter: func(int64) int64 { return 0 },
		NotFound: func(err error) bool { return errors.Is(err, journal.ErrNotFound) }})
	st, err := s.Sync(ctx)
	if err != nil || st.Destinations[0].Queued != 0 || len(st.Destinations[0].Parked) != 0 || db.Current().Items != 300 {
		t.Errorf("%v, %+v, %d items", err, st, db.Current().Items)
	}
	if err := errors.Join(db.Close(), j.Close()); err != nil {
		t.Fatal(err)
	}
}

func checkCloud(t *testing.T, cloud *moyskladtest.Server, docs []*doc.Document) {
	t.Helper()
	stored, twice := cloud.Documents(), 0
	if want := len(docs) - 1; len(stored) != want {
		t.Fatalf("the cloud has %d documents, want %d", len(stored), want)
	}
	sums := map[string]money.Amount{}
	for _, d := range docs {
		if d.Receipt != nil {
			sums[d.ID.String()] = d.Receipt.Total
		}
	}
	for _, d := range stored {
		if d.Times > 1 {
			twice++
		}
		if d.Kind == "retaildemand" && d.Sum != sums[d.SyncID] {
			t.Errorf("%s came to %s, sold for %s", d.Name, d.Sum, sums[d.SyncID])
		}
	}
	if stored[0].Kind != "openshift" || stored[len(stored)-1].Kind != "closeshift" || twice == 0 {
		t.Errorf("got %+v", stored)
	}
	if n := cloud.State().Requests; n > 9 {
		t.Errorf("the last life, with nothing to send, made %d requests", n)
	}
}
