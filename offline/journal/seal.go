package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// A closed period's tape is read once more in the background, slowly, and gets
// a manifest with the hashes of its segments, as an exported copy has one.
const (
	sealPiece = 1 << 20 // bytes of lines between two pauses
	sealPause = 20 * time.Millisecond
)

// sealer gives manifests to the closed periods that have none, at the start
// and when another one was put away.
func (j *Journal) sealer() {
	defer close(j.sealed)
	for {
		for _, a := range j.archives.all() {
			if err := j.sealPeriod(j.life, a); err != nil && j.life.Err() == nil {
				j.o.Log.Error("an archived period has no manifest yet", "period", a.about.Number, "err", err)
			}
		}
		select {
		case <-j.turned:
		case <-j.life.Done():
			return
		}
	}
}

// sealPeriod reads one period. When it finds damage, opening mends it.
func (j *Journal) sealPeriod(ctx context.Context, a *archive) error {
	dir := filepath.Join(a.dir, tapeName)
	if f, err := j.o.FS.OpenFile(filepath.Join(dir, ManifestName), false); err == nil {
		return f.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	m, err := j.readSlowly(ctx, a)
	if errors.Is(err, tape.ErrDamaged) {
		if err := writeFile(j.o.FS, filepath.Join(a.dir, suspectName), []byte("read the whole tape\n")); err != nil {
			return err
		}
		if err := j.archives.open(ctx, a, func(*Journal) error { return nil }); err != nil {
			return err
		}
		m, err = j.readSlowly(ctx, a)
	}
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return writeFile(j.o.FS, filepath.Join(dir, ManifestName), append(b, '\n'))
}

// checkSeal compares a closed period whose tape is sound with its manifest. A
// manifest that says something else is set aside and made again.
func (j *Journal) checkSeal(ctx context.Context, c *checker, a *archive) error {
	dir := filepath.Join(a.dir, tapeName)
	if checkManifest(ctx, &c.report, dir, a.about.First) || ctx.Err() != nil {
		return ctx.Err()
	}
	name := filepath.Join(dir, ManifestName)
	if err := j.o.FS.Rename(name, name+asideName()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	signal(j.turned)
	return j.o.FS.SyncDir(dir)
}

// readSlowly verifies the chain of a closed period and hashes its segments.
func (j *Journal) readSlowly(ctx context.Context, a *archive) (m Manifest, err error) {
	dir := filepath.Join(a.dir, tapeName)
	pause := time.NewTimer(sealPause)
	defer pause.Stop()
	size := 0
	found, err := tape.Inspect(ctx, j.o.FS, dir, func(l tape.Line) error {
		if size += len(l.Data); size < sealPiece {
			return nil
		}
		size = 0
		pause.Reset(sealPause)
		select {
		case <-pause.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil {
		return m, err
	}
	if found.Last != a.about.Last || hexHash(found.Head) != a.about.Head {
		return m, fault.New(fault.JournalDamaged, fmt.Sprintf("archived period %d ends with record %d", a.about.Number, found.Last))
	}
	m = Manifest{Format: copyMagic + strconv.Itoa(copyFormat), ID: found.ID, Created: j.o.Now().UTC().Truncate(time.Second),
		First: found.First, Last: found.Last, Head: hexHash(found.Head)}
	for _, s := range found.Segments {
		sum, bytes, err := sumFile(filepath.Join(dir, s.Name))
		if err != nil {
			return m, fmt.Errorf("journal: %w", err)
		}
		m.Files = append(m.Files, ManifestFile{Name: s.Name, First: s.First, Bytes: bytes, SHA256: sum})
	}
	return m, nil
}
