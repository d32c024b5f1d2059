package extract

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stateward/stateward/protocol"
)

// lines is one chapter of the given lines.
func lines(text ...string) fstest.MapFS {
	return fstest.MapFS{"a.md": {Data: []byte(strings.Join(text, "\n"))}}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	requirements, err := Read(os.DirFS("testdata/spec"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Encode(requirements)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/requirements.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const (
		profile = "Profile: `core`"
		good    = "> **ES-REPLAY-001** (proxy, MUST, since 1.0) The proxy replays."
	)
	for name, test := range map[string]struct {
		chapter fstest.MapFS
		want    string
	}{
		"no brackets":         {lines(profile, "> **ES-A-001** The proxy replays."), "a.md:2: not a requirement"},
		"bold quote":          {lines(profile, "> **Note** that it rains."), "a.md:2: not a requirement"},
		"brackets incomplete": {lines(profile, "> **ES-A-001** (proxy, MUST) The proxy replays."), "a.md:2: not a requirement"},
		"empty own profile":   {lines(profile, "> **ES-A-001** (proxy, MUST, since 1.0, profile ) It is."), "a.md:2: not a requirement"},
		"short number":        {lines(profile, "> **ES-A-01** (proxy, MUST, since 1.0) It is."), `a.md:2: id "ES-A-01" is not of the form`},
		"no topic":            {lines(profile, "> **ES-001** (proxy, MUST, since 1.0) It is."), `a.md:2: id "ES-001" is not of the form`},
		"lower case":          {lines(profile, "> **es-a-001** (proxy, MUST, since 1.0) It is."), `a.md:2: id "es-a-001" is not of the form`},
		"area":                {lines(profile, "> **NO-A-001** (proxy, MUST, since 1.0) It is."), `a.md:2: NO-A-001: unknown area "NO"`},
		"role":                {lines(profile, "> **ES-A-001** (client, MUST, since 1.0) It is."), `a.md:2: ES-A-001: unknown role "client"`},
		"level":               {lines(profile, "> **ES-A-001** (proxy, WILL, since 1.0) It is."), `a.md:2: ES-A-001: unknown level "WILL"`},
		"since":               {lines(profile, "> **ES-A-001** (proxy, MUST, since 1) It is."), `a.md:2: ES-A-001: since "1" is not a version`},
		"since later":         {lines(profile, "> **ES-A-001** (proxy, MUST, since 1.10) It is."), "a.md:2: ES-A-001: since 1.10 is later than the protocol"},
		"profile":             {lines("Profile: `none`"), `a.md:1: unknown profile "none"`},
		"profile form":        {lines("Profile: core"), "a.md:1: want the form: Profile: `name`"},
		"profile twice":       {lines(profile, profile), "a.md:2: the chapter has a profile already: core"},
		"own profile":         {lines(profile, "> **ES-A-001** (proxy, MUST, since 1.0, profile none) It is."), `a.md:2: ES-A-001: unknown profile "none"`},
		"no profile":          {lines(good), "a.md:1: ES-REPLAY-001 has no profile"},
		"profile below":       {lines(good, profile), "a.md:1: ES-REPLAY-001 has no profile"},
		"no sentence":         {lines(profile, "> **ES-A-001** (proxy, MUST, since 1.0) "), "a.md:2: not a requirement"},
		"no subject":          {lines(profile, "> **ES-A-001** (proxy, MUST, since 1.0) is done."), "a.md:2: ES-A-001: the sentence starts with"},
		"no full stop":        {lines(profile, "> **ES-A-001** (proxy, MUST, since 1.0) The proxy replays"), "a.md:2: ES-A-001: the sentence does not end"},
		"level twice":         {lines(profile, "> **ES-A-001** (proxy, MUST, since 1.0) The proxy MUST replay."), "a.md:2: ES-A-001: the level stands in the brackets"},
		"twice":               {lines(profile, good, "", good), "a.md:4: ES-REPLAY-001 stands already at a.md:2"},
		"twice in one quote":  {lines(profile, good, good), "a.md:3: ES-REPLAY-001 stands already at a.md:2"},
		"cited":               {lines(profile, "As ES-REPLAY-009 says."), "a.md:2: ES-REPLAY-009 is cited, but no chapter has it"},
		"cited in sentence":   {lines(profile, "> **ES-A-001** (proxy, MUST, since 1.0) See ES-A-002."), "a.md:2: ES-A-002 is cited"},
		"no quote mark":       {lines(profile, "**ES-A-001** (proxy, MUST, since 1.0) It is."), "a.md:2: a bold id starts a requirement"},
		"indented":            {lines(profile, "  > **ES-A-001** (proxy, MUST, since 1.0) It is."), "a.md:2: a bold id starts a requirement"},
		"no space":            {lines(profile, ">**ES-A-001** (proxy, MUST, since 1.0) It is."), "a.md:2: a bold id starts a requirement"},
		"stray reason":        {lines(profile, good, "", "> *Untestable:* nobody sees it."), "a.md:4: *Untestable:* stands under no requirement"},
		"empty reason":        {lines(profile, good, "> *Untestable:*"), "a.md:2: ES-REPLAY-001 is untestable, but no reason is given"},
		"not UTF-8":           {lines("\xff"), "a.md:1: the file is not UTF-8"},
		"open fence":          {lines(profile, "```", good), "a.md:2: the fence is never closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(test.chapter)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s…", err, test.want)
			}
		})
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	t.Parallel()
	_, err := Read(fstest.MapFS{
		"a.md": {Data: []byte("> **one**\n\n> **two**\n")},
		"b.md": {Data: []byte("ES-A-001\n")},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"a.md:1: ", "a.md:3: ", "b.md:1: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "spec"), os.DirFS("testdata/spec")); err != nil {
		t.Fatal(err)
	}
	var usage strings.Builder
	check := func() error { return Run([]string{"-dir", dir, "-check"}, io.Discard, &usage) }
	if err := check(); err == nil {
		t.Error("a missing file passed the check")
	}
	if err := Run([]string{"-dir", dir}, io.Discard, &usage); err != nil {
		t.Fatal(err)
	}
	if err := check(); err != nil {
		t.Errorf("what was just written is stale: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "requirements.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := check(); err == nil || !strings.Contains(err.Error(), "is stale") {
		t.Errorf("got %v, want a stale file named", err)
	}
	if err := Run([]string{"-no-such-flag"}, io.Discard, &usage); err == nil || !strings.Contains(usage.String(), "-check") {
		t.Errorf("an unknown flag gave %v and the usage %q", err, usage.String())
	}
}

// FuzzRead holds that whatever the prose, reading it either refuses it with a
// place or gives requirements that are whole, ordered and unique.
func FuzzRead(f *testing.F) {
	f.Add("Profile: `core`\n> **ES-A-001** (proxy, MUST, since 1.0) It is.\n> *Untestable:* so.\n")
	f.Add("Profile: `core`\n\n> **ES-A-001** (proxy, MAY, since 0.2, profile fault) It\n> is\n>\n> so.\n")
	f.Add("```\n> **ES-A-001**\n```\r\n> **\n>")
	f.Add("> **A-B-001** (,,since)")
	f.Fuzz(func(t *testing.T, text string) {
		requirements, err := Read(fstest.MapFS{"a.md": {Data: []byte(text)}})
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "a.md:") {
					t.Errorf("a mistake without a place: %q", line)
				}
			}
			return
		}
		last := ""
		for _, r := range requirements {
			if r.ID <= last {
				t.Errorf("%s stands after %s", r.ID, last)
			}
			last = r.ID
			whole(t, r)
		}
	})
}

func whole(t *testing.T, r protocol.Requirement) {
	t.Helper()
	if err := check(r); err != nil {
		t.Errorf("%s was accepted, yet: %v", r.ID, err)
	}
	if r.Profile == "" || r.Chapter == "" || strings.Contains(r.Text+r.Untestable, "\n") {
		t.Errorf("not whole: %+v", r)
	}
}
