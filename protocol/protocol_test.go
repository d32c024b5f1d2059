package protocol_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/protocol/internal/extract"
)

func TestRequirementsAreThoseOfTheProse(t *testing.T) {
	t.Parallel()
	want, err := extract.Read(os.DirFS("spec"))
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 80 {
		t.Errorf("the prose has %d requirements, and it had 80 once: none may go", len(want))
	}
	if got := protocol.Requirements(); !slices.Equal(got, want) {
		t.Error("requirements.json is stale: run `go run ./protocol/cmd/requirements`")
	}
}

func TestRequirementsBelongToTheCaller(t *testing.T) {
	t.Parallel()
	first := protocol.Requirements()
	first[0].ID = "spoilt"
	if again := protocol.Requirements(); again[0].ID == "spoilt" {
		t.Error("a caller's write shows in the next caller's slice")
	}
}

func TestDigestNamesTheFile(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("requirements.json")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := protocol.Digest(), fmt.Sprintf("sha256:%x", sha256.Sum256(file)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

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
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".proto", ".md"}, path.Ext(name)) || path.Dir(name) == "spec" || strings.Contains(name, "testdata") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, id := range id.FindAllString(string(text), -1) {
			cited++
			if !known[id] {
				t.Errorf("%s cites %s, which no chapter has", name, id)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited == 0 {
		t.Fatal("found no citation: the walk is wrong")
	}
}
