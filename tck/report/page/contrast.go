package page

import (
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// farthest bounds the texts that are compared letter by letter, in bytes: the time
// this takes grows with the square.
const farthest = 1200

// contrast marks in two texts what the other one has not.
func contrast(expected, actual string) (left, right []span) {
	expected, actual = Visible(expected), Visible(actual)
	if expected == "" || actual == "" {
		return whole(expected), whole(actual)
	}
	differ := diffmatchpatch.New()
	differ.DiffTimeout = 0 // the same texts always give the same page
	if len(expected)+len(actual) > farthest {
		return ends(differ, expected, actual)
	}
	for _, part := range differ.DiffCleanupSemantic(differ.DiffMain(expected, actual, false)) {
		if part.Type != diffmatchpatch.DiffInsert {
			left = append(left, span{part.Text, part.Type == diffmatchpatch.DiffDelete})
		}
		if part.Type != diffmatchpatch.DiffDelete {
			right = append(right, span{part.Text, part.Type == diffmatchpatch.DiffInsert})
		}
	}
	return left, right
}

// ends marks all that stands between the beginning and the end that two texts share.
func ends(differ *diffmatchpatch.DiffMatchPatch, expected, actual string) (left, right []span) {
	a, b := []rune(expected), []rune(actual)
	before := differ.DiffCommonPrefix(expected, actual)
	after := min(differ.DiffCommonSuffix(expected, actual), min(len(a), len(b))-before)
	mark := func(text []rune) []span {
		return tidy(span{string(text[:before]), false}, span{string(text[before : len(text)-after]), true}, span{string(text[len(text)-after:]), false})
	}
	return mark(a), mark(b)
}

func whole(text string) []span { return tidy(span{text, false}) }

// tidy drops what is empty.
func tidy(spans ...span) []span {
	var kept []span
	for _, s := range spans {
		if s.Text != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// oneLine is a text in one line, for a headline.
func oneLine(text string) string { return strings.Join(strings.Fields(Visible(text)), " ") }
