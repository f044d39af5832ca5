package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// tillDir is where the large till of the measurements lives.
func (b *bench) tillDir() string { return filepath.Join(b.dir, "till") }

func (b *bench) task(ctx context.Context, name string) (result, error) {
	return b.taskOn(ctx, name, b.tillDir(), b.items)
}

// taskOn runs a task on the catalogue of so many items in a directory.
func (b *bench) taskOn(ctx context.Context, name, dir string, items int) (result, error) {
	return start(ctx, name, dir, strconv.Itoa(items), strconv.Itoa(b.lookups), strconv.Itoa(b.searches))
}

// of is the size of the catalogue as lines name it.
func (b *bench) of() string { return ofItems(b.items) }

func ofItems(n int) string { return strconv.Itoa(n) + "_items" }

// large is the size of the whole till as lines name it.
func (b *bench) large() string { return fmt.Sprintf("%s_%d_documents", b.of(), b.documents) }

// catalog measures catalogues of several sizes, each alone: taking one in,
// opening it, looking for goods in it. The largest stays for the whole till.
func (b *bench) catalog(ctx context.Context) error {
	for _, n := range b.shelves {
		dir := filepath.Join(b.dir, "shop")
		if err := b.shelf(ctx, dir, n); err != nil {
			return fmt.Errorf("%d items: %w", n, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := b.file(ctx); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	return b.shelf(ctx, b.tillDir(), b.items)
}

// fewItems are too few for a ratio: what every generation costs outweighs them.
const fewItems = 100_000

// shelf measures one size.
func (b *bench) shelf(ctx context.Context, dir string, items int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := writeItems(ctx, itemsFile(dir), items, "", "", "\n", writeRow); err != nil {
		return fmt.Errorf("write items: %w", err)
	}
	r, err := b.taskOn(ctx, "import", dir, items)
	if err != nil {
		return err
	}
	if err := os.Remove(itemsFile(dir)); err != nil {
		return err
	}
	of, ratio := ofItems(items), budget{}
	if items >= fewItems {
		ratio = ratioAtMost(3)
	}
	decode := (r.Decode[0] + r.Decode[1]) / 2
	b.lines.print(figure{name: "decode_" + of, value: millis(decode), unit: "ms", ratio: 1, note: r.Decode.count()})
	b.lines.print(figure{name: "import_" + of, value: millis(r.Import[0]), unit: "ms",
		ratio: float64(r.Import[0]) / float64(decode), budget: ratio, note: r.Import.count() + ", decoding included, to decoding alone"})
	b.lines.print(figure{name: "import_" + of + "_anon", value: float64(r.AnonMax) / mebi, unit: "MB", budget: atMost(64), note: "highest while importing"})
	b.lines.print(figure{name: "catalog_" + of + "_disk", value: float64(r.Disk) / mebi, unit: "MB", note: "one generation"})
	if r, err = b.taskOn(ctx, "look", dir, items); err != nil {
		return err
	}
	b.lines.print(figure{name: "catalog_open_" + of, value: millis(r.Open[0]), unit: "ms", budget: atMost(1000), note: "n=1, cold files, with the first look-up"})
	b.lines.print(figure{name: "catalog_anon_" + of, value: float64(r.AnonMax) / mebi, unit: "MB", budget: atMost(64), note: "the catalogue alone, after the look-ups and searches below"})
	b.lookLines(r, of)
	return nil
}

func (b *bench) lookLines(r result, of string) {
	b.lines.print(figure{name: "lookup_" + of + "_p50", value: millis(r.Lookup.percentile(50)), unit: "ms", note: r.Lookup.count()})
	b.lines.print(figure{name: "lookup_" + of + "_p99", value: millis(r.Lookup.percentile(99)), unit: "ms", budget: atMost(5), note: r.Lookup.count()})
	b.lines.print(figure{name: "search_" + of + "_p50", value: millis(r.Search.percentile(50)), unit: "ms", note: r.Search.count()})
	b.lines.print(figure{name: "search_" + of + "_p99", value: millis(r.Search.percentile(99)), unit: "ms", budget: atMost(20), note: r.Search.count()})
}

// file measures taking in the largest catalogue as kassa catalog import does,
// from the form that export writes.
func (b *bench) file(ctx context.Context) error {
	dir := filepath.Join(b.dir, "file")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	head, err := shopHead()
	if err != nil {
		return err
	}
	if err := writeItems(ctx, itemsFile(dir), b.items, head, "]}\n", ",\n", writeItem); err != nil {
		return err
	}
	r, err := b.taskOn(ctx, "file", dir, b.items)
	if err != nil {
		return err
	}
	decode, ratio := (r.Decode[0]+r.Decode[1])/2, budget{}
	if b.items >= fewItems {
		ratio = ratioAtMost(3)
	}
	b.lines.print(figure{name: "decode_file_" + b.of(), value: millis(decode), unit: "ms", ratio: 1, note: r.Decode.count()})
	b.lines.print(figure{name: "import_file_" + b.of(), value: millis(r.Import[0]), unit: "ms", ratio: float64(r.Import[0]) / float64(decode), budget: ratio, note: r.Import.count() +
		", the same bytes, checked line by line; these rows are a fifth of the cloud's"})
	b.lines.print(figure{name: "import_file_" + b.of() + "_anon", value: float64(r.AnonMax) / mebi, unit: "MB", budget: atMost(64), note: "highest while importing"})
	return os.RemoveAll(dir)
}

// writeItems writes rows between a head and a tail.
func writeItems(ctx context.Context, name string, items int, head, tail, between string, row func(io.Writer, int) error) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	to := bufio.NewWriterSize(file, 1<<20)
	if _, err := to.WriteString(head); err != nil {
		return err
	}
	for n := range items {
		if n > 0 {
			if _, err := to.WriteString(between); err != nil {
				return err
			}
		}
		if err := row(to, n); err != nil {
			return err
		}
		if n%pageItems == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if _, err := to.WriteString(tail); err != nil {
		return err
	}
	return to.Flush()
}

// opening fills a journal beside the catalogue and measures a start on both.
func (b *bench) opening(ctx context.Context) error {
	if err := b.writeJournal(ctx); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	r, err := b.task(ctx, "open")
	if err != nil {
		return err
	}
	b.lines.print(figure{name: "stores_open_" + b.large(), value: millis(r.Open[0]), unit: "ms", note: "n=1, cold files, with the first look-up"})
	b.lines.print(figure{name: "stores_anon_" + b.large(), value: float64(r.AnonMax) / mebi, unit: "MB", note: "journal and catalogue, after look-ups and searches"})
	return nil
}
