package daemon

import (
	"context"
	"encoding/json"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// settings is the configuration file as it is changed at the till.
type settings struct{ d *daemon }

// Read gives the file as it is now.
func (s settings) Read() (api.SettingsState, error) {
	cfg := s.d.cfg
	if cfg.Path == "" {
		return api.SettingsState{}, fault.New(fault.ConfigNone)
	}
	text, err := config.Read(cfg.Path)
	if err != nil {
		return api.SettingsState{}, err
	}
	sections, err := config.Sections(text, cfg.Path)
	if err != nil {
		return api.SettingsState{}, err
	}
	digest := config.Digest(text)
	return api.SettingsState{Path: cfg.Path, Digest: digest, Restart: digest != cfg.Digest(), Old: cfg.Old, Sections: sections}, nil
}

// Change changes the file. Who may is asked for a dry run as well: it tells
// what paths there are.
func (s settings) Change(ctx context.Context, w api.SettingsWish) (api.SettingsDone, error) {
	if err := s.d.loop.Do(ctx, till.Allow{Permission: catalog.MaySettings}); err != nil {
		return api.SettingsDone{}, err
	}
	return s.change(ctx, w)
}

func (s settings) change(ctx context.Context, w api.SettingsWish) (api.SettingsDone, error) {
	if s.d.cfg.Path == "" {
		return api.SettingsDone{}, fault.New(fault.ConfigNone)
	}
	s.d.configuring.Lock()
	defer s.d.configuring.Unlock()
	edits, err := config.Change(s.d.cfg.Path, w.Digest, w.Wish, w.DryRun)
	done := api.SettingsDone{OK: err == nil, Changed: []string{}, Problems: []api.FieldProblem{}}
	for _, p := range config.ProblemsOf(err) {
		switch p.Code {
		case fault.ConfigBad, fault.ConfigMissing, fault.ConfigUnknown:
			done.Problems = append(done.Problems, api.FieldProblem{Key: config.KeyOf(p), Code: p.Code, Message: p.Text(s.d.cfg.Language), Fault: p})
		default:
			return done, err
		}
	}
	for _, e := range edits {
		done.Changed = append(done.Changed, e.Key)
	}
	if err == nil && len(edits) > 0 && !w.DryRun {
		s.note(ctx, done.Changed)
	}
	text, err := config.Read(s.d.cfg.Path)
	if err != nil {
		return done, err
	}
	done.Digest = config.Digest(text)
	done.Restart = done.Digest != s.d.cfg.Digest()
	return done, nil
}

// note leaves in the journal who changed which settings; their values may be
// nobody's business.
func (s settings) note(ctx context.Context, keys []string) {
	by := ""
	if v, _ := s.d.loop.View(); v.Cashier != nil {
		by = v.Cashier.ID
	}
	data, err := json.Marshal(map[string]any{"by": by, "keys": keys})
	if err == nil {
		_, err = s.d.journal.Append(ctx, record.Entry{Kind: record.Audit, ID: newID(), Type: "settings_changed", Schema: 1, Data: data})
	}
	if err != nil {
		s.d.log.Error("the change of settings could not be recorded", "err", err)
	}
}

// Restart starts the till again, unless somebody is served.
func (s settings) Restart(ctx context.Context) error {
	if err := s.d.loop.Do(ctx, till.Allow{Permission: catalog.MaySettings}); err != nil {
		return err
	}
	return s.restart()
}

func (s settings) restart() error {
	if s.d.cfg.Path == "" {
		return fault.New(fault.ConfigNone)
	}
	if err := s.Still(); err != nil {
		return err
	}
	s.d.again.Store(true)
	s.d.stop()
	return nil
}

// Still tells why the till can not start again now; nil: it can.
func (s settings) Still() error {
	v, _ := s.d.loop.View()
	if len(v.Cheque.Lines) > 0 || v.Paying != nil || v.Payment != nil {
		return fault.New(fault.RestartSale)
	}
	return nil
}
