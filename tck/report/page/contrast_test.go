package page

import (
	"strings"
	"testing"
)

// bracketed shows spans as text, what is marked in ⟦brackets⟧.
func bracketed(spans []span) string {
	var out strings.Builder
	for _, s := range spans {
		if s.Marked {
			s.Text = "⟦" + s.Text + "⟧"
		}
		out.WriteString(s.Text)
	}
	return out.String()
}

func TestContrast(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", farthest)
	for _, test := range []struct{ expected, actual, left, right string }{
		{`reply 2 "ABCDEF"`, `reply 2 "F"`, `reply 2 "⟦ABCDE⟧F"`, `reply 2 "F"`},
		{`events ["A", "B", "C"]`, `events ["A", "C"]`, `events ["A",⟦ "B",⟧ "C"]`, `events ["A", "C"]`},
		{`reply 2 "A"`, "nothing within 3s", `⟦reply 2 "A"⟧`, "⟦nothing within 3s⟧"},
		{`reply 1 ""`, `reply 1 "" events [""]`, `reply 1 ""`, `reply 1 ""⟦ events [""]⟧`},
		{"a\u200bb", "ab", `a⟦\u200b⟧b`, "ab"},
		{"", "", "", ""},
		{"", "a", "", "a"},
		{long + "1", long + "23", long + "⟦1⟧", long + "⟦23⟧"},
		{long, long + "x", long, long + "⟦x⟧"},
	} {
		left, right := contrast(test.expected, test.actual)
		if bracketed(left) != test.left || bracketed(right) != test.right {
			t.Errorf("%s and %s: got %s and %s", test.expected, test.actual, bracketed(left), bracketed(right))
		}
	}
}

// Whatever the texts are, the spans are those texts.
func FuzzContrast(f *testing.F) {
	f.Add(`reply 2 "ABCDEF"`, `reply 2 "F"`)
	f.Add("é\xff", strings.Repeat("é", farthest))
	f.Fuzz(func(t *testing.T, expected, actual string) {
		left, right := contrast(expected, actual)
		if plain(left) != Visible(expected) || plain(right) != Visible(actual) {
			t.Errorf("%q and %q became %q and %q", expected, actual, plain(left), plain(right))
		}
	})
}
