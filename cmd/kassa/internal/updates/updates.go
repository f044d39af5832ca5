// Package updates takes a till from one release to the next, and back.
//
// Two processes share the work, for the till is not root and must not be:
//
//   - The till (Manager) finds a release, brings its bundle to the disk, proves
//     it, and asks for it to be installed when nobody is selling.
//   - The installer (Installer), a service of root's that a request starts,
//     proves it once more with the keys of the image and hands it to RAUC.
//   - The gate (Gate), a service of root's too, runs after every start. It asks
//     the till whether it can sell, and confirms the slot or sends the machine
//     back to the other one.
//
// They talk through small files, each replaced whole and durably, for a power
// cut may come between any two steps and a person must be told afterwards what
// became of the update:
//
//	DATA/update/request.json   the till's wish
//	/run/kassa/update.json     how far the installer is
//	/data/slots/trial.json     a slot is on trial: which release, put there when
//	/data/slots/failed.json    why the gate sent it away
//	/data/slots/outcome.json   what became of the last update, until the next
//
// Whatever moment the power goes: before the installer has switched the slots,
// the old release starts and the update is asked for again; after it, the new
// one starts, and again, until the gate has decided or its attempts are spent.
// The gate's own steps may all be done twice.
//
// Manager's methods may be called concurrently.
package updates

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/offline/durable"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Paths are where the files above are.
type Paths struct {
	Store  string // DATA/update: bundles and the request, the till's own
	Run    string // /run/kassa: gone after a restart
	System string // /data/slots: root's

	// cut is asked before every change, in tests: an error is the end of the
	// power.
	cut func() error
}

func (p Paths) powered() error {
	if p.cut == nil {
		return nil
	}
	return p.cut()
}

// StoreDir is the Store's name in the data directory.
const StoreDir = "update"

// Names of the files.
const (
	requestFile  = "request.json"
	progressFile = "update.json"
	trialFile    = "trial.json"
	failedFile   = "failed.json"
	outcomeFile  = "outcome.json"
	gateFile     = "gate.json"
)

// maxFile bounds each of them, in bytes.
const maxFile = 64 << 10

// Action is what is asked of the installer.
type Action string

// The actions.
const (
	Install  Action = "install"
	Restart  Action = "restart"
	Rollback Action = "rollback" // the other slot starts, and the machine with it
)

// Request is a wish of the till's.
type Request struct {
	ID       uuid.UUID `json:"id"`
	Action   Action    `json:"action"`
	Bundle   string    `json:"bundle,omitempty"` // file names in the store
	Envelope string    `json:"envelope,omitempty"`
	Insist   bool      `json:"insist,omitempty"` // a technician's will: see update.Manifest.Admit
	By       string    `json:"by,omitempty"`     // who wanted it
	At       time.Time `json:"at"`
}

// Phase is how far something is.
type Phase string

// The phases. Checking to Failed are the installer's as well.
const (
	Idle        Phase = "idle"
	Downloading Phase = "downloading"
	Staged      Phase = "staged" // proven, on this disk
	Checking    Phase = "checking"
	Installing  Phase = "installing"
	Installed   Phase = "installed" // the next start takes it
	Restarting  Phase = "restarting"
	Failed      Phase = "failed"
)

// Progress is what the installer tells.
type Progress struct {
	ID      uuid.UUID  `json:"id"` // of the request
	Phase   Phase      `json:"phase"`
	Percent int        `json:"percent"`
	Code    fault.Code `json:"code,omitempty"` // why it failed
	Detail  string     `json:"detail,omitempty"`
	At      time.Time  `json:"at"`
}

// Trial is a slot that has not yet shown that it sells.
type Trial struct {
	ID          uuid.UUID  `json:"id"` // of the request
	Slot        slots.Slot `json:"slot"`
	Version     string     `json:"version"`
	FromVersion string     `json:"from_version"`
	By          string     `json:"by,omitempty"`
	At          time.Time  `json:"at"`
	Written     bool       `json:"written"` // RAUC has finished
}

// Outcome is what became of an update.
type Outcome struct {
	Trial
	Kept   bool      `json:"kept"`
	Reason string    `json:"reason,omitempty"` // why it was not
	Ended  time.Time `json:"ended"`
}

// Reasons of an update that was not kept and can not tell of itself.
const (
	// NotStarted: its system never came as far as the gate's decision: a bad
	// kernel, no init, a hang, or power cuts until its attempts were spent.
	NotStarted = "the new system did not start"
	CutOff     = "the installation was cut off"
)

// Check is one thing a till must be able to do.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// Verdict is the till's answer to the gate.
type Verdict struct {
	OK      bool    `json:"ok"`
	Version string  `json:"version"`
	Checks  []Check `json:"checks"`
}

// save replaces a small file whole and durably. Others may read it: there is
// nothing secret in any.
func (p Paths) save(dir, name string, v any, mode fs.FileMode) error {
	if err := p.powered(); err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("updates: %w", err)
	}
	return durable.Replace(filepath.Join(dir, name), append(b, '\n'), mode)
}

// load reads such a file; false when there is none. A file that can not be
// read as what it should be is an error: root wrote it whole.
func load(dir, name string, v any) (there bool, err error) {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("updates: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return false, fmt.Errorf("updates: %w", err)
	}
	if len(b) > maxFile {
		return false, fmt.Errorf("updates: %s is longer than %d bytes", name, maxFile)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(v); err != nil {
		return false, fmt.Errorf("updates: %s: %w", name, err)
	}
	return true, nil
}

// remove takes such a file away, durably.
func (p Paths) remove(dir, name string) error {
	if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := p.powered(); err != nil {
		return err
	}
	return durable.Remove(filepath.Join(dir, name))
}
