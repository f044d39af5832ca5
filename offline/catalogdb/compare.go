package catalogdb

import (
	"context"
	"encoding/binary"
	"errors"
	"reflect"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// MaxExamples is how many changes of a kind a comparison names.
const MaxExamples = 20

// Changes is what another catalogue would change.
type Changes struct {
	Added     int      `json:"added"`
	Removed   int      `json:"removed"`
	Repriced  int      `json:"repriced"`  // another price of the shop's price type
	Changed   int      `json:"changed"`   // anything else but the stock
	Restocked int      `json:"restocked"` // the stock only
	Same      int      `json:"same"`
	Examples  []Change `json:"examples,omitempty"`
}

// Change is one of them. Kind is added, removed, repriced or changed.
type Change struct {
	Kind string       `json:"kind"`
	ID   string       `json:"id"`
	Name string       `json:"name"`
	Was  money.Amount `json:"was,omitempty"` // price, kopecks
	Now  money.Amount `json:"now,omitempty"`
}

// Comparison holds items against the generation that sells. It belongs to one
// goroutine.
type Comparison struct {
	db        *DB
	number    int64
	priceType string
	seen      bitset
	changes   Changes
	examples  map[string]int
}

// Compare begins a comparison with the current generation, or with nothing
// when there is none. priceType is whose prices count; "": the store's.
func (db *DB) Compare(priceType string) *Comparison {
	db.mu.RLock()
	defer db.mu.RUnlock()
	c := &Comparison{db: db, priceType: priceType, examples: map[string]int{}}
	if db.current != nil {
		c.number, c.seen = db.current.number, newBitset(db.current.ordinals)
		if priceType == "" {
			c.priceType = db.current.info.Store.PriceType
		}
	}
	return c
}

// Put compares some items; each comes once.
func (c *Comparison) Put(ctx context.Context, items []catalog.Item) error {
	if c.number == 0 {
		for i := range items {
			c.added(&items[i])
		}
		return ctx.Err()
	}
	return c.db.read(ctx, c.number, func(g *generation, v *view) error {
		if g.number != c.number {
			return ErrNotFound // it went while we compared
		}
		for i := range items {
			n, err := g.ordinal(v, items[i].ID)
			switch {
			case errors.Is(err, ErrNotFound):
				c.added(&items[i])
				continue
			case err != nil:
				return err
			}
			old, err := g.stated(v, n)
			if err != nil {
				return err
			}
			c.seen.set(n)
			c.compare(&old, &items[i])
		}
		return nil
	})
}

func (c *Comparison) added(it *catalog.Item) {
	c.changes.Added++
	now, _ := it.PriceOf(c.priceType)
	c.example(Change{Kind: "added", ID: it.ID, Name: it.Name, Now: now})
}

func (c *Comparison) compare(old, it *catalog.Item) {
	was, _ := old.PriceOf(c.priceType)
	now, _ := it.PriceOf(c.priceType)
	a, b := *old, *it
	a.Stock, b.Stock, a.FolderPath, b.FolderPath = 0, 0, "", ""
	switch {
	case was != now:
		c.changes.Repriced++
		c.example(Change{Kind: "repriced", ID: it.ID, Name: it.Name, Was: was, Now: now})
	case !reflect.DeepEqual(a, b):
		c.changes.Changed++
		c.example(Change{Kind: "changed", ID: it.ID, Name: it.Name, Was: was, Now: now})
	case old.Stock != it.Stock:
		c.changes.Restocked++
	default:
		c.changes.Same++
	}
}

func (c *Comparison) example(ch Change) {
	if c.examples[ch.Kind]++; c.examples[ch.Kind] <= MaxExamples {
		c.changes.Examples = append(c.changes.Examples, ch)
	}
}

// Changes ends the comparison: items that did not come would be removed.
func (c *Comparison) Changes(ctx context.Context) (Changes, error) {
	if c.number == 0 {
		return c.changes, ctx.Err()
	}
	err := c.db.read(ctx, c.number, func(g *generation, v *view) error {
		if g.number != c.number {
			return ErrNotFound
		}
		return scan(v, []byte{spaceID}, nil, func(_, at []byte) (bool, error) {
			n := binary.BigEndian.Uint32(at)
			if c.seen.has(n) {
				return true, nil
			}
			c.changes.Removed++
			if c.examples["removed"] < MaxExamples {
				it, err := g.item(v, n)
				if err != nil {
					return false, err
				}
				was, _ := it.PriceOf(c.priceType)
				c.example(Change{Kind: "removed", ID: it.ID, Name: it.Name, Was: was})
			}
			return true, nil
		})
	})
	return c.changes, err
}
