// Package reference_test holds the Go reference function to the specification.
package reference_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// untested says of a requirement why nothing here can break it.
var untested = map[string]string{
	"ES-REPLAY-007":    "what an applier reads is the author's own affair",
	"CORE-PAYLOAD-004": "the library packs protobuf messages alone",
	"CORE-PAYLOAD-005": "the library reads protobuf messages alone",
}

// TestEveryRequirementIsCited fails when a requirement of the function has no
// test here that names it.
func TestEveryRequirementIsCited(t *testing.T) {
	t.Parallel()
	chapters, err := filepath.Glob("../../protocol/spec/*.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testSources(t)
	requirement := regexp.MustCompile(`\*\*([A-Z]+-[A-Z]+-\d{3})\*\* \(function,`)
	found := 0
	for _, chapter := range chapters {
		text, err := os.ReadFile(chapter)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range requirement.FindAllStringSubmatch(string(text), -1) {
			found++
			if untested[match[1]] == "" && !strings.Contains(tests, match[1]) {
				t.Errorf("%s (%s): no test names it", match[1], filepath.Base(chapter))
			}
		}
	}
	if found < 30 {
		t.Errorf("found %d requirements of the function: the pattern is wrong", found)
	}
}

// testSources returns the text of every test below this directory.
func testSources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
