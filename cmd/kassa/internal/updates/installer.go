package updates

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/offline/update"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Limits of the installer.
const (
	checkLimit   = 10 * time.Minute // for hashing the bundle on a slow card
	installLimit = 60 * time.Minute // for RAUC to write it
	maxSaid      = 2 << 10          // of what RAUC said last, in bytes
)

// Machine is what root can do and the till can not. The functions are replaced
// in tests.
type Machine struct {
	Root   fs.FS                                 // "/"
	Disk   func(do func(slots.Disk) error) error // the till's disk
	Write  func(ctx context.Context, bundle string, told func(percent int)) error
	Reboot func(ctx context.Context) error
	Now    func() time.Time
}

// Here is the machine this process runs on.
func Here() Machine {
	return Machine{
		Root:   os.DirFS("/"),
		Disk:   func(do func(slots.Disk) error) error { return slots.With(slots.DiskPath, do) },
		Write:  rauc,
		Reboot: func(ctx context.Context) error { return exec.CommandContext(ctx, "systemctl", "reboot").Run() },
		Now:    time.Now,
	}
}

// Installer does what the till has asked for.
type Installer struct {
	Paths
	Machine
	Till update.Till
	Keys []ed25519.PublicKey
}

// Handle takes the request, if there is one, and does it. What becomes of it
// is in the progress file; the error is for the service's log.
func (i Installer) Handle(ctx context.Context) error {
	var r Request
	there, err := load(i.Store, requestFile, &r)
	if err != nil {
		return errors.Join(err, i.remove(i.Store, requestFile))
	}
	if !there {
		return nil
	}
	// A request is tried once: whatever becomes of it, the next start does not
	// begin to write again by itself.
	if err := i.remove(i.Store, requestFile); err != nil {
		return err
	}
	if err := i.do(ctx, r); err != nil {
		f := explain(err)
		return errors.Join(err, i.tell(Progress{ID: r.ID, Phase: Failed, Code: f.Code, Detail: f.Detail}))
	}
	return nil
}

func (i Installer) do(ctx context.Context, r Request) error {
	switch r.Action {
	case Install:
		return i.install(ctx, r)
	case Restart:
		if err := i.tell(Progress{ID: r.ID, Phase: Restarting}); err != nil {
			return err
		}
		return i.Reboot(ctx)
	case Rollback:
		if err := i.Disk(func(d slots.Disk) error { return i.rollback(d) }); err != nil {
			return err
		}
		if err := i.tell(Progress{ID: r.ID, Phase: Restarting}); err != nil {
			return err
		}
		return i.Reboot(ctx)
	}
	return fmt.Errorf("the installer knows no %.40q", r.Action)
}

// rollback makes the other slot the next one.
func (i Installer) rollback(d slots.Disk) error {
	booted, _, err := slots.Booted(i.Root)
	if err != nil {
		return err
	}
	_, err = d.Change(func(st slots.State) (slots.State, error) { return st.First(booted.Other()) })
	return err
}

// install proves the bundle with the image's own keys, notes the trial and has
// RAUC write it.
func (i Installer) install(ctx context.Context, r Request) error {
	booted, _, err := slots.Booted(i.Root)
	if err != nil {
		return err
	}
	if err := i.tell(Progress{ID: r.ID, Phase: Checking}); err != nil {
		return err
	}
	m, bundle, err := i.proven(ctx, r)
	if err != nil {
		return err
	}
	trial := Trial{ID: r.ID, Slot: booted.Other(), Version: m.Version, FromVersion: i.Till.Version, By: r.By, At: i.Now().UTC()}
	// Before the slots are switched: a new system that does not start can not
	// tell of itself, the old one tells of it.
	for _, old := range []string{failedFile, outcomeFile} {
		if err := i.remove(i.System, old); err != nil {
			return err
		}
	}
	if err := i.save(i.System, trialFile, trial, 0o644); err != nil {
		return err
	}
	if err := i.write(ctx, r, bundle); err != nil {
		return errors.Join(err, i.remove(i.System, trialFile))
	}
	trial.Written = true
	if err := i.save(i.System, trialFile, trial, 0o644); err != nil {
		return err
	}
	return i.tell(Progress{ID: r.ID, Phase: Installed, Percent: 100})
}

// write has the bundle written and looks whether the slots were switched.
func (i Installer) write(ctx context.Context, r Request, bundle string) error {
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	last := -1
	var told error
	err := i.Write(ctx, bundle, func(percent int) {
		if percent != last && told == nil {
			last, told = percent, i.tell(Progress{ID: r.ID, Phase: Installing, Percent: percent})
		}
	})
	if err != nil {
		return err
	}
	if told != nil {
		return told
	}
	booted, _, err := slots.Booted(i.Root)
	if err != nil {
		return err
	}
	return i.Disk(func(d slots.Disk) error {
		st, _, err := d.Read()
		if err != nil {
			return err
		}
		if next, rescue := st.Next(); next != booted.Other() || rescue {
			return fmt.Errorf("written, but the next start would take slot %s (%s)", next, st)
		}
		return nil
	})
}

// proven opens the envelope and reads the whole bundle once more: the till may
// be wrong, or somebody may have changed the file since.
func (i Installer) proven(ctx context.Context, r Request) (update.Manifest, string, error) {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	bundle, envelope := filepath.Join(i.Store, filepath.Base(r.Bundle)), filepath.Join(i.Store, filepath.Base(r.Envelope))
	sealed, err := readSmall(envelope)
	if err != nil {
		return update.Manifest{}, "", err
	}
	m, err := update.Open(sealed, i.Keys)
	if err != nil {
		return update.Manifest{}, "", err
	}
	if err := m.Admit(i.Till, r.Insist); err != nil {
		return update.Manifest{}, "", err
	}
	return m, bundle, update.Check(ctx, bundle, m)
}

// readSmall reads an envelope; a link instead of a file is refused.
func readSmall(path string) (b []byte, err error) {
	if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
		return nil, errors.Join(err, update.ErrEnvelope)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, update.MaxEnvelope+1))
}

func (i Installer) tell(p Progress) error {
	p.At = i.Now().UTC()
	return i.save(i.Run, progressFile, p, 0o644)
}

// Report tells the till which slots there are.
func (m Machine) Report(path, version string) error {
	return m.Disk(func(d slots.Disk) error {
		r, err := slots.Look(m.Root, d, version, m.Now())
		if err != nil {
			return err
		}
		return slots.WriteReport(path, r)
	})
}

// rauc installs a bundle and passes on what it says of its progress: lines
// that begin with a percentage.
func rauc(ctx context.Context, bundle string, told func(int)) error {
	cmd := exec.CommandContext(ctx, "rauc", "install", bundle)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start RAUC: %w", err)
	}
	said := follow(out, told)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("RAUC: %w: %s", err, said)
	}
	return nil
}

// follow reads to the end and returns the last of what was said.
func follow(out io.Reader, told func(int)) (said string) {
	for sc := bufio.NewScanner(out); sc.Scan(); {
		line := strings.TrimSpace(sc.Text())
		if digits, _, ok := strings.Cut(line, "%"); ok {
			if n, err := strconv.Atoi(digits); err == nil && n >= 0 && n <= 100 {
				told(n)
				continue
			}
		}
		said = strings.TrimSpace(said + "\n" + line)
		if len(said) > maxSaid {
			said = said[len(said)-maxSaid:]
		}
	}
	return strings.ToValidUTF8(said, "?")
}

// explain gives an error its code.
func explain(err error) *fault.Error {
	for _, known := range []struct {
		is   error
		code fault.Code
	}{
		{update.ErrUnsigned, fault.UpdateUnsigned}, {update.ErrTampered, fault.UpdateTampered}, {update.ErrEnvelope, fault.UpdateEnvelope},
		{update.ErrOtherTill, fault.UpdateOther}, {update.ErrOlder, fault.UpdateOlder}, {update.ErrSame, fault.UpdateSame},
		{update.ErrJournal, fault.UpdateJournal}, {update.ErrSpace, fault.UpdateSpace}, {update.ErrNoUpdate, fault.UpdateNone},
		{slots.ErrNoSlots, fault.UpdateNoSlots}, {slots.ErrNotBootable, fault.UpdateNoOther},
	} {
		if errors.Is(err, known.is) {
			return fault.New(known.code).With(err)
		}
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.UpdateFailed).With(err)
}
