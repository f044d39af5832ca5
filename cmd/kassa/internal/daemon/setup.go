package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/kassa-pos/kassa/board/input"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// setupSetting is the journal's name of how far the first start has come.
const setupSetting = "setup"

// setup is the first start: what a till is asked that has nobody yet. How far
// it has come is in the journal, so a cut at any step goes on there.
type setup struct {
	d *daemon

	mu   sync.Mutex // guards what follows
	step string     // "": there is none, or it is over

	code string // of this start, for a till that nobody knows
}

type setupData struct {
	Step string `json:"step"`
}

// openSetup reads how far it has come.
func openSetup(ctx context.Context, d *daemon) (*setup, error) {
	s := &setup{d: d, code: newCode()}
	rec, err := d.journal.Setting(ctx, setupSetting)
	if errors.Is(err, journal.ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	var data setupData
	if err := json.Unmarshal(rec.Data, &data); err != nil {
		return nil, fmt.Errorf("setting in record %d: %w", rec.Seq, err)
	}
	s.step = data.Step
	return s, nil
}

// Step is what is asked now; a till where nobody can log in is asked for its
// owner before anything else.
func (s *setup) Step() string {
	if s.d.users.Empty() {
		return console.SetupOwner
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.step
}

// Next goes on to a step; "" ends it.
func (s *setup) Next(ctx context.Context, step string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := json.Marshal(setupData{step})
	if err != nil {
		return err
	}
	if _, err := s.d.journal.Append(ctx, record.Entry{Kind: record.Setting, ID: newID(), Type: setupSetting, Schema: 1, Data: data}); err != nil {
		return err
	}
	s.step = step
	return nil
}

// usualKKT is where a Shtrih-M on USB answers by its own network card.
const usualKKT = "tcp://192.168.137.111:7778"

// Found are addresses of what is plugged in.
func (s *setup) Found() (kkt, scanners []console.SetupDevice) {
	root := os.DirFS("/")
	b, err := profileOf(root, s.d.cfg)
	if err != nil {
		s.d.log.Warn("the board is not known", "err", err)
	}
	for _, p := range b.Ports {
		kkt = append(kkt, console.SetupDevice{Name: p.Path(), Address: "serial://" + p.Path() + "?baud=115200"})
		scanners = append(scanners, console.SetupDevice{Name: p.Path(), Address: "serial://" + p.Path() + "?baud=9600"})
	}
	kkt = append(kkt, console.SetupDevice{Name: "Штрих-М USB", Address: usualKKT})
	found, err := input.List(root)
	if err != nil {
		s.d.log.Warn("input devices can not be listed", "err", err)
	}
	for _, f := range found {
		scanners = append(scanners, console.SetupDevice{Name: f.Name, Address: f.Address})
	}
	return kkt, scanners
}

// Test asks a fiscal device who it is. The one the till works with has told.
func (s *setup) Test(ctx context.Context, address string) (string, error) {
	var u config.URI
	if err := u.UnmarshalText([]byte(address)); err != nil {
		return "", config.Bad(s.d.cfg.Path, "kkt.address", err)
	}
	if u.IsZero() {
		return "", fault.New(fault.ConfigMissing, "kkt.address")
	}
	if k := s.d.cfg.KKT; k != nil && k.Address.String() == u.String() {
		v, _ := s.d.loop.View()
		if !v.KKT.Ready {
			return "", fault.New(fault.FiscalNoAnswer)
		}
		return fmt.Sprintf("%s, %s, FN %s", v.KKT.Identity.Model, v.KKT.Identity.Serial, v.KKT.Identity.FN), nil
	}
	found := examineKKT(ctx, &config.KKT{Driver: "shtrih-m", Address: u, Password: config.DefaultPassword, Protocol: "auto", Speed: speedFor(u), OFDRelay: "off"})
	if !found[0].OK {
		f := fault.New(fault.FiscalNoAnswer)
		f.Detail = found[0].State
		return "", f
	}
	return found[0].State, nil
}

// speedFor looks for the speed of a serial line: a new device has its own.
func speedFor(u config.URI) string {
	if u.Scheme == "serial" {
		return "auto"
	}
	return "fixed"
}
