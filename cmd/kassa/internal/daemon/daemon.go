// Package daemon puts a till together: journal, catalogue, devices, cloud,
// console and API, each started in an order that loses nothing and stopped in
// the reverse one.
//
// Only the data directory has to be in order for the till to start. Whatever
// else is missing (fiscal device, scanner, display, cloud, catalogue) is a
// warning, is tried again in the background, and is refused where it is
// needed, with the reason.
package daemon

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/clock"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/card"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/certs"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loop"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/pictures"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/pin"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/tickets"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/till"
)

// Directories and files inside the data directory.
const (
	journalDir = "journal"
	catalogDir = "catalog"
	secretsDir = "secrets"
	tokenFile  = "api.token"
)

// spaceEvery is how often the disk's free space is looked at.
const spaceEvery = 2 * time.Second

// kktEvery is how often the idle fiscal device is looked at.
const kktEvery = 2 * time.Second

// Options are what a daemon is told.
type Options struct {
	Config  *config.Config
	Version string
	Log     *slog.Logger
	// Old is why Config is not what its file says now; nil: it is.
	Old *fault.Error
	// Journal lets tests put their own file system under the tape.
	Journal func(*journal.Options)
	// Faces lets tests put themselves around the native API; nil: nothing.
	Faces func(http.Handler) http.Handler
	// Record is the directory where what passes between the till and its
	// devices is written down, without secrets; "": nowhere.
	Record string
	// Now lets tests set the clock; nil: the machine's.
	Now func() time.Time
	// Trust lets tests say whose word the clock is; nil: the machine is asked.
	Trust func() (clock.Trust, error)
	// Built lets tests say how old the program is; zero: it knows itself.
	Built time.Time
	// Ready is called when the till takes commands, with the console's address.
	Ready func(console string)
}

// daemon is a till put together.
type daemon struct {
	o         Options
	cfg       *config.Config
	log       *slog.Logger
	lines     *loglines.Ring // the end of the log
	now       func() time.Time
	boot      string
	journal   *journal.Journal
	opened    journal.Opened
	verifying atomic.Pointer[progress] // nil: nobody verifies
	catalog   *catalogdb.DB
	made      *made
	loop      *loop.Loop
	devices   *hardware
	records   *recordings // nil: none
	goods     *goods
	cloud     *cloud
	master    *master
	points    *points
	tickets   *tickets.Service // nil: no kitchen
	console   *console.Console
	tokens    *access.Keeper
	badges    *badges
	users     *users.Keeper
	setup     *setup
	card      card.Status // what became of the card's file
	permits   *permitWatch
	compared  compared
	tablets   atomic.Pointer[fault.Error] // why tablets can not connect; nil: they can, or nobody wants them to
	machine   *machine
	shelf     *orderShelf
	history   *outbox.History  // of the queue to the cloud; nil without one
	listener  net.Listener     // of the console
	certs     *certs.Keeper    // of the console; nil: this machine alone can connect, or nothing is encrypted
	pictures  *pictures.Folder // for the customer's screen; nil: none
	since     beginnings
	importing sync.Mutex                    // one copy at a time
	helping   sync.Mutex                    // one support bundle at a time
	repaired  []fault.Warning               // what recovery had to mend at this start
	waiting   atomic.Pointer[fault.Error]   // why the journal's period, which is over, has not ended
	short     atomic.Pointer[fault.Warning] // what the FN has and the journal has not
	work      sync.WaitGroup

	stop        func()      // ends the till
	again       atomic.Bool // ..to start it once more
	configuring sync.Mutex  // one change of the configuration at a time

	begun      time.Time
	turned     atomic.Int64 // nanoseconds after begun
	updates    *updates.Manager
	worked     *worked    // which devices have worked here
	rehearsing sync.Mutex // guards rehearsed
	rehearsed  bool       // this release has shown that it sells here
}

// Run is the till from start to end. It returns nil when ctx ends it, and an
// error when it can not start or its journal failed.
func Run(ctx context.Context, o Options) (err error) {
	lines := loglines.New(o.Log.Handler())
	d := &daemon{o: o, begun: time.Now(), cfg: o.Config, log: slog.New(lines), lines: lines}
	loc, err := d.cfg.Location()
	if err != nil {
		return err
	}
	d.now = func() time.Time { return time.Now().In(loc) }
	if o.Now != nil {
		d.now = func() time.Time { return o.Now().In(loc) }
	}
	if d.boot, err = random(8); err != nil {
		return err
	}
	for _, dir := range []string{d.cfg.Data, d.path(secretsDir)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fault.New(fault.PathBad, dir, err.Error()).With(err)
		}
	}
	d.machine = newMachine(d)
	defer func() { err = errors.Join(err, d.machine.dog.Close(err == nil)) }()
	if err := d.open(ctx); err != nil {
		return errors.Join(err, d.close())
	}
	defer func() { err = errors.Join(err, d.close()) }()
	defer context.AfterFunc(ctx, d.machine.dog.Stopping)()
	return d.run(ctx)
}

func (d *daemon) path(name string) string { return filepath.Join(d.cfg.Data, name) }

// open brings up what must be there: journal and catalogue.
func (d *daemon) open(ctx context.Context) (err error) {
	jo := journal.Options{Dir: d.path(journalDir), Log: d.log, Now: d.now, Progress: d.machine.recovering}
	if d.o.Journal != nil {
		d.o.Journal(&jo)
	}
	if d.journal, d.opened, err = journal.Open(ctx, jo); err != nil {
		return err
	}
	d.catalog, err = catalogdb.Open(ctx, catalogdb.Options{Dir: d.path(catalogDir), Log: d.log, Now: d.now, InUse: d.generationsInUse})
	return err
}

// run starts everything else and waits for the end of the loop.
func (d *daemon) run(ctx context.Context) error {
	restored, err := remember(ctx, d.journal)
	if err != nil {
		return err
	}
	restored.Floor = d.floor()
	if d.tokens, err = access.Open(restored.Live, d.journal, d.now, newID); err != nil {
		return err
	}
	d.badges = &badges{d: d, known: map[string]string{}}
	if d.users, err = openUsers(ctx, d); err != nil {
		return err
	}
	d.readCard()
	if d.setup, err = openSetup(ctx, d); err != nil {
		return err
	}
	d.made = newMade(d)
	d.made.load(restored.Live)
	ctx, stop := context.WithCancel(ctx)
	d.stop = stop
	defer func() {
		stop()
		d.work.Wait()
	}()
	if d.records, err = newRecordings(d.o.Record, d.o.Version, d.log); err != nil {
		return err
	}
	defer d.records.close()
	if d.devices, err = newHardware(d); err != nil {
		return err
	}
	var kitchenTickets func([]kitchen.Ticket)
	if d.tickets = newTickets(d, restored.Live); d.tickets != nil {
		kitchenTickets = d.tickets.Add
	}
	d.goods, d.cloud, d.history = newGoods(d), newCloud(d), newHistory(d)
	d.master = &master{d: d}
	d.master.recall(restored.Live)
	d.points = &points{c: d.cloud}
	d.shelf = &orderShelf{d: d}
	d.shelf.load()
	limits, err := restrictions(d.cfg.Restrictions)
	if err != nil {
		return err
	}
	var port till.Permit
	checker, err := newPermit(d.cfg.Permit, d.now)
	if err != nil {
		return err
	}
	d.permits = &permitWatch{client: checker, now: d.now}
	if checker != nil {
		defer checker.Close()
		d.permits.online, d.permits.local = len(d.cfg.Permit.Online) > 0, d.cfg.Permit.Local != ""
		port = permits{checker, d.permits}
	}
	units := &soldUnits{d: d}
	d.loop = loop.New(loop.Options{
		Settings: till.Settings{Bench: d.cfg.Bench, Currency: d.cfg.Currency(), Prefix: d.cfg.Prefix, Watch: watch(d.cfg.Shift), Scale: d.cfg.Scale != nil, Codes: codes(d.cfg.Codes), Restrict: limits,
			Kitchen: till.KitchenSettings{OnPark: d.cfg.Kitchen.Parking(), OnPay: d.cfg.Kitchen.Paying()},
			Card:    d.cfg.Terminal != nil, QR: d.cfg.Terminal != nil && d.cfg.Terminal.QR},
		Journal: d.journal, Catalog: d.goods, Customers: shop{d}, Calculator: &calculator{c: d.cloud}, Fiscal: d.devices.fiscal, Terminal: d.devices.terminal, Exchange: d.devices.carried, Relay: d.devices.relay, Outputs: d.devices,
		Cashiers: d.badges.cashiers,
		CheckPIN: pin.Check, Permit: port, Scale: d.devices.weighs(), SoldUnit: units.sold, Sale: d.sale, Items: d.itemsNow, Tickets: kitchenTickets, Wake: d.wake, Explain: explain, WroteNothing: wroteNothing,
		Now: d.now, NewID: newID, Log: d.log, KKTEvery: kktEvery,
		Alive: d.turn, Beat: cmp.Or(d.machine.dog.Every(), turnEvery),
	})
	d.worked = openWorked(d.path(devicesFile))
	if d.updates, err = newUpdates(d); err != nil {
		return err
	}
	if dir := d.cfg.Customer.Pictures; dir != "" {
		d.pictures = pictures.New(dir)
		d.start(ctx, d.pictures.Run)
	}
	d.tellOpened()
	if err := d.serve(ctx); err != nil {
		return err
	}
	d.start(ctx, d.serveTablets)
	d.start(ctx, d.feedCatalog)
	d.start(ctx, d.devices.run)
	d.start(ctx, d.machine.run)
	d.start(ctx, d.updates.Run)
	d.start(ctx, d.noteDevices)
	d.start(ctx, d.shelf.run)
	d.start(ctx, d.showCustomer)
	d.start(ctx, d.printSetup)
	d.start(ctx, d.cloud.run)
	d.start(ctx, d.permits.run)
	d.start(ctx, d.goods.run)
	d.start(ctx, d.master.run)
	d.start(ctx, (&asideWatch{d: d}).run)
	d.start(ctx, d.watchJournal(stop))
	d.start(ctx, d.watchSpace)
	d.start(ctx, d.watchPeriods)
	d.start(ctx, d.watchBooks)
	d.start(ctx, d.watchHistory)
	d.start(ctx, d.askWitness)
	if d.tickets != nil {
		d.start(ctx, d.tickets.Run)
	}
	err = d.loop.Run(ctx, restored)
	if failed := d.journal.Err(); failed != nil {
		return fault.New(fault.JournalWrite).With(failed)
	}
	if err == nil && d.again.Load() {
		return errRestart
	}
	return err
}

// wake tells everybody who follows the documents that there are new ones.
func (d *daemon) wake() {
	d.cloud.wake()
	d.goods.wake()
}

// watch is what the till does about its shift by itself.
func watch(s config.Shift) till.Watch {
	return till.Watch{Close: s.Close != 0, Age: time.Duration(s.Close), Idle: time.Duration(s.Quiet), Open: s.OpenNext}
}

func (d *daemon) start(ctx context.Context, f func(context.Context)) { d.work.Go(func() { f(ctx) }) }

// watchJournal stops the till when the tape refuses: nothing may be
// acknowledged before recovery has read the disk.
func (d *daemon) watchJournal(stop func()) func(context.Context) {
	return func(ctx context.Context) {
		select {
		case <-d.journal.Failed():
			d.log.Error("the journal failed; the till stops and starts again into recovery", "err", d.journal.Err())
			stop()
		case <-ctx.Done():
		}
	}
}

// watchSpace tells the till when the journal's disk gets full and when there
// is room again.
func (d *daemon) watchSpace(ctx context.Context) {
	tick := time.NewTicker(spaceEvery)
	defer tick.Stop()
	for low := false; ; {
		if now := d.journal.Space(); now.Low != low {
			low = now.Low
			d.log.Warn("space of the journal's disk", "low", low, "free_mb", now.Free>>20)
			if err := d.loop.Send(ctx, till.SpaceChanged{Low: low}); err != nil {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// itemsNow reads items of the generation that sells; those that are not in it
// any more are left out.
func (d *daemon) itemsNow(ctx context.Context, ids []string) ([]catalog.Item, int64, error) {
	generation := d.catalog.Current().Generation
	found := make([]catalog.Item, 0, len(ids))
	for _, id := range ids {
		it, err := d.goods.Item(ctx, generation, id)
		if errors.Is(err, catalogdb.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		found = append(found, it)
	}
	return found, generation, nil
}

// generationsInUse are those the open cheque and the one being paid began with.
func (d *daemon) generationsInUse() (used []int64) {
	v, _ := d.loop.View()
	used = append(used, v.Cheque.Catalog)
	if v.Paying != nil {
		used = append(used, v.Paying.Catalog)
	}
	return used
}

// feedCatalog tells the till of every new generation.
func (d *daemon) feedCatalog(ctx context.Context) {
	news, cancel := d.catalog.Subscribe()
	defer cancel()
	for info := d.catalog.Current(); ; {
		if info.Generation != 0 {
			if err := d.tellCatalog(ctx, info); err != nil {
				return
			}
			d.made.newGeneration(ctx, info.UpdatedAt)
		}
		var ok bool
		select {
		case info, ok = <-news:
			if !ok {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// tellCatalog gives the till what a generation says of the store.
func (d *daemon) tellCatalog(ctx context.Context, info catalogdb.Info) error {
	return d.loop.Send(ctx, till.CatalogChanged{Generation: info.Generation, Store: d.configured(info.Store), Discounts: info.Discounts, Promotions: info.Promotions, Stations: d.kitchenStations(ctx)})
}

func (d *daemon) close() error {
	var errs []error
	if d.console != nil {
		d.console.Close()
	}
	if d.catalog != nil {
		errs = append(errs, d.catalog.Close())
	}
	if d.journal != nil {
		errs = append(errs, d.journal.Close())
	}
	return errors.Join(errs...)
}

// turnEvery is how often the loop turns although nothing happens and no
// watchdog wants it to.
const turnEvery = 5 * time.Second

// turn is called by the loop whenever it has turned.
func (d *daemon) turn() {
	d.turned.Store(int64(time.Since(d.begun)))
	d.machine.dog.Alive()
}

// still is how long ago that was, by a clock that nobody sets.
func (d *daemon) still() time.Duration { return time.Since(d.begun) - time.Duration(d.turned.Load()) }

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func random(bytes int) (string, error) {
	b := make([]byte, bytes)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("random: %w", err)
	}
	return hex.EncodeToString(b), nil
}
