package catalogdb

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is put into a page comes out of it, in order.
func TestPage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfDistinct(rapid.SliceOfN(rapid.Byte(), 1, 20), func(k []byte) string { return string(k) }).Draw(t, "keys")
		slices.SortFunc(keys, bytes.Compare)
		var p page
		for _, k := range keys {
			p.add(k, append([]byte("value of "), k...))
		}
		n := 0
		more, _, err := records(p.buf, nil, func(key, value []byte) (bool, error) {
			if !bytes.Equal(key, keys[n]) || string(value) != "value of "+string(keys[n]) {
				t.Fatalf("%x: %q", key, value)
			}
			n++
			return true, nil
		})
		if err != nil || !more || n != len(keys) {
			t.Fatalf("%d of %d, %v", n, len(keys), err)
		}
	})
}

// A page that is damaged is an error or other records, never more than it has
// room for, and never the end of the process.
func FuzzRecords(f *testing.F) {
	var p page
	for _, k := range []string{"c4600000000015", "c4600000000022", "c77"} {
		p.add([]byte(k), []byte{1, 2, 3})
	}
	f.Add(p.buf)
	f.Add(p.buf[:len(p.buf)-1])
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{5, 1, 'a', 0})
	f.Fuzz(func(t *testing.T, stored []byte) {
		size := 0
		_, _, err := records(stored, nil, func(_, value []byte) (bool, error) {
			size += len(value) + 3
			return true, nil
		})
		if size > len(stored) || err != nil && err != errPage {
			t.Fatalf("%d bytes of values in %d, %v", size, len(stored), err)
		}
	})
}

// A list of steps that is damaged is an error.
func FuzzSteps(f *testing.F) {
	f.Add([]byte{0, 1, 1, 200, 1}, uint32(1000))
	f.Add([]byte{0xff}, uint32(10))
	f.Fuzz(func(t *testing.T, steps []byte, limit uint32) {
		err := eachStep(steps, limit, func(n uint32) {
			if n >= limit {
				t.Fatalf("%d is not below %d", n, limit)
			}
		})
		if err != nil && err != errPostings {
			t.Fatal(err)
		}
	})
}
