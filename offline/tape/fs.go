package tape

import "io"

// FS is the little of a file system the tape needs. Everything the tape does
// to a disk goes through it, so tests can enumerate what a power cut leaves
// (package tapetest). Names are whole paths.
type FS interface {
	// OpenFile opens an existing file; fs.ErrNotExist when there is none.
	OpenFile(name string, write bool) (File, error)
	// Create makes a file; fs.ErrExist when there is one.
	Create(name string) (File, error)
	// ReadDir lists the names in a directory, sorted.
	ReadDir(dir string) ([]string, error)
	// MkdirAll makes a directory with its parents, and the entries durable.
	MkdirAll(dir string) error
	// Rename replaces newName atomically; durable after SyncDir.
	Rename(oldName, newName string) error
	// Remove removes a file; durable after SyncDir.
	Remove(name string) error
	// SyncDir makes creations, renames and removals in dir durable.
	SyncDir(dir string) error
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync makes what was written, and the size, durable (fdatasync). After
	// an error it is unknown what the disk holds, and a later Sync that
	// succeeds does not make it known.
	Sync() error
	// Settle is Sync, and forgets cached content: what is read afterwards is
	// what the disk holds. A kernel marks pages clean after a failed flush;
	// without Settle a reader would take them for stored.
	Settle() error
	Size() (int64, error)
}
