package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// turn ends the period that Badger has all of: both copies move to the
// archive, and Badger begins anew. What it has not finished when the power
// goes, the next Open does: a period's description stands in the archive
// before anything moves there, and says what has to.
func (j *Journal) turn(ends *periodEnds) error {
	if j.frozen {
		return fault.New(fault.JournalDamaged, fmt.Sprintf("an archived period goes on with record %d, where another begins", ends.next))
	}
	about, err := j.store.about(ends.at)
	if err != nil {
		return err
	}
	if err := j.retire(); err != nil {
		return err
	}
	dir := filepath.Join(j.archives.dir, periodDir(about.Number))
	if err := announce(j.o.FS, dir, about); err != nil {
		return err
	}
	if _, err := j.tape.Forget(ends.next); err != nil {
		return err
	}
	if err := j.suspectToo(dir); err != nil {
		return err
	}
	if err := putAway(j.o.FS, j.o.Dir, dir, about); err != nil {
		return err
	}
	if err := errors.Join(j.clearAttempts(), j.unsuspect()); err != nil { // what begins now is new
		return err
	}
	j.archives.add(about)
	signal(j.turned)
	return j.renew()
}

// suspectToo leaves word with a period that is put away of what is suspected
// of its copies, so that the next look into it repairs them.
func (j *Journal) suspectToo(dir string) error {
	n, err := j.attempts()
	if err == nil && n > 0 {
		err = writeFile(j.o.FS, filepath.Join(dir, attemptsName), fmt.Appendf(nil, "%d\n", n))
	}
	if err != nil {
		return err
	}
	suspect, err := j.suspected()
	if err == nil && suspect {
		err = writeFile(j.o.FS, filepath.Join(dir, suspectName), []byte("read the whole tape\n"))
	}
	return err
}

// retire closes Badger once nobody reads it any more.
func (j *Journal) retire() error {
	j.mu.Lock()
	j.turning = true
	j.mu.Unlock()
	j.readers.Wait()
	s := j.store
	err := errors.Join(j.reader.Close(), j.within(func() error { return j.closeStore(s) }))
	j.mu.Lock()
	defer j.mu.Unlock()
	j.reader, j.store = nil, nil
	return err
}

// renew begins an empty Badger behind where the tape begins now.
func (j *Journal) renew() error {
	s, err := j.openGuarded()
	if err != nil {
		return err
	}
	base, hash := j.tape.Base()
	s.meta.begin(j.tape.ID(), base, hash)
	j.mu.Lock()
	j.store, j.base, j.turning, j.rotating = s, base, false, false
	latest := j.period.Latest
	j.period = s.meta.period()
	j.period.Latest = latest // the record that begins it comes next
	close(j.moved)
	j.moved = make(chan struct{})
	j.mu.Unlock()
	if err := j.clearAttempts(); err != nil {
		return err
	}
	j.reader, err = j.tape.Reader(base + 1)
	return err
}

// making is the suffix of a closed period's directory that has no description
// yet.
const making = ".making"

// announce makes the directory of a closed period with its description: one is
// not there without the other.
func announce(fsys tape.FS, dir string, about About) error {
	if there, err := exists(fsys, dir); err != nil {
		return err
	} else if there {
		return fault.New(fault.JournalDamaged, dir+" is in the way")
	}
	fresh := dir + making
	if err := removeTree(fsys, fresh); err != nil {
		return err
	}
	if err := fsys.MkdirAll(filepath.Join(fresh, tapeName)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := writeAbout(fsys, fresh, about); err != nil {
		return err
	}
	if err := fsys.Rename(fresh, dir); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return fsys.SyncDir(filepath.Dir(dir))
}

// putAway moves the copies of a closed period from the data directory into the
// period's. It does nothing when all of the tape is there: Badger goes first,
// and while a segment is left, what stands in Badger's place is the period's.
func putAway(fsys tape.FS, data, dir string, about About) error {
	old, err := oldSegments(fsys, filepath.Join(data, tapeName), about.Last)
	if err != nil || len(old) == 0 {
		return err
	}
	if err := fsys.MkdirAll(filepath.Join(dir, tapeName)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := putBadgerAway(fsys, data, dir); err != nil {
		return err
	}
	for _, name := range old {
		if err := fsys.Rename(filepath.Join(data, tapeName, name), filepath.Join(dir, tapeName, name)); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return errors.Join(fsys.SyncDir(filepath.Join(dir, tapeName)), fsys.SyncDir(filepath.Join(data, tapeName)))
}

func putBadgerAway(fsys tape.FS, data, dir string) error {
	from, to := filepath.Join(data, badgerName), filepath.Join(dir, badgerName)
	begun, err := hasTape(fsys, filepath.Join(dir, tapeName))
	if err != nil || begun {
		return err
	}
	if there, err := exists(fsys, to); err != nil || there {
		return err
	}
	if there, err := exists(fsys, from); err != nil || !there {
		return err
	}
	if err := fsys.Rename(from, to); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return errors.Join(fsys.SyncDir(dir), fsys.SyncDir(data))
}

func exists(fsys tape.FS, dir string) (bool, error) {
	_, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// oldSegments lists the segments of a tape with lines up to last, in order:
// those before the one that begins behind it. Where none does, the ones that
// say of themselves that they begin before, and what is between them.
func oldSegments(fsys tape.FS, dir string, last uint64) (names []string, err error) {
	list, err := tape.Headers(fsys, dir)
	if err != nil {
		return nil, err
	}
	end := slices.IndexFunc(list, func(s tape.SegmentInfo) bool { return s.First == last+1 })
	if end < 0 {
		for i, s := range list {
			if s.First > 0 && s.First <= last {
				end = i + 1
			}
		}
	}
	for _, s := range list[:max(0, end)] {
		names = append(names, s.Name)
	}
	return names, nil
}

// findArchives lists the closed periods, and finishes putting the last one
// away.
func (j *Journal) findArchives(ctx context.Context) error {
	if j.frozen {
		return nil
	}
	undescribed, err := j.archives.survey()
	if err != nil {
		return err
	}
	for _, a := range undescribed {
		if err := j.describe(ctx, a); err != nil {
			j.o.Log.Error("an archived period can not be read", "dir", a.dir, "err", err)
		}
	}
	list := j.archives.list
	if len(list) == 0 || list[len(list)-1].about.First == 0 {
		return nil
	}
	newest := list[len(list)-1]
	return putAway(j.o.FS, j.o.Dir, newest.dir, newest.about)
}
