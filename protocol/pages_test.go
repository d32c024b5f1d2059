package protocol_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stateward/stateward/protocol"
)

// TestCitedRequirementsExist reads every comment of the protos and every page
// beside them; those of the specification are held to it by the extractor.
func TestCitedRequirementsExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, r := range protocol.Requirements() {
		known[r.ID] = true
	}
	id := regexp.MustCompile(`\b[A-Z]{2,}-[A-Z0-9]+-[0-9]{3}\b`)
	cited := 0
	for name, text := range pages(t, ".proto", ".md") {
		for _, id := range id.FindAllString(text, -1) {
			cited++
			if !known[id] {
				t.Errorf("%s cites %s, which no chapter has", name, id)
			}
		}
	}
	if cited == 0 {
		t.Fatal("found no citation: the walk is wrong")
	}
}

// TestLinksResolve follows every link that stays in the repository to its file,
// and to its heading.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	followed := 0
	for name, text := range pages(t, ".md") {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			followed++
			target := name
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(name), filepath.FromSlash(m[1]))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if m[2] != "" && !slices.Contains(anchors(t, target), m[2]) {
				t.Errorf("%s: %s has no heading %s", name, target, m[2])
			}
		}
	}
	if followed == 0 {
		t.Fatal("found no link: the walk is wrong")
	}
}

// pages returns the text of every file with one of the extensions, by its name.
func pages(t *testing.T, extensions ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains(extensions, filepath.Ext(name)) || strings.Contains(name, "testdata") {
			return err
		}
		text, err := os.ReadFile(name)
		found[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// anchors returns the headings of a page as links name them.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if heading := strings.TrimLeft(line, "#"); heading != line && strings.HasPrefix(heading, " ") {
			found = append(found, "#"+strings.ReplaceAll(strings.ToLower(strings.TrimSpace(heading)), " ", "-"))
		}
	}
	return found
}
