package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// store is something that makes documents durable, one at a time.
type store interface {
	// commit returns when the document would survive a power cut.
	commit(ctx context.Context, n int, document []byte) error
	close() error
}

// floorBytes is the size of the floor's file: a segment it writes round.
const floorBytes = 64 << 20

// floor is the least a durable write costs on this disk: into a file that has
// all its blocks, followed by fdatasync.
type floor struct {
	file *os.File
	at   int64
}

func newFloor(dir string) (*floor, error) {
	file, err := os.Create(filepath.Join(dir, "floor"))
	if err != nil {
		return nil, err
	}
	// Written, not merely reserved: the first write into a reserved block
	// changes the file's map, which costs a journal commit.
	zeros := make([]byte, 1<<20)
	for range floorBytes / len(zeros) {
		if _, err := file.Write(zeros); err != nil {
			return nil, err
		}
	}
	return &floor{file: file}, file.Sync()
}

func (f *floor) commit(_ context.Context, _ int, document []byte) error {
	if f.at+int64(len(document)) > floorBytes {
		f.at = 0
	}
	if _, err := f.file.WriteAt(document, f.at); err != nil {
		return err
	}
	f.at += int64(len(document))
	if err := unix.Fdatasync(int(f.file.Fd())); err != nil {
		return fmt.Errorf("fdatasync: %w", err)
	}
	return nil
}

func (f *floor) close() error { return f.file.Close() }

// appender is the plain way: append and fsync.
type appender struct{ file *os.File }

func newAppender(dir string) (*appender, error) {
	file, err := os.Create(filepath.Join(dir, "append"))
	return &appender{file}, err
}

func (a *appender) commit(_ context.Context, _ int, document []byte) error {
	if _, err := a.file.Write(document); err != nil {
		return err
	}
	return a.file.Sync()
}

func (a *appender) close() error { return a.file.Close() }
