package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// attached is what is kept of an attach, in a file of its own: never in the
// journal.
type attached struct {
	URL     string `json:"url"`
	Store   string `json:"store"`              // as the configuration names it
	StoreID string `json:"store_id,omitempty"` // as the cloud does
	Name    string `json:"name,omitempty"`
	Token   string `json:"token"`
	UID     string `json:"uid"`
}

// serves tells whether this attach is the one that the configuration means.
func (a *attached) serves(cfg *config.MoySklad) bool {
	return a.Token != "" && a.URL == cfg.URL &&
		(cfg.Store == "" || a.Store == cfg.Store || a.StoreID != "" && (cfg.Store == a.StoreID || strings.EqualFold(cfg.Store, a.Name)))
}

func tokenPath(data string) string { return filepath.Join(data, secretsDir, "moysklad.json") }

func loadAttached(path string) (attached, error) {
	var a attached
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, nil
	case err != nil:
		return a, fault.New(fault.PathBad, path, err.Error()).With(err)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return attached{}, nil // damaged: attach anew, as without it
	}
	return a, nil
}

func (a *attached) save(path string) error {
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	return writeSecret(path, b)
}

func clientOptions(cfg *config.MoySklad, log *slog.Logger, now func() time.Time) moysklad.Options {
	return moysklad.Options{BaseURL: cfg.URL, Auth: moysklad.Auth(cfg.Auth), Hosts: cfg.Hosts, Pretty: cfg.Pretty, Milliseconds: cfg.Milliseconds, NoWebhooks: cfg.NoWebhooks, Log: log, Now: now}
}

// attach uses the token of an earlier attach to the same store, or attaches
// with the secrets of the configuration: that revokes the token of whatever
// device was attached before, so a store that has one is left to a person.
func (c *cloud) attach(ctx context.Context) (attached, error) {
	cfg := c.config()
	a, err := loadAttached(tokenPath(c.d.cfg.Data))
	if err != nil || a.serves(cfg) {
		return a, err
	}
	if cfg.Credentials == "" {
		return a, fault.New(fault.CloudAuth)
	}
	return c.newToken(ctx, cfg.TakeOver)
}

// newToken attaches with the secrets of the configuration and keeps the token.
// Where a person has attached the till there are none, and he does it again.
func (c *cloud) newToken(ctx context.Context, takeOver bool) (attached, error) {
	cfg := c.config()
	if cfg.Credentials == "" {
		return attached{}, fault.New(fault.CloudAuth)
	}
	secrets, err := config.LoadCredentials(cfg.Credentials)
	if err != nil {
		return attached{}, err
	}
	if secrets.Token != "" {
		a := attached{URL: cfg.URL, Store: cfg.Store, Token: secrets.Token, UID: secrets.Login}
		return a, a.save(tokenPath(c.d.cfg.Data))
	}
	return c.provision().attach(ctx, api.CloudAttach{Login: secrets.Login, Password: secrets.Password, Store: cfg.Store, TakeOver: takeOver})
}

// use makes the running client one of a new attach; what is queued stays so.
func (c *cloud) use(a attached) {
	if s := c.syncer.Load(); s != nil {
		c.client.SetToken(a.Token, a.UID)
		s.Wake()
		return
	}
	select {
	case c.again <- struct{}{}:
	default: // it is told already
	}
}

// options are those of every client of the running till.
func (c *cloud) options() moysklad.Options {
	o := clientOptions(c.config(), c.d.log, c.d.now)
	o.Limiter = c.limit
	return o
}

// consoleProvision is the console's; nil where no cloud is configured.
func (d *daemon) consoleProvision() api.Provision {
	if d.cloud.config() == nil {
		return nil
	}
	return d.cloud.provision()
}

func (c *cloud) provision() *Provision {
	return &Provision{cfg: c.d.cfg, log: c.d.log, now: c.d.now, c: c}
}

// notices are what the cloud says about itself, beside its answers.
func (c *cloud) notices() (all []fault.Warning) {
	client := c.attachedClient()
	if client == nil {
		return nil
	}
	n := client.Notice()
	if n.MovedTo != "" {
		all = append(all, fault.Warning{Code: fault.CloudMoved, Severity: fault.Info, Args: []string{n.MovedTo}})
	}
	if n.Deprecated != "" {
		all = append(all, fault.Warning{Code: fault.CloudDeprecated, Severity: fault.Warn, Args: []string{n.Deprecated}})
	}
	if n.Skew != 0 {
		all = append(all, fault.Warning{Code: fault.CloudClock, Severity: fault.Warn, Args: []string{n.Skew.Abs().String()}})
	}
	return all
}

// Provision attaches a till to its point of sale, as a person does: of a
// running till, or of one that is not. Logins and passwords are kept nowhere.
type Provision struct {
	cfg *config.Config
	log *slog.Logger
	now func() time.Time
	c   *cloud // nil: no till is running
}

var _ api.Provision = (*Provision)(nil)

// NewProvision attaches a till that is not running.
func NewProvision(cfg *config.Config, log *slog.Logger) *Provision {
	return &Provision{cfg: cfg, log: log, now: time.Now}
}

func (p *Provision) options() moysklad.Options {
	if p.c != nil {
		return p.c.options()
	}
	return clientOptions(p.cfg.Cloud.MoySklad, p.log, p.now)
}

// Stores lists the stores where a user is a cashier.
func (p *Provision) Stores(ctx context.Context, login, password string) ([]api.CloudStore, error) {
	cfg := p.cfg.Cloud.MoySklad
	if cfg == nil {
		return nil, fault.New(fault.CloudNone)
	}
	mine, err := loadAttached(tokenPath(p.cfg.Data))
	if err != nil {
		return nil, err
	}
	stores, err := moysklad.Stores(ctx, p.options(), login, password)
	if err != nil {
		return nil, loginFault(err)
	}
	all := []api.CloudStore{}
	for _, s := range stores {
		own := s.Attached && mine.URL == cfg.URL && s.ID == mine.StoreID && p.holds(ctx, mine)
		all = append(all, api.CloudStore{ID: s.ID, Name: s.Name, Organization: s.Organization, Attached: s.Attached, Own: own})
	}
	return all, nil
}

// holds tells whether the till's token is good: another device may have been
// attached since.
func (p *Provision) holds(ctx context.Context, a attached) bool {
	o := p.options()
	o.Token, o.CashierUID = a.Token, a.UID
	c, err := moysklad.New(o)
	if err == nil {
		_, err = c.Store(ctx)
	}
	return err == nil
}

// loginFault: before there is a token, what is refused is the password.
func loginFault(err error) error {
	if f := cloudFault(err); f.Code != fault.CloudAuth {
		return f
	}
	return fault.New(fault.CloudLogin).With(err)
}

// Attach makes the till a store's. A store that another device holds is taken
// over only where that is said.
func (p *Provision) Attach(ctx context.Context, in api.CloudAttach) (api.CloudStore, error) {
	if p.c != nil {
		p.c.mu.Lock()
		defer p.c.mu.Unlock()
	}
	a, err := p.attach(ctx, in)
	if err != nil {
		return api.CloudStore{}, err
	}
	if p.c != nil {
		p.c.use(a)
		p.c.d.noteAttach(a)
	}
	return api.CloudStore{ID: a.StoreID, Name: a.Name, Attached: true, Own: true}, nil
}

func (p *Provision) attach(ctx context.Context, in api.CloudAttach) (attached, error) {
	cfg := p.cfg.Cloud.MoySklad
	stores, err := p.Stores(ctx, in.Login, in.Password)
	if err != nil {
		return attached{}, err
	}
	st, err := choose(stores, in.Store)
	if err != nil {
		return attached{}, err
	}
	if st.Attached && !st.Own && !in.TakeOver {
		return attached{}, fault.New(fault.CloudTaken, st.Name)
	}
	if err := p.mayMove(ctx, st.ID); err != nil {
		return attached{}, err
	}
	token, uid, err := moysklad.Attach(ctx, p.options(), in.Login, in.Password, st.ID)
	if err != nil {
		return attached{}, loginFault(err)
	}
	a := attached{URL: cfg.URL, Store: cfg.Store, StoreID: st.ID, Name: st.Name, Token: token, UID: uid}
	if cfg.Store == "" {
		a.Store = st.ID
	}
	return a, a.save(tokenPath(p.cfg.Data))
}

// choose finds a store by its id or name; without either there must be one.
func choose(stores []api.CloudStore, wanted string) (api.CloudStore, error) {
	if wanted == "" && len(stores) == 1 {
		return stores[0], nil
	}
	if wanted == "" {
		return api.CloudStore{}, fault.New(fault.CloudStores, fmt.Sprint(len(stores)))
	}
	i := slices.IndexFunc(stores, func(s api.CloudStore) bool { return s.ID == wanted || strings.EqualFold(s.Name, wanted) })
	if i < 0 {
		return api.CloudStore{}, fault.New(fault.NotFound, wanted)
	}
	return stores[i], nil
}

// mayMove refuses another store while documents wait that belong to the one
// the till was attached to.
func (p *Provision) mayMove(ctx context.Context, store string) error {
	before, err := loadAttached(tokenPath(p.cfg.Data))
	if err != nil || p.c == nil || before.StoreID == "" || before.StoreID == store {
		return err
	}
	waiting, err := p.c.carry(ctx)
	if err == nil && len(waiting) > 0 {
		err = fault.New(fault.CloudUnsent, fmt.Sprint(len(waiting)))
	}
	return err
}

// noteAttach leaves in the journal whose the till is now; no secret of it.
func (d *daemon) noteAttach(a attached) {
	data, err := json.Marshal(map[string]string{"store": a.StoreID, "name": a.Name})
	if err == nil {
		err = d.journal.Post(record.Entry{Kind: record.Audit, ID: uuid.Must(uuid.NewV7()), Type: "cloud_attached", Schema: 1, Data: data})
	}
	if err != nil {
		d.log.Error("the attach could not be recorded", "err", err)
	}
}
