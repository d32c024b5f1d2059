package scaffold_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/tck/cases"
	"github.com/stateward/stateward/tck/known"
	"github.com/stateward/stateward/tck/requirement"
	"github.com/stateward/stateward/tck/scaffold"
)

// pins are the files by which a language pins what it depends on, and models those
// that serve the model.
var (
	pins = map[string][]string{
		"go": {"go.mod", "go.sum"}, "python": {"requirements.txt"}, "typescript": {"package.json", "package-lock.json"},
		"java": {"pom.xml"}, "rust": {"Cargo.toml"},
	}
	models = map[string][]string{
		"go": {"main.go", "discovery.go", "entities.go"}, "python": {"model.py"}, "typescript": {"src/model.ts", "src/grpc.ts"},
		"java": {"src/Model.java"}, "rust": {"src/model.rs"},
	}
	everywhere = []string{
		".github/workflows/conformance.yml", ".gitignore", "README.md", "buf.gen.yaml", "known-failures.yaml",
		"proto/google/api/http.proto", "proto/stateward/discovery/v1/discovery.proto",
		"proto/stateward/eventsourced/v1/eventsourced.proto", "proto/stateward/tck/eventsourced/v1/eventsourced.proto",
	}
)

// day is when the lists of known failures are read.
var day = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// project returns the files of a project, by path.
func project(t *testing.T, language string) map[string]string {
	t.Helper()
	files, err := scaffold.Project(language)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, file := range files {
		if _, twice := texts[file.Path]; twice {
			t.Errorf("%s is there twice", file.Path)
		}
		texts[file.Path] = string(file.Text)
	}
	return texts
}

// each runs a test on the project of every language.
func each(t *testing.T, test func(t *testing.T, language string, files map[string]string)) {
	t.Helper()
	for _, language := range scaffold.Languages() {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			test(t, language, project(t, language))
		})
	}
}

func TestProjectsAreComplete(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, language string, files map[string]string) {
		t.Helper()
		for _, want := range slices.Concat(everywhere, pins[language], models[language]) {
			if files[want] == "" {
				t.Errorf("%s is not there, or empty", want)
			}
		}
		for _, name := range models[language] {
			if name != "src/grpc.ts" && !strings.Contains(strings.Join(texts(files, models[language]), ""), "not written yet") {
				t.Errorf("%s does not say what is missing", name)
			}
		}
		if lines := strings.Count(files["README.md"], "\n"); lines > 20 {
			t.Errorf("README.md has %d lines; it is read by whoever has just begun", lines)
		}
		for name, text := range files {
			if strings.Contains(strings.ToLower(text), "roundtrip") && !strings.HasPrefix(name, "proto/") {
				t.Errorf("%s speaks of the template's own program", name)
			}
		}
	})
	if _, err := scaffold.Project("cobol"); err == nil || !strings.Contains(err.Error(), "typescript") {
		t.Errorf("cobol: %v", err)
	}
}

func texts(files map[string]string, names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, files[name])
	}
	return all
}

// generation is a buf.gen.yaml, as far as it matters here.
type generation struct {
	Version string
	Plugins []struct {
		Remote string
		Out    string
	}
	Inputs []struct {
		Directory string
		Paths     []string
	}
}

func TestGenerationIsLocalAndFromTheProjectsProtos(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, files map[string]string) {
		t.Helper()
		var read generation
		if err := yaml.Unmarshal([]byte(files["buf.gen.yaml"]), &read); err != nil {
			t.Fatal(err)
		}
		if read.Version != "v2" || len(read.Plugins) == 0 || len(read.Inputs) != 1 {
			t.Fatalf("it reads %+v", read)
		}
		for _, plugin := range read.Plugins {
			if plugin.Remote != "" || plugin.Out != "gen" {
				t.Errorf("a plugin %+v", plugin)
			}
		}
		for _, dir := range append(read.Inputs[0].Paths, read.Inputs[0].Directory) {
			if !slices.ContainsFunc(paths(files), func(p string) bool { return strings.HasPrefix(p, dir+"/") }) {
				t.Errorf("there is nothing in %s", dir)
			}
		}
	})
}

func paths(files map[string]string) []string {
	var all []string
	for name := range files {
		all = append(all, name)
	}
	return all
}

// workflow is a workflow of CI, as far as it matters here.
type workflow struct {
	Jobs map[string]struct {
		Steps []struct {
			Uses, Run string
			With      map[string]string
		}
	}
}

// The workflow gives the kit's action what it takes, and does what the README says.
func TestWorkflowCallsTheAction(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs map[string]struct{ Required bool }
	}
	if err := yaml.Unmarshal(text, &action); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, _ string, files map[string]string) {
		t.Helper()
		var read workflow
		if err := yaml.Unmarshal([]byte(files[".github/workflows/conformance.yml"]), &read); err != nil {
			t.Fatal(err)
		}
		var with map[string]string
		var ran []string
		for _, step := range read.Jobs["function"].Steps {
			ran = append(ran, strings.Split(step.Run, "\n")...)
			if strings.HasPrefix(step.Uses, "stateward/stateward/tck@") {
				with = step.With
			}
		}
		for name, input := range action.Inputs {
			if input.Required && with[name] == "" {
				t.Errorf("the action wants %s", name)
			}
		}
		for name := range with {
			if _, takes := action.Inputs[name]; !takes {
				t.Errorf("the action takes no %s", name)
			}
		}
		for profile := range strings.SplitSeq(with["profiles"], ",") {
			if len(requirement.All().Select(requirement.Query{Profiles: []string{profile}})) == 0 {
				t.Errorf("no requirement is of profile %q", profile)
			}
		}
		if files[with["known"]] == "" {
			t.Errorf("%s is not in the project", with["known"])
		}
		setUp, run, _ := strings.Cut(commands(files), "tck doctor ")
		if subject, command, _ := strings.Cut(with["subject"], ":"); strings.Count(run, subject+":'"+command+"' ") != 2 {
			t.Errorf("it certifies %s, and the README's commands are\n%s", with["subject"], run)
		}
		for line := range strings.Lines(setUp) {
			command, _, _ := strings.Cut(line, "  #")
			if !slices.Contains(ran, strings.TrimSpace(command)) {
				t.Errorf("it does not run %q, as the README does", command)
			}
		}
	})
}

func commands(files map[string]string) string {
	return scaffold.Commands([]scaffold.File{{Path: "README.md", Text: []byte(files["README.md"])}})
}

func TestKnownFailuresAreRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, files map[string]string) {
		t.Helper()
		list, err := known.Parse([]byte(files["known-failures.yaml"]), day)
		if err != nil || len(list) != 0 {
			t.Errorf("it lists %v: %v", list, err)
		}
		// Its example is one, once it stands there as an entry.
		_, example, _ := strings.Cut(files["known-failures.yaml"], "#\n")
		entry := strings.ReplaceAll(strings.Split(example, "known:")[0], "#  ", "  ")
		list, err = known.Parse([]byte("known:\n"+entry), day)
		if err != nil || len(list) != 1 || len(list.Unknown(cases.Function())) != 0 {
			t.Errorf("its example is %v: %v\n%s", list, err, entry)
		}
	})
}

// What Go's project cannot take of the template, which is a module of its own, is like it.
func TestGoIsLikeItsTemplate(t *testing.T) {
	t.Parallel()
	files := project(t, "go")
	template, err := os.ReadFile("../../protocol/templates/go/buf.gen.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(files["buf.gen.yaml"], string(template)) {
		t.Error("buf.gen.yaml is not the template's")
	}
	ours, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	templates, err := os.ReadFile("../../protocol/templates/go/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	required := regexp.MustCompile(`(?m)^(?:require |\t)(\S+ v\S+)`)
	all := required.FindAllStringSubmatch(files["go.mod"], -1)
	for _, one := range all {
		if one[1] != "github.com/stateward/stateward v0.0.0" && !bytes.Contains(ours, []byte(one[1])) && !bytes.Contains(templates, []byte(one[1])) {
			t.Errorf("go.mod requires %s, and neither this module nor the template does", one[1])
		}
	}
	if len(all) < 5 {
		t.Errorf("go.mod requires %q", all)
	}
}

// The project in Go builds as it is written, beside the checkout and without network.
func TestGoBuilds(t *testing.T) {
	t.Parallel()
	beside := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(beside, "stateward")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(beside, "library")
	files, err := scaffold.Project("go")
	if err != nil {
		t.Fatal(err)
	}
	if err := scaffold.Write(dir, files, false); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", "model", ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if _, err := os.Stat(filepath.Join(dir, "model")); err != nil {
		t.Error(err)
	}
}

// A file that differs is named and stays, and so does all else; the same again is no
// difference, and with force it is written over.
func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	files := []scaffold.File{{Path: "a/b.txt", Text: []byte("new")}, {Path: "c.txt", Text: []byte("new")}, {Path: "d.txt", Text: []byte("new")}}
	dir := t.TempDir()
	for name, text := range map[string]string{"c.txt": "mine", "d.txt": "new"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := scaffold.Write(dir, files, false)
	if err == nil || !strings.HasSuffix(err.Error(), " in c.txt") {
		t.Errorf("it says %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); !os.IsNotExist(err) {
		t.Errorf("a/b.txt was written: %v", err)
	}
	for range 2 {
		if err := scaffold.Write(dir, files, true); err != nil {
			t.Error(err)
		}
	}
	if err := scaffold.Write(dir, files, false); err != nil {
		t.Errorf("the same again: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, path.Clean(file.Path)))
		if err != nil || !bytes.Equal(text, file.Text) {
			t.Errorf("%s holds %q: %v", file.Path, text, err)
		}
	}
}
