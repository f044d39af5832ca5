package pricing

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// TestExample: the example is good and shows every kind.
func TestExample(t *testing.T) {
	all, faults := ReadFile(Example)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	kinds := map[catalog.EffectKind]bool{}
	for _, p := range all {
		kinds[p.Give.Kind] = true
	}
	for _, k := range []catalog.EffectKind{catalog.GivePercent, catalog.GiveMoney, catalog.GivePrice, catalog.GivePriceType, catalog.GiveStages,
		catalog.GiveNForM, catalog.GiveNth, catalog.GiveSet, catalog.GiveChequePercent, catalog.GiveChequeMoney} {
		if !kinds[k] {
			t.Errorf("the example shows no %s", k)
		}
	}
	if r, problems := Compile(Config{Promotions: all}); len(problems) > 0 || len(r.promotions) != len(all) {
		t.Errorf("%v", problems)
	}
}

// TestFileFaults: each fault names its line, promotion and field.
func TestFileFaults(t *testing.T) {
	one := func(s string) string { return "{\"promotions\": [\n" + s + "\n]}" }
	for _, c := range []struct{ file, want string }{
		{"", "line 1: the file ends too early"},
		{"[]", `line 1: the file is {"promotions": [..]}`},
		{`{"promotion": []}`, `line 1: the file is {"promotions": [..]}`},
		{"{\"promotions\": [\n]\n} x", `line 3: the file is {"promotions": [..]}`},
		{"{\"promotions\": [\n\n", "line 3: the file ends too early"},
		{one(`{"id": }`), "line 2: invalid character '}' looking for beginning of value"},
		{one("{\"id\": \"a\",\n\"nmae\": \"x\"}"), `line 3, a, nmae: unknown field "nmae"`},
		{one("{\"id\": \"a\", \"name\": \"A\",\n\"give\": {\"kind\": \"percent\",\n\"percent\": \"5\"}}"), "line 4, a, give.percent: a string does not belong here"},
		{one("{\"id\": \"a\", \"name\": \"A\", \"on\": {\"all\": true},\n\"give\": {\"kind\": \"gift\"}}"), `line 3, a, give.kind: give.kind: "gift"`},
		{one("{\"id\": \"a\", \"name\": \"A\", \"on\": {\"all\": true},\n\n\"give\": {\"kind\": \"percent\", \"percent\": 100001}}"), `line 4, a, give: give: numbers of percent out of range`},
		{one("{\"id\": \"a\", \"name\": \"A\", \"on\": {\"all\": true},\n\"when\": {\n\"from\": \"soon\"}, \"give\": {\"kind\": \"percent\", \"percent\": 1}}"), `line 4, a, when.from: when.from is no day: soon`},
		{one(`{"id": "a", "name": "A", "give": {"kind": "percent", "percent": 1}}`), `line 2, a: covers nothing`},
		{one("{\"id\": \"a\", \"name\": \"A\", \"on\": {\"all\": true}, \"give\": {\"kind\": \"price\"}},\n{\"id\": \"a\", \"name\": \"B\", \"on\": {\"all\": true}, \"give\": {\"kind\": \"price\"}}"), `line 3, a, id: the same as in line 2`},
		{"\xff", "line 1: not UTF-8"},
		{strings.Repeat(" ", MaxFile+1), "line 1: longer than 1048576 bytes"},
	} {
		all, faults := ReadFile([]byte(c.file))
		if len(faults) != 1 || faults[0].String() != c.want || all != nil {
			t.Errorf("%.80q: %v, want %s", c.file, faults, c.want)
		}
	}
}

// FuzzReadFile: no file breaks the till, and what is read is good.
func FuzzReadFile(f *testing.F) {
	f.Add(Example)
	f.Add([]byte(`{"promotions": [{"id": "a"}]}`))
	f.Add([]byte(`{"promotions": [{}, {`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, faults := ReadFile(data)
		if len(faults) > 0 && all != nil {
			t.Fatal("both read and refused")
		}
		if _, problems := Compile(Config{Promotions: all}); len(problems) > 0 {
			t.Fatal(problems)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Line > 1+bytes.Count(data, []byte{'\n'}) {
				t.Fatalf("%+v", fault)
			}
		}
	})
}
