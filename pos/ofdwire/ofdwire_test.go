package ofdwire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const fn = "9999078900054321"

// The published check value of CRC-16/CCITT-FALSE.
func TestCRC(t *testing.T) {
	if got := CRC([]byte("1234"), nil, []byte("56789")); got != 0x29B1 {
		t.Errorf("%04X, want 29B1", got)
	}
}

// TestLayout: every byte of a header stands where the description says.
func TestLayout(t *testing.T) {
	got := Message(OFD, "1.2", fn, []byte("abc"))
	want := "2a08410a" + "81a2" + "0120" + hex.EncodeToString([]byte(fn)) + "0300" + "1600"
	if s := hex.EncodeToString(got); !strings.HasPrefix(s, want) || !strings.HasSuffix(s, "616263") {
		t.Errorf("got  %s\nwant %s....616263", s, want)
	}
}

func TestRefused(t *testing.T) {
	good := Message(Marks, "1.05", fn, []byte("body"))
	if h, body, err := Parse(good); err != nil || h.Kind != Marks || h.FN != fn || string(body) != "body" {
		t.Fatalf("%+v %q %v", h, body, err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"nothing":        func([]byte) []byte { return nil },
		"short header":   func(b []byte) []byte { return b[:HeaderSize-1] },
		"short body":     func(b []byte) []byte { return b[:len(b)-1] },
		"long body":      func(b []byte) []byte { return append(b, 0) },
		"flipped bit":    func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"flipped header": func(b []byte) []byte { b[6] ^= 1; return b },
		"FN of letters":  func(b []byte) []byte { b[10] = 'x'; return b },
		"both covers":    func(b []byte) []byte { b[26] |= 3; return b },
	} {
		if _, _, err := Parse(change(bytes.Clone(good))); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	foreign := bytes.Clone(good)
	foreign[0], foreign[26], foreign[28], foreign[29] = 0x55, 0, 0, 0
	if h, _, err := Parse(foreign); err != nil || h.Kind != Unknown {
		t.Errorf("another signature without a check: %+v %v", h, err)
	}
}

func TestContainer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Container{Form: rapid.Byte().Draw(t, "form"), FN: fn, FD: rapid.Uint32Range(0, 1<<24-1).Draw(t, "fd"),
			Body: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "body")}
		raw := want.Encode()
		got, err := ParseContainer(raw)
		if err != nil || got.Form != want.Form || got.FN != want.FN || got.FD != want.FD || !bytes.Equal(got.Body, want.Body) {
			t.Fatalf("%+v became %+v: %v", want, got, err)
		}
		i := rapid.IntRange(0, len(raw)-1).Draw(t, "at")
		raw[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		if _, err := ParseContainer(raw); !errors.Is(err, ErrForm) {
			t.Fatalf("byte %d changed and nobody noticed", i)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(Message(OFD, "1.2", fn, Container{Form: 3, FN: fn, FD: 7, Body: []byte("x")}.Encode()))
	f.Add(make([]byte, HeaderSize))
	f.Add([]byte{0x2A, 0x08})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, body, err := Parse(b)
		if err != nil {
			return
		}
		if len(body) != h.Body || len(h.FN) != fnDigits {
			t.Fatalf("%+v with %d bytes", h, len(body))
		}
		if c, err := ParseContainer(body); err == nil && !bytes.Equal(c.Encode()[4:9], body[4:9]) && body[7] == 0 && body[8] == 0 {
			t.Fatalf("%+v", c)
		}
	})
}
