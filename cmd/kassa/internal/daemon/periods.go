package daemon

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

const (
	periodEvery   = time.Minute     // whether the journal's period is over
	retainEvery   = 24 * time.Hour  // whether a closed period's time is over
	rotateTimeout = 2 * time.Minute // with a delivery under way that has to be waited for
)

// watchPeriods ends the journal's period when it is over and nobody sells, and
// removes closed ones when their time is over.
func (d *daemon) watchPeriods(ctx context.Context) {
	tick := time.NewTicker(periodEvery)
	defer tick.Stop()
	var retained time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if d.clockBehind() {
			continue
		}
		d.rotateWhenOver(ctx)
		if time.Since(retained) >= retainEvery && d.retain(ctx) {
			retained = time.Now()
		}
	}
}

// clockBehind tells of a clock that shows less than the last record: whoever
// believes it puts away, or keeps, the wrong thing.
func (d *daemon) clockBehind() bool {
	return d.now().Before(d.floor())
}

func (d *daemon) rotateWhenOver(ctx context.Context) {
	p := d.journal.Periods()
	if !d.cfg.Journal.Over(p.Begun, d.now()) || d.busy() != nil {
		d.waiting.Store(nil)
		return
	}
	_, err := d.rotate(ctx, "calendar")
	if errors.Is(err, fault.New(fault.JournalFresh)) {
		err = nil // a period in which nothing happened goes on
	}
	was := d.waiting.Swap(fault.Of(err))
	if err != nil && was == nil && ctx.Err() == nil {
		d.log.Warn("the journal's period is over and can not be closed yet", "period", p.Number, "err", err)
	}
}

// busy is why the journal's period must not end now; nil when it may.
func (d *daemon) busy() error {
	if v, _ := d.loop.View(); v.Phase != "idle" || v.Shift != nil {
		return fault.New(fault.JournalShift)
	}
	return nil
}

// rotateNow ends the journal's period at a person's word.
func (d *daemon) rotateNow(ctx context.Context) (any, error) { return d.rotate(ctx, "hand") }

// rotate ends the journal's period. The record that begins the next one says
// who wanted it.
func (d *daemon) rotate(ctx context.Context, by string) (journal.Period, error) {
	ctx, cancel := context.WithTimeout(ctx, rotateTimeout)
	defer cancel()
	p, err := d.journal.Rotate(ctx, journal.RotateOptions{By: by, Carry: d.carry})
	if p.Number > 0 {
		d.log.Info("a period of the journal has ended", "by", by, "period", p.Number-1, "first", p.First, "carried", p.Carried, "err", err)
	}
	return p, err
}

// carry names what a start of the till reads, and what is not delivered.
func (d *daemon) carry(ctx context.Context) ([]uint64, error) {
	if err := d.busy(); err != nil {
		return nil, err
	}
	seqs, err := d.cloud.carry(ctx)
	var many *outbox.TooManyError
	if errors.As(err, &many) {
		return nil, fault.New(fault.JournalCarry, strconv.FormatInt(many.Documents, 10)).With(err)
	}
	if err != nil {
		return nil, fmt.Errorf("what is not delivered: %w", err)
	}
	for _, typ := range []doc.Type{doc.OpenSession, doc.CloseSession} {
		rec, err := latestRecord(ctx, d.journal, typ)
		if err != nil {
			return nil, err
		}
		if rec != nil {
			seqs = append(seqs, rec.Seq)
		}
	}
	return seqs, nil
}

// retain removes closed periods whose time is over. It tells whether it could
// find out.
func (d *daemon) retain(ctx context.Context) bool {
	needed, err := d.cloud.carry(ctx)
	var many *outbox.TooManyError
	if errors.As(err, &many) {
		return false // what is not delivered is not known one by one: nothing goes
	}
	if err == nil {
		_, err = d.journal.Retain(ctx, journal.RetainOptions{Years: d.cfg.Journal.KeepYears, Now: d.now(), Needed: needed})
	}
	if err != nil && ctx.Err() == nil {
		d.log.Warn("old periods of the journal stay for now", "err", err)
	}
	return err == nil
}
