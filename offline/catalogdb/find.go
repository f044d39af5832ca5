package catalogdb

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dgraph-io/badger/v4"

	"github.com/kassa-pos/kassa/pos/catalog"
)

const (
	// maxHits is how many items a search reads to choose the best of.
	maxHits = 200
	// maxExpand is how many keys a search walks for one typed beginning of a
	// word. Beginnings of up to maxPrefix letters have their union ready;
	// longer ones rarely begin more than a few hundred words.
	maxExpand = 4096
)

// Find searches by what a person types: beginnings of words of the name in
// any order, letter case and ё/е alike, also when typed in the wrong keyboard
// layout; or the beginning of a code, article or barcode. Best matches first:
// codes, then names that begin with the text, then whole words, then
// beginnings; favourites before others. At most limit items (1 to MaxPage).
// The work is bounded: of a text that fits very many items some are found,
// not all.
func (db *DB) Find(ctx context.Context, text string, limit int) ([]catalog.Item, error) {
	text = strings.TrimSpace(text)
	if len(text) > MaxQuery {
		text = strings.ToValidUTF8(text[:MaxQuery], "")
	}
	limit = min(max(limit, 1), MaxPage)
	if text == "" {
		return nil, ctx.Err()
	}
	var found []catalog.Item
	err := db.read(ctx, 0, func(g *generation, txn *badger.Txn) error {
		s := &search{g: g, txn: txn, seen: map[uint32]bool{}, enough: min(max(limit, maxHits), MaxPage)}
		if err := s.run(text); err != nil {
			return err
		}
		found = s.best(limit)
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return found, err
}

// Ranks of a hit, best first.
const (
	rankCode = iota
	rankStart
	rankWords
	rankBeginnings
)

type hit struct {
	rank int
	name string // folded
	item catalog.Item
}

// search is one search under way.
type search struct {
	g      *generation
	txn    *badger.Txn
	seen   map[uint32]bool
	hits   []hit
	enough int
}

func (s *search) run(text string) error {
	if err := s.byCode(text); err != nil {
		return err
	}
	if err := s.byName(text); err != nil {
		return err
	}
	other, ok := otherLayout(text)
	if !ok {
		return nil
	}
	return s.byName(other)
}

// take reads an item as a hit; false when there are enough.
func (s *search) take(ordinal uint32, rank int, text string) (bool, error) {
	if s.seen[ordinal] {
		return true, nil
	}
	item, err := s.g.item(s.txn, ordinal)
	if err != nil {
		return false, err
	}
	s.seen[ordinal] = true
	h := hit{rank: rank, name: fold(item.Name), item: item}
	if rank > rankStart && strings.HasPrefix(h.name, text) {
		h.rank = rankStart
	}
	s.hits = append(s.hits, h)
	return len(s.hits) < s.enough, nil
}

func (s *search) best(limit int) []catalog.Item {
	slices.SortStableFunc(s.hits, func(a, b hit) int {
		if a.item.Favourite != b.item.Favourite && a.rank == b.rank {
			if a.item.Favourite {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name), cmp.Compare(a.item.ID, b.item.ID))
	})
	items := make([]catalog.Item, 0, min(limit, len(s.hits)))
	for _, h := range s.hits[:min(limit, len(s.hits))] {
		items = append(items, h.item)
	}
	return items
}

// byCode finds codes that begin with the text, as typed and in either case.
func (s *search) byCode(text string) error {
	tried := []string{}
	for _, t := range []string{text, strings.ToUpper(text), strings.ToLower(text)} {
		if slices.Contains(tried, t) {
			continue
		}
		tried = append(tried, t)
		// Half of the hits at most: a short number begins many barcodes, and
		// names that hold it should be seen too.
		limit := len(s.hits) + s.enough/2
		err := scan(s.txn, append([]byte{spaceCode}, t...), nil, func(_, value []byte) (bool, error) {
			refs, err := decodeRefs(value)
			if err != nil {
				return false, err
			}
			for _, ref := range refs {
				if more, err := s.take(ref.ordinal, rankCode, ""); err != nil || !more || len(s.hits) >= limit {
					return false, err
				}
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// byName finds items whose name has all words of the text: whole ones first,
// then as beginnings.
func (s *search) byName(text string) error {
	typed := words(text, maxTyped)
	if len(typed) == 0 {
		return nil
	}
	// Long words fit few items: with them first, the rest is often not needed.
	slices.SortStableFunc(typed, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	folded := fold(text)
	for _, pass := range []struct {
		rank   int
		gather func(word string, into bitset) error
	}{{rankWords, s.whole}, {rankBeginnings, s.beginning}} {
		if len(s.hits) >= s.enough {
			return nil
		}
		if err := s.intersect(typed, pass.gather, func(ordinal uint32) (bool, error) {
			return s.take(ordinal, pass.rank, folded)
		}); err != nil {
			return err
		}
	}
	return nil
}

// intersect walks the items that every typed word fits.
func (s *search) intersect(typed []string, gather func(string, bitset) error, fn func(uint32) (bool, error)) error {
	all, one := s.bitset(), s.bitset()
	defer s.free(all)
	defer s.free(one)
	if err := gather(typed[0], all); err != nil {
		return err
	}
	for _, word := range typed[1:] {
		clear(one)
		if err := gather(word, one); err != nil {
			return err
		}
		if all.intersect(one) {
			return nil
		}
	}
	return s.favouritesFirst(all, one, fn)
}

// favouritesFirst walks a set, so that of very many items that fit those
// people ask for are among the ones a search looks at.
func (s *search) favouritesFirst(all, best bitset, fn func(uint32) (bool, error)) (err error) {
	more := true
	walk := func(ordinal uint32) bool {
		more, err = fn(ordinal)
		return more && err == nil
	}
	if s.g.info.Favourites > 0 {
		clear(best)
		if err := s.g.favourites(s.txn, best); err != nil {
			return err
		}
		if !best.intersect(all) {
			best.each(walk)
		}
	}
	if more && err == nil {
		all.each(walk)
	}
	return err
}

func (s *search) bitset() bitset {
	b := *s.g.words.Get().(*bitset)
	clear(b)
	return b
}

func (s *search) free(b bitset) { s.g.words.Put(&b) }

// whole gathers the items that have the word itself.
func (s *search) whole(word string, into bitset) error {
	return s.gather(wordKey(spaceWord, word), into)
}

// beginning gathers the items that have a word beginning with this.
func (s *search) beginning(word string, into bitset) error {
	if n := utf8.RuneCountInString(word); n <= maxPrefix {
		return s.gather(wordKey(prefixSpace(n), word), into)
	}
	return s.gather(append([]byte{spaceWord}, word...), into)
}

// gather adds the blocks of all keys with the prefix.
func (s *search) gather(prefix []byte, into bitset) error {
	n := 0
	return scan(s.txn, prefix, nil, func(key, value []byte) (bool, error) {
		n++
		return n < maxExpand, into.add(blockOf(key), value)
	})
}
