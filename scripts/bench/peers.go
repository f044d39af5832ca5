package main

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/dgraph-io/badger/v4"
	"go.etcd.io/bbolt"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// indexes are the keys a document is found by, beside its number.
var indexes = []string{"shift", "type", "time"}

func key(index string, n int) []byte {
	return binary.BigEndian.AppendUint64([]byte(index), uint64(n))
}

// boltStore is bbolt as it comes.
type boltStore struct{ db *bbolt.DB }

func newBolt(dir string) (store, error) {
	db, err := bbolt.Open(filepath.Join(dir, "bolt"), 0o600, nil)
	if err != nil {
		return nil, err
	}
	return boltStore{db}, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("documents"))
		return err
	})
}

func (s boltStore) commit(_ context.Context, n int, document []byte) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket([]byte("documents"))
		for _, index := range indexes {
			if err := bucket.Put(key(index, n), nil); err != nil {
				return err
			}
		}
		return bucket.Put(key("doc", n), document)
	})
}

func (s boltStore) close() error { return s.db.Close() }

// sqliteStore is SQLite in pure Go: write-ahead log, flushed at every commit.
type sqliteStore struct{ db *sql.DB }

func newSQLite(dir string) (store, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "sqlite")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // pragmas belong to a connection
	_, err = db.Exec(`CREATE TABLE documents (n INTEGER PRIMARY KEY, shift INTEGER, type INTEGER, time INTEGER, data BLOB);
		CREATE INDEX by_shift ON documents (shift); CREATE INDEX by_type ON documents (type); CREATE INDEX by_time ON documents (time)`)
	return sqliteStore{db}, err
}

func (s sqliteStore) commit(ctx context.Context, n int, document []byte) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO documents VALUES (?, ?, ?, ?, ?)", n, n/100, n%5, n, document)
	return err
}

func (s sqliteStore) close() error { return s.db.Close() }

// pebbleStore is pebble as it comes.
type pebbleStore struct{ db *pebble.DB }

func newPebble(dir string) (store, error) {
	db, err := pebble.Open(filepath.Join(dir, "pebble"), &pebble.Options{Logger: quiet{}})
	return pebbleStore{db}, err
}

func (s pebbleStore) commit(_ context.Context, n int, document []byte) error {
	batch := s.db.NewBatch()
	for _, index := range indexes {
		if err := batch.Set(key(index, n), nil, nil); err != nil {
			return err
		}
	}
	if err := batch.Set(key("doc", n), document, nil); err != nil {
		return err
	}
	return batch.Commit(pebble.Sync)
}

func (s pebbleStore) close() error { return s.db.Close() }

// badgerStore is Badger alone, flushing at every commit, with the small tables
// a board can afford.
type badgerStore struct{ db *badger.DB }

func newBadger(dir string) (store, error) {
	db, err := badger.Open(badger.DefaultOptions(filepath.Join(dir, "badger")).WithLogger(nil).WithSyncWrites(true).
		WithMemTableSize(4 << 20).WithNumMemtables(2).WithBaseTableSize(2 << 20).WithValueThreshold(512 << 10).
		WithValueLogFileSize(1 << 20).WithNumCompactors(2).WithBlockCacheSize(0).WithCompression(0).WithDetectConflicts(false))
	return badgerStore{db}, err
}

func (s badgerStore) commit(_ context.Context, n int, document []byte) error {
	return s.db.Update(func(txn *badger.Txn) error {
		for _, index := range indexes {
			if err := txn.Set(key(index, n), nil); err != nil {
				return err
			}
		}
		return txn.Set(key("doc", n), document)
	})
}

func (s badgerStore) close() error { return s.db.Close() }

// quiet is a logger for peers that insist on one.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
