package setting

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile is the largest file in bytes.
const maxFile = 1 << 20

// File is a file of settings in YAML: one mapping, whose keys are the names of
// settings.
type File struct {
	// Name is how people call it, in front of a line.
	Name string
	// Data is what it holds.
	Data []byte
}

// ReadFile reads the file of settings at the path.
func ReadFile(path string) (_ *File, err error) {
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	data, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: it is larger than %s, which no file of settings is", path, formatSize(maxFile))
	}
	return &File{Name: path, Data: data}, nil
}

// takeFile takes the values of a file, and returns its mistakes.
func (s *Set) takeFile(file *File) (mistakes []error) {
	root, err := parseFile(file)
	if err != nil {
		return []error{err}
	}
	if root == nil {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return []error{file.mistake(root, "it is no mapping: write one setting on each line, such as `mailbox: 256`")}
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		t := s.Find(key.Value)
		first, twice := lines[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			mistakes = append(mistakes, file.mistake(key, "a key is the name of a setting"))
		case t == nil:
			mistakes = append(mistakes, file.mistake(key, "%w", unknown(key.Value, "key", s.keys())))
		case t == s.file:
			mistakes = append(mistakes, file.mistake(key, "%s: a file names no other file", t.Name))
		case twice:
			mistakes = append(mistakes, file.mistake(key, "%s: it is on line %d already", t.Name, first))
		default:
			lines[key.Value] = key.Line
			c, wrong := t.candidate(file, value)
			if wrong == nil {
				wrong = t.take(c)
			}
			mistakes = append(mistakes, wrong...)
		}
	}
	return mistakes
}

// parseFile returns what the file holds, nil where it holds nothing.
func parseFile(file *File) (*yaml.Node, error) {
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(file.Data))
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		err = decoder.Decode(&second)
		if err == nil {
			return nil, file.mistake(&second, "a second document begins; one file holds one")
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		return nil, file.syntax(err)
	}
	if len(document.Content) == 0 || isNull(document.Content[0]) {
		return nil, nil
	}
	return document.Content[0], nil
}

// syntax puts the library's words about a file that is no YAML into our form.
func (f *File) syntax(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if n, scan := fmt.Sscanf(text, "line %d:", &line); n == 1 && scan == nil {
		_, text, _ = strings.Cut(text, ": ")
		return fmt.Errorf("%s:%d: %s", f.Name, line, text)
	}
	return fmt.Errorf("%s: %s", f.Name, text)
}

// candidate reads the value of a setting; its mistakes are about its form alone.
func (t *Setting) candidate(file *File, value *yaml.Node) (c candidate, mistakes []error) {
	c.origin = file.origin(value)
	add := func(node *yaml.Node, item string) {
		c.items = append(c.items, item)
		c.places = append(c.places, file.origin(node))
	}
	refuse := func(node *yaml.Node, text string) {
		mistakes = append(mistakes, &valueError{name: t.Name, err: errors.New(text), place: t.place(file.origin(node))})
	}
	value = target(value)
	switch {
	case isNull(value):
		refuse(value, `it has no value; write "" for an empty one, or leave the key out`)
	case t.shape == single && value.Kind == yaml.ScalarNode:
		add(value, value.Value)
	case t.shape == single:
		refuse(value, "it takes one value")
	case t.shape == list && value.Kind == yaml.SequenceNode:
		for _, item := range value.Content {
			if item = target(item); item.Kind != yaml.ScalarNode || isNull(item) {
				refuse(item, "an item of the list is one value")
				continue
			}
			add(item, item.Value)
		}
	case t.shape == mapping && value.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(value.Content); i += 2 {
			name, text := target(value.Content[i]), target(value.Content[i+1])
			switch {
			case name.Kind != yaml.ScalarNode || name.Value == "" || strings.Contains(name.Value, "="):
				refuse(name, "a name in it is a word without =")
			case text.Kind != yaml.ScalarNode || isNull(text):
				refuse(text, printable(name.Value)+" takes one value")
			default:
				add(name, name.Value+"="+text.Value)
			}
		}
	case t.shape == mapping:
		refuse(value, "it takes names with values, each on a line of its own: `NAME: VALUE`")
	default:
		refuse(value, "it takes a list, each item on a line of its own: `- VALUE`")
	}
	return c, mistakes
}

// target follows an alias to what it stands for.
func target(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		return node.Alias
	}
	return node
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

func (f *File) origin(node *yaml.Node) Origin {
	return Origin{Source: FromFile, File: f.Name, Line: node.Line, Column: node.Column}
}

// mistake says what is wrong at the node.
func (f *File) mistake(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %w", f.Name, node.Line, node.Column, fmt.Errorf(format, args...))
}
