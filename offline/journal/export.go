package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
)

const (
	// PartialSuffix is on a copy's directory until its manifest is durable.
	PartialSuffix = ".partial"

	copyRoom = 1 << 20 // bytes beside the files: manifest and directories
	copyUnit = 1 << 20 // is read and written at a time
)

// ExportOptions of Export.
type ExportOptions struct {
	// Since chooses how far back the copy reaches; zero: everything there is.
	// It begins with the first period that holds something of that time or
	// later, or the record, and has all that follow. A period begins with
	// copies of all that was still needed, what was not delivered among it.
	Since    time.Time
	SinceSeq uint64

	Progress func(done, total uint64)                  // bytes; may be nil
	FS       tape.FS                                   // where the copy goes; nil: tape.OS
	Free     func(dir string) (free uint64, err error) // on the target's file system; nil: statfs
}

// Export copies the tapes of a journal that no till has open to a directory,
// verifying the chain first. The directory must be empty or absent. What is in
// it can be read with `less`, checked with Verify, and taken in by another
// till; sealed contacts stay sealed, for the keys are not copied.
//
// Files go to a directory with PartialSuffix, are flushed and read back, and
// when the manifest is durable the directory gets its name. fault.CopySpace:
// there is too little room, and nothing is left behind; fault.CopyMedium: the
// medium failed or was pulled out.
func Export(ctx context.Context, dir, to string, o ExportOptions) (m Manifest, err error) {
	l, err := shareLock(dir)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, l.release()) }()
	if err := checkCopy(dir); err != nil {
		return m, err
	}
	return export(ctx, tape.OS{}, dir, math.MaxUint64, to, o)
}

// Export copies everything durable to a directory while the till goes on. No
// period ends meanwhile.
func (j *Journal) Export(ctx context.Context, to string, o ExportOptions) (Manifest, error) {
	if err := j.Flush(ctx); err != nil {
		return Manifest{}, err
	}
	done, err := j.hold(ctx)
	if err != nil {
		return Manifest{}, err
	}
	defer done()
	last, _ := j.tape.Durable()
	if err := j.waitFor(ctx, last); err != nil { // a period that has ended is put away
		return Manifest{}, err
	}
	return export(ctx, j.o.FS, j.o.Dir, last, to, o)
}

func export(ctx context.Context, fsys tape.FS, dir string, last uint64, to string, o ExportOptions) (m Manifest, err error) {
	if o.FS == nil {
		o.FS = tape.OS{}
	}
	if o.Free == nil {
		o.Free = freeBytes
	}
	p := &packing{fsys: fsys, from: dir, o: o}
	if err := p.plan(ctx, last); err != nil {
		return m, wordsFor(err)
	}
	if m, err = p.pack(ctx, to); err != nil {
		return Manifest{}, mediumFault(err)
	}
	return m, nil
}

// packing is one export.
type packing struct {
	fsys  tape.FS // of the journal
	from  string
	o     ExportOptions
	files []packed
	m     Manifest
	total uint64 // bytes of the files
}

// packed is a file to be copied.
type packed struct {
	from  string
	name  string // in the copy, with slashes
	first uint64
	bytes int64
}

// plan chooses the files: closed periods from where the copy begins, and the
// open one up to record last.
func (p *packing) plan(ctx context.Context, last uint64) error {
	dirs, err := archivedDirs(p.fsys, p.from)
	if err != nil {
		return err
	}
	var stray []string // segments of the newest closed period that are not put away yet
	for i, dir := range dirs {
		about, err := readAbout(p.fsys, dir)
		if err != nil && !errors.Is(err, errAbout) { // the tape says it all again
			return fmt.Errorf("period %s: %w", filepath.Base(dir), err)
		}
		if i == len(dirs)-1 && err == nil {
			if stray, err = oldSegments(p.fsys, tapeDir(p.from), about.Last); err != nil {
				return err
			}
		}
		before := about.Last < p.o.SinceSeq || (!about.Newest.IsZero() && about.Newest.Before(p.o.Since))
		if before && about.Last > 0 && len(stray) == 0 && len(p.files) == 0 {
			continue // a later one is taken whatever its times: the clock may have gone back in it
		}
		if err := p.period(ctx, dir, len(stray) > 0); err != nil {
			return fmt.Errorf("period %s: %w", filepath.Base(dir), err)
		}
	}
	return p.open(ctx, last, stray)
}

// period adds a closed period. stray: its last segments are elsewhere.
func (p *packing) period(ctx context.Context, dir string, stray bool) error {
	found, err := tape.Inspect(ctx, p.fsys, tapeDir(dir), nil)
	if err != nil && !(stray && errors.Is(err, tape.ErrEmpty)) {
		return err
	}
	name := archiveName + "/" + filepath.Base(dir) + "/"
	switch size, err := sizeOf(p.fsys, filepath.Join(dir, aboutName)); {
	case err == nil:
		p.files = append(p.files, packed{filepath.Join(dir, aboutName), name + aboutName, 0, size})
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	p.add(found, tapeDir(dir), func(string) string { return name })
	return nil
}

// open adds the open period. Segments in stray are the closed one's.
func (p *packing) open(ctx context.Context, last uint64, stray []string) error {
	dir := tapeDir(p.from)
	var found tape.Found
	var err error
	if last == math.MaxUint64 {
		found, err = tape.Inspect(ctx, p.fsys, dir, nil)
	} else {
		found, err = tape.InspectTo(ctx, p.fsys, dir, last)
	}
	if err != nil {
		return err
	}
	away := map[string]bool{}
	for _, name := range stray {
		away[name] = true
	}
	closed := ""
	if n := len(p.files); n > 0 {
		closed = p.files[n-1].name[:strings.LastIndex(p.files[n-1].name, "/")+1]
	}
	p.add(found, dir, func(name string) string {
		if away[name] {
			return closed
		}
		return ""
	})
	p.m = Manifest{Format: copyMagic + strconv.Itoa(copyFormat), ID: found.ID, Created: time.Now().UTC().Truncate(time.Second),
		Last: found.Last, Head: hexHash(found.Head)}
	for _, f := range p.files {
		p.total += uint64(f.bytes)
		if f.first > 0 && (p.m.First == 0 || f.first < p.m.First) {
			p.m.First = f.first
		}
	}
	return nil
}

// add adds the segments of a tape; into says which directory of the copy one
// goes to.
func (p *packing) add(found tape.Found, dir string, into func(name string) string) {
	for _, s := range found.Segments {
		if s.First > found.Last {
			continue // begun, and nothing in it yet
		}
		p.files = append(p.files, packed{filepath.Join(dir, s.Name), into(s.Name) + s.Name, s.First, s.Bytes})
	}
}

func sizeOf(fsys tape.FS, name string) (int64, error) {
	f, err := fsys.OpenFile(name, false)
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	size, err := f.Size()
	return size, errors.Join(err, f.Close())
}
