package main_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The house's plan as a test: who may import whom and what may stand where.
// Test files are exempt from the import rules.

const module = "github.com/kassa-pos/kassa/"

// root is the top of the tree, seen from this package.
const root = "../.."

// folders are all the tree has at its top, beside a few files and dot-files.
var folders = []string{"board", "build", "cmd", "offline", "peripherals", "pos", "scripts"}

// values are the packages of pos that hold values, for everyone to use.
var values = []string{
	"pos/catalog", "pos/charge", "pos/cheque", "pos/doc", "pos/fault", "pos/gs1", "pos/kkt", "pos/money", "pos/ofdwire", "pos/pricing", "pos/qrcode",
	"pos/qty", "pos/record", "pos/shift", "pos/tax",
}

// rule says what the packages below a folder may not import, and why.
type rule struct {
	below  string
	except []string // packages the rule does not bind
	why    string
	bans   func(imported string) bool
}

var rules = []rule{
	{
		below: "pos", why: "pos is pure: standard library and uuid only, so every rule of the till can be tested without a machine",
		bans: func(p string) bool {
			return !standard(p) && p != "github.com/google/uuid" && !strings.HasPrefix(p, module+"pos/")
		},
	},
	{
		below: "pos", why: "pos knows no device, no disk and no network: what it wants done it returns as an effect",
		bans: func(p string) bool {
			return under(p, "net", "os", "io/ioutil", "syscall", "plugin", "unsafe") && p != "net/url"
		},
	},
	{
		below: "peripherals", why: "a driver sees a connection, not the house around it: it works the same on the bench, on a board and in a test",
		bans: func(p string) bool {
			return ours(p) && !under(p, module+"peripherals") && !value(p)
		},
	},
	{
		below: "peripherals", why: "devices speak over link.Conn; HTTP belongs to the clouds and Badger to the journal",
		bans: func(p string) bool { return under(p, "net/http", "github.com/dgraph-io/badger") },
	},
	{
		below: "offline", why: "the journal and the clouds hold documents; they drive no device and know no board and not the till itself",
		bans: func(p string) bool { return ours(p) && !under(p, module+"offline") && !value(p) },
	},
	{
		below: "board", why: "a board knows its own wires; what is connected to them and what is sold is decided in cmd",
		bans: func(p string) bool {
			return ours(p) && !under(p, module+"board", module+"peripherals") && !value(p)
		},
	},
	{
		below: "", except: []string{"board"}, why: "only board opens the machine's own hardware, so everything else runs on a desk",
		bans: func(p string) bool { return under(p, "periph.io/x/host", "go.bug.st/serial") },
	},
	{
		below: "", except: []string{"offline/journal", "offline/catalogdb"},
		why:  "Badger's traps are known and guarded in these two packages; a third user would have to learn them again",
		bans: func(p string) bool { return under(p, "github.com/dgraph-io/badger") },
	},
	{
		below: "", except: []string{"cmd"}, why: "cmd is wiring: what another package needs of it belongs in a package of its own",
		bans: func(p string) bool { return under(p, module+"cmd") },
	},
}

func standard(p string) bool { return !strings.Contains(strings.SplitN(p, "/", 2)[0], ".") }
func ours(p string) bool     { return strings.HasPrefix(p, module) }
func value(p string) bool    { return slices.Contains(values, strings.TrimPrefix(p, module)) }

// under tells whether p is one of the paths or below one.
func under(p string, tops ...string) bool {
	return slices.ContainsFunc(tops, func(top string) bool { return p == top || strings.HasPrefix(p, top+"/") })
}

// source is one Go file of the product's module.
type source struct {
	path string // from the tree's top
	dir  string
	test bool
	text []byte
	file *ast.File
}

var files = token.NewFileSet()

// tree parses every Go file of the tree once. The modules below scripts are
// read as well: they keep the habits, though not the import rules.
var tree = sync.OnceValues(func() ([]source, error) {
	var all []source
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules"):
				return filepath.SkipDir
			case entry.IsDir() || path.Ext(name) != ".go":
				return nil
			}
			s, err := parse(name)
			all = append(all, s)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
})

func parse(name string) (source, error) {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return source{}, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return source{}, err
	}
	rel = filepath.ToSlash(rel)
	file, err := parser.ParseFile(files, rel, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: rel, dir: path.Dir(rel), test: strings.HasSuffix(rel, "_test.go"), text: text, file: file}, err
}

func sources(t *testing.T) []source {
	t.Helper()
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("only %d Go files found: looking in the wrong place", len(all))
	}
	return all
}

func TestLayoutImports(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || under(s.dir, "scripts") {
			continue
		}
		for _, spec := range s.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, why := range broken(s.dir, imported) {
				t.Errorf("%s imports %s: %s", files.Position(spec.Pos()), imported, why)
			}
		}
	}
}

// broken returns the reasons why a package may not import another.
func broken(dir, imported string) []string {
	var why []string
	for _, r := range rules {
		if (r.below == "" || under(dir, r.below)) && !under(dir, r.except...) && r.bans(imported) {
			why = append(why, r.why)
		}
	}
	return why
}

// TestLayoutRulesBite proves that each rule refuses what it is there for.
func TestLayoutRulesBite(t *testing.T) {
	for _, c := range []struct {
		dir, imported string
		allowed       bool
	}{
		{"pos/till", "github.com/google/uuid", true},
		{"pos/till", module + "pos/money", true},
		{"pos/till", "github.com/google/go-cmp/cmp", false},
		{"pos/till", "os", false},
		{"pos/till", "net/http", false},
		{"pos/till", module + "offline/journal", false},
		{"peripherals/scanner", module + "peripherals/link", true},
		{"peripherals/scanner", module + "pos/gs1", true},
		{"peripherals/scanner", module + "pos/till", false},
		{"peripherals/scanner", module + "board/serialport", false},
		{"peripherals/scanner", "net/http", false},
		{"peripherals/drawer", "periph.io/x/conn/v3/gpio", true},
		{"peripherals/drawer", "periph.io/x/host/v3", false},
		{"offline/journal", "github.com/dgraph-io/badger/v4", true},
		{"offline/outbox", "github.com/dgraph-io/badger/v4", false},
		{"offline/syncer", module + "pos/till", false},
		{"offline/syncer", module + "peripherals/fiscal", false},
		{"board/serialport", "go.bug.st/serial", true},
		{"board/serialport", module + "offline/journal", false},
		{"cmd/kassa", "go.bug.st/serial", false},
		{"cmd/kassa", module + "offline/journal", true},
		{"board", module + "cmd/kassa/internal/config", false},
	} {
		if why := broken(c.dir, c.imported); (len(why) == 0) != c.allowed {
			t.Errorf("%s imports %s: allowed should be %v, got %q", c.dir, c.imported, c.allowed, why)
		}
	}
}

// A driver never opens a device file: it is handed a connection. Emulators
// (packages named ...test) keep their state in files.
func TestLayoutDriversOpenNoFiles(t *testing.T) {
	opening := []string{"Open", "OpenFile", "OpenRoot", "OpenInRoot", "Create", "CreateTemp", "ReadFile", "WriteFile"}
	for _, s := range sources(t) {
		if s.test || !under(s.dir, "peripherals") || strings.HasSuffix(s.dir, "test") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if slices.Contains(opening, n.Sel.Name) && selects(n, "os", n.Sel.Name) {
					t.Errorf("%s opens a file; a driver gets a link.Conn", files.Position(n.Pos()))
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING && strings.HasPrefix(strings.Trim(n.Value, "\"`"), "/dev/") {
					t.Errorf("%s names a device file; wiring stands in the configuration", files.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

// Money and quantities are integers; a float near them is a wrong kopeck.
func TestLayoutNoFloatNearMoney(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !under(s.dir, "pos", "peripherals/fiscal", "offline/moysklad") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "float32" || n.Name == "float64" {
					t.Errorf("%s uses %s", files.Position(n.Pos()), n.Name)
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT {
					t.Errorf("%s has the float %s", files.Position(n.Pos()), n.Value)
				}
			}
			return true
		})
	}
}

// A test that sleeps is slow when it passes and fails on a slow machine.
// Inside synctest.Test nobody sleeps: the clock jumps.
func TestLayoutNoSleepInTests(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			switch {
			case ok && selects(call.Fun, "synctest", "Test"):
				return false
			case ok && selects(call.Fun, "time", "Sleep"):
				t.Errorf("%s sleeps; wait for the thing itself", files.Position(n.Pos()))
			}
			return true
		})
	}
}

// TestLayoutPosIsSequential: the core is arithmetic. It starts no goroutine and
// shares nothing between any, which is why the race detector is not run on it.
func TestLayoutPosIsSequential(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !under(s.dir, "pos") {
			continue
		}
		for _, i := range s.file.Imports {
			if p := strings.Trim(i.Path.Value, `"`); under(p, "sync") || p == "unsafe" {
				t.Errorf("%s imports %s", s.path, p)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine", files.Position(g.Pos()))
			}
			return true
		})
	}
}

// selects tells whether an expression is pkg.name.
func selects(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

func TestLayoutGofmt(t *testing.T) {
	for _, s := range sources(t) {
		formatted, err := format.Source(s.text)
		if err != nil {
			t.Errorf("%s: %v", s.path, err)
			continue
		}
		if !bytes.Equal(formatted, s.text) {
			t.Errorf("%s is not as gofmt writes it", s.path)
		}
	}
}

func TestLayoutPackageComments(t *testing.T) {
	commented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			commented[s.dir] = commented[s.dir] || s.file.Doc != nil
		}
	}
	for dir, ok := range commented {
		if !ok {
			t.Errorf("%s has no package comment: what it is, which hardware or format, who may call it", dir)
		}
	}
}

// The top level is the plan's; a new folder there is a decision, not a habit.
func TestLayoutTopLevel(t *testing.T) {
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		if _, statErr := os.Stat(filepath.Join(root, ".git")); statErr != nil {
			t.Skip("not a git tree: what is tracked can not be told")
		}
		t.Fatalf("git ls-files: %v", err)
	}
	want := append([]string{"Makefile", "README.md", "go.mod", "go.sum"}, folders...)
	var got []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		top, _, _ := strings.Cut(name, "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(got, top) {
			got = append(got, top)
		}
	}
	for _, top := range got {
		if !slices.Contains(want, top) {
			t.Errorf("%s stands at the top level; the plan has only %v and dot-files", top, want)
		}
	}
	for _, top := range want {
		if !slices.Contains(got, top) {
			t.Errorf("%s is missing at the top level", top)
		}
	}
}
