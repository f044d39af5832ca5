package update

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
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/durable"
)

// Names in the store's directory.
const (
	bundleSuffix   = ".raucb"
	partSuffix     = ".part"
	envelopeSuffix = ".json"
)

// reserve is what must stay free beside a bundle, in bytes: the till's own
// writes come first.
const reserve = 64 << 20

// chunk is how much is copied between two looks at the context, in bytes.
const chunk = 256 << 10

// Errors of getting a bundle here.
var (
	ErrTampered = errors.New("the bundle is not what its manifest says: it was changed or damaged")
	ErrSpace    = errors.New("there is no room for the update")
)

// Store is the directory bundles are brought to. It keeps one: the newest that
// was asked for.
type Store struct {
	Dir string
	// Free tells how many bytes dir has left; nil asks the file system.
	Free func(dir string) (int64, error)
}

// Staged is a bundle that is whole, proven and on this till's disk.
type Staged struct {
	Manifest Manifest
	Bundle   string // path
	Envelope string // path
}

// Source yields the bundle from an offset on. It says from where it really
// starts, which is 0 when it can not skip.
type Source interface {
	Bundle(ctx context.Context, m Manifest, from int64) (body io.ReadCloser, at int64, err error)
}

// Progress is told how much of the bundle is there, in bytes. It must not block.
type Progress func(have, all int64)

// Stage brings the bundle of m here: what is on the disk already is not brought
// again. sealed is m's envelope, kept beside the bundle so that whoever
// installs it can check the signature once more. A part that could be brought
// stays, for the next try. ErrSpace, ErrTampered (nothing stays), the source's
// error.
func (s Store) Stage(ctx context.Context, m Manifest, sealed []byte, from Source, told Progress) (Staged, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return Staged{}, fmt.Errorf("keep the update: %w", err)
	}
	stem := m.SHA256[:16]
	if err := s.clear(stem); err != nil {
		return Staged{}, err
	}
	done := Staged{Manifest: m, Bundle: filepath.Join(s.Dir, stem+bundleSuffix), Envelope: filepath.Join(s.Dir, stem+envelopeSuffix)}
	if err := Check(ctx, done.Bundle, m); err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return Staged{}, err
		}
		if err := s.fetch(ctx, m, stem, from, told); err != nil {
			return Staged{}, err
		}
	}
	if err := durable.Replace(done.Envelope, sealed, 0o600); err != nil {
		return Staged{}, err
	}
	told(m.Size, m.Size)
	return done, nil
}

// fetch makes the bundle of its part.
func (s Store) fetch(ctx context.Context, m Manifest, stem string, from Source, told Progress) (err error) {
	part := filepath.Join(s.Dir, stem+partSuffix)
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("keep the update: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("keep the update: %w", err)
	}
	if have > m.Size {
		have = 0
	}
	if err := s.room(m.Size - have); err != nil {
		return err
	}
	if err := fill(ctx, f, m, have, from, told); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("keep the update: %w", err)
	}
	if err := Check(ctx, part, m); err != nil {
		if errors.Is(err, ErrTampered) {
			err = errors.Join(err, os.Remove(part)) // the next try begins anew
		}
		return err
	}
	if err := os.Rename(part, filepath.Join(s.Dir, stem+bundleSuffix)); err != nil {
		return fmt.Errorf("keep the update: %w", err)
	}
	return durable.SyncDir(s.Dir)
}

// fill appends what the source gives until the part is as long as the bundle.
func fill(ctx context.Context, f *os.File, m Manifest, have int64, from Source, told Progress) (err error) {
	if have == m.Size {
		return nil
	}
	body, at, err := from.Bundle(ctx, m, have)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if at != 0 && at != have {
		return fmt.Errorf("the source goes on at %d instead of %d", at, have)
	}
	if err := f.Truncate(at); err != nil {
		return fmt.Errorf("keep the update: %w", err)
	}
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return fmt.Errorf("keep the update: %w", err)
	}
	told(at, m.Size)
	for at < m.Size {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(f, body, min(chunk, m.Size-at))
		at += n
		told(at, m.Size)
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the source ended after %d of %d bytes: %w", at, m.Size, io.ErrUnexpectedEOF)
		}
		if err != nil {
			return fmt.Errorf("bring the update: %w", err)
		}
	}
	return nil
}

// Check reads the whole file at path: ErrTampered when it is not m's bundle.
func Check(ctx context.Context, path string, m Manifest) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum, length := sha256.New(), int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(sum, f, chunk)
		length += n
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read the update: %w", err)
		}
		if length > m.Size {
			return fmt.Errorf("%w: longer than %d bytes", ErrTampered, m.Size)
		}
	}
	if length != m.Size {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrTampered, length, m.Size)
	}
	if hex.EncodeToString(sum.Sum(nil)) != strings.ToLower(m.SHA256) {
		return ErrTampered
	}
	return nil
}

// Forget removes everything that was brought.
func (s Store) Forget() error {
	err := s.clear("")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// clear removes what belongs to another bundle than stem's.
func (s Store) clear(stem string) error {
	list, err := os.ReadDir(s.Dir)
	if err != nil {
		return fmt.Errorf("keep the update: %w", err)
	}
	for _, e := range list {
		ours := slices.Contains([]string{bundleSuffix, partSuffix, envelopeSuffix}, filepath.Ext(e.Name()))
		if !ours || (stem != "" && strings.HasPrefix(e.Name(), stem)) {
			continue
		}
		if err := os.Remove(filepath.Join(s.Dir, e.Name())); err != nil {
			return fmt.Errorf("keep the update: %w", err)
		}
	}
	return nil
}

func (s Store) room(need int64) error {
	free := s.Free
	if free == nil {
		free = freeOn
	}
	have, err := free(s.Dir)
	if err != nil {
		return err
	}
	if have < need+reserve {
		return fmt.Errorf("%w: it takes %d MB and %d MB are free", ErrSpace, (need+reserve)>>20, have>>20)
	}
	return nil
}

func freeOn(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("look at the disk: %w", err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}
