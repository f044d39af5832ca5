package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// tillDir is where the large till of the measurements lives.
func (b *bench) tillDir() string { return filepath.Join(b.dir, "till") }

func (b *bench) task(ctx context.Context, name string) (result, error) {
	return start(ctx, name, b.tillDir(), strconv.Itoa(b.items), strconv.Itoa(b.lookups), strconv.Itoa(b.searches))
}

// of is the size of the catalogue as lines name it.
func (b *bench) of() string { return strconv.Itoa(b.items) + "_items" }

// large is the size of the whole till as lines name it.
func (b *bench) large() string { return fmt.Sprintf("%s_%d_documents", b.of(), b.documents) }

// catalog measures taking in a whole catalogue.
func (b *bench) catalog(ctx context.Context) error {
	if err := os.MkdirAll(b.tillDir(), 0o755); err != nil {
		return err
	}
	if err := b.writeItems(ctx); err != nil {
		return fmt.Errorf("write items: %w", err)
	}
	r, err := b.task(ctx, "import")
	if err != nil {
		return err
	}
	if err := os.Remove(itemsFile(b.tillDir())); err != nil {
		return err
	}
	decode := (r.Decode[0] + r.Decode[1]) / 2
	b.lines.print(figure{name: "decode_" + b.of(), value: millis(decode), unit: "ms", ratio: 1, note: r.Decode.count()})
	b.lines.print(figure{name: "import_" + b.of(), value: millis(r.Import[0]), unit: "ms",
		ratio: float64(r.Import[0]) / float64(decode), budget: ratioAtMost(3), note: r.Import.count() + ", decoding included, to decoding alone"})
	b.lines.print(figure{name: "import_" + b.of() + "_anon", value: float64(r.AnonMax) / mebi, unit: "MB", note: "highest"})
	return nil
}

func (b *bench) writeItems(ctx context.Context) (err error) {
	file, err := os.Create(itemsFile(b.tillDir()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	to := bufio.NewWriterSize(file, 1<<20)
	for n := range b.items {
		if err := writeRow(to, n); err != nil {
			return err
		}
		if n%pageItems == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
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
	b.lines.print(figure{name: "stores_anon_" + b.large(), value: float64(r.AnonMax) / mebi, unit: "MB", note: "journal and catalogue, after the look-ups and searches below"})
	b.lines.print(figure{name: "lookup_" + b.of() + "_p50", value: millis(r.Lookup.percentile(50)), unit: "ms", note: r.Lookup.count()})
	b.lines.print(figure{name: "lookup_" + b.of() + "_p99", value: millis(r.Lookup.percentile(99)), unit: "ms", budget: atMost(5), note: r.Lookup.count()})
	b.lines.print(figure{name: "search_" + b.of() + "_p50", value: millis(r.Search.percentile(50)), unit: "ms", note: r.Search.count()})
	b.lines.print(figure{name: "search_" + b.of() + "_p99", value: millis(r.Search.percentile(99)), unit: "ms", budget: atMost(20), note: r.Search.count()})
	return nil
}
