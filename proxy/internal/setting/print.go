package setting

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"
)

// Print writes each setting with its value and where it was given, for people.
func (s *Set) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "KEY\tVALUE\tFROM\n")
	for _, t := range s.settings {
		value := "-"
		if t.Value() != "" {
			value = quoted(t.Value())
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", t.Name, value, t.Origin())
	}
	return table.Flush()
}

// PrintYAML writes the settings as a file that can be read again. A secret that
// was given is left out, and said to be.
func (s *Set) PrintYAML(w io.Writer) error {
	group := ""
	for _, t := range s.settings {
		if t == s.file {
			continue
		}
		var text strings.Builder
		if group != "" {
			text.WriteString("\n")
		}
		if t.Group != group {
			group = t.Group
			fmt.Fprintf(&text, "# %s.\n\n", group)
		}
		fmt.Fprintf(&text, "# %s\n", t.Help)
		if t.mask != nil && t.Value() != "" {
			fmt.Fprintf(&text, "# A secret, given by %s: %s\n# %s:\n", t.Origin(), printable(t.Value()), t.Name)
		} else {
			line, err := yaml.Marshal(map[string]*yaml.Node{t.Name: t.node()})
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			text.Write(line)
		}
		if _, err := io.WriteString(w, text.String()); err != nil {
			return err
		}
	}
	return nil
}

// node returns the value as it stands in a file.
func (t *Setting) node() *yaml.Node {
	if t.shape == single {
		node := scalar(t.given[0])
		if t.Kind == Int().Name || t.Kind == Bool().Name || t.Kind == Size().Name {
			node.Tag = "" // written without quotes
		}
		return node
	}
	if t.shape == list {
		node := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range t.given {
			node.Content = append(node.Content, scalar(item))
		}
		return node
	}
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, item := range t.given {
		name, text, _ := strings.Cut(item, "=")
		node.Content = append(node.Content, scalar(name), scalar(text))
	}
	return node
}

// scalar is a text; the library puts it into quotes where it must. One of several
// lines is written on one, as a block would lose how it ends.
func scalar(text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.ContainsAny(text, "\r\n") {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}
