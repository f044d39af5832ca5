// Command bench measures the figures the till promises and fails when one is
// over its budget.
//
//	go run .              full: a million items, a million records, a quarter of an hour
//	BENCH=quick go run .  a desk's look: 100,000 items, 20,000 records, two minutes
//	SECTIONS="commit wear" go run .  these alone: pricing shift commit peers wear lag many drain catalog opening daemon screens size
//
// A line is a figure: name, value, unit, ratio, budget, ok or over, and after
// a # how many samples it comes from. The ratio is to what the section's first
// line or the comment names, measured in the same run on the same disk; "-"
// stands where there is none. Lines without a budget are there to compare.
//
// The screens' pixels are measured in Chromium, where there is one.
//
// The catalogue, a start and the till's memory are measured in processes of
// their own under the memory limits of kassa run; the rest in this one. All data lies in a
// temporary directory below ../../out, on the disk of the tree: a memory file
// system would make every figure of durability a lie.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// scale is how much of everything a run measures.
type scale struct {
	items     int   // in the catalogue
	shelves   []int // items of smaller catalogues
	documents int   // in the journal
	commits   int   // samples of a durable commit against the floor
	peers     int   // samples of each peer's commit
	lookups   int
	searches  int
	sales     time.Duration // of continuous sales
	reprices  int
	closes    int   // closings of a shift
	worn      int   // documents whose bytes are counted
	records   []int // in a journal
	drained   int   // documents sent after a week offline
	queued    int   // documents that wait for the cloud
}

var (
	full = scale{items: 1_000_000, shelves: []int{10_000, 100_000, 300_000}, documents: 100_000, commits: 2000, peers: 400, lookups: 20_000, searches: 1000,
		sales: 20 * time.Second, reprices: 1000, closes: 20, worn: 4000, records: []int{0, 100_000, 1_000_000}, drained: 10_000, queued: 100_000}
	quick = scale{items: 100_000, shelves: []int{10_000}, documents: 10_000, commits: 500, peers: 100, lookups: 5000, searches: 300,
		sales: 5 * time.Second, reprices: 300, closes: 5, worn: 1000, records: []int{0, 20_000}, drained: 2000, queued: 20_000}
)

// bench is one run.
type bench struct {
	scale
	tree  string // top of the source tree
	dir   string // for everything written
	lines printer
}

func main() {
	if len(os.Args) > 1 {
		if err := child(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	over, err := run(ctx)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	case over > 0:
		fmt.Fprintf(os.Stderr, "bench: %d over budget\n", over)
		os.Exit(1)
	}
}

// run measures everything and returns how many figures are over.
func run(ctx context.Context) (over int, err error) {
	b := &bench{scale: full, lines: printer{out: os.Stdout}}
	switch mode := os.Getenv("BENCH"); mode {
	case "", "full":
	case "quick":
		b.scale = quick
	default:
		return 0, fmt.Errorf("BENCH=%.20q: quick, full or nothing", mode)
	}
	if b.tree, err = filepath.Abs("../.."); err != nil {
		return 0, err
	}
	out := filepath.Join(b.tree, "out")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return 0, err
	}
	if b.dir, err = os.MkdirTemp(out, "bench-"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()

	b.lines.head()
	only := strings.Fields(os.Getenv("SECTIONS"))
	for _, section := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"pricing", b.pricing}, {"shift", b.shift}, {"commit", b.commit}, {"peers", b.peerCommits}, {"wear", b.wearing}, {"lag", b.lag}, {"many", b.many}, {"drain", b.drain},
		{"catalog", b.catalog}, {"opening", b.opening}, {"daemon", b.daemon}, {"screens", b.screens}, {"size", b.size},
	} {
		if len(only) > 0 && !slices.Contains(only, section.name) {
			continue
		}
		if err := section.run(ctx); err != nil {
			return b.lines.over, fmt.Errorf("%s: %w", section.name, err)
		}
		if err := ctx.Err(); err != nil {
			return b.lines.over, err
		}
	}
	return b.lines.over, b.lines.err
}
