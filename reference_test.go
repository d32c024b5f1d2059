package stateward_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// languages are those in which there is a reference function.
func languages(t *testing.T) []string {
	t.Helper()
	read(t, "reference-impl/languages") // as go test does not see bash do
	list, err := exec.CommandContext(t.Context(), "bash", "reference-impl/languages", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(list))
}

// Whoever has read one reference function finds their way in every other.
func TestReferenceFunctionsHaveTheSameParts(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob("reference-impl/*/sdk")
	if err != nil {
		t.Fatal(err)
	}
	listed := languages(t)
	for _, dir := range found {
		if language := filepath.Base(filepath.Dir(dir)); !slices.Contains(listed, language) {
			t.Errorf("reference-impl/languages does not list %s", language)
		}
	}
	for _, language := range listed {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("reference-impl", language)
			parts := []string{"sdk", "model", "cart", "README.md", "Dockerfile", "profiles"}
			if language != "go" { // which the module builds and checks
				parts = append(parts, "build", "check", "buf.gen.yaml", ".gitignore")
			}
			for _, part := range parts {
				info, err := os.Stat(filepath.Join(dir, part))
				if err != nil {
					t.Errorf("it lacks a part: %v", err)
				} else if (part == "build" || part == "check") && info.Mode()&0o111 == 0 {
					t.Errorf("%s/%s cannot be executed", dir, part)
				}
			}
			if got, want := read(t, dir, "profiles"), read(t, "reference-impl/go", "profiles"); got != want {
				t.Errorf("its profiles are\n%swhere Go's are\n%s", got, want)
			}
			readsAlike(t, read(t, dir, "README.md"))
			readInOneSitting(t, dir, read(t, dir, "README.md"))
			if rooms := roomsBelow(t, filepath.Join(dir, "sdk")); !slices.Equal(rooms, kinds) {
				t.Errorf("its sdk has rooms for %v, and there are %v", rooms, kinds)
			}
			buildsAnywhere(t, read(t, dir, "Dockerfile"))
		})
	}
}

// kinds are the kinds of entities; each has a room in every sdk.
var kinds = []string{"action", "eventsourced", "replicated", "value"}

// roomsBelow returns which of the kinds have a folder below dir.
func roomsBelow(t *testing.T, dir string) (rooms []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && slices.Contains(kinds, entry.Name()) {
			rooms = append(rooms, entry.Name())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	slices.Sort(rooms)
	return slices.Compact(rooms)
}

// readsAlike wants the headings of a page that says the same of each language.
func readsAlike(t *testing.T, page string) {
	t.Helper()
	for _, heading := range []string{"## The parts, in reading order", "## Run it", "## Certify it", "## Test it"} {
		if !strings.Contains(page, "\n"+heading+"\n") {
			t.Errorf("its README.md has no %q", heading)
		}
	}
	const onePage = 150 // lines
	if lines := strings.Count(page, "\n"); lines > onePage {
		t.Errorf("its README.md has %d lines, and is one page: %d", lines, onePage)
	}
}

// readInOneSitting wants the page to mark a first sitting, which is short enough for one and as
// long as the page says: one whole path, through the same parts in each language.
func readInOneSitting(t *testing.T, dir, page string) {
	t.Helper()
	match := regexp.MustCompile(`(?s)\n### A first sitting: about ([\d,]+) lines\n(.*?)\n### What each further room adds\n`).FindStringSubmatch(page)
	if match == nil {
		t.Fatal("its README.md marks no first sitting, or no room behind it")
	}
	said, err := strconv.Atoi(strings.ReplaceAll(match[1], ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	var parts []string
	for _, row := range regexp.MustCompile(`(?m)^\| (\[.*) \| (.*) \|$`).FindAllStringSubmatch(match[2], -1) {
		for _, link := range regexp.MustCompile(`\]\((.*?)\)`).FindAllStringSubmatch(row[1], -1) {
			lines += strings.Count(read(t, dir, link[1]), "\n")
		}
		parts = append(parts, row[2])
	}
	const about, oneSitting = 100, 1700 // lines
	if said < lines-about || said > lines+about || lines > oneSitting {
		t.Errorf("its first sitting has %d lines, where its README.md says %d, and the most is %d", lines, said, oneSitting)
	}
	if !slices.Equal(parts, sitting) {
		t.Errorf("its first sitting is %q, and that of each is %q", parts, sitting)
	}
}

// sitting is what a reader of any language learns first.
var sitting = []string{
	"a domain that knows no proxy, and the lines that bind it to one",
	"its kind, event sourced: what an author writes, one activation, one stream from `init` to the reply",
	"what every kind stands on: the stream, what a handler sees, how it refuses",
	"discovery: what a function is, and what it says of itself",
}

// buildsAnywhere holds a Dockerfile to what lets it be built from a public base and from
// one without a shell, by every builder, and be run without rights.
func buildsAnywhere(t *testing.T, dockerfile string) {
	t.Helper()
	for _, want := range []string{`(?m)^ARG BASE=\S+$`, `(?m)^FROM \$\{BASE\}`, `(?m)^USER 65532:65532$`, `(?m)^EXPOSE 8080$`, `(?m)^ENV .*\bHOST=0\.0\.0\.0 PORT=8080`, `(?m)^ENTRYPOINT \[`, `(?m)^HEALTHCHECK `} {
		if !regexp.MustCompile(want).MatchString(dockerfile) {
			t.Errorf("its Dockerfile has no line like %s", want)
		}
	}
	for _, ban := range []string{`(?mi)^#\s*syntax=`, `(?m)^RUN --mount`, `(?m)^RUN [^\[]`} {
		if line := regexp.MustCompile(ban + ".*").FindString(dockerfile); line != "" {
			t.Errorf("its Dockerfile has %q", line)
		}
	}
}

// A lock file names versions and digests, and not from where they came.
func TestLockFilesNameNoRegistry(t *testing.T) {
	t.Parallel()
	locks := []string{"tools/docs", "protocol/templates/typescript", "reference-impl/typescript"}
	for _, dir := range locks {
		if strings.Contains(read(t, dir, "package-lock.json"), `"resolved"`) {
			t.Errorf("%s/package-lock.json names a registry: `npm install` with omit-lockfile-registry-resolved in .npmrc", dir)
		}
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// What is published says the same of every language.
func TestPublishedReportsAreEqual(t *testing.T) {
	t.Parallel()
	version := strings.TrimSpace(read(t, ".", "VERSION"))
	words := []string{"run", "./tck/cmd/tck", "report", "equal"}
	for _, language := range languages(t) {
		report := filepath.Join("conformance-reports/v1/stateward-"+language, version+".yaml")
		read(t, report) // or go test would answer for another one from its cache
		words = append(words, report)
	}
	output, err := exec.CommandContext(t.Context(), "go", words...).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, output)
	}
}

// Each published report is of a commit that everyone gets, for that is how it is repeated.
func TestPublishedReportsNameTheirCommit(t *testing.T) {
	t.Parallel()
	git := func(words ...string) (string, error) {
		output, err := exec.CommandContext(t.Context(), "git", words...).CombinedOutput()
		return strings.TrimSpace(string(output)), err
	}
	if shallow, err := git("rev-parse", "--is-shallow-repository"); err != nil || shallow != "false" {
		t.Skipf("this is no clone with a whole history: %s", shallow)
	}
	reports, err := filepath.Glob("conformance-reports/v1/stateward-*/*.yaml")
	if err != nil || len(reports) == 0 {
		t.Fatalf("no report is published: %v", err)
	}
	for _, report := range reports {
		named := regexp.MustCompile(`(?m)^  commit: (\S+)$`).FindStringSubmatch(read(t, report))
		if named == nil {
			t.Errorf("%s names no commit", report)
		} else if output, err := git("merge-base", "--is-ancestor", named[1], "HEAD"); err != nil {
			t.Errorf("%s is of the commit %s, which is not in this history: %v %s", report, named[1], err, output)
		}
	}
}
