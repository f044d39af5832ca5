// Package tickets prints what the kitchen is to make.
//
// The till makes a ticket durable and goes on; from then on it is this
// package's. Each station has a queue and a goroutine, so that one printer
// without paper holds up nobody else. A ticket is printed until its printer says
// it is on paper:
//
//	ticket --> printing --> printed
//	   |           '--(power, lost answer)--> printed again, marked as a repeat
//	   '--> dropped: too old, called off, no such station any more, too many
//
// Before the first byte goes out the journal says that it may be on paper, and
// after the printer's answer that it is. What was not certain is printed once
// more and says so at its head: two slips of one order are seen by the cook, an
// order without a slip is seen by the guest.
//
// All methods may be called concurrently.
package tickets

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/record"
)

// Limits.
const (
	MaxWaiting  = 200                    // tickets of one station; the oldest goes
	MaxRecent   = 50                     // told by Recent
	firstPause  = 500 * time.Millisecond // before a ticket is tried again; it doubles..
	longest     = 10 * time.Second       // ..to here
	storeLimit  = 20 * time.Second
	tellAfter   = 15 * time.Second // a ticket that waits so long is a warning
	DefaultKeep = 4 * time.Hour    // an older one is of no use to a cook
)

// Printer puts a job on paper and waits for it. An error that wraps an
// escpos.Error with Maybe says that something may be on paper.
type Printer interface {
	Print(ctx context.Context, j *escpos.Job) error
}

// Journal is where tickets come from and what became of them is kept.
type Journal interface {
	Append(ctx context.Context, entries ...record.Entry) (first uint64, err error)
}

// Mark says what a slip is beside the order itself.
type Mark int

// The marks.
const (
	First  Mark = iota
	Repeat      // it may have been printed before
	Copy        // it was, and somebody wants another
)

// Station is a printer and how its slips look.
type Station struct {
	Name    string
	Printer Printer
	Layout  func(kitchen.Ticket, Mark) *escpos.Job
}

// Options are the service's.
type Options struct {
	Journal  Journal
	Stations []Station
	Keep     time.Duration // 0: DefaultKeep
	Now      func() time.Time
	NewID    func() uuid.UUID
	Log      *slog.Logger
	// Pause waits before a ticket is tried again; nil: by the clock.
	Pause func(ctx context.Context, d time.Duration, kick <-chan struct{})
}

// Service prints tickets.
type Service struct {
	o        Options
	stations []*station

	mu    sync.Mutex // guards the stations' queues
	lost  []waiting  // for stations there are not
	kickL chan struct{}
}

type station struct {
	Station
	kick  chan struct{} // capacity 1
	queue []waiting
	err   *fault.Error // why the first is not printed
}

// waiting is a ticket on its way to paper.
type waiting struct {
	kitchen.Ticket
	begun bool // the journal says that it may be on paper
	maybe bool // it may be
}

// New makes a service that goes on with the live records of a journal.
func New(o Options, live []record.Record) *Service {
	if o.Keep == 0 {
		o.Keep = DefaultKeep
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	s := &Service{o: o, kickL: make(chan struct{}, 1)}
	for _, st := range o.Stations {
		s.stations = append(s.stations, &station{Station: st, kick: make(chan struct{}, 1)})
	}
	begun := map[uuid.UUID]bool{}
	for _, r := range live {
		if r.Kind == record.Kitchen && r.Type == kitchen.TypePrinting {
			begun[r.Group] = true
		}
	}
	for _, r := range live {
		if r.Kind != record.Kitchen || r.Type != kitchen.TypeTicket {
			continue
		}
		var k kitchen.Ticket
		if err := json.Unmarshal(r.Data, &k); err != nil {
			o.Log.Error("a ticket for the kitchen can not be read", "seq", r.Seq, "err", err)
			k = kitchen.Ticket{ID: r.ID}
		}
		s.add(waiting{Ticket: k, begun: begun[k.ID], maybe: begun[k.ID]})
	}
	return s
}

// Add takes tickets over. It never waits.
func (s *Service) Add(tickets []kitchen.Ticket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range tickets {
		s.add(waiting{Ticket: k})
	}
}

func (s *Service) add(w waiting) {
	i := slices.IndexFunc(s.stations, func(st *station) bool { return st.Name == w.Station })
	if i < 0 {
		s.lost = append(s.lost, w)
		wake(s.kickL)
		return
	}
	st := s.stations[i]
	st.queue = append(st.queue, w)
	wake(st.kick)
}

func wake(kick chan struct{}) {
	select {
	case kick <- struct{}{}:
	default:
	}
}

// Run prints until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, st := range s.stations {
		all.Go(func() { s.serve(ctx, st) })
	}
	all.Go(func() { s.dropLost(ctx) })
	all.Wait()
}

// dropLost ends tickets of stations that the configuration does not have.
func (s *Service) dropLost(ctx context.Context) {
	for {
		s.mu.Lock()
		lost := s.lost
		s.lost = nil
		s.mu.Unlock()
		for _, w := range lost {
			s.drop(ctx, &w, "station")
		}
		select {
		case <-s.kickL:
		case <-ctx.Done():
			return
		}
	}
}

// serve prints one station's tickets in order.
func (s *Service) serve(ctx context.Context, st *station) {
	wait := firstPause
	for ctx.Err() == nil {
		w, ok := s.head(ctx, st)
		if !ok {
			select {
			case <-st.kick:
			case <-ctx.Done():
			}
			continue
		}
		err := s.print(ctx, st, &w)
		s.mu.Lock()
		s.settle(st, &w, err)
		s.mu.Unlock()
		if err == nil {
			wait = firstPause
			continue
		}
		s.o.Pause(ctx, wait, st.kick)
		wait = min(2*wait, longest)
	}
}

// head is the ticket to print next, after those that nobody needs any more.
func (s *Service) head(ctx context.Context, st *station) (waiting, bool) {
	for ctx.Err() == nil {
		s.mu.Lock()
		if len(st.queue) == 0 {
			st.err = nil
			s.mu.Unlock()
			return waiting{}, false
		}
		w, why := st.queue[0], ""
		switch {
		case len(st.queue) > MaxWaiting:
			why = "full"
		case s.o.Now().Sub(w.At) > s.o.Keep:
			why = "late"
		}
		if why == "" {
			s.mu.Unlock()
			return w, true
		}
		st.queue = st.queue[1:]
		s.mu.Unlock()
		s.drop(ctx, &w, why)
	}
	return waiting{}, false
}

// settle keeps what became of a try. mu is held.
func (s *Service) settle(st *station, w *waiting, err error) {
	i := slices.IndexFunc(st.queue, func(have waiting) bool { return have.ID == w.ID })
	switch {
	case err == nil:
		if st.err = nil; i >= 0 {
			st.queue = slices.Delete(st.queue, i, i+1)
		}
		return
	case i >= 0:
		st.queue[i] = *w
	}
	if !errors.As(err, &st.err) {
		st.err = fault.New(fault.Internal).With(err)
	}
}

// print brings one ticket to paper. w learns how far it came.
func (s *Service) print(ctx context.Context, st *station, w *waiting) error {
	if !w.begun {
		if err := s.keep(ctx, record.Entry{Kind: record.Kitchen, ID: w.ID, Type: kitchen.TypePrinting, Group: w.ID, Schema: 1}); err != nil {
			return err
		}
		w.begun = true
	}
	mark := First
	if w.maybe {
		mark = Repeat
	}
	if err := st.Printer.Print(ctx, st.Layout(w.Ticket, mark)); err != nil {
		var e *escpos.Error
		if !errors.As(err, &e) || e.Maybe {
			w.maybe = true
		}
		s.o.Log.Warn("a ticket is not printed", "dev", st.Name, "order", w.Order, "part", w.Part, "maybe", w.maybe, "err", err)
		return err
	}
	w.maybe = true // until the journal knows
	return s.keep(ctx, record.Entry{Kind: record.Kitchen, ID: w.ID, Type: kitchen.TypePrinted, Ends: []uuid.UUID{w.ID}, Schema: 1})
}

// drop ends a ticket without paper.
func (s *Service) drop(ctx context.Context, w *waiting, why string) {
	data, err := json.Marshal(kitchen.Dropped{Why: why})
	if err == nil {
		err = s.keep(ctx, record.Entry{Kind: record.Kitchen, ID: w.ID, Type: kitchen.TypeDropped, Ends: []uuid.UUID{w.ID}, Schema: 1, Data: data})
	}
	s.o.Log.Warn("a ticket is dropped", "dev", w.Station, "order", w.Order, "part", w.Part, "why", why, "err", err)
}

// keep makes an entry durable; a write that has begun is awaited while the till
// stops, too.
func (s *Service) keep(ctx context.Context, e record.Entry) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	if _, err := s.o.Journal.Append(ctx, e); err != nil {
		return fault.New(fault.JournalWrite).With(err)
	}
	return nil
}

// Drop calls a waiting ticket off. KitchenNone: none of that id waits.
func (s *Service) Drop(ctx context.Context, id uuid.UUID) error {
	s.mu.Lock()
	for _, st := range s.stations {
		if i := slices.IndexFunc(st.queue, func(w waiting) bool { return w.ID == id }); i >= 0 {
			w := st.queue[i]
			st.queue = slices.Delete(st.queue, i, i+1)
			s.mu.Unlock()
			s.drop(ctx, &w, "person")
			return nil
		}
	}
	s.mu.Unlock()
	return fault.New(fault.KitchenNone)
}

// Again prints a copy of a ticket, and waits for it.
func (s *Service) Again(ctx context.Context, k kitchen.Ticket) error {
	for _, st := range s.stations {
		if st.Name == k.Station {
			return st.Printer.Print(ctx, st.Layout(k, Copy))
		}
	}
	return fault.New(fault.KitchenNone)
}

// State is a station as people see it.
type State struct {
	Name    string           `json:"name"`
	Waiting []kitchen.Ticket `json:"waiting"`
	Problem *fault.Error     `json:"-"`
	Code    fault.Code       `json:"problem,omitempty"` // why the first is not printed
}

// States are the stations' in order.
func (s *Service) States() []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]State, len(s.stations))
	for i, st := range s.stations {
		all[i] = State{Name: st.Name, Waiting: make([]kitchen.Ticket, len(st.queue)), Problem: st.err}
		for n := range st.queue {
			all[i].Waiting[n] = st.queue[n].Ticket
		}
		if st.err != nil {
			all[i].Code = st.err.Code
		}
	}
	return all
}

// Warnings tell of orders the kitchen has not got.
func (s *Service) Warnings() []fault.Warning {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []fault.Warning
	for _, st := range s.stations {
		if len(st.queue) == 0 || st.err == nil && s.o.Now().Sub(st.queue[0].At) < tellAfter {
			continue
		}
		why := ""
		switch {
		case st.err != nil && len(st.err.Args) == 0:
			why = fault.Named(st.err.Code)
		case st.err != nil:
			why = st.err.Detail
		}
		first := st.queue[0].At
		all = append(all, fault.Warning{Code: fault.KitchenWaits, Severity: fault.Warn, Since: first,
			Args: []string{st.Name, strconv.Itoa(len(st.queue)), first.Format("15:04"), why}})
	}
	return all
}

func pause(ctx context.Context, d time.Duration, kick <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-kick:
	case <-ctx.Done():
	}
}
