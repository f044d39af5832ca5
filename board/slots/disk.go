package slots

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Where the copies are on the disk, in bytes from its start.
const (
	firstAt  = 0x100000
	secondAt = 0x104000
)

// DiskPath is the till's disk, named by udev after the partition table's id.
const DiskPath = "/dev/till-disk"

// File is what a disk must be able to do; *os.File is one.
type File interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
}

// Disk holds the state.
type Disk struct{ f File }

// On is the state kept on f.
func On(f File) Disk { return Disk{f} }

// With opens the disk at path, lets do work with it and closes it.
func With(path string, do func(Disk) error) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the till's disk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return do(On(f))
}

// Source tells where a state was read from.
type Source string

// The sources, in the order the boot script tries them.
const (
	FirstCopy  Source = "first"
	SecondCopy Source = "second"
	Defaults   Source = "defaults" // both copies are bad
)

// Read reads the state as the boot script would.
func (d Disk) Read() (State, Source, error) {
	st, _, from, err := d.read()
	return st, from, err
}

func (d Disk) read() (State, map[string]string, Source, error) {
	for _, c := range []struct {
		at     int64
		source Source
	}{{firstAt, FirstCopy}, {secondAt, SecondCopy}} {
		b := make([]byte, EnvSize)
		if _, err := d.f.ReadAt(b, c.at); err != nil && !errors.Is(err, io.EOF) {
			return State{}, nil, "", fmt.Errorf("read the slots' state: %w", err)
		}
		if st, vars, err := decodeEnv(b); err == nil {
			return st, vars, c.source, nil
		}
	}
	return defaults(), nil, Defaults, nil
}

// Change reads the state, has it changed and writes it into both copies. An
// error means that either state may be there, and nothing else.
func (d Disk) Change(change func(State) (State, error)) (State, error) {
	old, vars, from, err := d.read()
	if err != nil {
		return State{}, err
	}
	st, err := change(old)
	if err != nil {
		return old, err
	}
	if from == FirstCopy {
		// The second copy is what is left if the power goes in the first one's
		// write: it must say what the first says now, not what some boot saw.
		if err := d.put(secondAt, old, vars); err != nil {
			return old, err
		}
	}
	for _, at := range []int64{firstAt, secondAt} {
		if err := d.put(at, st, vars); err != nil {
			return old, err
		}
	}
	return st, nil
}

func (d Disk) put(at int64, st State, vars map[string]string) error {
	b, err := encodeEnv(st, vars)
	if err != nil {
		return err
	}
	if _, err := d.f.WriteAt(b, at); err != nil {
		return fmt.Errorf("write the slots' state: %w", err)
	}
	if err := d.f.Sync(); err != nil {
		return fmt.Errorf("write the slots' state: %w", err)
	}
	return nil
}
