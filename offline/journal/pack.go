package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// pack makes the copy.
func (p *packing) pack(ctx context.Context, to string) (m Manifest, err error) {
	if err := emptyDir(to); err != nil {
		return m, err
	}
	partial := to + PartialSuffix
	if err := removeCopy(p.o.FS, partial); err != nil {
		return m, err
	}
	if err := p.o.FS.MkdirAll(filepath.Dir(to)); err != nil {
		return m, fault.New(fault.PathBad, to, err.Error()).With(err)
	}
	free, err := p.o.Free(filepath.Dir(to))
	if err != nil {
		return m, err
	}
	if need := p.total + copyRoom; free < need {
		return m, fault.New(fault.CopySpace, mebibytes(need), mebibytes(free))
	}
	if err := p.fill(ctx, partial); err != nil {
		if left := removeCopy(p.o.FS, partial); left != nil {
			err = errors.Join(err, left)
		}
		return m, err
	}
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) { // it is empty
		return m, fault.New(fault.PathBad, to, err.Error()).With(err)
	}
	if err := p.o.FS.Rename(partial, to); err != nil {
		return m, err
	}
	return p.m, p.o.FS.SyncDir(filepath.Dir(to))
}

func mebibytes(n uint64) string { return strconv.FormatUint((n+1<<20-1)>>20, 10) }

// fill writes the files, reads them back and then writes the manifest.
func (p *packing) fill(ctx context.Context, dir string) error {
	if err := p.o.FS.MkdirAll(dir); err != nil {
		return err
	}
	var done uint64
	for _, f := range p.files {
		to := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := p.o.FS.MkdirAll(filepath.Dir(to)); err != nil {
			return err
		}
		sum, err := p.copy(ctx, f, to, func(n int) {
			if done += uint64(n); p.o.Progress != nil {
				p.o.Progress(done, p.total)
			}
		})
		if err != nil {
			return err
		}
		if err := p.o.FS.SyncDir(filepath.Dir(to)); err != nil {
			return err
		}
		p.m.Files = append(p.m.Files, ManifestFile{Name: f.name, First: f.first, Bytes: f.bytes, SHA256: sum})
	}
	for _, f := range p.m.Files {
		if err := p.readBack(ctx, filepath.Join(dir, filepath.FromSlash(f.Name)), f); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(p.m, "", "  ")
	if err != nil {
		return fmt.Errorf("journal: export: %w", err)
	}
	return writeFile(p.o.FS, filepath.Join(dir, ManifestName), append(b, '\n'))
}

// copy copies the used part of a file, durably. On a running till nothing in
// it changes any more.
func (p *packing) copy(ctx context.Context, f packed, to string, progress func(int)) (sum string, err error) {
	in, err := p.fsys.OpenFile(f.from, false)
	if err != nil {
		return "", fmt.Errorf("journal: export: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := p.o.FS.Create(to)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	h, buf := sha256.New(), make([]byte, min(f.bytes, copyUnit))
	for off := int64(0); off < f.bytes; off += int64(len(buf)) {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		buf = buf[:min(int64(len(buf)), f.bytes-off)]
		if n, err := in.ReadAt(buf, off); n < len(buf) {
			return "", fault.New(fault.JournalDamaged, f.from).With(err)
		}
		if _, err := out.WriteAt(buf, off); err != nil {
			return "", err
		}
		h.Write(buf)
		progress(len(buf))
	}
	return hex.EncodeToString(h.Sum(nil)), out.Sync()
}

// readBack finds out what the medium itself holds.
func (p *packing) readBack(ctx context.Context, name string, f ManifestFile) (err error) {
	in, err := p.o.FS.OpenFile(name, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if err := in.Settle(); err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(h, stoppable{ctx, io.NewSectionReader(in, 0, f.Bytes)}); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
		return fault.New(fault.CopyMedium, f.Name).Saying("it gives back other data than was written")
	}
	return nil
}

// mediumFault tells a full or pulled-out medium from everything else.
func mediumFault(err error) error {
	var known *fault.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fault.New(fault.CopySpace, "?", "0").With(err)
	}
	return fault.New(fault.CopyMedium, err.Error()).With(err)
}

// emptyDir makes sure that nothing is mixed with or overwritten by a copy.
func emptyDir(dir string) error {
	list, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fault.New(fault.PathBad, dir, err.Error())
	case len(list) > 0:
		return fault.New(fault.PathBad, dir, "the directory is not empty")
	case isMount(dir):
		return fault.New(fault.PathBad, dir, "it is the medium itself: name a directory on it")
	}
	return nil
}

// isMount tells whether another file system begins at a directory.
func isMount(dir string) bool {
	var at, above unix.Stat_t
	return unix.Stat(dir, &at) == nil && unix.Stat(filepath.Join(dir, ".."), &above) == nil && at.Dev != above.Dev
}

// removeCopy removes what an export has left, and nothing else: a directory
// that holds other files is refused.
func removeCopy(fsys tape.FS, dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		name := filepath.Join(dir, e.Name())
		_, number := periodNumber(e.Name())
		switch {
		case e.IsDir() && (number || e.Name() == archiveName || e.Name() == tapeName):
			err = removeCopy(fsys, name)
		case tape.IsSegment(e.Name()), e.Name() == aboutName, e.Name() == ManifestName, e.Name() == ManifestName+".new":
			err = fsys.Remove(name)
		default:
			err = fault.New(fault.PathBad, name, "it is in the way of the copy")
		}
		if err != nil {
			return err
		}
	}
	return fsys.Remove(dir)
}

// stoppable ends a copy with its ctx.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

func sumFile(name string) (sum string, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, errors.Join(err, f.Close())
}
