package daemon

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Times of asking about receipts that were set aside.
const (
	asideEvery = 3 * time.Second
	asideSlow  = time.Minute // of one that is older than asideFresh
	asideFresh = 10 * time.Minute
	asideGone  = 2 * time.Minute // so long the cloud has not known it: it never got it
	asideLimit = 10 * time.Second
)

// asideWatch asks the cloud about receipts of a till without a device that
// were given up while they were in the queue, and has the till book what it
// hears. It keeps nothing: the till's journal knows which they are.
type asideWatch struct {
	d       *daemon
	asked   map[uuid.UUID]time.Time // last
	unknown map[uuid.UUID]time.Time // since when the cloud does not know it
}

func (w *asideWatch) run(ctx context.Context) {
	tick := time.NewTicker(asideEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.round(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// round asks about each that is due. There are at most till.MaxAside.
func (w *asideWatch) round(ctx context.Context) {
	v, _ := w.d.loop.View()
	client := w.d.cloud.attachedClient()
	if w.asked == nil || len(v.Aside) == 0 {
		w.asked, w.unknown = map[uuid.UUID]time.Time{}, map[uuid.UUID]time.Time{}
	}
	if client == nil {
		return
	}
	for i := range v.Aside {
		a := &v.Aside[i]
		now := w.d.now()
		if now.Sub(a.Since) > asideFresh && now.Sub(w.asked[a.ID]).Abs() < asideSlow {
			continue
		}
		w.asked[a.ID] = now
		if err := w.ask(ctx, client, a, now); err != nil {
			w.d.log.Warn("a receipt that was given up is not settled", "dev", moysklad.Destination, "doc", a.ID, "err", err)
			if ctx.Err() != nil || fault.Of(err).Code == fault.CloudDown {
				return // it will not answer about the others either
			}
		}
	}
}

func (w *asideWatch) ask(ctx context.Context, client *moysklad.Client, a *till.AsideView, now time.Time) error {
	asking, cancel := context.WithTimeout(ctx, asideLimit)
	status, f, err := client.FiscalStatus(asking, a.ID)
	cancel()
	if err != nil || status != moysklad.Unknown {
		delete(w.unknown, a.ID)
	}
	switch {
	case err != nil:
		return err
	case status == moysklad.Fiscalised:
		f.Total = a.Sum
		return w.settle(ctx, till.Settle{ID: a.ID, Fiscal: &f})
	case status != moysklad.Unknown:
		return nil
	}
	since, seen := w.unknown[a.ID]
	if !seen || now.Before(since) {
		w.unknown[a.ID] = now
		return nil
	}
	if now.Sub(since) < asideGone {
		return nil
	}
	return w.settle(ctx, till.Settle{ID: a.ID})
}

// settle has the till book what is known. One that is busy, or has no shift to
// book it in, is told again.
func (w *asideWatch) settle(ctx context.Context, e till.Settle) error {
	err := w.d.loop.Do(ctx, e)
	if err != nil && fault.Of(err).Code != fault.AsideGone {
		return err
	}
	delete(w.asked, e.ID)
	delete(w.unknown, e.ID)
	w.d.log.Info("a receipt that was given up is settled", "dev", moysklad.Destination, "doc", e.ID, "registered", e.Fiscal != nil)
	w.d.cloud.wake()
	return nil
}
