package protocol_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// told heads the column of a failure table that says which codes are reported.
const told = "the function is told"

// TestRegistryHoldsEveryReport compares the registry of spec/errors.md with the
// codes that the failure tables of the other chapters say are reported: each
// stands in it once, with the severity that they say, and no other does
// (CORE-ERR-002).
func TestRegistryHoldsEveryReport(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`\b[A-Z]{2,}-[A-Z0-9]+-[0-9]{3}\b`)
	registry := map[string]string{}
	for _, row := range table(t, "spec/errors.md", "code") {
		if registry[row["code"]] != "" {
			t.Errorf("the registry has %s twice", row["code"])
		}
		registry[row["code"]] = row["severity"]
	}
	seen := map[string]bool{}
	for chapter := range pages(t, ".md") {
		if filepath.Dir(chapter) != "spec" {
			continue
		}
		for _, row := range table(t, chapter, told) {
			severity := "error"
			if strings.Contains(row[told], "a warning") {
				severity = "warning"
			}
			for _, code := range id.FindAllString(row[told], -1) {
				seen[code] = true
				if !strings.Contains(registry[code], severity) {
					t.Errorf("%s reports %s with the severity %s, and the registry says %q", chapter, code, severity, registry[code])
				}
			}
		}
	}
	for code := range registry {
		if !seen[code] {
			t.Errorf("the registry has %s, which no failure table reports", code)
		}
	}
	if len(seen) == 0 {
		t.Fatal("found no report: the walk is wrong")
	}
}

// table returns the rows of every table of a page that has the column, each by
// the heads of its columns.
func table(t *testing.T, page, column string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var (
		head []string
		rows []map[string]string
	)
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "|") {
			head = nil
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case head == nil:
			head = cells
		case slices.Contains(head, column) && !strings.HasPrefix(cells[0], "---"):
			row := map[string]string{}
			for i, cell := range cells[:min(len(cells), len(head))] {
				row[head[i]] = cell
			}
			rows = append(rows, row)
		}
	}
	return rows
}
