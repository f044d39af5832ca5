package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/offline/tape"
)

// followedName is a file with the last record Badger has said to have durably.
// Badger opens without a word when its log has lost its end, be it by a bit,
// and looks as if it had been a little behind; this tells the difference. The
// file is written in place and never flushed: what a power cut leaves of it is
// older, never newer, than what Badger has.
const followedName = "badger.followed"

const followedFormat = "%020d\n"

// followed reads the file; 0 when it says nothing.
func (j *Journal) followed() (uint64, error) { return readFollowed(j.o.FS, j.o.Dir) }

func readFollowed(fsys tape.FS, dir string) (uint64, error) {
	b, err := readFile(fsys, filepath.Join(dir, followedName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	seq, err := strconv.ParseUint(strings.TrimSuffix(string(b), "\n"), 10, 64)
	if err != nil || string(b) != fmt.Sprintf(followedFormat, seq) {
		return 0, nil // of a disk that was cut off
	}
	return seq, nil
}

// noteFollowed writes the file. It belongs to Open and then to the follower.
func (j *Journal) noteFollowed(seq uint64) error {
	if seq == j.noted || j.frozen {
		return nil
	}
	if j.mark == nil {
		f, err := j.o.FS.OpenFile(j.o.path(followedName), true)
		if errors.Is(err, fs.ErrNotExist) {
			f, err = j.o.FS.Create(j.o.path(followedName))
		}
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		j.mark = f
	}
	if _, err := j.mark.WriteAt(fmt.Appendf(nil, followedFormat, seq), 0); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.noted = seq
	return nil
}

// lacksBadger tells whether a Badger that is not there should be: not when a
// period has just been put away with the one it had.
func (j *Journal) lacksBadger() (bool, error) {
	last, _ := j.tape.Durable()
	base, _ := j.tape.Base()
	if last == base || base == 0 || j.frozen {
		return last > base, nil
	}
	said, err := j.followed()
	return said > base, err
}

// missFollowed compares what Badger has with what it has said to have.
func (j *Journal) missFollowed() error {
	said, err := j.followed()
	if err != nil {
		return err
	}
	last, _ := j.tape.Durable()
	base, _ := j.tape.Base()
	if has := max(base, j.store.meta.Seq); has < said && said <= last && !j.opened.BadgerRebuilt {
		j.opened.BadgerLost = said - has
		j.opened.Reasons = append(j.opened.Reasons, fmt.Sprintf("badger has lost its newest records, %d to %d", has+1, said))
	}
	return nil
}
