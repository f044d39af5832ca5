// Package pictures is a folder of pictures which the customer's screen shows
// while nobody buys: what the shop has on offer.
//
// The folder is a person's, filled from a USB stick or over the network, so
// nothing in it is trusted: only JPEG and PNG files by their contents, not too
// large for a small board's browser, only so many, and nothing outside the
// folder even when a link points there. What is not shown is told. The folder
// is looked at in the background, so that a slow disk holds up no screen.
//
// All of it may be used concurrently.
package pictures

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the two kinds that are shown
	_ "image/png"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Limits of a folder.
const (
	MaxPictures = 24
	MaxBytes    = 4 << 20  // of one picture
	MaxTotal    = 32 << 20 // of all that are shown
	MaxSide     = 4096     // pixels
	maxEntries  = 1000     // of the folder, that are looked at
	maxHeader   = 512 << 10
)

// lookEvery is how often the folder is looked at.
const lookEvery = 20 * time.Second

// Picture is one that is shown.
type Picture struct {
	ID   string // changes with the file
	Name string
	kind string // MIME
	file stamp
}

// stamp tells whether a file is still the same.
type stamp struct {
	size int64
	at   time.Time
}

// look is what one look at the folder has found.
type look struct {
	all     []Picture
	refused []string // names
	broken  error    // of the folder itself
}

// Folder is a folder of pictures.
type Folder struct {
	dir string
	now atomic.Pointer[look]
}

// New is the folder dir, which need not exist; nothing is read before Look.
func New(dir string) *Folder {
	f := &Folder{dir: dir}
	f.now.Store(&look{})
	return f
}

// Run looks at the folder until ctx ends.
func (f *Folder) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		f.Look()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// All are the pictures to show, by name.
func (f *Folder) All() []Picture { return f.now.Load().all }

// Warnings tell what is in the folder and not shown.
func (f *Folder) Warnings() []fault.Warning {
	l := f.now.Load()
	switch {
	case l.broken != nil:
		return []fault.Warning{{Code: fault.PicturesNone, Severity: fault.Info, Args: []string{f.dir}, Detail: l.broken.Error()}}
	case len(l.refused) > 0:
		return []fault.Warning{{Code: fault.PicturesRefused, Severity: fault.Info, Args: []string{fmt.Sprint(len(l.refused)), l.refused[0]}}}
	}
	return nil
}

// Look reads the folder once.
func (f *Folder) Look() {
	before, now := f.now.Load(), &look{}
	if err := now.read(f.dir, before.all); err != nil {
		now = &look{broken: plain(err)}
	}
	f.now.Store(now)
}

func (l *look) read(dir string, known []Picture) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	top, err := root.Open(".")
	if err != nil {
		return err
	}
	entries, err := top.ReadDir(maxEntries)
	if err := errors.Join(notEOF(err), top.Close()); err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var total int64
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
			continue
		}
		p, ok := check(root, e.Name(), known)
		if ok = ok && len(l.all) < MaxPictures && total+p.file.size <= MaxTotal; !ok {
			l.refused = append(l.refused, e.Name())
			continue
		}
		total += p.file.size
		l.all = append(l.all, p)
	}
	return nil
}

// check tells whether a file may be shown. One that was checked before and
// has not changed is not read again.
func check(root *os.Root, name string, known []Picture) (p Picture, ok bool) {
	info, err := root.Stat(name) // follows links inside the folder only
	if err != nil || !info.Mode().IsRegular() || info.Size() > MaxBytes {
		return p, false
	}
	p = Picture{Name: name, file: stamp{info.Size(), info.ModTime()}}
	for _, k := range known {
		if k.Name == name && k.file == p.file {
			return k, true
		}
	}
	file, err := root.Open(name)
	if err != nil {
		return p, false
	}
	shape, kind, err := image.DecodeConfig(io.LimitReader(file, maxHeader))
	if err := errors.Join(err, file.Close()); err != nil || shape.Width < 1 || shape.Height < 1 || max(shape.Width, shape.Height) > MaxSide {
		return p, false
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", name, p.file.size, p.file.at.UnixNano()))
	p.ID, p.kind = hex.EncodeToString(sum[:8]), "image/"+kind
	return p, true
}

// ServePicture sends one of All by its ID. A file that has changed since is
// not found: the next look gives it another ID.
func (f *Folder) ServePicture(w http.ResponseWriter, r *http.Request, id string) {
	all := f.All()
	at := slices.IndexFunc(all, func(p Picture) bool { return p.ID == id })
	if at < 0 {
		http.NotFound(w, r)
		return
	}
	file, err := f.open(&all[at])
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close() // read only
	w.Header().Set("Content-Type", all[at].kind)
	w.Header().Set("Cache-Control", "private, max-age=86400, immutable")
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(file, 0, all[at].file.size))
}

func (f *Folder) open(p *Picture) (*os.File, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() // read only
	// A pipe put in its place would wait for a writer; a changed file is another picture.
	if info, err := root.Stat(p.Name); err != nil || !info.Mode().IsRegular() || (stamp{info.Size(), info.ModTime()}) != p.file {
		return nil, cmp.Or(err, fs.ErrNotExist)
	}
	return root.Open(p.Name)
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// plain drops the path from an error that is told together with it.
func plain(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
