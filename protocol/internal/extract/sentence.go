package extract

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stateward/stateward/protocol"
)

// The vocabulary of a requirement. spec/README.md says what each word means.
var (
	areas = []string{
		"ACC", "ACT", "CLU", "CORE", "DIA", "DISC", "ES", "EVT", "FX", "HTTP", "IDEM", "LIFE", "META", "MUX", "OPS", "REP", "VAL",
	}
	roles    = []string{"function", "proxy"}
	levels   = []string{"MUST", "SHOULD", "MAY"}
	profiles = []string{
		"access", "action", "cancel", "capabilities", "cloudstate-0.2", "composite-keys", "core", "durable-effects",
		"event-metadata", "event-sourced", "event-sourced-delete", "fault", "forwarding", "http", "lifecycle",
		"multiplexed-stream", "passivation-notice", "replicated", "replicated-maps", "snapshot-request",
		"type-aliases", "value",
	}
)

const form = "> **AREA-TOPIC-NNN** (role, LEVEL, since X.Y) Sentence."

var (
	// The groups: id, role, level, since, own profile if any, text.
	sentenceForm = regexp.MustCompile(
		`^\*\*([^*]*)\*\* \(([^,()]*), ([^,()]*), since ([^,()]*)(?:, profile ([^,()]+))?\) (.*)$`)
	idForm      = regexp.MustCompile(`^([A-Z]+)-[A-Z][A-Z0-9]*-[0-9]{3}$`)
	versionForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$`)
	force       = regexp.MustCompile(`\b(MUST|SHOULD|MAY|SHALL|REQUIRED|RECOMMENDED|OPTIONAL)\b`)
)

// parse reads one requirement, joined to one line and without its quote marks.
// Its profile is empty when it states none of its own.
func parse(line string) (protocol.Requirement, error) {
	m := sentenceForm.FindStringSubmatch(line)
	if m == nil {
		return protocol.Requirement{}, fmt.Errorf("not a requirement; want the form: %s", form)
	}
	r := protocol.Requirement{
		ID: m[1], Role: m[2], Level: m[3], Since: m[4], Profile: m[5],
		Text: strings.Join(strings.Fields(m[6]), " "),
	}
	id := idForm.FindStringSubmatch(r.ID)
	if id == nil {
		return protocol.Requirement{}, fmt.Errorf("id %q is not of the form AREA-TOPIC-NNN", r.ID)
	}
	r.Area = id[1]
	if err := check(r); err != nil {
		return protocol.Requirement{}, fmt.Errorf("%s: %w", r.ID, err)
	}
	return r, nil
}

// check returns the first thing that is wrong with the words of r.
func check(r protocol.Requirement) error {
	switch {
	case !slices.Contains(areas, r.Area):
		return fmt.Errorf("unknown area %q, want one of %s", r.Area, strings.Join(areas, ", "))
	case !slices.Contains(roles, r.Role):
		return fmt.Errorf("unknown role %q, want one of %s", r.Role, strings.Join(roles, ", "))
	case !slices.Contains(levels, r.Level):
		return fmt.Errorf("unknown level %q, want one of %s", r.Level, strings.Join(levels, ", "))
	case r.Profile != "" && !slices.Contains(profiles, r.Profile):
		return fmt.Errorf("unknown profile %q, want one of %s", r.Profile, strings.Join(profiles, ", "))
	case !versionForm.MatchString(r.Since):
		return fmt.Errorf("since %q is not a version such as 1.0", r.Since)
	case newer(r.Since, protocol.Version):
		return fmt.Errorf("since %s is later than the protocol, which is at %s", r.Since, protocol.Version)
	}
	return checkText(r.Text)
}

// checkText returns what keeps the text from being one sentence that is bound
// by the level in the brackets alone.
func checkText(text string) error {
	first, _ := utf8.DecodeRuneInString(text)
	switch {
	case text == "":
		return errors.New("the sentence is missing")
	case !unicode.IsUpper(first) && first != '`':
		return errors.New("the sentence starts with neither a capital letter nor a name in backticks: it lacks its subject")
	case !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, ".)"):
		return errors.New("the sentence does not end in a full stop")
	case force.MatchString(text):
		return fmt.Errorf("the level stands in the brackets; the sentence says %s again", force.FindString(text))
	}
	return nil
}

// newer reports whether version a is later than b; both are of versionForm.
func newer(a, b string) bool {
	return slices.Compare(numbers(a), numbers(b)) > 0
}

func numbers(version string) []int {
	var out []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			panic("a version that matches versionForm has a part that is no number: " + version)
		}
		out = append(out, n)
	}
	return out
}
