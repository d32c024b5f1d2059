package proxy_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stateward/stateward/protocol"
)

// profiles are those that the proxy declares.
var profiles = []string{
	"core", "http", "forwarding", "fault", "action", "durable-effects", "capabilities", "cloudstate-0.2",
	"event-sourced", "event-sourced-delete", "event-metadata", "snapshot-request",
	"value", "replicated", "replicated-maps",
	"multiplexed-stream", "lifecycle", "cancel", "passivation-notice", "type-aliases", "composite-keys",
	"access",
}

// requirementID is the id of a requirement, wherever it stands.
var requirementID = regexp.MustCompile(`\b[A-Z]{2,}-[A-Z]+-\d{3}\b`)

// untested says of a requirement why no test of the proxy can show that it is
// broken.
var untested = map[string]string{}

// bound returns the MUSTs of the proxy in its profiles.
func bound() []protocol.Requirement {
	return slices.DeleteFunc(protocol.Requirements(), func(r protocol.Requirement) bool {
		return r.Role != "proxy" || r.Level != "MUST" || !slices.Contains(profiles, r.Profile)
	})
}

// uncited returns those of them that no test below this directory names, and that
// have no reason for it.
func uncited(t *testing.T) []string {
	t.Helper()
	cited := citations(t)
	var ids []string
	for _, r := range bound() {
		if len(cited[r.ID]) == 0 && untested[r.ID] == "" {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// TestUntestedAreUntested fails when a requirement that no test can show broken is
// named by one, or does not bind the proxy.
func TestUntestedAreUntested(t *testing.T) {
	t.Parallel()
	cited, all := citations(t), bound()
	if len(all) < 80 {
		t.Errorf("found %d requirements of the proxy: the filter is wrong", len(all))
	}
	for id := range untested {
		if tests := cited[id]; len(tests) > 0 {
			t.Errorf("%s is said to be untested, and %v names it", id, tests)
		}
		if !slices.ContainsFunc(all, func(r protocol.Requirement) bool { return r.ID == id }) {
			t.Errorf("%s is said to be untested, and is no MUST of the proxy in these profiles", id)
		}
	}
}

// TestCitedRequirementsExist fails when a test names a requirement that no chapter has.
func TestCitedRequirementsExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, r := range protocol.Requirements() {
		known[r.ID] = true
	}
	for id, tests := range citations(t) {
		if !known[id] {
			t.Errorf("%v names %s, which no chapter has", tests, id)
		}
	}
}

// citations returns the ids in the comments of every test below this directory,
// and of every transcript that one plays, each with the files that name it. An id
// that a test expects as a value, such as a report's code, is no citation.
func citations(t *testing.T) map[string][]string {
	t.Helper()
	cited := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		said, err := comments(path)
		for _, found := range requirementID.FindAllString(said, -1) {
			if !slices.Contains(cited[found], path) {
				cited[found] = append(cited[found], path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return cited
}

// comments returns what a test or a transcript says in its comments; nothing of
// any other file.
func comments(path string) (string, error) {
	switch {
	case strings.HasSuffix(path, "_test.go"):
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		var all strings.Builder
		for _, group := range file.Comments {
			all.WriteString(group.Text())
		}
		return all.String(), nil
	case strings.Contains(path, "testdata") && filepath.Ext(path) == ".txt":
		text, err := os.ReadFile(path)
		return strings.Join(regexp.MustCompile(`(?m)^#.*$`).FindAllString(string(text), -1), "\n"), err
	default:
		return "", nil
	}
}
