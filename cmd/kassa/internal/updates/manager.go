package updates

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/offline/update"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Limits of the till's side.
const (
	lookEvery     = time.Second      // at what the installer says
	installerWait = time.Minute      // until it says anything at all
	silence       = 15 * time.Minute // between two words of it, hashing and RAUC's long steps included
	tries         = 12               // of a download in one go
	firstPause    = 5 * time.Second
	longestPause  = 5 * time.Minute
)

// Source is where releases are found: update.Channel, update.Folder.
type Source interface {
	update.Source
	Newest(ctx context.Context, keys []ed25519.PublicKey) (update.Manifest, []byte, error)
}

// Options are a Manager's surroundings.
type Options struct {
	Paths
	Keys    []ed25519.PublicKey
	Version string
	// Channel is where releases come from by themselves; nil: nowhere.
	Channel Source
	// Every is how often the channel is asked; 0: only when somebody wants it.
	Every time.Duration
	// Folder finds the directory that a person named: "usb", or a path.
	Folder func(name string) (Source, error)
	Till   func() (update.Till, error)
	// Busy says why nothing may be installed now: an open shift, a receipt
	// nobody knows the fate of.
	Busy   func() error
	Report func() (slots.Report, error)
	// Told makes what happened lasting: an audit record. id tells a repetition.
	Told  func(ctx context.Context, id uuid.UUID, what string, o Outcome) error
	Now   func() time.Time
	NewID func() uuid.UUID
	Log   *slog.Logger
	// Free is the store's, for tests. Pause and Look replace constants there.
	Free              func(dir string) (int64, error)
	Pause, Look, Wait time.Duration
}

// Wish is what a person wants installed.
type Wish struct {
	From    string `json:"from"`    // "": the channel; "usb", or a directory
	Force   bool   `json:"force"`   // a technician's: an older one, the same again, during a shift
	Restart bool   `json:"restart"` // into it, as soon as it is installed
	By      string `json:"-"`
}

// Release is what a person may be offered.
type Release struct {
	Version  string            `json:"version"`
	Released time.Time         `json:"released"`
	Size     int64             `json:"size"` // bytes
	Notes    map[string]string `json:"notes,omitempty"`
}

// Status is what a person sees.
type Status struct {
	Version   string        `json:"version"`
	Slots     *slots.Report `json:"slots,omitempty"` // nil: this machine has none
	Channel   bool          `json:"channel"`         // releases are looked for by themselves
	Available *Release      `json:"available,omitempty"`
	Checked   time.Time     `json:"checked,omitzero"`
	Phase     Phase         `json:"phase"`
	Release   *Release      `json:"release,omitempty"` // what Phase is about
	Percent   int           `json:"percent"`
	Failure   *fault.Error  `json:"-"`                       // of the last try
	Last      *Outcome      `json:"last,omitempty"`          // what became of the last update
	Waits     bool          `json:"restart_waits,omitempty"` // the machine restarts into what is installed when nobody sells
}

// Manager is the till's part.
type Manager struct {
	o     Options
	store update.Store
	jobs  chan job

	mu      sync.Mutex // guards what follows
	status  Status
	cancel  context.CancelFunc // of the job that runs; nil: none
	given   bool               // up: the job that waits
	wanted  string             // who wants the restart that Waits
	changed chan struct{}      // closed at the next change
}

type job struct {
	wish Wish
	only bool // look, do not bring
}

// New makes a Manager. Run must be called.
func New(o Options) *Manager {
	if o.Pause == 0 {
		o.Pause = firstPause
	}
	if o.Look == 0 {
		o.Look = lookEvery
	}
	if o.Wait == 0 {
		o.Wait = installerWait
	}
	return &Manager{
		o: o, store: update.Store{Dir: o.Store, Free: o.Free}, jobs: make(chan job, 1), changed: make(chan struct{}),
		status: Status{Version: o.Version, Phase: Idle, Channel: o.Channel != nil},
	}
}

// Run does what is asked for and asks the channel, until ctx ends.
func (m *Manager) Run(ctx context.Context) {
	var every <-chan time.Time
	if m.o.Every > 0 && m.o.Channel != nil {
		t := time.NewTicker(m.o.Every)
		defer t.Stop()
		every = t.C
	}
	look := time.NewTicker(10 * m.o.Look)
	defer look.Stop()
	m.tellOutcome(ctx)
	for {
		select {
		case j := <-m.jobs:
			m.work(ctx, j)
		case <-every:
			m.work(ctx, job{only: true})
		case <-look.C:
			m.tellOutcome(ctx)
			m.restartIfFree(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// Status tells how things are, and what to wait for.
func (m *Manager) Status() (Status, <-chan struct{}) {
	m.mu.Lock()
	s, changed := m.status, m.changed
	m.mu.Unlock()
	if r, err := m.o.Report(); err == nil {
		s.Slots = &r
	}
	return s, changed
}

// Check asks the channel now.
func (m *Manager) Check(context.Context) error {
	if m.o.Channel == nil {
		return fault.New(fault.UpdateNoChannel)
	}
	return m.begin(job{only: true})
}

// Install begins to bring and install what is wished for; Status tells how far
// it is. What is refused at once: a machine without slots, an open shift (but
// for a technician's force), another installation.
func (m *Manager) Install(_ context.Context, w Wish) error {
	if _, err := m.o.Report(); err != nil {
		return explain(err)
	}
	if w.From == "" && m.o.Channel == nil {
		return fault.New(fault.UpdateNoChannel)
	}
	if err := m.free(w.Force); err != nil {
		return err
	}
	return m.begin(job{wish: w})
}

// Restart restarts the machine into what was installed.
func (m *Manager) Restart(ctx context.Context, by string, force bool) error {
	return m.hand(ctx, Request{Action: Restart, By: by, Insist: force}, Restarting)
}

// RestartWhenFree restarts the machine into what was installed as soon as
// nobody sells; until then it can be given up.
func (m *Manager) RestartWhenFree(by string) error {
	r, err := m.o.Report()
	if err != nil {
		return explain(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status.Phase != Installed && (r.Next == "" || r.Next == r.Booted) {
		return fault.New(fault.UpdateNone)
	}
	m.wanted = by
	m.changing(func(s *Status) { s.Waits, s.Failure = true, nil })
	return nil
}

// restartIfFree does what RestartWhenFree has promised.
func (m *Manager) restartIfFree(ctx context.Context) {
	m.mu.Lock()
	waits, by := m.status.Waits, m.wanted
	m.mu.Unlock()
	if !waits || m.o.Busy() != nil {
		return
	}
	m.set(func(s *Status) { s.Waits = false })
	if err := m.Restart(ctx, by, false); err != nil && ctx.Err() == nil {
		m.o.Log.Warn("update", "err", err)
		m.set(func(s *Status) { s.Failure = explain(err) })
	}
}

// Rollback restarts the machine into the other slot's release.
func (m *Manager) Rollback(ctx context.Context, by string, force bool) error {
	r, err := m.o.Report()
	if err != nil {
		return explain(err)
	}
	if !r.Slots[r.Booted.Other()].Bootable {
		return fault.New(fault.UpdateNoOther)
	}
	return m.hand(ctx, Request{Action: Rollback, By: by, Insist: force}, Restarting)
}

// Cancel gives up what is being brought, or a restart that waits. What RAUC writes it finishes: half a
// slot is worse than a whole one.
func (m *Manager) Cancel() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.status.Waits:
		m.changing(func(s *Status) { s.Waits = false })
	case m.status.Phase != Downloading && m.status.Phase != Staged:
		return fault.New(fault.UpdateNothing)
	case m.cancel != nil:
		m.cancel()
	default:
		m.given = true // up, before it has begun
	}
	return nil
}

// free tells whether something may be installed now.
func (m *Manager) free(force bool) error {
	if force {
		return nil
	}
	return m.o.Busy()
}

// begin gives the job to Run; a second one is refused.
func (m *Manager) begin(j job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cancel != nil {
		return fault.New(fault.UpdateRuns)
	}
	select {
	case m.jobs <- j:
	default:
		return fault.New(fault.UpdateRuns)
	}
	if !j.only {
		m.changing(begun)
	}
	return nil
}

// begun is the state at the beginning of an installation.
func begun(s *Status) {
	s.Phase, s.Percent, s.Failure, s.Release, s.Waits = Downloading, 0, nil, nil, false
}

func (m *Manager) set(change func(*Status)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changing(change)
}

// changing is set with mu held.
func (m *Manager) changing(change func(*Status)) {
	change(&m.status)
	close(m.changed)
	m.changed = make(chan struct{})
}

// work does one job; its failure is told, not returned.
func (m *Manager) work(ctx context.Context, j job) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.mu.Lock()
	m.cancel = cancel
	given := m.given
	m.given = false
	m.mu.Unlock()
	if given {
		cancel()
	}
	var err error
	if j.only {
		err = m.look(ctx)
	} else {
		err = m.install(ctx, j.wish)
	}
	m.mu.Lock()
	m.cancel = nil
	m.mu.Unlock()
	if err == nil {
		return
	}
	f := explain(err)
	if errors.Is(err, context.Canceled) {
		f = fault.New(fault.UpdateCancelled)
	}
	m.o.Log.Warn("update", "code", string(f.Code), "err", err)
	m.set(func(s *Status) {
		s.Failure = f
		if !j.only || s.Phase == Downloading {
			s.Phase, s.Percent = Failed, 0
		}
	})
}

// look asks the channel and remembers what it has for this till.
func (m *Manager) look(ctx context.Context) error {
	release, _, err := m.o.Channel.Newest(ctx, m.o.Keys)
	if errors.Is(err, update.ErrNoUpdate) {
		err = nil
		release = update.Manifest{}
	}
	if err != nil {
		return err
	}
	till, err := m.o.Till()
	if err != nil {
		return err
	}
	var offer *Release
	if release.Version != "" && release.Admit(till, false) == nil {
		offer = offered(release)
	}
	m.set(func(s *Status) {
		s.Available, s.Checked = offer, m.o.Now()
		if s.Phase == Failed || s.Phase == Idle {
			s.Phase, s.Failure = Idle, nil
		}
	})
	return nil
}

func offered(m update.Manifest) *Release {
	return &Release{Version: m.Version, Released: m.Released, Size: m.Size, Notes: m.Notes}
}

// install brings, proves and hands over.
func (m *Manager) install(ctx context.Context, w Wish) error {
	m.set(begun)
	from := m.o.Channel
	if w.From != "" {
		var err error
		if from, err = m.o.Folder(w.From); err != nil {
			return err
		}
	}
	release, sealed, err := from.Newest(ctx, m.o.Keys)
	if err != nil {
		return err
	}
	till, err := m.o.Till()
	if err != nil {
		return err
	}
	if err := release.Admit(till, w.Force); err != nil {
		return err
	}
	m.set(func(s *Status) { s.Release = offered(release) })
	staged, err := m.bring(ctx, release, sealed, from)
	if err != nil {
		return err
	}
	m.set(func(s *Status) { s.Phase, s.Percent = Staged, 100 })
	if err := m.free(w.Force); err != nil { // a shift may have been opened meanwhile
		return err
	}
	r := Request{Action: Install, Bundle: filepath.Base(staged.Bundle), Envelope: filepath.Base(staged.Envelope), Insist: w.Force, By: w.By}
	if err := m.hand(ctx, r, Installed); err != nil {
		return err
	}
	if err := m.store.Forget(); err != nil { // it is in its slot; the disk has better use for the room
		m.o.Log.Warn("an installed bundle stays on the disk", "err", err)
	}
	if !w.Restart {
		return nil
	}
	return m.Restart(ctx, w.By, w.Force)
}

// bring stages the bundle, trying again when the source breaks off.
func (m *Manager) bring(ctx context.Context, release update.Manifest, sealed []byte, from Source) (update.Staged, error) {
	pause := m.o.Pause
	for try := 1; ; try++ {
		done, err := m.store.Stage(ctx, release, sealed, from, func(have, all int64) {
			percent := int(have * 100 / all)
			m.mu.Lock()
			same := m.status.Percent == percent
			m.mu.Unlock()
			if !same {
				m.set(func(s *Status) { s.Percent = percent })
			}
		})
		final := errors.Is(err, update.ErrSpace) || errors.Is(err, update.ErrNoUpdate) || errors.Is(err, update.ErrTampered) || ctx.Err() != nil
		if err == nil || final || try == tries {
			return done, err
		}
		m.o.Log.Info("the update's download broke off and goes on", "try", try, "err", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return done, ctx.Err()
		}
		pause = min(2*pause, longestPause)
	}
}

// hand gives the installer a request and follows what it says until it is in
// the wanted phase.
func (m *Manager) hand(ctx context.Context, r Request, want Phase) error {
	if _, err := m.o.Report(); err != nil {
		return explain(err)
	}
	if err := m.free(r.Insist); err != nil {
		return err
	}
	r.ID, r.At = m.o.NewID(), m.o.Now().UTC()
	if err := m.o.Told(ctx, r.ID, string(r.Action), Outcome{Trial: Trial{ID: r.ID, By: r.By, At: r.At, FromVersion: m.o.Version}}); err != nil {
		return err
	}
	if err := m.o.save(m.o.Store, requestFile, r, 0o600); err != nil {
		return err
	}
	tick := time.NewTicker(m.o.Look)
	defer tick.Stop()
	heard, last, patience := m.o.Now(), Progress{}, m.o.Wait
	for {
		var ended error
		select {
		case <-tick.C:
		case <-ctx.Done():
			// A restart that was asked for ends this program, perhaps sooner than
			// it reads that the restart is under way: one last look tells.
			ended = ctx.Err()
		}
		var p Progress
		there, err := load(m.o.Run, progressFile, &p)
		if err != nil {
			return err
		}
		if there && p.ID == r.ID && p != last {
			heard, last, patience = m.o.Now(), p, silence
			m.set(func(s *Status) { s.Phase, s.Percent = p.Phase, p.Percent })
			switch p.Phase {
			case want:
				return nil
			case Failed:
				return (&fault.Error{Code: p.Code}).Saying(p.Detail)
			}
		}
		if ended != nil {
			return ended
		}
		if m.o.Now().Sub(heard) > patience {
			return errors.Join(fault.New(fault.UpdateSilent), m.o.remove(m.o.Store, requestFile))
		}
	}
}

// tellOutcome reads what became of the last update, and has it made lasting.
func (m *Manager) tellOutcome(ctx context.Context) {
	var o Outcome
	there, err := load(m.o.System, outcomeFile, &o)
	if err != nil || !there {
		return
	}
	m.mu.Lock()
	known := m.status.Last != nil && *m.status.Last == o
	m.mu.Unlock()
	if known {
		return
	}
	what := "rolled_back"
	if o.Kept {
		what = "kept"
	}
	if err := m.o.Told(ctx, o.ID, what, o); err != nil {
		m.o.Log.Warn("what became of the update is not written down yet", "err", err)
		return
	}
	m.set(func(s *Status) { s.Last = &o })
}
