package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The log of writes is QEMU's blklogwrites, which is dm-log-writes' format: a
// superblock, then for each request a header in a sector of its own and its data.
const (
	logMagic   = 0x6a736677736872
	logLimit   = 16 << 30 // size of the sparse file that holds it
	flagFlush  = 1
	flagFUA    = 2
	flagEntry  = flagFlush | flagFUA | 4 | 8 // all that are known
	maxSectors = 1 << 20                     // of one request: 512 MiB
)

// write is a request of the log.
type write struct {
	at, data int64 // on the card, in the log; bytes
	length   int64
	flags    uint64
}

// in tells whether w changes anything of a piece of the card.
func (w write) in(from, length int64) bool {
	return w.length > 0 && w.at < from+length && from < w.at+w.length
}

// logReader reads a log that may still grow.
type logReader struct {
	log  io.ReaderAt
	at   int64 // of the next header
	read int   // writes so far
}

// next is the next write; false when there is none yet: a header of zeros.
func (r *logReader) next() (w write, there bool, err error) {
	head := make([]byte, sector)
	if r.at == 0 {
		if _, err := r.log.ReadAt(head, 0); err != nil {
			return w, false, fmt.Errorf("read the log of writes: %w", err)
		}
		if m := binary.LittleEndian.Uint64(head); m == 0 {
			return w, false, nil // nothing was written
		} else if m != logMagic {
			return w, false, errors.New("not a log of writes")
		}
		r.at = sector
	}
	if _, err := r.log.ReadAt(head, r.at); err == io.EOF {
		return w, false, nil
	} else if err != nil {
		return w, false, fmt.Errorf("read the log of writes: %w", err)
	}
	where, count := binary.LittleEndian.Uint64(head), binary.LittleEndian.Uint64(head[8:])
	w = write{at: int64(where) * sector, length: int64(count) * sector, data: r.at + sector, flags: binary.LittleEndian.Uint64(head[16:])}
	if where == 0 && count == 0 && w.flags == 0 {
		return w, false, nil
	}
	if count > maxSectors || w.flags&^flagEntry != 0 {
		return w, false, fmt.Errorf("the log of writes is broken at byte %d", r.at)
	}
	r.at += sector + w.length
	r.read++
	return w, true, nil
}

// readLog reads all writes there are.
func readLog(log io.ReaderAt) (writes []write, err error) {
	for r := (logReader{log: log}); ; {
		w, there, err := r.next()
		if err != nil || !there {
			return writes, err
		}
		writes = append(writes, w)
	}
}

// follower reads the log of a machine that runs.
type follower struct {
	logReader
	file *os.File
}

// follow begins behind what is written already.
func (c *card) follow() (*follower, error) {
	f, err := os.Open(c.log)
	if err != nil {
		return nil, err
	}
	r := &follower{logReader{log: f}, f}
	if _, err := r.each(func(write) bool { return false }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// each shows what has been written since, until one of them is the one.
func (f *follower) each(this func(write) bool) (found bool, err error) {
	for {
		w, there, err := f.next()
		if err != nil || !there {
			return false, err
		}
		if this(w) {
			return true, nil
		}
	}
}

// Close ends it.
func (f *follower) Close() error { return f.file.Close() }
