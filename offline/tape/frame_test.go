package tape

import (
	"bytes"
	"testing"

	"github.com/google/uuid"
)

// frameOf makes a valid frame of n lines behind prev.
func frameOf(prev mark, n, size int) ([]byte, *frame) {
	b := batch{}
	for range n {
		b.lines = append(b.lines, append([]byte(`"a":"`), append(bytes.Repeat([]byte("x"), size), '"')...))
	}
	if err := b.check(); err != nil {
		panic(err)
	}
	f, err := b.frame(prev)
	if err != nil {
		panic(err)
	}
	return appendFrame(nil, f.head, f.body), f
}

func genesis() mark { return mark{0, Genesis(uuid.UUID{1})} }

// Whatever is read as a frame is one, byte for byte; nothing else is, and
// nothing makes the decoder panic or read beyond its segment.
func FuzzFrame(f *testing.F) {
	for _, n := range []int{1, 3} {
		for _, size := range []int{0, 300, 2000} {
			b, _ := frameOf(genesis(), n, size)
			f.Add(b)
			f.Add(b[:len(b)-Sector])
			b = bytes.Clone(b)
			b[frameHead+20] ^= 1
			f.Add(b)
		}
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{'\n'}, Sector))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, body, _, err := readFrame(bytes.NewReader(b), 0, int64(len(b)), nil)
		if err != nil {
			if !ends(err) {
				t.Fatalf("%v", err)
			}
			return
		}
		if again := appendFrame(nil, h, body); !bytes.Equal(again, b[:len(again)]) {
			t.Fatalf("read and written again it differs")
		}
		if err := eachLine(h, body, Hash{}, nil); err != nil && !ends(err) {
			t.Fatalf("%v", err)
		}
	})
}

func FuzzSegment(f *testing.F) {
	f.Add(appendSegment(nil, segment{number: 3, first: 77, id: uuid.UUID{9}, chain: Hash{1}}))
	f.Add(bytes.Repeat([]byte{'\n'}, Sector))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := readSegment(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if !ends(err) {
				t.Fatal(err)
			}
			return
		}
		if again := appendSegment(nil, s); !bytes.Equal(again[:segmentHead], b[:segmentHead]) {
			t.Fatal("read and written again it differs")
		}
	})
}

// Every single flipped bit of a frame is noticed.
func TestEveryBitCounts(t *testing.T) {
	b, f := frameOf(genesis(), 2, 150)
	for i := range b {
		for bit := range 8 {
			c := bytes.Clone(b)
			c[i] ^= 1 << bit
			if _, _, _, err := readFrame(bytes.NewReader(c), 0, int64(len(c)), nil); err == nil {
				t.Fatalf("bit %d of byte %d", bit, i)
			}
		}
	}
	// A changed line under a new CRC still breaks the chain.
	forged := bytes.Clone(f.body)
	forged[20] = 'y'
	c := appendFrame(nil, f.head, forged)
	h, body, _, err := readFrame(bytes.NewReader(c), 0, int64(len(c)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := eachLine(h, body, genesis().hash, nil); err == nil {
		t.Error("a forged line was taken")
	}
}

func TestHeaderLengths(t *testing.T) {
	b, _ := frameOf(genesis(), 1, 1)
	if i := bytes.IndexByte(b, '\n') + 1; i != frameHead || len(b)%Sector != 0 {
		t.Errorf("frame header of %d bytes, want %d", i, frameHead)
	}
	s := appendSegment(nil, segment{number: 1, first: 1})
	if i := bytes.IndexByte(s, '\n') + 1; i != segmentHead || len(s) != Sector {
		t.Errorf("segment header of %d bytes, want %d", i, segmentHead)
	}
}
