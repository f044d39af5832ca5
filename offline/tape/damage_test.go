package tape_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// filled gives a disk with a tape of a few segments, cleanly closed.
func filled(t *testing.T, batches int) *tapetest.Disk {
	t.Helper()
	d := tapetest.New()
	if err := (&story{plot: mixed}).tell(d, batches); err != nil {
		t.Fatal(err)
	}
	return d
}

func tryOpen(d *tapetest.Disk) (tape.Opened, error) {
	tp, did, err := tape.Open(diskOptions(d))
	if err != nil {
		return did, err
	}
	return did, tp.Close()
}

// frames finds the offsets of a segment's frames.
func frames(d *tapetest.Disk, name string) (offs []int64) {
	b := d.Peek(name)
	for off := 0; off < len(b); off += tape.Sector {
		if bytes.HasPrefix(b[off:], []byte("kassa-frame")) {
			offs = append(offs, int64(off))
		}
	}
	return offs
}

func lastSegment(t *testing.T, d *tapetest.Disk) (name string, offs []int64) {
	t.Helper()
	found, err := tape.Inspect(context.Background(), d, "/tape", nil)
	if err != nil {
		t.Fatal(err)
	}
	name = "/tape/" + found.Segments[len(found.Segments)-1].Name
	if offs = frames(d, name); len(offs) < 3 {
		t.Fatalf("%d frames in %s", len(offs), name)
	}
	return name, offs
}

// Acknowledged lines that can not be read are damage, whatever broke them, and
// Open changes nothing.
func TestDamageIsRefused(t *testing.T) {
	for name, breakIt := range map[string]func(*tapetest.Disk, string, []int64){
		"a bit in a line":   func(d *tapetest.Disk, n string, o []int64) { d.Poke(n, o[1]+300, []byte("#")) },
		"a blank sector":    func(d *tapetest.Disk, n string, o []int64) { d.Poke(n, o[1], bytes.Repeat([]byte("\n"), 512)) },
		"a zero sector":     func(d *tapetest.Disk, n string, o []int64) { d.Poke(n, o[1], make([]byte, 512)) },
		"an unreadable one": func(d *tapetest.Disk, n string, o []int64) { d.BadSector(n, o[1]) },
		"a frame repeated":  func(d *tapetest.Disk, n string, o []int64) { d.Poke(n, o[1], d.Peek(n)[o[0]:o[0]+512]) },
		"the header":        func(d *tapetest.Disk, n string, _ []int64) { d.Poke(n, 0, make([]byte, 512)) },
		"header and first":  func(d *tapetest.Disk, n string, o []int64) { d.Poke(n, 0, make([]byte, o[1])) },
	} {
		t.Run(name, func(t *testing.T) {
			d := filled(t, 38)
			seg, offs := lastSegment(t, d)
			breakIt(d, seg, offs)
			before := d.Peek(seg)
			_, err := tryOpen(d)
			var damage *tape.DamagedError
			if !errors.Is(err, tape.ErrDamaged) || !errors.As(err, &damage) || damage.Seq == 0 || damage.Segment == 0 {
				t.Fatalf("%v", err)
			}
			if _, err := tape.Inspect(context.Background(), d, "/tape", nil); !errors.Is(err, tape.ErrDamaged) {
				t.Errorf("inspect: %v", err)
			}
			if !bytes.Equal(before, d.Peek(seg)) {
				t.Error("a refused tape was changed")
			}
		})
	}
}

// What is damaged in an older segment Open does not see, Inspect and a Reader
// do; Salvage gives everything else.
func TestDamageInOlderSegment(t *testing.T) {
	d := filled(t, 38)
	first := "/tape/00000001.tape"
	offs := frames(d, first)
	d.Poke(first, offs[1]+300, []byte("#"))
	if _, err := tape.Inspect(context.Background(), d, "/tape", nil); !errors.Is(err, tape.ErrDamaged) {
		t.Errorf("inspect: %v", err)
	}
	tp, did, err := tape.Open(diskOptions(d))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := numbersOn(tp); !errors.Is(err, tape.ErrDamaged) {
		t.Errorf("reader: %v", err)
	}
	if err := tp.Close(); err != nil {
		t.Fatal(err)
	}
	got := map[uint64]bool{}
	if err := tape.Salvage(context.Background(), d, "/tape", func(l tape.Line) error { got[l.Seq] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	if missing := int(did.Last) - len(got); missing < 1 || missing > 2 {
		t.Errorf("salvaged %d of %d", len(got), did.Last)
	}
}

func TestMissingSegment(t *testing.T) {
	for _, name := range []string{"00000001.tape", "00000003.tape"} {
		d := filled(t, 60)
		if err := d.Remove("/tape/" + name); err != nil {
			t.Fatal(err)
		}
		found, err := tape.Inspect(context.Background(), d, "/tape", nil)
		if name != "00000001.tape" && !errors.Is(err, tape.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "00000001.tape" && (err != nil || found.First == 1) {
			t.Errorf("%s: %v, first %d", name, err, found.First) // the caller sees that it does not begin with 1
		}
	}
}

// The last commit is not known to be acknowledged: what is left of it goes.
func TestTornTail(t *testing.T) {
	d := filled(t, 38)
	seg, offs := lastSegment(t, d)
	d.Poke(seg, offs[len(offs)-1]+300, []byte("#"))
	did, err := tryOpen(d)
	if err != nil || len(did.Trimmed) != 1 || did.Trimmed[0].Offset != offs[len(offs)-1] {
		t.Fatalf("%+v %v", did, err)
	}
	if again, err := tryOpen(d); err != nil || len(again.Trimmed) != 0 || again.Last != did.Last {
		t.Fatalf("%+v %v", again, err)
	}
}

// The real file system keeps the same promises with the same bytes.
func TestTornTailOnOS(t *testing.T) {
	dir := t.TempDir()
	tp, _ := open(t, options(dir))
	for i := range 5 {
		if _, err := tp.Append(context.Background(), members(i, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tp.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "00000001.tape")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != 16<<10 {
		t.Errorf("a segment has %d bytes", len(b))
	}
	last := bytes.LastIndex(b, []byte("kassa-frame"))
	copy(b[last+400:], "garbage")
	if err := os.WriteFile(name, b, 0o640); err != nil {
		t.Fatal(err)
	}
	tp, did := open(t, options(dir))
	if did.Last != 4 || len(did.Trimmed) != 1 {
		t.Fatalf("%+v", did)
	}
	if first, err := tp.Append(context.Background(), members(9, 9)); err != nil || first != 5 {
		t.Fatal(first, err)
	}
}
