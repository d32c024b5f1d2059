package setting

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what a setting's values are, and how they are written. A value is
// written as items: one, or any number where the kind takes several. On the
// command line and in the environment the items stand between commas.
type Kind[T any] struct {
	// Name is a word for what is given, shown in the help.
	Name string

	shape shape
	words []string
	parse func(items []string) (T, error)
	items func(T) []string
}

// shape is what a value looks like in a file.
type shape int

const (
	single shape = iota
	list
	mapping
)

// One returns a kind whose values are written as one text.
func One[T any](name string, parse func(string) (T, error), format func(T) string) Kind[T] {
	return Kind[T]{
		Name:  name,
		parse: func(items []string) (T, error) { return parse(items[0]) },
		items: func(value T) []string { return []string{format(value)} },
	}
}

// List returns the kind of several values of another, which is of one text.
func List[T any](of Kind[T]) Kind[[]T] {
	return Kind[[]T]{
		Name:  "list",
		shape: list,
		parse: func(items []string) (values []T, err error) {
			for i, item := range items {
				value, wrong := of.parse([]string{item})
				if wrong != nil {
					err = errors.Join(err, &itemError{wrong, i})
				}
				values = append(values, value)
			}
			return values, err
		},
		items: func(values []T) (items []string) {
			for _, value := range values {
				items = append(items, of.items(value)...)
			}
			return items
		},
	}
}

// Map returns the kind of several texts with names, each written NAME=TEXT.
func Map() Kind[map[string]string] {
	return Kind[map[string]string]{
		Name:  "map",
		shape: mapping,
		parse: func(items []string) (values map[string]string, err error) {
			values = map[string]string{}
			for i, item := range items {
				name, text, ok := strings.Cut(item, "=")
				_, twice := values[name]
				switch {
				case !ok || name == "":
					err = errors.Join(err, &itemError{fmt.Errorf("%q is not NAME=VALUE", item), i})
				case twice:
					err = errors.Join(err, &itemError{fmt.Errorf("%q is there twice", name), i})
				}
				values[name] = text
			}
			return values, err
		},
		items: func(values map[string]string) (items []string) {
			for _, name := range slices.Sorted(maps.Keys(values)) {
				items = append(items, name+"="+values[name])
			}
			return items
		},
	}
}

// itemError is what is wrong with one of several items.
type itemError struct {
	error

	index int
}

// Text returns the kind of any text.
func Text() Kind[string] {
	return One("string", func(text string) (string, error) { return text, nil }, strings.Clone)
}

// Word returns the kind of one of the words.
func Word(words ...string) Kind[string] {
	parse := func(text string) (string, error) {
		if slices.Contains(words, text) {
			return text, nil
		}
		return "", fmt.Errorf("%q is none of %s%s", text, strings.Join(words, ", "), didYouMean(text, words))
	}
	kind := One("word", parse, strings.Clone)
	kind.words = words
	return kind
}

// Bool returns the kind of true and false.
func Bool() Kind[bool] {
	parse := func(text string) (bool, error) {
		value, err := strconv.ParseBool(text)
		if err != nil {
			return false, fmt.Errorf("%q is neither true nor false", text)
		}
		return value, nil
	}
	return One("bool", parse, strconv.FormatBool)
}

// Int returns the kind of whole numbers.
func Int() Kind[int] {
	parse := func(text string) (int, error) {
		value, err := strconv.Atoi(text)
		if err != nil {
			return 0, fmt.Errorf("%q is not a whole number", text)
		}
		return value, nil
	}
	return One("int", parse, strconv.Itoa)
}

// Duration returns the kind of times with a unit.
func Duration() Kind[time.Duration] {
	parse := func(text string) (time.Duration, error) {
		value, err := time.ParseDuration(text)
		if err == nil {
			return value, nil
		}
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return 0, fmt.Errorf("%q has no unit: write %ss for seconds", text, text)
		}
		return 0, fmt.Errorf("%q is no duration: write it like 300ms, 30s, 5m or 1h30m", text)
	}
	return One("duration", parse, formatDuration)
}

// formatDuration writes 5m where the library writes 5m0s.
func formatDuration(value time.Duration) string {
	text := value.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Parse reads one value from the texts that it is written as.
func (k Kind[T]) Parse(items ...string) (T, error) { return k.parse(items) }
