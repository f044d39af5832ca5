// Command bench measures the figures the till promises and fails when one is
// over its budget.
//
//	go run .              full: a million items, under six minutes
//	BENCH=quick go run .  a desk's look: 100,000 items, under a minute
//
// A line is a figure: name, value, unit, ratio, budget, ok or over, and after
// a # how many samples it comes from. The ratio is to what the section's first
// line or the comment names, measured in the same run on the same disk; "-"
// stands where there is none. Lines without a budget are there to compare.
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
	"time"
)

// scale is how much of everything a run measures.
type scale struct {
	items     int // in the catalogue
	documents int // in the journal
	commits   int // samples of a durable commit against the floor
	peers     int // samples of each peer's commit
	lookups   int
	searches  int
	sales     time.Duration // of continuous sales
	reprices  int
	closes    int // closings of a shift
}

var (
	full = scale{items: 1_000_000, documents: 100_000, commits: 2000, peers: 400, lookups: 20_000, searches: 1000,
		sales: 20 * time.Second, reprices: 1000, closes: 20}
	quick = scale{items: 100_000, documents: 10_000, commits: 500, peers: 100, lookups: 5000, searches: 300,
		sales: 5 * time.Second, reprices: 300, closes: 5}
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
	for _, section := range []func(context.Context) error{
		b.pricing, b.shift, b.commit, b.peerCommits, b.lag, b.catalog, b.opening, b.daemon, b.size,
	} {
		if err := section(ctx); err != nil {
			return b.lines.over, err
		}
		if err := ctx.Err(); err != nil {
			return b.lines.over, err
		}
	}
	return b.lines.over, b.lines.err
}
