package vault

import (
	"bytes"
	"errors"
	"testing"
)

func key(n byte) (k Key) {
	for i := range k {
		k[i] = n + byte(i)
	}
	return k
}

// FuzzSlot: whatever the bytes, decoding gives what they mean exactly, or bad.
func FuzzSlot(f *testing.F) {
	w := newWrapper(key(1))
	good := encodeSlot(7, w.wrap(7, key(9)))
	gone := encodeSlot(7, slot{state: erased})
	f.Add(uint64(7), good[:])
	f.Add(uint64(8), good[:])
	f.Add(uint64(7), gone[:])
	f.Add(uint64(7), make([]byte, slotBytes))
	f.Add(uint64(7), bytes.Repeat([]byte{0xff}, slotBytes))
	f.Add(uint64(7), good[:10])
	f.Fuzz(func(t *testing.T, number uint64, b []byte) {
		s := decodeSlot(number, b)
		switch s.state {
		case blank:
			if !isZero(b) || len(b) != slotBytes {
				t.Fatalf("%x is taken for blank", b)
			}
		case held, erased:
			if again := encodeSlot(number, s); !bytes.Equal(again[:], b) {
				t.Fatalf("%x became %x", b, again)
			}
		case bad:
		default:
			t.Fatalf("state %q", s.state)
		}
		for _, other := range []slot{{}, {state: bad}, {state: erased}} {
			if merge(s, other) != merge(other, s) {
				t.Fatalf("merging %q and %q depends on the order", s.state, other.state)
			}
		}
	})
}

// FuzzHeader: a header or master line is accepted only in the form that is
// written.
func FuzzHeader(f *testing.F) {
	h := header{first: 9, check: checkOf([16]byte{1}, key(3))}
	f.Add(h.bytes())
	f.Add(masterBytes(key(3)))
	f.Add(seal([]byte("kassa-keys 2")))
	f.Add(seal([]byte("kassa-keys ")))
	f.Add([]byte("kassa-master 1 key="))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := parseHeader(b); err == nil && !bytes.Equal(h.bytes(), b) {
			t.Fatalf("%q became %q", b, h.bytes())
		}
		if k, err := parseMaster(b); err == nil && !bytes.Equal(masterBytes(k), b) {
			t.Fatalf("%q became %q", b, masterBytes(k))
		}
	})
}

func TestSlotOfAnotherNumber(t *testing.T) {
	w := newWrapper(key(1))
	b := encodeSlot(7, w.wrap(7, key(9)))
	if s := decodeSlot(8, b[:]); s.state != bad {
		t.Errorf("a slot moved to another place reads as %q", s.state)
	}
	if _, ok := newWrapper(key(2)).unwrap(7, decodeSlot(7, b[:])); ok {
		t.Error("another master key opens it")
	}
	if got, ok := w.unwrap(7, decodeSlot(7, b[:])); !ok || got != key(9) {
		t.Error("its own master key does not open it")
	}
}

func TestSeal(t *testing.T) {
	for _, plain := range []string{`{}`, `{"contact":"+79991234567"}`, `"` + string(bytes.Repeat([]byte("ю"), 500)) + `"`} {
		s, err := Seal(5, key(4), []byte("document 1"), []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(key(4), []byte("document 1")); err != nil || string(got) != plain {
			t.Errorf("%q %v", got, err)
		}
		if bytes.Contains(s.Text, []byte("7999")) {
			t.Error("it is not encrypted")
		}
		if (len(s.Text)-16)%padTo != 0 {
			t.Errorf("%d bytes tell the length", len(s.Text))
		}
		for name, open := range map[string]func() ([]byte, error){
			"another record": func() ([]byte, error) { return s.Open(key(4), []byte("document 2")) },
			"another key":    func() ([]byte, error) { return s.Open(key(5), []byte("document 1")) },
			"a changed text": func() ([]byte, error) {
				c := s
				c.Text = bytes.Clone(s.Text)
				c.Text[3] ^= 1
				return c.Open(key(4), []byte("document 1"))
			},
			"no nonce": func() ([]byte, error) {
				c := s
				c.Nonce = nil
				return c.Open(key(4), []byte("document 1"))
			},
		} {
			if got, err := open(); !errors.Is(err, ErrAltered) || got != nil {
				t.Errorf("%s: %q %v", name, got, err)
			}
		}
	}
}
