package tape

import (
	"bytes"
	"testing"
)

// FuzzVersion: no sector makes the reader of versions fall over, and none of
// today is taken for newer.
func FuzzVersion(f *testing.F) {
	f.Add([]byte("kassa-frame 2 seq="), int64(0))
	f.Add([]byte("kassa-tape 70000 "), int64(0))
	f.Add(appendFrame(nil, head{first: 1, count: 1, bytes: 3}, []byte("{}\n")), int64(3))
	f.Add(appendSegment(nil, segment{number: 1, first: 1}), int64(3))
	f.Fuzz(func(t *testing.T, b []byte, more int64) {
		sector := append(bytes.Clone(b), make([]byte, Sector)...)[:Sector]
		whole := append(sector, make([]byte, 4*Sector)...)
		r := bytes.NewReader(whole)
		if err := newerSegment(sector); err != nil && versionOf(sector, anyTape) <= Format {
			t.Fatal(err)
		}
		if err := newerFrame(r, 0, int64(len(whole)), sector); err != nil && versionOf(sector, anyFrame) <= Format {
			t.Fatal(err)
		}
	})
}
