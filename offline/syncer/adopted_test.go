package syncer_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/offline/syncer"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// other is another till's journal that was taken in.
type other struct {
	journal  outboxtest.Journal
	finished atomic.Int32
}

func (o *other) adopted(from string) syncer.Adopted {
	return syncer.Adopted{From: from, Journal: &o.journal, Finish: func(context.Context) error { o.finished.Add(1); return nil }}
}

func (b *bench) adopt(a syncer.Adopted) (queued int64) {
	b.t.Helper()
	queued, err := b.sync.Adopt(b.t.Context(), a)
	if err != nil {
		b.t.Fatal(err)
	}
	return queued
}

func (b *bench) stored() (names []string) {
	for _, d := range b.cloud.Documents() {
		names = append(names, d.Name)
	}
	return names
}

// Another till's documents go after the own ones, each once, by Run and by
// Sync; what comes meanwhile goes first.
func TestAdopt(t *testing.T) {
	for _, running := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, moyskladtest.Options{UniqueNames: true})
			var o other
			own, others := b.till.Shift(3), b.till.Shift(40)
			b.journal.Put(t, own...)
			o.journal.Put(t, others...)
			if n := b.adopt(o.adopted("A")); n != 43 {
				t.Errorf("%d to deliver", n)
			}
			b.fault("lose-answer", "3")
			if running {
				stop := b.run()
				time.Sleep(2 * time.Minute)
				stop()
			} else if _, err := b.sync.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			names := b.stored()
			if len(names) != 5+42 || !slices.Contains(names[:5], own[3].Name) || names[5] != others[0].Name {
				t.Errorf("running %v: %v", running, names)
			}
			st := b.sync.Status().Destinations
			if len(st) != 2 || st[1].Name != "moysklad" || st[1].From != "A" || st[1].Queued != 0 || st[1].Delivered != 42 || !st[1].Online || st[0].Delivered != 5 {
				t.Errorf("running %v: %+v", running, st)
			}
			if o.finished.Load() != 1 {
				t.Errorf("running %v: finished %d times", running, o.finished.Load())
			}
			for _, r := range b.journal.Records() {
				if r.Kind == record.Delivery && slices.ContainsFunc(others, func(d *doc.Document) bool { return d.ID == r.ID }) {
					t.Errorf("it is in the own journal: %s", r.Data)
				}
			}
		})
	}
}

// The other till's documents are refused: they are parked, told of, and hold
// nothing up; a person sends them on their way again.
func TestAdoptedTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, moyskladtest.Options{})
		var o other
		lost := b.till.Sale(b.till.Shift(1)[0].ShiftID) // of a shift the cloud has never seen
		o.journal.Put(t, lost)
		b.adopt(o.adopted("A"))
		stop := b.run()
		defer stop()
		time.Sleep(time.Minute)
		st := b.sync.Status()
		if d := st.Destinations[1]; len(d.Parked) != 1 || d.Queued != 0 || o.finished.Load() != 0 {
			t.Errorf("%+v", d)
		}
		own := b.till.Shift(2)
		b.journal.Put(t, own...)
		b.sync.Wake()
		time.Sleep(time.Minute)
		if names := b.stored(); len(names) != 4 {
			t.Errorf("the own documents: %v", names)
		}
		b.fault("down")
		if err := b.sync.RetryParked(t.Context(), lost.ID); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		st = b.sync.Status()
		if d := st.Destinations[1]; d.Queued != 1 || len(d.Parked) != 0 || d.NextAttempt.IsZero() || d.Online {
			t.Errorf("%+v", d)
		}
		if !slices.ContainsFunc(st.Warnings(), func(w fault.Warning) bool { return w.Code == fault.CopyWaits && w.Args[0] == "A" && w.Args[1] == "1" }) {
			t.Errorf("%+v", st.Warnings())
		}
		// A newer copy takes the older one's place.
		var newer other
		b.fault("up")
		b.adopt(newer.adopted("A"))
		time.Sleep(2 * time.Minute)
		if d := b.sync.Status().Destinations; len(d) != 2 || d[1].Queued != 0 || newer.finished.Load() != 1 {
			t.Errorf("%+v", d)
		}
	})
}
