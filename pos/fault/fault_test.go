package fault

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// source is what the package's files declare: the codes, and the keys of the
// table of texts in the order they stand.
type source struct {
	codes map[string]string // constant -> code
	keys  []string          // constants
}

// read parses the package itself, so that a code added without its texts is
// seen although the compiler is content.
func read(t *testing.T) source {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	s := source{codes: map[string]string{}}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				s.value(t, spec)
			}
			return true
		})
	}
	if len(s.codes) < 50 || len(s.keys) < 50 {
		t.Fatalf("read %d codes and %d texts: this test no longer understands the source", len(s.codes), len(s.keys))
	}
	return s
}

func (s *source) value(t *testing.T, spec *ast.ValueSpec) {
	if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
		for i, name := range spec.Names {
			code, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			s.codes[name.Name] = code
		}
	}
	if spec.Names[0].Name == "texts" {
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			s.keys = append(s.keys, e.(*ast.KeyValueExpr).Key.(*ast.Ident).Name)
		}
	}
}

func TestEveryCodeHasTexts(t *testing.T) {
	s := read(t)
	form := regexp.MustCompile(`^[a-z]+(\.[a-z_]+)?$`)
	owner := map[string]string{}
	for name, code := range s.codes {
		if !form.MatchString(code) {
			t.Errorf("%s: code %q is not of the form group.name", name, code)
		}
		if other, twice := owner[code]; twice {
			t.Errorf("%s and %s are the same code %q", name, other, code)
		}
		owner[code] = name
		if !slices.Contains(s.keys, name) {
			t.Errorf("%s (%s) has no texts", name, code)
		}
	}
	seen := map[string]bool{}
	for _, key := range s.keys {
		if _, known := s.codes[key]; !known || seen[key] {
			t.Errorf("texts of %s: no such code, or twice", key)
		}
		seen[key] = true
	}
	if got := Codes(); len(got) != len(s.codes) {
		t.Errorf("Codes lists %d, the source declares %d", len(got), len(s.codes))
	}
}

var placeholder = regexp.MustCompile(`\{(\d+)\}`)

// placeholders lists the different numbers a text is filled with, in order.
func placeholders(text string) (list []string) {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// A text is complete in both languages, in the letters of its language, and
// both are filled with the same arguments, counted from 0.
func TestTexts(t *testing.T) {
	ru, en := map[string]Code{}, map[string]Code{}
	for _, code := range Codes() {
		t.Run(string(code), func(t *testing.T) {
			text := texts[code]
			if text.ru != strings.TrimSpace(text.ru) || text.en != strings.TrimSpace(text.en) || text.ru == "" || text.en == "" {
				t.Error("a text is empty or has blanks around it")
			}
			if !strings.ContainsFunc(text.ru, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
				t.Errorf("not Russian: %s", text.ru)
			}
			if strings.ContainsFunc(text.en, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
				t.Errorf("not English: %s", text.en)
			}
			want := placeholders(text.ru)
			if got := placeholders(text.en); !slices.Equal(got, want) {
				t.Errorf("Russian is filled with %v, English with %v", want, got)
			}
			for i, n := range want {
				if n != strconv.Itoa(i) {
					t.Errorf("placeholders %v leave a gap", want)
				}
			}
			if rest := placeholder.ReplaceAllString(text.ru+text.en, ""); strings.ContainsAny(rest, "{}") {
				t.Errorf("a stray brace: %s / %s", text.ru, text.en)
			}
			args := make([]string, len(want))
			for i := range args {
				args[i] = fmt.Sprintf("<%d>", i)
			}
			for _, lang := range []string{"ru", "en", "be", ""} {
				full := Text(code, lang, args...)
				if placeholder.MatchString(full) || strings.Count(full, "<") < len(args) {
					t.Errorf("%s is not filled: %s", lang, full)
				}
			}
		})
		for text, seen := range map[string]map[string]Code{texts[code].ru: ru, texts[code].en: en} {
			if other, twice := seen[text]; twice {
				t.Errorf("%s and %s say the same: %s", code, other, text)
			}
			seen[text] = code
		}
	}
}

func TestError(t *testing.T) {
	cause := errors.New("i/o timeout")
	e := New(CodeTooLong, "300", "255").With(cause)
	if want := "scan.too_long: Code too long (300 bytes, at most 255) (i/o timeout)"; e.Error() != want {
		t.Errorf("%s, want %s", e, want)
	}
	if !errors.Is(e, cause) || !errors.Is(fmt.Errorf("scan: %w", e), New(CodeTooLong)) || errors.Is(e, New(CodeBad)) {
		t.Error("errors.Is does not match by code and cause")
	}
	if got := e.Text("ru"); got != "Слишком длинный код (300 байт, не более 255)" {
		t.Error(got)
	}
	// Copies leave the original alone; the device's own words stay.
	base := New(FiscalRefused, "1")
	said := base.Saying("ошибка 0x45")
	if base.Detail != "" || said.Detail != "ошибка 0x45" || said.With(cause).Detail != "ошибка 0x45" || base.Err != nil {
		t.Errorf("%+v, %+v", base, said)
	}
	if got := New(Busy).With(nil); got.Detail != "" || got.Unwrap() != nil {
		t.Errorf("%+v", got)
	}
}

func TestOf(t *testing.T) {
	if Of(nil) != nil {
		t.Error("no error became one")
	}
	e := New(ShiftClosed)
	if got := Of(fmt.Errorf("open: %w", e)); got != e {
		t.Errorf("%+v", got)
	}
	cause := errors.New("boom")
	if got := Of(cause); got.Code != Internal || !errors.Is(got, cause) || got.Detail != "boom" {
		t.Errorf("%+v", got)
	}
}

func TestUnknownCodePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a code that is not in the catalogue was taken")
		}
	}()
	if e := New("no.such"); e != nil {
		t.Errorf("%+v", e)
	}
}

// An argument that looks like a placeholder is filled in as it is.
func TestArgumentsAreNotTemplates(t *testing.T) {
	if got := Text(CodeTooLong, "en", "{1}", "255"); got != "Code too long ({1} bytes, at most 255)" {
		t.Error(got)
	}
}

func TestWarning(t *testing.T) {
	w := Warning{Code: CloudUnsent, Severity: Warn, Args: []string{"7"}}
	if w.Text("en") != "Documents not sent yet: 7" || w.Text("ru") != "Не отправлено документов: 7" {
		t.Errorf("%s / %s", w.Text("en"), w.Text("ru"))
	}
}

// TestArgumentsInTheReadersLanguage: an argument may be a text in both.
func TestArgumentsInTheReadersLanguage(t *testing.T) {
	e := New(PathBad, "/data", Either("нет прав", "no permission"))
	if ru, en := e.Text("ru"), e.Text("en"); !strings.HasSuffix(ru, "нет прав") || !strings.HasSuffix(en, "no permission") {
		t.Errorf("either: %s / %s", ru, en)
	}
	if got := Said(Either("а\x01б", "a\x01b"), "ru"); got != "аб" {
		t.Errorf("a mark in the text: %q", got)
	}
	if got := Said(Named(FiscalPaper), "en"); got != Text(FiscalPaper, "en") {
		t.Errorf("a named one: %q", got)
	}
	if got := Said("4600000000015", "ru"); got != "4600000000015" {
		t.Errorf("a plain one: %q", got)
	}
}
