package setting

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// candidate is a value that one source gives a setting.
type candidate struct {
	items  []string
	origin Origin
	// places are those of the items, where each has its own.
	places []Origin
}

// Load gives the settings the values of the file that is named, which it has read,
// of the environment, which is a list of NAME=VALUE, and of the flags that were
// parsed. Its error is every mistake of each of them, also in a value that another
// comes before: one would meet it at the worst time. A setting with a mistake
// keeps its value. Load is called once.
func (s *Set) Load(read func(path string) (*File, error), environ []string) error {
	variables := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	var mistakes []error
	if s.file != nil {
		mistakes = s.file.load(variables)
		if path := s.file.given[0]; path != "" {
			mistakes = append(mistakes, s.loadFile(read, path)...)
		}
	}
	for _, t := range s.settings {
		if t != s.file {
			mistakes = append(mistakes, t.load(variables)...)
		}
	}
	return errors.Join(mistakes...)
}

func (s *Set) loadFile(read func(path string) (*File, error), path string) []error {
	file, err := read(path)
	if err != nil {
		return []error{s.Locate(&valueError{name: s.file.Name, err: err})}
	}
	return s.takeFile(file)
}

// load takes what the environment says, and then what the flags say.
func (t *Setting) load(variables map[string]string) (mistakes []error) {
	if value, ok := variables[t.Variable]; ok {
		mistakes = t.take(candidate{items: t.split(value), origin: Origin{Source: FromEnvironment}})
	}
	if t.flags == nil {
		return mistakes
	}
	var items []string
	for _, text := range t.flags {
		items = append(items, t.split(text)...)
	}
	return append(mistakes, t.take(candidate{items: items, origin: Origin{Source: FromFlag}})...)
}

// split returns the items of a text.
func (t *Setting) split(text string) []string {
	if t.shape == single {
		return []string{text}
	}
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// take makes the candidate the setting's value, as it comes before what was taken
// until now. It returns what is wrong with it.
func (t *Setting) take(c candidate) (mistakes []error) {
	t.given, t.origin = c.items, c.origin
	for i, item := range c.items {
		if !utf8.ValidString(item) {
			return append(mistakes, &valueError{name: t.Name, err: errors.New("it is not text in UTF-8"), place: t.place(c.at(i))})
		}
	}
	store, err := t.parse(c.items)
	if err == nil {
		store()
		t.given = t.read() // in the one way in which it is written
		return nil
	}
	for _, err := range parts(err) {
		at := c.origin
		if item, ok := err.(*itemError); ok { //nolint:errorlint // made by the kind itself
			at, err = c.at(item.index), item.error
		}
		if t.mask != nil {
			err = errors.New("it is a secret and not shown, and is no " + t.Kind)
		}
		mistakes = append(mistakes, &valueError{name: t.Name, err: err, place: t.place(at)})
	}
	return mistakes
}

// at returns the place of an item.
func (c *candidate) at(item int) Origin {
	if item < len(c.places) {
		return c.places[item]
	}
	return c.origin
}

// parts returns the errors that were joined.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, part := range joined.Unwrap() {
			all = append(all, parts(part)...)
		}
		return all
	}
	return []error{err}
}
