package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Verify reads a journal that no till has open, or an exported copy, without
// changing anything: Badger, which writes when it opens, is copied first, the
// one of one period after the other's.
func Verify(ctx context.Context, dir string, o VerifyOptions) (Report, error) {
	return newChecker().verify(ctx, dir, o)
}

func (c *checker) verify(ctx context.Context, dir string, o VerifyOptions) (rep Report, err error) {
	o.defaults()
	l, err := shareLock(dir)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, l.release()) }()
	if err := checkCopy(dir); err != nil {
		return rep, err
	}
	dirs, err := archivedDirs(tape.OS{}, dir)
	if err != nil {
		return rep, err
	}
	dirs = append(dirs, dir)
	var closeVault func() error
	if c.vault, c.id, closeVault, err = lookIntoVault(dir); err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, closeVault()) }()
	for _, d := range dirs {
		if err := c.expect(ctx, tape.OS{}, tapeDir(d)); err != nil {
			return rep, err
		}
	}
	half, err := halfAway(dirs)
	if err != nil {
		return rep, err
	}
	if half {
		c.report.add("period.unfinished", 0, "%s is not all there yet", dirs[len(dirs)-2])
	}
	for i, d := range dirs {
		if err := c.directory(ctx, d, half && i >= len(dirs)-2, o); err != nil {
			return c.report, err
		}
	}
	_, err = os.Stat(filepath.Join(dir, ManifestName))
	c.periods.part = err == nil
	if err := c.salesIn(ctx, dirs); err != nil {
		return c.report, err
	}
	c.witness(ctx, o.Device(), o.Device(), o.Registered)
	checkManifest(ctx, &c.report, dir, c.report.First)
	return c.finish(), nil
}

// halfAway tells whether the newest closed period is being put away.
func halfAway(dirs []string) (bool, error) {
	if len(dirs) < 2 {
		return false, nil
	}
	data := dirs[len(dirs)-1]
	about, err := readAbout(tape.OS{}, dirs[len(dirs)-2])
	if err != nil {
		return false, nil // what is wrong with it shows soon
	}
	old, err := oldSegments(tape.OS{}, tapeDir(data), about.Last)
	return len(old) > 0, err
}

// directory checks one period. half: its copies are not all where they belong.
func (c *checker) directory(ctx context.Context, dir string, half bool, o VerifyOptions) (err error) {
	var store *store
	if !half {
		var unusable error
		var cleanup func() error
		store, unusable, cleanup, err = copiedStore(ctx, dir, o.Temp)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, cleanup()) }()
		if unusable != nil {
			c.report.add("badger.unusable", 0, "%v", unusable)
		} else if store == nil && tapeDir(dir) != dir {
			if err := c.missing(dir); err != nil {
				return err
			}
		}
		if store != nil {
			if err := c.tables(ctx, store); err != nil {
				return err
			}
		}
	}
	begun := false
	begin := func(base uint64, hash tape.Hash) {
		begun = true
		if store == nil {
			c.begin(base, hash, nil, nil)
			return
		}
		c.report.Badger = true
		c.begin(base, hash, store.db.NewTransaction(false), &store.meta)
	}
	found, err := tape.Inspect(ctx, tape.OS{}, tapeDir(dir), func(l tape.Line) error {
		if !begun {
			before, err := tape.Prev(l.Data)
			if err != nil {
				return err
			}
			begin(l.Seq-1, before)
			if l.Seq > 1 && !half && !isPeriod(l, before) {
				c.report.add("tape.damaged", 1, "%v", begunLate(l.Seq))
			}
		}
		c.line(l)
		o.Progress(l.Seq, l.Seq)
		return nil
	})
	c.settle()
	if store := c.store; store != nil {
		defer func() {
			store.close()
			store.txn.Discard()
		}()
	}
	switch {
	case errors.Is(err, tape.ErrDamaged):
		c.report.add("tape.damaged", found.Last+1, "%v", err)
		c.hurt()
	case half && (errors.Is(err, tape.ErrEmpty) || errors.Is(err, fs.ErrNotExist)):
	case errors.Is(err, tape.ErrEmpty), errors.Is(err, fs.ErrNotExist):
		c.report.add("tape.damaged", 0, "there is no tape")
		c.hurt()
	case err != nil:
		return fmt.Errorf("journal: %w", err)
	default:
		c.report.ID = found.ID.String()
		for _, trim := range found.Torn {
			c.report.add("tape.torn", 0, "segment %d holds %d bytes of a commit that was cut off", trim.Segment, trim.Bytes)
		}
	}
	if _, err := c.end(ctx); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if filepath.Base(filepath.Dir(dir)) == archiveName {
		checkManifest(ctx, &c.report, tapeDir(dir), found.First)
	}
	return nil
}

// missing tells of a Badger that is not there: behind the end of a period a
// new one may not have begun.
func (c *checker) missing(dir string) error {
	said, err := readFollowed(tape.OS{}, dir)
	if err != nil {
		return err
	}
	last, closed := c.report.Last, filepath.Base(filepath.Dir(dir)) == archiveName
	if said > 0 && said <= last && !closed {
		c.report.add("badger.behind", last+1, "%s has no Badger yet", dir)
		return nil
	}
	c.report.add("badger.missing", 0, "%s has no Badger", dir)
	return nil
}

// archivedDirs lists the directories of closed periods in a data directory,
// oldest first.
func archivedDirs(fsys tape.FS, dir string) (dirs []string, err error) {
	top := filepath.Join(dir, archiveName)
	names, err := fsys.ReadDir(top)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	for _, name := range names {
		if _, ok := periodNumber(name); ok {
			dirs = append(dirs, filepath.Join(top, name))
		}
	}
	return dirs, nil
}

// copiedStore opens a copy of the Badger directory. No directory is no error:
// a copy on a USB stick has none.
func copiedStore(ctx context.Context, dir, temp string) (s *store, unusable error, cleanup func() error, err error) {
	none := func() error { return nil }
	from := filepath.Join(dir, badgerName)
	list, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, none, nil
	}
	if err != nil {
		return nil, nil, none, fmt.Errorf("journal: %w", err)
	}
	if err := roomFor(list, temp); err != nil {
		return nil, nil, none, err
	}
	to, err := os.MkdirTemp(temp, "kassa-verify-")
	if err != nil {
		return nil, nil, none, fmt.Errorf("journal: %w", err)
	}
	cleanup = func() error { return os.RemoveAll(to) }
	for _, e := range list {
		if err := ctx.Err(); err != nil {
			return nil, nil, none, errors.Join(err, cleanup())
		}
		if !e.Type().IsRegular() || e.Name() == "LOCK" {
			continue
		}
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return nil, nil, none, errors.Join(err, cleanup())
		}
	}
	if _, err := precheck(tape.OS{}, to); err != nil {
		return nil, err, cleanup, nil
	}
	s, err = openBadger(to, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err, cleanup, nil
	}
	return s, nil, func() error { return errors.Join(s.close(), os.RemoveAll(to)) }, nil
}

// roomFor refuses a copy that does not fit: Badger on a full disk is killed.
func roomFor(list []os.DirEntry, temp string) error {
	if temp == "" {
		temp = os.TempDir()
	}
	need := uint64(openRoom)
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		need += uint64(info.Size())
	}
	free, err := freeBytes(temp)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if free < need {
		return fault.New(fault.JournalSpace).Saying(fmt.Sprintf("to compare the indexed copy %s needs %d MiB, %d MiB are free", temp, need>>20, free>>20))
	}
	return nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
