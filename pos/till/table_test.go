package till

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// tests are the names of this package's tests, by file.
func tests(t *testing.T) map[string]string {
	names := map[string]string{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				names[fn.Name.Name] = e.Name()
			}
		}
	}
	return names
}

// TestRecoveryTable: every row of the package comment's table names a test
// that exists, says what happens, and no test of a row is missing from it.
func TestRecoveryTable(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(f.Doc.Text(), "# Recovery\n")
	if !found {
		t.Fatal("there is no table")
	}
	have, named := tests(t), map[string]bool{}
	row := regexp.MustCompile(`^\t(\S.*\S) {2,}(Test\w+)$`)
	lines := strings.Split(strings.TrimRight(table, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "\t") {
			continue
		}
		m := row.FindStringSubmatch(lines[i])
		switch {
		case m == nil:
			t.Errorf("a row without a test: %q", lines[i])
			continue
		case have[m[2]] == "":
			t.Errorf("%q: there is no %s", m[1], m[2])
		case named[m[2]]:
			t.Errorf("%s stands for two rows", m[2])
		}
		named[m[2]] = true
		if i++; i >= len(lines) || len(strings.TrimSpace(lines[i])) < len("blocked") || !strings.HasPrefix(lines[i], "\t    ") {
			t.Errorf("%q: what happens?", m[1])
		}
	}
	if len(named) < 30 {
		t.Errorf("%d rows", len(named))
	}
	for name, file := range have {
		if file == "recovery_test.go" && !named[name] {
			t.Errorf("%s is no row of the table", name)
		}
	}
}
