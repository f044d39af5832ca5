package catalogdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// Customers are kept with the catalogue they came with: found by card, by
// telephone and by the words of their names, without any network. Their names
// and numbers are people's data. Nothing of it is logged, and the directory is
// its owner's only.

// Limits of the customers.
const (
	MaxCustomers = 1_000_000
	maxTags      = 64
	maxPersonal  = 256
	maxTag       = 255
	maxDigits    = 32 // bytes of a phone or card
	minDigits    = 4  // typed, from which on they may be the beginning of a number

	// maxFaces is how many customers a search looks at.
	maxFaces = 1000
)

// ValidPerson tells whether a customer can be kept.
func ValidPerson(p *catalog.CustomerCard) bool {
	if p.ID == "" || len(p.ID) > MaxID || p.Name == "" || len(p.Name) > MaxName || len(p.Phone) > maxDigits || len(p.Card) > maxDigits || len(p.Email) > maxTag ||
		len(p.Tags) > maxTags || len(p.Personal) > maxPersonal || strings.ContainsRune(p.ID+p.Phone+p.Card, 0) || strings.IndexByte(p.ID+p.Phone+p.Card, endMark) >= 0 {
		return false
	}
	for _, t := range p.Tags {
		if len(t) > maxTag {
			return false
		}
	}
	for _, own := range p.Personal {
		if len(own.DiscountID) > MaxID || own.Percent < 0 || own.Percent > 100_000 {
			return false
		}
	}
	return true
}

// PutCustomers adds customers. Of one that comes twice the first counts; one
// that can not be kept is left out and counted.
func (b *Build) PutCustomers(people []catalog.CustomerCard) error {
	return b.do(func() error {
		if err := b.space(0); err != nil {
			return err
		}
		for _, p := range people {
			p.Phone, p.Card = catalog.PhoneDigits(p.Phone), catalog.CardDigits(p.Card)
			if !ValidPerson(&p) {
				b.info.Rejected++
				b.warn("customer left out", "id", p.ID)
				continue
			}
			if err := b.putPerson(&p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *Build) putPerson(p *catalog.CustomerCard) error {
	if b.nextPerson == MaxCustomers {
		return fmt.Errorf("%w: more than %d customers", ErrLimit, MaxCustomers)
	}
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	n := binary.BigEndian.AppendUint32(nil, b.nextPerson)
	b.nextPerson++
	errs := []error{b.people.add(append([]byte{spacePerson}, n...), data), b.people.add(append([]byte{spaceOwner}, p.ID...), n)}
	for _, digits := range []string{p.Phone, p.Card} {
		if digits != "" {
			errs = append(errs, b.people.add(append(wordKey(spaceNumber, digits), n...), nil))
		}
	}
	for _, w := range words(p.Name, maxWords) {
		errs = append(errs, b.people.add(append(wordKey(spaceName, w), n...), nil))
	}
	return errors.Join(errs...)
}

// writePeople writes all of it; the sorter has brought the spaces in order.
func (b *Build) writePeople(bitset) error {
	var last []byte
	err := b.each(b.people, func(key, value []byte) error {
		if bytes.Equal(key, last) {
			return nil // came twice
		}
		if last != nil && last[0] != key[0] {
			if err := b.out.done(last[0]); err != nil {
				return err
			}
		}
		if key[0] == spaceOwner {
			b.info.Customers++
		}
		last = append(last[:0], key...)
		return b.out.put(key[0], key, value)
	})
	if err != nil || last == nil {
		return err
	}
	return b.out.done(last[0])
}

// Customers finds customers by what a cashier has of them: the card's number,
// the telephone in any spelling or its beginning, the beginnings of words of
// the name in any order. Whoever has exactly the typed number is the answer,
// else beginnings of numbers come first, then by name; at most limit of them (1
// to MaxPage). The work is bounded.
func (db *DB) Customers(ctx context.Context, text string, limit int) (found []catalog.CustomerCard, err error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > MaxQuery {
		return nil, ctx.Err()
	}
	limit = min(max(limit, 1), MaxPage)
	err = db.read(ctx, 0, func(g *generation, v *view) error {
		f := &faces{g: g, v: v, seen: map[string]bool{}}
		if err := f.byNumber(text); err != nil {
			return err
		}
		if f.whole {
			found = f.found[:min(limit, len(f.found))]
			return nil
		}
		if err := f.byName(text); err != nil {
			return err
		}
		if other, ok := otherLayout(text); ok {
			if err := f.byName(other); err != nil {
				return err
			}
		}
		found = f.found[:min(limit, len(f.found))]
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return found, err
}

// faces is a search for customers under way.
type faces struct {
	g     *generation
	v     *view
	seen  map[string]bool
	found []catalog.CustomerCard
	asked int
	whole bool // somebody has exactly this number
}

// take looks at the customer an index names; false when there were enough.
func (f *faces) take(key []byte, fits func(*catalog.CustomerCard) bool) (bool, error) {
	if f.asked++; f.asked > maxFaces {
		return false, nil
	}
	p, err := f.g.person(f.v, key[len(key)-4:])
	if err == nil && !f.seen[p.ID] && fits(&p) {
		f.seen[p.ID] = true
		f.found = append(f.found, p)
	}
	return err == nil, err
}

func anybody(*catalog.CustomerCard) bool { return true }

// byNumber finds the holder of a whole number, then those whose number begins so.
func (f *faces) byNumber(text string) error {
	phone, card := catalog.PhoneDigits(text), catalog.CardDigits(text)
	numbers := []string{card}
	if len(phone) >= minDigits && !strings.ContainsFunc(text, isLetter) {
		if phone != card {
			numbers = append(numbers, phone)
		}
		if len(phone) < 11 && phone[0] == '8' {
			numbers = append(numbers, "7"+phone[1:]) // the beginning of a number, dialled as within the country
		}
	}
	for _, whole := range []bool{true, false} {
		for _, n := range numbers {
			prefix := append([]byte{spaceNumber}, n...)
			if whole {
				prefix = append(prefix, 0)
			} else if len(n) < minDigits {
				continue
			}
			err := scan(f.v, prefix, nil, func(key, _ []byte) (bool, error) { return f.take(key, anybody) })
			if err != nil {
				return err
			}
		}
		if f.whole = whole && len(f.found) > 0; f.whole {
			return nil
		}
	}
	return nil
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f }

// byName walks the names that have the longest typed word and looks whether
// the others fit too.
func (f *faces) byName(text string) error {
	typed := words(text, maxTyped)
	if len(typed) == 0 {
		return nil
	}
	slices.SortStableFunc(typed, func(a, b string) int { return len(b) - len(a) })
	from := len(f.found)
	err := scan(f.v, append([]byte{spaceName}, typed[0]...), nil, func(key, _ []byte) (bool, error) {
		return f.take(key, func(p *catalog.CustomerCard) bool { return beginAll(words(p.Name, maxWords), typed) })
	})
	slices.SortStableFunc(f.found[from:], func(a, b catalog.CustomerCard) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return err
}

// beginAll tells whether each typed word begins one of the name's.
func beginAll(name, typed []string) bool {
	for _, t := range typed {
		if !slices.ContainsFunc(name, func(w string) bool { return strings.HasPrefix(w, t) }) {
			return false
		}
	}
	return true
}

// Customer returns the customer with that id; ErrNotFound when there is none.
func (db *DB) Customer(ctx context.Context, id string) (p catalog.CustomerCard, err error) {
	err = db.read(ctx, 0, func(g *generation, v *view) error {
		if len(id) > MaxID {
			return ErrNotFound
		}
		n, err := get(v, append([]byte{spaceOwner}, id...))
		if err != nil {
			return err
		}
		p, err = g.person(v, n)
		return err
	})
	return p, err
}

// EachCustomer calls fn for every customer until it fails.
func (db *DB) EachCustomer(ctx context.Context, fn func(catalog.CustomerCard) error) error {
	err := db.read(ctx, 0, func(g *generation, v *view) error {
		n := 0
		return scan(v, []byte{spaceOwner}, nil, func(_, at []byte) (bool, error) {
			if n++; n%spaceEvery == 0 && ctx.Err() != nil {
				return false, ctx.Err()
			}
			p, err := g.person(v, at)
			if err == nil {
				err = fn(p)
			}
			return err == nil, err
		})
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// person reads the customer an index named; like an item, its absence is damage.
func (g *generation) person(v *view, n []byte) (p catalog.CustomerCard, err error) {
	value, err := get(v, append([]byte{spacePerson}, n...))
	if err == nil {
		err = json.Unmarshal(value, &p)
	}
	if err != nil {
		return p, fmt.Errorf("%w: customer %x: %v", ErrDamaged, n, err)
	}
	return p, nil
}
