package journal

import (
	"context"
	"encoding/json"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// cashIn makes a valid document entry with a number.
func cashIn(t testing.TB, number int64, change func(*doc.Document)) record.Entry {
	t.Helper()
	id := uuid.NewSHA1(uuid.NameSpaceOID, []byte{byte(number), byte(number >> 8)})
	d := doc.Document{ID: id, Type: doc.CashIncome, Number: number, Name: "T-1", Time: start, Currency: "RUB", Cash: &doc.Cash{Sum: 100}}
	if change != nil {
		change(&d)
	}
	b, err := json.Marshal(&d)
	must(t, err)
	return record.Entry{Kind: record.Document, ID: id, Type: string(d.Type), Schema: doc.Schema, Numbers: []int64{number}, Data: b}
}

func intent(number int64, group uuid.UUID) record.Entry {
	return record.Entry{Kind: record.Intent, ID: group, Group: group, Type: "CASH_INCOME", Schema: 1, Numbers: []int64{number}}
}

func void(group uuid.UUID, numbers ...int64) record.Entry {
	return record.Entry{Kind: record.Void, ID: uuid.New(), Ends: []uuid.UUID{group}, Schema: 1, Numbers: numbers}
}

func TestVerifyNumbers(t *testing.T) {
	t.Parallel()
	groups := ids("v", 4)
	ended := cashIn(t, 1, nil)
	ended.Ends = groups[:1]
	sound := []record.Entry{intent(1, groups[0]), ended, intent(2, groups[1]), void(groups[1], 2), cashIn(t, 3, nil), intent(4, groups[2])}
	for name, c := range map[string]struct {
		entries []record.Entry
		code    string // of the one problem; "": none
		seq     uint64
	}{
		"sound":             {sound, "", 0},
		"used twice":        {append(slices.Clone(sound), cashIn(t, 3, nil)), "number.twice", 7},
		"minted twice":      {append(slices.Clone(sound), intent(3, groups[3])), "number.minted", 7},
		"lost":              {append(slices.Clone(sound), void(groups[2])), "number.lost", 6},
		"missing":           {append(slices.Clone(sound), cashIn(t, 6, nil)), "number.missing", 0},
		"without number":    {append(slices.Clone(sound), func() record.Entry { e := cashIn(t, 5, nil); e.Numbers = nil; return e }()), "document.invalid", 7},
		"not its own id":    {append(slices.Clone(sound), func() record.Entry { e := cashIn(t, 5, nil); e.ID = uuid.New(); return e }()), "document.invalid", 7},
		"money does not do": {append(slices.Clone(sound), cashIn(t, 5, func(d *doc.Document) { d.Cash.Sum = -1 })), "document.invalid", 7},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			j, _ := open(t, opts(dir))
			for _, e := range c.entries {
				add(t, j, e)
			}
			running, err := j.Verify(context.Background(), VerifyOptions{})
			must(t, err)
			closed(t, j)
			offline, err := Verify(context.Background(), dir, VerifyOptions{Temp: t.TempDir()})
			must(t, err)
			for _, rep := range []Report{running, offline} {
				if rep.OK != (c.code == "") || rep.Records != uint64(len(c.entries)) || !rep.Badger || rep.Last != rep.Records || rep.First != 1 {
					t.Errorf("%+v", rep)
				}
				if c.code == "" {
					if len(rep.Problems) != 0 || rep.Documents != 2 || rep.Voids != 1 || rep.Open != 1 {
						t.Errorf("%+v", rep)
					}
				} else if len(rep.Problems) != 1 || rep.Problems[0].Code != c.code || rep.Problems[0].Seq != c.seq {
					t.Errorf("%+v", rep.Problems)
				}
			}
			if running.Head != offline.Head || running.Head == "" {
				t.Error(running.Head, offline.Head)
			}
		})
	}
}

// An offline Verify changes nothing and says what is wrong with each copy.
func TestVerifyChangesNothing(t *testing.T) {
	dir := made(t, 60)
	name, data, off := frameAt(t, dir, 0, 5)
	data[off+300] ^= 1
	must(t, os.WriteFile(name, data, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "badger/MANIFEST"), []byte("garbage"), 0o600))
	before := listing(t, dir)
	temp := t.TempDir()
	rep, err := Verify(context.Background(), dir, VerifyOptions{Temp: temp})
	must(t, err)
	var codes []string
	for _, p := range rep.Problems {
		codes = append(codes, p.Code)
	}
	if rep.OK || !slices.Contains(codes, "tape.damaged") || !slices.Contains(codes, "badger.unusable") {
		t.Errorf("%+v", rep)
	}
	if after := listing(t, dir); !slices.Equal(before, after) {
		t.Errorf("%v became %v", before, after)
	}
	if left := glob(t, temp, "*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// listing names every file with size and time of change.
func listing(t testing.TB, dir string) (list []string) {
	t.Helper()
	must(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			list = append(list, path+info.ModTime().String(), string(rune(info.Size())))
		}
		return err
	}))
	return list
}

// What Verify of a running till finds the next Open repairs.
func TestVerifyLeavesWord(t *testing.T) {
	dir := made(t, 150)
	name, data, off := frameAt(t, dir, 0, 5)
	data[off+300] ^= 1
	o := opts(dir)
	j, _ := open(t, o)
	must(t, os.WriteFile(name, data, 0o600)) // rots while the till runs
	rep, err := j.Verify(context.Background(), VerifyOptions{})
	if err != nil || rep.OK || rep.Problems[0].Code != "tape.damaged" {
		t.Fatalf("%+v %v", rep, err)
	}
	if list := all(t, j); len(list) != 150 {
		t.Error(len(list))
	}
	closed(t, j)
	if did := healed(t, dir, 150); !did.TapeRebuilt {
		t.Errorf("%+v", did)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := made(t, 200)
	j, _ := open(t, opts(dir))
	must(t, j.Post(entry(record.Cart, "add", 1)))
	running := filepath.Join(t.TempDir(), "stick", "a")
	var done, total uint64
	m, err := j.Export(ctx, running, ExportOptions{Progress: func(d, n uint64) { done, total = d, n }})
	if err != nil || m.Last != 201 || m.First != 1 || len(m.Files) < 2 || done != total || done == 0 {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := j.Export(ctx, running, ExportOptions{}); err == nil {
		t.Error("an export was mixed into another")
	}
	closed(t, j)
	offline := filepath.Join(t.TempDir(), "b")
	if m2, err := Export(ctx, dir, offline, ExportOptions{}); err != nil || m2.Head != m.Head {
		t.Fatalf("%+v %v", m2, err)
	}
	for _, copied := range []string{running, offline} {
		if rep, err := Verify(ctx, copied, VerifyOptions{}); err != nil || !rep.OK || rep.Records != 201 || rep.Badger {
			t.Errorf("%+v %v", rep, err)
		}
	}
	// A till can be made again from a copy: it is the tape.
	again := filepath.Join(t.TempDir(), "data")
	must(t, os.CopyFS(filepath.Join(again, tapeName), os.DirFS(offline)))
	must(t, os.Remove(filepath.Join(again, tapeName, ManifestName)))
	healed(t, again, 201)
	// A copy that was changed is noticed.
	seg := filepath.Join(running, m.Files[0].Name)
	b, err := os.ReadFile(seg)
	must(t, err)
	b[len(b)-1] = 'x'
	must(t, os.WriteFile(seg, b, 0o600))
	if rep, err := Verify(ctx, running, VerifyOptions{}); err != nil || rep.OK {
		t.Errorf("%+v %v", rep, err)
	}
}

// The 32-bit refusal is built exactly there.
func TestRefuses32Bit(t *testing.T) {
	for arch, want := range map[string]bool{"386": true, "arm": true, "mips": true, "amd64": false, "arm64": false} {
		c := build.Default
		c.GOARCH = arch
		if got, err := c.MatchFile(".", "arch_32bit.go"); err != nil || got != want {
			t.Errorf("%s: %v %v", arch, got, err)
		}
	}
}

// A data directory has two copies; one that has lost Badger says so.
func TestVerifyMissesBadger(t *testing.T) {
	dir := made(t, 20)
	must(t, os.RemoveAll(filepath.Join(dir, badgerName)))
	rep, err := Verify(context.Background(), dir, VerifyOptions{Temp: t.TempDir()})
	if err != nil || rep.OK || len(rep.Problems) != 1 || rep.Problems[0].Code != "badger.missing" {
		t.Errorf("%+v %v", rep, err)
	}
}
