package catalogdb

import (
	"cmp"
	"context"
	"errors"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// maxExpand is how many keys a search walks for one typed beginning of a
// word. Beginnings of up to maxPrefix letters have their union ready; longer
// ones rarely begin more than a few hundred words.
const maxExpand = 1 << 14

// Find searches by what a person types: beginnings of words of the name in
// any order, letter case and ё/е alike, also when typed in the wrong keyboard
// layout; or the beginning of a code, article or barcode. Best matches first:
//
//   - who has exactly this code;
//   - those whose code begins so, by code: half of the list at most, as long
//     as names fill the rest;
//   - names that begin with the text and have all its words whole, then others
//     that have them whole, names that begin with the text, and those with words
//     that begin so.
//
// Within each of these favourites come first, then what is in stock, then the
// rest, by name; and everything of the text as typed before what it is in
// the other layout. At most limit items (1 to MaxPage). However many items
// fit, these are the best of them, and only they are read.
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
	err := db.read(ctx, 0, func(g *generation, v *view) error {
		s := &search{g: g, v: v, seen: map[uint32]bool{}, limit: limit}
		defer s.free()
		err := s.run(text)
		found = s.found
		return err
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// search is one search under way.
type search struct {
	g     *generation
	v     *view
	seen  map[uint32]bool // ordinals
	found []catalog.Item
	limit int
	sets  []bitset // to be given back

	best, atHand bitset // nil: not asked for yet
}

func (s *search) full() bool { return len(s.found) >= s.limit }

func (s *search) run(text string) error {
	exact, beginning, err := s.byCode(text)
	if err != nil {
		return err
	}
	half := min(len(beginning), (s.limit+1)/2)
	if err := s.takeAll(exact, beginning[:half]); err != nil {
		return err
	}
	if err := s.byName(text); err != nil {
		return err
	}
	if other, ok := otherLayout(text); ok {
		if err := s.byName(other); err != nil {
			return err
		}
	}
	return s.takeAll(beginning[half:])
}

func (s *search) takeAll(lists ...[]uint32) error {
	for _, list := range lists {
		for _, ordinal := range list {
			if err := s.take(ordinal); err != nil {
				return err
			}
		}
	}
	return nil
}

// take reads an item as a result.
func (s *search) take(ordinal uint32) error {
	if s.full() || s.seen[ordinal] {
		return nil
	}
	item, err := s.g.item(s.v, ordinal)
	if err != nil {
		return err
	}
	s.seen[ordinal] = true
	s.found = append(s.found, item)
	return nil
}

// byCode finds the items that have the text as a code, and enough of those
// whose code begins so: as typed and in either case.
func (s *search) byCode(text string) (exact, beginning []uint32, err error) {
	var tried []string
	for _, t := range []string{text, strings.ToUpper(text), strings.ToLower(text)} {
		if slices.Contains(tried, t) {
			continue
		}
		tried = append(tried, t)
		prefix := append([]byte{spaceCode}, t...)
		n := 0
		err := scan(s.v, prefix, nil, func(key, value []byte) (bool, error) {
			refs, err := decodeRefs(value)
			if err != nil {
				return false, err
			}
			for _, ref := range refs {
				if len(key) == len(prefix) {
					exact = append(exact, ref.ordinal)
				} else {
					beginning = append(beginning, ref.ordinal)
				}
			}
			n++
			return n <= s.limit, nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	beginning = slices.DeleteFunc(beginning, func(n uint32) bool { return slices.Contains(exact, n) })
	return exact, beginning, nil
}

// byName finds items whose name has all words of the text: whole ones first,
// then as beginnings.
func (s *search) byName(text string) error {
	typed := words(text, maxTyped)
	if len(typed) == 0 || s.full() {
		return nil
	}
	// Long words fit few items: with them first, the rest is often not needed.
	slices.SortStableFunc(typed, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	from, to, err := s.g.beginning(s.v, fold(text))
	if err != nil {
		return err
	}
	for _, gather := range []func(string, bitset) error{s.whole, s.beginning} {
		if s.full() {
			return nil
		}
		all, err := s.intersect(typed, gather)
		if err != nil {
			return err
		}
		if all == nil {
			continue
		}
		if err := s.walk(all, span{from, to}); err != nil {
			return err
		}
		if err := s.walk(all, span{0, from}, span{to, uint32(s.g.info.Items)}); err != nil {
			return err
		}
	}
	return nil
}

// intersect gives the places that every typed word fits; nil: none.
func (s *search) intersect(typed []string, gather func(string, bitset) error) (bitset, error) {
	all := s.set()
	if err := gather(typed[0], all); err != nil {
		return nil, err
	}
	if len(typed) == 1 {
		return all, nil
	}
	one := s.set()
	for _, word := range typed[1:] {
		clear(one)
		if err := gather(word, one); err != nil {
			return nil, err
		}
		if all.intersect(one) {
			return nil, nil
		}
	}
	return all, nil
}

// span is a range of places, its end excluded.
type span struct{ from, to uint32 }

// walk takes the items of a set that stand within the spans: favourites, then
// what is at hand, then the rest.
func (s *search) walk(all bitset, spans ...span) error {
	if err := s.loadMarks(); err != nil {
		return err
	}
	for _, among := range []func(i int) uint64{
		func(i int) uint64 { return s.best[i] },
		func(i int) uint64 { return s.atHand[i] &^ s.best[i] },
		func(i int) uint64 { return ^s.atHand[i] &^ s.best[i] },
	} {
		for _, sp := range spans {
			if err := s.walkSpan(all, sp, among); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *search) walkSpan(all bitset, sp span, among func(i int) uint64) error {
	for i := int(sp.from / 64); i < len(all) && uint32(i)*64 < sp.to && !s.full(); i++ {
		if all[i] == 0 {
			continue
		}
		w := all[i] & among(i)
		for ; w != 0 && !s.full(); w &= w - 1 {
			place := uint32(i*64 + bits.TrailingZeros64(w))
			if place < sp.from || place >= sp.to {
				continue
			}
			ordinal, err := s.g.mapped(s.v, spacePlace, place)
			if err != nil {
				return err
			}
			if err := s.take(ordinal); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadMarks reads which places are favourites and at hand.
func (s *search) loadMarks() error {
	if s.best != nil {
		return nil
	}
	s.best, s.atHand = s.set(), s.set()
	return errors.Join(s.g.stored(s.v, spaceBest, s.best), s.g.stored(s.v, spaceAtHand, s.atHand))
}

func (s *search) set() bitset {
	b := s.g.newSet()
	s.sets = append(s.sets, b)
	return b
}

func (s *search) free() {
	for _, b := range s.sets {
		s.g.freeSet(b)
	}
}

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
	return scan(s.v, prefix, nil, func(key, value []byte) (bool, error) {
		n++
		return n < maxExpand, into.add(blockOf(key), value)
	})
}
