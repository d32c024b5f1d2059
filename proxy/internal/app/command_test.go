package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write what the tests compare with: texts of the command, and the page of its settings")

// logReader is a stream of log lines that a test can wait for.
type logReader struct {
	*io.PipeWriter

	lines chan map[string]any
}

// newLogReader returns a reader of JSON lines; close it when the writer is done.
func newLogReader() *logReader {
	from, to := io.Pipe()
	r := &logReader{PipeWriter: to, lines: make(chan map[string]any, 1024)}
	go func() { // ends with the pipe
		scanner := bufio.NewScanner(from)
		for scanner.Scan() {
			var line map[string]any
			if json.Unmarshal(scanner.Bytes(), &line) == nil {
				r.lines <- line
			}
		}
	}()
	return r
}

// await waits for a line with the message, whose attribute has the value.
func (r *logReader) await(tb testing.TB, message, attribute, value string) map[string]any {
	tb.Helper()
	for {
		line := take(tb, r.lines)
		if line["msg"] == message && (attribute == "" || line[attribute] == value) {
			return line
		}
	}
}

// command runs the command and returns what it wrote.
func command(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out, log bytes.Buffer
	err = run(t.Context(), nil, args, strings.NewReader(""), &out, &log)
	return out.String(), err
}

// TestHelp holds the whole help, so that a change of it is seen and read.
func TestHelp(t *testing.T) {
	out, err := command(t, "--help")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "help.txt"), out)
}

// golden compares a text with the file, or writes the file.
func golden(t *testing.T, path, text string) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s is out of date; -rewrite writes it:\n%s", path, diff)
	}
}

func TestVersion(t *testing.T) {
	out, err := command(t, "--version")
	if form := regexp.MustCompile(`^stateward-proxy \S+ \(([0-9a-f]+, )?go1\.\S+\)\n$`); err != nil || !form.MatchString(out) {
		t.Errorf("%q, %v", out, err)
	}
}

// TestRefusals shows what is said of each wrong word; nothing has started then.
func TestRefusals(t *testing.T) {
	for want, args := range map[string][]string{
		"unknown flag: --nothing": {"--nothing"},
		"--stor; did you mean --store?\nunknown flag: --mailbx; did you mean --mailbox?": {"--stor", "x", "--mailbx=3"},
		`unknown command "serve"`:                                        {"serve"},
		`"confg" for "stateward-proxy"; did you mean config?`:            {"confg"},
		`stateward-proxy config takes no arguments, and was given "all"`: {"config", "all"},
		`--output: "xml" is none of text, yaml`:                          {"config", "--output", "xml"},
		"neither HOST:PORT nor unix:PATH":                                {"--function", "8080"},
		`--dialect: "v2" is none of`:                                     {"--dialect", "v2"},
		`--listen: "9000" is not HOST:PORT`:                              {"--listen", "9000"},
		`--admin: "9001" is not HOST:PORT`:                               {"--admin", "9001"},
		`--store: "disk" is none of`:                                     {"--store", "disk"},
		"--data: the store pebble needs":                                 {"--data", ""},
		"--idle-timeout: 0s is not":                                      {"--idle-timeout", "0"},
		"--command-timeout: -1s is not":                                  {"--command-timeout", "-1s"},
		"--drain-timeout: 0s is not":                                     {"--drain-timeout", "0s"},
		"--mailbox: 0 is not":                                            {"--mailbox", "0"},
		"--max-active: -1 is below 0":                                    {"--max-active", "-1"},
		"--snapshot-after: -1 is below 0":                                {"--snapshot-after", "-1"},
		"--max-message: 1024 bytes are too few":                          {"--max-message", "1KiB"},
		`"1PB" is no size`:                                               {"--max-message", "1PB"},
		`--log-level: "loud" is none of`:                                 {"--log-level", "loud"},
		`--log-format: "xml" is none of`:                                 {"--log-format", "xml"},
		"--mailbox: 0 is not greater than 0\n--m":                        {"--mailbox", "0", "--max-message", "1"},
	} {
		if _, err := command(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", args, err, want)
		}
	}
}

// TestEnvironment shows that a variable stands for a flag, and that a flag
// stands before it.
func TestEnvironment(t *testing.T) {
	t.Setenv("STATEWARD_MAILBOX", "-7")
	if _, err := command(t); err == nil || !strings.Contains(err.Error(), "STATEWARD_MAILBOX: -7") {
		t.Errorf("from the environment: %v", err)
	}
	if _, err := command(t, "--mailbox", "-8"); err == nil || !strings.Contains(err.Error(), "--mailbox: -8") {
		t.Errorf("with the flag as well: %v", err)
	}
	t.Setenv("STATEWARD_MAILBOX", "many")
	if _, err := command(t); err == nil || !strings.Contains(err.Error(), "STATEWARD_MAILBOX: ") {
		t.Errorf("a variable that is no number: %v", err)
	}
}
