package console

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// Till is the running till as a screen needs it.
type Till interface {
	// Do hands in a command and waits for its reply: nil or a *fault.Error.
	Do(ctx context.Context, cmd till.Event) error
	// View gives a snapshot and its version.
	View() (till.View, uint64)
	// Wait returns once there is a version above after.
	Wait(ctx context.Context, after uint64) (uint64, error)
}

// Extra is what surrounds the till: synchronisation and devices.
type Extra struct {
	CloudOff    bool // no cloud is configured
	CloudOnline bool
	Queued      int       // documents not yet delivered
	Oldest      time.Time // the oldest of them; zero when none
	Parked      int       // documents the cloud would not take
	CatalogAge  time.Duration
	Devices     []Device
	Warnings    []fault.Warning
}

// Device is one peripheral in the list behind the status strip.
type Device struct {
	Name  string
	State string // DeviceReady, DeviceConnecting, DeviceDown; anything else is shown as it is
	Why   string // in the operator's language, empty when ready
}

// The device states with a word of their own.
const (
	DeviceReady      = "ready"
	DeviceConnecting = "connecting"
	DeviceDown       = "down"
)

// Options is what a console is made of. Till is needed; functions left nil
// make their part of the screen disappear.
type Options struct {
	Till       Till
	Find       func(ctx context.Context, text string, limit int) ([]catalog.Item, error)
	Folders    func(ctx context.Context) ([]catalog.Folder, error)
	List       func(ctx context.Context, folderID, after string, limit int) ([]catalog.Item, error)
	Favourites func(ctx context.Context, limit int) ([]catalog.Item, error)
	Price      func(*catalog.Item) (money.Amount, bool) // nil: the first price the item has
	StockAt    func() time.Time                         // when the stock was as the items tell; nil: nobody knows
	Documents  func(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error]
	// Sale reads a document and those that undid parts of it.
	Sale func(ctx context.Context, id uuid.UUID) (doc.Document, []doc.Document, error)
	// Customers finds customers by name, card or telephone; nil: one has to be
	// named exactly.
	Customers func(ctx context.Context, text string, limit int) ([]catalog.CustomerCard, error)
	// Books finds receipts, orders and claims; nil: their dialogs say so.
	Books Books
	Extra func() Extra
	// Made makes goods, customers and orders; empty: there is no cloud to tell.
	Made api.Made
	// KKT is a technician's hand on the fiscal device; nil: none is configured.
	KKT api.KKT
	// Terminal is the payment terminal; nil: none is configured.
	Terminal api.Terminal
	// Printer prints copies; nil: the KKT does.
	Printer api.Printer
	// Journal is the journal's page; nil: there is none.
	Journal *Journal
	// Sales is what the page of the reports asks; nil: there is none.
	Sales Sales
	// Log are the newest lines of the log, the newest last, at most so many; nil:
	// there is no page of it.
	Lines func(limit int) []loglines.Line
	// Provision attaches the till to its cloud; nil: it has none.
	Provision api.Provision
	// Setup is the first start; nil: there is none.
	Setup Setup
	// Settings is the configuration file; nil: it can not be changed here.
	Settings api.Settings
	// Users are who works at the till; nil: there is no page of them.
	Users api.Users
	// Compare is what the page of the reconciliation does; nil: it can not.
	Compare Compare
	// Sync is the page of the exchange; nil: there is none.
	Sync     *Sync
	Customer Customer // of the second screen
	// Kiosk is how customers serve themselves; nil: they do not.
	Kiosk *Kiosk
	// Lock is after how long a browser nobody touches has to log in again; 0: never.
	Lock time.Duration
	// TLS is how other machines reach these pages; RenewTLS makes the certificate
	// anew, and the authority too. Nil: there is nothing to tell.
	TLS      func() (api.TLS, error)
	RenewTLS func(authority bool) error
	// Updates takes the machine to another release; nil: there is no page of it.
	Updates  api.Updates
	Support  api.Support // the bundle for whoever helps; empty: there is none
	Language string      // of people who chose none: "ru" (also when empty) or "en"
	Hosts    []string    // names this console answers to, besides addresses and localhost
	Bench    bool        // say on every page that nothing here is real
	Version  string
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now; its location is the screens'
}

// Console is an http.Handler with everything on it.
type Console struct {
	o         Options
	boot      string // changes with every start: taps of an older page are stale
	release   string // changes with what pages are made of: an older page loads itself anew
	mux       http.Handler
	langs     map[string]*locale
	assets    map[string]*asset
	sessions  sessions
	chores    chores // of the journal's page
	syncing   chores // of the exchange's
	choice    choice // of a store, half made
	comparing chores // of the reconciliation's
	helping   chores // of the service's
	updating  chores // of the releases'
	kiosk     kiosk
	setupDoor setupDoor
	kiosks    sessions // browsers of other machines that are one
	keeping   sync.WaitGroup

	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu       sync.Mutex // guards what follows
	closed   bool
	granted  grant
	open     int       // streams
	worked   kioskSeen // what the till was last seen to do, and when that changed
	workedAt time.Time
	streams  sync.WaitGroup

	cacheMu sync.Mutex
	cache   map[cacheKey]*frameCache
}

// New makes a console. It fails only on a mistake in what is embedded.
func New(o Options) (*Console, error) {
	if o.Till == nil {
		return nil, errors.New("console: no till")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Extra == nil {
		o.Extra = func() Extra { return Extra{CloudOff: true} }
	}
	if o.Language != "en" {
		o.Language = "ru"
	}
	c := &Console{o: o, boot: uuid.NewString(), cache: map[cacheKey]*frameCache{}}
	var err error
	if c.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	c.release = release(o.Version, c.assets)
	if c.langs, err = loadLocales(c.assets); err != nil {
		return nil, err
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.o.Kiosk = o.Kiosk.filled()
	c.mux = c.guard(c.routes())
	if c.o.Kiosk != nil {
		c.keeping.Go(c.keepKiosk)
	}
	return c, nil
}

// ServeHTTP answers one request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

// Close ends all streams and waits for them; later ones are refused.
func (c *Console) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.streams.Wait()
	c.keeping.Wait()
	c.chores.work.Wait()
	c.syncing.work.Wait()
	c.comparing.work.Wait()
	c.helping.work.Wait()
	c.updating.work.Wait()
}

// router is a mux that can tell what it serves.
type router struct {
	http.ServeMux
	patterns []string
}

// HandleFunc adds a route.
func (m *router) HandleFunc(pattern string, f http.HandlerFunc) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.HandleFunc(pattern, f)
}

// Routes lists what the console serves, as "GET /sale", and its dialogs by
// name, as "GET /dialog/park".
func (c *Console) Routes() []string {
	all := c.routes().patterns
	for name := range dialogs {
		all = append(all, "GET /dialog/"+name)
	}
	slices.Sort(all)
	return all
}

func (c *Console) routes() *router {
	m := &router{}
	m.HandleFunc("GET /{$}", c.home)
	m.HandleFunc("GET /login", c.loginPage)
	m.HandleFunc("POST /login", c.login)
	m.HandleFunc("GET /customer", c.customerPage)
	m.HandleFunc("GET /pictures/{id}", c.picture)
	m.HandleFunc("GET /events", c.events)
	m.HandleFunc("POST /prefs", c.setPrefs)
	m.HandleFunc("GET /assets/{hash}/{name...}", c.asset)
	m.HandleFunc("GET /sale", c.signedIn(c.salePage))
	m.HandleFunc("GET /tiles", c.signedIn(c.tiles))
	m.HandleFunc("GET /shift", c.signedIn(c.shiftPage))
	m.HandleFunc("GET /claim", c.signedIn(c.claimLeft))
	m.HandleFunc("GET /customers", c.signedIn(c.customersFound))
	m.HandleFunc("GET /dialog/{name}", c.signedIn(c.dialog))
	m.HandleFunc("GET /documents", c.signedIn(c.documentsPage))
	m.HandleFunc("GET /documents/{seq}", c.signedIn(c.documentPage))
	m.HandleFunc("GET /shifts", c.signedIn(c.shiftsPage))
	m.HandleFunc("GET /shifts/{seq}", c.signedIn(c.documentPage))
	m.HandleFunc("POST /do/document-copy", c.signedIn(c.copyDocument))
	c.reportRoutes(m)
	c.logRoutes(m)
	c.designRoutes(m)
	c.kktRoutes(m)
	c.journalRoutes(m)
	c.syncRoutes(m)
	c.stockRoutes(m)
	if c.o.Provision != nil {
		c.provisionRoutes(m)
	}
	c.compareRoutes(m)
	c.serviceRoutes(m)
	c.updateRoutes(m)
	c.userRoutes(m)
	c.settingsRoutes(m)
	c.setupRoutes(m)
	c.kioskRoutes(m)
	m.HandleFunc("GET /return/{seq}", c.signedIn(c.returnPage))
	m.HandleFunc("POST /return/{seq}/sum", c.signedIn(c.refundSum))
	for name, action := range c.making() {
		m.HandleFunc("POST /do/"+name, c.signedIn(c.act(action)))
	}
	for name, action := range c.actions() {
		m.HandleFunc("POST /do/"+name, c.signedIn(c.act(action.steps)))
	}
	m.HandleFunc("POST /do/terminal", c.signedIn(c.terminalSays))
	m.HandleFunc("POST /do/shift-open", c.signedIn(c.act(openShift)))
	return m
}
