package setting

import (
	"errors"
	"fmt"
	"strings"
)

// valueError is an error about the value of one setting.
type valueError struct {
	name string // of the setting
	err  error  // says what is wrong
	// place is where the value was given, once it is known.
	place string
}

// Wrongf returns an error about the value of the setting with the name.
func Wrongf(name, format string, args ...any) error {
	return &valueError{name: name, err: fmt.Errorf(format, args...)}
}

// Error begins with the place, or else with the setting's flag.
func (e *valueError) Error() string {
	if e.place == "" {
		return fmt.Sprintf("--%s: %v", e.name, e.err)
	}
	return fmt.Sprintf("%s: %v", e.place, e.err)
}

// Unwrap returns what is wrong.
func (e *valueError) Unwrap() error { return e.err }

// Locate returns the error with the place of each value that it is about: the
// line of the file, the variable, or the flag. It looks into joined errors.
func (s *Set) Locate(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		parts := joined.Unwrap()
		if err.Error() != errors.Join(parts...).Error() {
			return err // it says more than its parts
		}
		located := make([]error, len(parts))
		for i, part := range parts {
			located[i] = s.Locate(part)
		}
		return errors.Join(located...)
	}
	wrong, ok := err.(*valueError) //nolint:errorlint // what stands around another error says more than it
	if !ok || wrong.place != "" {
		return err
	}
	t := s.Find(wrong.name)
	if t == nil {
		return err
	}
	return &valueError{name: wrong.name, err: wrong.err, place: t.place(t.origin)}
}

// place names the setting as it was given at the origin.
func (t *Setting) place(o Origin) string {
	switch o.Source {
	case FromFile:
		return fmt.Sprintf("%s:%d:%d: %s", o.File, o.Line, o.Column, t.Name)
	case FromEnvironment:
		return t.Variable
	default:
		return "--" + t.Name
	}
}

// keys returns what can stand in a file.
func (s *Set) keys() (keys []string) {
	for _, t := range s.settings {
		if t != s.file {
			keys = append(keys, t.Name)
		}
	}
	return keys
}

// unknown says that there is no such thing, and which one is near.
func unknown(wrote, what string, words []string) error {
	return fmt.Errorf("%s: no such %s%s", printable(wrote), what, didYouMean(wrote, words))
}

// printable shortens and quotes a word of somebody else where that is needed to
// show it on one line.
func printable(word string) string {
	const most = 80
	if len(word) > most {
		word = strings.ToValidUTF8(word[:most], "") + "…"
	}
	return quoted(word)
}

// quoted puts a text into quotes where it would not be seen, or not be one line.
func quoted(word string) string {
	if quoted := fmt.Sprintf("%q", word); quoted != `"`+word+`"` || word == "" {
		return quoted
	}
	return word
}
