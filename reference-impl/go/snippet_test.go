package reference_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestThePageShowsWhatCompiles fails when code on the page is not, to the letter, that of a
// sample: whoever copies it copies what is built and tested.
func TestThePageShowsWhatCompiles(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) == 0 {
		t.Error("the page shows no code")
	}
	code := sources(t, ".go")
	for _, block := range blocks {
		for shown := range strings.SplitSeq(block[1], "\n\n") {
			if !strings.Contains(code, "\n"+strings.TrimSpace(shown)+"\n") {
				t.Errorf("no file has\n%s", shown)
			}
		}
	}
}

// TestNoCodeInComments fails when a doc comment shows code, which nothing compiles: an
// Example does the same, is run, and stands beside it in the documentation. gofmt begins such
// a line with a tab.
func TestNoCodeInComments(t *testing.T) {
	t.Parallel()
	for _, line := range regexp.MustCompile(`(?m)^\s*//\t.*`).FindAllString(sources(t, ".go"), -1) {
		t.Errorf("code in a comment: %s", strings.TrimSpace(line))
	}
}
