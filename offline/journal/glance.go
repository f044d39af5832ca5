package journal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/kassa-pos/kassa/offline/tape"
)

// Glance tells of a journal that nobody has open what its small files say: the
// open period's number, when it began, how many are archived, and how far the
// reading in the background was. Nothing is opened or changed, and what is not
// written in them (the first record of the open period) is zero.
func Glance(dir string) (p Periods, s Scrub, err error) {
	var fsys tape.FS = tape.OS{}
	archive := filepath.Join(dir, archiveName)
	names, err := fsys.ReadDir(archive)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, s, err
	}
	p.Number = 1
	for _, name := range names {
		number, ok := periodNumber(name)
		if !ok {
			continue
		}
		p.Archived++
		if number < p.Number {
			continue
		}
		p.Number = number + 1
		about, err := readAbout(fsys, filepath.Join(archive, name))
		if err != nil && !errors.Is(err, errAbout) {
			return p, s, err
		}
		p.Begun = about.Ended // zero when its description is lost: the next start makes it
		if about.Last > 0 {
			p.First = about.Last + 1
		}
	}
	b, err := readFile(fsys, filepath.Join(dir, scrubName))
	if errors.Is(err, fs.ErrNotExist) {
		return p, s, nil
	}
	if err == nil && json.Unmarshal(b, &s) != nil {
		s = Scrub{} // it begins again
	}
	return p, s, err
}
