package catalogdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// All items of a generation stand in the order of their names, and an item's
// place in that order is what the word index, folders, favourites and the
// stock speak of. So whatever a search leaves is in the order a person reads
// it, names that begin with a text stand together, and a page of a list needs
// no sorting: a search reads the items it shows and no others.

const (
	// maxListName is how many bytes of a folded name decide its place.
	maxListName = 128
	// tableLen is how many places or ordinals one record maps.
	tableLen = 512
	// sampleEvery: the name of every such place is in the index of names.
	sampleEvery = 64
	// folderPlaces is how many places of a folder one record has.
	folderPlaces = 1024
	// noPlace is that of an item that came again.
	noPlace = 1<<32 - 1
)

// Flags of a name's record.
const (
	flagFavourite = 1 << iota
	flagAtHand
)

// atHand tells whether an item can be given to a customer, as far as the stock
// says; what has no stock of its own always can.
func atHand(i *catalog.Item) bool {
	return i.Stock > 0 || i.Type == catalog.Service || i.Type == catalog.Bundle
}

// nameKey orders items by name, and by their order in the catalogue.
func nameKey(dst, folded []byte, ordinal uint32) []byte {
	dst = append(dst, folded[:min(len(folded), maxListName)]...)
	return binary.BigEndian.AppendUint32(append(dst, 0), ordinal)
}

// nameIndex is what the walk over all names gathers.
type nameIndex struct {
	b            *Build
	next         uint32   // place
	places       []uint32 // by ordinal
	row          []byte   // ordinals of the places since the last record
	best, atHand bitset
	folders      map[uint32]*folderList
}

// folderList are the places of one folder's items: chunks of varints, each
// the distance from the place before.
type folderList struct {
	chunks []folderChunk
	items  int
}

type folderChunk struct {
	last  uint32
	items int
	steps []byte
}

func (f *folderList) add(place uint32) {
	if len(f.chunks) == 0 || f.chunks[len(f.chunks)-1].items == folderPlaces {
		f.chunks = append(f.chunks, folderChunk{})
	}
	c := &f.chunks[len(f.chunks)-1]
	c.steps = binary.AppendUvarint(c.steps, uint64(place-c.last))
	c.last = place
	c.items++
	f.items++
}

// writeNames gives every item its place and writes what is kept by places.
func (b *Build) writeNames(dead bitset) error {
	x := &nameIndex{b: b, places: make([]uint32, b.next), best: newBitset(b.next), atHand: newBitset(b.next), folders: map[uint32]*folderList{}}
	for i := range x.places {
		x.places[i] = noPlace
	}
	err := b.each(b.names, func(key, value []byte) error {
		ordinal := binary.BigEndian.Uint32(key[len(key)-4:])
		if dead.has(ordinal) {
			return nil
		}
		return x.add(ordinal, key, value)
	})
	if err != nil {
		return err
	}
	b.places = x.places
	for _, write := range []func() error{x.flushRow, x.writePlaces, x.writeFolders, func() error { return b.writeSet(spaceBest, x.best) }, func() error { return b.writeSet(spaceAtHand, x.atHand) }} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func (x *nameIndex) add(ordinal uint32, key, value []byte) error {
	place := x.next
	x.next++
	x.places[ordinal] = place
	folder, flags := binary.BigEndian.Uint32(value), value[4]
	if flags&flagFavourite != 0 && x.b.info.Favourites < maxBest {
		x.b.info.Favourites++
		x.best.set(place)
	}
	if flags&flagAtHand != 0 {
		x.atHand.set(place)
	}
	list := x.folders[folder]
	if list == nil {
		list = &folderList{}
		x.folders[folder] = list
	}
	list.add(place)
	if place%sampleEvery == 0 {
		if err := x.b.out.put(spaceSample, append([]byte{spaceSample}, key...), binary.BigEndian.AppendUint32(nil, place)); err != nil {
			return err
		}
	}
	if x.row = binary.BigEndian.AppendUint32(x.row, ordinal); len(x.row) == 4*tableLen {
		return x.flushRow()
	}
	return nil
}

// flushRow writes the ordinals of places.
func (x *nameIndex) flushRow() error {
	if len(x.row) == 0 {
		return nil
	}
	err := x.b.out.put(spacePlace, ordinalKey(spacePlace, (x.next-1)/tableLen), x.row)
	x.row = x.row[:0]
	return err
}

// writePlaces writes the places of ordinals.
func (x *nameIndex) writePlaces() error {
	for at := 0; at < len(x.places); at += tableLen {
		row := x.row[:0]
		for _, place := range x.places[at:min(at+tableLen, len(x.places))] {
			row = binary.BigEndian.AppendUint32(row, place)
		}
		x.row = row
		if err := x.b.out.put(spaceOrdinal, ordinalKey(spaceOrdinal, uint32(at/tableLen)), row); err != nil {
			return err
		}
	}
	return nil
}

func (x *nameIndex) writeFolders() error {
	for _, folder := range slices.Sorted(maps.Keys(x.folders)) {
		list := x.folders[folder]
		x.b.counts[folder] = list.items
		for _, c := range list.chunks {
			if err := x.b.out.put(spaceFolder, binary.BigEndian.AppendUint32(ordinalKey(spaceFolder, folder), c.last), c.steps); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxBest is how many favourites are kept as such.
const maxBest = 10_000

// writeSet writes a set of places under a space of its own.
func (b *Build) writeSet(space byte, set bitset) error {
	return set.stored(func(block uint16, value []byte) error {
		return b.out.put(space, binary.BigEndian.AppendUint16([]byte{space}, block), value)
	})
}

// mapped reads what a table maps n to.
func (g *generation) mapped(v *view, space byte, n uint32) (uint32, error) {
	row, err := get(v, ordinalKey(space, n/tableLen))
	if at := 4 * int(n%tableLen); err == nil && at+4 <= len(row) {
		return binary.BigEndian.Uint32(row[at:]), nil
	}
	return 0, fmt.Errorf("%w: table %c has no %d: %v", ErrDamaged, space, n, err)
}

// at reads the item of a place.
func (g *generation) at(v *view, place uint32) (catalog.Item, error) {
	ordinal, err := g.mapped(v, spacePlace, place)
	if err != nil {
		return catalog.Item{}, err
	}
	return g.item(v, ordinal)
}

// beginning gives the places of all names that begin with a folded text: from
// the first of them to the one after the last.
func (g *generation) beginning(v *view, text string) (from, to uint32, err error) {
	text = text[:min(len(text), maxListName)]
	if from, err = g.firstName(v, []byte(text)); err == nil {
		to, err = g.firstName(v, append([]byte(text), 0xff)) // no letter begins with it
	}
	return from, to, err
}

// firstName finds the first place whose name is not below the key.
func (g *generation) firstName(v *view, key []byte) (uint32, error) {
	// The sample after it bounds the search; without one it is behind the last.
	high := uint32(g.info.Items)
	low := uint32(0)
	if high > 0 {
		low = (high - 1) / sampleEvery * sampleEvery
	}
	err := scan(v, []byte{spaceSample}, append([]byte{spaceSample}, key...), func(_, value []byte) (bool, error) {
		if len(value) != 4 {
			return false, fmt.Errorf("%w: index of names", ErrDamaged)
		}
		high = binary.BigEndian.Uint32(value)
		low = high - min(high, sampleEvery)
		return false, nil
	})
	if err != nil {
		return 0, err
	}
	n := sort.Search(int(high-low), func(i int) bool {
		if err != nil {
			return true
		}
		var ordinal uint32
		var it catalog.Item
		if ordinal, err = g.mapped(v, spacePlace, low+uint32(i)); err == nil {
			it, err = g.stated(v, ordinal)
		}
		name := fold(it.Name)
		return bytes.Compare([]byte(name[:min(len(name), maxListName)]), key) >= 0
	})
	return low + uint32(n), err
}
