package page

import (
	"fmt"
	"strings"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// The arrows of the wire's notation, as package peer writes it.
const (
	toSubject   = "→"
	fromSubject = "←"
)

// A frame is one line of the sequence diagram.
type frame struct {
	// Kind is "sent" or "received", as the kit sees it; "note" for a line without an
	// arrow; "gap" for what was left out; "missing" for an answer that is on no line.
	Kind string
	// Part names the stream, where the case has several.
	Part string
	Text string
	// Broken marks the frame that was not what was expected.
	Broken bool
}

// diagram draws what passed between the kit and the subject, and marks the frame at
// which the expectation failed: the last one that reads as what came. Where there is
// none, as when nothing came, a line of its own stands at the end.
func diagram(c *tckv1.CaseResult) []frame {
	var all []frame
	broken := -1
	for i, line := range c.GetWire() {
		f := parse(line)
		if f.Kind == "received" && joined(f.Part, f.Text) == Visible(c.GetActual()) {
			broken = i
		}
		all = append(all, f)
	}
	switch {
	case broken >= 0:
		all[broken].Broken = true
	case c.GetActual() != "" && len(all) > 0:
		all = append(all, frame{Kind: "missing", Text: Visible(c.GetActual()), Broken: true})
	}
	return shorten(all)
}

// parse reads a line as "part →text": what leads the first arrow is the kit's own.
func parse(line string) frame {
	at := strings.IndexAny(line, toSubject+fromSubject)
	if at < 0 {
		return frame{Kind: "note", Text: Visible(line)}
	}
	part := Visible(strings.TrimSpace(line[:at]))
	if text, sent := strings.CutPrefix(line[at:], toSubject); sent {
		return frame{Kind: "sent", Part: part, Text: Visible(text)}
	}
	return frame{Kind: "received", Part: part, Text: Visible(strings.TrimPrefix(line[at:], fromSubject))}
}

// joined is a frame in the notation of a mismatch.
func joined(part, text string) string {
	if part == "" {
		return text
	}
	return part + " " + text
}

// shorten leaves out the middle of a long wire, but for the frame that is broken.
func shorten(all []frame) []frame {
	if len(all) <= frames {
		return all
	}
	var kept []frame
	skipped := 0
	gap := func() {
		if skipped > 0 {
			kept = append(kept, frame{Kind: "gap", Text: fmt.Sprintf("… %d frames …", skipped)})
		}
		skipped = 0
	}
	for i, f := range all {
		if i >= frames/2 && i < len(all)-frames/2 && !f.Broken {
			skipped++
			continue
		}
		gap()
		kept = append(kept, f)
	}
	return kept
}
