package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/kassa-pos/kassa/pos/fault"
)

// TestWrongInBothLanguages: what is wrong with a value is said in the language
// of whoever reads it, whoever has found it: the file's grammar, a type of ours
// beneath the library, a check, the form.
func TestWrongInBothLanguages(t *testing.T) {
	for text, want := range map[string]struct{ key, ru, en string }{
		"[kkt]\naddress = \"tcp://till\"":           {"kkt.address", "строка 2, столбец 11: tcp://till: нужно tcp://хост:порт", "line 2, column 11: address tcp://till: want tcp://host:port"},
		"[shift]\nclose = 'soon' # when?":           {"shift.close", `строка 2, столбец 9: "soon" — не промежуток времени вида 23h30m`, `line 2, column 9: "soon" is no length of time such as 23h30m`},
		"language = \"de\"":                         {"language", `"de", нужно ru, en`, `"de", want ru, en`},
		"timezone = \"Mars\"":                       {"timezone", `"Mars" — не часовой пояс вида Europe/Moscow`, `"Mars" is no time zone such as Europe/Moscow`},
		"[journal]\nkeep_years = 3":                 {"journal.keep_years", "3, нужно от 5 до 30", "3, want 5 to 30"},
		"[scale]\naddress = \"serial:///s?baud=1\"": {"", "такой линии не бывает", "baud"},
	} {
		_, err := Parse([]byte(text), "k.toml")
		if text = strings.ReplaceAll(text, "\n", " "); err == nil {
			t.Errorf("%s: nothing is wrong", text)
			continue
		}
		var bad *fault.Error
		for _, p := range ProblemsOf(err) {
			if p.Code == fault.ConfigBad && (bad == nil || want.key == "" && strings.Contains(p.Text("en"), want.en)) {
				bad = p
			}
		}
		if bad == nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if want.key != "" && (KeyOf(bad) != want.key || WhyOf(bad, "ru") != want.ru || WhyOf(bad, "en") != want.en) {
			t.Errorf("%s: %s: %s / %s", text, KeyOf(bad), WhyOf(bad, "ru"), WhyOf(bad, "en"))
		}
		if !strings.Contains(bad.Text("ru"), want.ru) || !strings.Contains(bad.Text("en"), want.en) || strings.ContainsFunc(bad.Text("en"), cyrillic) {
			t.Errorf("%s: %s / %s", text, bad.Text("ru"), bad.Text("en"))
		}
	}
	_, err := Change(filepath.Join(t.TempDir(), "none.toml"), "", Wish{}, true)
	if f := fault.Of(err); f.Code != fault.PathBad || !strings.Contains(f.Text("ru"), "нет такого файла") || !strings.Contains(f.Text("en"), "no such file") {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(t.TempDir(), "k.toml")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Change(path, "", Wish{Set: map[string]string{"journal.keep_years": "many"}}, true)
	if all := ProblemsOf(err); len(all) != 1 || WhyOf(all[0], "ru") != "нужно целое число" || WhyOf(all[0], "en") != "want a whole number" {
		t.Errorf("no number: %v", err)
	}
}

func cyrillic(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }

// TestEveryWrongIsInRussian: no check of this package speaks English alone.
func TestEveryWrongIsInRussian(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is {
				return true
			}
			at := -1 // of the Russian text
			switch f := call.Fun.(type) {
			case *ast.SelectorExpr:
				if f.Sel.Name == "bad" {
					at = 1
				}
			case *ast.Ident:
				if f.Name == "wrongly" {
					at = 0
				}
			}
			if at < 0 {
				return true
			}
			ru, isText := call.Args[at].(*ast.BasicLit)
			if !isText {
				return true // handed on
			}
			en, isText := call.Args[at+1].(*ast.BasicLit)
			found++
			if !isText || !strings.ContainsFunc(ru.Value, cyrillic) || strings.ContainsFunc(en.Value, cyrillic) || verbs(ru.Value) != verbs(en.Value) {
				t.Errorf("%s: %s / %v", name, ru.Value, en)
			}
			return true
		})
	}
	if found < 70 {
		t.Errorf("%d texts found: does this test still look at the right calls?", found)
	}
}

// verbs counts the arguments that a format takes; numbered ones count alike.
func verbs(format string) int {
	return strings.Count(strings.ReplaceAll(format, "%%", ""), "%")
}
