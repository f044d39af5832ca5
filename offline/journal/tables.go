package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"

	"github.com/kassa-pos/kassa/offline/tape"
)

// precheck looks at a Badger directory before Badger does: it removes what a
// kill leaves and Badger stumbles over, and refuses what Badger would delete
// or die of. orphans counts tables that the manifest does not know. A kill at
// the wrong moment leaves some; but a manifest that lost its end does too,
// and Badger then deletes tables that are needed: the caller must look at
// every record.
func precheck(fsys tape.FS, dir string) (orphans int, err error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fsys.MkdirAll(dir)
	}
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
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
				return 0, fmt.Errorf("journal: %w", err)
			}
		}
	}
	if tables > 0 && !manifest {
		return 0, fmt.Errorf("%w: %d tables without MANIFEST, badger would delete them", errUnusable, tables)
	}
	if !manifest {
		return 0, nil
	}
	known, err := checkTables(dir)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errUnusable, err)
	}
	return tables - known, nil
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
func checkTables(dir string) (known int, err error) {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if err != nil {
		return 0, err
	}
	var m badger.Manifest
	err = safely(func() (err error) {
		m, _, err = badger.ReplayManifestFile(f, 0, badger.DefaultOptions(dir))
		return err
	})
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("manifest: %w", err)
	}
	for id := range m.Tables {
		name := table.NewFilename(id, dir)
		if err := safely(func() error { return checkTable(name) }); err != nil {
			return 0, fmt.Errorf("table %s: %w", filepath.Base(name), err)
		}
	}
	return len(m.Tables), nil
}

func checkTable(name string) (err error) {
	f, err := z.OpenMmapFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(-1)) }()
	_, err = table.OpenTable(f, table.Options{ReadOnly: true, BlockSize: 4 << 10, ChkMode: options.OnBlockRead})
	return err
}
