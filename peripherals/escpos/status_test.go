package escpos

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParser(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    []byte
		kinds []Kind
		want  Status
	}{
		{"all is well", []byte{0x10, 0, 0, 0x0F}, []Kind{More, More, More, Auto}, Status{Known: true}},
		{"cover open, offline", []byte{0x38, 0, 0, 0}, []Kind{More, More, More, Auto}, Status{Known: true, Offline: true, CoverOpen: true}},
		{"cutter", []byte{0x18, 0x08, 0, 0}, []Kind{More, More, More, Auto}, Status{Known: true, Offline: true, Cutter: true}},
		{"paper out", []byte{0x18, 0, 0x0F, 0}, []Kind{More, More, More, Auto}, Status{Known: true, Offline: true, PaperOut: true, PaperLow: true}},
		{"hot, broken, drawer", []byte{0x14, 0x60, 0, 0}, []Kind{More, More, More, Auto}, Status{Known: true, Hot: true, Broken: true, DrawerHigh: true}},
		{"a real-time answer and XOFF inside", []byte{0x10, 0x13, 0, 0x12, 0x11, 0x03, 0}, []Kind{More, Stop, More, Realtime, Go, More, Auto}, Status{Known: true, PaperLow: true}},
		{"answer to GS r", []byte{0x0F}, []Kind{Answer}, Status{Known: true, PaperLow: true, PaperOut: true}},
		{"cut short, then whole", []byte{0x10, 0, 0x10, 0, 0, 0}, []Kind{More, More, More, More, More, Auto}, Status{Known: true}},
		{"junk ends a status", []byte{0x10, 0xFF, 0x00}, []Kind{More, Junk, Answer}, Status{Known: true}},
	} {
		var p Parser
		var kinds []Kind
		for _, b := range c.in {
			kinds = append(kinds, p.Feed(b))
		}
		if d := cmp.Diff(c.kinds, kinds) + cmp.Diff(c.want, p.Status()); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestTold(t *testing.T) {
	var p Parser
	for _, c := range []struct {
		n, b byte
		want Status
	}{
		{1, 0x1E, Status{Known: true, DrawerHigh: true, Offline: true}},
		{1, 0x12, Status{Known: true}},
		{2, 0x36, Status{Known: true, CoverOpen: true, PaperOut: true}},
		{4, 0x12, Status{Known: true, CoverOpen: true}},
		{2, 0x12, Status{Known: true}},
		{3, 0x7A, Status{Known: true, Cutter: true, Broken: true, Hot: true}},
		{3, 0x12, Status{Known: true}},
		{4, 0x7E, Status{Known: true, PaperLow: true, PaperOut: true}},
		{4, 0x1E, Status{Known: true, PaperLow: true}},
	} {
		p.Told(c.n, c.b)
		if d := cmp.Diff(c.want, p.Status()); d != "" {
			t.Errorf("DLE EOT %d: %02Xh: %s", c.n, c.b, d)
		}
	}
}

// Every single thing that can be wrong is a trouble of its own, and all of them
// are listed.
func TestTroubles(t *testing.T) {
	got := map[Trouble]bool{}
	for _, s := range []Status{{Offline: true}, {Hot: true}, {PaperOut: true}, {CoverOpen: true}, {Cutter: true}, {Broken: true}} {
		got[s.Trouble()] = true
	}
	for _, w := range Troubles() {
		if !got[w] {
			t.Errorf("nothing is %s", w)
		}
	}
	if len(got) != len(Troubles()) || (Status{PaperLow: true, DrawerHigh: true}).Trouble() != Fine {
		t.Errorf("%v", got)
	}
}

// Whatever comes, a whole status at the end is understood after at most one
// that is spoilt.
func FuzzParser(f *testing.F) {
	for _, s := range []string{"", "\x10\x00\x00\x0f", "\x12\x13\x11", "\xff\x80garbage\x9f", "\x10\x10\x10", "\x18\x08\x0f"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p Parser
		for _, c := range b {
			p.Feed(c)
		}
		last := Junk
		for _, c := range []byte{0x38, 0x08, 0x00, 0x00} {
			last = p.Feed(c)
		}
		if s := p.Status(); last != Auto || !s.CoverOpen || !s.Cutter || s.PaperOut {
			t.Errorf("%v %+v", last, s)
		}
	})
}
