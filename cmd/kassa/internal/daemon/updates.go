package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/devices"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/rehearsal"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/offline/durable"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/update"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// updatesTold is how long the till tells on its pages that an update was not
// kept.
const updatesTold = 7 * 24 * time.Hour

// devicesFile remembers which devices have worked here, for the gate.
const devicesFile = "devices.json"

// UpdateTill is what a release is compared with: this program, and the journal
// below data.
func UpdateTill(data, version string) (update.Till, error) {
	held, err := journal.Held(filepath.Join(data, journalDir))
	return update.Till{Version: version, Compatible: "kassa-" + runtime.GOARCH, Holds: held}, err
}

// UpdatePaths are where till, installer and gate meet.
func UpdatePaths(cfg *config.Config) updates.Paths {
	return updates.Paths{Store: filepath.Join(cfg.Data, updates.StoreDir), Run: cfg.Update.Run, System: cfg.Update.System}
}

// newUpdates makes the till's side of updates. A machine without slots has it
// too: it says what it can not do.
func newUpdates(d *daemon) (*updates.Manager, error) {
	u := d.cfg.Update
	keys, err := update.ReadKeys(u.Keys)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	o := updates.Options{
		Paths: UpdatePaths(d.cfg), Keys: keys, Version: d.o.Version, Every: time.Duration(u.Every),
		Till: func() (update.Till, error) { return UpdateTill(d.cfg.Data, d.o.Version) },
		Busy: d.busyForUpdate, Report: func() (slots.Report, error) {
			return slots.ReadReport(filepath.Join(u.Run, filepath.Base(slots.ReportPath)))
		},
		Folder: d.updateFolder, Told: d.updateTold, Now: d.now, NewID: newID, Log: d.log,
	}
	if u.Server != "" {
		base, err := url.Parse(u.Server)
		if err != nil {
			return nil, err
		}
		o.Channel = update.Channel{Base: base, Name: u.Channel, Client: &http.Client{}}
	}
	return updates.New(o), nil
}

// busyForUpdate: nothing is installed, and nothing restarted, while somebody
// sells or a receipt's fate is not known.
func (d *daemon) busyForUpdate() error {
	v, _ := d.loop.View()
	if why := api.BusyForUpdate(&v); why != nil {
		return why
	}
	return nil
}

// updateFolder is where a person says the update is.
func (d *daemon) updateFolder(name string) (updates.Source, error) {
	if name == stick.USB {
		dir, err := stick.Medium("/", d.cfg.Data)
		return update.Folder{Dir: dir}, err
	}
	if !filepath.IsAbs(name) {
		return nil, fault.New(fault.PathBad, name, "not absolute")
	}
	return update.Folder{Dir: filepath.Clean(name)}, nil
}

// updateTold writes into the journal what was wanted and what became of it:
// once, however often the till starts meanwhile.
func (d *daemon) updateTold(ctx context.Context, id uuid.UUID, what string, o updates.Outcome) error {
	typ := "update_" + what
	for r, err := range d.journal.Scan(ctx, record.Filter{Kinds: []record.Kind{record.Audit}, Types: []string{typ}, Reverse: true, Limit: 1}) {
		if err != nil {
			return err
		}
		if r.ID == id {
			return nil
		}
	}
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = d.journal.Append(ctx, record.Entry{Kind: record.Audit, ID: id, Type: typ, Schema: 1, Data: data})
	return err
}

// updateWarnings tell of an update that waits for its restart, and of one that
// was not kept.
func (d *daemon) updateWarnings() (all []fault.Warning) {
	s, _ := d.updates.Status()
	if s.Phase == updates.Installed && s.Release != nil {
		all = append(all, fault.Warning{Code: fault.UpdateReady, Severity: fault.Info, Args: []string{s.Release.Version}})
	}
	if o := s.Last; o != nil && !o.Kept && d.now().Sub(o.Ended) < updatesTold {
		all = append(all, fault.Warning{Code: fault.UpdateBack, Severity: fault.Warn, Args: []string{o.Version, o.Reason}, Since: o.Ended})
	}
	return all
}

// verdict tells the gate whether this till can sell: its journal takes
// records, every device that has worked here works or is plainly not plugged
// in, and a whole shift was sold that nobody bought.
func (d *daemon) verdict(ctx context.Context) (updates.Verdict, error) {
	v := updates.Verdict{Version: d.o.Version, Checks: []updates.Check{d.journalWorks(), d.worked.check(d.devices.states())}}
	v.Checks = append(v.Checks, d.rehearse(ctx))
	v.OK = !slices.ContainsFunc(v.Checks, func(c updates.Check) bool { return !c.OK })
	return v, nil
}

func (d *daemon) journalWorks() updates.Check {
	c := updates.Check{Name: "journal", OK: true}
	if err := d.journal.Err(); err != nil {
		c.OK, c.Detail = false, err.Error()
	}
	return c
}

func (d *daemon) rehearse(ctx context.Context) updates.Check {
	c := updates.Check{Name: "sale"}
	d.rehearsing.Lock()
	defer d.rehearsing.Unlock()
	if d.rehearsed {
		c.OK = true // the gate asks until all is well; this is well already
		return c
	}
	items, err := d.goods.List(ctx, "", "", 20*rehearsal.MaxItems)
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	dir := filepath.Join(d.cfg.Data, "scratch")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil { // of a till that was switched off
		c.Detail = err.Error()
		return c
	}
	r, err := rehearsal.Sell(ctx, rehearsal.Options{Dir: dir, Items: items, Store: d.storeNow(), Currency: d.cfg.Currency(), Log: d.log})
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		c.Detail = err.Error()
		return c
	}
	d.rehearsed = true
	d.log.Info("rehearsed", "items", r.Items, "total", r.Total.String(), "records", r.Records, "took", r.Took.String())
	c.OK = true
	return c
}

// storeNow is the shop that sells, or one that could.
func (d *daemon) storeNow() catalog.Store {
	s := d.configured(d.catalog.Current().Store)
	s.PriceType = cmp.Or(s.PriceType, "rehearsal")
	return s
}

// worked remembers which devices were ready in this till, over restarts.
type worked struct {
	path string
	mu   sync.Mutex
	seen map[string]time.Time
}

func openWorked(path string) *worked {
	w := &worked{path: path, seen: map[string]time.Time{}}
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &w.seen)
	}
	if err != nil || w.seen == nil {
		w.seen = map[string]time.Time{} // nothing is known to have worked
	}
	return w
}

// note remembers the devices that are ready now.
func (w *worked) note(states []devices.State, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	news := false
	for _, s := range states {
		if s.Phase == devices.Ready && now.Sub(w.seen[s.Name]) > 24*time.Hour {
			w.seen[s.Name], news = now.UTC(), true
		}
	}
	if !news {
		return nil
	}
	b, err := json.Marshal(w.seen)
	if err != nil {
		return err
	}
	return durable.Replace(w.path, b, 0o600)
}

// check: a device that has worked works, or is absent; one that is there and
// does not answer any more is what a new release could have broken.
func (w *worked) check(states []devices.State) updates.Check {
	w.mu.Lock()
	defer w.mu.Unlock()
	var bad []string
	for _, s := range states {
		if _, knew := w.seen[s.Name]; knew && s.Phase != devices.Ready && s.Phase != devices.Absent {
			bad = append(bad, s.String())
		}
	}
	return updates.Check{Name: "devices", OK: len(bad) == 0, Detail: strings.Join(bad, ", ")}
}

// noteDevices watches which devices work.
func (d *daemon) noteDevices(ctx context.Context) {
	tick := time.NewTicker(machineEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := d.worked.note(d.devices.states(), d.now()); err != nil {
			d.log.Warn("which devices work is not remembered", "err", err)
		}
	}
}
