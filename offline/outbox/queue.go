package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// Options of a queue.
type Options struct {
	Journal     Journal
	Destination Destination
	NotFound    func(error) bool // tells Journal.Setting's "there is none" from a failure
	Log         *slog.Logger
	// OnChange hears of every change; it may ask for the Status and nothing
	// else. May be nil.
	OnChange func()
}

// Queue takes documents to one destination.
type Queue struct {
	o     Options
	dest  Destination
	types map[string]bool // of documents
	makes map[string]bool // of what else is made
	log   *slog.Logger
	round chan struct{} // held while a round or another change of the queue runs

	mu        sync.Mutex // guards all below; never held over a wait
	loaded    bool
	waiting   []*entry // in the journal's order, about MaxWindow at most
	parked    []Parked // by sequence
	filled    uint64   // records up to here are in waiting, or settled
	counted   uint64   // documents up to here are in queued, or settled
	carried   uint64   // counted, when Carry last recorded how things stand; 0: something has changed since
	backs     int      // of waiting: sent on their way again
	overflow  bool     // a document beyond filled found no room in this scan
	mark      uint64   // everything up to here is settled, parked or back
	queued    int64
	delivered int64
	kept      int64
	unsaved   int    // settled since the last progress record
	saved     uint64 // the mark in it
	ahead     int    // documents settled before an older one
	newest    uint64 // highest sequence settled
}

// entry is a document that is neither delivered nor parked.
type entry struct {
	seq    uint64
	frozen uint64 // sequence of its "sending" record; 0: none yet
	back   bool   // below the mark, sent on its way again by a person
	made   bool   // no document
	id     uuid.UUID
	kind   doc.Type
	name   string
	shift  uuid.UUID
	time   time.Time
	needs  []uuid.UUID // what it names: must be there before it

	attempts int // that failed
}

// barrier tells whether everything before must be settled first and
// everything after must wait.
func (e *entry) barrier() bool { return e.kind == doc.OpenSession || closes(e.kind) }

func closes(t doc.Type) bool { return t == doc.CloseSession || t == doc.ZReport }

// New makes a queue; nothing is read yet.
func New(o Options) *Queue {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	q := &Queue{o: o, dest: o.Destination, log: o.Log.With("dev", o.Destination.Name()), round: make(chan struct{}, 1)}
	q.types, q.makes = map[string]bool{}, map[string]bool{}
	for _, t := range o.Destination.Types() {
		q.types[string(t)] = true
	}
	if m, ok := o.Destination.(Maker); ok {
		for _, t := range m.Makes() {
			q.makes[t] = true
		}
	}
	return q
}

// lock takes the round; the caller gives it back with unlock.
func (q *Queue) lock(ctx context.Context) error {
	select {
	case q.round <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *Queue) unlock() { <-q.round }

// Status gives the queue at a glance.
func (q *Queue) Status() Status {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := Status{Queued: q.queued, Delivered: q.delivered, Kept: q.kept, Parked: append([]Parked{}, q.parked...)}
	if len(q.waiting) > 0 {
		s.Oldest, s.Attempts = q.waiting[0].time, q.waiting[0].attempts
	}
	return s
}

// Load reads progress and journal, once. Later calls read what is new.
func (q *Queue) Load(ctx context.Context) error {
	if err := q.lock(ctx); err != nil {
		return err
	}
	defer q.unlock()
	return q.read(ctx)
}

func (q *Queue) load(ctx context.Context) error {
	r, err := q.o.Journal.Setting(ctx, SettingName(q.dest.Name()))
	var p progress
	switch {
	case err != nil && q.o.NotFound(err):
	case err != nil:
		return fmt.Errorf("outbox: read progress: %w", err)
	default:
		if err := json.Unmarshal(r.Data, &p); err != nil {
			return fmt.Errorf("outbox: progress record %d: %w", r.Seq, err)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.parked, q.loaded = p.Parked, true
	q.filled, q.counted, q.mark, q.saved = p.Seq, p.Seq, p.Seq, p.Seq
	for _, b := range p.Back {
		q.waiting = append(q.waiting, b.entry())
		q.backs++
		q.queued++
	}
	return nil
}

// read takes in what the journal has beyond what is known. While the window
// is full, documents are only counted; when half of it is free they are read
// again. The round is held.
func (q *Queue) read(ctx context.Context) error {
	if !q.loaded {
		if err := q.load(ctx); err != nil {
			return err
		}
	}
	if q.filled < q.counted && q.free() >= MaxWindow/2 {
		q.overflow = false
		if err := q.scan(ctx, record.Filter{After: q.filled, Before: q.counted + 1}); err != nil {
			return err
		}
		if !q.overflow {
			q.filled = q.counted
		}
	}
	q.overflow = q.filled < q.counted || q.free() <= 0
	return q.scan(ctx, record.Filter{After: q.counted})
}

// scan takes in records; those known already only as long as there is room.
func (q *Queue) scan(ctx context.Context, f record.Filter) error {
	f.Kinds = []record.Kind{record.Document, record.Delivery}
	if len(q.makes) > 0 {
		f.Kinds = append(f.Kinds, record.Made)
	}
	for r, err := range q.o.Journal.Scan(ctx, f) {
		if err != nil {
			return fmt.Errorf("outbox: scan journal: %w", err)
		}
		if err := q.take(r); err != nil {
			return err
		}
		if f.Before > 0 && q.overflow {
			return nil
		}
	}
	return nil
}

// mine tells whether a record is this queue's business.
func (q *Queue) mine(r *record.Record) bool {
	switch r.Kind {
	case record.Delivery:
		return r.Type == q.dest.Name()
	case record.Made:
		return q.makes[r.Type]
	}
	return q.types[r.Type]
}

// take takes in one record.
func (q *Queue) take(r record.Record) error {
	if !q.mine(&r) {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	fresh := r.Seq > q.counted
	q.counted = max(q.counted, r.Seq)
	if q.known(r.Seq) { // of a progress record
		return nil
	}
	if r.Kind == record.Delivery {
		if !q.overflow {
			q.filled = max(q.filled, r.Seq)
		}
		if !fresh {
			return nil
		}
		return q.takeDelivery(r)
	}
	if fresh {
		q.queued++
	}
	q.overflow = q.overflow || q.free() <= 0
	if q.overflow || r.Seq <= q.filled {
		return nil
	}
	e, err := readEntry(r)
	if err != nil {
		return err
	}
	q.waiting = append(q.waiting, e)
	q.filled = r.Seq
	return nil
}

// known tells whether a document is there already: parked, or sent on its way
// again, while an older one waits. q.mu is held.
func (q *Queue) known(seq uint64) bool {
	return slices.ContainsFunc(q.parked, func(p Parked) bool { return p.Seq == seq }) ||
		q.backs > 0 && slices.ContainsFunc(q.waiting, func(e *entry) bool { return e.back && e.seq == seq })
}

// free is how many more documents the window takes. Those that a person sent
// on their way again do not count: a start must find room for as many others
// as there were before.
func (q *Queue) free() int { return MaxWindow + q.backs - len(q.waiting) }

// takeDelivery replays a delivery record on a start. q.mu is held.
func (q *Queue) takeDelivery(r record.Record) error {
	d, err := readDelivery(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(q.waiting, func(e *entry) bool { return e.id == d.Document })
	p := slices.IndexFunc(q.parked, func(e Parked) bool { return e.Document == d.Document })
	switch {
	case d.State == sending && i >= 0:
		q.waiting[i].frozen = r.Seq
	case d.State == failed && i >= 0:
		q.waiting[i].attempts = max(q.waiting[i].attempts, d.Attempts)
	case (d.State == delivered || d.State == kept) && i >= 0:
		q.remove(i)
	case d.State == parked && i >= 0:
		q.waiting[i].attempts = max(q.waiting[i].attempts, d.Attempts)
		q.park(i, d.Code, d.Words, d.Because)
	case d.State == retry && p >= 0:
		q.unpark(p)
	case d.State == byHand && p >= 0:
		q.parked = slices.Delete(q.parked, p, p+1)
	}
	return nil
}

// remove takes a settled document out of the window. q.mu is held.
func (q *Queue) remove(i int) {
	e := q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	q.queued--
	q.unsaved++
	if e.back {
		q.backs--
	}
	q.newest = max(q.newest, e.seq)
	switch {
	case len(q.waiting) == 0 || q.waiting[0].seq > q.newest:
		q.ahead = 0
	case q.waiting[0].seq < e.seq:
		q.ahead++
	}
}

// oldest is the lowest sequence that waits above the mark, 0 when none does.
// q.mu is held.
func (q *Queue) oldest() uint64 {
	for _, e := range q.waiting {
		if !e.back {
			return e.seq
		}
	}
	return 0
}

// progress is what a start would need to know now. q.mu is held.
func (q *Queue) progress() progress {
	seq := q.filled
	if oldest := q.oldest(); oldest > 0 {
		seq = min(seq, oldest-1)
	}
	q.mark = max(q.mark, seq)
	p := progress{Seq: q.mark, Parked: slices.Clone(q.parked)}
	for _, e := range q.waiting {
		if e.back {
			p.Back = append(p.Back, e.parked("", "", uuid.Nil))
		}
	}
	return p
}

func (e *entry) parked(code, words string, because uuid.UUID) Parked {
	return Parked{Document: e.id, Seq: e.seq, Frozen: e.frozen, Type: e.kind, Name: e.name, Shift: e.shift, Time: e.time, Code: code, Words: cut(words, MaxWords),
		Attempts: e.attempts, Because: because, Made: e.made, Needs: e.needs}
}

func (k Parked) entry() *entry {
	return &entry{seq: k.Seq, frozen: k.Frozen, back: true, made: k.Made, id: k.Document, kind: k.Type, name: k.Name, shift: k.Shift, time: k.Time, needs: k.Needs, attempts: k.Attempts}
}

// park moves a document to the parked ones. q.mu is held.
func (q *Queue) park(i int, code, words string, because uuid.UUID) {
	e := q.waiting[i]
	at, _ := slices.BinarySearchFunc(q.parked, e.seq, func(p Parked, seq uint64) int { return cmp.Compare(p.Seq, seq) })
	q.parked = slices.Insert(q.parked, at, e.parked(code, words, because))
	q.remove(i)
}

// unpark puts a parked document back in its place. q.mu is held.
func (q *Queue) unpark(p int) {
	k := q.parked[p]
	q.parked = slices.Delete(q.parked, p, p+1)
	e := k.entry()
	i, _ := slices.BinarySearchFunc(q.waiting, e.seq, func(w *entry, seq uint64) int { return cmp.Compare(w.seq, seq) })
	q.waiting = slices.Insert(q.waiting, i, e)
	q.backs++
	q.queued++
}

func (q *Queue) changed() {
	if q.o.OnChange != nil {
		q.o.OnChange()
	}
}
