package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"testing"
)

// disk is one in memory.
type disk []byte

func (d disk) ReadAt(p []byte, at int64) (int, error) { return copy(p, d[at:]), nil }
func (d disk) WriteAt(p []byte, at int64) (int, error) {
	return copy(d[at:], p), nil
}

// entry is a request as QEMU logs it.
func entry(log []byte, at, flags uint64, fill ...byte) []byte {
	head := make([]byte, sector)
	binary.LittleEndian.PutUint64(head, at)
	binary.LittleEndian.PutUint64(head[8:], uint64(len(fill)))
	binary.LittleEndian.PutUint64(head[16:], flags)
	log = append(log, head...)
	for _, f := range fill {
		log = append(log, bytes.Repeat([]byte{f}, sector)...)
	}
	return log
}

func emptyLog() []byte {
	head := make([]byte, sector)
	binary.LittleEndian.PutUint64(head, logMagic)
	return head
}

// TestCutKeepsWhatWasFlushed: whatever chance says, flushed and forced writes
// are there, the rest is old or new by the sector, and the machine sees what
// the card holds.
func TestCutKeepsWhatWasFlushed(t *testing.T) {
	log := emptyLog()
	log = entry(log, 0, 0, 1, 1)
	log = entry(log, 0, flagFlush)
	log = entry(log, 1, 0, 2, 2, 2, 2)
	log = entry(log, 6, flagFUA, 3)
	log = entry(log, 4, 0, 4)
	end := make([]byte, sector)
	seen := map[int]map[byte]bool{}
	for seed := range uint64(200) {
		writes, err := readLog(bytes.NewReader(append(bytes.Clone(log), end...)))
		if err != nil || len(writes) != 5 {
			t.Fatalf("%d writes, %v", len(writes), err)
		}
		stable, live := make(disk, 8*sector), make(disk, 8*sector)
		for _, w := range writes { // the machine had written all of it
			copy(live[w.at:w.at+w.length], log[w.data:])
		}
		l, err := replay(writes, -1, bytes.NewReader(log), stable, live, rand.New(rand.NewPCG(seed, 0)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(stable, live) {
			t.Fatalf("seed %d: the machine sees what the card has lost", seed)
		}
		if l.kept+l.lost != 5 {
			t.Fatalf("seed %d: %+v of 5 sectors that were not flushed", seed, l)
		}
		for i := range 8 {
			if seen[i] == nil {
				seen[i] = map[byte]bool{}
			}
			seen[i][stable[i*sector]] = true
		}
	}
	for i, want := range [][]byte{{1}, {1, 2}, {0, 2}, {0, 2}, {0, 2, 4}, {0}, {3}, {0}} {
		if len(seen[i]) != len(want) {
			t.Errorf("sector %d was %v, want each of %v", i, seen[i], want)
		}
		for _, b := range want {
			if !seen[i][b] {
				t.Errorf("sector %d was never %d", i, b)
			}
		}
	}
}

func TestStopInGoodOrderKeepsAll(t *testing.T) {
	log := entry(entry(emptyLog(), 2, 0, 7), 3, 0, 8)
	writes, err := readLog(bytes.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	stable, live := make(disk, 4*sector), make(disk, 4*sector)
	if _, err := replay(writes, -1, bytes.NewReader(log), stable, live, nil); err != nil {
		t.Fatal(err)
	}
	if stable[2*sector] != 7 || stable[3*sector] != 8 || !bytes.Equal(stable, live) {
		t.Error("something is lost")
	}
}

// TestCutBeforeAWrite: what was written after the moment of the cut never
// happened, and the machine does not see it.
func TestCutBeforeAWrite(t *testing.T) {
	log := entry(entry(entry(emptyLog(), 0, 0, 1), 1, 0, 2), 0, flagFlush|flagFUA, 3)
	writes, err := readLog(bytes.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	for until := range 4 {
		stable, live := make(disk, 4*sector), disk(bytes.Repeat([]byte{9}, 4*sector))
		l, err := replay(writes, until, bytes.NewReader(log), stable, live, rand.New(rand.NewPCG(1, 0)))
		if err != nil {
			t.Fatal(err)
		}
		if want := []int{0, 1, 2, 0}[until]; l.kept+l.lost != want {
			t.Errorf("cut before write %d: %+v, want %d in flight", until, l, want)
		}
		if !bytes.Equal(stable[:2*sector], live[:2*sector]) || (stable[0] == 3) != (until == 3) || until == 0 && stable[sector] != 0 {
			t.Errorf("cut before write %d: the card has %d, %d", until, stable[0], stable[sector])
		}
	}
}

func TestBadLogIsRefused(t *testing.T) {
	for name, log := range map[string][]byte{
		"no superblock": bytes.Repeat([]byte{1}, 2*sector),
		"huge request":  entry(emptyLog(), ^uint64(0)>>1, 1<<20, 1),
	} {
		if _, err := readLog(bytes.NewReader(log)); err == nil || err == io.EOF {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w, err := readLog(bytes.NewReader(make([]byte, sector))); len(w) != 0 || err != nil {
		t.Errorf("an empty log: %v, %v", w, err)
	}
}
