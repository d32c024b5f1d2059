package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

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

func TestHelp(t *testing.T) {
	out, err := command(t, "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"stateward-proxy --function unix:/run/cart.sock", "/readyz", "STATEWARD_IDLE_TIMEOUT",
		`--function string`, `(default "127.0.0.1:8080")`, `--dialect string`, `--unversioned`, `--base64-metadata`, `--listen string`, `(default "127.0.0.1:9000")`,
		`--admin string`, `(default "127.0.0.1:9001")`, `--store string`, `--data string`, `(default "./stateward-data")`,
		`--idle-timeout duration`, `--command-timeout duration`, `--drain-timeout duration`, `--mailbox int`,
		`--max-active int`, `--snapshot-after int`, `(default 1000)`,
		`--max-message size`, `(default 4MiB)`, `--dev`, `--log-level string`, `--log-format string`,
	} {
		if !strings.Contains(out, text) {
			t.Errorf("the help lacks %q", text)
		}
	}
}

func TestVersion(t *testing.T) {
	out, err := command(t, "--version")
	if err != nil || !strings.HasPrefix(out, "stateward-proxy version ") || strings.Contains(out, "(") {
		t.Errorf("%q, %v", out, err)
	}
}

// TestRefusals shows what is said of each wrong word; nothing has started then.
func TestRefusals(t *testing.T) {
	for want, args := range map[string][]string{
		"unknown flag: --nothing":                 {"--nothing"},
		`unknown command "serve"`:                 {"serve"},
		"neither HOST:PORT nor unix:PATH":         {"--function", "8080"},
		`--dialect: the dialect "v2" is none of`:  {"--dialect", "v2"},
		`--listen: "9000" is not HOST:PORT`:       {"--listen", "9000"},
		`--admin: "9001" is not HOST:PORT`:        {"--admin", "9001"},
		`--store: "disk" is none of`:              {"--store", "disk"},
		"--data: the store pebble needs":          {"--data", ""},
		"--idle-timeout: 0s is not":               {"--idle-timeout", "0"},
		"--command-timeout: -1s is not":           {"--command-timeout", "-1s"},
		"--drain-timeout: 0s is not":              {"--drain-timeout", "0s"},
		"--mailbox: 0 is not":                     {"--mailbox", "0"},
		"--max-active: -1 is below 0":             {"--max-active", "-1"},
		"--snapshot-after: -1 is below 0":         {"--snapshot-after", "-1"},
		"--max-message: 1024 bytes are too few":   {"--max-message", "1KiB"},
		`"1PB" is no size`:                        {"--max-message", "1PB"},
		`the log level "loud" is none of`:         {"--log-level", "loud"},
		`the log format "xml" is none of`:         {"--log-format", "xml"},
		"--mailbox: 0 is not greater than 0\n--m": {"--mailbox", "0", "--max-message", "1"},
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
	if _, err := command(t); err == nil || !strings.Contains(err.Error(), "--mailbox: -7") {
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

func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]size{
		"0": 0, "1": 1, "4194304": 4 << 20, "4MiB": 4 << 20, "128KiB": 128 << 10, "1GiB": 1 << 30,
	} {
		var got size
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
		var again size
		if err := again.Set(got.String()); err != nil || again != got {
			t.Errorf("%d is written as %q, which is %d, %v", got, got.String(), again, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "4 MiB", "2GiB", "9999999999KiB", "4mb"} {
		var got size
		if err := got.Set(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}
