// Package docs_test holds the documents to what they show.
package docs_test

import (
	"errors"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// block is a fenced block of a document: what a shell runs, what it has to say, or what
// a file holds.
type block struct {
	line     int    // of its text
	language string // "sh", "text", or that of a file
	file     string // empty where it is no file
	text     string
}

// blocks returns the fenced blocks of a document, in order.
func blocks(t *testing.T, document string) []block {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	var open *block
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		fence, fenced := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fenced && open == nil:
			language, file, _ := strings.Cut(fence, " ")
			open = &block{line: number + 1, language: language, file: file}
		case fenced:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: a block that is never closed", document, open.line)
	}
	return all
}

// shell runs one block after the other as one terminal would: where a block has gone,
// and what it has exported, the next one finds.
type shell struct {
	dir   string // where the reader began
	state string // a folder for what is carried over
	env   []string
	// say rewrites the commands; nil leaves them as they are.
	say *strings.Replacer
}

func newShell(t *testing.T, env ...string) shell {
	t.Helper()
	s := shell{dir: t.TempDir(), state: t.TempDir(), env: env}
	s.keep(t, "where", s.dir)
	s.keep(t, "exported", "")
	return s
}

func (s shell) keep(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.state, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// where is the folder that the reader is in.
func (s shell) where(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.state, "where"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// run runs the commands of a block, one a line, and returns what they wrote. Where one
// failed, a line after it says with which exit status.
func (s shell) run(t *testing.T, commands string) string {
	t.Helper()
	var said strings.Builder
	if s.say != nil {
		commands = s.say.Replace(commands)
	}
	for command := range strings.Lines(commands) {
		said.WriteString(s.runOne(t, command))
	}
	return said.String()
}

func (s shell) runOne(t *testing.T, script string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c",
		`. "$STATE/exported"; trap 'pwd > "$STATE/where"; export -p > "$STATE/exported"' EXIT`+"\n"+script)
	command.Dir = s.where(t)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	t.Cleanup(func() { // What it has left behind it ends with the test.
		if command.Process != nil {
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // most have left nothing
		}
	})
	command.Env = append(append(os.Environ(), s.env...), "STATE="+s.state)
	said, err := command.CombinedOutput()
	if err == nil {
		return string(said)
	}
	failed, ended := errors.AsType[*exec.ExitError](err)
	if !ended {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\nexit status %d\n", said, failed.ExitCode())
}

// write writes a file into the folder that the reader is in. Go's has to be formatted.
func (s shell) write(t *testing.T, b block) {
	t.Helper()
	if b.language == "go" {
		formatted, err := format.Source([]byte(b.text))
		if err != nil || string(formatted) != b.text {
			t.Errorf("line %d: %s is not as gofmt has it: %v", b.line, b.file, err)
		}
	}
	if err := os.WriteFile(filepath.Join(s.where(t), b.file), []byte(b.text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lacks returns the first line of what is shown that the output does not have, after
// the lines before it; none when it has all of them. "…" stands for anything.
func lacks(output, shown string) string {
	rest := strings.Split(output, "\n")
	for line := range strings.Lines(shown) {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(line)), "…", ".*")
		matches := regexp.MustCompile("^" + pattern + "$")
		found := -1
		for i, said := range rest {
			if matches.MatchString(strings.TrimSpace(said)) {
				found = i
				break
			}
		}
		if found < 0 {
			return strings.TrimSpace(line)
		}
		rest = rest[found+1:]
	}
	return ""
}

// walk does what a document says and looks for the lines that it shows; it returns how
// many blocks of commands there were. As many commands of a block fail as it shows an
// exit status for.
func walk(t *testing.T, s shell, document string) (commands int) {
	t.Helper()
	all := blocks(t, document)
	for i, b := range all {
		switch {
		case b.file != "":
			s.write(t, b)
		case b.language == "sh":
			commands++
			said := s.run(t, b.text)
			shown := ""
			if i+1 < len(all) && all[i+1].language == "text" {
				shown = all[i+1].text
			}
			if line := lacks(said, shown); line != "" {
				t.Fatalf("line %d:\n%slacks the line\n  %s\nin\n%s", b.line, b.text, line, said)
			}
			if strings.Count(said, "\nexit status ") != strings.Count(shown, "exit status ") {
				t.Fatalf("line %d:\n%sfailed:\n%s", b.line, b.text, said)
			}
		case b.language != "text" || i == 0 || all[i-1].language != "sh":
			t.Errorf("line %d: a block of %q that is no file, no command, and no output of one", b.line, b.language)
		}
	}
	return commands
}

// TestTutorial does what the tutorial says, beside a checkout.
func TestTutorial(t *testing.T) {
	t.Parallel()
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	s := newShell(t, "GOPROXY=off", "GOFLAGS=", "GOWORK=off", "GITHUB_ACTIONS=")
	if err := os.Symlink(checkout, filepath.Join(s.dir, "stateward")); err != nil {
		t.Fatal(err)
	}
	if commands := walk(t, s, "tutorial.md"); commands < 10 {
		t.Errorf("the tutorial has %d commands: the walk is wrong", commands)
	}
}

// The walk finds a line that is not there, and lines that are there in another order.
func TestOutputLacksWhatItLacks(t *testing.T) {
	t.Parallel()
	const output = "one 1\n  two (2)\nthree\nexit status 1\n"
	for shown, want := range map[string]string{
		"":                           "",
		"one …\ntwo (2)\n":           "",
		"three\nexit status 1\n":     "",
		"two\n":                      "two",
		"three\none 1\n":             "one 1",
		"three\nexit status 2\n":     "exit status 2",
		"one 1\none 1\n":             "one 1",
		"… 1\ntwo … \nthree\nfour\n": "four",
	} {
		if got := lacks(output, shown); got != want {
			t.Errorf("%q lacks %q, want %q", shown, got, want)
		}
	}
}
