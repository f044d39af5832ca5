package api

import (
	"context"
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/fault"
)

const (
	pathSettings = "/api/v1/settings"
	pathRestart  = "/api/v1/restart"
)

// Settings is the till's configuration file. Whoever is logged in changes it.
type Settings interface {
	Read() (SettingsState, error)
	Change(ctx context.Context, w SettingsWish) (SettingsDone, error)
	// Restart starts the till again, unless somebody is served: Still says why.
	Restart(ctx context.Context) error
	Still() error
}

// SettingsState is the file as it is now.
type SettingsState struct {
	Path     string           `json:"path"`
	Digest   string           `json:"digest"`  // of the text, for a change of it
	Restart  bool             `json:"restart"` // the till runs with something else
	Old      bool             `json:"old"`     // ..because the file does not do
	Sections []config.Section `json:"sections"`
}

// SettingsWish is what is to change.
type SettingsWish struct {
	config.Wish
	Digest string `json:"digest"` // of the text that was looked at; "": whatever it is
	DryRun bool   `json:"dry_run"`
}

// SettingsDone is what became of a wish.
type SettingsDone struct {
	OK       bool           `json:"ok"`
	Changed  []string       `json:"changed"` // keys
	Restart  bool           `json:"restart"` // the change wants one
	Digest   string         `json:"digest"`
	Problems []FieldProblem `json:"problems"` // why nothing was changed
}

// FieldProblem is what is wrong with a key.
type FieldProblem struct {
	Key     string       `json:"key"`
	Code    fault.Code   `json:"code"`
	Message string       `json:"message"`
	Fault   *fault.Error `json:"-"`
}

func (a *API) settingsRoutes() []route {
	return []route{{"GET", pathSettings, a.settings}, {"POST", pathSettings, a.setSettings}, {"POST", pathRestart, a.restart}}
}

func (a *API) settings(w http.ResponseWriter, r *http.Request) {
	var s SettingsState
	err := error(fault.New(fault.Unavailable))
	if a.o.Settings != nil {
		s, err = a.o.Settings.Read()
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, s)
}

func (a *API) setSettings(w http.ResponseWriter, r *http.Request) {
	var in SettingsWish
	var out SettingsDone
	err := read(w, r, &in)
	switch {
	case err != nil:
	case a.o.Settings == nil:
		err = fault.New(fault.Unavailable)
	default:
		out, err = a.o.Settings.Change(r.Context(), in)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, out)
}

func (a *API) restart(w http.ResponseWriter, r *http.Request) {
	var in struct{}
	err := read(w, r, &in)
	switch {
	case err != nil:
	case a.o.Settings == nil:
		err = fault.New(fault.Unavailable)
	default:
		err = a.o.Settings.Restart(r.Context())
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.status(w, r)
}
