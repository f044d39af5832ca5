package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/pos/record"
)

// damages are what may happen to a file, of which the first used bytes are
// written and the rest is blank.
var damages = []struct {
	name string
	to   func(b []byte, used int, rnd *rand.Rand) []byte // nil: the file is gone
}{
	{"bit flipped at the beginning", func(b []byte, used int, rnd *rand.Rand) []byte { return flipped(b, rnd.IntN(min(used, 64))) }},
	{"bit flipped in the middle", func(b []byte, used int, rnd *rand.Rand) []byte { return flipped(b, used/2) }},
	{"bit flipped somewhere", func(b []byte, used int, rnd *rand.Rand) []byte { return flipped(b, rnd.IntN(used)) }},
	{"bit flipped near the end", func(b []byte, used int, rnd *rand.Rand) []byte { return flipped(b, used-1-rnd.IntN(min(used, 64))) }},
	{"bit flipped at the end", func(b []byte, _ int, _ *rand.Rand) []byte { return flipped(b, len(b)-1) }},
	{"page zeroed at the beginning", func(b []byte, _ int, _ *rand.Rand) []byte { return zeroed(b, 0) }},
	{"page zeroed somewhere", func(b []byte, used int, rnd *rand.Rand) []byte { return zeroed(b, rnd.IntN(used)) }},
	{"cut in half", func(b []byte, used int, _ *rand.Rand) []byte { return b[:used/2] }},
	{"cut by a byte", func(b []byte, _ int, _ *rand.Rand) []byte { return b[:len(b)-1] }},
	{"cut to nothing", func(b []byte, _ int, _ *rand.Rand) []byte { return b[:0] }},
	{"gone", func([]byte, int, *rand.Rand) []byte { return nil }},
}

// written tells how much of a file is more than what it was made with.
func written(b []byte) int { return max(1, len(bytes.TrimRight(b, "\x00\n"))) }

func flipped(b []byte, at int) []byte {
	b[at] ^= 0x10
	return b
}

func zeroed(b []byte, at int) []byte {
	const page = 4096
	at = at / page * page
	clear(b[at:min(len(b), at+page)])
	return b
}

// heldNothing tells whether what was damaged is nothing to a journal, so that
// there is nothing to tell: locks, the ballast, Badger's value log (all values
// are in its tables), the registry of keys it does not use, what is blank of
// the tape and of Badger's log.
func heldNothing(name string, before, after []byte) bool {
	switch base := filepath.Base(name); {
	case base == lockName, base == "LOCK", base == ballastName, base == followedName, base == scrubName, base == "DISCARD", base == "KEYREGISTRY", strings.HasSuffix(base, ".vlog"):
		return true
	case base == ManifestName && after == nil: // as if it was not made yet
		return true
	case base == ManifestName && bytes.Equal(bytes.TrimSpace(before), bytes.TrimSpace(after)):
		return true
	case tape.IsSegment(base) && !bytes.Contains(before, []byte("kassa")):
		return true
	case strings.HasPrefix(base, "keys."):
		const contacts = 2 // behind them are keys that nobody has yet
		return same(before, after, tape.Sector+64*contacts)
	case tape.IsSegment(base), strings.HasSuffix(base, ".mem"):
		return same(before, after, written(before))
	}
	return false
}

// same tells whether the first n bytes are as they were.
func same(before, after []byte, n int) bool {
	return len(after) >= n && bytes.Equal(before[:n], after[:n])
}

// toldOf is what an open journal, or one that died, lets a person know.
type toldOf struct {
	Opened Opened `json:"opened"`
	Report Report `json:"report"`
}

func (t toldOf) reported() bool {
	return t.Opened.Repaired() || len(t.Opened.Reasons)+len(t.Opened.Trimmed)+len(t.Opened.Aside) > 0 || len(t.Report.Problems) > 0
}

// shelf is a till's journal with everything that may stand in one: a closed
// period, contacts, tables, a log, long records.
type shelf struct {
	dir   string
	seqs  []uint64 // of the acknowledged records
	lines uint64   // with the copies that the period begins with
}

// filledShelf fills one and leaves it closed.
func filledShelf(t testing.TB) (s shelf) {
	t.Helper()
	s.dir = filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(s.dir))
	long := entry(record.Delivery, "cloud", 0)
	long.Data = fmt.Appendf(nil, "%q", bytes.Repeat([]byte("y"), 150_000))
	for range 8 {
		add(t, j, long)
	}
	add(t, j, private(entry(record.Audit, "contact", 20), phone))
	ended(t, j)
	for range 30 {
		add(t, j, long)
	}
	add(t, j, private(entry(record.Audit, "contact", 61), phone))
	fill(t, j, 62, 120)
	waitSealed(t, s.dir)
	s.count(t, j)
	closed(t, j)
	if len(glob(t, s.dir, "badger/*.sst")) == 0 || len(glob(t, s.dir, "archive/*/badger/*.sst")) == 0 {
		t.Fatal("no tables")
	}
	return s
}

func (s *shelf) count(t testing.TB, j *Journal) {
	s.seqs = seqs(scanned(t, j, record.Filter{}))
	s.lines, _ = j.Head()
}

// killedShelf is that of a till that was killed once both copies had
// everything. What is younger than the second copy's lag is on the tape alone.
func killedShelf(t *testing.T) shelf {
	t.Helper()
	s := filledShelf(t)
	cmd := startChild(t, s.dir, "sold")
	_, err := cmd.StdinPipe() // it waits for its end
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	must(t, cmd.Process.Kill())
	if err := cmd.Wait(); err == nil || line != "ready\n" {
		t.Fatal(line, err)
	}
	for range soldRecords {
		s.lines++
		s.seqs = append(s.seqs, s.lines)
	}
	return s
}

// whole opens a copy of a shelf and wants everything to be there, in both
// copies, each once.
func (s shelf) whole(t testing.TB, dir string) (told bool) {
	t.Helper()
	j, did := open(t, opts(dir))
	scanned(t, j, record.Filter{}) // what is mended on the way is told in a record of its own
	must(t, j.Flush(context.Background()))
	list := scanned(t, j, record.Filter{})
	there := len(list)
	list = slices.DeleteFunc(list, func(r record.Record) bool { return r.Type == AuditRepaired }) // of a closed period
	repairs := uint64(there - len(list))
	if diff := cmp.Diff(s.seqs, seqs(list)); diff != "" {
		t.Fatalf("%s (%+v)", diff, did)
	}
	for _, r := range list {
		if r.Type == "contact" && !bytes.Contains(r.Private, []byte(phone)) {
			t.Errorf("the contact of record %d is lost (%+v)", r.Seq, did)
		}
	}
	rep, err := j.Verify(context.Background(), VerifyOptions{})
	if err != nil || !rep.OK || rep.Records != s.lines+repairs {
		t.Fatalf("%+v %v", rep, err)
	}
	closed(t, j)
	return repairs > 0 || toldOf{Opened: did}.reported()
}

// damaged is one file of a shelf, damaged in one way.
type damaged struct {
	shelf
	file string
	kind int
}

// look damages the file of a copy and opens it, first in a process of its
// own, for Badger's goroutines may take that along.
func (d damaged) look(t *testing.T) {
	t.Parallel() // each has its own directory, which is opened once in this process
	dir := filepath.Join(t.TempDir(), "data")
	must(t, os.CopyFS(dir, os.DirFS(d.dir)))
	name := filepath.Join(dir, d.file)
	b, err := os.ReadFile(name)
	must(t, err)
	if len(b) == 0 {
		b = []byte{0}
	}
	before := bytes.Clone(b)
	rnd := rand.New(rand.NewPCG(uint64(d.kind), uint64(len(d.file))))
	if b = damages[d.kind].to(b, written(b), rnd); b == nil {
		must(t, os.Remove(name))
	} else {
		must(t, os.WriteFile(name, b, 0o600))
	}
	told, died := false, 0
	for ; died <= openAttempts; died++ {
		out, err := startChild(t, dir, "open").Output()
		var said toldOf
		if err == nil {
			must(t, json.Unmarshal(out, &said))
			told = told || said.reported()
			break
		}
		if died == openAttempts {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if !d.whole(t, dir) && !told && !heldNothing(d.file, before, b) {
		t.Error("nobody is told")
	}
	t.Logf("%d processes died", died)
}

// files lists the files below dir, by their names in it.
func files(t testing.TB, dir string) (list []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			rel, relErr := filepath.Rel(dir, name)
			list, err = append(list, rel), relErr
		}
		return err
	}))
	return list
}

// damageEverything takes every file of a closed till's journal and of a killed
// one's, in every way, of which it looks at one of keep.
func damageEverything(t *testing.T, keep int) {
	var seen tapetest.Account
	tapetest.TellOf(t, &seen)
	turn := 0
	for _, state := range []string{"closed", "killed"} {
		sound := filledShelf(t)
		if state == "killed" {
			sound = killedShelf(t)
		}
		list := slices.DeleteFunc(files(t, sound.dir), ordinary)
		if len(list) < 30 {
			t.Fatalf("only %v", list)
		}
		for _, file := range list {
			for kind := range damages {
				if turn++; turn%keep != 0 {
					continue
				}
				seen.States++
				t.Run(fmt.Sprintf("%s/%s/%s", state, file, damages[kind].name), damaged{sound, file, kind}.look)
			}
		}
	}
}

// ordinary tells most of the segments in the middle of the tape, which are all
// alike.
func ordinary(name string) bool {
	var n int
	_, err := fmt.Sscanf(filepath.Base(name), "%d.tape", &n)
	return err == nil && n > 2 && n < 36 && n%13 != 0
}

// TestDamage is a sample of TestPowerDamage.
func TestDamage(t *testing.T) {
	damageEverything(t, 97)
}

// Whatever happens to one file, nothing acknowledged is lost, and it is told.
func TestPowerDamage(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	damageEverything(t, 1)
}
