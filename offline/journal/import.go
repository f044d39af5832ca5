package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// ImportOptions of Import.
type ImportOptions struct {
	Dir      string                                    // where copies of other tills are kept, one directory a journal
	Own      uuid.UUID                                 // the journal of the till that takes it in
	Progress func(done, total uint64)                  // bytes; may be nil
	FS       tape.FS                                   // below Dir; nil: tape.OS
	Free     func(dir string) (free uint64, err error) // nil: statfs
}

// Imported is a copy of another till's journal that was taken in.
type Imported struct {
	Manifest
	Dir string `json:"dir"`
	// Problems that do not keep its documents from being delivered: numbers
	// and documents that contradict each other. Only Import tells of them.
	Problems []Problem `json:"problems,omitempty"`
}

// ruins tells whether a problem means that a copy is not what the till wrote.
func ruins(p Problem) bool {
	kind, _, _ := strings.Cut(p.Code, ".")
	return p.Code != "tape.torn" && slices.Contains([]string{"tape", "record", "period", "archive", "manifest"}, kind)
}

// Import takes the exported copy of another till's journal in: it checks the
// manifest, every hash, the chain and every document, and keeps the copy
// read-only in Dir/<journal>/<last record>. A newer copy of the same till
// takes an older one's place, if the older is the beginning of it.
//
// fault.CopyBad: damaged, or not complete; fault.CopyOwn: a copy of Own;
// fault.CopyOlder: all of it is there already; fault.CopyFork: the two copies
// tell different stories; fault.CopyGap: it begins behind the end of the older
// one; fault.CopySpace; fault.JournalNewer. Nothing has changed then.
func Import(ctx context.Context, from string, o ImportOptions) (i Imported, err error) {
	if o.FS == nil {
		o.FS = tape.OS{}
	}
	if o.Free == nil {
		o.Free = freeBytes
	}
	if from, err = filepath.EvalSymlinks(from); err != nil {
		return i, fault.New(fault.CopyBad, from).With(err)
	}
	files, err := plainCopy(from)
	if err != nil {
		return i, err
	}
	m, err := ReadManifest(from)
	if errors.Is(err, fs.ErrNotExist) {
		return i, fault.New(fault.CopyBad, from).With(err)
	}
	if err != nil {
		return i, err
	}
	if err := m.lists(files); err != nil {
		return i, err
	}
	if m.ID == o.Own {
		return i, fault.New(fault.CopyOwn)
	}
	c := newChecker()
	rep, err := c.verify(ctx, from, VerifyOptions{})
	if err == nil {
		err = c.newer
	}
	if err != nil {
		return i, err
	}
	if n := slices.IndexFunc(rep.Problems, ruins); n >= 0 || rep.More > 0 {
		p := rep.Problems[max(0, n)]
		return i, fault.New(fault.CopyBad, p.Text).Saying(fmt.Sprintf("record %d, %s, and %d more", p.Seq, p.Code, len(rep.Problems)+rep.More-1))
	}
	if rep.ID != m.ID.String() {
		return i, fault.New(fault.CopyBad, ManifestName)
	}
	older, unreadable := ListImported(o.FS, o.Dir, m.ID) // what can not be read is no obstacle
	for _, old := range older {
		if err := follows(ctx, from, m, old); err != nil {
			return i, err
		}
	}
	if i, err = o.take(ctx, from, m); err != nil {
		return i, err
	}
	i.Problems = rep.Problems
	return i, o.removeOthers(i, unreadable)
}

// removeOthers removes what a newer copy replaces, and what cuts have left.
func (o *ImportOptions) removeOthers(i Imported, unreadable error) error {
	if unreadable != nil {
		return nil // for a technician
	}
	top := filepath.Dir(i.Dir)
	names, err := o.FS.ReadDir(top)
	if err != nil {
		return fmt.Errorf("journal: import: %w", err)
	}
	for _, name := range names {
		if name == filepath.Base(i.Dir) {
			continue
		}
		if err := removeCopy(o.FS, filepath.Join(top, name)); err != nil {
			return err
		}
	}
	return o.FS.SyncDir(top)
}

// follows checks that a copy continues one that was taken in before.
func follows(ctx context.Context, from string, m Manifest, old Imported) error {
	switch {
	case m.First > old.Last+1:
		return fault.New(fault.CopyGap, strconv.FormatUint(m.First, 10))
	case m.Last > old.Last:
		hash, err := hashAt(ctx, from, old.Last)
		if err != nil {
			return err
		}
		if hash != old.Head {
			return fault.New(fault.CopyFork, strconv.FormatUint(old.Last, 10))
		}
		return nil
	case m.Last == old.Last && m.Head == old.Head:
		rep, err := Verify(ctx, old.Dir, VerifyOptions{})
		if err != nil || slices.ContainsFunc(rep.Problems, ruins) {
			return nil // what was kept is damaged, and this one is not
		}
	}
	hash, err := hashAt(ctx, old.Dir, m.Last)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil && hash != m.Head {
		return fault.New(fault.CopyFork, strconv.FormatUint(m.Last, 10))
	}
	return fault.New(fault.CopyOlder, strconv.FormatUint(old.Last, 10))
}

// copyDir names the directory of a copy that ends with a record.
func copyDir(last uint64) string { return fmt.Sprintf("%020d", last) }

// take copies the files.
func (o *ImportOptions) take(ctx context.Context, from string, m Manifest) (i Imported, err error) {
	top := filepath.Join(o.Dir, m.ID.String())
	i = Imported{Manifest: m, Dir: filepath.Join(top, copyDir(m.Last))}
	partial := i.Dir + PartialSuffix
	if err := removeCopy(o.FS, partial); err != nil {
		return i, err
	}
	if err := o.FS.MkdirAll(partial); err != nil {
		return i, fmt.Errorf("journal: import: %w", err)
	}
	total := uint64(0)
	for _, f := range m.Files {
		total += uint64(f.Bytes)
	}
	free, err := o.Free(top)
	if err != nil {
		return i, err
	}
	if need := total + DefaultWatermark; free < need { // the till has to go on selling
		return i, errors.Join(fault.New(fault.CopySpace, mebibytes(need), mebibytes(free)), removeCopy(o.FS, partial))
	}
	if err := o.files(ctx, from, partial, m, total); err != nil {
		return i, errors.Join(err, removeCopy(o.FS, partial))
	}
	if err := removeCopy(o.FS, i.Dir); err != nil { // a damaged one
		return i, err
	}
	if err := o.FS.Rename(partial, i.Dir); err != nil {
		return i, fmt.Errorf("journal: import: %w", err)
	}
	return i, o.FS.SyncDir(top)
}

func (o *ImportOptions) files(ctx context.Context, from, to string, m Manifest, total uint64) error {
	var done uint64
	for _, f := range append(slices.Clone(m.Files), ManifestFile{Name: ManifestName}) { // last, as ever
		name := filepath.Join(to, filepath.FromSlash(f.Name))
		if err := o.FS.MkdirAll(filepath.Dir(name)); err != nil {
			return fmt.Errorf("journal: import: %w", err)
		}
		sum, err := o.file(ctx, filepath.Join(from, filepath.FromSlash(f.Name)), name)
		if err != nil {
			return err
		}
		if f.SHA256 != "" && sum != f.SHA256 {
			return fault.New(fault.CopyBad, f.Name) // the medium gives now this, now that
		}
		if err := o.FS.SyncDir(filepath.Dir(name)); err != nil {
			return fmt.Errorf("journal: import: %w", err)
		}
		if done += uint64(f.Bytes); o.Progress != nil {
			o.Progress(done, total)
		}
	}
	return nil
}

// file copies one file, durably and read-only.
func (o *ImportOptions) file(ctx context.Context, from, to string) (sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", fault.New(fault.CopyBad, filepath.Base(from)).With(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := o.FS.Create(to)
	if err != nil {
		return "", fmt.Errorf("journal: import: %w", err)
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(io.NewOffsetWriter(out, 0), h), stoppable{ctx, in}); err != nil {
		return "", errors.Join(fmt.Errorf("journal: import: %w", err), out.Close())
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return "", fmt.Errorf("journal: import: %w", err)
	}
	const readOnly = 0o440
	return hex.EncodeToString(h.Sum(nil)), os.Chmod(to, readOnly)
}

// ListImported lists the copies that were taken in: of one journal, or of all
// when id is nil, and oldest first. As a rule there is one of a journal; two
// when a cut came before the older was removed. The error tells of those that
// can not be read; the others are listed all the same.
func ListImported(fsys tape.FS, dir string, id uuid.UUID) (list []Imported, err error) {
	tops := []string{id.String()}
	if id == uuid.Nil {
		if tops, err = fsys.ReadDir(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
	}
	for _, top := range tops {
		if _, err := uuid.Parse(top); err != nil {
			continue
		}
		names, bad := fsys.ReadDir(filepath.Join(dir, top))
		if bad != nil {
			if !errors.Is(bad, fs.ErrNotExist) {
				err = errors.Join(err, fmt.Errorf("journal: %w", bad))
			}
			continue
		}
		for _, name := range names {
			if len(name) != len(copyDir(0)) {
				continue // unfinished: the next import removes it
			}
			m, bad := ReadManifest(filepath.Join(dir, top, name))
			if bad != nil {
				err = errors.Join(err, fmt.Errorf("imported journal %s: %w", top, bad))
				continue
			}
			list = append(list, Imported{Manifest: m, Dir: filepath.Join(dir, top, name)})
		}
	}
	return list, err
}
