package stateward_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A language is one to build where its toolchain is as new as its manifest asks.
func TestLanguagesThatCanBeBuilt(t *testing.T) {
	t.Parallel()
	tools := oldestToolchains(t)
	list, told, err := listLanguages(t, tools)
	if want := strings.Join(languages(t), "\n") + "\n"; err != nil || list != want || told != "" {
		t.Errorf("it lists %q and tells %q (%v), where there is what builds %q", list, told, err, want)
	}
}

// One that lacks something is left out and named, with what it lacks; CI does without none.
func TestLanguagesThatCannotBeBuilt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command, does string // nothing where it is not there
		language      string
		lacks         string
	}{
		"no npm":           {"npm", "", "typescript", "npm"},
		"no Java":          {"javac", "", "java", "javac"},
		"an old Go":        {"go", "echo go1.9.7", "go", "go " + goVersion(t) + " or newer (here is 1.9.7)"},
		"an old Python":    {"python3", "echo Python 3.9.18", "python", "python3 3.11 or newer (here is 3.9.18)"},
		"an old Node":      {"node", "echo v18.20.4", "typescript", "node 20 or newer (here is 18.20.4)"},
		"an old Java":      {"javac", "echo javac 1.8.0_292 >&2", "java", "javac 17 or newer (here is 1.8.0)"},
		"a broken Node":    {"node", "return 127", "typescript", "node 20 or newer (here is none that runs)"},
		"no venv":          {"python3", "[ $1 = --version ] && echo Python 3.11.2", "python", "ensurepip of python3 (on Debian: apt-get install python3-venv)"},
		"a shim of Python": {"python3", "echo pyenv: not installed >&2; return 127", "python", "python3 3.11 or newer (here is none that runs)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tools := oldestToolchains(t)
			tools[test.command] = test.does
			list, told, err := listLanguages(t, tools)
			if err != nil || list == "" || strings.Contains("\n"+list, "\n"+test.language+"\n") {
				t.Errorf("it lists %q (%v), with %s", list, err, name)
			}
			want := test.language + ": SKIPPED, for want of: " + test.lacks + "\n"
			if !strings.HasSuffix(told, want) {
				t.Errorf("it tells %q, and not %q", told, want)
			}
			if _, told, err := listLanguages(t, tools, "CI=true"); err == nil || !strings.HasSuffix(told, want) {
				t.Errorf("CI goes on with %s: it tells %q (%v)", name, told, err)
			}
		})
	}
}

// oldestToolchains are the commands that the languages are built with, and what each
// does: it says the oldest version that is allowed.
func oldestToolchains(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"go":      "echo go" + goVersion(t),
		"python3": "echo Python 3.11.0",
		"node":    "echo v20.0.0",
		"npm":     "echo 9.2.0",
		"javac":   "echo javac 17",
		"jlink":   "echo 17",
		"mvn":     "echo Apache Maven 3.8.7",
	}
}

// goVersion is the version that go.mod asks for.
func goVersion(t *testing.T) string {
	t.Helper()
	line := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "go.mod"))
	if line == nil {
		t.Fatal("go.mod names no version of Go")
	}
	return line[1]
}

// listLanguages returns what reference-impl/languages lists, and what it tells besides, on
// a machine that has these commands alone. They are functions of bash, as a script that
// has just been written may be busy: another test's process can have it open still.
func listLanguages(t *testing.T, commands map[string]string, env ...string) (list, told string, err error) {
	t.Helper()
	for _, file := range []string{"languages", "python/pyproject.toml", "typescript/package.json", "java/pom.xml"} {
		read(t, "reference-impl", file) // as go test does not see bash do
	}
	bin := t.TempDir()
	for _, tool := range []string{"dirname", "sed", "sort"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	env = append(env, "PATH="+bin)
	for name, does := range commands {
		if does != "" {
			env = append(env, "BASH_FUNC_"+name+"%%=() { "+does+"; }")
		}
	}
	var out, errs strings.Builder
	command := exec.CommandContext(t.Context(), "bash", "reference-impl/languages")
	command.Env, command.Stdout, command.Stderr = env, &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}
