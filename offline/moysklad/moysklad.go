// Package moysklad is a client of MoySklad's POS API (posap 1.0), the cloud a
// retail store belongs to: it brings the store's settings and goods down and
// takes shifts, sales, returns and movements of cash up.
//
// Public description: the POS API documentation of MoySklad. Quirks that
// shaped this package:
//
//   - Attaching a till issues a token and revokes every earlier token of the
//     store; from then on the store is the token's, the cashier the uid's.
//   - Everything created is addressed by a UUID of ours (syncid). A create
//     answers 201, a shift operation 204, both with an empty body. What a
//     repeated create answers is not documented: after a lost answer the same
//     bytes are sent again and an answer that smells of a duplicate is
//     checked by searching the store's operations.
//   - Limits: 100 requests in 5 seconds, 5 at once, 10 MB a request. Waits in
//     headers are milliseconds.
//   - Times have no zone: they are the store's local time.
//   - Sums are kopecks, possibly with a fraction in catalogues; cheque.sum
//     alone is roubles. Numbers never pass through a float here.
//   - Required fields are often absent, spellings vary and new fields appear:
//     decoding takes what it understands.
//   - nextHref may point to another scheme or host: only its query is used,
//     against the configured address. The token goes nowhere else.
//   - Hotspots and maintenance pages answer 200 with HTML: an answer that is
//     neither empty nor JSON is never taken for success.
//
// # What a till's documents become
//
//	shift opened, closed            openshift, closeshift; the cash-out that
//	                                emptied the drawer is named in the close
//	sale, hand-over                 retaildemand
//	return, with and without sale   retailsalesreturn
//	prepayment for an order         prepayment, prepaymentreturn
//	correction                      what should have been registered
//	cash in, cash out               retaildrawercashin, retaildrawercashout
//	goods, customers and orders     product, counterparty, customerorder
//	made at the till
//
// The service has no document for these. What they did to the drawer is sent
// as a cash-in or a cash-out that says what it was, so that the cash there is
// the cash here; the part that was no cash is kept by the till, journaled as
// kept, and no difference to reconciliation:
//
//	advance, gift certificate, prepayment without an order; their returns
//	sale on credit or paid in kind, payment of such a debt; their returns
//	correction without goods of the catalogue
//	buying from a customer and its return
//
// A Client may be used by several goroutines.
package moysklad

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
)

// DefaultBaseURL is where the service is.
const DefaultBaseURL = "https://online.moysklad.ru/api/posap/1.0"

// Limits of the service and of this client.
const (
	MaxBody        = 10 << 20 // bytes of a request
	MaxAnswer      = 64 << 20 // bytes of an answer; a page of 1000 items is about 2 MB
	MaxPages       = 20_000   // pages of one collection
	MaxPositions   = 1000     // positions of a document: the service's limit for arrays
	MaxNumber      = 9_999_999_999
	RequestTimeout = 30 * time.Second
)

// Auth is how the token travels.
type Auth string

// The ways; headers are the default.
const (
	AuthHeaders Auth = "headers"
	AuthBasic   Auth = "basic"
	AuthCookie  Auth = "cookie"
)

// Options of a client.
type Options struct {
	BaseURL    string       // default DefaultBaseURL
	HTTP       *http.Client // default: a client of its own; redirects are never followed
	Token      string       // of the store
	CashierUID string       // on whose behalf; the uid that came with the token
	Auth       Auth
	Timeout    time.Duration // of one HTTP call, default RequestTimeout
	Log        *slog.Logger
	Now        func() time.Time
	Limiter    *Limiter                         // shared by clients of one account; default its own
	HashPIN    func(pin string) (string, error) // nil: cashiers come without PINs
	Location   *time.Location                   // the store's zone; nil: each document's own offset
	// Pack finds a pack of an item, to name it in a position; nil or false
	// sends the position without.
	Pack func(itemID, packID string) (catalog.Pack, bool)
	// Environment tells what the till runs on; nil: nobody knows.
	Environment func() Environment

	Hosts        []string // host:port to which the service may move, beside its own
	Pretty       bool     // answers are indented, for those who read along
	Milliseconds bool     // moments come with milliseconds
	NoWebhooks   bool     // what is sent sets off no webhooks of the account
}

// Client talks to one store's cloud. It implements outbox.Destination.
type Client struct {
	base    *url.URL
	http    *http.Client
	o       Options
	log     *slog.Logger
	limiter *Limiter
	encoder Encoder

	mu     sync.Mutex // guards all below
	token  string
	uid    string
	at     *url.URL // where the service has moved to; nil: it has not
	notice Notice
}

var (
	_ outbox.Destination = (*Client)(nil)
	_ outbox.Maker       = (*Client)(nil)
)

// New makes a client; nothing is called yet.
func New(o Options) (*Client, error) {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	base, err := url.Parse(strings.TrimRight(o.BaseURL, "/"))
	if err != nil {
		return nil, fmt.Errorf("moysklad: base address: %w", err)
	}
	if base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("moysklad: base address must be http(s)://host/path")
	}
	if o.Auth == "" {
		o.Auth = AuthHeaders
	}
	if o.Auth != AuthHeaders && o.Auth != AuthBasic && o.Auth != AuthCookie {
		return nil, fmt.Errorf("moysklad: unknown way to authenticate %.20q", string(o.Auth))
	}
	if o.Timeout <= 0 {
		o.Timeout = RequestTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Limiter == nil {
		o.Limiter = NewLimiter()
	}
	hc := http.Client{}
	if o.HTTP != nil {
		hc = *o.HTTP
	}
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	hc.Jar = nil
	o.Hosts = slices.Clone(o.Hosts)
	for i := range o.Hosts {
		o.Hosts[i] = strings.ToLower(o.Hosts[i])
	}
	c := &Client{base: base, http: &hc, o: o, log: o.Log, limiter: o.Limiter, token: o.Token, uid: o.CashierUID,
		encoder: Encoder{BaseURL: base.String(), Location: o.Location, Pack: o.Pack, Environment: o.Environment}}
	return c, nil
}

// Destination is this destination's name in the journal.
const Destination = "moysklad"

// Name implements outbox.Destination.
func (c *Client) Name() string { return Destination }

// Types implements outbox.Destination.
func (c *Client) Types() []doc.Type {
	return []doc.Type{doc.OpenSession, doc.Sell, doc.Payback, doc.Correction, doc.Buy, doc.Buyback, doc.CashIncome, doc.CashOutcome, doc.CloseSession, doc.ZReport}
}

// Parallel implements outbox.Destination: one slot stays free for downloads.
func (c *Client) Parallel() int { return MaxParallel - 1 }

// Encode implements outbox.Destination.
func (c *Client) Encode(d *doc.Document, s outbox.Shift) (outbox.Request, error) {
	return c.encoder.Encode(d, s)
}

// SetToken replaces the credentials after a new attach.
func (c *Client) SetToken(token, uid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token, c.uid = token, uid
}

func (c *Client) credentials() (token, uid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token, c.uid
}

// authorize signs a request with the store's token.
func (c *Client) authorize(r *http.Request) {
	token, uid := c.credentials()
	switch c.o.Auth {
	case AuthBasic:
		r.SetBasicAuth(uid, token)
	case AuthCookie:
		r.Header.Set("Cookie", "Lognex-Pos-Auth="+uid+":"+token)
	default:
		r.Header.Set("Lognex-Pos-Auth-Token", token)
		r.Header.Set("Lognex-Pos-Auth-Cashier-Uid", uid)
	}
}

// StoreInfo is a store the user may attach a till to.
type StoreInfo struct {
	ID           string
	Name         string
	Organization string
	Attached     bool // a till holds a token; attaching takes it away
}

// Stores lists the stores where the user is a cashier.
func Stores(ctx context.Context, o Options, login, password string) ([]StoreInfo, error) {
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	var all []StoreInfo
	err = list(ctx, c, basic(login, password), "/admin/retailstore", "", func(rows []wireStore, _ int64) error {
		for _, r := range rows {
			all = append(all, StoreInfo{ID: r.id(), Name: string(r.Name), Organization: string(r.Organization.Name), Attached: r.Attached.v})
		}
		return nil
	})
	return all, err
}

// Attach makes this till the store's till: it gets a token, every earlier
// till of the store loses its own. With an empty storeID the user must have
// exactly one store.
func Attach(ctx context.Context, o Options, login, password, storeID string) (token, uid string, err error) {
	if storeID == "" {
		stores, err := Stores(ctx, o, login, password)
		if err != nil {
			return "", "", err
		}
		if len(stores) != 1 {
			return "", "", fmt.Errorf("moysklad: the user has %d stores, name one", len(stores))
		}
		storeID = stores[0].ID
	}
	if _, err := uuid.Parse(storeID); err != nil {
		return "", "", fmt.Errorf("moysklad: store id %.60q: %w", storeID, err)
	}
	c, err := New(o)
	if err != nil {
		return "", "", err
	}
	a, err := c.call(ctx, basic(login, password), http.MethodPost, "/admin/attach/"+storeID, "", nil)
	if err != nil {
		return "", "", err
	}
	var got attachment
	if err := decode(a.body, &got); err != nil {
		return "", "", err
	}
	if got.Token == "" || got.UID == "" {
		return "", "", garbage(errors.New("attach answered without token or uid"))
	}
	return string(got.Token), string(got.UID), nil
}

// attachment is what an attach gives.
type attachment struct {
	Token text `json:"token"`
	UID   text `json:"uid"`
}

func basic(login, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(login, password) }
}
