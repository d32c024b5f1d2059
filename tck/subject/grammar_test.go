package subject_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/subject"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]subject.Spec{
		"image:registry.example:5000/sdk:1.0": {Kind: subject.Image, Value: "registry.example:5000/sdk:1.0"},
		"addr:127.0.0.1:8080":                 {Kind: subject.Address, Value: "127.0.0.1:8080"},
		"addr:[::1]:8080":                     {Kind: subject.Address, Value: "[::1]:8080"},
		"cmd:./sdk":                           {Kind: subject.Command, Value: "./sdk", Words: []string{"./sdk"}},
		`cmd: node  dist/x.js --name "a b" `: {
			Kind: subject.Command, Value: ` node  dist/x.js --name "a b" `, Words: []string{"node", "dist/x.js", "--name", "a b"},
		},
		`cmd:a '$HOME "x"' "\"q\" \n" b\ c '' d'e'f`: {
			Kind: subject.Command, Value: `a '$HOME "x"' "\"q\" \n" b\ c '' d'e'f`,
			Words: []string{"a", `$HOME "x"`, `"q" \n`, "b c", "", "def"},
		},
	} {
		got, err := subject.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}

		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}

		if got.String() != text {
			t.Errorf("%s reads back as %s", text, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    "needs a prefix",
		"./sdk":               "needs a prefix",
		"docker:x":            "no way to attach one",
		"image:":              "one word",
		"image:a b":           "one word",
		"addr:8080":           "HOST:PORT",
		"addr:localhost:http": "a port from 1 to 65535",
		"addr:localhost:0":    "a port from 1 to 65535",
		"addr::8080":          "a port from 1 to 65535",
		"cmd:":                "empty",
		"cmd:''":              "empty",
		"cmd:a 'b":            "inside a quote",
		`cmd:a \`:             "inside a quote",
	} {
		_, err := subject.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want it to contain %q", text, err, want)
		}
	}
}

// A repro line is pasted into a shell, so the shell must read back what the kit
// was given.
func FuzzShell(f *testing.F) {
	for _, seed := range []string{"./sdk", "./sdk --x 'a b'", "a'b", `"`, "$(x)", "a\\", "ü *"} {
		f.Add(seed)
	}

	f.Fuzz(func(t *testing.T, value string) {
		spec := subject.Spec{Kind: subject.Command, Value: value}
		if strings.ContainsRune(value, 0) {
			return // no argument holds it
		}

		got, err := exec.Command("sh", "-c", "printf %s "+spec.Shell()).Output()
		if err != nil || string(got) != spec.String() {
			t.Errorf("sh reads %s as %q, want %q (%v)", spec.Shell(), got, spec, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"cmd:a 'b' \"c\" \\d", "addr:a:1", "image:x", "cmd:'", ":"} {
		f.Add(seed)
	}

	f.Fuzz(func(t *testing.T, text string) {
		spec, err := subject.Parse(text)
		if err == nil && (spec.String() != text || spec.Kind == subject.Command && len(spec.Words) == 0) {
			t.Errorf("%q was read as %+v", text, spec)
		}
	})
}
