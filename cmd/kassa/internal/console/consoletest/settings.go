package consoletest

import (
	"context"
	"os"
	"sync"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Settings are a real file's, changed as a till changes its own.
type Settings struct {
	t    *Till
	path string

	mu       sync.Mutex // guards what follows
	running  string     // digest of what the till was started with
	restarts int
}

// NewSettings makes them of the example, in a file.
func NewSettings(t *Till, path string) (*Settings, error) {
	text := []byte(config.Example())
	return &Settings{t: t, path: path, running: config.Digest(text)}, os.WriteFile(path, text, 0o600)
}

// Read gives the file.
func (s *Settings) Read() (api.SettingsState, error) {
	text, err := config.Read(s.path)
	if err != nil {
		return api.SettingsState{}, err
	}
	sections, err := config.Sections(text, s.path)
	s.mu.Lock()
	defer s.mu.Unlock()
	return api.SettingsState{Path: s.path, Digest: config.Digest(text), Restart: config.Digest(text) != s.running, Sections: sections}, err
}

// Change changes the file.
func (s *Settings) Change(ctx context.Context, w api.SettingsWish) (api.SettingsDone, error) {
	if err := s.t.Do(ctx, till.Allow{Permission: catalog.MaySettings}); err != nil {
		return api.SettingsDone{}, err
	}
	edits, err := config.Change(s.path, w.Digest, w.Wish, w.DryRun)
	done := api.SettingsDone{OK: err == nil}
	for _, p := range config.ProblemsOf(err) {
		if p.Code == fault.ConfigChanged || p.Code == fault.ConfigByHand {
			return done, err
		}
		done.Problems = append(done.Problems, api.FieldProblem{Key: config.KeyOf(p), Code: p.Code, Fault: p})
	}
	for _, e := range edits {
		done.Changed = append(done.Changed, e.Key)
	}
	return done, nil
}

// Restart counts.
func (s *Settings) Restart(ctx context.Context) error {
	if err := s.t.Do(ctx, till.Allow{Permission: catalog.MaySettings}); err != nil {
		return err
	}
	if err := s.Still(); err != nil {
		return err
	}
	state, err := s.Read()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = state.Digest
	s.restarts++
	return err
}

// Restarts is how often the till was started again.
func (s *Settings) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// Still tells whether the till may start again.
func (s *Settings) Still() error {
	if v, _ := s.t.View(); len(v.Cheque.Lines) > 0 {
		return fault.New(fault.RestartSale)
	}
	return nil
}
