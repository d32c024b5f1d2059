package entitytest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"
)

// word is one word of a line: bare, or key=value, or key="several words".
var word = regexp.MustCompile(`[\w./-]+(=("[^"]*"|\S*))?`)

// Line is one line of a transcript: its bare words in order, and the values of each
// key.
type Line struct {
	words  []string
	values map[string][]string
}

// Parse reads a line.
func Parse(text string) Line {
	parsed := Line{values: map[string][]string{}}
	for _, w := range word.FindAllString(text, -1) {
		if key, value, keyed := strings.Cut(w, "="); keyed {
			parsed.values[key] = append(parsed.values[key], strings.Trim(value, `"`))
		} else {
			parsed.words = append(parsed.words, w)
		}
	}
	return parsed
}

// Word returns the bare word at the place; "" when there is none.
func (l Line) Word(i int) string {
	if i < len(l.words) {
		return l.words[i]
	}
	return ""
}

// Known refuses a key that the line's input does not have, rather than to read past a
// slip of the pen. An input that is not among the keys has any.
func (l Line) Known(keys map[string][]string) error {
	known, listed := keys[l.Word(0)]
	for key := range l.values {
		if listed && !slices.Contains(known, key) {
			return fmt.Errorf("%q has no %q", l.Word(0), key)
		}
	}
	return nil
}

// Has reports whether the bare word stands in the line.
func (l Line) Has(bare string) bool { return slices.Contains(l.words, bare) }

// Number returns the bare word at the place as a number; 0 when it is none.
func (l Line) Number(i int) int64 {
	n, _ := strconv.ParseInt(l.Word(i), 10, 64)
	return n
}

// Value returns the first value of the key, and whether it has one.
func (l Line) Value(key string) (string, bool) {
	if len(l.values[key]) == 0 {
		return "", false
	}
	return l.values[key][0], true
}

// Values returns the values of the key.
func (l Line) Values(key string) []string { return l.values[key] }

// Int returns the first value of the key as a number; 0 when it is none.
func (l Line) Int(key string) int64 {
	value, _ := l.Value(key)
	n, _ := strconv.ParseInt(value, 10, 64)
	return n
}

// Time returns the first value of the key as a time; 0 when it is none.
func (l Line) Time(key string) time.Duration {
	value, _ := l.Value(key)
	d, _ := time.ParseDuration(value)
	return d
}

// Pack returns the text as a message: nil for none, and one without bytes for "-".
func Pack(text string) *anypb.Any {
	if text == "" {
		return nil
	}
	return &anypb.Any{TypeUrl: "t/Text", Value: []byte(strings.Trim(text, "-"))}
}

// Unpack writes what Pack has read.
func Unpack(payload *anypb.Any) string {
	switch {
	case payload == nil:
		return "absent"
	case len(payload.GetValue()) == 0:
		return "empty"
	default:
		return string(payload.GetValue())
	}
}
