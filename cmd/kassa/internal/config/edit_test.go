package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"github.com/kassa-pos/kassa/pos/fault"
)

// TestEditsLeaveTheRestAlone: what is not changed stays to the last space.
func TestEditsLeaveTheRestAlone(t *testing.T) {
	const file = "# mine\r\nlanguage = \"ru\" # of the shop\r\n\n[kkt] # the printer\naddress = 'tcp://1.2.3.4:7778'\t# upstairs\n" +
		"\n# scanners\n[[scanner]]\nname = \"one\"\naddress = \"tcp://h:1\"\n[[scanner]]\nname = \"a = [b] # c\"\naddress = \"tcp://h:2\"\n" +
		"\n[roles]\nowner = [ # two\n  \"x]\", # first\n  \"y\",\n] # end\n# last words"
	for name, c := range map[string]struct {
		e    Edit
		from string
		to   string
	}{
		"a value":             {Edit{"language", `"en"`}, `"ru" #`, `"en" #`},
		"of a table":          {Edit{"kkt.address", `"tcp://5.6.7.8:1"`}, `'tcp://1.2.3.4:7778'`, `"tcp://5.6.7.8:1"`},
		"of the second":       {Edit{"scanner[2].name", `"two"`}, `"a = [b] # c"`, `"two"`},
		"over lines":          {Edit{"roles.owner", `["z"]`}, "[ # two\n  \"x]\", # first\n  \"y\",\n] # end", `["z"] # end`},
		"a new key":           {Edit{"kkt.password", `31`}, "# upstairs\n", "# upstairs\npassword = 31\n"},
		"a new key above all": {Edit{"prefix", `"K1-"`}, "# of the shop\r\n", "# of the shop\r\nprefix = \"K1-\"\n"},
		"a new table":         {Edit{"scale.driver", `"cas"`}, "# last words", "# last words\n\n[scale]\ndriver = \"cas\"\n"},
		"a key less":          {Edit{"language", ""}, "language = \"ru\" # of the shop\r\n", ""},
		"a table less":        {Edit{"kkt", ""}, "[kkt] # the printer\naddress = 'tcp://1.2.3.4:7778'\t# upstairs\n", ""},
		"one of several less": {Edit{"scanner[2]", ""}, "[[scanner]]\nname = \"a = [b] # c\"\naddress = \"tcp://h:2\"\n", ""},
		"what is not there":   {Edit{"scale", ""}, "", ""},
	} {
		got, err := Apply([]byte(file), []Edit{c.e})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(strings.Replace(file, c.from, c.to, 1), string(got)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestEditsThatAreNotSureAreNone: a file written otherwise than anybody does
// is left to hands.
func TestEditsThatAreNotSureAreNone(t *testing.T) {
	for _, file := range []string{
		"kkt = {address = \"tcp://h:1\"}\n", "\"kkt\" = {\"address\" = \"tcp://h:1\"}", "kkt.\"a\\u0064dress\" = \"tcp://h:1\"\n", "[", "scanner = 1\n", "kkt = 1\n",
	} {
		got, err := Apply([]byte(file), []Edit{{"kkt.address", `"tcp://h:2"`}})
		if f := fault.Of(err); err == nil {
			var m struct{ KKT struct{ Address string } }
			if toml.Unmarshal(got, &m) != nil || m.KKT.Address != "tcp://h:2" {
				t.Errorf("%q became %q", file, got)
			}
		} else if f.Code != fault.ConfigByHand {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// FuzzApply: whatever the file, what comes out means what was meant.
func FuzzApply(f *testing.F) {
	f.Add(Example(), "language", "en")
	f.Add("a = '''\n[kkt]\n'''\n[kkt]\naddress = \"x\" # \"\n", "kkt.address", "]\"#\n")
	f.Add("[a]\nb = [1, # ]\n2]\n", "a.b", "'''")
	f.Add("x = \"\\\"\" # y\n\ufeff", "x", "\xff\x00")
	f.Fuzz(func(t *testing.T, file, key, value string) {
		got, err := Apply([]byte(file), []Edit{{key, quoted(value)}})
		if err != nil {
			return
		}
		before, after := map[string]any{}, map[string]any{}
		if err := errors.Join(toml.Unmarshal([]byte(file), &before), toml.Unmarshal(got, &after), expect(before, Edit{key, quoted(value)})); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(prune(before), prune(after)) {
			t.Errorf("%q became %q", file, got)
		}
	})
}

// TestEveryKeyIsASetting: what the file may say is on the form, or is named
// here as what only hands write.
func TestEveryKeyIsASetting(t *testing.T) {
	byHand := map[string]bool{"permissions": true, "kitchen": true, "signals": true, "board.header": true, "codes.labels": true, "restrictions": true}
	known := map[string]bool{}
	for _, tab := range tables {
		for _, r := range tab.rules {
			known[strings.TrimPrefix(tab.name+"."+r.key, ".")] = true
		}
	}
	var walk func(at reflect.Type, name string)
	walk = func(at reflect.Type, name string) {
		for at.Kind() == reflect.Pointer {
			at = at.Elem()
		}
		for i := range at.NumField() {
			f := at.Field(i)
			key := strings.TrimPrefix(name+"."+f.Tag.Get("toml"), ".")
			typ := f.Type
			for typ.Kind() == reflect.Pointer {
				typ = typ.Elem()
			}
			switch {
			case strings.HasSuffix(key, "-") || f.Tag.Get("toml") == "" || byHand[key] || known[key] || key == "roles":
			case typ.Kind() == reflect.Struct && typ != reflect.TypeFor[URI]():
				walk(typ, key)
			default:
				t.Errorf("%s is no setting", key)
			}
		}
	}
	walk(reflect.TypeFor[Config](), "")
	walk(reflect.TypeFor[Scanner](), "scanner")
	if len(known) < 90 {
		t.Errorf("%d settings", len(known))
	}
}

// TestSectionsOfTheExample: values as they are written, whence they come, and
// no secret.
func TestSectionsOfTheExample(t *testing.T) {
	all, err := Sections([]byte(Example()), "/nowhere/till.toml")
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]Field{}
	for _, s := range all {
		for _, f := range s.Fields {
			fields[f.Key] = f
		}
	}
	for key, want := range map[string]Field{
		"language":           {Value: "ru", Source: FromFile, Default: "ru"},
		"shift.close":        {Value: "23h30m", Source: FromFile},
		"kkt.password":       {Source: FromFile, Set: true},
		"printer.paper":      {Value: "80", Source: FromFile, Default: "80"},
		"codes.cards":        {Value: "777", Source: FromFile},
		"gpio.pulse_ms":      {Value: "150", Source: FromFile, Default: "150"},
		"watchdog.timeout":   {Value: "15s", Source: FromFile, Default: "15s"},
		"permit.credentials": {Value: "permit.secret", Source: FromFile},
	} {
		got := fields[key]
		if got.Value != want.Value || got.Source != want.Source || got.Set != want.Set || want.Default != "" && got.Default != want.Default {
			t.Errorf("%s: %+v, want %+v", key, got, want)
		}
	}
	if _, err := Sections([]byte("["), "x"); fault.Of(err).Code != fault.ConfigBad {
		t.Error(err)
	}
	empty, err := Sections(nil, "x")
	if err != nil || empty[0].Fields[0].Value != "ru" || empty[0].Fields[0].Source != FromDefault {
		t.Errorf("%v %+v", err, empty)
	}
}

// file writes a configuration into a directory of its own.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "till.toml")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestChange: the file is replaced through its link, the old one kept; a dry
// run, a wrong value and somebody else's change leave it as it is.
func TestChange(t *testing.T) {
	const text = "language = \"ru\" # mine\n[kkt]\naddress = \"tcp://1.2.3.4:7778\"\n"
	real := file(t, text)
	path := filepath.Join(t.TempDir(), "link.toml")
	if err := os.Symlink(real, path); err != nil {
		t.Fatal(err)
	}
	digest := Digest([]byte(text))
	for name, c := range map[string]struct {
		w    Wish
		want map[string]fault.Code // by key
	}{
		"unknown":  {Wish{Set: map[string]string{"colour": "red"}}, map[string]fault.Code{"colour": fault.ConfigUnknown}},
		"by hand":  {Wish{Set: map[string]string{"bench": "true"}}, map[string]fault.Code{"bench": fault.ConfigUnknown}},
		"several":  {Wish{Set: map[string]string{"shift.close": "soon", "kkt.protocol": "v3", "journal.keep_years": "4"}}, map[string]fault.Code{"kkt.protocol": fault.ConfigBad, "journal.keep_years": fault.ConfigBad}},
		"decoding": {Wish{Set: map[string]string{"shift.close": "soon"}}, map[string]fault.Code{"shift.close": fault.ConfigBad}},
		"meaning":  {Wish{Set: map[string]string{"shift.open_next": "true", "timezone": "Mars/Base"}}, map[string]fault.Code{"shift.open_next": fault.ConfigBad, "timezone": fault.ConfigBad}},
		"missing":  {Wish{Set: map[string]string{"kkt.address": ""}}, map[string]fault.Code{"kkt.address": fault.ConfigMissing}},
		"address":  {Wish{Set: map[string]string{"kkt.address": "192.168.1.5"}}, map[string]fault.Code{"kkt.address": fault.ConfigBad}},
		"a table":  {Wish{Drop: []string{"console"}}, map[string]fault.Code{"console": fault.ConfigUnknown}},
		"too long": {Wish{Set: map[string]string{"prefix": strings.Repeat("x", MaxValue+1)}}, map[string]fault.Code{"prefix": fault.ConfigBad}},
	} {
		_, err := Change(path, digest, c.w, false)
		got := map[string]fault.Code{}
		for _, p := range ProblemsOf(err) {
			got[KeyOf(p)] = p.Code
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
	w := Wish{Set: map[string]string{"language": "en", "kkt.password": "", "kkt.speed": "fixed"}, Add: []string{"scale"}}
	if _, err := Change(path, digest, w, false); fault.Of(err).Code != fault.ConfigMissing { // a scale has an address
		t.Error(err)
	}
	w.Add = nil
	if edits, err := Change(path, digest, w, true); err != nil || len(edits) != 1 || contents(t, real) != text {
		t.Errorf("%v %v", edits, err)
	}
	if _, err := Change(path, digest, w, false); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(real)
	if err != nil || fi.Mode().Perm() != 0o640 || contents(t, real) != strings.Replace(text, `"ru"`, `"en"`, 1) || contents(t, real+oldSuffix) != text {
		t.Errorf("%v %v %q", fi.Mode(), err, contents(t, real))
	}
	if fi, err := os.Lstat(path); err != nil || fi.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	if _, err := Change(path, digest, Wish{Set: map[string]string{"language": "ru"}}, false); fault.Of(err).Code != fault.ConfigChanged {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(real), ".kassa-new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
	if edits, err := Change(path, "", Wish{Drop: []string{"kkt"}, Set: map[string]string{"kkt.address": "x"}}, false); err != nil || len(edits) != 1 || strings.Contains(contents(t, real), "kkt") {
		t.Errorf("%v %v %q", edits, err, contents(t, real))
	}
}

// TestTheLastGoodOne: a till comes up with what it came up with before, and
// knows it; not when nothing else is there.
func TestTheLastGoodOne(t *testing.T) {
	path := file(t, "language = \"en\"\n")
	if _, err := LoadGood(path, nil); err == nil {
		t.Error("there is none")
	}
	c, err := Load(path)
	if err != nil || c.Old || KeepGood(c) != nil {
		t.Fatal(err)
	}
	if _, err := LoadGood(path, c); err == nil {
		t.Error("the same one is no other")
	}
	if err := os.WriteFile(path, []byte("languag = \"ru\"\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	good, err := LoadGood(path, nil)
	if err != nil || !good.Old || good.Language != "en" || good.Path != path {
		t.Fatalf("%+v %v", good, err)
	}
	if KeepGood(good) != nil || contents(t, path) != "languag = \"ru\"\n" {
		t.Error("the file was changed")
	}
}
