package page

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Of a longer text only this many characters are shown, and of a longer wire this
// many frames: half of them from its beginning, half from its end.
const (
	longest = 2000
	frames  = 80
)

// Visible makes foreign text fit for a page: it is cut where it is too long, and each
// character that cannot be seen stands as its number, so that two texts that differ
// look different and none changes the direction of what stands beside it.
func Visible(text string) string {
	text, rest := cut(text)
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	if rest > 0 {
		fmt.Fprintf(&out, "… (%d more characters)", rest)
	}
	return out.String()
}

// cut returns the beginning of a text, and how many characters it left out.
func cut(text string) (beginning string, rest int) {
	n := 0
	for at := range text {
		if n == longest {
			return text[:at], utf8.RuneCountInString(text[at:])
		}
		n++
	}
	return text, 0
}

// A span is a part of a text: code in a sentence, or what differs in an answer.
type span struct {
	Text   string
	Marked bool
}

var link = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

// sentence splits a sentence of the specification at its code. Its links lead to where
// the page is not, and keep their words alone.
func sentence(markdown string) []span {
	var spans []span
	for i, part := range strings.Split(link.ReplaceAllString(markdown, "$1"), "`") {
		if part != "" {
			spans = append(spans, span{part, i%2 == 1})
		}
	}
	return spans
}

// plain is the text of spans.
func plain(spans []span) string {
	var out strings.Builder
	for _, s := range spans {
		out.WriteString(s.Text)
	}
	return out.String()
}
