package vfdtest

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func glass(t testing.TB) *Emulator {
	e, err := New(8, 2)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestCommands(t *testing.T) {
	for name, c := range map[string]struct {
		in      string
		want    []string
		unknown int
	}{
		"blank":            {"", []string{"        ", "        "}, 0},
		"wrap":             {"123456789", []string{"12345678", "9       "}, 0},
		"overwrite round":  {"12345678abcdefghX", []string{"X2345678", "abcdefgh"}, 0},
		"scroll":           {"\x1f\x0212345678abcdefghX", []string{"abcdefgh", "X       "}, 0},
		"scroll sideways":  {"\x1f\x03123456789", []string{"23456789", "        "}, 0},
		"move":             {"\x1f$\x03\x02X", []string{"        ", "  X     "}, 0},
		"move away":        {"\x1f$\x09\x01X", []string{"X       ", "        "}, 1},
		"clear":            {"abc\x0cX", []string{"X       ", "        "}, 0},
		"home":             {"abc\x0bX", []string{"Xbc     ", "        "}, 0},
		"return, line":     {"abc\r\nX", []string{"abc     ", "X       "}, 0},
		"back, tab":        {"abc\x08X\x09Y", []string{"abX Y   ", "        "}, 0},
		"clear line":       {"abc\x18X", []string{"X       ", "        "}, 0},
		"up, end, bottom":  {"\x1fBa\x1f\x0ab\x1f\rc", []string{" b     c", "a       "}, 0},
		"init":             {"abc\x1b@X", []string{"X       ", "        "}, 0},
		"cp866":            {"\x1bt\x11\x95", []string{"Х       ", "        "}, 0},
		"table of its day": {"\x1bt\x11\x95\x1bt\x00\x95", []string{"Хò      ", "        "}, 0},
		"line":             {"\x1bQBabc\r\x1bQA1\r", []string{"1       ", "abc     "}, 0},
		"line too long":    {"\x1bQA123456789\r", []string{"        ", "        "}, 1},
		"bad line":         {"\x1bQZ", []string{"        ", "        "}, 1},
		"unknown":          {"\x1b\x01\x1f\x1e\x01X", []string{"X       ", "        "}, 3},
		"brightness":       {"\x1fX\x04X", []string{"X       ", "        "}, 0},
	} {
		e := glass(t)
		for _, b := range []byte(c.in) { // byte by byte: commands cross reads
			if _, err := e.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(c.want, e.Picture()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if e.Unknown() != c.unknown {
			t.Errorf("%s: %d unknown, want %d", name, e.Unknown(), c.unknown)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, s := range [][2]int{{0, 2}, {20, 0}, {MaxSize + 1, 2}, {20, -1}} {
		if _, err := New(s[0], s[1]); err == nil {
			t.Errorf("%v accepted", s)
		}
	}
}

func TestServeEnds(t *testing.T) {
	e := glass(t)
	if err := e.Serve(strings.NewReader("hello")); err != nil {
		t.Error(err)
	}
	if e.Picture()[0] != "hello   " {
		t.Errorf("%q", e.Picture())
	}
}

// FuzzWrite: whatever arrives, however cut, the picture keeps its size, stays
// the same for the same bytes, and little is remembered.
func FuzzWrite(f *testing.F) {
	f.Add([]byte("\x1b@\x1bt\x11\x1f\x01\x1fC\x00\x1f$\x01\x01abc"), byte(1))
	f.Add([]byte("\x1bQA12345678\r\x1bQB\r"), byte(3))
	f.Add([]byte("\x1f\x02\n\n\n\x1f\x03xxxxxxxxxxxxxxxxxx\x1bQ"), byte(0))
	f.Fuzz(func(t *testing.T, in []byte, chunk byte) {
		a, b := glass(t), glass(t)
		if _, err := a.Write(in); err != nil {
			t.Fatal(err)
		}
		for p := in; len(p) > 0; {
			n := min(int(chunk)+1, len(p))
			if _, err := b.Write(p[:n]); err != nil {
				t.Fatal(err)
			}
			p = p[n:]
		}
		if d := cmp.Diff(a.Picture(), b.Picture()); d != "" {
			t.Fatal(d)
		}
		if len(a.pending) > 3+8+1 || a.x < 0 || a.x >= 8 || a.y < 0 || a.y >= 2 {
			t.Fatalf("pending %d, at %d %d", len(a.pending), a.x, a.y)
		}
		for _, row := range a.Picture() {
			if utf8.RuneCountInString(row) != 8 {
				t.Fatalf("%q", row)
			}
		}
	})
}
