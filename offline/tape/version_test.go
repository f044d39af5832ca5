package tape_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// newer is a tape of today with something of tomorrow put into it.
func newer(t *testing.T, poke func(d *tapetest.Disk, segment int, frame int64)) *tapetest.Disk {
	t.Helper()
	d := tapetest.New()
	tp, _, err := tape.Open(diskOptions(d))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := tp.Append(t.Context(), fmt.Appendf(nil, `"n":%d`, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tp.Close(); err != nil {
		t.Fatal(err)
	}
	segment, frame := 0, int64(0)
	names, err := d.ReadDir("/tape")
	if err != nil {
		t.Fatal(err)
	}
	for i := range names {
		b := d.Peek(name(i + 1))
		for off := tape.Sector; off < len(b) && bytes.HasPrefix(b, []byte("kassa-tape 1 ")); off += tape.Sector {
			if bytes.HasPrefix(b[off:], []byte("kassa-frame 1 ")) {
				segment, frame = i+1, int64(off)
			}
		}
	}
	if segment < 2 {
		t.Fatalf("the last line is in segment %d of %d", segment, len(names))
	}
	if segment == len(names) { // the one behind it was not ready in time
		f, err := d.Create(name(segment + 1))
		if err == nil {
			_, err = f.WriteAt(bytes.Repeat([]byte{'\n'}, tape.MinSegment), 0)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	poke(d, segment, frame)
	return d
}

func name(segment int) string { return fmt.Sprintf("/tape/%08d.tape", segment) }

// What a newer program wrote is refused and left alone, also by those who only
// look; what is damaged is not taken for newer.
func TestNewer(t *testing.T) {
	withCRC := func(line string) []byte {
		return fmt.Appendf([]byte(line), " crc=%08x\n", crc32.Checksum([]byte(line), crc32.MakeTable(crc32.Castagnoli)))
	}
	const room = tape.Sector // of the last frame
	frame := []byte("kassa-frame 2 whatever=comes here crc=01234567\n{}\n")
	for what, c := range map[string]struct {
		poke func(d *tapetest.Disk, segment int, last int64)
		want int // version; 0: it is not newer
	}{
		"a header": {func(d *tapetest.Disk, segment int, _ int64) {
			d.Poke(name(segment), 0, withCRC("kassa-tape 12 and=more"))
		}, 12},
		"a header behind the last segment": {func(d *tapetest.Disk, segment int, _ int64) {
			d.Poke(name(segment+1), 0, withCRC("kassa-tape 2 and=more"))
		}, 2},
		"a frame behind the last one": {func(d *tapetest.Disk, segment int, last int64) {
			d.Poke(name(segment), last+room, frame)
		}, 2},
		"a header with a wrong CRC": {func(d *tapetest.Disk, segment int, _ int64) {
			d.Poke(name(segment), 0, []byte("kassa-tape 2"))
		}, 0},
		"a frame with one bit flipped": {func(d *tapetest.Disk, segment int, last int64) {
			d.Poke(name(segment), last+int64(len("kassa-frame ")), []byte("3"))
		}, 0},
		"a text that looks like a frame": {func(d *tapetest.Disk, segment int, last int64) {
			d.Poke(name(segment), last+room, []byte("kassa-frame 2"[:13]+"\n"))
		}, 0},
	} {
		t.Run(what, func(t *testing.T) {
			d := newer(t, c.poke)
			before := map[string][]byte{}
			names, err := d.ReadDir("/tape")
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range names {
				before[n] = d.Peek("/tape/" + n)
			}
			opened, _, openErr := tape.Open(diskOptions(d))
			if openErr == nil {
				if err := opened.Close(); err != nil {
					t.Error(err)
				}
			}
			_, inspectErr := tape.Inspect(t.Context(), d, "/tape", nil)
			for by, err := range map[string]error{"CheckVersion": tape.CheckVersion(d, "/tape"), "Open": openErr, "Inspect": inspectErr} {
				var newer *tape.NewerError
				if errors.As(err, &newer) != (c.want != 0) || (newer != nil && newer.Found != c.want) {
					t.Errorf("%s: %v", by, err)
				}
			}
			if c.want == 0 {
				return
			}
			for n, b := range before {
				if !bytes.Equal(d.Peek("/tape/"+n), b) {
					t.Errorf("%s was changed", n)
				}
			}
		})
	}
}
