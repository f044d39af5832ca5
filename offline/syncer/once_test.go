package syncer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Every kind of request that makes something, as its path ends.
var everyKind = []string{"openshift", "product", "counterparty", "customerorder", "retaildemand", "retailsalesreturn", "prepayment", "prepaymentreturn",
	"retaildrawercashin", "retaildrawercashout", "closeshift"}

// What can happen to a request.
const (
	lostBefore  = "lost before"
	lostAfter   = "lost after the commit"
	failedAfter = "500 after the commit"
	cutAfter    = "answer cut off"
	killed      = "the till is killed after the commit"
)

// mishap is a way to the cloud on which something happens to the first
// request of one kind.
type mishap struct {
	inner  http.RoundTripper
	kind   string
	what   string
	killed chan struct{}

	mu   sync.Mutex
	done bool
}

func (m *mishap) hits(r *http.Request) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done || r.Method == http.MethodGet || !strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/"+m.kind) {
		return false
	}
	m.done = true
	return true
}

// broken is a body that ends before its end.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (broken) Close() error             { return nil }

func (m *mishap) RoundTrip(r *http.Request) (*http.Response, error) {
	if !m.hits(r) {
		return m.inner.RoundTrip(r)
	}
	if m.what == lostBefore {
		return nil, errors.New("connection reset")
	}
	resp, err := m.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch m.what {
	case lostAfter:
		return nil, errors.Join(errors.New("connection reset"), resp.Body.Close())
	case failedAfter: // of this request: others go side by side
		err = resp.Body.Close()
		resp.StatusCode, resp.ContentLength = http.StatusInternalServerError, -1
		resp.Body = io.NopCloser(strings.NewReader(`{"errors":[{"error":"Неизвестная ошибка","code":1999}]}`))
	case cutAfter:
		err = resp.Body.Close()
		resp.Body = broken{}
	case killed:
		close(m.killed)
		<-r.Context().Done()
		return nil, errors.Join(r.Context().Err(), resp.Body.Close())
	}
	return resp, err
}

// made journals something that begins at the till.
func (b *bench) made(typ string, data, private any) (id uuid.UUID) {
	b.t.Helper()
	id = uuid.New()
	e := record.Entry{Kind: record.Made, ID: id, Type: typ, Group: id, Schema: 1}
	var err error
	if e.Data, err = json.Marshal(data); err == nil && private != nil {
		e.Private, err = json.Marshal(private)
	}
	if err == nil {
		_, err = b.journal.Append(b.t.Context(), e)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// everything journals a shift with every kind of request in it.
func (b *bench) everything() {
	b.t.Helper()
	goods := catalog.OwnID(b.made(moysklad.MadeProduct, catalog.Item{Name: "Хлеб", Rate: tax.None, Prices: []catalog.Price{{Type: "Цена", Value: 100}}}, nil))
	who := catalog.OwnID(b.made(moysklad.MadeCustomer, struct{}{}, catalog.CustomerCard{Name: "Иван", Phone: "79990001122"}))
	order := catalog.OwnID(b.made(moysklad.MadeOrder, catalog.Order{Name: "З-1", Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Agent: who,
		Positions: []catalog.OrderPosition{{ItemID: goods, ItemType: catalog.Product, Name: "Хлеб", Qty: 10_000, Price: 100_00, Rate: tax.None}}}, nil))
	docs := b.till.Shift(7)
	open, rest, end := docs[0], docs[1:8], docs[8:]
	sale, back, in, prepaid, unpaid, correction, out := rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6]
	sale.Receipt.Lines[0].ItemID, sale.Receipt.CustomerID = goods, who
	again := *sale.Receipt
	back.Type, back.Receipt = doc.Payback, &again
	back.Receipt.BaseID = sale.ID
	for _, m := range []*doc.Document{in, out} {
		m.Type, m.Receipt, m.Fiscal, m.Cash = doc.CashIncome, nil, nil, &doc.Cash{Sum: 100}
	}
	out.Type = doc.CashOutcome
	for _, p := range []*doc.Document{prepaid, unpaid} {
		p.Receipt.Lines[0].Method, p.Receipt.Lines[0].ItemID = 1, goods
		p.Receipt.Order = &doc.Order{ID: order, Name: "З-1", Agent: who}
		p.Receipt.Payments[0].Type = doc.PayElectron
	}
	body := *prepaid.Receipt
	unpaid.Type, unpaid.Receipt = doc.Payback, &body
	unpaid.Receipt.BaseID = prepaid.ID
	correction.Type = doc.Correction
	correction.Receipt.Correction = &doc.Ground{Of: doc.Sell, Date: correction.Time, Reason: "не пробили"}
	b.journal.Put(b.t, open)
	b.journal.Put(b.t, rest...)
	b.journal.Put(b.t, end...)
}

// TestEveryRequestOnce: whatever happens to whichever request, the cloud ends
// with each document once, whether it takes repeats or refuses them, and the
// till knows it.
func TestEveryRequestOnce(t *testing.T) {
	for _, repeats := range []moyskladtest.Repeats{moyskladtest.AcceptRepeats, moyskladtest.RefuseRepeats} {
		for _, kind := range everyKind {
			for _, what := range []string{lostBefore, lostAfter, failedAfter, cutAfter, killed} {
				t.Run(fmt.Sprint(repeats, " ", kind, " ", what), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { once(t, repeats, kind, what, func() { time.Sleep(5 * time.Minute) }) })
				})
			}
		}
	}
}

func once(t *testing.T, repeats moyskladtest.Repeats, kind, what string, wait func()) {
	b := newBench(t, moyskladtest.Options{Repeats: repeats, UniqueNames: true})
	m := &mishap{inner: moyskladtest.Transport(b.cloud), kind: kind, what: what, killed: make(chan struct{})}
	o := moysklad.Options{BaseURL: "http://cloud.test" + moyskladtest.BasePath, HTTP: &http.Client{Transport: m}}
	o.Token, o.CashierUID = b.credentials()
	c, err := moysklad.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.client = c
	b.start()
	b.everything()
	stop := b.run()
	if what == killed {
		<-m.killed
		stop()
		b.start()
		stop = b.run()
	}
	wait()
	stop()
	if !m.done {
		t.Fatal("nothing happened")
	}
	if st := b.up(); st.Queued != 0 || len(st.Parked) != 0 {
		t.Fatalf("%d queued, parked %+v", st.Queued, st.Parked)
	}
	got, seen := map[string]int{}, map[string]bool{}
	for _, d := range b.cloud.Documents() {
		got[d.Kind]++
		if seen[d.Kind+d.SyncID] {
			t.Errorf("%s %s is there twice", d.Kind, d.Name)
		}
		seen[d.Kind+d.SyncID] = true
	}
	for _, k := range everyKind {
		want := 1
		if k == "retaildemand" { // the correction is one
			want = 2
		}
		if got[k] != want {
			t.Errorf("%d of %s, want %d", got[k], k, want)
		}
	}
	if repeats == moyskladtest.AcceptRepeats && what != lostBefore {
		b.sameBytes(kind)
	}
	before := len(b.journal.Records())
	b.start()
	if _, err := b.sync.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(b.cloud.Documents()); n != len(seen) || len(b.journal.Records()) != before {
		t.Errorf("a start sent something: %d documents, %d records", n, len(b.journal.Records())-before)
	}
}

// sameBytes checks that what came twice was the frozen request.
func (b *bench) sameBytes(kind string) {
	b.t.Helper()
	for _, d := range b.cloud.Documents() {
		if d.Kind != kind || d.Times < 2 {
			continue
		}
		for _, r := range b.journal.Records() {
			if r.Kind == record.Delivery && bytes.Contains(r.Data, []byte(d.SyncID)) && bytes.Contains(r.Data, []byte(`"sending"`)) {
				return
			}
		}
		b.t.Errorf("%s %s came %d times and was never frozen", d.Kind, d.Name, d.Times)
		return
	}
	b.t.Errorf("no %s came twice", kind)
}
