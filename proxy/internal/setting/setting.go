// Package setting is what a person may set: by a flag, by a variable of the
// environment, or in a file.
//
// A setting is declared once, and that gives it all of its faces:
//
//	func (c *Config) mailboxSettings(set *setting.Set) {
//		set.Group("Mailboxes")
//		set.Int(&c.Mailbox, "mailbox", "how many commands may wait for one entity")
//	}
//
// is the flag --mailbox, the variable STATEWARD_MAILBOX, the key mailbox of the
// file, a line of the help and of the documentation, and a row of what the
// command config prints. The default is what the target holds when it is
// declared. A flag comes before the environment, the environment before the
// file, and the file before the default; a setting of several values is taken
// from one of them whole.
//
// Whoever looks at a value later says what is wrong with it by [Wrongf] with the
// setting's name alone; [Set.Locate] adds where the value was given.
package setting

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Set is the settings of a program, in the order of their declaration.
type Set struct {
	prefix   string // begins the names of the variables
	group    string
	settings []*Setting
	file     *Setting // says which file is read; nil where none is
}

// New returns an empty set; the prefix begins the name of each variable.
func New(prefix string) *Set { return &Set{prefix: prefix} }

// Setting is one of them.
type Setting struct {
	// Group is the heading that it stands under, for people.
	Group string
	// Name is that of the key and of the flag, such as idle-timeout.
	Name string
	// Variable is its name in the environment, such as STATEWARD_IDLE_TIMEOUT.
	Variable string
	// Help says what it is, in one line.
	Help string
	// Kind says in a word what is given: string, int, duration …
	Kind string
	// Words are those that can be given; nil where any can.
	Words []string

	shape shape
	// read returns the items that the target holds. parse reads items; what it
	// returns puts them into the target.
	read  func() []string
	parse func(items []string) (store func(), err error)
	mask  func(text string) string // nil for what everyone may see
	first []string                 // the default
	flags []string                 // as given on the command line, each time
	// given are the items of the origin, also where they are wrong.
	given  []string
	origin Origin
}

// Group begins the settings under a heading; those of one heading stand together
// where they are shown, in the order of the first.
func (s *Set) Group(title string) { s.group = title }

// Add declares a setting of any kind, whose default is what the target holds. It
// panics where the name is taken: two settings cannot share one.
func Add[T any](s *Set, kind Kind[T], target *T, name, help string) *Setting {
	if s.Find(name) != nil {
		panic("setting: two settings are called " + name)
	}
	added := &Setting{
		Group:    s.group,
		Name:     name,
		Variable: s.prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_")),
		Help:     help,
		Kind:     kind.Name,
		Words:    kind.words,
		shape:    kind.shape,
		read:     func() []string { return kind.items(*target) },
		parse: func(items []string) (func(), error) {
			value, err := kind.parse(items)
			return func() { *target = value }, err
		},
	}
	added.first = added.read()
	added.given = added.first
	at := len(s.settings)
	for i, other := range s.settings {
		if other.Group == s.group {
			at = i + 1
		}
	}
	s.settings = slices.Insert(s.settings, at, added)
	return added
}

// String declares a setting of any text.
func (s *Set) String(target *string, name, help string) *Setting {
	return Add(s, Text(), target, name, help)
}

// Choice declares a setting of one of the words.
func (s *Set) Choice(target *string, words []string, name, help string) *Setting {
	return Add(s, Word(words...), target, name, help)
}

// Bool declares a setting of true or false; the flag alone is true.
func (s *Set) Bool(target *bool, name, help string) *Setting {
	return Add(s, Bool(), target, name, help)
}

// Int declares a setting of a whole number.
func (s *Set) Int(target *int, name, help string) *Setting {
	return Add(s, Int(), target, name, help)
}

// Duration declares a setting of a time with its unit, such as 30s.
func (s *Set) Duration(target *time.Duration, name, help string) *Setting {
	return Add(s, Duration(), target, name, help)
}

// Size declares a setting of a number of bytes, such as 4MiB.
func (s *Set) Size(target *int, name, help string) *Setting {
	return Add(s, Size(), target, name, help)
}

// List declares a setting of several texts.
func (s *Set) List(target *[]string, name, help string) *Setting {
	return Add(s, List(Text()), target, name, help)
}

// Map declares a setting of several texts that have names.
func (s *Set) Map(target *map[string]string, name, help string) *Setting {
	return Add(s, Map(), target, name, help)
}

// File declares the setting that names the file. It is a flag and a variable, and
// no key: a file names no other.
func (s *Set) File(target *string, name, help string) *Setting {
	s.file = Add(s, One("file", func(path string) (string, error) { return path, nil }, strings.Clone), target, name, help)
	return s.file
}

// Secret has the setting shown as mask says, everywhere: [Hidden] hides all of
// it. What is empty is no secret and is not given to mask.
func (t *Setting) Secret(mask func(text string) string) *Setting {
	t.mask = mask
	return t
}

// Hidden is a mask that shows nothing.
func Hidden(string) string { return "(hidden)" }

// All returns the settings in the order in which they are shown.
func (s *Set) All() []*Setting { return s.settings }

// Find returns the setting with the name, or nil.
func (s *Set) Find(name string) *Setting {
	for _, t := range s.settings {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Value returns the value in force as it can be written, a secret masked. Where
// it is wrong it is what was given, and not in force.
func (t *Setting) Value() string { return t.text(t.given) }

// Default returns the value of a setting that nobody gives, a secret masked.
func (t *Setting) Default() string { return t.text(t.first) }

// Origin says where the value was given.
func (t *Setting) Origin() Origin { return t.origin }

// text writes items as a flag is given.
func (t *Setting) text(items []string) string {
	text := strings.Join(items, ",")
	if t.mask != nil && text != "" {
		return t.mask(text)
	}
	return text
}

// Source is one of the places where a setting can be given.
type Source int

// The sources; each comes before those above it.
const (
	FromDefault Source = iota
	FromFile
	FromEnvironment
	FromFlag
)

// Origin is where a value was given.
type Origin struct {
	Source Source
	// File is the file's name as it was given, Line and Column count from 1: of a
	// file alone.
	File         string
	Line, Column int
}

// String names the origin for people: default, FILE:LINE, environment or flag.
func (o Origin) String() string {
	switch o.Source {
	case FromFile:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	case FromEnvironment:
		return "environment"
	case FromFlag:
		return "flag"
	default:
		return "default"
	}
}
