package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/pos/catalog"
)

// The limits kassa run sets for itself.
const (
	gcPercent   = "GOGC=50"
	memoryLimit = "GOMEMLIMIT=52MiB"
)

// pageItems is how many items come at once, as from a cloud.
const pageItems = 1000

// result is what a child tells its parent.
type result struct {
	Decode  samples // of all the JSON, without importing
	Import  samples // of the same JSON, decoding included
	Open    samples // both stores, until the first answer
	Lookup  samples
	Search  samples
	Disk    int64 // bytes of a generation
	AnonMax int64 // bytes of anonymous memory, the highest seen

	Records uint64
	Took    time.Duration
	Written int64 // bytes given to the disk
}

// start runs one of child's tasks in a process of its own.
func start(ctx context.Context, task ...string) (result, error) {
	self, err := os.Executable()
	if err != nil {
		return result{}, err
	}
	cmd := exec.CommandContext(ctx, self, task...)
	cmd.Env = append(os.Environ(), gcPercent, memoryLimit)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", task[0], err)
	}
	var r result
	return r, json.Unmarshal(out, &r)
}

// tasks are what a child can be told to do, in a directory.
var tasks = map[string]func(r *result, ctx context.Context, dir string, args []string) error{
	"import": func(r *result, ctx context.Context, dir string, _ []string) error { return r.importing(ctx, dir) },
	"file":   func(r *result, ctx context.Context, dir string, _ []string) error { return r.importingFile(ctx, dir) },
	"look":   (*result).shelf,
	"open":   (*result).opening,
	"wear":   (*result).wear,
	"fill":   (*result).filling,
	"reopen": (*result).reopening,
	"verify": (*result).verifying,
	"drain":  (*result).draining,
	"queued": (*result).queued,

	"readers": (*result).reader,
}

// child is the other side of start.
func child(args []string) error {
	if len(args) < 2 || tasks[args[0]] == nil {
		return errors.New("usage: bench [TASK DIR [ARGS...]], by itself only")
	}
	var r result
	if err := tasks[args[0]](&r, context.Background(), args[1], args[2:]); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(&r)
}

// numbers reads a task's arguments.
func numbers(args []string, to ...*int) (err error) {
	if len(args) != len(to) {
		return fmt.Errorf("%d arguments, not %d", len(args), len(to))
	}
	for i := range args {
		if *to[i], err = strconv.Atoi(args[i]); err != nil {
			return err
		}
	}
	return nil
}

// anon notes how much memory this process has that no file stands behind.
func (r *result) anon() error {
	bytes, err := anonOf("self")
	r.AnonMax = max(r.AnonMax, bytes)
	return err
}

// anonOf reads a process's RssAnon.
func anonOf(pid string) (int64, error) {
	status, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "RssAnon:" {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("the kernel tells no RssAnon")
}

func itemsFile(dir string) string { return filepath.Join(dir, "items.json") }

func openCatalog(ctx context.Context, dir string) (*catalogdb.DB, error) {
	return catalogdb.Open(ctx, catalogdb.Options{Dir: filepath.Join(dir, "catalog"), Log: slog.New(slog.DiscardHandler), Now: time.Now})
}

// pages decodes the rows of a file and hands them over page by page. The page
// is used again: take keeps nothing of it.
func pages(dir string, take func([]row) error) error {
	file, err := os.Open(itemsFile(dir))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // opened for reading
	from := json.NewDecoder(bufio.NewReaderSize(file, 1<<20))
	page := make([]row, 0, pageItems)
	for err == nil {
		page = page[:0]
		for len(page) < pageItems && err == nil {
			var r row
			if err = from.Decode(&r); err == nil {
				page = append(page, r)
			}
		}
		if err != nil && err != io.EOF {
			return err
		}
		if err := take(page); err != nil {
			return err
		}
	}
	return nil
}

// importing measures a new generation of the whole catalogue between two
// measurements of decoding alone.
func (r *result) importing(ctx context.Context, dir string) (err error) {
	decode := func() error { return pages(dir, func([]row) error { return ctx.Err() }) }
	if err := r.Decode.timed(decode); err != nil {
		return err
	}
	db, err := openCatalog(ctx, dir)
	if err != nil {
		return err
	}
	err = r.Import.timed(func() error { return r.build(ctx, db, dir) })
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if r.Disk, err = sizeOf(filepath.Join(dir, "catalog")); err != nil {
		return err
	}
	return r.Decode.timed(decode)
}

func (r *result) build(ctx context.Context, db *catalogdb.DB, dir string) error {
	b, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	list := make([]catalog.Folder, folders)
	for i := range list {
		list[i] = folder(i)
	}
	if err := b.PutFolders(list); err != nil {
		return err
	}
	items := make([]catalog.Item, pageItems)
	err = pages(dir, func(page []row) error {
		for i := range page {
			page[i].item(&items[i])
		}
		return errors.Join(b.PutItems(items[:len(page)]), r.anon())
	})
	if err != nil {
		return err
	}
	if err := errors.Join(b.SetDiscounts(discounts(repricedRules)), b.SetStore(shopStore())); err != nil {
		return err
	}
	_, err = b.Commit()
	return err
}

// opening measures a till's start on stores that are not in memory, then its
// look-ups and searches.
func (r *result) opening(ctx context.Context, dir string, args []string) (err error) {
	var items, lookups, searches int
	if err := numbers(args, &items, &lookups, &searches); err != nil {
		return err
	}
	if err := forget(dir); err != nil {
		return err
	}
	start := time.Now()
	j, err := openJournal(ctx, filepath.Join(dir, "journal"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	db, err := openCatalog(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return r.looking(ctx, db, start, items, lookups, searches)
}

// looking ends the measurement of opening with the first look-up; then the rest.
func (r *result) looking(ctx context.Context, db *catalogdb.DB, start time.Time, items, lookups, searches int) error {
	rnd := rand.New(rand.NewPCG(seed, 2))
	generation := db.Current().Generation
	look := func() error {
		n := rnd.IntN(items)
		match, err := db.Lookup(ctx, generation, barcode(n))
		if err == nil && match.Item.ID != itemID(n) {
			err = fmt.Errorf("barcode of item %d found %s", n, match.Item.ID)
		}
		return err
	}
	if err := look(); err != nil {
		return err
	}
	r.Open = samples{time.Since(start)}
	for range lookups {
		if err := r.Lookup.timed(look); err != nil {
			return err
		}
	}
	if err := r.anon(); err != nil {
		return err
	}
	return errors.Join(r.searching(ctx, db, rnd, items, searches), r.anon())
}

// shown is how many results a screen has room for.
const shown = 20

// searching types what cashiers type: words, beginnings of words in any
// order, codes, and things the shop does not have.
func (r *result) searching(ctx context.Context, db *catalogdb.DB, rnd *rand.Rand, items, searches int) error {
	for i := range searches {
		it := item(rnd.IntN(items))
		words := strings.Fields(it.Name)
		text, must := "", true
		switch i % 6 {
		case 0:
			text = words[0]
		case 1:
			text = beginning(words[0], 3)
		case 2:
			text = beginning(words[1], 4) + " " + beginning(words[0], 4)
		case 3:
			text = strings.ToUpper(it.Name)
		case 4:
			text = it.Code
		case 5:
			text, must = words[0]+" трактор", false
		}
		err := r.Search.timed(func() error {
			found, err := db.Find(ctx, text, shown)
			if err == nil && (len(found) > 0) != must {
				err = fmt.Errorf("%d results", len(found))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("search %q: %w", text, err)
		}
	}
	return nil
}

// searchText is a search for the kind of thing item n is.
func searchText(n int) string { return strings.Fields(item(n).Name)[0] }

func beginning(word string, runes int) string {
	r := []rune(word)
	return string(r[:min(runes, len(r))])
}

// forget takes the files below dir out of the page cache, as a reboot does.
func forget(dir string) error {
	return filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // opened for reading
		return unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
}
