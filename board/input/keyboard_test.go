package input

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// event is one struct input_event as the kernel writes it, with its SYN_REPORT.
func event(kind, code uint16, value int32) []byte {
	b := make([]byte, 2*eventSize)
	binary.NativeEndian.PutUint64(b, 1_700_000_000)
	binary.NativeEndian.PutUint16(b[16:], kind)
	binary.NativeEndian.PutUint16(b[18:], code)
	binary.NativeEndian.PutUint32(b[20:], uint32(value))
	return b
}

func press(codes ...uint16) (b []byte) {
	for _, c := range codes {
		b = append(b, event(evKey, c, 1)...)
	}
	for i := len(codes) - 1; i >= 0; i-- {
		b = append(b, event(evKey, codes[i], 0)...)
	}
	return b
}

// typed is what a scanner sends for a text, GS as Ctrl-].
func typed(t testing.TB, text string) (b []byte) {
	t.Helper()
	find := func(in map[uint16]byte, c byte) (uint16, bool) {
		for code, has := range in {
			if has == c {
				return code, true
			}
		}
		return 0, false
	}
	for i := range len(text) {
		c := text[i]
		if c == gs {
			code, _ := find(plain, ']')
			b = append(b, press(keyLeftCtrl, code)...)
		} else if code, ok := find(plain, c); ok {
			b = append(b, press(code)...)
		} else if code, ok := find(shifted, c); ok {
			b = append(b, press(keyRightShift, code)...)
		} else {
			t.Fatalf("no key for %q", c)
		}
	}
	return append(b, press(keyEnter)...)
}

const marking = "0104600439931256215MdQw!aBc\x1d93dGVz"

func TestWhatScannersType(t *testing.T) {
	events := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		events []byte
		want   string
	}{
		"digits":                  {typed(t, "4600000000015"), "4600000000015\r"},
		"a marking code":          {typed(t, marking), marking + "\r"},
		"GS as F8":                {events(typed(t, "21A"), press(keyF8), typed(t, "93B")), "21A\r\x1d93B\r"},
		"GS as Alt 029":           {altNumber(82, 80, 73), "\x1d"},
		"the keypad":              {press(79, 80, 81, 96), "123\r"},
		"caps lock":               {events(press(keyCapsLock), press(30, keyRightShift), event(evKey, keyRightShift, 0), press(2), press(keyCapsLock), press(30)), "A1a"},
		"shift under caps lock":   {events(press(keyCapsLock), press(keyLeftShift, 30), press(keyLeftShift, 2)), "a!"},
		"a key held":              {events(event(evKey, 30, 1), event(evKey, 30, 2), event(evKey, 30, 2), event(evKey, 30, 0)), "a"},
		"an arrow is no digit":    {events(press(2), press(105), press(3), press(keyEnter)), "1\uFFFD2\r"},
		"Ctrl with a digit":       {press(keyLeftCtrl, 2), "\uFFFD"},
		"Ctrl-A":                  {press(keyRightCtrl, 30), "\x01"},
		"locks and logos":         {events(press(keyNumLock), press(keyScrollLock), press(keyLeftMeta), press(2)), "1"},
		"a pointer and its wheel": {events(event(2, 0, 5), event(4, 4, 458792), press(2)), "1"},
		"a tab":                   {press(keyTab), "\t"},
	} {
		got, rest, err := newKeyboard().decode(nil, c.events)
		if err != nil || len(rest) != 0 || string(got) != c.want {
			t.Errorf("%s: %q, %d bytes left, %v; want %q", name, got, len(rest), err, c.want)
		}
	}
}

// altNumber holds Alt while keypad keys are pressed one after another.
func altNumber(keys ...uint16) []byte {
	b := event(evKey, keyRightAlt, 1)
	for _, k := range keys {
		b = append(b, press(k)...)
	}
	return append(b, event(evKey, keyRightAlt, 0)...)
}

func TestLostEvents(t *testing.T) {
	b := append(typed(t, "46"), event(evSyn, synDropped, 0)...)
	got, _, err := newKeyboard().decode(nil, append(b, typed(t, "15")...))
	if !errors.Is(err, ErrDropped) || string(got) != "46\r" {
		t.Errorf("%q, %v", got, err)
	}
}

// However the events are cut, and whatever is printable, the text is the same.
func TestAnyText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[ -~\x1d]{0,40}`).Draw(rt, "text")
		events := typed(t, text)
		k := newKeyboard()
		var got, raw []byte
		for len(events) > 0 {
			n := rapid.IntRange(1, len(events)).Draw(rt, "piece")
			var err error
			if got, raw, err = k.decode(got, append(raw, events[:n]...)); err != nil {
				rt.Fatal(err)
			}
			raw = bytes.Clone(raw)
			events = events[n:]
		}
		if string(got) != text+"\r" || len(raw) != 0 {
			rt.Fatalf("%q, want %q", got, text)
		}
	})
}

func FuzzEvents(f *testing.F) {
	f.Add(typed(f, marking))
	f.Add(altNumber(73, 73, 73, 73, 73, 73, 73, 73, 73, 73))
	f.Add(append(typed(f, "4"), event(evSyn, synDropped, 0)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, rest, err := newKeyboard().decode(nil, b)
		if len(out) > len(b) || len(rest) >= eventSize || err != nil && !errors.Is(err, ErrDropped) {
			t.Errorf("%d bytes out of %d, %d left, %v", len(out), len(b), len(rest), err)
		}
		if err == nil && !strings.HasSuffix(string(b), string(rest)) {
			t.Error("what is left is not the end")
		}
	})
}
