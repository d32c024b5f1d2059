package mutant

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write docs/kill-matrix.md anew")

// The kill matrix is published as it is checked: TestSelfCheck sees to it that each line
// is true.
func TestTheKillMatrixIsPublished(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "kill-matrix.md")
	want := killMatrix()
	if *rewrite {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("%s is not up to date (%v): go test ./tck/mutant -run Published -rewrite", path, err)
	}
}

// killMatrix is the page.
func killMatrix() string {
	var page strings.Builder
	all := Mutants()
	fmt.Fprintf(&page, `# The kill matrix

What keeps the kit honest: user functions that are wrong in one way each, %d of them, with the requirement that has to find each one out and a text that has to stand in what the kit then says. Every other case, outside of the requirements and cases that the defect is known to spoil too, has to pass. A requirement without such a mutant, or a case that none of them fails, fails the check; so does a correct function that does not pass: %d variants that differ wherever the specification leaves a choice, a slow one, and %d things that are no function at all and have to score nothing.

`+"`tck self-check`"+` runs it, and so does every test run. This page is written by `+"`go test ./tck/mutant -run Published -rewrite`"+`, and checked by the same test.

| kind | defect | found out by | says |
|---|---|---|---|
`, len(all), len(variants()), len(impostors()))
	for _, m := range all {
		kind := m.Kind
		if kind == "" {
			kind = "any"
		}
		message := strings.NewReplacer("|", `\|`, "`", "'").Replace(m.Message)
		fmt.Fprintf(&page, "| %s | %s | %s | `%s` |\n", kind, strings.ReplaceAll(m.Name, "-", " "), m.KilledBy, message)
	}
	return page.String()
}
