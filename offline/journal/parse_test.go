package journal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
)

// storedLines are the lines of the golden journals.
func storedLines(t testing.TB) (lines [][]byte) {
	for _, dir := range []string{"v1", "periods-v1"} {
		must(t, filepath.WalkDir(filepath.Join(golden, dir), func(name string, e os.DirEntry, err error) error {
			if err == nil && filepath.Ext(name) == ".tape" {
				var b []byte
				b, err = os.ReadFile(name)
				for line := range strings.Lines(string(b)) {
					if strings.HasPrefix(line, "{") {
						lines = append(lines, []byte(strings.TrimSuffix(line, "\n")))
					}
				}
			}
			return err
		}))
	}
	if len(lines) < 50 {
		t.Fatalf("%d golden lines", len(lines))
	}
	return lines
}

// agrees checks what the short way makes of a line against encoding/json.
func agrees(t *testing.T, line []byte) (usual bool) {
	s, ok := parseLine(line)
	if !ok {
		return false
	}
	var want stored
	if err := json.Unmarshal(line, &want); err != nil {
		if len(s.Data) > 0 && !json.Valid(s.Data) {
			return true // Verify looks into it
		}
		t.Fatalf("%q is taken, and is no JSON: %v", line, err)
	}
	if want.Erased = false; s.Time.Format("2006-01-02T15:04:05.999999999Z07:00") != want.Time.Format("2006-01-02T15:04:05.999999999Z07:00") || !cmp.Equal(want, s) {
		t.Fatalf("%q\n%s", line, cmp.Diff(want, s))
	}
	return true
}

// Every line this release writes, or has ever written, is of the usual form.
func TestUsualLines(t *testing.T) {
	lines := storedLines(t)
	var tr trade
	var hash tape.Hash
	for seq := uint64(1); seq < 200; {
		entries := tr.next()
		members, err := encode(start, entries, make([]*vault.Sealed, len(entries)))
		must(t, err)
		for _, m := range members {
			lines = append(lines, []byte(`{"seq":1,`+string(m)+prevLabel+hexHash(hash)+`"}`))
			seq++
		}
	}
	for _, line := range lines {
		if !agrees(t, line) {
			t.Errorf("not of the usual form: %s", line)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, line := range storedLines(f) {
		f.Add(line)
	}
	tail := prevLabel + strings.Repeat("0a", 32) + `"}`
	head := `{"seq":1,"time":"2026-03-01T10:00:00+03:00","kind":"audit","id":"00000000-0000-4000-8000-000000000001"`
	for _, middle := range []string{`,"schema":1`, `,"type":"a\u0041","schema":1`, `,"schema":1,"data":{"a":[1,"\\\"]"]}`, `,"schema":1,"data":12`, `,"schema":1,"data":null`,
		`,"schema":1,"data":{]`, `,"schema":1,"data":"x`, `,"ends":[],"schema":1`, `,"numbers":[1,02],"schema":1`, `,"schema":1,"data":{}}`, `,"schema":1,"data":true false`,
		`,"schema":1,"data":1,"carried":5`, `,"schema":1,"sealed":{"slot":1}`, `,"schema":1,"data":{"a" :	1}`, `,"schema":01`, `,"schema":1,"data":`} {
		f.Add([]byte(head + middle + tail))
	}
	f.Fuzz(func(t *testing.T, line []byte) { agrees(t, line) })
}

func BenchmarkDecode(b *testing.B) {
	lines := storedLines(b)
	for name, fn := range map[string]func([]byte) error{
		"look": func(l []byte) error { _, err := look(l); return err },
		"json": func(l []byte) error { var s stored; return json.Unmarshal(l, &s) },
	} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				must(b, fn(lines[n%len(lines)]))
				n++
			}
		})
	}
}
