package input

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// item is a short item of a report descriptor.
func item(tag byte, v ...byte) []byte {
	size := map[int]byte{0: 0, 1: 1, 2: 2, 4: 3}[len(v)]
	return append([]byte{tag | size}, v...)
}

// scannerDescriptor is a scanner's as HID POS describes one: report 2 with the
// length, the identifier, data, and whether the code goes on; report 1 is
// something else.
func scannerDescriptor(dataBytes byte) []byte {
	return slices.Concat(
		item(itemPage, 0x8C), item(itemUsage, 0x02), item(itemCollection, 1),
		item(itemID, 1), item(itemPage, 0x8C), item(itemUsage, 0x30), item(itemSize, 1), item(itemCount, 8), item(itemInput, 0x02),
		item(itemID, 2), item(itemUsage, 0x12), item(itemCollection, 2),
		item(0x14, 0), item(0x24, 0xFF, 0), // logical minimum, maximum
		item(itemPage, 0x01), item(itemUsage, 0x3B), item(itemSize, 8), item(itemCount, 1), item(itemInput, 0x02),
		item(itemPage, 0x8C), item(itemUsage, 0xFB), item(itemUsage, 0xFC), item(itemUsage, 0xFD), item(itemCount, 3), item(itemInput, 0x02),
		item(itemUsage, 0xFE), item(itemCount, dataBytes), item(itemInput, 0x02, 0x01),
		item(itemUsage, 0xFF), item(itemSize, 1), item(itemCount, 1), item(itemInput, 0x02),
		item(itemCount, 7), item(itemInput, 0x03), // padding
		item(itemEnd), item(itemEnd))
}

// reported is one report of such a scanner.
func reported(aim, data string, room int, more byte) []byte {
	b := append([]byte{2, byte(len(data))}, aim...)
	b = append(b, data...)
	b = append(b, make([]byte, room-len(data))...)
	return append(b, more)
}

func scannerOf(t testing.TB, descriptor []byte) *scans {
	t.Helper()
	numbered, r, err := scanReport(descriptor)
	if err != nil {
		t.Fatal(err)
	}
	return &scans{numbered: numbered, report: r}
}

func TestHIDScanner(t *testing.T) {
	s := scannerOf(t, scannerDescriptor(56))
	for name, c := range map[string]struct {
		reports [][]byte
		want    string
		err     error
	}{
		"one report":           {[][]byte{reported("]C1", "0104600439931256\x1d21ABC", 56, 0)}, "]C10104600439931256\x1d21ABC", nil},
		"no identifier":        {[][]byte{reported("\x00\x00\x00", "4600000000015", 56, 0)}, "4600000000015", nil},
		"not AIM's":            {[][]byte{reported("E13", "4600000000015", 56, 0)}, "4600000000015", nil},
		"several reports":      {[][]byte{reported("]d2", marking, 56, 1), reported("]d2", "TAIL\x00\x01", 56, 0)}, "]d2" + marking + "TAIL\x00\x01", nil},
		"the trigger between":  {[][]byte{{1, 0xFF}, reported("]E0", "4600000000015", 56, 0)}, "]E04600000000015", nil},
		"a length that lies":   {[][]byte{{2, 200, ']', 'E', '0', '4'}}, "", ErrReport},
		"cut off":              {[][]byte{{2, 1}}, "", ErrReport},
		"good after bad":       {[][]byte{{2, 200, ']', 'E', '0', '4'}, reported("]E0", "46", 56, 0)}, "]E046", nil},
		"a report of nothing":  {[][]byte{{}}, "", nil},
		"CR and LF are data":   {[][]byte{reported("]Q3", "a\r\nb\n", 56, 0)}, "]Q3a\r\nb\n", nil},
		"an empty code, alone": {[][]byte{reported("]Q3", "", 56, 0)}, "]Q3", nil},
	} {
		var got []byte
		var err error
		for _, r := range c.reports {
			got, err = s.take(r)
		}
		if string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	var err error
	for range maxCode/56 + 2 {
		if _, e := s.take(reported("]d2", string(bytes.Repeat([]byte{'A'}, 56)), 56, 1)); e != nil {
			err = e
		}
	}
	if !errors.Is(err, ErrReport) {
		t.Errorf("a code without an end: %v", err)
	}
}

// A device without numbered reports and without a length.
func TestPlainHIDScanner(t *testing.T) {
	d := slices.Concat(item(itemPage, 0x8C), item(itemPush), item(itemSize, 8), item(itemPop), item(itemSize, 8), item(itemCount, 20), item(itemUsage, 0xFE), item(itemInput, 2))
	got, err := scannerOf(t, d).take(append([]byte("4600000000015"), make([]byte, 7)...))
	if err != nil || string(got) != "4600000000015" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNoScanners(t *testing.T) {
	mouse := slices.Concat(item(itemPage, 1), item(itemUsage, 2), item(itemCollection, 1), item(itemSize, 8), item(itemCount, 3), item(itemUsage, 0x30), item(itemInput, 2), item(itemEnd))
	for name, d := range map[string][]byte{
		"nothing":            nil,
		"a mouse":            mouse,
		"cut off":            scannerDescriptor(56)[:20],
		"a long item cut":    {itemLong, 200, 1},
		"nothing to pop":     item(itemPop),
		"pushed for ever":    bytes.Repeat(item(itemPush), 40),
		"as long as a book":  make([]byte, maxDescriptor+1),
		"a report of metres": slices.Concat(item(itemPage, 0x8C), item(itemUsage, 0xFE), item(itemSize, 0xFF, 0xFF), item(itemCount, 0xFF, 0xFF), item(itemInput, 2)),
	} {
		if _, _, err := scanReport(d); !errors.Is(err, ErrNotScanner) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDescriptor(f *testing.F) {
	f.Add(scannerDescriptor(56), reported("]C1", "46", 56, 0))
	f.Add(scannerDescriptor(0), []byte{2})
	f.Add(slices.Concat(item(itemPage, 0x8C), item(itemUsage, 0xFE), item(itemUsage, 0xFF), item(itemSize, 8), item(itemCount, 2), item(itemInput, 2)), []byte{1, 1})
	f.Fuzz(func(t *testing.T, d, b []byte) {
		numbered, r, err := scanReport(d)
		if err != nil {
			return
		}
		s := &scans{numbered: numbered, report: r}
		for range 3 {
			code, err := s.take(b)
			if len(code) > maxCode || code != nil && err != nil {
				t.Errorf("%d bytes, %v", len(code), err)
			}
		}
	})
}
