package daemon

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/syncer"
	"github.com/kassa-pos/kassa/pos/fault"
)

const (
	historyEvery = 10 * time.Second // the history of the queue takes in what is new
	hour         = time.Hour        // a bar of the chart
)

// exchange is what a status tells of everything that goes out of the till.
type exchange struct {
	syncer.Status
	Hourly *int64 `json:"hourly,omitempty"` // documents an hour, as they went lately; absent without a cloud
	OFD    *OFD   `json:"ofd,omitempty"`
}

func newHistory(d *daemon) *outbox.History {
	if d.cfg.Cloud.MoySklad == nil {
		return nil
	}
	return outbox.NewHistory(outbox.HistoryOptions{Journal: d.journal, Destination: moysklad.Destination, Types: (*moysklad.Client)(nil).Types(), Now: d.now})
}

// watchHistory keeps the queue's history up to date, beside everything else:
// nobody waits for it.
func (d *daemon) watchHistory(ctx context.Context) {
	if d.history == nil {
		return
	}
	tick := time.NewTicker(historyEvery)
	defer tick.Stop()
	for read := uint64(0); ; {
		if head, _ := d.journal.Head(); head != read {
			if err := d.history.Read(ctx); err == nil {
				read = head
			} else if ctx.Err() == nil {
				d.log.Warn("the queue's history", "err", err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// hourly is how many documents an hour go out; below 0: nobody knows.
func (d *daemon) hourly() int64 {
	if d.history == nil {
		return -1
	}
	sent, span := d.history.Lately()
	return sent * int64(hour) / int64(max(span, outbox.HistoryStep))
}

// exchangeNow is the exchange for a status.
func (d *daemon) exchangeNow() any { return d.exchangeOf(d.cloud.now()) }

func (d *daemon) exchangeOf(st syncer.Status) exchange {
	v, _ := d.loop.View()
	e := exchange{Status: st, OFD: d.devices.ofd(v.KKT.Status)}
	if n := d.hourly(); n >= 0 {
		e.Hourly = &n
	}
	return e
}

// syncNow is a person's wish to exchange now.
func (d *daemon) syncNow(ctx context.Context) (any, error) {
	st, err := d.cloud.syncNow(ctx)
	if err != nil {
		return nil, err
	}
	return d.exchangeOf(st), nil
}

// flowsNow are the last days of the queue, with what has just happened.
func (d *daemon) flowsNow(ctx context.Context, span time.Duration) ([]outbox.Flow, error) {
	if d.history == nil {
		return nil, fault.New(fault.CloudNone)
	}
	if err := d.history.Read(ctx); err != nil {
		return nil, err
	}
	return d.flows(span), nil
}

// flows are the same as far as they are known.
func (d *daemon) flows(span time.Duration) []outbox.Flow {
	if d.history == nil {
		return []outbox.Flow{}
	}
	var queued int64
	for _, dest := range d.cloud.now().Destinations {
		if dest.From == "" {
			queued += dest.Queued
		}
	}
	return d.history.Flows(span, queued)
}

// syncPage is the exchange as the console's page needs it; nil: there is none.
func (d *daemon) syncPage() *console.Sync {
	if d.cfg.Cloud.MoySklad == nil && d.cfg.KKT == nil {
		return nil
	}
	page := &console.Sync{State: d.syncState, Now: func(ctx context.Context) error { _, err := d.cloud.syncNow(ctx); return err }}
	if d.cfg.Cloud.MoySklad != nil {
		page.Attach = d.cloud.attachAgain
		page.Retry = d.cloud.retry
		page.ByHand = d.byHand
		page.File = d.fileParked
	} else {
		page.Now = nil
	}
	return page
}

func (d *daemon) syncState() (st console.SyncState) {
	now := d.cloud.now()
	for i := range now.Destinations {
		st.Places = append(st.Places, d.placeOf(&now.Destinations[i]))
	}
	if place, ok := d.placeOfOFD(); ok {
		st.Places = append(st.Places, place)
	}
	if d.cfg.Cloud.MoySklad == nil {
		return st
	}
	st.Hours = d.flows(hour)
	info := d.catalog.Current()
	goods := console.Reference{Name: console.RefGoods, Count: int64(info.Items), At: info.UpdatedAt}
	if e := now.Catalog.LastError; e != nil && e.Class != outbox.Reattach && e.Code != fault.CloudDown { // those are told with the place
		goods.Failure = e.Fault()
	}
	st.References = append(st.References, goods)
	if info.Customers > 0 {
		st.References = append(st.References, console.Reference{Name: console.RefPeople, Count: int64(info.Customers), At: info.UpdatedAt})
	}
	if n, at := d.shelf.age(); !at.IsZero() {
		st.References = append(st.References, console.Reference{Name: console.RefOrders, Count: int64(n), At: at})
	}
	return st
}

func (d *daemon) placeOf(dest *syncer.DestinationStatus) console.SyncPlace {
	p := console.SyncPlace{Name: dest.Name, From: dest.From, Online: dest.Online, Queued: dest.Queued, Oldest: dest.Oldest, Hourly: -1,
		Success: dest.LastSuccess, Next: dest.NextAttempt, Failure: dest.LastError.Fault(), Parked: dest.Parked}
	if dest.From == "" {
		p.Hourly, p.Detail = d.hourly(), d.cfg.Cloud.MoySklad.URL
	}
	if e := dest.LastError; e != nil && e.Class == outbox.Reattach {
		p.Refused = true
	}
	return p
}

// placeOfOFD is the way of the FN's documents; false: there is no KKT.
func (d *daemon) placeOfOFD() (p console.SyncPlace, ok bool) {
	v, _ := d.loop.View()
	o := d.devices.ofd(v.KKT.Status)
	if o == nil {
		return p, false
	}
	p = console.SyncPlace{Name: console.PlaceOFD, Online: v.KKT.Ready, Queued: int64(o.Pending), Hourly: -1, Success: o.LastSuccess, Next: o.NextTry}
	if o.Pending > 0 {
		p.Oldest = o.Oldest
	}
	if o.Carries() {
		p.Detail = o.To
	}
	switch {
	case !v.KKT.Ready:
		p.Failure = fault.New(fault.FiscalMissing)
	case o.State == relay.Failing:
		p.Online, p.Failure = false, fault.New(fault.RelayUnreachable, o.To, o.Why)
	default:
		p.Next = time.Time{}
	}
	return p, true
}

// exchangeMetrics writes the figures of each place.
func (d *daemon) exchangeMetrics(w io.Writer) error {
	places := d.syncState().Places
	now := d.now()
	age := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return now.Sub(t).Seconds()
	}
	for _, m := range []struct {
		name, help string
		value      func(*console.SyncPlace) any
	}{
		{"kassa_sync_online", "1 when the other side answered last.", func(p *console.SyncPlace) any { return flag(p.Online) }},
		{"kassa_sync_queued_documents", "Documents that wait to be sent.", func(p *console.SyncPlace) any { return p.Queued }},
		{"kassa_sync_parked_documents", "Documents that wait for a person.", func(p *console.SyncPlace) any { return len(p.Parked) }},
		{"kassa_sync_oldest_seconds", "Age of the oldest that waits.", func(p *console.SyncPlace) any { return age(p.Oldest) }},
		{"kassa_sync_last_success_seconds", "Seconds since something was delivered.", func(p *console.SyncPlace) any { return age(p.Success) }},
		{"kassa_sync_hourly_documents", "Documents delivered within the last hour.", func(p *console.SyncPlace) any { return max(0, p.Hourly) }},
	} {
		if _, err := fmt.Fprintf(w, "# HELP %[1]s %[2]s\n# TYPE %[1]s gauge\n", m.name, m.help); err != nil {
			return err
		}
		for i := range places {
			p := &places[i]
			if _, err := fmt.Fprintf(w, "%s{place=%q,from=%q} %v\n", m.name, p.Name, p.From, m.value(p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// retry sends a parked document on its way again.
func (c *cloud) retry(ctx context.Context, id uuid.UUID) error {
	s := c.syncer.Load()
	if s == nil {
		return fault.New(fault.CloudNone)
	}
	if id == uuid.Nil {
		return s.RetryAll(ctx)
	}
	return s.RetryParked(ctx, id)
}

// exportParked shows a document that waits as it would be sent.
func (c *cloud) exportParked(ctx context.Context, id uuid.UUID) (any, error) {
	s := c.syncer.Load()
	if s == nil {
		return nil, fault.New(fault.CloudNone)
	}
	return s.Export(ctx, id)
}
