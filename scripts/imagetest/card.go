package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// sector is the unit a card writes whole or not at all.
const sector = 512

// card is an SD card: what it holds for good, what the machine sees of it
// while it runs, and the log of the machine's writes.
//
// Killing an emulator loses nothing that it had written: the host has it in
// memory. A real cut loses, of all that was written since the last flush, any
// part in any order. cut is that: it takes what was flushed, and of the rest
// single sectors by chance.
type card struct {
	stable, live, log string
}

// newCard is a card of size bytes with the image on it.
func newCard(dir, image string, size int64) (*card, error) {
	c := &card{filepath.Join(dir, "stable.img"), filepath.Join(dir, "live.img"), filepath.Join(dir, "writes.log")}
	if err := sparseCopy(image, c.stable); err != nil {
		return nil, err
	}
	if err := os.Truncate(c.stable, size); err != nil {
		return nil, err
	}
	return c, c.insert()
}

// insert makes the machine see what the card holds.
func (c *card) insert() error { return sparseCopy(c.stable, c.live) }

func sparseCopy(from, to string) error {
	if out, err := exec.Command("cp", "--sparse=always", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the card: %w: %s", err, out)
	}
	return nil
}

// erase begins an empty log, for a machine that is about to start.
func (c *card) erase() error {
	f, err := os.Create(c.log)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(logLimit), f.Close())
}

// options are QEMU's, for this card.
func (c *card) options() []string {
	return []string{
		"-blockdev", "driver=raw,node-name=live,cache.no-flush=on,file.driver=file,file.cache.no-flush=on,file.filename=" + c.live,
		"-blockdev", "driver=raw,node-name=writes,cache.no-flush=on,file.driver=file,file.cache.no-flush=on,file.filename=" + c.log,
		"-blockdev", "driver=blklogwrites,node-name=card,file=live,log=writes,log-sector-size=" + strconv.Itoa(sector),
		"-device", "virtio-blk-device,drive=card",
	}
}

// loss is what a cut did.
type loss struct {
	kept, lost int // sectors behind the last flush
}

// cut brings the card to a state a real one could be in after the power went,
// and shows that to the machine. The machine must be gone. With a nil rng it
// went down in good order, and everything is kept. Of the writes in the log
// those from the one of number until on never happened; all did when it is
// negative.
func (c *card) cut(rng *rand.Rand, until int) (l loss, err error) {
	log, err := os.Open(c.log)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	stable, err := os.OpenFile(c.stable, os.O_RDWR, 0)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, stable.Close()) }()
	live, err := os.OpenFile(c.live, os.O_RDWR, 0)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, live.Close()) }()
	writes, err := readLog(log)
	if err != nil {
		return l, err
	}
	return replay(writes, until, log, stable, live, rng)
}

// readWriter is a disk.
type readWriter interface {
	io.ReaderAt
	io.WriterAt
}

// replay writes to stable what a cut leaves, and then to live what stable has
// wherever anything was written.
func replay(writes []write, until int, log io.ReaderAt, stable, live readWriter, rng *rand.Rand) (l loss, err error) {
	happened := writes
	if until >= 0 && until < len(writes) {
		happened = writes[:until]
	}
	flushed := 0 // writes before this one are on the card
	for i, w := range happened {
		if w.flags&flagFlush != 0 {
			flushed = i
		}
	}
	// One cut loses all of it, one nothing, most some.
	keep := 1.0
	if rng != nil {
		keep = []float64{0, 0.1, 0.5, 0.9, 1}[rng.IntN(5)]
	}
	for i, w := range happened {
		b := make([]byte, w.length)
		if _, err := log.ReadAt(b, w.data); err != nil {
			return l, fmt.Errorf("read the log of writes: %w", err)
		}
		if i < flushed || w.flags&flagFUA != 0 || rng == nil {
			if _, err := stable.WriteAt(b, w.at); err != nil {
				return l, err
			}
			continue
		}
		for at := int64(0); at < w.length; at += sector {
			if rng.Float64() >= keep {
				l.lost++
				continue
			}
			l.kept++
			if _, err := stable.WriteAt(b[at:at+sector], w.at+at); err != nil {
				return l, err
			}
		}
	}
	for _, w := range writes {
		b := make([]byte, w.length)
		if _, err := stable.ReadAt(b, w.at); err != nil {
			return l, err
		}
		if _, err := live.WriteAt(b, w.at); err != nil {
			return l, err
		}
	}
	return l, nil
}
