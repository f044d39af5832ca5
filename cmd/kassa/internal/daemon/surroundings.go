package daemon

import (
	"github.com/kassa-pos/kassa/cmd/kassa/internal/card"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Limits of what is still in order around the till.
const (
	lagWarn     = time.Second    // of the journal's second copy
	catalogWarn = 24 * time.Hour // age of the catalogue
)

// warnings are the lasting states of everything around the till.
func (d *daemon) warnings() []fault.Warning {
	all := append(append(d.cloud.warnings(), d.devices.warnings()...), d.permits.warnings()...)
	all = append(all, d.machine.warnings()...)
	all = append(all, d.updateWarnings()...)
	if _, age := d.journal.Lag(); age > lagWarn {
		w := fault.New(fault.JournalLag, age.Round(time.Millisecond).String())
		all = append(all, fault.Warning{Code: w.Code, Severity: fault.Warn, Args: w.Args, Since: d.now().Add(-age)})
	}
	if err := d.journal.KeysErr(); err != nil {
		all = append(all, fault.Warning{Code: fault.JournalKeys, Severity: fault.Warn, Detail: err.Error()})
	}
	all = append(all, rotWarnings(d.journal.Scrub().Found)...)
	if f := d.waiting.Load(); f != nil {
		all = append(all, fault.Warning{Code: f.Code, Severity: fault.Info, Args: f.Args, Detail: f.Detail})
	}
	if info := d.catalog.Current(); info.Generation != 0 {
		if age := d.now().Sub(info.UpdatedAt); age > catalogWarn {
			all = append(all, fault.Warning{Code: fault.CatalogOld, Severity: fault.Info, Args: []string{age.Round(time.Hour).String()}, Since: info.UpdatedAt.Add(catalogWarn)})
		}
	}
	if f := d.tablets.Load(); f != nil {
		all = append(all, fault.Warning{Code: f.Code, Severity: fault.Warn, Args: f.Args})
	}
	all = append(all, d.cardWarnings()...)
	if f := d.o.Old; f != nil {
		all = append(all, fault.Warning{Code: fault.ConfigOld, Severity: fault.Warn, Args: []string{f.Text(d.cfg.Language)}})
	}
	if w := d.compared.warning(); w != nil {
		all = append(all, *w)
	}
	if w := d.master.shown.Load(); w != nil {
		all = append(all, *w)
	}
	if w := d.short.Load(); w != nil {
		all = append(all, *w)
	}
	all = append(all, d.doorWarnings()...)
	if d.pictures != nil {
		all = append(all, d.pictures.Warnings()...)
	}
	return d.since.date(append(all, d.repaired...), d.now())
}

// rotWarnings tells of what the card has spoiled since the start: the newest
// of what is repaired and the newest of what is not.
func rotWarnings(found []journal.Rot) (all []fault.Warning) {
	for _, repaired := range []bool{false, true} {
		for _, r := range slices.Backward(found) {
			if r.Repaired != repaired {
				continue
			}
			w := fault.Warning{Code: fault.JournalRotNow, Severity: fault.Warn, Args: []string{strconv.FormatUint(r.Seq, 10)}, Detail: r.Why, Since: r.Time}
			if repaired {
				w.Code, w.Args = fault.JournalRot, append(w.Args, strconv.Itoa(r.Period))
			}
			all = append(all, w)
			break
		}
	}
	return all
}

// beginnings remembers since when a warning stands, for those that do not
// know it themselves.
type beginnings struct {
	mu    sync.Mutex
	begun map[fault.Code]time.Time
}

func (b *beginnings) date(all []fault.Warning, now time.Time) []fault.Warning {
	b.mu.Lock()
	defer b.mu.Unlock()
	still := make(map[fault.Code]time.Time, len(all))
	for i := range all {
		w := &all[i]
		if w.Since.IsZero() {
			if w.Since = b.begun[w.Code]; w.Since.IsZero() {
				w.Since = now
			}
		}
		still[w.Code] = w.Since
	}
	b.begun = still
	return all
}

// customerScreen is how the customer's screen is.
func (d *daemon) customerScreen() console.Customer {
	return console.Customer{Language: d.cfg.Customer.Language, Pictures: d.pictures, Each: time.Duration(d.cfg.Customer.Each)}
}

// readCard reads what became of the card's file at this start of the machine.
func (d *daemon) readCard() {
	s, err := card.ReadStatus(d.cfg.Update.Run)
	if err != nil {
		d.log.Warn("what became of the card's file can not be read", "err", err)
	}
	d.card = s
}

func (d *daemon) cardWarnings() (all []fault.Warning) {
	if p := d.card.Problems; len(p) > 0 {
		all = append(all, fault.Warning{Code: fault.CardBad, Severity: fault.Warn, Args: []string{fault.Either(p[0].Ru, p[0].En)}, Since: d.card.At})
	}
	if d.card.Kept {
		all = append(all, fault.Warning{Code: fault.CardKept, Severity: fault.Warn, Since: d.card.At})
	}
	return all
}

// kiosk is how customers serve themselves; nil: they do not.
func (d *daemon) kiosk() *console.Kiosk {
	k := d.cfg.Kiosk
	if k == nil {
		return nil
	}
	return &console.Kiosk{Idle: time.Duration(k.Idle), Countdown: time.Duration(k.Countdown), Attendant: time.Duration(k.Attendant)}
}

// consoleExtra is the same for the console's status strip.
func (d *daemon) consoleExtra() console.Extra {
	x := console.Extra{CloudOff: d.cfg.Cloud.MoySklad == nil, Warnings: d.warnings()}
	for _, dest := range d.cloud.now().Destinations {
		x.CloudOnline = dest.Online
		x.Queued += int(dest.Queued)
		x.Parked += len(dest.Parked)
		if x.Oldest.IsZero() || (!dest.Oldest.IsZero() && dest.Oldest.Before(x.Oldest)) {
			x.Oldest = dest.Oldest
		}
	}
	if info := d.catalog.Current(); info.Generation != 0 {
		x.CatalogAge = d.now().Sub(info.UpdatedAt)
	}
	for _, s := range d.devices.states() {
		x.Devices = append(x.Devices, consoleDevice(s))
	}
	if dev, ok := d.devices.ofdDevice(d.cfg.Language); ok {
		x.Devices = append(x.Devices, dev)
	}
	return x
}
