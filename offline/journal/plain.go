package journal

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// maxCopyNames bounds the files of a copy: more than its manifest can list.
const maxCopyNames = 1 << 16

// plainCopy lists the files of a copy that somebody has brought, by their names
// in it, before any of them is opened. There must be nothing but what Export
// writes, directories and plain files of a sensible size: a link leads
// elsewhere, a pipe never ends, and an index would be run by Badger, which may
// take the till along. Names that begin with a dot are other systems' and never
// looked at.
func plainCopy(dir string) (files map[string]bool, err error) {
	files = map[string]bool{}
	return files, plainIn(dir, "", files)
}

func plainIn(dir, below string, files map[string]bool) error {
	list, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(below)))
	if err != nil {
		return fault.New(fault.CopyBad, dir).With(err)
	}
	for _, e := range list {
		name := below + e.Name()
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		_, period := periodNumber(e.Name())
		switch {
		case e.Type() == fs.ModeDir && (name == archiveName || period && below == archiveName+"/"):
			err = plainIn(dir, name+"/", files)
		case below != archiveName+"/":
			err = plainFile(dir, name, e)
			files[name] = true
		default:
			err = fault.New(fault.CopyBad, name)
		}
		if err == nil && len(files) > maxCopyNames {
			err = fault.New(fault.CopyBad, dir).Saying("too many files")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// plainFile checks one file by its directory entry.
func plainFile(dir, name string, e fs.DirEntry) error {
	most := int64(0)
	switch base := e.Name(); {
	case tape.IsSegment(base):
		most = maxSegment
	case base == aboutName:
		most = maxAbout
	case name == ManifestName:
		most = maxManifest
	}
	info, err := e.Info()
	if err != nil {
		return fault.New(fault.CopyBad, dir).With(err)
	}
	if most == 0 || !e.Type().IsRegular() || info.Size() > most {
		return fault.New(fault.CopyBad, name).Saying(fmt.Sprintf("%s of %d bytes", e.Type(), info.Size()))
	}
	return nil
}

// maxSegment is what one segment of a tape may have.
const maxSegment = tape.MaxSegment + tape.MaxFrame

// lists checks that a manifest names every file that is there, and no other:
// what it left out would not be kept, and what is kept would have a hole.
func (m *Manifest) lists(files map[string]bool) error {
	listed := map[string]bool{ManifestName: true}
	for _, f := range m.Files {
		listed[f.Name] = true
		if !files[f.Name] {
			return fault.New(fault.CopyBad, f.Name)
		}
	}
	for name := range files {
		if !listed[name] {
			return fault.New(fault.CopyBad, name).Saying("the manifest does not list it")
		}
	}
	return nil
}
