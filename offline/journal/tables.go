package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"
	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
)

// looked is what precheck saw in a Badger directory.
type looked struct {
	orphans int   // tables that the manifest does not know
	cut     int64 // bytes at the manifest's end that are no whole entry
}

// notes tells what a person may want to know of it.
func (l looked) notes() (list []string) {
	if l.cut > 0 {
		list = append(list, fmt.Sprintf("badger's MANIFEST ends with %d bytes of nothing", l.cut))
	}
	if l.orphans > 0 {
		list = append(list, fmt.Sprintf("badger's MANIFEST does not know %d tables", l.orphans))
	}
	return list
}

// precheck looks at a Badger directory before Badger does: it removes what a
// kill leaves and Badger stumbles over, and refuses what Badger would delete
// or die of. A kill at the wrong moment leaves tables that the manifest does
// not know; but a manifest that lost its end does too, and Badger then deletes
// tables that are needed: the caller must look at every record.
func precheck(fsys tape.FS, dir string) (l looked, err error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return l, fsys.MkdirAll(dir)
	}
	if err != nil {
		return l, fmt.Errorf("journal: %w", err)
	}
	tables, manifest := 0, false
	for _, e := range list {
		switch ext := filepath.Ext(e.Name()); {
		case ext == ".sst":
			tables++
		case e.Name() == badger.ManifestFilename:
			manifest = true
		case ext == ".mem" || ext == ".vlog":
			if err := removeEmpty(filepath.Join(dir, e.Name())); err != nil {
				return l, fmt.Errorf("journal: %w", err)
			}
		}
	}
	if tables > 0 && !manifest {
		return l, fmt.Errorf("%w: %d tables without MANIFEST, badger would delete them", errUnusable, tables)
	}
	if !manifest {
		return l, nil
	}
	known, cut, err := checkTables(dir)
	if err != nil {
		return l, fmt.Errorf("%w: %w", errUnusable, err)
	}
	return looked{orphans: tables - known, cut: cut}, nil
}

func removeEmpty(name string) error {
	info, err := os.Stat(name)
	if err != nil || info.Size() > 0 {
		return err
	}
	return os.Remove(name)
}

// checkTables opens every table of the manifest once and counts them. Badger
// opens them in goroutines of its own, where a damaged index panics beyond
// anybody's recover; here it is an error. Only index and last block are read.
func checkTables(dir string) (known int, cut int64, err error) {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if err != nil {
		return 0, 0, err
	}
	var m badger.Manifest
	err = safely(func() error {
		var end int64
		if m, end, err = badger.ReplayManifestFile(f, 0, badger.DefaultOptions(dir)); err != nil {
			return err
		}
		info, err := f.Stat()
		if err == nil {
			cut = info.Size() - end
		}
		return err
	})
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, 0, fmt.Errorf("manifest: %w", err)
	}
	for id := range m.Tables {
		foresee(table.NewFilename(id, dir))
	}
	for id := range m.Tables {
		if err := checkTable(table.NewFilename(id, dir), false); err != nil {
			return 0, 0, err
		}
	}
	return len(m.Tables), cut, nil
}

// foreseen is how much of a table is read when it is opened: its index and its
// last block, as a rule.
const foreseen = 48 << 10

// foresee has the end of a table read from the disk, in the background and
// beside the others'. To touch it unread would read much more around it, table
// by table: seconds on a card. What goes wrong here shows when it is opened.
func foresee(name string) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil {
		_ = unix.Fadvise(int(f.Fd()), max(0, info.Size()-foreseen), foreseen, unix.FADV_WILLNEED)
	}
}

// checkTable opens a table, and with all set reads every block of it.
func checkTable(name string, all bool) error {
	err := safely(func() (err error) {
		f, err := z.OpenMmapFile(name, os.O_RDONLY, 0)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close(-1)) }()
		t, err := table.OpenTable(f, table.Options{ReadOnly: true, BlockSize: 4 << 10, ChkMode: options.OnBlockRead})
		if err == nil && all {
			err = safely(t.VerifyChecksum)
		}
		if errors.Is(err, errStore) { // Badger panics while it words it
			err = errors.New("a block is damaged")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("table %s: %w", filepath.Base(name), err)
	}
	return nil
}

// tables lists the files of Badger's tables.
func (s *store) tables() (names []string) {
	for _, info := range s.db.Tables() {
		names = append(names, table.NewFilename(info.ID, s.db.Opts().Dir))
	}
	return names
}

// checkWhole reads every block of a table, as long as Badger has it: a block
// that nothing has asked for is damaged silently.
func (s *store) checkWhole(name string) error {
	err := checkTable(name, true)
	if err != nil && !slices.Contains(s.tables(), name) {
		return nil // compacted away
	}
	return err
}
