package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/setting"
)

// TestSettingsPage holds the tables of the page for operators against the settings
// that there are.
func TestSettingsPage(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/operations/configuration.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "-rewrite`. -->\n"
	prose, _, ok := strings.Cut(string(page), mark)
	if !ok {
		t.Fatalf("%s lacks the line that ends with %q", path, mark)
	}
	golden(t, path, prose+mark+tables(newProgram(nil, nil).settings))
}

// tables writes a table for each heading.
func tables(set *setting.Set) string {
	var text strings.Builder
	group := ""
	for _, s := range set.All() {
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(&text, "\n### %s\n\n| key | kind | default | what it is |\n|---|---|---|---|\n", group)
		}
		kind, first := s.Kind, ""
		if s.Words != nil {
			kind = "`" + strings.Join(s.Words, "`, `") + "`"
		}
		if s.Default() != "" {
			first = "`" + s.Default() + "`"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", s.Name, kind, first, strings.ReplaceAll(s.Help, "|", `\|`))
	}
	return text.String()
}

// TestEverySettingReachesTheConfig gives each setting in a file and wants another
// config than the standard one: none is declared for nothing.
func TestEverySettingReachesTheConfig(t *testing.T) {
	for _, s := range newProgram(nil, nil).settings.All() {
		if s.Name == "config" {
			continue
		}
		p := newProgram([]string{"STATEWARD_CONFIG=" + write(t, s.Name+": "+another(s)+"\n")}, nil)
		before, logging := fmt.Sprintf("%#v", p.config), p.logging
		if err := p.settings.Load(setting.ReadFile, p.environ); err != nil {
			t.Error(err)
		}
		if fmt.Sprintf("%#v", p.config) == before && p.logging == logging {
			t.Errorf("%s changes nothing", s.Name)
		}
	}
}

// another returns a value that is not the default.
func another(s *setting.Setting) string {
	switch s.Kind {
	case "ratio":
		return "0.5"
	case "word":
		for _, word := range s.Words {
			if word != s.Default() {
				return word
			}
		}
	case "bool":
		return map[string]string{"true": "false", "false": "true"}[s.Default()]
	case "int":
		return "12345"
	case "duration":
		return "12345s"
	case "size":
		return "12345678"
	case "list":
		return "[other]"
	case "map":
		return "{other: value}"
	}
	return "other"
}

// write writes a file of settings and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stateward.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestConfigCommand shows each value with its origin, and no secret.
func TestConfigCommand(t *testing.T) {
	path := write(t, "store: postgres\ndatabase: postgres://me:S3cret@db/shop\nidle-timeout: 5m\nmailbox: 7\n")
	t.Setenv("STATEWARD_MAILBOX", "8")
	t.Setenv("STATEWARD_MAX_ACTIVE", "9")
	out, err := command(t, "config", "--config", path, "--max-active=10", "--dev")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); len(fields) == 3 {
			table[fields[0]] = fields[1] + " " + fields[2]
		}
	}
	for key, want := range map[string]string{
		"KEY": "VALUE FROM", "config": path + " flag", "store": "postgres " + path + ":1", "database": "postgres://me:***@db/shop " + path + ":2",
		"idle-timeout": "5m " + path + ":3", "mailbox": "8 environment", "max-active": "10 flag", "dev": "true flag",
		"data": "./stateward-data default", "node": "- default", "log-level": "info default",
	} {
		if table[key] != want {
			t.Errorf("%s: %q, want %q", key, table[key], want)
		}
	}
	if strings.Contains(out, "S3cret") {
		t.Errorf("the password is shown:\n%s", out)
	}
}

// TestConfigCommandWritesAFile shows that what it prints is taken again, and means
// the same.
func TestConfigCommandWritesAFile(t *testing.T) {
	args := []string{"--store=memory", "--idle-timeout=5m", "--mailbox=7", "--max-message=8MiB", "--dialect=v1", "--dev"}
	first, err := command(t, append([]string{"config", "--output=yaml", "--database=postgres://me:S3cret@db/shop"}, args...)...)
	if err != nil || strings.Contains(first, "S3cret") {
		t.Fatalf("%v\n%s", err, first)
	}
	if !strings.Contains(first, "# A secret, given by flag: postgres://me:***@db/shop\n# database:\n") {
		t.Errorf("nothing is said of the secret:\n%s", first)
	}
	second, err := command(t, "config", "--output=yaml", "--config", write(t, first))
	plain, plainErr := command(t, append([]string{"config", "--output=yaml"}, args...)...)
	if err != nil || plainErr != nil || second != plain {
		t.Errorf("%v, %v; it became\n%s\nand was\n%s", err, plainErr, second, plain)
	}
}

// TestConfigCommandListsMistakes shows every mistake with its place, those of values
// that are no use to the proxy among them.
func TestConfigCommandListsMistakes(t *testing.T) {
	path := write(t, "idle-timeou: 3s\nmailbox: 0\nlisten: 9000\n")
	t.Setenv("STATEWARD_MAX_ACTIVE", "-1")
	for _, output := range []string{"text", "yaml"} {
		out, err := command(t, "config", "--config", path, "--drain-timeout=0s", "--store=disk", "--output", output)
		want := path + ":1:1: idle-timeou: no such key; did you mean idle-timeout?\n" +
			"--store: \"disk\" is none of pebble, postgres, memory\n" +
			path + ":3:9: listen: \"9000\" is not HOST:PORT\n" +
			"--drain-timeout: 0s is not greater than 0\n" +
			path + ":2:10: mailbox: 0 is not greater than 0\n" +
			"STATEWARD_MAX_ACTIVE: -1 is below 0"
		if err == nil || err.Error() != want {
			t.Errorf("%v\nwant\n%s", err, want)
		}
		if wrote := out != ""; wrote != (output == "text") {
			t.Errorf("as %s it wrote\n%s", output, out)
		}
	}
}

// TestUnknownVariable shows that a variable which is no setting is a warning.
func TestUnknownVariable(t *testing.T) {
	t.Setenv("STATEWARD_MAILBX", "3")
	t.Setenv("STATEWARD_TCK_OWNER", "1")
	var out, warnings strings.Builder
	err := run(t.Context(), nil, []string{"config"}, strings.NewReader(""), &out, &warnings)
	if err != nil || warnings.String() != "warning: STATEWARD_MAILBX: no such variable; did you mean STATEWARD_MAILBOX?\n" {
		t.Errorf("%v, %q", err, warnings.String())
	}
}

// TestNoSecretInErrors opens databases that cannot be opened.
func TestNoSecretInErrors(t *testing.T) {
	for _, dsn := range []string{
		"postgres://me:S3cret@127.0.0.1:1/shop?connect_timeout=1", "postgres://me:S3cret@127.0.0.1:nothing/shop", "postgres://me:S3cret/S3cret@db/shop",
		"host=127.0.0.1 port=1 user=me password=S3cret connect_timeout=1", "host=127.0.0.1 password='S3cret", "password=S3cret sslmode=none",
		"S3cret", "S3cret host=db", "postgres://me@db/shop?pasword=S3cret&sslmode=none",
	} {
		t.Setenv("STATEWARD_DATABASE", dsn)
		log := &strings.Builder{}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := run(ctx, nil, []string{"--store=postgres", "--admin=127.0.0.1:0", "--log-level=debug"}, strings.NewReader(""), io.Discard, log)
		cancel()
		if err == nil || !strings.HasPrefix(err.Error(), "STATEWARD_DATABASE: ") {
			t.Errorf("%s: %v", dsn, err)
		}
		if text := fmt.Sprint(err) + log.String(); strings.Contains(text, "S3cret") {
			t.Errorf("%s: the password is shown: %s", dsn, text)
		}
	}
}
