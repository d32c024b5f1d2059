// Package known reads lists of failures that are known, and judges results by them:
// what fails as listed is excused until a day, and what is listed and passes has to
// come off the list.
package known

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"sigs.k8s.io/yaml"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// maxBytes bounds what is read as a list.
const maxBytes = 1 << 20

// List is a list of known failures, ordered by id. A nil List knows none.
type List []*tckv1.KnownFailure

// Parse reads a list, as YAML or JSON. It refuses fields that an entry does not
// have, and entries that lack their id, reason or day of expiry. An entry whose day
// lies before today's, in UTC, is marked as expired.
func Parse(text []byte, today time.Time) (List, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%d bytes are more than the %d that a list of known failures may have", len(text), maxBytes)
	}
	json, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, fmt.Errorf("this is no YAML: %w", err)
	}
	file := &tckv1.KnownFailures{}
	if err := protojson.Unmarshal(json, file); err != nil {
		return nil, fmt.Errorf("this is no list of known failures: %w", err)
	}
	list := List(file.GetKnown())
	slices.SortFunc(list, func(a, b *tckv1.KnownFailure) int { return cmp.Compare(a.GetId(), b.GetId()) })
	var problems []error
	for i, entry := range list {
		problems = append(problems, check(entry), expire(entry, today))
		if i > 0 && entry.GetId() == list[i-1].GetId() {
			problems = append(problems, fmt.Errorf("%s is listed twice", entry.GetId()))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return list, nil
}

// check says what an entry lacks.
func check(entry *tckv1.KnownFailure) error {
	switch {
	case entry.GetId() == "":
		return errors.New("an entry has no id")
	case strings.TrimSpace(entry.GetReason()) == "":
		return fmt.Errorf("%s has no reason", entry.GetId())
	case entry.GetExpired():
		return fmt.Errorf("%s says whether it is expired; its day does", entry.GetId())
	default:
		return nil
	}
}

// expire marks the entry when its last day is over.
func expire(entry *tckv1.KnownFailure, today time.Time) error {
	last, err := time.Parse(time.DateOnly, entry.GetExpires())
	if err != nil {
		return fmt.Errorf("%s expires on %q, which is no day; write one such as %s",
			entry.GetId(), entry.GetExpires(), today.UTC().Format(time.DateOnly))
	}
	entry.Expired = !today.UTC().Before(last.AddDate(0, 0, 1))
	return nil
}

// Covers reports whether the entry names the case, or a requirement that it
// measures.
func Covers(entry *tckv1.KnownFailure, caseID string, requirements []string) bool {
	return entry.GetId() == caseID || slices.Contains(requirements, entry.GetId())
}

// Entries are copies of the entries, for a report.
func (l List) Entries() []*tckv1.KnownFailure {
	var all []*tckv1.KnownFailure
	for _, entry := range l {
		all = append(all, proto.CloneOf(entry))
	}
	return all
}
