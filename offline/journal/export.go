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
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// ManifestName is the file that tells what an exported copy consists of. It is
// written last: a copy without it is not complete.
const ManifestName = "manifest.json"

// ExportOptions of Export.
type ExportOptions struct {
	Progress func(done, total uint64) // bytes; may be nil
}

// copyFormat is the version of the manifest.
const copyFormat = 1

// Manifest describes an exported copy.
type Manifest struct {
	Format   string            `json:"format"` // "kassa-tape 1"
	ID       string            `json:"id"`
	Created  time.Time         `json:"created"`
	First    uint64            `json:"first"`
	Last     uint64            `json:"last"`
	Head     string            `json:"head"`
	Segments []ManifestSegment `json:"segments"`
}

// ManifestSegment is one file of the copy.
type ManifestSegment struct {
	Name   string `json:"name"`
	First  uint64 `json:"first"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Export copies the tape of a journal that no till has open to a directory,
// which must be empty or absent, verifying the chain first. The copy can be
// read with `less` and checked with Verify.
func Export(ctx context.Context, dir, to string, o ExportOptions) (m Manifest, err error) {
	l, err := shareLock(dir)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, l.release()) }()
	return export(ctx, tapeDir(dir), to, o)
}

// Export copies everything durable to a directory while the till goes on.
func (j *Journal) Export(ctx context.Context, to string, o ExportOptions) (Manifest, error) {
	if err := j.Flush(ctx); err != nil {
		return Manifest{}, err
	}
	return export(ctx, j.o.path(tapeName), to, o)
}

func export(ctx context.Context, from, to string, o ExportOptions) (m Manifest, err error) {
	found, err := tape.Inspect(ctx, tape.OS{}, from, nil)
	if err != nil {
		return m, wordsFor(err)
	}
	if err := emptyDir(to); err != nil {
		return m, err
	}
	m = Manifest{Format: "kassa-tape 1", ID: found.ID.String(), Created: time.Now().UTC().Truncate(time.Second),
		First: found.First, Last: found.Last, Head: hexHash(found.Head)}
	var total, done uint64
	for _, s := range found.Segments {
		total += uint64(s.Bytes)
	}
	for _, s := range found.Segments {
		sum, err := copySegment(ctx, filepath.Join(from, s.Name), filepath.Join(to, s.Name), s.Bytes)
		if err != nil {
			return m, fmt.Errorf("journal: export: %w", err)
		}
		m.Segments = append(m.Segments, ManifestSegment{Name: s.Name, First: s.First, Bytes: s.Bytes, SHA256: sum})
		done += uint64(s.Bytes)
		if o.Progress != nil {
			o.Progress(done, total)
		}
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, fmt.Errorf("journal: export: %w", err)
	}
	return m, writeFile(tape.OS{}, filepath.Join(to, ManifestName), append(b, '\n'))
}

// emptyDir makes sure that nothing is mixed with or overwritten by a copy.
func emptyDir(dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(dir, 0o750)
	}
	if err == nil && len(list) > 0 {
		err = errors.New("the directory is not empty")
	}
	if err != nil {
		return fault.New(fault.PathBad, dir, err.Error()).With(err)
	}
	return nil
}

// copySegment copies the used part of a segment, durably. On a running till
// nothing in it changes any more.
func copySegment(ctx context.Context, from, to string, size int64) (sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), stoppable{ctx, io.LimitReader(in, size)})
	if err == nil {
		err = out.Sync()
	}
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, out.Close())
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
