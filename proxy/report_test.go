package proxy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// errorsChapter has the table of statuses and the registry of reports.
const errorsChapter = "../protocol/spec/errors.md"

// logged are the ids that stand in the log alone, and why.
var logged = map[string]string{
	"DIA-DISC-007": "the function is told nothing of it, as the requirement says",
}

// unreported begins the codes of the registry that no test sees reported yet: the HTTP
// front reports them.
const unreported = "HTTP-"

// registry returns the severity of each code that may be reported.
func registry(t *testing.T) map[string]string {
	t.Helper()
	chapter, err := os.ReadFile(errorsChapter)
	if err != nil {
		t.Fatal(err)
	}
	severities := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-Z]{2,}-[A-Z]+-\d{3}) \| (\w+) \|`).FindAllStringSubmatch(string(chapter), -1) {
		severities[row[1]] = row[2]
	}
	if len(severities) < 100 {
		t.Fatalf("found %d codes: the walk is wrong", len(severities))
	}
	return severities
}

// said is what one expression says: the ids in it, and the severities.
type said struct{ ids, severities []string }

// sayings returns what the node says.
func sayings(node ast.Node) (s said) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && text != "" && requirementID.FindString(text) == text {
				s.ids = append(s.ids, text)
			}
		case *ast.SelectorExpr:
			if severity, is := strings.CutPrefix(n.Sel.Name, "Severity_SEVERITY_"); is {
				s.severities = append(s.severities, strings.ToLower(severity))
			}
		}
		return true
	})
	return s
}

// sources calls look with each Go file below this directory.
func sources(t *testing.T, look func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			look(path, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// transcripts returns every transcript, by its path.
func transcripts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"internal/entity/*/testdata/*.txt", "internal/multiplex/testdata/*.txt"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: no transcript: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[path] = string(text)
		}
	}
	return texts
}

// TestReportsStandInRegistry covers CORE-ERR-002: whatever the proxy may report stands
// in the registry, with its severity.
func TestReportsStandInRegistry(t *testing.T) {
	t.Parallel()
	severities := registry(t)
	judge := func(path, code, severity string) {
		if want := severities[code]; want != severity {
			t.Errorf("%s reports %s with the severity %q, and the registry has %q", path, code, severity, want)
		}
	}
	sources(t, func(path string, file *ast.File) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, id := range sayings(file).ids {
			if severities[id] == "" && logged[id] == "" {
				t.Errorf("%s names %s, which is in no row of the registry", path, id)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.CallExpr, *ast.CompositeLit:
				if s := sayings(n); len(s.ids) == 1 && len(s.severities) == 1 {
					judge(path, s.ids[0], s.severities[0])
				}
			}
			return true
		})
	})
	for path, text := range transcripts(t) {
		for _, report := range regexp.MustCompile(`(?m)^report (\S+) (\w+)`).FindAllStringSubmatch(text, -1) {
			judge(path, report[1], report[2])
		}
	}
}

// TestEachReportIsShown covers CORE-ERR-003: for each code of the registry there is a
// test that expects the report, as a value or in a transcript.
func TestEachReportIsShown(t *testing.T) {
	t.Parallel()
	var expected strings.Builder
	sources(t, func(path string, file *ast.File) {
		if strings.HasSuffix(path, "_test.go") && path != "report_test.go" {
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, is := n.(*ast.BasicLit); is {
					expected.WriteString(literal.Value)
				}
				return true
			})
		}
	})
	for _, text := range transcripts(t) {
		expected.WriteString(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(text, ""))
	}
	shown := requirementID.FindAllString(expected.String(), -1)
	for code := range registry(t) {
		if !slices.Contains(shown, code) && !strings.HasPrefix(code, unreported) {
			t.Errorf("no test expects a report of %s", code)
		}
	}
}

// TestStatuses covers CORE-ERR-001: every kind of error has a code of the table of
// statuses, and no status is made without a message.
func TestStatuses(t *testing.T) {
	t.Parallel()
	chapter, err := os.ReadFile(errorsChapter)
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(chapter), "CORE-ERR-001")
	for kind := fault.Internal; kind <= fault.Denied; kind++ {
		name := map[codes.Code]string{codes.Canceled: "CANCELLED"}[kind.Code()]
		if name == "" {
			name = strings.ToUpper(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(kind.Code().String(), "${1}_$2"))
		}
		if !regexp.MustCompile(`(?m)^\| ([A-Z_]+, )?` + name + ` \|`).MatchString(table) {
			t.Errorf("kind %d has the code %s, which is in no row", kind, name)
		}
	}
	sources(t, func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if isWordless(n) && !strings.HasSuffix(path, "_test.go") {
				t.Errorf("%s makes a status without a message", path)
			}
			return true
		})
	})
}

// isWordless reports whether the node makes an error for a caller without a text.
func isWordless(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		switch nameOf(n.Fun) {
		case "fault.New", "fault.Nothing", "fault.Told", "status.New", "status.Error", "status.Errorf":
			literal, is := n.Args[min(1, len(n.Args)-1)].(*ast.BasicLit)
			return is && literal.Value == `""`
		}
	case *ast.CompositeLit:
		return nameOf(n.Type) == "fault.Error" && !slices.ContainsFunc(n.Elts, func(e ast.Expr) bool {
			pair, is := e.(*ast.KeyValueExpr)
			return is && pair.Key.(*ast.Ident).Name == "Text"
		})
	}
	return false
}

// nameOf returns what the expression names in another package; empty for any other.
func nameOf(e ast.Expr) string {
	selector, is := e.(*ast.SelectorExpr)
	if !is {
		return ""
	}
	room, is := selector.X.(*ast.Ident)
	if !is {
		return ""
	}
	return room.Name + "." + selector.Sel.Name
}
