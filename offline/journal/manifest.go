package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/pos/fault"
)

// ManifestName is the file that tells what an exported copy consists of. It is
// written last: a copy without it is not complete.
const ManifestName = "manifest.json"

const (
	copyMagic  = "kassa-copy "
	copyFormat = 1 // version of the manifest

	maxManifest = 4 << 20 // bytes: some 20,000 segments
)

// Manifest describes an exported copy.
type Manifest struct {
	Format  string         `json:"format"` // "kassa-copy 1"
	ID      uuid.UUID      `json:"id"`     // of the journal
	Created time.Time      `json:"created"`
	First   uint64         `json:"first"` // sequences
	Last    uint64         `json:"last"`
	Head    string         `json:"head"` // hash of the chain after Last, hex
	Files   []ManifestFile `json:"files"`
}

// ManifestFile is one file of the copy.
type ManifestFile struct {
	Name   string `json:"name"`            // below the copy's directory, with slashes
	First  uint64 `json:"first,omitempty"` // of a segment
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// ReadManifest reads the manifest of a copy: fs.ErrNotExist when there is
// none, fault.JournalNewer when a newer program made it, fault.CopyBad.
func ReadManifest(dir string) (m Manifest, err error) {
	f, err := os.OpenFile(filepath.Join(dir, ManifestName), os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe has no writer
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return m, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxManifest {
		return m, fault.New(fault.CopyBad, ManifestName)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		return m, fault.New(fault.CopyBad, ManifestName).With(err)
	}
	return parseManifest(b)
}

func parseManifest(b []byte) (m Manifest, err error) {
	bad := func(err error) (Manifest, error) {
		return Manifest{}, fault.New(fault.CopyBad, ManifestName).With(err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return bad(err)
	}
	version, known := strings.CutPrefix(m.Format, copyMagic)
	v, err := strconv.Atoi(version)
	switch {
	case !known || err != nil || v < 1:
		return bad(fmt.Errorf("format %.40q", m.Format))
	case v > copyFormat:
		return Manifest{}, newer(v, copyFormat, ManifestName)
	case m.ID == uuid.Nil || m.First == 0 || m.Last < m.First || len(m.Files) == 0:
		return bad(errors.New("it describes nothing"))
	}
	seen := map[string]bool{ManifestName: true}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) || f.Bytes < 0 || f.Bytes > maxSegment || seen[f.Name] {
			return bad(fmt.Errorf("file %.80q", f.Name))
		}
		seen[f.Name] = true
	}
	return m, nil
}

// checkManifest compares an exported copy that begins with record first, or a
// closed period's tape, with its manifest, and tells whether they agree. None
// is no disagreement.
func checkManifest(ctx context.Context, rep *Report, dir string, first uint64) (agree bool) {
	m, err := ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		rep.add("manifest", 0, "unreadable: %v", err)
		return false
	}
	agree = true
	for _, f := range m.Files {
		if ctx.Err() != nil {
			return false
		}
		sum, size, err := sumFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil || sum != f.SHA256 || size != f.Bytes {
			rep.add("manifest", f.First, "%s differs from the manifest (%v)", f.Name, err)
			agree = false
		}
	}
	if first != m.First || rep.Last != m.Last || rep.Head != m.Head {
		rep.add("manifest", m.Last, "the manifest has the records %d to %d, hash %s", m.First, m.Last, m.Head)
		agree = false
	}
	return agree
}
