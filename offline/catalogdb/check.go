package catalogdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"
)

// checkTables opens every table of a generation once before Badger does.
// Badger opens them in goroutines of its own, where a damaged index panics
// beyond anybody's recover and takes the process along; here it is an error.
// Only the index and the last block of each table are read.
func checkTables(dir string) error {
	// Without its manifest Badger would take the tables for garbage.
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if err != nil {
		return err
	}
	manifest, _, err := badger.ReplayManifestFile(f, 0, badger.DefaultOptions(dir))
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	// A manifest that lost its end would hide tables, and with them items.
	files, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(files) != len(manifest.Tables) {
		return errors.Join(err, fmt.Errorf("%d tables in the manifest, %d in the directory", len(manifest.Tables), len(files)))
	}
	for id := range manifest.Tables {
		path := table.NewFilename(id, dir)
		if err := checkTable(path); err != nil {
			return fmt.Errorf("table %s: %w", filepath.Base(path), err)
		}
	}
	return nil
}

func checkTable(path string) (err error) {
	f, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		err = errors.Join(err, f.Close(-1))
	}()
	_, err = table.OpenTable(f, table.Options{ReadOnly: true, BlockSize: 4 << 10, ChkMode: options.OnBlockRead})
	return err
}
