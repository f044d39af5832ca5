package catalogdb

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/dgraph-io/badger/v4"
)

// metaPart is how much of the meta JSON one key holds: below the size at
// which Badger would move a value into its value log.
const metaPart = 256 << 10

// Commit makes the generation durable and switches to it. When it returns an
// error the old generation goes on selling and the build is gone.
func (b *Build) Commit() (generation int64, err error) {
	err = b.do(func() error {
		if err := b.finish(); err != nil {
			return err
		}
		return b.switchOver()
	})
	if err != nil {
		return 0, errors.Join(err, b.Abort())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = ErrClosed
	return b.number, b.end()
}

// finish writes the indices and closes the database.
func (b *Build) finish() error {
	if err := b.collector.flush(); err != nil {
		return err
	}
	// The tables of the indices are about as large as what was sorted for them.
	if err := b.space(b.ids.spilled + b.codes.spilled + b.names.spilled + 2*b.words.spilled + b.people.spilled + b.serials.spilled); err != nil {
		return err
	}
	if err := b.out.done(spaceItem); err != nil {
		return err
	}
	b.db.step("items written")
	dead := newBitset(b.next)
	for _, s := range []struct {
		name  string
		write func(dead bitset) error
	}{
		{"ids", b.writeIDs}, {"codes", b.writeCodes}, {"names", b.writeNames}, {"words", b.writeWords}, {"customers", b.writePeople}, {"serials", b.writeSerials},
		{"folders", b.writeFolders}, {"shared", b.writeShared}, {"meta", b.writeMeta},
	} {
		if err := s.write(dead); err != nil {
			return fmt.Errorf("write %s: %w", s.name, err)
		}
		b.db.step(s.name + " written")
	}
	if err := b.out.flush(); err != nil {
		return fmt.Errorf("flush generation: %w", err)
	}
	b.out.cancel()
	b.out = nil
	b.db.step("tables flushed")
	bdb := b.bdb
	b.bdb = nil
	return errors.Join(bdb.Close(), b.closeSorters(), strip(b.dir))
}

// strip removes what Badger keeps for writing: an empty value log, a registry
// of no keys, statistics. Reading needs the manifest and the tables alone, and
// what is not there can not be damaged.
func strip(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == badger.ManifestFilename || filepath.Ext(e.Name()) == ".sst" {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// writeIDs maps ids to ordinals. Of an item that came twice (a page of the
// cloud's list that shifted) the later one counts, the others are dead.
func (b *Build) writeIDs(dead bitset) error {
	var id, ordinal []byte
	put := func() error {
		if id == nil {
			return nil
		}
		return b.out.put(spaceID, append([]byte{spaceID}, id...), ordinal)
	}
	err := b.each(b.ids, func(key, value []byte) error {
		if id != nil && bytes.Equal(id, key) {
			dead.set(binary.BigEndian.Uint32(ordinal))
			b.info.Repeated++
			ordinal = append(ordinal[:0], value...)
			return nil
		}
		err := put()
		id, ordinal = append(id[:0], key...), append(ordinal[:0], value...)
		return err
	})
	if err != nil {
		return err
	}
	if err := put(); err != nil {
		return err
	}
	return b.out.done(spaceID)
}

// each walks a sorter and notices when the build is called off.
func (b *Build) each(s *sorter, fn func(key, value []byte) error) error {
	n := 0
	return s.each(func(key, value []byte) error {
		if n++; n%4096 == 0 {
			if err := b.ctx.Err(); err != nil {
				return err
			}
		}
		return fn(key, value)
	})
}

// writeCodes gives each code to the items that have it as the best kind of
// code there is, in the order of the catalogue.
func (b *Build) writeCodes(dead bitset) error {
	var code []byte
	var claims []codeRef
	put := func() error {
		if code == nil {
			return nil
		}
		refs := winners(claims)
		if len(refs) > 1 && refs[0].kind <= byPack {
			b.info.Clashes += len(refs) - 1
			b.warn("barcode of several items", "code", string(code), "items", len(refs))
		}
		var value []byte
		for _, r := range refs[:min(len(refs), MaxSame)] {
			value = r.encode(value)
		}
		return b.out.put(spaceCode, append([]byte{spaceCode}, code...), value)
	}
	err := b.each(b.codes, func(key, value []byte) error {
		ref, err := decodeRef(value)
		if err != nil || dead.has(ref.ordinal) {
			return err
		}
		if code == nil || !bytes.Equal(code, key) {
			err := put()
			code, claims = append(code[:0], key...), append(claims[:0], ref)
			return err
		}
		if len(claims) < maxClaims {
			claims = append(claims, ref)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := put(); err != nil {
		return err
	}
	return b.out.done(spaceCode)
}

// writeWords writes the places of each word, and on the way the unions of
// all words that begin with the same one, two or three letters: words come
// sorted, so those of one beginning come together.
func (b *Build) writeWords(bitset) error {
	sets := []*wordSet{{space: spaceWord}}
	for letters := 1; letters <= maxPrefix; letters++ {
		sets = append(sets, &wordSet{space: prefixSpace(letters)})
	}
	for _, s := range sets {
		s.many = newBitset(b.next)
	}
	fitting := make([]*wordSet, 0, len(sets))
	err := b.each(b.words, func(key, value []byte) error {
		word := splitWord(key)
		fitting = fitting[:0]
		for letters, s := range sets {
			text := word
			if letters > 0 {
				text = firstLetters(word, letters)
			}
			if text == nil {
				continue
			}
			if !bytes.Equal(s.text, text) {
				if err := b.writeWord(s); err != nil {
					return err
				}
				s.text = append(s.text[:0], text...)
			}
			fitting = append(fitting, s)
		}
		return eachStep(value, b.next, func(ordinal uint32) {
			if place := b.places[ordinal]; place != noPlace {
				for _, s := range fitting {
					s.add(place)
				}
			}
		})
	})
	if err != nil {
		return err
	}
	for _, s := range sets {
		if err := errors.Join(b.writeWord(s), b.out.done(s.space)); err != nil {
			return err
		}
	}
	return nil
}

// writeWord writes a gathered set and empties it.
func (b *Build) writeWord(s *wordSet) error {
	prefix := wordKey(s.space, string(s.text))
	return s.stored(func(block uint16, value []byte) error {
		return b.out.put(s.space, binary.BigEndian.AppendUint16(prefix[:len(prefix):len(prefix)], block), value)
	})
}

// firstLetters gives the first n letters of a word, or nil when it is shorter.
func firstLetters(word []byte, n int) []byte {
	end := 0
	for range n {
		_, size := utf8.DecodeRune(word[end:])
		if size == 0 {
			return nil
		}
		end += size
	}
	return word[:end]
}

// maxDepth is how far up an item counts for the folders above its own.
const maxDepth = 64

// count tells every folder how many items are in it and below it.
func (b *Build) count() {
	below := map[string]int{}
	for id, f := range b.folders {
		n, known := b.shared.numbers[id]
		if f.Items, f.Below = 0, 0; known {
			f.Items = b.counts[n]
		}
		b.folders[id] = f
		up := f.ParentID
		for range maxDepth {
			parent, known := b.folders[up]
			if !known || up == id {
				break
			}
			below[up] += f.Items
			up = parent.ParentID
		}
	}
	for id, n := range below {
		f := b.folders[id]
		f.Below = n
		b.folders[id] = f
	}
}

func (b *Build) writeFolders(bitset) error {
	b.count()
	for n, f := range sortFolders(b.folders) {
		data, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if err := b.out.put(spaceGroup, ordinalKey(spaceGroup, uint32(n)), data); err != nil {
			return err
		}
	}
	return b.out.done(spaceGroup)
}

func (b *Build) writeShared(bitset) error {
	for n, text := range b.shared.list {
		if err := b.out.put(spaceShared, ordinalKey(spaceShared, uint32(n)), []byte(text)); err != nil {
			return err
		}
	}
	return b.out.done(spaceShared)
}

func (b *Build) writeMeta(bitset) error {
	b.info.Generation, b.info.UpdatedAt = b.number, b.db.now()
	if b.info.StockAt.IsZero() {
		b.info.StockAt = b.info.Store.UpdatedAt
	}
	if b.info.StockAt.IsZero() {
		b.info.StockAt = b.info.UpdatedAt
	}
	b.info.Items, b.info.Folders = int(b.next)-b.info.Repeated, len(b.folders)
	for _, space := range []byte{spacePlace, spaceOrdinal, spaceSample, spaceFolder, spaceBest, spaceAtHand, spaceGroup, spaceShared} {
		if err := b.out.done(space); err != nil {
			return err
		}
	}
	data, err := json.Marshal(meta{Schema: schema, Ordinals: b.next, Spaces: string(b.out.ended), Info: b.info})
	if err != nil {
		return err
	}
	for n := uint32(0); len(data) > 0; n++ {
		part := data[:min(len(data), metaPart)]
		data = data[len(part):]
		if err := b.out.put(spaceMeta, ordinalKey(spaceMeta, n), part); err != nil {
			return err
		}
	}
	return b.out.done(spaceMeta)
}

// switchOver makes the finished generation durable, current and known.
func (b *Build) switchOver() error {
	b.db.step("database closed")
	if err := syncTree(b.dir); err != nil {
		return fmt.Errorf("sync generation: %w", err)
	}
	b.db.step("generation synced")
	if err := b.ctx.Err(); err != nil {
		return err
	}
	dir := filepath.Join(b.db.dir, dirName(genPrefix, b.number))
	if err := os.Rename(b.dir, dir); err != nil {
		return fmt.Errorf("switch generation: %w", err)
	}
	b.db.step("generation renamed")
	if err := syncPath(b.db.dir); err != nil {
		return err
	}
	b.db.step("switch synced")
	g, err := openGeneration(dir, b.number)
	if err != nil {
		err = fmt.Errorf("%w: generation %d just written: %w", ErrDamaged, b.number, err)
		b.db.mu.Lock()
		defer b.db.mu.Unlock()
		return errors.Join(err, b.db.setAside(b.number, err))
	}
	return b.db.adopt(g)
}

// adopt makes g current, tells subscribers and retires what is too old.
func (db *DB) adopt(g *generation) error {
	used := db.used() // may look at what waits for a look-up: not under the lock
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return errors.Join(ErrClosed, g.close())
	}
	db.live[g.number], db.current = g, g
	db.publish()
	newest := slices.Sorted(maps.Keys(db.live))
	slices.Reverse(newest)
	for i, n := range newest {
		if i >= maxLive || i >= keep && !slices.Contains(used, n) {
			old := db.live[n]
			delete(db.live, n)
			db.retire(old)
		}
	}
	db.log.Info("catalogue generation current", "generation", g.number, "items", g.info.Items)
	return nil
}

// retire removes a generation once its readers are done.
func (db *DB) retire(g *generation) {
	db.work.Go(func() {
		if err := g.close(); err != nil {
			db.log.Warn("old catalogue closed", "generation", g.number, "err", err)
		}
		db.remove(g.number)
	})
}
