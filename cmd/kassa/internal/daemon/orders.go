package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// How the customers' orders are kept up to date.
const (
	ordersFile  = "orders.json"
	ordersEvery = 10 * time.Minute // and a tenth more or less: tills that woke together drift apart
	ordersFirst = 30 * time.Second // after the start
	maxOrders   = 32 << 20         // bytes of the file
)

// orderShelf keeps the cloud's orders as they were last heard, in memory and
// in a file that only the till reads (customers' names are in it), so that
// they are there without the cloud.
type orderShelf struct {
	d *daemon

	mu   sync.Mutex
	list []catalog.Order
	at   time.Time // when the cloud told; zero: never
}

// shelved is the file.
type shelved struct {
	At     time.Time       `json:"at"`
	Orders []catalog.Order `json:"orders"`
}

// load reads what an earlier run has heard. Without it the shelf is empty.
func (s *orderShelf) load() {
	path := s.d.path(ordersFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var kept shelved
	if err == nil && info.Size() <= maxOrders {
		var b []byte
		if b, err = os.ReadFile(path); err == nil {
			err = json.Unmarshal(b, &kept)
		}
	}
	if err != nil {
		s.d.log.Warn("the orders of last time can not be read; they are asked for anew", "err", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.at = kept.Orders, kept.At
}

// run asks for the orders now and then.
func (s *orderShelf) run(ctx context.Context) {
	if s.d.cloud.config() == nil {
		return
	}
	next := time.NewTimer(ordersFirst)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
		if s.d.cloud.attachedClient() != nil {
			if _, _, err := s.ask(ctx); err != nil && ctx.Err() == nil {
				s.d.log.Debug("customers' orders", "err", err)
			}
		}
		next.Reset(ordersEvery*9/10 + rand.N(ordersEvery/5))
	}
}

// ask asks the cloud. Without an answer the orders are those of last time,
// marked as stale, and err says why; it is nil only for an answer.
func (s *orderShelf) ask(ctx context.Context) (list []catalog.Order, at time.Time, err error) {
	list, err = s.d.cloud.orders(ctx)
	if err == nil {
		at = s.d.now()
		s.keep(list, at)
		return slices.Clone(list), at, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list = slices.Clone(s.list)
	for i := range list {
		list[i].Stale = true
	}
	return list, s.at, err
}

// keep stores what the cloud has told. A file that can not be written costs
// the orders of the next start, nothing else.
func (s *orderShelf) keep(list []catalog.Order, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.at = list, at
	b, err := json.Marshal(shelved{At: at, Orders: list})
	if err == nil && !s.d.journal.Space().Low {
		err = writeSecret(s.d.path(ordersFile), b)
	}
	if err != nil {
		s.d.log.Warn("customers' orders are not kept", "err", err)
	}
}

// age is how many orders there are and when they were told.
func (s *orderShelf) age() (count int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.list), s.at
}

// orders lists the customers' orders: the cloud's, and those made here which it
// does not show yet. Without the cloud they are those of last time.
func (d *daemon) orders(ctx context.Context) ([]catalog.Order, time.Time, error) {
	own := d.made.allOrders()
	all, at, err := d.shelf.ask(ctx)
	if err != nil && at.IsZero() && len(own) == 0 {
		return nil, at, err
	}
	for _, o := range own {
		if !slices.ContainsFunc(all, func(theirs catalog.Order) bool { return theirs.Name == o.Name }) {
			all = append(all, o)
		}
	}
	return all, at, nil
}
