package daemon

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/pin"
	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/syncer"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Times of the cloud.
const (
	attachEvery = 15 * time.Second // between attempts to attach
	syncTimeout = time.Minute      // one "sync now"

	refusalEvery  = 300 * time.Millisecond // looking whether a sync waits in vain
	ordersTimeout = 15 * time.Second       // the list of customers' orders
	packTimeout   = 2 * time.Second        // one item of the catalogue
)

// cloud attaches the till to its point of sale and then keeps both in step.
// The token it gets lives in a file of its own, never in the journal.
type cloud struct {
	d      *daemon
	syncer atomic.Pointer[syncer.Syncer]
	online atomic.Pointer[moysklad.Client] // once attached
	client *moysklad.Client                // guarded by mu
	limit  *moysklad.Limiter               // of all that the till asks the cloud

	again   chan struct{} // attach now
	mu      sync.Mutex    // one attach at a time
	problem atomic.Pointer[fault.Error]
	since   time.Time
}

func newCloud(d *daemon) *cloud {
	return &cloud{d: d, since: d.now(), limit: moysklad.NewLimiter(), again: make(chan struct{}, 1)}
}

func (c *cloud) config() *config.MoySklad { return c.d.cfg.Cloud.MoySklad }

// run attaches, again and again until it works, and then syncs.
func (c *cloud) run(ctx context.Context) {
	if c.config() == nil {
		return
	}
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-retry.C:
		case <-c.again:
		case <-ctx.Done():
			return
		}
		s, err := c.ensure(ctx)
		if err == nil {
			c.d.start(ctx, c.d.adoptAll)
			c.d.start(ctx, c.tellState)
			if err := s.Run(ctx); err != nil {
				c.d.log.Error("syncer ended", "err", err)
			}
			return
		}
		retry.Reset(attachEvery)
	}
}

// wake tells the syncer of new documents; without one they wait in the journal.
func (c *cloud) wake() {
	if s := c.syncer.Load(); s != nil {
		s.Wake()
	}
}

func (c *cloud) now() syncer.Status {
	if s := c.syncer.Load(); s != nil {
		return s.Status()
	}
	st := syncer.Status{Destinations: []syncer.DestinationStatus{}}
	if c.config() != nil {
		dest := syncer.DestinationStatus{Name: moysklad.Destination}
		if p := c.problem.Load(); p != nil {
			dest.LastError = &syncer.Failure{Code: p.Code, Text: p.Text(c.d.cfg.Language), Args: p.Args, Detail: p.Detail}
		}
		st.Destinations = append(st.Destinations, dest)
	}
	return st
}

func (c *cloud) warnings() []fault.Warning {
	if s := c.syncer.Load(); s != nil {
		return append(s.Status().Warnings(), c.notices()...)
	}
	if p := c.problem.Load(); p != nil {
		return []fault.Warning{{Code: p.Code, Severity: fault.Warn, Args: p.Args, Detail: p.Detail, Since: c.since}}
	}
	return nil
}

// carry names the records that are needed for what is not delivered. Without
// an attached store it is found out the same way.
func (c *cloud) carry(ctx context.Context) ([]uint64, error) {
	if c.config() == nil {
		return nil, nil
	}
	if s := c.syncer.Load(); s != nil {
		return s.Carry(ctx)
	}
	client, err := moysklad.New(moysklad.Options{BaseURL: c.config().URL, Log: c.d.log, Now: c.d.now})
	if err != nil {
		return nil, err
	}
	q := outbox.New(outbox.Options{Journal: patient{c.d.journal}, Destination: client, Log: c.d.log,
		NotFound: func(err error) bool { return errors.Is(err, journal.ErrNotFound) }})
	return q.Carry(ctx)
}

// syncNow downloads and sends, attaching first if need be.
func (c *cloud) syncNow(ctx context.Context) (st syncer.Status, err error) {
	if c.config() == nil {
		return st, fault.New(fault.CloudNone)
	}
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	s, err := c.ensure(ctx)
	if err != nil {
		return st, err
	}
	refused := c.watchRefusal(ctx, s, cancel)
	st, err = s.Sync(ctx)
	switch {
	case refused():
		return st, fault.New(fault.CloudAuth)
	case err != nil && ctx.Err() != nil:
		return st, fault.New(fault.CloudDown).With(err)
	case err != nil:
		return st, cloudFault(err)
	}
	return st, nil
}

// watchRefusal ends a sync that waits for what only a person can mend: a
// token that was revoked.
func (c *cloud) watchRefusal(ctx context.Context, s *syncer.Syncer, end func()) (refused func() bool) {
	var hit atomic.Bool
	before := map[string]*syncer.Failure{} // what went wrong earlier does not count
	for _, dest := range s.Status().Destinations {
		before[dest.Name+dest.From] = dest.LastError
	}
	c.d.start(ctx, func(ctx context.Context) {
		tick := time.NewTicker(refusalEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			for _, dest := range s.Status().Destinations {
				if f := dest.LastError; f != nil && f != before[dest.Name+dest.From] && f.Class == outbox.Reattach {
					hit.Store(true)
					end()
					return
				}
			}
		}
	})
	return hit.Load
}

// ensure returns the syncer, attaching when there is no token yet.
func (c *cloud) ensure(ctx context.Context) (*syncer.Syncer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.syncer.Load(); s != nil {
		return s, nil
	}
	a, err := c.attach(ctx)
	if err != nil {
		f := cloudFault(err)
		c.problem.Store(f)
		c.d.log.Warn("not attached to the cloud", "code", string(f.Code), "err", err)
		return nil, f
	}
	o := c.options()
	o.Token, o.CashierUID, o.HashPIN, o.Pack, o.Environment = a.Token, a.UID, pin.Hash, c.pack, c.d.environment
	client, err := moysklad.New(o)
	if err != nil {
		return nil, cloudFault(err)
	}
	c.client = client
	c.online.Store(client)
	s := syncer.New(syncer.Options{Journal: patient{c.d.journal}, Cloud: client, Catalog: sink{c.d.catalog, c.d.journal.Space}, Log: c.d.log, Now: c.d.now,
		NotFound: func(err error) bool { return errors.Is(err, journal.ErrNotFound) }})
	c.problem.Store(nil)
	c.syncer.Store(s)
	return s, nil
}

// settled tells whether every document is in the cloud, or waits for a person.
func (c *cloud) settled() bool {
	for _, dest := range c.now().Destinations {
		if dest.Queued > 0 {
			c.wake()
			return false
		}
	}
	return true
}

// attachedClient is the client of an attached till; nil before.
func (c *cloud) attachedClient() *moysklad.Client { return c.online.Load() }

// orders asks for the customers' orders.
func (c *cloud) orders(ctx context.Context) ([]catalog.Order, error) {
	if c.config() == nil {
		return nil, fault.New(fault.CloudNone)
	}
	ctx, cancel := context.WithTimeout(ctx, ordersTimeout)
	defer cancel()
	if _, err := c.ensure(ctx); err != nil {
		return nil, err
	}
	c.mu.Lock()
	client := c.client
	c.mu.Unlock()
	list, err := client.Orders(ctx)
	if err != nil {
		return nil, cloudFault(err)
	}
	return list, nil
}

func cloudFault(err error) *fault.Error {
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.CloudDown).With(err)
	}
	return fault.New(fault.CloudRefused, err.Error())
}

// pack finds a pack that a document names.
func (c *cloud) pack(itemID, packID string) (catalog.Pack, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), packTimeout)
	defer cancel()
	it, err := c.d.catalog.Item(ctx, 0, itemID)
	if err != nil {
		return catalog.Pack{}, false
	}
	i := slices.IndexFunc(it.Packs, func(p catalog.Pack) bool { return p.ID == packID })
	if i < 0 {
		return catalog.Pack{}, false
	}
	return it.Packs[i], true
}

// attachAgain takes the store back after another device was attached to it.
// It is a person's decision: two tills that did this by themselves would
// revoke each other for ever.
func (c *cloud) attachAgain(ctx context.Context) error {
	if c.config() == nil {
		return fault.New(fault.CloudNone)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a, err := c.newToken(ctx, true)
	if err != nil {
		return cloudFault(err)
	}
	c.use(a)
	return nil
}

// sink is the catalogue as the syncer's port.
type sink struct {
	db    *catalogdb.DB
	space func() journal.Space
}

// Begin refuses on a nearly full disk: the room that is left is the journal's.
func (s sink) Begin(ctx context.Context) (syncer.Build, error) {
	if s.space().Low {
		return nil, fault.New(fault.JournalSpace)
	}
	return s.db.Begin(ctx)
}

// Held implements syncer.CatalogSink.
func (s sink) Held() syncer.Held {
	i := s.db.Current()
	return syncer.Held{Store: i.Store.ID, Items: i.Items, Folders: i.Folders, Customers: i.Customers, Serials: i.Serials}
}

// patient is the journal for those who may be told to stop at any moment: an
// append that has begun is waited for, because giving up on the disk in the
// middle of a write fails the whole journal.
type patient struct{ *journal.Journal }

// appendTimeout is how long a write may take; beyond it the disk has failed.
const appendTimeout = 20 * time.Second

func (p patient) Append(ctx context.Context, entries ...record.Entry) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendTimeout)
	defer cancel()
	return p.Journal.Append(ctx, entries...)
}
