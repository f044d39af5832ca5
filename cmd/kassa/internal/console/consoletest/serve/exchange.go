package main

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// exchange is a made-up one: a week of a shop that lost its network for
// an evening, two documents the cloud would not take. It may be used by
// several goroutines.
type exchange struct {
	now   func() time.Time
	allow func(ctx context.Context) error // asks whether a senior says so

	mu      sync.Mutex
	err     error // of Now
	refused bool
	parked  []outbox.Parked
}

// newExchange makes one.
func newExchange(now func() time.Time, allow func(context.Context) error) *exchange {
	at := now().Add(-26 * time.Hour)
	return &exchange{now: now, allow: allow, parked: []outbox.Parked{
		{Document: uuid.NewSHA1(uuid.Nil, []byte("sale")), Seq: 4, Type: doc.Sell, Name: "K1-00041", Time: at, Code: "3006", Words: "Ошибка сохранения объекта: нарушена уникальность параметра 'name'"},
		{Document: uuid.NewSHA1(uuid.Nil, []byte("return")), Seq: 5, Type: doc.Payback, Name: "K1-00042", Time: at.Add(4 * time.Minute), Code: outbox.CodeDepends},
	}}
}

// fail makes the cloud refuse this till, or fail as err says; nil mends it.
func (e *exchange) fail(refused bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refused, e.err = refused, err
}

// page is the exchange as a console needs it.
func (e *exchange) page() *console.Sync {
	return &console.Sync{
		State: e.state,
		Now: func(context.Context) error {
			e.mu.Lock()
			defer e.mu.Unlock()
			return e.err
		},
		Retry: e.retry,
		ByHand: func(ctx context.Context, id uuid.UUID, why string) error {
			if why == "" {
				return fault.New(fault.ReasonNone)
			}
			if err := e.allow(ctx); err != nil {
				return err
			}
			return e.retry(ctx, id)
		},
		File: func(context.Context) (string, error) { return "kassa-parked-20260305.jsonl", nil },
		Attach: func(context.Context) error {
			e.fail(false, nil)
			return nil
		},
	}
}

func (e *exchange) retry(_ context.Context, id uuid.UUID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.IndexFunc(e.parked, func(p outbox.Parked) bool { return p.Document == id })
	if i < 0 {
		return fault.New(fault.NotFound, id.String())
	}
	e.parked = slices.Delete(e.parked, i, i+1)
	return nil
}

func (e *exchange) state() console.SyncState {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	cloud := console.SyncPlace{Name: console.PlaceMoySklad, Detail: "https://api.moysklad.ru/api/posap/1.0", Online: true, Hourly: 34, Success: now.Add(-40 * time.Second), Parked: slices.Clone(e.parked)}
	if e.err != nil {
		cloud.Online, cloud.Queued, cloud.Oldest = false, 17, now.Add(-42*time.Minute)
		cloud.Success, cloud.Next, cloud.Failure, cloud.Refused = now.Add(-42*time.Minute), now.Add(30*time.Second), fault.Of(e.err), e.refused
	}
	return console.SyncState{
		Places: []console.SyncPlace{cloud,
			{Name: console.PlaceOFD, Detail: "ofd.example:7777", Online: true, Hourly: -1, Queued: 1, Oldest: now.Add(-20 * time.Second), Success: now.Add(-3 * time.Minute)}},
		References: []console.Reference{
			{Name: console.RefGoods, Count: 18_412, At: now.Add(-7 * time.Minute)},
			{Name: console.RefPeople, Count: 2_305, At: now.Add(-7 * time.Minute)},
			{Name: console.RefOrders}},
		Hours: week(now),
	}
}

// week is a shop that is open from 9 to 21 and was offline on the third
// evening until the next noon.
func week(now time.Time) (hours []outbox.Flow) {
	first := now.Truncate(time.Hour).Add(-7*24*time.Hour + time.Hour)
	for n := range 7 * 24 {
		at := first.Add(time.Duration(n) * time.Hour)
		f := outbox.Flow{Begin: at}
		if h := at.Hour(); h >= 9 && h < 21 {
			f.Came = int64(20 + 25*math.Abs(math.Sin(float64(h)/3)))
		}
		if n > 0 {
			f.Queued = hours[n-1].Queued
		}
		f.Queued += f.Came
		if away := n >= 2*24 && n < 3*24+2; !away {
			f.Sent, f.Queued = f.Queued, 0
		}
		hours = append(hours, f)
	}
	return hours
}
