package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

const (
	removingSuffix = ".removing"

	// retainWitnesses is how many later closed periods must have a document
	// that shows that the time has passed. One could have been made while the
	// clock was wrong.
	retainWitnesses = 2

	// AuditRemoved is the type of the audit record of a removed period.
	AuditRemoved = "journal_removed"
)

// RetainOptions of Retain.
type RetainOptions struct {
	Years  int       // since a period's newest document, at least 1
	Now    time.Time // by a clock the caller has reason to trust
	Needed []uint64  // records that are still needed: not delivered somewhere
}

// Retain removes closed periods whose time is over, the oldest first, and
// tells which: those whose newest document is older than so many years by the
// clock and by the documents of two later closed periods, and of which nothing
// is needed. That a period is removed is in the journal, durably, before
// anything of it is touched. fault.Busy as for Rotate.
func (j *Journal) Retain(ctx context.Context, o RetainOptions) (gone []About, err error) {
	if o.Years < 1 {
		return nil, fmt.Errorf("journal: to be kept for %d years", o.Years)
	}
	if err := j.exclusive(); err != nil {
		return nil, err
	}
	defer j.rotated()
	for {
		list := j.archives.all()
		if len(list) == 0 || !over(list, o) {
			return gone, nil
		}
		if err := j.remove(ctx, list[0]); err != nil {
			return gone, err
		}
		gone = append(gone, list[0].about)
	}
}

// over tells whether the time of the first of the closed periods is over.
func over(list []*archive, o RetainOptions) bool {
	a := &list[0].about
	newest := a.Document
	if newest.IsZero() {
		newest = a.Newest
	}
	if newest.IsZero() {
		return false // nobody knows
	}
	due := newest.AddDate(o.Years, 0, 0)
	witnesses := 0
	for _, later := range list[1:] {
		if later.about.Document.After(due) {
			witnesses++
		}
	}
	return o.Now.After(due) && witnesses >= retainWitnesses &&
		!slices.ContainsFunc(o.Needed, func(seq uint64) bool { return a.First <= seq && seq <= a.Last })
}

// remove says that a period is removed, and then removes it.
func (j *Journal) remove(ctx context.Context, a *archive) error {
	r := removed{Number: a.about.Number, Last: a.about.Last, Head: a.about.Head}
	setting, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	about := a.about
	about.Holds = nil
	audit, err := json.Marshal(about)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), rotateTimeout)
	defer cancel()
	if _, err := j.Append(wait, record.Entry{Kind: record.Audit, ID: id, Type: AuditRemoved, Schema: 1, Data: audit},
		record.Entry{Kind: record.Setting, ID: id, Type: removedName, Schema: 1, Data: setting}); err != nil {
		return err
	}
	j.o.Log.Info("an archived period is removed", "period", r.Number, "first", a.about.First, "last", r.Last)
	if err := j.archives.drop(ctx, a, r); err != nil {
		return err
	}
	return clearAway(j.o.FS, a.dir)
}

// clearAway removes the directory of a period.
func clearAway(fsys tape.FS, dir string) error {
	if err := fsys.Rename(dir, dir+removingSuffix); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := fsys.SyncDir(filepath.Dir(dir)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return removeTree(fsys, dir+removingSuffix)
}

// removeTree removes a directory with everything in it.
func removeTree(fsys tape.FS, dir string) error {
	names, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for _, name := range names {
		name = filepath.Join(dir, name)
		if _, err := fsys.ReadDir(name); err == nil {
			if err := removeTree(fsys, name); err != nil {
				return err
			}
		} else if err := fsys.Remove(name); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	if err := fsys.Remove(dir); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return fsys.SyncDir(filepath.Dir(dir))
}

// finishRemoving does at Open what a cut has left undone, and takes over which
// periods are not there any more.
func (j *Journal) finishRemoving(ctx context.Context) error {
	s, err := j.Setting(ctx, removedName)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var r removed
	if err := json.Unmarshal(s.Data, &r); err != nil {
		return fmt.Errorf("journal: record %d: %w", s.Seq, err)
	}
	for _, a := range j.archives.all() {
		if a.about.Number > r.Number {
			break
		}
		if err := errors.Join(j.archives.drop(ctx, a, r), clearAway(j.o.FS, a.dir)); err != nil {
			return err
		}
	}
	j.archives.gone = r
	names, err := j.o.FS.ReadDir(j.archives.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, removingSuffix) {
			if err := removeTree(j.o.FS, filepath.Join(j.archives.dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
