package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"
)

// Memory cards wear out with what is written to them, and every flush costs an
// erased block: what does a durable document of 2 KB come to?

// settler is a store with a second copy that follows.
type settler interface{ settle(context.Context) error }

func (s journalStore) settle(ctx context.Context) error { return settle(ctx, s.journal) }

// wear commits documents to one store and tells what went to the disk. With
// alone set each waits for the second copy, as sales do that are minutes apart.
func (r *result) wear(ctx context.Context, dir string, args []string) (err error) {
	var documents, alone int
	if len(args) != 3 {
		return errors.New("wear: DIR STORE DOCUMENTS ALONE")
	}
	if err := numbers(args[1:], &documents, &alone); err != nil {
		return err
	}
	s, err := named(args[0])[0].open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	wait := func() error {
		if follows, ok := s.(settler); ok {
			return follows.settle(ctx)
		}
		return nil
	}
	commit := func(from, to int) error {
		for n := from; n < to; n++ {
			d := sale(n, uuid.Nil)
			document, err := json.Marshal(&d)
			if err == nil {
				err = s.commit(ctx, n, document)
			}
			if err == nil && alone > 0 {
				err = wait()
			}
			if err != nil {
				return err
			}
		}
		return wait()
	}
	if err := commit(0, warmup); err != nil {
		return err
	}
	before, err := written(dir)
	if err != nil {
		return err
	}
	if err := commit(warmup, warmup+documents); err != nil {
		return err
	}
	after, err := written(dir)
	r.Written = after - before
	return err
}

// written is what the disk below a directory was given, in bytes: the file
// system's own journal and tables too.
func written(dir string) (int64, error) {
	d, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer func() { _ = d.Close() }() // opened for reading
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return 0, fmt.Errorf("syncfs: %w", err)
	}
	var at unix.Stat_t
	if err := unix.Fstat(int(d.Fd()), &at); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/sys/dev/block/%d:%d/stat", unix.Major(at.Dev), unix.Minor(at.Dev)))
	if err != nil {
		return 0, err
	}
	const sectorsWritten, sector = 6, 512 // column and unit of the kernel's block statistics
	fields := strings.Fields(string(text))
	if len(fields) <= sectorsWritten {
		return 0, fmt.Errorf("the disk tells %q", text)
	}
	sectors, err := strconv.ParseInt(fields[sectorsWritten], 10, 64)
	return sectors * sector, err
}

// wornDisk is the size of the disk that bytes are counted on.
const wornDisk = 1 << 30

// disk mounts a file as a disk of its own: what others write does not count.
func (b *bench) disk(ctx context.Context) (dir string, end func() error, err error) {
	image := filepath.Join(b.dir, "disk")
	dir = filepath.Join(b.dir, "mounted")
	if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, wornDisk), os.Mkdir(dir, 0o755)); err != nil {
		return "", nil, err
	}
	for _, args := range [][]string{{"mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", image}, {"mount", "-o", "loop", image, dir}} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", nil, fmt.Errorf("%s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
		}
	}
	return dir, func() error {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			return fmt.Errorf("umount: %w: %s", err, out)
		}
		return os.Remove(image)
	}, nil
}

// worn are the stores whose wear is shown.
var worn = []struct{ store, name, alone, note string }{
	{"floor", "floor", "0", ""},
	{"tape", "tape", "0", ""},
	{"journal", "journal", "0", ", second copy included, without a pause"},
	{"journal", "journal_alone", "1", ", second copy included, which follows each sale by itself"},
	{"append_fsync", "append_fsync", "0", ""},
	{"pebble", "pebble", "0", ""},
	{"sqlite_wal_full", "sqlite_wal_full", "0", ""},
	{"badger_alone", "badger_alone", "0", ""},
	{"bbolt", "bbolt", "0", ""},
}

// wearing prints bytes and flushes of each store.
func (b *bench) wearing(ctx context.Context) error {
	if err := b.bytes(ctx); err != nil {
		return err
	}
	if _, err := exec.LookPath("strace"); err != nil {
		b.lines.skip("flushes are counted by strace, which is not installed")
		return nil
	}
	for _, c := range worn {
		n, err := b.flushesOf(ctx, c.store, c.alone)
		if err != nil {
			return fmt.Errorf("%s: flushes: %w", c.name, err)
		}
		b.lines.print(figure{name: "flushes_2KB_" + c.name, value: n, unit: "1", note: fmt.Sprintf("n=%d%s", flushed, c.note)})
	}
	return nil
}

// bytes prints what a document comes to on the disk.
func (b *bench) bytes(ctx context.Context) (err error) {
	dir, end, err := b.disk(ctx)
	if err != nil {
		b.lines.skip(fmt.Sprintf("bytes are counted on a mounted image, which root can do (%v)", err))
		return nil
	}
	defer func() { err = errors.Join(err, end()) }()
	var least float64
	for _, c := range worn {
		on := filepath.Join(dir, c.name)
		if err := os.Mkdir(on, 0o755); err != nil {
			return err
		}
		r, err := start(ctx, "wear", on, c.store, strconv.Itoa(b.worn), c.alone)
		if err == nil {
			err = os.RemoveAll(on)
		}
		if err != nil {
			return fmt.Errorf("%s: bytes: %w", c.name, err)
		}
		each := float64(r.Written) / float64(b.worn)
		if least == 0 {
			least = each
		}
		b.lines.print(figure{name: "written_2KB_" + c.name, value: each / 1024, unit: "KB", ratio: each / least, note: fmt.Sprintf("n=%d%s", b.worn, c.note)})
	}
	return nil
}

// flushed is how many documents flushes are counted of, under strace.
const flushed = 200

// flushesOf counts the flushes of a document: those of a run less those of a
// run without any.
func (b *bench) flushesOf(ctx context.Context, store, alone string) (float64, error) {
	count := func(documents int) (int, error) { return b.countFlushes(ctx, store, strconv.Itoa(documents), alone) }
	none, err := count(0)
	if err != nil {
		return 0, err
	}
	some, err := count(flushed)
	return float64(some-none) / flushed, err
}

func (b *bench) countFlushes(ctx context.Context, store, documents, alone string) (flushes int, err error) {
	dir, err := os.MkdirTemp(b.dir, "wear-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	table := filepath.Join(dir, "strace")
	cmd := exec.CommandContext(ctx, "strace", "-f", "-c", "-o", table, "-e", "trace=fsync,fdatasync,msync", self, "wear", dir, store, documents, alone)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	text, err := os.ReadFile(table)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) { // % seconds usecs/call calls [errors] syscall
		f := strings.Fields(line)
		if len(f) < 5 || !strings.HasSuffix(f[len(f)-1], "sync") {
			continue
		}
		n, err := strconv.Atoi(f[3])
		if err != nil {
			return 0, err
		}
		flushes += n
	}
	return flushes, nil
}
