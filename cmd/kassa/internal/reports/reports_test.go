package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

var zone = time.FixedZone("", 3*3600)

// books is a journal in memory that counts what is read of it.
type books struct {
	t    *testing.T
	list []record.Record
	read int
	err  error
}

func (b *books) records(_ context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for _, r := range b.list {
			if r.Seq > f.After && !r.Time.Before(f.Since) {
				b.read++
				if !yield(r, b.err) {
					return
				}
			}
		}
	}
}

func (b *books) add(typ doc.Type, shift int64, at time.Time, sum money.Amount, ways ...doc.PaymentType) {
	if b.t != nil {
		b.t.Helper()
	}
	d := doc.Document{ID: uuid.New(), Type: typ, Time: at, Fiscal: &doc.Fiscal{FN: "9999", FD: uint32(len(b.list) + 1), Shift: shift, Time: at, RegNumber: "77"}}
	if typ.Receipt() {
		d.Receipt = &doc.Receipt{Total: sum * money.Amount(len(ways)), TaxSystem: tax.General}
		for _, w := range ways {
			d.Receipt.Payments = append(d.Receipt.Payments, doc.Payment{Type: w, Sum: sum})
		}
		if typ == doc.Correction {
			d.Receipt.Correction = &doc.Ground{Of: doc.Payback}
		}
	}
	data, err := json.Marshal(d)
	if err != nil {
		b.t.Fatal(err)
	}
	b.list = append(b.list, record.Record{Seq: uint64(len(b.list) + 1), Time: at, Entry: record.Entry{Kind: record.Document, ID: d.ID, Type: string(typ), Schema: 1, Data: data}})
}

func day(n int) time.Time { return time.Date(2026, 11, n, 9, 0, 0, 0, zone) }

// month journals a shift a day.
func month(t *testing.T, days int) *books {
	b := &books{t: t}
	for n := range days {
		s := int64(n + 1)
		b.add(doc.PosOpenSession, s, day(n+1), 0)
		b.add(doc.Sell, s, day(n+1).Add(time.Hour), 100, doc.PayCash, doc.PayElectron)
		b.add(doc.Sell, s, day(n+1).Add(2*time.Hour), 50, doc.PayAdvance, doc.PayCredit, doc.PayCounter)
		b.add(doc.Payback, s, day(n+1).Add(3*time.Hour), 7, doc.PayCash)
		b.add(doc.Correction, s, day(n+1).Add(4*time.Hour), 3, doc.PayCash)
		b.add(doc.ZReport, s, day(n+1).Add(9*time.Hour), 0)
	}
	return b
}

func TestShifts(t *testing.T) {
	b := month(t, 20)
	r := New(Options{Records: b.records, Zone: zone})
	q := ofd.Query{From: "2026-11-18", To: "2026-11-20"}
	report, err := r.Shifts(t.Context(), q)
	if err != nil || len(report.Data) != 3 {
		t.Fatalf("%d shifts: %v", len(report.Data), err)
	}
	s := report.Data[0]
	if s.Shift != 18 || s.FN != "9999" || s.RN != "77" || s.Open != "2026-11-18 09:00:00" || s.Close != "2026-11-18 18:00:00" ||
		*s.Income.Total.Sum != 350 || *s.Income.Total.Count != 2 || *s.Income.Cash.Sum != 100 || *s.Income.Ecash.Sum != 100 || *s.Income.Prepaid.Sum != 50 ||
		*s.Income.Credit.Sum != 50 || *s.Income.Provision.Count != 1 || *s.IncomeReturn.Total.Sum != 10 || *s.IncomeReturn.Total.Count != 2 || *s.Outcome.Total.Count != 0 {
		t.Errorf("%+v", s)
	}
	before := b.read
	b.add(doc.PosOpenSession, 21, day(20).Add(10*time.Hour), 0)
	if report, err = r.Shifts(t.Context(), q); err != nil || len(report.Data) != 4 || report.Data[3].Close != "" {
		t.Errorf("%+v %v", report, err)
	}
	if b.read != before+1 {
		t.Errorf("%d records were read again for one new one", b.read-before)
	}
	// Earlier than the books reach: they begin anew.
	b.list[0].Time = b.list[0].Time.AddDate(0, -3, 0)
	if report, err := r.Shifts(t.Context(), ofd.Query{From: "2026-01-01", To: "2026-12-31"}); err != nil || len(report.Data) != 21 {
		t.Errorf("%d shifts: %v", len(report.Data), err)
	}
	if _, err := r.Shifts(t.Context(), ofd.Query{From: "2026-01-01"}); fault.Of(err).Code != fault.BadRequest {
		t.Error(err)
	}
	if _, err := r.Shifts(t.Context(), ofd.Query{From: "now", To: "2026-01-01"}); fault.Of(err).Code != fault.BadRequest {
		t.Error(err)
	}
}

func TestAFailedReadingIsForgotten(t *testing.T) {
	b := month(t, 3)
	r := New(Options{Records: b.records, Zone: zone})
	q := ofd.Query{From: "2026-11-01", To: "2026-11-30"}
	b.err = errors.New("disk")
	if _, err := r.Shifts(t.Context(), q); err == nil {
		t.Fatal("a report of a broken journal")
	}
	b.err = nil
	if report, err := r.Shifts(t.Context(), q); err != nil || len(report.Data) != 3 || *report.Data[0].Income.Total.Count != 2 {
		t.Errorf("%+v %v", report, err)
	}
}

// A program written for the operator's report reads the till's.
func TestFace(t *testing.T) {
	b := month(t, 45)
	f := &Face{Reports: New(Options{Records: b.records, Zone: zone}), Log: slog.New(slog.DiscardHandler),
		Allows: func(token string, s access.Scope) (access.Token, bool, bool) {
			return access.Token{}, true, token == "good" && s == access.Documents
		}}
	mux := http.NewServeMux()
	mux.Handle(Path, f)
	server := httptest.NewServer(mux)
	defer server.Close()
	client := func(yandex, own string) *ofd.Client {
		return ofd.New(ofd.Options{URL: server.URL + "/v1", YandexKey: yandex, OFDKey: own, HTTP: server.Client()})
	}
	all, err := client("any", "good").Shifts(t.Context(), ofd.Query{From: "2026-11-01", To: "2027-01-01", Limit: 20})
	if err != nil || len(all) != 45 {
		t.Fatalf("%d shifts: %v", len(all), err)
	}
	for _, c := range []struct {
		yandex, own, from string
		status, code      int
	}{{"", "good", "2026-11-01", 401, 1}, {"any", "bad", "2026-11-01", 401, 2}, {"any", "good", "", 400, 5}} {
		_, err := client(c.yandex, c.own).Page(t.Context(), ofd.Query{From: c.from, To: "2027-01-01"})
		var r *ofd.Refusal
		if !errors.As(err, &r) || r.Status != c.status || r.Code != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for method, status := range map[string]int{"GET": 405, "POST": 422} {
		req := httptest.NewRequest(method, Path, bytes.NewReader([]byte("[")))
		req.Header.Set("X-Yandex-Key", "a")
		req.Header.Set("X-OFD-Key", "good")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, req)
		if w.Code != status {
			t.Errorf("%s: %d %s", method, w.Code, w.Body)
		}
	}
	b.err = errors.New("disk")
	b.add(doc.ZReport, 46, day(30), 0)
	var r *ofd.Refusal
	if _, err := client("any", "good").Page(t.Context(), ofd.Query{From: "2026-11-01", To: "2027-01-01"}); !errors.As(err, &r) || r.Status != 500 {
		t.Error(err)
	}
}
