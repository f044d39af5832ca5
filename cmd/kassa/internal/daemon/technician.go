package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
)

// tool is what a technician needs of a driver.
type tool interface {
	fiscal.Service
	Status(ctx context.Context) (kkt.Status, error)
}

// Technician is a technician's hand on the fiscal device: of a running till
// between its operations, or on the device itself. It registers nothing.
type Technician struct {
	device tool
	// visit does something on the device; firm: it is short and must not be
	// interrupted.
	visit func(ctx context.Context, firm bool, do func(context.Context) error) error
	// audit remembers what was changed; nil: there is no journal.
	audit func(ctx context.Context, typ string, data any) error
	now   func() time.Time
	lang  string
}

var _ api.KKT = (*Technician)(nil)

// NewTechnician reaches for the device of a till that is not running. Close
// lets it go.
func NewTechnician(cfg *config.Config) (t *Technician, closeIt func() error, err error) {
	if cfg.KKT == nil || cfg.KKT.Cloud() || cfg.KKT.Register() {
		return nil, nil, fault.New(fault.FiscalMissing)
	}
	loc, err := cfg.Location()
	if err != nil {
		return nil, nil, err
	}
	now := func() time.Time { return time.Now().In(loc) }
	p, err := newKKT(cfg.KKT, nil, shtrih.Options{Now: now})
	if err != nil {
		return nil, nil, err
	}
	direct := func(ctx context.Context, _ bool, do func(context.Context) error) error { return do(ctx) }
	return &Technician{device: p, visit: direct, now: now, lang: cfg.Language}, p.Halt, nil
}

// technician is the running till's.
func (d *daemon) technician() api.KKT {
	device, ok := d.devices.fiscal.(tool)
	if !ok {
		return nil
	}
	return &Technician{device: device, visit: d.loop.Visit, now: d.now, lang: d.cfg.Language, audit: func(ctx context.Context, typ string, data any) error {
		b, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		if err := d.journal.Post(record.Entry{Kind: record.Audit, ID: newID(), Type: typ, Schema: 1, Data: b}); err != nil {
			return err
		}
		return d.journal.Flush(ctx)
	}}
}

// do visits the device and explains what went wrong.
func (t *Technician) do(ctx context.Context, firm bool, do func(context.Context) error) error {
	if err := t.visit(ctx, firm, do); err != nil {
		return explainService(err)
	}
	return nil
}

// explainService is explain for what only a technician asks.
func explainService(err error) *fault.Error {
	switch {
	case errors.Is(err, fiscal.ErrUnsupported):
		return fault.New(fault.KKTUnsupported).With(err)
	case errors.Is(err, fiscal.ErrNoDocument):
		return fault.New(fault.KKTNoDocument).With(err)
	case errors.Is(err, fiscal.ErrNoSetting):
		return fault.New(fault.KKTNoSetting).With(err)
	case errors.Is(err, fiscal.ErrBadValue):
		return fault.New(fault.KKTBadValue, err.Error()).With(err)
	case errors.Is(err, fiscal.ErrSecret):
		return fault.New(fault.KKTSecret).With(err)
	case errors.Is(err, fiscal.ErrLimit):
		return fault.New(fault.TooLarge, "").With(err)
	}
	return explain(err)
}

// State implements api.KKT.
func (t *Technician) State(ctx context.Context) (s api.KKTState, err error) {
	err = t.do(ctx, false, func(ctx context.Context) (err error) {
		if s.Facts, err = t.device.Facts(ctx); err == nil {
			s.Status, err = t.device.Status(ctx)
		}
		return err
	})
	if err != nil {
		return s, err
	}
	now := t.now()
	s.Drift = kkt.Drift(s.Facts.Clock, now).Milliseconds()
	for _, w := range kkt.Warnings(s.Facts, s.Status, now) {
		s.Warnings = append(s.Warnings, api.Warning{Warning: w, Text: w.Text(t.lang)})
	}
	return s, nil
}

// Document implements api.KKT.
func (t *Technician) Document(ctx context.Context, fd uint32) (d kkt.FNDocument, err error) {
	err = t.do(ctx, false, func(ctx context.Context) (err error) {
		d, err = t.device.Document(ctx, fd)
		return err
	})
	return d, err
}

// Settings implements api.KKT.
func (t *Technician) Settings(ctx context.Context, table string) (list []kkt.Setting, err error) {
	err = t.do(ctx, false, func(ctx context.Context) (err error) {
		list, err = t.device.Settings(ctx, table)
		return err
	})
	return list, err
}

// Set implements api.KKT. What is changed is told to the journal.
func (t *Technician) Set(ctx context.Context, ref kkt.SettingRef, value string) error {
	err := t.do(ctx, true, func(ctx context.Context) error { return t.device.Set(ctx, ref, value) })
	if err != nil {
		return err
	}
	return t.remember(ctx, "kkt_setting", struct {
		kkt.SettingRef
		Value string `json:"value"`
	}{ref, value})
}

// SetClock implements api.KKT: the device gets the till's time.
func (t *Technician) SetClock(ctx context.Context) error {
	to := t.now()
	err := t.do(ctx, true, func(ctx context.Context) error { return t.device.SetClock(ctx, to) })
	if err != nil {
		return err
	}
	return t.remember(ctx, "kkt_clock", map[string]time.Time{"to": to})
}

// Copy implements api.KKT.
func (t *Technician) Copy(ctx context.Context) error {
	if err := t.do(ctx, true, t.device.Copy); err != nil {
		return err
	}
	return t.remember(ctx, "kkt_copy", struct{}{})
}

// Print implements api.KKT.
func (t *Technician) Print(ctx context.Context, lines []string) error {
	return t.do(ctx, true, func(ctx context.Context) error { return t.device.Print(ctx, lines) })
}

// Test implements api.KKT. The paper is cut, where there is a cutter.
func (t *Technician) Test(ctx context.Context) error {
	title := "Проверка печати"
	if t.lang == "en" {
		title = "Print test"
	}
	lines := []string{title, t.now().Format("02.01.2006 15:04:05"), "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789", ""}
	return t.do(ctx, true, func(ctx context.Context) error {
		if err := t.device.Print(ctx, lines); err != nil {
			return err
		}
		if err := t.device.Barcode(ctx, api.TestCode); err != nil {
			return err
		}
		if err := t.device.Feed(ctx, testFeed); err != nil {
			return err
		}
		if err := t.device.Cut(ctx, true); err != nil && !errors.Is(err, fiscal.ErrUnsupported) {
			return err
		}
		return nil
	})
}

// testFeed is how many lines bring a test out of the printer.
const testFeed = 3

// Cut implements api.KKT.
func (t *Technician) Cut(ctx context.Context) error {
	return t.do(ctx, true, func(ctx context.Context) error { return t.device.Cut(ctx, true) })
}

func (t *Technician) remember(ctx context.Context, typ string, data any) error {
	if t.audit == nil {
		return nil
	}
	return t.audit(ctx, typ, data)
}
