// Package stateward_test holds the house rules that a machine can check. The
// reasons are in docs/architecture.md.
package stateward_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/stateward/stateward/"

// floors gives each room of the proxy its floor. A room imports rooms of lower
// floors only, so that nothing ever needs its own user.
var floors = map[string]int{
	"proxy/internal/crdt":                             0,
	"proxy/internal/build":                            0,
	"proxy/internal/fault":                            0,
	"proxy/internal/wire":                             0,
	"proxy/internal/entity":                           0,
	"proxy/internal/shard":                            0,
	"proxy/internal/multiplex":                        0,
	"proxy/internal/access":                           0,
	"proxy/internal/certificate":                      0,
	"proxy/internal/certificate/certificatetest":      1,
	"proxy/internal/route":                            0,
	"proxy/internal/descriptor":                       1,
	"proxy/internal/operator":                         1,
	"proxy/internal/descriptor/descriptortest":        1,
	"proxy/internal/store":                            1,
	"proxy/internal/store/pebble/internal/disk":       1,
	"proxy/internal/header":                           1,
	"proxy/internal/identity":                         2,
	"proxy/internal/identity/identitytest":            1,
	"proxy/internal/guard":                            3,
	"proxy/internal/entity/answer":                    1,
	"proxy/internal/port":                             1,
	"proxy/internal/telemetry":                        2,
	"proxy/internal/collector":                        1,
	"proxy/internal/collector/collectortest":          2,
	"proxy/internal/trace":                            2,
	"proxy/internal/setting":                          1,
	"proxy/internal/store/lease":                      2,
	"proxy/internal/archive":                          2,
	"proxy/internal/store/postgres/pgtest":            2,
	"proxy/internal/store/storetest":                  2,
	"proxy/internal/store/faultstore":                 2,
	"proxy/internal/function":                         2,
	"proxy/internal/entity/turn":                      2,
	"proxy/internal/entity/entitytest":                2,
	"proxy/internal/cluster":                          2,
	"proxy/internal/entity/action":                    2,
	"proxy/internal/replica":                          2,
	"proxy/internal/transcode":                        2,
	"proxy/internal/inspect":                          2,
	"proxy/internal/store/postgres":                   3,
	"proxy/internal/entity/eventsourced":              3,
	"proxy/internal/entity/turn/turntest":             3,
	"proxy/internal/store/memory":                     3,
	"proxy/internal/store/pebble":                     3,
	"proxy/internal/function/functiontest":            3,
	"proxy/internal/runtime":                          3,
	"proxy/internal/entity/value":                     3,
	"proxy/internal/cluster/single":                   3,
	"proxy/internal/calls":                            3,
	"proxy/internal/durable":                          3,
	"proxy/internal/function/functiontest/cloudstate": 3,
	"proxy/internal/entity/replicated":                3,
	"proxy/internal/admin":                            4,
	"proxy/internal/runtime/runtimetest":              4,
	"proxy/internal/router":                           4,
	"proxy/internal/storetool":                        4,
	"proxy/internal/calls/callstest":                  4,
	"proxy/internal/bench/lean":                       4,
	"proxy/internal/frontend/way":                     2,
	"proxy/internal/frontend/web":                     3,
	"proxy/internal/frontend/cors":                    1,
	"proxy/internal/frontend/rest":                    4,
	"proxy/internal/frontend":                         5,
	"proxy/internal/console":                          5,
	"proxy/internal/app":                              6,
	"proxy/internal/simulation":                       6,
	"proxy/internal/bench":                            7,
	"proxy":                                           7,
	"proxy/cmd/stateward-bench":                       8,
	"proxy/cmd/stateward-proxy":                       8,
}

// bans lists what a room never imports, and why. The first prefix that matches
// an import decides; an allowed prefix stands before the ban that it narrows.
var bans = []struct {
	room    string
	allow   []string
	ban     []string
	because string
}{
	{
		room:    "tck",
		ban:     []string{"proxy", "reference-impl"},
		because: "the kit is a black box: it judges both sides and shares no code with either",
	},
	{
		room:    "reference-impl/go",
		allow:   []string{"tck/gen"},
		ban:     []string{"proxy", "tck"},
		because: "a user function knows the contract alone",
	},
	{
		room:    "protocol",
		ban:     []string{"proxy", "tck", "reference-impl"},
		because: "the contract depends on nobody who implements it",
	},
	{
		room:    "proxy",
		ban:     []string{"tck", "reference-impl"},
		because: "the proxy knows the contract alone",
	},
}

// source is one Go file that is not generated.
type source struct {
	path string // slash-separated, from the root
	dir  string
	test bool
	file *ast.File
	fset *token.FileSet
}

func TestImportsGoDown(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		floor, known := floors[s.dir]
		if strings.HasPrefix(s.dir, "proxy") && !known {
			t.Errorf("%s: room %s has no floor; give it one in architecture_test.go", s.path, s.dir)
		}
		if s.test || !known {
			continue
		}
		for _, imported := range imports(s) {
			if below, ok := floors[imported]; ok && below >= floor {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports go down only", s.path, floor, imported, below)
			}
		}
	}
}

func TestBannedImports(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, rule := range bans {
			if !within(s.dir, rule.room) {
				continue
			}
			for _, imported := range imports(s) {
				banned := slices.ContainsFunc(rule.ban, func(p string) bool { return within(imported, p) })
				allowed := slices.ContainsFunc(rule.allow, func(p string) bool { return within(imported, p) })
				if banned && !allowed {
					t.Errorf("%s imports %s: %s", s.path, imported, rule.because)
				}
			}
		}
	}
}

func TestOnlyAppChoosesTheStore(t *testing.T) {
	t.Parallel()
	backends := []string{"proxy/internal/store/memory", "proxy/internal/store/pebble", "proxy/internal/store/postgres"}
	for _, s := range sources(t) {
		if s.test || s.dir == "proxy/internal/app" {
			continue
		}
		for _, imported := range imports(s) {
			if slices.Contains(backends, imported) {
				t.Errorf("%s imports %s: only proxy/internal/app wires a backend", s.path, imported)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		doc := s.file.Doc.Text()
		ok := strings.HasPrefix(doc, "Package "+s.file.Name.Name+" ") || s.file.Name.Name == "main" && strings.HasPrefix(doc, "Command ")
		said[s.dir] = said[s.dir] || ok
		if base := filepath.Base(s.dir); slices.Contains([]string{"util", "utils", "common", "helpers", "types", "base"}, base) {
			t.Errorf("%s: a room is named after its noun, not %q", s.path, base)
		}
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s: no file begins with \"// Package …\" and its one sentence", dir)
		}
	}
}

func TestMainsOnlyCall(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test || s.file.Name.Name != "main" || !strings.Contains(s.dir, "/cmd/") {
			continue
		}
		if lines := s.fset.Position(s.file.FileEnd).Line; lines > 30 {
			t.Errorf("%s has %d lines: a main calls app.Run, which tests can call too", s.path, lines)
		}
	}
}

// TestNoHiddenWork keeps out what runs unseen (init) and what waits blindly
// (Sleep). In a synctest bubble a sleep is no guess: it moves the bubble's clock.
func TestNoHiddenWork(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		bubble := slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: init runs unseen; wire by hand", s.fset.Position(n.Pos()))
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && n.Sel.Name == "Sleep" && !bubble {
					t.Errorf("%s: a sleep is a guess; wait for the thing itself", s.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

// foreign are the folders whose code is generated, installed or otherwise not ours.
var foreign = []string{"gen", "tools", "testdata", "node_modules", "target"}

// sources parses every Go file of the repository that is written by hand.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains(foreign, d.Name())) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || filepath.Dir(path) == "." {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		all = append(all, source{
			path: path,
			dir:  filepath.ToSlash(filepath.Dir(path)),
			test: strings.HasSuffix(path, "_test.go"),
			file: file,
			fset: fset,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("found no Go file: the walk is wrong")
	}
	return all
}

// imports returns what s imports of this module, without the module's path.
func imports(s source) []string {
	var own []string
	for _, spec := range s.file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if rest, ok := strings.CutPrefix(path, module); ok {
			own = append(own, rest)
		}
	}
	return own
}

func within(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
