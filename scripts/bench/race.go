package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/google/uuid"
)

// warmup commits come before the measured ones.
const warmup = 20

// contender is a store under its name in the lines.
type contender struct {
	name string
	store
	taken samples
}

// race commits the same documents to every contender in turn, in a new order
// each round, so that what one leaves behind slows all of them alike.
func race(ctx context.Context, rounds int, all []*contender) error {
	rnd := rand.New(rand.NewPCG(seed, 1))
	for n := range warmup + rounds {
		d := sale(n, uuid.Nil)
		document, err := json.Marshal(&d)
		if err != nil {
			return err
		}
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, c := range all {
			err := c.taken.timed(func() error { return c.commit(ctx, n, document) })
			if err != nil {
				return fmt.Errorf("%s: commit: %w", c.name, err)
			}
			if n < warmup {
				c.taken = c.taken[:0]
			}
		}
	}
	return nil
}

// opened is how each contender of a race comes to be, the floor first.
type opened struct {
	name string
	open func(dir string) (store, error)
}

func (b *bench) raceOf(ctx context.Context, rounds int, list []opened) (found []*contender, err error) {
	dir, err := os.MkdirTemp(b.dir, "race-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, o := range list {
		s, err := o.open(dir)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", o.name, err)
		}
		defer func() { err = errors.Join(err, s.close()) }()
		found = append(found, &contender{name: o.name, store: s})
	}
	return found, race(ctx, rounds, append([]*contender(nil), found...))
}

// all are the stores that are held against each other, the floor first.
var all = []opened{
	{"floor", func(dir string) (store, error) { return newFloor(dir) }},
	{"append_fsync", func(dir string) (store, error) { return newAppender(dir) }},
	{"tape", newTape},
	{"journal", newJournal},
	{"pebble", newPebble},
	{"sqlite_wal_full", newSQLite},
	{"badger_alone", newBadger},
	{"bbolt", newBolt},
}

// named picks some of them.
func named(names ...string) (list []opened) {
	for _, o := range all {
		if slices.Contains(names, o.name) {
			list = append(list, o)
		}
	}
	return list
}

// show prints two percentiles of each, against the floor.
func (b *bench) show(prefix string, found []*contender, limits map[string]budget) {
	for _, p := range []float64{50, 99} {
		least := found[0].taken.percentile(p)
		for _, c := range found {
			at := c.taken.percentile(p)
			name := fmt.Sprintf("%s_%s_p%.0f", prefix, c.name, p)
			b.lines.print(figure{name: name, value: millis(at), unit: "ms", ratio: float64(at) / float64(least), budget: limits[name], note: c.taken.count()})
		}
	}
}

// commit holds the journal's durable commit, and the tape's part of it,
// against the disk's own floor.
func (b *bench) commit(ctx context.Context) error {
	found, err := b.raceOf(ctx, b.commits, named("floor", "tape", "journal"))
	if err == nil {
		b.show("commit_2KB", found, map[string]budget{"commit_2KB_journal_p50": ratioAtMost(1.5)})
	}
	return err
}

// peerCommits shows what other stores take for the same on this disk.
func (b *bench) peerCommits(ctx context.Context) error {
	found, err := b.raceOf(ctx, b.peers, named("floor", "append_fsync", "pebble", "sqlite_wal_full", "badger_alone", "bbolt"))
	if err == nil {
		b.show("peer_commit_2KB", found, nil)
	}
	return err
}
